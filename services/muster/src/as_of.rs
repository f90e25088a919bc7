//! The book as it was: "as we knew it" (up to a position) and "as it was" (up to a claimed time).
//!
//! `known_at`: the log up to a position; a time means the last position recorded by then.
//! `true_at`: of those, the events that are claimed to have happened by then, each life folded in
//! the order in which things happened. The last few answers are kept, for pages that ask again.

use std::str::FromStr;
use std::sync::{Arc, Mutex};

use armoury::view::Views;
use event_log::{EventLog, ReadError};
use serde::{Deserialize, Serialize};
use tag_data::moment::Moment;

use crate::app::App;
use crate::projector;

/// How many past books are kept.
const KEPT: usize = 4;

/// A position, or a time that stands for the last position recorded by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Known {
    /// Up to this position.
    Position(u64),
    /// Up to what was recorded by this time.
    Time(Moment),
}

/// Why a text is neither.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0:?} is neither a position in the log nor a time like 2026-03-01T06:30:00Z")]
pub struct NotKnown(String);

impl FromStr for Known {
    type Err = NotKnown;

    fn from_str(text: &str) -> Result<Self, NotKnown> {
        let text = text.trim();
        let position = || text.parse().ok().map(Self::Position);
        position().or_else(|| text.parse().ok().map(Self::Time)).ok_or_else(|| NotKnown(text.chars().take(40).collect()))
    }
}

impl TryFrom<String> for Known {
    type Error = NotKnown;

    fn try_from(text: String) -> Result<Self, NotKnown> {
        text.parse()
    }
}

impl From<Known> for String {
    fn from(known: Known) -> Self {
        match known {
            Known::Position(position) => position.to_string(),
            Known::Time(moment) => moment.to_string(),
        }
    }
}

/// Which book is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AsOf {
    /// As we knew it.
    pub known_at: Option<Known>,
    /// As it was.
    pub true_at: Option<Moment>,
}

impl AsOf {
    /// Whether the present book is asked for.
    #[must_use]
    pub const fn is_now(&self) -> bool {
        self.known_at.is_none() && self.true_at.is_none()
    }
}

/// Past books kept: which, and the book.
type Kept = Vec<((u64, Option<Moment>), Arc<Views>)>;

/// The last few past books.
#[derive(Debug, Default)]
pub struct Past {
    kept: Mutex<Kept>,
}

impl App {
    /// A past book. Slow the first time: call it where waiting is allowed.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn views_as_of(&self, as_of: AsOf) -> Result<Arc<Views>, ReadError> {
        let to = position(self.log(), as_of.known_at)?;
        let key = (to, as_of.true_at);
        if let Some(found) = self.past().find(key) {
            return Ok(found);
        }
        let log = self.log().clone();
        let folded = tokio::task::spawn_blocking(move || fold(&log, to, as_of.true_at)).await;
        let views = Arc::new(match folded {
            Ok(views) => views?,
            Err(_) => fold(self.log(), to, as_of.true_at)?, // The pool is going down; this thread does it.
        });
        self.past().keep(key, Arc::clone(&views));
        Ok(views)
    }
}

/// The position that is meant.
///
/// # Errors
/// When the log cannot be read.
pub fn position(log: &EventLog, known: Option<Known>) -> Result<u64, ReadError> {
    let size = log.head().size;
    match known {
        None => Ok(size),
        Some(Known::Position(position)) => Ok(position.min(size)),
        Some(Known::Time(moment)) => log.position_at(moment.micros()),
    }
}

/// Folds a past book.
///
/// # Errors
/// When the log cannot be read.
pub fn fold(log: &EventLog, to: u64, true_at: Option<Moment>) -> Result<Views, ReadError> {
    let Some(true_at) = true_at else { return projector::fold(log, to) };
    let mut facts = Vec::new();
    projector::each(log, 1, to, |recorded| facts.extend(projector::fact(recorded).ok()))?;
    let mut views = Views::fold(&facts, armoury::view::AsOf { known_at: Some(to), true_at: Some(true_at) });
    views.position = to;
    Ok(views)
}

impl Past {
    fn find(&self, key: (u64, Option<Moment>)) -> Option<Arc<Views>> {
        let mut kept = self.kept.lock().ok()?;
        let at = kept.iter().position(|(known, _)| *known == key)?;
        let found = kept.remove(at);
        let views = Arc::clone(&found.1);
        kept.push(found);
        Some(views)
    }

    fn keep(&self, key: (u64, Option<Moment>), views: Arc<Views>) {
        if let Ok(mut kept) = self.kept.lock() {
            if kept.len() >= KEPT {
                kept.remove(0);
            }
            kept.push((key, views));
        }
    }
}
