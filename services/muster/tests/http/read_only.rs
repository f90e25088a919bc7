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
