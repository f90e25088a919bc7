//! Why the book says no: each a stable code for programs and a sentence for the armourer, who
//! must read in it what to do instead.
//!
//! A custody act is never refused because the book disagrees with it; what is refused is what no
//! hand can do (changing the record of a destroyed weapon) or what takes another person.

use crate::codes::{Role, State};
use crate::event::Actor;
use crate::ids::{EventId, ServiceNumber, WeaponId};

/// Lists every refusal once: variant, code, sentence.
macro_rules! refusals {
    ($(
        $(#[$doc:meta])*
        $variant:ident $({ $($(#[$fdoc:meta])* $field:ident: $kind:ty),* $(,)? })? = $code:literal, $sentence:literal;
    )*) => {
        /// Why a command is refused.
        #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
        pub enum Refusal {
            $($(#[$doc])* #[error($sentence)] $variant $({ $($(#[$fdoc])* $field: $kind),* })?,)*
        }

        impl Refusal {
            /// The stable word for programs, snake_case.
            #[must_use]
            pub const fn code(&self) -> &'static str {
                match self { $(Self::$variant { .. } => $code),* }
            }

            /// Every code there is.
            pub const CODES: &[&str] = &[$($code),*];
        }
    };
}

refusals! {
    /// A field that must say something is empty.
    Empty {
        /// Which.
        what: &'static str,
    } = "empty", "{what} is empty; write it down";
    /// Longer than the book keeps.
    TooLong {
        /// Which.
        what: &'static str,
        /// The most characters.
        limit: usize,
    } = "too_long", "{what} is longer than {limit} characters";
    /// Not a chip's number.
    NotHex {
        /// Which.
        what: &'static str,
    } = "not_hex", "{what} is not hexadecimal; use the digits 0-9 and A-F, two for each byte";
    /// The life has not begun.
    NotInBook {
        /// What kind of thing.
        what: &'static str,
    } = "not_in_book", "no such {what} is in the book";
    /// The life began already.
    AlreadyInBook {
        /// What kind of thing.
        what: &'static str,
    } = "already_in_book", "this {what} is in the book already";
    /// A machine or a rule tried a person's act.
    NeedsPerson = "needs_person", "only a person who has signed in can do this";
    /// A person tried what follows by rule.
    OnlyTheBook = "only_the_book", "this follows from another act and is never entered by hand";
    /// The same person tried to be the second.
    SamePerson {
        /// Who.
        person: ServiceNumber,
    } = "same_person", "{person} has already put a hand to this; it takes another person";
    /// Another person in the same sign-in.
    SameSignIn = "same_sign_in", "the second person must sign in with his own service number and password";
    /// The approver did not name the standing request.
    NoSuchRequest {
        /// What was named.
        request: EventId,
    } = "no_such_request", "request {request} is not waiting here; look at what waits now and decide on that";
    /// A request waits already.
    RequestWaiting {
        /// Which.
        request: EventId,
    } = "request_waiting", "request {request} waits already; it must be decided first";
    /// The identity stands in the book.
    IdentityKnown {
        /// Which records.
        weapons: Vec<WeaponId>,
    } = "identity_known",
        "a weapon with exactly these marks is in the book already; look at it, and if this is another one enter it with the reason";
    /// The tag hangs on another weapon.
    TagElsewhere {
        /// The tag.
        epc: String,
        /// The other weapon.
        weapon: WeaponId,
    } = "tag_elsewhere", "tag {epc} is bound to weapon {weapon}; retire it there first, or use another tag";
    /// The EPC is bound here with another chip.
    OtherChip {
        /// The tag.
        epc: String,
    } = "other_chip", "tag {epc} is bound here with another chip serial; this may be a copied tag: retire the binding first";
    /// Nothing of this tag is bound here.
    TagNotBound {
        /// The tag.
        epc: String,
    } = "tag_not_bound", "tag {epc} is not bound to this weapon";
    /// The record has ended.
    RecordClosed {
        /// Its state.
        state: State,
    } = "record_closed",
        "this record is {state} and never changes; if the weapon is in your hands, enter it anew: a record that claims the same identity";
    /// The act does not fit the state, and no hand could have done it.
    WrongState {
        /// The state.
        state: State,
        /// What to do instead.
        instead: &'static str,
    } = "wrong_state", "the weapon is {state}; {instead}";
    /// No such document is open.
    NoSuchDocument {
        /// Its number.
        document: String,
    } = "no_such_document", "document {document} is not open for this weapon";
    /// A part that is not out, or out already.
    PartNotThere {
        /// Which.
        part: String,
    } = "part_not_there", "by the book {part} cannot be moved that way now";
    /// The case stands open.
    CaseOpen = "case_open", "a case stands open for this weapon; two people close it first";
    /// He keeps the stock it was missed from.
    KeepsTheStock = "keeps_the_stock", "a loss is closed by somebody who does not keep the stock it was missed from";
    /// Another case stands for the weapon.
    CaseStands = "case_stands", "a case stands open for this weapon already; go on with that one";
    /// The ladder has another rung now.
    CaseRung {
        /// What to do instead.
        instead: &'static str,
    } = "case_rung", "the case does not stand there; {instead}";
    /// The place still holds weapons or places.
    PlaceHolds {
        /// How many.
        weapons: u32,
    } = "place_holds", "{weapons} weapons or places are still on record there; move them first";
    /// The place is closed.
    PlaceClosed = "place_closed", "this place is closed";
    /// The same place again.
    SamePlace = "same_place", "it is on record there already";
    /// Nobody is named to count.
    NoCounters = "no_counters", "name at least one person who counts";
    /// Not one of the counters.
    NotACounter = "not_a_counter", "you are not among the counters of this count";
    /// The count is not in that stage.
    CountStage {
        /// What to do instead.
        instead: &'static str,
    } = "count_stage", "the count is not at that stage; {instead}";
    /// Surer than its way can show.
    LevelTooHigh = "level_too_high",
        "a tag or a code shows the tag or the code, not the weapon; count it at the level its way can show";
    /// "Handled and checked by two" said by the first of them.
    FirstOfTwo = "first_of_two",
        "this level is for what two have handled: one counts it by its serial, then the other at this level";
    /// The sighting is not in this count.
    NoSuchSighting {
        /// Which.
        sighting: EventId,
    } = "no_such_sighting", "sighting {sighting} is not in this count";
    /// Custodian or sole counter wants to sign.
    NotIndependent = "not_independent", "a count is signed by someone who neither keeps the stock nor was alone in counting it";
    /// A recount by the same person.
    RecountSelf = "recount_self", "a recount takes a second person";
    /// The batch is not in that stage.
    BatchStage {
        /// What to do instead.
        instead: &'static str,
    } = "batch_stage", "the batch is not at that stage; {instead}";
    /// Not on the list.
    NotListed = "not_listed", "this weapon is not on the batch's list";
    /// On the list already.
    ListedAlready = "listed_already", "this weapon is on the batch's list already";
    /// Disposition is not "destroy".
    NotForDestruction = "not_for_destruction", "it has not been decided to destroy this weapon; decide its disposition first";
    /// Serials are unchecked or disagree.
    Unverified {
        /// How many.
        weapons: usize,
    } = "unverified",
        "{weapons} serials are unchecked or do not agree with the book; check them, weapon in hand, or take them off the list";
    /// Fewer witnesses than two.
    TooFewWitnesses {
        /// How many signed.
        signed: usize,
    } = "too_few_witnesses", "{signed} witnesses have signed; two must sign before anyone verifies";
    /// He worked the machines of the destruction.
    TookPart {
        /// Who.
        person: ServiceNumber,
    } = "took_part", "{person} worked the machines; somebody else must verify the destruction";
    /// Roles that one person never holds together.
    RolesApart {
        /// Held.
        held: Role,
        /// Wanted.
        wanted: Role,
    } = "roles_apart", "one person is never both {held} and {wanted}";
    /// The person himself wants his own right.
    OwnRight = "own_right", "nobody asks for or approves a right of his own";
    /// A grant that ends before it begins.
    GrantEnds = "grant_ends", "the right would end before it begins";
    /// A guest without an end.
    GuestNeedsEnd = "guest_needs_end", "an inspector is a guest: say until when";
    /// The first two stand already.
    Founded = "founded", "the book has its first two people already; rights are now given by two of them";
    /// The gateway's key is not in force.
    KeyNotInForce = "key_not_in_force", "this gateway's key is not enrolled, or was closed before this batch";
    /// A gap before this batch.
    SequenceGap {
        /// The next sequence wanted.
        next: u64,
    } = "sequence_gap", "send again from {next}";
    /// A batch that says something else than the one taken in.
    SequenceTaken {
        /// The next sequence wanted.
        next: u64,
    } = "sequence_taken", "part of this batch is in the book already; send from {next}";
    /// The alert is done with.
    AlertResolved = "alert_resolved", "this alert is resolved already";
    /// The alert is not meant for this person.
    NotForYou = "not_for_you", "no such alert";
}

/// The most characters of a name, a number or one line.
pub const LINE: usize = 120;
/// The most characters of a text in somebody's own words.
pub const TEXT: usize = 2000;

/// A text that must say something, within bounds.
pub(crate) fn said(what: &'static str, text: &str, limit: usize) -> Result<(), Refusal> {
    match text.trim().chars().take(limit + 1).count() {
        0 => Err(Refusal::Empty { what }),
        length if length > limit => Err(Refusal::TooLong { what, limit }),
        _ => Ok(()),
    }
}

/// [`said`] of a text that may be absent.
pub(crate) fn said_if(what: &'static str, text: Option<&str>, limit: usize) -> Result<(), Refusal> {
    text.map_or(Ok(()), |text| said(what, text, limit))
}

/// The person who acts.
pub(crate) fn person(actor: &Actor) -> Result<&ServiceNumber, Refusal> {
    actor.person().ok_or(Refusal::NeedsPerson)
}

/// The second of two: another person than the first, in another sign-in. What a rule of the book
/// began, any person may complete.
pub(crate) fn another_person(first: &Actor, second: &Actor) -> Result<(), Refusal> {
    match (first, second) {
        (_, Actor::Gateway { .. } | Actor::Book { .. }) => Err(Refusal::NeedsPerson),
        (Actor::Person { service_number: one, sign_in: at }, Actor::Person { service_number: two, sign_in: there }) => {
            if one == two {
                Err(Refusal::SamePerson { person: two.clone() })
            } else if at == there {
                Err(Refusal::SameSignIn)
            } else {
                Ok(())
            }
        }
        (Actor::Gateway { .. } | Actor::Book { .. }, Actor::Person { .. }) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn codes_are_words_of_their_own() {
        let codes: BTreeSet<_> = Refusal::CODES.iter().collect();
        assert_eq!(codes.len(), Refusal::CODES.len());
        assert!(Refusal::CODES.iter().all(|c| c.chars().all(|c| c.is_ascii_lowercase() || c == '_')));
    }

    #[test]
    fn a_sentence_says_what_to_do() {
        let refusal = Refusal::RecordClosed { state: State::Destroyed };
        assert_eq!(refusal.code(), "record_closed");
        assert!(refusal.to_string().contains("claims the same identity"));
    }
}
