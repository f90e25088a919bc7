//! The whole table State x Act as data: `moves.tsv`, rewritten with UPDATE=1 and then read by a
//! person. Every act is asked of a weapon in every state; nothing is left out.
//!
//! A cell is the events that happen (`!` = against the book) and the state after, or the refusal.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::fmt::Write as _;

use uuid::Uuid;

use armoury::codes::{
    Acknowledgement, Basis, Class, Component, DestructionMethod, Disposition, ElsewhereKind, LossCause, MarkKind, MarkMethod,
    Origin, State,
};
use armoury::command::WeaponCommand;
use armoury::command::weapon::{
    Assign, ConfirmReceipt, DecideDisposition, Follow, Issue, Rack, RecordMark, Recover, RemovePart, Restore, Return, Send,
};
use armoury::event::Event;
use armoury::event::weapon as event;
use armoury::event::weapon::WeaponEvent;
use armoury::event::{Actor, Fact, Meta};
use armoury::ids::{BatchId, CaseId, EventId, PlaceId, ServiceNumber, WeaponId};
use armoury::life::{Ctx, Facts, Life};
use armoury::marks::{Identity, Mark};
use armoury::weapon::moves::{self, Stage};
use armoury::weapon::{Document, Weapon};
use tag_data::moment::Moment;

fn place(n: u128) -> PlaceId {
    PlaceId(Uuid::from_u128(0x200 + n))
}
fn case_id(n: u128) -> CaseId {
    CaseId(Uuid::from_u128(0x300 + n))
}
fn batch_id(n: u128) -> BatchId {
    BatchId(Uuid::from_u128(0x400 + n))
}
fn cpl() -> ServiceNumber {
    "31877".parse().unwrap()
}
fn person(number: &str) -> Actor {
    Actor::Person { service_number: number.parse().unwrap(), sign_in: format!("sign-in of {number}") }
}

fn fact(n: u64, actor: &Actor, event: Event) -> Fact {
    let (node, basis) = ("hq".parse().unwrap(), Basis::Device);
    let meta = Meta {
        actor: actor.clone(),
        role: None,
        device: None,
        place: None,
        node,
        basis,
        cause: None,
        reason: None,
        idempotency_key: None,
    };
    let at = Moment::from_micros(i64::try_from(n).unwrap());
    Fact {
        position: n,
        id: EventId(Uuid::from_u128(n.into())),
        stream: "weapon-1@hq".to_owned(),
        revision: n - 1,
        recorded_at: at,
        occurred_at: at,
        leaf: [0; 32],
        meta,
        event,
    }
}

fn mark(text: &str) -> Mark {
    let (kind, component, method) = (MarkKind::RegistryAssigned, Component::Receiver, MarkMethod::Engrave);
    Mark { kind, component, position: None, method, text: text.parse().unwrap() }
}

fn registered() -> WeaponEvent {
    WeaponEvent::Registered(event::Registered {
        weapon: WeaponId(Uuid::from_u128(1)),
        identity: Identity {
            class: Class::Sa4,
            maker: "Zastava".to_owned(),
            model: "M70AB2".to_owned(),
            calibre: "7.62x39".to_owned(),
            country: None,
            year: None,
            serial: "418823".parse().unwrap(),
            marks: Vec::new(),
        },
        owner: "2 Bn".to_owned(),
        origin: Origin::Ledger,
        place: place(1),
        source: None,
        duplicate_reason: None,
        provisional: false,
    })
}

fn acts() -> Vec<(&'static str, WeaponCommand)> {
    let send = |kind| {
        let (receiver, document) = ("3 Bn".to_owned(), "L-7".to_owned());
        WeaponCommand::Send(Send { kind, receiver, document, due: None })
    };
    let issue = Issue { to: cpl(), purpose: None, due: None, acknowledgement: Acknowledgement::Pin };
    let mark = mark("77");
    let (case, batch, method) = (case_id(1), batch_id(1), DestructionMethod::Cutting);
    let part = || "bolt".to_owned();
    vec![
        ("rack", WeaponCommand::Rack(Rack { place: place(2) })),
        ("issue", WeaponCommand::Issue(issue)),
        ("return", WeaponCommand::Return(Return { from: None, place: place(2) })),
        ("lend", send(ElsewhereKind::Loan)),
        ("to workshop", send(ElsewhereKind::Maintenance)),
        ("as evidence", send(ElsewhereKind::Evidence)),
        ("on the road", send(ElsewhereKind::Transit)),
        ("recover", WeaponCommand::Recover(Recover { place: place(2) })),
        ("restore", WeaponCommand::Restore(Restore { place: place(2) })),
        ("confirm receipt", WeaponCommand::ConfirmReceipt(ConfirmReceipt { document: "D-1".to_owned() })),
        ("record a unique mark", WeaponCommand::RecordMark(RecordMark { mark })),
        ("assign", WeaponCommand::Assign(Assign { to: Some(cpl()) })),
        ("remove a part", WeaponCommand::RemovePart(RemovePart { part: part(), kept_at: "safe".to_owned() })),
        (
            "decide to destroy",
            WeaponCommand::DecideDisposition(DecideDisposition {
                disposition: Disposition::Destroy,
                authority: "order 12".to_owned(),
            }),
        ),
        ("(unaccounted)", WeaponCommand::Follow(Follow::Unaccounted { case: case_id(2), count: None })),
        ("(explained)", WeaponCommand::Follow(Follow::Explained { case, place: None })),
        ("(found)", WeaponCommand::Follow(Follow::Explained { case, place: Some(place(2)) })),
        ("(presumed lost)", WeaponCommand::Follow(Follow::PresumedLost { case })),
        ("(lost)", WeaponCommand::Follow(Follow::Lost { case, cause: LossCause::Unexplained })),
        ("(recovered)", WeaponCommand::Follow(Follow::Recovered { case, place: place(2) })),
        ("(declared in error)", WeaponCommand::Follow(Follow::DeclaredInError { case })),
        ("(batched)", WeaponCommand::Follow(Follow::Batched { batch: batch_id(2) })),
        ("(unbatched)", WeaponCommand::Follow(Follow::Unbatched { batch })),
        ("(destroyed)", WeaponCommand::Follow(Follow::Destroyed { batch, method })),
    ]
}

/// A weapon that stands in `state`: under case 1 or in batch 1 where the state says so, out under
/// an unconfirmed document where the state says that.
fn standing(state: State) -> Weapon {
    let mut weapon = Weapon::default();
    Weapon::evolve(&mut weapon, &fact(1, &person("10002"), registered().into()));
    let entry = weapon.entry.as_mut().unwrap();
    entry.stage = Stage::begun(state);
    let missed = matches!(state, State::Unaccounted | State::PresumedLost | State::Lost | State::RecoveredHeld);
    entry.case = missed.then(|| case_id(1));
    entry.batch = matches!(state, State::Batched | State::Destroyed).then(|| batch_id(1));
    entry.batches.extend(entry.batch);
    entry.document = moves::out(state).then(|| Document {
        number: "D-1".to_owned(),
        event: EventId(Uuid::from_u128(9)),
        opened_by: person("10002"),
        confirmed: false,
    });
    weapon
}

fn cell(state: State, command: &WeaponCommand) -> String {
    let mut weapon = standing(state);
    let facts = Facts::default();
    let actor =
        if matches!(command, WeaponCommand::Follow(_)) { Actor::Book { rule: "table".to_owned() } } else { person("10001") };
    let ctx = Ctx { now: Moment::default(), actor: &actor, facts: &facts };
    let events = match Weapon::decide(&WeaponId(Uuid::from_u128(1)), &weapon, command, &ctx) {
        Err(refusal) => return format!("refused: {}", refusal.code()),
        Ok(events) if events.is_empty() => return "nothing".to_owned(),
        Ok(events) => events,
    };
    let mut shown = String::new();
    for (event, n) in events.into_iter().zip(10..) {
        let against = contradicts(&event, state);
        write!(shown, "{}{} ", event.type_name().trim_start_matches("Weapon"), if against { "!" } else { "" }).unwrap();
        Weapon::evolve(&mut weapon, &fact(n, &actor, event));
    }
    write!(shown, "-> {}", weapon.entry.unwrap().stage.state).unwrap();
    shown
}

fn contradicts(event: &Event, state: State) -> bool {
    let Event::Weapon(event) = event else { return false };
    let against = match event {
        WeaponEvent::Racked(racked) => racked.against_book,
        WeaponEvent::Issued(issued) => issued.against_book,
        WeaponEvent::Returned(returned) => returned.against_book,
        WeaponEvent::SentElsewhere(sent) => sent.against_book,
        WeaponEvent::Recovered(recovered) => recovered.against_book,
        _ => None,
    };
    assert!(against.is_none_or(|book| book == state), "a contradiction names the state the book was in");
    against.is_some()
}

#[test]
fn every_act_in_every_state() {
    let mut table =
        String::from("# act\tstate\toutcome: events (! = against the book) -> state after; rewritten with UPDATE=1\n");
    for (name, command) in acts() {
        for state in State::ALL {
            writeln!(table, "{name}\t{state}\t{}", cell(*state, &command)).unwrap();
        }
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/moves.tsv");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, &table).unwrap();
    }
    let known = std::fs::read_to_string(path).unwrap_or_default();
    for (known, now) in known.lines().zip(table.lines()) {
        assert_eq!(known, now);
    }
    assert_eq!(known, table);
}
