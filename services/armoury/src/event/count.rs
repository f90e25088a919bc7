//! A count, from opening to signature. Stream `count-<uuid>@<node>`.
//!
//! The snapshot is the log before the opening event: what was on record in the place and below
//! it at that position is expected. Absence of a read proves nothing; a miss leads to recount.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::life;
use crate::codes::{CountKind, Level, Way};
use crate::ids::{CountId, EventId, PlaceId, ServiceNumber, WeaponId};

life! {
    /// What can have happened in a count.
    CountEvent {
        /// Opened.
        Opened = "CountOpened" v 1,
        /// An item sighted.
        ItemCounted = "CountItemCounted" v 1,
        /// A sighting taken back, with a reason.
        ItemWithdrawn = "CountItemWithdrawn" v 1,
        /// A recount ordered before closing.
        RecountOrdered = "CountRecountOrdered" v 1,
        /// Closed.
        Closed = "CountClosed" v 1,
        /// Signed by someone other than the custodian.
        Signed = "CountSigned" v 1,
        /// Signature refused, with a reason.
        SignatureRefused = "CountSignatureRefused" v 1,
        /// Called off before closing.
        Abandoned = "CountAbandoned" v 1,
    }
}

/// Opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Opened {
    /// The count's id.
    pub count: CountId,
    /// The place counted, and all below it.
    pub place: PlaceId,
    /// What kind of count.
    pub kind: CountKind,
    /// Blind: the counters see no expected list, number, near-match or "missing".
    pub blind: bool,
    /// The place's custodian at opening, if one is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custodian: Option<ServiceNumber>,
    /// Who counts.
    pub counters: Vec<ServiceNumber>,
}

/// An item sighted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemCounted {
    /// The weapon, if what was seen resolves to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weapon: Option<WeaponId>,
    /// What was seen: EPC hex, code text or serial as keyed.
    pub seen: String,
    /// By which way.
    pub way: Way,
    /// How sure.
    pub level: Level,
    /// Where it was seen.
    pub place: PlaceId,
}

/// A sighting taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemWithdrawn {
    /// The sighting's event id.
    pub sighting: EventId,
}

/// A recount ordered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecountOrdered {
    /// Who is to recount: a second person.
    pub by: ServiceNumber,
}

/// A weapon accounted for by a document, not by sight.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ByDocument {
    /// The weapon.
    pub weapon: WeaponId,
    /// The event that opened the document (issue, loan, workshop, road).
    pub document: EventId,
    /// Who opened it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened_by: Option<ServiceNumber>,
    /// Whether the receiver confirmed.
    pub confirmed: bool,
}

/// A weapon seen in another place than on record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Misplaced {
    /// The weapon.
    pub weapon: WeaponId,
    /// The place on record.
    pub on_record: PlaceId,
    /// Where it was seen.
    pub seen_at: PlaceId,
}

/// Closed, with the result as it stood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Closed {
    /// How many were expected.
    pub expected: u32,
    /// Expected and sighted here.
    pub sighted: u32,
    /// Counted by sealed container.
    pub sealed: u32,
    /// Expected elsewhere by document.
    pub by_document: Vec<ByDocument>,
    /// Expected and neither sighted nor covered by a document.
    pub missing: Vec<WeaponId>,
    /// Expected and not sighted, but already under a case that two people have not closed. A
    /// weapon stays expected until then, so that nobody alone can talk it out of a count.
    #[serde(default)]
    pub in_case: Vec<WeaponId>,
    /// Put on record elsewhere while the count was open, and expected there now.
    #[serde(default)]
    pub moved_away: Vec<WeaponId>,
    /// Seen, in the book, not expected here.
    pub extra: Vec<WeaponId>,
    /// Seen in another rack than on record.
    pub misplaced: Vec<Misplaced>,
    /// Seen and not in the book: what was read.
    pub unknown: Vec<String>,
    /// Readers that were not hearing at the close, by id.
    pub readers_not_hearing: Vec<String>,
}

/// Signed: the count statement becomes a certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Signed {
    /// The closing event.
    pub closing: EventId,
    /// The closing event's leaf, lower-case hex.
    pub closing_leaf: String,
    /// Reservations, in the signer's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reservation: Option<String>,
}

/// Signature refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignatureRefused {
    /// Why.
    pub because: String,
}

/// Called off before closing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Abandoned {
    /// Why.
    pub because: String,
}
