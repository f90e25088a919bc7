//! What the stand-in holds: streams in one order, and the server's rules about expected revisions.
//!
//! The rules are those of the published server (a repeated append is known by its ids at the revisions that
//! follow the expected one, and only there; an id alone is never looked up). Positions have gaps, events of
//! one append share their commit position, and other people's events stand in between.

use std::collections::{BTreeMap, BTreeSet};

/// An event as it is held.
#[derive(Clone, Debug)]
pub struct Held {
    pub commit: u64,
    pub prepare: u64,
    pub stream: String,
    pub revision: u64,
    pub proposed: Proposed,
}

/// An event as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposed {
    pub id: u128,
    pub kind: String,
    pub content: String,
    pub metadata: Vec<u8>,
    pub data: Vec<u8>,
}

/// An append as it was asked for; `expected` is -1 for "no stream".
#[derive(Clone, Debug)]
pub struct Append {
    pub stream: String,
    pub expected: i64,
    pub events: Vec<Proposed>,
}

/// The answer to an append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Written { revision: u64, commit: u64, prepare: u64 },
    Wrong { current: Option<u64> },
    Deleted,
    TooLarge,
}

/// Everything held.
#[derive(Clone, Debug, Default)]
pub struct Store {
    pub events: Vec<Held>,
    lasts: BTreeMap<String, u64>,
    tombs: BTreeSet<String>,
    hidden: BTreeSet<String>,
    late: Vec<(u64, Append)>,
    end: u64,
    appends: u64,
}

/// The most bytes of one append, as the server has it by default.
const APPEND_BYTES_MAX: usize = 1024 * 1024;

impl Store {
    /// An append, and after it those that come late.
    pub fn append(&mut self, asked: &Append) -> Answer {
        let answer = self.write(asked);
        self.appends += 1;
        let (due, later) = std::mem::take(&mut self.late).into_iter().partition(|(when, _)| *when <= self.appends);
        self.late = later;
        for (_, append) in <Vec<(u64, Append)> as IntoIterator>::into_iter(due) {
            self.write(&append);
        }
        answer
    }

    /// An append that takes effect after so many others.
    pub fn append_late(&mut self, after: u64, asked: Append) {
        self.late.push((self.appends + after, asked));
    }

    /// Lets everything that is still under way arrive.
    pub fn settle(&mut self) {
        for (_, append) in std::mem::take(&mut self.late) {
            self.write(&append);
        }
    }

    fn write(&mut self, asked: &Append) -> Answer {
        let current = self.lasts.get(&asked.stream).copied();
        let at = current.map_or(-1, u64::cast_signed);
        if self.tombs.contains(&asked.stream) {
            return Answer::Deleted;
        }
        if asked.events.iter().map(|event| event.data.len() + event.metadata.len()).sum::<usize>() > APPEND_BYTES_MAX {
            return Answer::TooLarge;
        }
        if asked.expected < at {
            return self.again(asked).unwrap_or(Answer::Wrong { current });
        }
        if asked.expected > at {
            return Answer::Wrong { current };
        }
        self.stranger();
        self.end += 64;
        let commit = self.end;
        for (proposed, revision) in asked.events.iter().zip((at + 1).cast_unsigned()..) {
            self.end += 16;
            let (prepare, stream, proposed) = (self.end, asked.stream.clone(), proposed.clone());
            self.lasts.insert(stream.clone(), revision);
            self.events.push(Held { commit, prepare, stream, revision, proposed });
        }
        Answer::Written { revision: self.lasts[&asked.stream], commit, prepare: self.end }
    }

    /// Something of the server's own, and of another application, between our events.
    fn stranger(&mut self) {
        for stream in ["$stats-127.0.0.1:2113", "orders-17"] {
            self.end += 32;
            let (id, metadata, data) = (u128::from(self.end) << 64, Vec::new(), b"{}".to_vec());
            let proposed = Proposed { id, kind: "$statsCollected".into(), content: "application/json".into(), metadata, data };
            let (commit, prepare, stream) = (self.end, self.end, stream.to_owned());
            let revision = self.lasts.get(&stream).map_or(0, |last| last + 1);
            self.lasts.insert(stream.clone(), revision);
            self.events.push(Held { commit, prepare, stream, revision, proposed });
        }
    }

    /// The answer of the first time, if these very ids stand where they would.
    fn again(&self, asked: &Append) -> Option<Answer> {
        let first = (asked.expected + 1).cast_unsigned();
        let mut last = None;
        for (proposed, revision) in asked.events.iter().zip(first..) {
            last = self
                .events
                .iter()
                .find(|held| held.stream == asked.stream && held.revision == revision && held.proposed.id == proposed.id);
            last?;
        }
        last.map(|held| Answer::Written { revision: held.revision, commit: held.commit, prepare: held.prepare })
    }

    /// A stream's events from a revision on; none where there is no such stream, or it is hidden.
    pub fn stream(&self, name: &str) -> Vec<Held> {
        if self.hidden.contains(name) {
            return Vec::new();
        }
        self.events.iter().filter(|held| held.stream == name).cloned().collect()
    }

    pub fn is_deleted(&self, name: &str) -> bool {
        self.tombs.contains(name)
    }

    /// What a scavenge does: the event is gone, and nothing tells of it.
    pub fn scavenge(&mut self, stream: &str, revision: u64) {
        self.events.retain(|held| !(held.stream == stream && held.revision == revision));
    }

    /// Somebody with the server's files in hand: one byte of an event's data.
    pub fn change(&mut self, stream: &str, revision: u64) {
        for held in self.events.iter_mut().filter(|held| held.stream == stream && held.revision == revision) {
            held.proposed.data[0] ^= 1;
        }
    }

    /// A tombstone: the stream can never be written again; its events stay until a scavenge.
    pub fn tombstone(&mut self, stream: &str) {
        self.tombs.insert(stream.to_owned());
    }

    /// An older backup put back: only the first events remain.
    pub fn put_back(&mut self, events: usize) {
        self.events.truncate(events);
        self.lasts.clear();
        for held in &self.events {
            self.lasts.insert(held.stream.clone(), held.revision);
        }
    }
}
