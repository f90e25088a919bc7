//! A still picture of a log's file: opened so that nothing beside it is created or changed.
//!
//! A file with no write-ahead log is opened as it lies, declared immutable. One with a write-ahead log
//! is copied, with it, into a private temporary directory, and the copy is opened. A log that is being
//! written may be copied: the file first, then the write-ahead log; what reached the file meanwhile is
//! still in the write-ahead log too, unless that began anew, which its first 32 bytes tell; then the
//! copy is made again.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::{env, process};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::sqlite::wal_path;

/// The picture; dropped, the copy is gone.
pub(crate) struct Still {
    pub connection: Connection,
    copy: Option<PathBuf>,
}

/// Why no picture could be taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StillError {
    #[error("{path}: {cause}")]
    File { path: PathBuf, cause: io::Error },
    #[error("the log is being written too fast to be copied; stop the service or verify a backup")]
    NotStill,
    #[error("it is not a database that can be read: {0}")]
    Store(#[from] rusqlite::Error),
}

impl Still {
    pub(crate) fn take(path: &Path) -> Result<Self, StillError> {
        let trouble = |cause| StillError::File { path: path.to_owned(), cause };
        File::open(path).map_err(trouble)?;
        for _ in 0..5 {
            let before = wal_begin(path).map_err(trouble)?;
            if before.is_none() {
                let connection = open_as_it_lies(path)?;
                return Ok(Self { connection, copy: None });
            }
            let dir = private_directory().map_err(trouble)?;
            let copy = dir.join("log.sqlite");
            let copied = fs::copy(path, &copy).and_then(|_| match fs::copy(wal_path(path), wal_path(&copy)) {
                Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(0), // closed meanwhile: copied again
                other => other,
            });
            if copied.is_ok() && wal_begin(path).map_err(trouble)? == before {
                let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
                let connection = Connection::open_with_flags(&copy, flags).and_then(|connection| {
                    Ok((connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?, connection))
                });
                let (_, connection) = connection.inspect_err(|_| discard(&dir))?;
                return Ok(Self { connection, copy: Some(dir) });
            }
            discard(&dir);
            copied.map_err(trouble)?;
        }
        Err(StillError::NotStill)
    }
}

impl Drop for Still {
    fn drop(&mut self) {
        if let Some(dir) = &self.copy {
            discard(dir);
        }
    }
}

fn discard(dir: &Path) {
    drop(fs::remove_dir_all(dir)); // a leftover in the temporary directory does no harm
}

/// The first 32 bytes of the write-ahead log (they change when it begins anew); none if there is none.
fn wal_begin(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match File::open(wal_path(path)) {
        Ok(file) => {
            let mut bytes = Vec::new();
            file.take(32).read_to_end(&mut bytes)?;
            Ok(if bytes.is_empty() { None } else { Some(bytes) })
        }
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(cause),
    }
}

fn open_as_it_lies(path: &Path) -> rusqlite::Result<Connection> {
    let escaped: String = path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    // One thread asks it, as the type says; without a lock around every value it reads faster.
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(format!("file:{escaped}?immutable=1"), flags)
}

fn private_directory() -> io::Result<PathBuf> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let dir = env::temp_dir().join(format!("muster-verify-{}-{}", process::id(), NEXT.fetch_add(1, Ordering::Relaxed)));
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(&dir)?;
    Ok(dir)
}
