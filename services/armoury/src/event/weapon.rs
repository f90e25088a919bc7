//! A weapon's life, from its entry in the book to its end. Stream `weapon-<uuid>@<node>`.
//!
//! Custody acts are facts: what contradicts the book is taken all the same and carries
//! `against_book`, the state the book was in, so that a finding can be opened.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tag_data::moment::Moment;

use super::life;
use crate::codes::{Acknowledgement, DestructionMethod, Disposition, ElsewhereKind, LossCause, Origin, State};
use crate::ids::{BatchId, CaseId, CountId, PlaceId, ServiceNumber, WeaponId};
use crate::marks::{Identity, Mark};

life! {
    /// What can have happened to a weapon.
    WeaponEvent {
        /// Entered in the book.
        Registered = "WeaponRegistered" v 1,
        /// A further mark recorded.
        MarkRecorded = "WeaponMarkRecorded" v 1,
        /// A tag bound.
        TagBound = "WeaponTagBound" v 1,
        /// A tag retired.
        TagRetired = "WeaponTagRetired" v 1,
        /// Moved to another rack.
        Racked = "WeaponRacked" v 1,
        /// Issued to a person.
        Issued = "WeaponIssued" v 1,
        /// Handed in.
        Returned = "WeaponReturned" v 1,
        /// Sent out under a document.
        SentElsewhere = "WeaponSentElsewhere" v 1,
        /// The receiver confirmed.
        ReceiverConfirmed = "WeaponReceiverConfirmed" v 1,
        /// Assigned to a person for the long term.
        Assigned = "WeaponAssigned" v 1,
        /// A part removed.
        PartRemoved = "WeaponPartRemoved" v 1,
        /// The part put back.
        PartRestored = "WeaponPartRestored" v 1,
        /// What is to become of it.
        DispositionDecided = "WeaponDispositionDecided" v 1,
        /// Nobody can show where it is.
        Unaccounted = "WeaponUnaccounted" v 1,
        /// Found again before any loss; back to its state.
        Explained = "WeaponExplained" v 1,
        /// Presumed lost by a person.
        PresumedLost = "WeaponPresumedLost" v 1,
        /// Declared lost.
        Lost = "WeaponLost" v 1,
        /// Recovered and held.
        Recovered = "WeaponRecovered" v 1,
        /// Released from examination into store.
        Restored = "WeaponRestored" v 1,
        /// Locked in a destruction batch.
        Batched = "WeaponBatched" v 1,
        /// Taken out of the batch.
        Unbatched = "WeaponUnbatched" v 1,
        /// Destroyed.
        Destroyed = "WeaponDestroyed" v 1,
    }
}

/// Entered in the book.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Registered {
    /// The weapon's id.
    pub weapon: WeaponId,
    /// What it is.
    pub identity: Identity,
    /// Whose it is: a unit, force or State, in the ledger's words.
    pub owner: String,
    /// How it came.
    pub origin: Origin,
    /// Where it is put.
    pub place: PlaceId,
    /// Line or page of the ledger or document it was taken from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Why it is entered though its identity stands in the book already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duplicate_reason: Option<String>,
    /// Taken in before it could be identified.
    #[serde(default)]
    pub provisional: bool,
}

/// A further mark recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MarkRecorded {
    /// The mark.
    pub mark: Mark,
}

/// A tag bound: EPC and chip serial together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TagBound {
    /// EPC bank, upper-case hex.
    pub epc: String,
    /// Chip serial, upper-case hex; absent only where the reader cannot read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tid: Option<String>,
}

/// A tag retired; reads of it are still kept and looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TagRetired {
    /// EPC bank, upper-case hex.
    pub epc: String,
}

/// Moved to another rack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Racked {
    /// The new place.
    pub place: PlaceId,
    /// The state the book was in, where it contradicts the act.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub against_book: Option<State>,
}

/// Issued to a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Issued {
    /// To whom.
    pub to: ServiceNumber,
    /// Purpose, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    /// When it is due back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Moment>,
    /// How he acknowledged it.
    pub acknowledgement: Acknowledgement,
    /// The state the book was in, where it contradicts the act.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub against_book: Option<State>,
}

/// Handed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Returned {
    /// Who handed it in; not always its holder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<ServiceNumber>,
    /// Where it was put.
    pub place: PlaceId,
    /// The state the book was in, where it contradicts the act.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub against_book: Option<State>,
}

/// Sent out under a document: loan, workshop, evidence or road.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SentElsewhere {
    /// What kind of document.
    pub kind: ElsewhereKind,
    /// Who receives it.
    pub receiver: String,
    /// The document's number.
    pub document: String,
    /// When it is due back or due there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Moment>,
    /// The state the book was in, where it contradicts the act.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub against_book: Option<State>,
}

/// The receiver confirmed that he has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReceiverConfirmed {
    /// The document's number.
    pub document: String,
}

/// Assigned to a person for the long term; not an issue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Assigned {
    /// To whom; absent when the assignment ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<ServiceNumber>,
}

/// A part removed, such as a bolt of a weapon designated for destruction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PartRemoved {
    /// Which part.
    pub part: String,
    /// Where the part is kept, in words.
    pub kept_at: String,
}

/// The part put back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PartRestored {
    /// Which part.
    pub part: String,
}

/// What is to become of it; a disposition, not a state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DispositionDecided {
    /// Keep, surplus or destroy.
    pub disposition: Disposition,
    /// The order or authority.
    pub authority: String,
}

/// Nobody can show where it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Unaccounted {
    /// The case opened for it.
    pub case: CaseId,
    /// The count that missed it, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<CountId>,
}

/// Explained: found or accounted for before any loss was declared; back to its state before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Explained {
    /// The case.
    pub case: CaseId,
    /// Where it is put, if it was found and put somewhere; else its record stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<PlaceId>,
}

/// Presumed lost by a person, never by a timer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PresumedLost {
    /// The case.
    pub case: CaseId,
}

/// Declared lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lost {
    /// The case.
    pub case: CaseId,
    /// The cause.
    pub cause: LossCause,
}

/// Recovered and held for examination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Recovered {
    /// The case, if one stood.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<CaseId>,
    /// Where it is held.
    pub place: PlaceId,
    /// The state the book was in, where nobody had missed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub against_book: Option<State>,
}

/// Released from examination into store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Restored {
    /// Where it is put.
    pub place: PlaceId,
    /// True if the loss was declared in error: no foreign duty follows.
    pub declared_in_error: bool,
}

/// Locked in a destruction batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Batched {
    /// The batch.
    pub batch: BatchId,
}

/// Taken out of the batch by two.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Unbatched {
    /// The batch.
    pub batch: BatchId,
}

/// Destroyed; the record stays for ever and matches every later scan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Destroyed {
    /// The batch.
    pub batch: BatchId,
    /// The method.
    pub method: DestructionMethod,
}
