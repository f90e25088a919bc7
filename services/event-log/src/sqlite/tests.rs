//! The log on disk: opening it again, crashes, tampering, groups, the declared break.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use rusqlite::Connection;
use uuid::Uuid;

use super::*;
use crate::scratch::{self, Scratch, event, fill, filled};
use crate::{Declaration, DeclareError, EventLog, Expected, StreamName};

fn edit(dir: &Path, sql: &str) {
    let connection = Connection::open(dir.join(schema::FILE_NAME)).unwrap();
    connection.execute_batch(sql).unwrap();
}

fn opened(dir: &Path) -> Opened {
    scratch::open(dir).1
}

#[track_caller]
fn read_only(dir: &Path) -> Reason {
    match opened(dir).health {
        Health::ReadOnly { reason } => reason,
        Health::Writable => panic!("the log opened as if nothing had happened"),
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

#[test]
fn opened_again_it_is_the_same() {
    let dir = Scratch::new("again");
    filled(&dir, 600);
    let (log, opened) = scratch::open(&dir);
    assert_eq!((opened.head.size, opened.health, opened.brought_up), (600, Health::Writable, 0));
    fill(&log, 600, 610);
    let head = log.head();
    assert_eq!(log.verify_all(&mut |_, _| std::ops::ControlFlow::Continue(())).unwrap(), None);
    drop(log);
    assert_eq!(self::opened(&dir).head, head);
    let connection = Connection::open(dir.join(schema::FILE_NAME)).unwrap();
    assert_eq!(examine::tree_from_leaves(&connection).unwrap().root(), head.root);
}

#[test]
fn only_one_may_hold_it_and_only_its_owner_may_look() {
    let dir = Scratch::new("lock");
    let inner = dir.join("data");
    let (log, _) = scratch::open(&inner);
    let again = EventLog::open(OpenOptions::new(&inner, scratch::now, scratch::salt)).unwrap_err();
    assert!(matches!(again, OpenError::InUse { .. }), "{again}");
    assert!(again.to_string().contains(&format!("(process {})", std::process::id())), "{again}");
    #[cfg(unix)]
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&inner).unwrap().permissions()) & 0o777, 0o700);
    drop(log);
    scratch::open(&inner);
}

#[test]
fn a_strange_file_is_refused() {
    let dir = Scratch::new("strange");
    edit(&dir, "CREATE TABLE other(x)");
    let refused = EventLog::open(OpenOptions::new(&*dir, scratch::now, scratch::salt)).unwrap_err();
    assert!(matches!(refused, OpenError::NotALog { .. }), "{refused}");
    let dir = Scratch::new("newer");
    filled(&dir, 1);
    edit(&dir, "PRAGMA user_version = 3");
    let refused = EventLog::open(OpenOptions::new(&*dir, scratch::now, scratch::salt)).unwrap_err();
    assert!(matches!(refused, OpenError::NewerFormat { found: 3, .. }), "{refused}");
}

/// A crash while the log is open: everything answered is there, whatever the write-ahead log held.
#[test]
fn nothing_answered_is_lost_in_a_crash() {
    let (dir, after) = (Scratch::new("crash"), Scratch::new("crash-after"));
    let (log, _) = scratch::open(&dir);
    for nth in 0..20 {
        fill(&log, nth, nth + 1);
        let crashed = after.join(nth.to_string());
        copy(&dir, &crashed);
        let opened = opened(&crashed);
        assert_eq!((opened.head, opened.health), (log.head(), Health::Writable));
    }
}

/// A crash between commit and anchor: the events are kept and the anchor is brought up.
#[test]
fn a_crash_before_the_anchor() {
    let dir = Scratch::new("before-anchor");
    filled(&dir, 7);
    let anchor = fs::read(dir.join("anchor")).unwrap();
    fill(&scratch::open(&dir).0, 7, 8);
    fs::write(dir.join("anchor"), anchor).unwrap();
    let opened = opened(&dir);
    assert_eq!((opened.brought_up, opened.head.size, opened.health), (1, 8, Health::Writable));
    assert_eq!(self::opened(&dir).brought_up, 0);
}

#[test]
fn the_anchor_gone_spoiled_or_elsewhere() {
    let dir = Scratch::new("anchor-gone");
    filled(&dir, 7);
    fs::rename(dir.join("anchor"), dir.join("kept")).unwrap();
    assert_eq!(read_only(&dir), Reason::AnchorMissing);
    assert_eq!(read_only(&dir), Reason::AnchorMissing, "opening does not make it good");
    fs::write(dir.join("anchor"), "").unwrap();
    assert_eq!(read_only(&dir), Reason::AnchorUnreadable);
    let other = Scratch::new("anchor-other");
    filled(&other, 6);
    fs::copy(other.join("anchor"), dir.join("anchor")).unwrap();
    assert!(matches!(read_only(&dir), Reason::RootMismatch { .. }));
    fs::rename(dir.join("kept"), dir.join("anchor")).unwrap();
    assert_eq!(opened(&dir).health, Health::Writable);
    let elsewhere = Scratch::new("anchor-elsewhere");
    fs::rename(dir.join("anchor"), elsewhere.join("a")).unwrap();
    let options = OpenOptions { anchor: Some(elsewhere.join("a")), ..OpenOptions::new(&*dir, scratch::now, scratch::salt) };
    assert_eq!(EventLog::open(options).unwrap().1.health, Health::Writable);
}

/// The end of the log cut off, an older copy put back, the file gone.
#[test]
fn the_anchor_remembers_what_the_file_lost() {
    let (dir, older) = (Scratch::new("lost"), Scratch::new("lost-older"));
    filled(&dir, 5);
    copy(&dir, &older);
    fill(&scratch::open(&dir).0, 5, 9);
    copy(&dir, &older.join("whole"));
    edit(&dir, "DELETE FROM events WHERE position > 8");
    assert!(matches!(read_only(&dir), Reason::AnchorAhead { anchor: Head { size: 9, .. }, log: 8 }));
    fs::copy(older.join(schema::FILE_NAME), dir.join(schema::FILE_NAME)).unwrap();
    assert!(matches!(read_only(&dir), Reason::AnchorAhead { anchor: Head { size: 9, .. }, log: 5 }));
    fs::remove_file(dir.join(schema::FILE_NAME)).unwrap();
    assert!(matches!(read_only(&dir), Reason::AnchorAhead { anchor: Head { size: 9, .. }, log: 0 }));
}

/// Every column of every event of a small log, changed by SQL: found at opening, at that position.
#[test]
fn every_column_of_the_last_events() {
    let (dir, work) = (Scratch::new("columns"), Scratch::new("columns-work"));
    filled(&dir, 6);
    let blob = |column: &str| format!("{column} = CAST({column} || x'00' AS BLOB)");
    let changes = [
        "position = 100".to_owned(),
        "position = -3".to_owned(),
        "stream = 77".to_owned(),
        "revision = revision + 9".to_owned(),
        "revision = -1".to_owned(),
        "id = x'00112233445566778899aabbccddeeff'".to_owned(),
        "id = x'00'".to_owned(),
        "type = 77".to_owned(),
        "schema_version = 2".to_owned(),
        "schema_version = 9999999999".to_owned(),
        "recorded_at = recorded_at - 1".to_owned(),
        "occurred_at = 0".to_owned(),
        "salt = zeroblob(16)".to_owned(),
        blob("salt"),
        blob("meta"),
        blob("data"),
        "leaf = zeroblob(32)".to_owned(),
        blob("leaf"),
    ];
    for position in 1..=6 {
        for change in &changes {
            copy(&dir, &work);
            edit(&work, &format!("UPDATE events SET {change} WHERE position = {position}"));
            match read_only(&work) {
                Reason::BadEvent { .. } => {}
                Reason::AnchorAhead { .. } if change.starts_with("position") && position == 6 => {}
                other => panic!("{change} at {position}: {other}"),
            }
        }
    }
    for change in
        ["UPDATE streams SET name = 'x' WHERE id = 1", "UPDATE types SET name = 'x' WHERE id = 2", "DELETE FROM streams"]
    {
        copy(&dir, &work);
        edit(&work, change);
        assert!(matches!(read_only(&work), Reason::BadEvent { .. }), "{change}");
    }
}

/// An event changed together with its leaf does not fit the anchor; nor does a changed tile.
#[test]
fn a_rewritten_history_does_not_fit_the_anchor() {
    let dir = Scratch::new("rewritten");
    filled(&dir, 600);
    let (log, _) = scratch::open(&dir);
    let mut forged = log.event(599).unwrap().unwrap();
    drop(log);
    forged.data = b"{}".to_vec();
    let leaf = hex::encode(crate::leaf::of(&forged));
    edit(&dir, &format!("UPDATE events SET data = x'7b7d', leaf = x'{leaf}' WHERE position = 599"));
    assert!(matches!(read_only(&dir), Reason::RootMismatch { .. }));
    edit(&dir, "UPDATE tiles SET hash = zeroblob(32) WHERE tile = 0");
    assert_eq!(read_only(&dir), Reason::BadEvent { position: 1, what: "the stored tree is not that of these events".into() });
    edit(&dir, "DELETE FROM tiles");
    assert!(matches!(read_only(&dir), Reason::BadEvent { position: 1, .. }));
}

/// Old events are not hashed at opening; the walk in the background finds them and stops the writing.
#[test]
fn the_background_walk_finds_the_rest() {
    let dir = Scratch::new("background");
    filled(&dir, 600);
    edit(&dir, "UPDATE events SET data = x'7b7d' WHERE position = 3");
    let options = OpenOptions { window: 10, ..OpenOptions::new(&*dir, scratch::now, scratch::salt) };
    let (log, opened) = EventLog::open(options).unwrap();
    assert_eq!(opened.health, Health::Writable);
    let found = log.verify_all(&mut |_, _| std::ops::ControlFlow::Continue(())).unwrap();
    assert!(matches!(found, Some(Reason::BadEvent { position: 3, .. })));
    let refused = log.append_blocking(&StreamName::new("s").unwrap(), Expected::NoStream, vec![event(9999)]);
    assert!(matches!(refused, Err(AppendError::ReadOnly { .. })), "{refused:?}");
}

/// Sixty-four writers: all answered, in order, in far fewer commits than appends.
#[test]
fn sixty_four_writers() {
    static READY: AtomicU64 = AtomicU64::new(0);
    // The first event waits until every writer is about to ask, so that there is a group to be made.
    fn now() -> i64 {
        while READY.load(Ordering::Relaxed) < 64 {
            thread::yield_now();
        }
        scratch::now()
    }
    let dir = Scratch::new("writers");
    let (log, _) = EventLog::open(OpenOptions::new(&*dir, now, scratch::salt)).unwrap();
    thread::scope(|scope| {
        for writer in 0..64u128 {
            let log = &log;
            scope.spawn(move || {
                let stream = StreamName::new(format!("s-{writer}")).unwrap();
                READY.fetch_add(1, Ordering::Relaxed);
                for nth in 0..20 {
                    let expected = if nth == 0 { Expected::NoStream } else { Expected::Revision(nth - 1) };
                    let answer = log.append_blocking(&stream, expected, vec![event(writer << 32 | u128::from(nth))]).unwrap();
                    assert_eq!(answer.last_revision, nth);
                    assert!(*log.follow().borrow() >= answer.last_position);
                }
            });
        }
    });
    let head = log.head();
    assert_eq!(head.size, 64 * 20);
    assert_eq!(log.verify_all(&mut |_, _| std::ops::ControlFlow::Continue(())).unwrap(), None);
    drop(log);
    let Anchored::At(slot, _) = anchor::read(&dir.join("anchor")).unwrap() else { panic!("the anchor is whole") };
    assert_eq!(slot.head, head);
    assert!(slot.sequence < 64 * 20, "{} anchor writes", slot.sequence);
    assert_eq!(opened(&dir).health, Health::Writable);
}

/// After a failed flush nothing is acknowledged; opened again, the log tells what is there.
#[test]
fn a_failed_flush_ends_writing() {
    let dir = Scratch::new("flush");
    let (log, _) = scratch::open(&dir);
    fill(&log, 0, 3);
    let EventLog::Sqlite(inner) = &log else { unreachable!() };
    inner.inner.shared.fail_flush.store(true, Ordering::Relaxed);
    let stream = StreamName::new("weapon-0@hq").unwrap();
    for _ in 0..2 {
        let refused = log.append_blocking(&stream, Expected::Revision(0), vec![event(100)]);
        assert!(matches!(refused, Err(AppendError::ReadOnly { reason: Reason::Flush { .. } })), "{refused:?}");
    }
    assert_eq!(log.head().size, 3, "what is not anchored is not shown");
    assert_eq!(log.event_by_id(event(100).id).unwrap(), None);
    assert!(matches!(log.declare_break_blocking(declaration("x", "y")), Err(DeclareError::OpenAgain)));
    drop(log);
    let (log, opened) = scratch::open(&dir);
    assert_eq!((opened.head.size, opened.brought_up, opened.health), (4, 1, Health::Writable));
    assert!(log.append_blocking(&stream, Expected::Revision(0), vec![event(100)]).unwrap().already);
}

fn declaration(one: &str, other: &str) -> Declaration {
    Declaration {
        stream: StreamName::new("log@hq").unwrap(),
        id: Uuid::from_u128(1 << 90),
        reason: "disk replaced after the flood".into(),
        by: [one.into(), other.into()],
        occurred_at: 5,
        meta: b"{}".to_vec(),
    }
}

#[test]
fn a_break_is_declared_by_two_and_stays() {
    let dir = Scratch::new("break");
    filled(&dir, 600);
    let (log, _) = scratch::open(&dir);
    assert!(matches!(log.declare_break_blocking(declaration("a", "b")), Err(DeclareError::NotReadOnly)));
    drop(log);
    edit(&dir, "UPDATE events SET data = x'7b7d' WHERE position = 599; DELETE FROM events WHERE position IN (5, 600)");
    let (log, opened) = scratch::open(&dir);
    assert!(matches!(opened.health, Health::ReadOnly { .. }));
    for (one, other) in [("a", "a"), ("a", " "), ("", "b")] {
        assert!(matches!(log.declare_break_blocking(declaration(one, other)), Err(DeclareError::TwoPeople)));
    }
    let appended = log.declare_break_blocking(declaration("Okoro", "Lind")).unwrap();
    assert_eq!(appended.first_position, 600);
    let declared = log.breaks();
    assert_eq!(declared[0].record.bad, [(599, 599)]);
    assert_eq!(declared[0].record.missing, [(5, 5)]);
    assert_eq!(declared[0].record.anchor.as_ref().unwrap().size, 600);
    assert_eq!(log.health(), Health::Writable);
    let at = log.follow();
    assert_eq!(*at.borrow(), 600);
    log.append_blocking(&StreamName::new("new").unwrap(), Expected::NoStream, vec![event(7000)]).unwrap();
    assert_eq!(log.verify_all(&mut |_, _| std::ops::ControlFlow::Continue(())).unwrap(), None);
    let head = log.head();
    drop(log);
    assert!(dir.join("before-break-1/anchor").exists());
    let (log, opened) = scratch::open(&dir);
    assert_eq!((opened.head, &opened.health), (head, &Health::Writable));
    assert_eq!(log.breaks(), declared);
    assert_eq!(log.read(4, 2).unwrap().iter().map(|e| e.position).collect::<Vec<_>>(), [4, 6]);
    // What the break lists is known; anything else is not.
    drop(log);
    edit(&dir, "UPDATE events SET data = x'7b7d' WHERE position = 598");
    assert!(matches!(read_only(&dir), Reason::BadEvent { position: 598, .. }));
}

/// Whatever is lost, two people can go on: the file gone, the anchor gone, the end cut off.
#[test]
fn never_a_dead_end() {
    let spoil: [fn(&Path); 5] = [
        |dir| fs::remove_file(dir.join(schema::FILE_NAME)).unwrap(),
        |dir| fs::remove_file(dir.join("anchor")).unwrap(),
        |dir| fs::write(dir.join("anchor"), "spoiled").unwrap(),
        |dir| edit(dir, "DELETE FROM events WHERE position > 3"),
        |dir| {
            edit(
                dir,
                "UPDATE events SET type = 1, leaf = zeroblob(32) WHERE position = 2; DELETE FROM tiles; DELETE FROM streams",
            )
        },
    ];
    for (nth, spoil) in spoil.iter().enumerate() {
        let dir = Scratch::new("dead-end");
        filled(&dir, 300);
        spoil(&dir);
        let (log, opened) = scratch::open(&dir);
        assert!(matches!(opened.health, Health::ReadOnly { .. }), "case {nth}");
        log.declare_break_blocking(declaration("a", "b")).unwrap();
        log.append_blocking(&StreamName::new("new").unwrap(), Expected::NoStream, vec![event(7000)]).unwrap();
        drop(log);
        let (log, opened) = scratch::open(&dir);
        assert_eq!(opened.health, Health::Writable, "case {nth}");
        assert_eq!(log.breaks().len(), 1, "case {nth}");
        assert!(log.read(1, 1000).is_ok(), "case {nth}");
    }
}

/// SQLite drops what follows a spoiled byte of its write-ahead log and calls the file whole; the anchor
/// does not: the log opens with every event, or read-only, never shorter as if nothing had happened.
#[test]
fn bits_of_the_write_ahead_log() {
    let (dir, work) = (Scratch::new("wal"), Scratch::new("wal-work"));
    let (log, _) = scratch::open(&dir);
    fill(&log, 0, 12);
    let head = log.head();
    let crashed = dir.join("crashed");
    copy(&dir, &crashed);
    drop(log);
    let wal = fs::read(wal_path(&crashed.join(schema::FILE_NAME))).unwrap();
    let step = if std::env::var_os("MUSTER_EVERY_BYTE").is_some() { 1 } else { 1999 };
    let (mut tried, mut read_only, mut unreadable) = (0, 0, 0);
    // First untouched: it must open whole, or the rest would prove nothing.
    for (at, flip) in [(0, 0)].into_iter().chain((0..wal.len()).step_by(step).map(|at| (at, 0x10))) {
        copy(&crashed, &work);
        let mut bytes = wal.clone();
        bytes[at] ^= flip;
        fs::write(wal_path(&work.join(schema::FILE_NAME)), bytes).unwrap();
        drop(fs::remove_file(work.join("log.sqlite-shm"))); // as after a start of the machine
        tried += 1;
        match EventLog::open(OpenOptions::new(&*work, scratch::now, scratch::salt)) {
            Ok((_, Opened { health: Health::Writable, head: found, .. })) => assert_eq!(found, head, "byte {at}"),
            Ok((_, opened)) if flip > 0 => read_only += u32::from(opened.head.size < head.size),
            Err(_) if flip > 0 => unreadable += 1,
            other => panic!("the untouched copy: {other:?}"),
        }
    }
    println!("{tried} edits; {read_only} opened read-only and shorter, {unreadable} not at all, the rest with every event");
}
