//! What holds for every route: nobody gets in, bodies and pages are bounded, nothing unknown is read.

use actix_web::http::Method;
use actix_web::test::TestRequest;
use muster::api::{Needs, routes};
use serde_json::json;

use crate::armoury::{Armoury, rifle};
use crate::house::{FIRST, SECOND, password};

/// The table is the only way to serve a route; so each of its rows is asked here by nobody, by a
/// stranger's token, and by somebody without any right.
#[actix_web::test]
async fn every_row_of_the_table_keeps_strangers_out() {
    let house = Armoury::new().await;
    house.first().does("/api/v1/people", json!({"service_number": "9", "name": "Nobody yet"})).await;
    house.first().does("/api/v1/people/9/account", json!({"password": password("9")})).await;
    let nothing = house.house.person("9");
    let size = house.house.app.log().head().size;
    let mut asked = 0;
    for route in routes().filter(|route| route.needs != Needs::Nobody) {
        let id =
            if route.path.contains("/places/") { house.room.clone() } else { "00000000-0000-7000-8000-000000000000".to_owned() };
        let path = route.full_path().replace("{id}", &id).replace("{key}", "0011223344556677").replace("{number}", "1001");
        let request = || TestRequest::default().method(Method::from_bytes(route.method.as_bytes()).unwrap()).uri(&path);
        house.house.nobody().send(request()).await.problem(401, "not_signed_in");
        let forged = request().insert_header(("authorization", "Bearer muster_forged"));
        house.house.send(forged).await.problem(401, "not_signed_in");
        if let Needs::Right(_) = route.needs {
            let answer = nothing.send(request()).await;
            assert!([400, 403, 404, 415].contains(&answer.status.as_u16()), "{} {path}: {}", route.method, answer.status);
        }
        asked += 1;
    }
    assert!(asked > 70, "{asked} routes");
    assert_eq!(house.house.app.log().head().size, size, "nothing was written");
}

#[actix_web::test]
async fn nouns_still_to_come_are_problems_not_pages() {
    let house = Armoury::new().await;
    for noun in ["handovers", "movements", "traces"] {
        house.first().get(&format!("/api/v1/{noun}")).await.problem(404, "not_found");
    }
}

#[actix_web::test]
async fn bodies_queries_and_pages_are_bounded() {
    let house = Armoury::new().await;
    let first = house.first();
    let long = "x".repeat(300 * 1024);
    first.post("/api/v1/weapons", json!({"owner": long})).await.problem(413, "too_large");
    house
        .house
        .nobody()
        .post("/api/v1/session", json!({"service_number": "1", "password": long}))
        .await
        .problem(413, "too_large");
    first.post("/api/v1/weapons", json!({"colour": "red"})).await.problem(400, "body_not_understood");
    for query in ["colour=red", "limit=many", "state=rusty", "known_at=yesterday", "true_at=1"] {
        first.get(&format!("/api/v1/weapons?{query}")).await.problem(400, "query_not_understood");
    }
    first.get("/api/v1/weapons?after=99999").await.problem(400, "after_the_end");
    for n in 0..5 {
        first.does("/api/v1/weapons", rifle(&format!("{n}"), &house.room)).await;
    }
    for (path, key) in [("/api/v1/weapons", "weapon"), ("/api/v1/places", "place")] {
        let total = first.sees(path).await["total"].as_u64().unwrap();
        let (mut seen, mut cursor) = (std::collections::BTreeSet::new(), String::new());
        loop {
            let page = first.sees(&format!("{path}?limit=2{cursor}")).await;
            assert_eq!(page["total"].as_u64(), Some(total));
            seen.extend(page["rows"].as_array().unwrap().iter().map(|row| row[key].as_str().unwrap().to_owned()));
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(seen.len() as u64, total, "{path}: each row once");
    }
    first.get("/api/v1/places?cursor=gone").await.problem(409, "cursor_gone");
}

#[actix_web::test]
async fn lists_are_compressed_and_the_feed_is_not() {
    let house = Armoury::new().await;
    for n in 0..20 {
        house.first().does("/api/v1/weapons", rifle(&format!("{n}"), &house.room)).await;
    }
    let zipped = |path: &str| TestRequest::get().uri(path).insert_header(("accept-encoding", "gzip"));
    let list = house.first().send(zipped("/api/v1/weapons")).await;
    assert_eq!(list.is(200).header("content-encoding"), Some("gzip"));
}

#[actix_web::test]
async fn a_new_password_for_somebody_with_rights_is_given_by_two() {
    let house = Armoury::new().await;
    house.with_person("1003", "security_officer", None).await;
    house.house.app.accounts().set_password(&"1003".parse().unwrap(), &password("1003")).unwrap(); // He chose his own since.
    let security = house.house.person("1003");
    let path = "/api/v1/people/1002/account";
    let alone = json!({"password": "taken over by one"});
    security.post(path, alone).await.problem(403, "second_person_needed");
    let beside = |number: &str| json!({"password": "given by two people", "second": {"service_number": number, "password": password(number)}});
    security.post(path, beside("1003")).await.problem(403, "second_person_needed");
    security.post(path, beside(SECOND)).await.problem(403, "second_person_needed");
    security.does(path, beside(FIRST)).await;
    let old = json!({"service_number": SECOND, "password": password(SECOND)});
    house.house.nobody().post("/api/v1/session", old).await.problem(401, "sign_in_failed");
    house
        .house
        .nobody()
        .post("/api/v1/session", json!({"service_number": SECOND, "password": "given by two people"}))
        .await
        .is(201);
    // There is a security officer now: approvers no longer stand in for him.
    house.first().post("/api/v1/people", json!({"service_number": "77", "name": "x"})).await.problem(403, "not_allowed");
}
