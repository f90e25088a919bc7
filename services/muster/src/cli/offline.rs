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

/// Opens the log alone, to fold it: no rule runs and nothing is sealed, so looking never writes.
///
/// # Errors
/// When there is no log, or a service runs on it.
pub fn log(data: &Path) -> anyhow::Result<EventLog> {
    anyhow::ensure!(data.join("log.sqlite").exists(), "there is no log in {}", data.display());
    store::open_at_rest(Config { data: data.to_owned(), ..Config::default() }).context("the log does not open")
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

#[cfg(test)]
mod tests {
    use event_log::{Expected, NewEvent, OpenOptions, StreamName, TypeName};

    use super::*;
    use crate::scratch::Scratch;

    /// A service would seal what is older than the last ten thousand events as soon as it opens this log.
    #[test]
    fn who_looks_seals_nothing() {
        let dir = Scratch::new("offline-looks");
        let usual = OpenOptions::new(&*dir, || random::now().micros(), random::bytes::<16>);
        let (filled, _) = EventLog::open(OpenOptions { keep_rows: None, ..usual }).unwrap();
        for nth in 0..21 {
            let event = || NewEvent {
                id: random::uuid_v7(random::now()),
                type_name: TypeName::new("Noted").unwrap(),
                schema_version: 1,
                occurred_at: 0,
                meta: b"{}".to_vec(),
                data: b"{}".to_vec(),
            };
            let stream = StreamName::new(format!("note-{nth}")).unwrap();
            let events = std::iter::repeat_with(event).take(500).collect();
            filled.append_blocking(&stream, Expected::NoStream, events).unwrap();
        }
        drop(filled);
        let looked = log(&dir).unwrap();
        for _ in 0..3 {
            assert_eq!(looked.seal(u64::MAX, 1).unwrap(), 0); // Answered by the thread that would seal.
        }
        drop(looked);
        let file = rusqlite::Connection::open(dir.join("log.sqlite")).unwrap();
        let sealed: i64 = file.query_row("SELECT count(*) FROM chunks", [], |row| row.get(0)).unwrap();
        assert_eq!(sealed, 0);
    }
}
