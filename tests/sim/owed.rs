//! What the book owes: for each line that asks for more, what must have followed when all is quiet.
//!
//! The rules come behind, fall with the power and go on after a restart; nothing of what they owe may
//! be forgotten on the way. Written from the rules in words; what a rule may rightly refuse is left
//! out, and what somebody did to the weapon meanwhile is looked at.

use std::collections::BTreeSet;

use crate::book::Book;
use crate::line::Line;
use crate::promise::{Broken, broken};

/// States from which a weapon can be locked in a batch.
const BATCHABLE: [&str; 4] = ["provisional", "in_store", "recovered_held", "deactivated"];

/// Asks when the rules have come to rest.
pub fn paid(book: &Book) -> Result<(), Broken> {
    let evidence: BTreeSet<String> =
        book.lines.iter().filter(|line| line.kind == "AlertRaised").map(|line| line.text("evidence")).collect();
    for line in &book.lines {
        let paid = match line.kind.as_str() {
            "HoleDeclared" => evidence.contains(&line.id),
            "WeaponRegistered" if !line.text("duplicate_reason").is_empty() => evidence.contains(&line.id),
            _ if line.stream.starts_with("weapon-") && !line.text("against_book").is_empty() => evidence.contains(&line.id),
            "CountClosed" => missing_have_cases(book, line),
            "CaseOpened" => is_missed(book, line),
            "CaseClosed" => restored_if_in_error(book, line),
            "BatchLocked" => line.texts("weapons").iter().all(|weapon| locked(book, line, weapon)),
            "BatchReleaseApproved" => {
                let rifle = &book.rifles[&line.text("weapon")];
                !(rifle.locked && rifle.batch == line.subject())
            }
            _ => true,
        };
        if !paid {
            return broken("what follows by rule has followed", format!("nothing came of {}", line.told()));
        }
    }
    Ok(())
}

/// Whoever is missing in a count that looked at everything has a case, from then or from before.
fn missing_have_cases(book: &Book, line: &Line) -> bool {
    let part = book.counts.get(&line.subject()).is_none_or(|count| ["partial", "spot"].contains(&count.kind.as_str()));
    part || line.texts("missing").iter().all(|weapon| {
        let ended = book.rifles.get(weapon).is_some_and(|rifle| rifle.state == "destroyed");
        let mut cases = book.cases.values().filter(|case| case.weapon == *weapon);
        ended || cases.any(|case| case.ended.is_none_or(|ended| ended > line.position))
    })
}

/// A case makes its weapon unaccounted for, whatever became of it afterwards.
fn is_missed(book: &Book, line: &Line) -> bool {
    let rifle = &book.rifles[&line.text("weapon")];
    rifle.cases.contains(&line.subject()) || rifle.state == "destroyed"
}

/// What was declared in error by two is in store again, if it was still held for examination.
fn restored_if_in_error(book: &Book, line: &Line) -> bool {
    let Some(case) = book.cases.get(&line.subject()) else { return false };
    let rifle = &book.rifles[&case.weapon];
    case.outcome != "declared_in_error" || rifle.state != "recovered_held" || rifle.case != line.subject()
}

/// What two let be destroyed is locked, unless somebody's hand was faster.
fn locked(book: &Book, line: &Line, weapon: &str) -> bool {
    let rifle = &book.rifles[weapon];
    rifle.last > line.position || rifle.locked || !BATCHABLE.contains(&rifle.state.as_str())
}
