//! `muster replay` and `muster report`: one view of a log, now or as it was, on screen or as a file.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use armoury::view::{Scope, Views, WeaponFilter};
use clap::{Args, ValueEnum};
use serde::Serialize;
use serde_json::Value;
use tag_data::moment::Moment;

use super::offline;
use super::out::say;
use crate::api::log::ViewsDigest;
use crate::as_of::{self, Known};

/// A view by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ViewName {
    /// By place, article and state.
    Stockpile,
    /// In numbers.
    Figures,
    /// Every weapon.
    Weapons,
    /// The lost register.
    Lost,
    /// Cases that stand open.
    Cases,
    /// What waits for destruction.
    DestructionPending,
    /// Destruction batches.
    DestructionBatches,
    /// Counts.
    Counts,
    /// Alerts, one line a cause.
    Alerts,
    /// Places.
    Places,
    /// People and their rights.
    People,
    /// Readers.
    Readers,
    /// Gateways.
    Gateways,
    /// One line: the digest of all views, as `GET /api/v1/log/views` tells it.
    Digest,
}

/// Which book.
#[derive(Debug, Args)]
struct Which {
    /// The data folder.
    #[arg(long, default_value = "muster-data")]
    data: PathBuf,
    /// As we knew it: a position, or a time.
    #[arg(long)]
    known_at: Option<String>,
    /// As it was: only what had happened by this time.
    #[arg(long)]
    true_at: Option<String>,
}

/// `replay`.
#[derive(Debug, Args)]
pub struct Replay {
    #[command(flatten)]
    which: Which,
    /// The view.
    #[arg(long)]
    view: ViewName,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// `report`.
#[derive(Debug, Args)]
pub struct Report {
    #[command(flatten)]
    which: Which,
    /// The view.
    name: ViewName,
    /// The file: `.csv` or `.json`.
    #[arg(long)]
    out: PathBuf,
}

impl Which {
    fn rows(&self, view: ViewName) -> anyhow::Result<(Vec<Value>, Views)> {
        let log = offline::log(&self.data)?;
        let known = self.known_at.as_deref().map(str::parse::<Known>).transpose()?;
        let true_at = self.true_at.as_deref().map(str::parse::<Moment>).transpose()?;
        let to = as_of::position(&log, known)?;
        let views = as_of::fold(&log, to, true_at)?;
        let now = true_at.unwrap_or(views.recorded_at);
        Ok((rows(&views, view, now)?, views))
    }
}

impl Replay {
    /// Folds and shows.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let (rows, views) = self.which.rows(self.view)?;
        if self.json {
            let all = serde_json::json!({"position": views.position, "recorded_at": views.recorded_at, "total": rows.len(), "rows": rows});
            say(serde_json::to_string_pretty(&all)?);
        } else {
            table(&rows).iter().for_each(|line| say(line.join("\t")));
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Report {
    /// Folds and writes.
    ///
    /// # Errors
    /// When the log cannot be read or the file not be written.
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let (rows, views) = self.which.rows(self.name)?;
        let failed = || format!("cannot write {}", self.out.display());
        match self.out.extension().and_then(std::ffi::OsStr::to_str) {
            Some("json") => {
                let all = serde_json::json!({"position": views.position, "recorded_at": views.recorded_at, "rows": rows});
                std::fs::write(&self.out, serde_json::to_vec_pretty(&all)?).with_context(failed)?;
            }
            Some("csv") => {
                let mut out = csv::Writer::from_path(&self.out).with_context(failed)?;
                for line in table(&rows) {
                    out.write_record(line.iter().map(|cell| guarded(cell)))?;
                }
                out.flush().with_context(failed)?;
            }
            _ => anyhow::bail!("--out ends in .csv or .json"),
        }
        say(format!("{} rows as of position {} in {}", rows.len(), views.position, self.out.display()));
        Ok(ExitCode::SUCCESS)
    }
}

/// The view's rows as JSON objects.
fn rows(views: &Views, view: ViewName, now: Moment) -> anyhow::Result<Vec<Value>> {
    let all = Scope::Everywhere;
    Ok(match view {
        ViewName::Stockpile => json(views.stockpile(&WeaponFilter::default(), &all))?,
        ViewName::Figures => json([views.figures(&all)])?,
        ViewName::Weapons => weapons(views)?,
        ViewName::Lost => json(views.lost_register(&all, now))?,
        ViewName::Cases => json(views.open_cases(&all, now))?,
        ViewName::DestructionPending => json(views.destruction_pending(&all, now))?,
        ViewName::DestructionBatches => json(views.destruction.rows())?,
        ViewName::Counts => json(views.counts_in(&all))?,
        ViewName::Alerts => json(views.alerts.lines())?,
        ViewName::Places => json(views.places.tree(&all))?,
        ViewName::People => json(views.people.rows(now))?,
        ViewName::Readers => json(views.gateways.readers())?,
        ViewName::Gateways => json(views.gateways.rows())?,
        ViewName::Digest => json([ViewsDigest::of(views)])?,
    })
}

fn json<T: Serialize>(rows: impl IntoIterator<Item = T>) -> anyhow::Result<Vec<Value>> {
    rows.into_iter().map(|row| serde_json::to_value(row).map_err(anyhow::Error::from)).collect()
}

fn weapons(views: &Views) -> anyhow::Result<Vec<Value>> {
    let (mut rows, mut cursor) = (Vec::new(), None);
    loop {
        let page = views.list_weapons(&WeaponFilter::default(), &Scope::Everywhere, cursor.as_deref(), 500);
        rows.extend(json(page.rows)?);
        match page.next {
            Some(next) => cursor = Some(next),
            None => return Ok(rows),
        }
    }
}

/// The rows' plain fields as a table with its head.
fn table(rows: &[Value]) -> Vec<Vec<String>> {
    let mut heads: Vec<String> = Vec::new();
    for (name, value) in rows.iter().filter_map(Value::as_object).flatten() {
        if !value.is_array() && !value.is_object() && !heads.contains(name) {
            heads.push(name.clone());
        }
    }
    let cell = |row: &Value, head: &String| match &row[head.as_str()] {
        Value::Null => String::new(),
        Value::String(text) => text.replace(['\t', '\n', '\r'], " "),
        other => other.to_string(),
    };
    let body = rows.iter().map(|row| heads.iter().map(|head| cell(row, head)).collect());
    std::iter::once(heads.clone()).chain(body).collect()
}

/// A cell that a spreadsheet would take for a formula is quoted.
fn guarded(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && cell.parse::<f64>().is_err() {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        assert_eq!(guarded("=1+1"), "'=1+1");
        assert_eq!(guarded("@x"), "'@x");
        assert_eq!((guarded("-3").as_str(), guarded("M70").as_str()), ("-3", "M70"));
    }

    #[test]
    fn plain_fields_in_columns() {
        let rows = [serde_json::json!({"a": 1, "b": "x\ty", "c": []}), serde_json::json!({"d": true})];
        assert_eq!(table(&rows), [vec!["a", "b", "d"], vec!["1", "x y", ""], vec!["", "", "true"]]);
    }
}
