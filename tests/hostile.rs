//! What the devices, or whoever stole one, may send: to the real programs, over real sockets, a real broker
//! and real lines. A service goes on, its log agrees, the honest gateway is heard, and people are told.
//!
//! Built beforehand by `tests/run` (`cargo build --workspace --bins`). No test waits for a fixed time.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test that cannot go on must fail there, and say what it saw")]
#![allow(dead_code, reason = "the helpers are shared with the end-to-end tests, which use all of them")]

#[path = "e2e/broker.rs"]
mod broker;
#[path = "e2e/house.rs"]
mod house;
#[path = "e2e/line.rs"]
mod line;
#[path = "e2e/program.rs"]
mod program;
#[path = "e2e/scratch.rs"]
mod scratch;
#[path = "e2e/web.rs"]
mod web;

#[path = "hostile/batches.rs"]
mod batches;
#[path = "hostile/clones.rs"]
mod clones;
#[path = "hostile/gateway.rs"]
mod gateway;
#[path = "hostile/readers.rs"]
mod readers;
#[path = "hostile/table.rs"]
mod table;
