//! A copied card: two real gateways with one key and one past, both alive. Nothing that either hears is lost,
//! nothing is forged, and people are told.

use std::io::Write as _;
use std::net::TcpStream;

use serde_json::json;

use crate::house::House;
use crate::program::{Program, free_port, run, wait_for};

/// One of the two: a gateway with a scanner on a socket of its own.
struct Card {
    port: u16,
    config: String,
}

impl Card {
    fn new(house: &House, name: &str) -> Self {
        let service_key = house.first.get("/api/v1/gateways")["service_key"].as_str().unwrap().to_owned();
        let port = free_port();
        let text = format!(
            "[gateway]\nid = \"post\"\nservice = \"http://{}\"\nservice_key = \"{service_key}\"\nkey = \"{name}.key\"\n\
             outbox = \"{name}.db\"\n[[reader]]\nid = \"scanner\"\nplace = \"{}\"\ndriver = \"barcode-line\"\n\
             port = \"tcp-listen://127.0.0.1:{port}\"\n",
            house.first.address, house.site
        );
        Self { port, config: house.folder.write(&format!("{name}.toml"), &text) }
    }

    fn start(&self) -> Program {
        Program::start("muster-gateway", &["run", "--config", &self.config])
    }

    fn scans(&self, code: &str) {
        let mut line = wait_for("the gateway's socket", || TcpStream::connect(("127.0.0.1", self.port)).ok());
        line.write_all(format!("{code}\r\n").as_bytes()).unwrap();
        line.flush().unwrap();
    }
}

/// Every text that stands in the gateway's stream.
fn heard(house: &House) -> Vec<String> {
    let (mut from, mut texts) = (1, Vec::new());
    loop {
        let page = house.first.get(&format!("/api/v1/log/events?limit=500&from={from}"));
        let rows = page["rows"].as_array().unwrap().iter();
        texts.extend(rows.filter_map(|event| event["data"]["text"].as_str().map(str::to_owned)));
        match page["next"].as_u64() {
            Some(next) => from = next,
            None => return texts,
        }
    }
}

#[test]
fn two_gateways_with_one_key_lose_nothing_and_are_told() {
    let mut house = House::found("clones");
    let (first, second) = (Card::new(&house, "first"), Card::new(&house, "second"));
    let (code, said) = run("muster-gateway", &["enrol", "--config", &first.config]);
    assert_eq!(code, 0, "{said}");
    let waiting = house.first.get("/api/v1/gateways")["waiting"][0].clone();
    let (key, shown) = (waiting["key"].as_str().unwrap().to_owned(), waiting["code"].clone());
    let path = |act: &str| format!("/api/v1/gateways/{key}/{act}");
    let proposed = house.first.post(&path("propose"), &json!({"code": shown}));
    house.second.post(&path("enrol"), &json!({"request": proposed["event_ids"][0], "code": shown}));

    let original = first.start();
    first.scans("BEFORE");
    wait_for("the first code in the book", || heard(&house).contains(&"BEFORE".to_owned()).then_some(()));
    assert!(original.stop().success());
    for ending in ["key", "db"] {
        std::fs::copy(house.folder.file(&format!("first.{ending}")), house.folder.file(&format!("second.{ending}"))).unwrap();
    }
    let _both = (first.start(), second.start());
    let mut wanted = Vec::new();
    for round in 0..4 {
        for (card, name) in [(&first, "FIRST"), (&second, "SECOND")] {
            let code = format!("{name}-{round}");
            card.scans(&code);
            wanted.push(code);
        }
    }
    wait_for("every code of both in the book", || {
        let heard = heard(&house);
        wanted.iter().all(|code| heard.contains(code)).then_some(())
    });
    let row = house.first.get(&format!("/api/v1/gateways/{key}"));
    assert!(row["contradicted"].as_u64().unwrap() >= 1, "{row}");
    let officer = house.person("1009", "security_officer");
    wait_for("an alert for the security officer", || {
        let alerts = officer.get("/api/v1/alerts");
        alerts["rows"].as_array().unwrap().iter().any(|line| line["rule"] == "one_key_twice").then_some(())
    });
    house.stop();
    let (code, said) = run("muster", &["verify", &house.data()]);
    assert_eq!(code, 0, "{said}");
    println!("evidence: hostile-batches {} 0", wanted.len());
}
