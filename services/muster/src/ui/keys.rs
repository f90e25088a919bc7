//! Every key that a page asks for stands in the English catalogue, and no key there is unused.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use armoury::codes;

fn files(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, ending, found);
        } else if path.extension().is_some_and(|have| have == ending) {
            found.push(path);
        }
    }
}

fn read(folder: &str, ending: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut found = Vec::new();
    files(&root, ending, &mut found);
    found.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

fn catalogue(language: &str) -> BTreeSet<String> {
    let texts = read(&format!("locales/{language}"), "ftl");
    let lines = texts.iter().flat_map(|text| text.lines());
    lines
        .filter_map(|line| line.split_once(" ="))
        .map(|(key, _)| key.to_owned())
        .filter(|key| !key.starts_with(['#', ' ']))
        .collect()
}

/// The first text between quotes after each `call`.
fn quoted_after(text: &str, call: &str) -> Vec<String> {
    let after = text.split(call).skip(1);
    after.filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next()).map(str::to_owned).collect()
}

/// Keys asked for by name, and the lists of which one word is asked for by code.
fn asked() -> (BTreeSet<String>, BTreeSet<String>) {
    let mut sources = read("templates", "html");
    sources.extend(read("src/ui", "rs").into_iter().filter(|text| !text.starts_with("//! Every key")));
    let (mut keys, mut lists) = (BTreeSet::new(), BTreeSet::new());
    for text in &sources {
        for call in [".t(", ".t1(", ".t2(", ".tn(", ".maybe(", "Chip::of(words,", "key:"] {
            keys.extend(quoted_after(text, call));
        }
        for call in [".word(", "choices(words,", "choices(&words,", "choices(&f.words,", "list:"] {
            lists.extend(quoted_after(text, call));
        }
    }
    for text in &sources {
        keys.extend(text.split('"').filter(|word| by_prefix(word)).map(str::to_owned));
    }
    (keys.into_iter().filter(|key| key != "no-such-key").collect(), lists)
}

/// Keys that stand in tables or are handed on: known by how they begin.
fn by_prefix(word: &str) -> bool {
    let begins = ["fault-", "answer-", "counter-", "figure-", "need-", "trail-gap"].iter().any(|prefix| word.starts_with(prefix));
    begins && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') && !word.ends_with('-')
}

/// Keys put together in code: by way and unit of an age.
const MADE: &[&str] = &["ago-minutes", "ago-hours", "ago-days", "in-minutes", "in-hours", "in-days"];

/// Lists whose keys are put together: the word after an act, the sentences of alerts.
const MADE_LISTS: &[&str] = &["done", "alert", "outcome"];

#[test]
fn every_key_asked_for_stands_in_english() {
    let (keys, _) = asked();
    let have = catalogue("en");
    let missing: Vec<_> = keys.iter().filter(|key| !have.contains(*key)).collect();
    assert!(missing.is_empty(), "missing in English: {missing:#?}");
    assert!(keys.len() > 20, "the search for keys finds nothing");
}

#[test]
fn no_key_is_unused() {
    let (keys, lists) = asked();
    let listed = |key: &str| {
        lists
            .iter()
            .map(String::as_str)
            .chain(MADE_LISTS.iter().copied())
            .any(|list| key.strip_prefix(list).is_some_and(|rest| rest.starts_with('-')))
    };
    let unused: Vec<_> =
        catalogue("en").into_iter().filter(|key| !keys.contains(key) && !listed(key) && !MADE.contains(&key.as_str())).collect();
    assert!(unused.is_empty(), "unused: {unused:#?}");
}

#[test]
fn no_other_language_has_a_key_of_its_own() {
    let english = catalogue("en");
    let alone: Vec<_> = catalogue("ar").into_iter().filter(|key| !english.contains(key)).collect();
    assert!(alone.is_empty(), "not in English: {alone:#?}");
}

#[test]
fn every_code_has_a_word() {
    let have = catalogue("en");
    let mut missing = Vec::new();
    macro_rules! all {
        ($($list:literal: $codes:ty),* $(,)?) => {$(
            missing.extend(<$codes>::ALL.iter().map(|code| format!("{}-{}", $list, code.word())).filter(|key| !have.contains(key)));
        )*};
    }
    all! {
        "state": codes::State, "class": codes::Class, "level": codes::Level, "way": codes::Way, "basis": codes::Basis,
        "role": codes::Role, "placekind": codes::PlaceKind, "markkind": codes::MarkKind, "method": codes::MarkMethod,
        "component": codes::Component, "elsewhere": codes::ElsewhereKind, "ack": codes::Acknowledgement,
        "disposition": codes::Disposition, "countkind": codes::CountKind, "cause": codes::LossCause,
        "destroyed-by": codes::DestructionMethod, "origin": codes::Origin, "rule": codes::Rule, "audience": codes::Audience,
    }
    missing
        .extend(armoury::event::Event::types().iter().map(|(name, _)| format!("act-{name}")).filter(|key| !have.contains(key)));
    for rule in codes::Rule::ALL {
        let name = armoury::view::alerts::rule_name(*rule);
        missing.extend([format!("alert-{name}"), format!("alert-{name}-next")].into_iter().filter(|key| !have.contains(key)));
    }
    assert!(missing.is_empty(), "no word for: {missing:#?}");
}

#[test]
fn only_fixed_shapes_and_square_codes_go_unescaped() {
    for text in read("templates", "html") {
        for before in text.split("|safe").collect::<Vec<_>>().split_last().map(|(_, before)| before.to_vec()).unwrap_or_default()
        {
            let what = before.rsplit("{{").next().unwrap_or_default().trim();
            assert!(what.starts_with("f.icon(") || what == "qr", "{what:?} goes unescaped");
        }
        for wrong in [" style=", "<style", " onclick=", " onload=", "javascript:", "autoescape"] {
            assert!(!text.contains(wrong), "a template holds {wrong:?}");
        }
    }
}
