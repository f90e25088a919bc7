//! Where the log stands: from the configuration's words to an open log.
//!
//! `sqlite:FOLDER` (or nothing) is a file on this machine, `memory:` nothing at all, and the addresses of a
//! KurrentDB server are that server, with a mirror in the data folder. A password stands in a file of its own,
//! never in an address. Nothing is opened twice and nothing is repaired.

use std::path::{Path, PathBuf};

use event_log::{EventLog, Health, OpenError, OpenOptions, Opened};

use crate::config::{Config, Log};
use crate::{points, random};

/// Why the log was not opened.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// An address that this program was not built to open.
    #[error(
        "log.url {0:?} is not understood: leave it out for a file in the data folder, or name sqlite:FOLDER, \
         or kurrentdb://HOST:PORT"
    )]
    Url(String),
    /// This program was built without the cluster.
    #[error("log.url {0:?} is a server's, and this program was built without the feature kurrentdb")]
    NotBuilt(String),
    /// The password's file.
    #[error("cannot read the password in {path}")]
    Password {
        /// Which file.
        path: PathBuf,
        /// The system's reason.
        #[source]
        cause: std::io::Error,
    },
    /// User without password, or password without user.
    #[error("log.user and log.password_file belong together: one of them is missing")]
    HalfALogin,
    /// The log.
    #[error(transparent)]
    Open(#[from] OpenError),
}

fn micros() -> i64 {
    random::now().micros()
}

/// Opens the log that the configuration names. What is wrong with it is said loudly; it is read-only then.
///
/// # Errors
/// [`StoreError`].
pub fn open(config: &Config) -> Result<EventLog, StoreError> {
    let mut options = OpenOptions::new(&config.data, micros, random::bytes::<16>);
    options.anchor.clone_from(&config.log.anchor);
    options.keep_rows = config.log.keep_rows.or(options.keep_rows);
    options.passing = points::passing;
    let (log, opened) = open_at(&config.log, options, config.node.as_str())?;
    if opened.brought_up > 0 {
        tracing::warn!(book.brought_up = opened.brought_up, "The last stop was sudden; whole events after the anchor were kept.");
    }
    if let Health::ReadOnly { reason } = &opened.health {
        tracing::error!(book.reason = %reason, "The log is READ-ONLY. Nothing can be entered until two people declare a break.");
    }
    Ok(log)
}

/// The same for whoever only looks, or seals by himself: no old event is sealed unasked meanwhile.
///
/// # Errors
/// [`StoreError`].
pub fn open_at_rest(mut config: Config) -> Result<EventLog, StoreError> {
    config.log.keep_rows = Some(u64::MAX);
    open(&config)
}

/// The same for an address and what stands beside it; `node` names the log where nothing else does.
///
/// # Errors
/// [`StoreError`].
pub fn open_at(log: &Log, mut options: OpenOptions, node: &str) -> Result<(EventLog, Opened), StoreError> {
    match log.url.as_deref() {
        Some(url) if url.starts_with("memory:") => {
            let log = EventLog::memory(micros, random::bytes::<16>);
            let opened = Opened { head: log.head(), health: log.health(), brought_up: 0, rehashed: 0 };
            return Ok((log, opened));
        }
        Some(url) if is_server(url) => return on_server(url, log, options, node),
        Some(url) => match url.strip_prefix("sqlite:") {
            Some(dir) => options.dir = PathBuf::from(dir),
            None => return Err(StoreError::Url(url.to_owned())),
        },
        None => {}
    }
    Ok(EventLog::open(options)?)
}

/// True for the address of a KurrentDB server.
#[must_use]
pub fn is_server(url: &str) -> bool {
    ["kurrentdb://", "kurrentdb+discover://", "esdb://", "esdb+discover://"].iter().any(|scheme| url.starts_with(scheme))
}

#[cfg(not(feature = "kurrentdb"))]
fn on_server(url: &str, _: &Log, _: OpenOptions, _: &str) -> Result<(EventLog, Opened), StoreError> {
    Err(StoreError::NotBuilt(url.to_owned()))
}

#[cfg(feature = "kurrentdb")]
fn on_server(url: &str, log: &Log, mirror: OpenOptions, node: &str) -> Result<(EventLog, Opened), StoreError> {
    let login = login(log.user.as_deref(), log.password_file.as_deref())?;
    let lower = url.to_ascii_lowercase();
    if lower.contains("tls=false") && login.is_some() && !near(url) {
        tracing::warn!("The log's server is spoken to without encryption: the password and every event can be read on the way.");
    }
    if lower.contains("tlsverifycert=false") {
        tracing::warn!("The log's server is not asked who it is (tlsVerifyCert=false): anybody in between can be it.");
    }
    if login.as_ref().is_some_and(|(user, _)| user == "admin") {
        tracing::warn!("The log is written as the server's admin, who may also delete streams: a user of its own is better.");
    }
    let options = event_log::KurrentOptions {
        url: url.to_owned(),
        name: log.name.clone().unwrap_or_else(|| node.to_owned()),
        login,
        by: format!("muster {node} (process {})", std::process::id()),
        take_over: log.take_over,
        patience: event_log::kurrent::Patience::default(),
        mirror,
    };
    Ok(EventLog::open_on_server(options)?)
}

/// User and password, both or neither.
#[cfg(feature = "kurrentdb")]
fn login(user: Option<&str>, file: Option<&Path>) -> Result<Option<(String, String)>, StoreError> {
    match (user, file) {
        (None, None) => Ok(None),
        (Some(user), Some(path)) => {
            let text = std::fs::read_to_string(path);
            let text = text.map_err(|cause| StoreError::Password { path: path.to_owned(), cause })?;
            Ok(Some((user.to_owned(), text.trim_end_matches(['\r', '\n']).to_owned())))
        }
        _ => Err(StoreError::HalfALogin),
    }
}

/// True if every host of the address is this machine.
#[cfg(feature = "kurrentdb")]
fn near(url: &str) -> bool {
    let hosts = url.split("://").nth(1).and_then(|rest| rest.split(['/', '?']).next()).unwrap_or_default();
    let name = |host: &str| host.rsplit_once(':').map_or(host, |(name, _)| name).to_owned();
    hosts.split(',').all(|host| ["localhost", "127.0.0.1", "[::1]"].contains(&name(host).as_str()))
}

#[cfg(all(test, feature = "kurrentdb"))]
mod tests {
    use super::*;

    #[test]
    fn what_is_near() {
        for (url, wanted) in [
            ("kurrentdb://localhost:2113?tls=false", true),
            ("kurrentdb://127.0.0.1,localhost:1", true),
            ("kurrentdb://localhost,db.example:2113", false),
            ("esdb+discover://cluster", false),
        ] {
            assert_eq!(near(url), wanted, "{url}");
        }
    }

    #[test]
    fn half_a_login_is_none() {
        assert!(matches!(login(Some("a"), None), Err(StoreError::HalfALogin)));
        assert!(matches!(login(None, Some(Path::new("x"))), Err(StoreError::HalfALogin)));
        assert!(matches!(login(Some("a"), Some(Path::new("/nowhere/at/all"))), Err(StoreError::Password { .. })));
    }
}
