//! The file: its tables, its description of itself, and how connections to it are set.
//!
//! Streams and types are interned; every index is named so that `verify` can read it by itself.
//! STRICT tables: a column holds the kind of value it says. The type `BreakDeclared` is always type 1,
//! so the small index `events_breaks` finds every declared break without a walk through the log.
//! `tiles` holds the roots of complete runs of 256 leaves: a cache that `verify` compares.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::breaks::BREAK_TYPE;

/// "Mstr" as a number: which program's file this is.
pub const APPLICATION_ID: i64 = 0x4d73_7472;
/// Version of the layout.
pub const FORMAT: i64 = 2;
/// The version before: no chunks. Still read and verified; raised when it is opened to be written.
pub const FORMAT_ROWS: i64 = 1;
/// The file's name in the data directory.
pub const FILE_NAME: &str = "log.sqlite";
/// The oldest SQLite whose write-ahead log is trusted here (3.51.3 mends a lost reset of it).
pub const SQLITE_LEAST: (i32, &str) = (3_051_003, "3.51.3");

/// Every statement that makes the schema, as `sqlite_schema` keeps them.
pub const TABLES: [(&str, &str); 14] = [
    ("about", "CREATE TABLE about(name TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT"),
    ("streams", "CREATE TABLE streams(id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT"),
    ("streams_by_name", "CREATE UNIQUE INDEX streams_by_name ON streams(name)"),
    ("types", "CREATE TABLE types(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT"),
    (
        "events",
        "CREATE TABLE events(position INTEGER PRIMARY KEY, stream INTEGER NOT NULL, revision INTEGER NOT NULL, \
         id BLOB NOT NULL, type INTEGER NOT NULL, schema_version INTEGER NOT NULL, recorded_at INTEGER NOT NULL, \
         occurred_at INTEGER NOT NULL, salt BLOB NOT NULL, meta BLOB NOT NULL, data BLOB NOT NULL, leaf BLOB NOT NULL) STRICT",
    ),
    ("events_by_stream", "CREATE UNIQUE INDEX events_by_stream ON events(stream, revision)"),
    ("events_by_id", "CREATE UNIQUE INDEX events_by_id ON events(id)"),
    ("events_breaks", "CREATE INDEX events_breaks ON events(position) WHERE type = 1"),
    ("tiles", "CREATE TABLE tiles(tile INTEGER PRIMARY KEY, hash BLOB NOT NULL) STRICT"),
    ("checkpoints", "CREATE TABLE checkpoints(size INTEGER PRIMARY KEY, note TEXT NOT NULL) STRICT"),
    (
        "chunks",
        "CREATE TABLE chunks(chunk INTEGER PRIMARY KEY, least_id BLOB NOT NULL, greatest_id BLOB NOT NULL, breaks INTEGER NOT NULL, \
         columns BLOB NOT NULL, ids BLOB NOT NULL, salts BLOB NOT NULL, leaves BLOB NOT NULL, \
         part0 BLOB NOT NULL, part1 BLOB NOT NULL, part2 BLOB NOT NULL, part3 BLOB NOT NULL) STRICT",
    ),
    ("chunks_by_id", "CREATE INDEX chunks_by_id ON chunks(greatest_id, least_id)"),
    ("chunks_breaks", "CREATE INDEX chunks_breaks ON chunks(chunk) WHERE breaks > 0"),
    (
        "sealed_streams",
        "CREATE TABLE sealed_streams(stream INTEGER NOT NULL, last INTEGER NOT NULL, chunk INTEGER NOT NULL, \
         PRIMARY KEY (stream, last)) STRICT, WITHOUT ROWID",
    ),
];
/// How many of them the first version has.
pub const TABLES_ROWS: usize = 10;

/// What the file says about itself to whoever opens it in thirty years.
pub const ABOUT: &str = "\
This is an append-only log of events, a SQLite 3 database. Nothing in it is ever changed or deleted.
events: one row an event. position counts from 1 without gaps; stream and type point into streams and types;
revision counts from 0 in each stream; id is a UUID (16 bytes); recorded_at (the server's clock, never
going back) and occurred_at (as claimed) are microseconds since 1970-01-01 UTC; meta (who, where, why) and
data (the fact) are JSON exactly as first written; salt is 16 random bytes.
leaf = SHA-256(00, text('muster-event/v1'), u64 position - 1, text(stream name), u64 revision, id, text(type name),
u32 schema_version, i64 recorded_at, i64 occurred_at, SHA-256(salt, meta), SHA-256(salt, data)), where integers are
big-endian, text(s) is the u32 length of s and its bytes. The leaves form the Merkle tree of RFC 6962.
chunks: old events in place of their rows, 256 a chunk: chunk n holds positions 256 n + 1 to 256 n + 256. columns is
eight columns of 256 integers (i64, big-endian, each less the one before it in its column), deflated (RFC 1951):
stream, revision, type, schema_version, recorded_at, occurred_at, bytes of meta, bytes of data. ids, salts and leaves
are 16, 16 and 32 bytes an event. part0 to part3 are the payloads of 64 events each, every meta, then every data,
deflated. least_id, greatest_id, breaks (how many events of type 1) and sealed_streams (the last revision of each
stream in each chunk) only help to find things.
tiles: the tree's hash over leaves 256 * tile .. 256 * tile + 255, kept for speed. checkpoints: signed heads (C2SP).
The size and root of the log also stand in the file 'anchor' beside this one, and on every paper that shows a head.
An event of type BreakDeclared lists what was found damaged before it and who decided to go on.";

/// Opens the one connection that writes. Creates the file if it is not there.
pub(crate) fn connect_writer(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.busy_timeout(Duration::from_secs(30))?; // only our own checkpointer can be in the way
    connection.execute_batch("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;")?;
    keep_statements(&connection)?;
    Ok(connection)
}

/// The settings that make a commit durable; given once the file is known to be ours.
pub(crate) fn make_durable(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -16384;",
    )
}

/// Opens a connection that can only read. No memory map: a disk error shall be an error, not a signal.
pub(crate) fn connect_reader(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(Duration::from_secs(30))?;
    connection.execute_batch("PRAGMA query_only = ON; PRAGMA trusted_schema = OFF; PRAGMA cache_size = -8192;")?;
    keep_statements(&connection)?;
    Ok(connection)
}

/// Statements are prepared once and their plans stay: without the second setting this build of SQLite
/// plans a statement anew whenever a value is bound to it (measured: more than half of an append).
fn keep_statements(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(32);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(drop)
}

/// Opens the connection that moves the write-ahead log into the file, away from the append path.
pub(crate) fn connect_keeper(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.execute_batch("PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;")?;
    Ok(connection)
}

/// Whose file it is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    /// Nobody's yet.
    Fresh,
    /// A log of this version.
    Ours,
    /// A log of the version before.
    Older,
    /// A log of a later version.
    Newer(i64),
    /// Something else.
    Foreign,
}

pub(crate) fn whose(connection: &Connection) -> rusqlite::Result<Whose> {
    let number = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(match (number("application_id")?, number("user_version")?) {
        (0, 0) if tables == 0 => Whose::Fresh,
        (APPLICATION_ID, FORMAT) => Whose::Ours,
        (APPLICATION_ID, FORMAT_ROWS) => Whose::Older,
        (APPLICATION_ID, version) if version > FORMAT => Whose::Newer(version),
        _ => Whose::Foreign,
    })
}

/// Adds what the version before had not, all or nothing. No event is touched.
pub(crate) fn raise(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    for (_, statement) in &TABLES[TABLES_ROWS..] {
        transaction.execute_batch(statement)?;
    }
    transaction.execute("UPDATE about SET text = ?1 WHERE name = 'what this is'", [ABOUT])?;
    transaction.pragma_update(None, "user_version", FORMAT)?;
    transaction.commit()
}

/// Makes the tables in a fresh file, all or nothing.
pub(crate) fn create(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    for (_, statement) in TABLES {
        transaction.execute_batch(statement)?;
    }
    transaction.execute("INSERT INTO about(name, text) VALUES ('what this is', ?1)", [ABOUT])?;
    transaction.execute("INSERT INTO types(id, name) VALUES (1, ?1)", [BREAK_TYPE])?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", FORMAT)?;
    transaction.commit()
}
