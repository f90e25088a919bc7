//! States and moves: what every act at the hatch means in every state, in one table.
//!
//! Possession needs one person and is never blocked: what contradicts the book is taken as a fact
//! (`Against`). A weapon leaves *lost* only as recovered; a locked batch lets go only by two, so a
//! batched weapon that somebody moves or issues stays batched, wherever it is. An ended record
//! never changes. The whole table as data: `tests/moves.tsv`. Source: domain notes C4, amended.

use crate::codes::{ElsewhereKind, MarkKind, State};
use crate::event::weapon::WeaponEvent;
use crate::life::Standing;

use State::{
    Batched, Deactivated, Destroyed, DestroyedInIncident, Evidence, InMaintenance, InStore, InTransit, Issued, Lost, Merged,
    OnLoan, PresumedLost, Provisional, RecoveredHeld, Repatriated, TransferredOut, Unaccounted,
};

/// What a person does with a weapon or its record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hand {
    /// Puts it in another rack.
    Rack,
    /// Issues it.
    Issue,
    /// Takes it in.
    Return,
    /// Sends it out under a document.
    Send(ElsewhereKind),
    /// Books it as recovered.
    Recover,
    /// Releases it from examination.
    Restore,
    /// Takes a part out or puts it back.
    Part,
    /// Decides its disposition.
    Dispose,
    /// Records marks, tags, an assignment or a receipt.
    Note,
}

/// What the book makes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// As the book expects.
    Fits,
    /// Taken as a fact that contradicts the book.
    Against,
    /// The weapon was lost: it is recovered by this very act.
    Recovers,
    /// Refused: what to do instead.
    Refused(&'static str),
    /// Refused: the record has ended.
    Ended,
}

/// What `hand` means for a weapon in `state`.
#[must_use]
pub const fn ruling(hand: Hand, state: State) -> Ruling {
    use ElsewhereKind as To;
    use Ruling::{Against, Ended, Fits, Recovers, Refused};
    match (hand, state) {
        (_, Destroyed | DestroyedInIncident | Merged) => Ended,
        (Hand::Note, _) => Fits,
        (Hand::Rack | Hand::Issue | Hand::Return | Hand::Send(_), PresumedLost | Lost) => Recovers,
        (Hand::Rack, Provisional | InStore | RecoveredHeld | Deactivated) => Fits,
        (Hand::Issue, InStore) => Fits,
        (Hand::Return, Issued | OnLoan | InTransit | InMaintenance | Evidence) => Fits,
        (Hand::Send(_), InStore) => Fits,
        (Hand::Send(To::Evidence), Provisional | RecoveredHeld) => Fits,
        (Hand::Send(To::Evidence | To::Transit), Issued | OnLoan | InMaintenance) => Fits,
        (Hand::Recover, Unaccounted | PresumedLost | Lost) => Fits,
        (Hand::Recover, RecoveredHeld) => Refused("it is held for examination already; put it in another rack if it has moved"),
        (Hand::Rack | Hand::Issue | Hand::Return | Hand::Send(_) | Hand::Recover, _) => Against,
        (Hand::Restore, RecoveredHeld) => Fits,
        (Hand::Restore, _) => Refused("only a weapon held for examination is released into store"),
        (Hand::Part, Provisional | InStore | RecoveredHeld | Batched | Deactivated | InMaintenance | Evidence) => Fits,
        (Hand::Part, _) => Refused("take the weapon in first; its parts are then at hand"),
        (Hand::Dispose, Batched) => Refused("it is locked in a batch; two people let it out first"),
        (Hand::Dispose, _) => Fits,
    }
}

/// How far a weapon's life has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stage {
    /// Its state.
    pub state: State,
    /// The state it goes back to when it is explained or let out of its batch.
    pub back: State,
    /// No unique mark is recorded yet.
    pub provisional: bool,
    /// Locked in a batch and not let out by two, wherever it is.
    pub locked: bool,
}

impl Stage {
    /// A stage in `state`, for a record that begins there.
    #[must_use]
    pub fn begun(state: State) -> Self {
        Self { state, back: InStore, provisional: state == Provisional, locked: state == Batched }
    }

    const fn store(self) -> State {
        if self.provisional { Provisional } else { InStore }
    }

    /// A hand put it there. A lock holds; a permanent deactivation stays one.
    fn put(self, to: State) -> Self {
        match self.state {
            PresumedLost | Lost => self, // Only `Recovered` leads out of a loss.
            Deactivated => self,
            _ if self.locked => Self { state: Batched, back: to, ..self },
            _ => Self { state: to, ..self },
        }
    }

    /// The stage after an event of the weapon's stream. Total: an event that cannot follow changes
    /// nothing.
    #[must_use]
    pub fn after(self, event: &WeaponEvent) -> Self {
        if ended(self.state) {
            return self;
        }
        match event {
            WeaponEvent::MarkRecorded(recorded) if unique(recorded.mark.kind) => self.identified(),
            WeaponEvent::Racked(_) | WeaponEvent::Returned(_) if matches!(self.state, RecoveredHeld) && !self.locked => self,
            WeaponEvent::Racked(_) | WeaponEvent::Returned(_) => self.put(self.store()),
            WeaponEvent::Issued(_) => self.put(Issued),
            WeaponEvent::SentElsewhere(sent) => self.put(elsewhere(sent.kind)),
            WeaponEvent::Unaccounted(_) if held(self.state) => Self { state: Unaccounted, back: self.state, ..self },
            WeaponEvent::Explained(explained) => self.explained(explained.place.is_some()),
            WeaponEvent::PresumedLost(_) if self.state == Unaccounted => Self { state: PresumedLost, ..self },
            WeaponEvent::Lost(_) if matches!(self.state, Unaccounted | PresumedLost) => Self { state: Lost, ..self },
            WeaponEvent::Recovered(_) if self.state == Batched => self,
            WeaponEvent::Recovered(_) => Self { state: RecoveredHeld, ..self },
            WeaponEvent::Restored(_) if self.state == RecoveredHeld => self.put(self.store()),
            WeaponEvent::Batched(_) if batchable(self.state) => Self { state: Batched, back: self.state, locked: true, ..self },
            WeaponEvent::Unbatched(_) if self.locked => self.let_out(),
            WeaponEvent::Destroyed(_) if self.state == Batched => Self { state: Destroyed, locked: false, ..self },
            WeaponEvent::Registered(_)
            | WeaponEvent::MarkRecorded(_)
            | WeaponEvent::TagBound(_)
            | WeaponEvent::TagRetired(_)
            | WeaponEvent::ReceiverConfirmed(_)
            | WeaponEvent::Assigned(_)
            | WeaponEvent::PartRemoved(_)
            | WeaponEvent::PartRestored(_)
            | WeaponEvent::DispositionDecided(_)
            | WeaponEvent::Unaccounted(_)
            | WeaponEvent::PresumedLost(_)
            | WeaponEvent::Lost(_)
            | WeaponEvent::Restored(_)
            | WeaponEvent::Batched(_)
            | WeaponEvent::Unbatched(_)
            | WeaponEvent::Destroyed(_) => self,
        }
    }

    fn identified(self) -> Self {
        let leave = |state| if state == Provisional { InStore } else { state };
        Self { state: leave(self.state), back: leave(self.back), provisional: false, ..self }
    }

    /// Back to its state before; into store, if it was found and put somewhere.
    fn explained(self, found: bool) -> Self {
        match (self.state, self.back) {
            (Unaccounted | PresumedLost, _) if self.locked => Self { state: Batched, back: self.store(), ..self },
            (Unaccounted | PresumedLost, RecoveredHeld | Deactivated | Provisional) => Self { state: self.back, ..self },
            (Unaccounted | PresumedLost, _) if found => Self { state: self.store(), ..self },
            (Unaccounted | PresumedLost, back) => Self { state: back, ..self },
            _ => self,
        }
    }

    fn let_out(self) -> Self {
        match self.state {
            Batched => Self { state: self.back, locked: false, ..self },
            _ if self.back == Batched => Self { back: self.store(), locked: false, ..self },
            _ => Self { locked: false, ..self },
        }
    }
}

/// The state of a weapon sent out under a document.
#[must_use]
pub const fn elsewhere(kind: ElsewhereKind) -> State {
    match kind {
        ElsewhereKind::Loan => OnLoan,
        ElsewhereKind::Maintenance => InMaintenance,
        ElsewhereKind::Evidence => Evidence,
        ElsewhereKind::Transit => InTransit,
    }
}

/// Whether somebody holds it, so that it can become unaccounted for. A weapon handed over to
/// another owner counts until he has confirmed, which its document says.
#[must_use]
pub const fn held(state: State) -> bool {
    !ended(state) && !matches!(state, Unaccounted | PresumedLost | Lost)
}

/// Whether the record has ended and never changes.
#[must_use]
pub const fn ended(state: State) -> bool {
    matches!(state, Destroyed | DestroyedInIncident | Merged)
}

/// Whether a weapon in this state can be locked in a destruction batch.
#[must_use]
pub const fn batchable(state: State) -> bool {
    matches!(state, Provisional | InStore | RecoveredHeld | Deactivated)
}

/// Whether a weapon is out of the armoury by a document.
#[must_use]
pub const fn out(state: State) -> bool {
    matches!(state, Issued | OnLoan | InTransit | InMaintenance | Evidence | TransferredOut | Repatriated)
}

/// Whether a mark of this kind makes a weapon unique, which ends its provisional time (ITI 9).
#[must_use]
pub const fn unique(kind: MarkKind) -> bool {
    matches!(kind, MarkKind::Serial | MarkKind::RegistryAssigned)
}

/// Whether a count of its place must account for the weapon: by sight, by seal, by an open
/// document, or as missing. Only an ended record, a receiver's own confirmation of a handing over,
/// or two people closing a loss take a weapon out of a count.
#[must_use]
pub fn expected(standing: &Standing) -> bool {
    let confirmed = standing.document.as_ref().is_some_and(|document| document.confirmed);
    match standing.state {
        Unaccounted | PresumedLost | Lost => standing.in_case,
        TransferredOut | Repatriated => !confirmed,
        state => !ended(state),
    }
}
