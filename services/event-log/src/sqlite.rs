//! The log in one SQLite file: the default store.
//!
//! `DATA/log.sqlite` (write-ahead log beside it while open), `DATA/anchor`, `DATA/lock`. One thread writes
//! (see `writer`), a few connections read, one moves the write-ahead log into the file. What is published
//! is committed and anchored; nobody is shown more. Dropping the last handle ends the threads.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::thread::{self, JoinHandle};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, MAIN_DB};
use tokio::sync::watch;

use crate::anchor::{self, Anchor, Anchored};
use crate::breaks::Break;
use crate::durable::flush_directory;
use crate::error::{AppendError, Health, OpenError, Opened, ReadError, Reason, StoreError};
use crate::event::{Head, Recorded};
use crate::leaf::Hash;
use crate::ledger::{Clock, ClockSteps, WAITING_MAX};
use crate::tree::Tree;

mod declare;
mod examine;
mod keeper;
mod lock;
#[cfg(feature = "kurrentdb")]
mod mirror;
mod ops;
pub(crate) mod reader;
pub(crate) mod row;
pub(crate) mod schema;
mod seal;
pub(crate) mod sealed;
#[cfg(test)]
mod tests;
pub(crate) mod walk;
pub(crate) mod writer;

use keeper::Keeper;
use lock::Lock;
use reader::Readers;
use schema::Whose;
use writer::{Answer, Job, Writer};

/// How to open a log on disk. Clock and random come from outside.
#[derive(Clone, Debug)]
pub struct OpenOptions {
    /// The data directory; made (0700) if it is not there.
    pub dir: PathBuf,
    /// Where the anchor is; `DIR/anchor` unless said otherwise (another disk, a read-back device).
    pub anchor: Option<PathBuf>,
    /// Microseconds since 1970, UTC.
    pub now: fn() -> i64,
    /// Sixteen random bytes.
    pub salt: fn() -> [u8; 16],
    /// How many events at the end are hashed again before the log is opened.
    pub window: u64,
    /// How many events at the end stay rows; whole runs of 256 before them are sealed whenever nobody writes
    /// (see `seal`). `None`: only when asked.
    pub keep_rows: Option<u64>,
    /// Told the name of every step at which a sudden end leaves something else on the disk.
    /// Nothing in the usual run; a test ends the process there.
    pub passing: fn(&'static str),
}

impl OpenOptions {
    /// The usual: anchor in the directory, the last 10,000 events hashed again and kept as rows.
    pub fn new(dir: impl Into<PathBuf>, now: fn() -> i64, salt: fn() -> [u8; 16]) -> Self {
        Self { dir: dir.into(), anchor: None, now, salt, window: 10_000, keep_rows: Some(10_000), passing: |_| {} }
    }
}

/// A handle; clones share the log.
#[derive(Clone, Debug)]
pub struct Sqlite {
    inner: Arc<Inner>,
}

/// The handle's end of the threads.
#[derive(Debug)]
struct Inner {
    shared: Arc<Shared>,
    queue: Option<SyncSender<Job>>,
    writer: Option<JoinHandle<()>>,
    _lock: Lock,
}

/// What handles, writer and keeper share.
#[derive(Debug)]
pub(crate) struct Shared {
    tree: RwLock<Tree>,
    breaks: RwLock<Vec<Break>>,
    health: RwLock<Option<Reason>>,
    steps: RwLock<ClockSteps>,
    published: watch::Sender<u64>,
    readers: Readers,
    anchor_path: PathBuf,
    now: fn() -> i64,
    salt: fn() -> [u8; 16],
    passing: fn(&'static str),
    #[cfg(test)]
    fail_flush: std::sync::atomic::AtomicBool,
}

impl Shared {
    fn tree(&self) -> RwLockReadGuard<'_, Tree> {
        self.tree.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn head(&self) -> Head {
        let tree = self.tree();
        Head { size: tree.size(), root: tree.root() }
    }

    fn read_only(&self) -> Option<Reason> {
        self.health.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn breaks(&self) -> Vec<Break> {
        self.breaks.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn distrust(&self, reason: Reason) {
        tracing::error!(book.reason = %reason, "The log is read-only from now on.");
        self.health.write().unwrap_or_else(PoisonError::into_inner).get_or_insert(reason);
    }

    /// Shows committed and anchored events to everyone.
    fn publish(&self, leaves: &[Hash], steps: ClockSteps) {
        let mut tree = self.tree.write().unwrap_or_else(PoisonError::into_inner);
        leaves.iter().for_each(|leaf| tree.push(*leaf));
        let size = tree.size();
        drop(tree);
        *self.steps.write().unwrap_or_else(PoisonError::into_inner) = steps;
        self.published.send_replace(size);
    }

    fn replace_tree(&self, tree: Tree) {
        *self.tree.write().unwrap_or_else(PoisonError::into_inner) = tree;
    }

    /// After a declared break: writable again.
    fn resume(&self, declared: impl Iterator<Item = Break>) {
        self.breaks.write().unwrap_or_else(PoisonError::into_inner).extend(declared);
        *self.health.write().unwrap_or_else(PoisonError::into_inner) = None;
        self.published.send_replace(self.head().size);
    }
}

impl Sqlite {
    /// Opens the log, or makes one. What is wrong with an existing one is in [`Opened`]: it can be read
    /// then, and written again only after a declared break.
    ///
    /// # Errors
    /// [`OpenError`] when there is nothing to be read, or another process holds it.
    pub fn open(options: OpenOptions) -> Result<(Self, Opened), OpenError> {
        let found = rusqlite::version_number();
        if found < schema::SQLITE_LEAST.0 {
            return Err(OpenError::OldSqlite { found: rusqlite::version().to_owned(), least: schema::SQLITE_LEAST.1 });
        }
        let lock = Lock::take(&options.dir)?;
        let path = options.dir.join(schema::FILE_NAME);
        let anchor_path = options.anchor.clone().unwrap_or_else(|| options.dir.join("anchor"));
        let trouble = |cause: StoreError| OpenError::Storage { dir: options.dir.clone(), cause };
        let connection = connect(&path, &options.dir)?;
        (options.passing)("log-made");
        let anchored = anchor::read(&anchor_path).map_err(|cause| OpenError::File { path: anchor_path.clone(), cause })?;
        let examined = examine::examine(&connection, &anchored, options.window).map_err(|cause| trouble(cause.into()))?;
        // By now every file of the log has its name, the write-ahead log too; SQLite would not say if this failed.
        flush_directory(&options.dir).map_err(|cause| OpenError::File { path: options.dir.clone(), cause })?;
        let head = examined.head();
        let anchor = match &examined.finding {
            None => Some(raise(&anchor_path, &anchored, head, examined.brought_up).map_err(|cause| trouble(cause.into()))?),
            Some(reason) => {
                tracing::error!(book.reason = %reason, "The log is opened read-only.");
                let kept = connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
                kept.map_err(|cause| trouble(cause.into()))?;
                None
            }
        };
        let health = examined.finding.clone().map_or(Health::Writable, |reason| Health::ReadOnly { reason });
        let opened = Opened { head, health, brought_up: examined.brought_up, rehashed: examined.rehashed };
        let clock = Clock::after(examined.recorded_at);
        let shared = Arc::new(Shared {
            published: watch::Sender::new(head.size),
            tree: RwLock::new(examined.tree),
            breaks: RwLock::new(examined.breaks),
            health: RwLock::new(examined.finding),
            steps: RwLock::new(clock.steps()),
            readers: Readers::new(path.clone()),
            anchor_path,
            now: options.now,
            salt: options.salt,
            passing: options.passing,
            #[cfg(test)]
            fail_flush: false.into(),
        });
        (options.passing)("log-examined");
        let keeper = Keeper::start(path, Arc::clone(&shared)).map_err(|cause| trouble(cause.into()))?;
        let writer = Writer::new(connection, anchor, Arc::clone(&shared), keeper, clock, options.keep_rows)
            .map_err(|cause| trouble(cause.into()))?;
        let (queue, jobs) = sync_channel(WAITING_MAX);
        let writer = thread::Builder::new().name("log-writer".to_owned()).spawn(move || writer.run(&jobs));
        let writer = Some(writer.map_err(|cause| trouble(cause.into()))?);
        Ok((Self { inner: Arc::new(Inner { shared, queue: Some(queue), writer, _lock: lock }) }, opened))
    }

    fn ask(&self, job: Job) -> Result<(), AppendError> {
        let Some(queue) = &self.inner.queue else { return Err(stopped()) };
        queue.try_send(job).map_err(|refused| match refused {
            TrySendError::Full(_) => AppendError::Busy { waiting: WAITING_MAX },
            TrySendError::Disconnected(_) => stopped(),
        })
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(writer) = self.writer.take() {
            drop(writer.join());
        }
    }
}

/// The write-ahead log's file.
pub(crate) fn wal_path(log: &Path) -> PathBuf {
    let mut name: OsString = log.as_os_str().to_owned();
    name.push("-wal");
    PathBuf::from(name)
}

fn stopped() -> AppendError {
    AppendError::ReadOnly { reason: Reason::Flush { what: "the writer has stopped".to_owned() } }
}

/// Opens the file for writing and makes sure that it is a log of ours.
fn connect(path: &Path, dir: &Path) -> Result<Connection, OpenError> {
    let trouble = |cause: rusqlite::Error| OpenError::Storage { dir: dir.to_owned(), cause: cause.into() };
    let mut connection = schema::connect_writer(path).map_err(trouble)?;
    // SQLite quietly opens what it may not write: the first entry would fail, not the start.
    if connection.is_readonly(MAIN_DB).map_err(trouble)? {
        return Err(OpenError::File { path: path.to_owned(), cause: ErrorKind::PermissionDenied.into() });
    }
    match schema::whose(&connection).map_err(trouble)? {
        Whose::Ours => {}
        Whose::Foreign => return Err(OpenError::NotALog { path: path.to_owned() }),
        Whose::Newer(found) => return Err(OpenError::NewerFormat { path: path.to_owned(), found, known: schema::FORMAT }),
        Whose::Older => schema::raise(&mut connection).map_err(trouble)?,
        Whose::Fresh => schema::create(&mut connection).map_err(trouble)?,
    }
    schema::make_durable(&connection).map_err(trouble)?;
    Ok(connection)
}

/// Opens or makes the anchor and brings it up to the log's head.
fn raise(path: &Path, anchored: &Anchored, head: Head, brought_up: u64) -> std::io::Result<Anchor> {
    let Anchored::At(slot, before) = anchored else { return Anchor::create(path, head, 1) };
    let mut anchor = Anchor::open(path, slot.sequence)?;
    if before.is_none() {
        tracing::warn!("One of the anchor's two places was spoiled, as by a cut of power; the other holds and is written anew.");
    }
    if brought_up > 0 || before.is_none() {
        anchor.write(head)?;
    }
    Ok(anchor)
}
