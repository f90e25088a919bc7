//! One process a log: a lock on a file beside it, held while the log is open.
//!
//! The system drops the lock with the process, so a crash leaves nothing to clean up. The process
//! number in the file is for the message only. Network file systems are refused: their locks lie.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::Path;
use std::process;

use crate::durable::make_directory;
use crate::error::OpenError;

/// The lock; dropped, the log may be opened again.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Makes the directory (0700) if it is not there, and takes the lock in it.
    pub(crate) fn take(dir: &Path) -> Result<Self, OpenError> {
        make_directory(dir).map_err(|cause| OpenError::File { path: dir.to_owned(), cause })?;
        if let Some(kind) = network_disk(dir) {
            return Err(OpenError::NetworkDisk { dir: dir.to_owned(), kind });
        }
        let path = dir.join("lock");
        let trouble = |cause| OpenError::File { path: path.clone(), cause };
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(trouble)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                drop(file.take(64).read_to_string(&mut text));
                let holder = text.trim().parse::<u32>().map_or_else(|_| String::new(), |id| format!(" (process {id})"));
                return Err(OpenError::InUse { dir: dir.to_owned(), holder });
            }
            Err(TryLockError::Error(cause)) => return Err(trouble(cause)),
        }
        file.set_len(0).map_err(trouble)?;
        writeln!(file, "{}", process::id()).map_err(trouble)?;
        Ok(Self { _file: file })
    }
}

/// The kind of a network file system under the directory, where the system tells (Linux).
fn network_disk(dir: &Path) -> Option<String> {
    let dir = dir.canonicalize().ok()?;
    let mounts = fs::read_to_string("/proc/self/mounts").ok()?;
    kind_of(&mounts, &dir)
        .filter(|kind| ["nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "afs", "9p"].contains(&kind.as_str()))
}

/// The kind of the deepest mount above the path.
fn kind_of(mounts: &str, dir: &Path) -> Option<String> {
    let mount = |line: &str| {
        let mut words = line.split(' ').skip(1);
        Some((words.next()?.replace("\\040", " "), words.next()?.to_owned()))
    };
    let above = mounts.lines().filter_map(mount).filter(|(at, _)| dir.starts_with(at));
    above.max_by_key(|(at, _)| at.len()).map(|(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deepest_mount_counts() {
        let mounts = "dev / ext4 rw 0 0\nsrv:/x /srv/my\\040logs nfs4 rw 0 0\n";
        assert_eq!(kind_of(mounts, Path::new("/srv/my logs/hq")).as_deref(), Some("nfs4"));
        assert_eq!(kind_of(mounts, Path::new("/srv/other")).as_deref(), Some("ext4"));
    }
}
