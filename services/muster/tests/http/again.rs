//! Asked again: the same key and request get the same answer, once done; another request does not.

use actix_web::test::TestRequest;
use serde_json::{Value, json};

use crate::armoury::{Armoury, rifle};
use crate::house::{Answer, Person};

async fn with_key(person: &Person<'_>, path: &str, key: &str, body: &Value) -> Answer {
    person.send(TestRequest::post().uri(path).insert_header(("idempotency-key", key)).set_json(body)).await
}

#[actix_web::test]
async fn the_same_request_is_done_once() {
    let house = Armoury::new().await;
    let (first, second) = (house.first(), house.second());
    let body = rifle("500", &house.room);
    let one = with_key(&first, "/api/v1/weapons", "k1", &body).await;
    let size = house.house.app.log().head().size;
    let two = with_key(&first, "/api/v1/weapons", "k1", &body).await;
    assert_eq!((one.is(201).body.as_str(), house.house.app.log().head().size), (two.is(201).body.as_str(), size));
    with_key(&first, "/api/v1/weapons", "k1", &rifle("501", &house.room)).await.problem(422, "idempotency_key_reused");
    with_key(&second, "/api/v1/weapons", "k1", &rifle("502", &house.room)).await.is(201);
    with_key(&first, "/api/v1/weapons", "", &body).await.problem(400, "invalid");
    // A refusal is not remembered: what was wrong may be put right.
    let tags = format!("/api/v1/weapons/{}/tags", one.json()["id"].as_str().unwrap());
    with_key(&first, &tags, "k2", &json!({"epc": "not hex"})).await.problem(422, "not_hex");
    with_key(&first, &tags, "k2", &json!({"epc": "3034257BF7194E4000001A85"})).await.is(200);
}

#[actix_web::test]
async fn cut_off_between_the_log_and_the_answer_it_finds_its_own_events() {
    let house = Armoury::new().await;
    let first = house.first();
    let body = rifle("500", &house.room);
    let one = with_key(&first, "/api/v1/weapons", "k1", &body).await;
    let size = house.house.app.log().head().size;
    let accounts = rusqlite::Connection::open(house.house.dir.join("accounts.sqlite")).unwrap();
    let cut = accounts.execute("UPDATE answers SET status = NULL, answer = NULL WHERE key = 'k1'", []).unwrap();
    assert_eq!(cut, 1);
    let two = with_key(&first, "/api/v1/weapons", "k1", &body).await;
    assert_eq!((two.is(201).json()["id"].clone(), house.house.app.log().head().size), (one.json()["id"].clone(), size));
    assert_eq!(two.json()["position"], one.json()["position"]);
}

#[actix_web::test]
async fn two_at_once_on_one_weapon_end_in_one_order() {
    let house = Armoury::new().await;
    let (first, second) = (house.first(), house.second());
    let weapon = first.registers("9", &house.room).await;
    let path = format!("/api/v1/weapons/{weapon}/marks");
    let mark = |text: &str| json!({"mark": {"kind": "rack", "component": "other", "method": "ink", "text": text}});
    let many = (0..8).map(|n| {
        let (person, path) = (if n % 2 == 0 { &first } else { &second }, &path);
        async move { person.post(path, mark(&format!("B-{n}"))).await.status.as_u16() }
    });
    let answers = futures_util::future::join_all(many).await;
    let done = answers.iter().filter(|status| **status == 200).count();
    assert!(answers.iter().all(|status| [200, 409].contains(status)) && done >= 1, "{answers:?}");
    let marks = first.sees(&format!("/api/v1/weapons/{weapon}")).await["marks"].as_array().unwrap().len();
    assert_eq!(marks, done + 1, "each that was answered stands, none twice");
}
