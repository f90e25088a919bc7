//! A log on a stand-in: opened in a folder of its own, with a clock that counts and short patience.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use event_log::kurrent::{KurrentOptions, Patience};
use event_log::{EventLog, NewEvent, OpenError, OpenOptions, Opened, StreamName, TypeName};
use uuid::Uuid;

/// A folder that is gone when the test is over, in memory where there is such a place.
pub struct Folder(PathBuf);

static MADE: AtomicU64 = AtomicU64::new(0);

impl Folder {
    pub fn new() -> Self {
        let memory = Path::new("/dev/shm");
        let place = if memory.is_dir() { memory.to_path_buf() } else { std::env::temp_dir() };
        let path = place.join(format!("muster-kurrent-{}-{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed)));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl std::ops::Deref for Folder {
    type Target = Path;
    fn deref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
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

/// Options for a log at an address. The patience for one call is short, so that silence is soon called silence;
/// for an outcome it is long, so that a slow machine only takes longer.
pub fn options(url: &str, folder: &Path) -> KurrentOptions {
    KurrentOptions {
        url: url.to_owned(),
        name: "hq".to_owned(),
        login: None,
        by: "the test".to_owned(),
        take_over: false,
        patience: Patience {
            call: Duration::from_secs(5),
            outcome: Duration::from_secs(60),
            pause: Duration::from_millis(1),
            idle: Duration::from_millis(100),
        },
        mirror: OpenOptions::new(folder, now, salt),
    }
}

/// Opens a log.
pub fn open(url: &str, folder: &Path) -> Result<(EventLog, Opened), OpenError> {
    EventLog::open_on_server(options(url, folder))
}

/// An event like many; the same number is the same event.
pub fn event(nth: u64) -> NewEvent {
    NewEvent {
        id: Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0000 + u128::from(nth)),
        type_name: TypeName::new(if nth.is_multiple_of(3) { "WeaponIssued" } else { "WeaponReturned" }).unwrap(),
        schema_version: 1,
        occurred_at: 1_789_000_000_000_000 + nth.cast_signed(),
        meta: br#"{"actor":"p-7"}"#.to_vec(),
        data: format!("{{ \"nth\" : {nth} }}").into_bytes(),
    }
}

/// A stream's name.
pub fn stream(name: &str) -> StreamName {
    StreamName::new(name).unwrap()
}
