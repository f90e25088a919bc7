//! Names for things: one newtype an idea, parsed at the door.
//!
//! A person is always the service number, never the name. Streams are written by one node, so a
//! stream's name ends in `@<node>`. Ids are made outside and passed in.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! uuid_ids {
    ($($(#[$doc:meta])* $name:ident => $life:literal),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(#[schemars(with = "String")] pub Uuid);

        impl $name {
            /// The word before the id in a stream's name.
            pub const LIFE: &str = $life;

            /// The stream of this life as `node` writes it.
            #[must_use]
            pub fn stream(&self, node: &NodeId) -> String {
                format!(concat!($life, "-{}@{}"), self.0, node)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                Uuid::parse_str(text).map(Self)
            }
        }
    )*};
}

uuid_ids! {
    /// One physical weapon (or accountable part) in the book.
    WeaponId => "weapon",
    /// A site, room, rack or container.
    PlaceId => "place",
    /// One count, from opening to signature.
    CountId => "count",
    /// One discrepancy case: a weapon not accounted for, until closed.
    CaseId => "case",
    /// One destruction batch.
    BatchId => "batch",
}

/// The id of an event in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct EventId(#[schemars(with = "String")] pub Uuid);

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Why a short code (service number, node) is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// Nothing was given.
    #[error("{what} is empty")]
    Empty {
        /// Which code.
        what: &'static str,
    },
    /// Longer than allowed.
    #[error("{what} has {length} characters; at most {limit} are allowed")]
    TooLong {
        /// Which code.
        what: &'static str,
        /// Its length in characters.
        length: usize,
        /// The most that fit.
        limit: usize,
    },
    /// A character outside the alphabet.
    #[error("{what} holds {found:?}; use letters, digits, '-', '_' or '.'")]
    Forbidden {
        /// Which code.
        what: &'static str,
        /// The first character outside the alphabet.
        found: char,
    },
}

fn parse_code(what: &'static str, limit: usize, raw: &str) -> Result<String, CodeError> {
    let code = raw.trim();
    let length = code.chars().count();
    match code.chars().find(|c| !(c.is_ascii_alphanumeric() || "-_.".contains(*c))) {
        _ if code.is_empty() => Err(CodeError::Empty { what }),
        _ if length > limit => Err(CodeError::TooLong { what, length, limit }),
        Some(found) => Err(CodeError::Forbidden { what, found }),
        None => Ok(code.to_owned()),
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident($what:literal, $limit:literal)),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(try_from = "String", into = "String")]
        #[schemars(with = "String")]
        pub struct $name(String);

        impl $name {
            /// The code as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = CodeError;

            fn from_str(raw: &str) -> Result<Self, CodeError> {
                parse_code($what, $limit, raw).map(Self)
            }
        }

        impl TryFrom<String> for $name {
            type Error = CodeError;

            fn try_from(raw: String) -> Result<Self, CodeError> {
                raw.parse()
            }
        }

        impl From<$name> for String {
            fn from(code: $name) -> Self {
                code.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

codes! {
    /// The machine that writes a stream, such as `hq` or `op-north`.
    NodeId("the node's name", 24),
    /// A person as the ledger knows him: the service number.
    ServiceNumber("the service number", 24),
    /// A gateway's key id: 16 lower-case hex digits.
    GatewayKey("the gateway's key id", 16),
    /// An alert's key: 16 lower-case hex digits of the hash of rule, version, subject and cause.
    AlertKey("the alert's key", 16),
}

impl AlertKey {
    /// The alert's stream. The same finding has the same name on every node and in every replay.
    #[must_use]
    pub fn stream(&self) -> String {
        format!("alert-{}", self.0)
    }
}

impl GatewayKey {
    /// The stream of the gateway's enrolment as `node` writes it.
    #[must_use]
    pub fn enrolment_stream(&self, node: &NodeId) -> String {
        format!("enrolment-{}@{node}", self.0)
    }

    /// The stream of the signed batches taken in by `node`.
    #[must_use]
    pub fn intake_stream(&self, node: &NodeId) -> String {
        format!("intake-{}@{node}", self.0)
    }

    /// The stream of what the gateway heard; its revision is the gateway's own sequence.
    #[must_use]
    pub fn heard_stream(&self) -> String {
        format!("gateway-{}", self.0)
    }
}

impl ServiceNumber {
    /// The person's stream as `node` writes it.
    #[must_use]
    pub fn stream(&self, node: &NodeId) -> String {
        format!("person-{}@{node}", self.0)
    }
}
