//! Sending events until it is known what became of them.
//!
//! The same events, with the same ids and the same expected revision, are sent again and again; the server
//! takes the second for the first if the first had arrived. Before each repetition, and whenever the server
//! says that the stream is elsewhere, the stream itself is read: it alone tells whose events stand there.
//! Nothing is ever concluded from silence. A request that is still under way cannot do harm later: either it
//! is one of ours and finds its events there, or the stream has gone on and it is refused.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::server::{Packed, Sent, Server, Trouble};
use crate::event::Expected;

/// How long is waited for what.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For one answer of the server.
    pub call: Duration,
    /// For the outcome of one append, over all repetitions.
    pub outcome: Duration,
    /// Between two repetitions; doubled each time, up to a second.
    pub pause: Duration,
    /// Between two looks at the server when nothing is written.
    pub idle: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            call: Duration::from_secs(10),
            outcome: Duration::from_secs(40),
            pause: Duration::from_millis(50),
            idle: Duration::from_secs(5),
        }
    }
}

/// What became of it.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The events are in the stream, at the revisions that were expected.
    Written,
    /// Something else stands there.
    Conflict,
    /// They were not written, and will not be.
    Refused(String),
    /// Still unknown.
    Unknown(String),
}

/// What stands where the events should be.
enum Seen {
    Ours,
    Others,
    Nothing,
}

/// Sends events to a stream of the server.
pub(crate) async fn deliver(
    server: Arc<Server>,
    stream: String,
    expected: Expected,
    events: Vec<Packed>,
    patience: Patience,
) -> Outcome {
    let began = Instant::now();
    let mut pause = patience.pause;
    loop {
        let last = match server.append(&stream, expected, &events).await {
            Sent::Done => return Outcome::Written,
            Sent::Refused(what) => return Outcome::Refused(what),
            Sent::NotLeader => "it points to another node".to_owned(),
            Sent::Elsewhere => match look(&server, &stream, expected, &events).await {
                Ok(Seen::Ours) => return Outcome::Written,
                Ok(Seen::Others) => return Outcome::Conflict,
                Ok(Seen::Nothing) if wrong_for_good(&server, &stream, expected).await => return Outcome::Conflict,
                Ok(Seen::Nothing) => "it says the stream is elsewhere, and shows nothing there".to_owned(),
                Err(what) => what,
            },
            Sent::Unknown(what) => match look(&server, &stream, expected, &events).await {
                Ok(Seen::Ours) => return Outcome::Written,
                Ok(Seen::Others) => return Outcome::Conflict,
                Ok(Seen::Nothing) => what,
                Err(then) => format!("{what}; then {then}"),
            },
        };
        if began.elapsed() >= patience.outcome {
            return Outcome::Unknown(last);
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(1));
    }
}

/// Whose events stand where ours should.
async fn look(server: &Server, stream: &str, expected: Expected, events: &[Packed]) -> Result<Seen, String> {
    let first = match expected {
        Expected::NoStream => 0,
        Expected::Revision(revision) => revision.saturating_add(1),
    };
    match server.stream(stream, first, events.len()).await {
        Err(Trouble::Away(what) | Trouble::Refused(what)) => Err(what),
        Err(Trouble::Deleted) => Ok(Seen::Others),
        Ok(found) if found.is_empty() => Ok(Seen::Nothing),
        Ok(found) => {
            let ours = |(nth, packed): (usize, &Packed)| {
                found.get(nth).is_some_and(|event| event.id == packed.id && event.revision == first + nth as u64)
            };
            Ok(if events.iter().enumerate().all(ours) { Seen::Ours } else { Seen::Others })
        }
    }
}

/// True if the stream ends before the expected revision: it was never that long, or it was taken away.
async fn wrong_for_good(server: &Server, stream: &str, expected: Expected) -> bool {
    let Expected::Revision(revision) = expected else { return false };
    matches!(server.last(stream).await, Ok(last) if last.as_ref().is_none_or(|event| event.revision < revision))
}
