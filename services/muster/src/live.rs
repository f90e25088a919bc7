//! The live feed inside the program: what the projector has just taken in, for whoever listens.
//!
//! A bounded channel: a listener that does not keep up loses its place in it and reads on from the
//! log, and the writer never waits for anyone. Nothing is kept for a single listener.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use armoury::codes::Audience;
use armoury::ids::PlaceId;
use tag_data::moment::Moment;
use tokio::sync::broadcast;

/// How many notices a listener may lie behind.
pub const BEHIND_MAX: usize = 1024;

/// One event as the feed tells it: enough to know that, where and of what, no more.
#[derive(Clone, Debug, Default)]
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
    /// Its bytes on the wire, made when the first listener is told and then the same for all.
    pub(crate) wire: OnceLock<actix_web::web::Bytes>,
}

/// Where to listen.
#[derive(Clone, Debug)]
pub struct Live {
    sender: broadcast::Sender<Arc<Notice>>,
    open: Arc<AtomicU32>,
}

/// One open feed; counted until dropped.
#[derive(Debug)]
pub struct Open(Arc<AtomicU32>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Default for Live {
    fn default() -> Self {
        Self { sender: broadcast::Sender::new(BEHIND_MAX), open: Arc::default() }
    }
}

impl Live {
    /// Listens from now on.
    #[must_use]
    pub fn listen(&self) -> broadcast::Receiver<Arc<Notice>> {
        self.sender.subscribe()
    }

    /// Counts one more open feed, unless so many are open already.
    #[must_use]
    pub fn open(&self, at_most: u32) -> Option<Open> {
        let open = Open(Arc::clone(&self.open));
        (self.open.fetch_add(1, Ordering::Relaxed) < at_most).then_some(open)
    }

    /// How many feeds are open.
    #[must_use]
    pub fn feeds(&self) -> u32 {
        self.open.load(Ordering::Relaxed)
    }

    /// Tells everyone who listens.
    pub fn tell(&self, notice: Notice) {
        drop(self.sender.send(Arc::new(notice))); // Nobody listening is no error.
    }
}
