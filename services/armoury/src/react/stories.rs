//! Stories across lives: what follows from what, once and only once.

use tag_data::scan::Carrier;
use uuid::Uuid;

use super::world::{World, heard};
use super::*;
use crate::codes::{
    Acknowledgement, Class, CountKind, DestructionMethod, Disposition, LossCause, MarkKind, Origin, PlaceKind, State,
};
use crate::command::*;
use crate::event::Actor;
use crate::event::case::Outcome;
use crate::ids::{BatchId, CountId};
use crate::marks::{Identity, Mark};
use crate::story::person;

const TAG: &str = "3034257BF7194E4000001A85";
const CHIP: &str = "E28011052000";

pub(super) fn place(n: u128) -> PlaceId {
    PlaceId(Uuid::from_u128(0x200 + n))
}
pub(super) fn rifle(n: u128) -> WeaponId {
    WeaponId(Uuid::from_u128(0x100 + n))
}
pub(super) fn this_count() -> CountId {
    CountId(Uuid::from_u128(0x500))
}
pub(super) fn this_batch() -> BatchId {
    BatchId(Uuid::from_u128(0x600))
}
pub(super) fn amir() -> Actor {
    person("10001")
}
pub(super) fn bola() -> Actor {
    person("20002")
}

fn identity(maker: &str, serial: &str) -> Identity {
    let matrix = Mark {
        kind: MarkKind::DataMatrix,
        component: crate::codes::Component::Receiver,
        position: None,
        method: crate::codes::MarkMethod::Laser,
        text: format!("DM-{maker}-{serial}").parse().unwrap(),
    };
    Identity {
        class: Class::Sa4,
        maker: maker.to_owned(),
        model: "M70AB2".to_owned(),
        calibre: "7.62x39".to_owned(),
        country: None,
        year: None,
        serial: serial.parse().unwrap(),
        marks: vec![matrix],
    }
}

pub(super) fn weapon(n: u128, command: WeaponCommand) -> Command {
    Command::Weapon(rifle(n), command)
}

pub(super) fn register(n: u128, maker: &str, serial: &str) -> Command {
    weapon(
        n,
        WeaponCommand::Register(weapon::Register {
            identity: identity(maker, serial),
            owner: "2 Bn".to_owned(),
            origin: Origin::Ledger,
            place: place(2),
            source: None,
            duplicate_reason: None,
            provisional: None,
        }),
    )
}

pub(super) fn issue(n: u128) -> Command {
    let to = "31877".parse().unwrap();
    weapon(n, WeaponCommand::Issue(weapon::Issue { to, purpose: None, due: None, acknowledgement: Acknowledgement::WetInk }))
}

pub(super) fn back(n: u128) -> Command {
    weapon(n, WeaponCommand::Return(weapon::Return { from: None, place: place(2) }))
}

fn open_place(n: u128, kind: PlaceKind, within: Option<u128>) -> Command {
    let within = within.map(place);
    Command::Place(place(n), PlaceCommand::Open(place::Open { kind, name: format!("place {n}"), within }))
}

/// Room 1 with racks 2 and 3, rifles 1 and 2 of different makers in rack 2, rifle 1 tagged.
pub(super) fn armoury() -> World {
    let mut world = World::new();
    let tag = weapon::BindTag { epc: TAG.to_owned(), tid: Some(CHIP.to_owned()) };
    for command in [
        open_place(1, PlaceKind::Room, None),
        open_place(2, PlaceKind::Rack, Some(1)),
        open_place(3, PlaceKind::Rack, Some(1)),
        register(1, "Zastava", "418823"),
        register(2, "Norinco", "418823"),
        weapon(1, WeaponCommand::BindTag(tag)),
    ] {
        world.act(&amir(), &command).unwrap();
    }
    world
}

fn read(world: &mut World, tid: Option<&str>, n: u128) -> Vec<&'static str> {
    let event = heard(Carrier::Epc, TAG, tid, place(n), world.now());
    world.hear("gateway-00112233aabbccdd", event)
}

fn scan(world: &mut World, text: &str) -> Vec<&'static str> {
    let event = heard(Carrier::Barcode, text, None, place(2), world.now());
    world.hear("gateway-00112233aabbccdd", event)
}

fn count(world: &mut World, kind: CountKind) {
    let counters = vec!["10001".parse().unwrap()];
    let open = count::Open { place: place(1), kind, blind: true, counters };
    world.act(&amir(), &Command::Count(this_count(), CountCommand::Open(open))).unwrap();
}

fn close(world: &mut World) -> Vec<&'static str> {
    world.act(&amir(), &Command::Count(this_count(), CountCommand::Close(count::Close {}))).unwrap()
}

fn state(world: &World, n: u128) -> State {
    world.views.standing(rifle(n)).unwrap().state
}

fn case(world: &World, n: u128) -> CaseId {
    world.views.cases.of_weapon(rifle(n)).next_back().unwrap().case
}

fn step(world: &mut World, actor: &Actor, case: CaseId, command: CaseCommand) -> Vec<&'static str> {
    world.act(actor, &Command::Case(case, command)).unwrap()
}

fn lose(world: &mut World) -> CaseId {
    count(world, CountKind::Full);
    close(world);
    let id = case(world, 1);
    let declare = case::DeclareLost { cause: LossCause::Unexplained, circumstances: "searched".to_owned(), last_seen: None };
    assert_eq!(step(world, &amir(), id, CaseCommand::DeclareLost(declare)), ["CaseLossDeclared", "WeaponLost"]);
    id
}

#[test]
fn a_count_opens_a_case_for_what_it_missed_and_again_is_nothing() {
    let mut world = armoury();
    count(&mut world, CountKind::Full);
    assert_eq!(read(&mut world, Some(CHIP), 2), ["CountItemCounted"]);
    assert_eq!(read(&mut world, Some(CHIP), 2), [] as [&str; 0]);
    assert_eq!(close(&mut world), ["CountClosed", "CaseOpened", "WeaponUnaccounted"]);
    assert_eq!((state(&world, 1), state(&world, 2)), (State::InStore, State::Unaccounted));
    assert_eq!(world.again(), [] as [&str; 0]);
    assert_eq!(read(&mut world, Some(CHIP), 2), [] as [&str; 0]);
}

#[test]
fn a_spot_check_misses_nothing_it_did_not_look_for() {
    let mut world = armoury();
    count(&mut world, CountKind::Spot);
    assert_eq!(close(&mut world), ["CountClosed"]);
}

#[test]
fn namesakes_stand_for_nobody() {
    let mut world = armoury();
    count(&mut world, CountKind::Full);
    assert_eq!(scan(&mut world, "418823"), ["CountItemCounted"]);
    assert_eq!(scan(&mut world, "DM-Norinco-418823"), ["CountItemCounted"]);
    let closed = world.views.count_tally(this_count()).unwrap();
    assert_eq!((closed.sighted, closed.missing, closed.unknown), (1, vec![rifle(1)], vec!["418823".to_owned()]));
    assert_eq!(world.alerts(), []);
}

#[test]
fn a_weapon_that_comes_over_the_counter_ends_its_search() {
    let mut world = armoury();
    count(&mut world, CountKind::Full);
    close(&mut world);
    let told = world.act(&amir(), &back(1)).unwrap();
    assert_eq!(told, ["WeaponReturned", "CaseExplained", "AlertRaised"]);
    assert_eq!(state(&world, 1), State::InStore);
    assert_eq!(world.views.cases.open_case(rifle(1)), None);
    assert_eq!(world.again(), [] as [&str; 0]);
}

#[test]
fn a_lost_weapon_is_recovered_by_the_act_and_its_loss_closed_by_two() {
    let mut world = armoury();
    let id = lose(&mut world);
    let told = world.act(&amir(), &back(1)).unwrap();
    assert_eq!(told, ["WeaponRecovered", "CaseRecovered"]);
    let restore = weapon(1, WeaponCommand::Restore(weapon::Restore { place: place(2) }));
    assert_eq!(world.act(&amir(), &restore), Err(crate::refusal::Refusal::CaseOpen));
    let ask = case::RequestClose { outcome: Outcome::DeclaredInError, evidence: "was in rack 3".to_owned() };
    step(&mut world, &amir(), id, CaseCommand::RequestClose(ask));
    let request = world.last("CaseCloseRequested");
    let told = step(&mut world, &bola(), id, CaseCommand::Close(case::Close { request }));
    assert_eq!(told, ["CaseClosed", "WeaponRestored"]);
    assert_eq!(state(&world, 1), State::InStore);
    assert_eq!(world.again(), [] as [&str; 0]);
}

#[test]
fn a_thousand_reads_of_a_lost_weapon_raise_one_alert() {
    let mut world = armoury();
    lose(&mut world);
    assert_eq!(read(&mut world, Some(CHIP), 2), ["AlertRaised"]);
    for _ in 0..1000 {
        assert_eq!(read(&mut world, Some(CHIP), 3), [] as [&str; 0]);
    }
    assert_eq!(world.alerts(), [Rule::R2]);
    let row = world.views.alerts.rows()[0].clone();
    assert_eq!((row.audience, row.weapon, state(&world, 1)), (Audience::Above, Some(rifle(1)), State::Lost));
}

#[test]
fn what_was_heard_before_the_loss_contradicts_nothing() {
    let mut world = armoury();
    let earlier = world.now();
    lose(&mut world);
    let late = heard(Carrier::Epc, TAG, Some(CHIP), place(2), earlier);
    assert_eq!(world.hear("gateway-00112233aabbccdd", late), [] as [&str; 0]);
    let clockless = heard(Carrier::Epc, TAG, Some(CHIP), place(2), Moment::from_micros(0));
    assert_eq!(world.hear("gateway-00112233aabbccdd", clockless), ["AlertRaised"]);
}

#[test]
fn a_copied_tag_is_not_the_weapon() {
    let mut world = armoury();
    count(&mut world, CountKind::Full);
    assert_eq!(read(&mut world, Some("E28099990000"), 2), ["CountItemCounted", "AlertRaised"]);
    let closed = world.views.count_tally(this_count()).unwrap();
    assert_eq!((closed.sighted, closed.unknown), (0, vec![TAG.to_owned()]));
    assert_eq!(world.alerts(), [Rule::R5]);
}

#[test]
fn a_weapon_on_issue_in_a_rack_is_told_once_an_issue() {
    let mut world = armoury();
    world.act(&amir(), &issue(1)).unwrap();
    assert_eq!(read(&mut world, Some(CHIP), 1), [] as [&str; 0], "the reader at the door");
    assert_eq!(read(&mut world, Some(CHIP), 2), ["AlertRaised"]);
    assert_eq!(read(&mut world, Some(CHIP), 3), [] as [&str; 0]);
    world.act(&amir(), &back(1)).unwrap();
    world.act(&amir(), &issue(1)).unwrap();
    assert_eq!(read(&mut world, Some(CHIP), 2), ["AlertRaised"]);
    assert_eq!(world.alerts(), [Rule::R7, Rule::R7]);
}

#[test]
fn strange_and_retired_tags() {
    let mut world = armoury();
    let mut strange = |n: u128, seen: &str| {
        let event = heard(Carrier::Epc, seen, None, place(n), world.now());
        world.hear("gateway-00112233aabbccdd", event).len()
    };
    let told = [strange(2, "AAAA"), strange(2, "AAAA"), strange(3, "AAAA"), strange(2, "BBBB"), strange(9, "CCCC")];
    assert_eq!(told, [1, 0, 1, 1, 0], "once a tag and place; nothing outside the book's places");
    let retire = weapon::RetireTag { epc: TAG.to_owned() };
    world.act(&amir(), &weapon(1, WeaponCommand::RetireTag(retire))).unwrap();
    assert_eq!(read(&mut world, Some(CHIP), 2), ["AlertRaised"]);
    assert_eq!(world.alerts(), [Rule::R10, Rule::R10, Rule::R10, Rule::R6]);
}

#[test]
fn acts_against_the_book_and_duplicates_are_found() {
    let mut world = armoury();
    world.act(&amir(), &issue(1)).unwrap();
    assert_eq!(world.act(&bola(), &issue(1)).unwrap(), ["WeaponIssued", "AlertRaised"]);
    let row = world.views.alerts.rows()[0].clone();
    assert_eq!((row.rule, row.person.as_ref(), row.audience), (Rule::AgainstBook, bola().person(), Audience::Above));
    assert!(matches!(world.act(&amir(), &register(4, "Zastava", "418823")), Err(crate::refusal::Refusal::IdentityKnown { .. })));
    let Command::Weapon(id, WeaponCommand::Register(asked)) = register(4, "Zastava", "418823") else { unreachable!() };
    let reason = weapon::Register { duplicate_reason: Some("handed in by the police".to_owned()), ..asked };
    let told = world.act(&amir(), &Command::Weapon(id, WeaponCommand::Register(reason))).unwrap();
    assert_eq!(told, ["WeaponRegistered", "AlertRaised"]);
    assert_eq!(world.alerts(), [Rule::AgainstBook, Rule::K1]);
}

#[test]
fn a_batch_from_its_list_to_a_read_after_destruction() {
    let mut world = armoury();
    let batch = |command| Command::Batch(this_batch(), command);
    let dispose = weapon::DecideDisposition { disposition: Disposition::Destroy, authority: "order 12".to_owned() };
    let open = batch::Open { number: "D-2026-03".to_owned(), authority: "order 12".to_owned(), place: place(2) };
    let check = batch::VerifyItem { weapon: rifle(1), serial_as_read: "418823".parse().unwrap() };
    for command in [
        weapon(1, WeaponCommand::DecideDisposition(dispose)),
        batch(BatchCommand::Open(open)),
        batch(BatchCommand::ListItem(batch::ListItem { weapon: rifle(1) })),
        batch(BatchCommand::VerifyItem(check)),
    ] {
        world.act(&amir(), &command).unwrap();
    }
    let told = world.act(&amir(), &batch(BatchCommand::Lock(batch::Lock {}))).unwrap();
    assert_eq!((told, state(&world, 1)), (vec!["BatchLocked", "WeaponBatched"], State::Batched));
    let record = batch::RecordDestruction {
        method: DestructionMethod::Shearing,
        at: "works yard".to_owned(),
        operators: vec!["40004".parse().unwrap()],
        scrap: None,
    };
    world.act(&amir(), &batch(BatchCommand::RecordDestruction(record))).unwrap();
    for name in ["A. Diallo", "B. Rao"] {
        let sign = batch::SignWitness { name: name.to_owned(), organization: "mission".to_owned() };
        world.act(&amir(), &batch(BatchCommand::SignWitness(sign))).unwrap();
    }
    let verify = batch(BatchCommand::Verify(batch::Verify { request: world.last("BatchDestructionRecorded") }));
    assert_eq!(world.act(&bola(), &verify).unwrap(), ["BatchVerified"]);
    let told = world.act(&person("30003"), &verify).unwrap();
    assert_eq!(told, ["BatchVerified", "BatchConfirmed", "WeaponDestroyed"]);
    assert_eq!(read(&mut world, Some(CHIP), 2), ["AlertRaised"]);
    assert_eq!(scan(&mut world, "DM-Zastava-418823"), [] as [&str; 0]);
    assert_eq!((world.alerts(), state(&world, 1)), (vec![Rule::R1], State::Destroyed));
    assert_eq!(world.again(), [] as [&str; 0]);
}

#[test]
fn a_key_used_twice_is_told_to_security_once_for_each_run() {
    let mut world = armoury();
    let batch = |first: u64, boot: &str| {
        Event::Gateway(GatewayEvent::BatchContradicted(crate::event::gateway::BatchContradicted {
            gateway: "00112233aabbccdd".parse().unwrap(),
            boot: boot.to_owned(),
            first,
            count: 2,
            items_digest: String::new(),
            signature: String::new(),
            sequence: first,
            next: 9,
        }))
    };
    assert_eq!(world.hear("intake-00112233aabbccdd@hq", batch(3, "copy 1")), ["AlertRaised"]);
    assert_eq!(world.hear("intake-00112233aabbccdd@hq", batch(7, "copy 1")), [] as [&str; 0]);
    assert_eq!(world.hear("intake-00112233aabbccdd@hq", batch(11, "copy 2")), ["AlertRaised"]);
    assert_eq!(world.alerts(), [Rule::OneKeyTwice, Rule::OneKeyTwice]);
    assert_eq!(world.views.alerts.rows()[0].audience, Audience::Security);
    assert_eq!(world.again(), [] as [&str; 0]);
}

#[test]
fn a_hole_in_a_gateways_sequence_is_told_to_security() {
    let mut world = armoury();
    let hole = tag_data::scan::Hole { lost: 12, reason: "disk full".to_owned(), at: world.now() };
    let event = Event::Gateway(GatewayEvent::HoleDeclared(hole));
    assert_eq!(world.hear("gateway-00112233aabbccdd", event), ["AlertRaised"]);
    assert_eq!(world.views.alerts.rows()[0].audience, Audience::Security);
    assert_eq!(world.again(), [] as [&str; 0]);
}
