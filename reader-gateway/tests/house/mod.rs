//! A service in miniature for tests: checks signatures, keeps what it took, answers as the treaty says.

#![allow(dead_code, reason = "each test file uses its part")]

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, VerifyingKey};
use reader_gateway::config::Config;
use reader_gateway::identity::Identity;
use reader_gateway::uplink::{Answer, Post, Request};
use tag_data::batch::{Batch, Receipt, key_id};
use tag_data::scan::{Item, Observation};

/// A directory of one test, removed at its end.
pub struct Room(pub PathBuf);

impl Room {
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("muster-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The service's state.
pub struct House {
    pub key: Identity,
    pub enrolled: bool,
    pub public_key: Option<[u8; 32]>,
    /// Items taken, in order; the index is the sequence.
    pub items: Vec<String>,
    /// Added to the log's size, for a log that was restored.
    pub base: i64,
    pub batches: u64,
    pub away: bool,
    /// Signs receipts with a wrong key.
    pub forged: bool,
}

pub type Shared = Arc<Mutex<House>>;

impl House {
    pub fn shared() -> Shared {
        let key = Identity::from_secret(&[42; 32]);
        let house =
            Self { key, enrolled: true, public_key: None, items: vec![], base: 1_000, batches: 0, away: false, forged: false };
        Arc::new(Mutex::new(house))
    }

    pub fn knows(&mut self, gateway: &Identity) {
        self.public_key = Some(gateway.public_bytes());
    }

    pub fn answer(&mut self, request: &Request) -> Answer {
        if self.away {
            return Answer::None("connection refused".into());
        }
        let json: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
        if request.path == "/api/v1/gateways" {
            let key = STANDARD.decode(json["public_key"].as_str().unwrap()).unwrap();
            self.public_key = Some(key.try_into().unwrap());
            return Answer::Status(202, b"{}".to_vec());
        }
        let Some(public) = self.public_key.filter(|_| self.enrolled) else {
            return Answer::Status(
                403,
                br#"{"type":"https://muster.example/problems/gateway-not-enrolled","title":"no"}"#.to_vec(),
            );
        };
        assert_eq!(request.path, format!("/api/v1/gateways/{}/batches", key_id(&public)));
        let batch: Batch = serde_json::from_slice(&request.body).unwrap();
        let signature = Signature::from_slice(&STANDARD.decode(&batch.signature).unwrap()).unwrap();
        VerifyingKey::from_bytes(&public).unwrap().verify_strict(&batch.signing_bytes(), &signature).unwrap();
        self.take(&batch)
    }

    fn take(&mut self, batch: &Batch) -> Answer {
        let next = self.items.len() as u64;
        if batch.first > next {
            return Answer::Status(409, format!(r#"{{"type":"gap","send_from":{next}}}"#).into_bytes());
        }
        let known = self.items.iter().skip(usize::try_from(batch.first).unwrap());
        if known.zip(&batch.items).any(|(stands, item)| stands != item.get()) {
            let problem = format!(r#"{{"type":"urn:muster:problem:sequence-contradicted","send_from":{next}}}"#);
            return Answer::Status(409, problem.into_bytes());
        }
        let end = batch.first + batch.items.len() as u64;
        if batch.first < next && end > next {
            return Answer::Status(409, format!(r#"{{"type":"urn:muster:problem:send-from","send_from":{next}}}"#).into_bytes());
        }
        self.batches += 1;
        for (sequence, item) in (batch.first..).zip(&batch.items) {
            if sequence < self.items.len() as u64 {
                continue;
            }
            let parsed: Item = serde_json::from_str(item.get()).unwrap();
            assert_eq!(serde_json::to_string(&parsed).unwrap(), item.get(), "the one canonical form");
            self.items.push(item.get().to_owned());
        }
        Answer::Status(200, serde_json::to_vec(&self.receipt(&batch.gateway, end)).unwrap())
    }

    /// Everything below `next` is in the log, which has this size.
    pub fn receipt(&self, gateway: &str, next: u64) -> Receipt {
        let log_size = (self.base + self.items.len() as i64) as u64;
        let mut receipt =
            Receipt { gateway: gateway.into(), next, log_size, log_root: format!("{log_size:064x}"), signature: String::new() };
        if self.forged {
            Identity::from_secret(&[66; 32]).sign_receipt(&mut receipt)
        } else {
            self.key.sign_receipt(&mut receipt)
        }
        receipt
    }

    pub fn observations(&self) -> Vec<Observation> {
        let parse = |line: &String| match serde_json::from_str(line).unwrap() {
            Item::Observed(observation) => Some(observation),
            Item::ReaderHeard(_) | Item::HoleDeclared(_) => None,
        };
        self.items.iter().filter_map(parse).collect()
    }

    pub fn conditions(&self) -> Vec<String> {
        let parse = |line: &String| match serde_json::from_str(line).unwrap() {
            Item::ReaderHeard(notice) => Some(format!("{} {:?}", notice.reader, notice.condition)),
            Item::Observed(_) | Item::HoleDeclared(_) => None,
        };
        self.items.iter().filter_map(parse).collect()
    }
}

/// A way to post straight into the house.
pub fn post(house: &Shared) -> Post {
    let house = Arc::clone(house);
    Box::new(move |request| house.lock().unwrap().answer(request))
}

/// A gateway's configuration with these readers, for this house.
pub fn config(room: &Path, house: &Shared, service: &str, readers: &str) -> Config {
    let key = house.lock().unwrap().key.public_key();
    let text = format!(
        "[gateway]\nid = \"gw-test\"\nservice = \"{service}\"\nservice_key = \"{key}\"\nkey = \"gateway.key\"\noutbox = \"outbox.db\"\n{readers}"
    );
    Config::parse(&text, room).unwrap()
}

/// Waits for a condition, for a minute at most.
pub async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..6_000 {
        if holds() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("never: {what}");
}
