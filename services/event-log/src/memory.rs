//! The log in memory: the same answers as on disk, gone with the process. For demos and tests.
//!
//! One lock around everything; an append holds it for microseconds. There is no anchor, so there is
//! nothing that could turn it read-only, and no break to declare.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use uuid::Uuid;

use crate::error::AppendError;
use crate::event::{Appended, Expected, Head, NewEvent, Recorded, StreamName};
use crate::leaf::Hash;
use crate::ledger::{self, Clock, ClockSteps};
use crate::tree::Tree;

/// A handle; clones share the log.
#[derive(Clone, Debug)]
pub struct Memory {
    held: Arc<Mutex<Held>>,
    published: Arc<watch::Sender<u64>>,
    now: fn() -> i64,
    salt: fn() -> [u8; 16],
}

#[derive(Debug)]
struct Held {
    events: Vec<Recorded>,
    streams: BTreeMap<StreamName, Vec<usize>>,
    ids: HashMap<Uuid, usize>,
    tree: Tree,
    clock: Clock,
    notes: BTreeMap<u64, String>,
}

impl Memory {
    /// An empty log. Clock (microseconds since 1970, UTC) and random come from outside.
    #[must_use]
    pub fn new(now: fn() -> i64, salt: fn() -> [u8; 16]) -> Self {
        let held = Held {
            events: Vec::new(),
            streams: BTreeMap::new(),
            ids: HashMap::new(),
            tree: Tree::default(),
            clock: Clock::after(i64::MIN),
            notes: BTreeMap::new(),
        };
        Self { held: Arc::new(Mutex::new(held)), published: Arc::new(watch::Sender::new(0)), now, salt }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn append(&self, stream: &StreamName, expected: Expected, events: Vec<NewEvent>) -> Result<Appended, AppendError> {
        ledger::admit(&events)?;
        let mut held = self.held();
        if let Some(appended) = held.already(stream, &events)? {
            return Ok(appended);
        }
        let places = held.streams.get(stream).map_or(0, Vec::len) as u64;
        ledger::check_revision(stream, expected, places.checked_sub(1))?;
        let recorded_at = held.clock.stamp((self.now)());
        let first = held.events.len() as u64 + 1;
        let mut leaves = Vec::with_capacity(events.len());
        for (nth, event) in (0u64..).zip(events) {
            let recorded = ledger::record(stream, event, first + nth, places + nth, recorded_at, (self.salt)());
            leaves.push(recorded.leaf);
            held.push(recorded);
        }
        let last = held.events.len() as u64;
        self.published.send_replace(last);
        let last_revision = places + (last - first);
        Ok(Appended { first_position: first, last_position: last, last_revision, leaves, already: false })
    }

    pub(crate) fn head(&self) -> Head {
        let held = self.held();
        Head { size: held.tree.size(), root: held.tree.root() }
    }

    pub(crate) fn follow(&self) -> watch::Receiver<u64> {
        self.published.subscribe()
    }

    pub(crate) fn clock_steps(&self) -> ClockSteps {
        self.held().clock.steps()
    }

    pub(crate) fn read(&self, from: u64, limit: usize) -> Vec<Recorded> {
        let skip = usize::try_from(from.saturating_sub(1)).unwrap_or(usize::MAX);
        self.held().events.iter().skip(skip).take(limit).cloned().collect()
    }

    pub(crate) fn read_stream(&self, stream: &StreamName, from: u64, limit: usize) -> Vec<Recorded> {
        let held = self.held();
        let places = held.streams.get(stream).map_or(&[][..], Vec::as_slice);
        let skip = usize::try_from(from).unwrap_or(usize::MAX);
        places.iter().skip(skip).take(limit).map(|at| held.events[*at].clone()).collect()
    }

    pub(crate) fn event_by_id(&self, id: Uuid) -> Option<Recorded> {
        let held = self.held();
        held.ids.get(&id).map(|at| held.events[*at].clone())
    }

    pub(crate) fn last_revision(&self, stream: &StreamName) -> Option<u64> {
        self.held().streams.get(stream).map(|places| places.len() as u64 - 1)
    }

    pub(crate) fn streams(&self, prefix: &str) -> Vec<StreamName> {
        self.held().streams.keys().filter(|name| name.as_str().starts_with(prefix)).cloned().collect()
    }

    pub(crate) fn position_at(&self, recorded_at: i64) -> u64 {
        self.held().events.partition_point(|event| event.recorded_at <= recorded_at) as u64
    }

    pub(crate) fn inclusion_proof(&self, position: u64, size: u64) -> Option<Vec<Hash>> {
        let held = self.held();
        let Ok(proof) = held.tree.inclusion(position.checked_sub(1)?, size, &mut |span| held.leaves(span));
        proof
    }

    pub(crate) fn consistency_proof(&self, old: u64, new: u64) -> Option<Vec<Hash>> {
        let held = self.held();
        let Ok(proof) = held.tree.consistency(old, new, &mut |span| held.leaves(span));
        proof
    }

    pub(crate) fn root_at(&self, size: u64) -> Option<Hash> {
        let held = self.held();
        let Ok(root) = held.tree.root_at(size, &mut |span| held.leaves(span));
        root
    }

    pub(crate) fn keep_checkpoint(&self, size: u64, note: &str) {
        self.held().notes.entry(size).or_insert_with(|| note.to_owned());
    }
}

impl Held {
    fn push(&mut self, event: Recorded) {
        let at = self.events.len();
        self.ids.insert(event.id, at);
        self.streams.entry(event.stream.clone()).or_default().push(at);
        self.tree.push(event.leaf);
        self.events.push(event);
    }

    /// The answer of the first time, if these very events are in the log.
    fn already(&self, stream: &StreamName, events: &[NewEvent]) -> Result<Option<Appended>, AppendError> {
        let places: Vec<Option<usize>> = events.iter().map(|event| self.ids.get(&event.id).copied()).collect();
        let Some((nth, first)) = places.iter().enumerate().find_map(|(nth, at)| at.map(|at| (nth, at))) else { return Ok(None) };
        let known =
            |(n, event): (usize, &NewEvent)| places[n] == Some(first + n) && ledger::same(stream, event, &self.events[first + n]);
        match (nth, events.iter().enumerate().find(|one| !known(*one))) {
            (0, None) => {
                let these = &self.events[first..first + events.len()];
                let last = &these[these.len() - 1];
                Ok(Some(Appended {
                    first_position: these[0].position,
                    last_position: last.position,
                    last_revision: last.revision,
                    leaves: these.iter().map(|event| event.leaf).collect(),
                    already: true,
                }))
            }
            _ => Err(AppendError::IdReused { id: events[nth].id }),
        }
    }

    fn leaves(&self, span: Range<u64>) -> Result<Vec<Hash>, std::convert::Infallible> {
        let index = |at: u64| usize::try_from(at).expect("the tree asks for leaves that it was given");
        Ok(self.events[index(span.start)..index(span.end)].iter().map(|event| event.leaf).collect())
    }
}
