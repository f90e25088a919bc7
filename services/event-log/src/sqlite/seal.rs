//! Sealing: 256 old rows become one chunk, a fifth as large, and nothing that they say changes.
//!
//! The writer does it, a run at a time, when nobody has anything to write and the newest events are left alone.
//! It reads the rows, hashes each again, sets them against the tree's tile, makes the chunk, and opens it once
//! more to see that it gives the same events; only then the chunk comes and its rows go, in one transaction.
//! Rows that are not whole are never sealed, and nothing after them: they stay as they are, for all to see.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use uuid::Uuid;

use super::row::{Names, Raw, SELECT};
use super::writer::{Answer, Job, Writer};
use super::{Sqlite, sealed, stopped};
use crate::breaks::{self, BREAK_TYPE};
use crate::chunk::{Chunk, EVENTS};
use crate::error::{AppendError, Reason, SealError};
use crate::event::Recorded;
use crate::leaf::{self, Hash};
use crate::tree::Frontier;

/// At least this long between two runs, so that whoever writes hardly meets one (a run takes milliseconds).
const REST: Duration = Duration::from_millis(250);
/// And this long after a run that could not be sealed now, as on a full disk.
const LONG_REST: Duration = Duration::from_secs(60);

/// How far sealing is, and when the next run may be.
#[derive(Debug)]
pub(crate) struct Sealing {
    /// Events at the end that stay rows; `None`: nothing is sealed unasked.
    keep: Option<u64>,
    /// Events sealed.
    end: u64,
    next: Instant,
}

impl Sealing {
    pub(crate) fn new(connection: &Connection, keep: Option<u64>) -> rusqlite::Result<Self> {
        Ok(Self { keep, end: sealed::end(connection)?.unsigned_abs(), next: Instant::now() })
    }

    fn is_due(&self, size: u64) -> bool {
        self.keep.is_some_and(|keep| self.is_whole(keep, size))
    }

    /// True if a whole run lies before the last `keep` events.
    fn is_whole(&self, keep: u64, size: u64) -> bool {
        size >= self.end.saturating_add(EVENTS as u64).saturating_add(keep)
    }
}

/// A chunk ready to take the place of its rows.
#[derive(Debug)]
struct Prepared {
    number: i64,
    chunk: Chunk,
    least_id: Uuid,
    greatest_id: Uuid,
    breaks: i64,
    /// The last revision of each stream in it.
    streams: BTreeMap<i64, i64>,
}

impl Sqlite {
    pub(crate) fn seal(&self, keep: u64, most: u64) -> Result<u64, SealError> {
        let mut sealed = 0;
        while sealed < most {
            let (sender, receiver) = sync_channel(1);
            self.ask(Job::Seal { keep, answer: Answer::Thread(sender) })?;
            if !receiver.recv().unwrap_or_else(|_| Err(stopped().into()))? {
                break;
            }
            sealed += 1;
        }
        Ok(sealed)
    }

    pub(crate) fn compact(&self) -> Result<(), AppendError> {
        let (sender, receiver) = sync_channel(1);
        self.ask(Job::Compact { answer: Answer::Thread(sender) })?;
        receiver.recv().unwrap_or_else(|_| Err(stopped()))
    }
}

/// Reads the rows of a chunk and makes it; refuses what is not whole.
fn prepare(connection: &Connection, number: i64, tile: Option<Hash>) -> Result<Prepared, SealError> {
    let first = sealed::first_position(number);
    let query = SELECT.replace(" FROM ", ", e.stream, e.type FROM ");
    let mut statement = connection.prepare_cached(&format!("{query} WHERE e.position BETWEEN ?1 AND ?2 ORDER BY e.position"))?;
    let mut rows = statement.query([first, first + EVENTS as i64 - 1])?;
    let (mut events, mut numbers, mut tree, mut found) = (Vec::new(), Vec::new(), Frontier::default(), None);
    while let Some(row) = rows.next()? {
        let (raw, position) = (Raw::take(row)?, first + events.len() as i64);
        let event = whole(raw, position).map_err(|what| SealError::NotWhole { position, what })?;
        found = tree.push(event.leaf);
        events.push(event);
        numbers.push((row.get(12)?, row.get(13)?));
    }
    let not_whole = |position, what: &str| Err(SealError::NotWhole { position, what: what.to_owned() });
    if events.len() != EVENTS {
        return not_whole(first + events.len() as i64, "the event is missing");
    }
    if found.is_none() || found != tile {
        return not_whole(first, "the stored tree is not that of these events");
    }
    let prepared = make(number, &events, &numbers);
    let mut names = Names::default();
    let mut opened = sealed::Open::new(number, prepared.chunk.clone());
    sealed::learn(connection, &opened, &mut names)?;
    let same = (0..EVENTS).all(|nth| opened.raw(nth, &names).event.as_ref() == Ok(&events[nth]));
    if same { Ok(prepared) } else { not_whole(first, "the chunk made of these events does not give them back") }
}

/// The event of a row, if it stands at this position and gives its leaf.
fn whole(raw: Raw, position: i64) -> Result<Recorded, String> {
    if raw.position != position {
        return Err("the event is missing".to_owned());
    }
    let event = raw.event?;
    if leaf::of(&event) == event.leaf { Ok(event) } else { Err("the event does not give its stored leaf hash".to_owned()) }
}

fn make(number: i64, events: &[Recorded], numbers: &[(i64, i64)]) -> Prepared {
    let mut streams = BTreeMap::new();
    for (event, (stream, _)) in events.iter().zip(numbers) {
        streams.insert(*stream, event.revision.cast_signed());
    }
    Prepared {
        number,
        chunk: Chunk::seal(events, numbers),
        least_id: events.iter().map(|event| event.id).min().unwrap_or(Uuid::nil()),
        greatest_id: events.iter().map(|event| event.id).max().unwrap_or(Uuid::nil()),
        breaks: events.iter().filter(|event| event.type_name.as_str() == BREAK_TYPE).count() as i64,
        streams,
    }
}

impl Writer {
    /// The next job. While none comes, old rows are sealed.
    pub(super) fn next(&mut self, jobs: &Receiver<Job>) -> Option<Job> {
        while self.sealing.is_due(self.shared.tree().size()) && self.shared.read_only().is_none() {
            match jobs.recv_timeout(self.sealing.next.saturating_duration_since(Instant::now())) {
                Ok(job) => return Some(job),
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) => self.seal_unasked(),
            }
        }
        jobs.recv().ok()
    }

    fn seal_unasked(&mut self) {
        let rest = match self.seal_run() {
            Ok(()) => REST,
            Err(SealError::NotWhole { position, what }) => {
                if !breaks::excuses(&self.shared.breaks(), position) {
                    self.shared.distrust(Reason::BadEvent { position, what });
                }
                self.sealing.keep = None; // nothing from there on is sealed
                REST
            }
            Err(cause) => {
                tracing::warn!(book.cause = %cause, "Old events could not be sealed now; they stay as they are.");
                LONG_REST
            }
        };
        self.sealing.next = Instant::now() + rest;
    }

    /// Seals the next run of 256, if it lies before the last `keep` events. False if there is none.
    pub(super) fn seal(&mut self, keep: u64) -> Result<bool, SealError> {
        if let Some(reason) = self.shared.read_only() {
            return Err(AppendError::ReadOnly { reason }.into());
        }
        let is_whole = self.sealing.is_whole(keep, self.shared.tree().size());
        if is_whole {
            self.seal_run()?;
        }
        Ok(is_whole)
    }

    /// The next chunk comes and its rows go, in one transaction.
    fn seal_run(&mut self) -> Result<(), SealError> {
        let number = self.sealing.end / EVENTS as u64;
        let tile = self.shared.tree().tile(number);
        let prepared = prepare(&self.connection, number.cast_signed(), tile)?;
        let written = self.replace_rows(&prepared);
        (self.shared.passing)("run-replaced");
        written.and_then(|()| self.connection.execute_batch("COMMIT")).map_err(|cause| self.undo(cause))?;
        (self.shared.passing)("run-sealed");
        self.sealing.end += EVENTS as u64;
        self.written(2 * EVENTS as u64 * 4096);
        Ok(())
    }

    fn replace_rows(&self, prepared: &Prepared) -> rusqlite::Result<()> {
        let Prepared { number, chunk, least_id, greatest_id, breaks, streams } = prepared;
        self.connection.execute_batch("BEGIN IMMEDIATE")?;
        (self.shared.passing)("run-begun");
        let [part0, part1, part2, part3] = &chunk.parts;
        let mut insert = self.connection.prepare_cached(
            "INSERT INTO chunks(chunk, least_id, greatest_id, breaks, columns, ids, salts, leaves, part0, part1, part2, part3) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        )?;
        let (least, greatest) = (&least_id.as_bytes()[..], &greatest_id.as_bytes()[..]);
        insert.execute(rusqlite::params![
            number,
            least,
            greatest,
            breaks,
            chunk.columns,
            chunk.ids,
            chunk.salts,
            chunk.leaves,
            part0,
            part1,
            part2,
            part3
        ])?;
        let mut insert = self.connection.prepare_cached("INSERT INTO sealed_streams(stream, last, chunk) VALUES (?1, ?2, ?3)")?;
        for (stream, last) in streams {
            insert.execute((stream, last, number))?;
        }
        let first = sealed::first_position(*number);
        let mut delete = self.connection.prepare_cached("DELETE FROM events WHERE position BETWEEN ?1 AND ?2")?;
        let gone = delete.execute((first, first + EVENTS as i64 - 1))?;
        if gone == EVENTS { Ok(()) } else { Err(rusqlite::Error::StatementChangedRows(gone)) }
    }

    /// Gives the disk back what sealing left free, by writing the file anew.
    pub(super) fn compact(&mut self) -> Result<(), AppendError> {
        if let Some(reason) = self.shared.read_only() {
            return Err(AppendError::ReadOnly { reason });
        }
        let done = self.connection.execute_batch("VACUUM");
        let moved = done.and_then(|()| self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())));
        moved.map_err(|cause| self.undo(cause))
    }
}

#[cfg(test)]
mod tests;
