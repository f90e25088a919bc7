//! Finding weapons: filters, one text field that takes what a person has, and keyset pages.
//!
//! One pass over the dense columns counts every match and keeps the next page in a bounded heap;
//! no index is kept for it. Order: by serial, then by id, the same now and as of any moment.

use std::collections::{BTreeSet, BinaryHeap};

use super::Views;
use super::lookup::TagMatch;
use super::places::Mask;
use super::scope::{PAGE_MAX, Page, Scope};
use super::state::WeaponState;
use super::texts::{Ix, NONE};
use super::weapon::WeaponRow;
use super::weapons::Article;
use crate::codes::{Class, Disposition, State};
use crate::ids::{PlaceId, ServiceNumber, WeaponId};
use crate::life::gather::candidates;
use crate::marks::match_key;

/// The longest text searched for; more is cut.
pub const TEXT_MAX: usize = 128;

/// What weapons are asked for; an empty field asks for all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WeaponFilter {
    /// In this place and below it.
    pub place: Option<PlaceId>,
    /// In one of these states.
    pub states: BTreeSet<State>,
    /// Of one of these classes.
    pub classes: BTreeSet<Class>,
    /// Of this maker, case ignored.
    pub maker: Option<String>,
    /// Of this model, case ignored.
    pub model: Option<String>,
    /// Of this calibre, case ignored.
    pub calibre: Option<String>,
    /// With this disposition.
    pub disposition: Option<Disposition>,
    /// Held by this person.
    pub holder: Option<ServiceNumber>,
    /// A serial or a part of it, with `?` and `*` for what cannot be read; or an EPC in hex.
    pub text: Option<String>,
}

/// Where a page begins: after this serial's order and id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Cursor(u64, WeaponId);

impl Cursor {
    fn text(self) -> String {
        format!("{:016x}.{}", self.0, self.1)
    }

    /// A cursor that is not one begins at the beginning: a list is never refused for it.
    fn read(text: &str) -> Option<Self> {
        let (order, id) = text.split_once('.')?;
        Some(Self(u64::from_str_radix(order, 16).ok()?, id.parse().ok()?))
    }
}

/// A filter made ready for one pass.
struct Sieve {
    mask: Mask,
    articles: Vec<bool>,
    states: u32,
    disposition: Option<Disposition>,
    holder: Option<Ix>,
    text: Wanted,
}

enum Wanted {
    All,
    Nothing,
    /// These weapons: found by EPC or by exact mark.
    These(BTreeSet<Ix>),
    /// Folded keys that contain this.
    Part(String),
    /// Folded keys that this pattern covers from end to end.
    Pattern(Vec<char>),
}

impl Views {
    /// A page of the weapons asked for, as they stand now.
    #[must_use]
    pub fn list_weapons(&self, filter: &WeaponFilter, scope: &Scope, after: Option<&str>, limit: usize) -> Page<WeaponRow> {
        let (found, total, next) = self.find_page(&self.weapons.states, filter, scope, after, limit);
        let row = |ix: Ix| {
            let row = self.row_in(ix, &self.weapons.state(ix))?;
            let document = self.document_row(ix);
            Some(WeaponRow { document, last_sensed: self.sensed(row.weapon), ..row })
        };
        Page { rows: found.into_iter().filter_map(row).collect(), total, next }
    }

    /// A page of the weapons asked for, as they stood in `states` (see [`super::as_of`]).
    #[must_use]
    pub fn list_weapons_in(
        &self,
        states: &[WeaponState],
        filter: &WeaponFilter,
        scope: &Scope,
        after: Option<&str>,
        limit: usize,
    ) -> Page<WeaponRow> {
        let (found, total, next) = self.find_page(states, filter, scope, after, limit);
        let rows = found.into_iter().filter_map(|ix| self.row_in(ix, states.get(ix as usize)?));
        Page { rows: rows.collect(), total, next }
    }

    fn find_page(
        &self,
        states: &[WeaponState],
        filter: &WeaponFilter,
        scope: &Scope,
        after: Option<&str>,
        limit: usize,
    ) -> (Vec<Ix>, u64, Option<String>) {
        let limit = limit.clamp(1, PAGE_MAX);
        let after = after.and_then(Cursor::read);
        let sieve = self.sieve(filter, scope);
        let mut total = 0_u64;
        let mut heap: BinaryHeap<(Cursor, Ix)> = BinaryHeap::with_capacity(limit + 2);
        let mut take = |ix: Ix, state: &WeaponState| {
            let Some(fixed) = self.weapons.fixed.get(ix as usize) else { return };
            if !sieve.lets_through(self, fixed, ix, state) {
                return;
            }
            total += 1;
            let cursor = Cursor(fixed.order, fixed.id);
            let full = heap.len() > limit;
            if after.is_some_and(|after| cursor <= after) || (full && heap.peek().is_some_and(|top| top.0 <= cursor)) {
                return;
            }
            heap.push((cursor, ix));
            if full {
                heap.pop();
            }
        };
        match &sieve.text {
            Wanted::Nothing => {}
            Wanted::These(found) => {
                found.iter().for_each(|ix| take(*ix, states.get(*ix as usize).unwrap_or(&WeaponState::ABSENT)))
            }
            Wanted::All | Wanted::Part(_) | Wanted::Pattern(_) => (0..).zip(states).for_each(|(ix, state)| take(ix, state)),
        }
        let mut found = heap.into_sorted_vec();
        let more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| more).map(|(cursor, _)| cursor.text());
        (found.into_iter().map(|(_, ix)| ix).collect(), total, next)
    }

    /// Calls `take` for every weapon asked for, in order of number.
    pub(super) fn each_match(
        &self,
        states: &[WeaponState],
        filter: &WeaponFilter,
        scope: &Scope,
        mut take: impl FnMut(Ix, &WeaponState),
    ) {
        let sieve = self.sieve(filter, scope);
        for ((ix, state), fixed) in (0..).zip(states).zip(&self.weapons.fixed) {
            if sieve.lets_through(self, fixed, ix, state) {
                take(ix, state);
            }
        }
    }

    fn sieve(&self, filter: &WeaponFilter, scope: &Scope) -> Sieve {
        let mask = self.places.mask(scope);
        let mask = filter.place.map_or(mask.clone(), |place| self.places.mask(&Scope::place(place)).and(&mask));
        let same = |wanted: &Option<String>, ix: Ix| {
            wanted.as_ref().is_none_or(|wanted| wanted.trim().to_lowercase() == self.texts.get(ix).to_lowercase())
        };
        let fits = |article: &Article| {
            (filter.classes.is_empty() || filter.classes.contains(&article.class))
                && same(&filter.maker, article.maker)
                && same(&filter.model, article.model)
                && same(&filter.calibre, article.calibre)
        };
        let bit = |state: &State| 1_u32 << (*state as u32);
        Sieve {
            mask,
            articles: self.weapons.articles().iter().map(fits).collect(),
            states: if filter.states.is_empty() { u32::MAX } else { filter.states.iter().map(bit).fold(0, |a, b| a | b) },
            disposition: filter.disposition,
            holder: filter.holder.as_ref().map(|number| self.people.find(number).unwrap_or(NONE - 1)),
            text: filter.text.as_deref().map_or(Wanted::All, |text| self.wanted(text)),
        }
    }

    fn wanted(&self, text: &str) -> Wanted {
        let text: String = text.trim().chars().take(TEXT_MAX).collect();
        if text.is_empty() {
            return Wanted::All;
        }
        if text.contains(['?', '*']) {
            return Wanted::Pattern(pattern(&text));
        }
        let these = self.find_scanned(&text);
        let key = match_key(&text);
        match (these.is_empty(), key.is_empty()) {
            (false, _) if key.len() > 8 => Wanted::These(these), // A whole EPC, UII or long serial: nothing else is meant.
            (_, true) => Wanted::Nothing,
            (_, false) => Wanted::Part(key),
        }
    }

    /// The weapons that a scanned or keyed text names: EPC in hex, or any mark exactly as stamped.
    #[must_use]
    pub fn find_scanned(&self, text: &str) -> BTreeSet<Ix> {
        let text = text.trim();
        let mut found: BTreeSet<Ix> = self.weapons.by_text(text, &self.texts).into_iter().collect();
        match self.weapons.tag(&text.to_uppercase(), None, &self.texts) {
            TagMatch::Bound(ix) | TagMatch::OtherChip(ix) | TagMatch::Retired(ix) => {
                found.insert(ix);
            }
            TagMatch::Unknown => {}
        }
        found
    }

    /// The weapons that a scanned or keyed text may mean, for a person to choose from: those it
    /// names exactly, else those whose marks look the same. Rules use `life::gather::resolved`.
    #[must_use]
    pub fn resolve(&self, text: &str) -> Vec<WeaponId> {
        let exact = candidates(self, text);
        if !exact.is_empty() {
            return exact;
        }
        let alike = self.weapons.by_match_key(text, &self.texts).into_iter();
        alike.filter_map(|ix| self.weapons.id(ix)).collect()
    }
}

impl Sieve {
    fn lets_through(&self, views: &Views, fixed: &super::weapons::Fixed, ix: Ix, state: &WeaponState) -> bool {
        let Some(known) = state.state else { return false };
        self.states & (1_u32 << (known as u32)) != 0
            && self.mask.holds(state.place)
            && self.articles.get(fixed.article as usize).copied().unwrap_or(false)
            && self.disposition.is_none_or(|wanted| wanted == state.disposition)
            && self.holder.is_none_or(|holder| holder == state.holder)
            && match &self.text {
                Wanted::All => true,
                Wanted::Nothing => false,
                Wanted::These(found) => found.contains(&ix),
                Wanted::Part(part) => views.texts.get(fixed.key).contains(part.as_str()),
                Wanted::Pattern(pattern) => covers(pattern, views.texts.get(fixed.key)),
            }
    }
}

/// The folded key of a pattern: `?` and `*` kept, everything else folded like a serial.
fn pattern(text: &str) -> Vec<char> {
    let mut folded = Vec::new();
    for c in text.chars() {
        match c {
            '*' if folded.last() == Some(&'*') => {}
            '?' | '*' => folded.push(c),
            other => folded.extend(match_key(&other.to_string()).chars()),
        }
    }
    folded
}

/// Whether a pattern covers a text from end to end: `?` one character, `*` any number.
fn covers(pattern: &[char], text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == '?' || *c == text[t] => (p, t) = (p + 1, t + 1),
            Some(_) | None => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    (p, t) = (at + 1, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(wanted: &str, serial: &str, want: bool) {
        assert_eq!(covers(&pattern(wanted), &match_key(serial)), want, "{wanted} over {serial}");
    }

    #[test]
    fn what_cannot_be_read_is_left_open() {
        check("4188?3", "418823", true);
        check("4188?3", "41883", false);
        check("*823", "418 823", true);
        check("К?47?1", "K34791", true); // Cyrillic and Latin fold alike.
        check("*", "", true);
        check("M12*Z", "M12001z", true);
        check("M12*Y*", "M12001Z", false);
    }
}
