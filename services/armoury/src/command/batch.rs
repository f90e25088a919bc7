//! What is asked of a destruction batch, from its list to its certificate.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codes::DestructionMethod;
use crate::ids::{EventId, PlaceId, ServiceNumber, WeaponId};
use crate::marks::Stamped;
use crate::rights::Act;

requests! {
    /// Open a batch.
    Open {
        /// Its number, such as `D-2026-03`.
        number: String,
        /// The order or authority.
        authority: String,
        /// Where the weapons are held for it.
        place: PlaceId,
    }
    /// List a weapon.
    ListItem {
        /// The weapon.
        weapon: WeaponId,
    }
    /// Take a weapon off the list before locking.
    DropItem {
        /// The weapon.
        weapon: WeaponId,
    }
    /// Check a serial against the list, weapon in hand.
    VerifyItem {
        /// The weapon.
        weapon: WeaponId,
        /// The serial as read from the metal.
        serial_as_read: Stamped,
    }
    /// Lock the list.
    Lock {}
    /// Ask to take a weapon out of the locked batch.
    RequestRelease {
        /// The weapon.
        weapon: WeaponId,
        /// Why.
        because: String,
    }
    /// Let it out, as another person in another sign-in.
    ApproveRelease {
        /// The weapon.
        weapon: WeaponId,
        /// The request.
        request: EventId,
    }
    /// Record the destruction.
    RecordDestruction {
        /// The method.
        method: DestructionMethod,
        /// Where, in words.
        at: String,
        /// Who operated the machines.
        operators: Vec<ServiceNumber>,
        /// What became of the scrap.
        scrap: Option<String>,
    }
    /// Enter a witness's signature.
    SignWitness {
        /// Name, as on the certificate.
        name: String,
        /// Organization.
        organization: String,
    }
    /// Verify that the listed weapons were destroyed.
    Verify {
        /// The event that recorded the destruction.
        request: EventId,
    }
}

/// What is asked of a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum BatchCommand {
    /// Open.
    Open(Open),
    /// List.
    ListItem(ListItem),
    /// Drop.
    DropItem(DropItem),
    /// Check a serial.
    VerifyItem(VerifyItem),
    /// Lock.
    Lock(Lock),
    /// Ask for one to be let out.
    RequestRelease(RequestRelease),
    /// Let it out.
    ApproveRelease(ApproveRelease),
    /// Record the destruction.
    RecordDestruction(RecordDestruction),
    /// A witness.
    SignWitness(SignWitness),
    /// Verify.
    Verify(Verify),
}

impl BatchCommand {
    /// What right it takes.
    #[must_use]
    pub const fn act(&self) -> Act {
        match self {
            Self::Open(_) | Self::ListItem(_) | Self::DropItem(_) | Self::VerifyItem(_) | Self::Lock(_) => Act::PrepareBatch,
            Self::RequestRelease(_) => Act::RequestRelease,
            Self::ApproveRelease(_) => Act::ApproveRelease,
            Self::RecordDestruction(_) => Act::RecordDestruction,
            Self::SignWitness(_) => Act::WitnessDestruction,
            Self::Verify(_) => Act::VerifyDestruction,
        }
    }

    /// The weapon it names.
    #[must_use]
    pub const fn weapon(&self) -> Option<WeaponId> {
        match self {
            Self::ListItem(ListItem { weapon })
            | Self::DropItem(DropItem { weapon })
            | Self::VerifyItem(VerifyItem { weapon, .. })
            | Self::RequestRelease(RequestRelease { weapon, .. })
            | Self::ApproveRelease(ApproveRelease { weapon, .. }) => Some(*weapon),
            _ => None,
        }
    }
}
