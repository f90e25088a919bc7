//! The live feed inside the program: what the projector has just taken in, for whoever listens.
//!
//! A bounded channel: a listener that does not keep up loses its place in it and reads on from the
//! log, and the writer never waits for anyone. Nothing is kept for a single listener.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use armoury::codes::Audience;
use armoury::ids::{PlaceId, ServiceNumber};
use parking_lot::Mutex;
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
    open: Feeds,
}

/// Open feeds of each person; nobody stands there with none.
type Feeds = Arc<Mutex<BTreeMap<ServiceNumber, u32>>>;

/// One open feed; counted until dropped.
#[derive(Debug)]
pub struct Open {
    feeds: Feeds,
    whose: ServiceNumber,
}

/// Why no further feed is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// All together have too many.
    All,
    /// This person has.
    Person,
}

impl Drop for Open {
    fn drop(&mut self) {
        let mut feeds = self.feeds.lock();
        if let Some(many) = feeds.get_mut(&self.whose) {
            *many -= 1;
            if *many == 0 {
                feeds.remove(&self.whose);
            }
        }
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

    /// Counts one more open feed, unless so many are open already, in all or of this person.
    ///
    /// # Errors
    /// [`Full`].
    pub fn open(&self, whose: &ServiceNumber, in_all: u32, of_one: u32) -> Result<Open, Full> {
        let mut feeds = self.open.lock();
        match (feeds.values().sum::<u32>(), feeds.get(whose).copied().unwrap_or(0)) {
            (all, _) if all >= in_all => Err(Full::All),
            (_, his) if his >= of_one => Err(Full::Person),
            (_, his) => {
                feeds.insert(whose.clone(), his + 1);
                Ok(Open { feeds: Arc::clone(&self.open), whose: whose.clone() })
            }
        }
    }

    /// How many feeds are open.
    #[must_use]
    pub fn feeds(&self) -> u32 {
        self.open.lock().values().sum()
    }

    /// Tells everyone who listens.
    pub fn tell(&self, notice: Notice) {
        drop(self.sender.send(Arc::new(notice))); // Nobody listening is no error.
    }
}
