//! Whose is it: every route asked by people who are nobody, who are elsewhere, and who are here.
//!
//! Rows name a route and, for three askers, what is answered: `here` holds the room, `elsewhere`
//! holds another room, `absent` asks for an id that does not exist. Out of scope is 404, always.

use serde_json::{Value, json};

use crate::armoury::{Armoury, id, rifle};
use crate::house::FIRST;

struct Things {
    house: Armoury,
    weapon: String,
    count: String,
    case: String,
    batch: String,
}

async fn things() -> Things {
    let house = Armoury::new().await;
    house.with_person("2001", "custodian", Some(&house.room)).await;
    house.with_person("2002", "custodian", Some(&house.other_room)).await;
    let first = house.first();
    let weapon = first.registers("1", &house.room).await;
    let missed = first.registers("2", &house.room).await;
    let open = json!({"place": house.room, "kind": "full", "blind": false, "counters": [FIRST, "2001"]});
    let count = id(&first.does("/api/v1/counts", open).await);
    let case = id(&first.does("/api/v1/cases", json!({"weapon": missed, "place": house.room})).await);
    let batch = json!({"number": "D-1", "authority": "Order 1", "place": house.room});
    let batch = id(&first.does("/api/v1/destruction-batches", batch).await);
    Things { house, weapon, count, case, batch }
}

#[actix_web::test]
async fn what_is_out_of_scope_does_not_exist() {
    let t = things().await;
    let (here, elsewhere) = (t.house.house.person("2001"), t.house.house.person("2002"));
    let absent = "00000000-0000-7000-8000-000000000000";
    let room = &t.house.room;
    let issue = json!({"to": "2001"});
    let reads = [
        (format!("/api/v1/weapons/{}", t.weapon), format!("/api/v1/weapons/{absent}")),
        (format!("/api/v1/weapons/{}/trail", t.weapon), format!("/api/v1/weapons/{absent}/trail")),
        (format!("/api/v1/counts/{}", t.count), format!("/api/v1/counts/{absent}")),
        (format!("/api/v1/cases/{}", t.case), format!("/api/v1/cases/{absent}")),
        (format!("/api/v1/cases/{}/loss-report", t.case), format!("/api/v1/cases/{absent}/loss-report")),
        (format!("/api/v1/destruction-batches/{}", t.batch), format!("/api/v1/destruction-batches/{absent}")),
        (
            format!("/api/v1/destruction-batches/{}/certificate", t.batch),
            format!("/api/v1/destruction-batches/{absent}/certificate"),
        ),
        (format!("/api/v1/places/{room}"), format!("/api/v1/places/{absent}")),
        (format!("/api/v1/weapons?place={room}"), format!("/api/v1/weapons?place={absent}")),
        (format!("/api/v1/stockpile?place={room}"), format!("/api/v1/stockpile?place={absent}")),
        (format!("/api/v1/counts?place={room}"), format!("/api/v1/counts?place={absent}")),
        (format!("/api/v1/cases?place={room}"), format!("/api/v1/cases?place={absent}")),
        (format!("/api/v1/lost?place={room}"), format!("/api/v1/lost?place={absent}")),
        (format!("/api/v1/destruction-pending?place={room}"), format!("/api/v1/destruction-pending?place={absent}")),
        (format!("/api/v1/destruction-batches?place={room}"), format!("/api/v1/destruction-batches?place={absent}")),
        (format!("/api/v1/readers?place={room}"), format!("/api/v1/readers?place={absent}")),
    ];
    for (path, gone) in &reads {
        assert_eq!(here.get(path).await.status, 200, "here: {path}");
        let (foreign, none) = (elsewhere.get(path).await, elsewhere.get(gone).await);
        assert_eq!((foreign.status.as_u16(), &foreign.body), (404, &none.body), "elsewhere: {path}");
        assert_eq!(t.house.house.nobody().get(path).await.status, 401, "nobody: {path}");
    }
    let item = json!({"weapon": t.weapon, "seen": "1", "way": "eye", "level": "S", "place": room});
    let writes: Vec<(String, Value)> = vec![
        (format!("/api/v1/weapons/{}/issue", t.weapon), issue.clone()),
        (format!("/api/v1/weapons/{}/rack", t.weapon), json!({"place": t.house.other_room})),
        (format!("/api/v1/weapons/{}/rack", t.weapon), json!({"place": room})),
        (format!("/api/v1/weapons/{}/return", t.weapon), json!({"place": room})),
        (format!("/api/v1/weapons/{}/recover", t.weapon), json!({"place": room})),
        (format!("/api/v1/weapons/{}/tags", t.weapon), json!({"epc": "3034257BF7194E4000001A85"})),
        (format!("/api/v1/weapons/{}/assign", t.weapon), json!({"to": "2002"})),
        (format!("/api/v1/weapons/{}/elsewhere", t.weapon), json!({"kind": "loan", "receiver": "x", "document": "1"})),
        ("/api/v1/weapons".to_owned(), rifle("3", room)),
        ("/api/v1/counts".to_owned(), json!({"place": room, "kind": "full", "blind": false, "counters": ["2002"]})),
        (format!("/api/v1/counts/{}/items", t.count), item.clone()),
        (format!("/api/v1/counts/{}/close", t.count), json!({})),
        ("/api/v1/cases".to_owned(), json!({"weapon": t.weapon, "place": t.house.other_room})),
        ("/api/v1/cases".to_owned(), json!({"weapon": t.weapon, "place": room})),
        (format!("/api/v1/cases/{}/search", t.case), json!({"searched": "a", "result": "b"})),
        (format!("/api/v1/cases/{}/recover", t.case), json!({"place": t.house.other_room, "circumstances": "x"})),
        (format!("/api/v1/destruction-batches/{}/items", t.batch), json!({"weapon": t.weapon})),
        (format!("/api/v1/destruction-batches/{}/lock", t.batch), json!({})),
    ];
    let size = t.house.house.app.log().head().size;
    for (path, body) in &writes {
        elsewhere.post(path, body.clone()).await.problem(404, "not_found");
        t.house.house.nobody().post(path, body.clone()).await.problem(401, "not_signed_in");
    }
    assert_eq!(t.house.house.app.log().head().size, size, "nothing was written");
    here.does(&format!("/api/v1/weapons/{}/issue", t.weapon), issue).await;
    here.does(&format!("/api/v1/counts/{}/items", t.count), item).await;
    assert_eq!(elsewhere.sees("/api/v1/weapons").await["total"], 0);
    assert_eq!(here.sees("/api/v1/weapons").await["total"], 2);
}

#[actix_web::test]
async fn here_without_the_right_is_forbidden_and_the_log_is_for_those_above() {
    let t = things().await;
    let here = t.house.house.person("2001");
    let decide = json!({"disposition": "destroy", "authority": "me"});
    here.post(&format!("/api/v1/weapons/{}/disposition", t.weapon), decide).await.problem(403, "not_allowed");
    here.post("/api/v1/people", json!({"service_number": "9", "name": "x"})).await.problem(403, "not_allowed");
    here.post("/api/v1/people/2002/account", json!({"password": "a stolen account"})).await.problem(403, "not_allowed");
    here.get("/api/v1/log/events").await.problem(403, "not_allowed");
    here.get(&format!("/api/v1/weapons/{}/tracing-record", t.weapon)).await.problem(403, "not_allowed");
    assert!(here.sees("/api/v1/log").await["size"].as_u64().unwrap() > 0);
    let page = t.house.second().sees("/api/v1/log/events?limit=2").await;
    assert_eq!((page["rows"].as_array().unwrap().len(), page["next"].as_u64()), (2, Some(3)));
}
