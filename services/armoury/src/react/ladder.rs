//! What follows from a count, a case, a batch or an act at the hatch: cases open, weapons follow
//! their case or their batch, and a case ends when its weapon comes over the counter.

use super::{Reaction, case_for, id_of};
use crate::codes::{CountKind, State};
use crate::command::case::{Explain, Open, Recover};
use crate::command::weapon::Follow;
use crate::command::{CaseCommand, Command, WeaponCommand};
use crate::event::batch::BatchEvent;
use crate::event::case::{CaseEvent, Outcome};
use crate::event::count::CountEvent;
use crate::event::weapon::WeaponEvent;
use crate::event::{Actor, Fact};
use crate::ids::{BatchId, CaseId, CountId, WeaponId};
use crate::view::Views;

/// A miss opens a case for each weapon that has none. Only a count that looked at everything can
/// miss something: what a spot check or a part count did not see was not looked for.
pub(super) fn after_count(views: &Views, fact: &Fact, event: &CountEvent) -> Vec<Reaction> {
    let (CountEvent::Closed(closed), Some(count)) = (event, id_of::<CountId>(fact)) else { return Vec::new() };
    let Some(row) = views.counts.get(count).map(crate::view::counts::Count::row) else { return Vec::new() };
    if matches!(row.kind, CountKind::Partial | CountKind::Spot) {
        return Vec::new();
    }
    let missing = closed.missing.iter().filter(|weapon| views.cases.open_case(**weapon).is_none());
    let open = |weapon: &WeaponId| {
        let place = views.standing(*weapon).map_or(row.place, |standing| standing.place);
        let open = Open { weapon: *weapon, place, count: Some(count), circumstances: None };
        let command = Command::Case(case_for(fact.id, *weapon), CaseCommand::Open(open));
        Reaction { command, cause: fact.id, rule: "missing-in-count" }
    };
    missing.map(open).collect()
}

/// A weapon follows its case.
pub(super) fn after_case(views: &Views, fact: &Fact, event: &CaseEvent) -> Vec<Reaction> {
    let Some(case) = id_of::<CaseId>(fact) else { return Vec::new() };
    let (rule, what) = match event {
        CaseEvent::Opened(opened) => {
            let what = Follow::Unaccounted { case, count: opened.count };
            return vec![follow(fact, "case-opened", opened.weapon, what)];
        }
        CaseEvent::Explained(explained) => ("case-explained", Follow::Explained { case, place: explained.place }),
        CaseEvent::PresumedLost(_) => ("case-presumed-lost", Follow::PresumedLost { case }),
        CaseEvent::LossDeclared(declared) => ("loss-declared", Follow::Lost { case, cause: declared.cause }),
        CaseEvent::Recovered(recovered) => ("case-recovered", Follow::Recovered { case, place: recovered.place }),
        CaseEvent::Closed(_) => {
            let row = views.cases.get(case, fact.recorded_at);
            if row.and_then(|row| row.outcome) != Some(Outcome::DeclaredInError) {
                return Vec::new();
            }
            ("declared-in-error", Follow::DeclaredInError { case })
        }
        CaseEvent::SearchLogged(_) | CaseEvent::LossReported(_) | CaseEvent::CloseRequested(_) | CaseEvent::CloseRefused(_) => {
            return Vec::new();
        }
    };
    views.cases.weapon(case).map(|weapon| follow(fact, rule, weapon, what)).into_iter().collect()
}

/// Weapons follow their batch.
pub(super) fn after_batch(fact: &Fact, event: &BatchEvent) -> Vec<Reaction> {
    let Some(batch) = id_of::<BatchId>(fact) else { return Vec::new() };
    let each = |rule, weapons: &[WeaponId], what: &Follow| {
        weapons.iter().map(|weapon| follow(fact, rule, *weapon, what.clone())).collect()
    };
    match event {
        BatchEvent::Locked(locked) => each("batch-locked", &locked.weapons, &Follow::Batched { batch }),
        BatchEvent::ReleaseApproved(released) => each("release-approved", &[released.weapon], &Follow::Unbatched { batch }),
        BatchEvent::Confirmed(confirmed) => {
            let what = Follow::Destroyed { batch, method: confirmed.method };
            each("destruction-confirmed", &confirmed.weapons, &what)
        }
        BatchEvent::Opened(_)
        | BatchEvent::ItemListed(_)
        | BatchEvent::ItemDropped(_)
        | BatchEvent::ItemVerified(_)
        | BatchEvent::ReleaseRequested(_)
        | BatchEvent::DestructionRecorded(_)
        | BatchEvent::WitnessSigned(_)
        | BatchEvent::Verified(_) => Vec::new(),
    }
}

/// A weapon that was looked for came over the counter: its case is explained, or recovered if it
/// was presumed or declared lost.
pub(super) fn after_weapon(views: &Views, fact: &Fact, event: &WeaponEvent) -> Vec<Reaction> {
    if !matches!(fact.meta.actor, Actor::Person { .. }) {
        return Vec::new(); // It followed its case already.
    }
    let Some(weapon) = id_of::<WeaponId>(fact) else { return Vec::new() };
    let explained = |place| CaseCommand::Explain(Explain { explanation: EXPLANATION.to_owned(), place });
    let missed = Some(State::Unaccounted);
    // The case it was under then; a later one is none of this act's business, also on a replay.
    let then = || views.cases.of_weapon(weapon).rfind(|row| row.position < fact.position).map(|row| row.case);
    let (case, command) = match event {
        WeaponEvent::Recovered(recovered) => {
            let recover = Recover { place: recovered.place, circumstances: RECOVERY.to_owned() };
            (recovered.case, CaseCommand::Recover(recover))
        }
        WeaponEvent::Racked(racked) if racked.against_book == missed => (then(), explained(Some(racked.place))),
        WeaponEvent::Returned(returned) if returned.against_book == missed => (then(), explained(Some(returned.place))),
        WeaponEvent::Issued(issued) if issued.against_book == missed => (then(), explained(None)),
        WeaponEvent::SentElsewhere(sent) if sent.against_book == missed => (then(), explained(None)),
        _ => return Vec::new(),
    };
    let react = |case| Reaction { command: Command::Case(case, command), cause: fact.id, rule: "came-over-the-counter" };
    case.map(react).into_iter().collect()
}

/// Why a case is explained when nobody wrote why: the act itself stands in the trail.
const EXPLANATION: &str = "in hand at the counter; the act that shows it is this entry's cause";
/// How a lost weapon came back when nobody wrote how.
const RECOVERY: &str = "in hand; the act that shows it is this entry's cause";

fn follow(fact: &Fact, rule: &'static str, weapon: WeaponId, what: Follow) -> Reaction {
    Reaction { command: Command::Weapon(weapon, WeaponCommand::Follow(what)), cause: fact.id, rule }
}
