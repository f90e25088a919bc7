//! A person's entry: who he is by service number, and the rights two others gave him.
//!
//! Nobody asks for or approves his own right; one person suffices to take a right away. The first
//! two people are founded at set-up and never again.

use std::collections::BTreeMap;

use tag_data::moment::Moment;

use crate::codes::Role;
use crate::command::PersonCommand;
use crate::command::person::{Enrol, Found, RequestGrant};
use crate::event::person::{self as event, Grant, PersonEvent};
use crate::event::{Actor, Event, Fact};
use crate::ids::{EventId, ServiceNumber};
use crate::life::{Ctx, Life};
use crate::refusal::{LINE, Refusal, another_person, person, said_if};
use crate::rights;

/// A person's entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// In the book.
    pub enrolled: bool,
    /// Rights asked for, given and taken, by the event that asked (or founded).
    pub rights: BTreeMap<EventId, Right>,
}

/// A right and how far it has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Right {
    /// What was asked for; several only at the founding.
    pub grants: Vec<Grant>,
    /// Who asked, in which sign-in.
    pub by: Actor,
    /// The request's leaf.
    pub leaf: [u8; 32],
    /// Approved by another, or founded.
    pub approved: bool,
    /// Taken away, or the request withdrawn.
    pub revoked: bool,
}

impl Person {
    /// The rights that were given and not taken; their times are not looked at.
    #[must_use]
    pub fn grants(&self) -> Vec<Grant> {
        self.rights.values().filter(|right| right.approved && !right.revoked).flat_map(|right| right.grants.clone()).collect()
    }

    /// The roles held now or later.
    fn roles(&self, now: Moment) -> Vec<Role> {
        let lasting = |grant: &Grant| grant.until.is_none_or(|until| now < until);
        self.grants().into_iter().filter(lasting).map(|grant| grant.role).collect()
    }

    fn asked(&mut self, fact: &Fact, grants: Vec<Grant>, approved: bool) {
        let right = Right { grants, by: fact.meta.actor.clone(), leaf: fact.leaf, approved, revoked: false };
        self.rights.insert(fact.id, right);
    }
}

impl Life for Person {
    type Id = ServiceNumber;
    type State = Self;
    type Command = PersonCommand;

    fn evolve(state: &mut Self, fact: &Fact) {
        let Event::Person(event) = &fact.event else { return };
        match event {
            PersonEvent::Enrolled(_) => state.enrolled = true,
            PersonEvent::Founded(founded) => state.asked(fact, founded.grants.clone(), true),
            PersonEvent::GrantRequested(requested) => state.asked(fact, vec![requested.grant.clone()], false),
            PersonEvent::GrantApproved(approved) => {
                state.rights.entry(approved.request).and_modify(|right| right.approved = true);
            }
            PersonEvent::GrantRevoked(revoked) => {
                state.rights.entry(revoked.request).and_modify(|right| right.revoked = true);
            }
        }
    }

    fn decide(id: &ServiceNumber, state: &Self, command: &PersonCommand, ctx: &Ctx) -> Result<Vec<Event>, Refusal> {
        let events = match command {
            PersonCommand::Found(found) => founded(id, state, found, ctx)?,
            PersonCommand::Enrol(_) if state.enrolled => return Err(Refusal::AlreadyInBook { what: "person" }),
            PersonCommand::Enrol(enrol) => {
                person(ctx.actor)?;
                vec![enrolled(id, enrol)?]
            }
            _ if !state.enrolled => return Err(Refusal::NotInBook { what: "person" }),
            PersonCommand::RequestGrant(asked) => requested(id, state, asked, ctx)?,
            PersonCommand::ApproveGrant(asked) => approved(id, state, asked.request, ctx)?,
            PersonCommand::RevokeGrant(asked) => {
                person(ctx.actor)?;
                let right = state.rights.get(&asked.request).ok_or(Refusal::NoSuchRequest { request: asked.request })?;
                if right.revoked {
                    return Ok(Vec::new());
                }
                vec![PersonEvent::GrantRevoked(event::GrantRevoked { request: asked.request })]
            }
        };
        Ok(events.into_iter().map(Event::from).collect())
    }
}

fn enrolled(id: &ServiceNumber, asked: &Enrol) -> Result<PersonEvent, Refusal> {
    said_if("the rank", asked.rank.as_deref(), LINE)?;
    said_if("the unit", asked.unit.as_deref(), LINE)?;
    Ok(PersonEvent::Enrolled(event::Enrolled {
        service_number: id.clone(),
        name: asked.name.clone(),
        rank: asked.rank.clone(),
        unit: asked.unit.clone(),
    }))
}

fn founded(id: &ServiceNumber, state: &Person, asked: &Found, ctx: &Ctx) -> Result<Vec<PersonEvent>, Refusal> {
    if state.enrolled {
        return Err(Refusal::AlreadyInBook { what: "person" });
    }
    if ctx.facts.founded >= 2 {
        return Err(Refusal::Founded);
    }
    for (n, grant) in asked.grants.iter().enumerate() {
        let before = asked.grants.iter().take(n).map(|grant| grant.role);
        apart(before, grant.role)?;
    }
    let enrol = Enrol { name: asked.name.clone(), rank: None, unit: None };
    Ok(vec![enrolled(id, &enrol)?, PersonEvent::Founded(event::Founded { grants: asked.grants.clone() })])
}

fn requested(id: &ServiceNumber, state: &Person, asked: &RequestGrant, ctx: &Ctx) -> Result<Vec<PersonEvent>, Refusal> {
    let grant = &asked.grant;
    if person(ctx.actor)? == id {
        return Err(Refusal::OwnRight);
    }
    if grant.until.is_some_and(|until| until <= grant.from || until <= ctx.now) {
        return Err(Refusal::GrantEnds);
    }
    if grant.role == Role::Inspector && grant.until.is_none() {
        return Err(Refusal::GuestNeedsEnd);
    }
    apart(state.roles(ctx.now), grant.role)?;
    let waiting = state.rights.iter().find(|(_, right)| !right.approved && !right.revoked && right.grants.contains(grant));
    if let Some((request, _)) = waiting {
        return Err(Refusal::RequestWaiting { request: *request });
    }
    Ok(vec![PersonEvent::GrantRequested(event::GrantRequested { grant: grant.clone() })])
}

fn approved(id: &ServiceNumber, state: &Person, request: EventId, ctx: &Ctx) -> Result<Vec<PersonEvent>, Refusal> {
    let right = state.rights.get(&request).filter(|right| !right.revoked).ok_or(Refusal::NoSuchRequest { request })?;
    if right.approved {
        return Err(Refusal::NoSuchRequest { request });
    }
    if person(ctx.actor)? == id {
        return Err(Refusal::OwnRight);
    }
    another_person(&right.by, ctx.actor)?;
    for grant in &right.grants {
        apart(state.roles(ctx.now), grant.role)?; // A conflicting right may have been given meanwhile.
    }
    Ok(vec![PersonEvent::GrantApproved(event::GrantApproved { request, request_leaf: hex::encode(right.leaf) })])
}

fn apart(held: impl IntoIterator<Item = Role>, wanted: Role) -> Result<(), Refusal> {
    rights::conflict(held, wanted).map_or(Ok(()), |held| Err(Refusal::RolesApart { held, wanted }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::person::{ApproveGrant, RevokeGrant};
    use crate::life::Facts;
    use crate::sealed::Sealed;
    use crate::story::{Story, event_id, story};

    fn who(number: &str) -> Actor {
        crate::story::person(number)
    }

    fn name() -> Sealed {
        Sealed { key: "person:31877".to_owned(), text: "AAAA".to_owned() }
    }

    fn grant(role: Role, until: Option<i64>) -> Grant {
        let until = until.map(Moment::from_micros);
        Grant { role, place: None, from: Moment::from_micros(0), until }
    }

    fn ask(role: Role) -> PersonCommand {
        PersonCommand::RequestGrant(RequestGrant { grant: grant(role, None) })
    }

    fn approve(n: u128) -> PersonCommand {
        PersonCommand::ApproveGrant(ApproveGrant { request: event_id(n) })
    }

    fn enrolled() -> Story<Person> {
        let enrol = PersonCommand::Enrol(Enrol { name: name(), rank: None, unit: None });
        story("31877".parse().unwrap(), []).and(&enrol)
    }

    #[test]
    fn a_right_takes_two_others() {
        let asked = enrolled().by(who("10001")).and(&ask(Role::Custodian));
        asked.when(&approve(2)).refused("same_person");
        asked.when(&approve(1)).refused("no_such_request");
        let asked = asked.by(who("31877"));
        asked.when(&approve(2)).refused("own_right");
        asked.when(&ask(Role::Approver)).refused("own_right");
        let Actor::Person { sign_in, .. } = who("10001") else { unreachable!() };
        let same = Actor::Person { service_number: "20002".parse().unwrap(), sign_in };
        let asked = asked.by(same);
        asked.when(&approve(2)).refused("same_sign_in");
        let given = asked.by(who("20002")).and(&approve(2));
        assert_eq!(given.state().grants(), [grant(Role::Custodian, None)]);
        given.when(&approve(2)).refused("no_such_request");
        given.when(&ask(Role::SecurityOfficer)).refused("roles_apart");
        let taken = given.and(&PersonCommand::RevokeGrant(RevokeGrant { request: event_id(2) }));
        assert_eq!(taken.state().grants(), []);
    }

    #[test]
    fn a_grant_is_bounded() {
        let ended = PersonCommand::RequestGrant(RequestGrant { grant: grant(Role::Custodian, Some(5)) });
        enrolled().when(&ended).refused("grant_ends");
        enrolled().when(&ask(Role::Inspector)).refused("guest_needs_end");
        enrolled().and(&ask(Role::Custodian)).when(&ask(Role::Custodian)).refused("request_waiting");
        story::<Person>("9".parse().unwrap(), []).when(&ask(Role::Custodian)).refused("not_in_book");
    }

    #[test]
    fn two_conflicting_requests_never_both_stand() {
        let both = enrolled().and(&ask(Role::Custodian)).and(&ask(Role::Operator)).by(who("20002"));
        let one = both.and(&approve(2));
        one.when(&approve(3)).refused("roles_apart");
    }

    #[test]
    fn the_first_two_are_founded_and_no_third() {
        let found = |roles: &[Role]| {
            let grants = roles.iter().map(|role| grant(*role, None)).collect();
            PersonCommand::Found(Found { name: name(), grants })
        };
        let first = story::<Person>("10001".parse().unwrap(), []).by(crate::story::book());
        first.when(&found(&[Role::SecurityOfficer])).tells(&["PersonEnrolled", "PersonFounded"]);
        first.when(&found(&[Role::SecurityOfficer, Role::Custodian])).refused("roles_apart");
        first.with(Facts { founded: 2, ..Facts::default() }).when(&found(&[Role::SecurityOfficer])).refused("founded");
    }
}
