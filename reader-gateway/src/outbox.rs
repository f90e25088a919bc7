//! The outbox: what the gateway knows and the book has not confirmed yet, on disk.
//!
//! ```text
//! item(seq INTEGER PRIMARY KEY, boot, json, acked_at)    seq: from 0, without a gap, for the gateway's life
//! boot(id, label)                                        which run wrote it
//! fact(name, value)                                      next, acked, lost, head_size, head_root
//! ```
//! Its own SQLite file: WAL, synchronous FULL. An item is flushed before anyone is told that it is
//! safe. One burst is one transaction. Acknowledged items stay a week for a service that comes back
//! from its backup. The box is bounded: what does not fit is counted on disk, and the count is
//! declared as an item of its own as soon as there is room. Items are never changed.
//! After a write or flush that failed (a full disk aside) nothing is believed: the file is opened again,
//! looked through and flushed whole before it takes anything more.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OptionalExtension, params};
use serde_json::value::RawValue;
use tag_data::batch::{BATCH_BYTES_MAX, ITEM_BYTES_MAX, ITEMS_MAX};
use tag_data::moment::Moment;
use tag_data::scan::{Hole, Item};

use crate::limits::KEPT_DAYS;
use crate::points;

/// The head of the book as the last receipt told it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Size of the log.
    pub size: u64,
    /// Its Merkle root, lower-case hex.
    pub root: String,
}

/// What went wrong with the file.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    /// It cannot be opened.
    #[error("cannot open the outbox at {path}")]
    Open {
        /// Its file.
        path: PathBuf,
        /// As SQLite says.
        #[source]
        cause: rusqlite::Error,
    },
    /// SQLite is older than the release that mended its write-ahead log.
    #[error("SQLite {0} may lose the end of its log; 3.51.3 or newer is needed")]
    OldSqlite(&'static str),
    /// Its lock file cannot be made.
    #[error("cannot make the lock beside {path}")]
    Lock {
        /// The outbox's file.
        path: PathBuf,
        /// As the system says.
        #[source]
        cause: std::io::Error,
    },
    /// Another run holds it.
    #[error("the outbox {0} is held by another gateway that is running")]
    InUse(PathBuf),
    /// Reading or writing failed.
    #[error("cannot {what} the outbox")]
    Use {
        /// What was tried.
        what: &'static str,
        /// As SQLite says.
        #[source]
        cause: rusqlite::Error,
    },
}

impl OutboxError {
    /// Whether it is certain that nothing was written: the disk was full, or somebody else held the file.
    fn is_harmless(&self) -> bool {
        let Self::Use { cause, .. } = self else { return false };
        let code = cause.sqlite_error_code();
        matches!(code, Some(ErrorCode::DiskFull | ErrorCode::DatabaseBusy | ErrorCode::ConstraintViolation))
    }
}

fn failed(what: &'static str) -> impl FnOnce(rusqlite::Error) -> OutboxError {
    move |cause| OutboxError::Use { what, cause }
}

/// Items in a row, ready to be signed.
#[derive(Clone, Debug, Default)]
pub struct Waiting {
    /// Sequence of the first.
    pub first: u64,
    /// The run that wrote them.
    pub boot: String,
    /// Their JSON, as it was written.
    pub items: Vec<Box<RawValue>>,
}

/// Bytes of a batch that are left for its envelope, signature and commas.
pub(crate) const ENVELOPE_BYTES: usize = 4096;

/// An open outbox.
#[derive(Debug)]
pub struct Outbox {
    db: Connection,
    path: PathBuf,
    /// A write or flush failed: what is in the file is unknown until it was opened again.
    doubt: bool,
    /// Held while we run; the system frees it even if we are killed.
    lock: Option<File>,
    boot: i64,
    next: u64,
    acked: u64,
    lost: u64,
    most: u64,
}

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS boot(id INTEGER PRIMARY KEY, label TEXT NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS item(seq INTEGER PRIMARY KEY, boot INTEGER NOT NULL, json TEXT NOT NULL, acked_at INTEGER) STRICT;
    CREATE TABLE IF NOT EXISTS fact(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS acked ON item(acked_at) WHERE acked_at IS NOT NULL;
";

impl Outbox {
    /// Opens or makes the file and holds it for this run, labelled `boot`; `most` bounds the items that may wait.
    ///
    /// # Errors
    /// The file cannot be used, or another run holds it.
    pub fn open(path: &Path, boot: &str, most: u64) -> Result<Self, OutboxError> {
        let lock = File::create(path.with_added_extension("lock"))
            .map_err(|cause| OutboxError::Lock { path: path.to_owned(), cause })?;
        if lock.try_lock().is_err() {
            return Err(OutboxError::InUse(path.to_owned())); // Two runs would give one number to two items.
        }
        let mut outbox = Self::visit(path)?;
        points::passing("outbox-open");
        outbox.db.execute("INSERT INTO boot(label) VALUES (?1)", [boot]).map_err(failed("write to"))?;
        (outbox.boot, outbox.most, outbox.lock) = (outbox.db.last_insert_rowid(), most, Some(lock));
        Ok(outbox)
    }

    /// Opens the file beside a run that may hold it: to carry batches out and receipts in, never to put items.
    ///
    /// # Errors
    /// The file cannot be used.
    pub fn visit(path: &Path) -> Result<Self, OutboxError> {
        if rusqlite::version_number() < 3_051_003 {
            return Err(OutboxError::OldSqlite(rusqlite::version()));
        }
        let opening = |cause| OutboxError::Open { path: path.to_owned(), cause };
        let db = connect(path).map_err(opening)?;
        Self::read(db, path)
    }

    /// An outbox over a database that somebody else opened, for a world whose disks are modelled.
    /// No lock is held: see to it that nobody else uses it.
    ///
    /// # Errors
    /// The database cannot be used.
    pub fn over(db: Connection, boot: &str, most: u64) -> Result<Self, OutboxError> {
        let mut outbox = Self::read(db, Path::new(""))?;
        outbox.db.execute("INSERT INTO boot(label) VALUES (?1)", [boot]).map_err(failed("write to"))?;
        (outbox.boot, outbox.most) = (outbox.db.last_insert_rowid(), most);
        Ok(outbox)
    }

    /// Copies everything as it stands into another database: what such a world's disk holds.
    ///
    /// # Errors
    /// The copy cannot be made.
    pub fn copy_into(&self, disk: &mut Connection) -> Result<(), OutboxError> {
        let copy = rusqlite::backup::Backup::new(&self.db, disk).map_err(failed("copy"))?;
        copy.step(-1).map(drop).map_err(failed("copy"))
    }

    fn read(db: Connection, path: &Path) -> Result<Self, OutboxError> {
        db.execute_batch(SCHEMA).map_err(|cause| OutboxError::Open { path: path.to_owned(), cause })?;
        let mut outbox =
            Self { db, path: path.to_owned(), doubt: false, lock: None, boot: 0, next: 0, acked: 0, lost: 0, most: 0 };
        outbox.next = outbox.number("next")?;
        outbox.acked = outbox.number("acked")?;
        outbox.lost = outbox.number("lost")?;
        Ok(outbox)
    }

    /// Does what writes; if it fails the file is in doubt, unless it is certain that nothing was written.
    fn written<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, OutboxError>) -> Result<T, OutboxError> {
        self.sure()?;
        let result = work(self);
        self.doubt = result.as_ref().is_err_and(|error| !error.is_harmless());
        result
    }

    /// After a doubt: opens the file again, takes back what the failed write may have left in it, and flushes
    /// all of it. A flush that fails once is never simply repeated: the second may wrongly report success.
    fn sure(&mut self) -> Result<(), OutboxError> {
        if !self.doubt {
            return Ok(());
        }
        let nowhere = Connection::open_in_memory().map_err(failed("open"))?;
        drop(std::mem::replace(&mut self.db, nowhere)); // Closed before it is opened again.
        let path = self.path.clone();
        self.db = connect(&path).map_err(|cause| OutboxError::Open { path, cause })?;
        let (next, acked) = (self.next, self.acked);
        let renewed = self.db.query_row("PRAGMA quick_check", [], |row| row.get::<_, String>(0)).and_then(|found| {
            if found != "ok" {
                return Err(rusqlite::Error::SqliteFailure(
                    rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT),
                    Some(found),
                ));
            }
            let transaction = self.db.transaction()?;
            transaction.execute("DELETE FROM item WHERE seq >= ?1", [next as i64])?;
            for (name, value) in [("next", next), ("acked", acked), ("lost", self.lost)] {
                transaction
                    .execute("INSERT OR REPLACE INTO fact(name, value) VALUES (?1, ?2)", params![name, value.to_string()])?;
            }
            transaction.commit()?;
            self.db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0))
        });
        match renewed.map_err(failed("renew"))? {
            0 => self.doubt = false,
            _ => {
                return Err(failed("renew")(rusqlite::Error::SqliteFailure(
                    rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY),
                    None,
                )));
            }
        }
        Ok(())
    }

    fn fact(&self, name: &str) -> Result<Option<String>, OutboxError> {
        let value = self.db.query_row("SELECT value FROM fact WHERE name = ?1", [name], |row| row.get(0));
        value.optional().map_err(failed("read"))
    }

    fn number(&self, name: &str) -> Result<u64, OutboxError> {
        Ok(self.fact(name)?.and_then(|value| value.parse().ok()).unwrap_or(0))
    }

    /// The sequence the next item will have.
    #[must_use]
    pub const fn next(&self) -> u64 {
        self.next
    }

    /// Everything below this is in the book, as far as we know.
    #[must_use]
    pub const fn acknowledged(&self) -> u64 {
        self.acked
    }

    /// Items that wait for the service.
    #[must_use]
    pub const fn waiting(&self) -> u64 {
        self.next.saturating_sub(self.acked)
    }

    /// Items that found no room and are not declared yet.
    #[must_use]
    pub const fn lost(&self) -> u64 {
        self.lost
    }

    /// Writes one burst and flushes it. What does not fit is counted; the count is declared as soon
    /// as there is room for it. On an error nothing was written.
    ///
    /// # Errors
    /// The disk.
    pub fn put(&mut self, items: &[Item], lost: u64, now: Moment) -> Result<(), OutboxError> {
        let room = self.most.saturating_sub(self.waiting());
        let mut missing = self.lost.saturating_add(lost);
        let mut lines = Vec::with_capacity(items.len());
        // One place is kept for the declaration itself.
        let fit = usize::try_from(room.saturating_sub(u64::from(missing > 0 || items.len() as u64 > room))).unwrap_or(usize::MAX);
        if missing > 0 && room > 0 {
            let reason = "the outbox or the disk had no room".to_owned();
            lines.extend(line(&Item::HoleDeclared(Hole { lost: missing, reason, at: now })));
            missing = 0;
        }
        for (index, item) in items.iter().enumerate() {
            match line(item).filter(|_| index < fit) {
                Some(json) => lines.push(json),
                None => missing += 1,
            }
        }
        self.written(|outbox| outbox.write(&lines, missing).map_err(failed("write to")))?;
        self.lost = missing;
        self.next += lines.len() as u64;
        Ok(())
    }

    fn write(&mut self, lines: &[String], lost: u64) -> rusqlite::Result<()> {
        let (boot, first) = (self.boot, self.next);
        let changed_lost = lost != self.lost;
        if lines.is_empty() && !changed_lost {
            return Ok(());
        }
        let transaction = self.db.transaction()?;
        {
            let mut insert = transaction.prepare("INSERT INTO item(seq, boot, json) VALUES (?1, ?2, ?3)")?;
            for (seq, json) in (first..).zip(lines) {
                points::passing("item-next");
                insert.execute(params![seq as i64, boot, json])?;
            }
            let mut set = transaction.prepare("INSERT OR REPLACE INTO fact(name, value) VALUES (?1, ?2)")?;
            set.execute(params!["next", (first + lines.len() as u64).to_string()])?;
            if changed_lost {
                set.execute(params!["lost", lost.to_string()])?;
            }
        }
        points::passing("items-written");
        transaction.commit()?;
        points::passing("items-committed");
        Ok(())
    }

    /// Items in a row from `from` on, all of one run: at most a batch's worth, and one that takes about `room` bytes;
    /// at least one.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn batch(&self, from: u64, room: usize) -> Result<Waiting, OutboxError> {
        let read = || -> rusqlite::Result<Waiting> {
            let sql = "SELECT item.seq, boot.id, boot.label, json FROM item JOIN boot ON boot.id = item.boot WHERE seq >= ?1 ORDER BY seq LIMIT ?2";
            let mut query = self.db.prepare(sql)?;
            let mut rows = query.query(params![from as i64, ITEMS_MAX as i64])?;
            let (mut waiting, mut run, mut bytes) = (Waiting { first: from, ..Waiting::default() }, None, 0);
            while let Some(row) = rows.next()? {
                let (seq, boot): (i64, i64) = (row.get(0)?, row.get(1)?);
                let json: String = row.get(3)?;
                bytes += json.len() + 1;
                let follows = seq as u64 == from + waiting.items.len() as u64 && *run.get_or_insert(boot) == boot;
                let full = bytes > room.min(BATCH_BYTES_MAX).saturating_sub(ENVELOPE_BYTES) && !waiting.items.is_empty();
                if !follows || full {
                    break;
                }
                waiting.boot = row.get(2)?;
                waiting
                    .items
                    .push(RawValue::from_string(json).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?);
            }
            Ok(waiting)
        };
        read().map_err(failed("read"))
    }

    /// The service holds everything below `next`, and its log has this head. Not flushed on its own:
    /// a mark lost in a power cut costs one batch sent again.
    ///
    /// # Errors
    /// The disk.
    pub fn acknowledge(&mut self, next: u64, head: &Head, now: Moment) -> Result<(), OutboxError> {
        let next = next.min(self.next);
        self.lazily(move |db, acked| {
            let mut mark = db.prepare("UPDATE item SET acked_at = ?1 WHERE seq >= ?2 AND seq < ?3 AND acked_at IS NULL")?;
            mark.execute(params![now.micros(), acked as i64, next as i64])?;
            let mut set = db.prepare("INSERT OR REPLACE INTO fact(name, value) VALUES (?1, ?2)")?;
            set.execute(params!["acked", next.max(acked).to_string()])?;
            set.execute(params!["head_size", head.size.to_string()])?;
            set.execute(params!["head_root", head.root])?;
            Ok(())
        })?;
        self.acked = self.acked.max(next);
        Ok(())
    }

    /// Writes without a flush of its own; the next burst's flush covers it.
    fn lazily(&mut self, work: impl FnOnce(&Connection, u64) -> rusqlite::Result<()>) -> Result<(), OutboxError> {
        self.written(|outbox| {
            outbox.db.pragma_update(None, "synchronous", "NORMAL").map_err(failed("set up"))?;
            let acked = outbox.acked;
            let result = outbox.db.transaction().and_then(|transaction| {
                work(&transaction, acked)?;
                points::passing("mark-written");
                transaction.commit()
            });
            points::passing("mark-committed");
            outbox.db.pragma_update(None, "synchronous", "FULL").map_err(failed("set up"))?;
            result.map_err(failed("write to"))
        })
    }

    /// The head of the last receipt.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn head(&self) -> Result<Option<Head>, OutboxError> {
        let size = self.fact("head_size")?.and_then(|size| size.parse().ok());
        Ok(size.zip(self.fact("head_root")?).map(|(size, root)| Head { size, root }))
    }

    /// A person said that the service's log was restored or declared broken: whatever head comes next is taken.
    ///
    /// # Errors
    /// The disk.
    pub fn forget_head(&mut self) -> Result<(), OutboxError> {
        let forgotten = "DELETE FROM fact WHERE name IN ('head_size', 'head_root')";
        self.written(|outbox| outbox.db.execute(forgotten, []).map(drop).map_err(failed("write to")))
    }

    /// The service lacks items that it once confirmed: send again from there. False: we no longer hold them.
    ///
    /// # Errors
    /// The disk.
    pub fn rewind(&mut self, to: u64) -> Result<bool, OutboxError> {
        let oldest: Option<i64> = self.db.query_row("SELECT min(seq) FROM item", [], |row| row.get(0)).map_err(failed("read"))?;
        if to > self.next || (to < self.next && oldest.is_none_or(|oldest| (oldest as u64) > to)) {
            return Ok(false);
        }
        self.lazily(|db, _| {
            db.execute("UPDATE item SET acked_at = NULL WHERE seq >= ?1", [to as i64])?;
            db.execute("INSERT OR REPLACE INTO fact(name, value) VALUES ('acked', ?1)", [to.to_string()])?;
            Ok(())
        })?;
        self.acked = to;
        Ok(true)
    }

    /// The book's number and ours do not meet: the outbox was lost or is older than the book, or the
    /// book lost what we no longer hold. What still waits is numbered anew from `from`, behind a
    /// declaration of the hole. The items themselves are untouched.
    ///
    /// # Errors
    /// The disk.
    pub fn renumber(&mut self, from: u64, reason: &str, now: Moment) -> Result<(), OutboxError> {
        let lost = self.acked.saturating_sub(from);
        let hole = line(&Item::HoleDeclared(Hole { lost, reason: reason.to_owned(), at: now })).unwrap_or_default();
        let (acked, boot, waiting) = (self.acked, self.boot, self.waiting());
        let renumber = |db: &mut Connection| -> rusqlite::Result<()> {
            let transaction = db.transaction()?;
            transaction.execute("DELETE FROM item WHERE seq < ?1", [acked as i64])?;
            // Through negative numbers, so that no number is ever held twice on the way.
            transaction.execute("UPDATE item SET seq = -1 - seq", [])?;
            transaction.execute("UPDATE item SET seq = (-1 - seq) - ?1 + ?2", params![acked as i64, (from + 1) as i64])?;
            transaction.execute("INSERT INTO item(seq, boot, json) VALUES (?1, ?2, ?3)", params![from as i64, boot, hole])?;
            for (name, value) in [("next", from + 1 + waiting), ("acked", from)] {
                transaction
                    .execute("INSERT OR REPLACE INTO fact(name, value) VALUES (?1, ?2)", params![name, value.to_string()])?;
            }
            transaction.commit()
        };
        self.written(|outbox| renumber(&mut outbox.db).map_err(failed("renumber")))?;
        (self.next, self.acked) = (from + 1 + waiting, from);
        Ok(())
    }

    /// Drops acknowledged items older than a week; the newest item stays.
    ///
    /// # Errors
    /// The disk.
    pub fn prune(&mut self, now: Moment) -> Result<usize, OutboxError> {
        let before = now.plus_seconds(-KEPT_DAYS * 24 * 3600).micros();
        let old = "DELETE FROM item WHERE acked_at < ?1 AND acked_at IS NOT NULL";
        self.written(|outbox| outbox.db.execute(old, [before]).map_err(failed("prune")))
    }
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let db = Connection::open(path)?;
    db.busy_timeout(Duration::from_secs(10))?;
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "synchronous", "FULL")?;
    Ok(db)
}

/// The item's JSON as it will be signed, hashed and stored: no blanks, members as the treaty orders them.
/// `None`: larger than the treaty allows (a long code full of control characters); counted as lost, so declared.
fn line(item: &Item) -> Option<String> {
    serde_json::to_string(item).ok().filter(|json| json.len() <= ITEM_BYTES_MAX)
}
