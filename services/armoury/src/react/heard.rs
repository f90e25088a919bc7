//! What follows from an observation: an item in the counts open at its place, and alerts where it
//! contradicts the book.
//!
//! A scan never changes custody and is never refused. A thousand scans raise one alert, because an
//! alert's cause is the loss, the issue or the binding, never the scan. What a gateway heard
//! before the loss and delivers after it contradicts nothing.

use tag_data::moment::Moment;
use tag_data::scan::{Carrier, Observation};

use super::{Found, Reaction, raise};
use crate::codes::{Audience, PlaceKind, Rule, State, Way};
use crate::command::count::CountItem;
use crate::command::{Command, CountCommand};
use crate::event::Fact;
use crate::ids::{CountId, EventId, PlaceId, WeaponId};
use crate::life::gather;
use crate::view::Views;
use crate::view::lookup::TagMatch;

/// No gateway's clock is honest before this: such a time is no reason to keep an alert back.
const FIRST_HONEST_TIME: Moment = Moment::from_micros(1_577_836_800_000_000); // 2020-01-01T00:00:00Z

/// What an observation stands for.
enum Meaning {
    /// This weapon.
    Weapon(WeaponId),
    /// A weapon's EPC on another chip: perhaps a copied tag.
    OtherChip(WeaponId),
    /// A tag that was taken off this weapon.
    Retired(WeaponId),
    /// More than one weapon has a mark like this.
    Namesakes,
    /// Nothing in the book.
    Unknown,
}

pub(super) fn observed(views: &Views, fact: &Fact, heard: &Observation) -> Vec<Reaction> {
    let way = match heard.kind {
        Carrier::Epc => Way::Rfid,
        Carrier::Barcode => Way::Barcode,
        Carrier::Badge => return Vec::new(),
    };
    let Some(seen) = heard.epc.clone().or_else(|| heard.text.clone()) else { return Vec::new() };
    let place = heard.place.parse().ok().filter(|place| views.places.find(*place).is_some());
    let meaning = meaning(views, heard);
    let mut reactions = Vec::new();
    if let Some(place) = place {
        let weapon = if let Meaning::Weapon(weapon) = meaning { Some(weapon) } else { None };
        let item = CountItem { weapon, seen: seen.clone(), way, level: None, place };
        let counts = views.counts.open_in(place).into_iter().filter(|count| new_in(views, *count, &item, heard));
        reactions.extend(counts.map(|count| Reaction {
            command: Command::Count(count, CountCommand::CountItem(item.clone())),
            cause: fact.id,
            rule: "heard-in-count",
        }));
    }
    reactions.extend(alert(views, fact, heard, &meaning, &seen, place));
    reactions
}

fn meaning(views: &Views, heard: &Observation) -> Meaning {
    let id = |ix| views.weapons.id(ix);
    if let Some(epc) = &heard.epc {
        let found = match views.weapons.tag(epc, heard.tid.as_deref(), &views.texts) {
            TagMatch::Bound(ix) => id(ix).map(Meaning::Weapon),
            TagMatch::OtherChip(ix) => id(ix).map(Meaning::OtherChip),
            TagMatch::Retired(ix) => id(ix).map(Meaning::Retired),
            TagMatch::Unknown => None,
        };
        return found.unwrap_or(Meaning::Unknown);
    }
    match gather::candidates(views, heard.text.as_deref().unwrap_or_default()).as_slice() {
        [] => Meaning::Unknown,
        [only] => Meaning::Weapon(*only),
        _ => Meaning::Namesakes,
    }
}

/// Whether an open count has yet to hear this; what was heard before it opened is not its.
fn new_in(views: &Views, count: CountId, item: &CountItem, heard: &Observation) -> bool {
    let Some(count) = views.counts.get(count) else { return false };
    let by_reader = |way: Way, by_person: bool| way == item.way && !by_person;
    let known = match item.weapon {
        Some(weapon) => count.sightings_of(weapon).any(|scan| by_reader(scan.way, scan.by.is_some())),
        None => count.scans().iter().any(|scan| scan.seen == item.seen && by_reader(scan.way, scan.by.is_some())),
    };
    !known && !before(heard.last, count.row().opened_at)
}

/// Whether something was heard before a moment, as far as the gateway's clock can be believed.
fn before(heard: Moment, moment: Moment) -> bool {
    heard >= FIRST_HONEST_TIME && heard < moment
}

fn alert(
    views: &Views,
    fact: &Fact,
    heard: &Observation,
    meaning: &Meaning,
    seen: &str,
    place: Option<PlaceId>,
) -> Option<Reaction> {
    let found = |rule, audience, weapon| Found { weapon, place, tag: Some(seen.to_owned()), ..Found::by(rule, audience) };
    match meaning {
        Meaning::Weapon(weapon) => of_weapon(views, fact, heard, *weapon, found),
        Meaning::Retired(weapon) => {
            let worse = of_weapon(views, fact, heard, *weapon, found);
            worse.or_else(|| raise(views, fact, found(Rule::R6, Audience::Place, Some(*weapon)), seen, None))
        }
        Meaning::OtherChip(weapon) => {
            let chips = format!("{seen} {}", heard.tid.as_deref().unwrap_or_default());
            raise(views, fact, found(Rule::R5, Audience::Above, Some(*weapon)), &chips, None)
        }
        // A place of the book, a tag never bound, and not one of a flood that somebody sends.
        Meaning::Unknown if views.presence.strangers_dropped() == 0 => {
            let place = place?;
            raise(views, fact, found(Rule::R10, Audience::Place, None), &place.to_string(), None)
        }
        Meaning::Unknown | Meaning::Namesakes => None,
    }
}

/// A read of a weapon that is destroyed, lost, or issued to somebody.
fn of_weapon(
    views: &Views,
    fact: &Fact,
    heard: &Observation,
    weapon: WeaponId,
    found: impl Fn(Rule, Audience, Option<WeaponId>) -> Found,
) -> Option<Reaction> {
    let state = views.weapons.state(views.weapons.find(weapon)?);
    let (rule, audience, cause, since, because): (_, _, String, _, Option<EventId>) = match state.state? {
        State::Destroyed | State::DestroyedInIncident => (Rule::R1, Audience::Above, String::new(), state.since, None),
        State::PresumedLost | State::Lost => {
            let case = views.cases.of_weapon(weapon).next_back()?;
            (Rule::R2, Audience::Above, case.case.to_string(), case.discovered_at, None)
        }
        State::Issued => {
            let place = found(Rule::R7, Audience::Place, None).place?;
            let kind = views.places.row(place)?.kind;
            if !matches!(kind, Some(PlaceKind::Rack | PlaceKind::Container)) {
                return None; // The reader at the door hears every weapon that goes out.
            }
            let document = views.standing(weapon)?.document?.event;
            (Rule::R7, Audience::Place, document.to_string(), state.since, Some(document))
        }
        _ => return None,
    };
    // For an issue the observation must have begun after it: one that lasted over it is the weapon leaving.
    let at = if rule == Rule::R7 { heard.first } else { heard.last };
    if before(at, since) {
        return None;
    }
    raise(views, fact, found(rule, audience, Some(weapon)), &cause, because)
}
