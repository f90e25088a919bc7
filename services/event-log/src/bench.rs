//! How fast, and against what: every figure stands beside the bare limit of the same disk, taken in the
//! same run. For `muster bench`; never in a test, for no test may fail because a machine is slow.
//!
//! The bare limit of an append is a 4 KiB append to a growing file and one fdatasync, in the same
//! directory; a durable append here flushes twice (commit, anchor), so it is set against two of them.

use std::fs::{self, File, OpenOptions as FileOptions};
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use uuid::Uuid;

use crate::error::{AppendError, OpenError, ReadError};
use crate::event::{Expected, NewEvent, StreamName, TypeName};
use crate::ledger::APPEND_EVENTS_MAX;
use crate::sqlite::schema;
use crate::{EventLog, OpenOptions};

mod naive;
mod proof;

pub use proof::proof;

/// One measured figure beside its limit.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Figure {
    /// What was measured.
    pub name: String,
    /// The value.
    pub value: f64,
    /// Its unit.
    pub unit: &'static str,
    /// What the machine can do at best, in words.
    pub limit: String,
    /// That limit, in the same unit.
    pub limit_value: f64,
    /// Value divided by limit.
    pub ratio: f64,
}

impl Figure {
    /// A value beside its limit.
    #[must_use]
    pub fn new(name: &str, value: f64, unit: &'static str, limit: &str, limit_value: f64) -> Self {
        Self { name: name.to_owned(), value, unit, limit: limit.to_owned(), limit_value, ratio: value / limit_value }
    }
}

/// Why nothing was measured.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The directory cannot be used.
    #[error("the directory for the measurement cannot be used")]
    File(#[from] io::Error),
    /// The log was not opened.
    #[error("the log for the measurement was not opened")]
    Open(#[from] OpenError),
    /// An append was not made.
    #[error("the log did not take an event")]
    Append(#[from] AppendError),
    /// The table beside it did not work.
    #[error("the naive table for comparison did not work")]
    Naive(#[from] rusqlite::Error),
    /// A read gave no answer.
    #[error("the log could not be read back")]
    Read(#[from] ReadError),
}

/// Clock and random, as the log wants them.
#[derive(Clone, Copy, Debug)]
pub struct Sources {
    /// Microseconds since 1970.
    pub now: fn() -> i64,
    /// Sixteen random bytes.
    pub salt: fn() -> [u8; 16],
}

/// One durable append after another: p50 and p99, in microseconds, against two bare flushes.
/// And the same by a naive SQLite table. `dir` must be empty or not be there.
///
/// # Errors
/// [`BenchError`].
pub fn append(dir: &Path, sources: Sources, appends: u64) -> Result<Vec<Figure>, BenchError> {
    let (log, _) = EventLog::open(OpenOptions::new(dir, sources.now, sources.salt))?;
    let stream = name("bench");
    let (mut taken, mut bare) = (Vec::new(), bare_flushes(dir, appends / 2)?);
    for nth in 0..appends {
        let expected = nth.checked_sub(1).map_or(Expected::NoStream, Expected::Revision);
        let start = Instant::now();
        log.append_blocking(&stream, expected, vec![event(nth)])?;
        taken.push(start.elapsed());
    }
    let mut naive = naive::one_by_one(dir, sources, appends)?;
    bare.extend(bare_flushes(dir, appends / 2)?);
    let (p50, p99) = (2.0 * quantile(&mut bare, 0.50), 2.0 * quantile(&mut bare, 0.99));
    let (words50, words99) = ("two bare 4 KiB appends with fdatasync, p50", "two bare 4 KiB appends with fdatasync, p99");
    Ok(vec![
        Figure::new("append.p50", quantile(&mut taken, 0.50), "us", words50, p50),
        Figure::new("append.p99", quantile(&mut taken, 0.99), "us", words99, p99),
        Figure::new("append.naive-sqlite.p50", quantile(&mut naive, 0.50), "us", words50, p50),
        Figure::new("append.naive-sqlite.p99", quantile(&mut naive, 0.99), "us", words99, p99),
    ])
}

/// Sixty-four writers at once, each waiting for its answer before it goes on: appends a second, against
/// bare flushes a second; and the same by a naive SQLite table.
///
/// # Errors
/// [`BenchError`].
pub fn append64(dir: &Path, sources: Sources, each: u64) -> Result<Vec<Figure>, BenchError> {
    let (log, _) = EventLog::open(OpenOptions::new(dir, sources.now, sources.salt))?;
    let mut bare = bare_flushes(dir, 1000)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build()?;
    let start = Instant::now();
    runtime.block_on(async {
        let write = |writer: u64, log: EventLog| async move {
            let stream = name(&format!("bench-{writer}"));
            for nth in 0..each {
                let expected = nth.checked_sub(1).map_or(Expected::NoStream, Expected::Revision);
                log.append(&stream, expected, vec![event(nth * 64 + writer)]).await?;
            }
            Ok::<(), AppendError>(())
        };
        let writers: Vec<_> = (0..64).map(|writer| tokio::spawn(write(writer, log.clone()))).collect();
        for writer in writers {
            writer.await.map_err(io::Error::other)??;
        }
        Ok::<(), BenchError>(())
    })?;
    let rate = (64 * each) as f64 / start.elapsed().as_secs_f64();
    let naive = naive::by_many(dir, sources, each / 30 + 1)?;
    bare.extend(bare_flushes(dir, 1000)?);
    let (words, limit) = ("bare 4 KiB appends with fdatasync, one after another", 1e6 / quantile(&mut bare, 0.50));
    Ok(vec![
        Figure::new("append64", rate, "appends/s", words, limit),
        Figure::new("append64.naive-sqlite", naive, "appends/s", words, limit),
    ])
}

/// Every event read back from rows, in pages of a thousand: events a second, against reading the bytes
/// of the file.
///
/// # Errors
/// [`BenchError`].
pub fn replay_rows(dir: &Path, sources: Sources, events: u64) -> Result<Vec<Figure>, BenchError> {
    let log = filled(dir, sources, events)?;
    replayed("replay-rows", &log, dir, events)
}

/// The same from sealed chunks, and what sealing takes. Bytes an event are of the whole file once sealed.
///
/// # Errors
/// [`BenchError`].
pub fn replay_sealed(dir: &Path, sources: Sources, events: u64) -> Result<Vec<Figure>, BenchError> {
    let log = filled(dir, sources, events)?;
    let start = Instant::now();
    let runs = log.seal(0, u64::MAX).map_err(io::Error::other)?;
    let sealing = start.elapsed().as_secs_f64() * 1e3 / runs.max(1) as f64;
    let mut bare = bare_flushes(dir, 200)?;
    log.compact()?;
    let mut figures = replayed("replay-sealed", &log, dir, events)?;
    let flush = quantile(&mut bare, 0.50) / 1e3;
    figures.push(Figure::new("replay-sealed.seal", sealing, "ms a run", "one bare 4 KiB append with fdatasync, p50", flush));
    Ok(figures)
}

fn replayed(what: &str, log: &EventLog, dir: &Path, events: u64) -> Result<Vec<Figure>, BenchError> {
    let (mut next, mut bytes, start) = (1, 0, Instant::now());
    while next <= events {
        let page = log.read(next, 1024)?;
        bytes += page.iter().map(|event| event.data.len() + event.meta.len()).sum::<usize>();
        next += page.len() as u64;
    }
    let rate = events as f64 / start.elapsed().as_secs_f64();
    let (start, mut buffer) = (Instant::now(), vec![0; 1 << 20]);
    let mut file = File::open(dir.join(schema::FILE_NAME))?;
    while file.read(&mut buffer)? > 0 {}
    let limit = events as f64 / start.elapsed().as_secs_f64();
    let words = format!("the same file's bytes, read in order ({} B of payload an event)", bytes as u64 / events.max(1));
    let stored = fs::metadata(dir.join(schema::FILE_NAME))?.len() as f64 / events.max(1) as f64;
    Ok(vec![
        Figure::new(what, rate, "events/s", &words, limit),
        Figure::new(&format!("{what}.bytes"), stored, "B an event", "the payload alone", bytes as f64 / events.max(1) as f64),
    ])
}

/// Bare flushes: a 4 KiB append and fdatasync, each timed.
fn bare_flushes(dir: &Path, count: u64) -> io::Result<Vec<Duration>> {
    let path = dir.join("bare-limit");
    let mut file = FileOptions::new().create(true).append(true).open(&path)?;
    let (block, mut taken) = ([7; 4096], Vec::new());
    for _ in 0..count.max(1) {
        let start = Instant::now();
        file.write_all(&block)?;
        file.sync_data()?;
        taken.push(start.elapsed());
    }
    drop(file);
    fs::remove_file(path)?;
    Ok(taken)
}

/// A log of so many events in streams of a thousand, written, closed and opened again.
fn filled(dir: &Path, sources: Sources, events: u64) -> Result<EventLog, BenchError> {
    let options = OpenOptions { keep_rows: None, ..OpenOptions::new(dir, sources.now, sources.salt) };
    let (log, _) = EventLog::open(options.clone())?;
    for first in (0..events).step_by(APPEND_EVENTS_MAX) {
        let batch: Vec<_> = (first..events.min(first + APPEND_EVENTS_MAX as u64)).map(event).collect();
        log.append_blocking(&name(&format!("bench-{first}")), Expected::NoStream, batch)?;
    }
    drop(log);
    Ok(EventLog::open(options)?.0)
}

fn quantile(taken: &mut [Duration], part: f64) -> f64 {
    taken.sort_unstable();
    let last = taken.len().saturating_sub(1) as f64;
    taken.get((last * part).round() as usize).map_or(0.0, |time| time.as_secs_f64() * 1e6)
}

fn name(text: &str) -> StreamName {
    StreamName::new(text).expect("the name follows the rule")
}

/// An event of usual size: some 320 bytes of payload, ids in order of time.
fn event(nth: u64) -> NewEvent {
    let data = format!(
        "{{\"weapon\":\"0192a000-0000-7000-8000-{nth:012x}\",\"from\":\"rack-{:04}\",\"to\":\"person-{:06}\",\"reader\":\"door-{:02}\",\
         \"antenna\":{},\"rounds\":{},\"condition\":\"serviceable\",\"document\":\"issue-{nth:08}\",\"remark\":\"routine\"}}",
        nth % 977,
        nth % 50_021,
        nth % 31,
        nth % 4,
        nth % 90,
    );
    NewEvent {
        id: Uuid::from_u128((0x0192_a000_0000_7000_8000u128 << 48) + u128::from(nth)),
        type_name: TypeName::new("WeaponIssued").expect("the name follows the rule"),
        schema_version: 1,
        occurred_at: 1_790_000_000_000_000,
        meta: br#"{"actor":"p-000123","role":"custodian","node":"hq","place":"armoury-1","basis":"device"}"#.to_vec(),
        data: data.into_bytes(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::{self, Scratch};

    const SOURCES: Sources = Sources { now: scratch::now, salt: scratch::salt };

    /// The measurements run and say something; how fast is nobody's business here.
    #[test]
    fn small_runs() {
        let dir = Scratch::new("bench");
        let mut figures = append(&dir.join("a"), SOURCES, 20).unwrap();
        figures.extend(append64(&dir.join("b"), SOURCES, 2).unwrap());
        figures.extend(replay_rows(&dir.join("c"), SOURCES, 2500).unwrap());
        figures.extend(proof(&dir.join("d"), SOURCES, 20, 300).unwrap());
        assert!(figures.iter().all(|figure| figure.value > 0.0 && figure.ratio.is_finite()), "{figures:#?}");
    }

    /// By hand: `cargo test --release -p event-log bench -- --ignored --nocapture`.
    #[test]
    #[ignore = "measures; run by hand"]
    fn large_runs() {
        let dir = Scratch::on_disk("bench-large");
        let runs = [
            append(&dir.join("a"), SOURCES, 10_000),
            append64(&dir.join("b"), SOURCES, 3000),
            replay_rows(&dir.join("c"), SOURCES, 500_000),
            proof(&dir.join("d"), SOURCES, 2000, 100_000),
        ];
        for figure in runs.into_iter().flat_map(Result::unwrap) {
            println!("{figure:?}");
        }
    }
}
