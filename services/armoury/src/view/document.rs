//! The paper or entry that says who has a weapon while it is out, and what an event says of
//! places and persons. One open document a weapon; what puts the weapon somewhere closes it.

use tag_data::moment::Moment;

use super::texts::{Ix, NONE, Texts};
use crate::codes::{Acknowledgement, ElsewhereKind};
use crate::event::Fact;
use crate::event::weapon::{Issued, SentElsewhere, WeaponEvent};
use crate::ids::{EventId, PlaceId, ServiceNumber};

/// The document by which a weapon is out: texts and service numbers as kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Document {
    /// The event that opened it.
    pub event: EventId,
    /// Its position.
    pub position: u64,
    /// When, as claimed.
    pub opened_at: Moment,
    due: Moment,
    confirmed_at: Moment,
    confirmed_by: Ix,
    number: Ix,
    /// An issue's purpose.
    pub purpose: Ix,
    /// Who opened it.
    pub opened_by: Ix,
    /// The receiver: a service number or the words of the document.
    pub receiver: Ix,
    /// Issue to a person (none) or what kind of sending.
    pub kind: Option<ElsewhereKind>,
    /// How a person acknowledged an issue.
    pub acknowledgement: Option<Acknowledgement>,
}

/// Stands where there is no such moment: half the size of an option, and a whole country may be out.
const NEVER: Moment = Moment::from_micros(i64::MIN);

impl Document {
    /// When it is due back or there.
    #[must_use]
    pub fn due(&self) -> Option<Moment> {
        (self.due != NEVER).then_some(self.due)
    }

    /// Who confirmed for the receiver, and when.
    #[must_use]
    pub fn confirmed(&self) -> Option<(Ix, Moment)> {
        (self.confirmed_at != NEVER).then_some((self.confirmed_by, self.confirmed_at))
    }

    pub(super) const fn confirm(&mut self, by: Ix, at: Moment) {
        (self.confirmed_by, self.confirmed_at) = (by, at);
    }

    /// Its number; an issue is named by its event's id.
    #[must_use]
    pub fn number(&self, texts: &Texts) -> String {
        texts.some(self.number).unwrap_or_else(|| self.event.to_string())
    }

    /// An issue is named by its event; only the holder's own PIN confirms it, never his ink or
    /// the issuer's.
    pub(super) fn issue(fact: &Fact, issued: &Issued, texts: &mut Texts) -> Self {
        let own = issued.acknowledgement == Acknowledgement::Pin && fact.meta.actor.person() != Some(&issued.to);
        let receiver = texts.keep(issued.to.as_str());
        let (confirmed_by, confirmed_at) = if own { (receiver, fact.occurred_at) } else { (NONE, NEVER) };
        Self {
            receiver,
            purpose: texts.keep_some(issued.purpose.as_deref()),
            due: issued.due.unwrap_or(NEVER),
            acknowledgement: Some(issued.acknowledgement),
            confirmed_by,
            confirmed_at,
            ..Self::opened(fact, texts)
        }
    }

    pub(super) fn sending(fact: &Fact, sent: &SentElsewhere, texts: &mut Texts) -> Self {
        Self {
            kind: Some(sent.kind),
            number: texts.keep(&sent.document),
            receiver: texts.keep(&sent.receiver),
            due: sent.due.unwrap_or(NEVER),
            ..Self::opened(fact, texts)
        }
    }

    fn opened(fact: &Fact, texts: &mut Texts) -> Self {
        Self {
            event: fact.id,
            position: fact.position,
            opened_at: fact.occurred_at,
            due: NEVER,
            confirmed_at: NEVER,
            confirmed_by: NONE,
            number: NONE,
            purpose: NONE,
            opened_by: texts.keep_some(fact.meta.actor.person().map(ServiceNumber::as_str)),
            receiver: NONE,
            kind: None,
            acknowledgement: None,
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
