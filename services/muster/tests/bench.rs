//! Every bench still runs, in a size that measures nothing; and says its figures as promised.

#![allow(clippy::unwrap_used, missing_docs, reason = "a test that fails says where")]

use std::process::{Command, Stdio};

use serde_json::Value;

/// A figure of each bench.
const FIGURES: &[&str] = &[
    "append.p50",
    "append.p99",
    "append.naive-sqlite.p50",
    "append64",
    "append64.naive-sqlite",
    "replay-rows",
    "replay-rows.fold",
    "replay-rows.bytes",
    "replay-sealed",
    "replay-sealed.bytes",
    "sieve",
    "sieve.burst",
    "scan-to-view.p50",
    "scan-to-view.p99",
    "trail.p99",
    "search-100k.p95",
    "search-1m.p95",
    "proof.share",
    "proof.anchor",
    "proof.inclusion",
    "as-of.p99",
    "memory",
    "memory.all-issued",
];

fn bench(args: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_muster"));
    let out = command.arg("bench").args(args).stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(out.status.success(), "{said}{}", String::from_utf8_lossy(&out.stderr));
    said
}

#[test]
fn every_bench_runs_and_says_its_figures() {
    let said = bench(&["all", "--small", "--json"]);
    let figures: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for figure in &figures {
        let keys: Vec<&String> = figure.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["limit", "limit_value", "name", "ratio", "unit", "value"], "{figure}");
        assert!(figure["limit"].as_str().is_some_and(|words| !words.is_empty()), "{figure}");
    }
    for name in FIGURES {
        let figure = figures.iter().find(|figure| figure["name"] == *name).unwrap_or_else(|| panic!("{name} is missing: {said}"));
        let numbers = ["value", "limit_value"].map(|key| figure[key].as_f64().unwrap_or(-1.0));
        assert!(numbers[0] >= 0.0 && numbers[1] >= 0.0, "{figure}");
    }
    let burst = figures.iter().find(|figure| figure["name"] == "sieve.burst").unwrap();
    assert_eq!(burst["value"], 10_000.0, "a tag of the burst was missed");
}

#[test]
fn a_restart_is_measured_over_any_length() {
    let said = bench(&["restart", "--weapons", "20", "--json"]);
    let names: Vec<Value> = said.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["name"].clone()).collect();
    assert_eq!(names, ["restart", "restart.each"], "{said}");
}

#[test]
fn for_people_it_says_what_is_asked_and_how_busy_it_was() {
    let said = bench(&["sieve", "--small"]);
    assert!(said.contains("load") && said.contains("must >= 1000000"), "{said}");
}
