//! What one person can reach alone: an exhaustive search over every order of his acts.
//!
//! One person with every role, in as many sign-ins as he likes, asks everything that can be asked
//! of a weapon, its case, its batch, a count, a grant and a gateway, six steps deep. Worlds that
//! stand alike are searched once ([`likeness`]); what stands in it is all that the rules look at.
//! Nothing that takes two may come out, and after every step a count must still account for the
//! weapon: as missing, as under a case, or by a document that says who opened it, unconfirmed.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::stories::{amir, armoury, back, bola, issue, place, register, rifle, this_batch, this_count, weapon};
use super::world::World;
use super::*;
use crate::codes::{CountKind, DestructionMethod, Disposition, ElsewhereKind, LossCause, Role, Way};
use crate::command::*;
use crate::count::result::{Verdict, result};
use crate::event::Actor;
use crate::event::case::Outcome;
use crate::event::person::Grant;
use crate::ids::{CountId, GatewayKey};
use crate::life::Life;
use crate::sealed::Sealed;

const STEPS: usize = 6;

/// Events that take two people.
const OF_TWO: &[&str] = &[
    "CaseClosed",
    "BatchConfirmed",
    "BatchReleaseApproved",
    "WeaponUnbatched",
    "WeaponDestroyed",
    "PersonGrantApproved",
    "GatewayEnrolled",
    "CountSigned",
    "WeaponReceiverConfirmed",
];

pub(super) fn again_amir() -> Actor {
    Actor::Person { service_number: "10001".parse().unwrap(), sign_in: "his other sign-in".to_owned() }
}

fn words() -> String {
    "words".to_owned()
}

pub(super) fn custody(world: &World) -> Vec<Command> {
    let send = |kind| {
        let (receiver, document) = (words(), "L-7".to_owned());
        weapon(1, WeaponCommand::Send(weapon::Send { kind, receiver, document, due: None }))
    };
    let pin = |to: &str| {
        let (to, acknowledgement) = (to.parse().unwrap(), crate::codes::Acknowledgement::Pin);
        weapon(1, WeaponCommand::Issue(weapon::Issue { to, purpose: None, due: None, acknowledgement }))
    };
    let document = world.views.standing(rifle(1)).and_then(|standing| standing.document);
    let number = document.map_or_else(words, |document| document.event.to_string());
    let confirm = |document: &str| WeaponCommand::ConfirmReceipt(weapon::ConfirmReceipt { document: document.to_owned() });
    let dispose = |disposition| WeaponCommand::DecideDisposition(weapon::DecideDisposition { disposition, authority: words() });
    vec![
        weapon(1, WeaponCommand::Rack(weapon::Rack { place: place(3) })),
        issue(1),
        pin("10001"),
        pin("31877"),
        back(1),
        send(ElsewhereKind::Loan),
        send(ElsewhereKind::Transit),
        weapon(1, confirm("L-7")),
        weapon(1, confirm(&number)),
        weapon(1, WeaponCommand::Recover(weapon::Recover { place: place(3) })),
        weapon(1, WeaponCommand::Restore(weapon::Restore { place: place(2) })),
        weapon(1, dispose(Disposition::Destroy)),
        weapon(1, dispose(Disposition::Keep)),
        register(1, "Zastava", "418823"),
        Command::Place(place(2), PlaceCommand::Close(place::Close {})),
    ]
}

pub(super) fn ladder(world: &World) -> Vec<Command> {
    let case = world.views.cases.of_weapon(rifle(1)).next_back().map(|row| row.case);
    let new = case_for(EventId(Uuid::from_u128(world.log.len() as u128)), rifle(1));
    let request = world.last("CaseCloseRequested");
    let on = |command| Command::Case(case.unwrap_or(new), command);
    let ask = |outcome| on(CaseCommand::RequestClose(case::RequestClose { outcome, evidence: words() }));
    let explain = |place| on(CaseCommand::Explain(case::Explain { explanation: words(), place }));
    let open = case::Open { weapon: rifle(1), place: place(2), count: None, circumstances: None };
    let declare = case::DeclareLost { cause: LossCause::Unexplained, circumstances: words(), last_seen: None };
    vec![
        Command::Case(new, CaseCommand::Open(open)),
        explain(None),
        explain(Some(place(3))),
        on(CaseCommand::PresumeLost(case::PresumeLost { because: words() })),
        on(CaseCommand::DeclareLost(declare)),
        on(CaseCommand::Recover(case::Recover { place: place(3), circumstances: words() })),
        ask(Outcome::Unrecovered),
        ask(Outcome::Recovered),
        ask(Outcome::DeclaredInError),
        on(CaseCommand::Close(case::Close { request })),
        on(CaseCommand::RefuseClose(case::RefuseClose { request, because: words() })),
    ]
}

pub(super) fn destruction(world: &World) -> Vec<Command> {
    let on = |command| Command::Batch(this_batch(), command);
    let weapon = rifle(1);
    let witness = |name: &str| on(BatchCommand::SignWitness(batch::SignWitness { name: name.to_owned(), organization: words() }));
    let record = batch::RecordDestruction {
        method: DestructionMethod::Cutting,
        at: words(),
        operators: vec!["40004".parse().unwrap()],
        scrap: None,
    };
    let release = batch::ApproveRelease { weapon, request: world.last("BatchReleaseRequested") };
    vec![
        on(BatchCommand::Open(batch::Open { number: words(), authority: words(), place: place(2) })),
        on(BatchCommand::ListItem(batch::ListItem { weapon })),
        on(BatchCommand::DropItem(batch::DropItem { weapon })),
        on(BatchCommand::VerifyItem(batch::VerifyItem { weapon, serial_as_read: "418823".parse().unwrap() })),
        on(BatchCommand::Lock(batch::Lock {})),
        on(BatchCommand::RequestRelease(batch::RequestRelease { weapon, because: words() })),
        on(BatchCommand::ApproveRelease(release)),
        on(BatchCommand::RecordDestruction(record)),
        witness("A"),
        witness("B"),
        on(BatchCommand::Verify(batch::Verify { request: world.last("BatchDestructionRecorded") })),
    ]
}

pub(super) fn counting(world: &World) -> Vec<Command> {
    let on = |command| Command::Count(this_count(), command);
    let open = |counter: &str| {
        let counters = vec![counter.parse().unwrap()];
        on(CountCommand::Open(count::Open { place: place(1), kind: CountKind::Full, blind: true, counters }))
    };
    let item = count::CountItem { weapon: Some(rifle(1)), seen: words(), way: Way::Eye, level: None, place: place(2) };
    let sign = count::Sign { closing: world.last("CountClosed"), reservation: None };
    vec![
        open("10001"),
        open("20002"),
        on(CountCommand::CountItem(item)),
        on(CountCommand::Close(count::Close {})),
        on(CountCommand::Sign(sign)),
        on(CountCommand::OrderRecount(count::OrderRecount { by: "20002".parse().unwrap() })),
    ]
}

pub(super) fn grants(world: &World) -> Vec<Command> {
    let on = |number: &str, command| Command::Person(number.parse().unwrap(), command);
    let grant = |role| Grant { role, place: None, from: Moment::from_micros(0), until: None };
    let request = world.last("PersonGrantRequested");
    let name = Sealed { key: words(), text: words() };
    let mut all = Vec::new();
    for number in ["10001", "31877"] {
        all.extend([
            on(number, PersonCommand::Enrol(person::Enrol { name: name.clone(), rank: None, unit: None })),
            on(number, PersonCommand::RequestGrant(person::RequestGrant { grant: grant(Role::Approver) })),
            on(number, PersonCommand::ApproveGrant(person::ApproveGrant { request })),
            on(number, PersonCommand::RevokeGrant(person::RevokeGrant { request })),
        ]);
    }
    all
}

pub(super) fn gateways(world: &World) -> Vec<Command> {
    let key: GatewayKey = "00112233aabbccdd".parse().unwrap();
    let on = |command| Command::Gateway(key.clone(), command);
    vec![
        on(GatewayCommand::Propose(gateway::Propose { public_key: words(), name: words() })),
        on(GatewayCommand::Enrol(gateway::Enrol { request: world.last("GatewayProposed") })),
        on(GatewayCommand::Revoke(gateway::Revoke { next: None, because: words() })),
    ]
}

/// All that the rules look at, without ids and times: worlds with equal likeness have equal futures.
fn likeness(world: &World) -> String {
    let facts =
        |prefix: &'static str| world.streams.iter().filter(move |(name, _)| name.starts_with(prefix)).map(|(_, facts)| facts);
    let weapon = facts("weapon-").map(crate::weapon::Weapon::fold).find_map(|weapon| weapon.entry.filter(|e| e.id == rifle(1)));
    let weapon = weapon.map(|w| {
        let document = w.document.map(|document| (document.confirmed, document.number == "L-7"));
        (w.stage, w.place, document, w.disposition, w.case.is_some(), w.batch, w.batches)
    });
    let case = world.views.cases.of_weapon(rifle(1)).next_back().map(|row| row.case.to_string()).unwrap_or_default();
    let case = facts("case-").filter(|facts| facts[0].stream.contains(&case)).map(|facts| crate::case::Case::fold(facts).about);
    let case: Vec<_> =
        case.flatten().map(|about| (about.rung, about.was_lost, about.request.map(|asked| asked.outcome))).collect();
    let batch: Vec<_> = facts("batch-")
        .map(crate::batch::Batch::fold)
        .map(|b| (b.items, b.locked, b.releases.len(), b.destruction.is_some(), b.witnesses, b.verifiers.len()))
        .collect();
    let count: Vec<_> = facts("count-")
        .map(crate::count::Count::fold)
        .map(|c| (c.counters, c.sightings.len(), c.took_part.len(), c.closing.is_some(), c.abandoned))
        .collect();
    let people: Vec<_> = facts("person-")
        .map(crate::person::Person::fold)
        .map(|p| p.rights.values().map(|right| (right.approved, right.revoked)).collect::<BTreeSet<_>>())
        .collect();
    let gateway: Vec<_> = facts("enrolment-").map(crate::gateway::Gateway::fold).map(|g| (g.enrolled, g.closed_from)).collect();
    let closed = world.views.places.row(place(2)).map(|row| row.closed);
    format!("{:?}", (weapon, case, batch, count, people, gateway, closed))
}

/// A count by others, now, in which nobody sights anything: how it accounts for the weapon.
fn next_count(world: &World) -> Verdict {
    let mut world = world.clone();
    let id = CountId(Uuid::from_u128(0x999));
    let open = count::Open { place: place(1), kind: CountKind::Full, blind: true, counters: vec!["20002".parse().unwrap()] };
    world.act(&bola(), &Command::Count(id, CountCommand::Open(open))).unwrap();
    let outcome = result(&world.views.taking(id).unwrap(), &[]);
    outcome.lines.get(&rifle(1)).map_or(Verdict::MovedAway, |line| line.verdict.clone())
}

fn search(start: World, commands: &[fn(&World) -> Vec<Command>]) -> usize {
    let mut known = BTreeSet::from([likeness(&start)]);
    let mut edge = vec![(start, Vec::<String>::new())];
    for _ in 0..STEPS {
        let mut next = Vec::new();
        for (world, path) in &edge {
            for command in commands.iter().flat_map(|commands| commands(world)) {
                for actor in [amir(), again_amir()] {
                    if !world.would(&actor, &command) {
                        continue;
                    }
                    let mut after = world.clone();
                    let told = after.act(&actor, &command).unwrap();
                    let path = [path.clone(), vec![format!("{command:?} as {actor:?} -> {told:?}")]].concat();
                    assert!(!told.iter().any(|name| OF_TWO.contains(name)), "one person alone: {path:#?}");
                    if known.insert(likeness(&after)) {
                        let verdict = next_count(&after);
                        let accounted = match &verdict {
                            Verdict::Missing | Verdict::InCase => true,
                            Verdict::ByDocument(document) => {
                                !document.confirmed && document.opened_by.as_ref() == amir().person()
                            }
                            _ => false,
                        };
                        assert!(accounted, "{verdict:?} after {path:#?}");
                        next.push((after, path));
                    }
                }
            }
        }
        edge = next;
    }
    known.len()
}

#[test]
fn nobody_alone_closes_a_loss_or_talks_a_weapon_out_of_a_count() {
    let searched = search(armoury(), &[custody, ladder, counting, destruction]);
    assert!(searched > 500, "{searched} worlds");
}

#[test]
fn nobody_alone_destroys_a_weapon_or_lets_it_out_of_its_batch() {
    let mut listed = armoury();
    for command in
        custody(&listed).into_iter().filter(|c| matches!(c, Command::Weapon(_, WeaponCommand::DecideDisposition(_)))).take(1)
    {
        listed.act(&amir(), &command).unwrap();
    }
    for command in destruction(&listed).into_iter().take(2) {
        listed.act(&amir(), &command).unwrap();
    }
    let mut locked = listed.clone();
    for nth in [3, 4] {
        let command = destruction(&locked).swap_remove(nth);
        locked.act(&amir(), &command).unwrap();
    }
    let searched = search(listed, &[destruction, ladder]) + search(locked, &[destruction, custody, ladder]);
    assert!(searched > 500, "{searched} worlds");
}

#[test]
fn nobody_alone_gives_a_right_or_enrols_a_gateway() {
    let searched = search(armoury(), &[grants, gateways]);
    assert!(searched > 10, "{searched} worlds");
}
