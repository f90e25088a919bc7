//! Gateways: enrolment (stream `enrolment-<key>@<node>`), intake of signed batches (stream
//! `intake-<key>@<node>`) and what they heard (stream `gateway-<key>`, revision = the gateway's
//! own sequence, data = the item's data byte for byte).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tag_data::scan;

use super::life;
use crate::ids::{EventId, GatewayKey};

/// A tag, a code or a badge was heard.
pub type Observed = scan::Observation;
/// A reader's condition changed.
pub type ReaderHeard = scan::ReaderNotice;
/// Something was lost and is owned up to.
pub type HoleDeclared = scan::Hole;

life! {
    /// What can have happened with a gateway.
    GatewayEvent {
        /// Proposed by one.
        Proposed = "GatewayProposed" v 1,
        /// Enrolled by another.
        Enrolled = "GatewayEnrolled" v 1,
        /// Its key closed.
        Revoked = "GatewayRevoked" v 1,
        /// A signed batch taken in.
        BatchReceived = "BatchReceived" v 1,
        /// A signed batch refused: the book holds other items under its numbers.
        BatchContradicted = "BatchContradicted" v 1,
        /// A tag, a code or a badge was heard.
        Observed = "Observed" v 1,
        /// A reader's condition changed.
        ReaderHeard = "ReaderHeard" v 1,
        /// Something was lost and is owned up to.
        HoleDeclared = "HoleDeclared" v 1,
    }
}

/// Proposed by one, who read the code on the gateway's screen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Proposed {
    /// Its key id.
    pub key: GatewayKey,
    /// Its Ed25519 public key, base64 with padding.
    pub public_key: String,
    /// Its name in its own configuration.
    pub name: String,
}

/// Enrolled by another person in another sign-in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Enrolled {
    /// The proposal.
    pub request: EventId,
    /// Its leaf, lower-case hex.
    pub request_leaf: String,
}

/// Its key closed: batches after this sequence are refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Revoked {
    /// The next sequence that would have been taken.
    pub next: u64,
    /// Why.
    pub because: String,
}

/// A signed batch taken in; with the stored items its signature can be checked again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchReceived {
    /// Its key id.
    pub gateway: GatewayKey,
    /// Boot label.
    pub boot: String,
    /// First sequence as signed.
    pub first: u64,
    /// Items as signed.
    pub count: u64,
    /// SHA-256 over the items, lower-case hex.
    pub items_digest: String,
    /// Ed25519 signature, base64 with padding.
    pub signature: String,
}

/// A signed batch refused, because the book holds another item under one of its numbers. Somebody else hands in
/// under this key (a copied card), or the gateway's outbox is an older copy. Nothing of the batch is in the book.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchContradicted {
    /// Its key id.
    pub gateway: GatewayKey,
    /// Boot label.
    pub boot: String,
    /// First sequence as signed.
    pub first: u64,
    /// Items as signed.
    pub count: u64,
    /// SHA-256 over the items, lower-case hex.
    pub items_digest: String,
    /// Ed25519 signature, base64 with padding: both sides of the contradiction are signed.
    pub signature: String,
    /// The first sequence at which the book holds another item.
    pub sequence: u64,
    /// The sequence from which the gateway was told to go on.
    pub next: u64,
}
