//! The house's own rules, held by a test: what every file looks like and which crate may know which.
//!
//! A rule is a function from a file (or a crate) to what is wrong with it, so that each rule is shown
//! below to be able to fail. Words that a rule looks for are put together from halves here, or this
//! file would break its own rules. Nothing is ever mended here.

use muster_tests::{File, kept_files, metadata, none_broken, root};
use serde_json::Value;

/// The most lines of a Rust file; above [`LINES_WATCHED`] a file is named in the output.
const LINES_MAX: usize = 600;
const LINES_WATCHED: usize = 400;
/// The most characters of a line of code. The formatter breaks at 130 whatever it can break; texts and the
/// insides of macros it cannot, and those must still fit a wide screen.
const LINE_MAX: usize = 160;
const README_LINES_MAX: usize = 150;

/// Which of our crates each of our crates may know, in any kind of dependency.
const EDGES: &[(&str, &[&str])] = &[
    ("tag-data", &[]),
    ("armoury", &["tag-data"]),
    ("event-log", &[]),
    ("reader-gateway", &["tag-data"]),
    ("muster", &["tag-data", "armoury", "event-log", "reader-gateway"]),
    ("muster-tests", &["tag-data", "armoury", "event-log", "reader-gateway", "muster"]),
];

/// Rooms that read no clock, no file, no socket, no environment and draw no random number.
const PURE_ROOMS: &[&str] = &["services/tag-data/src/", "services/armoury/src/", "reader-gateway/src/protocol"];
const IMPURE: &[&str] = &[
    "SystemTime",
    "Instant::now",
    "Utc::now",
    "Local::now",
    "std::fs",
    "std::net",
    "std::env",
    "env::var",
    "std::process",
    "std::thread",
    "tokio::",
    "rand::",
    "getrandom",
    "Uuid::now_v7",
    "Uuid::new_v4",
];

fn long_file(file: &File) -> Option<String> {
    let lines = file.text.lines().count();
    (file.ending() == "rs" && lines > LINES_MAX).then(|| format!("{}: {lines} lines; {LINES_MAX} are allowed", file.path))
}

fn no_head(file: &File) -> Option<String> {
    (file.ending() == "rs" && !file.text.starts_with("//! ")).then(|| format!("{}: does not open with a //! head", file.path))
}

fn unfinished(file: &File) -> Option<String> {
    let macros = [concat!("to", "do!("), concat!("unimple", "mented!("), concat!("db", "g!(")];
    let found = macros.iter().find(|word| file.text.contains(*word))?;
    (file.ending() == "rs").then(|| format!("{}: holds {found}", file.path))
}

fn not_safe(file: &File) -> Option<String> {
    let words = [concat!("uns", "afe {"), concat!("uns", "afe fn"), concat!("uns", "afe impl"), concat!("allow(uns", "afe_code")];
    let found = words.iter().find(|word| file.text.contains(*word))?;
    (file.ending() == "rs").then(|| format!("{}: holds {found:?}", file.path))
}

fn long_line(file: &File) -> Option<String> {
    let code = matches!(file.ending(), "rs" | "js" | "mjs" | "css" | "py" | "sh") || file.path == "tests/run";
    let (number, line) = file.text.lines().enumerate().find(|(_, line)| line.chars().count() > LINE_MAX)?;
    code.then(|| format!("{}:{}: {} characters; {LINE_MAX} are allowed", file.path, number + 1, line.chars().count()))
}

fn minified(file: &File) -> Option<String> {
    let bundle = file.path.contains(".min.") || file.path.contains("/vendor/") || file.path.contains("node_modules/");
    bundle.then(|| format!("{}: somebody else's code or a bundle", file.path))
}

/// Addresses of package registries, paths of one machine, and words that say how the house was made.
fn foreign_word(file: &File) -> Option<String> {
    let words = [
        concat!("registry.npm", "js.org"),
        concat!("index.crates", ".io"),
        concat!("static.crates", ".io"),
        concat!("files.python", "hosted.org"),
        concat!("/wo", "rk/"),
        concat!("/ro", "ot/"),
        concat!("/ho", "me/"),
        concat!("cla", "ude"),
        concat!("sub", "agent"),
        concat!("before", "-stop"),
    ];
    let lower = file.text.to_lowercase();
    words.iter().find(|word| lower.contains(*word)).map(|word| format!("{}: holds {word:?}", file.path))
}

/// What prints our lines for people swallows every field whose name begins with `log.`, without a word.
fn swallowed_field(file: &File) -> Option<String> {
    let begins = concat!("lo", "g.");
    let field = |piece: &str| piece.trim_start().strip_prefix(begins).is_some_and(|rest| rest.contains(" = "));
    let line = file.text.lines().find(|line| line.contains("tracing::") && line.split(['(', ',']).any(field))?;
    (file.ending() == "rs").then(|| format!("{}: the field is never printed: {}", file.path, line.trim()))
}

/// A file without its test module, which may read the files it compares with.
fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(text)
}

fn impure(file: &File) -> Option<String> {
    let pure = PURE_ROOMS.iter().any(|room| file.path.starts_with(room)) && !file.path.ends_with("tests.rs");
    let spoken = |line: &&str| !line.trim_start().starts_with("//");
    let code: Vec<&str> = without_tests(&file.text).lines().filter(spoken).collect();
    let found = IMPURE.iter().find(|word| code.iter().any(|line| line.contains(*word)))?;
    pure.then(|| format!("{}: a pure room that names {found}", file.path))
}

fn gateway_in_service(file: &File) -> Option<String> {
    let service = file.path.starts_with("services/muster/src/");
    let allowed = ["demo", "bench"].iter().any(|room| file.path.starts_with(&format!("services/muster/src/{room}")));
    let names = file.text.contains("reader_gateway");
    (service && !allowed && names).then(|| format!("{}: names the gateway's library; only demo and bench may", file.path))
}

fn long_readme(file: &File) -> Option<String> {
    let lines = file.text.lines().count();
    (file.path == "README.md" && lines > README_LINES_MAX)
        .then(|| format!("README.md: {lines} lines; {README_LINES_MAX} are allowed"))
}

/// Every crate takes the workspace's lints, so that what is forbidden there is forbidden everywhere.
fn own_lints(file: &File) -> Option<String> {
    let manifest = file.path.ends_with("/Cargo.toml") && !file.path.starts_with("tests/fuzz/");
    (manifest && !file.text.contains("[lints]\nworkspace = true"))
        .then(|| format!("{}: does not take the workspace's lints", file.path))
}

/// The ledger of deep runs can be added up by anyone only while every line says day, commit, what, total, failed.
fn broken_ledger(file: &File) -> Option<String> {
    let ledger = file.path == "tests/evidence/ledger.tsv";
    let head = "day\tcommit\twhat\ttotal\tfailed";
    let count = |text: &str| text.parse::<u64>().ok();
    let good = |line: &str| match line.split('\t').collect::<Vec<_>>()[..] {
        [day, commit, what, total, failed] => {
            let hex = commit.len() >= 10 && commit.chars().all(|c| c.is_ascii_hexdigit());
            day.len() == 10 && hex && !what.is_empty() && count(total) >= count(failed) && count(failed).is_some()
        }
        _ => false,
    };
    let wrong = file.text.lines().enumerate().find(|(number, line)| if *number == 0 { *line != head } else { !good(line) });
    wrong.filter(|_| ledger).map(|(number, line)| format!("{}:{}: {line:?} cannot be added up", file.path, number + 1))
}

fn edge(from: &str, to: &str) -> Option<String> {
    let ours = EDGES.iter().any(|(name, _)| *name == to);
    let allowed = EDGES.iter().any(|(name, may)| *name == from && may.contains(&to));
    (ours && !allowed).then(|| format!("{from} must not know {to}"))
}

fn edges(metadata: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let members: Vec<String> = metadata["workspace_members"].as_array().into_iter().flatten().map(text).collect();
    let packages = metadata["packages"].as_array().into_iter().flatten();
    packages
        .filter(|package| members.contains(&text(&package["id"])))
        .flat_map(|package| {
            let from = text(&package["name"]);
            let needs = package["dependencies"].as_array().into_iter().flatten();
            needs.map(move |need| (from.clone(), text(&need["name"])))
        })
        .collect()
}

/// A rule: what is wrong with a file, if anything is.
type Rule = fn(&File) -> Option<String>;

#[track_caller]
fn check(rule: Rule) {
    none_broken(&kept_files().iter().filter_map(rule).collect::<Vec<_>>());
}

#[track_caller]
fn can_fail(rule: Rule, path: &str, text: &str, kept: &str) {
    assert!(rule(&File::made_up(path, text)).is_some(), "the rule lets {text:?} pass in {path}");
    assert_eq!(rule(&File::made_up(path, kept)), None, "the rule refuses {kept:?} in {path}");
}

#[test]
fn rooms_are_small() {
    check(long_file);
    for file in kept_files().iter().filter(|file| file.ending() == "rs" && file.text.lines().count() > LINES_WATCHED) {
        println!("watch: {} has {} lines", file.path, file.text.lines().count());
    }
    can_fail(long_file, "a.rs", &"//! x\n".repeat(601), &"//! x\n".repeat(600));
}

#[test]
fn every_room_says_what_it_is_for() {
    check(no_head);
    can_fail(no_head, "a.rs", "use std::fmt;\n", "//! A room.\n");
}

#[test]
fn nothing_is_left_unfinished() {
    check(unfinished);
    can_fail(unfinished, "a.rs", concat!("//! x\nfn f() { to", "do!() }"), "//! x\nfn f() {}");
}

#[test]
fn everything_is_safe_code() {
    check(not_safe);
    check(own_lints);
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    assert!(manifest.contains(concat!("uns", "afe_code = \"forbid\"")), "the workspace must forbid it");
    can_fail(not_safe, "a.rs", concat!("//! x\nfn f() { uns", "afe { g() } }"), "//! x\nfn f() {}");
    can_fail(own_lints, "x/Cargo.toml", "[package]\n", "[package]\n[lints]\nworkspace = true\n");
}

#[test]
fn lines_fit_a_screen() {
    check(long_line);
    can_fail(long_line, "a.rs", &"x".repeat(161), &"x".repeat(160));
}

#[test]
fn all_code_is_our_own() {
    check(minified);
    assert!(minified(&File::made_up("assets/x.min.js", "")).is_some());
    assert!(minified(&File::made_up("assets/x.js", "")).is_none());
}

#[test]
fn no_machine_or_registry_is_named() {
    check(foreign_word);
    can_fail(foreign_word, "a.md", concat!("see /wo", "rk/x"), "see the network/x");
}

#[test]
fn what_is_logged_is_printed() {
    check(swallowed_field);
    let line = |field: &str| format!("tracing::warn!(%cause, {field} = 1, \"A sentence.\");");
    can_fail(swallowed_field, "a.rs", &line(concat!("lo", "g.position")), &line("book.position"));
}

#[test]
fn pure_rooms_are_pure() {
    check(impure);
    can_fail(impure, "services/armoury/src/a.rs", "fn f() { std::fs::read(p) }", "// std::fs is not here\nfn f() {}");
    can_fail(impure, "reader-gateway/src/protocol/a.rs", "Instant::now()", "#[cfg(test)]\nmod tests {\n std::fs::read(p) }");
}

#[test]
fn the_service_uses_the_gateway_only_to_show_itself() {
    check(gateway_in_service);
    can_fail(gateway_in_service, "services/muster/src/app.rs", "use reader_gateway::x;", "use event_log::x;");
    assert_eq!(gateway_in_service(&File::made_up("services/muster/src/demo/x.rs", "use reader_gateway::x;")), None);
}

#[test]
fn crates_know_only_their_neighbours() {
    let found = edges(&metadata());
    assert!(found.iter().any(|(from, to)| from == "armoury" && to == "tag-data"), "cargo metadata lists no edges");
    none_broken(&found.iter().filter_map(|(from, to)| edge(from, to)).collect::<Vec<_>>());
    assert!(edge("event-log", "armoury").is_some() && edge("reader-gateway", "armoury").is_some());
    assert!(edge("tag-data", "event-log").is_some() && edge("armoury", "serde").is_none());
}

#[test]
fn the_first_page_is_short() {
    check(long_readme);
    can_fail(long_readme, "README.md", &"x\n".repeat(151), &"x\n".repeat(150));
}

#[test]
fn the_evidence_can_be_added_up() {
    check(broken_ledger);
    let path = "tests/evidence/ledger.tsv";
    let kept = "day\tcommit\twhat\ttotal\tfailed\n2026-11-22\t0123456789\tsim-seeds\t500\t0\n";
    for wrong in [kept.replace("day", "date"), kept.replace("500", "5OO"), kept.replace("\t0\n", "\n"), kept.replace("500", "-1")]
    {
        can_fail(broken_ledger, path, &wrong, kept);
    }
}

/// `cargo run -- demo` must know which program is meant: with two default members it would not.
#[test]
fn the_first_command_runs_muster() {
    let metadata = metadata();
    let members: Vec<&str> =
        metadata["workspace_default_members"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    assert!(matches!(members.as_slice(), [only] if only.contains("/services/muster#")), "{members:?}");
}
