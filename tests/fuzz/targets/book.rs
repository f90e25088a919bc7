//! What an auditor brings and what lies on the disk: checkpoints, heads on paper, proofs, the anchor, the file.
//!
//! No signature and no proof is believed that was not made; nothing in a file makes a verifier fall over.

use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::{LazyLock, Mutex, PoisonError};

use event_log::anchor::{self, Anchored};
use event_log::checkpoint::{Checkpoint, Note, Signer, VerifyKey};
use event_log::tree::{Tree, verify_consistency, verify_inclusion};
use event_log::verify::{OutsideHead, VerifyOptions, verify};
use event_log::{EventLog, Expected, NewEvent, StreamName, TypeName};
use sha2::{Digest as _, Sha256};

use super::text;

pub fn checkpoint(data: &[u8]) {
    let Some(text) = text(data) else { return };
    if let Ok(key) = text.parse::<VerifyKey>() {
        assert_eq!(key.to_string().parse::<VerifyKey>().as_ref(), Ok(&key));
    }
    let signer = Signer::new("muster.example/hq", &[7; 32]).expect("a good name");
    if let Ok(checkpoint) = Checkpoint::parse(text) {
        assert_eq!(checkpoint.body(), text, "a checkpoint is written in one way only");
        let note = Note::parse(&checkpoint.sign(&signer)).expect("our own note");
        assert_eq!(note.body, text);
        assert_eq!(note.signed_by(&[signer.verify_key()]).map(|names| names.len()), Ok(1));
    }
    if let Ok(note) = Note::parse(text) {
        assert!(text.starts_with(&note.body) && note.body.ends_with('\n'));
        let golden = note.body.starts_with("muster.example/hq\n1204\n");
        assert!(golden || note.signed_by(&[signer.verify_key()]).is_err(), "a signature that nobody made is believed");
        let _ = Checkpoint::parse(&note.body);
    }
}

pub fn head(data: &[u8]) {
    let Some(text) = text(data) else { return };
    if let Ok(head) = OutsideHead::parse(text) {
        let line = format!("{} {}\n", head.head.size, hex::encode(head.head.root));
        assert_eq!(OutsideHead::parse(&line).map(|again| again.head).ok(), Some(head.head));
    }
}

/// Sizes, then bytes that spoil the true proofs: spoiled they are never believed.
pub fn proof(data: &[u8]) {
    let [new, old, index, at, change, rest @ ..] = data else { return };
    let new = u64::from(*new % 70);
    let old = u64::from(*old) % (new + 1);
    let leaves: Vec<[u8; 32]> = (0..new).map(|n| [n.to_le_bytes()[0]; 32]).collect();
    let mut tree = Tree::default();
    leaves.iter().for_each(|leaf| tree.push(*leaf));
    let mut range = |which: std::ops::Range<u64>| -> Result<Vec<[u8; 32]>, Infallible> {
        Ok(which.map(|n| leaves[usize::try_from(n).unwrap_or(0)]).collect())
    };
    let root = tree.root();
    let Ok(Some(old_root)) = tree.root_at(old, &mut range) else { return };
    let Ok(Some(proof)) = tree.consistency(old, new, &mut range) else { return };
    assert!(verify_consistency(old, new, &proof, &old_root, &root), "our own proof from {old} to {new}");
    let spoil = |proof: &[[u8; 32]]| {
        let mut spoiled = proof.to_vec();
        match spoiled.len() {
            0 => spoiled.push([*change; 32]),
            length => spoiled[usize::from(*at) % length][usize::from(*at) % 32] ^= change | 1,
        }
        spoiled
    };
    assert!(!verify_consistency(old, new, &spoil(&proof), &old_root, &root), "a spoiled proof from {old} to {new}");
    if new > 0 {
        let index = u64::from(*index) % new;
        let leaf = leaves[usize::try_from(index).unwrap_or(0)];
        if let Ok(Some(proof)) = tree.inclusion(index, new, &mut range) {
            assert!(verify_inclusion(&leaf, index, new, &proof, &root));
            assert!(!verify_inclusion(&leaf, index, new, &spoil(&proof), &root));
            assert!(!verify_inclusion(&[*change; 32], index, new, &proof, &root) || leaf == [*change; 32]);
        }
    }
    // Numbers and hashes of anybody's choice: an answer, whatever it is.
    let wild = |at: usize| rest.iter().skip(at).take(8).fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    let hashes: Vec<[u8; 32]> = rest.chunks_exact(32).filter_map(|chunk| chunk.try_into().ok()).collect();
    let _ = verify_consistency(wild(0), wild(8), &hashes, &old_root, &root);
    assert!(!verify_inclusion(&[*change; 32], wild(0), wild(8), &hashes, &[!*change; 32]));
}

/// A folder of this process, for parsers that read files; one run at a time.
static FOLDER: LazyLock<Mutex<PathBuf>> = LazyLock::new(|| {
    let path = std::env::temp_dir().join(format!("muster-fuzz-{}", std::process::id()));
    std::fs::create_dir_all(&path).expect("a folder can be made");
    Mutex::new(path)
});

/// Takes the folder away again.
pub fn clear_away() {
    let path = FOLDER.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let _ = std::fs::remove_dir_all(path); // What cannot be removed is the system's to sweep.
}

/// The file of an anchor: its two slots stand 4096 bytes apart, 512 bytes each, padded with spaces.
///
/// The first byte says which slots get the sum that belongs to their lines, or that the rest is the whole file;
/// a zero byte parts the two slots. Without that no changed slot would ever be whole.
pub fn anchor_file(data: &[u8]) -> Vec<u8> {
    let Some((how, rest)) = data.split_first() else { return Vec::new() };
    if how & 4 != 0 {
        return rest.to_vec();
    }
    let mut bytes = vec![b' '; 8192];
    for (nth, lines) in rest.splitn(2, |byte| *byte == 0).enumerate() {
        let sum = format!("sum {}\n", hex::encode(Sha256::digest(lines)));
        let sum = if how & (1 << nth) != 0 { sum.as_bytes() } else { &[] };
        let slot = [lines, sum].concat();
        let length = slot.len().min(511);
        bytes[nth * 4096..nth * 4096 + length].copy_from_slice(&slot[..length]);
        bytes[nth * 4096 + 511] = b'\n';
    }
    bytes
}

pub fn anchor(data: &[u8]) {
    let bytes = anchor_file(data);
    let folder = FOLDER.lock().unwrap_or_else(PoisonError::into_inner);
    let path = folder.join("anchor");
    std::fs::write(&path, &bytes).expect("a file can be written");
    let found = anchor::read(&path).expect("a file can be read");
    assert_ne!(found, Anchored::Missing);
    let Anchored::At(last, before) = found else { return };
    assert!(before.is_none_or(|before| last.sequence >= before.sequence), "the newer slot counts");
    for slot in [Some(last), before].into_iter().flatten() {
        let lines = format!(
            "muster anchor v1\nsequence {}\nsize {}\nroot {}\n",
            slot.sequence,
            slot.head.size,
            hex::encode(slot.head.root)
        );
        let whole = format!("{lines}sum {}\n", hex::encode(Sha256::digest(&lines)));
        let stands = |at: usize| bytes.get(at..).is_some_and(|rest| rest.starts_with(whole.as_bytes()));
        assert!(stands(0) || stands(4096), "a slot is believed that nobody wrote: {slot:?}");
    }
}

/// A log of some events, made once: each input is changes to its file.
static LOG: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let folder = FOLDER.lock().unwrap_or_else(PoisonError::into_inner).join("made");
    let options = event_log::sqlite::OpenOptions::new(&folder, || 1_772_344_800_000_000, || [7; 16]);
    let (log, _) = EventLog::open(options).expect("a new log opens");
    for nth in 0..12_u8 {
        let stream = StreamName::new(format!("weapon-{}@hq", nth % 3)).expect("a name");
        let event = NewEvent {
            id: format!("0195f0c0-0000-7000-8000-0000000000{nth:02x}").parse().expect("an id"),
            type_name: TypeName::new("WeaponRacked").expect("a name"),
            schema_version: 1,
            occurred_at: 1_772_344_800_000_000,
            meta: br#"{"node":"hq","basis":"device"}"#.to_vec(),
            data: format!("{{\"nth\":{nth},\"text\":\"{}\"}}", "x".repeat(usize::from(nth) * 9)).into_bytes(),
        };
        let last = log.last_revision(&stream).expect("the log reads");
        let expected = last.map_or(Expected::NoStream, Expected::Revision);
        log.append_blocking(&stream, expected, vec![event]).expect("the log writes");
    }
    drop(log);
    let bytes = std::fs::read(folder.join("log.sqlite")).expect("the log's file");
    std::fs::copy(folder.join("anchor"), folder.with_file_name("made-anchor")).expect("the anchor");
    bytes
});

/// Groups of four bytes: where (three) and what. An odd rest cuts the file off there.
pub fn log_file(data: &[u8]) {
    let mut bytes = LOG.clone();
    let folder = FOLDER.lock().unwrap_or_else(PoisonError::into_inner);
    let (groups, rest) = data.as_chunks::<4>();
    for [a, b, c, value] in groups {
        let at = (usize::from(*a) << 16 | usize::from(*b) << 8 | usize::from(*c)) % bytes.len();
        bytes[at] = *value;
    }
    if let [a, b] = rest {
        bytes.truncate((usize::from(*a) << 8 | usize::from(*b)) * 4 % bytes.len());
    }
    let here = folder.join("log");
    let _ = std::fs::remove_dir_all(&here);
    std::fs::create_dir_all(&here).expect("a folder can be made");
    std::fs::write(here.join("log.sqlite"), &bytes).expect("a file can be written");
    std::fs::copy(folder.join("made-anchor"), here.join("anchor")).expect("the anchor");
    let report = verify(&here, &VerifyOptions::default());
    if bytes == *LOG {
        assert_eq!(report.exit_code(), 0, "{}", report.text());
    }
    assert!(report.text().len() <= 256 * 1024);
}
