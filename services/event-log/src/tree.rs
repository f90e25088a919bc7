//! The RFC 6962 tree over the leaves: its root, and proofs that an event is in it or that it only grew.
//!
//! ```text
//! root(0) = SHA-256("")   root([leaf]) = leaf   root(l ‖ r) = SHA-256(01 ‖ root(l) ‖ root(r)),
//! where l holds the largest power of two of leaves that is smaller than the whole.
//! ```
//! Kept in memory: the peaks (at most 64 hashes, for the root) and every complete subtree of 256
//! leaves and more (0.25 bytes an event). Leaves are read from the store when a proof wants them.
//! Verification is pure and needs nothing but what it is given.

use std::ops::Range;

use sha2::{Digest, Sha256};

use crate::leaf::Hash;

/// Leaves under one tile: a complete subtree whose root the store keeps.
pub const TILE: u64 = 256;
const TILE_LEVEL: u32 = 8;

/// The hash of an inner node.
#[must_use]
pub fn node(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1u8]).chain_update(left).chain_update(right).finalize().into()
}

/// The root of the empty tree.
#[must_use]
pub fn empty_root() -> Hash {
    Sha256::digest([]).into()
}

/// The peaks of a growing tree: enough for its root, and for nothing else.
#[derive(Clone, Debug, Default)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>, // one for each set bit of `size`, the largest first
}

impl Frontier {
    /// Number of leaves.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf; answers the tile's root when the leaf completes one.
    pub fn push(&mut self, leaf: Hash) -> Option<Hash> {
        let (mut hash, mut tile) = (leaf, None);
        for level in 0..self.size.trailing_ones() {
            let left = self.peaks.pop().expect("one peak for each set bit of the size");
            hash = node(&left, &hash);
            if level + 1 == TILE_LEVEL {
                tile = Some(hash);
            }
        }
        self.peaks.push(hash);
        self.size += 1;
        tile
    }

    /// Adds a whole tile at once. Only at a tile's border.
    fn push_tile(&mut self, tile: Hash) {
        debug_assert_eq!(self.size % TILE, 0, "tiles follow tiles");
        let mut hash = tile;
        for _ in 0..(self.size / TILE).trailing_ones() {
            let left = self.peaks.pop().expect("one peak for each set bit of the size");
            hash = node(&left, &hash);
        }
        self.peaks.push(hash);
        self.size += TILE;
    }

    /// The root over all leaves so far.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.peaks.iter().rev().copied().reduce(|right, left| node(&left, &right)).unwrap_or_else(empty_root)
    }
}

/// The tree as the log keeps it in memory.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    frontier: Frontier,
    levels: Vec<Vec<Hash>>, // levels[0] are the tiles, each further level pairs of the one below
}

impl Tree {
    /// A tree from the stored tiles and the leaves after the last of them.
    #[must_use]
    pub fn from_parts(tiles: Vec<Hash>, rest: &[Hash]) -> Self {
        let mut tree = Self::default();
        for tile in tiles {
            tree.frontier.push_tile(tile);
            tree.add_tile(tile);
        }
        for leaf in rest {
            tree.push(*leaf);
        }
        tree
    }

    /// Number of leaves.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.frontier.size
    }

    /// The root over all leaves.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.frontier.root()
    }

    /// The peaks, to try out what the next root would be.
    #[must_use]
    pub fn frontier(&self) -> Frontier {
        self.frontier.clone()
    }

    /// Adds a leaf.
    pub fn push(&mut self, leaf: Hash) {
        if let Some(tile) = self.frontier.push(leaf) {
            self.add_tile(tile);
        }
    }

    /// The root of the complete run of 256 leaves with this number.
    #[must_use]
    pub fn tile(&self, number: u64) -> Option<Hash> {
        self.levels.first()?.get(usize::try_from(number).ok()?).copied()
    }

    fn add_tile(&mut self, tile: Hash) {
        let mut hash = tile;
        for level in 0.. {
            if self.levels.len() == level {
                self.levels.push(Vec::new());
            }
            self.levels[level].push(hash);
            match self.levels[level].as_slice() {
                [.., left, right] if self.levels[level].len().is_multiple_of(2) => hash = node(left, right),
                _ => return,
            }
        }
    }

    /// The root of the first `size` leaves. `leaves` reads stored leaves by index.
    ///
    /// # Errors
    /// Those of `leaves`. `None` when `size` is larger than the tree.
    pub fn root_at<E>(&self, size: u64, leaves: &mut Leaves<'_, E>) -> Result<Option<Hash>, E> {
        if size > self.size() {
            return Ok(None);
        }
        if size == 0 {
            return Ok(Some(empty_root()));
        }
        self.range(0..size, leaves).map(Some)
    }

    /// Proof that the leaf at `index` is in the tree of the first `size` leaves (RFC 6962, 2.1.1);
    /// `None` if there is no such leaf.
    ///
    /// # Errors
    /// Those of `leaves`.
    pub fn inclusion<E>(&self, index: u64, size: u64, leaves: &mut Leaves<'_, E>) -> Result<Option<Vec<Hash>>, E> {
        if index >= size || size > self.size() {
            return Ok(None);
        }
        let (mut path, mut span) = (Vec::new(), 0..size);
        while span.end - span.start > 1 {
            let middle = span.start + split(span.end - span.start);
            let (mine, other) =
                if index < middle { (span.start..middle, middle..span.end) } else { (middle..span.end, span.start..middle) };
            path.push(self.range(other, leaves)?);
            span = mine;
        }
        path.reverse();
        Ok(Some(path))
    }

    /// Proof that the tree of `old` leaves is the beginning of that of `new` (RFC 6962, 2.1.2);
    /// `None` if the sizes make no sense (`old` 0 or larger than `new`, or `new` beyond the tree).
    ///
    /// # Errors
    /// Those of `leaves`.
    pub fn consistency<E>(&self, old: u64, new: u64, leaves: &mut Leaves<'_, E>) -> Result<Option<Vec<Hash>>, E> {
        if old == 0 || old > new || new > self.size() {
            return Ok(None);
        }
        let (mut path, mut span, mut known) = (Vec::new(), 0..new, true);
        while span.end != old {
            let middle = span.start + split(span.end - span.start);
            if old <= middle {
                path.push(self.range(middle..span.end, leaves)?);
                span = span.start..middle;
            } else {
                path.push(self.range(span.start..middle, leaves)?);
                span = middle..span.end;
                known = false;
            }
        }
        if !known {
            path.push(self.range(span, leaves)?);
        }
        path.reverse();
        Ok(Some(path))
    }

    /// The root of a span that the tree's own shape produced: its start is aligned to its size.
    fn range<E>(&self, span: Range<u64>, leaves: &mut Leaves<'_, E>) -> Result<Hash, E> {
        let length = span.end - span.start;
        if length.is_power_of_two() {
            let level = length.trailing_zeros();
            if let Some(row) = level.checked_sub(TILE_LEVEL) {
                return Ok(
                    self.levels[row as usize][usize::try_from(span.start >> level).expect("a tile's number fits in memory")]
                );
            }
            let mut frontier = Frontier::default();
            for leaf in leaves(span)? {
                frontier.push(leaf);
            }
            return Ok(frontier.root());
        }
        let middle = span.start + split(length);
        let left = self.range(span.start..middle, leaves)?;
        Ok(node(&left, &self.range(middle..span.end, leaves)?))
    }
}

/// Reads the stored leaves of a span of indexes (at most 128 of them).
pub type Leaves<'a, E> = dyn FnMut(Range<u64>) -> Result<Vec<Hash>, E> + 'a;

/// The largest power of two smaller than `length` (which is at least 2).
fn split(length: u64) -> u64 {
    1 << (length - 1).ilog2()
}

/// True if `proof` shows that `leaf` stands at `index` of the tree of `size` leaves with this root
/// (RFC 9162, 2.1.3.2).
#[must_use]
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, proof: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut at, mut last, mut hash) = (index, size - 1, *leaf);
    for step in proof {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            hash = node(step, &hash);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            hash = node(&hash, step);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// True if `proof` shows that the tree of `old` leaves with `old_root` is the beginning of the tree
/// of `new` leaves with `new_root` (RFC 9162, 2.1.4.2). Every tree begins with the empty one.
#[must_use]
pub fn verify_consistency(old: u64, new: u64, proof: &[Hash], old_root: &Hash, new_root: &Hash) -> bool {
    match (old, proof.split_first()) {
        _ if old > new => false,
        (0, _) => proof.is_empty() && *old_root == empty_root(),
        _ if old == new => proof.is_empty() && old_root == new_root,
        (_, None) => false,
        (_, Some(_)) if old.is_power_of_two() => walk_consistency(old, new, *old_root, proof, old_root, new_root),
        (_, Some((first, rest))) => walk_consistency(old, new, *first, rest, old_root, new_root),
    }
}

fn walk_consistency(old: u64, new: u64, first: Hash, proof: &[Hash], old_root: &Hash, new_root: &Hash) -> bool {
    let (mut at, mut last) = (old - 1, new - 1);
    while at & 1 == 1 {
        at >>= 1;
        last >>= 1;
    }
    let (mut was, mut is) = (first, first);
    for step in proof {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            was = node(step, &was);
            is = node(step, &is);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            is = node(&is, step);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && was == *old_root && is == *new_root
}

#[cfg(test)]
mod tests;
