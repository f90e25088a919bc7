//! What travels between the programs and stands in the log: batches, receipts, items, events.
//!
//! Read, written and read again it is the same, and no signature is believed that was not made.

use armoury::event::{Event, Meta};
use armoury::ids::GatewayKey;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, SigningKey};
use muster::intake;
use reader_gateway::identity::{Identity, is_signed};
use reader_gateway::outbox::Outbox;
use reader_gateway::uplink::Uplink;
use tag_data::batch::{BATCH_BYTES_MAX, Batch, ITEM_BYTES_MAX, ITEMS_MAX, Receipt};
use tag_data::moment::Moment;
use tag_data::scan::{Item, Observation, Report};

use super::choose;

pub fn batch(data: &[u8]) {
    let Ok(batch) = intake::parsed(data) else { return };
    let bytes = serde_json::to_vec(&batch).expect("a batch is JSON");
    let again: Batch = serde_json::from_slice(&bytes).expect("what was written is a batch");
    assert_eq!(again.signing_bytes(), batch.signing_bytes(), "the signed bytes survive the way");
    let key = SigningKey::from_bytes(&[7; 32]).verifying_key();
    let signature = STANDARD.decode(&batch.signature).ok().and_then(|bytes| Signature::from_slice(&bytes).ok());
    let believed = signature.is_some_and(|signature| key.verify_strict(&batch.signing_bytes(), &signature).is_ok());
    assert!(!believed || batch.boot == "seed", "a signature that nobody made is believed");
    if let Ok(items) = intake::understood(&batch) {
        assert!((1..=ITEMS_MAX).contains(&items.len()) && items.len() == batch.items.len());
        assert!(data.len() <= BATCH_BYTES_MAX && batch.items.iter().all(|item| item.get().len() <= ITEM_BYTES_MAX));
        for raw in &batch.items {
            serde_json::from_str::<Item>(raw.get()).expect("what the intake understands is an item of the treaty");
        }
    }
    let _ = batch.gateway.parse::<GatewayKey>();
}

pub fn receipt(data: &[u8]) {
    let Ok(mut receipt) = serde_json::from_slice::<Receipt>(data) else { return };
    let bytes = serde_json::to_vec(&receipt).expect("a receipt is JSON");
    assert_eq!(serde_json::from_slice::<Receipt>(&bytes).ok().as_ref(), Some(&receipt));
    let (service, gateway) = (Identity::from_secret(&[9; 32]), Identity::from_secret(&[8; 32]));
    assert!(!is_signed(&receipt, &service.public_bytes()), "a signature that nobody made is believed");
    service.sign_receipt(&mut receipt);
    assert!(is_signed(&receipt, &service.public_bytes()));
    let mut outbox = Outbox::visit(std::path::Path::new(":memory:")).expect("an outbox in memory");
    let mut uplink = Uplink::new(gateway, "fuzz", service.public_bytes(), false, 1);
    let (now, ours) = (Moment::from_micros(0), receipt.gateway == uplink.gateway());
    let taken = uplink.take_receipt(now, &mut outbox, &receipt).expect("memory does not fail");
    assert_eq!(taken.is_ok(), ours, "only our own receipts are taken");
    assert_eq!(outbox.acknowledged(), 0, "nothing is acknowledged that was never put in");
}

pub fn item(data: &[u8]) {
    if let Ok(item) = serde_json::from_slice::<Item>(data) {
        let bytes = serde_json::to_vec(&item).expect("an item is JSON");
        assert_eq!(serde_json::from_slice::<Item>(&bytes).ok(), Some(item));
    }
}

pub fn report(data: &[u8]) {
    if let Ok(report) = serde_json::from_slice::<Report>(data) {
        let bytes = serde_json::to_vec(&report).expect("a report is JSON");
        assert_eq!(serde_json::from_slice::<Report>(&bytes).ok(), Some(report));
    }
    if let Ok(heard) = serde_json::from_slice::<Observation>(data) {
        let bytes = serde_json::to_vec(&heard).expect("an observation is JSON");
        assert_eq!(serde_json::from_slice::<Observation>(&bytes).ok(), Some(heard));
    }
}

pub fn event(data: &[u8]) {
    let types = Event::types();
    let Some((chosen, data)) = choose(&types, data) else { return };
    let (name, known) = types[chosen];
    assert!(Event::read(name, known + 1, &data).is_err(), "a newer version is not guessed at");
    for version in 1..=known {
        if let Ok(event) = Event::read(name, version, &data) {
            let bytes = event.data().expect("an event is JSON");
            assert_eq!(event.type_name(), name);
            let again = Event::read(name, event.schema_version(), &bytes);
            assert_eq!(again.ok(), Some(event), "{}", String::from_utf8_lossy(&bytes));
        }
    }
}

pub fn meta(data: &[u8]) {
    if let Ok(meta) = serde_json::from_slice::<Meta>(data) {
        let bytes = serde_json::to_vec(&meta).expect("a meta is JSON");
        assert_eq!(serde_json::from_slice::<Meta>(&bytes).ok(), Some(meta));
    }
}
