//! The power fails, the disk fails, the disk is full: whatever was acknowledged is there afterwards, once.
//!
//! A killed program proves nothing about power: the system still holds what it never flushed. Here a disk is
//! recorded write by write and rebuilt as it was at every moment. The rig must first see a store lose its
//! rows that is known to lose them. Where a machine has no loop devices or FUSE these tests say SKIPPED.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test that cannot go on must fail there, and say what it saw")]

#[path = "power/cuts.rs"]
mod cuts;
#[path = "power/faults.rs"]
mod faults;
#[path = "e2e/house.rs"]
#[allow(dead_code, reason = "shared with the end-to-end tests; not all of it is needed here")]
mod house;
#[path = "power/images.rs"]
mod images;
#[path = "power/judge.rs"]
mod judge;
#[path = "e2e/program.rs"]
#[allow(dead_code, reason = "as above")]
mod program;
#[path = "power/rig.rs"]
mod rig;
#[path = "e2e/scratch.rs"]
mod scratch;
#[path = "power/served.rs"]
mod served;
#[path = "power/service.rs"]
mod service;
#[path = "e2e/web.rs"]
#[allow(dead_code, reason = "as above")]
mod web;
#[path = "power/work.rs"]
mod work;
#[path = "power/writelog.rs"]
mod writelog;

/// A number from the environment.
fn setting(name: &str, usual: u64) -> u64 {
    std::env::var(name).map_or(usual, |text| text.parse().unwrap_or_else(|_| panic!("{name}={text} is no number")))
}

/// Run by the tests, never by hand.
#[test]
#[ignore = "the child of the other tests"]
fn child() {
    work::child();
}
