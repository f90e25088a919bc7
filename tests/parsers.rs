//! Every parser that meets bytes from outside, over its corpus and some thousand cheap changes of it.
//!
//! The targets stand in `fuzz/targets`; the same run under libFuzzer by `tests/fuzz/run`. Changes are made
//! from a seed, so a failure can be made again; the failing bytes are printed and kept as a file for the
//! corpus. `MUSTER_FUZZ_CHANGES` and `MUSTER_FUZZ_SEED` say how many and which.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test that cannot go on must fail there, and say what it saw")]

#[path = "fuzz/changes.rs"]
mod changes;
#[path = "fuzz/seeds.rs"]
mod seeds;
#[path = "fuzz/targets/mod.rs"]
mod targets;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use changes::Changes;
use targets::{TARGETS, Target};

#[global_allocator]
static MEMORY: cap::Cap<std::alloc::System> = cap::Cap::new(std::alloc::System, usize::MAX);

/// One run that takes longer than this hangs, on any machine.
const HANGS: Duration = Duration::from_secs(60);
/// Files and bytes that a target's corpus may have.
const FILES_MAX: usize = 200;
const BYTES_MAX: u64 = 2 * 1024 * 1024;

/// One hunter at a time: what is allocated is counted for the whole process.
static ALONE: Mutex<()> = Mutex::new(());

fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).map_or(usual, |text| text.parse().unwrap_or_else(|_| panic!("{name} is a number, not {text:?}")))
}

/// One run; `Err` is what it said when it fell over.
fn run(target: &Target, data: &[u8]) -> Result<(), String> {
    let began = Instant::now();
    let fell = catch_unwind(AssertUnwindSafe(|| target.hunt(data, || MEMORY.total_allocated())));
    if let Err(panic) = fell {
        let words = panic.downcast_ref::<String>().cloned().or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
        return Err(words.unwrap_or_default());
    }
    if began.elapsed() > HANGS { Err("it took more than a minute".to_owned()) } else { Ok(()) }
}

/// Keeps the failing bytes where the next run and a person find them.
fn keep(target: &Target, data: &[u8], why: &str) -> String {
    let folder = muster_tests::root().join("target/tests/fuzz").join(target.name);
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join(format!("broken-{:016x}", changes::hash(data)));
    fs::write(&path, data).unwrap();
    format!("{}: {why}\n    {} bytes: {}", target.name, data.len(), path.display())
}

#[test]
fn every_parser_keeps_its_promises() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let (many, seed) = (number("MUSTER_FUZZ_CHANGES", 10_000), number("MUSTER_FUZZ_SEED", 1));
    let only = std::env::var("MUSTER_FUZZ_TARGET").ok();
    let (mut total, mut broken) = (0_u64, Vec::new());
    for target in TARGETS.iter().filter(|target| only.as_deref().is_none_or(|name| name == target.name)) {
        let (seeds, began) = (seeds::of(target), Instant::now());
        let mut changes = Changes::new(seed, &seeds, target.longest);
        let changed = (0..(many / target.dear).max(10)).map(|_| changes.next());
        let inputs = seeds.iter().cloned().chain(changed);
        let (mut runs, before) = (0_u64, broken.len());
        for data in inputs {
            runs += 1;
            if let Err(why) = run(target, &data) {
                broken.push(keep(target, &data, &why));
                if broken.len() - before >= 3 {
                    break; // More of the same say nothing new.
                }
            }
        }
        println!("{:16} {runs:7} runs, {} seeds, {} ms", target.name, seeds.len(), began.elapsed().as_millis());
        total += runs;
    }
    targets::book::clear_away();
    println!("evidence: fuzz-executions {total} {}", broken.len());
    assert!(broken.is_empty(), "broken promises (seed {seed}):\n{}", broken.join("\n"));
}

/// The hunters' own check: a target that falls over is noticed, and so is one that takes too much.
#[test]
fn a_broken_promise_is_noticed() {
    fn fragile(data: &[u8]) {
        assert!(!data.windows(2).any(|two| two == b"\x00\xff"), "two bytes in a row");
    }
    fn greedy(data: &[u8]) {
        drop(vec![1_u8; data.len() << 16]);
    }
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let usual = TARGETS[0];
    let seeds = [b"abc\x00def".to_vec(), b"gh\xffi".to_vec()];
    let mut changes = Changes::new(1, &seeds, 64);
    let fragile = Target { name: "fragile", run: fragile, ..usual };
    assert!((0..20_000).any(|_| run(&fragile, &changes.next()).is_err()), "twenty thousand changes do not find two bytes");
    let greedy = Target { name: "greedy", run: greedy, ..usual };
    assert!(run(&greedy, &[7; 64]).is_err(), "nobody minds four MiB for 64 bytes");
}

#[test]
fn the_corpus_is_small() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut bytes = 0;
    let folders = fs::read_dir(muster_tests::root().join("tests/fuzz/corpus")).unwrap();
    for folder in folders.map(|entry| entry.unwrap().path()) {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        assert!(TARGETS.iter().any(|target| target.name == name), "{name} is no target");
        let files: Vec<u64> = fs::read_dir(&folder).unwrap().map(|file| file.unwrap().metadata().unwrap().len()).collect();
        assert!(files.len() <= FILES_MAX, "{name} has {} files; {FILES_MAX} are allowed", files.len());
        bytes += files.iter().sum::<u64>();
    }
    assert!(bytes <= BYTES_MAX, "the corpus has {bytes} bytes; {BYTES_MAX} are allowed");
}

/// Writes every target's seeds as files for libFuzzer, where `MUSTER_FUZZ_SEEDS` names a folder.
#[test]
fn seeds_for_libfuzzer() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(folder) = std::env::var_os("MUSTER_FUZZ_SEEDS").map(PathBuf::from) else { return };
    for target in TARGETS {
        let folder = folder.join(target.name);
        fs::create_dir_all(&folder).unwrap();
        for seed in seeds::of(target) {
            fs::write(folder.join(format!("{:016x}", changes::hash(&seed))), &seed).unwrap();
        }
    }
    let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
    fs::write(folder.join("targets"), names.join("\n") + "\n").unwrap();
}
