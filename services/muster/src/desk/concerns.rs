//! Which places an event concerns, and which audience: what the live feed is cut by.

use armoury::codes::Audience;
use armoury::event::alert::AlertEvent;
use armoury::event::case::CaseEvent;
use armoury::event::count::CountEvent;
use armoury::event::gateway::GatewayEvent;
use armoury::event::weapon::WeaponEvent;
use armoury::event::{Event, Fact};
use armoury::ids::{PlaceId, WeaponId};
use armoury::view::Views;

/// The places concerned (none = shown to those who see everywhere), and an alert's audience.
/// `stood`: where the weapon of a weapon's event stood just before and just after it, whatever
/// became of it since; a move is told in both places.
#[must_use]
pub fn concerns(views: &Views, fact: &Fact, stood: impl IntoIterator<Item = PlaceId>) -> (Vec<PlaceId>, Option<Audience>) {
    let mut audience = None;
    let mut places: Vec<PlaceId> = match &fact.event {
        Event::Weapon(event) => named(event).into_iter().chain(stood).collect(),
        Event::Place(_) => subject(&fact.stream).into_iter().collect(),
        Event::Person(_) => Vec::new(),
        Event::Count(CountEvent::ItemCounted(item)) => vec![item.place],
        Event::Count(_) => subject(&fact.stream).and_then(|id| count_place(views, id)).into_iter().collect(),
        Event::Case(CaseEvent::Opened(opened)) => vec![opened.place],
        Event::Case(_) => subject(&fact.stream).and_then(|id| case_place(views, id)).into_iter().collect(),
        Event::Batch(_) => subject(&fact.stream).and_then(|id| batch_place(views, id)).into_iter().collect(),
        Event::Gateway(GatewayEvent::Observed(heard)) => heard.place.parse().into_iter().collect(),
        Event::Gateway(GatewayEvent::ReaderHeard(heard)) => heard.place.parse().into_iter().collect(),
        Event::Gateway(_) => Vec::new(),
        Event::Alert(event) => {
            let key = fact.stream.strip_prefix("alert-").unwrap_or_default();
            let row = views.alerts.get(key);
            audience = match event {
                AlertEvent::Raised(raised) => Some(raised.audience),
                AlertEvent::Acknowledged(_) | AlertEvent::Resolved(_) => row.map(|row| row.audience),
            };
            row.and_then(|row| row.place).into_iter().collect()
        }
    };
    places.sort_unstable();
    places.dedup();
    (places, audience)
}

fn named(event: &WeaponEvent) -> Option<PlaceId> {
    match event {
        WeaponEvent::Registered(e) => Some(e.place),
        WeaponEvent::Racked(e) => Some(e.place),
        WeaponEvent::Returned(e) => Some(e.place),
        WeaponEvent::Recovered(e) => Some(e.place),
        WeaponEvent::Restored(e) => Some(e.place),
        WeaponEvent::Explained(e) => e.place,
        _ => None,
    }
}

/// The id in a stream's name, `<life>-<id>@<node>`.
pub fn subject<T: std::str::FromStr>(stream: &str) -> Option<T> {
    stream.split_once('-')?.1.split('@').next()?.parse().ok()
}

/// Where the weapon of this stream stands by these views; nothing for other streams.
#[must_use]
pub fn stands(views: &Views, stream: &str) -> Option<PlaceId> {
    stream.starts_with("weapon-").then(|| subject(stream))?.and_then(|id| weapon_place(views, id))
}

/// The place on record of a weapon.
pub fn weapon_place(views: &Views, weapon: WeaponId) -> Option<PlaceId> {
    let ix = views.weapons.find(weapon)?;
    views.places.id(views.weapons.state(ix).place)
}

/// The place of a count.
pub fn count_place(views: &Views, count: armoury::ids::CountId) -> Option<PlaceId> {
    views.counts.get(count).map(|count| count.row().place)
}

/// The place from which a case's weapon was missed.
pub fn case_place(views: &Views, case: armoury::ids::CaseId) -> Option<PlaceId> {
    views.cases.get(case, views.recorded_at).map(|row| row.place)
}

/// The place of a batch.
pub fn batch_place(views: &Views, batch: armoury::ids::BatchId) -> Option<PlaceId> {
    views.destruction.get(batch).map(|row| row.place)
}
