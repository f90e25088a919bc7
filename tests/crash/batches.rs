//! A gateway as the service sees one: it signs batches and believes receipts, and forgets nothing.
//!
//! Unlike the real one it may cut the same items into other batches after an unknown outcome, which
//! the service must bear. What a receipt covers must stand in the log for ever, item by item.

use std::sync::atomic::{AtomicBool, Ordering};

use reader_gateway::identity::{Identity, is_signed};
use reader_gateway::outbox::Waiting;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tag_data::batch::Receipt;

use crate::book::{Book, whole};
use crate::chance::Chance;
use crate::clerk::epc;
use crate::web::Web;

/// The gateway.
pub struct Batches {
    identity: Identity,
    service_key: [u8; 32],
    web: Web,
    site: String,
    chance: Chance,
    /// Every item ever made, by sequence.
    pub items: Vec<String>,
    /// Everything below is covered by a receipt.
    pub receipted: u64,
    /// Receipts since the last look.
    pub receipts: Vec<Receipt>,
    /// How many items at once: few, or as many as a batch holds.
    pub heavy: bool,
}

impl Batches {
    /// A gateway, enrolled by the book's two people.
    pub fn enrolled(book: &Book, seed: u64) -> Self {
        let mut chance = Chance::new(seed, 7);
        let secret: [u8; 32] = std::array::from_fn(|_| chance.next() as u8);
        let identity = Identity::from_secret(&secret);
        let web = Web::at(book.address.as_str());
        let waits = web.post("/api/v1/gateways", &json!({"id": "post", "public_key": identity.public_key()}));
        let (key, code) = (identity.id().to_owned(), waits["code"].clone());
        let path = |act: &str| format!("/api/v1/gateways/{key}/{act}");
        let proposed = book.people[0].post(&path("propose"), &json!({"code": code}));
        book.people[1].post(&path("enrol"), &json!({"request": proposed["event_ids"][0], "code": code}));
        let service_key = public_key(&waits["service_key"]);
        let (items, receipts) = (Vec::new(), Vec::new());
        Self { identity, service_key, web, site: book.site.clone(), chance, items, receipted: 0, receipts, heavy: false }
    }

    /// The stream of what it heard.
    pub fn stream(&self) -> String {
        format!("gateway-{}", self.identity.id())
    }

    /// Sends batches until told to stop or nobody answers.
    pub fn work(&mut self, stop: &AtomicBool) {
        while !stop.load(Ordering::Relaxed) && self.one() {}
    }

    /// Sends until everything is receipted. The service must be there.
    pub fn settle(&mut self) {
        while self.receipted < self.items.len() as u64 {
            let many = self.items.len() - self.receipted as usize;
            assert!(self.send(many.min(1000)), "nobody answers the gateway");
        }
    }

    fn one(&mut self) -> bool {
        let most = if self.heavy { 1000 } else { 1 + self.chance.below(12) };
        let waiting = self.items.len() as u64 - self.receipted;
        if waiting < most {
            self.hear(most - waiting);
        }
        let waiting = self.items.len() as u64 - self.receipted;
        let many = if self.heavy { waiting } else { 1 + self.chance.below(waiting) };
        self.send(many.min(1000) as usize)
    }

    fn hear(&mut self, many: u64) {
        for _ in 0..many {
            let tag = epc((self.chance.below(4) << 24) + self.chance.below(40));
            let second = self.items.len() as u64 % 60;
            let at = format!("2026-03-01T06:30:{second:02}Z");
            let place = &self.site;
            self.items.push(format!(
                "{{\"type\":\"Observed\",\"data\":{{\"kind\":\"epc\",\"epc\":\"{tag}\",\"reader\":\"rack\",\"place\":\"{place}\",\
                 \"first\":\"{at}\",\"last\":\"{at}\",\"count\":1,\"raw\":\"\"}}}}"
            ));
        }
    }

    /// One batch; false if its outcome is unknown.
    fn send(&mut self, many: usize) -> bool {
        let first = self.receipted;
        let from = first as usize;
        let raw = |text: &String| RawValue::from_string(text.clone()).unwrap();
        let items = self.items[from..from + many].iter().map(raw).collect();
        let batch = self.identity.sign(Waiting { first, boot: "one".to_owned(), items });
        let path = format!("/api/v1/gateways/{}/batches", self.identity.id());
        let body = serde_json::to_string(&batch).unwrap();
        let Some(answer) = whole(self.web.send("POST", &path, &[], Some(&body))) else { return false };
        match answer.status {
            200 => self.receipt(&answer.body, first + many as u64),
            409 if answer.json()["send_from"].is_u64() => {
                let from = answer.json()["send_from"].as_u64().unwrap();
                assert!(from >= self.receipted, "the book asks for {from} again, and {} was receipted", self.receipted);
                assert!(from <= self.items.len() as u64, "the book knows {from} items; {} were ever made", self.items.len());
                self.receipted = from;
            }
            503 => {}
            status => panic!("a batch of {many} from {first}: {status} {}", answer.body),
        }
        true
    }

    fn receipt(&mut self, body: &str, wanted: u64) {
        let receipt: Receipt = serde_json::from_str(body).unwrap();
        assert!(is_signed(&receipt, &self.service_key), "a receipt with a wrong signature: {body}");
        assert_eq!(receipt.next, wanted, "{body}");
        self.receipted = receipt.next;
        self.receipts.push(receipt);
    }
}

fn public_key(text: &Value) -> [u8; 32] {
    let text = text.as_str().unwrap();
    let value = |letter: u8| match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let mut bits = text.trim_end_matches('=').bytes().flat_map(|letter| (0..6).rev().map(move |bit| value(letter) >> bit & 1));
    std::array::from_fn(|_| (0..8).fold(0, |byte, _| byte << 1 | bits.next().unwrap_or(0)))
}
