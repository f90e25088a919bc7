//! The app: the only place that composes. Log, accounts, keys, views and feed, and who may ask.
//!
//! Opened once; everything else takes it by reference. The views follow the log on a thread of
//! their own; whoever has written waits until they have seen it.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use armoury::event::person::Grant;
use armoury::ids::{NodeId, ServiceNumber};
use armoury::sealed::Sealed;
use armoury::view::Views;
use ed25519_dalek::SigningKey;
use event_log::durable::make_directory;
use event_log::{EventLog, Health, ReadError};
use parking_lot::RwLockWriteGuard;
use tag_data::moment::Moment;
use tokio::sync::watch;
use uuid::Uuid;

use crate::accounts::{Accounts, AccountsError};
use crate::auth::rate::Rates;
use crate::companions::{self, Gone};
use crate::config::Config;
use crate::desk::{ActError, InFlight, Recent, Turns};
use crate::held::{Held, Now};
use crate::intake::held_up::HeldUp;
use crate::live::Live;
use crate::sealing::{Keys, SealingError};
use crate::setup::Setup;
use crate::store::{self, StoreError};
use crate::{as_of, points, projector, random, room, sealing};

pub mod still;

/// Why the program does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder.
    #[error("cannot use the data folder {path}")]
    Folder {
        /// Which.
        path: PathBuf,
        /// The system's reason.
        #[source]
        cause: std::io::Error,
    },
    /// No room on its disk, not even to open what is there.
    #[error(
        "the disk that holds {path} is full, so that nothing there can be opened. Nothing is lost. Make room on that disk, \
         20 MiB or more, then start again"
    )]
    Full {
        /// Which.
        path: PathBuf,
        /// What failed first.
        #[source]
        cause: Box<StartError>,
    },
    /// The log.
    #[error(transparent)]
    Log(#[from] StoreError),
    /// Reading it.
    #[error("the log cannot be read from its beginning")]
    Read(#[from] ReadError),
    /// The accounts.
    #[error(transparent)]
    Accounts(#[from] AccountsError),
    /// The keys.
    #[error(transparent)]
    Sealing(#[from] SealingError),
    /// A thread.
    #[error("the system gives no thread")]
    Thread(#[source] std::io::Error),
}

/// The composed program.
pub struct App {
    config: Config,
    log: EventLog,
    accounts: Arc<Accounts>,
    keys: Keys,
    signing: Option<SigningKey>,
    gone: Gone,
    views: Held,
    applied: watch::Sender<u64>,
    settled: watch::Sender<u64>,
    wrote: AtomicU64,
    live: Live,
    rates: Rates,
    in_flight: InFlight,
    held_up: HeldUp,
    turns: Turns,
    recent: Recent,
    setup: Setup,
    past: as_of::Past,
    started_at: Moment,
    /// Nothing follows the log by itself (see [`still`]).
    still: bool,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("data", &self.config.data).finish_non_exhaustive()
    }
}

impl App {
    /// Opens everything in the data folder, folds the log and begins to follow it.
    ///
    /// # Errors
    /// [`StartError`]. A log that is there but not whole opens all the same, read-only and loudly. On a full disk
    /// the room that was kept for that is given up first.
    pub fn open(config: Config) -> Result<Arc<Self>, StartError> {
        let data = config.data.clone();
        let opened = match Self::open_once(config.clone()) {
            Err(_) if room::is_full(&data) && room::give(&data) => Self::open_once(config),
            other => other,
        };
        match opened {
            Err(cause) if room::is_full(&data) => Err(StartError::Full { path: data, cause: Box::new(cause) }),
            Err(other) => Err(other),
            Ok(app) => {
                room::keep(&data);
                Ok(app)
            }
        }
    }

    fn open_once(config: Config) -> Result<Arc<Self>, StartError> {
        make_directory(&config.data).map_err(|cause| StartError::Folder { path: config.data.clone(), cause })?;
        let log = store::open(&config)?;
        let accounts = Arc::new(Accounts::open(&config.file(companions::ACCOUNTS), &config.sign_in)?);
        points::passing("accounts-open");
        let gone = companions::look(&config, &log, &accounts)?;
        // What is gone is not made anew here: an empty file in its place would hide that.
        let keys = if gone.keys { Keys::in_memory()? } else { Keys::open(&config.file(companions::KEYS))? };
        let key = (!gone.service_key).then(|| sealing::service_key(&config.file(companions::SERVICE_KEY)));
        let parts = still::Parts { log, accounts, keys, signing: key.transpose()?, gone };
        let app = Arc::new(Self::assemble(config, parts, false)?);
        projector::start(&app).map_err(StartError::Thread)?;
        Ok(app)
    }

    fn assemble(config: Config, parts: still::Parts, still: bool) -> Result<Self, StartError> {
        let still::Parts { log, accounts, keys, signing, gone } = parts;
        let head = log.head();
        let views = projector::fold(&log, head.size)?;
        points::passing("book-folded");
        let ran_to = projector::rules_ran_to(&accounts)?.min(head.size);
        let applied = views.position;
        Ok(Self {
            keys,
            signing,
            gone,
            setup: Setup::new(!views.is_founded()),
            views: Held::new(views),
            applied: watch::Sender::new(applied),
            settled: watch::Sender::new(ran_to),
            wrote: AtomicU64::new(0),
            live: Live::default(),
            rates: Rates::default(),
            in_flight: InFlight::default(),
            held_up: HeldUp::default(),
            turns: Turns::default(),
            recent: Recent::default(),
            past: as_of::Past::default(),
            started_at: random::now(),
            accounts,
            config,
            log,
            still,
        })
    }

    /// The server's clock.
    #[must_use]
    pub fn now(&self) -> Moment {
        random::now()
    }

    /// This machine's name in streams.
    #[must_use]
    pub fn node(&self) -> &NodeId {
        &self.config.node
    }

    /// A fresh id (UUIDv7).
    #[must_use]
    pub fn new_id(&self) -> Uuid {
        random::uuid_v7(self.now())
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The log.
    #[must_use]
    pub fn log(&self) -> &EventLog {
        &self.log
    }

    /// The views as they are now. Do not hold them across an `await`, and not twice at once.
    #[track_caller]
    pub fn views(&self) -> Now<'_> {
        self.views.read()
    }

    #[track_caller]
    pub(crate) fn views_mut(&self) -> RwLockWriteGuard<'_, Views> {
        self.views.write()
    }

    /// What happens, as it happens.
    #[must_use]
    pub fn live(&self) -> &Live {
        &self.live
    }

    /// Accounts, sign-ins, tokens.
    #[must_use]
    pub fn accounts(&self) -> &Accounts {
        &self.accounts
    }

    /// The same, to take to another thread.
    #[must_use]
    pub fn accounts_shared(&self) -> Arc<Accounts> {
        Arc::clone(&self.accounts)
    }

    /// The keys of sealed fields.
    #[must_use]
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// The service's signing key.
    ///
    /// # Errors
    /// [`ActError::ReadOnly`] while it is gone: nothing is signed by a key that nobody knows.
    pub fn signing_key(&self) -> Result<&SigningKey, ActError> {
        self.signing.as_ref().ok_or_else(|| ActError::ReadOnly(self.read_only().unwrap_or_default()))
    }

    /// What was found gone from beside the log when it was opened.
    #[must_use]
    pub fn gone(&self) -> Gone {
        self.gone
    }

    /// How much each may ask.
    #[must_use]
    pub fn rates(&self) -> &Rates {
        &self.rates
    }

    /// The set-up, while it waits.
    #[must_use]
    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    /// When this program started.
    #[must_use]
    pub fn started_at(&self) -> Moment {
        self.started_at
    }

    /// Gateways whose batches are not understood here.
    pub(crate) fn held_up(&self) -> &HeldUp {
        &self.held_up
    }

    pub(crate) fn in_flight(&self) -> &InFlight {
        &self.in_flight
    }

    pub(crate) fn turns(&self) -> &Turns {
        &self.turns
    }

    pub(crate) fn recent(&self) -> &Recent {
        &self.recent
    }

    pub(crate) fn past(&self) -> &as_of::Past {
        &self.past
    }

    /// A sealed text, while its key exists. Ask only for those who may see it.
    #[must_use]
    pub fn open_sealed(&self, sealed: &Sealed) -> Option<String> {
        self.keys.open_sealed(sealed)
    }

    /// A person's name, while its key exists.
    #[must_use]
    pub fn name(&self, person: &ServiceNumber) -> Option<String> {
        let sealed = self.views().people.sealed_name(person).cloned();
        sealed.and_then(|sealed| self.open_sealed(&sealed))
    }

    /// A person's rights now.
    #[must_use]
    pub fn grants(&self, person: &ServiceNumber) -> Vec<Grant> {
        self.views().people.grants(person, self.now())
    }

    /// Why the log takes nothing, if so.
    #[must_use]
    pub fn read_only(&self) -> Option<String> {
        match self.log.health() {
            Health::Writable => None,
            Health::ReadOnly { reason } => Some(reason.to_string()),
        }
    }

    pub(crate) fn applied_to(&self) -> &watch::Sender<u64> {
        &self.applied
    }

    pub(crate) fn settled_to(&self) -> &watch::Sender<u64> {
        &self.settled
    }

    /// Waits until the views have taken in a position; gives up after ten seconds.
    pub async fn applied(&self, position: u64) {
        if self.still {
            return self.fold_on();
        }
        wait(&self.applied, position, Duration::from_secs(10)).await;
    }

    /// Waits until what follows from a position by rule has happened too, and what follows from
    /// that: a count's close opens a case, the case makes the weapon unaccounted. At most five seconds
    /// a step and four steps, so that a flood of scans holds nobody up.
    pub async fn settled(&self, position: u64) {
        if self.still {
            return;
        }
        let mut target = position;
        for _ in 0..4 {
            wait(&self.settled, target, Duration::from_secs(5)).await;
            let wrote = self.wrote.load(Ordering::Acquire);
            if wrote <= target {
                return;
            }
            target = wrote;
        }
    }

    /// The last position that the rules wrote, and that the views have seen.
    pub(crate) fn rules_wrote(&self, position: u64) {
        self.wrote.fetch_max(position, Ordering::AcqRel);
    }
}

async fn wait(news: &watch::Sender<u64>, position: u64, longest: Duration) {
    let mut news = news.subscribe();
    let reached = async { news.wait_for(|at| *at >= position).await.is_ok() };
    if tokio::time::timeout(longest, reached).await.is_err() {
        tracing::warn!(book.position = position, "The views are slow to follow the log.");
    }
}
