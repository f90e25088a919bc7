//! A blind count: no route and no page tells a counter what should be there, today or in any past.

use std::sync::Arc;

use actix_web::test;
use muster::server;
use serde_json::json;

use crate::armoury::id;
use crate::house::Answer;
use crate::routes::{World, credentials, number, request, table};

/// The custodian of the room, and the approver who sees everything, both counting.
const COUNTERS: [usize; 2] = [2, 11];

#[actix_web::test]
async fn no_route_tells_a_counter_what_to_expect() {
    let mut world = World::new().await;
    let first = world.house.first();
    let unseen = "UNSEEN-418802";
    first.registers(unseen, &world.house.room).await;
    let counters = COUNTERS.map(number);
    let open = json!({"place": world.house.room, "kind": "full", "blind": true, "counters": counters});
    let count = id(&first.does("/api/v1/counts", open).await);
    drop(first);
    let service = test::init_service(server::build(Arc::clone(&world.house.house.app))).await;
    let mut told = Vec::new();
    let mut rows: Vec<_> = table().into_iter().filter(|row| row.method == "GET" && row.path != "/live").collect();
    let other = format!("place={}", world.house.other_room);
    // The same with another place named in the address: that opens the other place and nothing else.
    for mut row in table().into_iter().filter(|row| row.page && row.method == "GET" && !row.path.contains("place")) {
        row.path = format!("{}{}{other}", row.path, if row.path.contains('?') { '&' } else { '?' });
        rows.push(row);
    }
    for row in &rows {
        world.fresh(row).await;
        let fresh = format!("F-{}", world.serial - 1);
        for asker in COUNTERS {
            let asked = request(row, &world, "own", &credentials(&world, asker)).to_request();
            let answer = Answer::of(test::try_call_service(&service, asked).await.unwrap()).await;
            assert!(answer.status.as_u16() < 500, "{}", answer.body);
            // The marks of what was handed over in a report just now stand in the reports' own list of work.
            if answer.body.contains(unseen) || (answer.body.contains(&fresh) && row.path.contains("@weapon")) {
                told.push(format!("{} {} tells {}", row.method, row.path, number(asker)));
            }
        }
    }
    assert!(told.is_empty(), "{}", told.join("\n"));
    let counter = world.house.house.person(&counters[0]);
    counter.get("/api/v1/weapons").await.problem(403, "blind_count");
    counter.get(&format!("/api/v1/weapons?place={}&known_at=1", world.house.room)).await.is(404);
    // He goes on working: issues, takes in, counts.
    counter
        .does(&format!("/api/v1/counts/{count}/items"), json!({"seen": unseen, "way": "eye", "place": world.house.room}))
        .await;
    let supervisor = world.house.second();
    assert!(supervisor.get("/api/v1/weapons").await.is(200).body.contains(unseen), "who does not count may watch");
    supervisor.does(&format!("/api/v1/counts/{count}/close"), json!({})).await;
    assert!(counter.get("/api/v1/weapons").await.is(200).body.contains(unseen), "closed, it is open to him again");
}
