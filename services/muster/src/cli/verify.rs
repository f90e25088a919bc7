//! `muster verify` and `muster log check`: what a file shows by itself, and what a store can do.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use event_log::checkpoint::VerifyKey;
use event_log::verify::{OutsideHead, VerifyOptions, verify};
use event_log::{Health, OpenOptions};
use uuid::Uuid;

use super::out::say;
use crate::config::{Config, Log};
use crate::{random, store};

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

/// Which log to check, and who asks.
#[derive(Debug, Args)]
pub struct Check {
    /// `sqlite:FOLDER`, `memory:`, or `kurrentdb://HOST:PORT`.
    #[arg(long)]
    log: String,
    /// The user on a server.
    #[arg(long, requires = "password_file")]
    user: Option<String>,
    /// The file with that user's password.
    #[arg(long, requires = "user")]
    password_file: Option<PathBuf>,
}

impl Check {
    /// Runs the conformance suite against a log. On a server it makes a log of its own, named `check-...`, so
    /// that nobody's book is touched; on this machine it appends to the log that is named.
    ///
    /// # Errors
    /// When the log cannot be opened.
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let run = random::uuid_v7(random::now());
        let mirror = Mirror::new(&run)?;
        let name = format!("check-{}", &run.simple().to_string()[..20]);
        let place = Log {
            url: Some(self.log.clone()),
            user: self.user.clone(),
            password_file: self.password_file.clone(),
            name: Some(name.clone()),
            ..Log::default()
        };
        let options = OpenOptions::new(&mirror.0, || random::now().micros(), random::bytes::<16>);
        let (log, opened) = store::open_at(&place, options, "log-check")?;
        if let Health::ReadOnly { reason } = opened.health {
            anyhow::bail!("the log is read-only: {reason}");
        }
        if store::is_server(&self.log) {
            say(format!("the log {name} is made on the server for this check, and stays there"));
        }
        let mut checked = event_log::conformance::suite(&log, run);
        let whole = match log.verify_all(&mut |_, _| ControlFlow::Continue(())) {
            Ok(None) => Ok(()),
            Ok(Some(reason)) => Err(reason.to_string()),
            Err(error) => Err(format!("{:#}", anyhow::Error::from(error))),
        };
        checked.push(("what is kept gives the same leaves when it is read again", whole));
        log.close();
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
}

/// The folder of a checked server's mirror, gone afterwards.
struct Mirror(PathBuf);

impl Mirror {
    fn new(run: &Uuid) -> anyhow::Result<Self> {
        let path = std::env::temp_dir().join(format!("muster-check-{}", run.simple()));
        let mut builder = std::fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&path).with_context(|| format!("cannot make {}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Mirror {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// Compares a log on a server with its mirror, event by event, while no service runs on it.
///
/// # Errors
/// When the log cannot be opened, or the server not read to its end.
pub fn compare(config: &Path) -> anyhow::Result<ExitCode> {
    let config = Config::read(config)?;
    let log = store::open_at_rest(config)?;
    let found = match log.health() {
        Health::ReadOnly { reason } => Some(reason),
        Health::Writable => log.verify_all(&mut |_, _| ControlFlow::Continue(()))?,
    };
    log.close();
    let head = log.head();
    match &found {
        None => say(format!("agrees: {} events; root {}", head.size, hex::encode(head.root))),
        Some(reason) => say(format!("DIFFERS: {reason}")),
    }
    Ok(ExitCode::from(u8::from(found.is_some())))
}
