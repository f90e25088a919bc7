//! A discrepancy case: one weapon that cannot be accounted for, from the miss to the close.
//! Stream `case-<uuid>@<node>`. No role can remove a case; closing needs two.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tag_data::moment::Moment;

use super::life;
use crate::codes::LossCause;
use crate::ids::{CaseId, CountId, EventId, PlaceId, WeaponId};

life! {
    /// What can have happened in a case.
    CaseEvent {
        /// Opened.
        Opened = "CaseOpened" v 1,
        /// A search, logged.
        SearchLogged = "CaseSearchLogged" v 1,
        /// Explained: no loss.
        Explained = "CaseExplained" v 1,
        /// Presumed lost by a person.
        PresumedLost = "CasePresumedLost" v 1,
        /// Declared lost with a cause.
        LossDeclared = "CaseLossDeclared" v 1,
        /// Reported to someone outside.
        LossReported = "CaseLossReported" v 1,
        /// The weapon recovered.
        Recovered = "CaseRecovered" v 1,
        /// One asks to close.
        CloseRequested = "CaseCloseRequested" v 1,
        /// Another closes.
        Closed = "CaseClosed" v 1,
        /// Another refuses to close.
        CloseRefused = "CaseCloseRefused" v 1,
    }
}

/// Opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Opened {
    /// The case's id.
    pub case: CaseId,
    /// The weapon.
    pub weapon: WeaponId,
    /// The place it was missed from.
    pub place: PlaceId,
    /// The count that missed it; absent if a person reported it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<CountId>,
    /// What is known so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub circumstances: Option<String>,
}

/// A search, logged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SearchLogged {
    /// Where or what was searched: a place, a person's kit, documents.
    pub searched: String,
    /// What came of it.
    pub result: String,
}

/// Explained: found, or accounted for by a document; no loss.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Explained {
    /// How.
    pub explanation: String,
    /// Where it is put, if it was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<PlaceId>,
}

/// Presumed lost by a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PresumedLost {
    /// Why now.
    pub because: String,
}

/// Declared lost with a cause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LossDeclared {
    /// The cause.
    pub cause: LossCause,
    /// The circumstances.
    pub circumstances: String,
    /// When it was last seen by anyone, as far as known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<Moment>,
}

/// Reported to someone outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LossReported {
    /// To whom.
    pub to: String,
    /// Their or our reference.
    pub reference: String,
}

/// The weapon recovered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Recovered {
    /// Where it is held.
    pub place: PlaceId,
    /// How it came back.
    pub circumstances: String,
}

/// How a case ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Lost and not recovered; stays on the register for ever.
    Unrecovered,
    /// Recovered.
    Recovered,
    /// The loss was declared in error.
    DeclaredInError,
}

/// One asks to close.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CloseRequested {
    /// How it ends.
    pub outcome: Outcome,
    /// The evidence, in words.
    pub evidence: String,
}

/// Another person, in another sign-in, closes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Closed {
    /// The request.
    pub request: EventId,
    /// The request's leaf, lower-case hex.
    pub request_leaf: String,
}

/// Another refuses to close.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CloseRefused {
    /// The request.
    pub request: EventId,
    /// Why.
    pub because: String,
}
