//! What is looked at when a log is opened, before anyone may write: the tree from its tiles, the last
//! events hashed again, the anchor compared. Reads only; what is wrong is told, never mended.

use std::ops::ControlFlow;

use rusqlite::Connection;

use super::row::{Raw, SELECT};
use super::sealed;
use super::walk::{self, GAP_MAX, Walk};
use crate::anchor::Anchored;
use crate::breaks::Break;
use crate::error::Reason;
use crate::event::Head;
use crate::leaf::Hash;
use crate::ledger::{APPEND_EVENTS_MAX, GROUP_EVENTS_MAX};
use crate::tree::{TILE, Tree};

/// What was found.
#[derive(Debug)]
pub(crate) struct Examined {
    pub tree: Tree,
    pub breaks: Vec<Break>,
    pub finding: Option<Reason>,
    pub brought_up: u64,
    pub rehashed: u64,
    pub recorded_at: i64,
}

impl Examined {
    pub(crate) fn head(&self) -> Head {
        Head { size: self.tree.size(), root: self.tree.root() }
    }
}

pub(crate) fn examine(connection: &Connection, anchored: &Anchored, window: u64) -> rusqlite::Result<Examined> {
    let mut finding = None;
    let breaks = declared_breaks(connection, &mut finding)?;
    let tree = load_tree(connection, &mut finding)?;
    let mut found = Examined { tree, breaks, finding, brought_up: 0, rehashed: 0, recorded_at: i64::MIN };
    rehash_end(connection, window, &mut found)?;
    if found.finding.is_none() {
        match compare_anchor(connection, anchored, &found.tree)? {
            Ok(brought_up) => found.brought_up = brought_up,
            Err(reason) => found.finding = Some(reason),
        }
    }
    Ok(found)
}

/// Every declared break, in order.
pub(crate) fn declared_breaks(connection: &Connection, finding: &mut Option<Reason>) -> rusqlite::Result<Vec<Break>> {
    let _snapshot = walk::snapshot(connection)?;
    let (mut breaks, mut unreadable) = (Vec::new(), Vec::new());
    let mut judge =
        |raw: &Raw| match raw.event.as_ref().ok().filter(|event| crate::leaf::of(event) == event.leaf).and_then(Break::of) {
            Some(one) => breaks.push(one),
            None => unreadable.push(raw.position),
        };
    sealed::each_break(connection, &mut judge)?;
    let mut statement = connection.prepare(&format!("{SELECT} WHERE e.type = 1 ORDER BY e.position"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        judge(&Raw::take(row)?);
    }
    if let Some(position) = unreadable.into_iter().find(|position| !crate::breaks::excuses(&breaks, *position)) {
        let what = "a declared break that cannot be read".to_owned();
        finding.get_or_insert(Reason::BadEvent { position, what });
    }
    Ok(breaks)
}

/// The tree from the tiles and the leaves after them; from all leaves if the tiles do not fit.
fn load_tree(connection: &Connection, finding: &mut Option<Reason>) -> rusqlite::Result<Tree> {
    let last = last_position(connection)?;
    let mut statement = connection.prepare("SELECT tile, hash FROM tiles ORDER BY tile")?;
    let mut rows = statement.query([])?;
    let (mut tiles, whole) = (Vec::new(), last / TILE.cast_signed());
    while let Some(row) = rows.next()? {
        let hash = row.get_ref(1)?.as_blob().ok().and_then(|bytes| Hash::try_from(bytes).ok());
        match hash {
            Some(hash) if row.get::<_, i64>(0)? == tiles.len() as i64 => tiles.push(hash),
            _ => break,
        }
    }
    let query = "SELECT min(least) FROM (SELECT min(position) AS least FROM events UNION ALL SELECT min(chunk) + 1 FROM chunks)";
    let lowest: Option<i64> = connection.query_row(query, [], |row| row.get(0))?;
    if let Some(position) = lowest.filter(|position| *position < 1) {
        finding.get_or_insert(Reason::BadEvent { position, what: "the position is below 1".to_owned() });
    }
    if tiles.len() as i64 == whole {
        let rest = walk::leaves(connection, whole * TILE.cast_signed() + 1, last)?;
        return Ok(Tree::from_parts(tiles, &rest));
    }
    let position = TILE.cast_signed() * whole.min(tiles.len() as i64) + 1;
    finding.get_or_insert(Reason::BadEvent { position, what: "the events and the stored tree have other sizes".to_owned() });
    tree_from_leaves(connection)
}

/// The tree over the stored leaves as they are.
pub(crate) fn tree_from_leaves(connection: &Connection) -> rusqlite::Result<Tree> {
    let (last, step) = (surviving(connection)?, 4096);
    let mut tree = Tree::default();
    for first in (1..=last).step_by(step) {
        for leaf in walk::leaves(connection, first, last.min(first + step as i64 - 1))? {
            tree.push(leaf);
        }
    }
    Ok(tree)
}

/// The highest position, unless it lies beyond a gap too wide to be filled: then the last before it.
fn surviving(connection: &Connection) -> rusqlite::Result<i64> {
    let last = last_position(connection)?;
    let rows: i64 = connection.query_row("SELECT count(*) FROM events WHERE position > 0", [], |row| row.get(0))?;
    let sealed = sealed::end(connection)?;
    if last - rows - sealed <= GAP_MAX {
        return Ok(last);
    }
    let mut statement = connection.prepare("SELECT position FROM events WHERE position > ?1 ORDER BY position")?;
    let mut rows = statement.query([sealed])?;
    let mut end = sealed;
    while let Some(row) = rows.next()? {
        if row.get::<_, i64>(0)? != end + 1 {
            break;
        }
        end += 1;
    }
    Ok(end)
}

pub(crate) fn last_position(connection: &Connection) -> rusqlite::Result<i64> {
    let last: Option<i64> = connection.query_row("SELECT max(position) FROM events", [], |row| row.get(0))?;
    Ok(last.unwrap_or(0).max(sealed::end(connection)?))
}

/// Hashes the last events again, from the border of a tile on, so that their tiles are checked too.
fn rehash_end(connection: &Connection, window: u64, found: &mut Examined) -> rusqlite::Result<()> {
    let size = found.tree.size();
    let first = size.saturating_sub(window) / TILE * TILE;
    let mut walk = Walk::from(first.cast_signed() + 1, &found.breaks);
    let (mut bad, mut rehashed) = (None, 0);
    walk::each_row(connection, first.cast_signed() + 1, size.cast_signed(), &mut |raw| {
        rehashed += 1;
        walk.step(&raw, &mut |finding| {
            bad = Some(finding);
            ControlFlow::Break(())
        })
    })?;
    found.rehashed = rehashed;
    found.recorded_at = walk.recorded_at();
    if let Some(finding) = bad {
        found.finding.get_or_insert(Reason::BadEvent { position: finding.position, what: finding.what });
        return Ok(());
    }
    let stored = |tile: usize| found.tree.tile(first / TILE + tile as u64);
    if let Some(wrong) = (0..walk.tiles.len()).find(|tile| stored(*tile) != Some(walk.tiles[*tile])) {
        let position = (first + wrong as u64 * TILE).cast_signed() + 1;
        found
            .finding
            .get_or_insert(Reason::BadEvent { position, what: "the stored tree is not that of these events".to_owned() });
    }
    Ok(())
}

/// How many events the log is ahead of its anchor, or why that cannot be.
fn compare_anchor(connection: &Connection, anchored: &Anchored, tree: &Tree) -> rusqlite::Result<Result<u64, Reason>> {
    let log = tree.size();
    let (last, before) = match anchored {
        Anchored::Missing if log == 0 => return Ok(Ok(0)),
        Anchored::Missing => return Ok(Err(Reason::AnchorMissing)),
        Anchored::Unreadable => return Ok(Err(Reason::AnchorUnreadable)),
        Anchored::At(last, before) => (last.head, before.map(|slot| slot.head)),
    };
    for anchor in [Some(last), before].into_iter().flatten() {
        let mut read =
            |span: std::ops::Range<u64>| walk::leaves(connection, span.start.cast_signed() + 1, span.end.cast_signed());
        match tree.root_at(anchor.size, &mut read)? {
            None => return Ok(Err(Reason::AnchorAhead { anchor, log })),
            Some(root) if root != anchor.root => return Ok(Err(Reason::RootMismatch { anchor, root })),
            Some(_) => {}
        }
    }
    if log - last.size >= (GROUP_EVENTS_MAX + APPEND_EVENTS_MAX) as u64 {
        return Ok(Err(Reason::AnchorBehind { anchor: last, log }));
    }
    Ok(Ok(log - last.size))
}
