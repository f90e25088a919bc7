//! Takes over events that were made elsewhere: their place, time, salt and leaf are given, not chosen here.
//!
//! Used where this file mirrors a log that a server keeps. The same order as for an append holds: commit,
//! anchor, publish. An event that does not come next, or whose leaf is not that of its fields, is refused
//! with everything that came with it.

use std::sync::mpsc::sync_channel;

use super::writer::{Answer, Group, Job, Trouble, Writer};
use super::{Sqlite, stopped};
use crate::error::{AppendError, Reason};
use crate::event::{Expected, Recorded};
use crate::tree::Frontier;

impl Sqlite {
    /// Writes these events as they are, all or none.
    pub(crate) fn mirror(&self, events: Vec<Recorded>) -> Result<(), AppendError> {
        let (sender, receiver) = sync_channel(1);
        self.ask(Job::Mirror { events, answer: Answer::Thread(sender) })?;
        receiver.recv().unwrap_or_else(|_| Err(stopped()))
    }

    /// The peaks of the published tree.
    pub(crate) fn frontier(&self) -> Frontier {
        self.inner.shared.tree().frontier()
    }

    /// No event is taken from now on, for this reason.
    pub(crate) fn distrust(&self, reason: Reason) {
        self.inner.shared.distrust(reason);
    }
}

impl Writer {
    pub(super) fn mirror(&mut self, events: Vec<Recorded>) -> Result<(), AppendError> {
        if let Some(reason) = self.shared.read_only() {
            return Err(AppendError::ReadOnly { reason });
        }
        let mut group = self.group();
        let written = (|| -> Result<(), Trouble> {
            self.connection.execute_batch("BEGIN IMMEDIATE")?;
            events.iter().try_for_each(|event| self.take_over(&mut group, event))
        })();
        match written {
            Ok(()) => self.finish(group),
            Err(Trouble::Store(cause)) => Err(self.undo(cause)),
            Err(Trouble::Refused(refusal)) => {
                self.streams.clear();
                self.types.clear();
                drop(self.connection.execute_batch("ROLLBACK"));
                Err(refusal)
            }
        }
    }

    fn take_over(&mut self, group: &mut Group, event: &Recorded) -> Result<(), Trouble> {
        let last = self.last_revision(&event.stream)?;
        let comes_next = event.position == group.frontier.size() + 1 && event.revision == last.map_or(0, |last| last + 1);
        if !comes_next || crate::leaf::of(event) != event.leaf {
            let expected = event.revision.checked_sub(1).map_or(Expected::NoStream, Expected::Revision);
            return Err(Trouble::Refused(AppendError::WrongRevision { stream: event.stream.clone(), expected, actual: last }));
        }
        group.clock.stamp(event.recorded_at);
        self.insert(group, event)
    }
}
