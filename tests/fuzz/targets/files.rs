//! What people hand in as files: ledgers, configurations, tag lists, addresses of readers.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use armoury::ids::PlaceId;
use muster::import::{self, TOLD_MAX};
use reader_gateway::config::Config;
use reader_gateway::port::PortUrl;
use reader_gateway::protocol::DriverName;
use reader_gateway::simulate::tags;

use super::{choose, text};

static PLACES: LazyLock<BTreeMap<String, Option<PlaceId>>> = LazyLock::new(|| {
    let id: PlaceId = "0195f0c0-0000-7000-8000-000000000001".parse().expect("an id");
    [("camp/room 1", Some(id)), ("camp/room 2", None)].map(|(path, place)| (path.to_owned(), place)).into()
});

pub fn ledger(data: &[u8]) {
    if let Ok(rows) = import::rehearse(data, &PLACES) {
        assert!(rows.len() <= data.len(), "more rows than bytes");
        let told: usize = rows.iter().filter_map(|row| row.as_ref().err()).take(TOLD_MAX).map(|bad| bad.because.len()).sum();
        assert!(told <= 64 * data.len() + 400 * rows.len(), "{told} bytes of complaint about {} bytes", data.len());
    }
}

pub fn gateway_config(data: &[u8]) {
    let Some(text) = text(data) else { return };
    match Config::parse(text, Path::new("here")) {
        Ok(config) => {
            let warnings = config.warnings();
            assert!(warnings.len() <= 2 + config.readers.len());
            for reader in &config.readers {
                assert_eq!(reader.port.to_string().parse::<PortUrl>().as_ref(), Ok(&reader.port));
            }
        }
        Err(error) => assert!(error.to_string().len() <= 2000 + 2 * text.len(), "{error}"),
    }
}

pub fn service_config(data: &[u8]) {
    let Some(text) = text(data) else { return };
    if let Ok(config) = muster::config::Config::parse(text, Path::new("muster.toml")) {
        assert!(config.check().is_ok());
        let _ = (config.url(), config.anchor(), config.is_encrypted());
    }
}

pub fn port_url(data: &[u8]) {
    let Some(text) = text(data) else { return };
    if let Ok(url) = text.parse::<PortUrl>() {
        let shown = url.to_string();
        assert_eq!(shown.parse::<PortUrl>().as_ref(), Ok(&url), "{text:?} is shown as {shown:?}");
    }
}

pub fn tags_file(data: &[u8]) {
    let Some((chosen, rest)) = choose(&DriverName::ALL, data) else { return };
    let Some(text) = text(&rest) else { return };
    if let Ok(tags) = tags::parse(DriverName::ALL[chosen].1, text) {
        assert!(tags.len() <= text.lines().count());
    }
}
