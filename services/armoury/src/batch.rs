//! A destruction batch: listed, each serial checked, locked, destroyed before witnesses, verified
//! by two who neither led nor worked it.
//!
//! A serial that does not agree with the book blocks the lock. A locked batch lets a weapon out
//! only by two. Confirmation follows from the second verification and from nothing else.

use std::collections::BTreeMap;

use crate::codes::{DestructionMethod, Disposition, State};
use crate::command::BatchCommand;
use crate::command::batch::{RecordDestruction, VerifyItem};
use crate::event::batch::{self as event, BatchEvent};
use crate::event::{Actor, Event, Fact};
use crate::ids::{BatchId, EventId, ServiceNumber, WeaponId};
use crate::life::{Ctx, Life};
use crate::refusal::{LINE, Refusal, TEXT, another_person, person, said, said_if};
use crate::weapon::moves;

/// The most weapons of one batch: what two can check and witness as one.
pub const ITEMS_MAX: usize = 2000;

/// A batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// Opened.
    pub opened: bool,
    /// The list, in the order listed; whether the serial was checked and agrees.
    pub items: Vec<(WeaponId, Option<bool>)>,
    /// Locked.
    pub locked: bool,
    /// Requests to let a weapon out that wait: event, leaf, who asked.
    pub releases: BTreeMap<WeaponId, (EventId, [u8; 32], Actor)>,
    /// The destruction, once recorded.
    pub destruction: Option<Destruction>,
    /// Witnesses: name and organization.
    pub witnesses: Vec<(String, String)>,
    /// Who verified.
    pub verifiers: Vec<Actor>,
    /// Verified by two.
    pub confirmed: bool,
}

/// A destruction as recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destruction {
    /// Its event.
    pub event: EventId,
    /// Its leaf.
    pub leaf: [u8; 32],
    /// How.
    pub method: DestructionMethod,
    /// Who worked the machines.
    pub operators: Vec<ServiceNumber>,
}

impl Life for Batch {
    type Id = BatchId;
    type State = Self;
    type Command = BatchCommand;

    fn evolve(state: &mut Self, fact: &Fact) {
        let Event::Batch(event) = &fact.event else { return };
        match event {
            BatchEvent::Opened(_) => state.opened = true,
            BatchEvent::ItemListed(item) => {
                state.items.retain(|(weapon, _)| *weapon != item.weapon);
                state.items.push((item.weapon, None));
            }
            BatchEvent::ItemDropped(item) => state.items.retain(|(weapon, _)| *weapon != item.weapon),
            BatchEvent::ItemVerified(item) => {
                let named = state.items.iter_mut().filter(|(weapon, _)| *weapon == item.weapon);
                named.for_each(|(_, checked)| *checked = Some(item.matches));
            }
            BatchEvent::Locked(_) => state.locked = true,
            BatchEvent::ReleaseRequested(asked) => {
                state.releases.insert(asked.weapon, (fact.id, fact.leaf, fact.meta.actor.clone()));
            }
            BatchEvent::ReleaseApproved(approved) => {
                state.releases.remove(&approved.weapon);
                state.items.retain(|(weapon, _)| *weapon != approved.weapon);
            }
            BatchEvent::DestructionRecorded(recorded) => {
                let (method, operators) = (recorded.method, recorded.operators.clone());
                state.destruction = Some(Destruction { event: fact.id, leaf: fact.leaf, method, operators });
            }
            BatchEvent::WitnessSigned(witness) => state.witnesses.push((witness.name.clone(), witness.organization.clone())),
            BatchEvent::Verified(_) => state.verifiers.push(fact.meta.actor.clone()),
            BatchEvent::Confirmed(_) => state.confirmed = true,
        }
    }

    fn decide(id: &BatchId, state: &Self, command: &BatchCommand, ctx: &Ctx) -> Result<Vec<Event>, Refusal> {
        person(ctx.actor)?;
        let events = match command {
            BatchCommand::Open(_) if state.opened => return Err(Refusal::AlreadyInBook { what: "batch" }),
            BatchCommand::Open(asked) => {
                said("the batch's number", &asked.number, LINE)?;
                said("the authority", &asked.authority, TEXT)?;
                let (number, authority, place) = (asked.number.clone(), asked.authority.clone(), asked.place);
                vec![BatchEvent::Opened(event::Opened { batch: *id, number, authority, place })]
            }
            _ if !state.opened => return Err(Refusal::NotInBook { what: "batch" }),
            BatchCommand::ListItem(_) | BatchCommand::DropItem(_) | BatchCommand::VerifyItem(_) | BatchCommand::Lock(_) => {
                state.prepare(id, command, ctx)?
            }
            BatchCommand::RequestRelease(_) | BatchCommand::ApproveRelease(_) => state.release(command, ctx)?,
            BatchCommand::RecordDestruction(asked) => vec![state.recorded(asked, ctx)?],
            BatchCommand::SignWitness(asked) => {
                let witness = (asked.name.trim().to_owned(), asked.organization.trim().to_owned());
                state.after_destruction()?;
                said("the witness's name", &witness.0, LINE)?;
                said("the witness's organization", &witness.1, LINE)?;
                if state.witnesses.contains(&witness) {
                    return Ok(Vec::new());
                }
                vec![BatchEvent::WitnessSigned(event::WitnessSigned { name: witness.0, organization: witness.1 })]
            }
            BatchCommand::Verify(asked) => state.verified(asked.request, ctx)?,
        };
        Ok(events.into_iter().map(Event::from).collect())
    }
}

impl Batch {
    fn listed(&self, weapon: WeaponId) -> Result<Option<bool>, Refusal> {
        self.items.iter().find(|(listed, _)| *listed == weapon).map(|(_, checked)| *checked).ok_or(Refusal::NotListed)
    }

    fn prepare(&self, id: &BatchId, command: &BatchCommand, ctx: &Ctx) -> Result<Vec<BatchEvent>, Refusal> {
        let event = match command {
            BatchCommand::Lock(_) if self.locked => return Ok(Vec::new()),
            _ if self.locked => {
                return Err(Refusal::BatchStage { instead: "it is locked; ask for the weapon to be let out, by two" });
            }
            BatchCommand::ListItem(asked) => {
                if self.listed(asked.weapon).is_ok() {
                    return Err(Refusal::ListedAlready);
                }
                if self.items.len() >= ITEMS_MAX {
                    return Err(Refusal::TooLong { what: "the batch's list", limit: ITEMS_MAX });
                }
                let weapon = ctx.facts.weapons.get(&asked.weapon).ok_or(Refusal::NotInBook { what: "weapon" })?;
                fit(id, asked.weapon, ctx)?;
                if weapon.disposition != Disposition::Destroy {
                    return Err(Refusal::NotForDestruction);
                }
                BatchEvent::ItemListed(event::ItemListed { weapon: asked.weapon })
            }
            BatchCommand::DropItem(asked) => {
                self.listed(asked.weapon)?;
                BatchEvent::ItemDropped(event::ItemDropped { weapon: asked.weapon })
            }
            BatchCommand::VerifyItem(asked) => self.checked(asked, ctx)?,
            _ => {
                let unchecked = self.items.iter().filter(|(_, checked)| *checked != Some(true)).count();
                if unchecked > 0 {
                    return Err(Refusal::Unverified { weapons: unchecked });
                }
                let weapons: Vec<WeaponId> = self.items.iter().map(|(weapon, _)| *weapon).collect();
                if weapons.is_empty() {
                    return Err(Refusal::Empty { what: "the batch's list" });
                }
                weapons.iter().try_for_each(|weapon| fit(id, *weapon, ctx))?;
                BatchEvent::Locked(event::Locked { weapons })
            }
        };
        Ok(vec![event])
    }

    /// What was read from the metal stands beside the book; a difference is recorded, not refused.
    fn checked(&self, asked: &VerifyItem, ctx: &Ctx) -> Result<BatchEvent, Refusal> {
        self.listed(asked.weapon)?;
        let book = ctx.facts.weapons.get(&asked.weapon).ok_or(Refusal::NotInBook { what: "weapon" })?;
        let (serial_as_read, matches) = (asked.serial_as_read.clone(), asked.serial_as_read == book.serial);
        Ok(BatchEvent::ItemVerified(event::ItemVerified { weapon: asked.weapon, serial_as_read, matches }))
    }

    fn release(&self, command: &BatchCommand, ctx: &Ctx) -> Result<Vec<BatchEvent>, Refusal> {
        if !self.locked {
            return Err(Refusal::BatchStage { instead: "it is not locked yet; take the weapon off the list" });
        }
        if self.destruction.is_some() {
            return Err(Refusal::BatchStage { instead: "its destruction is recorded; nothing can be let out" });
        }
        let event = match command {
            BatchCommand::ApproveRelease(asked) => {
                let waiting = self.releases.get(&asked.weapon).filter(|(request, ..)| *request == asked.request);
                let (request, leaf, by) = waiting.ok_or(Refusal::NoSuchRequest { request: asked.request })?;
                another_person(by, ctx.actor)?;
                let (weapon, request, request_leaf) = (asked.weapon, *request, hex::encode(leaf));
                BatchEvent::ReleaseApproved(event::ReleaseApproved { weapon, request, request_leaf })
            }
            BatchCommand::RequestRelease(asked) => {
                self.listed(asked.weapon)?;
                said("the reason", &asked.because, TEXT)?;
                if let Some((request, ..)) = self.releases.get(&asked.weapon) {
                    return Err(Refusal::RequestWaiting { request: *request });
                }
                BatchEvent::ReleaseRequested(event::ReleaseRequested { weapon: asked.weapon, because: asked.because.clone() })
            }
            _ => return Ok(Vec::new()),
        };
        Ok(vec![event])
    }

    fn recorded(&self, asked: &RecordDestruction, ctx: &Ctx) -> Result<BatchEvent, Refusal> {
        if !self.locked {
            return Err(Refusal::BatchStage { instead: "check every serial and lock the list first" });
        }
        if self.destruction.is_some() {
            return Err(Refusal::BatchStage { instead: "its destruction is recorded already" });
        }
        if let Some((request, ..)) = self.releases.values().next() {
            return Err(Refusal::RequestWaiting { request: *request });
        }
        said("where it was done", &asked.at, TEXT)?;
        said_if("what became of the scrap", asked.scrap.as_deref(), TEXT)?;
        if asked.operators.is_empty() {
            return Err(Refusal::Empty { what: "who worked the machines" });
        }
        if self.items.is_empty() {
            return Err(Refusal::Empty { what: "the batch's list" });
        }
        self.all_locked(ctx)?;
        Ok(BatchEvent::DestructionRecorded(event::DestructionRecorded {
            method: asked.method,
            at: asked.at.clone(),
            operators: asked.operators.clone(),
            scrap: asked.scrap.clone(),
        }))
    }

    fn after_destruction(&self) -> Result<&Destruction, Refusal> {
        self.destruction.as_ref().ok_or(Refusal::BatchStage { instead: "record the destruction first" })
    }

    fn verified(&self, request: EventId, ctx: &Ctx) -> Result<Vec<BatchEvent>, Refusal> {
        let destruction = self.after_destruction()?;
        if destruction.event != request {
            return Err(Refusal::NoSuchRequest { request });
        }
        if self.confirmed {
            return Ok(Vec::new());
        }
        let verifier = person(ctx.actor)?;
        // Who worked the machines verifies nothing; who led and wrote it down may be one of the two,
        // so that an armoury of two people can destroy before its witnesses.
        if destruction.operators.contains(verifier) {
            return Err(Refusal::TookPart { person: verifier.clone() });
        }
        self.verifiers.iter().try_for_each(|first| another_person(first, ctx.actor))?;
        if self.witnesses.len() < 2 {
            return Err(Refusal::TooFewWitnesses { signed: self.witnesses.len() });
        }
        self.all_locked(ctx)?;
        let request_leaf = hex::encode(destruction.leaf);
        let mut events = vec![BatchEvent::Verified(event::Verified { request, request_leaf })];
        if !self.verifiers.is_empty() {
            let weapons = self.items.iter().map(|(weapon, _)| *weapon).collect();
            events.push(BatchEvent::Confirmed(event::Confirmed { method: destruction.method, weapons }));
        }
        Ok(events)
    }

    /// Nothing that is missing can be said to be destroyed, nor what moved between the list and its
    /// lock, nor what came back and is held for examination: the certificate and the weapons' own
    /// records say the same. A case that was opened just now counts before its weapon has followed it.
    fn all_locked(&self, ctx: &Ctx) -> Result<(), Refusal> {
        let instead = "all that this batch destroys is locked in it: settle its case, or let it out by two";
        for weapon in self.items.iter().filter_map(|(weapon, _)| ctx.facts.weapons.get(weapon)) {
            if weapon.state != State::Batched {
                return Err(Refusal::WrongState { state: weapon.state, instead });
            }
            if weapon.in_case {
                return Err(Refusal::WrongState { state: State::Unaccounted, instead });
            }
        }
        Ok(())
    }
}

/// Whether the weapon can be locked in this batch.
fn fit(id: &BatchId, weapon: WeaponId, ctx: &Ctx) -> Result<(), Refusal> {
    let Some(weapon) = ctx.facts.weapons.get(&weapon) else { return Err(Refusal::NotInBook { what: "weapon" }) };
    let state = weapon.state;
    if moves::ended(state) {
        Err(Refusal::RecordClosed { state })
    } else if weapon.batch.is_some_and(|other| other != *id) {
        Err(Refusal::WrongState { state, instead: "it is on another batch's list; take it off there first" })
    } else if !moves::batchable(state) {
        Err(Refusal::WrongState { state, instead: "take it into store first" })
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod stories;
