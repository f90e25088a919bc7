//! What stands around the rows: the schema, the indexes, the interned names, the tiles, the kept
//! checkpoints. Each is compared with the rows themselves; the database's own word is asked last.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::Hash as Hashable;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension};
use sha2::{Digest, Sha256};

use super::{Findings, Walked, attempt};
use crate::breaks::BREAK_TYPE;
use crate::leaf::Hash;
use crate::sqlite::row::{Names, stream_name, type_name};
use crate::sqlite::schema::{FORMAT_ROWS, TABLES, TABLES_ROWS};
use crate::tree::TILE;

/// Tables and indexes are those of this format, and nothing else (no trigger, no view). False if one of the
/// tables is not: then nothing can be asked of them.
pub(super) fn schema(connection: &Connection, findings: &mut Findings) -> bool {
    let mut found = BTreeSet::new();
    let mut read = || -> rusqlite::Result<()> {
        let mut statement = connection.prepare("SELECT name, sql FROM sqlite_schema WHERE sql > ''")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            found.insert((lossy(row.get_ref(0)?), lossy(row.get_ref(1)?)));
        }
        Ok(())
    };
    attempt("the schema", read(), findings);
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap_or_default();
    let tables = if version == FORMAT_ROWS { &TABLES[..TABLES_ROWS] } else { &TABLES };
    let wanted: BTreeSet<_> = tables.iter().map(|(name, sql)| ((*name).to_owned(), (*sql).to_owned())).collect();
    for (name, _) in wanted.symmetric_difference(&found) {
        findings.add(None, format!("the schema is not that of a log: {name}"));
    }
    wanted.iter().filter(|(_, sql)| sql.starts_with("CREATE TABLE")).all(|table| found.contains(table))
}

fn lossy(value: ValueRef<'_>) -> String {
    if let ValueRef::Text(text) = value { String::from_utf8_lossy(text).into_owned() } else { format!("{value:?}") }
}

/// Every entry of the three indexes of events is that of a row, and every row is in them.
pub(super) fn indexes(connection: &Connection, findings: &mut Findings) -> rusqlite::Result<()> {
    let mut whole = true;
    for (index, columns, filter) in
        [("events_by_stream", "stream, revision", ""), ("events_by_id", "id, 0", ""), ("events_breaks", "0, 0", "WHERE type = 1")]
    {
        let table = sum(connection, &format!("SELECT position, {columns} FROM events NOT INDEXED {filter}"))?;
        let indexed = sum(connection, &format!("SELECT position, {columns} FROM events INDEXED BY {index} {filter}"))?;
        if table != indexed {
            whole = false;
            let entry = first_difference(connection, index, columns, filter)?;
            let entry = entry.map_or_else(String::new, |position| format!(", first for position {position}"));
            findings.add(None, format!("the index {index} is not that of the rows{entry}"));
        }
    }
    if whole { no_id_twice(connection, findings) } else { Ok(()) }
}

/// Asked of the index, once it is known to be that of the rows.
fn no_id_twice(connection: &Connection, findings: &mut Findings) -> rusqlite::Result<()> {
    let unordered = connection.query_row(
        "SELECT a FROM (SELECT position AS a, id, lag(id) OVER (ORDER BY id) AS before FROM events INDEXED BY events_by_id) \
         WHERE id = before LIMIT 1",
        [],
        |row| row.get(0),
    );
    if let Some(position) = unordered.optional()? {
        findings.add(Some(position), "its id stands for another event too".to_owned());
    }
    Ok(())
}

/// A sum over the rows that does not depend on their order.
fn sum(connection: &Connection, query: &str) -> rusqlite::Result<(u64, u128)> {
    let mut statement = connection.prepare(query)?;
    let mut rows = statement.query([])?;
    let (mut count, mut sum, mut entry) = (0, 0u128, Vec::new());
    while let Some(row) = rows.next()? {
        entry.clear();
        for column in 0..3 {
            told(row.get_ref(column)?, &mut entry);
        }
        sum = sum.wrapping_add(halved(&entry));
        count += 1;
    }
    Ok((count, sum))
}

/// A value as bytes; two values give the same only if they are the same.
fn told(value: ValueRef<'_>, to: &mut Vec<u8>) {
    let (kind, bytes) = match value {
        ValueRef::Null => (b'n', &[][..]),
        ValueRef::Integer(number) => (b'i', &number.to_be_bytes()[..]),
        ValueRef::Real(number) => (b'r', &number.to_bits().to_be_bytes()[..]),
        ValueRef::Text(bytes) => (b't', bytes),
        ValueRef::Blob(bytes) => (b'b', bytes),
    };
    to.push(kind);
    to.extend((bytes.len() as u64).to_be_bytes());
    to.extend(bytes);
}

/// The first half of a hash, as a number to be added up.
fn halved(bytes: &[u8]) -> u128 {
    let hash: Hash = Sha256::digest(bytes).into();
    u128::from_be_bytes(*hash.first_chunk().expect("32 bytes hold 16"))
}

/// A number that stands for these.
pub(super) fn digest(values: &[i64; 3]) -> u128 {
    halved(values.map(i64::to_be_bytes).as_flattened())
}

/// The first position at which index and table differ.
fn first_difference(connection: &Connection, index: &str, columns: &str, filter: &str) -> rusqlite::Result<Option<i64>> {
    let read = |how: &str| -> rusqlite::Result<BTreeSet<(i64, String)>> {
        let mut statement = connection.prepare(&format!("SELECT position, {columns} FROM events {how} {filter}"))?;
        let mut rows = statement.query([])?;
        let mut entries = BTreeSet::new();
        while let Some(row) = rows.next()? {
            entries.insert((row.get(0)?, format!("{:?} {:?}", row.get_ref(1)?, row.get_ref(2)?)));
        }
        Ok(entries)
    };
    let (table, indexed) = (read("NOT INDEXED")?, read(&format!("INDEXED BY {index}"))?);
    Ok(table.symmetric_difference(&indexed).next().map(|(position, _)| *position))
}

/// Every name that can be read. Names are names, and each stands once.
pub(super) fn names(connection: &Connection, findings: &mut Findings) -> Names {
    let mut names = Names::default();
    attempt("the names of streams", read_names(connection, "streams", stream_name, &mut names.streams, findings), findings);
    attempt("the names of types", read_names(connection, "types", type_name, &mut names.types, findings), findings);
    if names.types.get(&1).and_then(|name| name.as_ref().ok()).is_none_or(|name| name.as_str() != BREAK_TYPE) {
        findings.add(None, "the first type is not what was written".to_owned());
    }
    names
}

/// One table of names. By the table itself, in order of number.
fn read_names<N: Clone + Eq + Hashable>(
    connection: &Connection,
    table: &str,
    name: fn(ValueRef<'_>) -> Result<N, String>,
    names: &mut HashMap<i64, Result<N, String>>,
    findings: &mut Findings,
) -> rusqlite::Result<()> {
    let mut seen = HashSet::new();
    let mut statement = connection.prepare(&format!("SELECT id, name FROM {table} NOT INDEXED ORDER BY id"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (number, name) = (row.get(0)?, name(row.get_ref(1)?));
        match &name {
            Err(why) => findings.add(None, format!("number {number} of {table}: {why}")),
            Ok(name) if !seen.insert(name.clone()) => {
                findings.add(None, format!("number {number} of {table} stands there twice"))
            }
            Ok(_) => {}
        }
        names.insert(number, name);
    }
    Ok(())
}

/// Every name is that of some event.
pub(super) fn used(names: &Names, walked: &Walked, findings: &mut Findings) {
    let mut check = |table: &str, numbers: BTreeSet<i64>, used: &BTreeSet<i64>| {
        for number in numbers.difference(used) {
            findings.add(None, format!("number {number} of {table} has no event"));
        }
    };
    check("streams", names.streams.keys().copied().collect(), &walked.used[0]);
    check("types", names.types.keys().copied().filter(|number| *number != 1).collect(), &walked.used[1]);
}

/// The stored tiles are those of the stored leaves. A tile over an event that is bad already says nothing more;
/// where they cannot be read further, those that were read are compared.
pub(super) fn tiles(connection: &Connection, walked: &Walked, findings: &mut Findings) -> rusqlite::Result<()> {
    let mut stored = Vec::new();
    let told = read_tiles(connection, &mut stored);
    compare_tiles(&stored, told.is_ok(), walked, findings);
    told
}

type Tile = (i64, Option<Hash>);

fn read_tiles(connection: &Connection, stored: &mut Vec<Tile>) -> rusqlite::Result<()> {
    let mut statement = connection.prepare("SELECT tile, hash FROM tiles NOT INDEXED ORDER BY tile")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        stored.push((row.get(0)?, row.get_ref(1)?.as_blob().ok().and_then(|bytes| Hash::try_from(bytes).ok())));
    }
    Ok(())
}

fn compare_tiles(stored: &[Tile], all: bool, walked: &Walked, findings: &mut Findings) {
    let wanted: Vec<_> = walked.tiles.iter().enumerate().map(|(number, hash)| (number as i64, Some(*hash))).collect();
    let longest = if all { stored.len().max(wanted.len()) } else { stored.len() };
    let Some(wrong) = (0..longest).find(|number| stored.get(*number) != wanted.get(*number)) else { return };
    let first = (wrong as u64 * TILE + 1).cast_signed();
    let last = first + TILE.cast_signed() - 1;
    let beyond = wrong >= wanted.len(); // a tile where the log has no 256 events
    let position = match findings.list.iter().any(|one| one.position.is_some_and(|at| first <= at && at <= last)) {
        true => None,
        false if beyond => Some(first.max(walked.head.size.cast_signed() + 1)),
        false => Some(first),
    };
    findings.add(position, format!("tile {wrong} is not the hash of its 256 leaves"));
}

/// The database's own check of its pages, records and indexes.
pub(super) fn integrity(connection: &Connection, findings: &mut Findings) -> rusqlite::Result<()> {
    let mut statement = connection.prepare("PRAGMA integrity_check(20)")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let said = lossy(row.get_ref(0)?);
        if said != "ok" {
            findings.add(None, format!("the database says: {said}"));
        }
    }
    Ok(())
}
