//! Gateways and readers: who is enrolled, who is heard, what is next, what is missing.
//!
//! The next expected sequence is one past the last stored. A jump is a gap; a declared hole is
//! owned up to. The boot label is for people: a new one says that the gateway restarted.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use tag_data::moment::Moment;
use tag_data::scan::ReaderCondition;

use crate::event::Fact;
use crate::event::gateway::GatewayEvent;
use crate::ids::{EventId, GatewayKey, PlaceId, ServiceNumber};

/// How far a gateway's enrolment has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Enrolment {
    /// Heard of, never proposed here.
    Unknown,
    /// Proposed by one, waits for another.
    Proposed,
    /// Enrolled by two.
    Enrolled,
    /// Its key is closed.
    Revoked,
}

/// A gateway as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct GatewayRow {
    /// Its key id.
    pub gateway: GatewayKey,
    /// Its name in its own configuration.
    pub name: String,
    /// Its Ed25519 public key, base64 with padding.
    pub public_key: String,
    /// How far its enrolment has come.
    pub enrolment: Enrolment,
    /// The proposal's event id: what the second person signs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<EventId>,
    /// The proposal's leaf, lower-case hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_leaf: Option<String>,
    /// Who proposed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proposed_by: Option<ServiceNumber>,
    /// The sequence expected next; sequences start at 0.
    pub next: u64,
    /// The sequence from which on nothing is taken, once revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_from: Option<u64>,
    /// Label of its present run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub boot: Option<String>,
    /// When the present run was first heard of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restarted_at: Option<Moment>,
    /// When anything of it was last recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_heard: Option<Moment>,
    /// Batches taken in.
    pub batches: u64,
    /// Signed batches refused because the book holds other items under their numbers: a second gateway uses
    /// the key, or the outbox is an older copy.
    pub contradicted: u64,
    /// Holes owned up to and jumps found.
    pub gaps: Vec<GapRow>,
}

/// A gap in a gateway's sequence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct GapRow {
    /// The sequence at which it was declared or found.
    pub sequence: u64,
    /// Items lost; 0 if unknown.
    pub lost: u64,
    /// Why, in the gateway's words; empty for a jump that nobody declared.
    pub reason: String,
    /// When.
    pub at: Moment,
    /// The event's position.
    pub position: u64,
}

/// A reader as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReaderRow {
    /// Its gateway.
    pub gateway: GatewayKey,
    /// Its id in the gateway's configuration.
    pub reader: String,
    /// The place it stands for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<PlaceId>,
    /// Its condition; absent if it never told one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<ReaderCondition>,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Moment>,
    /// The reader's or port's own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// When it last heard a tag or code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_heard: Option<Moment>,
    /// Observations so far.
    pub observations: u64,
    /// Since when what it last heard is unknown: restart, silence, lost port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown_since: Option<Moment>,
}

/// All gateways and readers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gateways {
    gateways: BTreeMap<GatewayKey, GatewayRow>,
    readers: BTreeMap<(GatewayKey, String), ReaderRow>,
}

impl Gateways {
    /// Takes in what happened with a gateway.
    pub fn apply(&mut self, fact: &Fact, event: &GatewayEvent) {
        let Some(key) = super::subject_text(&fact.stream).and_then(|text| text.parse::<GatewayKey>().ok()) else { return };
        match event {
            GatewayEvent::Proposed(proposed) => {
                let row = self.gateway(&proposed.key);
                row.name.clone_from(&proposed.name);
                row.public_key.clone_from(&proposed.public_key);
                row.enrolment = Enrolment::Proposed;
                row.request = Some(fact.id);
                row.request_leaf = Some(hex::encode(fact.leaf));
                row.proposed_by = fact.meta.actor.person().cloned();
            }
            GatewayEvent::Enrolled(_) => {
                let row = self.gateway(&key);
                (row.enrolment, row.request, row.request_leaf) = (Enrolment::Enrolled, None, None);
            }
            GatewayEvent::Revoked(revoked) => {
                let row = self.gateway(&key);
                row.enrolment = Enrolment::Revoked;
                row.closed_from = Some(revoked.next);
            }
            GatewayEvent::BatchReceived(batch) => {
                let row = self.gateway(&batch.gateway);
                row.batches += 1;
                row.last_heard = Some(fact.recorded_at);
                if row.boot.as_ref() != Some(&batch.boot) {
                    row.boot = Some(batch.boot.clone());
                    row.restarted_at = Some(fact.occurred_at);
                }
            }
            // Nothing of it was taken in; who else uses the key is the alert's matter.
            GatewayEvent::BatchContradicted(batch) => self.gateway(&batch.gateway).contradicted += 1,
            GatewayEvent::Observed(observation) => {
                self.stored(&key, fact);
                let reader = self.reader(&key, &observation.reader);
                reader.place = place(&observation.place);
                reader.last_heard = reader.last_heard.max(Some(observation.last));
                reader.observations += 1;
            }
            GatewayEvent::ReaderHeard(notice) => {
                self.stored(&key, fact);
                let reader = self.reader(&key, &notice.reader);
                reader.place = place(&notice.place);
                if reader.condition != Some(notice.condition) {
                    reader.since = Some(notice.at);
                }
                reader.condition = Some(notice.condition);
                reader.detail.clone_from(&notice.detail);
            }
            GatewayEvent::HoleDeclared(hole) => {
                self.stored(&key, fact);
                let gap = GapRow {
                    sequence: fact.revision,
                    lost: hole.lost,
                    reason: hole.reason.clone(),
                    at: hole.at,
                    position: fact.position,
                };
                self.gateway(&key).gaps.push(gap);
            }
        }
    }

    /// An item of the gateway's own stream is stored: its revision is its sequence.
    fn stored(&mut self, key: &GatewayKey, fact: &Fact) {
        let row = self.gateway(key);
        if fact.revision > row.next {
            let lost = fact.revision - row.next;
            let gap = GapRow { sequence: row.next, lost, reason: String::new(), at: fact.recorded_at, position: fact.position };
            row.gaps.push(gap);
        }
        row.next = row.next.max(fact.revision + 1);
        row.last_heard = Some(fact.recorded_at);
    }

    fn gateway(&mut self, key: &GatewayKey) -> &mut GatewayRow {
        self.gateways.entry(key.clone()).or_insert_with(|| GatewayRow {
            gateway: key.clone(),
            name: String::new(),
            public_key: String::new(),
            enrolment: Enrolment::Unknown,
            request: None,
            request_leaf: None,
            proposed_by: None,
            next: 0,
            closed_from: None,
            boot: None,
            restarted_at: None,
            last_heard: None,
            batches: 0,
            contradicted: 0,
            gaps: Vec::new(),
        })
    }

    fn reader(&mut self, key: &GatewayKey, reader: &str) -> &mut ReaderRow {
        self.readers.entry((key.clone(), reader.to_owned())).or_insert_with(|| ReaderRow {
            gateway: key.clone(),
            reader: reader.to_owned(),
            place: None,
            condition: None,
            since: None,
            detail: None,
            last_heard: None,
            observations: 0,
            unknown_since: None,
        })
    }

    /// One gateway.
    #[must_use]
    pub fn get(&self, key: &GatewayKey) -> Option<&GatewayRow> {
        self.gateways.get(key)
    }

    /// All gateways, by key.
    pub fn rows(&self) -> impl Iterator<Item = &GatewayRow> {
        self.gateways.values()
    }

    /// Gateways proposed by one that wait for another.
    pub fn proposals(&self) -> impl Iterator<Item = &GatewayRow> {
        self.gateways.values().filter(|row| row.enrolment == Enrolment::Proposed)
    }

    /// All readers, by gateway and id.
    #[must_use]
    pub fn readers(&self) -> Vec<ReaderRow> {
        let rows = self.readers.values().cloned();
        rows.map(|row| ReaderRow { unknown_since: self.unknown_since(&row.gateway, &row.reader, row.last_heard), ..row })
            .collect()
    }

    /// Since when a reader that last heard something at `heard` may have missed what happened:
    /// its gateway restarted after that, or it is not hearing now. Nothing says "left".
    #[must_use]
    pub fn unknown_since(&self, key: &GatewayKey, reader: &str, heard: Option<Moment>) -> Option<Moment> {
        let restarted =
            self.gateways.get(key).and_then(|row| row.restarted_at).filter(|at| heard.is_some_and(|heard| heard < *at));
        let row = self.readers.get(&(key.clone(), reader.to_owned()));
        let deaf = row.filter(|row| !hears(row.condition)).and_then(|row| row.since);
        match (restarted, deaf) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }
}

/// Whether a reader in this condition hears what passes.
#[must_use]
pub const fn hears(condition: Option<ReaderCondition>) -> bool {
    match condition {
        None | Some(ReaderCondition::Hearing | ReaderCondition::Throttled | ReaderCondition::Garbled) => true,
        Some(
            ReaderCondition::PortLost
            | ReaderCondition::Silent
            | ReaderCondition::AntennaFault
            | ReaderCondition::ReadsLost
            | ReaderCondition::RadioSilence,
        ) => false,
    }
}

/// The place's id that a reader's configuration names, if it is one.
#[must_use]
pub fn place(text: &str) -> Option<PlaceId> {
    text.parse().ok()
}
