//! Does the file still say what was written? Asked of the file alone, by someone who trusts nobody.
//!
//! Reads stored bytes, never what the engine holds in memory; creates and changes nothing beside the
//! file. Every leaf is hashed again, every position and revision counted, every index compared with the
//! rows, the anchor and an outside head set against the tree. Without an outside head a file can only
//! agree with itself: whoever owns the machine may have written it anew, and the report says so.
//!
//! A position that a declared break lists is bad and known. It is passed over only if an outside head
//! covers the break: whoever holds that head has seen it.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::anchor::{self, Anchored};
use crate::breaks::{self, Break};
use crate::checkpoint::{Checkpoint, Note, VerifyKey};
use crate::event::{Head, Recorded, StreamName};
use crate::leaf::Hash;
use crate::ledger::{APPEND_EVENTS_MAX, GROUP_EVENTS_MAX};
use crate::sqlite::row::Raw;
use crate::sqlite::schema::{self, Whose};
use crate::sqlite::walk::{self, Finding as Found, Walk};

mod outside;
mod still;
mod tables;
mod telling;
#[cfg(test)]
mod tests;

pub use outside::{NoHead, OutsideHead};
use still::Still;

/// The most findings that are kept; further ones are counted.
pub const FINDINGS_MAX: usize = 100;

/// What to set the file against.
#[derive(Clone, Debug, Default)]
pub struct VerifyOptions {
    /// Where the anchor is; `anchor` beside the file unless said otherwise.
    pub anchor: Option<PathBuf>,
    /// A head held outside.
    pub head: Option<OutsideHead>,
    /// Keys whose signatures are believed.
    pub keys: Vec<VerifyKey>,
}

/// How it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Everything that was looked at agrees.
    Agrees,
    /// Something was changed.
    Differs,
    /// There is nothing that could be read as a log.
    Unreadable,
}

/// Something that does not agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Where; none if it is not the matter of one event.
    pub position: Option<i64>,
    /// What.
    pub what: String,
    /// Position of the break that lists it.
    pub declared: Option<u64>,
}

/// The answer.
#[derive(Clone, Debug)]
pub struct Report {
    /// The file.
    pub path: PathBuf,
    /// How it went.
    pub outcome: Outcome,
    /// Size and root of what is stored.
    pub head: Option<Head>,
    /// When the event at the outside head's size was recorded (microseconds).
    pub head_time: Option<i64>,
    /// The outside head, if one was given.
    pub outside: Option<OutsideHead>,
    /// What does not agree, in order of position, those without one last.
    pub findings: Vec<Finding>,
    /// Findings beyond those kept.
    pub more: u64,
    /// Every declared break.
    pub breaks: Vec<Break>,
    /// What else was looked at, or could not be.
    pub notes: Vec<String>,
}

impl Report {
    /// What the program answers to its caller: 0 agrees, 1 tampered, 2 cannot read.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self.outcome {
            Outcome::Agrees => 0,
            Outcome::Differs => 1,
            Outcome::Unreadable => 2,
        }
    }

    /// The first bad position.
    #[must_use]
    pub fn first_bad(&self) -> Option<i64> {
        self.findings.iter().find_map(|finding| finding.position)
    }
}

/// Findings as they come.
#[derive(Debug, Default)]
struct Findings {
    list: Vec<Finding>,
    more: u64,
}

impl Findings {
    fn add(&mut self, position: Option<i64>, what: String) {
        self.declared(position, what, None);
    }

    fn declared(&mut self, position: Option<i64>, what: String, declared: Option<u64>) {
        if self.list.len() < FINDINGS_MAX {
            self.list.push(Finding { position, what, declared });
        } else {
            self.more += 1;
        }
    }
}

/// Verifies a log: its file, or the directory it lies in.
#[must_use]
pub fn verify(path: &Path, options: &VerifyOptions) -> Report {
    let file = if path.is_dir() { path.join(schema::FILE_NAME) } else { path.to_owned() };
    let mut report = Report {
        path: file.clone(),
        outcome: Outcome::Unreadable,
        head: None,
        head_time: None,
        outside: options.head.clone(),
        findings: Vec::new(),
        more: 0,
        breaks: Vec::new(),
        notes: Vec::new(),
    };
    // The anchor before the file: a log that is being written may then only be ahead of it.
    let beside = file.parent().unwrap_or(Path::new(".")).join("anchor");
    let anchored = anchor::read(options.anchor.as_ref().unwrap_or(&beside));
    let still = match Still::take(&file).and_then(|still| Ok((schema::whose(&still.connection)?, still))) {
        Ok((Whose::Ours, still)) => still,
        Ok((Whose::Newer(format), _)) => return report.unreadable(format!("its format {format} is newer than this program")),
        Ok((Whose::Foreign | Whose::Fresh, _)) => return report.unreadable("it is not a log".to_owned()),
        Err(cause) => return report.unreadable(cause.to_string()),
    };
    let mut findings = Findings::default();
    let anchored = anchored.map_err(|cause| report.notes.push(format!("The anchor could not be read: {cause}.")));
    let anchored = anchored.unwrap_or(Anchored::Missing);
    if let Err(cause) = examine(&still.connection, options, &anchored, path.is_dir(), &mut report, &mut findings) {
        let next = report.head.map_or(1, |head| head.size.cast_signed() + 1);
        findings.add(Some(next), format!("the file cannot be read from here on: {cause}"));
    }
    report.conclude(findings)
}

fn examine(
    connection: &Connection,
    options: &VerifyOptions,
    anchored: &Anchored,
    in_place: bool,
    report: &mut Report,
    findings: &mut Findings,
) -> rusqlite::Result<()> {
    tables::schema(connection, findings)?;
    report.breaks = crate::sqlite::declared_breaks(connection)?;
    let notes = kept_checkpoints(connection)?;
    let mut wanted: BTreeMap<u64, Option<Hash>> = notes.iter().map(|(size, _)| (*size, None)).collect();
    wanted.extend(options.head.iter().map(|outside| (outside.head.size, None)));
    wanted.extend(report.breaks.iter().map(|one| (one.record.survived.size, None)));
    if let Anchored::At(last, before) = anchored {
        wanted.extend([Some(last), before.as_ref()].into_iter().flatten().map(|slot| (slot.head.size, None)));
    }
    wanted.insert(0, Some(crate::tree::empty_root()));
    let walked = rows(connection, wanted, report, findings)?;
    against_anchor(anchored, in_place, &walked, report, findings);
    against_outside(options, &walked, report, findings);
    against_breaks(&walked, report, findings);
    against_checkpoints(&notes, &options.keys, &walked, report, findings);
    tables::tiles(connection, &walked.tiles, findings)?;
    tables::names(connection, findings)?;
    tables::indexes(connection, findings)?;
    tables::integrity(connection, findings)
}

/// What the walk over the rows leaves.
struct Walked {
    head: Head,
    roots: BTreeMap<u64, Option<Hash>>,
    tiles: Vec<Hash>,
}

impl Walked {
    /// True if the log had this head; told by size and root.
    fn had(&self, head: Head) -> bool {
        self.roots.get(&head.size).copied().flatten() == Some(head.root)
    }
}

/// Walks every row: leaves, positions, times; and the revisions of every stream.
fn rows(
    connection: &Connection,
    wanted: BTreeMap<u64, Option<Hash>>,
    report: &mut Report,
    findings: &mut Findings,
) -> rusqlite::Result<Walked> {
    let breaks = report.breaks.clone();
    let outside = report.outside.as_ref().map_or(0, |outside| outside.head.size);
    let mut streams: BTreeMap<StreamName, (u64, i64)> = BTreeMap::new();
    let mut walk = Walk::from(1, &[]);
    walk.wanted = wanted;
    let walked = walk::each_row(connection, i64::MIN, i64::MAX, &mut |raw: Raw| {
        let step = walk.step(&raw, &mut |Found { position, what, .. }| {
            let wide = what.starts_with("missing, up to");
            findings.declared(Some(position), what, breaks::excusing(&breaks, position, position).map(|one| one.position));
            if wide { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        if let Ok(event) = &raw.event {
            revision(event, &mut streams, &breaks, findings);
            if event.position == outside {
                report.head_time = Some(event.recorded_at);
            }
        }
        report.head = Some(Head { size: walk.frontier.size(), root: [0; 32] }); // how far, should the file end here
        step
    });
    walked?;
    let head = Head { size: walk.frontier.size(), root: walk.frontier.root() };
    report.head = Some(head);
    Ok(Walked { head, roots: walk.wanted, tiles: walk.tiles })
}

/// Each stream counts from 0 without gaps; a gap over a declared position is that position's.
fn revision(event: &Recorded, streams: &mut BTreeMap<StreamName, (u64, i64)>, breaks: &[Break], findings: &mut Findings) {
    let (next, before) = streams.get(&event.stream).copied().unwrap_or((0, 0));
    let position = event.position.cast_signed();
    if event.revision != next {
        let what = format!("revision {} of {} where {next} comes next", event.revision, event.stream);
        findings.declared(Some(position), what, breaks::excusing(breaks, before, position).map(|one| one.position));
    }
    streams.insert(event.stream.clone(), (event.revision.saturating_add(1), position));
}

fn against_anchor(anchored: &Anchored, in_place: bool, walked: &Walked, report: &mut Report, findings: &mut Findings) {
    let size = walked.head.size;
    let slots = match anchored {
        Anchored::Missing if in_place && size > 0 => {
            return findings.add(None, "the anchor is missing beside the log".to_owned());
        }
        Anchored::Missing => return report.notes.push("No anchor lies beside the file.".to_owned()),
        Anchored::Unreadable => return findings.add(None, "the anchor cannot be read".to_owned()),
        Anchored::At(last, before) => [Some(*last), *before],
    };
    for head in slots.into_iter().flatten().map(|slot| slot.head) {
        if head.size > size {
            let what = format!("the anchor remembers {} events; the log ends at {size}", head.size);
            findings.add(Some(size.cast_signed() + 1), what);
        } else if !walked.had(head) {
            findings.add(None, format!("the first {} events are not those the anchor remembers", head.size));
        }
    }
    let behind = size.saturating_sub(slots[0].map_or(0, |slot| slot.head.size));
    if behind >= (GROUP_EVENTS_MAX + APPEND_EVENTS_MAX) as u64 {
        findings.add(None, format!("the log is {behind} events ahead of its anchor, more than one commit can add"));
    } else if behind > 0 {
        report.notes.push(format!("The log is {behind} events ahead of its anchor, as after a crash or while it is written."));
    }
}

fn against_outside(options: &VerifyOptions, walked: &Walked, report: &mut Report, findings: &mut Findings) {
    let Some(outside) = &options.head else { return };
    match (&outside.note, options.keys.is_empty()) {
        (Some(note), false) => match note.signed_by(&options.keys) {
            Ok(names) => report.notes.push(format!("The outside head is signed by {}.", names.join(", "))),
            Err(error) => findings.add(None, format!("the outside head: {error}")),
        },
        (None, false) => findings.add(None, "the outside head is not signed, and a key was given".to_owned()),
        (Some(_), true) => report.notes.push("No key was given: the outside head's signature was not checked.".to_owned()),
        (None, true) => {}
    }
    let head = outside.head;
    if head.size > walked.head.size {
        let what = format!("the outside head counts {} events; the log ends at {}", head.size, walked.head.size);
        findings.add(Some(walked.head.size.cast_signed() + 1), what);
    } else if !walked.had(head) {
        findings.add(None, format!("the first {} events are not those of the outside head", head.size));
    }
}

/// A break's own statement of what had survived is true of the leaves before it.
fn against_breaks(walked: &Walked, report: &Report, findings: &mut Findings) {
    for one in &report.breaks {
        let survived = &one.record.survived;
        let root = walked.roots.get(&survived.size).copied().flatten().map(hex::encode);
        if survived.size + 1 != one.position || root.as_deref() != Some(&survived.root) {
            findings.add(Some(one.position.cast_signed()), "the break tells of other events than those before it".to_owned());
        }
    }
}

fn kept_checkpoints(connection: &Connection) -> rusqlite::Result<Vec<(u64, String)>> {
    let mut statement = connection.prepare("SELECT size, note FROM checkpoints ORDER BY size")?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, i64>(0)?.unsigned_abs(), row.get(1)?)))?;
    rows.collect()
}

fn against_checkpoints(
    notes: &[(u64, String)],
    keys: &[VerifyKey],
    walked: &Walked,
    report: &mut Report,
    findings: &mut Findings,
) {
    let mut signed = 0;
    for (size, text) in notes {
        let read = Note::parse(text).and_then(|note| Ok((Checkpoint::parse(&note.body)?.head(), note)));
        let lost = |one: &&Break| {
            let remembered = one.record.anchor.as_ref().map_or(0, |anchor| anchor.size);
            one.record.survived.size < *size && *size <= remembered
        };
        let declared = report.breaks.iter().find(lost).map(|one| one.position);
        match read {
            Err(error) => findings.add(None, format!("the checkpoint kept for size {size}: {error}")),
            Ok((head, _)) if head.size != *size || !walked.had(head) => {
                findings.declared(None, format!("the log is not that of the checkpoint kept for size {size}"), declared);
            }
            Ok((_, note)) if !keys.is_empty() => match note.signed_by(keys) {
                Ok(_) => signed += 1,
                Err(error) => findings.add(None, format!("the checkpoint kept for size {size}: {error}")),
            },
            Ok(_) => {}
        }
    }
    if !notes.is_empty() {
        let signatures = if keys.is_empty() {
            "signatures not checked, no key was given".to_owned()
        } else {
            format!("{signed} signatures hold")
        };
        report.notes.push(format!("{} kept checkpoints were compared; {signatures}.", notes.len()));
    }
}
