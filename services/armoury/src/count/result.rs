//! What a count comes to: one pure function of what was expected, what was sighted and where
//! things stand now, for the closing event, the live view and the blind view alike.
//!
//! ```text
//! expected = sighted + sealed + by document + missing + in case
//! ```
//! Movements during the count are reconciled item by item: what came in and was sighted is
//! expected, what was put on record elsewhere is expected there. What came in and was not sighted
//! is missing until somebody sights it.

use std::collections::BTreeMap;

use super::{Seen, Sighting};
use crate::codes::Level;
use crate::event::count::{ByDocument, Closed, Misplaced};
use crate::ids::{PlaceId, WeaponId};
use crate::life::{Standing, Taking};
use crate::weapon::moves;

/// How one weapon stands in a count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Expected and sighted.
    Sighted,
    /// Expected and counted by the content list of a sealed container.
    Sealed,
    /// Expected elsewhere by an open document.
    ByDocument(ByDocument),
    /// Expected, neither sighted nor covered.
    Missing,
    /// Missing, under a case that two have not closed.
    InCase,
    /// Put on record elsewhere while the count was open.
    MovedAway,
    /// Sighted, in the book, not expected here.
    Extra,
}

/// One weapon's line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// How it stands.
    pub verdict: Verdict,
    /// The surest sighting, and where it was.
    pub sighting: Option<(Level, PlaceId)>,
    /// The place on record, where that is another than where it was seen.
    pub on_record: Option<PlaceId>,
}

/// What a count comes to so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// One line a weapon.
    pub lines: BTreeMap<WeaponId, Line>,
    /// Seen and not in the book.
    pub unknown: Vec<String>,
    /// Readers that are not hearing.
    pub readers_not_hearing: Vec<String>,
}

/// Computes a count's result.
#[must_use]
pub fn result<'a>(taking: &Taking, sightings: impl IntoIterator<Item = &'a Sighting>) -> Outcome {
    let mut best: BTreeMap<WeaponId, &Sighting> = BTreeMap::new();
    let mut unknown: Vec<String> = Vec::new();
    for sighting in sightings {
        match &sighting.seen {
            Seen::Weapon(weapon) => {
                let kept = best.entry(*weapon).or_insert(sighting);
                if rank(sighting.level) > rank(kept.level) {
                    *kept = sighting;
                }
            }
            Seen::Unknown(text) => unknown.push(text.clone()),
        }
    }
    unknown.sort_unstable();
    unknown.dedup();
    let expected = taking.expected.keys().chain(best.keys()).copied();
    let lines = expected.map(|weapon| (weapon, line(taking, weapon, best.get(&weapon).copied()))).collect();
    Outcome { lines, unknown, readers_not_hearing: taking.readers_not_hearing.clone() }
}

fn line(taking: &Taking, weapon: WeaponId, sighting: Option<&Sighting>) -> Line {
    let then = taking.expected.get(&weapon);
    let now = taking.now.get(&weapon).or(then);
    let verdict = match (sighting, then) {
        (Some(sighting), then) if then.is_some() || came_in(taking, now) => {
            if sighting.level == Level::Sealed {
                Verdict::Sealed
            } else {
                Verdict::Sighted
            }
        }
        (Some(_), _) => Verdict::Extra,
        (None, _) => now.map_or(Verdict::Missing, |now| unsighted(taking, weapon, now)),
    };
    let seen_at = sighting.map(|sighting| (sighting.level, sighting.place));
    let on_record = now.and_then(|now| seen_at.and_then(|(_, place)| misplaced(taking, then, now, place)));
    Line { verdict, sighting: seen_at, on_record }
}

fn unsighted(taking: &Taking, weapon: WeaponId, now: &Standing) -> Verdict {
    match &now.document {
        _ if !moves::expected(now) => Verdict::MovedAway, // Ended, or handed over and confirmed, meanwhile.
        _ if now.in_case => Verdict::InCase,
        Some(document) => Verdict::ByDocument(ByDocument {
            weapon,
            document: document.event,
            opened_by: document.opened_by.clone(),
            confirmed: document.confirmed,
        }),
        None if !taking.places.contains_key(&now.place) => Verdict::MovedAway,
        None => Verdict::Missing,
    }
}

/// Whether it was taken into the place while the count was open.
fn came_in(taking: &Taking, now: Option<&Standing>) -> bool {
    now.is_some_and(|now| taking.places.contains_key(&now.place) && moves::expected(now))
}

/// The place on record, if it was seen neither there, nor where it stood at opening, nor in a
/// place around or inside one of those: a reader at the door hears what lies in the racks.
fn misplaced(taking: &Taking, then: Option<&Standing>, now: &Standing, seen_at: PlaceId) -> Option<PlaceId> {
    let fits = |place: PlaceId| within(taking, place, seen_at) || within(taking, seen_at, place);
    (!fits(now.place) && !then.is_some_and(|then| fits(then.place))).then_some(now.place)
}

/// Whether `inner` is `outer` or below it, as far as the counted places go.
fn within(taking: &Taking, inner: PlaceId, outer: PlaceId) -> bool {
    let mut at = Some(inner);
    for _ in 0..=taking.places.len() {
        match at {
            Some(place) if place == outer => return true,
            Some(place) => at = taking.places.get(&place).copied().flatten(),
            None => return false,
        }
    }
    false
}

/// How sure a level is; a sealed container's list is the least, since nobody saw the weapon.
const fn rank(level: Level) -> u8 {
    match level {
        Level::Sealed => 0,
        Level::Tag => 1,
        Level::Barcode => 2,
        Level::Serial => 3,
        Level::Witnessed => 4,
    }
}

impl Outcome {
    /// The weapons of one verdict, in order.
    pub fn of(&self, verdict: &Verdict) -> Vec<WeaponId> {
        self.lines.iter().filter(|(_, line)| line.verdict == *verdict).map(|(weapon, _)| *weapon).collect()
    }

    fn number(&self, verdict: &Verdict) -> u32 {
        u32::try_from(self.of(verdict).len()).unwrap_or(u32::MAX)
    }

    /// How many were to be accounted for: everything but what was extra or went elsewhere.
    #[must_use]
    pub fn expected(&self) -> u32 {
        let here = |line: &&Line| !matches!(line.verdict, Verdict::Extra | Verdict::MovedAway);
        u32::try_from(self.lines.values().filter(here).count()).unwrap_or(u32::MAX)
    }

    /// As it stands in the closing event.
    #[must_use]
    pub fn closed(&self) -> Closed {
        let by_document = self.lines.values().filter_map(|line| match &line.verdict {
            Verdict::ByDocument(document) => Some(document.clone()),
            _ => None,
        });
        let misplaced = self.lines.iter().filter(|(_, line)| line.verdict != Verdict::Extra).filter_map(|(weapon, line)| {
            let (_, seen_at) = line.sighting?;
            Some(Misplaced { weapon: *weapon, on_record: line.on_record?, seen_at })
        });
        Closed {
            expected: self.expected(),
            sighted: self.number(&Verdict::Sighted),
            sealed: self.number(&Verdict::Sealed),
            by_document: by_document.collect(),
            missing: self.of(&Verdict::Missing),
            in_case: self.of(&Verdict::InCase),
            moved_away: self.of(&Verdict::MovedAway),
            extra: self.of(&Verdict::Extra),
            misplaced: misplaced.collect(),
            unknown: self.unknown.clone(),
            readers_not_hearing: self.readers_not_hearing.clone(),
        }
    }
}
