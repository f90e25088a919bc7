//! Who counts blind is shown no list of what should be there: not by the count, and by no other way.
//!
//! While a blind count is open its counters are refused the lists, weapons, cases, batches, other
//! counts and events of that place, of today and of every past. They still issue, take in and count;
//! whoever does not count may watch. What somebody wrote down before cannot be taken from him.

use armoury::ids::{PlaceId, ServiceNumber};
use armoury::rights::Act;
use armoury::view::Views;

/// The rights whose lists are closed.
pub const LISTS: &[Act] = &[Act::ReadStock, Act::ReadLosses, Act::ReadDestruction, Act::ReadTracing, Act::ReadLog];

/// What somebody is told who counts blind.
pub const SENTENCE: &str =
    "You are counting blind here: what should be there is shown when the count is closed. Ask for another place.";

/// The places that this person counts blind now.
#[must_use]
pub fn counted_by(views: &Views, person: &ServiceNumber) -> Vec<PlaceId> {
    let mine = views.counts.all().into_iter().filter(|count| count.veiled() && count.row().counters.contains(person));
    mine.map(|count| count.row().place).collect()
}

/// Whether a place is one of these, in one of them, or has one of them in it.
#[must_use]
pub fn touches(views: &Views, place: PlaceId, blind: &[PlaceId]) -> bool {
    blind.iter().any(|one| *one == place || views.places.chain(place).contains(one) || views.places.chain(*one).contains(&place))
}
