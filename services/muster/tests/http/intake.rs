//! Intake of batches: good, again, with a gap, with a false signature, by strangers, after revocation.

use event_log::{Expected, NewEvent, StreamName, TypeName};
use serde_json::json;

use crate::armoury::Armoury;
use crate::gateway::{Gateway, heard, receipt};

#[actix_web::test]
async fn good_again_gap_and_overlap() {
    let house = Armoury::new().await;
    let gateway = Gateway::enrolled(7, &house).await;
    let service = house.house.app.signing_key().unwrap().verifying_key();
    let items: Vec<String> = (0..3).map(|n| heard(&format!("3034257BF7194E4000001A8{n}"), &house.room)).collect();
    let first = gateway.batch(0, &items);
    let taken = receipt(&gateway.hands_in(&house, &first).await, &service);
    assert_eq!(taken.next, 3);
    let size = quiet(&house).await; // Unknown tags: the rules raise alerts.
    let again = receipt(&gateway.hands_in(&house, &first).await, &service);
    assert_eq!((again.next, house.house.app.log().head().size), (3, size), "nothing is written twice");
    let gap = gateway.hands_in(&house, &gateway.batch(5, &items[..1])).await;
    assert_eq!(gap.problem(409, "send_from").json()["send_from"], 3);
    // The stored bytes are the signed bytes.
    let stream = StreamName::new(format!("gateway-{}", gateway.id())).unwrap();
    let stored = house.house.app.log().read_stream(&stream, 0, 10).unwrap();
    for (event, item) in stored.iter().zip(&items) {
        let data = String::from_utf8(event.data.clone()).unwrap();
        assert_eq!(*item, format!("{{\"type\":\"{}\",\"data\":{data}}}", event.type_name.as_str()));
    }
    let next = receipt(&gateway.hands_in(&house, &gateway.batch(3, &items[..1])).await, &service);
    assert_eq!(next.next, 4);
    assert_eq!(house.first().sees("/api/v1/readers").await["rows"][0]["observations"], 4);
}

/// A gateway newer than its service: nothing is lost, and whoever looks after the readers is told.
#[actix_web::test]
async fn what_is_not_understood_holds_a_gateway_up_aloud() {
    let house = Armoury::new().await;
    let gateway = Gateway::enrolled(8, &house).await;
    let strange = r#"{"type":"TagSmelled","data":{"place":"<b>"}}"#.to_owned();
    gateway.hands_in(&house, &gateway.batch(0, std::slice::from_ref(&strange))).await.problem(400, "batch_not_understood");
    let told = || async { house.first().get("/readers").await.is(200).body.contains("is not understood here") };
    assert!(told().await);
    let item = heard("3034257BF7194E4000001A85", &house.room);
    gateway.hands_in(&house, &gateway.batch(0, &[item])).await.is(200);
    assert!(!told().await);
    gateway.hands_in(&house, &gateway.batch(1, &[strange])).await.problem(400, "batch_not_understood");
    assert!(told().await);
    house.first().does(&format!("/api/v1/gateways/{}/revoke", gateway.id()), json!({"because": "sold"})).await;
    assert!(!told().await, "from a closed key nothing is expected");
}

/// Waits until the rules have had their say, so that only what is asked for here writes.
async fn quiet(house: &Armoury) -> u64 {
    loop {
        let size = house.house.app.log().head().size;
        house.house.app.settled(size).await;
        if house.house.app.log().head().size == size {
            return size;
        }
    }
}

#[actix_web::test]
async fn items_without_their_batch_are_completed_by_sending_again() {
    let house = Armoury::new().await;
    let gateway = Gateway::enrolled(9, &house).await;
    let service = house.house.app.signing_key().unwrap().verifying_key();
    let items: Vec<String> = (0..2).map(|n| heard(&format!("3034257BF7194E4000001A8{n}"), &house.room)).collect();
    let whole = gateway.batch(0, &items);
    // As after a crash between the two appends: the first item stands, its batch does not.
    let data = items[0].strip_prefix("{\"type\":\"Observed\",\"data\":").unwrap().strip_suffix('}').unwrap();
    let meta = json!({"actor": {"kind": "gateway", "key": gateway.id()}, "node": "hq", "basis": "device"});
    let event = NewEvent {
        id: house.house.app.new_id(),
        type_name: TypeName::new("Observed").unwrap(),
        schema_version: 1,
        occurred_at: 0,
        meta: meta.to_string().into_bytes(),
        data: data.as_bytes().to_vec(),
    };
    let stream = StreamName::new(format!("gateway-{}", gateway.id())).unwrap();
    house.house.app.log().append(&stream, Expected::NoStream, vec![event]).await.unwrap();
    assert_eq!(receipt(&gateway.hands_in(&house, &whole).await, &service).next, 2);
    assert_eq!(house.house.app.log().last_revision(&stream).unwrap(), Some(1), "each item once");
    let size = quiet(&house).await;
    assert_eq!(receipt(&gateway.hands_in(&house, &whole).await, &service).next, 2);
    // A batch that only partly overlaps what is in the book is told where to go on.
    let third = heard("3034257BF7194E4000001A89", &house.room);
    let overlap = gateway.hands_in(&house, &gateway.batch(1, &[items[1].clone(), third])).await;
    overlap.problem(409, "send_from");
    assert_eq!((overlap.json()["send_from"].as_u64(), quiet(&house).await), (Some(2), size));
}

/// A copied card, or an outbox from an older copy: other items under numbers that the book holds.
#[actix_web::test]
async fn other_items_under_known_numbers_are_refused_and_told() {
    let house = Armoury::new().await;
    let gateway = Gateway::enrolled(11, &house).await;
    let service = house.house.app.signing_key().unwrap().verifying_key();
    let item = |n: u32| heard(&format!("3034257BF7194E40000{n:05}"), &house.room);
    let items: Vec<String> = (0..3).map(item).collect();
    receipt(&gateway.hands_in(&house, &gateway.batch(0, &items)).await, &service);
    let before = quiet(&house).await;
    let others = [items[1].clone(), item(77)];
    for batch in [gateway.batch(0, &[item(66)]), gateway.batch(1, &others), gateway.batch(2, &[item(55), item(44)])] {
        let refused = gateway.hands_in(&house, &batch).await;
        refused.problem(409, "sequence_contradicted");
        assert_eq!((refused.json()["send_from"].as_u64(), refused.json()["sequence"].as_u64().is_some()), (Some(3), true));
        let size = quiet(&house).await;
        gateway.hands_in(&house, &batch).await.problem(409, "sequence_contradicted");
        assert_eq!(quiet(&house).await, size, "told once, however often it is sent");
    }
    // Three contradictions, one alert: all of one run. The stream is as it was.
    assert_eq!(quiet(&house).await, before + 4);
    let stream = StreamName::new(format!("gateway-{}", gateway.id())).unwrap();
    assert_eq!(house.house.app.log().last_revision(&stream).unwrap(), Some(2));
    let path = format!("/api/v1/gateways/{}", gateway.id());
    assert_eq!(house.first().sees(&path).await["contradicted"], 3);
    assert_eq!(receipt(&gateway.hands_in(&house, &gateway.batch(3, &[item(66)])).await, &service).next, 4);
}

#[actix_web::test]
async fn false_unknown_revoked_and_malformed() {
    let house = Armoury::new().await;
    let gateway = Gateway::enrolled(1, &house).await;
    let item = heard("3034257BF7194E4000001A85", &house.room);
    let mut forged = gateway.batch(0, std::slice::from_ref(&item));
    forged.boot = "boot-2".to_owned();
    gateway.hands_in(&house, &forged).await.problem(403, "signature_wrong");
    let stranger = Gateway::new(2);
    let refused = stranger.hands_in(&house, &stranger.batch(0, std::slice::from_ref(&item))).await;
    refused.problem(403, "gateway-not-enrolled");
    assert!(refused.json()["type"].as_str().unwrap().ends_with("gateway-not-enrolled"));
    let spaced = item.replace("\"data\":", "\"data\": ");
    gateway.hands_in(&house, &gateway.batch(0, &[spaced])).await.problem(400, "batch_not_understood");
    let other_type = "{\"type\":\"WeaponIssued\",\"data\":{\"to\":\"1\",\"acknowledgement\":\"none\"}}".to_owned();
    gateway.hands_in(&house, &gateway.batch(0, &[other_type])).await.problem(400, "batch_not_understood");
    gateway.hands_in(&house, &gateway.batch(0, &vec![item.clone(); 1001])).await.problem(413, "too_large");
    let before = quiet(&house).await;
    house.first().does(&format!("/api/v1/gateways/{}/revoke", gateway.id()), json!({"because": "stolen"})).await;
    gateway.hands_in(&house, &gateway.batch(0, &[item])).await.problem(403, "gateway-not-enrolled");
    assert_eq!(house.house.app.log().head().size, before + 1, "only the revocation was written");
}

#[actix_web::test]
async fn enrolment_takes_two_people_and_the_code_on_the_screen() {
    let house = Armoury::new().await;
    let gateway = Gateway::new(3);
    let said = gateway.announces_itself(&house).await;
    let path = format!("/api/v1/gateways/{}", gateway.id());
    house.first().post(&format!("{path}/propose"), json!({"code": "0000-0000"})).await.problem(422, "other_code");
    let waiting = house.first().sees("/api/v1/gateways").await;
    assert_eq!(waiting["waiting"][0]["code"], said["code"]);
    let proposed = house.first().does(&format!("{path}/propose"), json!({"code": said["code"]})).await;
    let enrol = json!({"request": proposed["event_ids"][0], "code": said["code"]});
    house.first().post(&format!("{path}/enrol"), enrol.clone()).await.problem(422, "same_person");
    house.second().does(&format!("{path}/enrol"), enrol).await;
    assert_eq!(house.first().sees(&path).await["enrolment"], "enrolled");
}
