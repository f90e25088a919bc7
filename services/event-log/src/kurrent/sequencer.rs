//! Makes one log of what the server holds: reads it in the server's order, gives each event its position and
//! its leaf, and writes it into the mirror, a SQLite log like any other.
//!
//! Everything follows from the server's content and order alone, so that whoever reads the server from its
//! beginning builds the same tree. The same walk therefore serves three ends: to take in what is new, to make
//! a lost mirror anew, and to compare an existing mirror with the server, event by event. What the server
//! holds no more, or holds otherwise, is named by its position; nothing is skipped and nothing is mended.

use std::cmp::Ordering;
use std::collections::HashMap;

use eventstore::{Position, RecordedEvent};

use super::envelope::Envelope;
use crate::error::{AppendError, ReadError, Reason};
use crate::event::{Recorded, StreamName, TypeName};
use crate::leaf::{self, Hash};
use crate::sqlite::Sqlite;
use crate::tree::{self, Frontier};

/// A place in the server's order.
pub(crate) type Place = Position;

/// Why a page was not taken in.
#[derive(Debug)]
pub(crate) enum Halt {
    /// The server's content is not that of this log.
    Bad(Reason),
    /// The mirror did not take it.
    Mirror(AppendError),
    /// The mirror could not be read.
    Read(ReadError),
    /// Everything that was to be compared was.
    Enough,
}

impl From<ReadError> for Halt {
    fn from(cause: ReadError) -> Self {
        Self::Read(cause)
    }
}

/// How far the server's order has been followed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor {
    /// Events of this log seen so far.
    pub at: u64,
    /// Where the last thing seen stands.
    pub place: Option<Place>,
    /// The last event's time.
    recorded_at: i64,
    /// The last claim seen on the way: its number.
    pub claim: Option<u64>,
}

impl Cursor {
    /// At the very beginning.
    pub(crate) fn start() -> Self {
        Self { at: 0, place: None, recorded_at: i64::MIN, claim: None }
    }

    /// After an event that the mirror holds.
    pub(crate) fn after(at: u64, place: Place, mirror: &Sqlite) -> Result<Option<Self>, ReadError> {
        let Some(event) = one(mirror, at)? else { return Ok(None) };
        Ok(Some(Self { at, place: Some(place), recorded_at: event.recorded_at, claim: None }))
    }
}

/// Follows the server's order.
pub(crate) struct Sequencer {
    pub mirror: Sqlite,
    /// How the names of the log's streams begin on the server.
    pub prefix: String,
    /// The stream of claims.
    pub claims: String,
    pub cursor: Cursor,
    /// Compare up to this position and write nothing; none: what the mirror lacks is written into it.
    pub compare_to: Option<u64>,
}

/// A page on its way into the mirror.
struct Batch {
    base: u64,
    before: Hash,
    frontier: Frontier,
    roots: Vec<Hash>,
    events: Vec<Recorded>,
    revisions: HashMap<StreamName, u64>,
    /// What must come next: an append that has begun and is not whole yet.
    open: Option<(StreamName, u64, u32)>,
    /// How many of the events, and where, when the last append was whole.
    whole: (usize, Cursor),
}

impl Batch {
    /// The root at a size, where the batch knows it.
    fn root(&self, size: u64) -> Option<Hash> {
        match size.checked_sub(self.base)? {
            0 => Some(self.before),
            more => self.roots.get(usize::try_from(more).ok()? - 1).copied(),
        }
    }

    fn push(&mut self, event: Recorded) {
        self.frontier.push(event.leaf);
        self.roots.push(self.frontier.root());
        self.revisions.insert(event.stream.clone(), event.revision);
        self.events.push(event);
    }
}

impl Sequencer {
    /// Another one over the same mirror, at the beginning.
    pub(crate) fn beside(&self) -> Self {
        let (mirror, prefix, claims) = (self.mirror.clone(), self.prefix.clone(), self.claims.clone());
        Self { mirror, prefix, claims, cursor: Cursor::start(), compare_to: None }
    }

    /// The streams that are read.
    pub(crate) fn prefixes(&self) -> [String; 2] {
        [self.prefix.clone(), self.claims.clone()]
    }

    /// Takes a page in, up to the last whole append. A page begins with what stands at the cursor's place, or
    /// before it where something is delivered again. `last` says that nothing follows on the server: then an
    /// append that is not whole has lost its end, and an empty page says that nothing stands there any more.
    pub(crate) fn take(&mut self, page: &[RecordedEvent], last: bool) -> Result<(), Halt> {
        let before = self.cursor;
        let frontier = self.mirror.frontier();
        let (base, root) = (frontier.size(), frontier.root());
        let (roots, events, revisions) = (Vec::new(), Vec::new(), HashMap::new());
        let whole = (0, before);
        let mut batch = Batch { base, before: root, frontier, roots, events, revisions, open: None, whole };
        let mut taken = self.walk(page, &mut batch);
        if let (Ok(()), true, Some((stream, revision, rest))) = (&taken, last, &batch.open) {
            let what =
                format!("it begins an append whose last {} events are gone (from revision {revision} of {stream})", rest + 1);
            taken = Err(bad(batch.whole.1.at + 1, what));
        }
        self.cursor = batch.whole.1;
        batch.events.truncate(batch.whole.0);
        if !batch.events.is_empty()
            && let Err(error) = self.mirror.mirror(batch.events)
        {
            self.cursor = before; // read again, from where the mirror still agrees
            return Err(Halt::Mirror(error));
        }
        taken
    }

    fn walk(&mut self, page: &[RecordedEvent], batch: &mut Batch) -> Result<(), Halt> {
        let mut resumed = self.cursor.place.is_none();
        for event in page {
            match self.cursor.place.map(|place| event.position.cmp(&place)) {
                Some(Ordering::Less) => continue, // delivered again
                Some(Ordering::Equal) => {
                    resumed = true;
                    continue;
                }
                _ if !resumed => break,
                _ => {}
            }
            self.step(event, batch)?;
            self.cursor.place = Some(event.position);
            if batch.open.is_none() {
                batch.whole = (batch.events.len(), self.cursor);
            }
        }
        if resumed { Ok(()) } else { Err(self.gone("holds no longer what stood there")) }
    }

    fn gone(&self, what: &str) -> Halt {
        let position = self.cursor.at.cast_signed();
        Halt::Bad(Reason::Server { what: format!("it {what} (after position {position} of this log)") })
    }

    fn step(&mut self, event: &RecordedEvent, batch: &mut Batch) -> Result<(), Halt> {
        let name = event.stream_id();
        if name == self.claims {
            self.cursor.claim = Some(event.revision);
            return Ok(());
        }
        let Some(name) = name.strip_prefix(&self.prefix) else { return Ok(()) };
        let position = self.cursor.at + 1;
        if self.compare_to.is_some_and(|last| position > last) {
            return Err(Halt::Enough);
        }
        let (recorded, envelope) = read(event, name, position, self.cursor.recorded_at).map_err(|what| {
            let what = format!("what the server holds next, in stream {name}, is no event of this log: {what}");
            bad(position, what)
        })?;
        let next = (recorded.stream.clone(), recorded.revision);
        if let Some((stream, revision, rest)) = batch.open.take()
            && (next != (stream, revision) || envelope.rest != rest)
        {
            return Err(bad(position, format!("another event of the append before it should stand here: {} are gone", rest + 1)));
        }
        batch.open = envelope.rest.checked_sub(1).map(|rest| (next.0, next.1 + 1, rest));
        self.agrees(position, &envelope, batch)?;
        if position <= batch.base {
            let ours = one(&self.mirror, position)?;
            if ours.is_none_or(|ours| ours.leaf != recorded.leaf) {
                let seen = format!("revision {} of {name}", recorded.revision);
                return Err(bad(position, format!("the server holds {seen} there: this event is gone, or another")));
            }
        } else {
            self.follows(&recorded, batch)?;
            batch.push(recorded.clone());
        }
        (self.cursor.at, self.cursor.recorded_at) = (position, recorded.recorded_at);
        Ok(())
    }

    /// The head that the event's writer knew is one this log had.
    fn agrees(&self, position: u64, envelope: &Envelope, batch: &Batch) -> Result<(), Halt> {
        let after = envelope.after;
        let root = if after.size >= position {
            None
        } else if after.size == 0 {
            Some(tree::empty_root())
        } else {
            batch.root(after.size).map_or_else(|| self.mirror.root_at(after.size), |root| Ok(Some(root)))?
        };
        if root == Some(after.root) {
            return Ok(());
        }
        let what = format!(
            "it was written after {} events, and the first {} that the server still holds are not those: something before \
             this event is gone",
            after.size, after.size
        );
        Err(bad(position, what))
    }

    fn follows(&self, recorded: &Recorded, batch: &Batch) -> Result<(), Halt> {
        let last = match batch.revisions.get(&recorded.stream) {
            Some(last) => Some(*last),
            None => self.mirror.last_revision(&recorded.stream)?,
        };
        let next = last.map_or(0, |last| last + 1);
        if recorded.revision == next {
            return Ok(());
        }
        let what = format!("revision {} of {} where {next} comes next: events are gone", recorded.revision, recorded.stream);
        Err(bad(recorded.position, what))
    }
}

fn one(mirror: &Sqlite, position: u64) -> Result<Option<Recorded>, ReadError> {
    Ok(mirror.read(position, 1)?.pop().filter(|event| event.position == position))
}

fn bad(position: u64, what: String) -> Halt {
    Halt::Bad(Reason::BadEvent { position: position.cast_signed(), what })
}

/// The event as this log has it; its time is never earlier than its predecessor's.
fn read(event: &RecordedEvent, stream: &str, position: u64, before: i64) -> Result<(Recorded, Envelope), String> {
    let envelope = Envelope::parse(&event.custom_metadata)?;
    let mut recorded = Recorded {
        position,
        stream: StreamName::new(stream).map_err(|cause| cause.to_string())?,
        revision: event.revision,
        id: event.id,
        type_name: TypeName::new(event.event_type.as_str()).map_err(|cause| cause.to_string())?,
        schema_version: envelope.schema_version,
        recorded_at: envelope.recorded_at.max(before),
        occurred_at: envelope.occurred_at,
        salt: envelope.salt,
        meta: envelope.meta.clone(),
        data: event.data.to_vec(),
        leaf: [0; 32],
    };
    recorded.leaf = leaf::of(&recorded);
    Ok((recorded, envelope))
}
