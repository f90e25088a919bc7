//! Edits of sealed events: every column of every chunk, chunks exchanged, the list that helps to find them, and an
//! event written anew together with its leaf by one who knows how a chunk is made.

use event_log::chunk::{Chunk, Column, Columns, EVENTS, PART, PARTS};
use event_log::{Recorded, StreamName, TypeName, leaf};
use rusqlite::Connection;
use uuid::Uuid;

use crate::base::Base;

/// What SQL can do to chunks.
pub fn columns(base: &Base) -> Vec<String> {
    const WAYS: [&str; 38] = [
        "chunk = chunk + 1",
        "chunk = chunk + 50",
        "chunk = chunk + 5000000",
        "chunk = -1 - chunk",
        "chunk = 9223372036854775807",
        "chunk = -9223372036854775807",
        "least_id = zeroblob(16)",
        "least_id = greatest_id",
        "least_id = x''",
        "greatest_id = zeroblob(16)",
        "greatest_id = least_id",
        "greatest_id = CAST(greatest_id || x'00' AS BLOB)",
        "breaks = breaks + 1",
        "breaks = -1",
        "columns = x''",
        "columns = zeroblob(length(columns))",
        "columns = CAST(columns || x'00' AS BLOB)",
        "columns = substr(columns, 1, length(columns) - 1)",
        "columns = part0",
        "ids = x''",
        "ids = CAST(substr(ids, 17) || substr(ids, 1, 16) AS BLOB)",
        "ids = CAST(ids || x'00' AS BLOB)",
        "ids = salts",
        "salts = x''",
        "salts = CAST(substr(salts, 17) || substr(salts, 1, 16) AS BLOB)",
        "salts = ids",
        "leaves = x''",
        "leaves = substr(leaves, 1, 8191)",
        "leaves = CAST(substr(leaves, 33) || substr(leaves, 1, 32) AS BLOB)",
        "leaves = CAST(substr(leaves, 1, 8160) || zeroblob(32) AS BLOB)",
        "part0 = part1",
        "part1 = x''",
        "part1 = CAST(part1 || part1 AS BLOB)",
        "part2 = part3, part3 = part2",
        "part3 = x'0300'",
        "part3 = substr(part3, 2)",
        "part3 = CAST(x'00' || part3 AS BLOB)",
        "part0 = columns",
    ];
    let chunks = base.seen.sealed / EVENTS;
    let each = (0..chunks).flat_map(|chunk| {
        let change = WAYS.iter().map(move |way| format!("UPDATE OR IGNORE chunks SET {way} WHERE chunk = {chunk}"));
        change.chain([
            format!("DELETE FROM chunks WHERE chunk = {chunk}"),
            format!("DELETE FROM chunks WHERE chunk >= {chunk}"),
            format!("DELETE FROM sealed_streams WHERE chunk = {chunk}"),
            format!("UPDATE OR IGNORE sealed_streams SET last = last + 1 WHERE chunk = {chunk}"),
            format!("UPDATE OR IGNORE sealed_streams SET stream = stream + 1 WHERE chunk = {chunk}"),
            format!("UPDATE sealed_streams SET chunk = chunk + 1 WHERE chunk = {chunk}"),
            format!(
                "INSERT INTO chunks SELECT {chunks}, least_id, greatest_id, breaks, columns, ids, salts, leaves, part0, part1, part2, part3 \
                 FROM chunks WHERE chunk = {chunk}"
            ),
            // An event of rows that stands at a sealed position too.
            format!("UPDATE events SET position = {} WHERE position = {}", chunk * EVENTS + 7, base.seen.events.len()),
        ])
    });
    let pairs = (0..chunks).flat_map(|a| (a + 1..chunks).map(move |b| (a, b)));
    let swaps = pairs.map(|(a, b)| {
        format!(
            "UPDATE chunks SET chunk = -1 WHERE chunk = {a}; UPDATE chunks SET chunk = {a} WHERE chunk = {b}; \
             UPDATE chunks SET chunk = {b} WHERE chunk = -1"
        )
    });
    let mut all: Vec<String> = each.chain(swaps).collect();
    if chunks > 0 {
        all.extend(["DROP TABLE chunks", "DROP TABLE sealed_streams", "DROP INDEX chunks_by_id"].map(str::to_owned));
    }
    all
}

/// Other data and the leaf that goes with it, sealed again.
pub fn forge(file: &Connection, position: usize) {
    let (number, nth) = ((position - 1) / EVENTS, (position - 1) % EVENTS);
    let (mut events, numbers) = opened(file, number);
    events[nth].data = b"{}".to_vec();
    events[nth].leaf = leaf::of(&events[nth]);
    let chunk = Chunk::seal(&events, &numbers);
    let [part0, part1, part2, part3] = &chunk.parts;
    file.execute(
        "UPDATE chunks SET columns = ?2, leaves = ?3, part0 = ?4, part1 = ?5, part2 = ?6, part3 = ?7 WHERE chunk = ?1",
        rusqlite::params![number as i64, chunk.columns, chunk.leaves, part0, part1, part2, part3],
    )
    .expect("changed");
}

/// A chunk's events, and the numbers of their streams and types.
fn opened(file: &Connection, number: usize) -> (Vec<Recorded>, Vec<(i64, i64)>) {
    let query = "SELECT columns, ids, salts, leaves, part0, part1, part2, part3 FROM chunks WHERE chunk = ?1";
    let stored: [Vec<u8>; 8] = file
        .query_row(query, [number as i64], |row| {
            let mut column = 0..8;
            let mut next = || row.get(column.next().expect("eight"));
            Ok([next()?, next()?, next()?, next()?, next()?, next()?, next()?, next()?])
        })
        .expect("the chunk is there");
    let columns = Columns::open(&stored[0]).expect("columns");
    let parts: Vec<_> = (0..PARTS).map(|part| columns.part(part, &stored[4 + part]).expect("a part")).collect();
    let name = |table: &str, number: i64| -> String {
        file.query_row(&format!("SELECT name FROM {table} WHERE id = ?1"), [number], |row| row.get(0)).expect("a name")
    };
    let event = |nth: usize| {
        let numbers = (columns.get(Column::Stream, nth), columns.get(Column::Type, nth));
        let event = Recorded {
            position: (number * EVENTS + nth + 1) as u64,
            stream: StreamName::new(name("streams", numbers.0)).expect("a name"),
            revision: columns.get(Column::Revision, nth) as u64,
            id: Uuid::from_slice(&stored[1][nth * 16..][..16]).expect("an id"),
            type_name: TypeName::new(name("types", numbers.1)).expect("a name"),
            schema_version: columns.get(Column::SchemaVersion, nth) as u32,
            recorded_at: columns.get(Column::RecordedAt, nth),
            occurred_at: columns.get(Column::OccurredAt, nth),
            salt: stored[2][nth * 16..][..16].try_into().expect("a salt"),
            meta: parts[nth / PART].meta(nth % PART).to_vec(),
            data: parts[nth / PART].data(nth % PART).to_vec(),
            leaf: stored[3][nth * 32..][..32].try_into().expect("a leaf"),
        };
        (event, numbers)
    };
    (0..EVENTS).map(event).unzip()
}
