//! The tree that was walked, set against every head that is remembered: by the anchor, outside, by
//! declared breaks, by the checkpoints kept in the file.

use rusqlite::Connection;
use rusqlite::types::ValueRef;

use super::{Findings, Report, VerifyOptions, Walked};
use crate::anchor::Anchored;
use crate::breaks::Break;
use crate::checkpoint::{Checkpoint, Note, VerifyKey};
use crate::ledger::{APPEND_EVENTS_MAX, GROUP_EVENTS_MAX};

pub(super) fn anchor(anchored: &Anchored, in_place: bool, walked: &Walked, report: &mut Report, findings: &mut Findings) {
    let size = walked.head.size;
    let slots = match anchored {
        Anchored::Missing if in_place => return findings.add(None, "the anchor is missing beside the log".to_owned()),
        Anchored::Missing => return report.notes.push("No anchor lies beside the file.".to_owned()),
        Anchored::Unreadable => return findings.add(None, "the anchor cannot be read".to_owned()),
        Anchored::At(last, before) => [Some(*last), *before],
    };
    if slots[1].is_none() {
        let what = "one of the anchor's two places is spoiled; after a cut of power, start the service once and verify again";
        findings.add(None, what.to_owned());
    }
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

pub(super) fn outside(options: &VerifyOptions, walked: &Walked, report: &mut Report, findings: &mut Findings) {
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
pub(super) fn breaks(walked: &Walked, report: &Report, findings: &mut Findings) {
    for one in &report.breaks {
        let survived = &one.record.survived;
        let root = walked.roots.get(&survived.size).copied().flatten().map(hex::encode);
        if survived.size + 1 != one.position || root.as_deref() != Some(&survived.root) {
            findings.add(Some(one.position.cast_signed()), "the break tells of other events than those before it".to_owned());
        }
    }
}

/// A checkpoint as the file keeps it.
pub(super) struct Kept {
    pub size: u64,
    pub text: String,
}

/// Every kept checkpoint that is one by its form.
pub(super) fn kept(connection: &Connection, findings: &mut Findings) -> Vec<Kept> {
    let mut notes = Vec::new();
    let mut read = || -> rusqlite::Result<()> {
        let mut statement = connection.prepare("SELECT size, note FROM checkpoints NOT INDEXED ORDER BY size")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let size: i64 = row.get(0)?;
            let text = if let ValueRef::Text(text) = row.get_ref(1)? { std::str::from_utf8(text).ok() } else { None };
            match (u64::try_from(size), text) {
                (Ok(size), Some(text)) => notes.push(Kept { size, text: text.to_owned() }),
                _ => findings.add(None, format!("the checkpoint kept for size {size} is no text")),
            }
        }
        Ok(())
    };
    if let Err(cause) = read() {
        findings.add(None, format!("the kept checkpoints cannot be read: {cause}"));
    }
    notes
}

pub(super) fn checkpoints(notes: &[Kept], keys: &[VerifyKey], walked: &Walked, report: &mut Report, findings: &mut Findings) {
    let mut signed = 0;
    for Kept { size, text } in notes {
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
