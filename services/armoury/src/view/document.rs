//! The paper or entry that says who has a weapon while it is out, and what an event says of
//! places and persons. One open document a weapon; what puts the weapon somewhere closes it.

use tag_data::moment::Moment;

use crate::codes::{Acknowledgement, ElsewhereKind};
use crate::event::Fact;
use crate::event::weapon::{Issued, SentElsewhere, WeaponEvent};
use crate::ids::{EventId, PlaceId, ServiceNumber};

/// The document by which a weapon is out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// The event that opened it.
    pub event: EventId,
    /// Its position.
    pub position: u64,
    /// Issue to a person (none) or what kind of sending.
    pub kind: Option<ElsewhereKind>,
    /// Who opened it.
    pub opened_by: Option<ServiceNumber>,
    /// When, as claimed.
    pub opened_at: Moment,
    /// The receiver: a service number or the words of the document.
    pub receiver: String,
    /// Its number; an issue is named by its event's id.
    pub named: String,
    /// An issue's purpose.
    pub purpose: Option<String>,
    /// When it is due back or there.
    pub due: Option<Moment>,
    /// How a person acknowledged an issue.
    pub acknowledgement: Option<Acknowledgement>,
    /// Who confirmed for the receiver, and when.
    pub confirmed: Option<(Option<ServiceNumber>, Moment)>,
}

impl Document {
    /// An issue is named by its event; only the holder's own PIN confirms it, never his ink or
    /// the issuer's.
    pub(super) fn issue(fact: &Fact, issued: &Issued) -> Self {
        let own = issued.acknowledgement == Acknowledgement::Pin && fact.meta.actor.person() != Some(&issued.to);
        Self {
            event: fact.id,
            position: fact.position,
            named: fact.id.to_string(),
            kind: None,
            opened_by: fact.meta.actor.person().cloned(),
            opened_at: fact.occurred_at,
            receiver: issued.to.to_string(),
            purpose: issued.purpose.clone(),
            due: issued.due,
            acknowledgement: Some(issued.acknowledgement),
            confirmed: own.then(|| (Some(issued.to.clone()), fact.occurred_at)),
        }
    }

    pub(super) fn sending(fact: &Fact, sent: &SentElsewhere) -> Self {
        Self {
            event: fact.id,
            position: fact.position,
            named: sent.document.clone(),
            kind: Some(sent.kind),
            opened_by: fact.meta.actor.person().cloned(),
            opened_at: fact.occurred_at,
            receiver: sent.receiver.clone(),
            purpose: None,
            due: sent.due,
            acknowledgement: None,
            confirmed: None,
        }
    }
}

/// The place an event puts the weapon in.
pub(super) fn place_of(event: &WeaponEvent) -> Option<PlaceId> {
    match event {
        WeaponEvent::Registered(data) => Some(data.place),
        WeaponEvent::Racked(data) => Some(data.place),
        WeaponEvent::Returned(data) => Some(data.place),
        WeaponEvent::Explained(data) => data.place,
        WeaponEvent::Recovered(data) => Some(data.place),
        WeaponEvent::Restored(data) => Some(data.place),
        WeaponEvent::MarkRecorded(_)
        | WeaponEvent::TagBound(_)
        | WeaponEvent::TagRetired(_)
        | WeaponEvent::Issued(_)
        | WeaponEvent::SentElsewhere(_)
        | WeaponEvent::ReceiverConfirmed(_)
        | WeaponEvent::Assigned(_)
        | WeaponEvent::PartRemoved(_)
        | WeaponEvent::PartRestored(_)
        | WeaponEvent::DispositionDecided(_)
        | WeaponEvent::Unaccounted(_)
        | WeaponEvent::PresumedLost(_)
        | WeaponEvent::Lost(_)
        | WeaponEvent::Batched(_)
        | WeaponEvent::Unbatched(_)
        | WeaponEvent::Destroyed(_) => None,
    }
}

/// The person an event gives the weapon to.
pub(super) fn person_of(event: &WeaponEvent) -> Option<&ServiceNumber> {
    match event {
        WeaponEvent::Issued(issued) => Some(&issued.to),
        WeaponEvent::Assigned(assigned) => assigned.to.as_ref(),
        WeaponEvent::Registered(_)
        | WeaponEvent::MarkRecorded(_)
        | WeaponEvent::TagBound(_)
        | WeaponEvent::TagRetired(_)
        | WeaponEvent::Racked(_)
        | WeaponEvent::Returned(_)
        | WeaponEvent::SentElsewhere(_)
        | WeaponEvent::ReceiverConfirmed(_)
        | WeaponEvent::PartRemoved(_)
        | WeaponEvent::PartRestored(_)
        | WeaponEvent::DispositionDecided(_)
        | WeaponEvent::Unaccounted(_)
        | WeaponEvent::Explained(_)
        | WeaponEvent::PresumedLost(_)
        | WeaponEvent::Lost(_)
        | WeaponEvent::Recovered(_)
        | WeaponEvent::Restored(_)
        | WeaponEvent::Batched(_)
        | WeaponEvent::Unbatched(_)
        | WeaponEvent::Destroyed(_) => None,
    }
}
