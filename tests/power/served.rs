//! A served book on a disk of our choosing: `muster serve` itself, founded by two, traced if need be.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::house::weapon;
use crate::program::{Program, binary, free_port, wait_for};
use crate::web::{Answer, Web};

/// The first two people's service numbers.
pub const FOUNDERS: [&str; 2] = ["1001", "1002"];

/// A book whose data is where we said.
pub struct Served {
    program: Option<Program>,
    config: PathBuf,
    data: PathBuf,
    nobody: Web,
    /// The first founder, by token; nobody before the set-up.
    pub first: Web,
    /// The first place.
    pub site: String,
}

fn password(number: &str) -> String {
    format!("the pass phrase of {number}")
}

impl Served {
    /// Starts the program with its data in this folder, below a tracer if one is given (its arguments). The
    /// configuration stands elsewhere.
    pub fn start(config: &Path, data: &Path, tracer: &[String]) -> Self {
        let address = format!("127.0.0.1:{}", free_port());
        let text = format!(
            "data = {data:?}\nnode = \"hq\"\n[web]\nlisten = \"{address}\"\n[sign_in]\npassword_memory_kib = 64\npassword_passes = 1\n\
             [limits]\nrequests_a_minute = 1000000\n"
        );
        std::fs::write(config, text).unwrap();
        let nobody = Web::at(address.as_str());
        let mut served = Self {
            program: None,
            config: config.to_owned(),
            data: data.to_owned(),
            first: nobody.clone(),
            nobody,
            site: String::new(),
        };
        served.run(tracer);
        served
    }

    fn run(&mut self, tracer: &[String]) {
        let mut command = Command::new(tracer.first().map_or_else(|| binary("muster"), |_| "strace".into()));
        if !tracer.is_empty() {
            command.args(tracer).arg(binary("muster"));
        }
        command.args(["serve", "--config"]).arg(&self.config);
        self.program = Some(Program::spawn("muster", command));
    }

    /// Waits until it answers.
    pub fn ready(&self) {
        wait_for("the service", || self.nobody.ask("GET", "/healthz", None));
    }

    /// The set-up, and a sign-in.
    pub fn found(&mut self) {
        let line = self.program.as_mut().unwrap().line("set-up?link=");
        let link = line.rsplit_once("link=").unwrap().1.trim().to_owned();
        self.ready();
        let founder =
            |number: &str| json!({"service_number": number, "name": format!("Person {number}"), "password": password(number)});
        let [first, second] = FOUNDERS.map(founder);
        let body = json!({"link": link, "place": "Camp Test", "first": first, "second": second});
        self.site = self.nobody.post("/api/v1/setup", &body)["place"].as_str().unwrap().to_owned();
    }

    /// A token for the first founder.
    pub fn take_token(&mut self) {
        let signed = self.sign_in(FOUNDERS[0]);
        assert_eq!(signed.status, 201, "{}", signed.body);
        let cookie = signed.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
        let csrf = signed.json()["csrf"].as_str().unwrap().to_owned();
        let headers = [("Cookie", cookie.as_str()), ("X-CSRF-Token", csrf.as_str())];
        let made = self.nobody.send("POST", "/api/v1/me/tokens", &headers, Some(r#"{"label": "test"}"#)).unwrap();
        assert!(made.status < 300, "{}", made.body);
        self.first = self.nobody.with(made.json()["token"].as_str().unwrap());
    }

    /// Signs in with number and password.
    pub fn sign_in(&self, number: &str) -> Answer {
        let body = json!({"service_number": number, "password": password(number)});
        self.nobody.ask("POST", "/api/v1/session", Some(&body)).unwrap()
    }

    /// Enters a weapon; the same serial is the same request.
    pub fn register(&self, serial: &str) -> Option<Answer> {
        let body = weapon(serial, &self.site).to_string();
        self.first.send("POST", "/api/v1/weapons", &[("Idempotency-Key", &format!("register-{serial}"))], Some(&body))
    }

    /// The serials in the book, in order.
    pub fn serials(&self) -> Vec<String> {
        let page = self.first.get("/api/v1/weapons?limit=500");
        let mut found: Vec<String> =
            page["rows"].as_array().unwrap().iter().map(|row| row["serial"].as_str().unwrap().to_owned()).collect();
        found.sort();
        found
    }

    /// What the program has said since its start.
    pub fn said(&self) -> String {
        self.program.as_ref().map_or_else(String::new, Program::said)
    }

    /// What the service says of itself.
    pub fn health(&self) -> Value {
        self.nobody.get("/healthz")
    }

    /// The power fails: the program itself, whose number stands in the lock's file, not its tracer.
    pub fn kill(&mut self) {
        let id = std::fs::read_to_string(self.data.join("lock")).unwrap();
        assert!(Command::new("kill").args(["-9", id.trim()]).status().unwrap().success());
        wait_for("the program to be gone", || self.nobody.ask("GET", "/healthz", None).is_none().then_some(()));
        drop(self.program.take());
    }

    /// Starts again, without a tracer.
    pub fn again(&mut self) {
        self.run(&[]);
        self.ready();
    }

    /// Stops in order.
    pub fn stop(&mut self) {
        let status = self.program.take().unwrap().stop();
        assert!(status.success(), "muster ended with {status}");
    }
}
