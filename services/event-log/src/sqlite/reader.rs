//! Reading: a few connections that can only read, lent out one question at a time.
//!
//! A reader sees what was committed and anchored, never a position beyond that. It is never in the
//! writer's way, nor the writer in its.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

use super::row::{Names, Raw, SELECT};
use super::{schema, sealed, walk};
use crate::breaks::{self, Break};
use crate::error::ReadError;
use crate::event::{Recorded, StreamName};

/// Connections kept open; more readers than this at once open one for the moment.
const KEPT: usize = 4;

/// The pool.
#[derive(Debug)]
pub(crate) struct Readers {
    pub(crate) path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, idle: Mutex::new(Vec::new()) }
    }

    /// Lends a connection to one question.
    pub(crate) fn ask<T, E: From<rusqlite::Error>>(&self, question: impl FnOnce(&Connection) -> Result<T, E>) -> Result<T, E> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => schema::connect_reader(&self.path)?,
        };
        let answer = question(&connection);
        if answer.is_ok() {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            if idle.len() < KEPT {
                idle.push(connection);
            }
        }
        answer
    }

    /// Closes what is idle, so that the writer's connection closes last.
    pub(crate) fn close(&self) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// Events from a position on.
pub(crate) fn read(
    connection: &Connection,
    from: u64,
    to: u64,
    limit: usize,
    breaks: &[Break],
) -> Result<Vec<Recorded>, ReadError> {
    let _snapshot = walk::snapshot(connection)?;
    let (from, to, end) = (signed(from), signed(to), sealed::end(connection)?);
    let mut events = Events { events: Vec::new(), limit, breaks, damaged: None };
    if from <= end && limit > 0 {
        let names = &mut Names::default();
        sealed::each_event(connection, from, to, names, &mut |raw| events.take(raw))?;
    }
    let clause = "WHERE e.position BETWEEN ?1 AND ?2 ORDER BY e.position LIMIT ?3";
    let left = limit - events.events.len().min(limit);
    events.collect(connection, clause, (from.max(end + 1), to, left as i64))
}

/// A stream's events from a revision on.
pub(crate) fn read_stream(
    connection: &Connection,
    stream: &StreamName,
    from: u64,
    to: u64,
    limit: usize,
    breaks: &[Break],
) -> Result<Vec<Recorded>, ReadError> {
    let _snapshot = walk::snapshot(connection)?;
    let (from, to, end) = (signed(from), signed(to), sealed::end(connection)?);
    let mut events = Events { events: Vec::new(), limit, breaks, damaged: None };
    let names = &mut Names::default();
    for number in if limit > 0 { sealed::of_stream(connection, stream, from)? } else { Vec::new() } {
        let Some(mut open) = sealed::load(connection, number)? else { continue };
        if sealed::each_of_stream(connection, &mut open, stream, (from, to), names, &mut |raw| events.take(raw))?.is_break() {
            break;
        }
    }
    let clause = "WHERE e.stream = (SELECT id FROM streams WHERE name = ?1) AND e.revision >= ?2 AND e.position BETWEEN ?3 AND ?4 \
                  ORDER BY e.revision LIMIT ?5";
    let left = limit - events.events.len().min(limit);
    events.collect(connection, clause, (stream.as_str(), from, end + 1, to, left as i64))
}

/// The event with this id.
pub(crate) fn by_id(connection: &Connection, id: Uuid, to: u64) -> Result<Option<Recorded>, ReadError> {
    let clause = "WHERE e.id = ?1 AND e.position <= ?2";
    let mut found = Events { events: Vec::new(), limit: 1, breaks: &[], damaged: None };
    if let Some(event) = found.clone().collect(connection, clause, (&id.as_bytes()[..], signed(to)))?.pop() {
        return Ok(Some(event));
    }
    // Asked second: an event goes from the rows to the chunks, never back.
    if let Some(raw) = sealed::by_id(connection, id)?.filter(|raw| raw.position <= signed(to)) {
        let _ = found.take(raw);
    }
    found.done().map(|mut events| events.pop())
}

/// Events as they come, up to a limit; what a break lists is passed over, other damage ends it.
#[derive(Clone)]
struct Events<'a> {
    events: Vec<Recorded>,
    limit: usize,
    breaks: &'a [Break],
    damaged: Option<(i64, String)>,
}

impl Events<'_> {
    fn take(&mut self, raw: Raw) -> ControlFlow<()> {
        match raw.event {
            Ok(event) => self.events.push(event),
            Err(_) if breaks::excuses(self.breaks, raw.position) => {} // two people know; its row stays for `verify`
            Err(what) => self.damaged = Some((raw.position, what)),
        }
        if self.damaged.is_some() || self.events.len() >= self.limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn collect(
        mut self,
        connection: &Connection,
        clause: &str,
        values: impl rusqlite::Params,
    ) -> Result<Vec<Recorded>, ReadError> {
        if self.damaged.is_some() || self.events.len() >= self.limit {
            return self.done();
        }
        let mut statement = connection.prepare_cached(&format!("{SELECT} {clause}"))?;
        let mut rows = statement.query(values)?;
        while let Some(row) = rows.next()? {
            if self.take(Raw::take(row)?).is_break() {
                break;
            }
        }
        drop(rows);
        self.done()
    }

    fn done(self) -> Result<Vec<Recorded>, ReadError> {
        match self.damaged {
            Some((position, what)) => Err(ReadError::Damaged { position, what }),
            None => Ok(self.events),
        }
    }
}

/// The last revision of a stream.
pub(crate) fn last_revision(connection: &Connection, stream: &StreamName, to: u64) -> Result<Option<u64>, ReadError> {
    let mut statement = connection.prepare_cached(
        "SELECT revision FROM events WHERE stream = (SELECT id FROM streams WHERE name = ?1) AND position <= ?2 \
         ORDER BY revision DESC LIMIT 1",
    )?;
    let last: Option<i64> = statement.query_row((stream.as_str(), signed(to)), |row| row.get(0)).optional()?;
    // Asked second: an event goes from the rows to the chunks, never back.
    let last = last.map_or_else(|| sealed::last_revision(connection, stream), |last| Ok(Some(last)))?;
    Ok(last.map(i64::unsigned_abs))
}

/// Names of streams that begin so and have an event up to a position, in order.
pub(crate) fn streams(connection: &Connection, prefix: &str, to: u64) -> Result<Vec<StreamName>, ReadError> {
    let mut statement = connection.prepare_cached(
        "SELECT s.name FROM streams s WHERE s.name >= ?1 AND s.name < ?2 \
         AND (EXISTS (SELECT 1 FROM events e WHERE e.stream = s.id AND e.position <= ?3) \
         OR EXISTS (SELECT 1 FROM sealed_streams c WHERE c.stream = s.id)) ORDER BY s.name",
    )?;
    let after = format!("{prefix}\u{10ffff}");
    let names = statement.query_map((prefix, after.as_str(), signed(to)), |row| row.get::<_, String>(0))?;
    let mut streams = Vec::new();
    for name in names {
        streams.extend(StreamName::new(name?)); // a name that is none shows up as a damaged event
    }
    Ok(streams)
}

/// The last position recorded by a time: times never go back, so halving finds it.
pub(crate) fn position_at(connection: &Connection, recorded_at: i64, to: u64) -> Result<u64, ReadError> {
    let _snapshot = walk::snapshot(connection)?;
    let end = sealed::end(connection)?;
    let mut statement =
        connection.prepare_cached("SELECT recorded_at FROM events WHERE position >= ?1 ORDER BY position LIMIT 1")?;
    let mut opened = None;
    let (mut known, mut beyond) = (0, to + 1); // `known` was recorded by then, `beyond` was not
    while beyond - known > 1 {
        let middle = known + (beyond - known) / 2;
        let at: Option<i64> = match signed(middle) <= end {
            true => sealed::recorded_at(connection, signed(middle), &mut opened)?,
            false => statement.query_row([signed(middle)], |row| row.get(0)).optional()?,
        };
        if at.is_some_and(|at| at <= recorded_at) {
            known = middle;
        } else {
            beyond = middle;
        }
    }
    Ok(known)
}

/// Positions fit SQLite's integers; what does not is beyond every log.
pub(crate) fn signed(position: u64) -> i64 {
    i64::try_from(position).unwrap_or(i64::MAX)
}
