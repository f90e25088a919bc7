//! The table against the real service; then bodies that do not end, and one batch a hundred times at once.

use std::collections::BTreeMap;
use std::net::Shutdown;
use std::process::Command;

use serde_json::json;

use crate::gateway::{Gateway, begin, bytes, notice, post};
use crate::house::House;
use crate::program::{finish, run, wait_for};
use crate::table::{CASES, Case, Ground, Log, Sent};

/// The most memory that the service may have used, whatever was sent.
const MEMORY_KIB: u64 = 512 * 1024;

fn found(house: &House) -> Ground {
    let [honest, other] = [21, 22].map(|seed| Gateway::enrolled(seed, house));
    let said: Vec<String> = (0..3).map(|n| notice(&format!("r{n}"))).collect();
    let taken = bytes(&honest.batch("boot", 0, &said));
    let reply = post(&house.first.address, &honest.path(), "", &taken).unwrap();
    assert_eq!(reply.status, 200, "{reply:?}");
    Ground { honest, other, stranger: Gateway::new(23), next: 3, taken, said }
}

/// The log's size, and the honest gateway's next sequence once the views have seen all of it.
fn standing(house: &House, ground: &Ground) -> (u64, u64) {
    let size = house.first.get("/api/v1/log")["size"].as_u64().unwrap();
    let path = format!("/api/v1/gateways/{}?after={size}", ground.honest.id());
    (size, house.first.get(&path)["next"].as_u64().unwrap())
}

/// Events behind a position that no rule made: alerts follow in their own time.
fn told_since(house: &House, position: u64) -> u64 {
    let (mut from, mut told) = (position + 1, 0);
    loop {
        let page = house.first.get(&format!("/api/v1/log/events?limit=500&from={from}"));
        let rows = page["rows"].as_array().unwrap();
        told += rows.iter().filter(|event| event["type"] != "AlertRaised").count() as u64;
        match page["next"].as_u64() {
            Some(next) => from = next,
            None => return told,
        }
    }
}

fn ask(house: &House, sent: &Sent) -> Option<crate::gateway::Reply> {
    post(&house.first.address, &sent.path, sent.headers, &sent.body)
}

/// One row; what is wrong, if anything is.
fn check(house: &House, ground: &Ground, case: &Case) -> Result<(), String> {
    let before = standing(house, ground);
    match ask(house, &(case.make)(ground)) {
        Some(reply) if (reply.status, reply.code()) == (case.status, case.code) => {}
        Some(reply) => return Err(format!("{} {} instead of {} {:?}", reply.status, reply.json, case.status, case.code)),
        None if case.status == 413 => {} // Cut off in the middle of too much: refused all the same.
        None => return Err("no answer came".to_owned()),
    }
    let (more, moved) = (told_since(house, before.0), standing(house, ground).1 - before.1);
    let right = match case.log {
        Log::Still => (more, moved) == (0, 0),
        Log::Told => (more, moved) == (1, 0),
        Log::Taken(items) => (more, moved) == (items + 1, items),
    };
    if right { Ok(()) } else { Err(format!("{more} events and {moved} items more; {:?} is right", case.log)) }
}

/// The honest gateway goes on, whatever came before.
fn honest_batch(house: &House, ground: &mut Ground, name: &str) -> Result<(), String> {
    let (_, next) = standing(house, ground);
    let batch = bytes(&ground.honest.batch("boot", next, &[notice("honest")]));
    let reply = post(&house.first.address, &ground.honest.path(), "", &batch).ok_or("nobody answers the honest gateway")?;
    ground.next = next + 1;
    let taken = reply.status == 200 && reply.json["next"] == ground.next;
    if taken { Ok(()) } else { Err(format!("the honest gateway behind {name:?}: {} {}", reply.status, reply.json)) }
}

/// The most memory that the service of this folder ever used, in KiB.
fn memory(house: &House) -> u64 {
    let folder = house.folder.display().to_string();
    let processes = std::fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
    let ours = processes.filter(|path| {
        let line = std::fs::read(path.join("cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains(&folder)
    });
    let peak =
        |status: String| status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().split(' ').next()?.parse().ok());
    ours.filter_map(|path| peak(std::fs::read_to_string(path.join("status")).ok()?)).max().unwrap_or(u64::MAX)
}

#[test]
fn every_hostile_batch_of_the_table() {
    let mut house = House::found("hostile");
    let mut ground = found(&house);
    let (mut broken, mut sent) = (Vec::new(), 0_u64);
    for case in CASES {
        sent += 1;
        ground.next = standing(&house, &ground).1;
        let said = check(&house, &ground, case).and_then(|()| honest_batch(&house, &mut ground, case.name));
        broken.extend(said.err().map(|why| format!("{}: {why}", case.name)));
    }
    sent += bodies_without_an_end(&house, &mut ground, &mut broken);
    sent += a_hundred_at_once(&house, &ground, &mut broken);
    let peak = memory(&house);
    broken.extend((peak > MEMORY_KIB).then(|| format!("the service used {peak} KiB")));
    let officer = house.person("1009", "security_officer");
    wait_for("a security officer to be told of the contradictions", || {
        let alerts = officer.get("/api/v1/alerts");
        alerts["rows"].as_array().unwrap().iter().any(|line| line["rule"] == "one_key_twice").then_some(())
    });
    house.stop();
    let (code, words) = run("muster", &["verify", &house.data()]);
    broken.extend((code != 0).then(|| format!("verify: {words}")));
    let mut command = Command::new("python3");
    command.arg(muster_tests::root().join("tests/verify.py")).arg(house.folder.file("data/log.sqlite"));
    let (code, words) = finish(command);
    broken.extend((code != 0).then(|| format!("verify.py: {words}")));
    println!("the service used {peak} KiB at most");
    println!("evidence: hostile-batches {sent} {}", broken.len());
    assert!(broken.is_empty(), "broken:\n  {}", broken.join("\n  "));
}

/// Bodies that come byte by byte, or break off in the middle: nobody waits for them.
fn bodies_without_an_end(house: &House, ground: &mut Ground, broken: &mut Vec<String>) -> u64 {
    let before = standing(house, ground);
    let batch = bytes(&ground.honest.batch("boot", before.1, &[notice("cut")]));
    let half = &batch[..batch.len() / 2];
    let start = || begin(&house.first.address, &ground.honest.path(), "", batch.len(), half);
    let slow: Vec<_> = (0..60).filter_map(|_| start()).collect();
    let cut: Vec<_> = (0..60).filter_map(|_| start()).collect();
    broken.extend((slow.len() + cut.len() < 120).then(|| "not every connection was taken".to_owned()));
    cut.iter().for_each(|stream| drop(stream.shutdown(Shutdown::Both)));
    drop(cut);
    broken.extend((told_since(house, before.0) != 0).then(|| "half a batch moved the log".to_owned()));
    broken.extend(honest_batch(house, ground, "bodies without an end").err());
    drop(slow);
    broken.extend(honest_batch(house, ground, "bodies cut off").err());
    120
}

/// The same batch a hundred times at the same moment: in the book once.
fn a_hundred_at_once(house: &House, ground: &Ground, broken: &mut Vec<String>) -> u64 {
    let before = standing(house, ground);
    let batch = bytes(&ground.honest.batch("boot", before.1, &[notice("once"), notice("only")]));
    let (address, path) = (house.first.address.clone(), ground.honest.path());
    let statuses: Vec<Option<u16>> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..100).map(|_| scope.spawn(|| post(&address, &path, "", &batch).map(|reply| reply.status))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let mut counts = BTreeMap::new();
    statuses.iter().for_each(|status| *counts.entry(*status).or_insert(0) += 1);
    let fits = counts.keys().all(|status| matches!(status, Some(200 | 503))) && counts.contains_key(&Some(200));
    broken.extend((!fits).then(|| format!("a hundred at once: {counts:?}")));
    let more = (told_since(house, before.0), standing(house, ground).1 - before.1);
    broken.extend((more != (3, 2)).then(|| format!("a hundred at once: {more:?} events and items instead of 3 and 2")));
    100
}

/// A stranger who knows the gateway's key id cannot use up what the gateway may send.
#[test]
fn a_key_id_alone_opens_nothing() {
    let house = House::found("hostile-key");
    let ground = found(&house);
    for act in ["propose", "enrol", "revoke"] {
        let path = format!("/api/v1/gateways/{}/{act}", ground.honest.id());
        let reply = post(&house.first.address, &path, "", json!({"because": "x"}).to_string().as_bytes()).unwrap();
        assert_eq!(reply.status, 401, "{act}: {reply:?}");
    }
}
