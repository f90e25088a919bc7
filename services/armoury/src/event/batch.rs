//! A destruction batch, from its list to its certificate. Stream `batch-<uuid>@<node>`.
//!
//! Order: listed, each serial checked, locked, destroyed before witnesses, two verifiers who did
//! not operate. Designed around MOSAIC 05.50 (clauses recalled, not quoted).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::life;
use crate::codes::DestructionMethod;
use crate::ids::{BatchId, EventId, PlaceId, ServiceNumber, WeaponId};
use crate::marks::Stamped;

life! {
    /// What can have happened to a batch.
    BatchEvent {
        /// Opened.
        Opened = "BatchOpened" v 1,
        /// A weapon listed.
        ItemListed = "BatchItemListed" v 1,
        /// A weapon taken off the list before locking.
        ItemDropped = "BatchItemDropped" v 1,
        /// A serial checked against the list.
        ItemVerified = "BatchItemVerified" v 1,
        /// Locked.
        Locked = "BatchLocked" v 1,
        /// One asks to take a weapon out of the locked batch.
        ReleaseRequested = "BatchReleaseRequested" v 1,
        /// Another lets it out.
        ReleaseApproved = "BatchReleaseApproved" v 1,
        /// Destruction recorded by the one who led it.
        DestructionRecorded = "BatchDestructionRecorded" v 1,
        /// A witness signed.
        WitnessSigned = "BatchWitnessSigned" v 1,
        /// A verifier confirmed.
        Verified = "BatchVerified" v 1,
        /// Two have verified before witnesses: destroyed.
        Confirmed = "BatchConfirmed" v 1,
    }
}

/// Opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Opened {
    /// The batch's id.
    pub batch: BatchId,
    /// Its number, such as `D-2026-03`.
    pub number: String,
    /// The order or authority.
    pub authority: String,
    /// Where the weapons are held for it.
    pub place: PlaceId,
}

/// A weapon listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemListed {
    /// The weapon; its disposition must be "destroy".
    pub weapon: WeaponId,
}

/// A weapon taken off the list before locking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemDropped {
    /// The weapon.
    pub weapon: WeaponId,
}

/// A serial checked against the list, weapon in hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemVerified {
    /// The weapon.
    pub weapon: WeaponId,
    /// The serial as read from the metal.
    pub serial_as_read: Stamped,
    /// Whether it equals the serial in the book.
    pub matches: bool,
}

/// Locked: every item checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Locked {
    /// The weapons, in the order listed.
    pub weapons: Vec<WeaponId>,
}

/// One asks to take a weapon out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleaseRequested {
    /// The weapon.
    pub weapon: WeaponId,
    /// Why.
    pub because: String,
}

/// Another lets it out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleaseApproved {
    /// The weapon.
    pub weapon: WeaponId,
    /// The request.
    pub request: EventId,
    /// The request's leaf, lower-case hex.
    pub request_leaf: String,
}

/// Destruction recorded by the one who led it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DestructionRecorded {
    /// The method.
    pub method: DestructionMethod,
    /// Where, in words.
    pub at: String,
    /// Who operated the machines.
    pub operators: Vec<ServiceNumber>,
    /// What became of the scrap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scrap: Option<String>,
}

/// A witness signed, on paper or in person; not necessarily someone with an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WitnessSigned {
    /// Name, as on the certificate.
    pub name: String,
    /// Organization.
    pub organization: String,
}

/// A verifier confirmed that the listed weapons were destroyed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Verified {
    /// The event that recorded the destruction.
    pub request: EventId,
    /// Its leaf, lower-case hex.
    pub request_leaf: String,
}

/// Two verifiers and the witnesses stand: the weapons are destroyed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Confirmed {
    /// The method.
    pub method: DestructionMethod,
    /// The weapons destroyed.
    pub weapons: Vec<WeaponId>,
}
