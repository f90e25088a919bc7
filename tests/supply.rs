//! What the house is built from: licences, banned crates, sources and how many direct dependencies.
//!
//! The lists stand in `deny.toml` alone; this test holds them over `cargo metadata`, since no advisory
//! database can be asked from where we build. It therefore knows only what that page names: it does not
//! learn of a new advisory by itself.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its page must fail there")]

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use muster_tests::{metadata, none_broken, root};
use serde_json::Value;
use toml::Table;

/// The most crates from outside that one of our crates may name itself.
const DIRECT_MAX: usize = 30;

struct Lists {
    licences: BTreeSet<String>,
    banned: Vec<Ban>,
    sources: BTreeSet<String>,
}

/// A crate, and below which version it is banned; no version: always. `wrappers` alone may name it.
#[derive(Debug, PartialEq, Eq)]
struct Ban {
    name: String,
    below: Option<Vec<u64>>,
    wrappers: Option<BTreeSet<String>>,
}

fn ban(entry: &toml::Value) -> Ban {
    let text = entry["crate"].as_str().unwrap();
    let (name, below) = text.split_once("@<").map_or((text, None), |(name, below)| (name, Some(version(below))));
    Ban { name: name.to_owned(), below, wrappers: entry.get("wrappers").map(texts) }
}

fn texts(value: &toml::Value) -> BTreeSet<String> {
    value.as_array().unwrap().iter().map(|entry| entry.as_str().unwrap().to_owned()).collect()
}

fn version(text: &str) -> Vec<u64> {
    text.split(['-', '+']).next().unwrap_or(text).split('.').map(|part| part.parse().unwrap_or(0)).collect()
}

fn lists() -> Lists {
    let page: Table = std::fs::read_to_string(root().join("deny.toml")).unwrap().parse().unwrap();
    let banned = page["bans"]["deny"].as_array().unwrap().iter().map(ban);
    Lists {
        licences: texts(&page["licenses"]["allow"]),
        banned: banned.collect(),
        sources: texts(&page["sources"]["allow-registry"]),
    }
}

/// Whether an SPDX expression is met by the allowed licences: OR needs one side, AND both.
fn met(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let expression = expression.trim();
    if let Some((left, right)) = split_outside(expression, &[" OR ", "/"]) {
        return met(left, allowed) || met(right, allowed);
    }
    if let Some((left, right)) = split_outside(expression, &[" AND "]) {
        return met(left, allowed) && met(right, allowed);
    }
    match expression.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')) {
        Some(inner) => met(inner, allowed),
        None => allowed.contains(expression),
    }
}

/// Splits at the first of these words that stands outside brackets.
fn split_outside<'a>(text: &'a str, words: &[&str]) -> Option<(&'a str, &'a str)> {
    let mut depth = 0_i32;
    for (at, c) in text.char_indices() {
        depth += i32::from(c == '(') - i32::from(c == ')');
        if let Some(word) = words.iter().find(|word| depth == 0 && text[at..].starts_with(**word)) {
            return Some((&text[..at], &text[at + word.len()..]));
        }
    }
    None
}

fn is_banned(name: &str, found: &str, bans: &[Ban]) -> bool {
    let banned = |ban: &Ban| ban.wrappers.is_none() && ban.below.as_ref().is_none_or(|below| version(found) < *below);
    bans.iter().any(|ban| ban.name == name && banned(ban))
}

/// Who names a crate that only its wrappers may name. An edge is who and what.
fn unwrapped(edges: &[(String, String)], bans: &[Ban]) -> Vec<String> {
    let allowed = |who: &str, what: &str| {
        let ban = bans.iter().find(|ban| ban.name == what).and_then(|ban| ban.wrappers.as_ref());
        ban.is_none_or(|wrappers| wrappers.contains(who))
    };
    let broken = edges.iter().filter(|(who, what)| !allowed(who, what));
    broken.map(|(who, what)| format!("{who} needs {what}: see deny.toml")).collect()
}

/// Every "needs" of the resolved graph, by names.
fn edges(metadata: &Value) -> Vec<(String, String)> {
    let packages = metadata["packages"].as_array().unwrap();
    let names: BTreeMap<&str, &str> = packages.iter().map(|package| (text(package, "id"), text(package, "name"))).collect();
    let nodes = metadata["resolve"]["nodes"].as_array().unwrap().iter();
    let needs = nodes.flat_map(|node| {
        let needs = node["dependencies"].as_array().unwrap().iter().filter_map(Value::as_str);
        needs.map(|need| (names[text(node, "id")].to_owned(), names[need].to_owned()))
    });
    needs.collect()
}

/// The crates that a program is built from.
fn built_from(arguments: &[&str]) -> BTreeSet<String> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let tree = ["tree", "--locked", "--edges", "normal,build", "--prefix", "none", "--format", "{p}"];
    let out = Command::new(cargo).args(tree).args(arguments).current_dir(root()).output().unwrap();
    assert!(out.status.success(), "cargo tree: {}", String::from_utf8_lossy(&out.stderr));
    let text = String::from_utf8(out.stdout).unwrap();
    text.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

fn broken(packages: &[Value], lists: &Lists) -> Vec<String> {
    let mut broken = Vec::new();
    for package in packages.iter().filter(|package| !package["source"].is_null()) {
        let (name, found, source) = (text(package, "name"), text(package, "version"), text(package, "source"));
        if is_banned(name, found, &lists.banned) {
            broken.push(format!("{name} {found} is banned: see deny.toml"));
        }
        if !met(text(package, "license"), &lists.licences) {
            broken.push(format!("{name} {found} has the licence {:?}, which is not allowed", text(package, "license")));
        }
        if !source.strip_prefix("registry+").is_some_and(|registry| lists.sources.contains(registry)) {
            broken.push(format!("{name} {found} comes from {source}"));
        }
    }
    broken
}

#[test]
fn licences_bans_and_sources() {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() > 100, "cargo metadata lists {} packages only", packages.len());
    none_broken(&broken(packages, &lists()));
    none_broken(&unwrapped(&edges(&metadata), &lists().banned));
}

#[test]
fn few_direct_dependencies() {
    let metadata = metadata();
    let ours = metadata["packages"].as_array().unwrap().iter().filter(|package| package["source"].is_null());
    let mut broken = Vec::new();
    for package in ours {
        let needs = package["dependencies"].as_array().unwrap().iter();
        let outside = needs.filter(|need| need["kind"].is_null() && !need["source"].is_null()).count();
        println!("{}: {outside} direct", text(package, "name"));
        if outside > DIRECT_MAX {
            broken.push(format!("{} names {outside} crates; {DIRECT_MAX} are allowed", text(package, "name")));
        }
    }
    none_broken(&broken);
}

/// The second provider comes with the cluster's client alone: not into the gateway, and not into a muster
/// without the cluster. That it is never installed where it is compiled in is shown by `tests/kurrent`.
#[test]
fn one_tls_provider() {
    let metadata = metadata();
    let resolved = metadata["resolve"]["nodes"].as_array().unwrap();
    let rustls = resolved.iter().find(|node| text(node, "id").contains("#rustls@")).expect("rustls is among them");
    let features: Vec<&str> = rustls["features"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(features.contains(&"ring"), "rustls is built with {features:?}");
    let second = |arguments: &[&str]| built_from(arguments).contains("aws-lc-rs");
    assert!(!second(&["-p", "reader-gateway"]), "the gateway is built with a second provider");
    assert!(!second(&["-p", "muster", "--no-default-features"]), "a muster without the cluster has a second provider");
    assert!(second(&["-p", "muster"]), "the second provider is gone: take the exception out of deny.toml");
}

#[test]
fn the_rules_can_fail() {
    let lists = lists();
    let package = |name: &str, version: &str, license: &str, source: &str| {
        let fields = [("name", name), ("version", version), ("license", license), ("source", source)];
        Value::Object(fields.map(|(field, text)| (field.to_owned(), Value::from(text))).into_iter().collect())
    };
    let from = "registry+https://github.com/rust-lang/crates.io-index";
    let check = |package: Value| broken(&[package], &lists).len();
    assert_eq!(check(package("a", "1.0.0", "MIT OR GPL-3.0", from)), 0);
    assert_eq!(check(package("a", "1.0.0", "MIT AND GPL-3.0", from)), 1);
    assert_eq!(check(package("a", "1.0.0", "(MIT OR GPL-3.0) AND Unicode-3.0", from)), 0);
    assert_eq!(check(package("a", "1.0.0", "", from)), 1);
    assert_eq!(check(package("a", "1.0.0", "MIT", "git+https://example.org/a")), 1);
    assert_eq!(check(package("openssl", "1.0.0", "MIT", from)), 1);
    assert_eq!(check(package("rustls-webpki", "0.102.8", "ISC", from)), 1);
    assert_eq!(check(package("rustls-webpki", "0.103.0", "ISC", from)), 0);
    let needs = |who: &str| unwrapped(&[(who.to_owned(), "aws-lc-rs".to_owned())], &lists.banned).len();
    assert_eq!((needs("rustls"), needs("muster")), (0, 1));
}
