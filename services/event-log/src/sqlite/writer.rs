//! The one writer: a thread with the one connection that writes.
//!
//! Takes what waits, makes one transaction of it, then: commit (flushed), anchor (flushed), publish,
//! answer; in this order, always. A refusal writes nothing. A failed statement undoes the whole group
//! and the log goes on; a failed commit or flush ends writing until the log is opened again, because
//! nobody can know what reached the disk (a second flush may wrongly report success).

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, SyncSender};
use std::sync::{Arc, PoisonError};

use rusqlite::{Connection, ErrorCode, OptionalExtension};
use tokio::sync::oneshot;
use uuid::Uuid;

use super::Shared;
use super::keeper::{Keeper, WAKE_BYTES, is_full};
use super::row::{Raw, SELECT};
use super::seal::Sealing;
use super::sealed;
use crate::anchor::Anchor;
use crate::breaks::Declaration;
use crate::error::{AppendError, DeclareError, Reason, SealError};
use crate::event::{Appended, Expected, Head, NewEvent, Recorded, StreamName, TypeName};
use crate::leaf::Hash;
use crate::ledger::{self, Clock, GROUP_EVENTS_MAX};
use crate::tree::{Frontier, TILE};

/// Streams remembered with their last revision; beyond it the memory is emptied and fills anew.
const STREAMS_KEPT: usize = 100_000;

/// Where the answer goes.
#[derive(Debug)]
pub(crate) enum Answer<T> {
    Task(oneshot::Sender<T>),
    Thread(SyncSender<T>),
}

impl<T> Answer<T> {
    pub(crate) fn send(self, result: T) {
        match self {
            Self::Task(sender) => drop(sender.send(result)), // whoever asked may have gone
            Self::Thread(sender) => drop(sender.send(result)),
        }
    }
}

/// What the writer is asked to do.
#[derive(Debug)]
pub(crate) enum Job {
    Append {
        stream: StreamName,
        expected: Expected,
        events: Vec<NewEvent>,
        answer: AppendAnswer,
    },
    Break {
        declared: Box<Declaration>,
        answer: Answer<Result<Appended, DeclareError>>,
    },
    Note {
        size: u64,
        note: String,
        answer: Answer<Result<(), AppendError>>,
    },
    Seal {
        keep: u64,
        answer: Answer<Result<bool, SealError>>,
    },
    Compact {
        answer: Answer<Result<(), AppendError>>,
    },
    #[cfg(feature = "kurrentdb")]
    Mirror {
        events: Vec<Recorded>,
        answer: Answer<Result<(), AppendError>>,
    },
}

pub(crate) type AppendAnswer = Answer<Result<Appended, AppendError>>;

/// The writer's own things.
pub(crate) struct Writer {
    pub(crate) connection: Connection,
    pub(crate) anchor: Option<Anchor>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) keeper: Keeper,
    pub(crate) clock: Clock,
    pub(super) sealing: Sealing,
    pub(crate) streams: HashMap<StreamName, (i64, u64)>,
    pub(crate) types: HashMap<TypeName, i64>,
    newest: Uuid,
    unkept: u64,
}

/// One group while it is written; kept only when it is on the disk.
pub(crate) struct Group {
    pub(crate) frontier: Frontier,
    pub(crate) clock: Clock,
    leaves: Vec<Hash>,
    bytes: u64,
}

/// Why one append of a group did not go in.
#[derive(Debug)]
pub(crate) enum Trouble {
    Refused(AppendError),
    Store(rusqlite::Error),
}

impl From<rusqlite::Error> for Trouble {
    fn from(cause: rusqlite::Error) -> Self {
        Self::Store(cause)
    }
}

impl Writer {
    pub(crate) fn new(
        connection: Connection,
        anchor: Option<Anchor>,
        shared: Arc<Shared>,
        keeper: Keeper,
        clock: Clock,
        keep_rows: Option<u64>,
    ) -> rusqlite::Result<Self> {
        let query = "SELECT max(id) FROM (SELECT max(id) AS id FROM events UNION ALL SELECT max(greatest_id) FROM chunks)";
        let newest: Option<Vec<u8>> = connection.query_row(query, [], |row| row.get(0))?;
        let newest = newest.and_then(|bytes| Uuid::from_slice(&bytes).ok()).unwrap_or(Uuid::max());
        let empty = shared.head().size == 0;
        let newest = if empty { Uuid::nil() } else { newest };
        let sealing = Sealing::new(&connection, keep_rows)?;
        let (streams, types) = (HashMap::new(), HashMap::new());
        Ok(Self { connection, anchor, shared, keeper, clock, sealing, streams, types, newest, unkept: 0 })
    }

    /// Works until nobody can ask any more.
    pub(crate) fn run(mut self, jobs: &Receiver<Job>) {
        while let Some(mut job) = self.next(jobs) {
            let (mut group, mut events) = (Vec::new(), 0);
            let other = loop {
                match job {
                    Job::Append { stream, expected, events: new, answer } => {
                        events += new.len();
                        group.push((stream, expected, new, answer));
                    }
                    other => break Some(other),
                }
                match jobs.try_recv() {
                    Ok(next) if events < GROUP_EVENTS_MAX => job = next,
                    Ok(next) => {
                        // The group is full: write it, then go on with this one.
                        self.write_group(std::mem::take(&mut group));
                        (job, events) = (next, 0);
                    }
                    Err(_) => break None,
                }
            };
            self.write_group(group);
            match other {
                Some(Job::Break { declared, answer }) => answer.send(self.declare_break(*declared)),
                Some(Job::Note { size, note, answer }) => answer.send(self.keep_note(size, &note)),
                Some(Job::Seal { keep, answer }) => answer.send(self.seal(keep)),
                Some(Job::Compact { answer }) => answer.send(self.compact()),
                #[cfg(feature = "kurrentdb")]
                Some(Job::Mirror { events, answer }) => answer.send(self.mirror(events)),
                Some(Job::Append { .. }) | None => {}
            }
        }
        self.shared.readers.close();
    }

    fn write_group(&mut self, jobs: Vec<(StreamName, Expected, Vec<NewEvent>, AppendAnswer)>) {
        if jobs.is_empty() {
            return;
        }
        if let Some(reason) = self.shared.read_only() {
            return jobs.into_iter().for_each(|(.., answer)| answer.send(Err(AppendError::ReadOnly { reason: reason.clone() })));
        }
        let mut group = self.group();
        let (mut answers, mut results) = (Vec::new(), Vec::new());
        let mut failed = self.connection.execute_batch("BEGIN IMMEDIATE").err();
        (self.shared.passing)("group-begun");
        for (stream, expected, events, answer) in jobs {
            answers.push(answer);
            if failed.is_none() {
                match self.append(&mut group, &stream, expected, events) {
                    Ok(appended) => results.push(Ok(appended)),
                    Err(Trouble::Refused(refusal)) => results.push(Err(refusal)),
                    Err(Trouble::Store(cause)) => failed = Some(cause),
                }
            }
        }
        let outcome = match failed {
            Some(cause) => Err(self.undo(cause)),
            None => self.finish(group),
        };
        match outcome {
            Ok(()) => answers.into_iter().zip(results).for_each(|(answer, result)| answer.send(result)),
            Err(error) => answers.into_iter().for_each(|answer| answer.send(Err(error.clone()))),
        }
    }

    pub(super) fn group(&self) -> Group {
        self.group_after(self.shared.tree().frontier())
    }

    pub(crate) fn group_after(&self, frontier: Frontier) -> Group {
        Group { frontier, clock: self.clock, leaves: Vec::new(), bytes: 0 }
    }

    /// Commit, anchor, publish.
    pub(super) fn finish(&mut self, group: Group) -> Result<(), AppendError> {
        if group.leaves.is_empty() {
            return self.connection.execute_batch("ROLLBACK").map_err(|cause| AppendError::Storage(cause.into()));
        }
        (self.shared.passing)("group-written");
        if let Err(cause) = self.connection.execute_batch("COMMIT") {
            return Err(self.undo(cause));
        }
        (self.shared.passing)("group-committed");
        let head = Head { size: group.frontier.size(), root: group.frontier.root() };
        #[cfg(test)]
        if self.shared.fail_flush.load(std::sync::atomic::Ordering::Relaxed) {
            return Err(self.halt("the test made the flush fail".to_owned()));
        }
        if let Err(cause) = self.anchor.as_mut().map_or(Ok(()), |anchor| anchor.write(head)) {
            return Err(self.halt(cause.to_string()));
        }
        (self.shared.passing)("group-anchored");
        self.clock = group.clock;
        self.shared.publish(&group.leaves, self.clock.steps());
        (self.shared.passing)("group-published");
        self.written(group.bytes);
        if self.keeper.is_full() {
            let waited = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
            waited.or_else(|cause| if is_full(&cause) { Ok(()) } else { Err(self.halt(cause.to_string())) })?;
        }
        Ok(())
    }

    /// So many bytes more are in the write-ahead log, about.
    pub(super) fn written(&mut self, bytes: u64) {
        self.unkept += bytes;
        if self.unkept > WAKE_BYTES {
            self.unkept = 0;
            self.keeper.wake();
        }
    }

    /// Takes the group back. A full disk is waited out; anything else at a commit ends writing.
    pub(crate) fn undo(&mut self, cause: rusqlite::Error) -> AppendError {
        self.streams.clear();
        self.types.clear();
        let harmless = matches!(
            cause.sqlite_error_code(),
            Some(ErrorCode::DiskFull | ErrorCode::DatabaseBusy | ErrorCode::ConstraintViolation)
        );
        let undone = self.connection.is_autocommit() || self.connection.execute_batch("ROLLBACK").is_ok();
        if harmless && undone {
            tracing::warn!(book.cause = %cause, "The log could not store a group of events; nothing of it was written.");
            return AppendError::Storage(cause.into());
        }
        self.halt(cause.to_string())
    }

    /// Nothing is acknowledged from here on.
    pub(crate) fn halt(&self, what: String) -> AppendError {
        let reason = Reason::Flush { what };
        let mut health = self.shared.health.write().unwrap_or_else(PoisonError::into_inner);
        let reason = health.get_or_insert(reason).clone();
        tracing::error!(book.reason = %reason, "The log is read-only from now on; nothing more is acknowledged.");
        AppendError::ReadOnly { reason }
    }

    fn append(
        &mut self,
        group: &mut Group,
        stream: &StreamName,
        expected: Expected,
        events: Vec<NewEvent>,
    ) -> Result<Appended, Trouble> {
        if let Some(appended) = self.already(stream, &events)? {
            return Ok(appended);
        }
        let actual = self.last_revision(stream)?;
        ledger::check_revision(stream, expected, actual).map_err(Trouble::Refused)?;
        let recorded_at = group.clock.stamp((self.shared.now)());
        let first_position = group.frontier.size() + 1;
        let mut revision = actual.map_or(0, |last| last + 1);
        let mut leaves = Vec::with_capacity(events.len());
        for event in events {
            self.newest = self.newest.max(event.id);
            let position = group.frontier.size() + 1;
            let recorded = ledger::record(stream, event, position, revision, recorded_at, (self.shared.salt)());
            self.insert(group, &recorded)?;
            leaves.push(recorded.leaf);
            revision += 1;
        }
        let last_position = group.frontier.size();
        Ok(Appended { first_position, last_position, last_revision: revision - 1, leaves, already: false })
    }

    /// The answer of the first time, if these very events are in the log.
    fn already(&self, stream: &StreamName, events: &[NewEvent]) -> Result<Option<Appended>, Trouble> {
        let mut found: Vec<Recorded> = Vec::new();
        let mut fresh = None;
        for event in events {
            match if event.id > self.newest { None } else { self.by_id(event.id)? } {
                None => fresh = Some(event.id),
                Some(recorded) => {
                    let follows = found.last().is_none_or(|before| recorded.position == before.position + 1);
                    if fresh.is_some() || !follows || !ledger::same(stream, event, &recorded) {
                        return Err(Trouble::Refused(AppendError::IdReused { id: event.id }));
                    }
                    found.push(recorded);
                }
            }
        }
        match (found.first(), found.last(), fresh) {
            (Some(first), Some(last), None) => Ok(Some(Appended {
                first_position: first.position,
                last_position: last.position,
                last_revision: last.revision,
                leaves: found.iter().map(|event| event.leaf).collect(),
                already: true,
            })),
            (Some(first), ..) => Err(Trouble::Refused(AppendError::IdReused { id: first.id })),
            (None, ..) => Ok(None),
        }
    }

    fn by_id(&self, id: Uuid) -> Result<Option<Recorded>, Trouble> {
        let mut statement = self.connection.prepare_cached(&format!("{SELECT} WHERE e.id = ?1"))?;
        let row = statement.query_row([&id.as_bytes()[..]], Raw::take).optional()?;
        match row.map_or_else(|| sealed::by_id(&self.connection, id), |row| Ok(Some(row)))? {
            None => Ok(None),
            Some(Raw { event: Ok(event), .. }) => Ok(Some(event)),
            Some(_) => Err(Trouble::Refused(AppendError::IdReused { id })), // there, and damaged
        }
    }

    pub(crate) fn last_revision(&mut self, stream: &StreamName) -> Result<Option<u64>, Trouble> {
        if let Some((_, last)) = self.streams.get(stream) {
            return Ok(Some(*last));
        }
        let found = self
            .connection
            .prepare_cached(
                "SELECT s.id, (SELECT max(revision) FROM events e WHERE e.stream = s.id) FROM streams s WHERE s.name = ?1",
            )?
            .query_row([stream.as_str()], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Option<i64>>(1)?)))
            .optional()?;
        let last = match found {
            Some((_, None)) => sealed::last_revision(&self.connection, stream)?,
            _ => found.and_then(|(_, last)| last),
        };
        let (Some((id, _)), Some(last)) = (found, last) else { return Ok(None) };
        self.remember(stream, id, last.unsigned_abs());
        Ok(Some(last.unsigned_abs()))
    }

    fn remember(&mut self, stream: &StreamName, id: i64, last: u64) {
        if let Some(known) = self.streams.get_mut(stream) {
            known.1 = last;
            return;
        }
        if self.streams.len() >= STREAMS_KEPT {
            self.streams.clear();
        }
        self.streams.insert(stream.clone(), (id, last));
    }

    /// Writes the row, its names if they are new, and the tile it completes.
    pub(crate) fn insert(&mut self, group: &mut Group, event: &Recorded) -> Result<(), Trouble> {
        let stream = match self.streams.get(&event.stream) {
            Some((id, _)) => *id,
            None => self.intern("streams", event.stream.as_str())?,
        };
        let kind = match self.types.get(&event.type_name) {
            Some(id) => *id,
            None => self.intern("types", event.type_name.as_str())?,
        };
        let position = event.position.cast_signed();
        let mut insert = self.connection.prepare_cached(
            "INSERT INTO events(position, stream, revision, id, type, schema_version, recorded_at, occurred_at, \
             salt, meta, data, leaf) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        )?;
        let (id, salt) = (&event.id.as_bytes()[..], &event.salt[..]);
        let revision = event.revision.cast_signed();
        (self.shared.passing)("row-next");
        insert.execute(rusqlite::params![
            position,
            stream,
            revision,
            id,
            kind,
            event.schema_version,
            event.recorded_at,
            event.occurred_at,
            salt,
            event.meta,
            event.data,
            &event.leaf[..],
        ])?;
        drop(insert);
        if let Some(tile) = group.frontier.push(event.leaf) {
            let mut insert = self.connection.prepare_cached("INSERT INTO tiles(tile, hash) VALUES (?1, ?2)")?;
            insert.execute((position / TILE.cast_signed() - 1, &tile[..]))?;
        }
        group.leaves.push(event.leaf);
        group.bytes += 3 * 4096 / 2 + (event.meta.len() + event.data.len()) as u64;
        self.remember(&event.stream, stream, event.revision);
        if !self.types.contains_key(&event.type_name) {
            self.types.insert(event.type_name.clone(), kind);
        }
        Ok(())
    }

    /// The number of a name; a new name gets a number that no row uses, not even one whose name is lost.
    fn intern(&self, table: &str, name: &str) -> rusqlite::Result<i64> {
        let mut find = self.connection.prepare_cached(&format!("SELECT id FROM {table} WHERE name = ?1"))?;
        if let Some(id) = find.query_row([name], |row| row.get(0)).optional()? {
            return Ok(id);
        }
        let used = "max((SELECT coalesce(max(stream), 0) FROM events), (SELECT coalesce(max(stream), 0) FROM sealed_streams))";
        let used = if table == "streams" { used } else { "0" };
        let insert =
            format!("INSERT INTO {table}(id, name) SELECT 1 + max({used}, (SELECT coalesce(max(id), 0) FROM {table})), ?1");
        self.connection.prepare_cached(&insert)?.insert([name])
    }

    fn keep_note(&mut self, size: u64, note: &str) -> Result<(), AppendError> {
        if let Some(reason) = self.shared.read_only() {
            return Err(AppendError::ReadOnly { reason });
        }
        let kept =
            self.connection.execute("INSERT OR IGNORE INTO checkpoints(size, note) VALUES (?1, ?2)", (size.cast_signed(), note));
        kept.map(drop).map_err(|cause| self.undo(cause))
    }
}
