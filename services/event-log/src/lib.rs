//! What did happen: an append-only log that can prove itself.
//!
//! Knows nothing of weapons. One writer, durable before answered, every event a leaf of an
//! RFC 6962 tree whose size and root stand in an anchor file outside the database. Nothing is ever
//! changed or deleted; what is found damaged is told, and only two people can declare to go on.
//!
//! Read in this order: `event`, `leaf`, `tree`, `anchor`, `sqlite`, `verify`.

use std::ops::ControlFlow;

use tokio::sync::watch;
use uuid::Uuid;

pub mod event;
pub mod leaf;
pub mod tree;

pub mod anchor;
pub mod bench;
pub mod breaks;
pub mod checkpoint;
pub mod chunk;
pub mod conformance;
pub mod durable;
pub mod error;
#[cfg(feature = "kurrentdb")]
pub mod kurrent;
pub mod ledger;
pub mod memory;
pub mod sqlite;
pub mod verify;

#[cfg(test)]
mod scratch;

pub use breaks::{Break, Declaration};
pub use checkpoint::{Checkpoint, NoteError};
pub use error::{AppendError, DeclareError, Health, OpenError, Opened, ReadError, Reason, SealError};
pub use event::{Appended, Expected, Following, Head, NewEvent, Recorded, StreamName, TypeName};
#[cfg(feature = "kurrentdb")]
pub use kurrent::{Kurrent, KurrentOptions};
pub use leaf::Hash;
pub use ledger::ClockSteps;
pub use memory::Memory;
pub use sqlite::{OpenOptions, Sqlite};

/// The file by which a folder is known to mirror a log on a server, and to that server.
pub const MIRROR_OF: &str = "server-holder";

/// A log, wherever it is kept. Cheap to clone; clones share the log.
#[derive(Clone, Debug)]
pub enum EventLog {
    /// In one file on this machine.
    Sqlite(Sqlite),
    /// In memory only.
    Memory(Memory),
    /// On a KurrentDB server, with a mirror on this machine.
    #[cfg(feature = "kurrentdb")]
    Kurrent(Kurrent),
}

#[cfg(feature = "kurrentdb")]
use EventLog::Kurrent as OnServer;
use EventLog::{Memory as InMemory, Sqlite as OnDisk};

impl EventLog {
    /// Opens the log on disk, or makes one.
    ///
    /// # Errors
    /// [`OpenError`]; a log that is there and not whole opens read-only and says so in [`Opened`].
    pub fn open(options: OpenOptions) -> Result<(Self, Opened), OpenError> {
        if options.dir.join(MIRROR_OF).exists() {
            return Err(OpenError::Mirror { dir: options.dir });
        }
        Sqlite::open(options).map(|(log, opened)| (OnDisk(log), opened))
    }

    /// Opens the log on a server (see [`kurrent`]).
    ///
    /// # Errors
    /// [`OpenError`].
    #[cfg(feature = "kurrentdb")]
    pub fn open_on_server(options: KurrentOptions) -> Result<(Self, Opened), OpenError> {
        Kurrent::open(options).map(|(log, opened)| (OnServer(log), opened))
    }

    /// An empty log in memory.
    #[must_use]
    pub fn memory(now: fn() -> i64, salt: fn() -> [u8; 16]) -> Self {
        InMemory(Memory::new(now, salt))
    }

    /// Appends events to one stream, all or none, at consecutive positions. Answered when they are on
    /// the disk and in the anchor. The same ids with the same content are answered as the first time,
    /// whatever revision is expected. A caller who stops waiting does not stop the append.
    ///
    /// # Errors
    /// [`AppendError`]; after `Storage` or `ReadOnly` with a flush ask again later with the same ids.
    pub async fn append(&self, stream: &StreamName, expected: Expected, events: Vec<NewEvent>) -> Result<Appended, AppendError> {
        match self {
            OnDisk(log) => log.append(stream, expected, events).await,
            #[cfg(feature = "kurrentdb")]
            OnServer(log) => log.append(stream, expected, events).await,
            InMemory(log) => log.append(stream, expected, events),
        }
    }

    /// The same for a caller that has a thread to wait on.
    ///
    /// # Errors
    /// As [`EventLog::append`].
    pub fn append_blocking(
        &self,
        stream: &StreamName,
        expected: Expected,
        events: Vec<NewEvent>,
    ) -> Result<Appended, AppendError> {
        match self {
            OnDisk(log) => log.append_blocking(stream, expected, events),
            #[cfg(feature = "kurrentdb")]
            OnServer(log) => log.append_blocking(stream, expected, events),
            InMemory(log) => log.append(stream, expected, events),
        }
    }

    /// Events from a position on (that one included), in order, at most `limit`.
    ///
    /// # Errors
    /// [`ReadError`], also when a row is no event and no break was declared about it.
    pub fn read(&self, from_position: u64, limit: usize) -> Result<Vec<Recorded>, ReadError> {
        match self {
            OnDisk(log) => log.read(from_position, limit),
            #[cfg(feature = "kurrentdb")]
            OnServer(log) => log.mirror().read(from_position, limit),
            InMemory(log) => Ok(log.read(from_position, limit)),
        }
    }

    /// A stream's events from a revision on (that one included), in order, at most `limit`.
    ///
    /// # Errors
    /// As [`EventLog::read`].
    pub fn read_stream(&self, stream: &StreamName, from_revision: u64, limit: usize) -> Result<Vec<Recorded>, ReadError> {
        match self {
            OnDisk(log) => log.read_stream(stream, from_revision, limit),
            #[cfg(feature = "kurrentdb")]
            OnServer(log) => log.mirror().read_stream(stream, from_revision, limit),
            InMemory(log) => Ok(log.read_stream(stream, from_revision, limit)),
        }
    }

    /// The event at a position.
    ///
    /// # Errors
    /// As [`EventLog::read`].
    pub fn event(&self, position: u64) -> Result<Option<Recorded>, ReadError> {
        Ok(self.read(position, 1)?.pop().filter(|event| event.position == position))
    }

    /// The event with an id.
    ///
    /// # Errors
    /// As [`EventLog::read`].
    pub fn event_by_id(&self, id: Uuid) -> Result<Option<Recorded>, ReadError> {
        match self {
            OnDisk(log) => log.event_by_id(id),
            #[cfg(feature = "kurrentdb")]
            OnServer(log) => log.mirror().event_by_id(id),
            InMemory(log) => Ok(log.event_by_id(id)),
        }
    }

    /// The last revision of a stream; none if it does not exist.
    ///
    /// # Errors
    /// As [`EventLog::read`].
    pub fn last_revision(&self, stream: &StreamName) -> Result<Option<u64>, ReadError> {
        match self {
            OnDisk(log) => log.last_revision(stream),
            #[cfg(feature = "kurrentdb")]
            OnServer(log) => log.mirror().last_revision(stream),
            InMemory(log) => Ok(log.last_revision(stream)),
        }
    }

    /// Names of the streams that begin with a text, in order.
    ///
    /// # Errors
    /// As [`EventLog::read`].
    pub fn streams(&self, prefix: &str) -> Result<Vec<StreamName>, ReadError> {
        match self {
            OnDisk(log) => log.streams(prefix),
            #[cfg(feature = "kurrentdb")]
            OnServer(log) => log.mirror().streams(prefix),
            InMemory(log) => Ok(log.streams(prefix)),
        }
    }

    /// The last position recorded by a time (microseconds); 0 if there is none.
    ///
    /// # Errors
    /// As [`EventLog::read`].
    pub fn position_at(&self, recorded_at: i64) -> Result<u64, ReadError> {
        match self {
            OnDisk(log) => log.position_at(recorded_at),
            #[cfg(feature = "kurrentdb")]
            OnServer(log) => log.mirror().position_at(recorded_at),
            InMemory(log) => Ok(log.position_at(recorded_at)),
        }
    }

    /// Size and root of what is committed and anchored.
    #[must_use]
    pub fn head(&self) -> Head {
        match self {
            OnDisk(log) => log.head(),
            #[cfg(feature = "kurrentdb")]
            OnServer(log) => log.mirror().head(),
            InMemory(log) => log.head(),
        }
    }

    /// Whether events are taken, and if not, why.
    #[must_use]
    pub fn health(&self) -> Health {
        match self {
            OnDisk(log) => log.health(),
            #[cfg(feature = "kurrentdb")]
            OnServer(log) => log.mirror().health(),
            InMemory(_) => Health::Writable,
        }
    }

    /// The last committed and anchored position, and every change of it.
    #[must_use]
    pub fn follow(&self) -> watch::Receiver<u64> {
        match self {
            OnDisk(log) => log.follow(),
            #[cfg(feature = "kurrentdb")]
            OnServer(log) => log.mirror().follow(),
            InMemory(log) => log.follow(),
        }
    }

    /// Whether everything that is kept elsewhere has been seen here; on this machine it always has.
    #[must_use]
    pub fn following(&self) -> Following {
        match self {
            OnDisk(_) | InMemory(_) => Following::Live,
            #[cfg(feature = "kurrentdb")]
            OnServer(log) => log.following(),
        }
    }

    /// How often the server's clock stepped back since the log was opened; the caller records it.
    #[must_use]
    pub fn clock_steps(&self) -> ClockSteps {
        match self {
            OnDisk(log) => log.clock_steps(),
            #[cfg(feature = "kurrentdb")]
            OnServer(log) => log.clock_steps(),
            InMemory(log) => log.clock_steps(),
        }
    }

    /// Proof that the event at a position is in the tree of `size` events (check with
    /// [`tree::verify_inclusion`], index = position - 1); `None` if it is not.
    ///
    /// # Errors
    /// As [`EventLog::read`].
    pub fn inclusion_proof(&self, position: u64, size: u64) -> Result<Option<Vec<Hash>>, ReadError> {
        match self {
            OnDisk(log) => log.inclusion_proof(position, size),
            #[cfg(feature = "kurrentdb")]
            OnServer(log) => log.mirror().inclusion_proof(position, size),
            InMemory(log) => Ok(log.inclusion_proof(position, size)),
        }
    }

    /// Proof that the log of `old` events is the beginning of the log of `new` events (check with
    /// [`tree::verify_consistency`]); `None` if `old` is 0, or the sizes are not in order or too large.
    ///
    /// # Errors
    /// As [`EventLog::read`].
    pub fn consistency_proof(&self, old: u64, new: u64) -> Result<Option<Vec<Hash>>, ReadError> {
        match self {
            OnDisk(log) => log.consistency_proof(old, new),
            #[cfg(feature = "kurrentdb")]
            OnServer(log) => log.mirror().consistency_proof(old, new),
            InMemory(log) => Ok(log.consistency_proof(old, new)),
        }
    }

    /// The root the log had at a size; `None` if it was never that long.
    ///
    /// # Errors
    /// As [`EventLog::read`].
    pub fn root_at(&self, size: u64) -> Result<Option<Hash>, ReadError> {
        match self {
            OnDisk(log) => log.root_at(size),
            #[cfg(feature = "kurrentdb")]
            OnServer(log) => log.mirror().root_at(size),
            InMemory(log) => Ok(log.root_at(size)),
        }
    }

    /// Every break that was declared, in order.
    #[must_use]
    pub fn breaks(&self) -> Vec<Break> {
        match self {
            OnDisk(log) => log.breaks(),
            #[cfg(feature = "kurrentdb")]
            OnServer(log) => log.mirror().breaks(),
            InMemory(_) => Vec::new(),
        }
    }

    /// The head as a checkpoint to sign: every declared break is a line of it.
    ///
    /// # Errors
    /// [`NoteError`] when the origin cannot stand in a checkpoint.
    pub fn checkpoint(&self, origin: &str) -> Result<Checkpoint, NoteError> {
        let (head, breaks) = (self.head(), self.breaks());
        let lines = breaks.iter().filter(|one| one.position <= head.size).map(Break::line);
        Checkpoint::new(origin, head, lines.collect())
    }

    /// Takes nothing from now on, for a reason from outside, such as a key that should stand beside the log and
    /// is gone. Two people may declare a break, as for a log that is itself not whole. Not for a log in memory.
    pub fn doubt(&self, why: String) {
        match self {
            OnDisk(log) => log.doubt(why),
            #[cfg(feature = "kurrentdb")]
            OnServer(log) => log.mirror().doubt(why),
            InMemory(_) => {}
        }
    }

    /// Two people declare that the log goes on although something before is not whole (see [`breaks`]).
    ///
    /// # Errors
    /// [`DeclareError`]; only a log that opened read-only can be gone on with.
    pub async fn declare_break(&self, declared: Declaration) -> Result<Appended, DeclareError> {
        match self {
            OnDisk(log) => log.declare_break(declared).await,
            #[cfg(feature = "kurrentdb")]
            OnServer(_) => Err(DeclareError::OnServer),
            InMemory(_) => Err(DeclareError::NotReadOnly),
        }
    }

    /// The same for a caller that has a thread to wait on.
    ///
    /// # Errors
    /// As [`EventLog::declare_break`].
    pub fn declare_break_blocking(&self, declared: Declaration) -> Result<Appended, DeclareError> {
        match self {
            OnDisk(log) => log.declare_break_blocking(declared),
            #[cfg(feature = "kurrentdb")]
            OnServer(_) => Err(DeclareError::OnServer),
            InMemory(_) => Err(DeclareError::NotReadOnly),
        }
    }

    /// Lets the log go, where others wait for that: after this it takes nothing. A log on this machine is let
    /// go when its last handle is dropped.
    pub fn close(&self) {
        #[cfg(feature = "kurrentdb")]
        if let OnServer(log) = self {
            log.close();
        }
    }

    /// Keeps a signed checkpoint in the log's file, beside the events, for `verify` to check.
    ///
    /// # Errors
    /// [`AppendError`] when it cannot be stored.
    pub fn keep_checkpoint(&self, size: u64, note: &str) -> Result<(), AppendError> {
        match self {
            OnDisk(log) => log.keep_checkpoint(size, note),
            #[cfg(feature = "kurrentdb")]
            OnServer(log) => log.mirror().keep_checkpoint(size, note),
            InMemory(log) => {
                log.keep_checkpoint(size, note);
                Ok(())
            }
        }
    }

    /// Seals old events: whole runs of 256 become one chunk each, a fifth as large, as long as `keep` events
    /// after them stay rows; at most `most` runs. Nothing that they say changes. Answers how many were sealed.
    /// Waits for the disk, a few milliseconds a run; appends go between.
    ///
    /// # Errors
    /// [`SealError`]; what is not whole is not sealed, nor anything after it.
    pub fn seal(&self, keep: u64, most: u64) -> Result<u64, SealError> {
        match self {
            OnDisk(log) => log.seal(keep, most),
            _ => Ok(0),
        }
    }

    /// Writes the file anew without what sealing left free. Appends wait for it; for a log at rest.
    ///
    /// # Errors
    /// [`AppendError`] when the disk does not hold a second copy, or the log is read-only.
    pub fn compact(&self) -> Result<(), AppendError> {
        match self {
            OnDisk(log) => log.compact(),
            _ => Ok(()),
        }
    }

    /// Hashes every stored event again, telling `progress` (done, all) now and then; it may say stop.
    /// The first thing that does not agree makes the log read-only and is the answer.
    ///
    /// # Errors
    /// [`ReadError`] when the store cannot be read.
    pub fn verify_all(&self, progress: &mut dyn FnMut(u64, u64) -> ControlFlow<()>) -> Result<Option<Reason>, ReadError> {
        match self {
            OnDisk(log) => log.verify_all(progress),
            #[cfg(feature = "kurrentdb")]
            OnServer(log) => match log.mirror().verify_all(progress)? {
                None => log.compare(),
                found => Ok(found),
            },
            InMemory(_) => Ok(None),
        }
    }
}
