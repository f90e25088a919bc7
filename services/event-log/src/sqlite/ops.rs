//! What a handle can be asked. Questions are answered on the caller's thread, appends by the writer.

use std::ops::{ControlFlow, Range};
use std::sync::PoisonError;
use std::sync::mpsc::sync_channel;

use tokio::sync::{oneshot, watch};
use uuid::Uuid;

use super::walk::{self, Walk};
use super::{Answer, Job, ReadError, Reason, Recorded, Sqlite, reader, stopped};
use crate::breaks::{Break, Declaration};
use crate::error::{AppendError, DeclareError, Health};
use crate::event::{Appended, Expected, Head, NewEvent, StreamName};
use crate::leaf::Hash;
use crate::ledger::{self, ClockSteps};

/// Rows of one step of a walk through everything, so that no reader holds the file for long.
const PAGE: u64 = 4096;

impl Sqlite {
    pub(crate) async fn append(
        &self,
        stream: &StreamName,
        expected: Expected,
        events: Vec<NewEvent>,
    ) -> Result<Appended, AppendError> {
        self.refuse(&events)?;
        let (sender, receiver) = oneshot::channel();
        self.ask(Job::Append { stream: stream.clone(), expected, events, answer: Answer::Task(sender) })?;
        receiver.await.unwrap_or_else(|_| Err(stopped()))
    }

    pub(crate) fn append_blocking(
        &self,
        stream: &StreamName,
        expected: Expected,
        events: Vec<NewEvent>,
    ) -> Result<Appended, AppendError> {
        self.refuse(&events)?;
        let (sender, receiver) = sync_channel(1);
        self.ask(Job::Append { stream: stream.clone(), expected, events, answer: Answer::Thread(sender) })?;
        receiver.recv().unwrap_or_else(|_| Err(stopped()))
    }

    fn refuse(&self, events: &[NewEvent]) -> Result<(), AppendError> {
        if let Some(reason) = self.inner.shared.read_only() {
            return Err(AppendError::ReadOnly { reason });
        }
        ledger::admit(events)
    }

    pub(crate) fn declare_break_blocking(&self, declared: Declaration) -> Result<Appended, DeclareError> {
        let (sender, receiver) = sync_channel(1);
        self.ask(Job::Break { declared: Box::new(declared), answer: Answer::Thread(sender) })?;
        receiver.recv().unwrap_or_else(|_| Err(stopped().into()))
    }

    pub(crate) async fn declare_break(&self, declared: Declaration) -> Result<Appended, DeclareError> {
        let (sender, receiver) = oneshot::channel();
        self.ask(Job::Break { declared: Box::new(declared), answer: Answer::Task(sender) })?;
        receiver.await.unwrap_or_else(|_| Err(stopped().into()))
    }

    /// Read-only for a reason from outside, beside the one that it may have already.
    pub(crate) fn doubt(&self, why: String) {
        tracing::error!(book.reason = %why, "The log is read-only from now on.");
        let mut health = self.inner.shared.health.write().unwrap_or_else(PoisonError::into_inner);
        let why = health.take().map_or_else(|| why.clone(), |own| format!("{own}. {why}"));
        *health = Some(Reason::Distrusted { why });
    }

    pub(crate) fn keep_checkpoint(&self, size: u64, note: &str) -> Result<(), AppendError> {
        let (sender, receiver) = sync_channel(1);
        self.ask(Job::Note { size, note: note.to_owned(), answer: Answer::Thread(sender) })?;
        receiver.recv().unwrap_or_else(|_| Err(stopped()))
    }

    pub(crate) fn head(&self) -> Head {
        self.inner.shared.head()
    }

    pub(crate) fn health(&self) -> Health {
        self.inner.shared.read_only().map_or(Health::Writable, |reason| Health::ReadOnly { reason })
    }

    pub(crate) fn follow(&self) -> watch::Receiver<u64> {
        self.inner.shared.published.subscribe()
    }

    pub(crate) fn clock_steps(&self) -> ClockSteps {
        *self.inner.shared.steps.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn breaks(&self) -> Vec<Break> {
        self.inner.shared.breaks()
    }

    fn published(&self) -> u64 {
        *self.inner.shared.published.borrow()
    }

    pub(crate) fn read(&self, from: u64, limit: usize) -> Result<Vec<Recorded>, ReadError> {
        let (to, breaks) = (self.published(), self.breaks());
        self.inner.shared.readers.ask(|connection| reader::read(connection, from, to, limit, &breaks))
    }

    pub(crate) fn read_stream(&self, stream: &StreamName, from: u64, limit: usize) -> Result<Vec<Recorded>, ReadError> {
        let (to, breaks) = (self.published(), self.breaks());
        self.inner.shared.readers.ask(|connection| reader::read_stream(connection, stream, from, to, limit, &breaks))
    }

    pub(crate) fn event_by_id(&self, id: Uuid) -> Result<Option<Recorded>, ReadError> {
        let to = self.published();
        self.inner.shared.readers.ask(|connection| reader::by_id(connection, id, to))
    }

    pub(crate) fn last_revision(&self, stream: &StreamName) -> Result<Option<u64>, ReadError> {
        let to = self.published();
        self.inner.shared.readers.ask(|connection| reader::last_revision(connection, stream, to))
    }

    pub(crate) fn streams(&self, prefix: &str) -> Result<Vec<StreamName>, ReadError> {
        let to = self.published();
        self.inner.shared.readers.ask(|connection| reader::streams(connection, prefix, to))
    }

    pub(crate) fn position_at(&self, recorded_at: i64) -> Result<u64, ReadError> {
        let to = self.published();
        self.inner.shared.readers.ask(|connection| reader::position_at(connection, recorded_at, to))
    }

    pub(crate) fn inclusion_proof(&self, position: u64, size: u64) -> Result<Option<Vec<Hash>>, ReadError> {
        let Some(index) = position.checked_sub(1) else { return Ok(None) };
        self.inner.shared.tree().inclusion(index, size, &mut |span| self.leaves(span))
    }

    pub(crate) fn consistency_proof(&self, old: u64, new: u64) -> Result<Option<Vec<Hash>>, ReadError> {
        self.inner.shared.tree().consistency(old, new, &mut |span| self.leaves(span))
    }

    pub(crate) fn root_at(&self, size: u64) -> Result<Option<Hash>, ReadError> {
        self.inner.shared.tree().root_at(size, &mut |span| self.leaves(span))
    }

    fn leaves(&self, span: Range<u64>) -> Result<Vec<Hash>, ReadError> {
        let (first, last) = (reader::signed(span.start + 1), reader::signed(span.end));
        self.inner.shared.readers.ask(|connection| Ok(walk::leaves(connection, first, last)?))
    }

    /// Hashes everything again, a page at a time; the first thing found makes the log read-only.
    pub(crate) fn verify_all(&self, progress: &mut dyn FnMut(u64, u64) -> ControlFlow<()>) -> Result<Option<Reason>, ReadError> {
        let (head, breaks) = (self.head(), self.breaks());
        let mut walk = Walk::from(1, &breaks);
        let (mut bad, mut stopped) = (None, false);
        for first in (1..=head.size).step_by(PAGE as usize) {
            let (from, to) = (reader::signed(first), reader::signed(head.size.min(first + PAGE - 1)));
            self.inner.shared.readers.ask(|connection| {
                walk::each_row(connection, from, to, &mut |raw| {
                    walk.step(&raw, &mut |finding| {
                        bad = Some(Reason::BadEvent { position: finding.position, what: finding.what });
                        ControlFlow::Break(())
                    })
                })
                .map_err(ReadError::from)
            })?;
            stopped = bad.is_some() || progress(to.unsigned_abs(), head.size).is_break();
            if stopped {
                break;
            }
        }
        let (size, root) = (walk.frontier.size(), walk.frontier.root());
        if !stopped && size < head.size {
            bad = Some(Reason::BadEvent { position: reader::signed(size + 1), what: "the event is missing".to_owned() });
        } else if !stopped && root != head.root {
            bad = Some(Reason::RootMismatch { anchor: head, root });
        }
        if let Some(reason) = &bad {
            self.inner.shared.distrust(reason.clone());
        }
        Ok(bad)
    }
}
