//! The streams worked on last, as facts, so that a long count is not read anew for every item.
//!
//! Only what the log has answered is kept, and each use first asks the log for what came since:
//! a stream here is a prefix of the stream in the log, never another opinion of it. Bounded by
//! the number of facts; the stream untouched for longest goes first.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use armoury::event::Fact;
use event_log::event::StreamName;

use super::ActError;
use crate::app::App;

/// The most facts kept over all streams: some 20 MiB.
const FACTS_MAX: usize = 20_000;
/// Events of one read.
const PAGE: usize = 1000;

/// What was read last.
#[derive(Debug, Default)]
pub struct Recent {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    streams: BTreeMap<StreamName, (/* last use */ u64, Arc<Vec<Fact>>)>,
    uses: u64,
}

impl Recent {
    fn take(&self, stream: &StreamName) -> Arc<Vec<Fact>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.streams.remove(stream).map(|(_, facts)| facts).unwrap_or_default()
    }

    fn put(&self, stream: &StreamName, facts: Arc<Vec<Fact>>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.uses += 1;
        let now = kept.uses;
        kept.streams.insert(stream.clone(), (now, facts));
        while kept.streams.values().map(|(_, facts)| facts.len().max(1)).sum::<usize>() > FACTS_MAX {
            let oldest = kept.streams.iter().min_by_key(|(_, (used, _))| *used).map(|(name, _)| name.clone());
            let Some(oldest) = oldest else { return };
            kept.streams.remove(&oldest);
        }
    }
}

impl App {
    /// A stream's facts, all of them, oldest first.
    pub(super) fn stream_facts(&self, stream: &StreamName) -> Result<Arc<Vec<Fact>>, ActError> {
        let mut facts = self.recent().take(stream);
        loop {
            let from = facts.last().map_or(0, |fact| fact.revision + 1);
            let page = self.log().read_stream(stream, from, PAGE).map_err(ActError::failed)?;
            let last = page.len() < PAGE;
            if !page.is_empty() {
                let known = Arc::make_mut(&mut facts);
                for recorded in page {
                    known.push(crate::projector::fact(&recorded).map_err(ActError::failed)?);
                }
            }
            if last {
                self.recent().put(stream, Arc::clone(&facts));
                return Ok(facts);
            }
        }
    }
}
