//! What every store does alike before it writes: the bounds, the clock, the question "is this the same?".
//!
//! Pure. A store that answers these questions otherwise is not this log.

use std::collections::BTreeSet;

#[cfg(feature = "kurrentdb")]
use uuid::Uuid;

use crate::breaks::BREAK_TYPE;
use crate::error::AppendError;
#[cfg(feature = "kurrentdb")]
use crate::event::Appended;
use crate::event::{Expected, NewEvent, PAYLOAD_BYTES_MAX, Recorded, StreamName};
use crate::leaf;

/// The most events of one append. A batch of scans is a few hundred; a longer one is cut by its sender.
pub const APPEND_EVENTS_MAX: usize = 1000;
/// The most events of one commit: a group is closed once it holds this many, so the last append may
/// carry it to one append more.
pub const GROUP_EVENTS_MAX: usize = 2000;
/// The most appends that may wait for the writer.
pub const WAITING_MAX: usize = 4096;

/// Refuses what no store may take.
pub(crate) fn admit(events: &[NewEvent]) -> Result<(), AppendError> {
    let too_large = |what, length, limit| Err(AppendError::TooLarge { what, length, limit });
    if events.is_empty() {
        return Err(AppendError::Empty);
    }
    if events.len() > APPEND_EVENTS_MAX {
        return too_large("the number of events", events.len(), APPEND_EVENTS_MAX);
    }
    let mut ids = BTreeSet::new();
    for event in events {
        if event.type_name.as_str() == BREAK_TYPE {
            return Err(AppendError::Reserved { type_name: BREAK_TYPE });
        }
        if !ids.insert(event.id) {
            return Err(AppendError::IdReused { id: event.id });
        }
        for (what, bytes) in [("meta in bytes", &event.meta), ("data in bytes", &event.data)] {
            if bytes.len() > PAYLOAD_BYTES_MAX {
                return too_large(what, bytes.len(), PAYLOAD_BYTES_MAX);
            }
        }
    }
    Ok(())
}

/// Refuses a writer whose view of the stream is old.
pub(crate) fn check_revision(stream: &StreamName, expected: Expected, actual: Option<u64>) -> Result<(), AppendError> {
    let fits = match expected {
        Expected::NoStream => actual.is_none(),
        Expected::Revision(revision) => actual == Some(revision),
    };
    if fits { Ok(()) } else { Err(AppendError::WrongRevision { stream: stream.clone(), expected, actual }) }
}

/// True if the recorded event is the one that is offered again.
pub(crate) fn same(stream: &StreamName, offered: &NewEvent, recorded: &Recorded) -> bool {
    recorded.stream == *stream
        && recorded.id == offered.id
        && recorded.type_name == offered.type_name
        && recorded.schema_version == offered.schema_version
        && recorded.occurred_at == offered.occurred_at
        && recorded.meta == offered.meta
        && recorded.data == offered.data
}

#[cfg(feature = "kurrentdb")]
/// The answer of the first time, if these very events are in the log already. `find` looks an id up.
pub(crate) fn already<E>(
    stream: &StreamName,
    events: &[NewEvent],
    mut find: impl FnMut(Uuid) -> Result<Option<Recorded>, E>,
) -> Result<Result<Option<Appended>, AppendError>, E> {
    let (mut found, mut fresh) = (Vec::<Recorded>::new(), false);
    for event in events {
        let Some(recorded) = find(event.id)? else {
            fresh = true;
            continue;
        };
        let follows = found.last().is_none_or(|before| recorded.position == before.position + 1);
        if fresh || !follows || !same(stream, event, &recorded) {
            return Ok(Err(AppendError::IdReused { id: event.id }));
        }
        found.push(recorded);
    }
    Ok(match (found.first(), found.last()) {
        (Some(first), Some(_)) if fresh => Err(AppendError::IdReused { id: first.id }),
        (Some(first), Some(last)) => Ok(Some(Appended {
            first_position: first.position,
            last_position: last.position,
            last_revision: last.revision,
            leaves: found.iter().map(|event| event.leaf).collect(),
            already: true,
        })),
        _ => Ok(None),
    })
}

/// Makes the event what it will be for ever.
pub(crate) fn record(
    stream: &StreamName,
    event: NewEvent,
    position: u64,
    revision: u64,
    recorded_at: i64,
    salt: [u8; 16],
) -> Recorded {
    let NewEvent { id, type_name, schema_version, occurred_at, meta, data } = event;
    let stream = stream.clone();
    let mut recorded = Recorded {
        position,
        stream,
        revision,
        id,
        type_name,
        schema_version,
        recorded_at,
        occurred_at,
        salt,
        meta,
        data,
        leaf: [0; 32],
    };
    recorded.leaf = leaf::of(&recorded);
    recorded
}

/// The server's clock as the log uses it: never earlier than the event before.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    recorded: i64,
    read: i64,
    steps: ClockSteps,
}

/// How often, and by how much at most, the clock stepped back since the log was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClockSteps {
    /// Number of steps.
    pub count: u64,
    /// The largest, in microseconds.
    pub largest: i64,
}

impl Clock {
    /// Goes on from the last event's time.
    pub(crate) fn after(last: i64) -> Self {
        Self { recorded: last, read: last, steps: ClockSteps::default() }
    }

    /// The time to record for a reading of the clock.
    pub(crate) fn stamp(&mut self, now: i64) -> i64 {
        if now < self.read {
            self.steps.count += 1;
            self.steps.largest = self.steps.largest.max(self.read.saturating_sub(now));
        }
        self.read = now;
        self.recorded = self.recorded.max(now);
        self.recorded
    }

    pub(crate) fn steps(&self) -> ClockSteps {
        self.steps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_goes_on_when_the_clock_steps_back() {
        let mut clock = Clock::after(i64::MIN);
        let stamps: Vec<i64> = [10, 20, 5, 6, 21, 19].into_iter().map(|now| clock.stamp(now)).collect();
        assert_eq!(stamps, [10, 20, 20, 20, 21, 21]);
        assert_eq!(clock.steps(), ClockSteps { count: 2, largest: 15 });
    }
}
