//! The live feed: what happens is told, resumed exactly, and only to those who may hear it.

use std::sync::Arc;
use std::time::Duration;

use actix_web::body::MessageBody as _;
use actix_web::test::{self, TestRequest};
use muster::server;

use crate::armoury::Armoury;
use crate::house::{Answer, House};

/// Listens with this token until so many events came, and answers their positions.
async fn listen(house: &House, token: &str, last: Option<u64>, wanted: usize) -> Vec<u64> {
    let service = test::init_service(server::build(Arc::clone(&house.app))).await;
    let mut request = TestRequest::get().uri("/api/v1/live").insert_header(("authorization", format!("Bearer {token}")));
    if let Some(last) = last {
        request = request.insert_header(("last-event-id", last.to_string()));
    }
    let request = request.peer_addr("127.0.0.1:40000".parse().unwrap()).to_request();
    let answer = test::call_service(&service, request).await;
    assert_eq!(answer.headers().get("content-type").unwrap(), "text/event-stream");
    let mut body = Box::pin(answer.into_body());
    let mut text = String::new();
    let positions =
        |text: &str| -> Vec<u64> { text.lines().filter_map(|line| line.strip_prefix("id: ")?.parse().ok()).collect() };
    let hear = async {
        while positions(&text).len() < wanted {
            let chunk = std::future::poll_fn(|cx| body.as_mut().poll_next(cx)).await;
            let Some(chunk) = chunk else { break };
            text.push_str(std::str::from_utf8(&chunk.unwrap_or_default()).unwrap());
        }
    };
    tokio::time::timeout(Duration::from_secs(20), hear).await.expect("the feed tells what was asked for");
    positions(&text)
}

fn token(house: &House, number: &str) -> String {
    house.app.accounts().make_token(&number.parse().unwrap(), "live", None, house.app.now()).unwrap().0
}

/// One person's windows and programs do not take the feed from all others.
#[actix_web::test]
async fn nobody_takes_all_feeds() {
    let house = Armoury::new().await;
    house.with_person("2001", "custodian", Some(&house.room)).await;
    let (mine, other) = (token(&house.house, "2001"), token(&house.house, "1001"));
    let service = test::init_service(server::build(Arc::clone(&house.house.app))).await;
    let ask = async |token: &str| {
        let request = TestRequest::get().uri("/api/v1/live").insert_header(("authorization", format!("Bearer {token}")));
        test::call_service(&service, request.peer_addr("127.0.0.1:40000".parse().unwrap()).to_request()).await
    };
    let mut open = Vec::new();
    for _ in 0..house.house.app.config().limits.live_feeds_a_person {
        open.push(ask(&mine).await);
    }
    assert!(open.iter().all(|answer| answer.status() == 200));
    Answer::of(ask(&mine).await).await.problem(429, "too_many_feeds");
    assert_eq!(ask(&other).await.status(), 200);
    drop(open.pop());
    assert_eq!(ask(&mine).await.status(), 200);
}

#[actix_web::test]
async fn resumed_exactly_and_only_in_scope() {
    let house = Armoury::new().await;
    house.with_person("2001", "custodian", Some(&house.room)).await;
    let start = house.house.app.log().head().size;
    let mut here = Vec::new();
    for n in 0..6 {
        let room = if n % 2 == 0 { &house.room } else { &house.other_room };
        house.first().registers(&format!("{n}"), room).await;
        if n % 2 == 0 {
            here.push(house.house.app.log().head().size);
        }
    }
    let end = house.house.app.log().head().size;
    let all = token(&house.house, crate::house::FIRST);
    let whole: Vec<u64> = (start + 1..=end).collect();
    assert_eq!(listen(&house.house, &all, Some(start), whole.len()).await, whole, "no gap, no repeat");
    assert_eq!(listen(&house.house, &all, Some(end - 2), 2).await, [end - 1, end]);
    assert_eq!(listen(&house.house, &token(&house.house, "2001"), Some(start), 3).await, here, "only his room");
}

#[actix_web::test]
async fn what_happens_now_is_told_and_a_disabled_person_hears_no_more() {
    let house = Armoury::new().await;
    house.with_person("2001", "custodian", Some(&house.room)).await;
    let token = token(&house.house, "2001");
    let house_ref = &house;
    let act = async {
        house_ref.first().registers("1", &house_ref.room).await;
    };
    let (heard, ()) = futures_util::future::join(listen(&house.house, &token, None, 1), act).await;
    assert_eq!(heard, [house.house.app.log().head().size]);
    let disable = async {
        house_ref.house.app.accounts().set_disabled(&"2001".parse().unwrap(), true).unwrap();
    };
    let (heard, ()) = futures_util::future::join(listen(&house.house, &token, None, 1), disable).await;
    assert!(heard.is_empty(), "the feed ends");
}

/// Who counts blind hears of his count and of other places, not of what the book says of this one.
#[actix_web::test]
async fn who_counts_blind_hears_nothing_of_the_place() {
    let house = Armoury::new().await;
    house.with_person("2001", "custodian", None).await;
    house.first().registers("before", &house.room).await;
    let start = house.house.app.log().head().size;
    let open = serde_json::json!({"place": house.room, "kind": "full", "blind": true, "counters": ["2001"]});
    let count = crate::armoury::id(&house.first().does("/api/v1/counts", open).await);
    let opened: Vec<u64> = (start + 1..=house.house.app.log().head().size).collect();
    house.first().registers("here", &house.room).await;
    house.first().registers("elsewhere", &house.other_room).await;
    let elsewhere = house.house.app.log().head().size;
    let (counter, watcher) = (token(&house.house, "2001"), token(&house.house, crate::house::FIRST));
    let wanted: Vec<u64> = opened.iter().copied().chain([elsewhere]).collect();
    assert_eq!(listen(&house.house, &counter, Some(start), wanted.len()).await, wanted);
    assert_eq!(
        listen(&house.house, &watcher, Some(start), wanted.len() + 1).await.len(),
        wanted.len() + 1,
        "who does not count may watch"
    );
    house.first().does(&format!("/api/v1/counts/{count}/close"), serde_json::json!({})).await;
    let closed = (house.house.app.log().head().size - start) as usize;
    assert_eq!(listen(&house.house, &counter, Some(start), closed).await.len(), closed, "closed, it is open to him again");
}
