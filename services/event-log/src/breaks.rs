//! A declared break: two people say, for ever, "from here on we know that what came before is not whole".
//!
//! Nothing is repaired and no row is deleted. The event `BreakDeclared` (stream `log@<node>`) follows the
//! highest surviving position and lists what was wrong:
//! - the tree goes on over the stored leaf hashes as they are; an event that does not give its leaf stays
//!   where it is, listed under `bad`;
//! - where a row (or its leaf) is gone, the leaf is `leaf::hole(index)`, listed under `missing`;
//! - events lost from the end are not refilled: `anchor` keeps the size and root that had been answered
//!   for, and whoever holds a head between the two sizes can show that it no longer agrees.
//!
//! Every later checkpoint carries one extension line for each break. A list with more than
//! [`RANGES_MAX`] ranges is closed by one range up to the last position: coarser, never shorter.

use serde::{Deserialize, Serialize};

use uuid::Uuid;

use crate::event::{Head, Recorded, StreamName};

/// The type of the event; its row in the table of types is always the first.
pub const BREAK_TYPE: &str = "BreakDeclared";
/// The most ranges a break lists.
pub const RANGES_MAX: usize = 4000;

/// The data of the event, as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BreakRecord {
    /// Why they go on.
    pub reason: String,
    /// The two who declare it.
    pub by: [String; 2],
    /// What the log said when it would not be written.
    pub found: String,
    /// What had been acknowledged, as far as the anchor could tell.
    pub anchor: Option<HeadRecord>,
    /// What is left, over the stored leaves.
    pub survived: HeadRecord,
    /// Positions (first, last) whose row does not give its stored leaf.
    pub bad: Vec<(i64, i64)>,
    /// Positions (first, last) with no row, or with no leaf in it.
    pub missing: Vec<(i64, i64)>,
}

/// Size and root as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeadRecord {
    /// Number of events.
    pub size: u64,
    /// The root in lower-case hex.
    pub root: String,
}

impl From<Head> for HeadRecord {
    fn from(head: Head) -> Self {
        Self { size: head.size, root: hex::encode(head.root) }
    }
}

/// What two people declare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declaration {
    /// Where it is written: `log@<node>`.
    pub stream: StreamName,
    /// The event's id.
    pub id: Uuid,
    /// Why they go on.
    pub reason: String,
    /// The two, by the names the book knows them by.
    pub by: [String; 2],
    /// When they declared it, microseconds.
    pub occurred_at: i64,
    /// Who, where, why: JSON bytes.
    pub meta: Vec<u8>,
}

/// A break that stands in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Break {
    /// Position of the event.
    pub position: u64,
    /// Its time.
    pub recorded_at: i64,
    /// Its leaf.
    pub leaf: [u8; 32],
    /// What it says.
    pub record: BreakRecord,
}

impl Break {
    /// Reads the event; `None` if its data is not such a record.
    #[must_use]
    pub fn of(event: &Recorded) -> Option<Self> {
        let record = serde_json::from_slice(&event.data).ok()?;
        Some(Self { position: event.position, recorded_at: event.recorded_at, leaf: event.leaf, record })
    }

    /// The line every later checkpoint carries: `break <position> <leaf hex>`.
    #[must_use]
    pub fn line(&self) -> String {
        format!("break {} {}", self.position, hex::encode(self.leaf))
    }
}

/// Sorted positions, folded into ranges and kept within the bound.
pub(crate) fn ranges(positions: impl IntoIterator<Item = i64>, last: i64) -> Vec<(i64, i64)> {
    let mut ranges: Vec<(i64, i64)> = Vec::new();
    for position in positions {
        let full = ranges.len() == RANGES_MAX;
        match ranges.last_mut() {
            Some((_, end)) if position <= *end => {}
            Some((_, end)) if position == *end + 1 => *end = position,
            Some((_, end)) if full => *end = last,
            _ => ranges.push((position, position)),
        }
    }
    ranges
}

/// True if some break lists the position as bad or missing.
pub(crate) fn excuses(breaks: &[Break], position: i64) -> bool {
    excusing(breaks, position, position).is_some()
}

/// The first break that lists a position of this span as bad or missing.
pub(crate) fn excusing(breaks: &[Break], from: i64, to: i64) -> Option<&Break> {
    let touches = |ranges: &[(i64, i64)]| ranges.iter().any(|(first, last)| *first <= to && from <= *last);
    breaks.iter().find(|one| touches(&one.record.bad) || touches(&one.record.missing))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_folded_and_bounded() {
        assert_eq!(ranges([1, 2, 3, 7, 9, 10], 12), [(1, 3), (7, 7), (9, 10)]);
        let many = ranges((0..20_000).step_by(2), 20_000);
        assert_eq!((many.len(), many.last()), (RANGES_MAX, Some(&(7998, 20_000))));
    }
}
