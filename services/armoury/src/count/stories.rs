//! Stories of a count, and the table of what each weapon comes to.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::result::{Outcome, Verdict, result};
use super::{Count, Seen, Sighting};
use crate::codes::{CountKind, Level, State, Way};
use crate::command::CountCommand;
use crate::command::count::{Abandon, Close, CountItem, Open, OrderRecount, RefuseSignature, Sign, WithdrawItem};
use crate::event::count::ByDocument;
use crate::event::{Actor, Event};
use crate::ids::{CountId, PlaceId, WeaponId};
use crate::life::{Facts, OpenDocument, Standing, Taking};
use crate::story::{Story, book, event_id, person, story};

fn weapon(n: u128) -> WeaponId {
    WeaponId(Uuid::from_u128(n))
}

/// Place 1 is the room counted, 2 and 3 are racks in it, 9 is elsewhere.
fn place(n: u128) -> PlaceId {
    PlaceId(Uuid::from_u128(n))
}

fn at(state: State, n: u128) -> Standing {
    Standing { state, place: place(n), document: None, in_case: false }
}

fn out(state: State, confirmed: bool) -> Standing {
    let document = OpenDocument { event: event_id(7), opened_by: person("10001").person().cloned(), confirmed };
    Standing { document: Some(document), ..at(state, 2) }
}

fn taking(expected: &[(u128, Standing)], now: &[(u128, Standing)]) -> Taking {
    let map = |rows: &[(u128, Standing)]| rows.iter().map(|(n, row)| (weapon(*n), row.clone())).collect::<BTreeMap<_, _>>();
    let places = [(place(1), None), (place(2), Some(place(1))), (place(3), Some(place(1)))].into();
    Taking { expected: map(expected), now: map(now), places, readers_not_hearing: Vec::new() }
}

fn seen(n: u128, level: Level, at: u128) -> Sighting {
    Sighting { seen: Seen::Weapon(weapon(n)), way: Way::Rfid, level, place: place(at), by: None }
}

#[track_caller]
fn check(then: Option<Standing>, now: Option<Standing>, sightings: &[(Level, u128)], want: Verdict, misplaced: bool) -> Outcome {
    let rows = |row: Option<Standing>| row.map(|row| vec![(1, row)]).unwrap_or_default();
    let sightings: Vec<Sighting> = sightings.iter().map(|(level, at)| seen(1, *level, *at)).collect();
    let outcome = result(&taking(&rows(then), &rows(now)), &sightings);
    let line = &outcome.lines[&weapon(1)];
    assert_eq!((&line.verdict, line.on_record.is_some()), (&want, misplaced));
    let closed = outcome.closed();
    let adds_up =
        closed.sighted + closed.sealed + (closed.by_document.len() + closed.missing.len() + closed.in_case.len()) as u32;
    assert_eq!(closed.expected, adds_up);
    outcome
}

#[test]
fn each_weapon_comes_to_one_verdict() {
    let store = || Some(at(State::InStore, 2));
    check(store(), store(), &[(Level::Tag, 2)], Verdict::Sighted, false);
    check(store(), store(), &[(Level::Sealed, 2)], Verdict::Sealed, false);
    check(store(), store(), &[(Level::Sealed, 2), (Level::Tag, 2)], Verdict::Sighted, false);
    check(store(), store(), &[(Level::Tag, 3)], Verdict::Sighted, true);
    check(store(), store(), &[(Level::Tag, 1)], Verdict::Sighted, false); // The reader at the door.
    check(store(), store(), &[], Verdict::Missing, false);
    check(store(), None, &[], Verdict::Missing, false);
    let best = check(store(), store(), &[(Level::Tag, 3), (Level::Serial, 2), (Level::Tag, 3)], Verdict::Sighted, false);
    assert_eq!(best.lines[&weapon(1)].sighting, Some((Level::Serial, place(2))));
}

#[test]
fn movements_during_the_count_are_reconciled() {
    let store = || Some(at(State::InStore, 2));
    check(store(), Some(at(State::InStore, 9)), &[], Verdict::MovedAway, false);
    check(store(), Some(at(State::InStore, 3)), &[(Level::Tag, 3)], Verdict::Sighted, false);
    check(store(), Some(at(State::InStore, 3)), &[(Level::Tag, 2)], Verdict::Sighted, false); // Seen before it moved.
    check(store(), Some(at(State::Destroyed, 2)), &[], Verdict::MovedAway, false);
    check(None, Some(at(State::InStore, 2)), &[(Level::Tag, 2)], Verdict::Sighted, false); // Came in.
    check(None, Some(at(State::InStore, 9)), &[(Level::Tag, 2)], Verdict::Extra, true);
    check(None, Some(at(State::Lost, 2)), &[(Level::Tag, 2)], Verdict::Extra, false);
    check(Some(out(State::Issued, false)), store(), &[], Verdict::Missing, false); // Handed in, sighted by nobody.
}

#[test]
fn a_document_says_who_opened_it_and_whether_the_receiver_confirmed() {
    for confirmed in [false, true] {
        let (document, opened_by) = (event_id(7), person("10001").person().cloned());
        let line = ByDocument { weapon: weapon(1), document, opened_by, confirmed };
        let row = || Some(out(State::OnLoan, confirmed));
        check(row(), row(), &[], Verdict::ByDocument(line), false);
    }
    let issued = || Some(out(State::Issued, false));
    check(issued(), issued(), &[(Level::Tag, 2)], Verdict::Sighted, false);
}

#[test]
fn a_weapon_stays_expected_while_its_case_is_open() {
    let case = |state| Some(Standing { in_case: true, ..at(state, 2) });
    for state in [State::Unaccounted, State::PresumedLost, State::Lost] {
        check(case(state), case(state), &[], Verdict::InCase, false);
        check(case(state), case(state), &[(Level::Tag, 2)], Verdict::Sighted, false);
    }
}

fn open(counters: &[&str]) -> CountCommand {
    let counters = counters.iter().map(|number| number.parse().unwrap()).collect();
    CountCommand::Open(Open { place: place(1), kind: CountKind::Full, blind: true, counters })
}

fn item(way: Way, level: Option<Level>) -> CountCommand {
    let weapon = Some(weapon(1));
    CountCommand::CountItem(CountItem { weapon, seen: "418823".to_owned(), way, level, place: place(2) })
}

fn facts() -> Facts {
    let taking = taking(&[(1, at(State::InStore, 2))], &[(1, at(State::InStore, 2))]);
    let taking = Taking { readers_not_hearing: vec!["door".to_owned()], ..taking };
    Facts { taking: Some(taking), custodian: person("10001").person().cloned(), ..Facts::default() }
}

fn opened() -> Story<Count> {
    story(CountId(Uuid::from_u128(5)), []).with(facts()).and(&open(&["10001", "20002"]))
}

fn sign(n: u128) -> CountCommand {
    CountCommand::Sign(Sign { closing: event_id(n), reservation: None })
}

#[test]
fn a_sighting_is_no_surer_than_its_way_and_counts_once() {
    opened().when(&item(Way::Rfid, Some(Level::Serial))).refused("level_too_high");
    opened().when(&item(Way::Barcode, Some(Level::Witnessed))).refused("level_too_high");
    opened().by(person("30003")).when(&item(Way::Keyed, None)).refused("not_a_counter");
    let counted = opened().and(&item(Way::Keyed, None));
    counted.when(&item(Way::Keyed, None)).then::<Event>([]);
    counted.by(person("20002")).when(&item(Way::Keyed, None)).tells(&["CountItemCounted"]);
    let heard = opened().by(book()).and(&item(Way::Rfid, None));
    heard.when(&item(Way::Rfid, None)).then::<Event>([]);
    let by_two = item(Way::Eye, Some(Level::Witnessed));
    heard.by(person("10001")).when(&by_two).refused("first_of_two");
    let one = opened().and(&item(Way::Keyed, None));
    one.when(&by_two).refused("first_of_two");
    one.by(person("20002")).when(&by_two).tells(&["CountItemCounted"]);
}

#[test]
fn a_sighting_taken_back_is_not_heard_back_by_a_replay() {
    let withdraw = CountCommand::WithdrawItem(WithdrawItem { sighting: event_id(2) });
    let heard = opened().by(book()).and(&item(Way::Rfid, None)).by(person("10001"));
    let withdrawn = heard.and(&withdraw);
    withdrawn.when(&withdraw).refused("no_such_sighting");
    withdrawn.by(book()).when(&item(Way::Rfid, None)).then::<Event>([]);
}

#[test]
fn a_reader_that_did_not_hear_stands_in_the_result() {
    let closing = opened().and(&CountCommand::Close(Close {}));
    closing.by(book()).when(&item(Way::Rfid, None)).then::<Event>([]);
    let Actor::Person { .. } = person("10001") else { unreachable!() };
    let events = opened().and(&item(Way::Eye, None));
    let closed = super::result::result(facts().taking.as_ref().unwrap(), events.state().sightings.values()).closed();
    assert_eq!((closed.readers_not_hearing, closed.sighted), (vec!["door".to_owned()], 1));
    opened().with(Facts::default()).when(&CountCommand::Close(Close {})).refused("not_in_book");
}

#[test]
fn signed_by_neither_the_custodian_nor_the_one_who_was_alone() {
    opened().when(&sign(1)).refused("count_stage");
    let closed = opened().and(&CountCommand::Close(Close {}));
    closed.when(&sign(2)).refused("not_independent");
    closed.when(&item(Way::Keyed, None)).refused("count_stage");
    let other = closed.by(person("20002"));
    other.when(&sign(1)).refused("no_such_request");
    other.and(&sign(2)).when(&sign(2)).then::<Event>([]);
    let alone = opened().by(person("20002")).and(&item(Way::Eye, None)).and(&CountCommand::Close(Close {}));
    alone.when(&sign(3)).refused("not_independent");
    alone.by(person("30003")).when(&sign(3)).tells(&["CountSigned"]);
    let refuse = CountCommand::RefuseSignature(RefuseSignature { because: "rack 3 was locked".to_owned() });
    opened().when(&refuse).refused("count_stage");
}

#[test]
fn a_recount_takes_a_second_person_and_a_count_can_be_called_off() {
    let recount = |by: &str| CountCommand::OrderRecount(OrderRecount { by: by.parse().unwrap() });
    opened().when(&recount("20002")).refused("recount_self");
    opened().and(&recount("30003")).by(person("30003")).when(&item(Way::Keyed, None)).tells(&["CountItemCounted"]);
    let off = CountCommand::Abandon(Abandon { because: "alarm".to_owned() });
    opened().and(&off).when(&CountCommand::Close(Close {})).refused("count_stage");
    opened().and(&off).when(&off).then::<Event>([]);
    story::<Count>(CountId(Uuid::from_u128(5)), []).when(&open(&[])).refused("no_counters");
}
