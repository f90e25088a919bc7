//! The bytes that a gateway signs, frozen: a gateway in the field and a service of another year
//! must mean the same bytes. Rewritten only with `UPDATE=1`, and then it is a new version.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

use std::path::PathBuf;

use serde_json::{Value, json};
use tag_data::batch::{Batch, Receipt, items_digest, key_id};

fn batch() -> Batch {
    let items = [
        concat!(
            r#"{"type":"Observed","data":{"kind":"epc","epc":"3434257BF400000000BC6038","reader":"hatch","place":"armoury","#,
            r#""first":"2026-03-01T06:30:00.000000Z","last":"2026-03-01T06:30:02.000000Z","count":7,"raw":"AA55"}}"#
        ),
        r#"{ "type": "HoleDeclared",  "data": {"lost":0,"reason":"disk replaced","at":"2026-03-01T06:31:00.000000Z"} }"#,
    ];
    let items: Vec<_> = items.iter().map(|item| serde_json::value::RawValue::from_string((*item).to_owned()).unwrap()).collect();
    Batch { gateway: key_id(&[7; 32]), boot: "boot-3".to_owned(), first: 41, items, signature: "c2lnbmF0dXJl".to_owned() }
}

fn golden() -> Value {
    let batch = batch();
    let receipt = Receipt {
        gateway: batch.gateway.clone(),
        next: 43,
        log_size: 1000,
        log_root: "ab".repeat(32),
        signature: "c2lnbmF0dXJl".to_owned(),
    };
    json!({
        "public_key": hex::encode([7; 32]),
        "key_id": batch.gateway,
        "items": batch.items.iter().map(|item| item.get()).collect::<Vec<_>>(),
        "items_digest": hex::encode(items_digest(batch.items.iter().map(|item| item.get()))),
        "batch": serde_json::to_string(&batch).unwrap(),
        "batch_signing_bytes": String::from_utf8(batch.signing_bytes()).unwrap(),
        "receipt": serde_json::to_string(&receipt).unwrap(),
        "receipt_signing_bytes": String::from_utf8(receipt.signing_bytes()).unwrap(),
    })
}

#[test]
fn what_is_signed_never_changes() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/batch.v1.json");
    let now = serde_json::to_string_pretty(&golden()).unwrap() + "\n";
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &now).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), now);
}

#[test]
fn items_travel_byte_for_byte() {
    let sent = serde_json::to_string(&batch()).unwrap();
    let heard: Batch = serde_json::from_str(&sent).unwrap();
    assert_eq!(heard.signing_bytes(), batch().signing_bytes());
    assert_eq!(serde_json::to_string(&heard).unwrap(), sent);
}
