//! The log on a KurrentDB server or cluster, with a mirror beside it.
//!
//! ```text
//! append -> claim held? revision right? -> sent with expected revision -> outcome known (never guessed)
//!        -> server read on -> position and leaf -> mirror: committed, flushed, anchored -> answered
//! ```
//! The server keeps the events; what a leaf needs beside them (salt, times, meta) stands with each of them as
//! metadata, so the whole log can be made anew from the server and gives the same head. The mirror is an
//! ordinary SQLite log in the data folder: it gives the server's order our positions, answers every read, and
//! is verified like any other. The API's position is our leaf index plus one, never the server's own place.
//!
//! Exactly one muster writes (see `claim`). "Any" is never expected. What the server has lost, by scavenging,
//! deleting or truncating, is found when it is read and named; the log is read-only from then on.
//! Never run against a real server by us: the tests speak to a stand-in that we wrote.

use std::fmt;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::{self, JoinHandle};

use eventstore::ClientSettings;
use tokio::sync::{mpsc, oneshot, watch};
use uuid::Uuid;

use crate::error::{AppendError, Health, OpenError, Opened, ReadError, Reason};
use crate::event::{Appended, Expected, Following, NewEvent, StreamName};
use crate::ledger::{self, APPEND_EVENTS_MAX, Clock, ClockSteps, WAITING_MAX};
use crate::sqlite::writer::Answer;
use crate::sqlite::{OpenOptions, Sqlite};

mod claim;
mod deliver;
mod envelope;
mod place;
mod sequencer;
mod server;
mod work;

pub use deliver::Patience;

use claim::{Holder, Refused};
use sequencer::{Cursor, Sequencer};
use server::Server;
use work::{Job, Work};

/// Events of one page read from the server: the last one seen, and a whole append, however it lies.
const PAGE: usize = 2 * APPEND_EVENTS_MAX + 1;
/// The most bytes of a log's name, so that a stream's whole name stays short.
const NAME_MAX: usize = 40;
/// How the addresses begin that are ours.
pub const SCHEMES: [&str; 4] = ["kurrentdb://", "kurrentdb+discover://", "esdb://", "esdb+discover://"];

/// How to open a log on a server.
#[derive(Clone)]
pub struct KurrentOptions {
    /// `kurrentdb://host:2113,...?...` as the server's own documents have it, without user and password.
    pub url: String,
    /// The log's name on the server: several logs may stand there side by side.
    pub name: String,
    /// User and password.
    pub login: Option<(String, String)>,
    /// Who we are, for people who read a claim.
    pub by: String,
    /// Shut out whoever holds the log.
    pub take_over: bool,
    /// How long is waited.
    pub patience: Patience,
    /// The mirror: folder, anchor, clock, random.
    pub mirror: OpenOptions,
}

impl fmt::Debug for KurrentOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KurrentOptions").field("url", &self.url).field("name", &self.name).finish_non_exhaustive()
    }
}

/// A handle; clones share the log.
#[derive(Clone, Debug)]
pub struct Kurrent {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    mirror: Sqlite,
    steps: Arc<RwLock<ClockSteps>>,
    following: watch::Receiver<Following>,
    queue: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

impl Kurrent {
    /// Opens the mirror, claims the log, and reads the server to its end.
    ///
    /// # Errors
    /// [`OpenError`] when the server cannot be reached or another muster holds the log. A log whose server or
    /// mirror does not hold what was acknowledged opens read-only and says so in [`Opened`].
    pub fn open(options: KurrentOptions) -> Result<(Self, Opened), OpenError> {
        let settings = settings(&options.url)?;
        check_name(&options.name)?;
        check_login(options.login.as_ref())?;
        let (mirror, mut opened) = Sqlite::open(options.mirror.clone())?;
        let holder = holder(&options.mirror)?;
        let steps = Arc::new(RwLock::new(ClockSteps::default()));
        let (news, following) = watch::channel(Following::CatchingUp { at: 0 });
        let (queue, jobs) = mpsc::channel(WAITING_MAX);
        let (ready, opening) = sync_channel(1);
        let start = Start { options, settings, mirror: mirror.clone(), holder, steps: Arc::clone(&steps), news };
        let dir = start.options.mirror.dir.clone();
        let thread = thread::Builder::new().name("log-server".to_owned()).spawn(move || start.run(jobs, &ready));
        let thread = thread.map_err(|cause| OpenError::Storage { dir: dir.clone(), cause: cause.into() })?;
        let inner = Inner { mirror, steps, following, queue: Some(queue), thread: Some(thread) };
        let log = Self { inner: Arc::new(inner) };
        match opening.recv() {
            Ok(began) => began?,
            Err(_) => return Err(OpenError::Server { server: String::new(), what: "its thread ended".to_owned() }),
        }
        let mirror = &log.inner.mirror;
        (opened.head, opened.health) = (mirror.head(), mirror.health());
        Ok((log, opened))
    }

    /// What answers every read.
    pub(crate) fn mirror(&self) -> &Sqlite {
        &self.inner.mirror
    }

    pub(crate) fn following(&self) -> Following {
        self.inner.following.borrow().clone()
    }

    pub(crate) fn clock_steps(&self) -> ClockSteps {
        *self.inner.steps.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) async fn append(
        &self,
        stream: &StreamName,
        expected: Expected,
        events: Vec<NewEvent>,
    ) -> Result<Appended, AppendError> {
        let (sender, receiver) = oneshot::channel();
        self.ask(stream, expected, events, Answer::Task(sender))?;
        receiver.await.unwrap_or_else(|_| Err(stopped()))
    }

    pub(crate) fn append_blocking(
        &self,
        stream: &StreamName,
        expected: Expected,
        events: Vec<NewEvent>,
    ) -> Result<Appended, AppendError> {
        let (sender, receiver) = sync_channel(1);
        self.ask(stream, expected, events, Answer::Thread(sender))?;
        receiver.recv().unwrap_or_else(|_| Err(stopped()))
    }

    fn ask(
        &self,
        stream: &StreamName,
        expected: Expected,
        events: Vec<NewEvent>,
        answer: Answer<Result<Appended, AppendError>>,
    ) -> Result<(), AppendError> {
        if let Health::ReadOnly { reason } = self.inner.mirror.health() {
            return Err(AppendError::ReadOnly { reason });
        }
        ledger::admit(&events)?;
        self.send(Job::Append { stream: stream.clone(), expected, events, answer })
    }

    fn send(&self, job: Job) -> Result<(), AppendError> {
        let Some(queue) = &self.inner.queue else { return Err(stopped()) };
        queue.try_send(job).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(_) => AppendError::Busy { waiting: WAITING_MAX },
            mpsc::error::TrySendError::Closed(_) => stopped(),
        })
    }

    /// Lets the log go on the server and stops the writer.
    pub(crate) fn close(&self) {
        let (sender, receiver) = sync_channel(1);
        if self.send(Job::Close { answer: Answer::Thread(sender) }).is_ok() {
            receiver.recv().unwrap_or_default();
        }
    }

    /// Reads the server from its beginning and compares it with the mirror. The first thing that does not
    /// agree makes the log read-only and is the answer.
    pub(crate) fn compare(&self) -> Result<Option<Reason>, ReadError> {
        let (sender, receiver) = sync_channel(1);
        let away = |error: AppendError| ReadError::Storage(crate::error::StoreError::said(error.to_string()));
        self.send(Job::Compare { answer: Answer::Thread(sender) }).map_err(away)?;
        receiver.recv().unwrap_or_else(|_| Err(away(stopped())))
    }
}

fn stopped() -> AppendError {
    AppendError::ReadOnly { reason: Reason::Flush { what: "the log's server thread has stopped".to_owned() } }
}

/// What the thread begins with.
struct Start {
    options: KurrentOptions,
    settings: ClientSettings,
    mirror: Sqlite,
    holder: String,
    steps: Arc<RwLock<ClockSteps>>,
    news: watch::Sender<Following>,
}

impl Start {
    fn run(self, jobs: mpsc::Receiver<Job>, ready: &std::sync::mpsc::SyncSender<Result<(), OpenError>>) {
        let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(cause) => {
                let dir = self.options.mirror.dir.clone();
                return drop(ready.send(Err(OpenError::Storage { dir, cause: cause.into() })));
            }
        };
        runtime.block_on(async {
            match self.begin().await {
                Ok(work) => {
                    drop(ready.send(Ok(())));
                    work.run(jobs).await;
                }
                Err(error) => drop(ready.send(Err(error))),
            }
        });
        runtime.shutdown_background(); // a look-up of a name may still be under way
    }

    /// Claims the log and reads to its end.
    async fn begin(self) -> Result<Work, OpenError> {
        let Self { options, settings, mirror, holder, steps, news } = self;
        let KurrentOptions { name, login, by, take_over, patience, mirror: files, .. } = options;
        let server = Arc::new(Server::new(settings, login, patience.call));
        let claims = format!("muster-writer:{name}");
        let me = Holder { holder, by, at: (files.now)() };
        let sound = mirror.health() == Health::Writable;
        let claimed = if sound {
            let id = Uuid::from_bytes((files.salt)());
            let trouble = |refused| match refused {
                Refused::Held(by) => OpenError::Held { name: name.clone(), by },
                Refused::Server(what) => OpenError::Server { server: server.name(), what },
            };
            Some(claim::claim(&server, &claims, &me, id, take_over, patience).await.map_err(trouble)?)
        } else {
            None
        };
        let place_file = files.dir.join("server-place");
        let unread = |cause| OpenError::Storage { dir: files.dir.clone(), cause };
        let cursor = match place::kept(&place_file) {
            Some((at, place)) => Cursor::after(at, place, &mirror).map_err(|cause| unread(said(&cause)))?,
            None => None,
        };
        let cursor = cursor.unwrap_or_else(Cursor::start);
        let recorded_at = last_time(&mirror).map_err(|cause| unread(said(&cause)))?;
        let sequencer = Sequencer { mirror, prefix: format!("muster:{name}:"), claims, cursor, compare_to: None };
        let clock = Clock::after(recorded_at);
        let (now, salt) = (files.now, files.salt);
        let mut work = Work {
            server,
            sequencer,
            me,
            claimed,
            patience,
            clock,
            steps,
            following: news,
            now,
            salt,
            place_file,
            behind: true,
            closing: None,
        };
        if sound {
            let read = work.catch_up(&[]).await;
            read.map_err(|what| OpenError::Server { server: work.server.name(), what })?;
            work.ends_where_the_mirror_ends();
        }
        Ok(work)
    }
}

impl Work {
    /// The server must hold everything that the mirror acknowledged.
    fn ends_where_the_mirror_ends(&self) {
        let (held, ours) = (self.sequencer.cursor.at, self.sequencer.mirror.head().size);
        if held < ours && self.sequencer.mirror.health() == Health::Writable {
            let what =
                format!("it ends after position {held}; {ours} events were acknowledged. An older backup, or another log?");
            self.sequencer.mirror.distrust(Reason::Server { what });
        }
    }
}

fn said(cause: &ReadError) -> crate::error::StoreError {
    crate::error::StoreError::said(cause.to_string())
}

fn last_time(mirror: &Sqlite) -> Result<i64, ReadError> {
    Ok(mirror.read(mirror.head().size.max(1), 1)?.pop().map_or(i64::MIN, |event| event.recorded_at))
}

/// True if this is the address of such a server.
#[must_use]
pub fn is_address(url: &str) -> bool {
    SCHEMES.iter().any(|scheme| url.starts_with(scheme))
}

/// Reads an address. A password in it would stand in configuration files, process lists and logs.
fn settings(url: &str) -> Result<ClientSettings, OpenError> {
    let refused = |what: &str| OpenError::Address { what: what.to_owned() };
    let rest = SCHEMES.iter().find_map(|scheme| url.strip_prefix(scheme));
    let rest = rest.ok_or_else(|| refused("it begins with none of kurrentdb://, kurrentdb+discover://, esdb://"))?;
    if rest.split(['/', '?']).next().is_some_and(|hosts| hosts.contains('@')) {
        return Err(refused("it holds a user or a password: the user stands in log.user, the password in a file of its own"));
    }
    url.parse().map_err(|cause: eventstore::ClientSettingsParseError| refused(cause.message()))
}

/// The same alphabet as streams; it becomes part of every stream's name on the server.
fn check_name(name: &str) -> Result<(), OpenError> {
    let bad = |what: String| OpenError::Address { what: format!("the log's name {name:?} {what}") };
    StreamName::new(name).map_err(|cause| bad(cause.to_string()))?;
    if name.len() > NAME_MAX { Err(bad(format!("is longer than {NAME_MAX} letters"))) } else { Ok(()) }
}

/// The password that every server of this kind is born with opens nothing here.
fn check_login(login: Option<&(String, String)>) -> Result<(), OpenError> {
    match login {
        Some((_, password)) if password == "changeit" => {
            let what = "the password is the one every such server is born with; give the server another first".to_owned();
            Err(OpenError::Address { what })
        }
        Some((_, password)) if password.is_empty() => Err(OpenError::Address { what: "the password is empty".to_owned() }),
        _ => Ok(()),
    }
}

/// The sixteen bytes by which this folder is known to the server, made once.
fn holder(options: &OpenOptions) -> Result<String, OpenError> {
    let path = options.dir.join(crate::MIRROR_OF);
    let trouble = |cause| OpenError::File { path: path.clone(), cause };
    match std::fs::read_to_string(&path) {
        Ok(text) if text.trim().len() == 32 => return Ok(text.trim().to_owned()),
        Ok(_) => return Err(trouble(std::io::Error::new(std::io::ErrorKind::InvalidData, "it is not what was written"))),
        Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => return Err(trouble(cause)),
        Err(_) => {}
    }
    let text = hex::encode((options.salt)());
    crate::durable::write_private(&path, text.as_bytes()).map_err(trouble)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for good in ["kurrentdb://a:2113?tls=false", "esdb://a,b,c", "kurrentdb+discover://cluster.example:2113"] {
            assert!(settings(good).is_ok(), "{good}");
        }
        for bad in ["http://a", "kurrentdb://admin:x@a:2113", "esdb://u@a,b:2113", "kurrentdb://", "kurrentdb://a?tls=perhaps"] {
            assert!(settings(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn names_and_passwords() {
        assert!(check_name("hq").is_ok() && check_name("").is_err() && check_name("a:b").is_err());
        assert!(check_name(&"a".repeat(41)).is_err());
        let login = |password: &str| Some(("muster".to_owned(), password.to_owned()));
        assert!(check_login(login("a long one").as_ref()).is_ok() && check_login(None).is_ok());
        assert!(check_login(login("changeit").as_ref()).is_err() && check_login(login("").as_ref()).is_err());
    }
}
