//! Every edit that is tried, and how it is made and taken back.

use std::fs::{self, File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::ops::RangeInclusive;
use std::path::Path;

use rusqlite::types::Value;
use rusqlite::{Connection, ErrorCode};

use crate::base::{self, Base, Files};
use crate::sealed;

/// One edit.
#[derive(Clone, Debug)]
pub enum Edit {
    /// One byte of a file has another value.
    Byte { file: String, at: usize, to: u8, second: bool },
    /// A file ends here.
    Cut { file: String, length: usize, second: bool },
    /// A file goes on.
    Grown { file: String, by: usize },
    /// Whatever SQL can do.
    Sql { sql: String, second: bool },
    /// An event written anew together with its leaf; no single position can be named but for its tile.
    Forged { position: usize },
    /// These files put in the place of what is there, all others as they are; `None`: removed.
    Put { what: &'static str, files: Vec<(String, Option<Vec<u8>>)> },
}

/// How much is tried.
pub struct Plan {
    /// Every byte, not only some.
    pub whole: bool,
    /// In every way.
    pub deep: bool,
    /// How many edits of a kind that has many the second verifier judges: bytes, columns, pairs of rows.
    pub second: usize,
}

impl Plan {
    pub fn edits(&self, base: &Base) -> Vec<Edit> {
        let mut edits = vec![Edit::Put { what: "nothing", files: Vec::new() }];
        edits.extend(copies_put_back(base));
        edits.extend(self.cuts(base));
        if base.exhaustive || self.deep {
            edits.extend(self.by_sql(columns(base).collect()));
            edits.extend(self.by_sql(swaps(base)));
            edits.extend(rows(base).map(|position| Edit::Forged { position }));
        }
        edits.extend(self.by_sql(around(base)));
        edits.extend(self.by_sql(sealed::columns(base)));
        edits.extend((1..=base.seen.sealed).step_by(37).map(|position| Edit::Forged { position }));
        edits.extend(tiles_cut_short(base));
        edits.extend(self.bytes(base));
        edits
    }

    fn by_sql(&self, statements: Vec<String>) -> impl Iterator<Item = Edit> {
        let every = if self.deep { 1 } else { (statements.len() / self.second.max(1)).max(1) };
        statements.into_iter().enumerate().map(move |(nth, sql)| Edit::Sql { sql, second: nth.is_multiple_of(every) })
    }

    /// Every byte, in one of four ways in turn (deep: in all four); of the other logs one in so many.
    fn bytes(&self, base: &Base) -> Vec<Edit> {
        let whole: usize = base.files.values().map(Vec::len).sum();
        let every = (whole / self.second.max(1)).max(1);
        let step = match (base.exhaustive, self.whole, self.deep) {
            (true, _, true) | (true, true, _) => 1,
            (false, _, true) => 13,
            (false, true, _) => 61,
            (_, false, _) => 499,
        };
        let mut edits = Vec::new();
        for (file, bytes) in &base.files {
            for at in (0..bytes.len()).step_by(step) {
                let random = (at as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes()[0];
                let ways = [bytes[at] ^ 1, bytes[at] ^ 0x80, 0, random];
                let taken = if self.deep { 0..4 } else { at / step % 4..at / step % 4 + 1 };
                let other = ways[taken].iter().filter(|to| **to != bytes[at]);
                let second = self.deep || at / step % every.div_ceil(step) == 0;
                edits.extend(other.map(|to| Edit::Byte { file: file.clone(), at, to: *to, second }));
            }
        }
        edits
    }

    /// At every sector (deep: every byte), and a little more.
    fn cuts(&self, base: &Base) -> Vec<Edit> {
        let mut edits = Vec::new();
        for (file, bytes) in &base.files {
            let step = if self.deep && base.exhaustive { 1 } else { 512 * if self.whole { 1 } else { 8 } };
            let second = |length: usize| self.deep || length.is_multiple_of(512);
            edits.extend((0..bytes.len()).step_by(step).map(|length| Edit::Cut {
                file: file.clone(),
                length,
                second: second(length),
            }));
            edits.extend([1, 4096, 5000].map(|by| Edit::Grown { file: file.clone(), by }));
        }
        edits
    }
}

/// Older copies, and files that are gone.
fn copies_put_back(base: &Base) -> Vec<Edit> {
    let older = |name: &str| (name.to_owned(), base.older.get(name).cloned());
    let gone = |name: &str| (name.to_owned(), None);
    let put = |what, files| Edit::Put { what, files };
    vec![
        put("an older log", vec![older("log.sqlite"), gone("log.sqlite-wal")]),
        put("an older anchor", vec![older("anchor")]),
        put("an older copy of all", vec![older("log.sqlite"), gone("log.sqlite-wal"), older("anchor")]),
        put("no log", vec![gone("log.sqlite"), gone("log.sqlite-wal")]),
        put("no write-ahead log", vec![gone("log.sqlite-wal")]),
        put("no anchor", vec![gone("anchor")]),
    ]
}

/// Every tile's record made longer than it is, by the kind of its first value: what comes before it can be read.
fn tiles_cut_short(base: &Base) -> Vec<Edit> {
    let file = &base.files["log.sqlite"];
    let hashes = base.seen.tiles.iter().filter_map(|tile| if let Value::Blob(hash) = &tile[1] { Some(hash) } else { None });
    let found = hashes.filter_map(|hash| file.windows(32).position(|bytes| bytes == hash));
    let at = |hash: usize| Edit::Byte { file: "log.sqlite".to_owned(), at: hash - 2, to: 1, second: true };
    found.map(at).collect()
}

/// The positions that stand as rows.
fn rows(base: &Base) -> RangeInclusive<usize> {
    base.seen.sealed + 1..=base.seen.events.len()
}

/// Every column of every row, changed in several ways.
fn columns(base: &Base) -> impl Iterator<Item = String> {
    const WAYS: [&str; 43] = [
        "stream = stream % 7 + 1",
        "stream = 99",
        "stream = -stream",
        "revision = revision + 1",
        "revision = revision + 1000",
        "revision = -1 - revision",
        "id = randomblob(16)",
        "id = zeroblob(16)",
        "id = x''",
        "id = substr(id, 1, 15)",
        "id = CAST(id || x'00' AS BLOB)",
        "type = type % 5 + 1",
        "type = 99",
        "type = 1",
        "schema_version = schema_version + 1",
        "schema_version = 0",
        "schema_version = -1",
        "schema_version = 4294967297",
        "recorded_at = recorded_at + 1",
        "recorded_at = recorded_at - 1",
        "recorded_at = 0",
        "recorded_at = 9223372036854775807",
        "occurred_at = occurred_at + 1",
        "occurred_at = -occurred_at",
        "occurred_at = 0",
        "salt = randomblob(16)",
        "salt = zeroblob(16)",
        "salt = x''",
        "salt = CAST(salt || x'00' AS BLOB)",
        "meta = x''",
        "meta = CAST(meta || ' ' AS BLOB)",
        "meta = data",
        "meta = zeroblob(length(meta))",
        "data = x''",
        "data = CAST(data || ' ' AS BLOB)",
        "data = meta",
        "data = CAST(replace(CAST(data AS TEXT), 'rack', 'Rack') AS BLOB)",
        "leaf = randomblob(32)",
        "leaf = zeroblob(32)",
        "leaf = x''",
        "leaf = substr(leaf, 1, 31)",
        "position = -position",
        "position = position + 5000",
    ];
    rows(base).flat_map(|position| {
        let change = WAYS.iter().map(move |way| format!("UPDATE OR IGNORE events SET {way} WHERE position = {position}"));
        change.chain([
            format!("DELETE FROM events WHERE position = {position}"),
            format!("DELETE FROM events WHERE position >= {position}"),
        ])
    })
}

/// Every two rows exchanged; and between neighbours every single column that is not the key.
fn swaps(base: &Base) -> Vec<String> {
    let exchanged = |(a, b): (usize, usize)| {
        let away = format!(
            "UPDATE events SET position = -1 WHERE position = {a}; UPDATE events SET position = {a} WHERE position = {b};"
        );
        format!("{away} UPDATE events SET position = {b} WHERE position = -1")
    };
    let (first, last) = rows(base).into_inner();
    let mut edits: Vec<_> = rows(base).flat_map(|a| (a + 1..=last).map(move |b| (a, b))).map(exchanged).collect();
    let columns = ["stream", "revision", "id", "type", "recorded_at", "occurred_at", "salt", "data", "leaf"];
    for (a, column) in (first..last).flat_map(|a| columns.map(|column| (a, column))) {
        let indexes = "DROP INDEX events_by_stream; DROP INDEX events_by_id;";
        let swap = format!(
            "CREATE TEMP TABLE o AS SELECT position AS at, {column} AS was FROM events WHERE position IN ({a}, {a} + 1); \
             UPDATE events SET {column} = (SELECT was FROM o WHERE at = 2 * {a} + 1 - position) WHERE position IN ({a}, {a} + 1);"
        );
        let back =
            "CREATE UNIQUE INDEX events_by_stream ON events(stream, revision); CREATE UNIQUE INDEX events_by_id ON events(id);";
        edits.push(format!("{indexes} {swap} {back}"));
    }
    edits
}

/// What stands around the rows, and what a broken index hides.
fn around(base: &Base) -> Vec<String> {
    let mut edits: Vec<String> = ["streams", "types"]
        .iter()
        .flat_map(|table| {
            (1..8).flat_map(move |number| {
        [
            format!("UPDATE OR IGNORE {table} SET name = 'other' WHERE id = {number}"),
            format!("UPDATE OR IGNORE {table} SET name = 'a b' WHERE id = {number}"),
            format!("UPDATE OR IGNORE {table} SET name = '' WHERE id = {number}"),
            format!("UPDATE OR IGNORE {table} SET id = id + 50 WHERE id = {number}"),
            format!("DELETE FROM {table} WHERE id = {number}"),
            format!("UPDATE OR IGNORE {table} SET name = (SELECT name FROM {table} WHERE id = {number} + 1) WHERE id = {number}"),
        ]
    })
        })
        .collect();
    let tiles = base.seen.tiles.len() as i64;
    edits.extend((0..tiles).flat_map(|tile| {
        [
            format!("UPDATE tiles SET hash = zeroblob(32) WHERE tile = {tile}"),
            format!("UPDATE tiles SET hash = x'00' WHERE tile = {tile}"),
            format!("DELETE FROM tiles WHERE tile = {tile}"),
            format!("UPDATE tiles SET tile = 77 WHERE tile = {tile}"),
        ]
    }));
    edits.extend([
        "INSERT INTO tiles SELECT 1 + coalesce(max(tile), -1), zeroblob(32) FROM tiles".to_owned(),
        "INSERT INTO streams(id, name) VALUES (77, 'unused')".to_owned(),
        "INSERT INTO types(id, name) VALUES (77, 'Unused')".to_owned(),
        "CREATE TRIGGER t AFTER INSERT ON events BEGIN DELETE FROM events; END".to_owned(),
        "CREATE VIEW v AS SELECT 1".to_owned(),
        "CREATE TABLE t(a)".to_owned(),
        "DROP INDEX events_breaks".to_owned(),
        "DROP INDEX events_by_id".to_owned(),
        "DROP INDEX events_by_stream".to_owned(),
        "DROP TABLE checkpoints".to_owned(),
        "DROP TABLE tiles".to_owned(),
        "DROP TABLE events".to_owned(),
        "DELETE FROM events".to_owned(),
        "DELETE FROM checkpoints".to_owned(),
        "UPDATE checkpoints SET size = size - 1".to_owned(),
        "UPDATE checkpoints SET note = 'x'".to_owned(),
        "UPDATE checkpoints SET note = replace(note, 'muster', 'mustar')".to_owned(),
        "INSERT INTO checkpoints SELECT 3, note FROM checkpoints LIMIT 1".to_owned(),
        "UPDATE about SET text = 'nothing'".to_owned(),
        "DELETE FROM about".to_owned(),
        "VACUUM".to_owned(),
        "REINDEX".to_owned(),
        "ANALYZE".to_owned(),
        "PRAGMA user_version = 0".to_owned(),
        "PRAGMA user_version = 99".to_owned(),
        "PRAGMA application_id = 1".to_owned(),
    ]);
    // Indexes that leave a row out or hold another, as only an edit of the schema can make them.
    for (index, sql) in [
        ("events_by_id", "ON events(id) WHERE position <> 5"),
        ("events_by_stream", "ON events(stream, revision) WHERE position <> 5"),
    ] {
        edits.push(format!(
            "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'CREATE UNIQUE INDEX {index} {sql}' WHERE name = '{index}'; \
             PRAGMA writable_schema = RESET; REINDEX {index}"
        ));
    }
    edits
}

impl Edit {
    /// Makes the edit in a directory that holds the log.
    pub fn make(&self, base: &Base, dir: &Path) {
        match self {
            Self::Byte { file, at, to, .. } => poke(&dir.join(file), *at, *to),
            Self::Cut { file, length, .. } => open(&dir.join(file)).set_len(*length as u64).expect("cut"),
            Self::Grown { file, by } => {
                let mut bytes = base.files[file].clone();
                bytes.extend((0..*by).map(|nth| (nth * 31 + 7) as u8));
                fs::write(dir.join(file), bytes).expect("written");
            }
            Self::Sql { sql, .. } => {
                match database(dir).execute_batch(sql) {
                    // Twice the same key: what was done before stays done, and an index is missing.
                    Err(cause) if cause.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {}
                    done => done.unwrap_or_else(|cause| panic!("{sql}: {cause}")),
                }
            }
            Self::Forged { position } if *position <= base.seen.sealed => sealed::forge(&database(dir), *position),
            Self::Forged { position } => forge(&database(dir), *position),
            Self::Put { files, .. } => {
                for (name, bytes) in files {
                    match bytes {
                        Some(bytes) => fs::write(dir.join(name), bytes).expect("written"),
                        None => drop(fs::remove_file(dir.join(name))),
                    }
                }
            }
        }
    }

    /// Takes it back.
    pub fn take_back(&self, files: &Files, dir: &Path) {
        match self {
            Self::Byte { file, at, .. } => poke(&dir.join(file), *at, files[file][*at]),
            Self::Cut { file, .. } => fs::write(dir.join(file), &files[file]).expect("written"),
            _ => base::write(dir, files),
        }
    }

    /// True if the second verifier shall judge it as well.
    pub fn second(&self) -> bool {
        !matches!(self, Self::Byte { second: false, .. } | Self::Cut { second: false, .. } | Self::Sql { second: false, .. })
    }
}

fn open(path: &Path) -> File {
    OpenOptions::new().write(true).open(path).expect("the file is there")
}

fn poke(path: &Path, at: usize, to: u8) {
    let mut file = open(path);
    file.seek(SeekFrom::Start(at as u64)).and_then(|_| file.write_all(&[to])).expect("one byte is written");
}

/// The file, to be edited: nothing of it need be durable.
fn database(dir: &Path) -> Connection {
    let file = Connection::open(dir.join("log.sqlite")).expect("opened");
    file.execute_batch("PRAGMA synchronous = OFF; PRAGMA temp_store = MEMORY").expect("taken");
    file
}

/// Other data, and the leaf that goes with it: as somebody does who has read the description.
fn forge(file: &Connection, position: usize) {
    let query = "SELECT e.revision, e.id, e.schema_version, e.recorded_at, e.occurred_at, e.salt, e.meta, s.name, t.name FROM events e \
                 JOIN streams s ON s.id = e.stream JOIN types t ON t.id = e.type WHERE e.position = ?1";
    let leaf = file.query_row(query, [position as i64], |row| {
        let (meta, stream, kind): (Vec<u8>, String, String) = (row.get(6)?, row.get(7)?, row.get(8)?);
        let fields = event_log::leaf::Fields {
            index: position as u64 - 1,
            stream: &stream,
            revision: row.get::<_, i64>(0)? as u64,
            id: row.get(1)?,
            type_name: &kind,
            schema_version: row.get(2)?,
            recorded_at: row.get(3)?,
            occurred_at: row.get(4)?,
            salt: row.get(5)?,
            meta: &meta,
            data: b"{}",
        };
        Ok(fields.hash())
    });
    let leaf = leaf.expect("the event is there");
    file.execute("UPDATE events SET data = x'7b7d', leaf = ?1 WHERE position = ?2", (&leaf[..], position as i64))
        .expect("changed");
}
