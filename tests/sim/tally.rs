//! What rarely happens, counted: a world in which it never happens tests nothing of it.
//!
//! Each world counts for itself, on its own thread; the run adds them up. `floors.tsv` names the
//! paths that a run must have gone and how often in 500 worlds; a longer run is held to as many
//! times more, a shorter one prints its totals and is held to nothing.

use std::cell::RefCell;
use std::collections::BTreeMap;

/// How often each path was gone.
pub type Tally = BTreeMap<String, u64>;

/// Worlds for which the floors are given.
const WORLDS: u64 = 500;
const FLOORS: &str = include_str!("floors.tsv");

thread_local! {
    static SEEN: RefCell<Tally> = const { RefCell::new(Tally::new()) };
}

/// It happened.
pub fn saw(what: &str) {
    SEEN.with_borrow_mut(|seen| match seen.get_mut(what) {
        Some(times) => *times += 1,
        None => drop(seen.insert(what.to_owned(), 1)),
    });
}

/// It happened there.
pub fn saw_at(what: &str, at: &str) {
    saw(&format!("{what} {at}"));
}

/// What this thread's world went through; its next world begins anew.
pub fn taken() -> Tally {
    SEEN.take()
}

/// The floors: how often in 500 worlds, and which path.
fn floors() -> impl Iterator<Item = (u64, &'static str)> {
    let lines = FLOORS.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| {
        let (floor, path) = line.split_once('\t').expect("a floor is a number, a tab and a path");
        (floor.parse().expect("a floor is a number"), path)
    })
}

/// The totals of the paths that have a floor, and those that lie below it.
pub fn held(seen: &Tally, worlds: u64) -> (Vec<String>, Vec<String>) {
    let (mut totals, mut below) = (Vec::new(), Vec::new());
    for (floor, path) in floors() {
        let (times, floor) = (seen.get(path).copied().unwrap_or(0), floor * worlds / WORLDS);
        totals.push(format!("{path} {times}"));
        if worlds >= WORLDS && times < floor {
            below.push(format!("{path}: {times} times in {worlds} worlds; {floor} are asked for"));
        }
    }
    (totals, below)
}

#[test]
fn a_path_that_is_not_gone_is_told() {
    let all: Tally = floors().map(|(floor, path)| (path.to_owned(), floor)).collect();
    assert!(all.len() > 20 && all.values().all(|floor| *floor > 0), "{all:?}");
    assert_eq!(held(&all, WORLDS).1, Vec::<String>::new());
    let rarest = all.keys().next().cloned().unwrap_or_default();
    let less: Tally = all.into_iter().filter(|(path, _)| *path != rarest).collect();
    assert_eq!(held(&less, WORLDS).1.len(), 1, "{rarest} is missed");
    assert_eq!(held(&less, WORLDS - 1).1, Vec::<String>::new(), "a short run is held to nothing");
    assert!(!held(&less, 2 * WORLDS).1.is_empty());
}
