//! Room on the disk, kept for the day when there is none: so that the service still starts, and people still sign in
//! and read.
//!
//! To open its files SQLite needs a few small new ones beside them, and a disk that is full to the last byte refuses
//! even those. So a file of a few MiB lies in the data folder, `room`. It is given up when nothing opens any more, and
//! taken again at the next start with room. It holds nothing, and whoever deletes it loses only this. Entries are
//! never written into it: a full disk refuses them, and says so.

use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use crate::random;

/// The file's name.
const ROOM: &str = "room";
/// Its size: what opening log, accounts and keys writes at most, twice over.
const BYTES: u64 = 4 << 20;
/// With less than this left a disk is called full.
const LEAST: u64 = 64 << 10;
const BLOCK: usize = 1 << 14;

/// Whether the disk below this folder takes nothing more. False where that cannot be tried.
#[must_use]
pub fn is_full(data: &Path) -> bool {
    has_no(data, LEAST)
}

/// Whether the disk is full, or so nearly that no room is kept for the next start.
#[must_use]
pub fn is_short(data: &Path) -> bool {
    is_full(data) || (!is_kept(data) && has_no(data, BYTES))
}

fn is_kept(data: &Path) -> bool {
    fs::metadata(data.join(ROOM)).is_ok_and(|about| about.len() >= BYTES)
}

fn has_no(data: &Path, bytes: u64) -> bool {
    let path = data.join("room.tried");
    let tried = write(&path, bytes);
    drop(fs::remove_file(&path)); // What cannot be removed is tried over the next time.
    tried.is_err_and(|cause| full(&cause))
}

/// Gives up what was kept. True if there was something.
#[must_use]
pub fn give(data: &Path) -> bool {
    fs::remove_file(data.join(ROOM)).is_ok()
}

/// Keeps room for the next start, unless it is kept already. On a full disk there is none to be kept.
pub fn keep(data: &Path) {
    let (path, new) = (data.join(ROOM), data.join("room.new"));
    if is_kept(data) {
        return;
    }
    if let Err(cause) = write(&new, BYTES).and_then(|()| fs::rename(&new, &path)) {
        tracing::warn!(%cause, "No room could be kept on the disk for a start when it is full.");
        drop(fs::remove_file(&new)); // It may not be there.
    }
}

/// No zeros: some disks store those in no room at all.
fn write(path: &Path, bytes: u64) -> std::io::Result<()> {
    let mut file = File::create(path)?;
    (0..bytes.div_ceil(BLOCK as u64)).try_for_each(|_| file.write_all(&random::bytes::<BLOCK>()))
}

fn full(cause: &std::io::Error) -> bool {
    matches!(cause.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    #[test]
    fn room_is_kept_given_and_kept_again() {
        let dir = Scratch::new("room");
        assert!(!give(&dir) && !is_full(&dir));
        for _ in 0..2 {
            keep(&dir);
            keep(&dir);
            assert_eq!(fs::metadata(dir.join(ROOM)).unwrap().len(), BYTES);
            assert!(give(&dir) && !give(&dir));
        }
        assert_eq!(fs::read_dir(&*dir).unwrap().count(), 0, "nothing else is left");
    }
}
