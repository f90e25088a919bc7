//! What follows for a weapon from a case or a batch. Only the book asks it, and may ask it again:
//! what was done already, or no longer concerns this case or batch, decides to nothing.

use super::moves;
use super::{Entry, Refusal};
use crate::codes::State;
use crate::command::weapon::Follow;
use crate::event::Actor;
use crate::event::weapon::{self as event, WeaponEvent};
use crate::life::Ctx;

use State::{Destroyed, Lost, PresumedLost, RecoveredHeld, Repatriated, TransferredOut, Unaccounted};

pub(super) fn decide(entry: &Entry, what: &Follow, ctx: &Ctx) -> Result<Vec<WeaponEvent>, Refusal> {
    if !matches!(ctx.actor, Actor::Book { .. }) {
        return Err(Refusal::OnlyTheBook);
    }
    let state = entry.stage.state;
    let event = match what {
        Follow::Unaccounted { case, .. } if entry.cases.contains(case) => return Ok(Vec::new()),
        Follow::Unaccounted { case, count } => {
            let handed_over = matches!(state, TransferredOut | Repatriated);
            match entry.document.as_ref() {
                _ if moves::ended(state) => return Err(Refusal::RecordClosed { state }),
                Some(document) if handed_over && document.confirmed => {
                    return Err(Refusal::WrongState { state, instead: "its receiver has confirmed that he has it; ask him" });
                }
                _ if !moves::held(state) => return Ok(Vec::new()), // Under another case already.
                _ => WeaponEvent::Unaccounted(event::Unaccounted { case: *case, count: *count }),
            }
        }
        Follow::Explained { case, place } if of(entry, *case, &[Unaccounted, PresumedLost]) => {
            WeaponEvent::Explained(event::Explained { case: *case, place: *place })
        }
        Follow::PresumedLost { case } if of(entry, *case, &[Unaccounted]) => {
            WeaponEvent::PresumedLost(event::PresumedLost { case: *case })
        }
        Follow::Lost { case, cause } if of(entry, *case, &[Unaccounted, PresumedLost]) => {
            WeaponEvent::Lost(event::Lost { case: *case, cause: *cause })
        }
        Follow::Recovered { case, place } if of(entry, *case, &[Unaccounted, PresumedLost, Lost]) => {
            WeaponEvent::Recovered(event::Recovered { case: Some(*case), place: *place, against_book: None })
        }
        Follow::DeclaredInError { case } if of(entry, *case, &[RecoveredHeld]) => {
            WeaponEvent::Restored(event::Restored { place: entry.place, declared_in_error: true })
        }
        Follow::Batched { batch } if !entry.batches.contains(batch) => {
            if moves::ended(state) {
                return Err(Refusal::RecordClosed { state });
            }
            if !moves::batchable(state) || entry.stage.locked {
                return Err(Refusal::WrongState { state, instead: "it has moved since it was listed; take it off the list" });
            }
            WeaponEvent::Batched(event::Batched { batch: *batch })
        }
        Follow::Unbatched { batch } if entry.batch == Some(*batch) && entry.stage.locked => {
            WeaponEvent::Unbatched(event::Unbatched { batch: *batch })
        }
        Follow::Destroyed { batch, method } if entry.batch == Some(*batch) && state != Destroyed => {
            if state != State::Batched {
                return Err(Refusal::WrongState { state, instead: "it cannot have been destroyed with its batch; open a case" });
            }
            WeaponEvent::Destroyed(event::Destroyed { batch: *batch, method: *method })
        }
        Follow::Explained { .. }
        | Follow::PresumedLost { .. }
        | Follow::Lost { .. }
        | Follow::Recovered { .. }
        | Follow::DeclaredInError { .. }
        | Follow::Batched { .. }
        | Follow::Unbatched { .. }
        | Follow::Destroyed { .. } => return Ok(Vec::new()),
    };
    Ok(vec![event])
}

/// Whether the weapon stands under this case in one of these states.
fn of(entry: &Entry, case: crate::ids::CaseId, states: &[State]) -> bool {
    entry.case == Some(case) && states.contains(&entry.stage.state)
}
