//! The book as it is read back, event by event, and compared with what was acknowledged.
//!
//! Each event is read once: that nothing before it changed since is shown by `muster verify` with
//! a head that was told before. Kept by id, by the request that made it, and by the gateway's sequence.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::clerk::{Acknowledged, Act};
use crate::web::Web;

/// What has been read so far.
#[derive(Default)]
pub struct Reading {
    /// Position of the last event read.
    pub position: u64,
    by_id: BTreeMap<String, u64>,
    by_request: BTreeMap<String, Vec<String>>,
    heard: Vec<Value>,
    /// Events of the rules.
    pub by_rule: u64,
}

impl Reading {
    /// Reads on to the end of the book. `stream` is the gateway's.
    pub fn read_on(&mut self, web: &Web, stream: &str) {
        loop {
            let page = web.get(&format!("/api/v1/log/events?limit=500&from={}", self.position + 1));
            for event in page["rows"].as_array().unwrap() {
                self.take(event, stream);
            }
            if page["next"].is_null() {
                return;
            }
        }
    }

    fn take(&mut self, event: &Value, stream: &str) {
        let position = event["position"].as_u64().unwrap();
        assert_eq!(position, self.position + 1, "a position is missing or stands twice");
        self.position = position;
        let id = event["id"].as_str().unwrap().to_owned();
        let before = self.by_id.insert(id.clone(), position);
        assert_eq!(before, None, "event {id} stands twice");
        if let Some(key) = event["meta"]["idempotency_key"].as_str() {
            self.by_request.entry(key.to_owned()).or_default().push(id);
        }
        if !event["meta"]["actor"]["book"].is_null() || event["meta"]["actor"]["rule"].is_string() {
            self.by_rule += 1;
        }
        if event["stream"] == stream {
            assert_eq!(event["revision"], self.heard.len(), "the gateway's sequence has a hole or a double");
            self.heard.push(event["data"].clone());
        }
    }

    /// What was acknowledged stands at its position, whole and once.
    pub fn check(&self, done: &Acknowledged) {
        let Acknowledged { act, position, ids } = done;
        let key = &act.key;
        let last = ids.last().unwrap_or_else(|| panic!("{key} was done and names no event"));
        assert_eq!(self.by_id.get(last), Some(position), "{key} was acknowledged at {position}");
        assert_eq!(self.by_request.get(key), Some(ids), "{key} was acknowledged with these events");
    }

    /// What was given up is not there, or once.
    pub fn check_given_up(&self, act: &Act) {
        let events = self.by_request.get(&act.key).map_or(0, Vec::len);
        assert!(events <= 1, "{} was given up and stands {events} times", act.key);
    }

    /// The gateway's stream is a beginning of what it made, at least as long as what was receipted.
    pub fn check_heard(&self, items: &[String], receipted: u64) {
        let (there, made) = (self.heard.len(), items.len());
        assert!(there as u64 >= receipted && there <= made, "{there} items in the book, {receipted} receipted, {made} made");
        for (sequence, (found, made)) in self.heard.iter().zip(items).enumerate() {
            let made: Value = serde_json::from_str(made).unwrap();
            assert_eq!(*found, made["data"], "item {sequence} is another one");
        }
    }

    /// How many requests stand in the book.
    pub fn requests(&self) -> usize {
        self.by_request.len()
    }
}
