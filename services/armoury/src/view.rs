//! What the book answers: every list and page is a fold of facts, one file a question.
//!
//! [`Views::apply`] takes one fact and never fails; [`Views::fold`] makes fresh views of any moment.
//! Equal facts give equal views, byte for byte ([`Views::digest`]). All of it lives in memory over
//! small numbers instead of ids; nothing here is written to disk, because the log itself is
//! folded faster than a snapshot could be trusted. No clock: `now` is an argument.

pub mod alerts;
pub mod as_of;
pub mod bench;
pub mod cases;
pub mod counts;
pub mod destruction;
pub mod document;
pub mod feed;
pub mod gateways;
pub mod lookup;
pub mod people;
pub mod places;
pub mod presence;
pub mod scope;
pub mod search;
pub mod slots;
pub mod state;
pub mod stockpile;
pub mod tally;
pub mod texts;
pub mod trail;
pub mod weapon;
pub mod weapons;

mod apply;
mod history;
mod packed;

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::str::FromStr;

use schemars::JsonSchema;
use serde::Serialize;
use sha2::{Digest, Sha256};
use tag_data::moment::Moment;

pub use alerts::{AlertLine, AlertRow, Alerts, Viewer};
pub use as_of::AsOf;
pub use cases::{CaseRow, Cases, CloseRequestRow};
pub use counts::{CountRow, Counts, Progress, ScanRow};
pub use destruction::{BatchRow, Destruction, PendingRow, ReleaseRow};
pub use feed::Feed;
pub use gateways::{GatewayRow, Gateways, ReaderRow};
pub use history::Trails;
pub use people::{GrantRequestRow, People, PersonRow};
pub use places::{PlaceRow, Places};
pub use presence::{Presence, ReadRow, Sensed, Stranger};
pub use scope::{Message, PAGE_MAX, Page, Scope};
pub use search::WeaponFilter;
pub use stockpile::{Figures, OverdueRow, StockpileRow};
pub use tally::CountView;
pub use trail::{TrailLine, TrailView};
pub use weapon::{DocumentRow, WeaponRow, WeaponView};

/// A stream that this program does not understand in full.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NotUnderstoodRow {
    /// The stream.
    pub stream: String,
    /// Position of the first event that is not understood.
    pub position: u64,
    /// How many are not.
    pub events: u64,
    /// Why, of the first.
    pub because: String,
}

/// All views, as of the last fact taken in.
#[derive(Clone, Debug, Default)]
pub struct Views {
    /// Kept texts.
    pub texts: texts::Texts,
    /// Places.
    pub places: Places,
    /// People.
    pub people: People,
    /// Weapons.
    pub weapons: weapons::Weapons,
    /// Where things were last sensed.
    pub presence: Presence,
    /// Gateways and readers.
    pub gateways: Gateways,
    /// Counts.
    pub counts: Counts,
    /// Cases.
    pub cases: Cases,
    /// Destruction batches.
    pub destruction: Destruction,
    /// Trails.
    pub trails: Trails,
    /// Alerts.
    pub alerts: Alerts,
    /// What changed after what; none in views of the past.
    pub feed: Option<Feed>,
    /// Position of the last fact taken in: the size of the log as known here.
    pub position: u64,
    /// When that fact was recorded.
    pub recorded_at: Moment,
    not_understood: BTreeMap<String, NotUnderstoodRow>,
}

impl Views {
    /// Empty views that keep a feed for questions about the past.
    #[must_use]
    pub fn new() -> Self {
        Self { feed: Some(Feed::default()), ..Self::default() }
    }

    /// Empty views that keep no feed: views of the past themselves.
    #[must_use]
    pub fn without_feed() -> Self {
        Self::default()
    }

    /// An event that this program cannot read: its stream is shown as such, the rest goes on.
    pub fn not_understood(&mut self, stream: &str, position: u64, recorded_at: Moment, because: &str) {
        let row = self.not_understood.entry(stream.to_owned()).or_insert_with(|| NotUnderstoodRow {
            stream: stream.to_owned(),
            position,
            events: 0,
            because: because.to_owned(),
        });
        row.events += 1;
        self.position = self.position.max(position);
        self.recorded_at = self.recorded_at.max(recorded_at);
    }

    /// Streams that are not understood here in full, by name.
    pub fn streams_not_understood(&self) -> impl Iterator<Item = &NotUnderstoodRow> {
        self.not_understood.values()
    }

    /// Whether the first two people and the first place were entered: a set-up cut off before goes on.
    #[must_use]
    pub fn is_founded(&self) -> bool {
        self.people.entered() >= 2 && !self.places.tree(&Scope::Everywhere).is_empty()
    }

    /// The states of all weapons as known at a position; none where no feed is kept.
    #[must_use]
    pub fn states_at(&self, position: u64) -> Option<Vec<state::WeaponState>> {
        self.feed.as_ref().map(|feed| feed.at(position, self.weapons.states.len()))
    }

    /// Alert lines that this person is shown now, newest first.
    #[must_use]
    pub fn alert_lines_for(&self, viewer: &Viewer<'_>, now: Moment) -> Vec<AlertLine> {
        let mut lines = self.alerts.lines();
        lines.retain(|line| {
            let chain = line.place.map(|place| self.places.chain(place)).unwrap_or_default();
            let custodian = line.place.and_then(|place| self.places.custodian(place));
            line.visible_to(viewer, &chain, custodian.as_ref(), now)
        });
        lines
    }

    /// The lost register in scope, oldest first: presumed or declared lost at any time.
    #[must_use]
    pub fn lost_register(&self, scope: &Scope, now: Moment) -> Vec<CaseRow> {
        let rows = self.cases.rows(now).into_iter();
        rows.filter(|row| row.on_register() && self.places.in_scope(scope, row.place)).collect()
    }

    /// Cases in scope that two people have yet to end, oldest first.
    #[must_use]
    pub fn open_cases(&self, scope: &Scope, now: Moment) -> Vec<CaseRow> {
        let rows = self.cases.rows(now).into_iter();
        rows.filter(|row| row.open() && self.places.in_scope(scope, row.place)).collect()
    }

    /// SHA-256 over everything but the feed: equal facts give equal digests.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        let mut hash = Hashed(Sha256::new());
        let written = write!(
            hash,
            "{:?}",
            (
                (&self.texts, &self.places, &self.people, &self.weapons, &self.presence, &self.gateways),
                (&self.counts, &self.cases, &self.destruction, &self.trails, &self.alerts, &self.not_understood),
                (self.position, self.recorded_at),
            )
        );
        debug_assert!(written.is_ok(), "hashing takes every text");
        hash.0.finalize().into()
    }

    /// Bytes held in the big columns, for the memory figure; small maps left out.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        let feed = self.feed.as_ref().map_or(0, Feed::held_bytes);
        self.texts.held_bytes() + self.weapons.held_bytes() + self.presence.held_bytes() + self.trails.held_bytes() + feed
    }
}

struct Hashed(Sha256);

impl fmt::Write for Hashed {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.update(text.as_bytes());
        Ok(())
    }
}

/// The id in a stream's name, between the life's word and the node.
fn subject_text(stream: &str) -> Option<&str> {
    let (_, rest) = stream.split_once('-')?;
    Some(rest.rsplit_once('@').map_or(rest, |(subject, _)| subject))
}

/// [`subject_text`], parsed.
fn subject<T: FromStr>(stream: &str) -> Option<T> {
    subject_text(stream)?.parse().ok()
}
