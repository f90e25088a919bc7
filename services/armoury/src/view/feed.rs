//! What changed after what: the states of all weapons at any position, without reading the log.
//!
//! Each change is a few bytes: how far on in the log, which weapon, what of its state and to what.
//! Now and then stands a whole copy of all states; a moment is the copy before it and the changes
//! since. Equal to a fresh fold by construction: what is kept is the fold's own states.

use std::sync::Arc;

use tag_data::moment::Moment;

use super::packed::{Reader, put, put_signed};
use super::state::WeaponState;
use super::texts::{Ix, NONE};
use crate::codes::{Disposition, State};

/// Changes between two whole copies of all states: decoding them takes some ten milliseconds.
pub const COPY_EVERY: u64 = 2_000_000;

/// The changes of all weapons' states, in log order.
#[derive(Clone, Debug)]
pub struct Feed {
    copy_every: u64,
    bytes: Vec<u8>,
    changes: u64,
    last: Mark,
    copies: Vec<(Mark, Arc<[WeaponState]>)>,
}

/// How far the changes are written or read: differences count from here.
#[derive(Clone, Copy, Debug, Default)]
struct Mark {
    at: usize,
    position: u64,
    weapon: Ix,
    since: i64,
}

/// Bits of what changed.
mod part {
    pub const SINCE: u8 = 1;
    pub const PLACE: u8 = 2;
    pub const HOLDER: u8 = 4;
    pub const ASSIGNED: u8 = 8;
    pub const STATE: u8 = 16;
    pub const BACK: u8 = 32;
    pub const DISPOSITION: u8 = 64;
    pub const FLAGS: u8 = 128;
}

impl Default for Feed {
    fn default() -> Self {
        Self::copying_every(COPY_EVERY)
    }
}

impl Feed {
    /// An empty feed with a whole copy of all states after every so many changes (at least 1).
    #[must_use]
    pub fn copying_every(changes: u64) -> Self {
        let copy_every = changes.max(1);
        Self { copy_every, bytes: Vec::new(), changes: 0, last: Mark::default(), copies: Vec::new() }
    }

    /// A weapon's state before and after the event at `position`; `states` are all states now.
    pub(super) fn changed(
        &mut self,
        position: u64,
        weapon: Ix,
        (before, after): (&WeaponState, &WeaponState),
        states: &[WeaponState],
    ) {
        if self.bytes.capacity() - self.bytes.len() < 64 {
            self.bytes.reserve_exact(self.bytes.len() / 16 + 4096);
        }
        put(&mut self.bytes, position.saturating_sub(self.last.position));
        put_signed(&mut self.bytes, i64::from(weapon) - i64::from(self.last.weapon));
        self.put_state(before, after);
        self.last = Mark { at: self.bytes.len(), position, weapon, since: self.last.since };
        self.changes += 1;
        if self.changes.is_multiple_of(self.copy_every) {
            self.copies.push((self.last, states.into()));
        }
    }

    fn put_state(&mut self, before: &WeaponState, after: &WeaponState) {
        let parts = parts(before, after);
        let bytes = &mut self.bytes;
        bytes.push(parts);
        if parts & part::SINCE != 0 {
            put_signed(bytes, after.since.micros().wrapping_sub(self.last.since));
            self.last.since = after.since.micros();
        }
        for (bit, ix) in [(part::PLACE, after.place), (part::HOLDER, after.holder), (part::ASSIGNED, after.assigned)] {
            if parts & bit != 0 {
                put(bytes, u64::from(ix.wrapping_add(1))); // NONE is 0: one byte.
            }
        }
        if parts & part::STATE != 0 {
            bytes.push(after.state.map_or(0, |state| state as u8 + 1));
        }
        if parts & part::BACK != 0 {
            bytes.push(after.back as u8);
        }
        if parts & part::DISPOSITION != 0 {
            bytes.push(after.disposition as u8);
        }
        if parts & part::FLAGS != 0 {
            bytes.push(after.flags);
        }
    }

    /// The states of all weapons as known at `position`; weapons entered later are absent.
    #[must_use]
    pub fn at(&self, position: u64, weapons: usize) -> Vec<WeaponState> {
        let before = self.copies.partition_point(|(mark, _)| mark.position <= position);
        let copy = before.checked_sub(1).map(|ix| &self.copies[ix]);
        let mut mark = copy.map_or_else(Mark::default, |(mark, _)| *mark);
        let mut states = Vec::with_capacity(weapons);
        states.extend_from_slice(copy.map_or(&[], |(_, states)| states));
        states.resize(weapons.max(states.len()), WeaponState::ABSENT);
        let mut reader = Reader::new(&self.bytes, mark.at);
        while !reader.done() {
            mark.position += reader.number();
            if mark.position > position {
                break;
            }
            mark.weapon = u32::try_from(i64::from(mark.weapon) + reader.signed()).unwrap_or(NONE);
            let Some(state) = states.get_mut(mark.weapon as usize) else { break };
            take_state(&mut reader, state, &mut mark.since);
        }
        states
    }

    /// Bytes held, for the memory figure.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        let copies: usize = self.copies.iter().map(|(_, copy)| size_of_val::<[WeaponState]>(copy)).sum();
        copies + self.bytes.capacity()
    }

    /// Changes held.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.changes
    }

    /// Whether nothing has changed.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.changes == 0
    }
}

fn parts(before: &WeaponState, after: &WeaponState) -> u8 {
    let changed = |bit: u8, differs: bool| if differs { bit } else { 0 };
    changed(part::SINCE, before.since != after.since)
        | changed(part::PLACE, before.place != after.place)
        | changed(part::HOLDER, before.holder != after.holder)
        | changed(part::ASSIGNED, before.assigned != after.assigned)
        | changed(part::STATE, before.state != after.state)
        | changed(part::BACK, before.back != after.back)
        | changed(part::DISPOSITION, before.disposition != after.disposition)
        | changed(part::FLAGS, before.flags != after.flags)
}

fn take_state(reader: &mut Reader<'_>, state: &mut WeaponState, since: &mut i64) {
    let parts = reader.byte();
    if parts & part::SINCE != 0 {
        *since = since.wrapping_add(reader.signed());
        state.since = Moment::from_micros(*since);
    }
    for (bit, ix) in [(part::PLACE, &mut state.place), (part::HOLDER, &mut state.holder), (part::ASSIGNED, &mut state.assigned)] {
        if parts & bit != 0 {
            *ix = u32::try_from(reader.number()).unwrap_or(0).wrapping_sub(1);
        }
    }
    if parts & part::STATE != 0 {
        state.state = usize::from(reader.byte()).checked_sub(1).and_then(|ix| State::ALL.get(ix).copied());
    }
    if parts & part::BACK != 0 {
        state.back = State::ALL.get(usize::from(reader.byte())).copied().unwrap_or(State::InStore);
    }
    if parts & part::DISPOSITION != 0 {
        state.disposition = Disposition::ALL.get(usize::from(reader.byte())).copied().unwrap_or(Disposition::Keep);
    }
    if parts & part::FLAGS != 0 {
        state.flags = reader.byte();
    }
}
