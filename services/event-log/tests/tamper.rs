//! Every edit of a log is found, and the first bad position is named.
//!
//! A log is made once; then one edit after another is made in a copy of it: bytes of every file, rows and
//! columns by SQL, rows exchanged, files cut off, older copies put back, files removed. What the edit did is
//! learned by reading the file as anybody could (`seen`), not from the verifier. Then both verifiers are asked,
//! and must say alike and right. An edit that changes no event, no leaf, no name, no checkpoint and no head may
//! pass; it is counted, and nothing else may. Nothing here knows how `verify` works.
//!
//! `MUSTER_TAMPER_EVENTS`: events of the log; every byte is changed then. Unset: a small log and some bytes.
//! `MUSTER_TAMPER_SECOND` (5000): so many edits of a kind that has more (single bytes, columns, pairs of rows) the
//! second verifier judges as well; it judges all others. `MUSTER_TAMPER_DEEP`: every byte in four ways, cut off at
//! every length, rows and columns of all logs, all of it judged by both.
//! `MUSTER_TAMPER_PART`: of all edits only those of one part, as `3/20`; the parts together are all of them.

#![allow(clippy::print_stdout)] // the account of what was tried is its output

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

#[path = "tamper/base.rs"]
mod base;
#[path = "tamper/bench.rs"]
mod bench;
#[path = "tamper/edits.rs"]
mod edits;
#[path = "tamper/proofs.rs"]
mod proofs;
#[path = "tamper/sealed.rs"]
mod sealed;
#[path = "tamper/second.rs"]
mod second;
#[path = "tamper/seen.rs"]
mod seen;

use base::Base;
use bench::{Bench, Tally};
use edits::{Edit, Plan};

/// A number from the environment.
fn number(name: &str, usual: usize) -> usize {
    std::env::var(name).map_or(usual, |text| text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")))
}

/// Which edits are tried here: of `of` in turn the one that is `nth`, counted from 1.
fn part() -> (usize, usize) {
    let Some(text) = std::env::var_os("MUSTER_TAMPER_PART") else { return (1, 1) };
    let parts = text.to_str().and_then(|text| text.split_once('/'));
    let parts = parts.and_then(|(nth, of)| Some((nth.parse().ok()?, of.parse().ok()?)));
    parts.filter(|(nth, of)| (1..=*of).contains(nth)).unwrap_or_else(|| panic!("MUSTER_TAMPER_PART is no part: {text:?}"))
}

#[test]
fn every_edit_is_found_by_two_verifiers() {
    let set = |name| std::env::var_os(name).is_some();
    let whole = set("MUSTER_TAMPER_EVENTS");
    let plan = Plan { whole, deep: set("MUSTER_TAMPER_DEEP"), second: number("MUSTER_TAMPER_SECOND", 5000) };
    let bases = Base::all(number("MUSTER_TAMPER_EVENTS", 12));
    let (nth, of) = part();
    let work = bases.iter().flat_map(|base| plan.edits(base).into_iter().map(move |edit| (base, edit)));
    let work: Vec<(&Base, Edit)> = work.skip(nth - 1).step_by(of).collect();
    let (next, total) = (AtomicUsize::new(0), Mutex::new(Tally::default()));
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                let mut tally = Tally::default();
                let mut bench = Bench::default();
                while let Some((base, edit)) = work.get(next.fetch_add(1, Ordering::Relaxed)) {
                    bench.judge(base, edit, &mut tally);
                }
                total.lock().unwrap().add(tally);
            });
        }
    });
    let total = total.into_inner().unwrap();
    total.tell();
    assert_eq!((total.failed(), total.edits()), (0, work.len()), "see above");
    assert!(total.second_is_there(), "the second verifier was not asked: is there a python3?");
}
