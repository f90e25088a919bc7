//! The real programs as child processes: serial lines, a real broker, power cuts, the by-hand story.
//!
//! Nothing here looks inside: what a program says, what its API answers, what stands in its files.
//! Built beforehand by `tests/run` (`cargo build --workspace --bins`). No test waits for a fixed time.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test that cannot go on must fail there, and say what it saw")]

#[path = "e2e/broker.rs"]
mod broker;
#[path = "e2e/demo.rs"]
mod demo;
#[path = "e2e/docs.rs"]
mod docs;
#[path = "e2e/gateway.rs"]
mod gateway;
#[path = "e2e/house.rs"]
mod house;
#[path = "e2e/line.rs"]
mod line;
#[path = "e2e/power.rs"]
mod power;
#[path = "e2e/program.rs"]
mod program;
#[path = "e2e/proof.rs"]
mod proof;
#[path = "e2e/readers.rs"]
mod readers;
#[path = "e2e/scratch.rs"]
mod scratch;
#[path = "e2e/story.rs"]
mod story;
#[path = "e2e/tls.rs"]
mod tls;
#[path = "e2e/unplugged.rs"]
mod unplugged;
#[path = "e2e/web.rs"]
mod web;
