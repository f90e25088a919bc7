//! The configuration: the example is whole and right, and what is wrong is refused with its line.

#![allow(clippy::unwrap_used, reason = "a test may stop at once")]

use std::path::Path;

use reader_gateway::config::Config;
use reader_gateway::port::PortUrl;
use reader_gateway::protocol::{Settings, mercury};

fn example() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../compose/gateway.example.toml")).unwrap()
}

fn parse(text: &str) -> Result<Config, String> {
    Config::parse(text, Path::new("/etc/muster")).map_err(|error| error.to_string())
}

#[test]
fn the_example_is_right() {
    let config = parse(&example()).unwrap();
    assert_eq!(config.readers.len(), 4);
    assert_eq!(config.gateway.outbox, Path::new("/etc/muster/outbox.db"));
    assert_eq!(config.readers[0].antennas, [(1, "A-1-left".to_owned()), (2, "A-1-right".to_owned())]);
    let settings = mercury::Settings { region: 8, antennas: vec![1, 2], power_cdbm: Some(2400), tid: true };
    assert_eq!(config.readers[0].settings, Settings::Mercury(settings));
    assert_eq!(config.readers[0].sieve.min_rssi_dbm, Some(-72));
    assert!(matches!(&config.readers[1].port, PortUrl::Mqtt(broker) if broker.tls && broker.filter == "zebra/dock/+"));
    assert_eq!(config.readers[1].password_file.as_deref(), Some(Path::new("/etc/muster/broker.password")));
    assert_eq!(config.warnings(), [""; 0]);
}

/// Every key of the configuration stands in the example: each may be taken away, none may be renamed.
#[test]
fn unknown_keys_are_refused_with_their_line() {
    for (index, line) in example().lines().enumerate() {
        let Some((key, _)) = line.split_once(" = ").filter(|(key, _)| !key.starts_with('#')) else { continue };
        let renamed: String = example()
            .lines()
            .enumerate()
            .map(|(at, line)| if at == index { format!("x{line}\n") } else { format!("{line}\n") })
            .collect();
        let error = parse(&renamed).unwrap_err();
        assert!(error.contains(&format!("unknown field `x{key}`")), "{error}");
        assert!(error.contains(&format!("line {}", index + 1)), "line {}: {error}", index + 1);
    }
}

#[track_caller]
fn refuse(from: &str, to: &str, words: &str) {
    assert!(example().contains(from), "{from}");
    let error = parse(&example().replacen(from, to, 1)).unwrap_err();
    assert!(error.contains(words), "{error}");
}

#[test]
fn values_that_do_not_fit_are_refused() {
    refuse("https://muster.example:8443", "muster.example", "[gateway] service: an https:// or http:// address");
    refuse("ca = \"service-ca.pem\"", "", "an https:// service needs the file of its authority certificates");
    refuse("T3Iy", "T3I", "an Ed25519 key in base64");
    refuse("outbox_items = 1000000", "outbox_items = 5", "at least 1000");
    refuse(
        "driver = \"mercury\"",
        "driver = \"merkury\"",
        "no driver is called \"merkury\"; there are mercury, zebra-iotc and barcode-line",
    );
    refuse("serial:/dev/ttyUSB0?baud=115200", "/dev/ttyUSB0", "is no port");
    refuse("region = \"EU3\"", "region = \"Europe\"", "line 16: reader \"rack-1\": region = \"Europe\" is not allowed");
    refuse("silent_s = 180", "region = \"EU3\"", "reader \"dock\": region is no option of the driver zebra-iotc");
    refuse("id = \"dock\"", "id = \"rack-1\"", "reader \"rack-1\": another reader has this id");
    refuse("number = 2", "number = 1", "antenna 1 is named twice");
    refuse("password_file = \"broker.password\"", "", "username and password_file stand together");
    refuse("key = \"gateway-tls.key\"", "", "certificate and key stand together");
    refuse("gone_s = 30", "gone_s = 0", "at least 1");
    refuse("mqtts://broker.example:8883/zebra/dock/+", "serial:/dev/ttyUSB1", "the driver zebra-iotc is not heard at");
    refuse("id = \"door\"", "id = \"\"", "1 to 64 characters");
}

#[test]
fn what_is_unwise_is_said() {
    let text = example().replace("https://", "http://").replace("mqtts://broker.example:8883", "mqtt://broker.example");
    let warnings = parse(&text).unwrap().warnings();
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    let local = text.replace("muster.example", "127.0.0.1").replace("broker.example", "localhost");
    assert_eq!(parse(&local).unwrap().warnings(), [""; 0]);
}
