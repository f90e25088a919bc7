//! The part of a weapon's record that changes, in 24 bytes, and how facts change it.
//!
//! Everything else of a weapon is shared between now and any moment before; only this is copied
//! when the armoury is shown as it was known earlier. The place stays the rack on record while
//! a weapon is out: that is where it is missed if it does not come back.

use tag_data::moment::Moment;

use super::texts::{Ix, NONE};
use crate::codes::{Disposition, ElsewhereKind, State};
use crate::event::weapon::WeaponEvent;

/// What of a weapon changes. Numbers as kept by [`super::Places`] and [`super::People`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WeaponState {
    /// Since when it is in this state and place, as claimed.
    pub since: Moment,
    /// The place on record, or [`NONE`].
    pub place: Ix,
    /// The person who holds it, or [`NONE`].
    pub holder: Ix,
    /// The person it is assigned to for the long term, or [`NONE`].
    pub assigned: Ix,
    /// Where it stands in its life; none before it is entered.
    pub state: Option<State>,
    /// The state before it became unaccounted or was batched.
    pub before: Option<State>,
    /// What is to become of it.
    pub disposition: Disposition,
    /// Bits of [`flag`].
    pub flags: u8,
}

/// Bits of [`WeaponState::flags`].
pub mod flag {
    /// Taken in before it could be identified.
    pub const PROVISIONAL: u8 = 1;
    /// A part is removed.
    pub const PART_REMOVED: u8 = 2;
    /// The document that took it out is confirmed by somebody else.
    pub const CONFIRMED: u8 = 4;
    /// Its last custody act went against what the book said.
    pub const AGAINST_BOOK: u8 = 8;
    /// Its identity stood in the book already when it was entered.
    pub const DUPLICATE: u8 = 16;
}

const _: () = assert!(size_of::<WeaponState>() <= 32, "copied for a million weapons at once");

impl Default for WeaponState {
    fn default() -> Self {
        Self::ABSENT
    }
}

impl WeaponState {
    /// Not in the book.
    pub const ABSENT: Self = Self {
        since: Moment::from_micros(0),
        place: NONE,
        holder: NONE,
        assigned: NONE,
        state: None,
        before: None,
        disposition: Disposition::Keep,
        flags: 0,
    };

    /// Whether a flag is set.
    #[must_use]
    pub const fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    fn set(&mut self, flag: u8, on: bool) {
        self.flags = if on { self.flags | flag } else { self.flags & !flag };
    }

    /// Whether the record has ended: nothing of it is expected anywhere any more.
    #[must_use]
    pub const fn ended(&self) -> bool {
        matches!(
            self.state,
            None | Some(
                State::Destroyed
                    | State::DestroyedInIncident
                    | State::Deactivated
                    | State::TransferredOut
                    | State::Repatriated
                    | State::Merged
            )
        )
    }

    /// Whether it is out under a document: issued, lent, in a workshop, evidence or on the road.
    #[must_use]
    pub const fn out(&self) -> bool {
        matches!(self.state, Some(State::Issued | State::OnLoan | State::InTransit | State::InMaintenance | State::Evidence))
    }

    fn go(&mut self, state: State, at: Moment) {
        self.state = Some(state);
        self.since = at;
    }

    fn put(&mut self, state: State, place: Ix, at: Moment, against_book: Option<State>) {
        self.go(state, at);
        self.place = place;
        self.holder = NONE;
        self.set(flag::CONFIRMED, false);
        self.set(flag::AGAINST_BOOK, against_book.is_some());
    }

    /// The state after an event. `place` and `person` are the numbers of the place and the person
    /// that the event names. Never fails: the log is what happened.
    pub fn step(&mut self, event: &WeaponEvent, at: Moment, place: Ix, person: Ix) {
        match event {
            WeaponEvent::Registered(entered) => {
                *self = Self::ABSENT;
                self.put(if entered.provisional { State::Provisional } else { State::InStore }, place, at, None);
                self.set(flag::PROVISIONAL, entered.provisional);
                self.set(flag::DUPLICATE, entered.duplicate_reason.is_some());
            }
            WeaponEvent::Racked(racked) => self.put(self.back(), place, at, racked.against_book),
            WeaponEvent::Returned(returned) => self.put(self.back(), place, at, returned.against_book),
            WeaponEvent::Issued(issued) => {
                self.go(State::Issued, at);
                self.holder = person;
                self.set(flag::CONFIRMED, issued.acknowledgement == crate::codes::Acknowledgement::Pin);
                self.set(flag::AGAINST_BOOK, issued.against_book.is_some());
            }
            WeaponEvent::SentElsewhere(sent) => {
                self.go(elsewhere(sent.kind), at);
                self.holder = NONE;
                self.set(flag::CONFIRMED, false);
                self.set(flag::AGAINST_BOOK, sent.against_book.is_some());
            }
            WeaponEvent::ReceiverConfirmed(_) => self.set(flag::CONFIRMED, true),
            WeaponEvent::Assigned(_) => self.assigned = person,
            WeaponEvent::PartRemoved(_) => self.set(flag::PART_REMOVED, true),
            WeaponEvent::PartRestored(_) => self.set(flag::PART_REMOVED, false),
            WeaponEvent::DispositionDecided(decided) => self.disposition = decided.disposition,
            WeaponEvent::Unaccounted(_) => {
                self.before = self.state;
                self.go(State::Unaccounted, at);
            }
            WeaponEvent::Explained(explained) => {
                let back = self.before.take().unwrap_or(State::InStore);
                if explained.place.is_some() { self.put(State::InStore, place, at, None) } else { self.go(back, at) }
            }
            WeaponEvent::PresumedLost(_) => self.go(State::PresumedLost, at),
            WeaponEvent::Lost(_) => self.go(State::Lost, at),
            WeaponEvent::Recovered(_) => self.put(State::RecoveredHeld, place, at, None),
            WeaponEvent::Restored(_) => self.put(State::InStore, place, at, None),
            WeaponEvent::Batched(_) => {
                self.before = self.state;
                self.go(State::Batched, at);
            }
            WeaponEvent::Unbatched(_) => self.go(State::InStore, at),
            WeaponEvent::Destroyed(_) => self.go(State::Destroyed, at),
            WeaponEvent::MarkRecorded(_) | WeaponEvent::TagBound(_) | WeaponEvent::TagRetired(_) => {}
        }
    }

    /// What a weapon becomes that is put into a rack: what was lost or gone is held for
    /// examination first, what is provisional stays so.
    fn back(&self) -> State {
        match self.state {
            Some(
                State::Lost
                | State::PresumedLost
                | State::RecoveredHeld
                | State::Destroyed
                | State::DestroyedInIncident
                | State::Deactivated
                | State::TransferredOut
                | State::Repatriated
                | State::Merged,
            ) => State::RecoveredHeld,
            Some(State::Provisional) => State::Provisional,
            Some(
                State::InStore
                | State::Issued
                | State::OnLoan
                | State::InTransit
                | State::InMaintenance
                | State::Evidence
                | State::Unaccounted
                | State::Batched,
            )
            | None => State::InStore,
        }
    }
}

const fn elsewhere(kind: ElsewhereKind) -> State {
    match kind {
        ElsewhereKind::Loan => State::OnLoan,
        ElsewhereKind::Maintenance => State::InMaintenance,
        ElsewhereKind::Evidence => State::Evidence,
        ElsewhereKind::Transit => State::InTransit,
    }
}
