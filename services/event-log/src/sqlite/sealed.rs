//! Sealed chunks in the file: read like rows, event by event, and judged with the same want of mercy.
//!
//! Positions 1 to [`end`] are in chunks, what follows is in rows; an event is never in both and never in
//! neither, because a chunk comes and its rows go in one transaction. Whoever asks more than one question
//! about it asks within one read transaction.

use std::ops::ControlFlow;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row};
use uuid::Uuid;

use super::row::{Cells, Names, Raw, stream_name, type_name};
use super::walk::GAP_MAX;
use crate::chunk::{Chunk, Column, Columns, EVENTS, PART, PARTS, Payloads};
use crate::event::StreamName;
use crate::leaf::Hash;

/// The columns that [`take`] reads.
const SELECT: &str = "SELECT chunk, columns, ids, salts, leaves, part0, part1, part2, part3 FROM chunks";

/// The last position that is sealed; 0 if none is. A chunk whose number lies further beyond all others than a
/// gap may be wide is not counted: nobody shall walk there.
pub(crate) fn end(connection: &Connection) -> rusqlite::Result<i64> {
    let mut statement =
        connection.prepare_cached("SELECT max(chunk) FROM chunks WHERE chunk < (SELECT count(*) FROM chunks) + ?1")?;
    let last: Option<i64> = statement.query_row([GAP_MAX / EVENTS as i64], |row| row.get(0))?;
    Ok(last.map_or(0, |last| first_position(last + 1) - 1).max(0))
}

/// The number of the chunk that would hold a position.
pub(crate) fn number_of(position: i64) -> i64 {
    (position - 1).div_euclid(EVENTS as i64)
}

/// The first position of a chunk.
pub(crate) fn first_position(number: i64) -> i64 {
    number.saturating_mul(EVENTS as i64).min(i64::MAX - EVENTS as i64) + 1 // a number out of this world stays a position
}

fn take(row: &Row<'_>) -> rusqlite::Result<(i64, Chunk)> {
    // What is no blob is taken as an empty one, which no chunk has.
    let bytes =
        |column| row.get_ref(column).map(|value| if let ValueRef::Blob(bytes) = value { bytes.to_vec() } else { Vec::new() });
    let parts = [bytes(5)?, bytes(6)?, bytes(7)?, bytes(8)?];
    Ok((row.get(0)?, Chunk { columns: bytes(1)?, ids: bytes(2)?, salts: bytes(3)?, leaves: bytes(4)?, parts }))
}

/// One chunk.
pub(crate) fn load(connection: &Connection, number: i64) -> rusqlite::Result<Option<Open>> {
    let mut statement = connection.prepare_cached(&select(" WHERE chunk = ?1"))?;
    let found = statement.query_row([number], take).optional()?;
    Ok(found.map(|(number, chunk)| Open::new(number, chunk)))
}

fn select(clause: &str) -> String {
    format!("{SELECT}{clause}")
}

/// Every chunk in order, by the table itself.
pub(crate) fn each(connection: &Connection, take_one: &mut dyn FnMut(Open) -> ControlFlow<()>) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(&select(" NOT INDEXED ORDER BY chunk"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (number, chunk) = take(row)?;
        if take_one(Open::new(number, chunk)).is_break() {
            break;
        }
    }
    Ok(())
}

/// A chunk that is being read.
pub(crate) struct Open {
    pub number: i64,
    chunk: Chunk,
    columns: Result<Columns, String>,
    parts: [Option<Result<Payloads, String>>; PARTS],
}

impl Open {
    pub(crate) fn new(number: i64, chunk: Chunk) -> Self {
        let columns = Columns::open(&chunk.columns);
        Self { number, chunk, columns, parts: [const { None }; PARTS] }
    }

    /// One integer of an event, if the columns can be read.
    pub(crate) fn get(&self, column: Column, nth: usize) -> Option<i64> {
        self.columns.as_ref().ok().map(|columns| columns.get(column, nth))
    }

    /// The stored id of an event.
    pub(crate) fn id(&self, nth: usize) -> Option<Uuid> {
        Uuid::from_slice(self.chunk.ids.get(nth * 16..nth * 16 + 16)?).ok()
    }

    /// The stored leaf of an event; none if the leaves are not 256.
    pub(crate) fn leaf(&self, nth: usize) -> Option<Hash> {
        if self.chunk.leaves.len() != EVENTS * 32 {
            return None;
        }
        self.chunk.leaves.as_chunks::<32>().0.get(nth).copied()
    }

    /// One event (0 to 255), as if it were a row.
    pub(crate) fn raw(&mut self, nth: usize, names: &Names) -> Raw {
        let position = first_position(self.number).saturating_add(nth as i64);
        let columns = match &self.columns {
            Ok(columns) => columns,
            Err(why) => return Raw { position, event: Err(why.clone()), leaf: self.leaf(nth) },
        };
        let (part, within) = (nth / PART, nth % PART);
        let payloads = match self.parts[part].get_or_insert_with(|| columns.part(part, &self.chunk.parts[part])) {
            Ok(payloads) => payloads,
            Err(why) => return Raw { position, event: Err(why.clone()), leaf: self.leaf(nth) },
        };
        let integer = |column| ValueRef::Integer(columns.get(column, nth));
        let (stream, kind) = names.of(integer(Column::Stream), integer(Column::Type));
        Raw::of(Cells {
            position,
            stream,
            type_name: kind,
            revision: integer(Column::Revision),
            id: nth_of(&self.chunk.ids, 16, nth),
            schema_version: integer(Column::SchemaVersion),
            recorded_at: integer(Column::RecordedAt),
            occurred_at: integer(Column::OccurredAt),
            salt: nth_of(&self.chunk.salts, 16, nth),
            meta: ValueRef::Blob(payloads.meta(within)),
            data: ValueRef::Blob(payloads.data(within)),
            leaf: nth_of(&self.chunk.leaves, 32, nth),
        })
    }
}

/// The value of one event out of many of one length; missing if there are not exactly 256.
fn nth_of(bytes: &[u8], length: usize, nth: usize) -> ValueRef<'_> {
    if bytes.len() == EVENTS * length { ValueRef::Blob(&bytes[nth * length..(nth + 1) * length]) } else { ValueRef::Null }
}

/// Learns the names that a chunk's numbers stand for.
pub(crate) fn learn(connection: &Connection, open: &Open, names: &mut Names) -> rusqlite::Result<()> {
    for nth in 0..EVENTS {
        let (Some(stream), Some(kind)) = (open.get(Column::Stream, nth), open.get(Column::Type, nth)) else { return Ok(()) };
        if !names.streams.contains_key(&stream) {
            let mut find = connection.prepare_cached("SELECT name FROM streams WHERE id = ?1")?;
            let name = find.query_row([stream], |row| Ok(stream_name(row.get_ref(0)?))).optional()?;
            names.streams.extend(name.map(|name| (stream, name)));
        }
        if !names.types.contains_key(&kind) {
            let mut find = connection.prepare_cached("SELECT name FROM types WHERE id = ?1")?;
            let name = find.query_row([kind], |row| Ok(type_name(row.get_ref(0)?))).optional()?;
            names.types.extend(name.map(|name| (kind, name)));
        }
    }
    Ok(())
}

/// Gives the sealed events of a span of positions, in order.
pub(crate) fn each_event(
    connection: &Connection,
    from: i64,
    to: i64,
    names: &mut Names,
    give: &mut dyn FnMut(Raw) -> ControlFlow<()>,
) -> rusqlite::Result<()> {
    let to = to.min(end(connection)?);
    for number in number_of(from.max(1))..=number_of(to) {
        let Some(mut open) = load(connection, number)? else { continue };
        learn(connection, &open, names)?;
        let first = first_position(number);
        for nth in from.max(first)..=to.min(first + EVENTS as i64 - 1) {
            if give(open.raw((nth - first) as usize, names)).is_break() {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Gives every sealed event that is a declared break.
pub(crate) fn each_break(connection: &Connection, give: &mut dyn FnMut(&Raw)) -> rusqlite::Result<()> {
    let mut statement = connection.prepare("SELECT chunk FROM chunks WHERE breaks > 0 ORDER BY chunk")?;
    let chunks = statement.query_map([], |row| row.get::<_, i64>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
    for number in chunks {
        let Some(mut open) = load(connection, number)? else { continue };
        let mut names = Names::default();
        learn(connection, &open, &mut names)?;
        for nth in (0..EVENTS).filter(|nth| open.get(Column::Type, *nth) == Some(1)).collect::<Vec<_>>() {
            give(&open.raw(nth, &names));
        }
    }
    Ok(())
}

/// The chunks that hold events of a stream from a revision on, in order.
pub(crate) fn of_stream(connection: &Connection, stream: &StreamName, from: i64) -> rusqlite::Result<Vec<i64>> {
    let mut statement = connection.prepare_cached(
        "SELECT chunk FROM sealed_streams WHERE stream = (SELECT id FROM streams WHERE name = ?1) AND last >= ?2 ORDER BY last",
    )?;
    let chunks = statement.query_map((stream.as_str(), from), |row| row.get(0))?;
    chunks.collect()
}

/// Gives the events of one stream in a chunk, within bounds (first revision, last position), in order.
pub(crate) fn each_of_stream(
    connection: &Connection,
    open: &mut Open,
    stream: &StreamName,
    (from, to): (i64, i64),
    names: &mut Names,
    give: &mut dyn FnMut(Raw) -> ControlFlow<()>,
) -> rusqlite::Result<ControlFlow<()>> {
    let mut find = connection.prepare_cached("SELECT id FROM streams WHERE name = ?1")?;
    let number: Option<i64> = find.query_row([stream.as_str()], |row| row.get(0)).optional()?;
    learn(connection, open, names)?;
    for nth in 0..EVENTS {
        // Where the columns cannot be read, every event is given, to be called damaged.
        let mine =
            open.columns.is_err() || (open.get(Column::Stream, nth) == number && open.get(Column::Revision, nth) >= Some(from));
        if mine && first_position(open.number) + nth as i64 <= to && give(open.raw(nth, names)).is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// When the sealed event at a position was recorded; the chunk that was opened for it is kept for the next question.
pub(crate) fn recorded_at(connection: &Connection, position: i64, kept: &mut Option<Open>) -> rusqlite::Result<Option<i64>> {
    let number = number_of(position);
    if kept.as_ref().is_none_or(|open| open.number != number) {
        *kept = load(connection, number)?;
    }
    Ok(kept.as_ref().and_then(|open| open.get(Column::RecordedAt, (position - first_position(number)) as usize)))
}

/// The last revision of a stream that is sealed.
pub(crate) fn last_revision(connection: &Connection, stream: &StreamName) -> rusqlite::Result<Option<i64>> {
    let mut statement = connection
        .prepare_cached("SELECT max(last) FROM sealed_streams WHERE stream = (SELECT id FROM streams WHERE name = ?1)")?;
    statement.query_row([stream.as_str()], |row| row.get(0))
}

/// The sealed event with an id.
pub(crate) fn by_id(connection: &Connection, id: Uuid) -> rusqlite::Result<Option<Raw>> {
    let mut statement = connection.prepare_cached("SELECT chunk FROM chunks WHERE greatest_id >= ?1 AND least_id <= ?1")?;
    let candidates =
        statement.query_map([&id.as_bytes()[..]], |row| row.get::<_, i64>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
    for number in candidates {
        let Some(mut open) = load(connection, number)? else { continue };
        if let Some(nth) = (0..EVENTS).find(|nth| open.id(*nth) == Some(id)) {
            let mut names = Names::default();
            learn(connection, &open, &mut names)?;
            return Ok(Some(open.raw(nth, &names)));
        }
    }
    Ok(None)
}
