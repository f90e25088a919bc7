//! Where each weapon was last sensed: at, place, by, how. Never merged with what is on record.
//!
//! A read is evidence of the tag, not of the weapon, and silence proves nothing: after a gateway
//! has restarted or a reader has gone quiet, what it last heard is "unknown since", never "left".

use std::collections::{BTreeMap, VecDeque};

use schemars::JsonSchema;
use serde::Serialize;
use tag_data::moment::Moment;
use tag_data::scan::{Carrier, Observation};

use super::texts::{Ix, NONE, roomy};
use crate::codes::{Level, Way};
use crate::event::Fact;
use crate::ids::{GatewayKey, PlaceId, ServiceNumber, WeaponId};

/// The most strange tags kept; beyond that they are only counted.
pub const STRANGERS_MAX: usize = 10_000;
/// How many of the last reads stay visible.
pub const LAST_READS: usize = 50;

/// Where and how a weapon was last sensed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Sensed {
    /// When, by the clock of the device or person.
    pub at: Moment,
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<PlaceId>,
    /// That place's name.
    pub place_name: String,
    /// The reader, if one heard it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reader: Option<String>,
    /// The reader's gateway.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gateway: Option<GatewayKey>,
    /// The antenna, if the reader told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub antenna: Option<u16>,
    /// The person, if one sighted it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<ServiceNumber>,
    /// How sure.
    pub level: Level,
    /// By which way.
    pub way: Way,
    /// The event's position in the log.
    pub position: u64,
    /// Since when its reader may not have heard it: restart, silence, lost port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown_since: Option<Moment>,
}

/// A tag or code that is in no record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Stranger {
    /// EPC hex or code text as read.
    pub seen: String,
    /// Where it was last read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<PlaceId>,
    /// The reader.
    pub reader: String,
    /// First read.
    pub first: Moment,
    /// Last read.
    pub last: Moment,
    /// Observations so far.
    pub times: u64,
}

/// One of the last reads, as a live list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReadRow {
    /// The event's position.
    pub position: u64,
    /// When it was last heard in this observation.
    pub at: Moment,
    /// EPC hex or code text as read; a badge's text is never kept here.
    pub seen: String,
    /// The weapon, if it resolves to one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weapon: Option<WeaponId>,
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<PlaceId>,
    /// The reader.
    pub reader: String,
    /// By which way.
    pub way: Way,
}

/// The packed form of [`Sensed`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Last {
    pub at: Moment,
    pub position: u64,
    pub place: Ix,
    /// Reader `key/reader` or a service number, a kept text.
    pub by: Ix,
    pub antenna: u16,
    pub level: Level,
    pub way: Way,
}

impl Last {
    const NEVER: Self = Self {
        at: Moment::from_micros(i64::MIN),
        position: 0,
        place: NONE,
        by: NONE,
        antenna: 0,
        level: Level::Tag,
        way: Way::Rfid,
    };
}

/// Where everything was last sensed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Presence {
    last: Vec<Last>,
    strangers: BTreeMap<String, Stranger>,
    strangers_dropped: u64,
    reads: VecDeque<ReadRow>,
    observations: u64,
}

impl Presence {
    /// A weapon was sensed or sighted; an older sensing never displaces a newer one.
    pub(super) fn sense(&mut self, weapon: Ix, sensed: Last) {
        while self.last.len() <= weapon as usize {
            roomy(&mut self.last, Last::NEVER);
        }
        if sensed.at >= self.last[weapon as usize].at {
            self.last[weapon as usize] = sensed;
        }
    }

    pub(super) fn of(&self, weapon: Ix) -> Option<&Last> {
        self.last.get(weapon as usize).filter(|last| last.position != 0)
    }

    /// An observation came in; `weapon` is what it resolves to.
    pub(super) fn observed(&mut self, fact: &Fact, observation: &Observation, weapon: Option<WeaponId>, place: Option<PlaceId>) {
        self.observations += 1;
        let way = match observation.kind {
            Carrier::Epc => Way::Rfid,
            Carrier::Barcode => Way::Barcode,
            Carrier::Badge => return,
        };
        let seen = observation.epc.clone().or_else(|| observation.text.clone()).unwrap_or_default();
        if weapon.is_none() {
            self.stranger(observation, &seen, place);
        }
        if self.reads.len() == LAST_READS {
            self.reads.pop_front();
        }
        let reader = observation.reader.clone();
        self.reads.push_back(ReadRow { position: fact.position, at: observation.last, seen, weapon, place, reader, way });
    }

    fn stranger(&mut self, observation: &Observation, seen: &str, place: Option<PlaceId>) {
        if let Some(known) = self.strangers.get_mut(seen) {
            known.times += 1;
            known.last = known.last.max(observation.last);
            known.place = place;
            known.reader.clone_from(&observation.reader);
        } else if self.strangers.len() < STRANGERS_MAX {
            let row = Stranger {
                seen: seen.to_owned(),
                place,
                reader: observation.reader.clone(),
                first: observation.first,
                last: observation.last,
                times: 1,
            };
            self.strangers.insert(seen.to_owned(), row);
        } else {
            self.strangers_dropped += 1;
        }
    }

    /// Tags and codes that are in no record, by what was read.
    pub fn strangers(&self) -> impl Iterator<Item = &Stranger> {
        self.strangers.values()
    }

    /// Observations of strange tags beyond [`STRANGERS_MAX`] different ones.
    #[must_use]
    pub const fn strangers_dropped(&self) -> u64 {
        self.strangers_dropped
    }

    /// The last reads, newest first.
    pub fn last_reads(&self) -> impl Iterator<Item = &ReadRow> {
        self.reads.iter().rev()
    }

    /// Observations taken in so far.
    #[must_use]
    pub const fn observations(&self) -> u64 {
        self.observations
    }

    /// Bytes held, for the memory figure; small maps left out.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        self.last.capacity() * size_of::<Last>()
    }
}
