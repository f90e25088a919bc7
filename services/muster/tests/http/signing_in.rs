//! Set-up, signing in and out, throttling, and what other sites' pages cannot do.

use actix_web::test::TestRequest;
use serde_json::json;

use crate::house::{FIRST, House, SECOND, password};

#[actix_web::test]
async fn the_set_up_is_done_once_by_the_link_from_this_machine() {
    let house = House::empty();
    let founder = |n: &str| json!({"service_number": n, "name": "N", "password": password(n)});
    let body = |link: &str, a: &str, b: &str| json!({"link": link, "place": "Camp", "first": founder(a), "second": founder(b)});
    house.nobody().post("/api/v1/setup", body("wrong", FIRST, SECOND)).await.problem(404, "not_found");
    let link = house.app.setup().new_link(house.app.now());
    house.nobody().post("/api/v1/setup", body(&link, FIRST, FIRST)).await.problem(400, "invalid");
    let relayed = TestRequest::post().uri("/api/v1/setup").insert_header(("x-forwarded-for", "10.0.0.1"));
    house.send(relayed.set_json(body(&link, FIRST, SECOND))).await.problem(404, "not_found");
    let done = house.nobody().post("/api/v1/setup", body(&link, FIRST, SECOND)).await;
    done.is(201);
    assert!(done.json()["checkpoint"].as_str().unwrap().starts_with("muster/hq\n"));
    house.nobody().post("/api/v1/setup", body(&link, "1", "2")).await.problem(404, "not_found");
    let log = std::fs::read(house.dir.join("log.sqlite-wal")).unwrap();
    assert!(!String::from_utf8_lossy(&log).contains("password of"), "no password reaches the log");
}

#[actix_web::test]
async fn a_session_by_cookie_needs_its_token_for_writes() {
    let (house, _) = House::founded().await;
    let asked = json!({"service_number": FIRST, "password": password(FIRST)});
    let answer = house.nobody().post("/api/v1/session", asked).await;
    answer.is(201);
    let cookie = answer.header("set-cookie").unwrap().to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    let (pair, csrf) = (cookie.split(';').next().unwrap().to_owned(), answer.json()["csrf"].as_str().unwrap().to_owned());
    let with = |request: TestRequest| request.insert_header(("cookie", pair.clone()));
    let me = house.send(with(TestRequest::get().uri("/api/v1/me"))).await;
    assert_eq!(me.json()["service_number"], FIRST);
    house.send(with(TestRequest::delete().uri("/api/v1/session"))).await.problem(403, "csrf_token_wrong");
    let foreign = with(TestRequest::delete().uri("/api/v1/session")).insert_header(("x-csrf-token", csrf.clone()));
    house.send(foreign.insert_header(("origin", "https://evil.example"))).await.problem(403, "foreign_origin");
    let out = house.send(with(TestRequest::delete().uri("/api/v1/session")).insert_header(("x-csrf-token", csrf))).await;
    assert!(out.is(204).header("clear-site-data").is_some());
    house.send(with(TestRequest::get().uri("/api/v1/me"))).await.problem(401, "not_signed_in");
}

#[actix_web::test]
async fn wrong_and_unknown_get_the_same_answer_and_then_have_to_wait() {
    let (house, _) = House::founded().await;
    let sign_in = async |number: &str| {
        house.nobody().post("/api/v1/session", json!({"service_number": number, "password": "a wrong password"})).await
    };
    let (known, unknown) = (sign_in(FIRST).await, sign_in("9999").await);
    assert_eq!((known.status, &known.body), (unknown.status, &unknown.body));
    known.problem(401, "sign_in_failed");
    for _ in 0..3 {
        sign_in("9999").await;
    }
    let held = sign_in("9999").await;
    held.problem(429, "too_many_requests");
    assert!(held.header("retry-after").is_some());
}

#[actix_web::test]
async fn every_answer_carries_the_headers() {
    let house = House::empty();
    for path in ["/healthz", "/api/v1/nowhere", "/api/v1/me", "/nowhere"] {
        let answer = house.nobody().get(path).await;
        assert!(answer.header("content-security-policy").is_some_and(|csp| csp.starts_with("default-src 'none'")), "{path}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
    }
}

#[actix_web::test]
async fn unknown_fields_and_methods_are_refused() {
    let house = House::empty();
    let odd = json!({"service_number": "1", "password": "x", "admin": true});
    house.nobody().post("/api/v1/session", odd).await.problem(400, "body_not_understood");
    house.nobody().post("/api/v1/me", json!({})).await.problem(405, "method_not_allowed");
    assert_eq!(house.nobody().post("/api/v1/me", json!({})).await.header("allow"), Some("GET"));
}
