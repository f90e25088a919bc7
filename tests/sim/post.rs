//! One post: a house of its own with its log, its people and its places, as the program composes it.
//!
//! The real desk, intake, views and rules, standing still over a log in memory. What the log has
//! answered survives a power cut, what was under way is in it whole or not at all; the house itself
//! is gone and is opened again over the same log. What was answered to anybody is remembered here,
//! outside the house, to be held against it.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use armoury::command::Command;
use armoury::ids::{GatewayKey, NodeId};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};
use event_log::{EventLog, Head};
use muster::accounts::Accounts;
use muster::app::App;
use muster::app::still::Parts;
use muster::auth::Who;
use muster::config::{Config, SignIn};
use muster::desk::{ActError, Done, How};
use muster::intake::IntakeError;
use muster::sealing::Keys;
use tag_data::batch::Receipt;
use uuid::Uuid;

use crate::book::Book;
use crate::clock::{self, at_once, guarded};
use crate::dice::Dice;
use crate::line::Line;
use crate::people::Person;
use crate::promise::{Broken, broken};
use crate::tally;

/// What an act came to.
#[derive(Clone, Debug)]
pub enum Answer {
    /// It was done; perhaps it had been done already.
    Done(Done),
    /// It was refused, with the program's word for why.
    Refused(String),
    /// The power failed; nobody knows what became of it.
    Cut,
}

/// What was answered to somebody, and must stay true.
#[derive(Clone, Debug)]
pub struct Told {
    /// The last position.
    pub position: u64,
    /// The events.
    pub ids: Vec<Uuid>,
}

/// A post.
pub struct Post {
    /// Its name, which is also its node's.
    pub name: String,
    /// Its people.
    pub people: Vec<Person>,
    /// Where things stand.
    pub places: crate::people::Places,
    /// By how much its clock is off, in microseconds.
    pub off_by: i64,
    /// The house; none while its power is out.
    pub house: Option<Rc<App>>,
    /// Its log, on a disk that keeps what it acknowledged.
    pub log: EventLog,
    /// What was answered.
    pub told: Vec<Told>,
    /// Heads that somebody outside holds.
    pub heads: Vec<Head>,
    /// Receipts that were given: gateway, and what it was told.
    pub receipts: Vec<Receipt>,
    /// The naive book.
    pub book: Book,
    /// Who truly asked for an event, in which sign-in.
    pub asked_by: BTreeMap<String, (usize, String)>,
    /// Who stands at the desk in this step: number and sign-in.
    pub at_the_desk: Vec<(String, String)>,
    accounts: Arc<Accounts>,
    signing: SigningKey,
}

impl Post {
    /// A post with an empty log.
    pub fn new(name: &str, dice: &mut Dice) -> Self {
        let accounts = Accounts::in_memory(&sign_in()).expect("SQLite gives memory");
        let mut post = Self {
            name: name.to_owned(),
            people: Vec::new(),
            places: crate::people::Places::at(dice),
            off_by: 0,
            house: None,
            log: EventLog::memory(clock::of_the_log, clock::salt),
            told: Vec::new(),
            heads: Vec::new(),
            receipts: Vec::new(),
            book: Book::default(),
            asked_by: BTreeMap::new(),
            at_the_desk: Vec::new(),
            accounts: Arc::new(accounts),
            signing: SigningKey::from_bytes(&dice.bytes()),
        };
        post.people = crate::people::of(&post, dice);
        post
    }

    /// The node's name in streams.
    pub fn node(&self) -> NodeId {
        self.name.parse().expect("a post's name is a node's name")
    }

    /// The service's public key.
    pub fn service_key(&self) -> [u8; 32] {
        self.signing.verifying_key().to_bytes()
    }

    /// Starts the house; `true_time` is what a right clock would say.
    pub fn start(&mut self, true_time: i64) {
        clock::set(true_time + self.off_by);
        let config = Config { node: self.node(), sign_in: sign_in(), ..Config::default() };
        let parts = Parts {
            log: self.log.clone(),
            accounts: Arc::clone(&self.accounts),
            keys: Keys::in_memory().expect("SQLite gives memory"),
            signing: Some(self.signing.clone()),
            gone: muster::companions::Gone::default(),
        };
        let app = App::still(config, parts).expect("a house opens over its log");
        let (ran, size) = (app.rules_at(), self.log.head().size);
        if ran < size && self.book.lines.len() as u64 == size {
            tally::saw("rules take up after a restart what was open");
            let repeated =
                |line: &&Line| line.by() == "book" && self.book.line(line.cause()).is_some_and(|cause| cause.position > ran);
            if self.book.lines.iter().rev().take(50).find(repeated).is_some() {
                tally::saw("a reaction is asked again after a restart");
            }
        }
        self.house = Some(Rc::new(app));
    }

    /// The house, while it has power.
    pub fn app(&self) -> Option<Rc<App>> {
        self.house.clone()
    }

    /// A person as the house knows him now.
    pub fn who(&self, app: &App, person: usize) -> Who {
        let person = &self.people[person];
        Who::once(person.number.clone(), person.sign_in.clone(), app.grants(&person.number), "en".to_owned())
    }

    /// A person acts.
    pub fn act(&mut self, true_time: i64, person: usize, command: &Command, how: &How) -> Answer {
        let Some(app) = self.app() else { return Answer::Refused("no_power".to_owned()) };
        self.comes_to_the_desk(person);
        clock::set(true_time + self.off_by);
        let done = guarded(|| at_once(app.act(&self.who(&app, person), command.clone(), how.clone())));
        drop(app);
        match done {
            Some(Ok(done)) => {
                self.tell(&done);
                Answer::Done(done)
            }
            Some(Err(error)) => Answer::Refused(word(&error)),
            None => {
                self.house = None;
                Answer::Cut
            }
        }
    }

    /// A person comes to the desk; in which sign-in.
    pub fn comes_to_the_desk(&mut self, person: usize) -> String {
        let person = &self.people[person];
        self.at_the_desk.push((person.number.to_string(), person.sign_in.clone()));
        person.sign_in.clone()
    }

    /// The next step begins.
    pub fn nobody_at_the_desk(&mut self) {
        self.at_the_desk.clear();
    }

    /// Remembers who asked for what was done; an answer given again does not change who it was.
    pub fn asked_for(&mut self, done: &Done, person: usize, sign_in: &str) {
        for id in &done.event_ids {
            self.asked_by.entry(id.to_string()).or_insert_with(|| (person, sign_in.to_owned()));
        }
    }

    /// What stands under a name was asked for by that person, in that sign-in.
    pub fn is_his(&self, line: &Line) -> Result<(), Broken> {
        let signed = (line.person(), line.sign_in());
        if line.by() != "person" || signed.1 == "the first day" {
            return Ok(());
        }
        let asked =
            self.asked_by.get(&line.id).map(|(person, sign_in)| (self.people[*person].number.to_string(), sign_in.clone()));
        let known = asked.as_ref().map_or_else(|| self.at_the_desk.contains(&signed), |asked| *asked == signed);
        if known {
            Ok(())
        } else {
            broken("what stands under a name was asked by that person", format!("{asked:?}: {}", line.told()))
        }
    }

    /// Remembers what was answered.
    pub fn tell(&mut self, done: &Done) {
        self.told.push(Told { position: done.position, ids: done.event_ids.iter().map(|id| id.0).collect() });
    }

    /// A batch comes in; what the service answers, or nothing if the power failed.
    pub fn take_in(&mut self, true_time: i64, key: &GatewayKey, body: &[u8]) -> Option<Result<Receipt, IntakeError>> {
        let app = self.app()?;
        clock::set(true_time + self.off_by);
        let answer = guarded(|| at_once(app.take_in(key, body)));
        drop(app);
        match &answer {
            None => self.house = None,
            Some(Ok(receipt)) => self.receipts.push(receipt.clone()),
            Some(Err(_)) => {}
        }
        answer
    }

    /// What this post would answer had it been put back from an older copy: everything confirmed, behind a head
    /// that the gateway has seen grow. None while the gateway has seen no head.
    pub fn older_receipt(&self, gateway: &GatewayKey, acknowledged: u64, next: u64) -> Option<Receipt> {
        let seen = self.receipts.iter().filter(|told| told.gateway == gateway.as_str() && told.next == acknowledged);
        let log_size = seen.map(|told| told.log_size).min()?.checked_sub(1)?;
        let log_root = hex::encode(self.log.root_at(log_size).ok()??);
        let mut receipt = Receipt { gateway: gateway.to_string(), next, log_size, log_root, signature: String::new() };
        receipt.signature = STANDARD.encode(self.signing.sign(&receipt.signing_bytes()).to_bytes());
        Some(receipt)
    }

    /// The rules run over the next events; `false` when there is nothing more or the power failed.
    pub fn rules(&mut self, true_time: i64, at_most: usize) -> bool {
        let Some(app) = self.app() else { return false };
        clock::set(true_time + self.off_by);
        let further = guarded(|| app.rules_on(at_most, |asked| at_once(asked)));
        drop(app);
        if further.is_none() {
            self.house = None;
        }
        further.unwrap_or(false)
    }

    /// Somebody outside takes the head home.
    pub fn head_goes_out(&mut self) {
        self.heads.push(self.log.head());
    }
}

fn sign_in() -> SignIn {
    SignIn { password_memory_kib: 64, password_passes: 1, ..SignIn::default() }
}

/// The program's word for why an act was not done.
pub fn word(error: &ActError) -> String {
    match error {
        ActError::Refused(refusal) => refusal.code().to_owned(),
        ActError::NotFound => "not_found".to_owned(),
        ActError::NotAllowed => "not_allowed".to_owned(),
        ActError::Conflict => "conflict".to_owned(),
        ActError::KeyReused => "key_reused".to_owned(),
        ActError::InProgress => "in_progress".to_owned(),
        ActError::SignedOut => "signed_out".to_owned(),
        ActError::Invalid(_) => "invalid".to_owned(),
        other => format!("internal: {other:?}"),
    }
}
