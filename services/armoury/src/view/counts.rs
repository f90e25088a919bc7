//! Counts: what was expected when one opened, what has been seen, and how far it is.
//!
//! The expected list is what stood on record in the place and below it just before the opening
//! event, and never changes afterwards. A blind count has a row of its own without any expected
//! number, near-match or "missing"; only a closed count shows its result.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;
use tag_data::moment::Moment;

use crate::codes::{CountKind, Level, Way};
use crate::count::{Seen, Sighting};
use crate::event::Fact;
use crate::event::count::{Closed, CountEvent};
use crate::ids::{CountId, EventId, PlaceId, ServiceNumber, WeaponId};
use crate::life::Standing;

/// How many of the last scans stay visible.
pub const LAST_SCANS: usize = 10;

/// How far a count has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CountStage {
    /// Being counted.
    Open,
    /// Closed, waits for its signature.
    Closed,
    /// Signed: a certificate.
    Signed,
    /// Signature refused.
    Refused,
    /// Called off.
    Abandoned,
}

/// Progress in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Progress {
    /// Expected here.
    pub expected: u32,
    /// Expected and sighted.
    pub sighted: u32,
    /// Counted by sealed container.
    pub sealed: u32,
    /// Elsewhere by an open document.
    pub by_document: u32,
    /// Under a case that two have not closed.
    pub in_case: u32,
    /// Put on record elsewhere while the count was open.
    pub moved_away: u32,
    /// Expected and not yet seen; *missing* once the count is closed.
    pub still_to_see: u32,
    /// Seen, in the book, not expected here.
    pub extra: u32,
    /// Seen in another place than on record.
    pub misplaced: u32,
    /// Seen and not in the book.
    pub unknown: u32,
}

/// A count as a list shows it. The progress of a blind count is absent until it is closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CountRow {
    /// The count's id.
    pub count: CountId,
    /// The place counted, and all below it.
    pub place: PlaceId,
    /// That place's name.
    pub place_name: String,
    /// What kind of count.
    pub kind: CountKind,
    /// Blind.
    pub blind: bool,
    /// How far it has come.
    pub stage: CountStage,
    /// The place's custodian at opening.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custodian: Option<ServiceNumber>,
    /// Who counts.
    pub counters: Vec<ServiceNumber>,
    /// Who opened it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opened_by: Option<ServiceNumber>,
    /// When it was opened, as claimed.
    pub opened_at: Moment,
    /// Position of the opening event: the snapshot is the log before it.
    pub opened_position: u64,
    /// When it was closed, as claimed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Moment>,
    /// The closing event: what a signature names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closing: Option<EventId>,
    /// Its leaf, lower-case hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closing_leaf: Option<String>,
    /// Who signed, or refused to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed_by: Option<ServiceNumber>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed_at: Option<Moment>,
    /// The signer's reservation, the ground of a refusal or of calling it off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
    /// Who was ordered to recount.
    pub recounts: Vec<ServiceNumber>,
    /// Items scanned so far: all that a blind count shows.
    pub scanned: u32,
    /// Progress in numbers; absent while a blind count is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
}

/// One scan of a count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ScanRow {
    /// The sighting's event id: what a withdrawal names.
    pub sighting: EventId,
    /// Its position.
    pub position: u64,
    /// When, as claimed.
    pub at: Moment,
    /// Who counted it; absent where a reader did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<ServiceNumber>,
    /// What was seen.
    pub seen: String,
    /// The weapon, if it resolves to one; absent in a blind count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weapon: Option<WeaponId>,
    /// By which way.
    pub way: Way,
    /// How sure.
    pub level: Level,
    /// Where.
    pub place: PlaceId,
    /// True if the same weapon had been counted before.
    pub again: bool,
    /// True if taken back.
    pub withdrawn: bool,
}

/// A count from opening to signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    pub(super) row: CountRow,
    pub(super) places: BTreeMap<PlaceId, Option<PlaceId>>,
    pub(super) expected: BTreeMap<WeaponId, Standing>,
    pub(super) scans: Vec<ScanRow>,
    /// Standing sightings by weapon, as places in `scans`: the surest first.
    pub(super) seen: BTreeMap<WeaponId, Vec<usize>>,
    pub(super) result: Option<Closed>,
}

/// All counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    counts: BTreeMap<CountId, Count>,
    open: BTreeSet<CountId>,
}

impl Counts {
    /// A count was opened; the views have captured what is expected.
    pub(super) fn open(&mut self, count: Count) {
        self.open.insert(count.row.count);
        self.counts.entry(count.row.count).or_insert(count);
    }

    /// Takes in what happened in a count.
    pub fn apply(&mut self, fact: &Fact, event: &CountEvent) {
        let Some(id) = super::subject(&fact.stream) else { return };
        let Some(count) = self.counts.get_mut(&id) else { return };
        let by = fact.meta.actor.person().cloned();
        match event {
            CountEvent::Opened(_) => return,
            CountEvent::ItemCounted(item) => count.scan(fact, item),
            CountEvent::ItemWithdrawn(taken) => count.withdraw(taken.sighting),
            CountEvent::RecountOrdered(order) => count.row.recounts.push(order.by.clone()),
            CountEvent::Closed(closed) => {
                count.row.stage = CountStage::Closed;
                count.row.closed_at = Some(fact.occurred_at);
                count.row.closing = Some(fact.id);
                count.row.closing_leaf = Some(hex::encode(fact.leaf));
                count.result = Some(closed.clone());
            }
            CountEvent::Signed(signed) => {
                count.row.stage = CountStage::Signed;
                (count.row.signed_by, count.row.signed_at) = (by, Some(fact.occurred_at));
                count.row.remark.clone_from(&signed.reservation);
            }
            CountEvent::SignatureRefused(refused) => {
                count.row.stage = CountStage::Refused;
                (count.row.signed_by, count.row.signed_at) = (by, Some(fact.occurred_at));
                count.row.remark = Some(refused.because.clone());
            }
            CountEvent::Abandoned(abandoned) => {
                count.row.stage = CountStage::Abandoned;
                count.row.remark = Some(abandoned.because.clone());
            }
        }
        if count.row.stage != CountStage::Open {
            self.open.remove(&id);
        }
    }

    /// One count.
    #[must_use]
    pub fn get(&self, id: CountId) -> Option<&Count> {
        self.counts.get(&id)
    }

    /// All counts, newest first.
    #[must_use]
    pub fn all(&self) -> Vec<&Count> {
        let mut all: Vec<&Count> = self.counts.values().collect();
        all.sort_by_key(|count| std::cmp::Reverse(count.row.opened_position));
        all
    }

    /// Counts that are being taken, in which a place is counted.
    #[must_use]
    pub fn open_in(&self, place: PlaceId) -> Vec<CountId> {
        let inside = |id: &&CountId| self.counts.get(id).is_some_and(|count| count.places.contains_key(&place));
        self.open.iter().filter(inside).copied().collect()
    }
}

impl Count {
    pub(super) const fn opened(
        row: CountRow,
        places: BTreeMap<PlaceId, Option<PlaceId>>,
        expected: BTreeMap<WeaponId, Standing>,
    ) -> Self {
        Self { row, places, expected, scans: Vec::new(), seen: BTreeMap::new(), result: None }
    }

    fn scan(&mut self, fact: &Fact, item: &crate::event::count::ItemCounted) {
        let at = self.scans.len();
        let sightings = item.weapon.map(|weapon| self.seen.entry(weapon).or_default());
        let again = sightings.is_some_and(|list| {
            list.push(at);
            list.len() > 1
        });
        self.scans.push(ScanRow {
            sighting: fact.id,
            position: fact.position,
            at: fact.occurred_at,
            by: fact.meta.actor.person().cloned(),
            seen: item.seen.clone(),
            weapon: item.weapon,
            way: item.way,
            level: item.level,
            place: item.place,
            again,
            withdrawn: false,
        });
        self.row.scanned += u32::from(!again);
    }

    fn withdraw(&mut self, sighting: EventId) {
        let Some(at) = self.scans.iter().position(|scan| scan.sighting == sighting && !scan.withdrawn) else { return };
        self.scans[at].withdrawn = true;
        let Some(weapon) = self.scans[at].weapon else {
            self.row.scanned = self.row.scanned.saturating_sub(1);
            return;
        };
        if let Some(list) = self.seen.get_mut(&weapon) {
            list.retain(|other| *other != at);
            if list.is_empty() {
                self.seen.remove(&weapon);
                self.row.scanned = self.row.scanned.saturating_sub(1);
            }
        }
    }

    /// The row's plain facts, without progress.
    #[must_use]
    pub const fn row(&self) -> &CountRow {
        &self.row
    }

    /// Whether the counters may not see what is expected: blind, and not yet closed.
    #[must_use]
    pub fn veiled(&self) -> bool {
        self.row.blind && self.row.stage == CountStage::Open
    }

    /// The result as closed.
    #[must_use]
    pub const fn result(&self) -> Option<&Closed> {
        self.result.as_ref()
    }

    /// What was expected when it opened.
    #[must_use]
    pub const fn expected(&self) -> &BTreeMap<WeaponId, Standing> {
        &self.expected
    }

    /// The last scans, newest first; without weapons while the count is veiled.
    #[must_use]
    pub fn last_scans(&self) -> Vec<ScanRow> {
        let last = self.scans.iter().rev().take(LAST_SCANS).cloned();
        last.map(|scan| if self.veiled() { ScanRow { weapon: None, ..scan } } else { scan }).collect()
    }

    /// Every scan, in order.
    #[must_use]
    pub fn scans(&self) -> &[ScanRow] {
        &self.scans
    }

    /// Every sighting that stands, as the rules see it.
    #[must_use]
    pub fn sightings(&self) -> Vec<Sighting> {
        let standing = self.scans.iter().filter(|scan| !scan.withdrawn);
        let seen = |scan: &ScanRow| scan.weapon.map_or_else(|| Seen::Unknown(scan.seen.clone()), Seen::Weapon);
        standing
            .map(|scan| Sighting { seen: seen(scan), way: scan.way, level: scan.level, place: scan.place, by: scan.by.clone() })
            .collect()
    }

    /// The sightings of a weapon that stand, oldest first.
    pub fn sightings_of(&self, weapon: WeaponId) -> impl Iterator<Item = &ScanRow> {
        self.seen.get(&weapon).into_iter().flatten().filter_map(|at| self.scans.get(*at))
    }

    /// Every weapon that was sighted, in order of id.
    pub fn weapons_seen(&self) -> impl Iterator<Item = &WeaponId> {
        self.seen.keys()
    }

    /// The surest level at which a weapon was sighted.
    #[must_use]
    pub fn level(&self, weapon: WeaponId) -> Option<Level> {
        self.sightings_of(weapon).map(|scan| scan.level).max_by_key(|level| sureness(*level))
    }
}

/// Levels by sureness: sealed by list, tag, code, serial, handled by two.
#[must_use]
pub const fn sureness(level: Level) -> u8 {
    match level {
        Level::Sealed => 0,
        Level::Tag => 1,
        Level::Barcode => 2,
        Level::Serial => 3,
        Level::Witnessed => 4,
    }
}
