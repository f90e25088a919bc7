//! A line of the log as plain JSON: what an auditor would read, without the program's own types.

use event_log::event::Recorded;
use serde_json::Value;

/// One event.
#[derive(Clone, Debug)]
pub struct Line {
    /// Place in the log.
    pub position: u64,
    /// Its id.
    pub id: String,
    /// Its stream.
    pub stream: String,
    /// Its place in the stream.
    pub revision: u64,
    /// What happened.
    pub kind: String,
    /// When it was recorded.
    pub recorded_at: i64,
    /// Its leaf, hex.
    pub leaf: String,
    /// Who, in which role, why.
    pub meta: Value,
    /// The fact.
    pub data: Value,
    /// The fact's bytes.
    pub bytes: Vec<u8>,
}

impl Line {
    /// Reads one.
    pub fn of(recorded: &Recorded) -> Self {
        Self {
            position: recorded.position,
            id: recorded.id.to_string(),
            stream: recorded.stream.as_str().to_owned(),
            revision: recorded.revision,
            kind: recorded.type_name.as_str().to_owned(),
            recorded_at: recorded.recorded_at,
            leaf: hex::encode(recorded.leaf),
            meta: serde_json::from_slice(&recorded.meta).unwrap_or_default(),
            data: serde_json::from_slice(&recorded.data).unwrap_or_default(),
            bytes: recorded.data.clone(),
        }
    }

    /// A text of the fact; empty if it has none of that name.
    pub fn text(&self, name: &str) -> String {
        text(&self.data, name)
    }

    /// Texts of a list in the fact.
    pub fn texts(&self, name: &str) -> Vec<String> {
        let list = self.data[name].as_array();
        list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// The id in the stream's name.
    pub fn subject(&self) -> String {
        let rest = self.stream.split_once('-').map_or("", |(_, rest)| rest);
        rest.split('@').next().unwrap_or_default().to_owned()
    }

    /// `person`, `gateway` or `book`.
    pub fn by(&self) -> String {
        text(&self.meta["actor"], "kind")
    }

    /// The person who acted; empty if none did.
    pub fn person(&self) -> String {
        text(&self.meta["actor"], "service_number")
    }

    /// The sign-in in which he acted.
    pub fn sign_in(&self) -> String {
        text(&self.meta["actor"], "sign_in")
    }

    /// The event that this one follows from; empty if none.
    pub fn cause(&self) -> &str {
        self.meta["cause"].as_str().unwrap_or_default()
    }

    /// For people: what stands here.
    pub fn told(&self) -> String {
        let who = match self.by().as_str() {
            "person" => self.person(),
            "gateway" => "a gateway".to_owned(),
            _ => format!("the book ({})", text(&self.meta["actor"], "rule")),
        };
        let data: String = String::from_utf8_lossy(&self.bytes).chars().take(150).collect();
        format!("{} {} by {who} in {} r{}: {data}", self.position, self.kind, self.stream, self.revision)
    }
}

/// A text in an object; empty if there is none of that name.
pub fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}
