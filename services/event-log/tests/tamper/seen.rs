//! What anybody sees who reads the files: the rows in order as far as they can be read, names in place of
//! numbers, tiles, checkpoints, the anchor. Knows the format from its description, nothing of the verifier.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use event_log::anchor::{self, Anchored};
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags};

/// Everything that can be seen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen {
    /// Position and the other columns, names of stream and type last.
    pub events: Vec<(i64, Vec<Value>)>,
    pub tiles: Vec<Vec<Value>>,
    pub names: Vec<Vec<Value>>,
    pub checkpoints: Vec<Vec<Value>>,
    /// What helps to find sealed events.
    pub directory: Vec<Vec<Value>>,
    pub anchor: Option<Anchored>,
    /// What the tables are defined to be; the events can be asked for by that definition only.
    pub tables: Vec<Vec<Value>>,
    /// Events in sealed chunks; the others are rows.
    pub sealed: usize,
    /// False if there is no log to be seen at all.
    pub readable: bool,
}

impl Seen {
    /// Looks at the log in a directory; beside a write-ahead log, at a copy, for reading it may change it.
    pub fn look(dir: &Path) -> Self {
        let wal = fs::metadata(dir.join("log.sqlite-wal")).is_ok_and(|file| file.len() > 0);
        let copy = wal.then(crate::base::place);
        if let Some(copy) = &copy {
            crate::base::write(copy, &crate::base::read(dir));
        }
        let seen = Self::within(copy.as_deref().unwrap_or(dir), wal);
        copy.iter().for_each(|copy| fs::remove_dir_all(copy).expect("removed"));
        seen
    }

    fn within(dir: &Path, wal: bool) -> Self {
        let path = dir.join("log.sqlite");
        let mut seen = Self { anchor: anchor::read(&dir.join("anchor")).ok(), ..Self::default() };
        let alone = OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let opened = if wal {
            Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_WRITE | alone)
        } else {
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | alone;
            Connection::open_with_flags(format!("file:{}?immutable=1", path.display()), flags)
        };
        let Ok(file) = opened else { return seen };
        let whose =
            ["application_id", "user_version"].map(|name| file.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).ok());
        let tables = file.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()));
        seen.readable = whose == [Some(0x4d73_7472), Some(2)] && tables.is_ok();
        seen.tables = rows(&file, "SELECT name, sql FROM sqlite_schema WHERE sql LIKE 'CREATE TABLE%' ORDER BY name");
        seen.names = rows(&file, "SELECT 's', id, name FROM streams NOT INDEXED ORDER BY id");
        seen.names.extend(rows(&file, "SELECT 't', id, name FROM types NOT INDEXED ORDER BY id"));
        seen.tiles = rows(&file, "SELECT tile, hash FROM tiles NOT INDEXED ORDER BY tile");
        seen.checkpoints = rows(&file, "SELECT size, note FROM checkpoints NOT INDEXED ORDER BY size");
        let chunks = rows(
            &file,
            "SELECT chunk, columns, ids, salts, leaves, part0, part1, part2, part3 FROM chunks NOT INDEXED ORDER BY chunk",
        );
        let events = chunks.iter().flat_map(|chunk| unsealed(chunk)).collect::<Vec<_>>();
        seen.sealed = events.len();
        seen.directory = rows(&file, "SELECT chunk, least_id, greatest_id, breaks FROM chunks NOT INDEXED ORDER BY chunk");
        seen.directory.extend(rows(&file, "SELECT stream, last, chunk FROM sealed_streams ORDER BY stream, last"));
        let events = events.into_iter().chain(rows(&file, "SELECT * FROM events NOT INDEXED ORDER BY position"));
        let names = ["s", "t"].map(|table| named(&seen.names, table));
        let with_names = |mut row: Vec<Value>| {
            let of = |table: usize, column: usize| match row[column] {
                Value::Integer(number) => names[table].get(&number).map_or(Value::Null, |name| (*name).clone()),
                _ => Value::Null,
            };
            let both = [of(0, 1), of(1, 4)];
            row.extend(both);
            let Value::Integer(position) = row[0] else { panic!("a key is a number: {:?}", row[0]) };
            (position, row)
        };
        seen.events = events.map(with_names).collect();
        seen
    }

    /// The first position at which the two show other events.
    pub fn first_difference(&self, other: &Self) -> Option<i64> {
        let longer = self.events.len().max(other.events.len());
        let nth = (0..longer).find(|nth| self.events.get(*nth) != other.events.get(*nth))?;
        [self.events.get(nth), other.events.get(nth)].into_iter().flatten().map(|(position, _)| *position).min()
    }
}

/// The names of one table by their numbers; of two with one number, the later.
fn named<'a>(names: &'a [Vec<Value>], table: &str) -> BTreeMap<i64, &'a Value> {
    let mine = names.iter().filter(|name| name[0] == Value::Text(table.to_owned()));
    mine.filter_map(|name| if let Value::Integer(number) = name[1] { Some((number, &name[2])) } else { None }).collect()
}

/// A sealed chunk as the rows it stands for; of what cannot be undone, rows of nothing but the position.
fn unsealed(chunk: &[Value]) -> Vec<Vec<Value>> {
    let Value::Integer(number) = chunk[0] else { panic!("a key is a number") };
    let bytes = |nth: usize| if let Value::Blob(bytes) = &chunk[nth] { bytes.as_slice() } else { &[] };
    let columns = event_log::chunk::Columns::open(bytes(1));
    let piece = |many: usize, size: usize, nth: usize| {
        if bytes(many).len() == 256 * size { Value::Blob(bytes(many)[nth * size..][..size].to_vec()) } else { Value::Null }
    };
    let parts: Vec<_> =
        (0..4).map(|part| columns.as_ref().ok().and_then(|columns| columns.part(part, bytes(5 + part)).ok())).collect();
    let row = |nth: usize| {
        use event_log::chunk::Column::{OccurredAt, RecordedAt, Revision, SchemaVersion, Stream, Type};
        let integer = |column| columns.as_ref().map_or(Value::Null, |columns| Value::Integer(columns.get(column, nth)));
        let payload = parts[nth / 64].as_ref();
        let meta = payload.map_or(Value::Null, |part| Value::Blob(part.meta(nth % 64).to_vec()));
        let data = payload.map_or(Value::Null, |part| Value::Blob(part.data(nth % 64).to_vec()));
        let position = Value::Integer(number.saturating_mul(256).saturating_add(nth as i64 + 1));
        let (id, salt, leaf) = (piece(2, 16, nth), piece(3, 16, nth), piece(4, 32, nth));
        vec![
            position,
            integer(Stream),
            integer(Revision),
            id,
            integer(Type),
            integer(SchemaVersion),
            integer(RecordedAt),
            integer(OccurredAt),
            salt,
            meta,
            data,
            leaf,
        ]
    };
    (0..256).map(row).collect()
}

/// As many rows as can be read.
fn rows(file: &Connection, query: &str) -> Vec<Vec<Value>> {
    let mut all = Vec::new();
    let Ok(mut statement) = file.prepare(query) else { return all };
    let columns = statement.column_count();
    let Ok(mut rows) = statement.query([]) else { return all };
    while let Ok(Some(row)) = rows.next() {
        let value = |column| {
            row.get_ref(column).map(|value| match value {
                // Text that is none is kept apart from every text and every blob.
                rusqlite::types::ValueRef::Text(bytes) => {
                    String::from_utf8(bytes.to_vec()).map_or_else(|_| Value::Text(format!("no text: {bytes:?}")), Value::Text)
                }
                other => other.try_into().unwrap_or(Value::Null),
            })
        };
        match (0..columns).map(value).collect() {
            Ok(row) => all.push(row),
            Err(_) => break,
        }
    }
    all
}
