//! What may happen in an armoury, and what it means: the pure heart of the book.
//!
//! Four verbs: `decide(state, command) -> events | refusal`, `evolve(state, event) -> state`,
//! `apply(view, event)`, `react(open work, event | scan | tick) -> commands`. Nothing here reads a
//! clock, a file or a socket, or draws a random number: `now` and ids are arguments.

pub mod alert;
pub mod batch;
pub mod case;
pub mod codes;
pub mod command;
pub mod count;
pub mod event;
pub mod gateway;
pub mod ids;
pub mod life;
pub mod marks;
pub mod person;
pub mod place;
pub mod react;
pub mod record;
pub mod refusal;
pub mod rights;
pub mod sealed;
#[cfg(test)]
mod story;
pub mod view;
pub mod weapon;
