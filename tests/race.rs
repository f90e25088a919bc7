//! Many at once on the real program: on one weapon, case, count and batch exactly one wins; a thousand
//! listen; whoever reads nothing is dropped; a right taken away is gone at once.
//!
//! Built beforehand by `tests/run`. Everything is over HTTP; afterwards the log verifies and the views
//! are those of a fresh fold. How fast it goes decides nothing. Sizes: `MUSTER_RACE_CLIENTS`,
//! `MUSTER_RACE_ROUNDS`, `MUSTER_LIVE_CLIENTS`.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test that cannot go on must fail there, and say what it saw")]

#[allow(dead_code, reason = "the harness of the end-to-end tests; this target needs less of it")]
#[path = "e2e/house.rs"]
mod house;
#[allow(dead_code, reason = "as above")]
#[path = "e2e/program.rs"]
mod program;
#[path = "e2e/scratch.rs"]
mod scratch;
#[allow(dead_code, reason = "as above")]
#[path = "e2e/web.rs"]
mod web;

#[path = "race/acts.rs"]
mod acts;
#[path = "race/ears.rs"]
mod ears;
#[path = "race/live.rs"]
mod live;
#[path = "race/rights.rs"]
mod rights;
#[path = "race/rounds.rs"]
mod rounds;
#[path = "race/seconds.rs"]
mod seconds;
#[path = "race/start.rs"]
mod start;
