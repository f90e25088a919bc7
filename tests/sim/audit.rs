//! What every line had to fulfil before it could be written, asked by an auditor with the book as
//! it stood, and what may have become of a weapon by it.
//!
//! Written from the rules in words, not from the program: who may do what, what takes two, what
//! follows by rule from what, what leads out of a loss. Times of rights are left out on purpose: the
//! clocks of this world lie.

use std::collections::BTreeSet;

use crate::book::{Book, Rifle};
use crate::line::{Line, text};
use crate::promise::{Broken, broken};

/// Asks before a line is folded.
pub fn before(book: &Book, line: &Line) -> Result<(), Broken> {
    envelope(book, line)?;
    match line.by().as_str() {
        "person" => allowed(book, line)?,
        "book" => follows(book, line)?,
        _ => heard(line)?,
    }
    two_people(book, line)?;
    crate::hands::before(book, line)?;
    finding(book, line)?;
    if line.kind == "CountClosed" { adds_up(book, line) } else { Ok(()) }
}

/// I5, I6: ids once, positions and revisions without a gap, recorded time never back.
fn envelope(book: &Book, line: &Line) -> Result<(), Broken> {
    let promise = "I5 I6 every event once, in the order of its origin";
    let last = book.lines.last();
    if line.position != book.lines.len() as u64 + 1 {
        return broken(promise, format!("position {} after {}", line.position, book.lines.len()));
    }
    if let Some(first) = book.line(&line.id) {
        return broken(promise, format!("event {} stands at {} and at {}", line.id, first.position, line.position));
    }
    if line.revision != book.revisions.get(&line.stream).copied().unwrap_or(0) {
        return broken(promise, format!("{} has a gap before revision {}", line.stream, line.revision));
    }
    match last {
        Some(last) if last.recorded_at > line.recorded_at => {
            broken(promise, format!("recorded time goes back at {}", line.position))
        }
        _ => Ok(()),
    }
}

/// A machine writes what it heard into its own streams and nothing else.
fn heard(line: &Line) -> Result<(), Broken> {
    let own = ["Observed", "ReaderHeard", "HoleDeclared", "BatchReceived", "BatchContradicted"].contains(&line.kind.as_str());
    let key = line.meta["actor"]["key"].as_str().unwrap_or_default();
    if own && line.subject() == key { Ok(()) } else { broken("a scan never changes custody", line.told()) }
}

/// What the book does by itself follows from a document or from an act, never from a scan: a scan
/// becomes a sighting in a count, or a finding.
fn follows(book: &Book, line: &Line) -> Result<(), Broken> {
    let promise = "a scan never changes custody";
    let cause = line.meta["cause"].as_str().unwrap_or_default();
    let Some(cause) = book.line(cause) else { return broken(promise, format!("nothing is the cause of {}", line.told())) };
    let from = |starts: &[&str]| starts.iter().any(|start| cause.kind.starts_with(start));
    let right = match line.stream.split('-').next().unwrap_or_default() {
        "weapon" => from(&["Case", "Batch"]) && cause.kind != "BatchReceived",
        "case" => from(&["Weapon"]) && cause.by() == "person" || cause.kind == "CountClosed",
        "count" => line.kind == "CountItemCounted" && cause.kind == "Observed",
        "alert" => line.kind == "AlertRaised" && from(&["Observed", "Hole", "Weapon", "BatchContradicted"]),
        _ => false,
    };
    if right { Ok(()) } else { broken(promise, format!("{} follows from {}", line.told(), cause.told())) }
}

/// The roles that may write such an event, by the rules' own table.
fn roles(kind: &str) -> &'static [&'static str] {
    match kind {
        "WeaponDispositionDecided" | "PlaceCustodianNamed" | "CaseClosed" | "CaseCloseRefused" | "BatchReleaseApproved" => {
            &["approver"]
        }
        "PersonGrantRequested" | "PersonGrantApproved" | "PersonGrantRevoked" | "PersonEnrolled" => {
            &["security_officer", "approver"]
        }
        "GatewayProposed" | "GatewayEnrolled" | "GatewayRevoked" => &["security_officer", "approver"],
        "PlaceOpened" | "PlaceRenamed" | "PlaceClosed" => &["approver", "security_officer"],
        "CountItemCounted" | "CountItemWithdrawn" => &["custodian", "approver", "inspector", "witness"],
        "CountSigned" | "CountSignatureRefused" | "BatchWitnessSigned" => &["approver", "inspector", "witness", "custodian"],
        "BatchVerified" | "BatchConfirmed" => &["approver", "inspector", "witness"],
        "AlertAcknowledged" | "AlertResolved" => &["approver", "custodian", "auditor", "security_officer"],
        "Observed" | "ReaderHeard" | "HoleDeclared" | "BatchReceived" | "BatchContradicted" | "AlertRaised" => &[],
        "WeaponUnaccounted" | "WeaponExplained" | "WeaponPresumedLost" | "WeaponLost" | "WeaponBatched" => &[],
        "WeaponUnbatched" | "WeaponDestroyed" => &[],
        _ => &["custodian", "approver"],
    }
}

/// Where the right must be held.
fn concerned(book: &Book, line: &Line) -> Vec<String> {
    let subject = line.subject();
    let named = line.text("place");
    let mut places = match line.stream.split('-').next().unwrap_or_default() {
        "weapon" => {
            let taken_in = ["WeaponReturned", "WeaponRecovered"].contains(&line.kind.as_str());
            let before = book.rifles.get(&subject).map(|rifle| rifle.place.clone());
            before.filter(|_| !taken_in).into_iter().chain([named]).collect()
        }
        "place" if line.kind == "PlaceOpened" => vec![line.text("within")],
        "place" => vec![subject],
        "case" => book.cases.get(&subject).map(|case| case.place.clone()).into_iter().chain([named]).collect(),
        "batch" => vec![book.batches.get(&subject).map_or(named, |batch| batch.place.clone())],
        "count" => book.counts.get(&subject).map(|count| count.place.clone()).into_iter().chain([named]).collect(),
        "person" if line.kind == "PersonGrantRequested" => vec![text(&line.data["grant"], "place")],
        "person" if line.kind == "PersonGrantApproved" => {
            let asked = book.line(&line.text("request"));
            asked.map(|asked| text(&asked.data["grant"], "place")).into_iter().collect()
        }
        _ => Vec::new(),
    };
    places.retain(|place| !place.is_empty());
    places
}

/// I14, F35: whoever acts holds the right at every place that his act touches.
fn allowed(book: &Book, line: &Line) -> Result<(), Broken> {
    let promise = "nobody acts beyond his rights";
    if line.sign_in() == "the first day" {
        return Ok(());
    }
    let roles = roles(&line.kind);
    let rights = book.rights.get(&line.person()).map(Vec::as_slice).unwrap_or_default();
    let held = |place: Option<&String>| {
        let chain = place.map(|place| book.chain(place)).unwrap_or_default();
        rights.iter().any(|right| {
            let stands = right.given && right.taken.is_none_or(|at| at >= book.step_from);
            stands && roles.contains(&right.role.as_str()) && (right.place.is_empty() || chain.contains(&right.place))
        })
    };
    let places = concerned(book, line);
    let alert = line.stream.starts_with("alert-"); // By audience, which the alerts' own tests hold.
    let may = if places.is_empty() { held(None) || alert } else { places.iter().all(|place| held(Some(place))) };
    if may { Ok(()) } else { broken(promise, format!("{} at {places:?}", line.told())) }
}

/// I14: what takes two names the request it read, by another person in another sign-in.
fn two_people(book: &Book, line: &Line) -> Result<(), Broken> {
    let promise = "I14 what takes two is done by two";
    let second = (line.person(), line.sign_in());
    let apart = |first: &(String, String), what: &str| {
        if first.0 == second.0 || first.1 == second.1 {
            return broken(promise, format!("{what}: {first:?} is the first hand of {}", line.told()));
        }
        Ok(())
    };
    let asked =
        ["CaseClosed", "CaseCloseRefused", "BatchReleaseApproved", "PersonGrantApproved", "GatewayEnrolled", "BatchVerified"];
    if asked.contains(&line.kind.as_str()) {
        let Some(request) = book.line(&line.text("request")) else {
            return broken(promise, format!("no request stands behind {}", line.told()));
        };
        let named = line.text("request_leaf");
        if named != request.leaf && line.kind != "CaseCloseRefused" {
            return broken(promise, format!("{} names leaf {named}, the request has {}", line.told(), request.leaf));
        }
        if line.kind != "BatchVerified" {
            apart(&(request.person(), request.sign_in()), "the request")?;
        }
    }
    let subject = line.subject();
    match line.kind.as_str() {
        "CaseClosed" => {
            let case = book.cases.get(&subject).cloned().unwrap_or_default();
            let keeper = book.keeper(&case.place);
            let ready = case.request == line.text("request")
                && matches!(
                    (case.outcome.as_str(), case.rung.as_str()),
                    ("unrecovered", "lost") | ("recovered" | "declared_in_error", "recovered")
                );
            if keeper == second.0 || !ready {
                return broken(promise, format!("{case:?}, kept by {keeper}, is closed by {}", line.told()));
            }
            Ok(())
        }
        "PersonGrantApproved" | "PersonGrantRequested" if subject == second.0 => {
            broken(promise, format!("his own right: {}", line.told()))
        }
        "WeaponReceiverConfirmed" => {
            let document = book.rifles.get(&subject).and_then(|rifle| rifle.document.clone()).unwrap_or_default();
            apart(&document.by, "who opened the document")
        }
        "BatchVerified" => {
            let batch = book.batches.get(&subject).cloned().unwrap_or_default();
            if batch.operators.contains(&second.0) || batch.witnesses < 2 {
                return broken(promise, format!("{batch:?} is verified by {}", line.told()));
            }
            batch.verified.iter().try_for_each(|first| apart(first, "the first verifier"))
        }
        "BatchConfirmed" => {
            let verified = book.batches.get(&subject).map(|batch| batch.verified.clone()).unwrap_or_default();
            let people: BTreeSet<&String> = verified.iter().map(|(person, _)| person).collect();
            if people.len() < 2 { broken(promise, format!("{verified:?} confirm {}", line.told())) } else { Ok(()) }
        }
        "CountSigned" => {
            let count = book.counts.get(&subject).cloned().unwrap_or_default();
            let others = count.took_part.iter().any(|(person, at)| !person.is_empty() && *person != second.0 && *at != second.1);
            if count.keeper == second.0 || !others || count.closing != line.text("closing") {
                return broken(promise, format!("{count:?} is signed by {}", line.told()));
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// An alert is raised once for its cause.
fn finding(book: &Book, line: &Line) -> Result<(), Broken> {
    if line.kind != "AlertRaised" {
        return Ok(());
    }
    let key = finding_key(book, line);
    let most =
        if line.text("rule") == "R2" { book.cases.values().filter(|case| case.weapon == line.text("weapon")).count() } else { 1 };
    let raised = book.findings.get(&key).copied().unwrap_or(0);
    if raised < most { Ok(()) } else { broken("an alert is raised once for its cause", format!("{key} again: {}", line.told())) }
}

/// What makes a finding one.
pub fn finding_key(book: &Book, line: &Line) -> String {
    let (rule, weapon, tag) = (line.text("rule"), line.text("weapon"), line.text("tag"));
    let evidence = book.line(&line.text("evidence"));
    let chip = evidence.map(|seen| seen.text("tid")).unwrap_or_default();
    let cause = match rule.as_str() {
        "R1" | "R2" | "K1" => weapon,
        "R5" => format!("{weapon} {tag} {chip}"),
        "R6" => format!("{weapon} {tag}"),
        "R10" => format!("{tag} {}", line.text("place")),
        "K14" | "K15" => line.text("evidence"),
        _ => format!("{weapon} {}", line.text("cause")),
    };
    format!("{rule} {cause}")
}

/// I22: a closed count says of every expected weapon how it is accounted for, and its sum holds.
fn adds_up(book: &Book, line: &Line) -> Result<(), Broken> {
    let promise = "I22 a closed count accounts for every expected weapon";
    let Some(count) = book.counts.get(&line.subject()) else { return broken(promise, "it was never opened") };
    let (missing, in_case, moved) = (line.texts("missing"), line.texts("in_case"), line.texts("moved_away"));
    let by_document: Vec<String> = line.data["by_document"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|document| document["weapon"].as_str().map(str::to_owned))
        .collect();
    let extra = line.texts("extra");
    let sighted: BTreeSet<&String> = count.sightings.values().filter(|weapon| !weapon.is_empty()).collect();
    for weapon in &count.expected {
        let lists = [&missing, &in_case, &moved, &by_document];
        let said = lists.iter().filter(|list| list.contains(weapon)).count();
        if said + usize::from(sighted.contains(weapon)) != 1 {
            return broken(promise, format!("weapon {weapon} stands {said} times in the lists of {}", line.told()));
        }
    }
    let number = |name: &str| usize::try_from(line.data[name].as_u64().unwrap_or(0)).unwrap_or(0);
    let (seen, parts) = (number("sighted") + number("sealed"), missing.len() + in_case.len() + by_document.len());
    if number("expected") != seen + parts || seen + extra.len() != sighted.len() {
        return broken(promise, format!("{} sighted in the count; the sum of {} is wrong", sighted.len(), line.told()));
    }
    let there = |weapon: &String| book.rifles.get(weapon).is_some_and(|rifle| book.chain(&rifle.place).contains(&count.place));
    match moved.iter().find(|weapon| there(weapon) && book.rifles[*weapon].state == "in_store") {
        Some(weapon) => broken(promise, format!("{weapon} is on record there and {} says it moved away", line.told())),
        None => Ok(()),
    }
}

/// Asks after a line is folded: I15, what may have become of a weapon by it.
pub fn after(book: &mut Book, line: &Line, before: &Rifle) -> Result<(), Broken> {
    if line.kind == "AlertRaised" {
        let key = finding_key(book, line);
        *book.findings.entry(key).or_default() += 1;
    }
    let promise = "I15 nothing leaves a loss or its destruction without what that takes";
    let Some(now) = book.rifles.get(&line.subject()).filter(|_| line.stream.starts_with("weapon-")) else { return Ok(()) };
    let of_case = |rung: &str| {
        let case = book.cases.get(&line.text("case"));
        case.is_some_and(|case| case.weapon == line.subject() && (rung.is_empty() || case.rung == rung || case.rung == "closed"))
    };
    let fits = match (before.state.as_str(), now.state.as_str()) {
        (was, is) if was == is => true,
        ("destroyed", _) => false,
        ("lost" | "presumed_lost", "recovered_held") if line.kind == "WeaponRecovered" => true,
        ("lost", _) => false,
        ("presumed_lost", "lost") | ("unaccounted", "lost") => line.kind == "WeaponLost" && of_case(""),
        ("presumed_lost", _) => line.kind == "WeaponExplained" && of_case(""),
        (_, "lost") => false,
        (_, "destroyed") => {
            let batch = book.batches.get(&line.text("batch"));
            batch.is_some_and(|batch| batch.confirmed && batch.items.contains(&line.subject()))
        }
        (_, "presumed_lost") => line.kind == "WeaponPresumedLost" && of_case(""),
        _ => true,
    };
    let let_out = || {
        let batch = book.batches.get(&before.batch);
        batch.is_some_and(|batch| batch.confirmed || !batch.items.contains(&line.subject()))
    };
    let lock_holds = !before.locked || now.locked || let_out();
    let in_error = line.data["declared_in_error"].as_bool() == Some(true);
    let error_fits = !in_error
        || book
            .cases
            .values()
            .any(|case| case.weapon == line.subject() && case.rung == "closed" && case.outcome == "declared_in_error");
    if fits && lock_holds && error_fits {
        return Ok(());
    }
    broken(promise, format!("{} -> {} by {}", before.state, now.state, line.told()))
}
