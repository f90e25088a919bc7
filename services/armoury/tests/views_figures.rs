//! The figures of the views over a made-up armoury: memory, replay, trails, searches, as-of.
//! Nothing is asserted but that the answers are whole; run by hand, in release:
//! `cargo test -p armoury --release --test views_figures -- --ignored --nocapture`
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test that prints figures")]

use std::time::Instant;

use armoury::view::Views;
use armoury::view::bench::{self, Armoury};

fn resident_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or("VmRSS: 0");
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
}

/// Nanoseconds this thread has run: on a machine that others use, fairer than the wall clock.
fn processor_nanos() -> u64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    stat.split_whitespace().next().and_then(|nanos| nanos.parse().ok()).unwrap_or(0)
}

fn figures(weapons: u64, out: bool) {
    let begun = Instant::now();
    let clock = || u64::try_from(begun.elapsed().as_nanos()).unwrap();
    let before = resident_mib();
    let mut views = Views::new();
    let start = clock();
    Armoury { out, ..Armoury::of(weapons) }.facts().for_each(|fact| views.apply(&fact));
    let seconds = (clock() - start) as f64 / 1e9;
    let mib = |bytes: usize| bytes as f64 / 1_048_576.0;
    println!("{weapons} weapons, {} events: resident +{:.0} MiB", views.position, resident_mib() - before);
    println!(
        "  texts {:.0}  weapons {:.0}  presence {:.0}  trails {:.0}  feed {:.0} MiB",
        mib(views.texts.held_bytes()),
        mib(views.weapons.held_bytes()),
        mib(views.presence.held_bytes()),
        mib(views.trails.held_bytes()),
        mib(views.feed.as_ref().unwrap().held_bytes())
    );
    println!("  made and folded {:.2} M events/s", views.position as f64 / seconds / 1e6);
    let ms = |nanos: u64| nanos as f64 / 1e6;
    let show = |name: &str, all: &[u64]| {
        println!(
            "  {name}: p50 {:.3} ms  p95 {:.3} ms  p99 {:.3} ms",
            ms(bench::percentile(all, 50)),
            ms(bench::percentile(all, 95)),
            ms(bench::percentile(all, 99))
        );
    };
    show("trail", &bench::trails(&views, 1_000, &clock));
    show("search", &bench::searches(&views, 100, &clock));
    show("as of a position", &bench::as_of(&views, 50, &clock));
    assert_eq!(views.weapons.fixed.len() as u64, weapons);
}

#[test]
#[ignore = "prints figures; run by hand in release"]
fn a_hundred_thousand() {
    let facts: Vec<_> = Armoury { weapons: 100_000, tagged: true, issues: 3, sightings: 0, out: false }.facts().collect();
    let begun = Instant::now();
    let clock = || u64::try_from(begun.elapsed().as_nanos()).unwrap();
    for _ in 0..3 {
        let (wall, own) = (bench::replay(&facts, &clock), bench::replay(&facts, &processor_nanos));
        println!("replay of {} facts: {:.2} M events/s; of processor time {:.2} M", facts.len(), wall / 1e6, own / 1e6);
    }
    let folds = bench::folds(&facts, 5, &clock);
    println!("honest fold to a position: at most {:.0} ms", bench::percentile(&folds, 100) as f64 / 1e6);
    drop(facts);
    figures(100_000, false);
}

#[test]
#[ignore = "prints figures; run by hand in release"]
fn a_million() {
    figures(1_000_000, false);
}

#[test]
#[ignore = "prints figures; run by hand in release"]
fn a_million_all_out() {
    figures(1_000_000, true);
}
