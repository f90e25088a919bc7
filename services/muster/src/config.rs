//! The configuration file: every key, its default, and what is refused before anything starts.
//!
//! One format (TOML); unknown keys are refused with their line; secrets stand in files of their
//! own and only the path stands here. Without a file the defaults are safe: this machine only.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use armoury::ids::NodeId;
use serde::Deserialize;

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration {path}")]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        #[source]
        cause: std::io::Error,
    },
    /// The file is not understood; the cause names line and key.
    #[error("the configuration {path} is not understood")]
    Parse {
        /// Which file.
        path: PathBuf,
        /// Line, column and key.
        #[source]
        cause: Box<toml::de::Error>,
    },
    /// Listening beyond this machine without encryption.
    #[error(
        "web.listen {listen} is reachable from other machines: set web.tls.certificate and web.tls.key, \
         or write web.insecure_http = true if something in front does the encryption"
    )]
    Unprotected {
        /// The address asked for.
        listen: SocketAddr,
    },
    /// A value out of its range.
    #[error("{key} is {value}; it must lie between {low} and {high}")]
    Range {
        /// The key.
        key: &'static str,
        /// What it says.
        value: u64,
        /// Lowest allowed.
        low: u64,
        /// Highest allowed.
        high: u64,
    },
}

/// The whole configuration.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The data folder: log, anchor, accounts, keys.
    pub data: PathBuf,
    /// The name of this machine in streams' names; never changes once events are written.
    pub node: NodeId,
    /// The web service.
    pub web: Web,
    /// The log.
    pub log: Log,
    /// Signing in.
    pub sign_in: SignIn,
    /// What is too much.
    pub limits: Limits,
    /// Training data.
    #[serde(skip)]
    pub training: bool,
}

/// The web service.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Web {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The address people use, such as `https://muster.example.mil`; origin checks use it too.
    pub public_url: Option<String>,
    /// Says in so many words that plain HTTP beyond this machine is wanted.
    pub insecure_http: bool,
    /// Certificate and key.
    pub tls: Option<Tls>,
    /// A file with the token for `/metrics` from other machines.
    pub metrics_token_file: Option<PathBuf>,
    /// Worker threads.
    pub workers: usize,
}

/// Certificate and key, PEM.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// Certificate chain.
    pub certificate: PathBuf,
    /// Private key.
    pub key: PathBuf,
}

/// The log.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// Where the log stands; absent = `log.sqlite` in the data folder. `kurrentdb://HOST:PORT,...` is a server.
    pub url: Option<String>,
    /// Where size and root are kept; absent = `anchor` in the data folder. Another disk is better.
    pub anchor: Option<PathBuf>,
    /// Events at the end that stay as they were written; those before them are sealed into a fifth of the space
    /// whenever nobody writes. Absent = 10,000.
    pub keep_rows: Option<u64>,
    /// The log's name on a server; absent = the node's name. Several logs may stand on one server.
    pub name: Option<String>,
    /// The user on a server.
    pub user: Option<String>,
    /// The file with that user's password.
    pub password_file: Option<PathBuf>,
    /// Take the log from a muster that holds it and is gone for good; once, then out again.
    pub take_over: bool,
}

/// Signing in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SignIn {
    /// A sign-in ends after so many minutes without an act.
    pub idle_minutes: u32,
    /// A sign-in ends after so many hours whatever happens.
    pub longest_hours: u32,
    /// Memory of one password check, in KiB (argon2id).
    pub password_memory_kib: u32,
    /// Passes of one password check.
    pub password_passes: u32,
    /// The fewest characters of a new password.
    pub password_length: u32,
}

/// What is too much.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Requests a minute of one account, or of one address without an account.
    pub requests_a_minute: u32,
    /// Live feeds open at once.
    pub live_feeds: u32,
    /// And of one person, so that nobody's windows or programs take them from all others.
    pub live_feeds_a_person: u32,
    /// A connection whose other end takes nothing for so many seconds is cut off.
    pub stalled_seconds: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data: PathBuf::from("muster-data"),
            node: "hq".parse().expect("two letters are a node's name"),
            web: Web::default(),
            log: Log::default(),
            sign_in: SignIn::default(),
            limits: Limits::default(),
            training: false,
        }
    }
}

impl Default for Web {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 7878)),
            public_url: None,
            insecure_http: false,
            tls: None,
            metrics_token_file: None,
            workers: 2,
        }
    }
}

impl Default for SignIn {
    fn default() -> Self {
        Self { idle_minutes: 15, longest_hours: 12, password_memory_kib: 65536, password_passes: 3, password_length: 12 }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { requests_a_minute: 1200, live_feeds: 1024, live_feeds_a_person: 64, stalled_seconds: 20 }
    }
}

impl Config {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// [`ConfigError`] names the file, the line or the key.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|cause| ConfigError::Read { path: path.to_owned(), cause })?;
        Self::parse(&text, path)
    }

    /// Checks a configuration's text; `path` is for the words of errors only.
    ///
    /// # Errors
    /// [`ConfigError`] names the line or the key.
    pub fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        let config: Self =
            toml::from_str(text).map_err(|cause| ConfigError::Parse { path: path.to_owned(), cause: Box::new(cause) })?;
        config.check()?;
        Ok(config)
    }

    /// What every configuration must satisfy.
    ///
    /// # Errors
    /// [`ConfigError::Unprotected`] or [`ConfigError::Range`].
    pub fn check(&self) -> Result<(), ConfigError> {
        let web = &self.web;
        if !is_this_machine(web.listen.ip()) && web.tls.is_none() && !web.insecure_http {
            return Err(ConfigError::Unprotected { listen: web.listen });
        }
        let sign_in = &self.sign_in;
        range("sign_in.idle_minutes", sign_in.idle_minutes.into(), 1, 24 * 60)?;
        range("sign_in.longest_hours", sign_in.longest_hours.into(), 1, 24 * 7)?;
        range("sign_in.password_memory_kib", sign_in.password_memory_kib.into(), 64, 1024 * 1024)?;
        range("sign_in.password_passes", sign_in.password_passes.into(), 1, 20)?;
        range("sign_in.password_length", sign_in.password_length.into(), 8, 64)?;
        range("limits.requests_a_minute", self.limits.requests_a_minute.into(), 1, 10_000_000)?;
        range("limits.live_feeds", self.limits.live_feeds.into(), 1, 100_000)?;
        range("limits.live_feeds_a_person", self.limits.live_feeds_a_person.into(), 1, 100_000)?;
        range("limits.stalled_seconds", self.limits.stalled_seconds.into(), 1, 3600)?;
        range("web.workers", web.workers as u64, 1, 256)
    }

    /// Whether browsers reach us encrypted, so that cookies may be held to it.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.web.tls.is_some() || self.web.public_url.as_deref().is_some_and(|url| url.starts_with("https://"))
    }

    /// A file in the data folder.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.data.join(name)
    }

    /// Where the anchor stands.
    #[must_use]
    pub fn anchor(&self) -> PathBuf {
        self.log.anchor.clone().unwrap_or_else(|| self.file("anchor"))
    }

    /// Where people find the service.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.web.tls.is_some() { "https" } else { "http" };
        self.web.public_url.clone().unwrap_or_else(|| format!("{scheme}://{}", self.web.listen))
    }
}

/// Loopback only: not even this machine's own outside addresses.
#[must_use]
pub fn is_this_machine(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

fn range(key: &'static str, value: u64, low: u64, high: u64) -> Result<(), ConfigError> {
    if (low..=high).contains(&value) { Ok(()) } else { Err(ConfigError::Range { key, value, low, high }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, want: &str) {
        let said = match Config::parse(text, Path::new("muster.toml")) {
            Ok(config) => format!("{} {}", config.node, config.web.listen),
            Err(error) => {
                let cause = std::error::Error::source(&error).map(|c| format!(": {c}")).unwrap_or_default();
                format!("{error}{cause}")
            }
        };
        assert!(said.contains(want), "{said}");
    }

    #[test]
    fn defaults_stay_on_this_machine() {
        check("", "hq 127.0.0.1:7878");
        check("node = \"op-north\"\n[web]\nlisten = \"[::1]:80\"", "op-north [::1]:80");
    }

    #[test]
    fn unknown_keys_are_refused_with_their_line() {
        check("[web]\nlisten = \"127.0.0.1:1\"\nprot = 1", "line 3");
        check("colour = 1", "unknown field `colour`");
    }

    #[test]
    fn other_machines_need_encryption_or_plain_words() {
        check("[web]\nlisten = \"0.0.0.0:80\"", "reachable from other machines");
        check("[web]\nlisten = \"0.0.0.0:80\"\ninsecure_http = true", "hq 0.0.0.0:80");
    }

    #[test]
    fn ranges() {
        check("[sign_in]\nidle_minutes = 0", "sign_in.idle_minutes is 0");
    }

    #[test]
    fn the_commented_example_is_true() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../compose/muster.example.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        Config::parse(&text, &path).unwrap();
        // Each commented key with its default must be accepted as well.
        let all: String = text.lines().map(|line| line.strip_prefix("#= ").unwrap_or(line)).map(|l| format!("{l}\n")).collect();
        Config::parse(&all, &path).unwrap();
    }
}
