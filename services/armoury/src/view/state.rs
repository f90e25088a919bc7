//! The part of a weapon's record that changes, in 24 bytes, and how facts change it.
//!
//! Everything else of a weapon is shared between now and any moment before; only this is copied
//! when the armoury is shown as it was known earlier. The place stays the rack on record while
//! a weapon is out: that is where it is missed if it does not come back.

use tag_data::moment::Moment;

use super::texts::{Ix, NONE};
use crate::codes::{Disposition, State};
use crate::event::weapon::WeaponEvent;
use crate::weapon::moves::Stage;

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
    /// The state it goes back to when it is explained or let out of its batch.
    pub back: State,
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
    /// Locked in a batch and not let out by two, wherever it is.
    pub const LOCKED: u8 = 32;
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
        back: State::InStore,
        disposition: Disposition::Keep,
        flags: 0,
    };

    /// Whether a flag is set.
    #[must_use]
    pub const fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// Sets or clears a flag.
    pub(super) const fn set(&mut self, flag: u8, on: bool) {
        self.flags = if on { self.flags | flag } else { self.flags & !flag };
    }

    /// Whether it is out under a document: issued, lent, in a workshop, evidence or on the road.
    #[must_use]
    pub const fn out(&self) -> bool {
        matches!(self.state, Some(State::Issued | State::OnLoan | State::InTransit | State::InMaintenance | State::Evidence))
    }

    /// How far its life has come, as the rules see it; none before it is entered.
    #[must_use]
    pub fn stage(&self) -> Option<Stage> {
        let (provisional, locked) = (self.has(flag::PROVISIONAL), self.has(flag::LOCKED));
        self.state.map(|state| Stage { state, back: self.back, provisional, locked })
    }

    /// The state after an event. `place` and `person` are the numbers of the place and the person
    /// that the event names. Never fails: the log is what happened. What a move means is the
    /// weapon's own rule ([`Stage::after`]); an event before its entry changes nothing.
    pub fn step(&mut self, event: &WeaponEvent, at: Moment, place: Ix, person: Ix) {
        let Some(stage) = self.stage() else {
            self.enter(event, at, place);
            return;
        };
        let after = stage.after(event);
        if after.state != stage.state {
            self.since = at;
        }
        self.take(after);
        match event {
            WeaponEvent::Racked(racked) => self.stands(place, at, racked.against_book),
            WeaponEvent::Returned(returned) => self.stands(place, at, returned.against_book),
            WeaponEvent::Recovered(recovered) => self.stands(place, at, recovered.against_book),
            WeaponEvent::Restored(_) => self.stands(place, at, None),
            WeaponEvent::Explained(explained) if explained.place.is_some() => self.stands(place, at, None),
            WeaponEvent::Issued(issued) => self.goes_out(person, at, issued.against_book),
            WeaponEvent::SentElsewhere(sent) => self.goes_out(NONE, at, sent.against_book),
            WeaponEvent::Assigned(_) => self.assigned = person,
            WeaponEvent::PartRemoved(_) => self.set(flag::PART_REMOVED, true),
            WeaponEvent::DispositionDecided(decided) => self.disposition = decided.disposition,
            WeaponEvent::Registered(_)
            | WeaponEvent::MarkRecorded(_)
            | WeaponEvent::TagBound(_)
            | WeaponEvent::TagRetired(_)
            | WeaponEvent::ReceiverConfirmed(_) // Whether a document is confirmed, the columns know:
            | WeaponEvent::PartRestored(_) // And whether it was the last part.
            | WeaponEvent::Unaccounted(_)
            | WeaponEvent::Explained(_)
            | WeaponEvent::PresumedLost(_)
            | WeaponEvent::Lost(_)
            | WeaponEvent::Batched(_)
            | WeaponEvent::Unbatched(_)
            | WeaponEvent::Destroyed(_) => {}
        }
    }

    fn enter(&mut self, event: &WeaponEvent, at: Moment, place: Ix) {
        let WeaponEvent::Registered(entered) = event else { return };
        *self = Self { since: at, place, ..Self::ABSENT };
        self.take(Stage::begun(if entered.provisional { State::Provisional } else { State::InStore }));
        self.set(flag::DUPLICATE, entered.duplicate_reason.is_some());
    }

    const fn take(&mut self, stage: Stage) {
        self.state = Some(stage.state);
        self.back = stage.back;
        self.set(flag::PROVISIONAL, stage.provisional);
        self.set(flag::LOCKED, stage.locked);
    }

    fn stands(&mut self, place: Ix, at: Moment, against_book: Option<State>) {
        if self.place != place {
            self.since = at;
        }
        self.place = place;
        self.holder = NONE;
        self.set(flag::CONFIRMED, false);
        self.set(flag::AGAINST_BOOK, against_book.is_some());
    }

    const fn goes_out(&mut self, holder: Ix, at: Moment, against_book: Option<State>) {
        self.since = at;
        self.holder = holder;
        self.set(flag::CONFIRMED, false);
        self.set(flag::AGAINST_BOOK, against_book.is_some());
    }
}
