//! Alerts. Stream `alert-<hash>` of rule, version, subject and cause, created with
//! must-not-exist, so that replaying never raises one twice.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::life;
use crate::codes::{Audience, Rule};
use crate::ids::{EventId, PlaceId, ServiceNumber, WeaponId};

life! {
    /// What can have happened to an alert.
    AlertEvent {
        /// Raised.
        Raised = "AlertRaised" v 1,
        /// A person has taken it on.
        Acknowledged = "AlertAcknowledged" v 1,
        /// Done with, with what was found.
        Resolved = "AlertResolved" v 1,
    }
}

/// Raised by a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Raised {
    /// The alert's id: the first 16 hex digits of the stream's hash.
    pub alert: String,
    /// The rule.
    pub rule: Rule,
    /// The rule's version.
    pub version: u32,
    /// Who is shown it.
    pub audience: Audience,
    /// The weapon concerned, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weapon: Option<WeaponId>,
    /// The tag or text concerned, where no weapon is known or the tag itself is the matter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// The person concerned, if an act is the matter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<ServiceNumber>,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<PlaceId>,
    /// The event without which this would be no alert: the loss, the destruction, the issue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<EventId>,
    /// The event that made it so: the first scan or act.
    pub evidence: EventId,
}

/// A person has taken it on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Acknowledged {}

/// Done with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Resolved {
    /// What was found.
    pub finding: String,
}
