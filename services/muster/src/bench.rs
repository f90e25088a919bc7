//! `muster bench`: figures of this machine, each beside the bare limit measured in the same run.
//!
//! One line a figure: value, unit, the limit's name and value, and their ratio. Nothing here is a
//! test: a slow machine has slow figures, not a failure.

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use armoury::view::{Scope, WeaponFilter};
use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::app::App;
use crate::cli::out::say;
use crate::scratch::Scratch;
use crate::{as_of, projector};

mod restart;
mod world;

/// What to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Name {
    /// One durable append after another.
    Append,
    /// Sixty-four writers at once.
    Writers,
    /// Folding the log into the views.
    Replay,
    /// Lists and searches.
    List,
    /// The whole armoury as known at a position.
    AsOf,
    /// From a start after a sudden end to the first answer: ten events a weapon, so a million for 100,000.
    Restart,
    /// Everything but the restart.
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
    /// How many weapons stand in the book.
    #[arg(long, default_value_t = 10_000)]
    weapons: u32,
}

/// One figure.
#[derive(Debug, Serialize)]
struct Figure {
    name: &'static str,
    value: f64,
    unit: &'static str,
    limit: &'static str,
    limit_value: f64,
    ratio: f64,
}

impl Bench {
    /// Measures and says.
    ///
    /// # Errors
    /// When the book cannot be made or read.
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let scratch = Scratch::new("bench");
        if self.name == Name::Restart {
            return self.restart(&scratch);
        }
        let flush = bare_flush_ms(&scratch)?;
        let app = world::book(&scratch, self.weapons)?;
        let wants = |name: Name| self.name == name || self.name == Name::All;
        if wants(Name::Append) {
            self.append(&app, flush)?;
        }
        if wants(Name::Writers) {
            self.writers(&app, flush)?;
        }
        if wants(Name::Replay) {
            self.replay(&app)?;
        }
        if wants(Name::List) {
            self.list(&app);
        }
        if wants(Name::AsOf) {
            self.as_of(&app)?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn append(&self, app: &Arc<App>, flush: f64) -> anyhow::Result<()> {
        let mut times = Vec::new();
        for nth in 0..200 {
            let start = Instant::now();
            world::append_one(app, &format!("bench-{nth}"))?;
            times.push(millis(start));
        }
        self.tell("append_p50", percentile(&mut times, 50), "ms", "two bare flushes", 2.0 * flush);
        self.tell("append_p99", percentile(&mut times, 99), "ms", "two bare flushes", 2.0 * flush);
        Ok(())
    }

    fn writers(&self, app: &Arc<App>, flush: f64) -> anyhow::Result<()> {
        const EACH: u32 = 200;
        let start = Instant::now();
        std::thread::scope(|scope| -> anyhow::Result<()> {
            let writers: Vec<_> = (0..64)
                .map(|writer| {
                    scope.spawn(move || (0..EACH).try_for_each(|nth| world::append_one(app, &format!("writer-{writer}-{nth}"))))
                })
                .collect();
            writers.into_iter().try_for_each(|writer| writer.join().map_err(|_| anyhow::anyhow!("a writer broke off"))?)
        })?;
        let rate = f64::from(64 * EACH) / (millis(start) / 1000.0);
        self.tell("writers_64", rate, "events/s", "one event a bare flush pair", 1000.0 / (2.0 * flush));
        Ok(())
    }

    fn replay(&self, app: &Arc<App>) -> anyhow::Result<()> {
        let size = app.log().head().size;
        let start = Instant::now();
        let mut bytes = 0;
        projector::each(app.log(), 1, size, |recorded| bytes += recorded.data.len() + recorded.meta.len())?;
        let reading = per_second(size, start);
        let start = Instant::now();
        let views = projector::fold(app.log(), size)?;
        self.tell("replay", per_second(size, start), "events/s", "reading the rows alone", reading);
        let held = f64::from(u32::try_from(views.held_bytes() / 1024).unwrap_or(u32::MAX));
        let data = f64::from(u32::try_from(bytes / 1024).unwrap_or(u32::MAX));
        self.tell("views_held", held, "KiB", "meta and data of the events", data);
        Ok(())
    }

    fn list(&self, app: &Arc<App>) {
        let views = app.views();
        let searches = ["418", "77??3", "M70", ""];
        let mut times = Vec::new();
        for nth in 0..200 {
            let filter = WeaponFilter { text: Some(searches[nth % searches.len()].to_owned()), ..WeaponFilter::default() };
            let start = Instant::now();
            std::hint::black_box(views.list_weapons(&filter, &Scope::Everywhere, None, 100));
            times.push(millis(start));
        }
        let start = Instant::now();
        std::hint::black_box(views.weapons.states.iter().filter(|state| state.state.is_some()).count());
        self.tell("list_p95", percentile(&mut times, 95), "ms", "one look at every weapon", millis(start));
    }

    fn as_of(&self, app: &Arc<App>) -> anyhow::Result<()> {
        let size = app.log().head().size;
        let mut times = Vec::new();
        for nth in 1..=50 {
            let start = Instant::now();
            std::hint::black_box(app.views().states_at(size * nth / 50));
            times.push(millis(start));
        }
        let start = Instant::now();
        as_of::fold(app.log(), size, None)?;
        self.tell("as_of_p99", percentile(&mut times, 99), "ms", "folding the whole log", millis(start));
        Ok(())
    }

    fn restart(&self, scratch: &Scratch) -> anyhow::Result<ExitCode> {
        let restart::Restart { serving_ms, rows_ms, events } = restart::measure(scratch, self.weapons)?;
        self.tell("restart", serving_ms, "ms", "reading the rows alone", rows_ms);
        let each = serving_ms * 1000.0 / f64::from(u32::try_from(events).unwrap_or(u32::MAX));
        let read = rows_ms * 1000.0 / f64::from(u32::try_from(events).unwrap_or(u32::MAX));
        self.tell("restart_each", each, "us/event", "reading one row", read);
        Ok(ExitCode::SUCCESS)
    }

    fn tell(&self, name: &'static str, value: f64, unit: &'static str, limit: &'static str, limit_value: f64) {
        let figure = Figure { name, value, unit, limit, limit_value, ratio: value / limit_value };
        match serde_json::to_string(&figure) {
            Ok(line) if self.json => say(line),
            _ => say(format!("{name:<12} {value:>12.3} {unit:<9} {:.3} x {limit} ({limit_value:.3})", figure.ratio)),
        }
    }
}

fn millis(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1000.0
}

fn per_second(events: u64, start: Instant) -> f64 {
    f64::from(u32::try_from(events).unwrap_or(u32::MAX)) / start.elapsed().as_secs_f64()
}

fn percentile(times: &mut [f64], percent: usize) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get((times.len() * percent / 100).min(times.len().saturating_sub(1))).copied().unwrap_or_default()
}

/// What one small write and its flush cost on this disk, the median of fifty.
fn bare_flush_ms(dir: &Scratch) -> std::io::Result<f64> {
    let mut file = std::fs::File::create(dir.join("flush"))?;
    let mut times = Vec::new();
    for _ in 0..50 {
        let start = Instant::now();
        file.write_all(&[0; 512])?;
        file.sync_data()?;
        times.push(millis(start));
    }
    Ok(percentile(&mut times, 50))
}
