//! The envelope: what stands around every event, and the names by which it is found.
//!
//! `meta` and `data` are JSON bytes exactly as first written; this crate never parses them and
//! never writes them anew. Times are microseconds since the Unix epoch, UTC. Positions start
//! at 1 (leaf index = position - 1); revisions of a stream start at 0.

use std::fmt;
use std::sync::Arc;

use uuid::Uuid;

/// The most bytes of `meta` and of `data`, each.
pub const PAYLOAD_BYTES_MAX: usize = 256 * 1024;
/// The most bytes of a stream's name.
pub const STREAM_NAME_MAX: usize = 128;
/// The most bytes of an event type's name.
pub const TYPE_NAME_MAX: usize = 64;

/// A stream's name, such as `weapon-0192...@hq`: ASCII letters, digits, `-`, `_`, `.`, `@`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamName(Arc<str>); // shared: a replay names each stream many times

/// Why a text cannot name a stream or a type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing was given.
    #[error("a stream or type name is empty")]
    Empty,
    /// Longer than allowed.
    #[error("a name of {length} bytes is too long; at most {limit} fit")]
    TooLong {
        /// Its length in bytes.
        length: usize,
        /// The most that fit.
        limit: usize,
    },
    /// A character that a name may not hold.
    #[error("a name may not hold {0:?}; use letters, digits, '-', '_', '.' or '@'")]
    Forbidden(char),
}

/// The one rule for names of streams and types.
fn check_name(name: &str, limit: usize) -> Result<(), NameError> {
    match name.chars().find(|c| !(c.is_ascii_alphanumeric() || "-_.@".contains(*c))) {
        _ if name.is_empty() => Err(NameError::Empty),
        _ if name.len() > limit => Err(NameError::TooLong { length: name.len(), limit }),
        Some(c) => Err(NameError::Forbidden(c)),
        None => Ok(()),
    }
}

impl StreamName {
    /// Takes a name that follows the rule.
    ///
    /// # Errors
    /// [`NameError`] says which rule it breaks.
    pub fn new(name: impl Into<Arc<str>>) -> Result<Self, NameError> {
        let name = name.into();
        check_name(&name, STREAM_NAME_MAX)?;
        Ok(Self(name))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An event type's name, such as `WeaponIssued`; the same alphabet as streams.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TypeName(Arc<str>);

impl TypeName {
    /// Takes a name that follows the rule.
    ///
    /// # Errors
    /// [`NameError`] says which rule it breaks.
    pub fn new(name: impl Into<Arc<str>>) -> Result<Self, NameError> {
        let name = name.into();
        check_name(&name, TYPE_NAME_MAX)?;
        Ok(Self(name))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What the writer expects of the stream; there is no "any".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// The stream does not exist yet.
    NoStream,
    /// Its last event has this revision.
    Revision(u64),
}

/// An event before it is in the log. The id is made once, at the desk, and kept over retries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    /// UUIDv7.
    pub id: Uuid,
    /// What happened.
    pub type_name: TypeName,
    /// Version of the data's shape, from 1.
    pub schema_version: u32,
    /// When it happened, as claimed (its basis stands in `meta`).
    pub occurred_at: i64,
    /// Who, where, why: JSON bytes.
    pub meta: Vec<u8>,
    /// The fact itself: JSON bytes.
    pub data: Vec<u8>,
}

/// An event in the log: exactly what the leaf covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Place in the whole log, from 1.
    pub position: u64,
    /// The stream it belongs to.
    pub stream: StreamName,
    /// Place in that stream, from 0.
    pub revision: u64,
    /// UUIDv7.
    pub id: Uuid,
    /// What happened.
    pub type_name: TypeName,
    /// Version of the data's shape.
    pub schema_version: u32,
    /// Server's clock at append; never earlier than the event before it in the log.
    pub recorded_at: i64,
    /// When it happened, as claimed.
    pub occurred_at: i64,
    /// Sixteen random bytes that keep small payloads from being guessed from their hash.
    pub salt: [u8; 16],
    /// JSON bytes as first written.
    pub meta: Vec<u8>,
    /// JSON bytes as first written.
    pub data: Vec<u8>,
    /// The stored leaf hash.
    pub leaf: [u8; 32],
}

/// Size and root of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Number of events.
    pub size: u64,
    /// RFC 6962 Merkle tree hash over the leaves.
    pub root: [u8; 32],
}

/// The answer to an append: all events of one call stand at consecutive positions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Position of the first event.
    pub first_position: u64,
    /// Position of the last event.
    pub last_position: u64,
    /// Revision of the last event in its stream.
    pub last_revision: u64,
    /// Leaf hashes, in order.
    pub leaves: Vec<[u8; 32]>,
    /// True if these very events were in the log already (the same ids and content).
    pub already: bool,
}

/// Whether everything the server holds has been seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Following {
    /// All of it.
    Live,
    /// On the way there.
    CatchingUp {
        /// Events seen so far.
        at: u64,
    },
    /// The server does not answer; what is shown is what was known.
    Away {
        /// The last thing heard of it.
        what: String,
    },
}
