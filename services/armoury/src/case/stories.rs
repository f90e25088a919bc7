//! Stories of the ladder: what one person can and cannot reach.

use uuid::Uuid;

use super::Case;
use crate::codes::{Disposition, LossCause, State};
use crate::command::CaseCommand;
use crate::command::case::{
    Close, DeclareLost, Explain, LogSearch, Open, PresumeLost, Recover, RefuseClose, ReportLoss, RequestClose,
};
use crate::event::Event;
use crate::event::case::Outcome;
use crate::ids::{CaseId, PlaceId, WeaponId};
use crate::life::{Facts, WeaponBrief};
use crate::story::{Story, book, event_id, person, story};

fn weapon() -> WeaponId {
    WeaponId(Uuid::from_u128(1))
}

fn place() -> PlaceId {
    PlaceId(Uuid::from_u128(2))
}

fn this() -> CaseId {
    CaseId(Uuid::from_u128(3))
}

fn facts(state: State) -> Facts {
    let serial = "418823".parse().unwrap();
    let (disposition, place) = (Disposition::Keep, place());
    let brief = WeaponBrief { state, disposition, serial, place, batch: None, certified: false, in_case: false };
    Facts { weapons: [(weapon(), brief)].into(), ..Facts::default() }
}

fn open() -> CaseCommand {
    CaseCommand::Open(Open { weapon: weapon(), place: place(), count: None, circumstances: None })
}

fn explain() -> CaseCommand {
    CaseCommand::Explain(Explain { explanation: "docket of the workshop found".to_owned(), place: None })
}

fn presume() -> CaseCommand {
    CaseCommand::PresumeLost(PresumeLost { because: "searched for a day".to_owned() })
}

fn declare() -> CaseCommand {
    let circumstances = "not found after search".to_owned();
    CaseCommand::DeclareLost(DeclareLost { cause: LossCause::Unexplained, circumstances, last_seen: None })
}

fn recover() -> CaseCommand {
    CaseCommand::Recover(Recover { place: place(), circumstances: "found by a patrol".to_owned() })
}

fn ask(outcome: Outcome) -> CaseCommand {
    CaseCommand::RequestClose(RequestClose { outcome, evidence: "board's report 4".to_owned() })
}

fn close(n: u128) -> CaseCommand {
    CaseCommand::Close(Close { request: event_id(n) })
}

fn opened() -> Story<Case> {
    story(this(), []).with(facts(State::InStore)).and(&open())
}

#[test]
fn a_case_opens_for_a_weapon_somebody_holds() {
    let nothing = story::<Case>(this(), []);
    nothing.when(&open()).refused("not_in_book");
    let nothing = nothing.with(facts(State::Destroyed));
    nothing.when(&open()).refused("record_closed");
    nothing.with(facts(State::Lost)).when(&open()).refused("wrong_state");
    let other = Facts { open_case: Some(CaseId(Uuid::from_u128(9))), ..facts(State::Unaccounted) };
    story::<Case>(this(), []).with(other).when(&open()).refused("case_stands");
    opened().when(&open()).refused("already_in_book");
    opened().by(book()).when(&open()).then::<Event>([]);
}

#[test]
fn no_timer_presumes_a_loss() {
    opened().by(book()).when(&presume()).refused("needs_person");
    opened().by(book()).when(&declare()).refused("needs_person");
    opened().when(&presume()).tells(&["CasePresumedLost"]);
    opened().by(book()).when(&explain()).tells(&["CaseExplained"]);
}

#[test]
fn explained_ends_it_and_lost_cannot_be_explained_away() {
    let explained = opened().and(&explain());
    explained.when(&explain()).then::<Event>([]);
    explained.when(&declare()).refused("case_rung");
    let lost = opened().and(&presume()).and(&declare());
    lost.when(&explain()).refused("case_rung");
    lost.when(&declare()).then::<Event>([]);
    lost.when(&ask(Outcome::DeclaredInError)).refused("case_rung");
}

/// Somebody issued it, somebody else declared it lost, and only then came what follows from the issue.
#[test]
fn what_was_in_hand_before_the_loss_was_declared_is_recovered() {
    let lost = opened().and(&declare()).by(book());
    lost.when(&explain()).tells(&["CaseRecovered"]);
    let recovered = lost.and(&explain());
    recovered.when(&explain()).refused("case_rung");
    recovered.by(person("20002")).when(&ask(Outcome::DeclaredInError)).tells(&["CaseCloseRequested"]);
    let unknown = opened().and(&declare()).by(book()).with(Facts::default());
    unknown.when(&explain()).refused("not_in_book");
}

#[test]
fn what_two_certified_destroyed_is_not_missing_before_its_record_follows() {
    let mut certified = facts(State::Batched);
    certified.weapons.values_mut().for_each(|weapon| weapon.certified = true);
    story::<Case>(this(), []).with(certified.clone()).when(&open()).refused("record_closed");
    certified.weapons.values_mut().for_each(|weapon| weapon.state = State::InStore); // It had moved; it was not destroyed.
    story::<Case>(this(), []).with(certified).when(&open()).tells(&["CaseOpened"]);
}

#[test]
fn closing_takes_another_person_another_sign_in_and_the_request() {
    let asked = opened().and(&declare()).and(&ask(Outcome::Unrecovered));
    asked.when(&close(3)).refused("same_person");
    asked.when(&ask(Outcome::Unrecovered)).refused("request_waiting");
    let other = asked.by(person("20002"));
    other.when(&close(2)).refused("no_such_request");
    let keeper = Facts { custodian: person("20002").person().cloned(), ..Facts::default() };
    let kept = other.with(keeper);
    kept.when(&close(3)).refused("keeps_the_stock");
    let closed = kept.with(Facts::default()).and(&close(3));
    closed.when(&close(3)).refused("no_such_request");
    closed.when(&recover()).refused("case_rung");
}

#[test]
fn a_recovery_overtakes_a_request_made_before_it() {
    let asked = opened().and(&declare()).and(&ask(Outcome::Unrecovered)).and(&recover()).by(person("20002"));
    asked.when(&close(3)).refused("no_such_request");
    asked.when(&recover()).then::<Event>([]);
    asked.and(&ask(Outcome::DeclaredInError)).by(person("10001")).when(&close(5)).tells(&["CaseClosed"]);
    opened().and(&recover()).when(&ask(Outcome::DeclaredInError)).refused("case_rung");
}

#[test]
fn a_refused_request_can_be_made_again() {
    let refuse = CaseCommand::RefuseClose(RefuseClose { request: event_id(3), because: "no board's report".to_owned() });
    let asked = opened().and(&declare()).and(&ask(Outcome::Unrecovered)).by(person("20002")).and(&refuse);
    asked.when(&close(3)).refused("no_such_request");
    asked.when(&ask(Outcome::Unrecovered)).tells(&["CaseCloseRequested"]);
}

#[test]
fn searches_and_reports_are_logged() {
    let search = CaseCommand::LogSearch(LogSearch { searched: "rack 3".to_owned(), result: "nothing".to_owned() });
    opened().when(&search).tells(&["CaseSearchLogged"]);
    opened().and(&explain()).when(&search).refused("case_rung");
    let report = CaseCommand::ReportLoss(ReportLoss { to: "brigade".to_owned(), reference: "14/26".to_owned() });
    let reported = opened().and(&declare()).and(&report);
    reported.when(&report).then::<Event>([]);
}
