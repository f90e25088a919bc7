//! What is asked of an alert. Only the book raises one; people take it on and resolve it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::event::alert::Raised;
use crate::rights::Act;

requests! {
    /// Take it on.
    Acknowledge {}
    /// Done with.
    Resolve {
        /// What was found.
        finding: String,
    }
}

/// What is asked of an alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum AlertCommand {
    /// Raise; only the book itself asks this.
    #[serde(skip)]
    Raise(Raised),
    /// Take on.
    Acknowledge(Acknowledge),
    /// Resolve.
    Resolve(Resolve),
}

impl AlertCommand {
    /// What right it takes.
    #[must_use]
    pub const fn act(&self) -> Act {
        match self {
            Self::Raise(_) => Act::Follow,
            Self::Acknowledge(_) | Self::Resolve(_) => Act::HandleAlert,
        }
    }
}
