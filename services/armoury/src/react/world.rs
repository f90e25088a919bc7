//! A small house for tests: streams in memory, decisions, views and reactions until all is quiet.
//!
//! Ids of events follow from stream and revision, so that equal histories are equal worlds.

use std::collections::{BTreeMap, VecDeque};

use tag_data::moment::Moment;
use tag_data::scan::{Carrier, Observation};
use uuid::Uuid;

use super::react;
use crate::codes::{Basis, Rule};
use crate::command::Command;
use crate::event::gateway::GatewayEvent;
use crate::event::{Actor, Event, Fact, Meta};
use crate::ids::{EventId, NodeId, PlaceId};
use crate::life::{Ctx, Facts, decide};
use crate::refusal::Refusal;
use crate::view::Views;

/// 2026-03-01T06:00:00Z.
const MORNING: i64 = 1_772_344_800_000_000;

#[derive(Clone)]
pub struct World {
    pub views: Views,
    pub streams: BTreeMap<String, Vec<Fact>>,
    /// Every fact, in order.
    pub log: Vec<Fact>,
    node: NodeId,
}

impl World {
    pub fn new() -> Self {
        Self { views: Views::without_feed(), streams: BTreeMap::new(), log: Vec::new(), node: "hq".parse().unwrap() }
    }

    pub fn now(&self) -> Moment {
        Moment::from_micros(MORNING).plus_seconds(600 * i64::try_from(self.log.len()).unwrap())
    }

    /// A person (or the book) asks; what follows by rule follows. The types of all that happened.
    pub fn act(&mut self, actor: &Actor, command: &Command) -> Result<Vec<&'static str>, Refusal> {
        let from = self.log.len();
        let mut open = VecDeque::from(self.one(actor, command)?);
        while let Some(fact) = open.pop_front() {
            open.extend(self.follow(&fact));
        }
        Ok(self.log[from..].iter().map(|fact| fact.event.type_name()).collect())
    }

    /// Whether a command would make anything happen.
    pub fn would(&self, actor: &Actor, command: &Command) -> bool {
        self.decided(actor, command).is_ok_and(|events| !events.is_empty())
    }

    fn decided(&self, actor: &Actor, command: &Command) -> Result<Vec<Event>, Refusal> {
        let now = self.now();
        let facts = Facts::gather(&self.views, command, now);
        let past = self.streams.get(&command.stream(&self.node)).map_or(&[][..], Vec::as_slice);
        decide(past, command, &Ctx { now, actor, facts: &facts })
    }

    /// Something is written without being asked, as a gateway's observation is.
    pub fn hear(&mut self, stream: &str, event: Event) -> Vec<&'static str> {
        let from = self.log.len();
        let gateway = Actor::Gateway { key: "00112233aabbccdd".parse().unwrap() };
        let mut open = VecDeque::from([self.record(stream, &gateway, event)]);
        while let Some(fact) = open.pop_front() {
            open.extend(self.follow(&fact));
        }
        self.log[from + 1..].iter().map(|fact| fact.event.type_name()).collect()
    }

    /// Runs the rules over the whole log again, as after a restart; what newly happened.
    pub fn again(&mut self) -> Vec<&'static str> {
        let (from, past) = (self.log.len(), self.log.clone());
        for fact in &past {
            self.follow(fact);
        }
        self.log[from..].iter().map(|fact| fact.event.type_name()).collect()
    }

    fn follow(&mut self, fact: &Fact) -> Vec<Fact> {
        let mut done = Vec::new();
        for reaction in react(&self.views, fact, self.now()) {
            let actor = Actor::Book { rule: reaction.rule.to_owned() };
            done.extend(self.one(&actor, &reaction.command).unwrap_or_default());
        }
        done
    }

    fn one(&mut self, actor: &Actor, command: &Command) -> Result<Vec<Fact>, Refusal> {
        let (stream, events) = (command.stream(&self.node), self.decided(actor, command)?);
        Ok(events.into_iter().map(|event| self.record(&stream, actor, event)).collect())
    }

    fn record(&mut self, stream: &str, actor: &Actor, event: Event) -> Fact {
        let (at, position) = (self.now(), self.log.len() as u64 + 1);
        let revision = self.streams.get(stream).map_or(0, Vec::len) as u64;
        let id = EventId(Uuid::new_v8_of(stream, revision));
        let meta = Meta {
            actor: actor.clone(),
            role: None,
            device: None,
            place: None,
            node: self.node.clone(),
            basis: Basis::Device,
            cause: None,
            reason: None,
            idempotency_key: None,
        };
        let leaf = [u8::try_from(position % 251).unwrap(); 32];
        let stream = stream.to_owned();
        let fact = Fact { position, id, stream, revision, recorded_at: at, occurred_at: at, leaf, meta, event };
        self.views.apply(&fact);
        self.streams.entry(fact.stream.clone()).or_default().push(fact.clone());
        self.log.push(fact.clone());
        fact
    }

    /// The last event of a type, by its id.
    pub fn last(&self, type_name: &str) -> EventId {
        let found = self.log.iter().rev().find(|fact| fact.event.type_name() == type_name);
        found.map_or(EventId(Uuid::nil()), |fact| fact.id)
    }

    /// The rules whose alerts stand, in order of raising.
    pub fn alerts(&self) -> Vec<Rule> {
        let mut rows = self.views.alerts.rows();
        rows.reverse();
        rows.iter().map(|row| row.rule).collect()
    }
}

trait DerivedId {
    fn new_v8_of(stream: &str, revision: u64) -> Self;
}

impl DerivedId for Uuid {
    fn new_v8_of(stream: &str, revision: u64) -> Self {
        use sha2::Digest as _;
        let digest = sha2::Sha256::new().chain_update(stream).chain_update(revision.to_be_bytes()).finalize();
        uuid::Builder::from_custom_bytes(digest[..16].try_into().unwrap()).into_uuid()
    }
}

/// An observation at a place, lasting a second, now.
pub fn heard(kind: Carrier, seen: &str, tid: Option<&str>, place: PlaceId, at: Moment) -> Event {
    let (epc, text) = match kind {
        Carrier::Epc => (Some(seen.to_owned()), None),
        Carrier::Barcode | Carrier::Badge => (None, Some(seen.to_owned())),
    };
    let observation = Observation {
        kind,
        epc,
        tid: tid.map(str::to_owned),
        text,
        symbology: None,
        reader: "rack-1".to_owned(),
        place: place.to_string(),
        antenna: None,
        first: at,
        last: at.plus_seconds(1),
        best_rssi_dbm: None,
        count: 1,
        reader_time: None,
        raw: String::new(),
    };
    Event::Gateway(GatewayEvent::Observed(observation))
}
