//! Stories of a batch: the list, the lock, the witnesses and the two who verify.

use uuid::Uuid;

use super::Batch;
use crate::codes::{DestructionMethod, Disposition, State};
use crate::command::BatchCommand;
use crate::command::batch::{
    ApproveRelease, DropItem, ListItem, Lock, Open, RecordDestruction, RequestRelease, SignWitness, Verify, VerifyItem,
};
use crate::event::Event;
use crate::ids::{BatchId, PlaceId, WeaponId};
use crate::life::{Facts, WeaponBrief};
use crate::story::{Story, event_id, person, story};

fn weapon(n: u128) -> WeaponId {
    WeaponId(Uuid::from_u128(n))
}

fn facts(state: State, disposition: Disposition) -> Facts {
    let (serial, place) = ("418902".parse().unwrap(), PlaceId(Uuid::from_u128(2)));
    let brief = WeaponBrief { state, disposition, serial, place, batch: None, certified: false, in_case: false };
    Facts { weapons: [(weapon(1), brief.clone()), (weapon(2), brief)].into(), ..Facts::default() }
}

fn fit() -> Facts {
    facts(State::InStore, Disposition::Destroy)
}

fn list(n: u128) -> BatchCommand {
    BatchCommand::ListItem(ListItem { weapon: weapon(n) })
}

fn check(n: u128, serial: &str) -> BatchCommand {
    BatchCommand::VerifyItem(VerifyItem { weapon: weapon(n), serial_as_read: serial.parse().unwrap() })
}

fn lock() -> BatchCommand {
    BatchCommand::Lock(Lock {})
}

fn record() -> BatchCommand {
    BatchCommand::RecordDestruction(RecordDestruction {
        method: DestructionMethod::Shearing,
        at: "works yard".to_owned(),
        operators: vec!["40004".parse().unwrap()],
        scrap: None,
    })
}

fn witness(name: &str) -> BatchCommand {
    BatchCommand::SignWitness(SignWitness { name: name.to_owned(), organization: "mission".to_owned() })
}

fn verify(n: u128) -> BatchCommand {
    BatchCommand::Verify(Verify { request: event_id(n) })
}

fn opened() -> Story<Batch> {
    let (number, authority, place) = ("D-2026-03".to_owned(), "order 12".to_owned(), PlaceId(Uuid::from_u128(2)));
    story(BatchId(Uuid::from_u128(4)), []).with(fit()).and(&BatchCommand::Open(Open { number, authority, place }))
}

/// Events 1 opened, 2 listed, 3 checked, 4 locked; the weapon has followed.
fn locked() -> Story<Batch> {
    opened().and(&list(1)).and(&check(1, "418902")).and(&lock()).with(facts(State::Batched, Disposition::Destroy))
}

#[test]
fn only_what_is_to_be_destroyed_and_in_store_is_listed() {
    opened().with(facts(State::InStore, Disposition::Surplus)).when(&list(1)).refused("not_for_destruction");
    opened().with(facts(State::Issued, Disposition::Destroy)).when(&list(1)).refused("wrong_state");
    opened().with(facts(State::Destroyed, Disposition::Destroy)).when(&list(1)).refused("record_closed");
    opened().when(&list(3)).refused("not_in_book");
    opened().and(&list(1)).when(&list(1)).refused("listed_already");
    opened().when(&BatchCommand::DropItem(DropItem { weapon: weapon(1) })).refused("not_listed");
}

#[test]
fn a_serial_that_disagrees_blocks_the_lock() {
    let two = opened().and(&list(1)).and(&list(2)).and(&check(1, "418902"));
    two.when(&lock()).refused("unverified");
    let wrong = two.and(&check(2, "418O02"));
    wrong.when(&lock()).refused("unverified");
    wrong.and(&check(2, "418902")).when(&lock()).tells(&["BatchLocked"]);
    opened().when(&lock()).refused("empty");
    locked().when(&lock()).then::<Event>([]);
    locked().when(&list(2)).refused("batch_stage");
    let moved = opened().and(&list(1)).and(&check(1, "418902")).with(facts(State::Issued, Disposition::Destroy));
    moved.when(&lock()).refused("wrong_state");
}

#[test]
fn a_locked_batch_lets_go_by_two() {
    let ask = BatchCommand::RequestRelease(RequestRelease { weapon: weapon(1), because: "evidence".to_owned() });
    let approve = BatchCommand::ApproveRelease(ApproveRelease { weapon: weapon(1), request: event_id(5) });
    let asked = locked().and(&ask);
    asked.when(&ask).refused("request_waiting");
    asked.when(&approve).refused("same_person");
    asked.when(&record()).refused("request_waiting");
    let out = asked.by(person("20002")).and(&approve);
    out.when(&record()).refused("empty");
    opened().and(&list(1)).when(&ask).refused("batch_stage");
}

#[test]
fn destroyed_is_what_two_verify_before_two_witnesses() {
    opened().and(&list(1)).when(&record()).refused("batch_stage");
    let done = locked().and(&record());
    done.when(&verify(5)).refused("too_few_witnesses");
    let done = done.by(person("20002"));
    done.when(&verify(5)).refused("too_few_witnesses");
    let one = done.and(&witness("A. Diallo"));
    one.when(&witness(" A. Diallo")).then::<Event>([]);
    one.when(&verify(5)).refused("too_few_witnesses");
    let two = one.and(&witness("B. Rao"));
    two.when(&verify(4)).refused("no_such_request");
    let first = two.and(&verify(5));
    first.when(&verify(5)).refused("same_person");
    let operator = first.by(person("40004"));
    operator.when(&verify(5)).refused("took_part");
    let second = operator.by(person("30003"));
    second.when(&verify(5)).tells(&["BatchVerified", "BatchConfirmed"]);
    second.and(&verify(5)).when(&verify(5)).then::<Event>([]);
}

#[test]
fn who_led_it_may_be_one_of_the_two_verifiers_but_not_both() {
    let done = locked().and(&record()).and(&witness("A")).and(&witness("B")).and(&verify(5));
    done.when(&verify(5)).refused("same_person");
    done.by(person("20002")).when(&verify(5)).tells(&["BatchVerified", "BatchConfirmed"]);
}

#[test]
fn what_is_missing_is_not_destroyed() {
    locked().with(facts(State::Unaccounted, Disposition::Destroy)).when(&record()).refused("wrong_state");
    let ready = locked().and(&record()).and(&witness("A")).and(&witness("B")).by(person("20002"));
    ready.with(facts(State::Lost, Disposition::Destroy)).when(&verify(5)).refused("wrong_state");
}

#[test]
fn what_somebody_reported_missing_just_now_is_not_destroyed() {
    let mut reported = facts(State::Batched, Disposition::Destroy);
    reported.weapons.values_mut().for_each(|weapon| weapon.in_case = true); // Its own record has not followed its case.
    locked().with(reported.clone()).when(&record()).refused("wrong_state");
    let ready = locked().and(&record()).and(&witness("A")).and(&witness("B")).by(person("20002"));
    ready.with(reported).when(&verify(5)).refused("wrong_state");
}

#[test]
fn what_is_not_locked_in_the_batch_is_not_destroyed_with_it() {
    // It moved before its lock could follow, or came back and is held for examination.
    for state in [State::InStore, State::Issued, State::RecoveredHeld] {
        locked().with(facts(state, Disposition::Destroy)).when(&record()).refused("wrong_state");
        let ready = locked().and(&record()).and(&witness("A")).and(&witness("B")).by(person("20002"));
        ready.with(facts(state, Disposition::Destroy)).when(&verify(5)).refused("wrong_state");
    }
}
