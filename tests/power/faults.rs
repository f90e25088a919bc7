//! Calls that fail: each write, flush, rename and open of a piece of work is made to fail once, by a tracer.
//!
//! After a failed flush nothing that was begun later is acknowledged; after any failure the state that a
//! restart finds is exact and takes entries again. `MUSTER_FAULT_STRIDE`: of the many writes only every so
//! many are made to fail (1 in deep runs); flushes, renames and opens are always tried one by one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use crate::judge::judge;
use crate::rig::Place;
use crate::setting;
use crate::work::{Order, Told, Work, told};

/// One failing call.
#[derive(Clone, Copy, Debug)]
struct Fault {
    /// Which call, as the tracer names it.
    call: &'static str,
    /// With what.
    error: &'static str,
    /// The how many-th of each thread.
    nth: u64,
}

/// What a run with a fault was like.
struct Run {
    told: Vec<Told>,
    trace: String,
    code: Option<i32>,
    place: Place,
}

/// The files of a work, so that no other file's calls are counted.
fn files(work: Work, dir: &Path) -> Vec<PathBuf> {
    let (data, base) = (dir.join("data"), if work == Work::Log { "log.sqlite" } else { "outbox.db" });
    let sqlite = ["", "-wal", "-shm", "-journal"].map(|end| format!("{base}{end}"));
    let others = ["anchor", "anchor.new", "lock", "outbox.db.lock", "gateway.key", "gateway.key.new"].map(str::to_owned);
    let mut files: Vec<PathBuf> = sqlite.iter().chain(&others).map(|name| data.join(name)).collect();
    files.push(data);
    files
}

fn run(work: Work, fault: Fault) -> Run {
    let place = Place::new("fault");
    let order = Order { dir: place.at("disk"), told: place.at("told"), seed: 1, steps: 1 };
    fs::create_dir_all(&order.dir).unwrap();
    let Fault { call, error, nth } = fault;
    let traced = if call == "write" { "write".to_owned() } else { format!("{call},write") };
    let mut command = Command::new("strace");
    command.args(["-f", "-qqq", "-y", "-s", "80", "-e", "signal=none", "-o"]).arg(place.at("trace"));
    command.args(["-e", &format!("trace={traced}"), "-e", &format!("inject={call}:error={error}:when={nth}")]);
    // What the child tells is shown between the calls, unless its own calls would be among those that fail.
    let shown = if matches!(call, "write" | "openat") { Vec::new() } else { vec![order.told.clone()] };
    for file in files(work, &order.dir).iter().chain(&shown) {
        command.arg("-P").arg(file);
    }
    let child = work.child(&order, None);
    command.arg(child.get_program()).args(child.get_args());
    for (name, value) in child.get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    let trace = fs::read_to_string(place.at("trace")).unwrap_or_default();
    Run { told: told(&order.told), trace, code: status.code(), place }
}

/// What a flush that failed must lead to: nothing begun after it is acknowledged, until the file is opened anew.
/// The first thread only checkpoints, beside the log; its failures are its own. Names were flushed before,
/// whatever SQLite's own flush of the folder says.
fn after_failed_flush(trace: &str) -> Result<(), String> {
    let (mut failed, mut begun): (Option<&str>, Vec<String>) = (None, Vec::new());
    for line in trace.lines() {
        let flush = line.contains("fsync(") || line.contains("fdatasync(") || line.contains("sync resumed");
        let first = trace.split(' ').next().is_some_and(|pid| line.starts_with(&format!("{pid} ")));
        if flush && line.contains("(INJECTED)") && !first && !line.contains("/data>") {
            (failed, begun) = (Some(line), Vec::new());
        }
        let Some((_, said)) = line.split_once("\"0 ") else { continue };
        let words: Vec<&str> = said.split(['\\', ' ']).collect();
        match words[..] {
            ["opened", ..] => failed = None,
            ["try", stream, last, ..] if failed.is_some() => begun.push(format!("{stream} {last}")),
            ["event", stream, last, ..] if begun.contains(&format!("{stream} {last}")) => {
                return Err(format!("acknowledged {said:?} although before it: {}", failed.unwrap_or_default()));
            }
            _ => {}
        }
    }
    Ok(())
}

/// After a failed flush the outbox flushes the whole file, or is opened anew, before it takes anything more.
fn after_doubt(trace: &str) -> Result<(), String> {
    let mut failed = None;
    for line in trace.lines() {
        let (flush, good) = (line.contains("fsync("), line.ends_with("= 0"));
        if flush && line.contains("(INJECTED)") && !line.contains("/data>") {
            failed = Some(line);
        } else if (flush && good && line.contains("/outbox.db>")) || line.contains("\"0 opened") {
            failed = None;
        } else if let Some(failed) = failed.filter(|_| line.contains("\"0 put ")) {
            return Err(format!("acknowledged {line:?} although before it: {failed}"));
        }
    }
    Ok(())
}

/// Once the log said that it takes nothing more, it takes nothing more.
fn stays_halted(told: &[Told]) -> Result<(), String> {
    let (mut halted, mut begun) = (false, Vec::new());
    for told in told {
        let words: Vec<&str> = told.what.split(' ').collect();
        match words[..] {
            ["opened"] => halted = false,
            ["halted", ..] => (halted, begun) = (true, Vec::new()),
            ["try", stream, last] if halted => begun.push((stream, last)),
            ["event", stream, last, ..] if halted && begun.contains(&(stream, last)) => {
                return Err(format!("it had halted and acknowledged {:?}", told.what));
            }
            _ => {}
        }
    }
    Ok(())
}

fn verdict(work: Work, run: &Run) -> Result<(), String> {
    if !matches!(run.code, Some(0 | 1)) {
        return Err(format!("it ended with {:?}: {:?}", run.code, run.told.last()));
    }
    if work == Work::Log {
        after_failed_flush(&run.trace)?;
        stays_halted(&run.told)?;
        if let Some(told) = run.told.iter().find(|told| told.what.starts_with("halted") && told.what.contains("readonly")) {
            return Err(format!("it opened what it may not write: {:?}", told.what));
        }
    } else if run.told.iter().any(|told| told.what.starts_with("put ")) {
        after_doubt(&run.trace)?;
    }
    let due: Vec<&str> = run.told.iter().map(|told| told.what.as_str()).collect();
    judge(work, &run.place.at("disk"), 1, &due).map_err(|what| format!("after a restart: {what}"))
}

/// Makes each of these calls fail, one a run, until a run is past the last of them. What was tried and failed,
/// and how runs ended.
fn sweep(work: Work, call: &'static str, error: &'static str, stride: u64) -> (u64, u64) {
    let (next, end, failed, total) = (AtomicU64::new(0), AtomicU64::new(u64::MAX), AtomicU64::new(0), AtomicU64::new(0));
    let endings = Mutex::new(std::collections::BTreeMap::<String, u64>::new());
    thread::scope(|scope| {
        for _ in 0..setting("MUSTER_POWER_WORKERS", 2) {
            scope.spawn(|| {
                loop {
                    let nth = 1 + next.fetch_add(1, Ordering::Relaxed) * stride;
                    if nth > end.load(Ordering::Relaxed) {
                        return;
                    }
                    let run = run(work, Fault { call, error, nth });
                    if !run.trace.contains("(INJECTED)") {
                        end.fetch_min(nth, Ordering::Relaxed);
                    } else {
                        total.fetch_add(1, Ordering::Relaxed);
                    }
                    let last = run.told.last().map_or_else(String::new, |told| told.what.clone());
                    *endings.lock().unwrap().entry(last).or_default() += 1;
                    if let Err(what) = verdict(work, &run)
                        && failed.fetch_add(1, Ordering::Relaxed) < 5
                    {
                        println!("FAIL: {} with {call} {error} at {nth}: {what}", work.name());
                    }
                }
            });
        }
    });
    let (total, failed) = (total.into_inner(), failed.into_inner());
    println!("{}: {call} {error}: {total} calls, {failed} failed", work.name());
    for (ending, times) in endings.into_inner().unwrap() {
        println!("    {times} x {ending}");
    }
    (total, failed)
}

/// Every call of a work, with every error it may give.
fn everything(work: Work) {
    if let Err(why) = crate::rig::call("strace", &["-o", "/dev/null", "true"]) {
        println!("\nSKIPPED: failing calls: {why}");
        return;
    }
    let writes = setting("MUSTER_FAULT_STRIDE", 11);
    let flushes = [("fsync", "EIO", 1), ("fdatasync", "EIO", 1), ("fsync", "ENOSPC", 3)];
    let writing = [("pwrite64", "EIO", writes), ("pwrite64", "ENOSPC", writes), ("write", "EIO", 1), ("write", "ENOSPC", 2)];
    let names =
        [("openat", "EIO", 2), ("openat", "ENOSPC", 3), ("/^rename", "EIO", 1), ("ftruncate", "EIO", 1), ("unlink", "EIO", 1)];
    let all = flushes.into_iter().chain(writing).chain(names);
    let (mut total, mut failed) = (0, 0);
    for (call, error, stride) in all {
        let (tried, bad) = sweep(work, call, error, stride.min(writes));
        (total, failed) = (total + tried, failed + bad);
    }
    println!("\nevidence: fault-calls {total} {failed}");
    assert!(total > 0, "no call was made to fail");
    assert_eq!(failed, 0, "{failed} of {total} failing calls were not borne");
}

#[test]
fn the_log_bears_every_failing_call() {
    everything(Work::Log);
}

#[test]
fn the_outbox_bears_every_failing_call() {
    everything(Work::Outbox);
}

/// The checks of a trace can fail.
#[test]
fn an_answer_after_a_failed_flush_is_seen() {
    let told = |what: &str| format!("8 write(3</x/told>, \"0 {what}\\n\", 9) = 9\n");
    let bad = "8 mkdir()\n7 fsync(6</x/data/log.sqlite-wal>) = -1 EIO (Input/output error) (INJECTED)\n";
    let [begun, done, opened] = ["try 0 3", "event 0 3 4 ab", "opened"].map(told);
    assert!(after_failed_flush(&[bad, &begun, &done].concat()).is_err());
    assert_eq!(after_failed_flush(&[&begun, bad, &done].concat()), Ok(()), "it may have been flushed before");
    assert_eq!(after_failed_flush(&[bad, &opened, &begun, &done].concat()), Ok(()));
    let (put, renewed) = (told("put 3"), "8 fsync(4</x/data/outbox.db>) = 0\n");
    assert!(after_doubt(&[bad, &put].concat()).is_err());
    assert_eq!(after_doubt(&[bad, renewed, &put].concat()), Ok(()));
    let lines = |all: &[&str]| all.iter().map(|what| Told { entries: 0, what: (*what).to_owned() }).collect::<Vec<_>>();
    assert!(stays_halted(&lines(&["halted 0 x", "try 0 3", "event 0 3 4 ab"])).is_err());
    assert_eq!(stays_halted(&lines(&["undone 0 x", "try 0 3", "event 0 3 4 ab"])), Ok(()));
}
