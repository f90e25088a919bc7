//! The real programs, killed again and again: at random moments, and at every named step.
//!
//! Clients keep ledgers of their own of what they were told; after each death the file is verified from
//! outside, the program started again, and book and ledgers compared. What chance decided follows from
//! one seed, told at the start: `MUSTER_SEED=<seed>` repeats it as far as real processes can be repeated.
//! `MUSTER_KILLS` is the number of deaths over both programs. Nothing waits for a fixed time.
//!
//! A kill does not lose what the system holds in memory; a power cut would, and is tried elsewhere.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test that cannot go on must fail there, and say what it saw")]

#[path = "crash/batches.rs"]
mod batches;
#[path = "crash/book.rs"]
mod book;
#[path = "e2e/broker.rs"]
#[allow(dead_code, reason = "shared; not all of it is needed here")]
mod broker;
#[path = "crash/chance.rs"]
mod chance;
#[path = "crash/clerk.rs"]
mod clerk;
#[path = "crash/founding.rs"]
mod founding;
#[path = "crash/gateway.rs"]
mod gateway;
#[path = "e2e/house.rs"]
#[allow(dead_code, reason = "shared; not all of it is needed here")]
mod house;
#[path = "e2e/line.rs"]
mod line;
#[path = "crash/post.rs"]
mod post;
#[path = "e2e/program.rs"]
#[allow(dead_code, reason = "shared; not all of it is needed here")]
mod program;
#[path = "crash/reading.rs"]
mod reading;
#[path = "e2e/scratch.rs"]
mod scratch;
#[path = "crash/service.rs"]
mod service;
#[path = "crash/steps.rs"]
mod steps;
#[path = "e2e/web.rs"]
#[allow(dead_code, reason = "shared; not all of it is needed here")]
mod web;
