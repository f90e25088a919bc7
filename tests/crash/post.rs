//! A post that falls: the real gateway with three readers, its outbox read by a foreign hand.
//!
//! A module on a serial line (simulated, speaking its own protocol), a scanner over TCP (spoken here) and
//! a reader behind a real broker. What stands in the outbox when the gateway falls is what it acknowledged.

use std::io::Write as _;
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::book::{Book, falling};
use crate::broker::{Broker, Door};
use crate::line::Line;
use crate::program::{Program, finish, free_port, wait_for};

/// The variable that makes a gateway fall.
const FALL: &str = "MUSTER_GATEWAY_FAIL_AT";

/// One item of the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its sequence.
    pub sequence: u64,
    /// Its bytes.
    pub json: String,
    /// Whether a receipt covers it.
    pub receipted: bool,
}

/// The post: gateway, readers, broker.
pub struct Post {
    config: String,
    outbox: String,
    /// The gateway's key id.
    pub key: String,
    broker: Option<Broker>,
    broker_at: (std::path::PathBuf, u16),
    program: Option<Program>,
    _line: Line,
    _module: Program,
    /// The scanner at the counter.
    pub scanner: Scanner,
    /// The reader behind the broker.
    pub publisher: Publisher,
}

/// A scanner that sends one code after another, each another one.
#[derive(Default)]
pub struct Scanner {
    port: u16,
    /// How many it sent so far.
    pub sent: u64,
    /// The number of the first code on each connection.
    pub connections: Vec<u64>,
}

/// A reader behind a broker.
#[derive(Default)]
pub struct Publisher {
    port: u16,
    /// How many reads the broker took so far.
    pub taken: u64,
}

impl Post {
    /// A gateway at the book's site, enrolled by two; its first runs fall at these steps.
    pub fn enrolled(book: &Book, falls: &[&str]) -> Self {
        let (line, scanner) = (Line::new(), Scanner { port: free_port(), ..Scanner::default() });
        let broker_folder = book.folder.join("broker");
        let broker = Broker::start(&broker_folder, Door::Open, None);
        let service_key = book.people[0].get("/api/v1/gateways")["service_key"].as_str().unwrap().to_owned();
        let (site, port) = (&book.site, broker.port);
        let reader = |id: &str, driver: &str, port: &str| {
            format!("[[reader]]\nid = \"{id}\"\nplace = \"{site}\"\ndriver = \"{driver}\"\nport = \"{port}\"\n")
        };
        let text = [
            format!("[gateway]\nid = \"post\"\nservice = \"http://{}\"\nservice_key = \"{service_key}\"\n", book.address),
            "key = \"gateway.key\"\noutbox = \"outbox.db\"\n".to_owned(),
            reader("rack", "mercury", &format!("serial:{}", line.gateway)),
            reader("counter", "barcode-line", &format!("tcp-listen://127.0.0.1:{}", scanner.port)),
            reader("dock", "zebra-iotc", &format!("mqtt://127.0.0.1:{port}/readers/+/data")),
        ];
        let config = book.folder.write("gateway.toml", &text.concat());
        for step in falls {
            let mut program = falling("muster-gateway", &["run", "--config", &config], FALL, Some(&format!("{step}:1")));
            wait_for(&format!("the first run to fall at {step}"), || program.has_ended().then_some(()));
        }
        let key = enrol(book, &config);
        let tags: Vec<String> = (0..30).map(crate::clerk::epc).collect();
        let tags = book.folder.write("tags", &tags.join("\n"));
        let at = format!("serial:{}", line.reader);
        let args = ["simulate", "--driver", "mercury", "--port", &at, "--tags", &tags, "--rate", "100"];
        let module = Program::start("muster-gateway", &args);
        let outbox = book.folder.file("outbox.db");
        let mut post = Self {
            config,
            outbox,
            key,
            broker: Some(broker),
            broker_at: (broker_folder, port),
            program: None,
            _line: line,
            _module: module,
            scanner,
            publisher: Publisher { port, taken: 0 },
        };
        post.start(None);
        // From its first subscription on the broker keeps what the gateway has not acknowledged.
        post.publishes_until_heard();
        post
    }

    /// Starts the gateway, to fall at `STEP:PASS` if told so.
    pub fn start(&mut self, fall: Option<&str>) {
        self.program = Some(falling("muster-gateway", &["run", "--config", &self.config], FALL, fall));
    }

    /// Whether it has ended by itself.
    pub fn has_fallen(&mut self) -> bool {
        self.program.as_mut().is_none_or(Program::has_ended)
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        if let Some(mut program) = self.program.take()
            && !program.has_ended()
        {
            program.kill();
        }
    }

    /// `kill -9` for the broker; then it is started anew at the same place.
    pub fn kill_broker(&mut self) {
        drop(self.broker.take());
        self.broker = Some(Broker::start(&self.broker_at.0, Door::Open, Some(self.broker_at.1)));
    }

    /// A reader that publishes one and the same read again until it is heard.
    pub fn publishes_until_heard(&mut self) {
        let next = self.publisher.taken;
        wait_for("a read through the broker", || {
            self.publisher.taken = next;
            self.publisher.publish(1);
            self.kept().iter().any(|item| item.json.contains(&published_epc(next))).then_some(())
        });
        self.publisher.taken = next + 1;
    }

    /// The outbox, in order of sequence, read with a foreign hand.
    pub fn kept(&self) -> Vec<Kept> {
        let script = "import json,sqlite3,sys\n\
             rows=sqlite3.connect('file:'+sys.argv[1]+'?mode=ro',uri=True).execute('SELECT seq,json,acked_at FROM item ORDER BY seq')\n\
             for seq,text,acked in rows: print(json.dumps([seq,text,acked is not None]))";
        let mut command = Command::new("python3");
        command.args(["-c", script, &self.outbox]);
        wait_for("the outbox to be read", || {
            let mut command = Command::new("python3");
            command.args(["-c", script, &self.outbox]);
            let (code, said) = finish(command);
            (code == 0).then(|| said.lines().map(kept).collect())
        })
    }
}

impl Scanner {
    /// The nth code.
    pub fn code(nth: u64) -> String {
        format!("CODE-{nth:08}")
    }

    /// Sends codes until told to stop; a code sent to a gateway that is just falling is lost.
    pub fn scan(&mut self, stop: &AtomicBool) {
        let mut line: Option<TcpStream> = None;
        while !stop.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(4)); // A scanner's pace; nothing waits for it.
            if line.is_none() {
                line = TcpStream::connect(("127.0.0.1", self.port)).ok();
                self.connections.extend(line.as_ref().map(|_| self.sent + 1));
            }
            let Some(open) = line.as_mut() else { continue };
            self.sent += 1;
            if open.write_all(format!("{}\r\n", Self::code(self.sent)).as_bytes()).is_err() {
                line = None;
            }
        }
    }
}

impl Publisher {
    /// Publishes so many reads of tags never seen before; they count if the broker acknowledged them all.
    pub fn publish(&mut self, many: u64) {
        let event = |n: u64| {
            let data = json!({"idHex": published_epc(n)});
            json!({"type": "SIMPLE", "timestamp": "2026-03-01T06:00:00.000+0000", "data": data}).to_string()
        };
        let lines: Vec<String> = (self.taken..self.taken + many).map(event).collect();
        let mut command = Command::new("mosquitto_pub");
        let port = self.port.to_string();
        command.args(["-h", "127.0.0.1", "-p", &port, "-q", "1", "-t", "readers/portal-1/data", "-l"]);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let sent = child.stdin.take().unwrap().write_all((lines.join("\n") + "\n").as_bytes());
        if child.wait().unwrap().success() && sent.is_ok() {
            self.taken += many;
        }
    }
}

fn kept(line: &str) -> Kept {
    let row: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    let (sequence, json) = (row[0].as_u64().unwrap(), row[1].as_str().unwrap().to_owned());
    Kept { sequence, json, receipted: row[2].as_bool().unwrap() }
}

/// The EPC of the nth published read.
pub fn published_epc(n: u64) -> String {
    crate::clerk::epc((9 << 32) + n)
}

/// Announced by the gateway, proposed by one, enrolled by the other; its key id.
fn enrol(book: &Book, config: &str) -> String {
    let (code, said) = crate::program::run("muster-gateway", &["enrol", "--config", config]);
    assert_eq!(code, 0, "{said}");
    let waiting = book.people[0].get("/api/v1/gateways")["waiting"][0].clone();
    let (key, shown) = (waiting["key"].as_str().unwrap().to_owned(), waiting["code"].as_str().unwrap());
    let path = |act: &str| format!("/api/v1/gateways/{key}/{act}");
    let proposed = book.people[0].post(&path("propose"), &json!({"code": shown}));
    book.people[1].post(&path("enrol"), &json!({"request": proposed["event_ids"][0], "code": shown}));
    key
}
