//! A world in one number: posts, gateways, readers, people, links that fail, disks that crash,
//! clocks that jump; the program's own desk, intake, views, rules, drivers, sieves, outboxes and
//! uplinks in the middle of it.
//!
//! ```text
//! MUSTER_SEEDS=500 cargo test -p muster-tests --test sim -- --nocapture     so many worlds
//! MUSTER_SEED=17   cargo test -p muster-tests --test sim -- --nocapture     that one, told in words
//! MUSTER_LINES=WORD  and the lines of its logs that hold this word, in the end
//! MUSTER_STEPS=80  steps of each;  MUSTER_WITHOUT=cuts,jumps  without these faults
//! ```
//! The same number gives the same world, event for event: that is a test of its own. A world that
//! broke a promise is kept in `sim/cases.txt` and is played again in each run.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test that cannot go on must fail there, and say what it saw")]

#[path = "sim/acts.rs"]
mod acts;
#[path = "sim/arms.rs"]
mod arms;
#[path = "sim/audience.rs"]
mod audience;
#[path = "sim/audit.rs"]
mod audit;
#[path = "sim/book.rs"]
mod book;
#[path = "sim/checks.rs"]
mod checks;
#[path = "sim/clock.rs"]
mod clock;
#[path = "sim/dice.rs"]
mod dice;
#[path = "sim/faults.rs"]
mod faults;
#[path = "sim/gateway.rs"]
mod gateway;
#[path = "sim/hands.rs"]
mod hands;
#[path = "sim/line.rs"]
mod line;
#[path = "sim/muddle.rs"]
mod muddle;
#[path = "sim/office.rs"]
mod office;
#[path = "sim/owed.rs"]
mod owed;
#[path = "sim/past.rs"]
mod past;
#[path = "sim/people.rs"]
mod people;
#[path = "sim/post.rs"]
mod post;
#[path = "sim/promise.rs"]
mod promise;
#[path = "sim/reader.rs"]
mod reader;
#[path = "sim/road.rs"]
mod road;
#[path = "sim/run.rs"]
mod run;
#[path = "sim/tally.rs"]
mod tally;
#[path = "sim/thief.rs"]
mod thief;
#[path = "sim/world.rs"]
mod world;
