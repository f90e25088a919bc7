//! Playing worlds: many, one in words, the kept cases, one twice, one with its clocks shifted.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::clock::{self, quiet_cuts};
use crate::faults::Faults;
use crate::promise::Broken;
use crate::tally::{self, Tally};
use crate::world::{Plan, World};

/// Steps of a world unless something else is asked for.
const STEPS: usize = 160;
/// Worlds of a run unless something else is asked for.
const SEEDS: u64 = 60;
/// Lines of history that are shown of a world that broke.
const SHOWN: usize = 30;

fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(usual)
}

fn plan(seed: u64) -> Plan {
    let without = std::env::var("MUSTER_WITHOUT").unwrap_or_default();
    let without = without.split(',').filter(|word| !word.is_empty()).map(str::to_owned).collect();
    let steps = usize::try_from(number("MUSTER_STEPS", STEPS as u64)).unwrap_or(STEPS);
    Plan { seed, steps, without, shift: 0, people_only: false }
}

/// What came of a world.
struct Played {
    /// How it ended.
    end: Result<(), Broken>,
    /// What happened.
    history: Vec<String>,
    /// Each post's log and views, to be held against another run's.
    marks: Vec<String>,
    /// Each post's stock: state and place of every weapon.
    stock: Vec<BTreeMap<String, (String, String)>>,
    /// How often each kind of event happened, all posts together; findings by their rule.
    kinds: Tally,
    /// How often each rare path was gone.
    seen: Tally,
}

impl Played {
    fn broken(end: Broken, history: Vec<String>) -> Self {
        Self { end: Err(end), history, marks: Vec::new(), stock: Vec::new(), kinds: Tally::new(), seen: Tally::new() }
    }
}

fn play(plan: &Plan) -> Played {
    quiet_cuts();
    let mut history = Vec::new();
    let played = catch_unwind(AssertUnwindSafe(|| {
        let mut world = World::new(plan);
        let end = catch_unwind(AssertUnwindSafe(|| world.play()));
        history = std::mem::take(&mut world.history);
        let end = end.unwrap_or_else(|cause| Err(panicked(cause.as_ref())));
        let mark = |post: &crate::post::Post| {
            let views = post.app().map(|app| hex::encode(app.views().digest())).unwrap_or_default();
            let head = post.log.head();
            format!("{} {} {} {views}", post.name, head.size, hex::encode(head.root))
        };
        let stock = |post: &crate::post::Post| {
            let rifles = post.book.rifles.iter();
            rifles.map(|(id, rifle)| (id.clone(), (rifle.state.clone(), rifle.place.clone()))).collect()
        };
        if let Ok(word) = std::env::var("MUSTER_LINES") {
            for post in &world.posts {
                let lines = post.book.lines.iter().map(|line| format!("{}: {} <- {}", post.name, line.told(), line.cause()));
                lines.filter(|line| line.contains(&word)).for_each(|line| println!("{line}"));
            }
        }
        let mut kinds = Tally::new();
        for line in world.posts.iter().flat_map(|post| &post.book.lines) {
            let kind = if line.kind == "AlertRaised" { format!("finding {}", line.text("rule")) } else { line.kind.clone() };
            *kinds.entry(kind).or_default() += 1;
        }
        (end, world.posts.iter().map(mark).collect(), world.posts.iter().map(stock).collect(), kinds)
    }));
    clock::end();
    let seen = tally::taken();
    match played {
        Ok((end, marks, stock, kinds)) => Played { end, history, marks, stock, kinds, seen },
        Err(cause) => Played::broken(panicked(cause.as_ref()), history),
    }
}

fn panicked(cause: &(dyn std::any::Any + Send)) -> Broken {
    let words = cause.downcast_ref::<String>().cloned().or_else(|| cause.downcast_ref::<&str>().map(|text| (*text).to_owned()));
    Broken { promise: "nothing in the house panics", seen: words.unwrap_or_else(|| "it panicked".to_owned()) }
}

/// The failure in words, with the faults it needs and the command that repeats it.
fn told(plan: &Plan, played: &Played) -> Option<String> {
    let Err(broken) = &played.end else { return None };
    let mut without = plan.without.clone();
    for fault in Faults::WORDS {
        let fewer = Plan { without: [without.clone(), vec![(*fault).to_owned()]].concat(), ..plan.clone() };
        if play(&fewer).end.as_ref().is_err_and(|other| other.promise == broken.promise) {
            without = fewer.without;
        }
    }
    let least = Plan { without, ..plan.clone() };
    let shown = play(&least);
    let lines: Vec<&str> = shown.history.iter().rev().take(SHOWN).map(String::as_str).collect();
    let lines: Vec<String> = lines.into_iter().rev().map(|line| format!("    {line}")).collect();
    let (promise, seen) = shown.end.err().map_or((broken.promise, broken.seen.clone()), |end| (end.promise, end.seen));
    Some(format!(
        "seed {} breaks: {promise}\n  {seen}\n  faults switched off that it does not need: {}\n{}\n  again: MUSTER_SEED={} MUSTER_STEPS={} \
         MUSTER_WITHOUT={} cargo test -p muster-tests --test sim -- --nocapture",
        plan.seed,
        least.without.join(" "),
        lines.join("\n"),
        plan.seed,
        plan.steps,
        least.without.join(","),
    ))
}

#[test]
fn worlds() {
    if let Ok(seed) = std::env::var("MUSTER_SEED") {
        let plan = plan(seed.trim().parse().expect("MUSTER_SEED is a number"));
        let played = play(&plan);
        played.history.iter().for_each(|line| println!("{line}"));
        played.marks.iter().for_each(|mark| println!("{mark}"));
        let broken = played.end.map_err(|broken| format!("{}: {}", broken.promise, broken.seen));
        return assert_eq!(broken, Ok(()));
    }
    let (first, seeds) = (number("MUSTER_FIRST_SEED", 0), number("MUSTER_SEEDS", SEEDS));
    let (next, kinds, seen) = (AtomicU64::new(0), Mutex::new(Tally::new()), Mutex::new(Tally::new()));
    let failed: Mutex<BTreeMap<u64, String>> = Mutex::new(BTreeMap::new());
    let work = || {
        loop {
            let nth = next.fetch_add(1, Ordering::Relaxed);
            if nth >= seeds {
                return;
            }
            let played = play(&plan(first + nth));
            add(&kinds, played.kinds);
            add(&seen, played.seen);
            if let Err(broken) = played.end {
                failed.lock().unwrap().insert(first + nth, format!("{}: {}", broken.promise, broken.seen));
            }
        }
    };
    let threads = number("MUSTER_THREADS", 2);
    std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
    let failed = failed.into_inner().unwrap();
    let (kinds, mut seen) = (kinds.into_inner().unwrap(), seen.into_inner().unwrap());
    println!("{seeds} worlds, {} events: {}", kinds.values().sum::<u64>(), listed(&kinds));
    println!("on the way: {}", listed(&seen));
    seen.extend(kinds);
    let (totals, below) = tally::held(&seen, seeds);
    println!("paths with a floor: {}", totals.join(", "));
    println!("evidence: sim-seeds {seeds} {}", failed.len());
    failed.iter().take(30).for_each(|(seed, words)| println!("seed {seed}: {}", words.chars().take(400).collect::<String>()));
    let words: Vec<String> = failed.keys().take(2).filter_map(|seed| told(&plan(*seed), &play(&plan(*seed)))).collect();
    assert!(failed.is_empty(), "{} of {seeds} worlds broke a promise\n{}", failed.len(), words.join("\n\n"));
    assert!(below.is_empty(), "paths that were gone too seldom to test anything:\n{}", below.join("\n"));
}

fn add(all: &Mutex<Tally>, one: Tally) {
    let mut all = all.lock().unwrap();
    one.into_iter().for_each(|(what, times)| *all.entry(what).or_default() += times);
}

fn listed(tally: &Tally) -> String {
    let each: Vec<String> = tally.iter().map(|(what, times)| format!("{what} {times}")).collect();
    each.join(", ")
}

#[test]
fn cases_that_broke_once_hold() {
    let cases = include_str!("cases.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    for case in cases {
        let mut words = case.split_whitespace();
        let mut next = || words.next().and_then(|word| word.parse::<u64>().ok()).expect("a case begins with seed and steps");
        let plan = Plan { seed: next(), steps: usize::try_from(next()).unwrap(), ..plan(0) };
        let played = play(&plan);
        assert!(played.end.is_ok(), "{case}\n{}", told(&plan, &played).unwrap_or_default());
    }
}

#[test]
fn the_same_number_is_the_same_world() {
    for seed in [3, 4] {
        let (one, other) = (play(&plan(seed)), play(&plan(seed)));
        assert!(!one.marks.is_empty(), "seed {seed} was played");
        assert_eq!(one.marks, other.marks, "logs and views of seed {seed}");
        assert_eq!(one.history, other.history, "history of seed {seed}");
        assert_ne!(one.marks, play(&plan(seed + 100)).marks, "another number is another world");
    }
}

/// I20: what weapons are and where they stand hangs on no clock: every clock of a world of people is
/// shifted, or jumps about, and the stock is the same.
#[test]
fn the_stock_hangs_on_no_clock() {
    for seed in 0..number("MUSTER_SHIFTS", 6) {
        let people = Plan { people_only: true, without: vec!["jumps".to_owned(), "again".to_owned()], ..plan(seed) };
        let right = play(&people);
        for years in [-8, 19] {
            let shifted = play(&Plan { shift: years * 365 * 86_400_000_000, ..people.clone() });
            assert_eq!(right.stock, shifted.stock, "seed {seed}, {years} years");
        }
        assert!(right.kinds.values().sum::<u64>() > 100, "seed {seed}: {:?}", right.kinds);
    }
}
