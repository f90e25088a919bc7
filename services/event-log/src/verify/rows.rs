//! The walk over every stored row: leaves, positions, times, and the revisions of every stream.
//!
//! Goes by the table itself, never by an index. Where the file cannot be read further, the next position
//! is the bad one; what was read before it stands.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::ControlFlow;

use rusqlite::Connection;
use rusqlite::types::ValueRef;

use super::sealed::{self, Directory};
use super::{Findings, Report, Walked};
use crate::breaks::{self, Break};
use crate::event::{Head, Recorded, StreamName};
use crate::leaf::{self, Hash};
use crate::sqlite::row::{Names, Raw, SELECT_NUMBERED};
use crate::sqlite::walk::{Finding as Found, Walk};

/// Every declared break that is an event and can be read; what cannot is named by the walk.
pub(super) fn breaks(connection: &Connection, names: &Names) -> Vec<Break> {
    let mut found = Vec::new();
    let mut judge = |raw: &Raw| {
        found.extend(raw.event.as_ref().ok().filter(|event| leaf::of(event) == event.leaf).and_then(Break::of));
        ControlFlow::Continue(())
    };
    let told = sealed::each(connection, names, &mut Directory::default(), &mut |raw, [_, kind]| {
        if kind == Some(1) { judge(raw) } else { ControlFlow::Continue(()) }
    });
    drop(told); // the walk comes to the same place
    let told = each(connection, &format!("SELECT * FROM ({SELECT_NUMBERED}) WHERE type = 1"), names, &mut |raw, _| judge(raw));
    drop(told);
    found
}

/// Takes an event and the numbers of its stream and type; may say stop.
pub(super) type Taker<'a> = dyn FnMut(&Raw, [Option<i64>; 2]) -> ControlFlow<()> + 'a;

/// Gives every row of a query, and the numbers of its stream and type.
fn each(connection: &Connection, query: &str, names: &Names, take: &mut Taker<'_>) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(query)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let number =
            |column| row.get_ref(column).map(|value| if let ValueRef::Integer(number) = value { Some(number) } else { None });
        if take(&Raw::numbered(row, names)?, [number(1)?, number(2)?]).is_break() {
            break;
        }
    }
    Ok(())
}

/// Walks every row.
pub(super) fn walk(
    connection: &Connection,
    names: &Names,
    wanted: BTreeMap<u64, Option<Hash>>,
    report: &mut Report,
    findings: &mut Findings,
) -> Walked {
    let breaks = report.breaks.clone();
    let outside = report.outside.as_ref().map_or(0, |outside| outside.head.size);
    let mut streams: HashMap<StreamName, (u64, i64)> = HashMap::new();
    let mut used = [BTreeSet::new(), BTreeSet::new()];
    let mut walk = Walk::from(1, &[]);
    walk.wanted = wanted;
    let mut directory = Directory::default();
    let mut take = |raw: &Raw, numbers: [Option<i64>; 2]| {
        let step = walk.step(raw, &mut |Found { position, what, .. }| {
            let wide = what.starts_with("missing, up to");
            findings.declared(Some(position), what, breaks::excusing(&breaks, position, position).map(|one| one.position));
            if wide { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        for (used, number) in used.iter_mut().zip(numbers) {
            used.extend(number);
        }
        if let Ok(event) = &raw.event {
            revision(event, &mut streams, &breaks, findings);
            if event.position == outside {
                report.head_time = Some(event.recorded_at);
            }
        }
        step
    };
    let told = sealed::each(connection, names, &mut directory, &mut take);
    // Where the chunks end too early the rows say whether an event is missing: an empty table can be spoiled too.
    let unsealed = told.as_ref().err().map(|cause| format!("the sealed events cannot be read from here on: {cause}"));
    let told =
        if matches!(told, Ok(ControlFlow::Break(()))) { Ok(()) } else { each(connection, SELECT_NUMBERED, names, &mut take) };
    let head = Head { size: walk.frontier.size(), root: walk.frontier.root() };
    unsealed.into_iter().for_each(|what| findings.add(None, what));
    if let Err(cause) = told {
        findings.add(Some(head.size.cast_signed() + 1), format!("the events cannot be read from here on: {cause}"));
    }
    report.head = Some(head);
    Walked { head, roots: walk.wanted, tiles: walk.tiles, used, directory }
}

/// Each stream counts from 0 without gaps; a gap over a declared position is that position's.
fn revision(event: &Recorded, streams: &mut HashMap<StreamName, (u64, i64)>, breaks: &[Break], findings: &mut Findings) {
    let (next, before) = streams.get(&event.stream).copied().unwrap_or((0, 0));
    let position = event.position.cast_signed();
    if event.revision != next {
        let what = format!("revision {} of {} where {next} comes next", event.revision, event.stream);
        findings.declared(Some(position), what, breaks::excusing(breaks, before, position).map(|one| one.position));
    }
    streams.insert(event.stream.clone(), (event.revision.saturating_add(1), position));
}
