//! How trails are kept: a few bytes an entry, each linked to the weapon's entry before.
//!
//! ```text
//! act      = kind, occurred (8), recorded - occurred, back, position, act, actor, place, detail
//! sighting = kind, last (8), times (4), first (8), back, position, by, place
//! ```
//! A sighting's last time and number are of fixed width, because they grow in place: sightings by
//! the same reader or way in the same place fold into one entry as long as no more than a day lies
//! between them, so that a rack read every minute does not fill the memory and no gap is hidden.

use tag_data::moment::Moment;

use super::packed::{Reader, put, put_signed};
use super::texts::{Ix, NONE, Texts, roomy};
use crate::codes::{Level, Way};
use crate::event::{Actor, Fact};

/// Sightings closer together than this fold into one entry.
const FOLD_SECONDS: i64 = 86_400;
/// Kinds from here on are sightings.
const SIGHTING: u8 = 64;
/// Kinds from here on are acts in which the weapon was seen.
const SEEN: u8 = 2;

/// What an act is evidence of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Evidence {
    /// An act on paper only.
    None,
    /// Somebody had it in hand.
    Hand,
    /// Seen, this sure, this way.
    Seen(Level, Way),
}

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Something was done or decided.
    Act(Evidence),
    /// It was sensed or sighted.
    Sighting(Level, Way),
}

/// One entry: for a sighting `until` is the last one; for an act it is when it was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub occurred: Moment,
    pub until: Moment,
    pub position: u64,
    pub act: Ix,
    pub actor: Ix,
    pub place: Ix,
    pub detail: Ix,
    pub times: u32,
    pub kind: Kind,
}

/// All trails.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trails {
    /// One past the first byte of each weapon's last entry; 0 for none.
    last: Vec<u64>,
    bytes: Vec<u8>,
    entries: u64,
}

/// What an act's entry says besides the fact itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Said<'a> {
    pub place: Ix,
    pub detail: Option<&'a str>,
    pub evidence: Evidence,
}

impl Trails {
    pub(super) fn act(&mut self, weapon: Ix, fact: &Fact, said: Said<'_>, texts: &mut Texts) {
        let act = texts.keep(fact.event.type_name());
        let actor = actor(&fact.meta.actor, texts);
        let detail = texts.keep_some(said.detail);
        let back = self.begin(weapon);
        let bytes = &mut self.bytes;
        bytes.push(kind_byte(Kind::Act(said.evidence)));
        bytes.extend_from_slice(&fact.occurred_at.micros().to_le_bytes());
        put_signed(bytes, fact.recorded_at.micros().wrapping_sub(fact.occurred_at.micros()));
        put(bytes, back);
        put(bytes, fact.position);
        [act, actor, said.place, detail].into_iter().for_each(|ix| put(bytes, u64::from(ix.wrapping_add(1))));
    }

    pub(super) fn sighting(&mut self, weapon: Ix, fact: &Fact, times: (Moment, Moment), by: Ix, place: Ix, how: (Level, Way)) {
        let (first, until) = times;
        let kind = Kind::Sighting(how.0, how.1);
        if let Some(at) = self.last_of(weapon) {
            let (entry, _) = self.read(at);
            let alike = (entry.kind, entry.actor, entry.place) == (kind, by, place);
            if alike && first >= entry.occurred && first.seconds_since(entry.until) <= FOLD_SECONDS {
                self.grow(at, entry.until.max(until), entry.times.saturating_add(1));
                return;
            }
        }
        let back = self.begin(weapon);
        let bytes = &mut self.bytes;
        bytes.push(kind_byte(kind));
        bytes.extend_from_slice(&until.micros().to_le_bytes());
        bytes.extend_from_slice(&1_u32.to_le_bytes());
        bytes.extend_from_slice(&first.micros().to_le_bytes());
        put(bytes, back);
        put(bytes, fact.position);
        [by, place].into_iter().for_each(|ix| put(bytes, u64::from(ix.wrapping_add(1))));
    }

    /// Makes room for an entry and links it: how far back the weapon's entry before begins; 0 for none.
    fn begin(&mut self, weapon: Ix) -> u64 {
        while self.last.len() <= weapon as usize {
            roomy(&mut self.last, 0);
        }
        if self.bytes.capacity() - self.bytes.len() < 80 {
            self.bytes.reserve_exact(self.bytes.len() / 16 + 4096);
        }
        let here = self.bytes.len() as u64;
        let before = std::mem::replace(&mut self.last[weapon as usize], here + 1);
        self.entries += 1;
        before.checked_sub(1).map_or(0, |before| here - before)
    }

    fn grow(&mut self, at: usize, until: Moment, times: u32) {
        if let Some(fixed) = self.bytes.get_mut(at + 1..at + 13) {
            fixed[..8].copy_from_slice(&until.micros().to_le_bytes());
            fixed[8..].copy_from_slice(&times.to_le_bytes());
        }
    }

    fn last_of(&self, weapon: Ix) -> Option<usize> {
        let last = self.last.get(weapon as usize)?.checked_sub(1)?;
        usize::try_from(last).ok()
    }

    /// The entry at a place and how far back the one before it begins.
    fn read(&self, at: usize) -> (Entry, u64) {
        let mut reader = Reader::new(&self.bytes, at);
        let kind = kind_of(reader.byte());
        let moment = |reader: &mut Reader<'_>| Moment::from_micros(i64::from_le_bytes(reader.eight()));
        let kept = |reader: &mut Reader<'_>| u32::try_from(reader.number()).unwrap_or(0).wrapping_sub(1);
        match kind {
            Kind::Act(_) => {
                let occurred = moment(&mut reader);
                let until = Moment::from_micros(occurred.micros().wrapping_add(reader.signed()));
                let (back, position) = (reader.number(), reader.number());
                let [act, actor, place, detail] = std::array::from_fn(|_| kept(&mut reader));
                (Entry { occurred, until, position, act, actor, place, detail, times: 1, kind }, back)
            }
            Kind::Sighting(..) => {
                let until = moment(&mut reader);
                let times = u32::from_le_bytes(std::array::from_fn(|_| reader.byte()));
                let occurred = moment(&mut reader);
                let (back, position) = (reader.number(), reader.number());
                let [actor, place] = std::array::from_fn(|_| kept(&mut reader));
                (Entry { occurred, until, position, act: NONE, actor, place, detail: NONE, times, kind }, back)
            }
        }
    }

    /// A weapon's entries by claimed time.
    pub(super) fn of(&self, weapon: Ix) -> Vec<Entry> {
        let mut entries = Vec::new();
        let mut next = self.last_of(weapon);
        while let Some(at) = next {
            let (entry, back) = self.read(at);
            entries.push(entry);
            next = usize::try_from(back).ok().filter(|back| *back != 0).and_then(|back| at.checked_sub(back));
        }
        entries.sort_by_key(|entry| (entry.occurred, entry.position));
        entries
    }

    /// Entries held.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.entries
    }

    /// Whether nothing has happened to any weapon.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.entries == 0
    }

    /// Bytes held, for the memory figure.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        self.bytes.capacity() + self.last.capacity() * 8
    }
}

const fn kind_byte(kind: Kind) -> u8 {
    match kind {
        Kind::Act(Evidence::None) => 0,
        Kind::Act(Evidence::Hand) => 1,
        Kind::Act(Evidence::Seen(level, way)) => SEEN + level as u8 * 8 + way as u8,
        Kind::Sighting(level, way) => SIGHTING + level as u8 * 8 + way as u8,
    }
}

fn kind_of(byte: u8) -> Kind {
    let level = |code: u8| Level::ALL.get(usize::from(code / 8)).copied().unwrap_or(Level::Tag);
    let way = |code: u8| Way::ALL.get(usize::from(code % 8)).copied().unwrap_or(Way::Rfid);
    match byte {
        0 => Kind::Act(Evidence::None),
        1 => Kind::Act(Evidence::Hand),
        SIGHTING.. => Kind::Sighting(level(byte - SIGHTING), way(byte - SIGHTING)),
        _ => Kind::Act(Evidence::Seen(level(byte - SEEN), way(byte - SEEN))),
    }
}

fn actor(actor: &Actor, texts: &mut Texts) -> Ix {
    match actor {
        Actor::Person { service_number, .. } => texts.keep(service_number.as_str()),
        Actor::Gateway { key } => texts.keep(&format!("gateway {key}")),
        Actor::Book { rule } => texts.keep(&format!("book {rule}")),
    }
}

/// Kind and name of a kept actor; a service number never holds a space.
pub(super) fn actor_of(kept: &str) -> (String, String) {
    let (kind, name) = kept.split_once(' ').unwrap_or(("person", kept));
    (kind.to_owned(), name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_byte() {
        let hows = || Level::ALL.iter().flat_map(|level| Way::ALL.iter().map(|way| (*level, *way)));
        let seen = hows().map(|(level, way)| Kind::Act(Evidence::Seen(level, way)));
        let sightings = hows().map(|(level, way)| Kind::Sighting(level, way));
        for kind in [Kind::Act(Evidence::None), Kind::Act(Evidence::Hand)].into_iter().chain(seen).chain(sightings) {
            assert_eq!(kind_of(kind_byte(kind)), kind);
        }
    }
}
