//! Sealed or not, the log says the same; and what is not whole is not sealed.

use std::path::Path;

use rusqlite::Connection;
use uuid::Uuid;

use crate::scratch::{self, Scratch, event, fill, filled};
use crate::sqlite::schema;
use crate::verify::{VerifyOptions, verify};
use crate::{EventLog, Expected, Health, SealError, StreamName};

/// Everything that can be asked of a log of so many events.
fn told(log: &EventLog, events: u64) -> Vec<String> {
    let mut told = vec![format!("{:?}", log.read(1, usize::MAX).unwrap()), format!("{:?}", log.streams("").unwrap())];
    for (from, limit) in [(1, 1), (250, 20), (256, 1), (257, 300), (events, 9)] {
        told.push(format!("{:?}", log.read(from, limit).unwrap()));
    }
    for nth in 0..5 {
        let stream = StreamName::new(format!("weapon-{nth}@hq")).unwrap();
        told.push(format!("{:?}", log.last_revision(&stream).unwrap()));
        for (from, limit) in [(0, usize::MAX), (3, 60), (60, 1), (events, 1)] {
            told.push(format!("{:?}", log.read_stream(&stream, from, limit).unwrap()));
        }
    }
    let all = log.read(1, usize::MAX).unwrap();
    for one in all.iter().step_by(37) {
        told.push(format!("{:?} {:?}", log.event_by_id(one.id).unwrap(), log.position_at(one.recorded_at).unwrap()));
        told.push(format!("{:?}", log.inclusion_proof(one.position, events).unwrap()));
        told.push(format!("{:?} {:?}", log.root_at(one.position).unwrap(), log.consistency_proof(one.position, events).unwrap()));
    }
    told.push(format!("{:?} {:?}", log.event_by_id(Uuid::max()).unwrap(), log.position_at(0).unwrap()));
    told
}

#[test]
fn sealed_it_says_the_same() {
    let dir = Scratch::new("sealed");
    let (log, _) = scratch::open(&dir);
    fill(&log, 0, 1000);
    let before = told(&log, 1000);
    assert_eq!(log.seal(100, 1).unwrap(), 1);
    assert_eq!(told(&log, 1000), before, "one chunk");
    assert_eq!(log.seal(100, u64::MAX).unwrap(), 2);
    assert_eq!(log.seal(100, u64::MAX).unwrap(), 0);
    assert_eq!(told(&log, 1000), before, "three chunks");
    assert_eq!(log.verify_all(&mut |_, _| std::ops::ControlFlow::Continue(())).unwrap(), None);
    let stream = StreamName::new("weapon-0@hq").unwrap();
    assert!(log.append_blocking(&stream, Expected::NoStream, vec![event(0)]).unwrap().already, "a sealed id is known");
    log.compact().unwrap();
    assert_eq!(told(&log, 1000), before, "compacted");
    let head = log.head();
    drop(log);
    let report = verify(&dir, &VerifyOptions::default());
    assert_eq!((report.exit_code(), report.head), (0, Some(head)), "{}", report.text());
    crate::verify::tests::second(&dir, None, &report);
    let (log, opened) = scratch::open(&dir);
    assert_eq!((opened.head, opened.health), (head, Health::Writable));
    assert_eq!(told(&log, 1000), before, "opened again");
    fill(&log, 1000, 1030);
    assert_eq!(log.read_stream(&stream, 195, 20).unwrap().len(), 11);
}

fn edit(dir: &Path, sql: &str) {
    Connection::open(dir.join(schema::FILE_NAME)).unwrap().execute_batch(sql).unwrap();
}

#[test]
fn what_is_not_whole_is_not_sealed() {
    let dir = Scratch::new("not-whole");
    filled(&dir, 600);
    edit(&dir, "UPDATE events SET data = x'7b7d' WHERE position = 300");
    let options = crate::OpenOptions { window: 10, ..crate::OpenOptions::new(&*dir, scratch::now, scratch::salt) };
    let (log, _) = EventLog::open(options).unwrap();
    let refused = log.seal(0, u64::MAX);
    assert!(matches!(refused, Err(SealError::NotWhole { position: 300, .. })), "{refused:?}");
    assert_eq!(log.read(1, 256).unwrap().len(), 256, "the first chunk was whole and is sealed");
}

/// Bytes of a sealed log: found, the position named, and never a panic.
#[test]
fn edits_of_a_chunk_are_found() {
    let (dir, work) = (Scratch::new("sealed-edit"), Scratch::new("sealed-edit-work"));
    let (log, _) = scratch::open(&dir);
    fill(&log, 0, 600);
    log.seal(0, u64::MAX).unwrap();
    drop(log);
    let cases = [
        ("UPDATE chunks SET ids = CAST(x'ff' || substr(ids, 2) AS BLOB) WHERE chunk = 0", Some(1)),
        ("UPDATE chunks SET salts = CAST(substr(salts, 1, 4095) || x'ff' AS BLOB) WHERE chunk = 0", Some(256)),
        ("UPDATE chunks SET leaves = zeroblob(8192) WHERE chunk = 1", Some(257)),
        ("UPDATE chunks SET leaves = x'' WHERE chunk = 1", Some(257)),
        ("UPDATE chunks SET part1 = part2 WHERE chunk = 1", Some(321)),
        ("UPDATE chunks SET part3 = CAST(part3 || x'00' AS BLOB) WHERE chunk = 0", Some(193)),
        ("UPDATE chunks SET columns = x'' WHERE chunk = 0", Some(1)),
        ("UPDATE chunks SET chunk = 9 WHERE chunk = 1", Some(257)),
        ("DELETE FROM chunks WHERE chunk = 0", Some(1)),
        ("DELETE FROM chunks WHERE chunk = 1", Some(257)),
        ("UPDATE chunks SET breaks = 1 WHERE chunk = 1", None),
        ("UPDATE chunks SET least_id = x'00' WHERE chunk = 1", None),
        ("DELETE FROM sealed_streams WHERE stream = 2", None),
        ("UPDATE sealed_streams SET last = last + 1 WHERE stream = 2 AND chunk = 1", None),
    ];
    for (sql, first) in cases {
        for entry in std::fs::read_dir(&*dir).unwrap().map(Result::unwrap) {
            std::fs::copy(entry.path(), work.join(entry.file_name())).unwrap();
        }
        edit(&work, sql);
        let report = verify(&work, &VerifyOptions::default());
        assert_eq!((report.exit_code(), report.first_bad()), (1, first), "{sql}: {}", report.text());
        crate::verify::tests::second(&work, None, &report);
    }
}

/// Nobody asks: what is old is sealed while nobody writes, the newest stay rows, and a start goes on where it was.
#[test]
fn old_events_are_sealed_unasked() {
    let dir = Scratch::new("sealed-unasked");
    let options = || crate::OpenOptions { keep_rows: Some(100), ..crate::OpenOptions::new(&*dir, scratch::now, scratch::salt) };
    let count = || -> (i64, i64) {
        let file = Connection::open(dir.join(schema::FILE_NAME)).unwrap();
        file.query_row("SELECT (SELECT count(*) FROM chunks), (SELECT count(*) FROM events)", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap()
    };
    let (log, _) = EventLog::open(options()).unwrap();
    fill(&log, 0, 700);
    scratch::wait_until(|| count() == (2, 188));
    fill(&log, 700, 868);
    scratch::wait_until(|| count() == (3, 100));
    let before = told(&log, 868);
    drop(log);
    let (log, _) = EventLog::open(options()).unwrap();
    assert_eq!(told(&log, 868), before);
    fill(&log, 868, 1124);
    scratch::wait_until(|| count() == (4, 100));
    assert_eq!(verify(&dir, &VerifyOptions::default()).exit_code(), 0);
}

/// Damage that is met while sealing is told at once, as damage that is met anywhere.
#[test]
fn damage_met_while_sealing_is_told() {
    let dir = Scratch::new("sealed-damage");
    filled(&dir, 600);
    edit(&dir, "UPDATE events SET data = x'7b7d' WHERE position = 300");
    let usual = crate::OpenOptions::new(&*dir, scratch::now, scratch::salt);
    let (log, _) = EventLog::open(crate::OpenOptions { window: 10, keep_rows: Some(0), ..usual }).unwrap();
    scratch::wait_until(|| matches!(log.health(), Health::ReadOnly { .. }));
    let Health::ReadOnly { reason } = log.health() else { unreachable!() };
    assert!(matches!(reason, crate::Reason::BadEvent { position: 300, .. }), "{reason}");
    assert_eq!(log.read(1, 256).unwrap().len(), 256);
}

/// A chunk far beyond all others is no reason to walk there.
#[test]
fn a_chunk_out_of_the_world() {
    let dir = Scratch::new("sealed-far");
    let (log, _) = scratch::open(&dir);
    fill(&log, 0, 600);
    log.seal(0, u64::MAX).unwrap();
    drop(log);
    for number in ["9223372036854775807", "1099511627776", "-1", "-9223372036854775808"] {
        let work = Scratch::new("sealed-far-work");
        for entry in std::fs::read_dir(&*dir).unwrap().map(Result::unwrap) {
            std::fs::copy(entry.path(), work.join(entry.file_name())).unwrap();
        }
        edit(&work, &format!("UPDATE chunks SET chunk = {number} WHERE chunk = 1"));
        let (log, opened) = scratch::open(&work);
        assert!(matches!(opened.health, Health::ReadOnly { .. }), "{number}");
        assert!(log.read(1, 256).is_ok_and(|events| events.len() == 256), "{number}");
        drop(log);
        let report = verify(&work, &VerifyOptions::default());
        assert_eq!(report.exit_code(), 1, "{number}");
        crate::verify::tests::second(&work, None, &report);
    }
}
