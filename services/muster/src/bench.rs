//! `muster bench`: figures of this machine, each beside the bare limit measured in the same run.
//!
//! One line a figure: value, unit, the limit's name and value, and their ratio; for people also what the
//! design asks for and whether it is met. Each bench has a process of its own, so that none sees another's
//! memory. Nothing here is a test: a slow machine has slow figures, not a failure.

use std::process::{Command, ExitCode};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use event_log::bench::{Figure, Sources};
use reader_gateway::bench::driver_and_sieve;

use crate::cli::out::say;
use crate::random;
use crate::scratch::Scratch;

mod goals;
mod line;
mod postgres;
mod restart;
mod scan;
mod served;
mod trail;
mod views;

/// What to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Name {
    /// One durable append after another; beside a naive SQLite table, and PostgreSQL where it is installed.
    Append,
    /// Sixty-four writers at once; beside the same.
    Append64,
    /// Every event read back from the rows, and folded into the views.
    ReplayRows,
    /// The same from sealed chunks; bytes of an event, all in; what sealing takes.
    ReplaySealed,
    /// Driver and sieve on one core, and a burst of ten thousand tags.
    Sieve,
    /// A byte on the wire until it is heard at a live feed.
    ScanToView,
    /// One weapon's life through the API.
    Trail,
    /// Lists and searches.
    Search,
    /// What leaf, tree and anchor cost, and making a proof.
    Proof,
    /// The whole armoury as known at a position.
    AsOf,
    /// What the views hold of the machine's memory.
    Memory,
    /// The same with every weapon out on issue.
    MemoryIssued,
    /// From a start after a sudden end to the first answer: ten events a weapon, so a million for 100,000.
    Restart,
    /// Everything but the restart, one after another.
    All,
}

/// `bench`.
#[derive(Debug, Args)]
pub struct Bench {
    /// What to measure.
    name: Name,
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
    /// So small that the figures say nothing: shows that each bench still runs.
    #[arg(long)]
    small: bool,
    /// Restart: how many weapons stand in the book.
    #[arg(long, default_value_t = 100_000)]
    weapons: u32,
    /// Where files are written: a folder on the disk that is meant; absent = the system's temporary folder.
    #[arg(long)]
    dir: Option<std::path::PathBuf>,
}

impl Bench {
    /// Measures and says.
    ///
    /// # Errors
    /// When something cannot be made or read; for `all`, when one of them ends so.
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        if self.name == Name::All {
            return self.all();
        }
        let scratch = match &self.dir {
            Some(dir) => Scratch::within(dir, "bench"),
            None => Scratch::new("bench"),
        };
        if !self.json {
            say(machine(self.name));
        }
        self.measure(&scratch)?.iter().try_for_each(|figure| self.tell(figure))?;
        Ok(ExitCode::SUCCESS)
    }

    fn measure(&self, scratch: &Scratch) -> anyhow::Result<Vec<Figure>> {
        let sources = Sources { now: || random::now().micros(), salt: random::bytes::<16> };
        let size = |full: u64, small: u64| if self.small { small } else { full };
        let dir = scratch.join("log");
        Ok(match self.name {
            Name::Append => {
                let mut figures = event_log::bench::append(&dir, sources, size(4000, 20))?;
                figures.extend(postgres::one(self.small)?);
                figures
            }
            Name::Append64 => {
                let mut figures = event_log::bench::append64(&dir, sources, size(3000, 3))?;
                figures.extend(postgres::many(self.small)?);
                figures
            }
            Name::ReplayRows => {
                let mut figures = event_log::bench::replay_rows(&dir, sources, size(500_000, 2000))?;
                figures.push(views::replay(size(100_000, 50)));
                figures
            }
            Name::ReplaySealed => event_log::bench::replay_sealed(&dir, sources, size(500_000, 2000))?,
            Name::Sieve => sieve(size(20_000_000, 2000)),
            Name::ScanToView => scan::scan_to_view(scratch, size(400, 5))?,
            Name::Trail => trail::trail(scratch, size(20_000, 40), size(5000, 20))?,
            Name::Search => views::search(&[("100k", size(100_000, 60)), ("1m", size(1_000_000, 80))]),
            Name::Proof => event_log::bench::proof(&dir, sources, size(2000, 20), size(200_000, 300))?,
            Name::AsOf => views::as_of(size(1_000_000, 80)),
            Name::Memory => vec![views::memory("memory", size(1_000_000, 80), false)],
            Name::MemoryIssued => vec![views::memory("memory.all-issued", size(1_000_000, 80), true)],
            Name::Restart => self.restart(scratch)?,
            Name::All => Vec::new(), // Each has a process of its own.
        })
    }

    fn restart(&self, scratch: &Scratch) -> anyhow::Result<Vec<Figure>> {
        let restart::Restart { serving_ms, rows_ms, events } = restart::measure(scratch, self.weapons)?;
        let each = |ms: f64| ms * 1000.0 / f64::from(u32::try_from(events).unwrap_or(u32::MAX));
        Ok(vec![
            Figure::new("restart", serving_ms, "ms", "reading the rows alone", rows_ms),
            Figure::new("restart.each", each(serving_ms), "us/event", "reading one row", each(rows_ms)),
        ])
    }

    /// Every bench, each as a process of its own that says its figures itself.
    fn all(&self) -> anyhow::Result<ExitCode> {
        let program = std::env::current_exe().context("where this program stands")?;
        for name in Name::value_variants().iter().filter(|name| !matches!(name, Name::Restart | Name::All)) {
            let mut command = Command::new(&program);
            let word = name.to_possible_value().context("every bench has a name")?;
            command.args(["bench", word.get_name()]);
            command.args([(self.json, "--json"), (self.small, "--small")].iter().filter(|(on, _)| *on).map(|(_, flag)| *flag));
            command.args(self.dir.iter().flat_map(|dir| [std::ffi::OsStr::new("--dir"), dir.as_os_str()]));
            let status = command.status().with_context(|| format!("bench {}", word.get_name()))?;
            anyhow::ensure!(status.success(), "bench {} ended with {status}", word.get_name());
        }
        Ok(ExitCode::SUCCESS)
    }

    fn tell(&self, figure: &Figure) -> anyhow::Result<()> {
        if self.json {
            say(serde_json::to_string(figure)?);
            return Ok(());
        }
        let Figure { name, value, unit, limit, limit_value, ratio } = figure;
        let asked = goals::said(figure).unwrap_or_default();
        say(format!("  {name:<28} {value:>14.3} {unit:<11} {ratio:>9.3} x {limit_value:.3} ({limit}){asked}"));
        Ok(())
    }
}

/// What is measured, and how busy the machine is: a figure taken under load is no figure.
fn machine(name: Name) -> String {
    let word = name.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').take(3).collect::<Vec<_>>().join(" ");
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let build = if cfg!(debug_assertions) { ", unoptimised: the figures say nothing" } else { "" };
    format!("{word} ({cores} cores, load {load}{build})")
}

fn sieve(reads: u64) -> Vec<Figure> {
    let (measured, burst) = (driver_and_sieve(reads, 500), driver_and_sieve(10_000, 10_000));
    #[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
    let (reads, out) = (measured.reads as f64, burst.let_out as f64);
    let words = "the same frames' bytes, summed once, in reads";
    vec![
        Figure::new("sieve", measured.reads_per_second(), "reads/s", words, reads / measured.bare_seconds),
        Figure::new("sieve.burst", out, "tags", "distinct tags in one burst", 10_000.0),
    ]
}

/// Milliseconds since then.
fn millis(start: std::time::Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1000.0
}

/// The value below which so many percent lie.
fn percentile(times: &mut [f64], percent: usize) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get((times.len() * percent).div_ceil(100).saturating_sub(1)).copied().unwrap_or_default()
}
