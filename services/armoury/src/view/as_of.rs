//! The book as it was known, and as it was: two questions about the past that are never mixed.
//!
//! *As we knew it* (`known_at = P`): everything recorded up to position P, P included. *As it
//! was* (`true_at = T`): of that, what is claimed to have happened up to T, each life in the order
//! of its claimed times. [`Views::fold`] answers both honestly from the facts. For the whole
//! armoury at a position, [`Feed`] keeps what changed after what, so that no log is read.

use std::collections::HashMap;
use std::sync::Arc;

use tag_data::moment::Moment;

use super::Views;
use super::state::WeaponState;
use super::texts::Ix;
use crate::event::Fact;

/// Changes between two whole copies of all states.
pub const SNAPSHOT_EVERY: usize = 1_000_000;

/// Which moment a view shows; nothing set means now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct AsOf {
    /// The last position known.
    pub known_at: Option<u64>,
    /// The last claimed time taken in.
    pub true_at: Option<Moment>,
}

impl AsOf {
    /// Whether it means now.
    #[must_use]
    pub const fn is_now(&self) -> bool {
        self.known_at.is_none() && self.true_at.is_none()
    }

    /// Whether a fact is taken in.
    #[must_use]
    pub fn holds(&self, fact: &Fact) -> bool {
        self.known_at.is_none_or(|position| fact.position <= position)
            && self.true_at.is_none_or(|moment| fact.occurred_at <= moment)
    }
}

impl Views {
    /// Fresh views of exactly these facts as of a moment. Facts come in log order.
    #[must_use]
    pub fn fold<'a>(facts: impl IntoIterator<Item = &'a Fact>, as_of: AsOf) -> Self {
        let mut views = Self::without_feed();
        let held = facts.into_iter().filter(|fact| as_of.holds(fact));
        if as_of.true_at.is_none() {
            held.for_each(|fact| views.apply(fact));
            return views;
        }
        let mut ordered: Vec<&Fact> = held.collect();
        let mut begun: HashMap<&str, Moment> = HashMap::new();
        for fact in &ordered {
            let first = begun.entry(&fact.stream).or_insert(fact.occurred_at);
            *first = (*first).min(fact.occurred_at);
        }
        // A life begins with its first event, also where later ones are claimed to be earlier: an
        // issue on paper before the ledger was taken on is still an issue of a weapon in the book.
        let claimed = |fact: &Fact| if fact.revision == 0 { begun[fact.stream.as_str()] } else { fact.occurred_at };
        ordered.sort_by_key(|fact| (claimed(fact), fact.revision != 0, fact.position));
        ordered.into_iter().for_each(|fact| views.apply(fact));
        views
    }
}

/// What changed after what: the states of all weapons at any position, without reading the log.
#[derive(Clone, Debug, Default)]
pub struct Feed {
    positions: Vec<u64>,
    weapons: Vec<Ix>,
    after: Vec<WeaponState>,
    snapshots: Vec<(usize, Arc<[WeaponState]>)>,
}

impl Feed {
    /// A weapon's state after the event at `position`.
    pub(super) fn changed(&mut self, position: u64, weapon: Ix, after: WeaponState, states: &[WeaponState]) {
        self.positions.push(position);
        self.weapons.push(weapon);
        self.after.push(after);
        if self.positions.len().is_multiple_of(SNAPSHOT_EVERY) {
            self.snapshots.push((self.positions.len(), states.into()));
        }
    }

    /// The states of all weapons as known at `position`; weapons entered later are absent.
    #[must_use]
    pub fn at(&self, position: u64, weapons: usize) -> Vec<WeaponState> {
        let until = self.positions.partition_point(|changed| *changed <= position);
        let snapshot = self.snapshots.partition_point(|(at, _)| *at <= until).checked_sub(1).map(|ix| &self.snapshots[ix]);
        let mut states = Vec::with_capacity(weapons);
        let from = snapshot.map_or(0, |(at, copy)| {
            states.extend_from_slice(copy);
            *at
        });
        states.resize(weapons, WeaponState::ABSENT);
        for (weapon, after) in self.weapons[from..until].iter().zip(&self.after[from..until]) {
            states[*weapon as usize] = *after;
        }
        states
    }

    /// Bytes held, for the memory figure.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        let copies: usize = self.snapshots.iter().map(|(_, copy)| copy.len() * size_of::<WeaponState>()).sum();
        copies + self.positions.capacity() * 8 + self.weapons.capacity() * 4 + self.after.capacity() * size_of::<WeaponState>()
    }

    /// Changes held.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.positions.len()
    }

    /// Whether nothing has changed.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.positions.is_empty()
    }
}
