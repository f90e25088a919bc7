//! What follows from an event by rule: commands that the book itself gives, each naming its cause.
//!
//! One command writes one stream, so an act on many weapons writes its document first (count,
//! case, batch) and the weapons follow here. Safe to repeat: ids follow from cause and subject, and
//! what was done already decides to nothing. The views may be ahead of the fact; no rule here
//! depends on their not being so. Not here yet: what follows from time alone (a document that nobody
//! confirmed by its deadline, an act that waits too long for its second person).

mod heard;
mod ladder;

#[cfg(test)]
mod alone;
#[cfg(test)]
mod histories;
#[cfg(test)]
mod stories;
#[cfg(test)]
pub(crate) mod world;

use std::str::FromStr;

use sha2::{Digest, Sha256};
use tag_data::moment::Moment;

use crate::alert;
use crate::codes::{Audience, Rule};
use crate::command::{AlertCommand, Command};
use crate::event::alert::Raised;
use crate::event::gateway::GatewayEvent;
use crate::event::weapon::WeaponEvent;
use crate::event::{Event, Fact};
use crate::ids::{CaseId, EventId, PlaceId, ServiceNumber, WeaponId};
use crate::view::Views;

/// The version of the rules that raise alerts; a changed rule raises anew under a new version.
pub const RULES_VERSION: u32 = 1;

/// A command that follows from an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reaction {
    /// What is asked.
    pub command: Command,
    /// The event it follows from.
    pub cause: EventId,
    /// The rule's name, as it stands in the actor of the events.
    pub rule: &'static str,
}

/// What follows from a fact. `now` is for what follows from time; nothing does yet.
#[must_use]
pub fn react(views: &Views, fact: &Fact, now: Moment) -> Vec<Reaction> {
    let _ = now;
    match &fact.event {
        Event::Count(event) => ladder::after_count(views, fact, event),
        Event::Case(event) => ladder::after_case(views, fact, event),
        Event::Batch(event) => ladder::after_batch(fact, event),
        Event::Weapon(event) => {
            let mut reactions = ladder::after_weapon(views, fact, event);
            reactions.extend(against_book(views, fact, event));
            reactions
        }
        Event::Gateway(GatewayEvent::Observed(heard)) => heard::observed(views, fact, heard),
        Event::Gateway(GatewayEvent::HoleDeclared(_)) => {
            let found = Found { tag: Some(fact.stream.clone()), ..Found::by(Rule::K14, Audience::Security) };
            let sequence = fact.revision.to_string();
            raise(views, fact, found, &sequence, None).into_iter().collect()
        }
        // One alert for each run that contradicts: its label says which of the two it is.
        Event::Gateway(GatewayEvent::BatchContradicted(batch)) => {
            let found = Found { tag: Some(batch.gateway.heard_stream()), ..Found::by(Rule::OneKeyTwice, Audience::Security) };
            raise(views, fact, found, &batch.boot, None).into_iter().collect()
        }
        Event::Gateway(_) | Event::Place(_) | Event::Person(_) | Event::Alert(_) => Vec::new(),
    }
}

/// Acts that contradict the book, and identities that stood in it already.
fn against_book(views: &Views, fact: &Fact, event: &WeaponEvent) -> Option<Reaction> {
    let weapon = id_of::<WeaponId>(fact)?;
    let against = match event {
        WeaponEvent::Racked(racked) => racked.against_book,
        WeaponEvent::Issued(issued) => issued.against_book,
        WeaponEvent::Returned(returned) => returned.against_book,
        WeaponEvent::SentElsewhere(sent) => sent.against_book,
        WeaponEvent::Recovered(recovered) => recovered.against_book,
        WeaponEvent::Registered(registered) if registered.duplicate_reason.is_some() => {
            let found = Found { weapon: Some(weapon), place: Some(registered.place), ..Found::by(Rule::K1, Audience::Place) };
            return raise(views, fact, found, "", None);
        }
        _ => None,
    };
    against?;
    let person = fact.meta.actor.person().cloned();
    let place = views.standing(weapon).map(|standing| standing.place);
    let found = Found { weapon: Some(weapon), person, place, ..Found::by(Rule::AgainstBook, Audience::Above) };
    raise(views, fact, found, &fact.id.to_string(), Some(fact.id))
}

/// What a rule found.
struct Found {
    rule: Rule,
    audience: Audience,
    weapon: Option<WeaponId>,
    tag: Option<String>,
    person: Option<ServiceNumber>,
    place: Option<PlaceId>,
}

impl Found {
    const fn by(rule: Rule, audience: Audience) -> Self {
        Self { rule, audience, weapon: None, tag: None, person: None, place: None }
    }
}

/// Raises an alert once for rule, subject and cause; the subject is the weapon, else tag and place.
/// `because` is the event that is the cause, where one event is.
fn raise(views: &Views, fact: &Fact, found: Found, cause: &str, because: Option<EventId>) -> Option<Reaction> {
    let Found { rule, audience, weapon, tag, person, place } = found;
    let subject = match (&weapon, &tag) {
        (Some(weapon), _) => weapon.to_string(),
        (None, tag) => tag.clone().unwrap_or_default(),
    };
    let key = alert::key(rule, RULES_VERSION, &subject, cause);
    if views.alerts.get(key.as_str()).is_some() {
        return None; // Stands already; the thousandth scan costs nothing.
    }
    let (alert, version, evidence) = (key.to_string(), RULES_VERSION, fact.id);
    let raised = Raised { alert, rule, version, audience, weapon, tag, person, place, cause: because, evidence };
    Some(Reaction { command: Command::Alert(key, AlertCommand::Raise(raised)), cause: fact.id, rule: name(rule) })
}

/// The rule's name in the actor of its events.
const fn name(rule: Rule) -> &'static str {
    match rule {
        Rule::R1 => "destroyed-weapon-read",
        Rule::R2 => "lost-weapon-read",
        Rule::R5 => "other-chip-read",
        Rule::R6 => "retired-tag-read",
        Rule::R7 => "issued-weapon-in-rack",
        Rule::R10 => "unknown-tag-read",
        Rule::AgainstBook => "act-against-book",
        Rule::K1 => "duplicate-identity",
        Rule::Provisional => "waits-for-second",
        Rule::K14 => "gateway-gap",
        Rule::OneKeyTwice => "one-key-twice",
    }
}

/// The id in the name of a fact's stream: `weapon-<id>@<node>`.
fn id_of<T: FromStr>(fact: &Fact) -> Option<T> {
    let (_, rest) = fact.stream.split_once('-')?;
    rest.rsplit_once('@').map_or(rest, |(id, _)| id).parse().ok()
}

/// The case that a cause opens for a weapon: the same on every replay (UUID version 8).
#[must_use]
pub fn case_for(cause: EventId, weapon: WeaponId) -> CaseId {
    let digest = Sha256::new().chain_update(b"muster-case/v1").chain_update(cause.0).chain_update(weapon.0).finalize();
    let mut raw = [0; 16];
    raw.copy_from_slice(&digest[..16]);
    CaseId(uuid::Builder::from_custom_bytes(raw).into_uuid())
}
