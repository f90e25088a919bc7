//! What is asked of a person's entry: to enter him, and to give and take rights by two.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::event::person::Grant;
use crate::ids::{EventId, PlaceId};
use crate::rights::Act;
use crate::sealed::Sealed;

requests! {
    /// Enter a person.
    Enrol {
        /// The name, sealed before it came here.
        name: Sealed,
        /// Rank, in the unit's words.
        rank: Option<String>,
        /// Unit, in the unit's words.
        unit: Option<String>,
    }
    /// Ask for a right.
    RequestGrant {
        /// The right.
        grant: Grant,
    }
    /// Approve a right that another asked for.
    ApproveGrant {
        /// The request's event id.
        request: EventId,
    }
    /// Take a right away.
    RevokeGrant {
        /// The request's event id, or the founding's, that gave it.
        request: EventId,
    }
    /// One of the first two, at set-up.
    Found {
        /// The name, sealed.
        name: Sealed,
        /// The rights they begin with.
        grants: Vec<Grant>,
    }
}

/// What is asked of a person's entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum PersonCommand {
    /// Enter.
    Enrol(Enrol),
    /// Ask for a right.
    RequestGrant(RequestGrant),
    /// Approve it.
    ApproveGrant(ApproveGrant),
    /// Take it away.
    RevokeGrant(RevokeGrant),
    /// Found; only the set-up asks this, through its one-time link.
    #[serde(skip)]
    Found(Found),
}

impl PersonCommand {
    /// What right it takes.
    #[must_use]
    pub const fn act(&self) -> Act {
        match self {
            Self::Enrol(_) => Act::EnrolPerson,
            Self::RequestGrant(_) => Act::RequestGrant,
            Self::ApproveGrant(_) => Act::ApproveGrant,
            Self::RevokeGrant(_) => Act::RevokeGrant,
            Self::Found(_) => Act::Found,
        }
    }

    /// The place it names.
    #[must_use]
    pub const fn place(&self) -> Option<PlaceId> {
        match self {
            Self::RequestGrant(request) => request.grant.place,
            _ => None,
        }
    }
}
