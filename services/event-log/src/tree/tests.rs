//! The tree against the definition written out plainly, and against published roots.

use std::convert::Infallible;

use proptest::prelude::*;

use super::*;

/// RFC 6962, 2.1, word for word.
fn plain(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => empty_root(),
        [one] => *one,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len() as u64) as usize);
            node(&plain(left), &plain(right))
        }
    }
}

fn leaf(entry: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(entry).finalize().into()
}

fn many(count: u64) -> Vec<Hash> {
    (0..count).map(|n| leaf(&n.to_be_bytes())).collect()
}

fn tree(leaves: &[Hash]) -> Tree {
    let mut tree = Tree::default();
    leaves.iter().for_each(|leaf| tree.push(*leaf));
    tree
}

fn reader(leaves: &[Hash]) -> impl FnMut(Range<u64>) -> Result<Vec<Hash>, Infallible> + '_ {
    |span| Ok(leaves[span.start as usize..span.end as usize].to_vec())
}

const ENTRIES: [&str; 8] = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];

/// Consistency proofs over the same eight entries, as those implementations give them.
#[test]
fn published_consistency_proofs() {
    let leaves: Vec<Hash> = ENTRIES.iter().map(|entry| leaf(&hex::decode(entry).unwrap())).collect();
    let tree = tree(&leaves);
    let proofs = [
        (1, 1, vec![]),
        (1, 8, vec!["96a296d224f285c6", "5f083f0a1a33ca07", "6b47aaf29ee3c2af"]),
        (6, 8, vec!["0ebc5d3437fbe2db", "ca854ea128ed050b", "d37ee418976dd957"]),
        (2, 5, vec!["5f083f0a1a33ca07", "bc1a0643b12e4d2d"]),
    ];
    for (old, new, wanted) in proofs {
        let proof = tree.consistency(old, new, &mut reader(&leaves)).unwrap().unwrap();
        assert_eq!(proof.iter().map(|hash| hex::encode(&hash[..8])).collect::<Vec<_>>(), wanted, "{old} to {new}");
    }
}

/// The eight entries and roots that the certificate transparency implementations test with.
#[test]
fn published_roots() {
    let roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    assert_eq!(hex::encode(Tree::default().root()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    let mut tree = Tree::default();
    for (entry, root) in ENTRIES.iter().zip(roots) {
        tree.push(leaf(&hex::decode(entry).unwrap()));
        assert_eq!(hex::encode(tree.root()), root);
    }
}

/// Every pair of sizes and every index of small trees, proofs and roots alike.
#[test]
fn every_small_tree() {
    let leaves = many(66);
    let tree = tree(&leaves);
    let mut read = reader(&leaves);
    for size in 0..=66u64 {
        let root = plain(&leaves[..size as usize]);
        assert_eq!(tree.root_at(size, &mut read).unwrap(), Some(root));
        for index in 0..size {
            let proof = tree.inclusion(index, size, &mut read).unwrap().unwrap();
            assert!(verify_inclusion(&leaves[index as usize], index, size, &proof, &root), "{index} of {size}");
            assert!(!verify_inclusion(&leaves[(index as usize + 1) % 66], index, size, &proof, &root));
            assert!(!verify_inclusion(&leaves[index as usize], (index + 1) % 67, size, &proof, &root));
        }
        for old in 1..=size {
            let old_root = plain(&leaves[..old as usize]);
            let proof = tree.consistency(old, size, &mut read).unwrap().unwrap();
            assert!(verify_consistency(old, size, &proof, &old_root, &root), "{old} to {size}");
            assert!(!verify_consistency(old, size, &proof, &leaf(b"other"), &root));
            assert!(!verify_consistency(old, size, &proof, &old_root, &leaf(b"other")));
        }
        assert!(verify_consistency(0, size, &[], &empty_root(), &root));
    }
    assert_eq!(tree.inclusion(66, 66, &mut read).unwrap(), None);
    assert_eq!(tree.inclusion(0, 67, &mut read).unwrap(), None);
    assert_eq!(tree.consistency(0, 5, &mut read).unwrap(), None);
    assert_eq!(tree.consistency(6, 5, &mut read).unwrap(), None);
    assert_eq!(tree.root_at(67, &mut read).unwrap(), None);
}

/// Proofs with too few or too many hashes are refused.
#[test]
fn proofs_of_another_length() {
    let leaves = many(13);
    let (tree, root) = (tree(&leaves), plain(&leaves));
    let mut read = reader(&leaves);
    let mut proof = tree.inclusion(4, 13, &mut read).unwrap().unwrap();
    proof.push(root);
    assert!(!verify_inclusion(&leaves[4], 4, 13, &proof, &root));
    proof.truncate(2);
    assert!(!verify_inclusion(&leaves[4], 4, 13, &proof, &root));
    let mut proof = tree.consistency(6, 13, &mut read).unwrap().unwrap();
    proof.push(root);
    assert!(!verify_consistency(6, 13, &proof, &plain(&leaves[..6]), &root));
    proof.truncate(1);
    assert!(!verify_consistency(6, 13, &proof, &plain(&leaves[..6]), &root));
    assert!(!verify_consistency(6, 13, &[], &plain(&leaves[..6]), &root));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Trees of several tiles: grown leaf by leaf, loaded from tiles, and the definition agree.
    #[test]
    fn large_trees(size in 1u64..3000, a in any::<u64>(), b in any::<u64>()) {
        let leaves = many(size);
        let grown = tree(&leaves);
        let whole = (size / TILE) as usize;
        let tiles: Vec<Hash> = leaves.chunks_exact(TILE as usize).map(plain).collect();
        let loaded = Tree::from_parts(tiles, &leaves[whole * TILE as usize..]);
        let root = plain(&leaves);
        prop_assert_eq!(grown.root(), root);
        prop_assert_eq!(loaded.root(), root);
        let mut read = reader(&leaves);
        let index = a % size;
        let proof = loaded.inclusion(index, size, &mut read).unwrap().unwrap();
        prop_assert!(verify_inclusion(&leaves[index as usize], index, size, &proof, &root));
        let old = b % size + 1;
        let proof = grown.consistency(old, size, &mut read).unwrap().unwrap();
        prop_assert_eq!(&proof, &loaded.consistency(old, size, &mut read).unwrap().unwrap());
        prop_assert!(verify_consistency(old, size, &proof, &plain(&leaves[..old as usize]), &root));
        prop_assert_eq!(loaded.root_at(old, &mut read).unwrap(), Some(plain(&leaves[..old as usize])));
    }
}
