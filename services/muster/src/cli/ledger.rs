//! `muster import`: a ledger into a running service, or into a data folder while none runs.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use armoury::ids::ServiceNumber;
use clap::{Args, ValueEnum};
use serde_json::Value;

use super::offline;
use super::out::say;

/// What can be imported.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Kind {
    /// A table of weapons.
    Weapons,
}

/// What, from where, as whom.
#[derive(Debug, Args)]
pub struct Import {
    /// What the table holds.
    kind: Kind,
    /// The table: CSV in UTF-8; columns serial, maker, model, calibre, class, place, and owner,
    /// country, year, origin, source, epc, tid.
    file: PathBuf,
    /// Only look; enter nothing.
    #[arg(long)]
    dry_run: bool,
    /// The running service.
    #[arg(long, default_value = "http://127.0.0.1:7878")]
    url: String,
    /// A file with the token to use with the service.
    #[arg(long)]
    token_file: Option<PathBuf>,
    /// The data folder, while no service runs on it.
    #[arg(long, conflicts_with = "token_file")]
    data: Option<PathBuf>,
    /// With --data: who imports.
    #[arg(long, requires = "data")]
    by: Option<ServiceNumber>,
    /// With --data: a file with his password.
    #[arg(long, requires = "by")]
    password_file: Option<PathBuf>,
}

impl Import {
    /// Imports.
    ///
    /// # Errors
    /// When it could not be tried; bad rows are exit code 1.
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let Kind::Weapons = self.kind;
        let table = std::fs::read(&self.file).with_context(|| format!("cannot read {}", self.file.display()))?;
        let report = match (&self.data, &self.token_file) {
            (Some(data), _) => self.offline(data, &table)?,
            (None, Some(token)) => self.online(token, &table)?,
            (None, None) => anyhow::bail!("give --token-file for a running service, or --data with --by and --password-file"),
        };
        Ok(told(&report))
    }

    fn offline(&self, data: &std::path::Path, table: &[u8]) -> anyhow::Result<Value> {
        let (by, password) =
            self.by.as_ref().zip(self.password_file.as_ref()).context("--data needs --by and --password-file")?;
        let app = offline::open(data)?;
        let who = offline::sign_in(&app, by, password)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let report = runtime.block_on(app.import_ledger(&who, table, self.dry_run))?;
        Ok(serde_json::to_value(report)?)
    }

    fn online(&self, token: &std::path::Path, table: &[u8]) -> anyhow::Result<Value> {
        let token = std::fs::read_to_string(token).with_context(|| format!("cannot read {}", token.display()))?;
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(900)))
            .build()
            .into();
        let path = format!("{}/api/v1/import/weapons?dry_run={}", self.url.trim_end_matches('/'), self.dry_run);
        let request =
            agent.post(path).header("content-type", "text/csv").header("authorization", format!("Bearer {}", token.trim()));
        let mut answer = request.send(table).context("the service does not answer")?;
        let body: Value =
            serde_json::from_str(&answer.body_mut().read_to_string()?).context("the answer is not the service's")?;
        let understood = answer.status().is_success() || body["code"] == "rows_bad";
        anyhow::ensure!(
            understood,
            "{} ({})",
            body["detail"].as_str().unwrap_or("refused"),
            body["code"].as_str().unwrap_or("?")
        );
        Ok(body)
    }
}

/// Says what came of it; bad rows line by line.
fn told(report: &Value) -> ExitCode {
    let number = |name: &str| report[name].as_u64().unwrap_or(0);
    for row in report["rows"].as_array().into_iter().flatten() {
        let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
        say(format!("line {}: {}: {}", row["line"], text("serial"), text("because")));
    }
    say(format!(
        "{} rows: {} bad, {} in the book already, {} entered",
        number("total"),
        number("bad"),
        number("already"),
        number("entered")
    ));
    ExitCode::from(u8::from(number("bad") > 0))
}
