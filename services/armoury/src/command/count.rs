//! What is asked of a count, from opening to signature.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codes::{CountKind, Level, Way};
use crate::ids::{EventId, PlaceId, ServiceNumber, WeaponId};
use crate::rights::Act;

requests! {
    /// Open a count.
    Open {
        /// The place counted, and all below it.
        place: PlaceId,
        /// What kind of count.
        kind: CountKind,
        /// The counters see no expected list, number, near-match or "missing".
        blind: bool,
        /// Who counts.
        counters: Vec<ServiceNumber>,
    }
    /// Count an item.
    CountItem {
        /// The weapon, where the counter ticked it; else the book resolves what was seen.
        weapon: Option<WeaponId>,
        /// What was seen: EPC hex, code text or serial as keyed.
        seen: String,
        /// By which way.
        way: Way,
        /// How sure; absent = what the way shows by itself.
        level: Option<Level>,
        /// Where it was seen.
        place: PlaceId,
    }
    /// Take a sighting back.
    WithdrawItem {
        /// The sighting's event id.
        sighting: EventId,
    }
    /// Order a recount by a second person.
    OrderRecount {
        /// Who is to recount.
        by: ServiceNumber,
    }
    /// Close it with the result as it stands.
    Close {}
    /// Sign the closed count.
    Sign {
        /// The closing event that was read.
        closing: EventId,
        /// Reservations, in the signer's words.
        reservation: Option<String>,
    }
    /// Refuse to sign.
    RefuseSignature {
        /// Why.
        because: String,
    }
    /// Call it off before closing.
    Abandon {
        /// Why.
        because: String,
    }
}

/// What is asked of a count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum CountCommand {
    /// Open.
    Open(Open),
    /// Count an item.
    CountItem(CountItem),
    /// Take a sighting back.
    WithdrawItem(WithdrawItem),
    /// Recount.
    OrderRecount(OrderRecount),
    /// Close.
    Close(Close),
    /// Sign.
    Sign(Sign),
    /// Refuse to sign.
    RefuseSignature(RefuseSignature),
    /// Call off.
    Abandon(Abandon),
}

impl CountCommand {
    /// What right it takes.
    #[must_use]
    pub const fn act(&self) -> Act {
        match self {
            Self::Open(_) | Self::OrderRecount(_) | Self::Close(_) | Self::Abandon(_) => Act::RunCount,
            Self::CountItem(_) | Self::WithdrawItem(_) => Act::CountItems,
            Self::Sign(_) | Self::RefuseSignature(_) => Act::SignCount,
        }
    }

    /// The place it names.
    #[must_use]
    pub const fn place(&self) -> Option<PlaceId> {
        match self {
            Self::Open(open) => Some(open.place),
            Self::CountItem(item) => Some(item.place),
            _ => None,
        }
    }
}
