//! What is asked about a gateway: enrolment by two, revocation by one, and intake of its batches.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::event::gateway::{BatchContradicted, BatchReceived};
use crate::ids::EventId;
use crate::rights::Act;

requests! {
    /// Propose a gateway whose code was read on its screen.
    Propose {
        /// Its Ed25519 public key, base64 with padding.
        public_key: String,
        /// Its name in its own configuration.
        name: String,
    }
    /// Enrol it, as another person in another sign-in.
    Enrol {
        /// The proposal.
        request: EventId,
    }
    /// Close its key.
    Revoke {
        /// The next sequence that would have been taken; absent = whatever is next.
        next: Option<u64>,
        /// Why.
        because: String,
    }
}

/// What is asked about a gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum GatewayCommand {
    /// Propose.
    Propose(Propose),
    /// Enrol.
    Enrol(Enrol),
    /// Revoke.
    Revoke(Revoke),
    /// Take in a batch whose signature was checked; only the intake asks this.
    #[serde(skip)]
    ReceiveBatch(BatchReceived),
    /// Keep in mind a signed batch that the book contradicts; only the intake asks this.
    #[serde(skip)]
    ContradictBatch(BatchContradicted),
}

impl GatewayCommand {
    /// What right it takes.
    #[must_use]
    pub const fn act(&self) -> Act {
        match self {
            Self::Propose(_) => Act::ProposeGateway,
            Self::Enrol(_) => Act::EnrolGateway,
            Self::Revoke(_) => Act::RevokeGateway,
            Self::ReceiveBatch(_) | Self::ContradictBatch(_) => Act::HandInBatch,
        }
    }
}
