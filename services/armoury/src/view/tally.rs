//! The tally of a count: what is matched, still to see, extra, misplaced, by document.
//!
//! While a count runs the tally is live, by the same rule that closes it (`count::result`); once
//! it is closed the closing event's own lists stand, whatever has happened since.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::Views;
use super::counts::{Count, CountRow, CountStage, Progress, ScanRow};
use super::scope::Scope;
use super::weapon::WeaponRow;
use crate::count::result::result;
use crate::event::count::{ByDocument, Closed, Misplaced};
use crate::ids::{CountId, PlaceId, WeaponId};
use crate::life::{Standing, Taking};

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
    /// Put on record elsewhere while the count was open; empty while veiled.
    pub moved_away: Vec<WeaponRow>,
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

/// A closing event's result in numbers.
#[must_use]
pub fn progress(closed: &Closed) -> Progress {
    let many = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    Progress {
        expected: closed.expected,
        sighted: closed.sighted,
        sealed: closed.sealed,
        by_document: many(closed.by_document.len()),
        moved_away: many(closed.moved_away.len()),
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
        let readers_not_hearing = self.deaf_readers(&count.places);
        Some(Taking { expected: count.expected.clone(), now, places: count.places.clone(), readers_not_hearing })
    }

    /// Readers of these places that are not hearing, by id.
    #[must_use]
    pub fn deaf_readers(&self, places: &BTreeMap<PlaceId, Option<PlaceId>>) -> Vec<String> {
        let readers = self.gateways.readers().into_iter();
        let deaf = readers
            .filter(|row| !super::gateways::hears(row.condition) && row.place.is_some_and(|place| places.contains_key(&place)));
        deaf.map(|row| row.reader).collect()
    }

    /// The tally of a count: live while it is taken, as closed afterwards. Not for counters of a
    /// blind count: see [`Count::veiled`].
    #[must_use]
    pub fn count_tally(&self, id: CountId) -> Option<Closed> {
        let count = self.counts.get(id)?;
        match count.result() {
            Some(closed) => Some(closed.clone()),
            None => Some(result(&self.taking(id)?, &count.sightings()).closed()),
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
                moved_away: Vec::new(),
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
            moved_away: rows(&closed.moved_away),
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
