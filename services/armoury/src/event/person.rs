//! People by service number and what they may do where. Stream `person-<service number>@<node>`.
//!
//! The name is sealed under the person's own key; erasing the person destroys the key.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tag_data::moment::Moment;

use super::life;
use crate::codes::Role;
use crate::ids::{EventId, PlaceId, ServiceNumber};
use crate::sealed::Sealed;

life! {
    /// What can have happened to a person's entry.
    PersonEvent {
        /// Entered.
        Enrolled = "PersonEnrolled" v 1,
        /// A right asked for.
        GrantRequested = "PersonGrantRequested" v 1,
        /// The right approved by another.
        GrantApproved = "PersonGrantApproved" v 1,
        /// A right taken away.
        GrantRevoked = "PersonGrantRevoked" v 1,
        /// One of the first two, made at set-up.
        Founded = "PersonFounded" v 1,
    }
}

/// Entered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Enrolled {
    /// The service number.
    pub service_number: ServiceNumber,
    /// The name, sealed.
    pub name: Sealed,
    /// Rank, in the unit's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rank: Option<String>,
    /// Unit, in the unit's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

/// A right: a role in a place and below it, for a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// The role.
    pub role: Role,
    /// The place and all below; absent = everywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<PlaceId>,
    /// From when.
    pub from: Moment,
    /// Until when; absent = until revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
}

/// A right asked for by one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantRequested {
    /// The right.
    pub grant: Grant,
}

/// Approved by another person in another sign-in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantApproved {
    /// The request's event id.
    pub request: EventId,
    /// The request's leaf, lower-case hex.
    pub request_leaf: String,
}

/// A right taken away; one person suffices to take away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantRevoked {
    /// The request's event id (or the founding's) that gave it.
    pub request: EventId,
}

/// One of the first two, made at set-up through the one-time link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Founded {
    /// The rights the first two begin with.
    pub grants: Vec<Grant>,
}
