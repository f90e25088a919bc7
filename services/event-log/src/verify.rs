//! Does the file still say what was written? Asked of the file alone, by someone who trusts nobody.
//!
//! Reads stored bytes, never what the engine holds in memory; creates and changes nothing beside the
//! file. Every leaf is hashed again, every position and revision counted, every index compared with the
//! rows, the anchor and an outside head set against the tree. Without an outside head a file can only
//! agree with itself: whoever owns the machine may have written it anew, and the report says so.
//!
//! A position that a declared break lists is bad and known. It is passed over only if an outside head
//! covers the break: whoever holds that head has seen it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::anchor::{self, Anchored};
use crate::breaks::Break;
use crate::checkpoint::VerifyKey;
use crate::event::Head;
use crate::leaf::Hash;
use crate::sqlite::schema::{self, Whose};

mod against;
mod outside;
mod rows;
mod sealed;
mod still;
mod tables;
mod telling;
#[cfg(test)]
pub(crate) mod tests;

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
        Ok((Whose::Ours | Whose::Older, still)) => still,
        Ok((Whose::Newer(format), _)) => return report.unreadable(format!("its format {format} is newer than this program")),
        Ok((Whose::Foreign | Whose::Fresh, _)) => return report.unreadable("it is not a log".to_owned()),
        Err(cause) => return report.unreadable(cause.to_string()),
    };
    let mut findings = Findings::default();
    let anchored = anchored.map_err(|cause| report.notes.push(format!("The anchor could not be read: {cause}.")));
    let anchored = anchored.unwrap_or(Anchored::Missing);
    examine(&still.connection, options, &anchored, path.is_dir(), &mut report, &mut findings);
    report.conclude(findings)
}

/// Looks at everything; what cannot be read is a finding, and the rest is looked at all the same.
fn examine(
    connection: &Connection,
    options: &VerifyOptions,
    anchored: &Anchored,
    in_place: bool,
    report: &mut Report,
    findings: &mut Findings,
) {
    if !tables::schema(connection, findings) {
        return;
    }
    let names = tables::names(connection, findings);
    report.breaks = rows::breaks(connection, &names);
    let notes = against::kept(connection, findings);
    let mut wanted: BTreeMap<u64, Option<Hash>> = notes.iter().map(|note| (note.size, None)).collect();
    wanted.extend(options.head.iter().map(|outside| (outside.head.size, None)));
    wanted.extend(report.breaks.iter().map(|one| (one.record.survived.size, None)));
    if let Anchored::At(last, before) = anchored {
        wanted.extend([Some(last), before.as_ref()].into_iter().flatten().map(|slot| (slot.head.size, None)));
    }
    wanted.insert(0, Some(crate::tree::empty_root()));
    let walked = rows::walk(connection, &names, wanted, report, findings);
    against::anchor(anchored, in_place, &walked, report, findings);
    against::outside(options, &walked, report, findings);
    against::breaks(&walked, report, findings);
    against::checkpoints(&notes, &options.keys, &walked, report, findings);
    attempt("the stored tree", tables::tiles(connection, &walked, findings), findings);
    tables::used(&names, &walked, findings);
    attempt("an index", tables::indexes(connection, findings), findings);
    attempt("what helps to find sealed events", sealed::directory(connection, &walked.directory, findings), findings);
    attempt("the whole", tables::integrity(connection, findings), findings);
}

/// A part that cannot be read is a finding, of no single event.
fn attempt(part: &str, outcome: rusqlite::Result<()>, findings: &mut Findings) {
    if let Err(cause) = outcome {
        findings.add(None, format!("{part} cannot be read: {cause}"));
    }
}

/// What the walk over the rows leaves.
struct Walked {
    head: Head,
    roots: BTreeMap<u64, Option<Hash>>,
    tiles: Vec<Hash>,
    /// Numbers of streams and of types that stand in some row.
    used: [BTreeSet<i64>; 2],
    /// What helps to find sealed events, as it must be.
    directory: sealed::Directory,
}

impl Walked {
    /// True if the log had this head; told by size and root.
    fn had(&self, head: Head) -> bool {
        self.roots.get(&head.size).copied().flatten() == Some(head.root)
    }
}
