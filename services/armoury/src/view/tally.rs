//! The tally of a count: what is matched, still to see, extra, misplaced, by document.
//!
//! While a count runs the tally is live; once it is closed the closing event's own lists stand,
//! whatever has happened since. Sight wins over paper: a weapon seen is sighted, whatever
//! document says that it is elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::Views;
use super::counts::{Count, CountRow, CountStage, Progress, ScanRow};
use super::scope::Scope;
use super::weapon::WeaponRow;
use crate::codes::Level;
use crate::event::count::{ByDocument, Closed, Misplaced};
use crate::ids::{CountId, PlaceId, WeaponId};
use crate::life::{OpenDocument, Standing, Taking};

/// One count with everything a page shows. A blind count that is being taken has a row, scans
/// and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CountView {
    /// The count.
    #[serde(flatten)]
    pub row: CountRow,
    /// The last scans, newest first.
    pub last_scans: Vec<ScanRow>,
    /// Expected and not yet seen (missing, once closed); empty while veiled.
    pub still_to_see: Vec<WeaponRow>,
    /// Seen and not expected here; empty while veiled.
    pub extra: Vec<WeaponRow>,
    /// Seen in another place than on record; empty while veiled.
    pub misplaced: Vec<Misplaced>,
    /// Accounted for by a document; empty while veiled.
    pub by_document: Vec<ByDocument>,
    /// Under a case that two have not closed; empty while veiled.
    pub in_case: Vec<WeaponRow>,
    /// Seen and not in the book.
    pub unknown: Vec<String>,
    /// Readers of the place that are not hearing now, or were not at the close.
    pub readers_not_hearing: Vec<String>,
}

/// The tally as lists of ids: the closing event's shape.
#[must_use]
pub fn tally(count: &Count, taking: &Taking) -> Closed {
    let inside: BTreeSet<PlaceId> = taking.places.iter().copied().collect();
    let mut closed = Closed {
        expected: 0,
        sighted: 0,
        sealed: 0,
        by_document: Vec::new(),
        missing: Vec::new(),
        in_case: Vec::new(),
        extra: Vec::new(),
        misplaced: Vec::new(),
        unknown: Vec::new(),
        readers_not_hearing: taking.readers_not_hearing.clone(),
    };
    for (weapon, standing) in &taking.expected {
        closed.expected += 1;
        let now = taking.now.get(weapon).unwrap_or(standing);
        match (count.level(*weapon), &now.document) {
            (Some(Level::Sealed), _) => closed.sealed += 1,
            (Some(_), _) => closed.sighted += 1,
            (None, _) if now.in_case => closed.in_case.push(*weapon),
            (None, Some(document)) => closed.by_document.push(by_document(*weapon, document)),
            (None, None) => closed.missing.push(*weapon),
        }
    }
    for (weapon, _) in count.seen.iter().filter(|(weapon, _)| !taking.expected.contains_key(weapon)) {
        closed.extra.push(*weapon);
    }
    closed.misplaced = misplaced(count, taking, &inside);
    let strange: BTreeSet<&String> = strangers(count).collect();
    closed.unknown = strange.into_iter().cloned().collect();
    closed
}

fn by_document(weapon: WeaponId, document: &OpenDocument) -> ByDocument {
    let OpenDocument { event, opened_by, confirmed } = document.clone();
    ByDocument { weapon, document: event, opened_by, confirmed }
}

fn misplaced(count: &Count, taking: &Taking, inside: &BTreeSet<PlaceId>) -> Vec<Misplaced> {
    let mut all = Vec::new();
    for weapon in count.seen.keys() {
        let standing = taking.expected.get(weapon).or_else(|| taking.now.get(weapon));
        let last = count.sightings(*weapon).last();
        if let (Some(standing), Some(scan)) = (standing, last)
            && inside.contains(&scan.place)
            && standing.place != scan.place
        {
            all.push(Misplaced { weapon: *weapon, on_record: standing.place, seen_at: scan.place });
        }
    }
    all
}

fn strangers(count: &Count) -> impl Iterator<Item = &String> {
    count.scans.iter().filter(|scan| scan.weapon.is_none() && !scan.withdrawn).map(|scan| &scan.seen)
}

fn progress(closed: &Closed) -> Progress {
    let many = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    Progress {
        expected: closed.expected,
        sighted: closed.sighted,
        sealed: closed.sealed,
        by_document: many(closed.by_document.len()),
        in_case: many(closed.in_case.len()),
        still_to_see: many(closed.missing.len()),
        extra: many(closed.extra.len()),
        misplaced: many(closed.misplaced.len()),
        unknown: many(closed.unknown.len()),
    }
}

impl Views {
    /// What the rules need to close a count: expected then, standing now, readers not hearing.
    #[must_use]
    pub fn taking(&self, id: CountId) -> Option<Taking> {
        let count = self.counts.get(id)?;
        let weapons = count.expected.keys().chain(count.seen.keys());
        let now: BTreeMap<WeaponId, Standing> =
            weapons.filter_map(|weapon| self.standing(*weapon).map(|standing| (*weapon, standing))).collect();
        let places = count.places.iter().copied().collect();
        Some(Taking { expected: count.expected.clone(), now, places, readers_not_hearing: self.deaf_readers(&count.places) })
    }

    /// Readers of these places that are not hearing, by id.
    #[must_use]
    pub fn deaf_readers(&self, places: &BTreeSet<PlaceId>) -> Vec<String> {
        let readers = self.gateways.readers().into_iter();
        let deaf = readers
            .filter(|row| !super::gateways::hears(row.condition) && row.place.is_some_and(|place| places.contains(&place)));
        deaf.map(|row| row.reader).collect()
    }

    /// The tally of a count: live while it is taken, as closed afterwards. Not for counters of a
    /// blind count: see [`Count::veiled`].
    #[must_use]
    pub fn count_tally(&self, id: CountId) -> Option<Closed> {
        let count = self.counts.get(id)?;
        match count.result() {
            Some(closed) => Some(closed.clone()),
            None => Some(tally(count, &self.taking(id)?)),
        }
    }

    /// One count for a page; `supervisor` lifts the veil of a blind count for those who do not count.
    #[must_use]
    pub fn count_view(&self, id: CountId, supervisor: bool) -> Option<CountView> {
        let count = self.counts.get(id)?;
        let last_scans = count.last_scans();
        if count.veiled() && !supervisor {
            return Some(CountView {
                row: count.row.clone(),
                last_scans,
                still_to_see: Vec::new(),
                extra: Vec::new(),
                misplaced: Vec::new(),
                by_document: Vec::new(),
                in_case: Vec::new(),
                unknown: Vec::new(),
                readers_not_hearing: Vec::new(),
            });
        }
        let closed = self.count_tally(id)?;
        let rows = |ids: &[WeaponId]| ids.iter().filter_map(|id| self.weapon_row(*id)).collect();
        Some(CountView {
            row: CountRow { progress: Some(progress(&closed)), ..count.row.clone() },
            last_scans,
            still_to_see: rows(&closed.missing),
            extra: rows(&closed.extra),
            in_case: rows(&closed.in_case),
            misplaced: closed.misplaced,
            by_document: closed.by_document,
            unknown: closed.unknown,
            readers_not_hearing: closed.readers_not_hearing,
        })
    }

    /// Counts in scope, newest first; a blind count that is being taken has no progress.
    #[must_use]
    pub fn counts_in(&self, scope: &Scope) -> Vec<CountRow> {
        let all = self.counts.all().into_iter().filter(|count| self.places.in_scope(scope, count.row.place));
        all.map(|count| self.count_row(count)).collect()
    }

    fn count_row(&self, count: &Count) -> CountRow {
        let shown = !count.veiled() && count.row.stage != CountStage::Abandoned;
        let closed = shown.then(|| self.count_tally(count.row.count)).flatten();
        CountRow { progress: closed.as_ref().map(progress), ..count.row.clone() }
    }
}
