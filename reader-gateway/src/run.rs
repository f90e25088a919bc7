//! The running gateway: readers' ears, sieves, one writer for the disk, one uplink.
//!
//! ```text
//! reader task (one each):  ear -> sieve -> burst ----+
//! writer thread:           bursts -> one transaction, flushed -> tickets done -> uplink woken
//! uplink thread:           batch -> sign -> post -> receipt -> acknowledged
//! ```
//! A message's ticket travels behind its observations and is used only when they are on disk. The
//! disk failing holds everything back and is tried again for ever. The demonstration hands in its
//! own ports and its own way to post; everything between is the same code.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle as Thread;
use std::time::Duration;

use sha2::{Digest, Sha256};
use tag_data::moment::Moment;
use tag_data::scan::{Item, ReaderCondition, ReaderNotice};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use zeroize::Zeroizing;

use crate::config::{Config, Reader};
use crate::ear::{Ear, Heard};
use crate::identity::{Identity, IdentityError};
use crate::outbox::{Outbox, OutboxError};
use crate::port::{self, Access, Port, Ticket};
use crate::protocol::{Counter, Driver, Effect};
use crate::sieve::{Counts, Sieve};
use crate::uplink::http::{self, HttpError};
use crate::uplink::{Post, Step, Uplink};
use crate::{clock, limits, points};

/// What the caller may bring instead of the configuration's own.
#[derive(Default)]
pub struct Parts {
    /// Ports by reader id, instead of the URL in the configuration.
    pub ports: BTreeMap<String, Port>,
    /// A way to the service, instead of HTTP.
    pub post: Option<Post>,
    /// A person said that the service's log was restored: take its new head.
    pub accept_new_head: bool,
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parts").field("ports", &self.ports.keys()).finish_non_exhaustive()
    }
}

/// Why a gateway cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Its key.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// Its outbox.
    #[error(transparent)]
    Outbox(#[from] OutboxError),
    /// Its client.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// A secret or certificate file.
    #[error("cannot read {path}")]
    File {
        /// The file.
        path: PathBuf,
        /// As the system says.
        #[source]
        cause: std::io::Error,
    },
    /// A thread.
    #[error("cannot start a thread")]
    Thread(#[source] std::io::Error),
}

/// How one reader fares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReaderStatus {
    /// Whether its port is open.
    pub open: bool,
    /// Its last condition.
    pub condition: Option<ReaderCondition>,
    /// What its sieve did.
    pub sieve: Counts,
    /// What its driver counted.
    pub counters: BTreeMap<Counter, u64>,
    /// Messages refused as stale or foreign.
    pub refused: u64,
}

/// How the gateway fares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// The next item's sequence.
    pub next: u64,
    /// Everything below is in the book.
    pub acknowledged: u64,
    /// Items lost for want of room and not declared yet.
    pub lost: u64,
    /// Why nothing is acknowledged at present.
    pub trouble: Option<String>,
    /// The readers by id.
    pub readers: BTreeMap<String, ReaderStatus>,
}

/// What the threads share.
struct Shared {
    outbox: Mutex<Outbox>,
    /// Rung when there is something for the uplink: new items, or the end.
    bell: Condvar,
    uplink: Mutex<Link>,
    readers: Mutex<BTreeMap<String, ReaderStatus>>,
}

#[derive(Default)]
struct Link {
    rung: bool,
    stop: bool,
    trouble: Option<String>,
}

/// A lock whose holder panicked is still a lock: the data behind it is only ever replaced whole.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Items of one moment, and what to acknowledge once they are safe.
struct Burst {
    items: Vec<Item>,
    ticket: Ticket,
}

/// A running gateway; dropped, its readers stop, and what it heard stays in the outbox.
pub struct Gateway {
    key_id: String,
    shared: Arc<Shared>,
    readers: Vec<JoinHandle<()>>,
    writer: Option<Thread<()>>,
    uplink: Option<Thread<()>>,
}

impl Gateway {
    /// Starts everything and returns at once. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// The key, the outbox, a certificate or a secret file.
    pub fn start(config: &Config, mut parts: Parts) -> Result<Self, StartError> {
        let identity = Identity::open(&config.gateway.key, fresh_secret)?;
        let now = clock::now();
        let boot = format!("{now} {}", std::process::id());
        let outbox = Outbox::open(&config.gateway.outbox, &boot, config.gateway.outbox_items)?;
        let post = match parts.post.take() {
            Some(post) => post,
            None => http::client(&config.gateway.service, config.gateway.ca.as_deref())?,
        };
        let key_id = identity.id().to_owned();
        let seed = u64::from_be_bytes(std::array::from_fn(|at| identity.public_bytes()[at])) ^ now.micros().unsigned_abs();
        let uplink = Uplink::new(identity, &config.gateway.id, config.gateway.service_key, parts.accept_new_head, seed);
        let shared = Arc::new(Shared {
            outbox: Mutex::new(outbox),
            bell: Condvar::new(),
            uplink: Mutex::new(Link { rung: true, ..Link::default() }),
            readers: Mutex::new(config.readers.iter().map(|reader| (reader.id.clone(), ReaderStatus::default())).collect()),
        });
        let (bursts, to_write) = mpsc::channel(limits::BURSTS_WAITING);
        let mut gateway = Self { key_id, shared: Arc::clone(&shared), readers: Vec::new(), writer: None, uplink: None };
        for reader in &config.readers {
            let port = match parts.ports.remove(&reader.id) {
                Some(port) => port,
                None => port::open(reader.port.clone(), access(&config.gateway.id, reader)?),
            };
            let hearing = Hearing::new(reader, port, bursts.clone(), Arc::clone(&shared));
            gateway.readers.push(tokio::spawn(hearing.run()));
        }
        let theirs = Arc::clone(&shared);
        let writer = std::thread::Builder::new().name("outbox".to_owned()).spawn(move || write(&theirs, to_write));
        gateway.writer = Some(writer.map_err(StartError::Thread)?);
        let uplink = std::thread::Builder::new().name("uplink".to_owned()).spawn(move || deliver(&shared, uplink, post));
        gateway.uplink = Some(uplink.map_err(StartError::Thread)?);
        Ok(gateway)
    }

    /// The gateway's key id: its name in the book.
    #[must_use]
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// How it fares.
    #[must_use]
    pub fn status(&self) -> Status {
        let readers = held(&self.shared.readers).clone();
        let trouble = held(&self.shared.uplink).trouble.clone();
        let outbox = held(&self.shared.outbox);
        Status { next: outbox.next(), acknowledged: outbox.acknowledged(), lost: outbox.lost(), trouble, readers }
    }

    /// Stops hearing, writes what was heard, and leaves; what is not delivered waits in the outbox.
    pub async fn stop(mut self) {
        for reader in self.readers.drain(..) {
            reader.abort();
            let _ = reader.await; // Aborted is what we asked for.
        }
        let (writer, uplink) = (self.writer.take(), self.uplink.take());
        let shared = Arc::clone(&self.shared);
        let ended = tokio::task::spawn_blocking(move || {
            writer.map(Thread::join);
            held(&shared.uplink).stop = true;
            shared.bell.notify_all();
            uplink.map(Thread::join);
        });
        let _ = ended.await; // A thread that panicked has said so itself.
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.readers.iter().for_each(JoinHandle::abort);
        held(&self.shared.uplink).stop = true;
        self.shared.bell.notify_all();
    }
}

impl std::fmt::Debug for Gateway {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gateway").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

/// A secret from the system's own source.
#[must_use]
pub fn fresh_secret() -> Zeroizing<[u8; 32]> {
    let mut secret = Zeroizing::new([0; 32]);
    getrandom::fill(secret.as_mut()).expect("without a source of randomness no key can be made");
    secret
}

fn access(gateway: &str, reader: &Reader) -> Result<Access, StartError> {
    let file = |path: &PathBuf| std::fs::read(path).map_err(|cause| StartError::File { path: path.clone(), cause });
    let login = match (&reader.username, &reader.password_file) {
        (Some(user), Some(path)) => {
            let bytes = Zeroizing::new(file(path)?);
            let password = String::from_utf8_lossy(&bytes).trim_end_matches(['\r', '\n']).to_owned();
            Some((user.clone(), Zeroizing::new(password)))
        }
        _ => None,
    };
    let identity = match (&reader.tls.certificate, &reader.tls.key) {
        (Some(certificate), Some(key)) => Some((file(certificate)?, Zeroizing::new(file(key)?))),
        _ => None,
    };
    let ca = reader.tls.ca.as_ref().map(file).transpose()?;
    // The broker keeps our subscription under this name; with another filter it must be another name, or the old
    // one would stand for a week.
    let filter = hex::encode(&Sha256::digest(reader.port.to_string())[..4]);
    let client_id = format!("muster-{gateway}-{}-{filter}", reader.id);
    Ok(Access { client_id, lasting: true, login, ca, identity })
}

/// One reader's task.
struct Hearing {
    id: String,
    ear: Ear,
    sieve: Sieve,
    bursts: mpsc::Sender<Burst>,
    shared: Arc<Shared>,
}

impl Hearing {
    fn new(reader: &Reader, port: Port, bursts: mpsc::Sender<Burst>, shared: Arc<Shared>) -> Self {
        let ear = Ear::new(Driver::new(&reader.settings), port);
        let sieve = Sieve::new(&reader.id, &reader.place, &reader.antennas, reader.sieve);
        Self { id: reader.id.clone(), ear, sieve, bursts, shared }
    }

    async fn run(mut self) {
        loop {
            let due = self.sieve.wake_at();
            // In steps of a second: a tag's leaving is no matter of milliseconds, and many leave together.
            let pause = due.map_or(Duration::from_secs(60), |at| clock::until(at, clock::now()).max(Duration::from_secs(1)));
            let burst = tokio::select! {
                heard = self.ear.next() => match heard {
                    Some(heard) => self.take(heard),
                    None => return,
                },
                () = tokio::time::sleep(pause) => {
                    let mut observations = Vec::new();
                    self.sieve.tick(clock::now(), &mut observations);
                    Burst { items: observations.into_iter().map(Item::Observed).collect(), ticket: Ticket::None }
                }
            };
            if (!burst.items.is_empty() || !matches!(burst.ticket, Ticket::None)) && self.bursts.send(burst).await.is_err() {
                return;
            }
        }
    }

    fn take(&mut self, heard: Heard) -> Burst {
        let (mut items, mut observations) = (Vec::new(), Vec::new());
        let mut status = ReaderStatus::default();
        for effect in heard.effects {
            match effect {
                Effect::Report(report) => {
                    self.sieve.hear(report, &mut observations);
                    items.extend(observations.drain(..).map(Item::Observed));
                }
                Effect::Condition(condition, detail) => {
                    tracing::info!(reader.id = %self.id, reader.condition = ?condition, "{condition:?}: {}", detail.as_deref().unwrap_or_default());
                    status.condition = Some(condition);
                    items.push(Item::ReaderHeard(self.notice(heard.now, condition, detail)));
                }
                Effect::Count(counter, count) => *status.counters.entry(counter).or_default() += count,
                Effect::Send(_) | Effect::WakeAt(_) => {} // The ear's business, done.
            }
        }
        let mut readers = held(&self.shared.readers);
        let mine = readers.entry(self.id.clone()).or_default();
        mine.condition = status.condition.or(mine.condition);
        mine.sieve = self.sieve.counts();
        mine.refused += heard.refused;
        mine.open = heard.open;
        for (counter, count) in status.counters {
            *mine.counters.entry(counter).or_default() += count;
        }
        Burst { items, ticket: heard.ticket }
    }

    fn notice(&self, at: Moment, condition: ReaderCondition, detail: Option<String>) -> ReaderNotice {
        ReaderNotice { reader: self.id.clone(), place: self.sieve.place(None).to_owned(), condition, at, detail }
    }
}

/// The writer's thread: everything that waits becomes one transaction.
fn write(shared: &Shared, mut bursts: mpsc::Receiver<Burst>) {
    while let Some(first) = bursts.blocking_recv() {
        let (mut items, mut tickets) = (first.items, vec![first.ticket]);
        while items.len() < limits::GROUP_ITEMS {
            let Ok(burst) = bursts.try_recv() else { break };
            items.extend(burst.items);
            tickets.push(burst.ticket);
        }
        points::passing("burst-taken");
        while let Err(error) = put(shared, &items) {
            tracing::error!(outbox.error = %error, "The outbox cannot be written; readers are held back until it can.");
            std::thread::sleep(Duration::from_secs(1));
            if held(&shared.uplink).stop {
                return; // Tickets are dropped unused: brokers send again.
            }
        }
        points::passing("burst-safe");
        tickets.into_iter().for_each(Ticket::done);
        points::passing("burst-told");
        held(&shared.uplink).rung = true;
        shared.bell.notify_all();
    }
}

fn put(shared: &Shared, items: &[Item]) -> Result<(), OutboxError> {
    if items.is_empty() {
        return Ok(());
    }
    held(&shared.outbox).put(items, 0, clock::now())
}

const PRUNE_S: i64 = 3_600;

/// The uplink's thread.
fn deliver(shared: &Shared, mut uplink: Uplink, mut post: Post) {
    let mut pruned = Moment::default();
    loop {
        let now = clock::now();
        if now.seconds_since(pruned) >= PRUNE_S {
            pruned = now;
            if let Err(error) = held(&shared.outbox).prune(now) {
                tracing::error!(outbox.error = %error, "Old items cannot be dropped.");
            }
        }
        let step = uplink.step(now, &held(&shared.outbox));
        let result = match step {
            Ok(Step::Send(request)) => {
                points::passing("batch-signed");
                let answer = post(&request);
                points::passing("answer-heard");
                uplink.answered(clock::now(), &mut held(&shared.outbox), answer)
            }
            Ok(Step::Wait(until)) => {
                pause(shared, until);
                Ok(())
            }
            Err(error) => Err(error),
        };
        if let Err(error) = result {
            tracing::error!(outbox.error = %error, "The outbox cannot be used; it is tried again.");
            pause(shared, Some(clock::now().plus_seconds(1)));
        }
        let mut link = held(&shared.uplink);
        link.trouble = uplink.trouble().map(str::to_owned);
        if link.stop {
            return;
        }
    }
}

/// Waits for the time, or (where no time was asked for) for the bell.
fn pause(shared: &Shared, until: Option<Moment>) {
    let mut link = held(&shared.uplink);
    match until {
        Some(at) => {
            let wait = clock::until(at, clock::now());
            let (after, _) =
                shared.bell.wait_timeout_while(link, wait, |link| !link.stop).unwrap_or_else(PoisonError::into_inner);
            link = after;
        }
        None => {
            let hour = Duration::from_secs(PRUNE_S.unsigned_abs());
            let waiting = |link: &mut Link| !link.stop && !link.rung;
            let (after, _) = shared.bell.wait_timeout_while(link, hour, waiting).unwrap_or_else(PoisonError::into_inner);
            link = after;
        }
    }
    link.rung = false;
}
