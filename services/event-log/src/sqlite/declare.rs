//! Writing a declared break: the whole log is walked, what is wrong is listed, the tree goes on over the
//! stored leaves, and the event that says so is the next one. No row is changed or deleted.
//!
//! Before the first byte is written the write-ahead log and the anchor are copied aside, because they
//! may hold the only trace of what was lost. Indexes and tiles follow from the rows and are made anew.

use std::ops::ControlFlow;
use std::path::Path;
use std::{fs, io};

use super::examine;
use super::walk::{self, Finding, Walk};
use super::writer::{Trouble, Writer};
use crate::anchor::{self, Anchor, Anchored};
use crate::breaks::{self, BREAK_TYPE, Break, BreakRecord, Declaration};
use crate::durable::flush_directory;
use crate::error::{AppendError, DeclareError, Reason};
use crate::event::{Appended, Head, NewEvent, Recorded, TypeName};
use crate::leaf::Hash;
use crate::ledger;
use crate::tree::Tree;

impl Writer {
    pub(crate) fn declare_break(&mut self, declared: Declaration) -> Result<Appended, DeclareError> {
        let found = match self.shared.read_only() {
            None => return Err(DeclareError::NotReadOnly),
            Some(Reason::Flush { .. }) => return Err(DeclareError::OpenAgain),
            Some(reason) => reason,
        };
        let [first, second] = &declared.by;
        if [first, second, &declared.reason].iter().any(|text| text.trim().is_empty()) || first.trim() == second.trim() {
            return Err(DeclareError::TwoPeople);
        }
        let anchored = anchor::read(&self.shared.anchor_path).map_err(|cause| DeclareError::Keep(cause.into()))?;
        self.keep_evidence().map_err(|cause| DeclareError::Keep(cause.into()))?;
        let survey = self.survey().map_err(store)?;
        if let Some(position) = survey.too_wide {
            return Err(DeclareError::TooMuchMissing { position });
        }
        self.write_break(declared, &found, &anchored, survey)
    }

    fn survey(&self) -> rusqlite::Result<Survey> {
        let breaks = examine::declared_breaks(&self.connection, &mut None)?;
        let mut survey = Survey { breaks, ..Survey::default() };
        let mut walk = Walk::from(1, &survey.breaks);
        walk::each_row(&self.connection, i64::MIN, i64::MAX, &mut |raw| {
            walk.step(&raw, &mut |Finding { position, what, hole }| {
                if what.starts_with("missing, up to") {
                    survey.too_wide = Some(position);
                    return ControlFlow::Break(());
                }
                if hole && position > 0 {
                    survey.missing.push(position)
                } else {
                    survey.bad.push(position)
                }
                ControlFlow::Continue(())
            })
        })?;
        survey.bad.sort_unstable(); // a row beside its sealed chunk comes late in the walk
        survey.recorded_at = walk.recorded_at();
        survey.tiles = walk.tiles;
        Ok(survey)
    }

    fn write_break(
        &mut self,
        declared: Declaration,
        found: &Reason,
        anchored: &Anchored,
        survey: Survey,
    ) -> Result<Appended, DeclareError> {
        if let Err(cause) = self.connection.execute_batch("REINDEX") {
            tracing::warn!(book.cause = %cause, "The log's indexes could not be made anew; going on with them as they are.");
        }
        self.streams.clear();
        self.types.clear();
        super::schema::make_durable(&self.connection).map_err(store)?;
        let tree = examine::tree_from_leaves(&self.connection).map_err(store)?;
        let survived = Head { size: tree.size(), root: tree.root() };
        let (sequence, anchor) = match anchored {
            Anchored::At(slot, _) => (slot.sequence + 1, Some(slot.head)),
            Anchored::Missing | Anchored::Unreadable => (1, None),
        };
        let last = survived.size.cast_signed();
        let record = BreakRecord {
            reason: declared.reason,
            by: declared.by,
            found: found.to_string(),
            anchor: anchor.map(Into::into),
            survived: survived.into(),
            bad: breaks::ranges(survey.bad, last),
            missing: breaks::ranges(survey.missing, last),
        };
        let event = NewEvent {
            id: declared.id,
            type_name: TypeName::new(BREAK_TYPE).expect("the name follows the rule"),
            schema_version: 1,
            occurred_at: declared.occurred_at,
            meta: declared.meta,
            data: serde_json::to_vec(&record).expect("texts and numbers become JSON"),
        };
        let mut clock = ledger::Clock::after(survey.recorded_at);
        let recorded_at = clock.stamp((self.shared.now)());
        let revision = self.next_revision(&declared.stream)?;
        let recorded = ledger::record(&declared.stream, event, survived.size + 1, revision, recorded_at, (self.shared.salt)());
        self.commit_break(&recorded, tree, &survey.tiles, sequence)?;
        self.clock = clock;
        self.shared.resume(Break::of(&recorded).into_iter());
        let position = recorded.position;
        let leaves = vec![recorded.leaf];
        Ok(Appended { first_position: position, last_position: position, last_revision: revision, leaves, already: false })
    }

    fn next_revision(&mut self, stream: &crate::event::StreamName) -> Result<u64, DeclareError> {
        match self.last_revision(stream) {
            Ok(last) => Ok(last.map_or(0, |last| last + 1)),
            Err(Trouble::Store(cause)) => Err(store(cause)),
            Err(Trouble::Refused(refusal)) => Err(DeclareError::Append(refusal)),
        }
    }

    /// Tiles anew and the event, in one transaction; then a whole new anchor, both slots alike.
    fn commit_break(&mut self, event: &Recorded, mut tree: Tree, tiles: &[Hash], sequence: u64) -> Result<(), DeclareError> {
        let mut group = self.group_after(tree.frontier());
        let written = (|| -> Result<(), Trouble> {
            self.connection.execute_batch("BEGIN IMMEDIATE; DELETE FROM tiles;")?;
            self.connection.execute("UPDATE types SET name = ?1 WHERE id = 1", [BREAK_TYPE])?;
            for (number, tile) in tiles.iter().enumerate() {
                let mut insert = self.connection.prepare_cached("INSERT INTO tiles(tile, hash) VALUES (?1, ?2)")?;
                insert.execute((number as i64, &tile[..]))?;
            }
            self.insert(&mut group, event)?;
            Ok(self.connection.execute_batch("COMMIT")?)
        })();
        match written {
            Ok(()) => {}
            Err(Trouble::Refused(refusal)) => return Err(DeclareError::Append(refusal)),
            Err(Trouble::Store(cause)) => return Err(DeclareError::Append(self.undo(cause))),
        }
        tree.push(event.leaf);
        let head = Head { size: tree.size(), root: tree.root() };
        let anchor = Anchor::create(&self.shared.anchor_path, head, sequence);
        self.anchor = Some(anchor.map_err(|cause| DeclareError::Append(self.halt(cause.to_string())))?);
        self.shared.replace_tree(tree);
        Ok(())
    }

    /// Copies the write-ahead log and the anchor into `before-break-<nth>` beside the log.
    fn keep_evidence(&self) -> io::Result<()> {
        let log = &self.shared.readers.path;
        let dir = log.parent().unwrap_or(Path::new("."));
        let nth = (1..).find(|nth| !dir.join(format!("before-break-{nth}")).exists()).unwrap_or(0);
        let kept = dir.join(format!("before-break-{nth}"));
        fs::create_dir(&kept)?;
        for file in [super::wal_path(log), self.shared.anchor_path.clone()] {
            if let (true, Some(name)) = (file.exists(), file.file_name()) {
                fs::copy(&file, kept.join(name))?;
                fs::File::open(kept.join(name))?.sync_all()?;
            }
        }
        flush_directory(&kept)
    }
}

/// What a walk over everything found.
#[derive(Debug, Default)]
struct Survey {
    breaks: Vec<Break>,
    bad: Vec<i64>,
    missing: Vec<i64>,
    too_wide: Option<i64>,
    tiles: Vec<Hash>,
    recorded_at: i64,
}

fn store(cause: rusqlite::Error) -> DeclareError {
    DeclareError::Append(AppendError::Storage(cause.into()))
}
