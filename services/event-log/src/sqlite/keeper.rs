//! Moves the write-ahead log into the file from a thread and connection of its own, so that no append
//! waits for it. If readers keep it from finishing and the write-ahead log grows past a bound, the
//! writer is asked to wait for it once between two groups.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use rusqlite::Connection;

use super::{Shared, schema};
use crate::error::Reason;

/// Estimated bytes of write-ahead log after which the keeper is woken. Larger is faster (a page written often
/// goes to the file once), and opening after a crash takes longer: a second at most.
pub(crate) const WAKE_BYTES: u64 = 32 << 20;
/// Bytes after which the writer waits for it.
const FULL_BYTES: u64 = 128 << 20;

/// The writer's end.
#[derive(Debug)]
pub(crate) struct Keeper {
    wake: Option<SyncSender<()>>,
    full: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    pub(crate) fn start(path: PathBuf, shared: Arc<Shared>) -> std::io::Result<Self> {
        let (wake, woken) = sync_channel(1);
        let full = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&full);
        let work = move || keep(&path, &woken, &flag, &shared);
        let thread = thread::Builder::new().name("log-keeper".to_owned()).spawn(work)?;
        Ok(Self { wake: Some(wake), full, thread: Some(thread) })
    }

    /// Asks for the work to be done soon.
    pub(crate) fn wake(&self) {
        if let Some(wake) = &self.wake {
            let _ = wake.try_send(()); // one wish waiting is enough
        }
    }

    /// True once after the write-ahead log grew past its bound.
    pub(crate) fn is_full(&self) -> bool {
        self.full.swap(false, Ordering::Relaxed)
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.wake = None;
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

fn keep(path: &Path, woken: &Receiver<()>, full: &AtomicBool, shared: &Shared) {
    let mut connection = None;
    while woken.recv().is_ok() {
        (shared.passing)("file-behind");
        match checkpoint(path, &mut connection, full) {
            // What is in the write-ahead log is on the disk; it is moved when there is room again.
            Err(cause) if is_full(&cause) => tracing::warn!("The disk is full; the log's file is brought up to date later."),
            Err(cause) if !is_busy(&cause) => {
                tracing::error!(book.cause = %cause, "The log's file could not be brought up to date.");
                shared.distrust(Reason::Flush { what: cause.to_string() });
            }
            _ => (shared.passing)("file-brought-up"),
        }
    }
}

fn checkpoint(path: &Path, slot: &mut Option<Connection>, full: &AtomicBool) -> rusqlite::Result<()> {
    let connection = match slot {
        Some(connection) => connection,
        None => slot.insert(schema::connect_keeper(path)?),
    };
    let pages: i64 = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get(1))?;
    if pages.unsigned_abs() * 4096 > FULL_BYTES {
        full.store(true, Ordering::Relaxed);
    }
    Ok(())
}

pub(crate) fn is_full(cause: &rusqlite::Error) -> bool {
    cause.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull)
}

fn is_busy(cause: &rusqlite::Error) -> bool {
    matches!(cause.sqlite_error_code(), Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked))
}
