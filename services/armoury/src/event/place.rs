//! Places: sites, rooms, racks, containers, one below another. Stream `place-<uuid>@<node>`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::life;
use crate::codes::PlaceKind;
use crate::ids::{PlaceId, ServiceNumber};

life! {
    /// What can have happened to a place.
    PlaceEvent {
        /// Opened.
        Opened = "PlaceOpened" v 1,
        /// Renamed.
        Renamed = "PlaceRenamed" v 1,
        /// A custodian took it over.
        CustodianNamed = "PlaceCustodianNamed" v 1,
        /// Closed.
        Closed = "PlaceClosed" v 1,
    }
}

/// Opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Opened {
    /// The place's id.
    pub place: PlaceId,
    /// What it is.
    pub kind: PlaceKind,
    /// Its name in the unit's own words.
    pub name: String,
    /// The place it stands in; absent for a site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<PlaceId>,
}

/// Renamed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Renamed {
    /// The new name.
    pub name: String,
}

/// A custodian took it over; he is the custodian of everything below unless another is named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CustodianNamed {
    /// Who keeps the stock.
    pub custodian: ServiceNumber,
}

/// Closed: nothing stands there any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Closed {}
