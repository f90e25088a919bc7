//! Sealed chunks in the walk, and what helps to find events in them set against the events.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

use super::Findings;
use super::rows::Taker;
use crate::chunk::{Column, EVENTS};
use crate::sqlite::row::Names;
use crate::sqlite::schema::FORMAT_ROWS;
use crate::sqlite::sealed::{self, Open};

/// What helps to find sealed events, as it follows from them.
#[derive(Debug, Default)]
pub(super) struct Directory {
    /// Of every chunk: least and greatest id, number of breaks.
    chunks: BTreeMap<i64, (Option<Uuid>, Option<Uuid>, i64)>,
    /// Entries of `sealed_streams`, and a sum over them that does not depend on their order.
    streams: (u64, u128),
}

impl Directory {
    fn add(&mut self, open: &Open) {
        let ids = || (0..EVENTS).map(|nth| open.id(nth));
        let breaks = (0..EVENTS).filter(|nth| open.get(Column::Type, *nth) == Some(1)).count() as i64;
        self.chunks.insert(open.number, (ids().min().flatten(), ids().max().flatten(), breaks));
        let mut last = BTreeMap::new();
        for nth in 0..EVENTS {
            if let (Some(stream), Some(revision)) = (open.get(Column::Stream, nth), open.get(Column::Revision, nth)) {
                last.insert(stream, revision);
            }
        }
        for (stream, last) in last {
            self.streams = (self.streams.0 + 1, self.streams.1.wrapping_add(super::tables::digest(&[stream, last, open.number])));
        }
    }
}

/// True if the file is one that has chunks.
fn has_chunks(connection: &Connection) -> bool {
    connection.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0)).is_ok_and(|version| version != FORMAT_ROWS)
}

/// Gives every sealed event in order, and the numbers of its stream and type.
pub(super) fn each(
    connection: &Connection,
    names: &Names,
    directory: &mut Directory,
    take: &mut Taker<'_>,
) -> rusqlite::Result<ControlFlow<()>> {
    let mut step = ControlFlow::Continue(());
    if !has_chunks(connection) {
        return Ok(step);
    }
    sealed::each(connection, &mut |mut open| {
        directory.add(&open);
        for nth in 0..EVENTS {
            let numbers = [open.get(Column::Stream, nth), open.get(Column::Type, nth)];
            step = take(&open.raw(nth, names), numbers);
            if step.is_break() {
                break;
            }
        }
        step
    })?;
    Ok(step)
}

/// The columns and the table that help to find sealed events say what the events say.
pub(super) fn directory(connection: &Connection, directory: &Directory, findings: &mut Findings) -> rusqlite::Result<()> {
    if !has_chunks(connection) {
        return Ok(());
    }
    for (number, wanted) in &directory.chunks {
        let query = "SELECT least_id, greatest_id, breaks FROM chunks WHERE chunk = ?1";
        let id = |row: &rusqlite::Row<'_>, column| {
            row.get_ref(column).map(|value| value.as_blob().ok().and_then(|id| Uuid::from_slice(id).ok()))
        };
        let found =
            connection.prepare_cached(query)?.query_row([number], |row| Ok((id(row, 0)?, id(row, 1)?, row.get::<_, i64>(2)?)));
        if found.optional()?.as_ref() != Some(wanted) {
            findings.add(None, format!("what chunk {number} says of its ids or breaks is not so"));
        }
    }
    let mut statement = connection.prepare("SELECT stream, last, chunk FROM sealed_streams")?;
    let mut rows = statement.query([])?;
    let mut found = (0, 0u128);
    while let Some(row) = rows.next()? {
        found = (found.0 + 1, found.1.wrapping_add(super::tables::digest(&[row.get(0)?, row.get(1)?, row.get(2)?])));
    }
    if found != directory.streams {
        findings.add(None, "the list of sealed streams is not that of the chunks".to_owned());
    }
    Ok(())
}
