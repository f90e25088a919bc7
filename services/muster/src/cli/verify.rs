//! `muster verify` and `muster log check`: what a file shows by itself, and what a store can do.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use event_log::checkpoint::VerifyKey;
use event_log::verify::{OutsideHead, VerifyOptions, verify};
use event_log::{EventLog, Health, OpenOptions};

use super::out::say;
use crate::random;

/// What to check, against what.
#[derive(Debug, Args)]
pub struct Verify {
    /// The log's file, or the folder it lies in.
    path: PathBuf,
    /// A head held outside: a checkpoint, or a line with size and root.
    #[arg(long)]
    head: Option<PathBuf>,
    /// A key whose signatures are believed: its text, or a file with it. May be given again.
    #[arg(long)]
    key: Vec<String>,
    /// Where the anchor is, if not beside the log.
    #[arg(long)]
    anchor: Option<PathBuf>,
}

impl Verify {
    /// Checks and says what was found; the exit code is the answer.
    ///
    /// # Errors
    /// When head or key cannot be read.
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let head = self.head.as_ref().map(|path| -> anyhow::Result<OutsideHead> {
            let text = std::fs::read_to_string(path).with_context(|| format!("cannot read the head {}", path.display()))?;
            OutsideHead::parse(&text).with_context(|| format!("{} is no head", path.display()))
        });
        let keys = self.key.iter().map(|key| -> anyhow::Result<VerifyKey> {
            let text = if key.contains('+') {
                key.clone()
            } else {
                std::fs::read_to_string(key).with_context(|| format!("cannot read the key {key}"))?
            };
            text.trim().parse().with_context(|| format!("{key:?} is no key"))
        });
        let options =
            VerifyOptions { anchor: self.anchor.clone(), head: head.transpose()?, keys: keys.collect::<Result<_, _>>()? };
        let report = verify(&self.path, &options);
        say(report.text().trim_end());
        Ok(ExitCode::from(report.exit_code()))
    }
}

/// Runs the conformance suite against a log.
///
/// # Errors
/// When the log cannot be opened.
pub fn check(url: &str) -> anyhow::Result<ExitCode> {
    let log = open(url)?;
    let checked = event_log::conformance::suite(&log, random::uuid_v7(random::now()));
    let failed = checked.iter().filter(|(_, result)| result.is_err()).count();
    for (name, result) in &checked {
        match result {
            Ok(()) => say(format!("ok      {name}")),
            Err(seen) => say(format!("FAILED  {name}: {seen}")),
        }
    }
    say(format!("{} of {} checks hold", checked.len() - failed, checked.len()));
    Ok(ExitCode::from(u8::from(failed > 0)))
}

/// Opens a log by its address, for writing.
///
/// # Errors
/// When the address is not understood, or the log does not open whole.
pub fn open(url: &str) -> anyhow::Result<EventLog> {
    fn micros() -> i64 {
        random::now().micros()
    }
    if url.starts_with("memory:") {
        return Ok(EventLog::memory(micros, random::bytes::<16>));
    }
    let dir = url.strip_prefix("sqlite:").with_context(|| format!("{url:?} is not understood: sqlite:FOLDER or memory:"))?;
    let (log, opened) = EventLog::open(OpenOptions::new(dir, micros, random::bytes::<16>))?;
    match opened.health {
        Health::Writable => Ok(log),
        Health::ReadOnly { reason } => anyhow::bail!("the log is read-only: {reason}"),
    }
}
