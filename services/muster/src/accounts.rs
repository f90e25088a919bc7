//! Accounts, sign-ins, tokens and remembered answers: the second file, `accounts.sqlite`.
//!
//! None of this is evidence, so none of it is in the log. Secrets are kept as hashes only: losing
//! this file loses convenience, never history. One person = one service number = one account.
//! All the same what was answered stays: a power cut must not bring a disabled account back. So every
//! change is flushed, but for what is only found a little older, or follows from the log again.

use std::path::Path;
use std::sync::{Mutex, MutexGuard};

use rusqlite::Connection;
use sha2::{Digest as _, Sha256};

pub mod answers;
pub mod passwords;
pub mod people;
pub mod sessions;
pub mod throttle;
pub mod tokens;
pub mod waiting;

/// Why the second file does not serve.
#[derive(Debug, thiserror::Error)]
pub enum AccountsError {
    /// SQLite refused.
    #[error("the file of accounts does not answer")]
    File(#[from] rusqlite::Error),
    /// The account is there already.
    #[error("service number {0} has an account already")]
    Exists(String),
    /// No such account.
    #[error("service number {0} has no account")]
    Absent(String),
    /// The password is too short.
    #[error("the password has {length} characters; at least {fewest} are needed")]
    TooShort {
        /// Characters given.
        length: usize,
        /// The fewest allowed.
        fewest: u32,
    },
    /// The password is longer than is read.
    #[error("the password is longer than 256 bytes")]
    TooLong,
    /// The hash could not be made.
    #[error("the password cannot be hashed: {0}")]
    Hash(String),
}

/// The open second file.
pub struct Accounts {
    file: Mutex<Connection>,
    passwords: passwords::Passwords,
    throttle: Mutex<throttle::Throttle>,
}

impl std::fmt::Debug for Accounts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Accounts(..)")
    }
}

const TABLES: &str = "
CREATE TABLE IF NOT EXISTS accounts(
    service_number TEXT PRIMARY KEY, password TEXT NOT NULL, disabled INTEGER NOT NULL DEFAULT 0,
    locale TEXT NOT NULL DEFAULT 'en', created_at INTEGER NOT NULL,
    must_change INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sessions(
    hash BLOB PRIMARY KEY, service_number TEXT NOT NULL, sign_in TEXT NOT NULL, address TEXT NOT NULL,
    started_at INTEGER NOT NULL, seen_at INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sessions_person ON sessions(service_number);
CREATE TABLE IF NOT EXISTS tokens(
    hash BLOB PRIMARY KEY, id TEXT NOT NULL UNIQUE, service_number TEXT NOT NULL, label TEXT NOT NULL,
    created_at INTEGER NOT NULL, expires_at INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS trusted(
    service_number TEXT NOT NULL, address TEXT NOT NULL, seen_at INTEGER NOT NULL,
    PRIMARY KEY(service_number, address)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS answers(
    person TEXT NOT NULL, key TEXT NOT NULL, body BLOB NOT NULL, seed TEXT NOT NULL, status INTEGER,
    answer BLOB, created_at INTEGER NOT NULL, PRIMARY KEY(person, key)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS answers_age ON answers(created_at);
CREATE TABLE IF NOT EXISTS waiting_gateways(
    key TEXT PRIMARY KEY, public_key TEXT NOT NULL, name TEXT NOT NULL, code TEXT NOT NULL,
    address TEXT NOT NULL, heard_at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS marks(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
";

/// Pages of 4 KiB that are kept free for a day when the disk is full.
const ROOM_PAGES: u32 = 256;

impl Accounts {
    /// Opens or makes the file.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(path: &Path, rules: &crate::config::SignIn) -> Result<Self, AccountsError> {
        let file = Connection::open(path)?;
        crate::private_file(path);
        file.execute_batch("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=5000;")?;
        keep_room(&file)?;
        Self::over(file, rules)
    }

    /// Accounts that are gone with the process; for tests.
    ///
    /// # Errors
    /// When SQLite gives no memory.
    pub fn in_memory(rules: &crate::config::SignIn) -> Result<Self, AccountsError> {
        Self::over(Connection::open_in_memory()?, rules)
    }

    fn over(file: Connection, rules: &crate::config::SignIn) -> Result<Self, AccountsError> {
        file.execute_batch(TABLES)?;
        // Files of before first passwords had to be changed.
        let known = "SELECT EXISTS(SELECT 1 FROM pragma_table_info('accounts') WHERE name = 'must_change')";
        if !file.query_row(known, [], |row| row.get::<_, bool>(0))? {
            file.execute_batch("ALTER TABLE accounts ADD COLUMN must_change INTEGER NOT NULL DEFAULT 0")?;
        }
        Ok(Self {
            file: Mutex::new(file),
            passwords: passwords::Passwords::new(rules)?,
            throttle: Mutex::new(throttle::Throttle::default()),
        })
    }

    /// A small fact about this machine's own work, such as how far the rules have run.
    ///
    /// # Errors
    /// When the file does not answer.
    pub fn mark(&self, name: &str) -> Result<Option<String>, AccountsError> {
        use rusqlite::OptionalExtension as _;
        Ok(self.lock().query_row("SELECT value FROM marks WHERE name = ?1", [name], |row| row.get(0)).optional()?)
    }

    /// Remembers such a fact.
    ///
    /// # Errors
    /// When the file does not answer.
    pub fn set_mark(&self, name: &str, value: &str) -> Result<(), AccountsError> {
        lazily(&self.lock(), |file| {
            file.execute("INSERT INTO marks VALUES(?1, ?2) ON CONFLICT(name) DO UPDATE SET value = ?2", [name, value])
        })?;
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.file.lock().expect("no holder of the accounts' lock panics")
    }
}

/// Makes room in the file and in its write-ahead log beforehand, so that people can still sign in and out when
/// the disk is full. On a disk that is full already there is none to be made, which stops nobody.
fn keep_room(file: &Connection) -> rusqlite::Result<()> {
    file.execute_batch(&format!("PRAGMA wal_autocheckpoint = {};", ROOM_PAGES / 2))?;
    let made = file.execute_batch(&format!(
        "BEGIN; CREATE TABLE IF NOT EXISTS room(filling BLOB); INSERT INTO room VALUES(zeroblob({ROOM_PAGES} * 4096)); COMMIT;
         DROP TABLE room; PRAGMA wal_checkpoint(PASSIVE);"
    ));
    match made {
        Err(cause) if crate::desk::is_full(&cause) => {
            // SQLite may have taken the transaction back by itself; one left open would swallow all that follows.
            if file.is_autocommit() { Ok(()) } else { file.execute_batch("ROLLBACK") }
        }
        other => other,
    }
}

/// Writes without a flush of its own: after a power cut this one change may be gone. The next flush covers it.
fn lazily<T>(file: &Connection, write: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> rusqlite::Result<T> {
    file.pragma_update(None, "synchronous", "NORMAL")?;
    let written = write(file);
    file.pragma_update(None, "synchronous", "FULL")?;
    written
}

/// What is kept of a secret. The secrets have 256 random bits, so a plain hash is enough.
fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    /// A file that may not grow is a full disk to SQLite. No transaction may stay open there: what people do
    /// afterwards would never be committed.
    #[test]
    fn no_room_to_be_kept_leaves_nothing_open() {
        let dir = Scratch::new("accounts-full");
        let file = Connection::open(dir.join("accounts.sqlite")).unwrap();
        file.execute_batch("PRAGMA journal_mode=WAL; CREATE TABLE marks(name TEXT); PRAGMA max_page_count = 40;").unwrap();
        keep_room(&file).unwrap();
        assert!(file.is_autocommit(), "a transaction stays open");
        let tables: i64 = file.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).unwrap();
        assert_eq!(tables, 1, "half of it stays");
    }
}
