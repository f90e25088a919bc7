//! The gateway's configuration: one TOML file, parsed whole at the door.
//!
//! Unknown keys are refused with their line, values that do not fit with their reader. Secrets are
//! never written here: they stand in files of their own. File names are taken from the directory of
//! the configuration. `compose/gateway.example.toml` shows every key and is parsed by a test.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use crate::limits;
use crate::options::{Options, OptionsError};
use crate::port::PortUrl;
use crate::protocol::{DriverName, Settings};
use crate::sieve;

/// A whole and checked configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// The gateway itself.
    pub gateway: Gateway,
    /// Its readers, in the order written.
    pub readers: Vec<Reader>,
}

/// Who the gateway is, and whom it tells.
#[derive(Clone, Debug)]
pub struct Gateway {
    /// Its name, for people and brokers.
    pub id: String,
    /// Base URL of the service, without a trailing slash.
    pub service: String,
    /// The service's Ed25519 key: only receipts signed with it empty the outbox.
    pub service_key: [u8; 32],
    /// File of the gateway's own key; made at the first run.
    pub key: PathBuf,
    /// File of the outbox.
    pub outbox: PathBuf,
    /// Items that may wait for the service.
    pub outbox_items: u64,
    /// Authority certificates (PEM) for the service.
    pub ca: Option<PathBuf>,
}

/// One reader.
#[derive(Clone, Debug)]
pub struct Reader {
    /// Its id, unique here.
    pub id: String,
    /// Id or code of its place in the book.
    pub place: String,
    /// The language it speaks.
    pub driver: DriverName,
    /// The language's settings.
    pub settings: Settings,
    /// Where it is connected.
    pub port: PortUrl,
    /// Antennas that stand for places of their own.
    pub antennas: Vec<(u16, String)>,
    /// How its reads are folded.
    pub sieve: sieve::Settings,
    /// User name at the broker.
    pub username: Option<String>,
    /// File with the password at the broker.
    pub password_file: Option<PathBuf>,
    /// TLS files.
    pub tls: Tls,
}

/// TLS files of one reader's port.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// Authority certificates, PEM; absent: the system's.
    pub ca: Option<PathBuf>,
    /// Our certificate, PEM.
    pub certificate: Option<PathBuf>,
    /// Its key, PEM.
    pub key: Option<PathBuf>,
}

/// Why a configuration is refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// As the system says.
        #[source]
        cause: std::io::Error,
    },
    /// The text is no such configuration; the words carry line and column.
    #[error("{0}")]
    Syntax(String),
    /// A value does not fit.
    #[error("line {line}: {what}: {why}")]
    Value {
        /// Counted from 1.
        line: usize,
        /// The reader or the key.
        what: String,
        /// What is wrong.
        why: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    gateway: toml::Spanned<GatewayText>,
    #[serde(default)]
    reader: Vec<toml::Spanned<ReaderText>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GatewayText {
    id: String,
    service: String,
    service_key: String,
    key: PathBuf,
    outbox: PathBuf,
    outbox_items: Option<u64>,
    ca: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReaderText {
    id: String,
    place: String,
    driver: String,
    port: String,
    #[serde(default)]
    antenna: Vec<AntennaText>,
    #[serde(default)]
    sieve: SieveText,
    #[serde(default)]
    tls: Tls,
    username: Option<String>,
    password_file: Option<PathBuf>,
    // The drivers' options, one by one: serde cannot refuse unknown keys through a flattened struct.
    region: Option<String>,
    antennas: Option<Vec<u8>>,
    power_dbm: Option<f32>,
    tid: Option<bool>,
    silent_s: Option<u32>,
    prefix: Option<String>,
    end: Option<String>,
    idle_ms: Option<u16>,
    badge: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AntennaText {
    number: u16,
    place: String,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct SieveText {
    refresh_s: Option<u32>,
    gone_s: Option<u32>,
    min_rssi_dbm: Option<i16>,
    min_reads: Option<u32>,
}

impl Config {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// The file, its syntax or a value.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let read = |cause| ConfigError::Read { path: path.to_owned(), cause };
        let size = std::fs::metadata(path).map_err(read)?.len();
        if size > limits::FILE_BYTES {
            return Err(read(std::io::Error::other("the file is too large for a configuration")));
        }
        let text = std::fs::read_to_string(path).map_err(read)?;
        Self::parse(&text, path.parent().unwrap_or(Path::new("")))
    }

    /// Checks a text; file names in it are taken from `directory`.
    ///
    /// # Errors
    /// Its syntax or a value.
    pub fn parse(text: &str, directory: &Path) -> Result<Self, ConfigError> {
        let file: File = toml::from_str(text).map_err(|error| ConfigError::Syntax(error.to_string().trim_end().to_owned()))?;
        let line_of = |offset: usize| text[..offset.min(text.len())].matches('\n').count() + 1;
        let line = line_of(file.gateway.span().start);
        let gateway =
            gateway(file.gateway.into_inner(), directory).map_err(|(what, why)| ConfigError::Value { line, what, why })?;
        let mut readers: Vec<Reader> = Vec::new();
        for spanned in file.reader {
            let line = line_of(spanned.span().start);
            let text = spanned.into_inner();
            let what = format!("reader {:?}", text.id);
            let refused = |why| ConfigError::Value { line, what: what.clone(), why };
            let reader = reader(text, directory).map_err(refused)?;
            if readers.iter().any(|other| other.id == reader.id) {
                return Err(refused("another reader has this id".to_owned()));
            }
            readers.push(reader);
        }
        Ok(Self { gateway, readers })
    }

    /// What is allowed and yet unwise, in words.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.gateway.service.starts_with("http://") && !is_loopback(&self.gateway.service) {
            warnings
                .push("the service is reached without TLS: batches are signed, and anyone on the way can read them".to_owned());
        }
        for reader in &self.readers {
            if let PortUrl::Mqtt(broker) = &reader.port
                && !broker.tls
                && !is_loopback(&reader.port.to_string())
            {
                warnings
                    .push(format!("reader {:?} is heard without TLS: anyone on the way can read, and speak for it", reader.id));
            }
        }
        if self.readers.is_empty() {
            warnings.push("there is no [[reader]]: nothing will be heard".to_owned());
        }
        warnings
    }
}

fn is_loopback(url: &str) -> bool {
    let host = url.split_once("://").map_or(url, |(_, rest)| rest);
    ["localhost", "127.", "[::1]"].iter().any(|name| host.starts_with(name))
}

fn name(text: &str) -> Result<(), String> {
    let fits = (1..=64).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    if fits { Ok(()) } else { Err("an id or place has 1 to 64 characters, none of them a control character".to_owned()) }
}

fn gateway(text: GatewayText, directory: &Path) -> Result<Gateway, (String, String)> {
    let refused = |key: &str, why: &str| (format!("[gateway] {key}"), why.to_owned());
    name(&text.id).map_err(|why| refused("id", &why))?;
    let service = text.service.trim_end_matches('/').to_owned();
    let secure = service.starts_with("https://");
    if !secure && !service.starts_with("http://") {
        return Err(refused("service", "an https:// or http:// address"));
    }
    if secure && text.ca.is_none() {
        return Err(refused("ca", "an https:// service needs the file of its authority certificates"));
    }
    let key = STANDARD.decode(text.service_key.trim()).ok().and_then(|key| <[u8; 32]>::try_from(key).ok());
    let key = key.filter(|key| ed25519_dalek::VerifyingKey::from_bytes(key).is_ok());
    let service_key = key.ok_or_else(|| refused("service_key", "an Ed25519 key in base64, as `muster` prints it"))?;
    let outbox_items = text.outbox_items.unwrap_or(limits::OUTBOX_ITEMS);
    if outbox_items < 1_000 {
        return Err(refused("outbox_items", "at least 1000"));
    }
    let (key, outbox) = (directory.join(text.key), directory.join(text.outbox));
    Ok(Gateway { id: text.id, service, service_key, key, outbox, outbox_items, ca: text.ca.map(|file| directory.join(file)) })
}

fn reader(text: ReaderText, directory: &Path) -> Result<Reader, String> {
    let words = |error: OptionsError| error.to_string();
    name(&text.id)?;
    name(&text.place)?;
    let driver: DriverName = text.driver.parse().map_err(|error: crate::protocol::NoSuchDriver| error.to_string())?;
    let port: PortUrl = text.port.parse().map_err(|error: crate::port::url::NotAPort| error.to_string())?;
    if (driver == DriverName::ZebraIotc) != matches!(port, PortUrl::Mqtt(_)) {
        return Err(format!("the driver {} is not heard at {port}", driver.as_str()));
    }
    if text.username.is_some() != text.password_file.is_some() {
        return Err("username and password_file stand together".to_owned());
    }
    if text.tls.certificate.is_some() != text.tls.key.is_some() {
        return Err("[reader.tls] certificate and key stand together".to_owned());
    }
    let mut antennas = Vec::new();
    for antenna in text.antenna {
        name(&antenna.place)?;
        if antenna.number == 0 || antennas.iter().any(|(number, _)| *number == antenna.number) {
            return Err(format!("antenna {} is named twice, or is 0; they count from 1", antenna.number));
        }
        antennas.push((antenna.number, antenna.place));
    }
    let options = Options {
        region: text.region,
        antennas: text.antennas,
        power_dbm: text.power_dbm,
        tid: text.tid,
        silent_s: text.silent_s,
        prefix: text.prefix,
        end: text.end,
        idle_ms: text.idle_ms,
        badge: text.badge,
    };
    let in_directory = |file: Option<PathBuf>| file.map(|file| directory.join(file));
    Ok(Reader {
        settings: options.settings(driver).map_err(words)?,
        sieve: sieve_settings(&text.sieve)?,
        password_file: in_directory(text.password_file),
        tls: Tls {
            ca: in_directory(text.tls.ca),
            certificate: in_directory(text.tls.certificate),
            key: in_directory(text.tls.key),
        },
        id: text.id,
        place: text.place,
        driver,
        port,
        antennas,
        username: text.username,
    })
}

fn sieve_settings(text: &SieveText) -> Result<sieve::Settings, String> {
    let usual = sieve::Settings::default();
    let settings = sieve::Settings {
        refresh_s: text.refresh_s.unwrap_or(usual.refresh_s),
        gone_s: text.gone_s.unwrap_or(usual.gone_s),
        min_rssi_dbm: text.min_rssi_dbm,
        min_reads: text.min_reads.unwrap_or(usual.min_reads),
        tags: usual.tags,
    };
    if settings.refresh_s == 0 || settings.gone_s == 0 || settings.min_reads == 0 {
        return Err("[reader.sieve] refresh_s, gone_s and min_reads are at least 1".to_owned());
    }
    Ok(settings)
}
