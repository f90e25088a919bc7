//! A discrepancy case: from a weapon nobody can show to a loss closed by two, or to no loss.
//!
//! Each rung is a person's act; no timer presumes a loss. Nothing removes a case. Closing takes
//! another person in another sign-in who does not keep the stock it was missed from, and names
//! the request he read. A case leaves *lost* only by recovery or by being closed.

use crate::codes::State;
use crate::command::CaseCommand;
use crate::command::case::{Open, RequestClose};
use crate::event::case::{self as event, CaseEvent, Outcome};
use crate::event::{Actor, Event, Fact};
use crate::ids::{CaseId, EventId, WeaponId};
use crate::life::{Ctx, Life};
use crate::refusal::{LINE, Refusal, TEXT, another_person, person, said, said_if};
use crate::weapon::moves;

/// How far a case has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rung {
    /// Nobody can show where the weapon is.
    Open,
    /// Explained: no loss.
    Explained,
    /// Presumed lost by a person.
    Presumed,
    /// Declared lost.
    Lost,
    /// Recovered; two still close it.
    Recovered,
    /// Closed by two.
    Closed,
}

/// A case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Case {
    /// What it is about; `None` = not in the book.
    pub about: Option<About>,
}

/// What a case is about and how it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// The weapon.
    pub weapon: WeaponId,
    /// How far it has come.
    pub rung: Rung,
    /// Whether a loss was declared.
    pub was_lost: bool,
    /// The request to close that waits.
    pub request: Option<Request>,
    /// Reports to outside: to whom, reference.
    pub reports: Vec<(String, String)>,
}

/// A request to close.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Its event.
    pub event: EventId,
    /// Its leaf.
    pub leaf: [u8; 32],
    /// Who asked, in which sign-in.
    pub by: Actor,
    /// How it is to end.
    pub outcome: Outcome,
}

impl Life for Case {
    type Id = CaseId;
    type State = Self;
    type Command = CaseCommand;

    fn evolve(state: &mut Self, fact: &Fact) {
        let Event::Case(event) = &fact.event else { return };
        match (&mut state.about, event) {
            (about @ None, CaseEvent::Opened(opened)) => {
                let (weapon, rung, reports) = (opened.weapon, Rung::Open, Vec::new());
                *about = Some(About { weapon, rung, was_lost: false, request: None, reports });
            }
            (None, _) | (Some(_), CaseEvent::Opened(_)) => {}
            (Some(about), event) => about.take(event, fact),
        }
    }

    fn decide(id: &CaseId, state: &Self, command: &CaseCommand, ctx: &Ctx) -> Result<Vec<Event>, Refusal> {
        let events = match (&state.about, command) {
            (None, CaseCommand::Open(asked)) => vec![opened(*id, asked, ctx)?],
            // A reaction that comes again finds its case open.
            (Some(about), CaseCommand::Open(asked)) if about.weapon == asked.weapon && ctx.actor.person().is_none() => Vec::new(),
            (Some(_), CaseCommand::Open(_)) => return Err(Refusal::AlreadyInBook { what: "case" }),
            (None, _) => return Err(Refusal::NotInBook { what: "case" }),
            (Some(about), command) => about.decide(command, ctx)?.into_iter().collect(),
        };
        Ok(events.into_iter().map(Event::from).collect())
    }
}

fn opened(id: CaseId, asked: &Open, ctx: &Ctx) -> Result<CaseEvent, Refusal> {
    said_if("what is known so far", asked.circumstances.as_deref(), TEXT)?;
    let Some(weapon) = ctx.facts.weapons.get(&asked.weapon) else {
        return Err(Refusal::NotInBook { what: "weapon" });
    };
    // Two have certified it destroyed; its own record follows.
    let state = if weapon.certified && weapon.state == State::Batched { State::Destroyed } else { weapon.state };
    if moves::ended(state) {
        return Err(Refusal::RecordClosed { state });
    }
    if ctx.facts.open_case.is_some_and(|open| open != id) {
        return Err(Refusal::CaseStands);
    }
    if !moves::held(state) {
        return Err(Refusal::WrongState { state, instead: "its case was closed; nothing new is missing" });
    }
    Ok(CaseEvent::Opened(event::Opened {
        case: id,
        weapon: asked.weapon,
        place: asked.place,
        count: asked.count,
        circumstances: asked.circumstances.clone(),
    }))
}

impl About {
    fn take(&mut self, event: &CaseEvent, fact: &Fact) {
        match event {
            CaseEvent::Opened(_) | CaseEvent::SearchLogged(_) => {}
            CaseEvent::Explained(_) => self.come_to(Rung::Explained),
            CaseEvent::PresumedLost(_) => self.come_to(Rung::Presumed),
            CaseEvent::LossDeclared(_) => {
                self.come_to(Rung::Lost);
                self.was_lost = true;
            }
            CaseEvent::LossReported(report) => self.reports.push((report.to.clone(), report.reference.clone())),
            CaseEvent::Recovered(_) => self.come_to(Rung::Recovered),
            CaseEvent::CloseRequested(asked) => {
                let (by, outcome) = (fact.meta.actor.clone(), asked.outcome);
                self.request = Some(Request { event: fact.id, leaf: fact.leaf, by, outcome });
            }
            CaseEvent::CloseRefused(_) => self.request = None,
            CaseEvent::Closed(_) => self.come_to(Rung::Closed),
        }
    }

    /// A closed case stays closed; what waited was asked of another rung.
    fn come_to(&mut self, rung: Rung) {
        if self.rung != Rung::Closed {
            self.rung = rung;
            self.request = None;
        }
    }

    fn decide(&self, command: &CaseCommand, ctx: &Ctx) -> Result<Option<CaseEvent>, Refusal> {
        let event = match (command, self.rung) {
            (CaseCommand::LogSearch(search), Rung::Open | Rung::Presumed | Rung::Lost) => {
                person(ctx.actor)?;
                said("what was searched", &search.searched, TEXT)?;
                said("what came of it", &search.result, TEXT)?;
                CaseEvent::SearchLogged(event::SearchLogged { searched: search.searched.clone(), result: search.result.clone() })
            }
            (CaseCommand::Explain(_), Rung::Explained) | (CaseCommand::PresumeLost(_), Rung::Presumed) => return Ok(None),
            (CaseCommand::Recover(_), Rung::Recovered) | (CaseCommand::DeclareLost(_), Rung::Lost) => return Ok(None),
            (CaseCommand::Explain(explain), Rung::Open | Rung::Presumed) => {
                said("the explanation", &explain.explanation, TEXT)?;
                CaseEvent::Explained(event::Explained { explanation: explain.explanation.clone(), place: explain.place })
            }
            // It was in hand at the counter, and before the case heard of it somebody declared it lost.
            (CaseCommand::Explain(explain), Rung::Lost) if matches!(ctx.actor, Actor::Book { .. }) => {
                let on_record = ctx.facts.weapons.get(&self.weapon).map(|weapon| weapon.place);
                let place = explain.place.or(on_record).ok_or(Refusal::NotInBook { what: "weapon" })?;
                CaseEvent::Recovered(event::Recovered { place, circumstances: explain.explanation.clone() })
            }
            (CaseCommand::PresumeLost(presume), Rung::Open) => {
                person(ctx.actor)?; // Never a timer.
                said("why now", &presume.because, TEXT)?;
                CaseEvent::PresumedLost(event::PresumedLost { because: presume.because.clone() })
            }
            (CaseCommand::DeclareLost(declare), Rung::Open | Rung::Presumed) => {
                person(ctx.actor)?;
                said("the circumstances", &declare.circumstances, TEXT)?;
                let (cause, last_seen) = (declare.cause, declare.last_seen);
                CaseEvent::LossDeclared(event::LossDeclared { cause, circumstances: declare.circumstances.clone(), last_seen })
            }
            (CaseCommand::ReportLoss(report), Rung::Open | Rung::Presumed | Rung::Lost | Rung::Recovered) => {
                person(ctx.actor)?;
                said("to whom it was reported", &report.to, LINE)?;
                said("the reference", &report.reference, LINE)?;
                let line = (report.to.clone(), report.reference.clone());
                if self.reports.contains(&line) {
                    return Ok(None);
                }
                CaseEvent::LossReported(event::LossReported { to: line.0, reference: line.1 })
            }
            (CaseCommand::Recover(recover), Rung::Open | Rung::Presumed | Rung::Lost) => {
                said("how it came back", &recover.circumstances, TEXT)?;
                CaseEvent::Recovered(event::Recovered { place: recover.place, circumstances: recover.circumstances.clone() })
            }
            (CaseCommand::RequestClose(asked), rung) => self.close_requested(asked, rung, ctx)?,
            (CaseCommand::Close(close), _) => {
                let request = self.second(close.request, ctx)?;
                CaseEvent::Closed(event::Closed { request: request.event, request_leaf: hex::encode(request.leaf) })
            }
            (CaseCommand::RefuseClose(refuse), _) => {
                let request = self.second(refuse.request, ctx)?.event;
                said("the reason", &refuse.because, TEXT)?;
                CaseEvent::CloseRefused(event::CloseRefused { request, because: refuse.because.clone() })
            }
            (_, rung) => return Err(Refusal::CaseRung { instead: instead(rung) }),
        };
        Ok(Some(event))
    }

    fn close_requested(&self, asked: &RequestClose, rung: Rung, ctx: &Ctx) -> Result<CaseEvent, Refusal> {
        person(ctx.actor)?;
        said("the evidence", &asked.evidence, TEXT)?;
        if let Some(waiting) = &self.request {
            return Err(Refusal::RequestWaiting { request: waiting.event });
        }
        match (asked.outcome, rung) {
            (Outcome::Unrecovered, Rung::Lost) | (Outcome::Recovered, Rung::Recovered) => {}
            (Outcome::DeclaredInError, Rung::Recovered) if self.was_lost => {}
            (_, rung) => return Err(Refusal::CaseRung { instead: instead(rung) }),
        }
        Ok(CaseEvent::CloseRequested(event::CloseRequested { outcome: asked.outcome, evidence: asked.evidence.clone() }))
    }

    /// The request that waits, before its second person.
    fn second(&self, request: EventId, ctx: &Ctx) -> Result<&Request, Refusal> {
        let waiting = self.request.as_ref().filter(|waiting| waiting.event == request);
        let waiting = waiting.ok_or(Refusal::NoSuchRequest { request })?;
        another_person(&waiting.by, ctx.actor)?;
        if ctx.facts.custodian.as_ref() == ctx.actor.person() {
            return Err(Refusal::KeepsTheStock);
        }
        Ok(waiting)
    }
}

const fn instead(rung: Rung) -> &'static str {
    match rung {
        Rung::Open => "search, explain it, or declare the loss",
        Rung::Explained => "it was explained; if the weapon is missing again, open a new case",
        Rung::Presumed => "explain it, or declare the loss",
        Rung::Lost => "the loss is declared: recover the weapon, or ask to close it as unrecovered",
        Rung::Recovered => "the weapon is recovered: ask to close the case",
        Rung::Closed => "it was closed by two people and stays on the register",
    }
}

#[cfg(test)]
mod stories;
