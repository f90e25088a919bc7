//! Walks stored rows in order and says what is wrong with them: at opening (the last ones), in the
//! background (all), before a break (all). What a declared break lists is known and passed over.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use rusqlite::Connection;

use super::row::{Names, Raw, SELECT};
use super::sealed;
use crate::breaks::Break;
use crate::chunk::EVENTS;
use crate::leaf::{self, Hash};
use crate::tree::Frontier;

/// Something wrong at a position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub position: i64,
    pub what: String,
    /// True if the tree must take a hole here: there is no row, or no leaf in it.
    pub hole: bool,
}

/// A walk from one position to the last.
#[derive(Debug)]
pub(crate) struct Walk<'a> {
    next: i64,
    recorded_at: i64,
    breaks: &'a [Break],
    /// The tree over what was walked, when the walk began at the first position or at a tile's border.
    pub frontier: Frontier,
    /// Tiles completed on the way.
    pub tiles: Vec<Hash>,
    /// Sizes whose roots are wanted, filled in on the way.
    pub wanted: BTreeMap<u64, Option<Hash>>,
}

/// More missing rows than this in one gap are not filled with holes.
pub(crate) const GAP_MAX: i64 = 1_000_000;

impl<'a> Walk<'a> {
    pub(crate) fn from(first: i64, breaks: &'a [Break]) -> Self {
        Self {
            next: first,
            recorded_at: i64::MIN,
            breaks,
            frontier: Frontier::default(),
            tiles: Vec::new(),
            wanted: BTreeMap::new(),
        }
    }

    /// The time of the last sound event, and where the walk stands.
    pub(crate) fn recorded_at(&self) -> i64 {
        self.recorded_at
    }

    /// Takes one row; tells what is wrong with it or missing before it.
    pub(crate) fn step(&mut self, raw: &Raw, tell: &mut dyn FnMut(Finding) -> ControlFlow<()>) -> ControlFlow<()> {
        if raw.position.saturating_sub(self.next) > GAP_MAX {
            return tell(Finding { position: self.next, what: format!("missing, up to {}", raw.position - 1), hole: true });
        }
        while self.next < raw.position {
            self.push(leaf::hole((self.next - 1).unsigned_abs()));
            self.judge(Finding { position: self.next, what: "the event is missing".to_owned(), hole: true }, tell)?;
            self.next += 1;
        }
        if raw.position < self.next {
            let (below, what) =
                (raw.position < 1, if raw.position < 1 { "the position is below 1" } else { "the position stands twice" });
            return tell(Finding { position: raw.position, what: what.to_owned(), hole: below });
        }
        self.push(raw.leaf.unwrap_or_else(|| leaf::hole((raw.position - 1).unsigned_abs())));
        self.next += 1;
        let what = match &raw.event {
            Err(what) => what.clone(),
            Ok(event) if leaf::of(event) != event.leaf => "the event does not give its stored leaf hash".to_owned(),
            Ok(event) if event.recorded_at < self.recorded_at => "recorded_at is earlier than the event before".to_owned(),
            Ok(event) => {
                self.recorded_at = event.recorded_at;
                return ControlFlow::Continue(());
            }
        };
        self.judge(Finding { position: raw.position, what, hole: raw.leaf.is_none() }, tell)
    }

    fn push(&mut self, leaf: Hash) {
        self.tiles.extend(self.frontier.push(leaf));
        if let Some(root) = self.wanted.get_mut(&self.frontier.size()) {
            *root = Some(self.frontier.root());
        }
    }

    fn judge(&self, finding: Finding, tell: &mut dyn FnMut(Finding) -> ControlFlow<()>) -> ControlFlow<()> {
        if crate::breaks::excuses(self.breaks, finding.position) { ControlFlow::Continue(()) } else { tell(finding) }
    }
}

/// Gives every event of a span from one position on, sealed or not, in order, until told to stop.
pub(crate) fn each_row(
    connection: &Connection,
    from: i64,
    to: i64,
    take: &mut dyn FnMut(Raw) -> ControlFlow<()>,
) -> rusqlite::Result<()> {
    let _snapshot = snapshot(connection)?;
    let mut stopped = false;
    sealed::each_event(connection, from, to, &mut Names::default(), &mut |raw| {
        let step = take(raw);
        stopped = step.is_break();
        step
    })?;
    if stopped {
        return Ok(());
    }
    let mut statement = connection.prepare_cached(&format!("{SELECT} WHERE e.position BETWEEN ?1 AND ?2 ORDER BY e.position"))?;
    let mut rows = statement.query([from, to])?;
    while let Some(row) = rows.next()? {
        if take(Raw::take(row)?).is_break() {
            break;
        }
    }
    Ok(())
}

/// One state of the file for several questions; the connection's own transaction, if it is in one.
pub(crate) fn snapshot(connection: &Connection) -> rusqlite::Result<Option<rusqlite::Transaction<'_>>> {
    if connection.is_autocommit() { connection.unchecked_transaction().map(Some) } else { Ok(None) }
}

/// The stored leaves of positions `first..=last`, holes where there is none.
pub(crate) fn leaves(connection: &Connection, first: i64, last: i64) -> rusqlite::Result<Vec<Hash>> {
    let _snapshot = snapshot(connection)?;
    let (mut found, mut next) = (Vec::new(), first);
    for number in sealed::number_of(first)..=sealed::number_of(last.min(sealed::end(connection)?)) {
        let (begin, open) = (sealed::first_position(number), sealed::load(connection, number)?);
        for position in first.max(begin)..=last.min(begin + EVENTS as i64 - 1) {
            let stored = open.as_ref().and_then(|open| open.leaf((position - begin) as usize));
            found.push(stored.unwrap_or_else(|| leaf::hole((position - 1).unsigned_abs())));
            next = position + 1;
        }
    }
    let mut statement =
        connection.prepare_cached("SELECT position, leaf FROM events WHERE position BETWEEN ?1 AND ?2 ORDER BY position")?;
    let mut rows = statement.query([next, last])?;
    while let Some(row) = rows.next()? {
        let position: i64 = row.get(0)?;
        let stored = row.get_ref(1)?.as_blob().ok().and_then(|bytes| Hash::try_from(bytes).ok());
        found.extend((next..position).map(|missing| leaf::hole((missing - 1).unsigned_abs())));
        found.push(stored.unwrap_or_else(|| leaf::hole((position - 1).unsigned_abs())));
        next = position + 1;
    }
    found.extend((next..=last).map(|missing| leaf::hole((missing - 1).unsigned_abs())));
    Ok(found)
}
