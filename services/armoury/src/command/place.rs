//! What is asked of a place: to open it below another, rename it, hand it over, close it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codes::PlaceKind;
use crate::ids::{PlaceId, ServiceNumber};
use crate::rights::Act;

requests! {
    /// Open a place.
    Open {
        /// What it is.
        kind: PlaceKind,
        /// Its name in the unit's own words.
        name: String,
        /// The place it stands in; absent for a site.
        within: Option<PlaceId>,
    }
    /// Rename it.
    Rename {
        /// The new name.
        name: String,
    }
    /// Name who keeps its stock.
    NameCustodian {
        /// Who.
        custodian: ServiceNumber,
    }
    /// Close it; nothing stands there any more.
    Close {}
}

/// What is asked of a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum PlaceCommand {
    /// Open.
    Open(Open),
    /// Rename.
    Rename(Rename),
    /// Name the custodian.
    NameCustodian(NameCustodian),
    /// Close.
    Close(Close),
}

impl PlaceCommand {
    /// What right it takes.
    #[must_use]
    pub const fn act(&self) -> Act {
        match self {
            Self::Open(_) | Self::Rename(_) | Self::Close(_) => Act::ArrangePlaces,
            Self::NameCustodian(_) => Act::NameCustodian,
        }
    }

    /// The place where the right must be held: the one above when opening, else the place itself.
    #[must_use]
    pub fn within(&self, place: PlaceId) -> Vec<PlaceId> {
        match self {
            Self::Open(open) => open.within.into_iter().collect(),
            Self::Rename(_) | Self::NameCustodian(_) | Self::Close(_) => vec![place],
        }
    }
}
