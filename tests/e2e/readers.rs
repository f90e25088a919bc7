//! Readers on real lines and a real broker, heard by `muster-gateway listen`, which needs no service.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

use crate::broker::{Broker, Door, PASSWORD};
use crate::line::Line;
use crate::program::{Program, finish, free_port, wait_for};
use crate::scratch::Scratch;

/// A tags file with so many tags; the tags.
fn tags(folder: &Scratch, many: usize) -> (String, BTreeSet<String>) {
    let epcs: Vec<String> = (1..=many).map(|n| format!("3414257BF4{n:014X}")).collect();
    (folder.write("tags", &epcs.join("\n")), epcs.into_iter().collect())
}

/// The EPCs and texts a listening gateway printed.
fn heard(listening: &Program) -> BTreeSet<String> {
    let said = listening.said();
    let reports = said.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    reports.filter_map(|report| Some(report["epc"].as_str().or(report["text"].as_str())?.to_owned())).collect()
}

#[track_caller]
fn hears_all(listening: &Program, wanted: &BTreeSet<String>) {
    wait_for("every tag", || wanted.is_subset(&heard(listening)).then_some(()));
}

#[test]
fn a_mercury_module_on_a_serial_line() {
    let (folder, line) = (Scratch::new("mercury"), Line::new());
    let (file, wanted) = tags(&folder, 40);
    let (reader, gateway) = (format!("serial:{}", line.reader), format!("serial:{}", line.gateway));
    let _module = Program::start("muster-gateway", &["simulate", "--driver", "mercury", "--port", &reader, "--tags", &file]);
    let listening = Program::start("muster-gateway", &["listen", "--driver", "mercury", "--port", &gateway]);
    hears_all(&listening, &wanted);
    assert_eq!(heard(&listening), wanted, "nothing is heard that was not there");
}

#[test]
fn a_module_that_is_plugged_in_late() {
    let (folder, line) = (Scratch::new("late"), Line::new());
    let (file, wanted) = tags(&folder, 5);
    let (reader, gateway) = (format!("serial:{}", line.reader), format!("serial:{}", line.gateway));
    let mut listening = Program::start("muster-gateway", &["listen", "--driver", "mercury", "--port", &gateway]);
    let start = || Program::start("muster-gateway", &["simulate", "--driver", "mercury", "--port", &reader, "--tags", &file]);
    let first = start();
    listening.line("epc");
    first.kill();
    let _again = start();
    hears_all(&listening, &wanted);
}

#[test]
fn a_scanner_over_tcp() {
    let folder = Scratch::new("scanner");
    let codes = folder.write("codes", "]d1010401234567890121418823\n418823\n");
    let (listen, simulate) = {
        let port = free_port();
        (format!("tcp-listen://127.0.0.1:{port}"), format!("tcp://127.0.0.1:{port}"))
    };
    let listening = Program::start("muster-gateway", &["listen", "--driver", "barcode-line", "--port", &listen]);
    wait_for("the scanner to find its gateway", || {
        let mut command = Command::new(crate::program::binary("muster-gateway"));
        command.args(["simulate", "--driver", "barcode-line", "--once", "--port", &simulate, "--tags", &codes]);
        (finish(command).0 == 0).then_some(())
    });
    hears_all(&listening, &BTreeSet::from(["418823".to_owned()]));
}

#[test]
fn a_zebra_reader_through_a_broker_that_restarts() {
    let folder = Scratch::new("zebra");
    let (file, wanted) = tags(&folder, 200);
    let broker = Broker::start(&folder.join("broker"), Door::Open, None);
    let port = broker.port;
    let url = format!("mqtt://127.0.0.1:{port}/readers/+/data");
    let mut listening = Program::start("muster-gateway", &["listen", "--driver", "zebra-iotc", "--port", &url]);
    let args = ["simulate", "--driver", "zebra-iotc", "--port", &url, "--tags", &file, "--rate", "100"];
    let _reader = Program::start("muster-gateway", &args);
    listening.line("epc");
    drop(broker);
    let _broker = Broker::start(&folder.join("broker"), Door::Open, Some(port));
    hears_all(&listening, &wanted);
}

#[test]
fn the_shipped_broker_lets_nobody_in_without_a_password() {
    let folder = Scratch::new("door");
    let broker = Broker::start(&folder.join("broker"), Door::Shipped, None);
    let publish = |login: &[&str], topic: &str| {
        let event = r#"{"type":"SIMPLE","timestamp":"2026-03-01T06:00:00.000+0000","data":{"idHex":"3414257BF400000000000001"}}"#;
        let mut command = Command::new("mosquitto_pub");
        let port = broker.port.to_string();
        command.args(["-h", "127.0.0.1", "-p", &port, "-q", "1", "-t", topic, "-m", event]).args(login);
        finish(command)
    };
    let (code, said) = publish(&[], "readers/portal-1/data");
    assert_ne!(code, 0, "the broker took a message from nobody: {said}");
    let (code, said) = publish(&["-u", "portal-1", "-P", "wrong"], "readers/portal-1/data");
    assert_ne!(code, 0, "the broker took a message with a wrong password: {said}");

    let password = folder.write("password", PASSWORD);
    let url = format!("mqtt://127.0.0.1:{}/readers/#", broker.port);
    let login = ["--username", "gateway", "--password-file", &password];
    let args = [&["listen", "--driver", "zebra-iotc", "--port", &url], &login[..]].concat();
    let listening = Program::start("muster-gateway", &args);
    wait_for("a report by a reader with its password", || {
        let (code, said) = publish(&["-u", "portal-1", "-P", PASSWORD], "readers/portal-1/data");
        assert_eq!(code, 0, "{said}");
        heard(&listening).contains("3414257BF400000000000001").then_some(())
    });
}
