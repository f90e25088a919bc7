//! Losses of an older book: a world does not begin with every weapon in its rack.
//!
//! A weapon was declared lost before the first day; the case stands, or the weapon is back and held.
//! Once it was taken in by an older program that did not book it as recovered: it lies in its rack,
//! and the loss stands until somebody recovers it, whatever the program of today would have done.

use armoury::codes::{LossCause, State};
use armoury::event::Event;
use armoury::event::case::{self, CaseEvent};
use armoury::event::weapon::{self, WeaponEvent};
use armoury::ids::{CaseId, PlaceId, WeaponId};

use crate::arms::Truth;
use crate::dice::Dice;

/// How a loss of an older book stands.
#[derive(Clone, Copy, Debug)]
pub enum Loss {
    /// Presumed by a person.
    Presumed,
    /// Declared.
    Declared,
    /// Declared, and then taken in as if nothing had been.
    TakenIn,
    /// Declared, and then recovered.
    Recovered,
}

impl Loss {
    /// One in some worlds, none in others.
    pub fn thrown(dice: &mut Dice) -> Option<Self> {
        let losses = [Self::Presumed, Self::Declared, Self::TakenIn, Self::Recovered];
        dice.percent(60).then(|| losses[dice.below(4)])
    }

    /// Where the weapon truly is then.
    pub const fn truth(self, at: usize, rack: PlaceId) -> Truth {
        match self {
            Self::Presumed | Self::Declared => Truth::Stolen,
            Self::TakenIn | Self::Recovered => Truth::Stands(at, rack),
        }
    }

    /// What the case's life says.
    pub fn of_case(self, case: CaseId, weapon: WeaponId, place: PlaceId) -> Vec<Event> {
        let words = || "of the older book".to_owned();
        let mut events = vec![CaseEvent::Opened(case::Opened { case, weapon, place, count: None, circumstances: Some(words()) })];
        if let Self::Presumed = self {
            events.push(CaseEvent::PresumedLost(case::PresumedLost { because: words() }));
        } else {
            let (cause, circumstances) = (LossCause::Unexplained, words());
            events.push(CaseEvent::LossDeclared(case::LossDeclared { cause, circumstances, last_seen: None }));
        }
        if let Self::Recovered = self {
            events.push(CaseEvent::Recovered(case::Recovered { place, circumstances: words() }));
        }
        events.into_iter().map(Event::from).collect()
    }

    /// What the weapon's life says after its entry.
    pub fn of_weapon(self, case: CaseId, place: PlaceId) -> Vec<Event> {
        let mut events = vec![WeaponEvent::Unaccounted(weapon::Unaccounted { case, count: None })];
        match self {
            Self::Presumed => events.push(WeaponEvent::PresumedLost(weapon::PresumedLost { case })),
            Self::Declared | Self::TakenIn | Self::Recovered => {
                events.push(WeaponEvent::Lost(weapon::Lost { case, cause: LossCause::Unexplained }));
            }
        }
        match self {
            Self::TakenIn => {
                let against_book = Some(State::Lost);
                events.push(WeaponEvent::Returned(weapon::Returned { from: None, place, against_book }));
            }
            Self::Recovered => {
                events.push(WeaponEvent::Recovered(weapon::Recovered { case: Some(case), place, against_book: None }));
            }
            Self::Presumed | Self::Declared => {}
        }
        events.into_iter().map(Event::from).collect()
    }
}
