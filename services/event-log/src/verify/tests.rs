//! Every edit of a log is found and named; no edit is invented; nothing beside the file is touched.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use rusqlite::types::Value;
use uuid::Uuid;

use super::*;
use crate::checkpoint::Signer;
use crate::scratch::{self, Scratch, fill, filled};
use crate::{Declaration, Health, StreamName};

fn edit(dir: &Path, sql: &str) {
    Connection::open(dir.join(schema::FILE_NAME)).unwrap().execute_batch(sql).unwrap();
}

fn plain(path: &Path) -> Report {
    verify(path, &VerifyOptions::default())
}

fn with_head(path: &Path, outside: OutsideHead) -> Report {
    verify(path, &VerifyOptions { head: Some(outside), ..VerifyOptions::default() })
}

fn copy(from: &Path, to: &Path) {
    drop(fs::remove_dir_all(to));
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_file()) {
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

fn files(dir: &Path) -> BTreeSet<(String, Vec<u8>, std::time::SystemTime)> {
    let describe = |entry: fs::DirEntry| {
        let modified = entry.metadata().unwrap().modified().unwrap();
        (entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path()).unwrap(), modified)
    };
    fs::read_dir(dir).unwrap().map(|entry| describe(entry.unwrap())).collect()
}

#[test]
fn a_whole_log_agrees_open_or_closed_and_nothing_is_touched() {
    let dir = Scratch::new("verify-whole");
    let (log, _) = scratch::open(&dir);
    fill(&log, 0, 300);
    let before = files(&dir);
    let report = plain(&dir); // with a write-ahead log beside it, while it is open
    second(&dir, None, &report);
    assert_eq!((report.outcome, report.head), (Outcome::Agrees, Some(log.head())), "{}", report.text());
    assert_eq!(files(&dir), before);
    drop(log);
    let before = files(&dir);
    let report = plain(&dir);
    assert_eq!((report.exit_code(), report.findings.len()), (0, 0), "{}", report.text());
    assert!(report.text().contains("this shows only that the file agrees with itself"));
    assert_eq!(files(&dir), before);
}

#[test]
fn an_outside_head_is_named_with_its_holder() {
    let dir = Scratch::new("verify-outside");
    filled(&dir, 20);
    let (log, _) = scratch::open(&dir);
    let head = log.head();
    fill(&log, 20, 30);
    drop(log);
    let outside = OutsideHead { held_by: Some("Cpt Lind".into()), ..OutsideHead::plain(head) };
    let text = with_head(&dir, outside).text();
    assert!(text.contains("agrees. Unchanged since head 20 of 2026-09-2") && text.contains("held by Cpt Lind"), "{text}");
    let other = Head { root: [0; 32], ..head };
    assert_eq!(with_head(&dir, OutsideHead::plain(other)).exit_code(), 1);
    let later = Head { size: 31, ..head };
    assert_eq!(with_head(&dir, OutsideHead::plain(later)).first_bad(), Some(31));
}

/// Every column of every row, by SQL, and other edits: each is found, at that position where it has one.
#[test]
fn every_edit_is_found_where_it_was_made() {
    let (dir, work) = (Scratch::new("verify-edit"), Scratch::new("verify-edit-work"));
    filled(&dir, 12);
    let columns = [
        "stream = stream % 5 + 1",
        "revision = revision + 100",
        "id = randomblob(16)",
        "type = 5 - type",
        "schema_version = 7",
        "recorded_at = recorded_at + 1",
        "occurred_at = -occurred_at",
        "salt = randomblob(16)",
        "meta = x''",
        "data = CAST(data || ' ' AS BLOB)",
        "leaf = randomblob(32)",
        "position = position + 500",
        "position = -position",
    ];
    for position in 1..=12 {
        for change in columns {
            copy(&dir, &work);
            edit(&work, &format!("UPDATE OR IGNORE events SET {change} WHERE position = {position}"));
            let report = plain(&work);
            let wanted = if change == "position = -position" { -position } else { position };
            // A stream's revision in use already: SQLite itself refused the edit.
            let refused = change.starts_with("stream") && report.outcome == Outcome::Agrees;
            assert!(refused || report.first_bad() == Some(wanted), "{change} at {position}: {}", report.text());
        }
        for (sql, first) in [
            (format!("DELETE FROM events WHERE position = {position}"), Some(position)),
            (format!("DELETE FROM events WHERE position >= {position}"), Some(position)),
        ] {
            copy(&dir, &work);
            edit(&work, &sql);
            assert_eq!(plain(&work).first_bad(), first, "{sql}");
        }
    }
}

#[test]
fn every_swap_is_found() {
    let (dir, work) = (Scratch::new("verify-swap"), Scratch::new("verify-swap-work"));
    filled(&dir, 8);
    for (a, b) in (1..=8).flat_map(|a| (a + 1..=8).map(move |b| (a, b))) {
        copy(&dir, &work);
        let swap = format!(
            "UPDATE events SET position = 99 WHERE position = {a}; UPDATE events SET position = {a} WHERE position = {b};"
        );
        edit(&work, &format!("{swap} UPDATE events SET position = {b} WHERE position = 99"));
        assert_eq!(plain(&work).first_bad(), Some(a), "{a} and {b}");
    }
}

#[test]
fn what_stands_around_the_rows_is_compared() {
    let (dir, work) = (Scratch::new("verify-around"), Scratch::new("verify-around-work"));
    filled(&dir, 300);
    let cases = [
        "UPDATE streams SET name = 'weapon-9@hq' WHERE id = 1",
        "INSERT INTO streams(id, name) VALUES (77, 'unused')",
        "INSERT INTO types(id, name) VALUES (77, 'Unused')",
        "UPDATE types SET name = 'Other' WHERE id = 1",
        "UPDATE tiles SET hash = zeroblob(32)",
        "DELETE FROM tiles",
        "INSERT INTO tiles VALUES (1, zeroblob(32))",
        "CREATE TRIGGER t AFTER INSERT ON events BEGIN DELETE FROM events; END",
        "DROP INDEX events_breaks",
        "CREATE VIEW v AS SELECT 1",
        "INSERT INTO checkpoints VALUES (5, 'nothing')",
        // An index that leaves a row out, as only an edit of the schema can make it.
        "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = sql || ' WHERE position <> 5' WHERE name = 'events_by_id'; \
         PRAGMA writable_schema = RESET; REINDEX events_by_id",
    ];
    for case in cases {
        copy(&dir, &work);
        edit(&work, case);
        let report = plain(&work);
        assert_eq!(report.exit_code(), 1, "{case}: {}", report.text());
    }
    copy(&dir, &work);
    fs::remove_file(work.join("anchor")).unwrap();
    assert_eq!(plain(&work).exit_code(), 1, "the anchor is missing where it lay");
    assert_eq!(plain(&work.join(schema::FILE_NAME)).exit_code(), 0, "a file handed over alone has none");
}

/// A whole history written anew agrees with itself; one head held outside tells.
#[test]
fn a_forged_log_needs_an_outside_head() {
    let (dir, forged) = (Scratch::new("verify-true"), Scratch::new("verify-forged"));
    filled(&dir, 20);
    filled(&forged, 20); // other salts and times: another history
    let head = scratch::open(&dir).0.head();
    assert_eq!(plain(&forged).exit_code(), 0);
    assert_eq!(with_head(&dir, OutsideHead::plain(head)).exit_code(), 0);
    assert_eq!(with_head(&forged, OutsideHead::plain(head)).exit_code(), 1);
}

/// An older copy, anchor and all, put back: only an outside head tells, and it does.
#[test]
fn an_older_copy_put_back() {
    let (dir, older) = (Scratch::new("verify-newer"), Scratch::new("verify-older"));
    filled(&dir, 10);
    copy(&dir, &older);
    let (log, _) = scratch::open(&dir);
    fill(&log, 10, 15);
    let head = log.head();
    drop(log);
    copy(&older, &dir);
    assert_eq!(plain(&dir).exit_code(), 0);
    let report = with_head(&dir, OutsideHead::plain(head));
    assert_eq!((report.exit_code(), report.first_bad()), (1, Some(11)));
}

#[test]
fn signatures_are_checked_where_a_key_is_given() {
    let dir = Scratch::new("verify-signed");
    let (log, _) = scratch::open(&dir);
    fill(&log, 0, 9);
    let (ours, other) = (Signer::new("hq", &[1; 32]).unwrap(), Signer::new("hq", &[2; 32]).unwrap());
    let note = log.checkpoint("muster.example/hq").unwrap().sign(&ours);
    log.keep_checkpoint(9, &note).unwrap();
    fill(&log, 9, 12);
    drop(log);
    let verify_with = |key: &Signer, text: &str| {
        let head = Some(OutsideHead::parse(text).unwrap());
        verify(&dir, &VerifyOptions { head, keys: vec![key.verify_key()], ..VerifyOptions::default() })
    };
    let report = verify_with(&ours, &note);
    assert_eq!(report.exit_code(), 0, "{}", report.text());
    assert!(report.text().contains("signed by hq") && report.text().contains("1 signatures hold"), "{}", report.text());
    assert_eq!(verify_with(&other, &note).exit_code(), 1);
    let unsigned = format!("9 {}", hex::encode(OutsideHead::parse(&note).unwrap().head.root));
    assert_eq!(verify_with(&ours, &unsigned).exit_code(), 1);
    edit(&dir, "UPDATE checkpoints SET size = 8");
    assert_eq!(plain(&dir).exit_code(), 1);
}

#[test]
fn what_is_no_log_cannot_be_read() {
    let dir = Scratch::new("verify-none");
    assert_eq!(plain(&dir.join("nothing")).exit_code(), 2);
    fs::write(dir.join("text"), "not a database, but long enough to be looked at as one\n".repeat(100)).unwrap();
    assert_eq!(plain(&dir.join("text")).exit_code(), 2);
    Connection::open(dir.join("other")).unwrap().execute_batch("CREATE TABLE a(b)").unwrap();
    assert_eq!(plain(&dir.join("other")).exit_code(), 2);
}

/// A declared break is bad and known: passed over only under a head taken after it.
#[test]
fn a_declared_break_is_shown_for_ever() {
    let dir = Scratch::new("verify-break");
    filled(&dir, 300);
    edit(&dir, "UPDATE events SET data = x'7b7d' WHERE position = 299; DELETE FROM events WHERE position = 280");
    let (log, opened) = scratch::open(&dir);
    assert!(matches!(opened.health, Health::ReadOnly { .. }));
    let declaration = Declaration {
        stream: StreamName::new("log@hq").unwrap(),
        id: Uuid::from_u128(1 << 90),
        reason: "the flood".into(),
        by: ["Okoro".into(), "Lind".into()],
        occurred_at: 0,
        meta: vec![],
    };
    log.declare_break_blocking(declaration).unwrap();
    fill(&log, 300, 301);
    let checkpoint = log.checkpoint("muster.example/hq").unwrap();
    assert_eq!(checkpoint.extensions(), [log.breaks()[0].line()]);
    let head = log.head();
    drop(log);
    let report = plain(&dir);
    assert_eq!((report.exit_code(), report.first_bad()), (1, Some(280)), "{}", report.text());
    assert!(report.findings.iter().all(|finding| finding.declared == Some(301)), "{}", report.text());
    second(&dir, None, &report);
    let report = with_head(&dir, OutsideHead::plain(head));
    assert_eq!(report.exit_code(), 0, "{}", report.text());
    assert!(report.text().contains("by Okoro and Lind: the flood"));
    second(&dir, Some(head), &report);
    edit(&dir, "UPDATE events SET data = x'7b7d' WHERE position = 7");
    assert_eq!(with_head(&dir, OutsideHead::plain(head)).first_bad(), Some(7));
}

/// Bits of the file itself: what still decodes to the same events may pass, all else is found.
/// `MUSTER_EVERY_BYTE=1` takes every byte instead of some.
#[test]
fn bits_of_the_file() {
    let (dir, work) = (Scratch::new("verify-bits"), Scratch::new("verify-bits-work"));
    filled(&dir, 40);
    let file = dir.join(schema::FILE_NAME);
    let (whole, rows) = (fs::read(&file).unwrap(), dump(&file).unwrap());
    copy(&dir, &work);
    let step = if std::env::var_os("MUSTER_EVERY_BYTE").is_some() { 1 } else { 89 };
    let (mut tried, mut passed) = (0, 0);
    for at in (0..whole.len()).step_by(step) {
        for flip in [0x01, 0x80] {
            let mut bytes = whole.clone();
            bytes[at] ^= flip;
            fs::write(work.join(schema::FILE_NAME), bytes).unwrap();
            tried += 1;
            if plain(&work).exit_code() == 0 {
                passed += 1;
                assert_eq!(dump(&work.join(schema::FILE_NAME)).as_ref(), Some(&rows), "byte {at} ^ {flip:#x}");
            }
        }
    }
    println!("{tried} edits; {passed} left every event as it was");
}

/// Every event as any reader of the file would see it; none if it cannot be read.
fn dump(file: &Path) -> Option<Vec<Vec<Value>>> {
    let connection = Connection::open(file).ok()?;
    let query = "SELECT e.*, s.name, t.name FROM events e JOIN streams s ON s.id = e.stream JOIN types t ON t.id = e.type \
                 ORDER BY position";
    let mut statement = connection.prepare(query).ok()?;
    let mut rows = statement.query([]).ok()?;
    let mut all = Vec::new();
    while let Some(row) = rows.next().ok()? {
        all.push((0..14).map(|column| row.get(column)).collect::<Result<_, _>>().ok()?);
    }
    Some(all)
}

#[test]
fn moments() {
    let cases = [(0, "1970-01-01T00:00:00Z"), (-1, "1969-12-31T23:59:59Z"), (951_782_400_000_000, "2000-02-29T00:00:00Z")];
    for (micros, text) in cases {
        assert_eq!(telling::moment(micros), text);
    }
}

#[test]
fn a_log_in_use_can_be_verified_while_it_grows() {
    let dir = Scratch::new("verify-live");
    let (log, _) = scratch::open(&dir);
    fill(&log, 0, 50);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| fill(&log, 50, 400));
        while !writer.is_finished() {
            let report = plain(&dir);
            assert_ne!(report.exit_code(), 1, "{}", report.text());
        }
    });
}

/// The second verifier, in another language and by no shared code, names the same first bad position.
/// Skipped, and said so, where there is no Python.
#[test]
fn the_second_verifier_agrees() {
    let (dir, work) = (Scratch::new("verify-second"), Scratch::new("verify-second-work"));
    filled(&dir, 300);
    let head = scratch::open(&dir).0.head();
    let cases = [
        "SELECT 1",
        "UPDATE events SET data = x'7b7d' WHERE position = 7",
        "UPDATE events SET salt = randomblob(16) WHERE position = 300",
        "UPDATE events SET recorded_at = 5 WHERE position = 2",
        "UPDATE events SET revision = 900 WHERE position = 12",
        "UPDATE events SET id = x'00' WHERE position = 12",
        "UPDATE events SET position = -position WHERE position = 9",
        "UPDATE events SET position = 9000000 WHERE position = 300",
        "UPDATE events SET schema_version = -1 WHERE position = 40",
        "DELETE FROM events WHERE position = 5",
        "DELETE FROM events WHERE position > 290",
        "DELETE FROM events",
        "UPDATE types SET name = 'Other' WHERE id = 2",
        "UPDATE streams SET name = 'Other' WHERE id = 2",
        "UPDATE events SET type = 1 WHERE position = 77",
        "DELETE FROM streams WHERE id = 3",
        "UPDATE tiles SET hash = zeroblob(32)",
        "INSERT INTO checkpoints VALUES (3, 'x')",
        "UPDATE streams SET name = 'a b' WHERE id = 1",
    ];
    for case in cases {
        copy(&dir, &work);
        edit(&work, case);
        let report = with_head(&work, OutsideHead::plain(head));
        second(&work, Some(head), &report);
    }
}

/// Asks the second verifier and compares its answer.
pub(crate) fn second(path: &Path, head: Option<Head>, report: &Report) {
    let mut ask = Command::new("python3");
    ask.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/verify.py")).arg(path);
    let keep = Scratch::new("verify-head");
    if let Some(head) = head {
        let file = keep.join("head");
        fs::write(&file, format!("# kept by the mayor\n{} {}\n", head.size, hex::encode(head.root))).unwrap();
        ask.arg("--head").arg(file);
    }
    let Ok(answer) = ask.output() else { return eprintln!("skipped: there is no python3 here") };
    let said = String::from_utf8_lossy(&answer.stdout).into_owned() + &String::from_utf8_lossy(&answer.stderr);
    let first = report.first_bad().map_or("None".to_owned(), |position| position.to_string());
    assert_eq!(answer.status.code(), Some(i32::from(report.exit_code())), "{said}\n{}", report.text());
    assert!(said.contains(&format!("first bad position: {first}\n")), "{said}\n{}", report.text());
}
