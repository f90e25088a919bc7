//! Chance that can be repeated: everything random here follows from one number. And how a run is counted.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// A generator (SplitMix64); the same seed draws the same numbers.
#[derive(Clone, Debug)]
pub struct Chance(u64);

/// The run's seed: `MUSTER_SEED`, or the clock's; told on standard output.
pub fn seed(what: &str) -> u64 {
    let clock = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros() as u64 % 1_000_000_000;
    let seed = number("MUSTER_SEED").unwrap_or_else(clock);
    println!("{what}: MUSTER_SEED={seed}");
    seed
}

/// A number from the environment.
pub fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable}={text:?} is no number")))
}

/// How many of all deaths are the gateway's.
pub fn of_the_gateway(all: usize) -> usize {
    all * 34 / 100
}

/// The service dies for the rest, but for those while a book is founded, which are always tried.
pub fn of_the_service(all: usize) -> usize {
    all.saturating_sub(of_the_gateway(all) + crate::steps::FOUNDING.len())
}

impl Chance {
    /// Chance of a seed and of what it is for.
    pub fn new(seed: u64, what: u64) -> Self {
        let mut chance = Self(seed ^ what.wrapping_mul(0xd6e8_feb8_6659_fd93));
        chance.next();
        chance
    }

    /// Any number.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    /// True in so many of a hundred.
    pub fn percent(&mut self, often: u64) -> bool {
        self.below(100) < often
    }

    /// One of these.
    pub fn one_of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u64) as usize].clone()
    }
}

/// Tells everybody at work to stop when it goes, also when a life goes wrong.
pub struct Ends<'a>(pub &'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Counts deaths and tells the total at the end, also when a life goes wrong.
pub struct Tally {
    word: &'static str,
    died: usize,
    dying: String,
}

impl Tally {
    /// Counts under one of the words of the evidence.
    pub fn of(word: &'static str) -> Self {
        Self { word, died: 0, dying: String::new() }
    }

    /// This is tried now.
    pub fn at(&mut self, dying: String) {
        self.dying = dying;
    }

    /// So many deaths went well.
    pub fn add(&mut self, deaths: usize) {
        self.died += deaths;
    }

    /// All went well.
    pub fn told(self) {
        println!("evidence: {} {} 0", self.word, self.died);
    }
}

impl Drop for Tally {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("it went wrong at {}\nevidence: {} {} 1", self.dying, self.word, self.died + 1);
        }
    }
}
