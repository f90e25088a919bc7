//! Every event's schema and golden example: committed, fresh, and read back byte for byte.
//!
//! The schema follows from the type; the example is made by hand and stands for every event of
//! its version ever written: it must be read for ever. `UPDATE=1` rewrites schemas and brings the
//! examples into their printed form; it never invents an example.
#![allow(clippy::unwrap_used, reason = "a test's helpers")]

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use armoury::event::Event;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../schemas/events")
}

/// The same JSON over several lines, keys in the order given.
fn printed(compact: &str) -> String {
    let (mut out, mut depth, mut in_text, mut escaped) = (String::new(), 0_usize, false, false);
    let mut chars = compact.chars().peekable();
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.push_str(&"  ".repeat(depth));
    };
    while let Some(c) = chars.next() {
        let closes = chars.peek().is_some_and(|next| "}]".contains(*next));
        match c {
            _ if in_text => {
                in_text = escaped || c != '"';
                escaped = c == '\\' && !escaped;
                out.push(c);
            }
            '"' => {
                in_text = true;
                out.push(c);
            }
            '{' | '[' if closes => out.extend([c, chars.next().unwrap()]),
            '{' | '[' => {
                depth += 1;
                out.push(c);
                line(&mut out, depth);
            }
            '}' | ']' => {
                depth -= 1;
                line(&mut out, depth);
                out.push(c);
            }
            ',' => {
                out.push(c);
                line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            _ => out.push(c),
        }
    }
    out.push('\n');
    out
}

/// The file holds exactly this text, or is made to hold it.
#[track_caller]
fn check_file(name: &str, want: &str) {
    let path = folder().join(name);
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, want).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(found == want, "{name} is not fresh; run with UPDATE=1 and look at the difference");
}

#[test]
fn schemas_follow_from_the_types() {
    for (name, version, schema) in Event::schemas() {
        let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        check_file(&format!("{name}.v{version}.schema.json"), &text);
    }
}

#[test]
fn each_example_is_read_and_written_back_byte_for_byte() {
    for (name, version) in Event::types() {
        let file = format!("{name}.v{version}.example.json");
        let text = fs::read_to_string(folder().join(&file)).unwrap_or_else(|_| panic!("{file} is missing: make it by hand"));
        let event = Event::read(name, version, text.as_bytes()).unwrap_or_else(|cause| panic!("{file}: {cause:?}"));
        assert_eq!((event.type_name(), event.schema_version()), (name, version), "{file}");
        let data = event.data().unwrap();
        assert_eq!(Event::read(name, version, &data).unwrap().data().unwrap(), data, "{file}");
        check_file(&file, &printed(std::str::from_utf8(&data).unwrap()));
    }
}

#[test]
fn nothing_stands_here_that_is_no_event() {
    let types = Event::types().into_iter();
    let want: BTreeSet<String> =
        types.flat_map(|(name, version)| ["example", "schema"].map(|kind| format!("{name}.v{version}.{kind}.json"))).collect();
    let found: BTreeSet<String> =
        fs::read_dir(folder()).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    // Examples of versions once released stay for ever beside those of the current one.
    let old = |file: &&String| !file.ends_with(".example.json");
    assert_eq!(found.difference(&want).filter(old).collect::<Vec<_>>(), Vec::<&String>::new());
    assert_eq!(want.difference(&found).collect::<Vec<_>>(), Vec::<&String>::new());
}
