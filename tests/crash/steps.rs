//! The named steps at which the programs can be made to fall, as the tests know them.
//!
//! A step in the sources that is not here, or the other way round, is a failure: so no step is left
//! untried when somebody adds one.

use std::collections::BTreeSet;

use muster_tests::kept_files;

/// Steps of a first start and of the set-up, in their order; the second number is which pass.
pub const FOUNDING: &[(&str, u32)] = &[
    ("log-made", 1),
    ("log-examined", 1),
    ("accounts-open", 1),
    ("book-folded", 1),
    ("service-key-next", 1),
    ("service-key-made", 1),
    ("founder-account", 1),
    ("first-founder", 1),
    ("founder-account", 2),
    ("second-founder", 1),
    ("first-place", 1),
    ("first-custodian", 1),
];

/// Steps of a start after a sudden end.
pub const STARTING: &[&str] = &["log-made", "log-examined", "accounts-open", "book-folded"];

/// Steps of the service at work.
pub const WORKING: &[&str] = &[
    "request-noted",
    "group-begun",
    "row-next",
    "group-written",
    "group-committed",
    "group-anchored",
    "group-published",
    "run-begun",
    "run-replaced",
    "run-sealed",
    "act-in-log",
    "page-folded",
    "page-told",
    "act-in-views",
    "act-settled",
    "answer-kept",
    "rule-next",
    "rules-ran",
    "rules-noted",
    "batch-understood",
    "items-in-log",
    "batch-in-log",
    "file-behind",
    "file-brought-up",
];

/// Steps of the gateway's first start.
pub const GATEWAY_MADE: &[&str] = &["key-made", "outbox-open"];

/// Steps of the gateway at work.
pub const GATEWAY: &[&str] = &[
    "outbox-open",
    "burst-taken",
    "item-next",
    "items-written",
    "items-committed",
    "burst-safe",
    "burst-told",
    "batch-signed",
    "answer-heard",
    "mark-written",
    "mark-committed",
];

/// The steps that stand in the sources below a folder.
fn in_sources(folder: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for file in kept_files().iter().filter(|file| file.path.starts_with(folder) && !file.path.ends_with("points.rs")) {
        for call in ["passing(\"", "passing)(\""] {
            let names = file.text.split(call).skip(1).filter_map(|rest| rest.split_once('"'));
            found.extend(names.map(|(name, _)| name.to_owned()));
        }
    }
    found
}

fn known(lists: &[&[&str]]) -> BTreeSet<String> {
    lists.iter().copied().flatten().map(|name| (*name).to_owned()).collect()
}

#[test]
fn every_step_is_tried() {
    let founding: Vec<&str> = FOUNDING.iter().map(|(name, _)| *name).collect();
    assert_eq!(in_sources("services/"), known(&[&founding, STARTING, WORKING]));
    assert_eq!(in_sources("reader-gateway/"), known(&[GATEWAY_MADE, GATEWAY]));
}
