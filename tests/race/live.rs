//! The live feed under load: a thousand listeners hear everything in order; who reads nothing is dropped
//! and can resume; who may not hear a place does not; who is signed out is cut off, however busy it is.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

use serde_json::json;

use crate::ears::{Ear, within};
use crate::house::{House, weapon};
use crate::program::wait_for;
use crate::rounds::number;
use crate::web::Web;

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// As many open files as a thousand connections take, for us and for the programs we start.
fn open_files(wanted: usize) {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
    let limit = limits.lines().find_map(|line| line.strip_prefix("Max open files")).unwrap();
    let now: usize = limit.split_whitespace().next().unwrap().parse().unwrap_or(usize::MAX);
    if now >= wanted {
        return;
    }
    let limit = format!("--nofile={wanted}:");
    let raised = Command::new("prlimit").args(["--pid", &std::process::id().to_string(), &limit]).status().unwrap();
    assert!(raised.success(), "this system does not let us open {wanted} files");
}

/// Enters weapons with these serials by so many writers; milliseconds of each, in no order.
fn enter(who: &Web, place: &str, serials: &[String], writers: usize) -> Vec<f64> {
    let next = AtomicUsize::new(0);
    let write = || {
        let mut took = Vec::new();
        while let Some(serial) = serials.get(next.fetch_add(1, Ordering::SeqCst)) {
            let start = Instant::now();
            who.post("/api/v1/weapons", &weapon(serial, place));
            took.push(start.elapsed().as_secs_f64() * 1000.0);
        }
        took
    };
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..writers).map(|_| scope.spawn(write)).collect();
        writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect()
    })
}

fn serials(name: &str, many: usize) -> Vec<String> {
    (0..many).map(|n| format!("{name}{n}")).collect()
}

fn size(house: &House) -> u64 {
    house.first.get("/api/v1/log")["size"].as_u64().unwrap()
}

fn feeds(house: &House) -> usize {
    let metrics = Web::at(house.first.address.as_str()).ask("GET", "/metrics", None).unwrap().body;
    let line = metrics.lines().find_map(|line| line.strip_prefix("muster_live_feeds ")).unwrap();
    line.parse().unwrap()
}

fn resident_mib(house: &House) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", house.process())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().split(' ').next().unwrap().parse::<usize>().unwrap() / 1024
}

fn median(mut took: Vec<f64>) -> f64 {
    took.sort_by(f64::total_cmp);
    took[took.len() / 2]
}

#[test]
fn a_thousand_hear_everything_in_order() {
    let listeners = number("MUSTER_LIVE_CLIENTS", 1000);
    open_files(listeners * 2 + 500);
    let house = House::found_with("live", &format!("live_feeds = {listeners}\nlive_feeds_a_person = {listeners}"));
    let (runtime, start) = (runtime(), size(&house));
    let mut ears: Vec<Ear> = runtime.block_on(within("all to listen", async {
        let mut ears = Vec::new();
        for _ in 0..listeners {
            ears.push(Ear::open(&house.first, None, false).await);
        }
        ears
    }));
    assert_eq!(feeds(&house), listeners);
    let one_more = house.first.ask("GET", "/api/v1/live", None).unwrap();
    assert_eq!((one_more.status, one_more.json()["code"].as_str()), (503, Some("too_many_feeds")), "{}", one_more.body);

    enter(&house.first, &house.site, &serials("A", 60), 8);
    let end = size(&house);
    let want: Vec<u64> = (start + 1..=end).collect();
    runtime.block_on(within("all to hear all", async {
        for ear in &mut ears {
            ear.until(|heard| heard.last() == Some(&end)).await;
        }
    }));
    for (n, ear) in ears.iter().enumerate() {
        assert_eq!(ear.heard, want, "listener {n} heard otherwise, ended: {}", ear.ended);
    }
    let resident = resident_mib(&house);
    assert!(resident < 300, "{resident} MiB for {listeners} listeners");
    drop(ears);
    wait_for("nobody to listen", || (feeds(&house) == 0).then_some(()));
}

#[test]
fn who_reads_nothing_is_dropped_and_slows_nobody() {
    const STALLED: usize = 40;
    const EVENTS: usize = 1200;
    open_files(4000);
    let house = House::found_with("stalled", "stalled_seconds = 2");
    let (runtime, start) = (runtime(), size(&house));
    let open = |many: usize, small: bool| {
        runtime.block_on(within("them to listen", async {
            let mut ears = Vec::new();
            for _ in 0..many {
                ears.push(Ear::open(&house.first, None, small).await);
            }
            ears
        }))
    };
    let end = Arc::new(AtomicU64::new(u64::MAX));
    let reading: Vec<_> = open(10, false)
        .into_iter()
        .map(|mut ear| {
            let end = Arc::clone(&end);
            runtime.spawn(async move {
                ear.until(|heard| heard.last() >= Some(&end.load(Ordering::SeqCst))).await;
                ear
            })
        })
        .collect();
    let alone = median(enter(&house.first, &house.site, &serials("N", 100), 1));
    let mut stalled = open(STALLED, true);
    let behind = size(&house);
    enter(&house.first, &house.site, &serials("S", EVENTS), 16);
    let beside = median(enter(&house.first, &house.site, &serials("M", 100), 1));
    let last = size(&house);
    println!("one entry: {alone:.1} ms, beside {STALLED} who read nothing {beside:.1} ms");
    assert!(beside < alone * 10.0 + 50.0, "writers wait for who does not read: {alone:.1} ms became {beside:.1} ms");
    wait_for("those who read nothing to be dropped", || (feeds(&house) == reading.len()).then_some(()));

    end.store(last + 1, Ordering::SeqCst); // One more, so that whoever waits looks again.
    house.first.post("/api/v1/weapons", &weapon("LAST", &house.site));
    let end = last + 1;
    let (all, missed): (Vec<u64>, Vec<u64>) = ((start + 1..=end).collect(), (behind + 1..=end).collect());
    runtime.block_on(within("those who read to hear all", async {
        for ear in reading {
            assert_eq!(ear.await.unwrap().heard, all, "a reader missed something because others did not read");
        }
        for ear in &mut stalled {
            ear.until(|_| false).await; // What had reached it, then the cut.
            let last = ear.heard.last().copied().unwrap_or(behind);
            assert!(ear.ended && last < end, "it heard all and was no case of this");
            let mut again = Ear::open(&house.first, Some(last), false).await;
            again.until(|heard| heard.last() == Some(&end)).await;
            ear.heard.extend(again.heard);
            assert_eq!(ear.heard, missed, "resumed with a gap or a repeat at {last}");
        }
    }));
    let resident = resident_mib(&house);
    assert!(resident < 300, "{resident} MiB");
}

#[test]
fn only_ones_own_place_and_resumed_the_same() {
    let house = House::found("scopes");
    let room = |name: &str| {
        let body = json!({"kind": "room", "name": name, "within": house.site});
        house.first.post("/api/v1/places", &body)["id"].as_str().unwrap().to_owned()
    };
    let (east, west) = (room("East"), room("West"));
    let guard = [house.person_in("8001", "custodian", Some(&east)), house.person_in("8002", "custodian", Some(&west))];
    let (runtime, start) = (runtime(), size(&house));
    let mut ears: Vec<Ear> = runtime.block_on(async {
        let mut ears = Vec::new();
        for who in [&guard[0], &guard[1], &house.first] {
            ears.push(Ear::open(who, None, false).await);
        }
        ears
    });
    let (mut only_east, mut only_west) = (Vec::new(), Vec::new());
    let position = |done: serde_json::Value| done["position"].as_u64().unwrap();
    for n in 0..6 {
        // Entered in the east and issued there, handed in in the west, moved about there.
        let made = house.first.post("/api/v1/weapons", &weapon(&format!("Z{n}"), &east));
        let path = format!("/api/v1/weapons/{}", made["id"].as_str().unwrap());
        only_east.push(position(made));
        let issue = json!({"to": "70001", "purpose": null, "due": null, "acknowledgement": "wet_ink"});
        only_east.push(position(house.first.post(&format!("{path}/issue"), &issue)));
        house.first.post(&format!("{path}/return"), &json!({"from": "70001", "place": west}));
        let assign = json!({"to": "70002"});
        only_west.push(position(house.first.post(&format!("{path}/assign"), &assign)));
        let send = json!({"kind": "maintenance", "receiver": "Workshop", "document": format!("D{n}"), "due": null});
        only_west.push(position(house.first.post(&format!("{path}/elsewhere"), &send)));
        if n % 2 == 0 {
            house.first.post(&format!("{path}/return"), &json!({"from": null, "place": east}));
        }
    }
    // The last word is told to all three.
    house.first.post(&format!("/api/v1/places/{}/rename", house.site), &json!({"name": "Camp Renamed"}));
    for who in &guard {
        let mine = who.get("/api/v1/places")["rows"][0]["place"].as_str().unwrap().to_owned();
        house.first.post(&format!("/api/v1/places/{mine}/rename"), &json!({"name": "Renamed"}));
    }
    let end = size(&house);
    runtime.block_on(within("them to hear it", async {
        let lasts = [end - 1, end, end];
        for (ear, last) in ears.iter_mut().zip(lasts) {
            ear.until(|heard| heard.last() == Some(&last)).await;
        }
        for (n, (who, last)) in [&guard[0], &guard[1], &house.first].into_iter().zip(lasts).enumerate() {
            for from in start..last {
                let mut again = Ear::open(who, Some(from), false).await;
                again.until(|heard| heard.last() == Some(&last)).await;
                let want: Vec<u64> = ears[n].heard.iter().copied().filter(|at| *at > from).collect();
                assert_eq!(again.heard, want, "listener {n}, resumed after {from}");
            }
        }
    }));
    assert_eq!(ears[2].heard, (start + 1..=end).collect::<Vec<_>>(), "who sees everything hears everything");
    for (ear, mine, others) in [(&ears[0], &only_east, &only_west), (&ears[1], &only_west, &only_east)] {
        assert!(mine.iter().all(|at| ear.heard.contains(at)), "he did not hear his own place: {mine:?} of {:?}", ear.heard);
        assert!(!others.iter().any(|at| ear.heard.contains(at)), "he heard another's place: {others:?} of {:?}", ear.heard);
    }
}

#[test]
fn signed_out_is_cut_off_however_busy_it_is() {
    let house = House::found("cut");
    let (gone, less) = (house.person("8001", "custodian"), house.person("8002", "custodian"));
    let grant = house.first.get("/api/v1/people/8002")["grants"][0]["request"].clone();
    let runtime = runtime();
    let (mut ear, mut other) =
        runtime.block_on(async { (Ear::open(&gone, None, false).await, Ear::open(&less, None, false).await) });
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let (house, over) = (&house, &over);
            scope.spawn(move || {
                for n in 0.. {
                    if over.load(Ordering::SeqCst) {
                        return;
                    }
                    house.first.post("/api/v1/weapons", &weapon(&format!("X{writer}-{n}"), &house.site));
                }
            });
        }
        let stopped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            runtime.block_on(within("both to hear something", async {
                ear.until(|heard| heard.len() > 20).await;
                other.until(|heard| heard.len() > 20).await;
            }));
            assert!(!ear.ended && !other.ended);
            let token = gone.get("/api/v1/me/tokens")[0]["id"].as_str().unwrap().to_owned();
            let dropped = gone.ask("DELETE", &format!("/api/v1/me/tokens/{token}"), None).unwrap();
            assert_eq!(dropped.status, 204, "{}", dropped.body);
            house.first.post("/api/v1/people/8002/grants/revoke", &json!({"request": grant}));
            let taken = size(&house);
            // Each within a bound that counts what happened meanwhile, not seconds: the feed is looked at
            // every second, so it ends while the writers still write.
            runtime.block_on(within("the one who is signed out to be cut off", ear.until(|_| false)));
            assert!(ear.ended);
            taken
        }));
        let told = size(&house);
        over.store(true, Ordering::SeqCst);
        let taken = stopped.unwrap();
        assert!(told > taken, "nothing happened meanwhile, so nothing is shown");
    });
    // Who lost his right in all places hears nothing more of any; the feed itself stays open.
    let end = size(&house);
    house.first.post("/api/v1/weapons", &weapon("LAST", &house.site));
    let last = other.heard.last().copied().unwrap();
    let quiet = runtime.block_on(async {
        tokio::time::timeout(std::time::Duration::from_secs(4), other.until(|heard| heard.last() > Some(&end))).await
    });
    assert!(quiet.is_err() && !other.ended && last <= end, "he still hears what he has no right to: {:?}", other.heard.last());
}
