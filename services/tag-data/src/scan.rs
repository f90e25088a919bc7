//! The treaty between the two programs: what one observation is.
//!
//! An observation is the sieve's output: "this tag was heard at this place, from then to then,
//! so many times". One observation becomes one event, byte for byte, in the gateway's own
//! stream. A scan is evidence of the tag, never of the weapon, and never changes custody.
//! Only what the reader said is here; what it means for a weapon is the armoury's business.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::moment::Moment;

/// The most raw bytes kept of the first report of an observation.
pub const RAW_BYTES_MAX: usize = 512;

/// What kind of mark carried the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Carrier {
    /// A UHF tag's EPC bank (with or without its TID).
    Epc,
    /// A printed or engraved code read by a barcode scanner.
    Barcode,
    /// A person's badge; kept short and never an authority by itself.
    Badge,
}

/// One tag report as a driver heard it, before the sieve; `muster-gateway listen` prints these.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// What carried the data.
    pub kind: Carrier,
    /// EPC bank as upper-case hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epc: Option<String>,
    /// Chip serial (TID bank) as upper-case hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tid: Option<String>,
    /// Pure-identity URI of the EPC or barcode where its scheme is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    /// Barcode or badge text as read, AIM identifier removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// AIM symbology identifier of a barcode, such as `]d1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub symbology: Option<String>,
    /// Antenna, counted from 1 as the reader counts them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub antenna: Option<u16>,
    /// Strongest signal of this report, in dBm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rssi_dbm: Option<i16>,
    /// When the gateway heard it, by the gateway's clock.
    pub heard_at: Moment,
    /// When the reader says it read it, where the reader says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reader_time: Option<Moment>,
    /// How many reads the reader folded into this report; absent where it does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// The bytes of this report as they came, upper-case hex, at most [`RAW_BYTES_MAX`] bytes.
    pub raw: String,
}

/// One observation: the data of one `Observed` event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Observation {
    /// What carried the data.
    pub kind: Carrier,
    /// EPC bank as upper-case hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epc: Option<String>,
    /// Chip serial (TID bank) as upper-case hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tid: Option<String>,
    /// Barcode or badge text as read, AIM identifier removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// AIM symbology identifier of a barcode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub symbology: Option<String>,
    /// The reader's id in the gateway's configuration.
    pub reader: String,
    /// The place's id in the book that the reader or the antenna stands for.
    pub place: String,
    /// Antenna, counted from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub antenna: Option<u16>,
    /// First heard in this observation, by the gateway's clock.
    pub first: Moment,
    /// Last heard in this observation.
    pub last: Moment,
    /// Strongest signal, in dBm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best_rssi_dbm: Option<i16>,
    /// Reads folded into this observation.
    pub count: u32,
    /// When the reader says it first read it, where the reader says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reader_time: Option<Moment>,
    /// First raw bytes, upper-case hex, at most [`RAW_BYTES_MAX`] bytes.
    pub raw: String,
}

/// What happened to a reader or port: the data of one `ReaderHeard` event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReaderNotice {
    /// The reader's id in the gateway's configuration.
    pub reader: String,
    /// The place it stands for.
    pub place: String,
    /// What was noticed.
    pub condition: ReaderCondition,
    /// When, by the gateway's clock.
    pub at: Moment,
    /// The reader's or port's own words, bounded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// The conditions a reader can be in, as far as a gateway can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReaderCondition {
    /// The port is open and the reader answers.
    Hearing,
    /// The port is missing or closed.
    PortLost,
    /// The port is open and nothing came for longer than the keep-alive allows.
    Silent,
    /// The reader throttles for heat.
    Throttled,
    /// High return loss: an antenna or its cable is bad.
    AntennaFault,
    /// The reader says that it dropped reads.
    ReadsLost,
    /// Switched to radio silence by order.
    RadioSilence,
    /// Bytes came that are no frame of this driver; counted, first bytes kept in `detail`.
    Garbled,
}

/// A hole in the sequence, owned up to: the data of one `HoleDeclared` event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Hole {
    /// How many observations are known to be lost; 0 if unknown.
    pub lost: u64,
    /// Why, in words.
    pub reason: String,
    /// When the gateway noticed, by its clock.
    pub at: Moment,
}

/// One thing that a gateway tells the book; each becomes one event of the gateway's stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", content = "data", rename_all = "PascalCase")]
pub enum Item {
    /// A tag, a code or a badge was heard.
    Observed(Observation),
    /// A reader's condition changed.
    ReaderHeard(ReaderNotice),
    /// Something was lost and is owned up to.
    HoleDeclared(Hole),
}
