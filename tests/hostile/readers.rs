//! Readers that lie or are broken: over a real broker and a real line. Each time a true report is heard
//! behind it, what is refused is told, and nothing hostile is let out as a read.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;
use tag_data::moment::Moment;

use crate::broker::{Broker, Door};
use crate::house::House;
use crate::line::Line;
use crate::program::{Program, finish, wait_for};
use crate::scratch::Scratch;

/// EPCs and texts that a listening gateway printed.
fn heard(listening: &Program) -> BTreeSet<String> {
    let said = listening.said();
    let reports = said.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    reports.filter_map(|report| Some(report["epc"].as_str().or(report["text"].as_str())?.to_owned())).collect()
}

fn epc(number: usize) -> String {
    format!("3414257BF4{number:014X}")
}

fn event(epc: &str) -> String {
    format!("{{\"type\":\"SIMPLE\",\"timestamp\":\"2026-03-01T06:00:00.000+0000\",\"data\":{{\"idHex\":\"{epc}\"}}}}")
}

fn publish(port: u16, args: &[&str]) {
    let mut command = Command::new("mosquitto_pub");
    command.args(["-h", "127.0.0.1", "-p", &port.to_string()]).args(args);
    let (code, said) = finish(command);
    assert_eq!(code, 0, "{said}");
}

/// What is published: a name, the payload, and whether a whole true event stands in it.
fn payloads() -> Vec<(&'static str, Vec<u8>)> {
    let event = event("3414257BF4FFFFFFFFFFFFFF").into_bytes();
    vec![
        ("bytes that are no UTF-8", [&b"{\"data\":{\"idHex\":\"\xff\xfe\"}}"[..], b"\xff"].concat()),
        ("an event cut off", event[..event.len() / 2].to_vec()),
        ("a hundred thousand brackets", vec![b'['; 100_000]),
        ("braces ten thousand deep", [b"{\"a\":".repeat(10_000), vec![b'}'; 10_000]].concat()),
        ("most of a mebibyte of nothing", vec![b' '; 900_000]),
        ("most of a mebibyte of one text", [&b"{\"data\":{\"idHex\":\""[..], &vec![b'A'; 900_000], b"\"}}"].concat()),
        ("a number beyond numbers", b"{\"data\":{\"idHex\":1e999}}".to_vec()),
        ("nulls", vec![0; 4096]),
        ("an array of numbers", b"[1,2,3,null,true]".to_vec()),
        ("names without an end", [&b"{\""[..], &vec![b'n'; 100_000], b"\":1}"].concat()),
        ("a text that stands for no tag", b"{\"data\":{}}".to_vec()),
    ]
}

#[test]
fn a_broker_full_of_lies() {
    let folder = Scratch::new("lies");
    let broker = Broker::start(&folder.join("broker"), Door::Open, None);
    let port = broker.port;
    // Yesterday's read, kept by the broker for whoever comes: never a read of today.
    let stale = epc(0xDEAD);
    publish(port, &["-q", "1", "-r", "-t", "readers/r1/data", "-m", &event(&stale)]);
    let url = format!("mqtt://127.0.0.1:{port}/readers/+/data");
    let mut listening = Program::start("muster-gateway", &["listen", "--driver", "zebra-iotc", "--port", &url]);
    let words = listening.line("retained");
    assert!(words.contains("stale"), "{words}");
    let (mut number, mut sent) = (0, 1_u64);
    for (name, payload) in payloads() {
        std::fs::write(folder.join("payload"), &payload).unwrap();
        for quality in ["0", "1", "2"] {
            number += 1;
            sent += 1;
            publish(port, &["-q", quality, "-t", "readers/r1/data", "-f", &folder.file("payload")]);
            publish(port, &["-q", quality, "-t", "readers/r1/data", "-n"]); // Nothing at all.
            publish(port, &["-q", quality, "-t", "readers/r1/other", "-m", &event(&stale)]);
            let true_one = epc(number);
            publish(port, &["-q", quality, "-t", "readers/r1/data", "-m", &event(&true_one)]);
            wait_for(&format!("a true report behind {name} at QoS {quality}"), || {
                heard(&listening).contains(&true_one).then_some(())
            });
        }
    }
    let wanted: BTreeSet<String> = (1..=number).map(epc).collect();
    let heard = heard(&listening);
    let lies: Vec<&String> = heard.difference(&wanted).filter(|text| text.len() > 300 || **text == stale).collect();
    assert!(lies.is_empty(), "let out as reads: {lies:?}");
    println!("evidence: hostile-batches {sent} 0");
}

/// Killed without a warning while a reader publishes: nothing that the broker took is lost; doubles are allowed.
#[test]
fn a_broker_that_is_killed_again_and_again() {
    let folder = Scratch::new("killed");
    let mut broker = Broker::start(&folder.join("broker"), Door::Open, None);
    let port = broker.port;
    let url = format!("mqtt://127.0.0.1:{port}/readers/+/data");
    let listening = Program::start("muster-gateway", &["listen", "--driver", "zebra-iotc", "--port", &url]);
    for round in 1..=3 {
        let true_one = epc(round);
        wait_for("a report between two deaths", || {
            publish(port, &["-q", "1", "-t", "readers/r1/data", "-m", &event(&true_one)]);
            heard(&listening).contains(&true_one).then_some(())
        });
        drop(broker);
        broker = Broker::start(&folder.join("broker"), Door::Open, Some(port));
    }
    let last = epc(99);
    wait_for("a report behind the last death", || {
        publish(port, &["-q", "1", "-t", "readers/r1/data", "-m", &event(&last)]);
        heard(&listening).contains(&last).then_some(())
    });
    println!("evidence: hostile-batches 3 0");
}

/// Two gateways that call themselves the same at the broker throw each other out. They must not do it in a
/// circle without a pause, and must say so.
#[test]
fn two_gateways_with_one_name_at_the_broker() {
    let house = House::found("names");
    let broker = Broker::start(&house.folder.join("broker"), Door::Open, None);
    let key = house.first.get("/api/v1/gateways")["service_key"].as_str().unwrap().to_owned();
    let start = |name: &str| {
        let text = format!(
            "[gateway]\nid = \"one-name\"\nservice = \"http://{}\"\nservice_key = \"{key}\"\nkey = \"{name}.key\"\noutbox = \"{name}.db\"\n\
             [[reader]]\nid = \"portal\"\nplace = \"{}\"\ndriver = \"zebra-iotc\"\nport = \"mqtt://127.0.0.1:{}/readers/+/data\"\n",
            house.first.address, house.site, broker.port
        );
        let config = house.folder.write(&format!("{name}.toml"), &text);
        Program::start("muster-gateway", &["run", "--config", &config])
    };
    let programs = ["a", "b"].map(start);
    let thrown_out = |program: &Program| -> Vec<Moment> {
        let said = program.said();
        let lines = said.lines().filter(|line| line.contains("PortLost: broker"));
        lines.filter_map(|line| line.split(' ').next()?.parse().ok()).collect()
    };
    let times = wait_for("one to be thrown out six times", || programs.iter().map(thrown_out).find(|times| times.len() >= 6));
    // Five waits, each about twice the one before. On a slow machine they only grow.
    let took = times[5].micros() - times[0].micros();
    assert!(took >= 1_000_000, "thrown out six times within {took} microseconds");
    println!("evidence: hostile-batches {} 0", times.len());
}

/// Noise, a wrong baud rate's rubbish and halves of frames on a real line: behind them every tag is heard.
#[test]
fn a_line_full_of_noise() {
    let (folder, line) = (Scratch::new("noise"), Line::new());
    let wanted: BTreeSet<String> = (1..=20).map(epc).collect();
    let file = folder.write("tags", &wanted.iter().cloned().collect::<Vec<_>>().join("\n"));
    let (reader, gateway) = (format!("serial:{}", line.reader), format!("serial:{}", line.gateway));
    let mut listening = Program::start("muster-gateway", &["listen", "--driver", "mercury", "--port", &gateway]);
    let start = || Program::start("muster-gateway", &["simulate", "--driver", "mercury", "--port", &reader, "--tags", &file]);
    let first = start();
    listening.line("epc");
    first.kill(); // In the middle of whatever it was saying.
    let rubbish: Vec<Vec<u8>> = vec![
        (0..4096_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect(),
        vec![0xFF; 300],
        vec![0x00; 300],
        b"\xff\x28\x22\x00\x00\x10\x00".to_vec(),
        b"\xff\xf8".to_vec(),
    ];
    for noise in &rubbish {
        std::fs::write(&line.reader, noise).unwrap();
        listening.line("Garbled");
    }
    let _again = start();
    wait_for("every tag behind the noise", || wanted.is_subset(&heard(&listening)).then_some(()));
    assert_eq!(heard(&listening), wanted, "nothing is heard that was not there");
    println!("evidence: hostile-batches {} 0", rubbish.len());
}
