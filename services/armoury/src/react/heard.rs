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
use crate::view::lookup::TagMatch;
use crate::view::{ScanRow, Views};

/// No gateway's clock is honest before this: such a time is no reason to keep an alert back.
const FIRST_HONEST_TIME: Moment = Moment::from_micros(1_577_836_800_000_000); // 2020-01-01T00:00:00Z

/// How far a gateway's clock may be off, in seconds, before it makes a difference here.
const SLACK: i64 = 120;

/// What an observation stands for.
enum Meaning {
    /// This weapon.
    Weapon(WeaponId),
    /// A weapon's EPC on another chip: perhaps a copied tag.
    OtherChip(WeaponId),
    /// A tag that was taken off this weapon.
    Retired(WeaponId),
    /// More than one weapon has a mark like this, or the tag was not this weapon's then.
    Nobody,
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
        let (ix, means): (_, fn(WeaponId) -> Meaning) = match views.weapons.tag(epc, heard.tid.as_deref(), &views.texts) {
            TagMatch::Bound(ix) => (ix, Meaning::Weapon),
            TagMatch::OtherChip(ix) => (ix, Meaning::OtherChip),
            TagMatch::Retired(ix) => (ix, Meaning::Retired),
            TagMatch::Unknown => return Meaning::Unknown,
        };
        // Heard before its binding was made or taken off, it says nothing for or against it.
        let changed = views.weapons.tag_changed(epc, &views.texts).unwrap_or_default();
        return id(ix).filter(|_| !before(heard.last, changed)).map_or(Meaning::Nobody, means);
    }
    match gather::candidates(views, heard.text.as_deref().unwrap_or_default()).as_slice() {
        [] => Meaning::Unknown,
        [only] => Meaning::Weapon(*only),
        _ => Meaning::Nobody,
    }
}

/// Whether an open count has yet to hear this; what was heard before it opened is not its. What
/// was counted after this was heard has been counted for it, whatever its tag is bound to since.
fn new_in(views: &Views, count: CountId, item: &CountItem, heard: &Observation) -> bool {
    let Some(count) = views.counts.get(count) else { return false };
    let by_reader = |scan: &&ScanRow| scan.way == item.way && scan.by.is_none();
    let weapon_known = item.weapon.is_some_and(|weapon| count.sightings_of(weapon).any(|scan| by_reader(&scan)));
    let same = |scan: &ScanRow| scan.seen == item.seen && (item.weapon.is_none() || scan.at >= heard.last);
    !weapon_known && !count.scans().iter().filter(by_reader).any(same) && !before(heard.last, count.row().opened_at)
}

/// Whether something was heard before a moment, as far as the gateway's clock can be believed.
fn before(heard: Moment, moment: Moment) -> bool {
    heard >= FIRST_HONEST_TIME && heard.plus_seconds(SLACK) < moment
}

/// The one alert that an observation calls for, if it does.
fn alert(
    views: &Views,
    fact: &Fact,
    heard: &Observation,
    meaning: &Meaning,
    seen: &str,
    place: Option<PlaceId>,
) -> Option<Reaction> {
    let found = |rule, audience, weapon| Found { weapon, place, tag: Some(seen.to_owned()), ..Found::by(rule, audience) };
    let (found, cause, because) = match *meaning {
        Meaning::Weapon(weapon) => {
            let (rule, audience, cause, because) = gone(views, heard, weapon).or_else(|| issued(views, heard, weapon, place?))?;
            (found(rule, audience, Some(weapon)), cause, because)
        }
        Meaning::Retired(weapon) => {
            let retired = (Rule::R6, Audience::Place, seen.to_owned(), None);
            let (rule, audience, cause, because) = gone(views, heard, weapon).unwrap_or(retired);
            (found(rule, audience, Some(weapon)), cause, because)
        }
        Meaning::OtherChip(weapon) => {
            let chips = format!("{seen} {}", heard.tid.as_deref().unwrap_or_default());
            (found(Rule::R5, Audience::Above, Some(weapon)), chips, None)
        }
        // A place of the book, a tag never bound, and not one of a flood that somebody sends.
        Meaning::Unknown if views.presence.strangers_dropped() == 0 => {
            (found(Rule::R10, Audience::Place, None), place?.to_string(), None)
        }
        Meaning::Unknown | Meaning::Nobody => return None,
    };
    raise(views, fact, found, &cause, because)
}

type Finding = (Rule, Audience, String, Option<EventId>);

/// A weapon that is destroyed or lost was read: the cause is that destruction or that loss.
fn gone(views: &Views, heard: &Observation, weapon: WeaponId) -> Option<Finding> {
    let state = views.weapons.state(views.weapons.find(weapon)?);
    let (rule, cause, since) = match state.state? {
        State::Destroyed | State::DestroyedInIncident => (Rule::R1, String::new(), state.since),
        State::PresumedLost | State::Lost => {
            let case = views.cases.of_weapon(weapon).next_back()?;
            (Rule::R2, case.case.to_string(), case.discovered_at)
        }
        _ => return None,
    };
    (!before(heard.last, since)).then_some((rule, Audience::Above, cause, None))
}

/// A weapon on issue was read in a rack: the cause is that issue. The reader at the door hears
/// every weapon that goes out, and an observation that began before the issue is it leaving.
fn issued(views: &Views, heard: &Observation, weapon: WeaponId, place: PlaceId) -> Option<Finding> {
    let state = views.weapons.state(views.weapons.find(weapon)?);
    let rack = matches!(views.places.row(place)?.kind, Some(PlaceKind::Rack | PlaceKind::Container));
    let leaving = before(heard.first, state.since.plus_seconds(2 * SLACK));
    if state.state != Some(State::Issued) || !rack || leaving {
        return None;
    }
    let document = views.standing(weapon)?.document?.event;
    Some((Rule::R7, Audience::Place, document.to_string(), Some(document)))
}
