//! Every published vector, read from `tests/conformance/*.tsv` at the root of the house.
//!
//! A row is: value, kind, scheme, uri, tag_uri, fields (JSON), error, source. `-` stands for
//! absent; in the value `\x1D` stands for that byte and `\\` for a backslash. With `UPDATE=1`
//! the columns between value and source are written anew: read the difference before keeping
//! it. Each EPC that says something is also written again and must give the same bits.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

use std::fmt::Write as _;
use std::path::PathBuf;

use tag_data::decode::{Decoded, decode};
use tag_data::epc::Epc;

const COLUMNS: &str = "value\tkind\tscheme\turi\ttag_uri\tfields\terror\tsource";

#[track_caller]
fn check(name: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/conformance").join(name);
    let before = std::fs::read_to_string(&path).unwrap();
    let mut after = String::new();
    let mut rows = 0;
    for line in before.lines() {
        if line.starts_with('#') || line == COLUMNS || line.is_empty() {
            writeln!(after, "{line}").unwrap();
            continue;
        }
        let (value, rest) = line.split_once('\t').unwrap_or((line, "-"));
        let source = rest.rsplit('\t').next().unwrap();
        let decoded = decode(&unescaped(value));
        writes_the_same_bits(&decoded);
        writeln!(after, "{value}\t{}\t{source}", row(&decoded)).unwrap();
        rows += 1;
    }
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &after).unwrap();
    }
    assert!(rows > 0, "{name} holds no row");
    for (at, (was, is)) in before.lines().zip(after.lines()).enumerate() {
        assert!(was == is || std::env::var_os("UPDATE").is_some(), "{name}:{}\n  file: {was}\n  now:  {is}", at + 1);
    }
}

fn row(decoded: &Decoded) -> String {
    let kind = serde_json::to_value(decoded.kind).unwrap().as_str().unwrap().to_owned();
    let fields = serde_json::to_string(&decoded.fields).unwrap();
    let or_dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let (uri, tag_uri, error) = (or_dash(&decoded.uri), or_dash(&decoded.tag_uri), or_dash(&decoded.error));
    format!("{kind}\t{}\t{uri}\t{tag_uri}\t{fields}\t{error}", decoded.scheme)
}

/// A tag URI, written to a tag again, gives the bits it was read from, but for zeros behind them.
fn writes_the_same_bits(decoded: &Decoded) {
    if let (Some(read), Some(uri)) = (&decoded.epc, &decoded.tag_uri) {
        let written = Epc::from_tag_uri(uri).unwrap().to_string();
        let read = decoded.fields.get("tag_epc").and_then(|epc| epc.as_str()).unwrap_or(read);
        assert_eq!(written.trim_end_matches('0'), read.trim_end_matches('0'), "{uri}");
    }
}

fn unescaped(text: &str) -> String {
    let mut plain = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, c == '\\') {
            (_, false) => plain.push(c),
            _ if chars.next() == Some('\\') => plain.push('\\'),
            _ => {
                let code: String = chars.by_ref().take(2).collect();
                plain.push(char::from(u8::from_str_radix(&code, 16).unwrap()));
            }
        }
    }
    plain
}

#[test]
fn epc() {
    check("epc.tsv");
}

#[test]
fn tid() {
    check("tid.tsv");
}

#[test]
fn barcode() {
    check("barcode.tsv");
}

#[test]
fn gs1() {
    check("gs1.tsv");
}

#[test]
fn iuid() {
    check("iuid.tsv");
}
