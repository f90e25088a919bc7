//! For tests: a directory removed when the test is done with it, a log in it, and a clock that only counts.

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::{env, fs, process};

use uuid::Uuid;

use crate::{EventLog, Expected, NewEvent, OpenOptions, Opened, StreamName, TypeName};

/// The directory; dropped, it is gone.
pub struct Scratch(PathBuf);

impl Scratch {
    /// A fresh empty directory, in memory where there is such a place: the tests flush thousands of times
    /// and no power is cut.
    pub fn new(name: &str) -> Self {
        let memory = Path::new("/dev/shm");
        if memory.is_dir() { Self::within(memory, name) } else { Self::on_disk(name) }
    }

    /// A fresh empty directory on a disk, to measure on.
    pub fn on_disk(name: &str) -> Self {
        Self::within(&env::temp_dir(), name)
    }

    fn within(place: &Path, name: &str) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let nth = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = place.join(format!("muster-log-{}-{nth}-{name}", process::id()));
        fs::create_dir_all(&path).expect("the temporary directory is writable");
        Self(path)
    }
}

impl Deref for Scratch {
    type Target = Path;
    fn deref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

/// A clock that goes on by a microsecond each time it is read.
pub fn now() -> i64 {
    static NOW: AtomicI64 = AtomicI64::new(1_790_000_000_000_000);
    NOW.fetch_add(1, Ordering::Relaxed)
}

/// Sixteen bytes that differ each time.
pub fn salt() -> [u8; 16] {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    u128::from(NEXT.fetch_add(1, Ordering::Relaxed)).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835).to_be_bytes()
}

/// The log in a directory.
pub fn open(dir: &Path) -> (EventLog, Opened) {
    EventLog::open(OpenOptions::new(dir, now, salt)).expect("the log opens")
}

/// An event like many.
pub fn event(nth: u128) -> NewEvent {
    NewEvent {
        id: Uuid::from_u128(nth + 1),
        type_name: TypeName::new(if nth.is_multiple_of(3) { "WeaponIssued" } else { "WeaponReturned" }).expect("a name"),
        schema_version: 1,
        occurred_at: 1_789_000_000_000_000 + i64::try_from(nth).expect("small"),
        meta: br#"{"actor":"p-7","role":"custodian"}"#.to_vec(),
        data: format!("{{\"nth\":{nth},\"place\":\"rack 3\"}}").into_bytes(),
    }
}

/// A log of so many events in five streams, closed again.
pub fn filled(dir: &Path, events: u64) {
    let log = open(dir).0;
    fill(&log, 0, events);
}

/// Appends events number `from..to`, spread over five streams.
pub fn fill(log: &EventLog, from: u64, to: u64) {
    for nth in from..to {
        let stream = StreamName::new(format!("weapon-{}@hq", nth % 5)).expect("a name");
        let expected = (nth / 5).checked_sub(1).map_or(Expected::NoStream, Expected::Revision);
        log.append_blocking(&stream, expected, vec![event(u128::from(nth))]).expect("the log takes it");
    }
}

/// Waits for what another thread does, for a minute.
pub fn wait_until(condition: impl Fn() -> bool) {
    let begun = std::time::Instant::now();
    while !condition() {
        assert!(begun.elapsed().as_secs() < 60, "it does not come about");
        std::thread::sleep(std::time::Duration::from_millis(5)); // Only between two looks.
    }
}
