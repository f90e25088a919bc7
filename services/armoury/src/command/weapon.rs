//! What is asked of a weapon's record: its entry, its marks and tags, and every act at the hatch.
//!
//! Custody acts are one person's and are never blocked by what the book believes; the rules in
//! `weapon.rs` say what each means in each state.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tag_data::moment::Moment;

use crate::codes::{Acknowledgement, DestructionMethod, Disposition, ElsewhereKind, LossCause, Origin};
use crate::ids::{BatchId, CaseId, CountId, PlaceId, ServiceNumber};
use crate::marks::{Identity, Mark};
use crate::rights::Act;

requests! {
    /// Enter a weapon in the book.
    Register {
        /// What it is, by its marks.
        identity: Identity,
        /// Whose it is, in the ledger's words.
        owner: String,
        /// How it came.
        origin: Origin,
        /// Where it is put.
        place: PlaceId,
        /// Line or page it was taken from.
        source: Option<String>,
        /// Why it is entered though its identity stands in the book already.
        duplicate_reason: Option<String>,
        /// Taken in before it could be identified.
        provisional: Option<bool>,
    }
    /// Record a further mark.
    RecordMark {
        /// The mark as stamped.
        mark: Mark,
    }
    /// Bind a tag.
    BindTag {
        /// EPC bank, hex.
        epc: String,
        /// Chip serial, hex; absent only where the reader cannot read it.
        tid: Option<String>,
    }
    /// Retire a tag.
    RetireTag {
        /// EPC bank, hex.
        epc: String,
    }
    /// Put it in another rack.
    Rack {
        /// The new place.
        place: PlaceId,
    }
    /// Issue it to a person.
    Issue {
        /// To whom.
        to: ServiceNumber,
        /// Purpose, in words.
        purpose: Option<String>,
        /// When it is due back.
        due: Option<Moment>,
        /// How he acknowledged it.
        acknowledgement: Acknowledgement,
    }
    /// Take it in at the hatch.
    Return {
        /// Who handed it in; not always its holder.
        from: Option<ServiceNumber>,
        /// Where it is put.
        place: PlaceId,
    }
    /// Send it out under a document.
    Send {
        /// What kind of document.
        kind: ElsewhereKind,
        /// Who receives it.
        receiver: String,
        /// The document's number.
        document: String,
        /// When it is due back or due there.
        due: Option<Moment>,
    }
    /// Confirm that the receiver has it.
    ConfirmReceipt {
        /// The document's number.
        document: String,
    }
    /// Assign it to a person for the long term, or end the assignment.
    Assign {
        /// To whom; absent when the assignment ends.
        to: Option<ServiceNumber>,
    }
    /// Take a part out of it.
    RemovePart {
        /// Which part.
        part: String,
        /// Where the part is kept.
        kept_at: String,
    }
    /// Put the part back.
    RestorePart {
        /// Which part.
        part: String,
    }
    /// Decide what is to become of it.
    DecideDisposition {
        /// Keep, surplus or destroy.
        disposition: Disposition,
        /// The order or authority.
        authority: String,
    }
    /// Book it as recovered, to be held for examination.
    Recover {
        /// Where it is held.
        place: PlaceId,
    }
    /// Release it from examination into store.
    Restore {
        /// Where it is put.
        place: PlaceId,
    }
}

/// What is asked of a weapon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum WeaponCommand {
    /// Enter it.
    Register(Register),
    /// A further mark.
    RecordMark(RecordMark),
    /// Bind a tag.
    BindTag(BindTag),
    /// Retire a tag.
    RetireTag(RetireTag),
    /// Another rack.
    Rack(Rack),
    /// To a person.
    Issue(Issue),
    /// Back in.
    Return(Return),
    /// Out under a document.
    Send(Send),
    /// The receiver has it.
    ConfirmReceipt(ConfirmReceipt),
    /// Long-term assignment.
    Assign(Assign),
    /// A part out.
    RemovePart(RemovePart),
    /// The part back.
    RestorePart(RestorePart),
    /// Disposition.
    DecideDisposition(DecideDisposition),
    /// Recovered and held.
    Recover(Recover),
    /// From examination into store.
    Restore(Restore),
    /// What follows from another life's event; only the book itself asks this.
    #[serde(skip)]
    Follow(Follow),
}

/// What follows for a weapon from an event of a case or a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Follow {
    /// A case was opened.
    Unaccounted {
        /// The case.
        case: CaseId,
        /// The count that missed it.
        count: Option<CountId>,
    },
    /// The case explained it.
    Explained {
        /// The case.
        case: CaseId,
        /// Where it was put, if it was found.
        place: Option<PlaceId>,
    },
    /// A person presumed it lost.
    PresumedLost {
        /// The case.
        case: CaseId,
    },
    /// A person declared it lost.
    Lost {
        /// The case.
        case: CaseId,
        /// The cause.
        cause: LossCause,
    },
    /// The case says it was recovered.
    Recovered {
        /// The case.
        case: CaseId,
        /// Where it is held.
        place: PlaceId,
    },
    /// Two people agreed that the loss was declared in error.
    DeclaredInError {
        /// The case.
        case: CaseId,
    },
    /// Locked in a batch.
    Batched {
        /// The batch.
        batch: BatchId,
    },
    /// Let out of the batch by two.
    Unbatched {
        /// The batch.
        batch: BatchId,
    },
    /// Destroyed, confirmed by two.
    Destroyed {
        /// The batch.
        batch: BatchId,
        /// The method.
        method: DestructionMethod,
    },
}

impl WeaponCommand {
    /// What right it takes.
    #[must_use]
    pub const fn act(&self) -> Act {
        match self {
            Self::Register(_) => Act::RegisterWeapon,
            Self::RecordMark(_) | Self::BindTag(_) | Self::RetireTag(_) => Act::MarkWeapon,
            Self::Rack(_) | Self::Issue(_) | Self::Return(_) | Self::Send(_) | Self::Recover(_) => Act::MoveWeapon,
            Self::ConfirmReceipt(_) => Act::ConfirmReceipt,
            Self::Assign(_) | Self::RemovePart(_) | Self::RestorePart(_) => Act::AssignWeapon,
            Self::DecideDisposition(_) => Act::DecideDisposition,
            Self::Restore(_) => Act::RestoreWeapon,
            Self::Follow(_) => Act::Follow,
        }
    }

    /// The place it names.
    #[must_use]
    pub const fn place(&self) -> Option<PlaceId> {
        match self {
            Self::Register(Register { place, .. })
            | Self::Rack(Rack { place })
            | Self::Return(Return { place, .. })
            | Self::Recover(Recover { place })
            | Self::Restore(Restore { place }) => Some(*place),
            _ => None,
        }
    }
}
