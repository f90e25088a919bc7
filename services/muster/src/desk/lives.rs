//! Which life answers which command: fold the stream, decide.

use armoury::command::Command;
use armoury::event::{Event, Fact};
use armoury::life::{Ctx, Life};
use armoury::refusal::Refusal;

/// Folds a stream's facts into its life and lets it decide.
pub fn decide(past: &[Fact], command: &Command, ctx: &Ctx) -> Result<Vec<Event>, Refusal> {
    match command {
        Command::Weapon(id, command) => armoury::weapon::Weapon::decide(id, &armoury::weapon::Weapon::fold(past), command, ctx),
        _ => Ok(Vec::new()),
    }
}
