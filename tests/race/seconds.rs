//! Races for the second signature: requester, approvers and those who took part, all at once. Whoever
//! asked never approves, however close he runs.

use serde_json::json;

use crate::house::{FIRST, SECOND};
use crate::rounds::{FOURTH, Field, event_of};
use crate::start::{Runner, at_once, one_wins, refused, runner};
use crate::web::Answer;

/// These people, in turn, until there are as many runners as clients.
fn in_turn(field: &Field, people: &[&crate::web::Web], path: &str, body: &serde_json::Value) -> Vec<Runner> {
    (0..field.clients).map(|n| runner(people[n % people.len()], path, body.clone())).collect()
}

/// Every answer to the people at this place in turn is a refusal with one of these, or says that it is done.
#[track_caller]
fn never(answers: &[Answer], people: usize, which: usize, refusals: &[(u16, &str)]) {
    for answer in answers.iter().skip(which).step_by(people) {
        let done_already = answer.status == 200 && answer.json()["event_ids"] == json!([]);
        if !done_already {
            refused(answer, refusals);
        }
    }
}

pub fn loss_reported_by_many(field: &Field) {
    let (first, second, third, fourth) = (&field.house.first, &field.house.second, &field.third, &field.fourth);
    let (path, seen) = field.weapon("L");
    let open =
        json!({"weapon": path.rsplit('/').next().unwrap(), "place": field.house.site, "count": null, "circumstances": "gone"});
    let answers = at_once(&in_turn(field, &[first, third], "/api/v1/cases", &open));
    let winner = one_wins(&answers, &[(422, "case_stands")]);
    let case = format!("/api/v1/cases/{}", answers[winner].json()["id"].as_str().unwrap());

    let declare = json!({"cause": "unexplained", "circumstances": "Not found.", "last_seen": null});
    one_wins(
        &at_once(&in_turn(field, &[first, third], &format!("{case}/declare"), &declare)),
        &[(422, "case_rung"), (409, "conflict")],
    );
    let ask = json!({"outcome": "unrecovered", "evidence": "board 1/26"});
    let asking = [(422, "request_waiting"), (409, "conflict")];
    let answers = at_once(&in_turn(field, &[second], &format!("{case}/close-request"), &ask));
    let winner = one_wins(&answers, &asking);

    let close = json!({"request": event_of(&answers[winner].json())});
    let over = [(422, "no_such_request"), (422, "case_rung"), (409, "conflict"), (422, "same_person"), (422, "keeps_the_stock")];
    let answers = at_once(&in_turn(field, &[second, fourth, first], &format!("{case}/close"), &close));
    one_wins(&answers, &over);
    never(&answers, 3, 0, &over);
    let who: Vec<String> =
        field.events_after(seen).into_iter().filter(|(kind, ..)| kind == "CaseClosed").map(|(_, who, _)| who).collect();
    assert_eq!(who, [FOURTH], "closed by somebody else than the one who neither asked nor keeps the stock");
}

pub fn right_approved_by_everybody(field: &Field) {
    let (first, second) = (&field.house.first, &field.house.second);
    let number = format!("{}", 5000 + field.round);
    first.post("/api/v1/people", &json!({"service_number": number, "name": "Somebody new"}));
    let path = format!("/api/v1/people/{number}/grants");
    let grant = json!({"grant": {"role": "custodian", "from": "2026-01-01T00:00:00Z"}});
    let asking = [(422, "request_waiting"), (409, "conflict")];
    let answers = at_once(&in_turn(field, &[first], &path, &grant));
    let winner = one_wins(&answers, &asking);
    let seen = answers[winner].json()["position"].as_u64().unwrap();
    let approve = json!({"request": event_of(&answers[winner].json())});
    let over = [(422, "no_such_request"), (422, "same_person"), (409, "conflict"), (404, "not_found")];
    let answers = at_once(&in_turn(field, &[first, second, &field.fourth], &format!("{path}/approve"), &approve));
    one_wins(&answers, &over);
    never(&answers, 3, 0, &over);
    let approved: Vec<_> = field.events_after(seen).into_iter().filter(|(kind, ..)| kind == "PersonGrantApproved").collect();
    assert!(approved.len() == 1 && approved[0].1 != FIRST, "{approved:?}");
}

pub fn count_by_many(field: &Field) {
    let (first, second, third) = (&field.house.first, &field.house.second, &field.third);
    let room = field.room("Count room");
    let (path, _) = field.weapon("C");
    first.post(&format!("{path}/rack"), &json!({"place": room}));
    let open = json!({"place": room, "kind": "full", "blind": false, "counters": [FIRST, crate::rounds::THIRD]});
    let opened = first.post("/api/v1/counts", &open);
    let count = format!("/api/v1/counts/{}", opened["id"].as_str().unwrap());
    let seen = opened["position"].as_u64().unwrap();
    let item = json!({"weapon": null, "seen": format!("C-{}", field.round), "way": "keyed", "level": null, "place": room});
    one_wins(&at_once(&in_turn(field, &[first], &format!("{count}/items"), &item)), &[]);
    let answers = at_once(&in_turn(field, &[first, third], &format!("{count}/close"), &json!({})));
    let winner = one_wins(&answers, &[(422, "count_stage"), (409, "conflict")]);
    let sign = json!({"closing": event_of(&answers[winner].json()), "reservation": null});
    let answers = at_once(&in_turn(field, &[first, second], &format!("{count}/sign"), &sign));
    never(&answers, 2, 0, &[(422, "not_independent")]);
    let signed: Vec<_> = field.events_after(seen).into_iter().filter(|(kind, ..)| kind == "CountSigned").collect();
    assert!(signed.len() == 1 && signed[0].1 == SECOND, "{signed:?}");
    assert_eq!((field.count_after(seen, "CountItemCounted"), field.count_after(seen, "CountClosed")), (1, 1));
}

/// A weapon for destruction, and an empty batch.
fn batch(field: &Field, number: &str) -> String {
    let open = json!({"number": format!("{number}-{}", field.round), "authority": "order 14", "place": field.house.site});
    let made = field.house.first.post("/api/v1/destruction-batches", &open);
    format!("/api/v1/destruction-batches/{}", made["id"].as_str().unwrap())
}

fn condemned(field: &Field, serial: &str) -> serde_json::Value {
    let (path, _) = field.weapon(serial);
    field.house.first.post(&format!("{path}/disposition"), &json!({"disposition": "destroy", "authority": "order 14"}));
    json!({"weapon": path.rsplit('/').next().unwrap()})
}

pub fn one_weapon_for_many_batches(field: &Field) {
    let item = condemned(field, "M");
    let batches: Vec<String> = (0..field.clients).map(|n| batch(field, &format!("M{n}"))).collect();
    let run = |path: &String| runner(&field.house.first, format!("{path}/items"), item.clone());
    one_wins(&at_once(&batches.iter().map(run).collect::<Vec<_>>()), &[(422, "wrong_state")]);
}

pub fn destruction_verified_by_everybody(field: &Field) {
    let (first, second, third, fourth) = (&field.house.first, &field.house.second, &field.third, &field.fourth);
    let item = condemned(field, "V");
    let batch = batch(field, "V");
    let listed = [(422, "listed_already"), (409, "conflict")];
    one_wins(&at_once(&in_turn(field, &[first], &format!("{batch}/items"), &item)), &listed);
    let mut checked = item.clone();
    checked["serial_as_read"] = json!(format!("V-{}", field.round));
    first.post(&format!("{batch}/items/check"), &checked);
    one_wins(&at_once(&in_turn(field, &[first], &format!("{batch}/lock"), &json!({}))), &[]);
    let record = json!({"method": "cutting", "at": "the yard", "operators": [FOURTH], "scrap": null});
    let stage = [(422, "batch_stage"), (409, "conflict")];
    let answers = at_once(&in_turn(field, &[third], &format!("{batch}/destruction"), &record));
    let winner = one_wins(&answers, &stage);
    let recorded = answers[winner].json();
    for name in ["A. Witness", "B. Witness"] {
        first.post(&format!("{batch}/witnesses"), &json!({"name": name, "organization": "Commission"}));
    }
    let verify = json!({"request": event_of(&recorded)});
    let answers = at_once(&in_turn(field, &[first, second, fourth], &format!("{batch}/verify"), &verify));
    never(&answers, 3, 2, &[(422, "took_part"), (409, "conflict"), (403, "not_allowed")]);
    let events = field.events_after(recorded["position"].as_u64().unwrap());
    let mut verified: Vec<&str> =
        events.iter().filter(|(kind, ..)| kind == "BatchVerified").map(|(_, who, _)| who.as_str()).collect();
    verified.sort_unstable();
    let confirmed = events.iter().filter(|(kind, ..)| kind == "BatchConfirmed").count();
    assert_eq!((verified.as_slice(), confirmed), (&[FIRST, SECOND][..], 1), "{events:?}");
}
