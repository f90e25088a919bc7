//! The log's writer is killed while it writes, again and again: everything it answered for is there.
//!
//! The child is this same program. It tells each answer (position and leaf) only after the log gave it.
//! A kill does not lose what the system holds in memory; a power cut would, and is not tried here.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::{env, fs, io, process};

use event_log::verify::{VerifyOptions, verify};
use event_log::{EventLog, Expected, Health, NewEvent, OpenOptions, StreamName, TypeName};
use uuid::Uuid;

const DIR: &str = "MUSTER_CRASH_DIR";

fn now() -> i64 {
    static NOW: AtomicI64 = AtomicI64::new(1_790_000_000_000_000);
    NOW.fetch_add(1, Ordering::Relaxed)
}

fn salt() -> [u8; 16] {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    u128::from(NEXT.fetch_add(1, Ordering::Relaxed)).to_be_bytes()
}

fn event(nth: u64) -> NewEvent {
    NewEvent {
        id: Uuid::from_u128(u128::from(nth) + 1),
        type_name: TypeName::new("ScanObserved").expect("a name"),
        schema_version: 1,
        occurred_at: 0,
        meta: b"{}".to_vec(),
        data: vec![b' '; (nth % 700) as usize],
    }
}

/// Run by the test below, and by hand under a tracer that makes flushes fail.
#[test]
#[ignore = "the child of the test below"]
fn child() {
    let Some(dir) = env::var_os(DIR).map(PathBuf::from) else { return };
    let options = OpenOptions { keep_rows: Some(100), ..OpenOptions::new(dir, now, salt) };
    let (log, opened) = EventLog::open(options).unwrap();
    println!("opened {} {:?}", opened.head.size, opened.health);
    let stream = StreamName::new("gateway-1").unwrap();
    for nth in opened.head.size.. {
        let expected = nth.checked_sub(1).map_or(Expected::NoStream, Expected::Revision);
        match log.append_blocking(&stream, expected, vec![event(nth)]) {
            Ok(appended) => println!("answered {} {}", appended.last_position, hex::encode(appended.leaves[0])),
            Err(error) => {
                println!("refused {error}");
                let again = log.append_blocking(&stream, expected, vec![event(nth)]);
                assert!(again.is_err(), "answered after a failure");
                return;
            }
        }
        io::stdout().flush().unwrap();
        if nth > env::var("MUSTER_CRASH_EVENTS").map_or(3000, |n| n.parse().unwrap()) {
            return;
        }
    }
}

#[test]
fn nothing_answered_is_lost_when_the_writer_is_killed() {
    let dir = env::temp_dir().join(format!("muster-crash-{}", process::id()));
    drop(fs::remove_dir_all(&dir));
    let mut answered: Vec<String> = Vec::new();
    for round in 0..12 {
        let kill_after = 1 + round * 17 % 60;
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["child", "--exact", "--ignored", "--nocapture"])
            .env(DIR, &dir)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut heard = 0;
        for line in lines.map_while(Result::ok) {
            // The test program's own words may stand before ours on a line.
            let Some((_, line)) = line.split_once("answered ") else { continue };
            let (position, leaf) = line.split_once(' ').unwrap();
            if leaf.len() == 64 {
                let at = position.parse::<usize>().unwrap() - 1;
                answered.resize(answered.len().max(at + 1), String::new());
                answered[at] = leaf.to_owned();
            }
            heard += 1;
            if heard == kill_after {
                child.kill().unwrap(); // what it wrote to the pipe before still comes
            }
        }
        child.wait().unwrap();
        assert!(heard >= kill_after, "the child answered {heard} times");
        check(&dir, &answered);
    }
    fs::remove_dir_all(&dir).unwrap();
}

fn check(dir: &Path, answered: &[String]) {
    let report = verify(dir, &VerifyOptions::default());
    assert_eq!(report.exit_code(), 0, "{}", report.text());
    let (log, opened) = EventLog::open(OpenOptions::new(dir, now, salt)).expect("the log opens");
    assert_eq!(opened.health, Health::Writable);
    assert!(opened.head.size >= answered.len() as u64);
    let events = log.read(1, answered.len()).expect("the log is read");
    for (event, leaf) in events.iter().zip(answered).filter(|(_, leaf)| !leaf.is_empty()) {
        assert_eq!(hex::encode(event.leaf), *leaf, "position {}", event.position);
    }
}
