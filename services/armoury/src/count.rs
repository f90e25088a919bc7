//! A count: opened for a place, items sighted by whatever way, closed with a result that adds up,
//! signed by somebody who neither keeps the stock nor was alone in counting it.
//!
//! A duplicate sighting never counts twice. A tag shows a tag: no sighting is surer than its way
//! can show. What readers could not hear stands in the result.

pub mod result;

use std::collections::{BTreeMap, BTreeSet};

use crate::codes::{Level, Way};
use crate::command::CountCommand;
use crate::command::count::{CountItem, Open, Sign};
use crate::event::count::{self as event, CountEvent};
use crate::event::{Actor, Event, Fact};
use crate::ids::{CountId, EventId, PlaceId, ServiceNumber, WeaponId};
use crate::life::{Ctx, Life};
use crate::refusal::{Refusal, TEXT, another_person, person, said};

/// The most people who count one place.
pub const COUNTERS_MAX: usize = 50;

/// A count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Opened.
    pub opened: bool,
    /// The place's custodian at opening.
    pub custodian: Option<ServiceNumber>,
    /// Who counts, those ordered to recount among them.
    pub counters: BTreeSet<ServiceNumber>,
    /// Sightings that stand, by their events.
    pub sightings: BTreeMap<EventId, Sighting>,
    /// What rules sighted, ever: a repeated reaction adds nothing, nor does one taken back.
    pub heard: BTreeSet<(Seen, Way)>,
    /// People who took part: counted, ordered or closed.
    pub took_part: Vec<Actor>,
    /// The closing event and its leaf.
    pub closing: Option<(EventId, [u8; 32])>,
    /// Who signed.
    pub signed: BTreeSet<ServiceNumber>,
    /// Called off.
    pub abandoned: bool,
}

/// What a sighting is of: a weapon, or what was read and resolves to none.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Seen {
    /// A weapon of the book.
    Weapon(WeaponId),
    /// A text or number that is not in the book.
    Unknown(String),
}

/// One sighting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// What was sighted.
    pub seen: Seen,
    /// By which way.
    pub way: Way,
    /// How sure.
    pub level: Level,
    /// Where.
    pub place: PlaceId,
    /// By whom; none if a reader heard it.
    pub by: Option<ServiceNumber>,
}

impl Sighting {
    /// A sighting from its event.
    #[must_use]
    pub fn of(item: &event::ItemCounted, by: Option<&ServiceNumber>) -> Self {
        let seen = item.weapon.map_or_else(|| Seen::Unknown(item.seen.clone()), Seen::Weapon);
        Self { seen, way: item.way, level: item.level, place: item.place, by: by.cloned() }
    }
}

impl Life for Count {
    type Id = CountId;
    type State = Self;
    type Command = CountCommand;

    fn evolve(state: &mut Self, fact: &Fact) {
        let Event::Count(event) = &fact.event else { return };
        let by = fact.meta.actor.person();
        match event {
            CountEvent::Opened(opened) => {
                state.opened = true;
                state.custodian.clone_from(&opened.custodian);
                state.counters.extend(opened.counters.iter().cloned());
            }
            CountEvent::ItemCounted(item) => {
                let sighting = Sighting::of(item, by);
                if by.is_none() {
                    state.heard.insert((sighting.seen.clone(), sighting.way));
                }
                state.sightings.insert(fact.id, sighting);
                state.took_part(&fact.meta.actor);
            }
            CountEvent::ItemWithdrawn(withdrawn) => drop(state.sightings.remove(&withdrawn.sighting)),
            CountEvent::RecountOrdered(ordered) => drop(state.counters.insert(ordered.by.clone())),
            CountEvent::Closed(_) => {
                state.closing = Some((fact.id, fact.leaf));
                state.took_part(&fact.meta.actor);
            }
            CountEvent::Signed(_) => state.signed.extend(by.cloned()),
            CountEvent::SignatureRefused(_) => {}
            CountEvent::Abandoned(_) => state.abandoned = true,
        }
    }

    fn decide(id: &CountId, state: &Self, command: &CountCommand, ctx: &Ctx) -> Result<Vec<Event>, Refusal> {
        let event = match command {
            CountCommand::Open(_) if state.opened => return Err(Refusal::AlreadyInBook { what: "count" }),
            CountCommand::Open(asked) => opened(*id, asked, ctx)?,
            _ if !state.opened => return Err(Refusal::NotInBook { what: "count" }),
            CountCommand::CountItem(asked) => match state.counted(asked, ctx)? {
                Some(counted) => counted,
                None => return Ok(Vec::new()),
            },
            CountCommand::WithdrawItem(asked) => {
                state.counting(ctx)?;
                if !state.sightings.contains_key(&asked.sighting) {
                    return Err(Refusal::NoSuchSighting { sighting: asked.sighting });
                }
                CountEvent::ItemWithdrawn(event::ItemWithdrawn { sighting: asked.sighting })
            }
            CountCommand::OrderRecount(asked) => {
                person(ctx.actor)?;
                state.open()?;
                if state.counters.contains(&asked.by) {
                    return Err(Refusal::RecountSelf);
                }
                CountEvent::RecountOrdered(event::RecountOrdered { by: asked.by.clone() })
            }
            CountCommand::Close(_) => {
                person(ctx.actor)?;
                state.open()?;
                let taking = ctx.facts.taking.as_ref().ok_or(Refusal::NotInBook { what: "list of what was expected" })?;
                CountEvent::Closed(result::result(taking, state.sightings.values()).closed())
            }
            CountCommand::Sign(asked) => match state.signature(asked, ctx)? {
                Some(signed) => signed,
                None => return Ok(Vec::new()),
            },
            CountCommand::RefuseSignature(asked) => {
                person(ctx.actor)?;
                state.closing()?;
                said("the reason", &asked.because, TEXT)?;
                CountEvent::SignatureRefused(event::SignatureRefused { because: asked.because.clone() })
            }
            CountCommand::Abandon(_) if state.abandoned => return Ok(Vec::new()),
            CountCommand::Abandon(asked) => {
                person(ctx.actor)?;
                state.open()?;
                said("the reason", &asked.because, TEXT)?;
                CountEvent::Abandoned(event::Abandoned { because: asked.because.clone() })
            }
        };
        Ok(vec![event.into()])
    }
}

fn opened(id: CountId, asked: &Open, ctx: &Ctx) -> Result<CountEvent, Refusal> {
    person(ctx.actor)?;
    if asked.counters.is_empty() {
        return Err(Refusal::NoCounters);
    }
    if asked.counters.len() > COUNTERS_MAX {
        return Err(Refusal::TooLong { what: "the list of counters", limit: COUNTERS_MAX });
    }
    if ctx.facts.place_open == Some(false) {
        return Err(Refusal::PlaceClosed);
    }
    Ok(CountEvent::Opened(event::Opened {
        count: id,
        place: asked.place,
        kind: asked.kind,
        blind: asked.blind,
        custodian: ctx.facts.custodian.clone(),
        counters: asked.counters.clone(),
    }))
}

impl Count {
    fn took_part(&mut self, actor: &Actor) {
        if actor.person().is_some() && !self.took_part.contains(actor) {
            self.took_part.push(actor.clone());
        }
    }

    fn open(&self) -> Result<(), Refusal> {
        match (self.closing, self.abandoned) {
            (_, true) => Err(Refusal::CountStage { instead: "it was called off; open another count" }),
            (Some(_), _) => Err(Refusal::CountStage { instead: "it is closed; open another count to count again" }),
            (None, false) => Ok(()),
        }
    }

    fn closing(&self) -> Result<(EventId, [u8; 32]), Refusal> {
        self.closing.ok_or(Refusal::CountStage { instead: "close it first" })
    }

    /// A counter, while the count is open.
    fn counting(&self, ctx: &Ctx) -> Result<(), Refusal> {
        let counter = person(ctx.actor)?;
        self.open()?;
        if self.counters.contains(counter) { Ok(()) } else { Err(Refusal::NotACounter) }
    }

    fn counted(&self, asked: &CountItem, ctx: &Ctx) -> Result<Option<CountEvent>, Refusal> {
        said("what was seen", &asked.seen, TEXT)?;
        let level = asked.level.unwrap_or(surest(asked.way));
        if !shows(asked.way, level) {
            return Err(Refusal::LevelTooHigh);
        }
        let (seen, way, place) = (asked.seen.clone(), asked.way, asked.place);
        // A rule has looked at the chip too: what it does not name is not the weapon its tag says.
        let resolved = ctx.facts.resolved.filter(|_| ctx.actor.person().is_some());
        let item = event::ItemCounted { weapon: asked.weapon.or(resolved), seen, way, level, place };
        let sighting = Sighting::of(&item, ctx.actor.person());
        let repeated = match ctx.actor {
            // What is heard after the close, or again, changes nothing.
            Actor::Book { .. } => self.open().is_err() || self.heard.contains(&(sighting.seen.clone(), way)),
            Actor::Person { .. } => {
                self.counting(ctx)?;
                self.second_pair_of_hands(&sighting)?;
                self.sightings.values().any(|known| *known == sighting)
            }
            Actor::Gateway { .. } => return Err(Refusal::NeedsPerson),
        };
        Ok((!repeated).then_some(CountEvent::ItemCounted(item)))
    }

    /// Handled and checked by two: the other has sighted it in this count already.
    fn second_pair_of_hands(&self, sighting: &Sighting) -> Result<(), Refusal> {
        let by_hand = |level| matches!(level, Level::Serial | Level::Witnessed);
        let other = |known: &&Sighting| known.seen == sighting.seen && known.by.is_some() && known.by != sighting.by;
        let both = self.sightings.values().filter(other).any(|known| by_hand(known.level));
        if sighting.level == Level::Witnessed && !both { Err(Refusal::FirstOfTwo) } else { Ok(()) }
    }

    /// The statement becomes a certificate by somebody independent; several may sign.
    fn signature(&self, asked: &Sign, ctx: &Ctx) -> Result<Option<CountEvent>, Refusal> {
        let signer = person(ctx.actor)?;
        let (closing, leaf) = self.closing()?;
        if asked.closing != closing {
            return Err(Refusal::NoSuchRequest { request: asked.closing });
        }
        if self.signed.contains(signer) {
            return Ok(None);
        }
        let others = self.took_part.iter().any(|other| another_person(other, ctx.actor).is_ok());
        if self.custodian.as_ref() == Some(signer) || !others {
            return Err(Refusal::NotIndependent);
        }
        let (closing_leaf, reservation) = (hex::encode(leaf), asked.reservation.clone());
        Ok(Some(CountEvent::Signed(event::Signed { closing, closing_leaf, reservation })))
    }
}

/// The level a way shows by itself.
const fn surest(way: Way) -> Level {
    match way {
        Way::Rfid => Level::Tag,
        Way::Barcode => Level::Barcode,
        Way::Keyed | Way::Eye | Way::Paper => Level::Serial,
    }
}

/// Whether a way can show a level: a reader hears tags, a scanner reads codes, people see weapons.
const fn shows(way: Way, level: Level) -> bool {
    match way {
        Way::Rfid => matches!(level, Level::Tag),
        Way::Barcode => matches!(level, Level::Barcode | Level::Tag),
        Way::Keyed | Way::Eye | Way::Paper => true,
    }
}

#[cfg(test)]
mod stories;
