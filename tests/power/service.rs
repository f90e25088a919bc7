//! The service itself on failing disks: power cuts, a flush that fails, a disk that is full, one that is slow.
//!
//! `MUSTER_POWER_IMAGES` and `MUSTER_POWER_SEED` as for the other power cuts; `MUSTER_FAULT_SERVED`: how many
//! flushes of the served log are made to fail, each in a run of its own.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use event_log::{EventLog, Health};
use rusqlite::Connection;
use serde_json::Value;

use crate::cuts::possible;
use crate::images::{Cut, Recording};
use crate::program::run;
use crate::rig::{self, Mount, Place, Recorder};
use crate::served::{FOUNDERS, Served};
use crate::setting;
use crate::work::{Teller, Told, options, told};
use crate::writelog::written;

/// Founds a book on a recorded disk and works in it; everything that is answered is told.
fn record(weapons: u64) -> Result<(Recording, Vec<Told>, String), String> {
    let base = rig::empty_disk()?;
    let recorder = Recorder::start(&base)?;
    let teller = Teller::new(&recorder.beside("told"), Some(recorder.log()));
    let data = recorder.disk().join("data");
    let mut served = Served::start(&recorder.beside("muster.toml"), &data, &[]);
    served.found();
    teller.tell("founded");
    served.take_token();
    teller.tell("token");
    let people = ["1003", "1004"].map(|number| (number, format!("/api/v1/people/{number}/account")));
    for (number, path) in &people {
        served.first.post("/api/v1/people", &serde_json::json!({"service_number": number, "name": format!("Person {number}")}));
        served.first.post(path, &serde_json::json!({"password": "a pass phrase long enough"}));
        teller.tell(&format!("account {number}"));
    }
    for n in 0..weapons {
        let answer = served.register(&format!("77{n:03}")).ok_or("nobody answers")?;
        let position = answer.json()["position"].as_u64().ok_or(answer.body)?;
        teller.tell(&format!("weapon 77{n:03} {position}"));
    }
    let key = fs::read_to_string(data.join("service.key")).map_err(|cause| cause.to_string())?;
    served.kill();
    let told = told(&recorder.beside("told"));
    let until = written(&recorder.log()).map_err(|cause| cause.to_string())?;
    let log = recorder.finish()?;
    assert!(until > 0 && !told.is_empty());
    Ok((Recording { base, log }, told, key))
}

/// Names of keys that sealed fields in this value need.
fn sealed(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            if let (Some(Value::String(key)), Some(Value::String(_)), 2) = (map.get("key"), map.get("text"), map.len()) {
                names.insert(key.clone());
            }
            map.values().for_each(|value| sealed(value, names));
        }
        Value::Array(all) => all.iter().for_each(|value| sealed(value, names)),
        _ => {}
    }
}

fn strings(file: &Path, sql: &str) -> Result<BTreeSet<String>, String> {
    let read = || -> rusqlite::Result<BTreeSet<String>> {
        let file = Connection::open(file)?;
        let mut rows = file.prepare(sql)?;
        rows.query_map([], |row| row.get(0))?.collect()
    };
    read().map_err(|cause| format!("{}: {cause}", file.display()))
}

/// What follows a word, of every line that begins with it.
fn words<'a>(due: &[&'a str], word: &str) -> Vec<&'a str> {
    due.iter().filter_map(|line| line.strip_prefix(word)).map(str::trim).collect()
}

fn judge(dir: &Path, due: &[&str], key: &str) -> Result<(), String> {
    let data = dir.join("data");
    let kept = fs::read_to_string(data.join("service.key")).unwrap_or_default();
    if (data.join("service.key").exists() || due.contains(&"founded")) && kept != key {
        return Err(format!("service.key holds {} characters of another key", kept.len()));
    }
    if !data.join("log.sqlite").exists() && due.is_empty() {
        return Ok(());
    }
    let (log, opened) = EventLog::open(options(dir)).map_err(|cause| format!("not opened: {cause}: {cause:?}"))?;
    if let Health::ReadOnly { reason } = opened.health {
        return Err(format!("opened read-only: {reason}"));
    }
    let events = log.read(1, 100_000).map_err(|cause| cause.to_string())?;
    let mut needed = BTreeSet::new();
    for event in &events {
        sealed(&serde_json::from_slice(&event.data).map_err(|cause| cause.to_string())?, &mut needed);
    }
    for weapon in words(due, "weapon ") {
        let (serial, position) = weapon.split_once(' ').expect("two words");
        let found = events.iter().find(|event| event.position.to_string() == position);
        if !found.is_some_and(|event| String::from_utf8_lossy(&event.data).contains(serial)) {
            return Err(format!("the acknowledged weapon {serial} is not at position {position}"));
        }
    }
    if !needed.is_empty() {
        let keys = strings(&data.join("keys.sqlite"), "SELECT name FROM keys WHERE key IS NOT NULL")?;
        if let Some(lost) = needed.iter().find(|name| !keys.contains(*name)) {
            return Err(format!("the log holds a name sealed with {lost}, and that key is lost"));
        }
    }
    let mut people: BTreeSet<&str> = words(due, "account ").into_iter().collect();
    people.extend(FOUNDERS.iter().filter(|_| due.contains(&"founded")));
    if !people.is_empty() {
        let accounts = strings(&data.join("accounts.sqlite"), "SELECT service_number FROM accounts")?;
        if let Some(lost) = people.iter().find(|person| !accounts.contains(**person)) {
            return Err(format!("the acknowledged account of {lost} is lost"));
        }
    }
    if due.contains(&"token") && strings(&data.join("accounts.sqlite"), "SELECT id FROM tokens")?.is_empty() {
        return Err("the acknowledged token is lost".to_owned());
    }
    Ok(())
}

#[test]
fn the_service_keeps_what_it_acknowledged() {
    if !possible() {
        return;
    }
    let images = setting("MUSTER_POWER_IMAGES", 240) / 4;
    let (recording, told, key) = record(12).unwrap_or_else(|what| panic!("the rig: {what}"));
    let cuts = recording.cuts(8, images as usize, setting("MUSTER_POWER_SEED", 1));
    let one = |dir: &Path, cut: Cut| {
        let due: Vec<&str> = told.iter().filter(|told| told.entries <= cut.upto()).map(|told| told.what.as_str()).collect();
        judge(dir, &due, &key)
    };
    let failed = recording.judge(&cuts, setting("MUSTER_POWER_WORKERS", 2).max(1) as usize, "FAIL", &one);
    println!("service: {} entries, {} told", recording.log.entries.len(), told.len());
    println!("\nevidence: power-images {} {failed}", cuts.len());
    assert_eq!(failed, 0, "{failed} of {} images do not hold what was acknowledged", cuts.len());
}

/// Fills a file until the disk has no room left; how much it took.
fn fill(path: &Path) -> usize {
    let mut file = File::create(path).unwrap();
    let mut filled = 0;
    for piece in [1 << 20, 64 << 10, 4096, 512, 1] {
        while file.write_all(&vec![7; piece]).is_ok() {
            filled += piece;
        }
    }
    filled
}

#[test]
fn a_full_disk_refuses_entries_and_nothing_else() {
    let place = Place::new("full");
    let disk = place.at("disk");
    let small = match Mount::small(&disk, 24 << 10) {
        Ok(mounted) => mounted,
        Err(why) => return println!("\nSKIPPED: a full disk: {why}"),
    };
    let mut served = Served::start(&place.at("muster.toml"), &disk.join("data"), &[]);
    served.found();
    served.take_token();
    let entered: Vec<String> = (0..5).map(|n| format!("88{n:03}")).collect();
    for serial in &entered {
        assert!(served.register(serial).unwrap().status < 300);
    }
    let filler = disk.join("filler");
    assert!(fill(&filler) > 1 << 20);
    let mut refused = 0;
    for n in 0..2000 {
        // What the log's own file had free may take a few more; then it is refused, every time.
        let answer = served.register(&format!("89{n:04}")).unwrap();
        match answer.status {
            200..300 => assert_eq!(refused, 0, "refused before, and taken now: {}", answer.body),
            _ => {
                assert_eq!((answer.status, answer.json()["code"].as_str()), (507, Some("disk_full")), "{}", answer.body);
                refused += 1;
            }
        }
        fill(&disk.join(format!("more-{n}")));
        if refused == 3 {
            break;
        }
    }
    assert_eq!(refused, 3, "a full disk refuses");
    let listed = served.serials();
    assert!(entered.iter().all(|serial| listed.contains(serial)), "reading goes on");
    assert_eq!(served.sign_in(FOUNDERS[1]).status, 201, "signing in goes on");
    assert_eq!(served.health()["status"], "ok", "a full disk is no reason to stop for good");
    for entry in fs::read_dir(&disk).unwrap().map_while(Result::ok).filter(|entry| entry.path().is_file()) {
        fs::remove_file(entry.path()).unwrap();
    }
    let answer = served.register("89last").unwrap();
    assert!(answer.status < 300, "there is room again: {}", answer.body);
    let all = served.serials();
    assert_eq!(all.len(), listed.len() + 1, "nothing half, nothing twice");
    served.kill();
    served.again();
    assert_eq!(served.serials(), all);
    served.stop();
    let (code, said) = run("muster", &["verify", disk.join("data").to_str().unwrap()]);
    assert_eq!(code, 0, "{said}");
    small.unmount().unwrap();
}

/// Starts on a disk that is full to the last byte: after an orderly stop, when SQLite has taken its files away, and
/// after a sudden end. Without the room that was kept for it the program says what is full and what to do.
#[test]
fn a_start_on_a_full_disk_reads_and_signs_in() {
    let place = Place::new("full-start");
    let disk = place.at("disk");
    let small = match Mount::small(&disk, 24 << 10) {
        Ok(mounted) => mounted,
        Err(why) => return println!("\nSKIPPED: a start on a full disk: {why}"),
    };
    let data = disk.join("data");
    let mut served = Served::start(&place.at("muster.toml"), &data, &[]);
    served.found();
    served.take_token();
    assert!(served.register("87001").unwrap().status < 300);
    for (round, sudden) in [false, true, false, true].into_iter().enumerate() {
        if sudden {
            served.kill()
        } else {
            served.stop()
        }
        let fillers: Vec<_> = (0..2).map(|nth| disk.join(format!("filler-{round}-{nth}"))).collect();
        fill(&fillers[0]);
        served.again();
        assert!(served.said().contains("DISK FULL"), "{}", served.said());
        fill(&fillers[1]); // What the start gave back too.
        assert!(served.serials().contains(&"87001".to_owned()), "round {round}: reading goes on");
        assert_eq!(served.sign_in(FOUNDERS[1]).status, 201, "round {round}: signing in goes on");
        let refused = (0..40).map(|n| served.register(&format!("87{round}{n:03}")).unwrap()).find(|answer| answer.status >= 300);
        let refused = refused.expect("a full disk refuses");
        assert_eq!((refused.status, refused.json()["code"].as_str()), (507, Some("disk_full")), "{}", refused.body);
        assert_eq!(served.health()["status"], "ok");
        fillers.iter().for_each(|filler| fs::remove_file(filler).unwrap());
        let all = served.serials().len();
        assert!(served.register(&format!("87{round}last")).unwrap().status < 300, "there is room again");
        assert_eq!(served.serials().len(), all + 1);
        served.stop();
        served.again(); // With room: it is kept again.
        assert!(!served.said().contains("DISK FULL") && data.join("room").exists());
    }
    let all = served.serials();
    served.stop();
    fs::remove_file(data.join("room")).unwrap();
    fill(&disk.join("filler"));
    let (code, said) = run("muster", &["serve", "--config", place.at("muster.toml").to_str().unwrap()]);
    let sentence = format!("the disk that holds {} is full", data.display());
    assert!(code == 2 && said.contains(&sentence) && said.contains("Make room"), "{code}: {said}");
    fs::remove_file(disk.join("filler")).unwrap();
    served.again();
    assert_eq!(served.serials(), all, "nothing is lost");
    served.stop();
    let (code, said) = run("muster", &["verify", data.to_str().unwrap()]);
    assert_eq!(code, 0, "{said}");
    small.unmount().unwrap();
}

fn traced(data: &Path, file: &str, inject: &str) -> Vec<String> {
    let call = inject.split(':').next().unwrap();
    let words = [
        "-f",
        "-qqq",
        "--seccomp-bpf",
        "-o",
        "/dev/null",
        "-e",
        &format!("trace={call}"),
        "-e",
        &format!("inject={inject}"),
        "-P",
    ];
    words.iter().map(|word| (*word).to_owned()).chain([data.join(file).display().to_string()]).collect()
}

/// Whether calls can be traced here; if not, says so.
fn traceable() -> bool {
    let tried = rig::call("strace", &["-f", "-o", "/dev/null", "true"]);
    if let Err(why) = &tried {
        println!("\nSKIPPED: failing calls of the service: {why}");
    }
    tried.is_ok()
}

/// One flush of the served log fails: from there on nothing is taken, everything can be read, health says so;
/// and after a restart all that was acknowledged is there, once.
fn halts(file: &str, call: &str, nth: u64) {
    let place = Place::new("halt");
    let data = place.at("data");
    let mut served = Served::start(&place.at("muster.toml"), &data, &[]);
    served.found();
    served.take_token();
    served.stop();
    let mut acknowledged = Vec::new();
    let site = served.site.clone();
    let first = served.first.token.clone().unwrap();
    let mut served =
        Served::start(&place.at("muster.toml"), &data, &traced(&data, file, &format!("{call}:error=EIO:when={nth}")));
    (served.site, served.first) = (site, served.first.with(&first));
    served.ready();
    let mut refused = 0;
    for n in 0..60 {
        let serial = format!("90{n:03}");
        let answer = served.register(&serial).unwrap();
        if answer.status < 300 {
            assert_eq!(refused, 0, "acknowledged after a failed flush: {}", answer.body);
            acknowledged.push(serial);
        } else {
            assert_eq!((answer.status, answer.json()["code"].as_str()), (503, Some("log_read_only")), "{}", answer.body);
            refused += 1;
            let again = served.register(&serial).unwrap();
            assert_eq!(again.status, 503, "a retry reports success: {}", again.body);
        }
        if refused == 3 {
            break;
        }
    }
    assert_eq!(refused, 3, "{call} of {file}, number {nth}, was never made");
    assert_eq!(served.health()["status"], "read_only");
    assert!(acknowledged.iter().all(|serial| served.serials().contains(serial)), "reading goes on");
    served.kill();
    served.again();
    assert_eq!(served.health()["status"], "ok");
    for n in 0..acknowledged.len() + 3 {
        let again = served.register(&format!("90{n:03}")).unwrap();
        assert!(again.status < 300, "the same request again: {}", again.body);
    }
    assert_eq!(served.serials().len(), acknowledged.len() + 3, "all of it, once");
    served.stop();
    let (code, said) = run("muster", &["verify", data.to_str().unwrap()]);
    assert_eq!(code, 0, "{said}");
}

#[test]
fn a_failed_flush_halts_the_service() {
    if !traceable() {
        return;
    }
    let runs = setting("MUSTER_FAULT_SERVED", 3);
    for nth in 0..runs {
        let (file, call) = if nth % 2 == 0 { ("anchor", "fdatasync") } else { ("log.sqlite-wal", "fsync") };
        halts(file, call, 2 + nth / 2 * 3);
    }
    println!("\nevidence: fault-calls {runs} 0");
}

/// A disk that takes three seconds for a flush: whoever reads does not wait for whoever writes.
#[test]
fn a_slow_disk_keeps_nobody_from_reading() {
    if !traceable() {
        return;
    }
    let place = Place::new("slow");
    let data = place.at("data");
    let mut served = Served::start(&place.at("muster.toml"), &data, &[]);
    served.found();
    served.take_token();
    served.stop();
    let (site, token) = (served.site.clone(), served.first.token.clone().unwrap());
    let slow = traced(&data, "anchor", "fdatasync:delay_exit=3000000");
    let mut served = Served::start(&place.at("muster.toml"), &data, &slow);
    (served.site, served.first) = (site, served.first.with(&token));
    served.ready();
    let (writing, mut read) = (AtomicBool::new(true), 0);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let answer = served.register("91001").unwrap();
            writing.store(false, Ordering::SeqCst);
            answer
        });
        while writing.load(Ordering::SeqCst) {
            served.serials();
            if writing.load(Ordering::SeqCst) {
                read += 1;
            }
        }
        let answer = writer.join().unwrap();
        assert!(answer.status < 300, "{}", answer.body);
    });
    served.kill(); // the tracer would let it end only slowly
    assert!(read >= 3, "{read} reads were answered while one write waited for the disk");
}
