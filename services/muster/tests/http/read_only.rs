//! A log whose anchor remembers more: read, told loudly, and written by nobody.

use std::sync::Arc;

use muster::app::App;
use serde_json::json;

use crate::armoury::{Armoury, rifle};
use crate::gateway::{Gateway, heard};
use crate::house::{House, config};

#[actix_web::test]
async fn nothing_is_written_and_gateways_keep_what_they_have() {
    let mut house = Armoury::new().await;
    let gateway = Gateway::enrolled(5, &house).await;
    house.first().registers("1", &house.room).await;
    let dir = Arc::clone(&house.house.dir);
    drop(house.house);
    remove_anchor(&dir);
    house.house = House { app: reopened(&dir), dir };
    let first = house.first();
    assert_eq!(first.sees("/healthz").await["status"], "read_only");
    assert_eq!(first.sees("/api/v1/weapons").await["total"], 1, "still readable");
    first.post("/api/v1/weapons", rifle("2", &house.room)).await.problem(503, "log_read_only");
    let batch = gateway.batch(0, &[heard("3034257BF7194E4000001A85", &house.room)]);
    gateway.hands_in(&house, &batch).await.problem(503, "log_read_only");
    assert_eq!(first.sees("/api/v1/log").await["writable"], false);
    first
        .post("/api/v1/counts", json!({"place": house.room, "kind": "full", "blind": false, "counters": ["1001"]}))
        .await
        .is(503);
}

/// The accounts are gone: the page says so before anybody tries in vain, and who holds a sign-in has none.
#[actix_web::test]
async fn nobody_tries_in_vain_to_sign_in() {
    let (house, _) = House::founded().await;
    let signs_in = async |house: &House| house.nobody().get("/sign-in").await.body;
    assert!(!signs_in(&house).await.contains("accounts.sqlite"));
    let dir = Arc::clone(&house.dir);
    drop(house);
    for name in ["accounts.sqlite", "accounts.sqlite-wal", "accounts.sqlite-shm"] {
        drop(std::fs::remove_file(dir.join(name))); // The last two only while it is open.
    }
    let house = House { app: reopened(&dir), dir };
    let page = signs_in(&house).await;
    assert!(page.contains("Every account is gone") && page.contains("two approvers declare a break"), "{page}");
    let answer =
        house.nobody().post("/api/v1/session", json!({"service_number": "1001", "password": "the password of 1001"})).await;
    answer.is(401);
    assert_eq!(house.nobody().sees("/healthz").await["status"], "read_only");
}

/// The signing key is gone: nothing is signed in its name, everything else is read as before.
#[actix_web::test]
async fn without_its_key_nothing_is_signed() {
    let mut house = Armoury::new().await;
    let gateway = Gateway::enrolled(5, &house).await;
    let dir = Arc::clone(&house.house.dir);
    drop(house.house);
    std::fs::remove_file(dir.join("service.key")).unwrap();
    house.house = House { app: reopened(&dir), dir };
    let first = house.first();
    first.get("/api/v1/log/checkpoint").await.problem(503, "log_read_only");
    let log = first.sees("/api/v1/log").await;
    assert!(log["key"] == "" && log["read_only_because"].as_str().unwrap().contains("service.key"), "{log}");
    assert_eq!(first.sees("/api/v1/gateways").await["service_key"], "");
    assert!(first.sees("/api/v1/people").await.to_string().contains("Name of 1001"), "all else is read as before");
    let batch = gateway.batch(0, &[heard("3034257BF7194E4000001A85", &house.room)]);
    gateway.hands_in(&house, &batch).await.problem(503, "log_read_only");
}

fn remove_anchor(dir: &std::path::Path) {
    std::fs::remove_file(dir.join("anchor")).unwrap();
}

/// Waits until the last holder of the log has let go.
fn reopened(dir: &muster::scratch::Scratch) -> Arc<App> {
    for _ in 0..200 {
        if let Ok(app) = App::open(config(dir)) {
            return app;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("the log is still held");
}
