//! The live feed inside the program: what the projector has just taken in, for whoever listens.
//!
//! A bounded channel: a listener that does not keep up loses its place and is told so, and the
//! writer never waits for anyone. What is missed stands in the log and is read from there.

use std::sync::Arc;

use armoury::codes::Audience;
use armoury::ids::PlaceId;
use tag_data::moment::Moment;
use tokio::sync::broadcast;

/// How many notices a listener may lie behind.
pub const BEHIND_MAX: usize = 1024;

/// One event as the feed tells it: enough to know that, where and of what, no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Position in the log.
    pub position: u64,
    /// The event's type, such as `WeaponIssued`.
    pub kind: String,
    /// The stream.
    pub stream: String,
    /// When it was recorded.
    pub recorded_at: Moment,
    /// When it happened, as claimed.
    pub occurred_at: Moment,
    /// The places it concerns; empty = none, shown to those who may see everywhere.
    pub places: Vec<PlaceId>,
    /// For an alert: who is shown it.
    pub audience: Option<Audience>,
    /// For an observation: what was read, as JSON.
    pub seen: Option<String>,
}

/// Where to listen.
#[derive(Clone, Debug)]
pub struct Live {
    sender: broadcast::Sender<Arc<Notice>>,
}

impl Default for Live {
    fn default() -> Self {
        Self { sender: broadcast::Sender::new(BEHIND_MAX) }
    }
}

impl Live {
    /// Listens from now on.
    #[must_use]
    pub fn listen(&self) -> broadcast::Receiver<Arc<Notice>> {
        self.sender.subscribe()
    }

    /// Tells everyone who listens.
    pub fn tell(&self, notice: Notice) {
        drop(self.sender.send(Arc::new(notice))); // Nobody listening is no error.
    }
}
