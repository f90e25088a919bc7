//! Set-up, signing in and out, throttling, and what other sites' pages cannot do.

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use armoury::ids::ServiceNumber;
use muster::accounts::passwords::Work;
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

/// Tries a password at one of the doors where one is asked for.
async fn knocks(house: &House, door: &str, name: &str, password: &str) -> StatusCode {
    let tried = json!({"service_number": name, "password": password});
    match door {
        "/sign-in" => {
            let form = TestRequest::post().uri(door).set_form([("number", name), ("password", password)]);
            house.send(form).await.status
        }
        "/api/v1/session" => house.nobody().post(door, tried).await.status,
        _ => {
            let asked = json!({"password": "a new password of his", "second": tried});
            house.person(FIRST).post("/api/v1/people/3002/account", asked).await.status
        }
    }
}

/// Who is there must not be learnt from how much is done: every door does the same work for every name, wrong
/// password or no such person. Counted in hashes and their cost, never by the clock.
#[actix_web::test]
async fn wrong_and_unknown_are_the_same_work_at_every_door() {
    let (house, _) = House::founded().await;
    let (disabled, given): (ServiceNumber, ServiceNumber) = ("3001".parse().unwrap(), "3002".parse().unwrap());
    let accounts = house.app.accounts();
    accounts.make(&disabled, "a wrong password", house.app.now()).unwrap();
    accounts.set_disabled(&disabled, true).unwrap();
    accounts.make_given(&given, "another password", house.app.now()).unwrap();
    let one = Work { hashes: 1, kib_passes: 64 };
    let long = "x".repeat(300);
    // The name, and what its sign-in costs with a wrong password and with one that is longer than any.
    for name in [SECOND, "9999", "3001", "3002", "", "no number at all", " 1002 ", "9999999999999999999999999999"] {
        for door in ["/api/v1/session", "/sign-in", "a second person's signature"] {
            for (password, wanted) in [("a wrong password", one), (long.as_str(), Work::default())] {
                let before = accounts.password_work();
                let status = knocks(&house, door, name, password).await;
                let after = accounts.password_work();
                accounts.tried(name.trim(), "127.0.0.1", true, house.app.now()).unwrap(); // The next one does not wait.
                let did = Work { hashes: after.hashes - before.hashes, kib_passes: after.kib_passes - before.kib_passes };
                assert_eq!(did, wanted, "{door}: {name:?} with {} letters: {status}", password.len());
            }
        }
    }
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
