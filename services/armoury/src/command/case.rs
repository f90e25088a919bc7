//! What is asked of a discrepancy case: each rung of the ladder is a person's act.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tag_data::moment::Moment;

use crate::codes::LossCause;
use crate::event::case::Outcome;
use crate::ids::{CountId, EventId, PlaceId, WeaponId};
use crate::rights::Act;

requests! {
    /// Open a case: nobody can show where the weapon is.
    Open {
        /// The weapon.
        weapon: WeaponId,
        /// The place it was missed from.
        place: PlaceId,
        /// The count that missed it; absent if a person reports it.
        count: Option<CountId>,
        /// What is known so far.
        circumstances: Option<String>,
    }
    /// Log a search.
    LogSearch {
        /// Where or what was searched.
        searched: String,
        /// What came of it.
        result: String,
    }
    /// Explain it: found, or accounted for by a document.
    Explain {
        /// How.
        explanation: String,
        /// Where it is put, if it was found.
        place: Option<PlaceId>,
    }
    /// Presume it lost.
    PresumeLost {
        /// Why now.
        because: String,
    }
    /// Declare it lost.
    DeclareLost {
        /// The cause.
        cause: LossCause,
        /// The circumstances.
        circumstances: String,
        /// When anyone last saw it.
        last_seen: Option<Moment>,
    }
    /// Record a report to someone outside.
    ReportLoss {
        /// To whom.
        to: String,
        /// Their or our reference.
        reference: String,
    }
    /// Record that the weapon is recovered.
    Recover {
        /// Where it is held.
        place: PlaceId,
        /// How it came back.
        circumstances: String,
    }
    /// Ask to close.
    RequestClose {
        /// How it ends.
        outcome: Outcome,
        /// The evidence, in words.
        evidence: String,
    }
    /// Close, as another person in another sign-in.
    Close {
        /// The request.
        request: EventId,
    }
    /// Refuse to close.
    RefuseClose {
        /// The request.
        request: EventId,
        /// Why.
        because: String,
    }
}

/// What is asked of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum CaseCommand {
    /// Open.
    Open(Open),
    /// A search.
    LogSearch(LogSearch),
    /// Explained.
    Explain(Explain),
    /// Presumed lost.
    PresumeLost(PresumeLost),
    /// Declared lost.
    DeclareLost(DeclareLost),
    /// Reported.
    ReportLoss(ReportLoss),
    /// Recovered.
    Recover(Recover),
    /// Ask to close.
    RequestClose(RequestClose),
    /// Close.
    Close(Close),
    /// Refuse to close.
    RefuseClose(RefuseClose),
}

impl CaseCommand {
    /// What right it takes.
    #[must_use]
    pub const fn act(&self) -> Act {
        match self {
            Self::Open(_) | Self::LogSearch(_) | Self::Recover(_) => Act::ReportMiss,
            Self::Explain(_) => Act::ExplainCase,
            Self::PresumeLost(_) | Self::DeclareLost(_) | Self::ReportLoss(_) => Act::DeclareLoss,
            Self::RequestClose(_) => Act::RequestCaseClose,
            Self::Close(_) | Self::RefuseClose(_) => Act::CloseCase,
        }
    }

    /// The place it names.
    #[must_use]
    pub const fn place(&self) -> Option<PlaceId> {
        match self {
            Self::Open(open) => Some(open.place),
            Self::Explain(explain) => explain.place,
            Self::Recover(recover) => Some(recover.place),
            _ => None,
        }
    }
}
