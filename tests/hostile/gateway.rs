//! A gateway whose key the test holds: honest or not, it signs what it is told to sign.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tag_data::batch::{Batch, key_id};

use crate::house::House;
use crate::program::PATIENCE;

/// A gateway.
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

    pub fn path(&self) -> String {
        format!("/api/v1/gateways/{}/batches", self.id())
    }

    /// Enrolled by two.
    pub fn enrolled(seed: u8, house: &House) -> Self {
        let gateway = Self::new(seed);
        let announce = json!({"id": "armoury-1", "public_key": STANDARD.encode(gateway.key.verifying_key().as_bytes())});
        let code = house.first.post("/api/v1/gateways", &announce)["code"].clone();
        let path = |act: &str| format!("/api/v1/gateways/{}/{act}", gateway.id());
        let proposed = house.first.post(&path("propose"), &json!({"code": code}));
        house.second.post(&path("enrol"), &json!({"request": proposed["event_ids"][0], "code": code}));
        gateway
    }

    /// A batch, signed as it stands.
    pub fn batch(&self, boot: &str, first: u64, items: &[String]) -> Batch {
        let items = items.iter().map(|item| RawValue::from_string(item.clone()).unwrap()).collect();
        let mut batch = Batch { gateway: self.id(), boot: boot.to_owned(), first, items, signature: String::new() };
        self.sign(&mut batch);
        batch
    }

    pub fn sign(&self, batch: &mut Batch) {
        batch.signature = STANDARD.encode(self.key.sign(&batch.signing_bytes()).to_bytes());
    }
}

/// A batch's bytes.
pub fn bytes(batch: &Batch) -> Vec<u8> {
    serde_json::to_vec(batch).unwrap()
}

/// An item that no rule answers to: a reader's condition.
pub fn notice(reader: &str) -> String {
    notice_at(reader, "2026-03-01T06:30:00.000000Z")
}

/// The same, with a time of the test's own; both are put in as they stand.
pub fn notice_at(reader: &str, at: &str) -> String {
    let data = format!("{{\"reader\":\"{reader}\",\"place\":\"p\",\"condition\":\"hearing\",\"at\":\"{at}\"}}");
    format!("{{\"type\":\"ReaderHeard\",\"data\":{data}}}")
}

/// An answer.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub json: Value,
}

impl Reply {
    pub fn code(&self) -> &str {
        self.json["code"].as_str().unwrap_or_default()
    }
}

/// Begins a request whose body is said to have `length` bytes, and sends the first of them.
pub fn begin(address: &str, path: &str, headers: &str, length: usize, first: &[u8]) -> Option<TcpStream> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    stream.set_write_timeout(Some(Duration::from_secs(30))).ok()?;
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/json\r\n{headers}\
         Content-Length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).ok()?;
    let _ = stream.write_all(first); // Whoever has heard enough may close before the end.
    Some(stream)
}

/// Posts these bytes as they are. `None`: no answer came.
pub fn post(address: &str, path: &str, headers: &str, body: &[u8]) -> Option<Reply> {
    let mut stream = begin(address, path, headers, body.len(), body)?;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer); // A reset behind the answer is no loss.
    let text = String::from_utf8_lossy(&answer);
    let status = text.split(' ').nth(1)?.parse().ok()?;
    let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let json = body.find('{').and_then(|from| body.rfind('}').map(|to| &body[from..=to]));
    Some(Reply { status, json: json.and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default() })
}
