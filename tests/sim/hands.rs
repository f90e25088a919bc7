//! What a hand's act says of the book, and what the rungs of a case are: one oracle for two writers.
//!
//! Whoever writes has seen the life as it stands: an act says against the book exactly what the book
//! said just before it, a case goes from rung to rung and never twice over the same one. Two who
//! decided on the same page and both wrote are seen here, and so is a loss that ends without being
//! recovered. Written from the rules (custody, LOST, the ladder), not from the program's table.

use crate::book::{Book, Rifle};
use crate::line::Line;
use crate::promise::{Broken, broken};
use crate::tally;

const HANDS: [&str; 5] = ["WeaponRacked", "WeaponIssued", "WeaponReturned", "WeaponSentElsewhere", "WeaponRecovered"];

/// Asks before a line is folded.
pub fn before(book: &Book, line: &Line) -> Result<(), Broken> {
    if line.sign_in() == "the first day" {
        return Ok(());
    }
    match line.stream.split('-').next().unwrap_or_default() {
        "weapon" if HANDS.contains(&line.kind.as_str()) => hand(book, line),
        "weapon" if line.kind == "WeaponUnaccounted" => missed_once(book, line),
        "case" => rung(book, line),
        "count" => stage_of_count(book, line),
        _ => once(book, line),
    }
}

/// Whether an act is what the book expects of a weapon in this state.
fn fits(line: &Line, state: &str) -> bool {
    let one_of = |states: &[&str]| states.contains(&state);
    let out = ["issued", "on_loan", "in_transit", "in_maintenance", "evidence"];
    match (line.kind.as_str(), line.text("kind").as_str()) {
        ("WeaponRacked", _) => one_of(&["provisional", "in_store", "recovered_held", "deactivated"]),
        ("WeaponIssued", _) => one_of(&["in_store"]),
        ("WeaponReturned", _) => out.contains(&state),
        ("WeaponSentElsewhere", "evidence") => {
            one_of(&["in_store", "provisional", "recovered_held", "issued", "on_loan", "in_maintenance"])
        }
        ("WeaponSentElsewhere", "transit") => one_of(&["in_store", "issued", "on_loan", "in_maintenance"]),
        ("WeaponSentElsewhere", _) => one_of(&["in_store"]),
        _ => one_of(&["unaccounted", "presumed_lost", "lost"]),
    }
}

/// I13: an act says what it contradicts, by the book as it stood; what was lost is recovered first.
fn hand(book: &Book, line: &Line) -> Result<(), Broken> {
    let Some(rifle) = book.rifles.get(&line.subject()) else {
        return broken("I13 an act is decided on the book before it", format!("no such weapon: {}", line.told()));
    };
    let state = said_of(book, line, rifle);
    let lost = ["presumed_lost", "lost"].contains(&rifle.state.as_str());
    if lost && line.kind != "WeaponRecovered" {
        return broken("I15 what was lost is recovered before anything else", format!("{} by {}", rifle.state, line.told()));
    }
    let said = line.text("against_book");
    let right = if fits(line, state) { "" } else { state };
    if said != right {
        let seen = format!("{state}: {right:?} is right, {said:?} is said by {}", line.told());
        return broken("I13 an act is decided on the book before it", seen);
    }
    if lost && line.by() == "person" {
        tally::saw("a lost weapon comes over the counter");
    }
    if line.kind == "WeaponRecovered" && line.text("case") != rifle.case {
        return broken("I15 a recovery names the case it ends", format!("{} is missed under {:?}", line.told(), rifle.case));
    }
    Ok(())
}

/// The state in the book before the act: a recovery that came with it, in one request, is part of it.
fn said_of<'a>(book: &Book, line: &Line, rifle: &'a Rifle) -> &'a str {
    let last = book.lines.last();
    let with_it = |last: &Line| {
        last.kind == "WeaponRecovered"
            && last.stream == line.stream
            && last.by() == "person"
            && last.recorded_at == line.recorded_at
            && ["actor", "idempotency_key"].iter().all(|name| last.meta[name] == line.meta[name])
    };
    if line.kind != "WeaponRecovered" && last.is_some_and(with_it) { &rifle.was } else { &rifle.state }
}

fn missed_once(book: &Book, line: &Line) -> Result<(), Broken> {
    let rifle = book.rifles.get(&line.subject());
    if rifle.is_some_and(|rifle| rifle.cases.contains(&line.text("case"))) {
        return broken("a case makes its weapon unaccounted for once", line.told());
    }
    Ok(())
}

/// The ladder: each rung once, by a person where a person must; a loss is left by recovery or by two.
fn rung(book: &Book, line: &Line) -> Result<(), Broken> {
    let promise = "I13 I15 a case goes its ladder, one step after the other";
    let case = book.cases.get(&line.subject()).cloned().unwrap_or_default();
    let by_person = line.by() == "person";
    let asked = (line.text("outcome"), case.rung.as_str());
    let right = match (line.kind.as_str(), case.rung.as_str()) {
        ("CaseOpened", "") => book.open_case(&line.text("weapon")).is_none(),
        ("CaseExplained", "open" | "presumed") => true,
        ("CasePresumedLost", "open") | ("CaseLossDeclared", "open" | "presumed") => by_person,
        ("CaseRecovered", "open" | "presumed" | "lost") => true,
        ("CaseCloseRequested", _) => {
            let fits = match (asked.0.as_str(), asked.1) {
                ("unrecovered", "lost") | ("recovered", "recovered") => true,
                ("declared_in_error", "recovered") => case.was_lost,
                _ => false,
            };
            by_person && fits && case.request.is_empty()
        }
        ("CaseCloseRefused" | "CaseClosed", "lost" | "recovered") => by_person && case.request == line.text("request"),
        ("CaseSearchLogged", "open" | "presumed" | "lost") => by_person,
        ("CaseLossReported", rung) => by_person && !["", "explained", "closed"].contains(&rung),
        _ => false,
    };
    if line.kind == "CaseClosed" {
        tally::saw_at("two close a loss as", &case.outcome);
    }
    if right { Ok(()) } else { broken(promise, format!("{case:?}, and then {}", line.told())) }
}

/// A count that was closed or called off is over.
fn stage_of_count(book: &Book, line: &Line) -> Result<(), Broken> {
    let Some(count) = book.counts.get(&line.subject()) else {
        return if line.kind == "CountOpened" { Ok(()) } else { broken("I13 a count is opened first", line.told()) };
    };
    let open = count.closing.is_empty() && !count.abandoned;
    let right = match line.kind.as_str() {
        "CountOpened" => false,
        "CountSigned" | "CountSignatureRefused" => !count.closing.is_empty(),
        "CountItemWithdrawn" => open && count.sightings.contains_key(&line.text("sighting")),
        _ => open,
    };
    if right { Ok(()) } else { broken("I13 a count that is over is over", format!("{count:?}, and then {}", line.told())) }
}

/// What happens once in a life: a second writer of the same is one who did not look.
fn once(book: &Book, line: &Line) -> Result<(), Broken> {
    let batch = || book.batches.get(&line.subject());
    let again = match line.kind.as_str() {
        "PersonGrantApproved" => {
            let rights = book.rights.get(&line.subject()).map(Vec::as_slice).unwrap_or_default();
            let right = rights.iter().find(|right| right.request == line.text("request"));
            right.is_none_or(|right| right.given || right.taken.is_some())
        }
        "GatewayEnrolled" => {
            book.gateways.get(&line.subject()).is_some_and(|heard| heard.enrolled || heard.closed_from.is_some())
        }
        "GatewayRevoked" => book.gateways.get(&line.subject()).is_some_and(|heard| heard.closed_from.is_some()),
        "PlaceClosed" | "PlaceRenamed" | "PlaceCustodianNamed" => {
            book.places.get(&line.subject()).is_none_or(|place| place.closed)
        }
        "BatchLocked" => batch().is_none_or(|batch| batch.locked),
        "BatchItemListed" => batch().is_none_or(|batch| batch.locked || batch.items.contains(&line.text("weapon"))),
        "BatchItemDropped" => batch().is_none_or(|batch| batch.locked || !batch.items.contains(&line.text("weapon"))),
        "BatchDestructionRecorded" => batch().is_none_or(|batch| !batch.locked || !batch.recorded.is_empty()),
        "BatchReleaseApproved" => batch().is_none_or(|batch| !batch.locked || !batch.recorded.is_empty()),
        "BatchVerified" => batch().is_none_or(|batch| batch.recorded.is_empty() || batch.confirmed),
        "BatchConfirmed" => batch().is_none_or(|batch| batch.confirmed),
        _ => false,
    };
    if again { broken("I13 what happens once happens once", line.told()) } else { Ok(()) }
}
