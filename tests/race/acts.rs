//! Races at the hatch: one weapon, one tag, one identity, one key, one place.

use serde_json::{Value, json};

use crate::house::weapon;
use crate::rounds::Field;
use crate::start::{at_once, one_wins, refused, runner};

/// What somebody is told who was not the first.
const SLOW: &[(u16, &str)] = &[(409, "conflict")];

fn issue_to(n: usize) -> Value {
    json!({"to": format!("{}", 70_000 + n), "purpose": "guard", "due": null, "acknowledgement": "wet_ink"})
}

pub fn issued_by_many(field: &Field) {
    let (path, seen) = field.weapon("I");
    let runners: Vec<_> = (0..field.clients)
        .map(|n| {
            let who = if n % 2 == 0 { &field.house.first } else { &field.third };
            runner(who, format!("{path}/issue"), issue_to(n)).with("X-Seen", seen)
        })
        .collect();
    let winner = one_wins(&at_once(&runners), SLOW);
    assert_eq!(field.count_after(seen, "WeaponIssued"), 1);
    let now = field.house.first.get(&path).to_string();
    assert!(now.contains(&format!("{}", 70_000 + winner)), "held by somebody else than was answered: {now}");
}

pub fn taken_in_by_many(field: &Field) {
    let (path, _) = field.weapon("T");
    let issued = field.house.first.post(&format!("{path}/issue"), &issue_to(0))["position"].as_u64().unwrap();
    let body = json!({"from": "70000", "place": field.house.site});
    let run = |n: usize| {
        let who = if n.is_multiple_of(2) { &field.house.first } else { &field.third };
        runner(who, format!("{path}/return"), body.clone()).with("X-Seen", issued)
    };
    one_wins(&at_once(&(0..field.clients).map(run).collect::<Vec<_>>()), SLOW);
    assert_eq!(field.count_after(issued, "WeaponReturned"), 1);
    // Later, by somebody who has seen it: possession is never refused, and the contradiction stands in the book.
    let seen = field.size();
    let again = runner(&field.third, format!("{path}/return"), body).with("X-Seen", seen);
    assert!(at_once(&[again])[0].status < 300, "who has seen how it stands is taken at his word");
}

pub fn blindly_by_many(field: &Field) {
    let (path, seen) = field.weapon("B");
    let run = |n: usize| runner(&field.house.first, format!("{path}/issue"), issue_to(n));
    one_wins(&at_once(&(0..field.clients).map(run).collect::<Vec<_>>()), SLOW);
    assert_eq!(field.count_after(seen, "WeaponIssued"), 1);
    let back = json!({"from": null, "place": field.house.site});
    let run = |_| runner(&field.third, format!("{path}/return"), back.clone());
    one_wins(&at_once(&(0..field.clients).map(run).collect::<Vec<_>>()), SLOW);
    assert_eq!(field.count_after(seen, "WeaponReturned"), 1);
}

pub fn entered_by_many(field: &Field) {
    let body = weapon(&format!("E-{}", field.round), &field.house.site);
    let run = |n: usize| {
        let who = if n.is_multiple_of(2) { &field.house.first } else { &field.third };
        runner(who, "/api/v1/weapons", body.clone())
    };
    one_wins(&at_once(&(0..field.clients).map(run).collect::<Vec<_>>()), &[(422, "identity_known")]);
    let found = field.house.first.get(&format!("/api/v1/weapons?q=E-{}", field.round));
    assert_eq!(found["total"], 1, "{found}");
}

pub fn one_tag_for_many(field: &Field) {
    let weapons: Vec<String> = (0..field.clients).map(|n| field.weapon(&format!("G{n}")).0).collect();
    let tag = json!({"epc": format!("3034257BF7194E40{:08X}", field.round), "tid": null});
    let run = |path: &String| runner(&field.house.first, format!("{path}/tags"), tag.clone());
    let winner = one_wins(&at_once(&weapons.iter().map(run).collect::<Vec<_>>()), &[(422, "tag_elsewhere")]);
    assert!(field.house.first.get(&weapons[winner]).to_string().contains("3034257BF7194E40"));
}

pub fn one_key_by_many(field: &Field) {
    let before = field.size();
    let body = weapon(&format!("K-{}", field.round), &field.house.site);
    let key = format!("race-{}", field.round);
    let run = |_| runner(&field.house.first, "/api/v1/weapons", body.clone()).with("Idempotency-Key", &key);
    let answers = at_once(&(0..field.clients).map(run).collect::<Vec<_>>());
    for answer in &answers {
        assert_eq!((answer.status, &answer.body), (201, &answers[0].body));
    }
    assert_eq!(field.count_after(before, "WeaponRegistered"), 1);
    // Under one key another request is another matter.
    let other = weapon(&format!("K2-{}", field.round), &field.house.site);
    let other = runner(&field.house.first, "/api/v1/weapons", other).with("Idempotency-Key", &key);
    refused(&at_once(&[other])[0], &[(422, "idempotency_key_reused")]);
    // An act that is safe by itself needs no key.
    let (path, _) = field.weapon("D");
    let decide = json!({"disposition": "destroy", "authority": "order 14"});
    let run = |_| runner(&field.house.first, format!("{path}/disposition"), decide.clone());
    one_wins(&at_once(&(0..field.clients).map(run).collect::<Vec<_>>()), &[]);
}

pub fn place_closed_while_filled(field: &Field) {
    let room = field.room("Store");
    let mut runners: Vec<_> = (0..field.clients)
        .map(|n| runner(&field.house.first, "/api/v1/weapons", weapon(&format!("P{n}-{}", field.round), &room)))
        .collect();
    let close = || runner(&field.house.first, format!("/api/v1/places/{room}/close"), json!({}));
    let half = runners.len() / 2;
    runners.insert(half, close());
    runners.insert(0, close());
    let answers = at_once(&runners);
    let (closes, entries): (Vec<_>, Vec<_>) = answers.iter().zip(&runners).partition(|(_, runner)| runner.closes());
    let entered = entries.iter().filter(|(answer, _)| answer.status < 300).count();
    entries.iter().filter(|(answer, _)| answer.status >= 300).for_each(|(answer, _)| refused(answer, &[(422, "place_closed")]));
    for (answer, _) in &closes {
        assert!(
            answer.status < 300 || answer.json()["code"] == "place_holds" || answer.json()["code"] == "place_closed",
            "{}",
            answer.body
        );
    }
    let closed = field.house.first.get(&format!("/api/v1/places/{room}"))["closed"] == true;
    assert_eq!(closed, entered == 0, "{entered} weapons stand in a place that is closed: {closed}");
}
