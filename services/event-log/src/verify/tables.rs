//! What stands around the rows: the schema, the indexes, the interned names, the tiles, the kept
//! checkpoints. Each is compared with the rows themselves; the database's own word is asked last.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension};
use sha2::{Digest, Sha256};

use super::Findings;
use crate::breaks::BREAK_TYPE;
use crate::event::{StreamName, TypeName};
use crate::leaf::Hash;
use crate::sqlite::schema::TABLES;
use crate::tree::TILE;

/// Tables and indexes are those of this format, and nothing else (no trigger, no view).
pub(super) fn schema(connection: &Connection, findings: &mut Findings) -> rusqlite::Result<()> {
    let mut statement = connection.prepare("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL")?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
    let found = rows.collect::<rusqlite::Result<BTreeSet<_>>>()?;
    let wanted: BTreeSet<_> = TABLES.iter().map(|(name, sql)| ((*name).to_owned(), (*sql).to_owned())).collect();
    for (name, _) in wanted.symmetric_difference(&found) {
        findings.add(None, format!("the schema is not that of a log: {name}"));
    }
    Ok(())
}

/// Every entry of the three indexes of events is that of a row, and every row is in them.
pub(super) fn indexes(connection: &Connection, findings: &mut Findings) -> rusqlite::Result<()> {
    for (index, columns, filter) in
        [("events_by_stream", "stream, revision", ""), ("events_by_id", "id, 0", ""), ("events_breaks", "0, 0", "WHERE type = 1")]
    {
        let table = sum(connection, &format!("SELECT position, {columns} FROM events NOT INDEXED {filter}"))?;
        let indexed = sum(connection, &format!("SELECT position, {columns} FROM events INDEXED BY {index} {filter}"))?;
        if table != indexed {
            let position = first_difference(connection, index, columns, filter)?;
            findings.add(position, format!("the index {index} is not that of the rows"));
        }
    }
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
    let (mut count, mut sum) = (0, 0u128);
    while let Some(row) = rows.next()? {
        let text = format!("{:?} {:?} {:?}", row.get_ref(0)?, row.get_ref(1)?, row.get_ref(2)?);
        let hash: Hash = Sha256::digest(text).into();
        sum = sum.wrapping_add(u128::from_be_bytes(*hash.first_chunk().expect("32 bytes hold 16")));
        count += 1;
    }
    Ok((count, sum))
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

/// Names are names, each once, and each is used by some event.
pub(super) fn names(connection: &Connection, findings: &mut Findings) -> rusqlite::Result<()> {
    for (table, column) in [("streams", "stream"), ("types", "type")] {
        let query =
            format!("SELECT t.id, t.name, EXISTS (SELECT 1 FROM events e WHERE e.{column} = t.id) FROM {table} t ORDER BY t.id");
        let query = if table == "types" { unused_types(&query) } else { query };
        let mut statement = connection.prepare(&query)?;
        let mut rows = statement.query([])?;
        let mut seen = BTreeSet::new();
        while let Some(row) = rows.next()? {
            let (id, name, used): (i64, String, bool) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let is_name = if table == "types" { TypeName::new(&*name).is_ok() } else { StreamName::new(&*name).is_ok() };
            let first_type = table == "types" && id == 1;
            if !is_name || (first_type && name != BREAK_TYPE) {
                findings.add(None, format!("number {id} of {table} is not what was written: {name:?}"));
            }
            if !used && !first_type {
                findings.add(None, format!("number {id} of {table} ({name:?}) has no event"));
            }
            if !seen.insert(name.clone()) {
                findings.add(None, format!("{name:?} stands twice in {table}"));
            }
        }
    }
    Ok(())
}

/// Types have no index in events: their use is looked up in one walk, not one for each type.
fn unused_types(query: &str) -> String {
    query.replace("EXISTS (SELECT 1 FROM events e WHERE e.type = t.id)", "t.id IN (SELECT DISTINCT type FROM events)")
}

/// The stored tiles are those of the stored leaves.
pub(super) fn tiles(connection: &Connection, computed: &[Hash], findings: &mut Findings) -> rusqlite::Result<()> {
    let mut statement = connection.prepare("SELECT tile, hash FROM tiles ORDER BY tile")?;
    let mut rows = statement.query([])?;
    let mut next = 0;
    while let Some(row) = rows.next()? {
        let number: i64 = row.get(0)?;
        let hash = row.get_ref(1)?.as_blob().ok().and_then(|bytes| Hash::try_from(bytes).ok());
        if number != next || hash.is_none() || computed.get(number.unsigned_abs() as usize).copied() != hash {
            let position = next.saturating_mul(TILE.cast_signed()) + 1;
            findings.add(Some(position), format!("tile {next} is not the hash of its 256 leaves"));
            return Ok(());
        }
        next += 1;
    }
    if next.unsigned_abs() as usize != computed.len() {
        findings.add(Some(next * TILE.cast_signed() + 1), format!("tile {next} is missing"));
    }
    Ok(())
}

/// The database's own check of its pages, records and indexes.
pub(super) fn integrity(connection: &Connection, findings: &mut Findings) -> rusqlite::Result<()> {
    let mut statement = connection.prepare("PRAGMA integrity_check(20)")?;
    let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
    for row in rows {
        let said = row?;
        if said != "ok" {
            findings.add(None, format!("the database says: {said}"));
        }
    }
    Ok(())
}
