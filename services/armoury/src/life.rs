//! The shape of every life: a state folded from facts, and a decision that answers a command.
//!
//! `evolve` is total: the log is what happened, and the past needs no permission. `decide` may
//! refuse. Neither reads a clock or another stream: what lies outside the stream comes in [`Ctx`].

pub mod gather;

use std::collections::BTreeMap;

use tag_data::moment::Moment;

use crate::alert::Alert;
use crate::batch::Batch;
use crate::case::Case;
use crate::codes::{Disposition, State};
use crate::command::Command;
use crate::count::Count;
use crate::event::{Actor, Event, Fact};
use crate::gateway::Gateway;
use crate::ids::{BatchId, CaseId, EventId, PlaceId, ServiceNumber, WeaponId};
use crate::marks::Stamped;
use crate::person::Person;
use crate::place::Place;
use crate::refusal::Refusal;
use crate::weapon::Weapon;

/// One life: a stream, its state and its commands.
pub trait Life {
    /// What names it.
    type Id;
    /// What the stream's facts fold into; `Default` is a life that has not begun.
    type State: Default + Clone;
    /// What can be asked of it.
    type Command;

    /// Takes one fact in. Never fails; facts of other lives change nothing.
    fn evolve(state: &mut Self::State, fact: &Fact);

    /// Answers a command to the life `id` with the events that now happen; none, if it has been done already.
    ///
    /// # Errors
    /// A [`Refusal`], whose sentence says what to do instead.
    fn decide(id: &Self::Id, state: &Self::State, command: &Self::Command, ctx: &Ctx) -> Result<Vec<Event>, Refusal>;

    /// The state after these facts, in order.
    fn fold<'a>(facts: impl IntoIterator<Item = &'a Fact>) -> Self::State {
        let mut state = Self::State::default();
        for fact in facts {
            Self::evolve(&mut state, fact);
        }
        state
    }
}

/// Answers any command: folds the facts of the command's stream, in order, and lets its life decide.
///
/// # Errors
/// A [`Refusal`], whose sentence says what to do instead.
pub fn decide(stream: &[Fact], command: &Command, ctx: &Ctx) -> Result<Vec<Event>, Refusal> {
    fn answer<L: Life>(id: &L::Id, stream: &[Fact], command: &L::Command, ctx: &Ctx) -> Result<Vec<Event>, Refusal> {
        L::decide(id, &L::fold(stream), command, ctx)
    }
    match command {
        Command::Weapon(id, command) => answer::<Weapon>(id, stream, command, ctx),
        Command::Place(id, command) => answer::<Place>(id, stream, command, ctx),
        Command::Person(id, command) => answer::<Person>(id, stream, command, ctx),
        Command::Count(id, command) => answer::<Count>(id, stream, command, ctx),
        Command::Case(id, command) => answer::<Case>(id, stream, command, ctx),
        Command::Batch(id, command) => answer::<Batch>(id, stream, command, ctx),
        Command::Gateway(id, command) => answer::<Gateway>(id, stream, command, ctx),
        Command::Alert(id, command) => answer::<Alert>(id, stream, command, ctx),
    }
}

/// What stands around a command.
#[derive(Clone, Copy, Debug)]
pub struct Ctx<'a> {
    /// Now, by the server.
    pub now: Moment,
    /// Who acts.
    pub actor: &'a Actor,
    /// What the desk looked up in the views for this command.
    pub facts: &'a Facts,
}

/// What lies outside the command's own stream, looked up in the views just before. Fields that a
/// command does not need stay empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Register: other records with exactly this identity.
    pub same_identity: Vec<WeaponId>,
    /// Bind a tag: the living weapon, other than this, that carries the EPC or the chip.
    pub tag_bound_to: Option<WeaponId>,
    /// The weapons that the command is about, as the book has them: the one named, the case's, and
    /// every weapon on a batch's list.
    pub weapons: BTreeMap<WeaponId, WeaponBrief>,
    /// The case that stands open for the weapon named.
    pub open_case: Option<CaseId>,
    /// Count item: the weapon that what was seen resolves to, if exactly one does.
    pub resolved: Option<WeaponId>,
    /// Count: the custodian of the place, or of the nearest place above that has one.
    /// Alert: the custodian of its place.
    pub custodian: Option<ServiceNumber>,
    /// Issue: the desk has checked the holder's own PIN or second factor just now.
    pub pin_checked: bool,
    /// Close a count: what the views captured for it.
    pub taking: Option<Taking>,
    /// Close a place: weapons on record and open places in it.
    pub place_holds: u32,
    /// Open or move into a place: whether the place exists and is open; `None` = not looked up.
    pub place_open: Option<bool>,
    /// Found: how many people were founded so far.
    pub founded: u32,
    /// Take in a batch: the gateway's key.
    pub gateway_key: Option<KeyStanding>,
    /// Revoke a gateway: the next sequence that would be taken.
    pub gateway_next: u64,
}

/// A weapon as the book has it, as far as other lives' rules need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WeaponBrief {
    /// Its state.
    pub state: State,
    /// What is to become of it.
    pub disposition: Disposition,
    /// The serial on the controlling part, as stamped.
    pub serial: Stamped,
    /// The place on record.
    pub place: PlaceId,
    /// The batch it is locked in.
    pub batch: Option<BatchId>,
    /// Its destruction with that batch was confirmed by two; its own record follows, if it has not.
    pub certified: bool,
    /// A case stands open for it, whether its own record has followed or not.
    pub in_case: bool,
}

/// Whether a gateway's batches are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyStanding {
    /// Enrolled by two.
    Enrolled,
    /// Closed: nothing from this sequence on is taken.
    ClosedFrom(u64),
}

/// What the views know for closing a count: what was expected when it opened, where those and the
/// sighted weapons stand now, and which readers of the place are not hearing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taking {
    /// What was expected when the count opened, by weapon.
    pub expected: BTreeMap<WeaponId, Standing>,
    /// Where every expected and every sighted weapon stands now.
    pub now: BTreeMap<WeaponId, Standing>,
    /// The place counted and every place below it, each with the place it stands in.
    pub places: BTreeMap<PlaceId, Option<PlaceId>>,
    /// Readers of those places that are not hearing, by id.
    pub readers_not_hearing: Vec<String>,
}

/// Where a weapon stands by the book: one row of a count's snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its state.
    pub state: State,
    /// The place on record: where it stands, or stood before it went out.
    pub place: PlaceId,
    /// The document that took it out, while it is out.
    pub document: Option<OpenDocument>,
    /// True while a case stands for it that two have not closed.
    pub in_case: bool,
}

/// A document that accounts for a weapon elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenDocument {
    /// The event that opened it.
    pub event: EventId,
    /// Who opened it.
    pub opened_by: Option<ServiceNumber>,
    /// Whether somebody else confirmed: the receiver, or the holder with his own PIN.
    pub confirmed: bool,
}
