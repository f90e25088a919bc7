//! Passwords and sign-ins: a given one is changed first and signs nothing, every sign-in is new, every end is an end.

use actix_web::test::TestRequest;
use serde_json::json;

use crate::armoury::{Armoury, rifle};
use crate::house::{Answer, FIRST, House, SECOND, password};

async fn signs_in(house: &House, number: &str, password: &str) -> (String, String) {
    let answer = house.nobody().post("/api/v1/session", json!({"service_number": number, "password": password})).await;
    answer.is(201);
    let cookie = answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    (cookie, answer.json()["csrf"].as_str().unwrap().to_owned())
}

async fn get(house: &House, cookie: &str, path: &str) -> Answer {
    house.send(TestRequest::get().uri(path).insert_header(("cookie", cookie.to_owned()))).await
}

async fn post(house: &House, (cookie, csrf): &(String, String), path: &str, body: serde_json::Value) -> Answer {
    let request =
        TestRequest::post().uri(path).insert_header(("cookie", cookie.clone())).insert_header(("x-csrf-token", csrf.clone()));
    house.send(request.set_json(body)).await
}

#[actix_web::test]
async fn a_given_password_opens_one_page_and_signs_nothing() {
    let house = Armoury::new().await;
    house.with_person("2001", "approver", None).await;
    let given = signs_in(&house.house, "2001", &password("2001")).await;
    get(&house.house, &given.0, "/api/v1/weapons").await.problem(403, "password_must_change");
    let page = get(&house.house, &given.0, "/weapons").await;
    assert_eq!(page.is(303).header("location"), Some("/password"));
    assert!(get(&house.house, &given.0, "/password").await.is(200).body.contains("Somebody else chose"));
    get(&house.house, &given.0, "/api/v1/me").await.is(200);
    post(&house.house, &given, "/api/v1/me/tokens", json!({"label": "a"})).await.problem(403, "password_must_change");
    post(&house.house, &given, "/api/v1/weapons", rifle("1", &house.room)).await.problem(403, "password_must_change");
    // Who gave it knows it: as a second signature, and as the holder's own PIN, it is worth nothing.
    let weapon = house.first().registers("2", &house.room).await;
    let pin = json!({"to": "2001", "acknowledgement": "pin", "pin": password("2001")});
    house.first().post(&format!("/api/v1/weapons/{weapon}/issue"), pin).await.problem(400, "invalid");
    let second = json!({"password": "another one, given", "second": {"service_number": "2001", "password": password("2001")}});
    house.first().post("/api/v1/people/1002/account", second).await.problem(403, "password_must_change");
    let same = json!({"old": password("2001"), "new": password("2001")});
    post(&house.house, &given, "/api/v1/me/password", same).await.problem(400, "same_password");
    let own = json!({"old": password("2001"), "new": "a password of my own"});
    post(&house.house, &given, "/api/v1/me/password", own).await.is(204);
    get(&house.house, &given.0, "/api/v1/me").await.problem(401, "not_signed_in");
    let own = signs_in(&house.house, "2001", "a password of my own").await;
    get(&house.house, &own.0, "/api/v1/weapons").await.is(200);
    assert!(!get(&house.house, &own.0, "/password").await.is(200).body.contains("Somebody else chose"));
}

#[actix_web::test]
async fn the_page_changes_it_and_goes_on_under_a_new_secret() {
    let house = Armoury::new().await;
    house.with_person("2001", "custodian", None).await;
    let (cookie, csrf) = signs_in(&house.house, "2001", &password("2001")).await;
    let send = async |old: &str, new: &str, again: &str| {
        let form =
            format!("csrf={csrf}&old={}&new={}&again={}", old.replace(' ', "+"), new.replace(' ', "+"), again.replace(' ', "+"));
        let kind = ("content-type", "application/x-www-form-urlencoded");
        house
            .house
            .send(
                TestRequest::post()
                    .uri("/password")
                    .insert_header(("cookie", cookie.clone()))
                    .insert_header(kind)
                    .set_payload(form),
            )
            .await
    };
    let old = password("2001");
    assert!(send(&old, "a password of my own", "another").await.is(200).body.contains("role=\"alert\""));
    assert!(
        send("not the old one", "a password of my own", "a password of my own").await.is(200).body.contains("role=\"alert\"")
    );
    assert!(send(&old, "short", "short").await.is(200).body.contains("at least 12"));
    assert!(send(&old, &old, &old).await.is(200).body.contains("role=\"alert\""));
    let done = send(&old, "a password of my own", "a password of my own").await;
    let new = done.is(303).header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    assert_ne!(new, cookie);
    get(&house.house, &cookie, "/api/v1/me").await.problem(401, "not_signed_in");
    get(&house.house, &new, "/api/v1/weapons").await.is(200);
}

#[actix_web::test]
async fn each_sign_in_is_new_and_signing_out_ends_it() {
    let (house, _) = House::founded().await;
    let first = signs_in(&house, FIRST, &password(FIRST)).await;
    let asked = TestRequest::post().uri("/api/v1/session").insert_header(("cookie", first.0.clone()));
    let again = house.send(asked.set_json(json!({"service_number": SECOND, "password": password(SECOND)}))).await;
    let second = again.is(201).header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    assert_ne!(first.0, second, "a new secret at every sign-in");
    get(&house, &first.0, "/api/v1/me").await.problem(401, "not_signed_in");
    let csrf = again.json()["csrf"].as_str().unwrap().to_owned();
    let form = |csrf: &str| {
        let kind = ("content-type", "application/x-www-form-urlencoded");
        TestRequest::post()
            .uri("/sign-out")
            .insert_header(("cookie", second.clone()))
            .insert_header(kind)
            .set_payload(format!("csrf={csrf}"))
    };
    house.send(form("wrong")).await.is(403);
    get(&house, &second, "/api/v1/me").await.is(200);
    let out = house.send(form(&csrf)).await;
    assert!(out.is(303).header("clear-site-data").is_some_and(|what| what.contains("cookies") && what.contains("cache")));
    assert!(out.header("set-cookie").is_some_and(|cookie| cookie.contains("Max-Age=0")));
    get(&house, &second, "/api/v1/me").await.problem(401, "not_signed_in");
    let page = get(&house, &second, "/weapons").await;
    assert!(page.is(303).header("location").is_some_and(|to| to.starts_with("/sign-in")));
}

#[actix_web::test]
async fn every_form_refuses_foreign_origins_and_stale_secrets() {
    let (house, _) = House::founded().await;
    let (cookie, csrf) = signs_in(&house, FIRST, &password(FIRST)).await;
    let size = house.app.log().head().size;
    for route in muster::ui::ROUTES.iter().filter(|route| route.method == "POST") {
        let path = route.path.replace("{life}", "weapon").replace("{id}", "00000000-0000-7000-8000-000000000000");
        let form = |csrf: &str| {
            let kind = ("content-type", "application/x-www-form-urlencoded");
            TestRequest::post()
                .uri(&path)
                .insert_header(("cookie", cookie.clone()))
                .insert_header(kind)
                .set_payload(format!("csrf={csrf}&a=b"))
        };
        for (name, value) in [
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            let answer = house.send(form(&csrf).insert_header((name, value))).await;
            assert!(answer.is(403).body.contains("foreign_origin"), "{path} {name}: {value}");
        }
        if !["/sign-in", "/set-up"].contains(&route.path) {
            assert!(house.send(form("wrong")).await.is(403).body.contains("csrf_token_wrong"), "{path}");
        }
    }
    assert_eq!(house.app.log().head().size, size, "nothing was written");
}
