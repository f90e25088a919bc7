//! Stories of a weapon's life, and the small things that other tests tell theirs with.

use uuid::Uuid;

use super::{Weapon, moves};
use crate::codes::{
    Acknowledgement, Class, Component, DestructionMethod, ElsewhereKind, LossCause, MarkKind, MarkMethod, Origin, State,
};
use crate::command::WeaponCommand;
use crate::command::weapon::{
    BindTag, ConfirmReceipt, Follow, Issue, Rack, RecordMark, Register, Restore, RetireTag, Return, Send,
};
use crate::event::weapon::{self as event, WeaponEvent};
use crate::event::{Actor, Event};
use crate::ids::{BatchId, CaseId, PlaceId, ServiceNumber, WeaponId};
use crate::life::Facts;
use crate::marks::{Identity, Mark};
use crate::story::{Story, book, event_id, person, story};

pub fn weapon_id(n: u128) -> WeaponId {
    WeaponId(Uuid::from_u128(0x100 + n))
}
pub fn place(n: u128) -> PlaceId {
    PlaceId(Uuid::from_u128(0x200 + n))
}
pub fn case_id(n: u128) -> CaseId {
    CaseId(Uuid::from_u128(0x300 + n))
}
pub fn batch_id(n: u128) -> BatchId {
    BatchId(Uuid::from_u128(0x400 + n))
}
pub fn cpl() -> ServiceNumber {
    "31877".parse().unwrap()
}

pub fn mark(text: &str) -> Mark {
    let (kind, component, method) = (MarkKind::RegistryAssigned, Component::Receiver, MarkMethod::Engrave);
    Mark { kind, component, position: None, method, text: text.parse().unwrap() }
}

pub fn identity(serial: &str) -> Identity {
    Identity {
        class: Class::Sa4,
        maker: "Zastava".to_owned(),
        model: "M70AB2".to_owned(),
        calibre: "7.62x39".to_owned(),
        country: Some("YU".to_owned()),
        year: None,
        serial: serial.parse().unwrap(),
        marks: Vec::new(),
    }
}

pub fn registered() -> event::Registered {
    event::Registered {
        weapon: weapon_id(1),
        identity: identity("418823"),
        owner: "2 Bn".to_owned(),
        origin: Origin::Ledger,
        place: place(1),
        source: None,
        duplicate_reason: None,
        provisional: false,
    }
}

fn register(reason: Option<&str>) -> WeaponCommand {
    WeaponCommand::Register(Register {
        identity: identity("418823"),
        owner: "2 Bn".to_owned(),
        origin: Origin::Ledger,
        place: place(1),
        source: None,
        duplicate_reason: reason.map(str::to_owned),
        provisional: None,
    })
}

fn issue() -> WeaponCommand {
    WeaponCommand::Issue(Issue { to: cpl(), purpose: None, due: None, acknowledgement: Acknowledgement::WetInk })
}

fn back() -> WeaponCommand {
    WeaponCommand::Return(Return { from: Some(cpl()), place: place(2) })
}

fn bind(epc: &str, tid: Option<&str>) -> WeaponCommand {
    WeaponCommand::BindTag(BindTag { epc: epc.to_owned(), tid: tid.map(str::to_owned) })
}

fn given(told: impl IntoIterator<Item = WeaponEvent>) -> Story<Weapon> {
    let told: Vec<(Actor, Event)> = told.into_iter().map(|event| (person("10001"), event.into())).collect();
    story(weapon_id(1), told)
}

fn in_book() -> Story<Weapon> {
    given([WeaponEvent::Registered(registered())])
}

fn follow(what: Follow) -> WeaponCommand {
    WeaponCommand::Follow(what)
}

fn missed() -> WeaponEvent {
    WeaponEvent::Unaccounted(event::Unaccounted { case: case_id(1), count: None })
}

fn lost() -> WeaponEvent {
    WeaponEvent::Lost(event::Lost { case: case_id(1), cause: LossCause::Unexplained })
}

fn locked() -> WeaponEvent {
    WeaponEvent::Batched(event::Batched { batch: batch_id(1) })
}

fn state(story: &Story<Weapon>) -> State {
    story.state().entry.unwrap().stage.state
}

#[test]
fn a_duplicate_is_entered_with_its_reason_only() {
    let facts = Facts { same_identity: vec![weapon_id(7)], ..Facts::default() };
    given([]).with(facts.clone()).when(&register(None)).refused("identity_known");
    given([]).with(facts).when(&register(Some("police hand-in, other rifle"))).tells(&["WeaponRegistered"]);
    given([]).when(&register(None)).then([WeaponEvent::Registered(registered())]);
    in_book().when(&register(None)).refused("already_in_book");
    given([]).when(&issue()).refused("not_in_book");
    given([]).by(book()).when(&register(None)).refused("needs_person");
}

#[test]
fn a_lost_weapon_handed_in_is_recovered_and_never_just_returned() {
    let gone = given([WeaponEvent::Registered(registered()), missed(), lost()]);
    let recovered = event::Recovered { case: Some(case_id(1)), place: place(2), against_book: None };
    gone.when(&back()).then([WeaponEvent::Recovered(recovered)]);
    gone.when(&issue()).tells(&["WeaponRecovered", "WeaponIssued"]);
    let held = gone.and(&back());
    assert_eq!(state(&held), State::RecoveredHeld);
    let open = Facts { open_case: Some(case_id(1)), ..Facts::default() };
    let restore = WeaponCommand::Restore(Restore { place: place(1) });
    held.with(open).when(&restore).refused("case_open");
}

#[test]
fn an_unaccounted_weapon_handed_in_is_taken_against_the_book() {
    let missing = given([WeaponEvent::Registered(registered()), missed()]);
    let returned = event::Returned { from: Some(cpl()), place: place(2), against_book: Some(State::Unaccounted) };
    missing.when(&back()).then([WeaponEvent::Returned(returned)]);
    let back_in = missing.and(&back());
    assert_eq!(state(&back_in), State::InStore);
    let explained = follow(Follow::Explained { case: case_id(1), place: None });
    back_in.by(book()).when(&explained).then::<Event>([]);
}

#[test]
fn a_case_makes_it_unaccounted_once() {
    let again = follow(Follow::Unaccounted { case: case_id(1), count: None });
    let explained = WeaponEvent::Explained(event::Explained { case: case_id(1), place: None });
    let told = given([WeaponEvent::Registered(registered()), missed(), explained]).by(book());
    told.when(&again).then::<Event>([]);
    told.when(&follow(Follow::Unaccounted { case: case_id(2), count: None })).tells(&["WeaponUnaccounted"]);
    told.by(person("10001")).when(&again).refused("only_the_book");
}

#[test]
fn a_batched_weapon_that_is_issued_stays_batched_until_two_let_it_out() {
    let out = given([WeaponEvent::Registered(registered()), locked()]).and(&issue());
    assert_eq!(state(&out), State::Batched);
    assert!(out.state().entry.unwrap().document.is_some(), "who has it is in the book");
    let lost_and_found = given([WeaponEvent::Registered(registered()), locked(), missed(), lost()]).and(&issue());
    assert_eq!(state(&lost_and_found), State::Batched);
    let let_out = out.by(book()).and(&follow(Follow::Unbatched { batch: batch_id(1) }));
    assert_eq!(state(&let_out), State::Issued);
}

#[test]
fn a_destroyed_weapon_never_changes_and_the_refusal_says_what_to_do() {
    let method = DestructionMethod::Shearing;
    let gone = WeaponEvent::Destroyed(event::Destroyed { batch: batch_id(1), method });
    let ended = given([WeaponEvent::Registered(registered()), locked(), gone]);
    ended.when(&back()).refused("record_closed");
    ended.when(&bind("E280", None)).refused("record_closed");
    let again = follow(Follow::Destroyed { batch: batch_id(1), method });
    ended.by(book()).when(&again).then::<Event>([]);
}

#[test]
fn a_tag_is_bound_to_one_weapon_and_one_chip() {
    let bound = in_book().and(&bind("e280 ".trim(), Some("e2003412")));
    bound.when(&bind("E280", Some("E2003412"))).then::<Event>([]);
    bound.when(&bind("E280", Some("E2009999"))).refused("other_chip");
    let elsewhere = Facts { tag_bound_to: Some(weapon_id(3)), ..Facts::default() };
    in_book().with(elsewhere).when(&bind("E280", None)).refused("tag_elsewhere");
    in_book().when(&bind("E28", None)).refused("not_hex");
    in_book().when(&bind("", None)).refused("empty");
    let retire = WeaponCommand::RetireTag(RetireTag { epc: "e280".to_owned() });
    let retired = bound.and(&retire);
    retired.when(&retire).then::<Event>([]);
    retired.when(&bind("E280", Some("E2009999"))).tells(&["WeaponTagBound"]);
    in_book().when(&retire).refused("tag_not_bound");
}

#[test]
fn a_receiver_confirms_and_never_the_one_who_sent() {
    let send = Send { kind: ElsewhereKind::Loan, receiver: "3 Bn".to_owned(), document: "L-7".to_owned(), due: None };
    let lent = in_book().and(&WeaponCommand::Send(send));
    let confirm = |number: &str| WeaponCommand::ConfirmReceipt(ConfirmReceipt { document: number.to_owned() });
    lent.when(&confirm("L-7")).refused("same_person");
    let other = lent.by(person("20002"));
    other.when(&confirm("L-8")).refused("no_such_document");
    other.when(&confirm("L-7")).tells(&["WeaponReceiverConfirmed"]);
    let confirmed = other.and(&confirm("L-7"));
    confirmed.when(&confirm("L-7")).then::<Event>([]);
    let issued = in_book().and(&issue()).by(person("20002"));
    issued.when(&confirm(&event_id(2).to_string())).tells(&["WeaponReceiverConfirmed"]);
}

#[test]
fn a_unique_mark_ends_the_provisional_time_wherever_the_weapon_is() {
    let provisional = event::Registered { provisional: true, ..registered() };
    let found = given([WeaponEvent::Registered(provisional)]);
    assert_eq!(state(&found), State::Provisional);
    let marked = found.and(&WeaponCommand::RecordMark(RecordMark { mark: mark("GH-PS-26-000117") }));
    assert_eq!(state(&marked), State::InStore);
}

#[test]
fn a_rack_move_to_where_it_stands_is_nothing() {
    in_book().when(&WeaponCommand::Rack(Rack { place: place(1) })).then::<Event>([]);
    let closed = Facts { place_open: Some(false), ..Facts::default() };
    in_book().with(closed).when(&WeaponCommand::Rack(Rack { place: place(2) })).refused("place_closed");
    assert!(moves::held(State::Issued) && !moves::held(State::Lost));
}
