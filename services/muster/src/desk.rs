//! The desk: the only way by which a person's act, or what follows from it, reaches the log.
//!
//! Load the stream, authorise every id in the command by views that have seen it, decide, append with
//! the expected revision; on a conflict all of that once more, then say so. The answer comes when the
//! views have taken it in.

use std::sync::Arc;

use armoury::codes::{Basis, Role};
use armoury::command::Command;
use armoury::event::weapon::WeaponEvent;
use armoury::event::{Actor, Event, Fact, Meta};
use armoury::ids::{EventId, PlaceId, ServiceNumber};
use armoury::life::{Ctx, Facts};
use armoury::refusal::Refusal;
use armoury::view::Views;
use event_log::error::AppendError;
use event_log::event::{Expected, NewEvent, StreamName, TypeName};
use sha2::{Digest as _, Sha256};
use tag_data::moment::Moment;
use uuid::Uuid;

use crate::accounts::answers::Asked;
use crate::app::App;
use crate::auth::sign_in::{self, SignInError};
use crate::auth::{By, Who};
use crate::points;

mod authorise;
pub mod blind;
pub mod concerns;
mod in_flight;
mod recent;
pub(crate) mod turns;

pub(crate) use authorise::may_act;
pub use authorise::{may_enrol, may_enrol_in, scope, sees_alert, within_scope};
pub use concerns::concerns;
pub use in_flight::InFlight;
pub use recent::Recent;
pub use turns::Turns;

/// How an act is done, besides what it is.
#[derive(Clone, Debug, Default)]
pub struct How {
    /// When it happened, if not now.
    pub occurred_at: Option<Moment>,
    /// How that time is known; absent = by this device's clock.
    pub basis: Option<Basis>,
    /// Why, in the actor's words.
    pub reason: Option<String>,
    /// The request's key: the same key and the same request give the same answer, done once.
    pub idempotency_key: Option<String>,
    /// Through which device, as it names itself.
    pub device: Option<String>,
    /// The event this one follows from.
    pub cause: Option<EventId>,
    /// Issue: the holder's own password was checked just now (see [`App::check_holder`]).
    pub pin_checked: bool,
    /// The last position that the one who asks has seen: what changed after it, he has not.
    pub seen: Option<u64>,
}

/// An act done.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Done {
    /// Position of the last event written; reads with `?after=` it will have seen it.
    pub position: u64,
    /// The events written; none if it had been done already.
    pub event_ids: Vec<EventId>,
}

/// Why an act was not done.
#[derive(Debug, thiserror::Error)]
pub enum ActError {
    /// The rules refuse; the sentence says why.
    #[error("{0}")]
    Refused(Refusal),
    /// His sign-in ended, or his token was taken back, while he asked.
    #[error("Sign in first, or send a token that is still good.")]
    SignedOut,
    /// Absent, or outside the person's scope: the same answer.
    #[error("There is nothing of this name that you may see.")]
    NotFound,
    /// In scope, but not one of his rights.
    #[error("Your rights here do not include this act.")]
    NotAllowed,
    /// Somebody else changed it at the same time, or after what the asker has seen of it.
    #[error("Somebody else changed this just now; look again and repeat the act.")]
    Conflict,
    /// The idempotency key belongs to another request.
    #[error("This Idempotency-Key was used for another request.")]
    KeyReused,
    /// The same request is being answered now.
    #[error("The same request is being answered just now.")]
    InProgress,
    /// The log takes nothing.
    #[error("The log is read-only: {0}")]
    ReadOnly(String),
    /// Too much at once.
    #[error("Too many acts wait for the disk; try again shortly.")]
    Busy,
    /// No room.
    #[error("The disk is full, and nothing of this was entered. Make room on it, then do the same again.")]
    Full,
    /// The second person's number and password do not belong together.
    #[error("The second person's service number and password do not belong together.")]
    SecondPerson,
    /// Too many wrong passwords; seconds to wait.
    #[error("Too many wrong tries; try again in {0} seconds.")]
    Throttled(i64),
    /// A value that cannot stand in the book.
    #[error("{0}")]
    Invalid(String),
    /// Our fault.
    #[error("the act could not be done")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl ActError {
    /// Wraps our own fault.
    pub fn failed(cause: impl std::error::Error + Send + Sync + 'static) -> Self {
        if is_full(&cause) { Self::Full } else { Self::Failed(Box::new(cause)) }
    }
}

/// Whether a full disk is at the bottom of it.
pub(crate) fn is_full(cause: &(dyn std::error::Error + 'static)) -> bool {
    let mut causes = std::iter::successors(Some(cause), |cause| cause.source());
    causes.any(|cause| {
        let code = cause.downcast_ref::<rusqlite::Error>().and_then(rusqlite::Error::sqlite_error_code);
        code == Some(rusqlite::ErrorCode::DiskFull)
    })
}

/// How often an act is tried when somebody is faster.
const TRIES: u32 = 2;

/// Everything an append needs besides the command.
struct Order<'a> {
    actor: Actor,
    role: Option<Role>,
    place: Option<PlaceId>,
    how: &'a How,
    /// What the events' ids follow from; absent = fresh ids.
    seed: Option<[u8; 32]>,
}

impl App {
    /// Does what a person asks, or says why not.
    ///
    /// # Errors
    /// [`ActError`].
    pub async fn act(&self, who: &Who, command: Command, how: How) -> Result<Done, ActError> {
        let Some(key) = how.idempotency_key.clone() else { return self.act_once(who, &command, &how, None).await };
        check_key(&key)?;
        let person = who.service_number.as_str().to_owned();
        let _only = self.in_flight().enter_in_turn(&person, &key).await.ok_or(ActError::InProgress)?;
        let seed = hashed(&["muster-ids/v1", &person, &key]);
        let body = fingerprint(&command, &how)?;
        match self.accounts().ask(&person, &key, &body, Uuid::nil(), self.now()).map_err(ActError::failed)? {
            Asked::Other => return Err(ActError::KeyReused),
            Asked::Answered(_, answer) => return serde_json::from_slice(&answer).map_err(ActError::failed),
            Asked::CutOff(_) => {
                if let Some(done) = self.done_before(&seed)? {
                    return self.remember(&person, &key, done);
                }
            }
            Asked::New(_) => {}
        }
        points::passing("request-noted");
        match self.act_once(who, &command, &how, Some(seed)).await {
            Ok(done) => self.remember(&person, &key, done),
            // After a fault of ours nobody knows what reached the log: the key stays noted, and who asks again
            // gets the events that are there.
            Err(error @ (ActError::Failed(_) | ActError::ReadOnly(_))) => Err(error),
            Err(error) => {
                self.accounts().forget(&person, &key).map_err(ActError::failed)?;
                Err(error)
            }
        }
    }

    /// A second person signs at the first one's screen: one sign-in for one act.
    ///
    /// # Errors
    /// [`ActError`]; a wrong password counts against the number and the address.
    pub async fn act_as_second(
        &self,
        service_number: &str,
        password: &str,
        from: &str,
        command: Command,
        how: How,
    ) -> Result<Done, ActError> {
        let second = sign_in::once(self, service_number, password, from).await.map_err(refused_sign_in)?;
        self.act(&second, command, how).await
    }

    /// Checks the password of the one who takes a weapon: "acknowledged by his own PIN".
    ///
    /// # Errors
    /// [`ActError::SecondPerson`] when it is wrong; it counts against the number and the address.
    pub async fn check_holder(&self, holder: &ServiceNumber, pin: &str, from: &str) -> Result<(), ActError> {
        sign_in::signature(self, holder.as_str(), pin, from).await.map(drop).map_err(refused_sign_in)
    }

    /// What follows from an event by rule: the book itself acts. Safe to repeat: the ids follow
    /// from cause and rule, and a life decides to nothing when it has been done.
    ///
    /// # Errors
    /// [`ActError`].
    pub async fn act_by_rule(&self, command: &Command, cause: EventId, rule: &str) -> Result<Done, ActError> {
        let how = How { cause: Some(cause), ..How::default() };
        let stream = command.stream(self.node());
        let seed = hashed(&["muster-rule/v1", &cause.to_string(), rule, &stream]);
        let order = Order { actor: Actor::Book { rule: rule.to_owned() }, role: None, place: None, how: &how, seed: Some(seed) };
        let _turns = self.turns().take(turns::of_command(command)).await;
        self.carry_out(command, &order).await
    }

    /// What a gateway or the founding does: decided and written like everything else.
    pub(crate) async fn act_as(&self, actor: Actor, role: Option<Role>, command: &Command, how: &How) -> Result<Done, ActError> {
        let order = Order { actor, role, place: None, how, seed: None };
        let _turns = self.turns().take(turns::of_command(command)).await;
        self.carry_out(command, &order).await
    }

    /// What the rules would say to a command now, without writing anything.
    pub(crate) fn would(&self, actor: &Actor, command: &Command) -> Result<(), ActError> {
        self.would_in(&self.views(), actor, command)
    }

    /// The same by views that are held already.
    pub(crate) fn would_in(&self, views: &Views, actor: &Actor, command: &Command) -> Result<(), ActError> {
        let stream = StreamName::new(command.stream(self.node())).map_err(ActError::failed)?;
        let (past, facts) = (self.stream_facts(&stream)?, Facts::gather(views, command, self.now()));
        let ctx = Ctx { now: self.now(), actor, facts: &facts };
        armoury::life::decide(&past, command, &ctx).map(drop).map_err(ActError::Refused)
    }

    /// One of many acts: answered when it stands and the views have seen it, not when all that
    /// follows has happened.
    pub(crate) async fn act_unsettled(&self, who: &Who, command: Command, how: &How) -> Result<Done, ActError> {
        self.act_by_right(who, &command, how, None).await
    }

    /// Rights are those of now, and stay as they are until the act stands in the book: who lost one
    /// while his request was on its way has lost it.
    async fn act_by_right(&self, who: &Who, command: &Command, how: &How, seed: Option<[u8; 32]>) -> Result<Done, ActError> {
        let _turns = self.turns().take(turns::of_act(command)).await;
        let asked_at = self.now();
        for _ in 0..TRIES {
            // Asked again when somebody was faster: what he did may have put the thing out of this one's reach.
            // For the same reason the views by which it is asked have seen all that the decision will see.
            let past = self.past_in_views(command).await?;
            let who = self.as_of_now(who)?;
            let allowed = authorise::authorise(self, &who, command)?;
            let order = Order { actor: who.actor(), role: Some(allowed.role), place: allowed.place, how, seed };
            if let Some(done) = self.try_once(&past, command, &order, asked_at).await? {
                return Ok(done);
            }
        }
        Err(ActError::Conflict)
    }

    /// Held while rights, sign-ins or tokens are taken away outside the log: no act is under way meanwhile.
    pub(crate) async fn change_rights(&self) -> turns::Taken {
        self.turns().take(vec![(turns::RIGHTS.to_owned(), turns::Hold::Alone)]).await
    }

    fn as_of_now(&self, who: &Who) -> Result<Who, ActError> {
        if who.by == By::Once {
            return Ok(who.clone()); // Checked just now, for this act alone.
        }
        let (rules, now) = (&self.config().sign_in, self.now());
        let still = self.accounts().still_signed_in(&who.service_number, &who.sign_in, rules, now).map_err(ActError::failed)?;
        if !still {
            return Err(ActError::SignedOut);
        }
        let mut who = who.clone();
        who.grants = self.grants(&who.service_number);
        Ok(who)
    }

    async fn act_once(&self, who: &Who, command: &Command, how: &How, seed: Option<[u8; 32]>) -> Result<Done, ActError> {
        let done = self.act_by_right(who, command, how, seed).await?;
        points::passing("act-in-views");
        self.settled(done.position).await;
        points::passing("act-settled");
        Ok(done)
    }

    async fn carry_out(&self, command: &Command, order: &Order<'_>) -> Result<Done, ActError> {
        let asked_at = self.now();
        for _ in 0..TRIES {
            let past = self.past_in_views(command).await?;
            if let Some(done) = self.try_once(&past, command, order, asked_at).await? {
                return Ok(done);
            }
        }
        Err(ActError::Conflict)
    }

    /// The life that a command is about, as it stands, once the views have seen all of it.
    async fn past_in_views(&self, command: &Command) -> Result<Arc<Vec<Fact>>, ActError> {
        let stream = StreamName::new(command.stream(self.node())).map_err(ActError::failed)?;
        let past = self.stream_facts(&stream)?;
        let written = past.last().map_or(0, |last| last.position);
        if self.views().position < written {
            self.applied(written).await;
        }
        if self.views().position < written { Err(ActError::Conflict) } else { Ok(past) }
    }

    /// Decide and append. `None`: somebody was faster, and the views have seen what he did.
    async fn try_once(
        &self,
        past: &[Fact],
        command: &Command,
        order: &Order<'_>,
        asked_at: Moment,
    ) -> Result<Option<Done>, ActError> {
        let stream = StreamName::new(command.stream(self.node())).map_err(ActError::failed)?;
        let last = past.last();
        if order.how.seen.zip(last).is_some_and(|(seen, last)| last.position > seen) {
            return Err(ActError::Conflict);
        }
        let mut facts = Facts::gather(&self.views(), command, self.now());
        facts.pin_checked = order.how.pin_checked;
        let ctx = Ctx { now: self.now(), actor: &order.actor, facts: &facts };
        let events = armoury::life::decide(past, command, &ctx).map_err(ActError::Refused)?;
        if events.is_empty() {
            return Ok(Some(Done { position: self.log().head().size, event_ids: Vec::new() }));
        }
        if last.is_some_and(|last| unseen(&events, order, last, asked_at)) {
            return Err(ActError::Conflict);
        }
        let new = self.envelopes(&events, order)?;
        let ids = new.iter().map(|event| EventId(event.id)).collect();
        let expected = last.map_or(Expected::NoStream, |fact| Expected::Revision(fact.revision));
        match self.log().append(&stream, expected, new).await {
            Ok(appended) => {
                points::passing("act-in-log");
                self.applied(appended.last_position).await;
                Ok(Some(Done { position: appended.last_position, event_ids: ids }))
            }
            Err(AppendError::WrongRevision { .. }) => {
                self.applied(self.log().head().size).await;
                Ok(None)
            }
            Err(other) => Err(refused_append(other)),
        }
    }

    fn envelopes(&self, events: &[Event], order: &Order<'_>) -> Result<Vec<NewEvent>, ActError> {
        let now = self.now();
        let how = order.how;
        let meta = Meta {
            actor: order.actor.clone(),
            role: order.role,
            device: how.device.clone(),
            place: order.place,
            node: self.node().clone(),
            basis: how.basis.unwrap_or(Basis::Device),
            cause: how.cause,
            reason: how.reason.clone(),
            idempotency_key: how.idempotency_key.clone(),
        };
        let meta = serde_json::to_vec(&meta).map_err(ActError::failed)?;
        let one = |(nth, event): (u64, &Event)| -> Result<NewEvent, ActError> {
            Ok(NewEvent {
                id: order.seed.map_or_else(|| self.new_id(), |seed| derived_id(&seed, nth)),
                type_name: TypeName::new(event.type_name()).map_err(ActError::failed)?,
                schema_version: event.schema_version(),
                occurred_at: how.occurred_at.unwrap_or(now).micros(),
                meta: meta.clone(),
                data: event.data().map_err(ActError::failed)?,
            })
        };
        (0..).zip(events).map(one).collect()
    }

    fn done_before(&self, seed: &[u8; 32]) -> Result<Option<Done>, ActError> {
        let mut done: Option<Done> = None;
        for nth in 0.. {
            let Some(recorded) = self.log().event_by_id(derived_id(seed, nth)).map_err(ActError::failed)? else { break };
            let ids = done.map(|done| done.event_ids).unwrap_or_default();
            done = Some(Done { position: recorded.position, event_ids: [ids, vec![EventId(recorded.id)]].concat() });
        }
        Ok(done)
    }

    fn remember(&self, person: &str, key: &str, done: Done) -> Result<Done, ActError> {
        let answer = serde_json::to_vec(&done).map_err(ActError::failed)?;
        self.accounts().answer(person, key, 200, &answer).map_err(ActError::failed)?;
        points::passing("answer-kept");
        Ok(done)
    }

    /// An id for something new. The same request under the same key makes the same id.
    #[must_use]
    pub fn id_for(&self, who: &Who, idempotency_key: Option<&str>, what: &str) -> Uuid {
        idempotency_key.map_or_else(
            || self.new_id(),
            |key| derived_id(&hashed(&["muster-new/v1", who.service_number.as_str(), key, what]), 0),
        )
    }
}

/// An act that contradicts what was entered less than this before (seconds) was decided without
/// seeing it: two clerks, one rifle. Nobody reads, thinks and answers so fast.
const UNSEEN_SECONDS: i64 = 3;

/// Whether a person's act, as of now and by this device's clock, contradicts the book only because
/// somebody was quicker. A contradiction with what he could have seen is a fact and is taken.
fn unseen(events: &[Event], order: &Order<'_>, last: &Fact, asked_at: Moment) -> bool {
    let by_hand = matches!(order.actor, Actor::Person { .. });
    let now = order.how.occurred_at.is_none() && order.how.basis.is_none_or(|basis| basis == Basis::Device);
    let just_now = asked_at.seconds_since(last.recorded_at) < UNSEEN_SECONDS;
    by_hand && now && order.how.seen.is_none() && just_now && events.iter().any(contradicts)
}

/// Whether an event says that the book had it otherwise.
fn contradicts(event: &Event) -> bool {
    let Event::Weapon(event) = event else { return false };
    let against = match event {
        WeaponEvent::Racked(e) => e.against_book,
        WeaponEvent::Issued(e) => e.against_book,
        WeaponEvent::Returned(e) => e.against_book,
        WeaponEvent::SentElsewhere(e) => e.against_book,
        WeaponEvent::Recovered(e) => e.against_book,
        _ => None,
    };
    against.is_some()
}

/// What an append's failure means for the one who asked.
pub(crate) fn refused_append(error: AppendError) -> ActError {
    match error {
        AppendError::ReadOnly { reason } => ActError::ReadOnly(reason.to_string()),
        AppendError::Busy { .. } => ActError::Busy,
        AppendError::Storage(cause) if cause.is_full() => ActError::Full,
        AppendError::TooLarge { .. } => ActError::Invalid(error.to_string()),
        // Ids that follow from a request's key: its answer was forgotten, its events are not.
        AppendError::IdReused { .. } => ActError::KeyReused,
        other => ActError::failed(other),
    }
}

/// An id that follows from a seed: version 8 (RFC 9562, 5.8), so that it is never taken for a time.
pub(crate) fn derived_id(seed: &[u8; 32], nth: u64) -> Uuid {
    let digest = Sha256::new().chain_update(seed).chain_update(nth.to_be_bytes()).finalize();
    let mut raw = [0; 16];
    raw.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(raw).into_uuid()
}

/// SHA-256 over length-prefixed texts.
pub(crate) fn hashed(parts: &[&str]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().into()
}

fn fingerprint(command: &Command, how: &How) -> Result<[u8; 32], ActError> {
    let command = serde_json::to_string(command).map_err(ActError::failed)?;
    let occurred = how.occurred_at.map(|at| at.to_string()).unwrap_or_default();
    let (basis, reason) = (how.basis.map(Basis::word).unwrap_or_default(), how.reason.as_deref().unwrap_or_default());
    Ok(hashed(&[&command, &occurred, basis, reason]))
}

fn check_key(key: &str) -> Result<(), ActError> {
    let plain = key.chars().all(|c| c.is_ascii_graphic());
    if plain && (1..=128).contains(&key.len()) {
        return Ok(());
    }
    Err(ActError::Invalid("An Idempotency-Key has 1 to 128 printable ASCII characters.".to_owned()))
}

fn refused_sign_in(error: SignInError) -> ActError {
    match error {
        SignInError::Wrong => ActError::SecondPerson,
        SignInError::Wait(seconds) => ActError::Throttled(seconds),
        SignInError::MustChange => ActError::Invalid(error.to_string()),
        SignInError::Accounts(cause) => ActError::failed(cause),
    }
}

/// What a failure of the accounts means for the one who asked.
pub(crate) fn refused_account(error: crate::accounts::AccountsError) -> ActError {
    use crate::accounts::AccountsError;
    match error {
        AccountsError::TooShort { .. } | AccountsError::TooLong | AccountsError::Exists(_) => {
            ActError::Invalid(error.to_string())
        }
        AccountsError::Absent(_) => ActError::NotFound,
        other => ActError::failed(other),
    }
}

/// Whether a gateway's batches may be looked at: enrolled, or closed from some sequence on.
pub(crate) fn is_enrolled(row: &armoury::view::GatewayRow) -> bool {
    use armoury::view::gateways::Enrolment;
    matches!(row.enrolment, Enrolment::Enrolled | Enrolment::Revoked) && !row.public_key.is_empty()
}
