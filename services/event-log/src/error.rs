//! What can go wrong, with the facts inside; and why a log may be read and no longer written.
//!
//! A refusal (`WrongRevision`, `IdReused`) says what was found instead. After any answer other than
//! a refusal the outcome may be unknown: ask again with the same ids, the log knows them.

use std::path::PathBuf;
use std::sync::Arc;
use std::{fmt, io};

use uuid::Uuid;

use crate::event::{Expected, Head, StreamName};

/// The store's own complaint; shared, because one failed commit answers many.
#[derive(Clone, Debug, thiserror::Error)]
#[error(transparent)]
pub struct StoreError(Arc<dyn std::error::Error + Send + Sync>);

impl StoreError {
    /// Whether the disk was full: nothing was written, and it can be tried again once there is room.
    #[must_use]
    pub fn is_full(&self) -> bool {
        let store = self.0.downcast_ref::<rusqlite::Error>().and_then(rusqlite::Error::sqlite_error_code);
        store == Some(rusqlite::ErrorCode::DiskFull)
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(cause: rusqlite::Error) -> Self {
        Self(Arc::new(cause))
    }
}

impl StoreError {
    /// A complaint in words.
    #[must_use]
    pub fn said(what: impl Into<String>) -> Self {
        Self(Arc::from(Box::<dyn std::error::Error + Send + Sync>::from(what.into())))
    }
}

impl From<io::Error> for StoreError {
    fn from(cause: io::Error) -> Self {
        Self(Arc::new(cause))
    }
}

/// Why an append was not made, or not for certain.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AppendError {
    /// The stream is elsewhere than the writer thought; nothing was written.
    #[error("stream {stream} was expected {}, but {}", expectation(*expected), revision(*actual))]
    WrongRevision {
        /// The stream.
        stream: StreamName,
        /// What the writer expected.
        expected: Expected,
        /// Its last revision; none if it does not exist.
        actual: Option<u64>,
    },
    /// This id stands for another event already; nothing was written.
    #[error("event id {id} is already in the log with another content")]
    IdReused {
        /// The id.
        id: Uuid,
    },
    /// No event was given.
    #[error("an append needs at least one event")]
    Empty,
    /// This type is written by the log itself only.
    #[error("events of type {type_name} are written by the log itself")]
    Reserved {
        /// The type's name.
        type_name: &'static str,
    },
    /// More than one append may carry; nothing was written.
    #[error("{what} is {length}; at most {limit} fit")]
    TooLarge {
        /// Which part.
        what: &'static str,
        /// Its size.
        length: usize,
        /// The most that fits.
        limit: usize,
    },
    /// Too many appends wait already; nothing was written.
    #[error("{waiting} appends wait for the disk already; ask again shortly")]
    Busy {
        /// How many wait.
        waiting: usize,
    },
    /// The log takes no more events for now.
    #[error("the log is read-only: {reason}")]
    ReadOnly {
        /// Why.
        reason: Reason,
    },
    /// The store refused; nothing was written.
    #[error("the log could not store the events")]
    Storage(#[source] StoreError),
    /// The log's server did not say in time whether the events are in the log; nor could it be read.
    #[error("the log's server does not say whether the events are in the log ({what}); ask again with the same ids")]
    Unanswered {
        /// The last thing heard of it.
        what: String,
    },
}

/// Why a break was not declared.
#[derive(Clone, Debug, thiserror::Error)]
pub enum DeclareError {
    /// The log is sound; there is nothing to declare.
    #[error("the log is not read-only, so there is no break to declare")]
    NotReadOnly,
    /// A log on a server is not gone on with by a break.
    #[error(
        "no break can be declared over a log on a server; put the server's own backup back, or go on from the mirror in \
         the data folder: it is a whole log of its own once log.url is taken out of the configuration"
    )]
    OnServer,
    /// A flush failed while the log was open.
    #[error("a flush failed; start the program again first, so that it is known what reached the disk")]
    OpenAgain,
    /// It takes two.
    #[error("a break is declared by two different people, with a reason")]
    TwoPeople,
    /// Over a million events in a row are gone, which is no log any more.
    #[error("too much is missing from position {position} on; put a backup in place, or the file aside, and open again")]
    TooMuchMissing {
        /// Where it begins.
        position: i64,
    },
    /// What is to be kept from before the break could not be copied.
    #[error("could not keep a copy of what was found")]
    Keep(#[source] StoreError),
    /// The event could not be written.
    #[error("the break could not be written")]
    Append(#[from] AppendError),
}

/// Why nothing more was sealed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SealError {
    /// A row there is missing or does not give its leaf; it and all after it stay as they are.
    #[error("nothing is sealed from position {position} on: {what}")]
    NotWhole {
        /// Where.
        position: i64,
        /// What is wrong.
        what: String,
    },
    /// The rows could not be read.
    #[error("the log could not be read")]
    Read(#[from] StoreError),
    /// The chunk was not written.
    #[error("the chunk was not written")]
    Write(#[from] AppendError),
}

impl From<rusqlite::Error> for SealError {
    fn from(cause: rusqlite::Error) -> Self {
        Self::Read(cause.into())
    }
}

/// Why a read gave no answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ReadError {
    /// The store could not be read.
    #[error("the log could not be read")]
    Storage(#[from] StoreError),
    /// A row is there and is no event.
    #[error("the event at position {position} is damaged: {what}")]
    Damaged {
        /// Where.
        position: i64,
        /// What is wrong with it.
        what: String,
    },
}

impl From<rusqlite::Error> for ReadError {
    fn from(cause: rusqlite::Error) -> Self {
        Self::Storage(cause.into())
    }
}

/// Why the log was not opened at all.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The data directory or a file in it cannot be used.
    #[error("cannot use {path}")]
    File {
        /// Which.
        path: PathBuf,
        /// The system's reason.
        #[source]
        cause: io::Error,
    },
    /// Another process holds the log.
    #[error("another process{holder} already uses the log in {dir}; two would spoil it. Stop that one first")]
    InUse {
        /// The data directory.
        dir: PathBuf,
        /// " (process 123)" if it can be told.
        holder: String,
    },
    /// A file system shared over a network does not keep SQLite's locks.
    #[error("{dir} lies on a network file system ({kind}); the log needs a local disk")]
    NetworkDisk {
        /// The data directory.
        dir: PathBuf,
        /// The file system's kind.
        kind: String,
    },
    /// The SQLite in this program is too old to be trusted with a write-ahead log.
    #[error("this program carries SQLite {found}; at least {least} is needed")]
    OldSqlite {
        /// Its version.
        found: String,
        /// The oldest allowed.
        least: &'static str,
    },
    /// The file is a database of something else.
    #[error("{path} is not a log of this program")]
    NotALog {
        /// The file.
        path: PathBuf,
    },
    /// The file was written by a later version.
    #[error("{path} has format {found}; this program knows format {known}")]
    NewerFormat {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// The address of a server, or what stands beside it in the configuration, cannot be used.
    #[error("the log's address cannot be used: {what}")]
    Address {
        /// Why.
        what: String,
    },
    /// The server that keeps the log does not answer, or does not let us in.
    #[error("the log's server at {server} cannot be used: {what}")]
    Server {
        /// Host and port.
        server: String,
        /// What it said, or did not say.
        what: String,
    },
    /// The folder mirrors a log on a server: what is written here alone would part from it.
    #[error(
        "{dir} mirrors a log on a server: give log.url. To go on without the server for good, take the file \
         server-holder out of that folder"
    )]
    Mirror {
        /// The data directory.
        dir: PathBuf,
    },
    /// Another machine writes this log.
    #[error(
        "the log {name:?} is held by {by}, which never let it go. Exactly one muster writes a log. If that one is gone \
         for good, start once with take_over = true in [log]; it will be shut out"
    )]
    Held {
        /// The log's name.
        name: String,
        /// Who holds it.
        by: String,
    },
    /// The store could not be read.
    #[error("the log in {dir} cannot be read")]
    Storage {
        /// The data directory.
        dir: PathBuf,
        /// The store's reason.
        #[source]
        cause: StoreError,
    },
}

/// Whether the log takes events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// It does.
    Writable,
    /// It can be read only.
    ReadOnly {
        /// Why.
        reason: Reason,
    },
}

/// Why a log takes no more events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The log has events and the anchor file is gone.
    AnchorMissing,
    /// Neither slot of the anchor can be read.
    AnchorUnreadable,
    /// The anchor remembers more events than the log holds: the end of the log is lost.
    AnchorAhead {
        /// What was acknowledged.
        anchor: Head,
        /// Events in the log now.
        log: u64,
    },
    /// The log is further ahead of its anchor than one commit can be.
    AnchorBehind {
        /// What was acknowledged.
        anchor: Head,
        /// Events in the log now.
        log: u64,
    },
    /// The log is long enough, and its history is another.
    RootMismatch {
        /// What was acknowledged.
        anchor: Head,
        /// The root the log has at that size.
        root: [u8; 32],
    },
    /// An event is not what was written.
    BadEvent {
        /// The first bad position.
        position: i64,
        /// What is wrong with it.
        what: String,
    },
    /// The server that keeps the log does not hold what was acknowledged.
    Server {
        /// What it holds instead, or holds no more.
        what: String,
    },
    /// Another muster took the log over.
    Superseded {
        /// Which.
        by: String,
    },
    /// Whoever opened the log has a reason from outside not to write it, such as a signing key that is gone.
    Distrusted {
        /// In his words, after those of the log itself if it had any.
        why: String,
    },
    /// A write or a flush failed; what reached the disk is unknown until the log is opened again.
    Flush {
        /// The system's words.
        what: String,
    },
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AnchorMissing => write!(f, "the anchor is missing, so nothing shows that the log is whole"),
            Self::AnchorUnreadable => write!(f, "the anchor cannot be read, so nothing shows that the log is whole"),
            Self::AnchorAhead { anchor, log } => {
                write!(f, "the anchor remembers {} events and the log holds {log}: its end is lost", anchor.size)
            }
            Self::AnchorBehind { anchor, log } => {
                write!(f, "the anchor remembers {} events and the log holds {log}: more than one commit can add", anchor.size)
            }
            Self::RootMismatch { anchor, .. } => {
                write!(f, "the first {} events are not those the anchor remembers", anchor.size)
            }
            Self::BadEvent { position, what } => write!(f, "position {position}: {what}"),
            Self::Server { what } => write!(f, "the log's server: {what}"),
            Self::Superseded { by } => write!(f, "{by} has taken this log over; exactly one muster writes a log"),
            Self::Distrusted { why } => write!(f, "{why}"),
            Self::Flush { what } => write!(f, "a write to disk failed ({what}); stop the program, see to the disk, start again"),
        }
    }
}

/// What was found when the log was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Size and root.
    pub head: Head,
    /// Whether events are taken.
    pub health: Health,
    /// Events the log had more than its anchor: a crash between commit and answer. Kept.
    pub brought_up: u64,
    /// Events at the end that were hashed again.
    pub rehashed: u64,
}

fn expectation(expected: Expected) -> String {
    match expected {
        Expected::NoStream => "not to exist".to_owned(),
        Expected::Revision(revision) => format!("at revision {revision}"),
    }
}

fn revision(actual: Option<u64>) -> String {
    actual.map_or_else(|| "it does not exist".to_owned(), |revision| format!("it is at revision {revision}"))
}
