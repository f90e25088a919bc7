//! The outbox: nothing lost by a crash, no number twice, full boxes owned up to.

#![allow(clippy::unwrap_used, reason = "a test may stop at once")]

use std::path::PathBuf;

use reader_gateway::outbox::{Head, Outbox, OutboxError};
use tag_data::moment::Moment;
use tag_data::scan::{Item, ReaderCondition, ReaderNotice};

/// A directory of one test, removed at its end.
struct Room(PathBuf);

impl Room {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("muster-outbox-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn open(&self, boot: &str, most: u64) -> Outbox {
        Outbox::open(&self.0.join("outbox.db"), boot, most).unwrap()
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn now() -> Moment {
    "2026-03-01T06:00:00Z".parse().unwrap()
}

fn notice(number: u64) -> Item {
    let (reader, place) = (format!("r{number}"), "A-1".to_owned());
    Item::ReaderHeard(ReaderNotice { reader, place, condition: ReaderCondition::Hearing, at: now(), detail: None })
}

fn notices(range: std::ops::Range<u64>) -> Vec<Item> {
    range.map(notice).collect()
}

fn head(size: u64) -> Head {
    Head { size, root: "ab".repeat(32) }
}

fn all(outbox: &Outbox, from: u64) -> Vec<String> {
    let (mut lines, mut next) = (vec![], from);
    loop {
        let waiting = outbox.batch(next, usize::MAX).unwrap();
        if waiting.items.is_empty() {
            return lines;
        }
        next += waiting.items.len() as u64;
        lines.extend(waiting.items.iter().map(|item| item.get().to_owned()));
    }
}

#[test]
fn a_crash_loses_nothing_that_was_put() {
    let room = Room::new("crash");
    for run in 0..20 {
        let mut outbox = room.open(&format!("run {run}"), 1_000_000);
        assert_eq!(outbox.next(), run * 30);
        for burst in 0..3 {
            outbox.put(&notices(burst * 10..burst * 10 + 10), 0, now()).unwrap();
        }
        // A killed program frees its lock and closes nothing: the copy stands for what the disk holds then.
        let copy = room.0.join("copy");
        std::fs::create_dir_all(&copy).unwrap();
        for file in ["outbox.db", "outbox.db-wal"] {
            std::fs::copy(room.0.join(file), copy.join(file)).unwrap();
        }
        drop(outbox);
        for file in ["outbox.db", "outbox.db-wal"] {
            std::fs::rename(copy.join(file), room.0.join(file)).unwrap();
        }
        let _ = std::fs::remove_file(room.0.join("outbox.db-shm"));
    }
    let outbox = room.open("last", 1_000_000);
    assert_eq!((outbox.next(), outbox.acknowledged()), (600, 0));
    assert_eq!(all(&outbox, 0).len(), 600);
    assert_eq!(
        (outbox.batch(0, usize::MAX).unwrap().items.len(), outbox.batch(0, usize::MAX).unwrap().boot.as_str()),
        (30, "run 0"),
        "a batch is of one run"
    );
}

#[test]
fn items_are_written_as_the_treaty_orders_them() {
    let room = Room::new("canonical");
    let mut outbox = room.open("b", 10_000);
    outbox.put(&[notice(7)], 0, now()).unwrap();
    let want =
        r#"{"type":"ReaderHeard","data":{"reader":"r7","place":"A-1","condition":"hearing","at":"2026-03-01T06:00:00.000000Z"}}"#;
    assert_eq!(all(&outbox, 0), [want]);
}

#[test]
fn two_runs_cannot_hold_one_outbox() {
    let room = Room::new("lock");
    let first = room.open("first", 10_000);
    assert!(matches!(Outbox::open(&room.0.join("outbox.db"), "second", 10_000), Err(OutboxError::InUse(_))));
    assert!(Outbox::visit(&room.0.join("outbox.db")).is_ok(), "a visitor may look");
    drop(first);
    room.open("second", 10_000);
}

#[test]
fn a_full_box_counts_and_declares() {
    let room = Room::new("full");
    let mut outbox = room.open("b", 10);
    outbox.put(&notices(0..8), 0, now()).unwrap();
    outbox.put(&notices(8..20), 0, now()).unwrap(); // One more fits; one place is kept for the declaration.
    assert_eq!((outbox.next(), outbox.lost()), (9, 11));
    drop(outbox);
    let mut outbox = room.open("after a restart", 10);
    assert_eq!(outbox.lost(), 11, "the count is on disk");
    outbox.put(&notices(20..22), 3, now()).unwrap();
    assert_eq!((outbox.next(), outbox.lost()), (10, 2), "the declaration took the last place");
    outbox.acknowledge(10, &head(50), now()).unwrap();
    outbox.put(&notices(22..24), 0, now()).unwrap();
    assert_eq!((outbox.next(), outbox.lost()), (13, 0));
    let lines = all(&outbox, 0);
    assert_eq!(lines.len(), 13);
    assert!(lines[9].starts_with(r#"{"type":"HoleDeclared","data":{"lost":14,"#), "{}", lines[9]);
    assert!(lines[10].starts_with(r#"{"type":"HoleDeclared","data":{"lost":2,"#), "{}", lines[10]);
}

#[test]
fn acknowledged_items_stay_a_week_and_can_be_sent_again() {
    let room = Room::new("week");
    let mut outbox = room.open("b", 10_000);
    outbox.put(&notices(0..10), 0, now()).unwrap();
    outbox.acknowledge(6, &head(50), now()).unwrap();
    assert_eq!((outbox.acknowledged(), outbox.waiting(), outbox.head().unwrap()), (6, 4, Some(head(50))));
    outbox.acknowledge(4, &head(51), now()).unwrap();
    assert_eq!(outbox.acknowledged(), 6, "an old receipt takes nothing back");
    assert!(outbox.rewind(2).unwrap());
    assert_eq!(outbox.waiting(), 8);
    outbox.acknowledge(6, &head(52), now()).unwrap();
    assert_eq!(outbox.prune(now().plus_seconds(6 * 24 * 3600)).unwrap(), 0);
    assert_eq!(outbox.prune(now().plus_seconds(8 * 24 * 3600)).unwrap(), 6);
    assert!(!outbox.rewind(2).unwrap(), "no longer held");
    assert!(outbox.rewind(6).unwrap());
    assert_eq!(all(&outbox, 6).len(), 4);
    outbox.acknowledge(10, &head(53), now()).unwrap();
    outbox.prune(now().plus_seconds(30 * 24 * 3600)).unwrap();
    drop(outbox);
    assert_eq!(room.open("c", 10_000).next(), 10, "numbers go on when the box is empty");
}

#[test]
fn numbers_that_do_not_meet_the_book_are_made_to_meet() {
    let room = Room::new("renumber");
    let mut outbox = room.open("b", 10_000);
    outbox.put(&notices(0..5), 0, now()).unwrap();
    outbox.acknowledge(2, &head(9), now()).unwrap();
    let waiting = all(&outbox, 2);
    outbox.renumber(100, "the outbox was lost", now()).unwrap();
    assert_eq!((outbox.acknowledged(), outbox.next()), (100, 104));
    let lines = all(&outbox, 100);
    assert!(lines[0].contains(r#""lost":0,"reason":"the outbox was lost""#));
    assert_eq!(lines[1..], waiting);
    outbox.renumber(40, "the book lost items", now()).unwrap();
    assert_eq!((outbox.acknowledged(), outbox.next()), (40, 45));
    assert!(all(&outbox, 40)[0].contains(r#""lost":60,"#));
    outbox.put(&notices(5..6), 0, now()).unwrap();
    drop(outbox);
    assert_eq!(room.open("c", 10_000).next(), 46);
}

#[test]
fn batches_keep_the_treatys_bounds() {
    let room = Room::new("bounds");
    let mut outbox = room.open("b", 100_000);
    let long = |number| match notice(number) {
        Item::ReaderHeard(notice) => Item::ReaderHeard(ReaderNotice { detail: Some("x".repeat(7_000)), ..notice }),
        other => other,
    };
    outbox.put(&(0..400).map(long).collect::<Vec<_>>(), 0, now()).unwrap();
    outbox.put(&notices(0..2_500), 0, now()).unwrap();
    let (mut next, mut sizes) = (0, vec![]);
    while next < outbox.next() {
        let waiting = outbox.batch(next, usize::MAX).unwrap();
        let bytes: usize = waiting.items.iter().map(|item| item.get().len() + 1).sum();
        assert!(waiting.items.len() <= 1000 && bytes < 1024 * 1024);
        next += waiting.items.len() as u64;
        sizes.push(waiting.items.len());
    }
    assert!(sizes.len() >= 5, "{sizes:?}");
}
