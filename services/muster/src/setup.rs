//! The first start: a one-time link makes the first two people and the first place, once.
//!
//! The link is printed where the program was started, lasts thirty minutes and is taken from this
//! machine only. Both founders become custodian and approver everywhere: with two people there is
//! nobody else to do either, and no act that needs two can be done by one. Until a security
//! officer is in force approvers stand in for him; once there is one, his acts are his alone.

use std::sync::Mutex;

use armoury::codes::{PlaceKind, Role};
use armoury::command::{Command, PersonCommand, PlaceCommand, person, place};
use armoury::event::Actor;
use armoury::event::person::Grant;
use armoury::ids::{PlaceId, ServiceNumber};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tag_data::moment::Moment;

use crate::accounts::passwords::same;
use crate::app::App;
use crate::desk::{ActError, How};
use crate::{points, random};

/// How long the link is good, in seconds.
pub const LINK_SECONDS: i64 = 30 * 60;

/// Whether the set-up still waits, and its link.
#[derive(Debug)]
pub struct Setup {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    waits: bool,
    link: Option<(/* hash */ [u8; 32], /* good until */ Moment)>,
}

/// One of the first two.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Founder {
    /// His service number.
    pub service_number: ServiceNumber,
    /// His name; sealed before it is written.
    pub name: String,
    /// His password.
    pub password: String,
}

/// What the set-up asks for.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SetUp")]
pub struct Request {
    /// The secret of the one-time link.
    pub link: String,
    /// The first place's name, such as "Camp Example".
    pub place: String,
    /// The first person.
    pub first: Founder,
    /// The second person.
    pub second: Founder,
}

/// What the set-up answers; the head is for paper.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Founded {
    /// The first place.
    pub place: PlaceId,
    /// Position of the last event of the set-up.
    pub position: u64,
    /// Events in the log.
    pub log_size: u64,
    /// Merkle root of the log, lower-case hex.
    pub log_root: String,
    /// The signed checkpoint (C2SP), to print and keep outside.
    pub checkpoint: String,
}

impl Setup {
    /// The set-up waits until the first two people and the first place are in the book.
    #[must_use]
    pub fn new(waits: bool) -> Self {
        Self { state: Mutex::new(State { waits, link: None }) }
    }

    /// Whether the book still waits for its first two people.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.lock().waits
    }

    /// A fresh link's secret; an older one is good no more.
    #[must_use]
    pub fn new_link(&self, now: Moment) -> String {
        let secret = random::secret("");
        self.lock().link = Some((Sha256::digest(secret.as_bytes()).into(), now.plus_seconds(LINK_SECONDS)));
        secret
    }

    /// Whether this is the link's secret and still good.
    #[must_use]
    pub fn is_link(&self, secret: &str, now: Moment) -> bool {
        let state = self.lock();
        let digest: [u8; 32] = Sha256::digest(secret.as_bytes()).into();
        state.waits && state.link.is_some_and(|(hash, until)| same(&hash, &digest) && now < until)
    }

    fn done(&self) {
        *self.lock() = State { waits: false, link: None };
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("no holder of the set-up's lock panics")
    }
}

impl App {
    /// Makes the first two people and the first place. `from_here`: the request came from this machine.
    ///
    /// # Errors
    /// [`ActError::NotFound`] without the link or from elsewhere; otherwise what is wrong with the values.
    pub async fn found(&self, request: Request, from_here: bool) -> Result<Founded, ActError> {
        if !from_here || !self.setup().is_link(&request.link, self.now()) {
            return Err(ActError::NotFound);
        }
        let Request { place, first, second, link: request_link } = request;
        if first.service_number == second.service_number {
            return Err(ActError::Invalid("The first two are two different people.".to_owned()));
        }
        if first.password == second.password {
            return Err(ActError::Invalid("Each of the two keeps a password of his own.".to_owned()));
        }
        let _only = self.in_flight().enter("", "set-up").ok_or(ActError::InProgress)?;
        if !self.setup().is_link(&request_link, self.now()) {
            return Err(ActError::NotFound); // Somebody was quicker.
        }
        self.make_founder(&first, &[Role::Custodian, Role::Approver]).await?;
        points::passing("first-founder");
        self.make_founder(&second, &[Role::Approver]).await?;
        points::passing("second-founder");
        let place_id = PlaceId(self.new_id());
        let open = place::Open { kind: PlaceKind::Site, name: place, within: None };
        let actor = Actor::Person { service_number: first.service_number.clone(), sign_in: "set-up".to_owned() };
        let command = Command::Place(place_id, PlaceCommand::Open(open));
        self.act_as(actor.clone(), Some(Role::Approver), &command, &How::default()).await?;
        points::passing("first-place");
        let keeps = place::NameCustodian { custodian: first.service_number.clone() };
        let command = Command::Place(place_id, PlaceCommand::NameCustodian(keeps));
        let done = self.act_as(actor, Some(Role::Approver), &command, &How::default()).await?;
        points::passing("first-custodian");
        self.setup().done();
        self.settled(done.position).await;
        let head = self.log().head();
        Ok(Founded {
            place: place_id,
            position: done.position,
            log_size: head.size,
            log_root: hex::encode(head.root),
            checkpoint: self.checkpoint()?,
        })
    }

    /// The account first, then the book: a set-up cut off anywhere is simply done again, with the same
    /// people or others; who is in the book already stays as he is.
    async fn make_founder(&self, founder: &Founder, roles: &[Role]) -> Result<(), ActError> {
        let (accounts, person, password) = (self.accounts_shared(), founder.service_number.clone(), founder.password.clone());
        let now = self.now();
        let made = tokio::task::spawn_blocking(move || {
            if accounts.account(&person)?.is_some() {
                accounts.set_password(&person, &password)
            } else {
                accounts.make(&person, &password, now)
            }
        });
        made.await.map_err(ActError::failed)?.map_err(crate::desk::refused_account)?;
        points::passing("founder-account");
        let everywhere = |role: &Role| Grant { role: *role, place: None, from: now, until: None };
        let number = &founder.service_number;
        let found = person::Found {
            name: self.keys().seal(&format!("person:{number}"), founder.name.trim()).map_err(ActError::failed)?,
            grants: roles.iter().map(everywhere).collect(),
        };
        let actor = Actor::Person { service_number: number.clone(), sign_in: "set-up".to_owned() };
        let command = Command::Person(number.clone(), PersonCommand::Found(found));
        match self.act_as(actor, None, &command, &How::default()).await {
            Err(ActError::Refused(armoury::refusal::Refusal::AlreadyInBook { .. })) | Ok(_) => Ok(()),
            Err(other) => Err(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_good_once_and_for_half_an_hour() {
        let setup = Setup::new(true);
        let at = |seconds| Moment::from_micros(0).plus_seconds(seconds);
        let old = setup.new_link(at(0));
        let link = setup.new_link(at(0));
        assert!(!setup.is_link(&old, at(1)), "a newer link replaces it");
        assert!(!setup.is_link("", at(1)));
        assert!(setup.is_link(&link, at(LINK_SECONDS - 1)));
        assert!(!setup.is_link(&link, at(LINK_SECONDS)));
        setup.done();
        assert!(!setup.is_link(&link, at(1)));
    }
}
