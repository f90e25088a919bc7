//! A gateway's life in the book: proposed by one, enrolled by another, its batches taken in
//! without a gap, its key closed from a sequence on.
//!
//! What it heard stands in its own stream and is never decided here: a scan is never rejected.

use std::collections::BTreeSet;

use crate::command::GatewayCommand;
use crate::command::gateway::Propose;
use crate::event::gateway::{self as event, BatchContradicted, BatchReceived, GatewayEvent};
use crate::event::{Actor, Event, Fact};
use crate::ids::{EventId, GatewayKey};
use crate::life::{Ctx, KeyStanding, Life};
use crate::refusal::{LINE, Refusal, TEXT, another_person, person, said};

/// Contradicting batches told of one key; whoever has not acted by then learns nothing from the next.
const CONTRADICTED_MAX: usize = 1000;

/// A gateway's enrolment, or (in its intake stream) how far its batches are taken in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gateway {
    /// The proposal: its event, who made it, its leaf.
    pub proposed: Option<(EventId, Actor, [u8; 32])>,
    /// Enrolled by another.
    pub enrolled: bool,
    /// The sequence from which its key is closed.
    pub closed_from: Option<u64>,
    /// The next sequence wanted.
    pub next: u64,
    /// Batches that the book contradicted: first sequence and digest of each.
    pub contradicted: BTreeSet<(u64, String)>,
}

impl Life for Gateway {
    type Id = GatewayKey;
    type State = Self;
    type Command = GatewayCommand;

    fn evolve(state: &mut Self, fact: &Fact) {
        let Event::Gateway(event) = &fact.event else { return };
        match event {
            GatewayEvent::Proposed(_) => state.proposed = Some((fact.id, fact.meta.actor.clone(), fact.leaf)),
            GatewayEvent::Enrolled(_) => state.enrolled = true,
            GatewayEvent::Revoked(revoked) => state.closed_from = Some(revoked.next),
            GatewayEvent::BatchReceived(batch) => state.next = state.next.max(batch.first.saturating_add(batch.count)),
            GatewayEvent::BatchContradicted(batch) => {
                state.contradicted.insert((batch.first, batch.items_digest.clone()));
            }
            GatewayEvent::Observed(_) | GatewayEvent::ReaderHeard(_) | GatewayEvent::HoleDeclared(_) => {}
        }
    }

    fn decide(id: &GatewayKey, state: &Self, command: &GatewayCommand, ctx: &Ctx) -> Result<Vec<Event>, Refusal> {
        let event = match (command, &state.proposed) {
            (GatewayCommand::ReceiveBatch(batch), _) => return received(id, state, batch, ctx),
            (GatewayCommand::ContradictBatch(batch), _) => return contradicted(id, state, batch, ctx),
            (GatewayCommand::Propose(_), Some(_)) => return Err(Refusal::AlreadyInBook { what: "gateway" }),
            (GatewayCommand::Propose(asked), None) => proposed(id, asked, ctx)?,
            (_, None) => return Err(Refusal::NotInBook { what: "gateway" }),
            (GatewayCommand::Enrol(asked), Some((request, by, leaf))) => {
                if asked.request != *request || state.closed_from.is_some() {
                    return Err(Refusal::NoSuchRequest { request: asked.request });
                }
                if state.enrolled {
                    return Ok(Vec::new());
                }
                another_person(by, ctx.actor)?;
                GatewayEvent::Enrolled(event::Enrolled { request: *request, request_leaf: hex::encode(leaf) })
            }
            (GatewayCommand::Revoke(_), _) if state.closed_from.is_some() => return Ok(Vec::new()),
            (GatewayCommand::Revoke(asked), _) => {
                person(ctx.actor)?;
                said("the reason", &asked.because, TEXT)?;
                let next = asked.next.unwrap_or(ctx.facts.gateway_next);
                GatewayEvent::Revoked(event::Revoked { next, because: asked.because.clone() })
            }
        };
        Ok(vec![event.into()])
    }
}

fn proposed(id: &GatewayKey, asked: &Propose, ctx: &Ctx) -> Result<GatewayEvent, Refusal> {
    person(ctx.actor)?;
    said("the gateway's name", &asked.name, LINE)?;
    said("the gateway's public key", &asked.public_key, LINE)?;
    let (key, public_key, name) = (id.clone(), asked.public_key.clone(), asked.name.clone());
    Ok(GatewayEvent::Proposed(event::Proposed { key, public_key, name }))
}

/// The gateway's lifelong sequence is dedupe, order and gap detection in one.
fn received(id: &GatewayKey, state: &Gateway, batch: &BatchReceived, ctx: &Ctx) -> Result<Vec<Event>, Refusal> {
    only_itself(id, &batch.gateway, ctx)?;
    let (next, end) = (state.next, batch.first.saturating_add(batch.count));
    match ctx.facts.gateway_key {
        Some(KeyStanding::Enrolled) => {}
        Some(KeyStanding::ClosedFrom(from)) if end <= from => {}
        Some(KeyStanding::ClosedFrom(_)) | None => return Err(Refusal::KeyNotInForce),
    }
    if end <= next {
        Ok(Vec::new())
    } else if batch.first > next && batch.first > ctx.facts.gateway_next {
        Err(Refusal::SequenceGap { next })
    } else if batch.first < next {
        Err(Refusal::SequenceTaken { next })
    } else {
        // Also behind items that stand without their batch: their gateway will never complete it once it was
        // told to go on behind them.
        Ok(vec![GatewayEvent::BatchReceived(batch.clone()).into()])
    }
}

/// Each contradicting batch is told once, however often it is sent.
fn contradicted(id: &GatewayKey, state: &Gateway, batch: &BatchContradicted, ctx: &Ctx) -> Result<Vec<Event>, Refusal> {
    only_itself(id, &batch.gateway, ctx)?;
    if ctx.facts.gateway_key.is_none() {
        return Err(Refusal::KeyNotInForce);
    }
    let known = state.contradicted.contains(&(batch.first, batch.items_digest.clone()));
    let full = state.contradicted.len() >= CONTRADICTED_MAX;
    Ok(if known || full { Vec::new() } else { vec![GatewayEvent::BatchContradicted(batch.clone()).into()] })
}

fn only_itself(id: &GatewayKey, gateway: &GatewayKey, ctx: &Ctx) -> Result<(), Refusal> {
    let itself = matches!(ctx.actor, Actor::Gateway { key } if key == id) && gateway == id;
    if itself { Ok(()) } else { Err(Refusal::OnlyTheBook) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::gateway::{Enrol, Revoke};
    use crate::life::Facts;
    use crate::story::{Story, event_id, person, story};

    fn key() -> GatewayKey {
        "00112233aabbccdd".parse().unwrap()
    }

    fn propose() -> GatewayCommand {
        GatewayCommand::Propose(Propose { public_key: "AAAA".to_owned(), name: "armoury-1".to_owned() })
    }

    fn batch(first: u64, count: u64) -> GatewayCommand {
        GatewayCommand::ReceiveBatch(BatchReceived {
            gateway: key(),
            boot: "b1".to_owned(),
            first,
            count,
            items_digest: String::new(),
            signature: String::new(),
        })
    }

    fn intake(standing: Option<KeyStanding>) -> Story<Gateway> {
        let facts = Facts { gateway_key: standing, ..Facts::default() };
        story(key(), []).by(Actor::Gateway { key: key() }).with(facts)
    }

    #[test]
    fn a_gateway_is_enrolled_by_two() {
        let enrol = |n| GatewayCommand::Enrol(Enrol { request: event_id(n) });
        let proposed = story::<Gateway>(key(), []).and(&propose());
        proposed.when(&propose()).refused("already_in_book");
        proposed.when(&enrol(1)).refused("same_person");
        let other = proposed.by(person("20002"));
        other.when(&enrol(5)).refused("no_such_request");
        let enrolled = other.and(&enrol(1));
        enrolled.when(&enrol(1)).then::<Event>([]);
        let revoke = GatewayCommand::Revoke(Revoke { next: None, because: "captured".to_owned() });
        let closed = enrolled.with(Facts { gateway_next: 40, ..Facts::default() }).and(&revoke);
        assert_eq!(closed.state().closed_from, Some(40));
        closed.when(&enrol(1)).refused("no_such_request");
    }

    #[test]
    fn batches_follow_without_a_gap_and_repeats_are_nothing() {
        let taken = intake(Some(KeyStanding::Enrolled)).and(&batch(0, 10));
        taken.when(&batch(0, 10)).then::<Event>([]);
        taken.when(&batch(11, 1)).refused("sequence_gap");
        taken.when(&batch(5, 10)).refused("sequence_taken");
        taken.when(&batch(10, 5)).tells(&["BatchReceived"]);
        taken.by(person("1")).when(&batch(10, 5)).refused("only_the_book");
    }

    #[test]
    fn a_contradicting_batch_is_told_once() {
        let other = |first: u64, digest: &str| {
            GatewayCommand::ContradictBatch(BatchContradicted {
                gateway: key(),
                boot: "b2".to_owned(),
                first,
                count: 3,
                items_digest: digest.to_owned(),
                signature: String::new(),
                sequence: first,
                next: 10,
            })
        };
        let told = intake(Some(KeyStanding::Enrolled)).and(&batch(0, 10)).and(&other(4, "aa"));
        told.when(&other(4, "aa")).then::<Event>([]);
        told.when(&other(4, "bb")).tells(&["BatchContradicted"]);
        told.when(&batch(10, 5)).tells(&["BatchReceived"]);
        told.by(person("1")).when(&other(5, "aa")).refused("only_the_book");
        intake(None).when(&other(4, "aa")).refused("key_not_in_force");
    }

    /// A crash between the items and their batch, and a gateway that cannot send that batch again.
    #[test]
    fn a_gateway_goes_on_behind_items_without_their_batch() {
        let facts = Facts { gateway_key: Some(KeyStanding::Enrolled), gateway_next: 15, ..Facts::default() };
        let cut_off = intake(Some(KeyStanding::Enrolled)).and(&batch(0, 10)).with(facts);
        cut_off.when(&batch(15, 2)).tells(&["BatchReceived"]);
        cut_off.when(&batch(16, 2)).refused("sequence_gap");
    }

    #[test]
    fn a_closed_key_hands_in_only_what_it_heard_before() {
        intake(None).when(&batch(0, 1)).refused("key_not_in_force");
        intake(Some(KeyStanding::ClosedFrom(5))).when(&batch(0, 5)).tells(&["BatchReceived"]);
        intake(Some(KeyStanding::ClosedFrom(5))).when(&batch(0, 6)).refused("key_not_in_force");
    }
}
