//! The book as it was known, and as it was: two questions about the past that are never mixed.
//!
//! *As we knew it* (`known_at = P`): everything recorded up to position P, P included. *As it
//! was* (`true_at = T`): of that, what is claimed to have happened up to T, each life in the order
//! of its claimed times. [`Views::fold`] answers both honestly from the facts. For the whole
//! armoury at a position, [`super::Feed`] keeps what changed after what, so that no log is read.

use std::collections::HashMap;

use tag_data::moment::Moment;

use super::Views;
use crate::event::Fact;

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
