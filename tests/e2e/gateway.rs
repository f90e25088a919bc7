//! The gateway and the service, each killed without warning, the line cut: nothing lost, nothing doubled.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::{Value, json};

use crate::house::House;
use crate::line::Line;
use crate::program::{Program, finish, run, wait_for};

/// A gateway with one Mercury reader on a serial line, enrolled by two.
struct Post {
    line: Line,
    config: String,
    outbox: String,
    key: String,
    program: Option<Program>,
}

impl Post {
    fn enrolled(house: &House) -> Self {
        let line = Line::new();
        let service_key = house.first.get("/api/v1/gateways")["service_key"].as_str().unwrap().to_owned();
        let text = format!(
            "[gateway]\nid = \"post\"\nservice = \"http://{}\"\nservice_key = \"{service_key}\"\nkey = \"gateway.key\"\noutbox = \"outbox.db\"\n\
             [[reader]]\nid = \"rack\"\nplace = \"{}\"\ndriver = \"mercury\"\nport = \"serial:{}\"\n",
            house.first.address, house.site, line.gateway
        );
        let config = house.folder.write("gateway.toml", &text);
        let (code, said) = run("muster-gateway", &["enrol", "--config", &config]);
        assert_eq!(code, 0, "{said}");
        muster_tests::secrets::keep("the gateway's key", &std::fs::read_to_string(house.folder.join("gateway.key")).unwrap());
        let waiting = house.first.get("/api/v1/gateways")["waiting"][0].clone();
        let (key, shown) = (waiting["key"].as_str().unwrap().to_owned(), waiting["code"].as_str().unwrap());
        assert!(said.contains(shown), "the gateway shows another code than the service: {said}");
        let path = |act: &str| format!("/api/v1/gateways/{key}/{act}");
        let proposed = house.first.post(&path("propose"), &json!({"code": shown}));
        let enrol = json!({"request": proposed["event_ids"][0], "code": shown});
        let alone = house.first.ask("POST", &path("enrol"), Some(&enrol)).unwrap();
        assert!(alone.status >= 400, "one person alone enrolled a gateway: {}", alone.body);
        house.second.post(&path("enrol"), &enrol);
        let outbox = house.folder.file("outbox.db");
        Self { line, config, outbox, key, program: None }
    }

    fn start(&mut self) {
        self.program = Some(Program::start("muster-gateway", &["run", "--config", &self.config]));
    }

    fn kill(&mut self) {
        self.program.take().unwrap().kill();
    }

    /// Puts so many tags before the reader, each once, and waits until all are on the gateway's disk.
    fn hears(&self, house: &House, from: usize, many: usize) -> BTreeSet<String> {
        let tags: BTreeSet<String> = (from..from + many).map(|n| format!("3414257BF4{n:014X}")).collect();
        let file = house.folder.write("tags", &tags.iter().cloned().collect::<Vec<_>>().join("\n"));
        let port = format!("serial:{}", self.line.reader);
        let args = ["simulate", "--driver", "mercury", "--port", &port, "--tags", &file, "--rate", "200"];
        let reader = Program::start("muster-gateway", &args);
        wait_for("every tag in the outbox", || tags.is_subset(&self.in_outbox()).then_some(()));
        reader.kill();
        tags
    }

    /// The tags on the gateway's disk, read with a foreign hand.
    fn in_outbox(&self) -> BTreeSet<String> {
        let script = "import json,sqlite3,sys\n\
             for (text,) in sqlite3.connect('file:'+sys.argv[1]+'?mode=ro',uri=True).execute('SELECT json FROM item'):\n \
             print(json.loads(text)['data'].get('epc',''))";
        let mut command = Command::new("python3");
        command.args(["-c", script, &self.outbox]);
        let (code, said) = finish(command);
        if code == 0 { said.lines().map(str::to_owned).collect() } else { BTreeSet::new() }
    }
}

/// Everything in the log, in order.
pub fn events(house: &House) -> Vec<Value> {
    let mut from = 1;
    let mut all = Vec::new();
    loop {
        let page = house.first.get(&format!("/api/v1/log/events?limit=500&from={from}"));
        all.extend(page["rows"].as_array().unwrap().iter().cloned());
        match page["next"].as_u64() {
            Some(next) => from = next,
            None => return all,
        }
    }
}

/// The tags in the book, if the gateway's stream is whole; every sequence once, none left out.
fn observed(house: &House, key: &str) -> BTreeSet<String> {
    let stream = format!("gateway-{key}");
    let mut sequences = BTreeMap::new();
    let mut tags = BTreeSet::new();
    for event in events(house).into_iter().filter(|event| event["stream"] == stream.as_str()) {
        let again = sequences.insert(event["revision"].as_u64().unwrap(), event["id"].clone());
        assert_eq!(again, None, "a sequence stands twice in the log");
        tags.extend(event["data"]["epc"].as_str().map(str::to_owned));
    }
    let last = sequences.keys().next_back().map_or(0, |last| last + 1);
    assert_eq!(sequences.len() as u64, last, "a sequence is missing in the log");
    tags
}

#[test]
fn nothing_heard_is_lost_and_nothing_stands_twice() {
    let mut house = House::found("gateway");
    let mut post = Post::enrolled(&house);
    post.start();
    let mut wanted = post.hears(&house, 0, 40);
    wait_for("the first tags in the book", || wanted.is_subset(&observed(&house, &post.key)).then_some(()));
    for round in 1..=3 {
        house.kill();
        wanted.extend(post.hears(&house, round * 100, 30)); // Nobody to tell.
        post.kill();
        house.start();
        post.start();
        wanted.extend(post.hears(&house, round * 100 + 50, 30));
        post.kill(); // Perhaps in the middle of a batch.
        post.start();
    }
    wait_for("every tag in the book", || wanted.is_subset(&observed(&house, &post.key)).then_some(()));
    assert_eq!(observed(&house, &post.key), wanted, "the book knows tags that nobody heard");
    house.stop();
}
