//! A weapon's life over HTTP: entered, tagged, issued, counted, lost and closed by two, destroyed.

use serde_json::json;

use crate::armoury::{Armoury, id};
use crate::house::FIRST;

#[actix_web::test]
async fn entered_tagged_issued_and_taken_in() {
    let house = Armoury::new().await;
    let first = house.first();
    let weapon = first.registers("418823", &house.room).await;
    let path = format!("/api/v1/weapons/{weapon}");
    first.does(&format!("{path}/tags"), json!({"epc": "3034257BF7194E4000001A85", "tid": "E2801105200074C1"})).await;
    house.with_person("31877", "custodian", Some(&house.room)).await;
    let wrong = json!({"to": "31877", "acknowledgement": "pin", "pin": "not his password"});
    first.post(&format!("{path}/issue"), wrong).await.problem(403, "second_person_not_signed_in");
    first.does(&format!("{path}/issue"), json!({"to": "31877", "purpose": "guard"})).await;
    assert_eq!(first.state(&weapon).await, "issued");
    let held = first.sees("/api/v1/people/31877/holdings").await;
    assert_eq!(held["rows"][0]["serial"], "418823");
    let done = first.does(&format!("{path}/return"), json!({"from": "31877", "place": house.room})).await;
    assert_eq!(first.state(&weapon).await, "in_store");
    // As it was known before it came back, and what a search finds.
    let before = done["position"].as_u64().unwrap() - 1;
    let then = first.sees(&format!("{path}?known_at={before}")).await;
    assert_eq!(then["state"], "issued");
    for search in ["418823", "4I88", "3034257BF7194E4000001A85"] {
        let found = first.sees(&format!("/api/v1/weapons?q={search}")).await;
        assert_eq!((found["total"].as_u64(), &found["rows"][0]["weapon"]), (Some(1), &json!(weapon)), "{search}");
    }
    let trail = first.sees(&format!("{path}/trail")).await;
    assert!(trail["lines"].as_array().unwrap().len() >= 4, "{trail}");
    let record = first.sees(&format!("{path}/tracing-record?purpose=test")).await;
    assert!(!record["proofs"].as_array().unwrap().is_empty(), "{record}");
}

#[actix_web::test]
async fn what_a_count_misses_becomes_a_case_that_two_close() {
    let house = Armoury::new().await;
    let (first, second) = (house.first(), house.second());
    let here = first.registers("1", &house.room).await;
    let gone = first.registers("2", &house.room).await;
    let open = json!({"place": house.room, "kind": "full", "blind": false, "counters": [FIRST]});
    let count = id(&first.does("/api/v1/counts", open).await);
    let path = format!("/api/v1/counts/{count}");
    first
        .does(&format!("{path}/items"), json!({"weapon": here, "seen": "1", "way": "eye", "level": "S", "place": house.room}))
        .await;
    let closed = first.does(&format!("{path}/close"), json!({})).await;
    let view = first.sees(&path).await;
    assert_eq!((&view["progress"]["sighted"], &view["progress"]["still_to_see"]), (&json!(1), &json!(1)), "{view}");
    let sign = json!({"closing": closed["event_ids"][0]});
    first.post(&format!("{path}/sign"), sign.clone()).await.problem(422, "not_independent");
    second.does(&format!("{path}/sign"), sign).await;
    assert_eq!(first.sees(&format!("{path}/statement")).await["certificate"], true);

    assert_eq!(first.state(&gone).await, "unaccounted", "the rule opened a case and the weapon followed");
    let cases = first.sees("/api/v1/cases").await;
    assert_eq!(cases["total"], 1, "{cases}");
    let case = format!("/api/v1/cases/{}", cases["rows"][0]["case"].as_str().unwrap());
    first.does(&format!("{case}/search"), json!({"searched": "the room", "result": "nothing"})).await;
    first.does(&format!("{case}/presume"), json!({"because": "not found in three days"})).await;
    first
        .does(&format!("{case}/declare"), json!({"cause": "unexplained", "circumstances": "Missed at the monthly count."}))
        .await;
    assert_eq!(first.state(&gone).await, "lost");
    let asked = first.does(&format!("{case}/close-request"), json!({"outcome": "unrecovered", "evidence": "Board 7"})).await;
    let close = json!({"request": asked["event_ids"][0]});
    first.post(&format!("{case}/close"), close.clone()).await.problem(422, "same_person");
    second.does(&format!("{case}/close"), close).await;
    let register = second.sees("/api/v1/lost").await;
    assert_eq!((register["total"].as_u64(), &register["rows"][0]["outcome"]), (Some(1), &json!("unrecovered")));
    assert_eq!(second.sees("/api/v1/stockpile").await["figures"]["lost"], 1);
    second.sees(&format!("{case}/loss-report")).await;
}

#[actix_web::test]
async fn a_batch_is_destroyed_before_witnesses_and_by_two_verifiers() {
    let house = Armoury::new().await;
    let (first, second) = (house.first(), house.second());
    house.with_person("1003", "approver", None).await;
    let third = house.house.person("1003");
    let weapon = first.registers("77", &house.room).await;
    let decide = json!({"disposition": "destroy", "authority": "Order 12"});
    second.does(&format!("/api/v1/weapons/{weapon}/disposition"), decide).await;
    assert_eq!(first.sees("/api/v1/destruction-pending").await["total"], 1);
    let batch = json!({"number": "D-2026-03", "authority": "Order 12", "place": house.room});
    let path = format!("/api/v1/destruction-batches/{}", id(&first.does("/api/v1/destruction-batches", batch).await));
    first.does(&format!("{path}/items"), json!({"weapon": weapon})).await;
    first.post(&format!("{path}/lock"), json!({})).await.problem(422, "unverified");
    first.does(&format!("{path}/items/check"), json!({"weapon": weapon, "serial_as_read": "77"})).await;
    first.does(&format!("{path}/lock"), json!({})).await;
    assert_eq!(first.state(&weapon).await, "batched");
    let record = json!({"method": "cutting", "at": "the yard", "operators": [FIRST]});
    let recorded = first.does(&format!("{path}/destruction"), record).await;
    for name in ["A. Witness", "B. Witness"] {
        first.does(&format!("{path}/witnesses"), json!({"name": name, "organization": "Mission"})).await;
    }
    let verify = json!({"request": recorded["event_ids"][0]});
    first.post(&format!("{path}/verify"), verify.clone()).await.problem(422, "took_part");
    second.does(&format!("{path}/verify"), verify.clone()).await;
    assert_eq!(first.state(&weapon).await, "batched", "one verifier is not two");
    third.does(&format!("{path}/verify"), verify).await;
    assert_eq!(first.state(&weapon).await, "destroyed");
    assert_eq!(second.sees(&format!("{path}/certificate")).await["certificate"], true);
}
