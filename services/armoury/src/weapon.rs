//! A weapon's life: what its record says, and what may be asked of it.
//!
//! Custody acts are one person's and are taken even when the book disagrees (`weapon/moves.rs`);
//! what follows from a case or a batch is asked by the book alone and is safe to repeat.

mod follow;
pub mod moves;
mod tags;

#[cfg(test)]
mod stories;

use std::collections::BTreeSet;

use crate::codes::{Acknowledgement, Disposition, State};
use crate::command::WeaponCommand;
use crate::command::weapon::{Issue, Recover, Register, Restore, Return, Send};
use crate::event::weapon::{self as event, WeaponEvent};
use crate::event::{Actor, Event, Fact};
use crate::ids::{BatchId, CaseId, EventId, PlaceId, ServiceNumber, WeaponId};
use crate::life::{Ctx, Life};
use crate::marks::{Identity, Mark};
use crate::refusal::{LINE, Refusal, TEXT, another_person, person, said, said_if};

use moves::{Hand, Ruling, Stage};

/// A weapon's record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Weapon {
    /// What is in the book about it; `None` = not in the book.
    pub entry: Option<Entry>,
}

/// What is in the book about a weapon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its id.
    pub id: WeaponId,
    /// What it is.
    pub identity: Identity,
    /// How far its life has come.
    pub stage: Stage,
    /// The place on record: where it stands, or stood before it went out.
    pub place: PlaceId,
    /// Marks recorded after its entry.
    pub marks: Vec<Mark>,
    /// Its tags, bound and retired.
    pub tags: Vec<Tag>,
    /// The document under which it is out.
    pub document: Option<Document>,
    /// Whose it is for the long term.
    pub assigned: Option<ServiceNumber>,
    /// Parts that are out of it.
    pub parts_out: BTreeSet<String>,
    /// What is to become of it.
    pub disposition: Disposition,
    /// The case that stands for it.
    pub case: Option<CaseId>,
    /// Every case that ever made it unaccounted for, so that none does so twice.
    pub cases: BTreeSet<CaseId>,
    /// The batch it is locked in.
    pub batch: Option<BatchId>,
    /// Every batch that ever locked it.
    pub batches: BTreeSet<BatchId>,
}

/// A tag's binding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// EPC bank, upper-case hex.
    pub epc: String,
    /// Chip serial, upper-case hex.
    pub tid: Option<String>,
    /// False once retired.
    pub bound: bool,
}

/// The paper or entry that says who has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Its number; an issue is named by its event's id.
    pub number: String,
    /// The event that opened it.
    pub event: EventId,
    /// Who opened it, in which sign-in.
    pub opened_by: Actor,
    /// Whether the receiver confirmed.
    pub confirmed: bool,
}

impl Document {
    /// The document that an event opens, if it opens one. An issue is confirmed only by the
    /// holder's own PIN: ink is entered by the one who issued.
    #[must_use]
    pub fn opened(fact: &Fact) -> Option<Self> {
        let (number, confirmed) = match &fact.event {
            Event::Weapon(WeaponEvent::Issued(issued)) => {
                let own = issued.acknowledgement == Acknowledgement::Pin && fact.meta.actor.person() != Some(&issued.to);
                (fact.id.to_string(), own)
            }
            Event::Weapon(WeaponEvent::SentElsewhere(sent)) => (sent.document.clone(), false),
            _ => return None,
        };
        Some(Self { number, event: fact.id, opened_by: fact.meta.actor.clone(), confirmed })
    }
}

impl Life for Weapon {
    type Id = WeaponId;
    type State = Self;
    type Command = WeaponCommand;

    fn evolve(state: &mut Self, fact: &Fact) {
        let Event::Weapon(event) = &fact.event else { return };
        match (&mut state.entry, event) {
            (entry @ None, WeaponEvent::Registered(registered)) => *entry = Some(Entry::begun(registered)),
            (None, _) | (Some(_), WeaponEvent::Registered(_)) => {}
            (Some(entry), event) => entry.take(event, fact),
        }
    }

    fn decide(id: &WeaponId, state: &Self, command: &WeaponCommand, ctx: &Ctx) -> Result<Vec<Event>, Refusal> {
        let events = match (&state.entry, command) {
            (Some(_), WeaponCommand::Register(_)) => Err(Refusal::AlreadyInBook { what: "weapon" }),
            (None, WeaponCommand::Register(asked)) => register(*id, asked, ctx),
            (None, _) => Err(Refusal::NotInBook { what: "weapon" }),
            (Some(entry), WeaponCommand::Follow(what)) => follow::decide(entry, what, ctx),
            (Some(entry), command) => {
                person(ctx.actor)?;
                entry.by_hand(command, ctx)
            }
        }?;
        Ok(events.into_iter().map(Event::from).collect())
    }
}

/// A duplicate identity is let in with its reason, never silently; a namesake (another maker, the
/// same number) is no duplicate and needs none.
fn register(id: WeaponId, asked: &Register, ctx: &Ctx) -> Result<Vec<WeaponEvent>, Refusal> {
    person(ctx.actor)?;
    said("the owner", &asked.owner, LINE)?;
    said("the maker", &asked.identity.maker, LINE)?;
    said("the model", &asked.identity.model, LINE)?;
    said("the calibre", &asked.identity.calibre, LINE)?;
    said_if("the source", asked.source.as_deref(), TEXT)?;
    said_if("the reason", asked.duplicate_reason.as_deref(), TEXT)?;
    if !ctx.facts.same_identity.is_empty() && asked.duplicate_reason.is_none() {
        return Err(Refusal::IdentityKnown { weapons: ctx.facts.same_identity.clone() });
    }
    if ctx.facts.place_open == Some(false) {
        return Err(Refusal::PlaceClosed);
    }
    let entered = event::Registered {
        weapon: id,
        identity: asked.identity.clone(),
        owner: asked.owner.clone(),
        origin: asked.origin,
        place: asked.place,
        source: asked.source.clone(),
        duplicate_reason: asked.duplicate_reason.clone(),
        provisional: asked.provisional.unwrap_or_default(),
    };
    Ok(vec![WeaponEvent::Registered(entered)])
}

impl Entry {
    fn begun(registered: &event::Registered) -> Self {
        Self {
            id: registered.weapon,
            identity: registered.identity.clone(),
            stage: Stage::begun(if registered.provisional { State::Provisional } else { State::InStore }),
            place: registered.place,
            marks: Vec::new(),
            tags: Vec::new(),
            document: None,
            assigned: None,
            parts_out: BTreeSet::new(),
            disposition: Disposition::Keep,
            case: None,
            cases: BTreeSet::new(),
            batch: None,
            batches: BTreeSet::new(),
        }
    }

    fn take(&mut self, event: &WeaponEvent, fact: &Fact) {
        let before = self.stage;
        self.stage = before.after(event);
        match event {
            WeaponEvent::Registered(_) => {}
            WeaponEvent::MarkRecorded(recorded) => self.marks.push(recorded.mark.clone()),
            WeaponEvent::TagBound(bound) => tags::bind(&mut self.tags, bound),
            WeaponEvent::TagRetired(retired) => tags::retire(&mut self.tags, &retired.epc),
            WeaponEvent::Racked(racked) => self.stands_at(racked.place),
            WeaponEvent::Returned(returned) => self.stands_at(returned.place),
            WeaponEvent::Recovered(recovered) => self.stands_at(recovered.place),
            WeaponEvent::Restored(restored) => self.stands_at(restored.place),
            WeaponEvent::Explained(explained) => explained.place.into_iter().for_each(|place| self.stands_at(place)),
            WeaponEvent::Issued(_) | WeaponEvent::SentElsewhere(_) => self.document = Document::opened(fact),
            WeaponEvent::ReceiverConfirmed(confirmed) => {
                let named = self.document.iter_mut().filter(|document| document.number == confirmed.document);
                named.for_each(|document| document.confirmed = true);
            }
            WeaponEvent::Assigned(assigned) => self.assigned = assigned.to.clone(),
            WeaponEvent::PartRemoved(part) => drop(self.parts_out.insert(part.part.clone())),
            WeaponEvent::PartRestored(part) => drop(self.parts_out.remove(&part.part)),
            WeaponEvent::DispositionDecided(decided) => self.disposition = decided.disposition,
            WeaponEvent::Unaccounted(missed) => drop(self.cases.insert(missed.case)),
            WeaponEvent::PresumedLost(_) | WeaponEvent::Lost(_) | WeaponEvent::Destroyed(_) => {}
            WeaponEvent::Batched(batched) => drop(self.batches.insert(batched.batch)),
            WeaponEvent::Unbatched(_) => {}
        }
        self.follow_stage(before, event);
    }

    /// The case stands until the weapon is accounted for again; the batch until its lock is gone.
    fn follow_stage(&mut self, before: Stage, event: &WeaponEvent) {
        use State::{Lost, PresumedLost, RecoveredHeld, Unaccounted};
        match event {
            WeaponEvent::Unaccounted(missed) if self.stage.state == Unaccounted && before.state != Unaccounted => {
                self.case = Some(missed.case);
            }
            WeaponEvent::Batched(batched) if self.stage.locked && !before.locked => self.batch = Some(batched.batch),
            _ => {}
        }
        if !matches!(self.stage.state, Unaccounted | PresumedLost | Lost | RecoveredHeld) {
            self.case = None;
        }
        if !self.stage.locked && self.stage.state != State::Destroyed {
            self.batch = None;
        }
    }

    fn stands_at(&mut self, place: PlaceId) {
        self.place = place;
        self.document = None;
    }

    /// What a person asks. `None` for the contradiction where the act fits the book.
    fn by_hand(&self, command: &WeaponCommand, ctx: &Ctx) -> Result<Vec<WeaponEvent>, Refusal> {
        let state = self.stage.state;
        let (hand, place) = (hand(command), command.place());
        let against_book = match moves::ruling(hand, state) {
            Ruling::Fits => None,
            Ruling::Against => Some(state),
            Ruling::Recovers => return self.recovered_by(command, ctx),
            Ruling::Refused(instead) => return Err(Refusal::WrongState { state, instead }),
            Ruling::Ended => return Err(Refusal::RecordClosed { state }),
        };
        if place.is_some() && ctx.facts.place_open == Some(false) {
            return Err(Refusal::PlaceClosed);
        }
        let event = match command {
            WeaponCommand::Rack(rack) if rack.place == self.place && against_book.is_none() => return Ok(Vec::new()),
            WeaponCommand::Rack(rack) => WeaponEvent::Racked(event::Racked { place: rack.place, against_book }),
            WeaponCommand::Issue(issue) => issued(issue, against_book, ctx)?,
            WeaponCommand::Return(back) => returned(back, against_book),
            WeaponCommand::Send(send) => sent(send, against_book)?,
            WeaponCommand::Recover(Recover { place }) => {
                WeaponEvent::Recovered(event::Recovered { case: self.case, place: *place, against_book })
            }
            WeaponCommand::Restore(Restore { .. }) if ctx.facts.open_case.is_some() => return Err(Refusal::CaseOpen),
            WeaponCommand::Restore(Restore { place }) => {
                WeaponEvent::Restored(event::Restored { place: *place, declared_in_error: false })
            }
            command => return self.noted(command, ctx),
        };
        Ok(vec![event])
    }

    /// A lost weapon lies on the counter: whatever the act, it is recovered by it first.
    fn recovered_by(&self, command: &WeaponCommand, ctx: &Ctx) -> Result<Vec<WeaponEvent>, Refusal> {
        if command.place().is_some() && ctx.facts.place_open == Some(false) {
            return Err(Refusal::PlaceClosed);
        }
        let place = command.place().unwrap_or(self.place);
        let mut events = vec![WeaponEvent::Recovered(event::Recovered { case: self.case, place, against_book: None })];
        let book = Some(self.stage.state);
        match command {
            WeaponCommand::Issue(issue) => events.push(issued(issue, book, ctx)?),
            WeaponCommand::Send(send) => events.push(sent(send, book)?),
            _ => {}
        }
        Ok(events)
    }

    /// Notes on the record: nothing here moves the weapon.
    fn noted(&self, command: &WeaponCommand, ctx: &Ctx) -> Result<Vec<WeaponEvent>, Refusal> {
        let event = match command {
            WeaponCommand::RecordMark(asked) if self.marks.contains(&asked.mark) => return Ok(Vec::new()),
            WeaponCommand::RecordMark(asked) => WeaponEvent::MarkRecorded(event::MarkRecorded { mark: asked.mark.clone() }),
            WeaponCommand::BindTag(asked) => return tags::decide_bind(&self.tags, asked, ctx),
            WeaponCommand::RetireTag(asked) => return tags::decide_retire(&self.tags, asked),
            WeaponCommand::ConfirmReceipt(asked) => return self.confirmed(&asked.document, ctx),
            WeaponCommand::Assign(asked) if asked.to == self.assigned => return Ok(Vec::new()),
            WeaponCommand::Assign(asked) => WeaponEvent::Assigned(event::Assigned { to: asked.to.clone() }),
            WeaponCommand::RemovePart(asked) => {
                said("the part", &asked.part, LINE)?;
                said("where the part is kept", &asked.kept_at, TEXT)?;
                if self.parts_out.contains(&asked.part) {
                    return Err(Refusal::PartNotThere { part: asked.part.clone() });
                }
                WeaponEvent::PartRemoved(event::PartRemoved { part: asked.part.clone(), kept_at: asked.kept_at.clone() })
            }
            WeaponCommand::RestorePart(asked) if !self.parts_out.contains(&asked.part) => {
                return Err(Refusal::PartNotThere { part: asked.part.clone() });
            }
            WeaponCommand::RestorePart(asked) => WeaponEvent::PartRestored(event::PartRestored { part: asked.part.clone() }),
            WeaponCommand::DecideDisposition(asked) if asked.disposition == self.disposition => return Ok(Vec::new()),
            WeaponCommand::DecideDisposition(asked) => {
                said("the authority", &asked.authority, TEXT)?;
                let authority = asked.authority.clone();
                WeaponEvent::DispositionDecided(event::DispositionDecided { disposition: asked.disposition, authority })
            }
            _ => return Err(Refusal::OnlyTheBook),
        };
        Ok(vec![event])
    }

    fn confirmed(&self, number: &str, ctx: &Ctx) -> Result<Vec<WeaponEvent>, Refusal> {
        let document = self.document.as_ref().filter(|document| document.number == number);
        let document = document.ok_or_else(|| Refusal::NoSuchDocument { document: number.to_owned() })?;
        if document.confirmed {
            return Ok(Vec::new());
        }
        another_person(&document.opened_by, ctx.actor)?;
        Ok(vec![WeaponEvent::ReceiverConfirmed(event::ReceiverConfirmed { document: number.to_owned() })])
    }
}

/// What a command is at the hatch.
const fn hand(command: &WeaponCommand) -> Hand {
    match command {
        WeaponCommand::Rack(_) => Hand::Rack,
        WeaponCommand::Issue(_) => Hand::Issue,
        WeaponCommand::Return(_) => Hand::Return,
        WeaponCommand::Send(send) => Hand::Send(send.kind),
        WeaponCommand::Recover(_) => Hand::Recover,
        WeaponCommand::Restore(_) => Hand::Restore,
        WeaponCommand::RemovePart(_) | WeaponCommand::RestorePart(_) => Hand::Part,
        WeaponCommand::DecideDisposition(_) => Hand::Dispose,
        WeaponCommand::Register(_)
        | WeaponCommand::RecordMark(_)
        | WeaponCommand::BindTag(_)
        | WeaponCommand::RetireTag(_)
        | WeaponCommand::ConfirmReceipt(_)
        | WeaponCommand::Assign(_)
        | WeaponCommand::Follow(_) => Hand::Note,
    }
}

/// "By his own PIN" is what the book has checked itself, never what the issuer says: without the
/// check it stands as not yet acknowledged.
fn issued(asked: &Issue, against_book: Option<State>, ctx: &Ctx) -> Result<WeaponEvent, Refusal> {
    said_if("the purpose", asked.purpose.as_deref(), TEXT)?;
    let acknowledgement = match asked.acknowledgement {
        Acknowledgement::Pin if !ctx.facts.pin_checked => Acknowledgement::None,
        said => said,
    };
    Ok(WeaponEvent::Issued(event::Issued {
        to: asked.to.clone(),
        purpose: asked.purpose.clone(),
        due: asked.due,
        acknowledgement,
        against_book,
    }))
}

fn returned(asked: &Return, against_book: Option<State>) -> WeaponEvent {
    WeaponEvent::Returned(event::Returned { from: asked.from.clone(), place: asked.place, against_book })
}

fn sent(asked: &Send, against_book: Option<State>) -> Result<WeaponEvent, Refusal> {
    said("the receiver", &asked.receiver, TEXT)?;
    said("the document's number", &asked.document, LINE)?;
    Ok(WeaponEvent::SentElsewhere(event::SentElsewhere {
        kind: asked.kind,
        receiver: asked.receiver.clone(),
        document: asked.document.clone(),
        due: asked.due,
        against_book,
    }))
}
