//! The envelope's second half: who, in what role, where, why; and a fact as folds see it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tag_data::moment::Moment;

use super::Event;
use crate::codes::{Basis, Role};
use crate::ids::{EventId, GatewayKey, NodeId, PlaceId, ServiceNumber};

/// Who acted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Actor {
    /// A person, signed in.
    Person {
        /// The service number.
        service_number: ServiceNumber,
        /// Which sign-in: a random label, never the secret. Two-person acts need two of these.
        sign_in: String,
    },
    /// A gateway, by its key.
    Gateway {
        /// Its key id.
        key: GatewayKey,
    },
    /// The book itself: a rule that followed from an event.
    Book {
        /// The rule's name, such as `count-closed`.
        rule: String,
    },
}

impl Actor {
    /// The person, if a person acted.
    #[must_use]
    pub fn person(&self) -> Option<&ServiceNumber> {
        match self {
            Self::Person { service_number, .. } => Some(service_number),
            Self::Gateway { .. } | Self::Book { .. } => None,
        }
    }
}

/// What stands beside every event's data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Meta {
    /// Who acted.
    pub actor: Actor,
    /// In what role; absent where the book itself acted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Through which device, as it names itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<PlaceId>,
    /// The node that wrote it.
    pub node: NodeId,
    /// How the claimed time is known.
    pub basis: Basis,
    /// The event this one follows from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<EventId>,
    /// Why, in the actor's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The request's idempotency key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
}

/// One recorded event as folds, views and rules see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Position in the log, from 1.
    pub position: u64,
    /// The event's id.
    pub id: EventId,
    /// Stream name.
    pub stream: String,
    /// Place in the stream, from 0.
    pub revision: u64,
    /// When it was recorded, by the server.
    pub recorded_at: Moment,
    /// When it happened, as claimed.
    pub occurred_at: Moment,
    /// Leaf hash in the log.
    pub leaf: [u8; 32],
    /// Who, where, why.
    pub meta: Meta,
    /// What happened.
    pub event: Event,
}
