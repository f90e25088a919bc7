//! Figures of the views over a made-up armoury: replay, lists and searches, as-of, memory.

use std::time::Instant;

use armoury::event::Fact;
use armoury::view::Views;
use armoury::view::bench::{self, Armoury, serial};
use event_log::bench::Figure;

#[expect(clippy::cast_precision_loss, reason = "nanoseconds and counts far below 2^52")]
fn float(value: u64) -> f64 {
    value as f64
}

fn clock() -> impl Fn() -> u64 {
    let begun = Instant::now();
    move || u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

fn folded(armoury: Armoury) -> Views {
    let mut views = Views::new();
    armoury.facts().for_each(|fact| views.apply(&fact));
    views
}

/// Facts folded into fresh views, made beforehand; against looking at each fact once.
pub fn replay(weapons: u64) -> Figure {
    let facts: Vec<Fact> = Armoury { issues: 3, sightings: 0, ..Armoury::of(weapons) }.facts().collect();
    let rate = bench::replay(&facts, &clock());
    let start = Instant::now();
    std::hint::black_box(facts.iter().map(|fact| fact.stream.len() as u64 + fact.position).sum::<u64>());
    let bare = float(facts.len() as u64) / start.elapsed().as_secs_f64().max(1e-9);
    Figure::new("replay-rows.fold", rate, "events/s", "one look at each of the same facts, in memory", bare)
}

/// First pages by part of a serial, by pattern, by rack, by state and model, and whole; against a search
/// through the same serials as one text.
pub fn search(sizes: &[(&str, u64)]) -> Vec<Figure> {
    let one = |(name, weapons): &(&str, u64)| {
        let views = folded(Armoury { issues: 1, sightings: 0, ..Armoury::of(*weapons) });
        let times = bench::searches(&views, 200, &clock());
        let text: String = (0..*weapons).map(|n| serial(n) + "\n").collect();
        let start = Instant::now();
        std::hint::black_box(text.matches("4188").count());
        let bare = start.elapsed().as_secs_f64() * 1000.0;
        let p95 = float(bench::percentile(&times, 95)) / 1e6;
        Figure::new(&format!("search-{name}.p95"), p95, "ms", "the serials of all as one text, searched once", bare)
    };
    sizes.iter().map(one).collect()
}

/// The whole armoury as known at positions all over the log; against copying as many bytes.
pub fn as_of(weapons: u64) -> Vec<Figure> {
    let views = folded(Armoury { issues: 1, sightings: 0, ..Armoury::of(weapons) });
    let times = bench::as_of(&views, 100, &clock());
    let bytes = vec![7_u8; std::mem::size_of_val(views.weapons.states.as_slice())];
    let mut bare = Vec::new();
    for _ in 0..20 {
        let start = Instant::now();
        std::hint::black_box(std::hint::black_box(&bytes).clone());
        bare.push(start.elapsed().as_secs_f64() * 1000.0);
    }
    let bare = super::percentile(&mut bare, 50);
    let figure = |name: &str, percent: usize| {
        let value = float(bench::percentile(&times, percent)) / 1e6;
        Figure::new(name, value, "ms", "a copy of as many bytes, p50", bare)
    };
    vec![figure("as-of.p50", 50), figure("as-of.p99", 99)]
}

/// What the process grows by when the views hold the armoury, heard once each; in the end a quarter or all
/// of it out on issue. Against the bytes without which nothing could be answered. Only for a process that
/// has done nothing else.
pub fn memory(name: &str, weapons: u64, out: bool) -> Figure {
    let needed = (0..weapons).map(|n| 16 + 32 + serial(n).len() as u64 + 12 + 12).sum::<u64>();
    let before = resident_kib();
    let views = folded(Armoury { out, ..Armoury::of(weapons) });
    let held = resident_kib().saturating_sub(before);
    drop(std::hint::black_box(views));
    let words = "id, state, serial, EPC and chip of each, in bytes";
    Figure::new(name, float(held) / 1024.0, "MiB", words, float(needed) / 1_048_576.0)
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("0");
    line.split_whitespace().next().and_then(|kib| kib.parse().ok()).unwrap_or(0)
}
