//! A gateway of the tests: announces itself, signs batches, keeps its sequence.

use actix_web::test::TestRequest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tag_data::batch::{Batch, Receipt, key_id};

use crate::armoury::Armoury;
use crate::house::Answer;

pub struct Gateway {
    key: SigningKey,
}

impl Gateway {
    pub fn new(seed: u8) -> Self {
        Self { key: SigningKey::from_bytes(&[seed; 32]) }
    }

    pub fn id(&self) -> String {
        key_id(self.key.verifying_key().as_bytes())
    }

    pub fn public_key(&self) -> String {
        STANDARD.encode(self.key.verifying_key().as_bytes())
    }

    pub fn batch(&self, first: u64, items: &[String]) -> Batch {
        let items = items.iter().map(|item| RawValue::from_string(item.clone()).unwrap()).collect();
        let mut batch = Batch { gateway: self.id(), boot: "boot-1".to_owned(), first, items, signature: String::new() };
        batch.signature = STANDARD.encode(self.key.sign(&batch.signing_bytes()).to_bytes());
        batch
    }

    pub async fn hands_in(&self, house: &Armoury, batch: &Batch) -> Answer {
        let path = format!("/api/v1/gateways/{}/batches", self.id());
        let request = TestRequest::post().uri(&path).insert_header(("content-type", "application/json"));
        house.house.send(request.set_payload(serde_json::to_vec(batch).unwrap())).await
    }

    pub async fn announces_itself(&self, house: &Armoury) -> Value {
        let body = json!({"id": "armoury-1", "public_key": self.public_key()});
        house.house.nobody().does("/api/v1/gateways", body).await
    }

    /// Enrolled by two.
    pub async fn enrolled(seed: u8, house: &Armoury) -> Self {
        let gateway = Self::new(seed);
        let code = gateway.announces_itself(house).await["code"].clone();
        let path = format!("/api/v1/gateways/{}", gateway.id());
        let proposed = house.first().does(&format!("{path}/propose"), json!({"code": code})).await;
        let enrol = json!({"request": proposed["event_ids"][0], "code": code});
        house.second().does(&format!("{path}/enrol"), enrol).await;
        gateway
    }
}

/// One observation of a tag, in the treaty's form.
pub fn heard(epc: &str, place: &str) -> String {
    let data = format!(
        "{{\"kind\":\"epc\",\"epc\":\"{epc}\",\"reader\":\"r1\",\"place\":\"{place}\",\"first\":\"2026-03-01T06:30:00.000000Z\",\
         \"last\":\"2026-03-01T06:30:01.000000Z\",\"count\":3,\"raw\":\"AA\"}}"
    );
    format!("{{\"type\":\"Observed\",\"data\":{data}}}")
}

/// Checks a receipt as a gateway would.
pub fn receipt(answer: &Answer, service: &VerifyingKey) -> Receipt {
    let receipt: Receipt = serde_json::from_str(&answer.is(200).body).unwrap();
    let signature: [u8; 64] = STANDARD.decode(&receipt.signature).unwrap().try_into().unwrap();
    service.verify_strict(&receipt.signing_bytes(), &ed25519_dalek::Signature::from_bytes(&signature)).unwrap();
    receipt
}
