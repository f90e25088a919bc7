//! The logs that are edited: closed, as after a crash, and long enough for tiles; each with what it says
//! while nobody has touched it, and with what an older copy of it held.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::{env, fs, process};

use event_log::checkpoint::{Signer, VerifyKey};
use event_log::{EventLog, Expected, NewEvent, OpenOptions, StreamName, TypeName};
use uuid::Uuid;

use crate::seen::Seen;

/// The files of a log, by name.
pub type Files = BTreeMap<String, Vec<u8>>;

/// A log, and the truth about it.
pub struct Base {
    pub name: &'static str,
    pub files: Files,
    /// The same log when it was half as long.
    pub older: Files,
    /// A head held outside, as a signed note.
    pub note: String,
    pub key: VerifyKey,
    pub seen: Seen,
    /// Every byte of it is changed; of the others some.
    pub exhaustive: bool,
}

impl Base {
    /// All logs that are edited.
    pub fn all(events: usize) -> Vec<Self> {
        vec![
            Self::make("closed", events, events, true),
            Self::make("crashed", events, events * 3 / 5, false),
            Self::make("with tiles", events + 300, events + 300, false),
            Self::make("sealed", events + 600, events + 600, false),
        ]
    }

    /// So many events, the last of them still in the write-ahead log unless `settled` counts all.
    fn make(name: &'static str, events: usize, settled: usize, exhaustive: bool) -> Self {
        let (dir, signer) = (place(), Signer::new("hq", &[7; 32]).expect("a name"));
        let keep = |log: &EventLog| {
            let note = log.checkpoint("muster.example/hq").expect("an origin").sign(&signer);
            log.keep_checkpoint(log.head().size, &note).expect("kept");
            note
        };
        let mut log = open(&dir);
        fill(&log, 0, events / 2, 1);
        keep(&log);
        drop(log);
        let older = read(&dir);
        log = open(&dir);
        fill(&log, events / 2, settled, 1);
        drop(log);
        log = open(&dir);
        fill(&log, settled, events, 8);
        let note = keep(&log);
        if name == "sealed" {
            assert_eq!(log.seal(50, u64::MAX).expect("sealed"), (events as u64 - 50) / 256);
        }
        let mut files = read(&dir);
        drop(log);
        if settled == events {
            files = read(&dir);
        }
        drop(fs::remove_dir_all(&dir));
        write(&dir, &files);
        let seen = Seen::look(&dir);
        fs::remove_dir_all(&dir).expect("removed");
        assert_eq!(seen.events.len(), events, "{name}");
        Self { name, files, older, note, key: signer.verify_key(), seen, exhaustive }
    }
}

/// A log of so many events, open, and its directory.
pub fn opened(events: usize) -> (PathBuf, EventLog) {
    let dir = place();
    let log = open(&dir);
    fill(&log, 0, events, 1);
    (dir, log)
}

/// A fresh directory, in memory where there is such a place: no power is cut here.
pub fn place() -> PathBuf {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let memory = Path::new("/dev/shm");
    let within = if memory.is_dir() { memory.to_owned() } else { env::temp_dir() };
    let dir = within.join(format!("muster-tamper-{}-{}", process::id(), NEXT.fetch_add(1, Ordering::Relaxed)));
    fs::create_dir_all(&dir).expect("the directory is made");
    dir
}

/// The log's files that count; not its lock, nor what SQLite keeps for the moment.
pub fn read(dir: &Path) -> Files {
    let names = ["log.sqlite", "log.sqlite-wal", "anchor"];
    names.into_iter().filter_map(|name| Some((name.to_owned(), fs::read(dir.join(name)).ok()?))).collect()
}

/// Makes the directory hold these files and no others.
pub fn write(dir: &Path, files: &Files) {
    fs::create_dir_all(dir).expect("the directory is made");
    for entry in fs::read_dir(dir).expect("it can be read").map(|entry| entry.expect("it can be read").path()) {
        if entry.file_name().and_then(|name| name.to_str()).is_none_or(|name| !files.contains_key(name)) {
            drop(fs::remove_file(entry));
        }
    }
    for (name, bytes) in files {
        fs::write(dir.join(name), bytes).expect("it can be written");
    }
}

fn now() -> i64 {
    static NOW: AtomicI64 = AtomicI64::new(1_790_000_000_000_000);
    NOW.fetch_add(997, Ordering::Relaxed)
}

fn salt() -> [u8; 16] {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    u128::from(NEXT.fetch_add(1, Ordering::Relaxed)).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835).to_be_bytes()
}

fn open(dir: &Path) -> EventLog {
    EventLog::open(OpenOptions::new(dir, now, salt)).expect("the log opens").0
}

/// Appends events number `from..to` over seven streams, `group` of them to one append.
fn fill(log: &EventLog, from: usize, to: usize, group: usize) {
    let mut nth = from;
    while nth < to {
        let stream =
            StreamName::new(format!("weapon-0192a000-0000-7000-8000-00000000000{}@hq", nth / group % 7)).expect("a name");
        let expected = log.last_revision(&stream).expect("read").map_or(Expected::NoStream, Expected::Revision);
        let events = (nth..to.min(nth + group)).map(event).collect::<Vec<_>>();
        nth += events.len();
        log.append_blocking(&stream, expected, events).expect("the log takes it");
    }
}

fn event(nth: usize) -> NewEvent {
    let types = ["WeaponIssued", "WeaponReturned", "RackMoved", "ScanObserved"];
    NewEvent {
        id: Uuid::from_u128((0x0192_a000_0000_7000_8000u128 << 48) + nth as u128),
        type_name: TypeName::new(types[nth % 4]).expect("a name"),
        schema_version: 1,
        occurred_at: 1_789_000_000_000_000 + nth as i64,
        meta: br#"{"actor":"p-000123","role":"custodian","node":"hq","basis":"device"}"#.to_vec(),
        data: format!("{{\"weapon\":\"31877-{nth}\",\"from\":\"rack-{}\",\"remark\":\"{}\"}}", nth % 9, "x".repeat(nth % 83))
            .into_bytes(),
    }
}
