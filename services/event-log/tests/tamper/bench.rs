//! Makes an edit, looks what it did, asks both verifiers, and judges their answers.

use std::collections::BTreeMap;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use event_log::verify::{OutsideHead, VerifyOptions, verify};

use crate::base::{self, Base};
use crate::edits::Edit;
use crate::second::Second;
use crate::seen::Seen;

/// What came of many edits.
#[derive(Default)]
pub struct Tally {
    classes: BTreeMap<String, usize>,
    agreements: usize,
    wrong: Vec<String>,
    disagreements: Vec<String>,
    edits: usize,
}

impl Tally {
    pub fn add(&mut self, other: Self) {
        for (class, count) in other.classes {
            *self.classes.entry(class).or_default() += count;
        }
        self.wrong.extend(other.wrong);
        self.disagreements.extend(other.disagreements);
        self.agreements += other.agreements;
        self.edits += other.edits;
    }

    pub fn edits(&self) -> usize {
        self.edits
    }

    pub fn failed(&self) -> usize {
        self.wrong.len() + self.disagreements.len()
    }

    pub fn second_is_there(&self) -> bool {
        self.agreements > 0
    }

    /// The account, on standard output.
    pub fn tell(&self) {
        for line in self.wrong.iter().take(25).chain(self.disagreements.iter().take(25)) {
            println!("FAIL {line}");
        }
        for (class, count) in &self.classes {
            println!("{count:8} {class}");
        }
        println!("evidence: tamper-edits {} {}", self.edits, self.wrong.len());
        println!("evidence: tamper-agreements {} {}", self.agreements + self.disagreements.len(), self.disagreements.len());
    }
}

/// Exit code and first bad position.
type Answer = (i32, Option<i64>);

/// One worker's own directory and second verifier.
#[derive(Default)]
pub struct Bench {
    dir: Option<(PathBuf, *const u8)>,
    second: Option<Second>,
}

impl Drop for Bench {
    fn drop(&mut self) {
        if let Some((dir, _)) = &self.dir {
            drop(fs::remove_dir_all(dir));
            drop(fs::remove_file(dir.with_extension("head")));
        }
    }
}

impl Bench {
    /// One edit, judged without a head from outside and, but for most of those that are many, with one.
    pub fn judge(&mut self, base: &Base, edit: &Edit, tally: &mut Tally) {
        let dir = self.directory(base);
        edit.make(base, &dir);
        let seen = Seen::look(&dir);
        tally.edits += 1;
        let heads: &[bool] = match edit {
            Edit::Byte { .. } | Edit::Cut { .. } => &[false],
            Edit::Sql { .. } if !tally.edits.is_multiple_of(4) => &[false],
            _ => &[false, true],
        };
        for &outside in heads {
            let first = ask(base, &dir, outside, false);
            match class(base, edit, &seen, first.clone(), outside, || ask(base, &dir, outside, true)) {
                Ok(class) => {
                    *tally
                        .classes
                        .entry(format!("{}{class}", if outside { "with an outside head: " } else { "" }))
                        .or_default() += 1
                }
                Err(why) => tally.wrong.push(format!("{}, {edit:?}, outside head {outside}: {first:?}: {why}", base.name)),
            }
            if edit.second() {
                let second = self.second.get_or_insert_with(Second::start).ask(&dir, outside);
                match second == first.clone().map_err(|_| ()) {
                    true => tally.agreements += 1,
                    false => tally
                        .disagreements
                        .push(format!("{}, {edit:?}, outside head {outside}: {first:?}, the second {second:?}", base.name)),
                }
            }
        }
        edit.take_back(&base.files, &dir);
    }

    /// The directory, holding this log.
    fn directory(&mut self, base: &Base) -> PathBuf {
        let which = std::ptr::from_ref(base).cast::<u8>();
        let (dir, held) = self.dir.get_or_insert_with(|| (base::place(), std::ptr::null()));
        if *held != which {
            base::write(dir, &base.files);
            fs::write(dir.with_extension("head"), &base.note).expect("written");
            *held = which;
        }
        dir.clone()
    }
}

fn ask(base: &Base, dir: &std::path::Path, outside: bool, keys: bool) -> Result<Answer, String> {
    let head = outside.then(|| OutsideHead::parse(&base.note).expect("the note is one"));
    let keys = if keys { vec![base.key.clone()] } else { Vec::new() };
    let options = VerifyOptions { head, keys, ..VerifyOptions::default() };
    let report = catch_unwind(AssertUnwindSafe(|| verify(dir, &options))).map_err(|_| "the verifier panicked".to_owned())?;
    Ok((i32::from(report.exit_code()), report.first_bad()))
}

/// Which kind of right answer it is, or why it is wrong.
fn class(
    base: &Base,
    edit: &Edit,
    seen: &Seen,
    answer: Result<Answer, String>,
    outside: bool,
    with_keys: impl Fn() -> Result<Answer, String>,
) -> Result<&'static str, String> {
    let changed = base.seen.first_difference(seen);
    match answer? {
        (2, None) if !seen.readable => Ok("not readable as a log any more, and said so"),
        (1, first) if changed.is_some() && first == changed => Ok("events changed: found, the first bad position named"),
        (1, first) if matches!(edit, Edit::Forged { .. }) => match (first, changed) {
            (None, _) => Ok("an event forged with its leaf: found by the tree"),
            (Some(first), Some(changed)) if first % 256 == 1 && (first..first + 256).contains(&changed) => {
                Ok("an event forged with its leaf: found, its tile named")
            }
            other => Err(format!("first bad and changed: {other:?}")),
        },
        (1, None) if !base.seen.tables.iter().all(|table| seen.tables.contains(table)) => {
            Ok("a table's definition changed, so nothing can be asked of it: found")
        }
        (1, _) if changed.is_some() => Err(format!("the first event that changed is {changed:?}")),
        (1, None) => Ok("no event changed, but what stands around them: found"),
        (1, first) if base.seen.tiles != seen.tiles => {
            let tile = (0..).find(|nth| base.seen.tiles.get(*nth) != seen.tiles.get(*nth)).unwrap_or(0) as i64;
            let beyond = tile * 256 + 256 > seen.events.len() as i64;
            let wanted = if beyond { (tile * 256 + 1).max(seen.events.len() as i64 + 1) } else { tile * 256 + 1 };
            if first == Some(wanted) {
                Ok("no event changed, but a tile: found and named")
            } else {
                Err(format!("the tile is {tile}"))
            }
        }
        (0, None) => unchanged(base, edit, seen, outside, with_keys),
        _ => Err(format!("the first event that changed is {changed:?}, readable: {}", seen.readable)),
    }
}

/// "It agrees" is right only where nothing that counts has changed.
fn unchanged(
    base: &Base,
    edit: &Edit,
    seen: &Seen,
    outside: bool,
    with_keys: impl Fn() -> Result<Answer, String>,
) -> Result<&'static str, String> {
    if let Edit::Put { what: what @ ("an older copy of all" | "an older anchor"), .. } = edit {
        return match (*what, outside) {
            ("an older copy of all", false) => {
                Ok("an older copy of everything: agrees with itself, and only an outside head can tell")
            }
            ("an older anchor", _) => Ok("an older anchor, as after a crash: the log itself is whole"),
            _ => Err("an older copy agrees with a later head".to_owned()),
        };
    }
    let mut whole = base.seen.clone();
    whole.tables.clone_from(&seen.tables); // the verifier says when they differ
    if seen.checkpoints.len() < whole.checkpoints.len() && seen.checkpoints.iter().all(|kept| whole.checkpoints.contains(kept)) {
        whole.checkpoints.clone_from(&seen.checkpoints);
        return if *seen == whole {
            Ok("a kept checkpoint removed: no event, leaf or head")
        } else {
            Err("more has changed".to_owned())
        };
    }
    if *seen == whole {
        return Ok("nothing changed that is an event, a leaf, a name, a checkpoint or a head");
    }
    whole.checkpoints.clone_from(&seen.checkpoints);
    match with_keys()? {
        (1, None) if *seen == whole => Ok("only a checkpoint's words or signature changed: found as soon as the key is given"),
        _ => Err("what can be seen has changed".to_owned()),
    }
}
