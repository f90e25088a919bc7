//! Work on a data folder while no service runs on it: the log's lock sees to that.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use armoury::ids::ServiceNumber;
use event_log::EventLog;
use zeroize::Zeroizing;

use crate::app::App;
use crate::auth::Who;
use crate::config::Config;
use crate::{random, store};

/// Opens a data folder that exists.
///
/// # Errors
/// When there is no log, or a service runs on it.
pub fn open(data: &Path) -> anyhow::Result<Arc<App>> {
    anyhow::ensure!(data.join("log.sqlite").exists(), "there is no log in {}", data.display());
    App::open(Config { data: data.to_owned(), ..Config::default() }).context("the data folder does not open")
}

/// Opens the log alone, to fold it: no rule runs, so looking never writes an event.
///
/// # Errors
/// When there is no log, or a service runs on it.
pub fn log(data: &Path) -> anyhow::Result<EventLog> {
    anyhow::ensure!(data.join("log.sqlite").exists(), "there is no log in {}", data.display());
    store::open(&Config { data: data.to_owned(), ..Config::default() }).context("the log does not open")
}

/// The person who acts, by number and the password in a file.
///
/// # Errors
/// When they do not belong together.
pub fn sign_in(app: &App, number: &ServiceNumber, password_file: &Path) -> anyhow::Result<Who> {
    let right = app.accounts().check_password(number.as_str(), &password(password_file)?)?;
    anyhow::ensure!(right, "the service number and the password do not belong together");
    Ok(unproven(app, number))
}

/// A password from its file, without the line's end.
///
/// # Errors
/// When the file cannot be read.
pub fn password(file: &Path) -> anyhow::Result<Zeroizing<String>> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let text = Zeroizing::new(text);
    Ok(Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned()))
}

/// Somebody by number alone: only where there is no account left that could prove him.
pub fn unproven(app: &App, number: &ServiceNumber) -> Who {
    let grants = app.grants(number);
    Who::once(number.clone(), format!("command-line-{}", hex::encode(random::bytes::<8>())), grants, "en".to_owned())
}
