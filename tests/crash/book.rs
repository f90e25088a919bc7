//! A served book that falls: started with or without a step to fall at, killed, verified from outside.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::house::{FIRST, SECOND, password, token};
use crate::program::{PATIENCE, Program, binary, free_port, run};
use crate::scratch::Scratch;
use crate::web::{Answer, Web};

/// The book's program, its folder and its two people.
pub struct Book {
    /// Where it stands; the data is in `data` below it.
    pub folder: Scratch,
    /// `host:port`.
    pub address: String,
    config: String,
    program: Option<Program>,
    /// The first two people, by token; nobody before the set-up.
    pub people: [Web; 2],
    /// The site that the set-up made.
    pub site: String,
}

/// One of our programs under a shell that leaves no core file when it falls.
pub fn falling(name: &str, args: &[&str], variable: &str, fall: Option<&str>) -> Program {
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -c 0; exec \"$0\" \"$@\""]).arg(binary(name)).args(args);
    if let Some(fall) = fall {
        command.env(variable, fall);
    }
    Program::spawn(name, command)
}

/// The answer if it came whole; a program that dies while it answers sends half of one.
pub fn whole(answer: Option<Answer>) -> Option<Answer> {
    let answer = answer?;
    let length = answer.header("content-length").and_then(|text| text.parse::<usize>().ok());
    let complete = length.map_or_else(|| serde_json::from_str::<Value>(&answer.body).is_ok(), |bytes| bytes == answer.body.len());
    complete.then_some(answer)
}

impl Book {
    /// A folder and a configuration; nothing runs yet.
    pub fn new(name: &str) -> Self {
        let folder = Scratch::new(name);
        let address = format!("127.0.0.1:{}", free_port());
        let text = format!(
            "data = {:?}\nnode = \"post\"\n[web]\nlisten = \"{address}\"\nworkers = 2\n\
             [sign_in]\npassword_memory_kib = 64\npassword_passes = 1\n[log]\nkeep_rows = 20\n[limits]\nrequests_a_minute = 1000000\n",
            folder.file("data")
        );
        let config = folder.write("muster.toml", &text);
        let people = [Web::at(address.as_str()), Web::at(address.as_str())];
        Self { folder, address, config, program: None, people, site: String::new() }
    }

    /// The same, founded and running.
    pub fn founded(name: &str) -> Self {
        let mut book = Self::new(name);
        book.start(None);
        assert!(book.is_served().is_some(), "the first start falls");
        assert!(book.set_up(), "the set-up is not answered");
        book.sign_in();
        book
    }

    /// Starts the program, to fall at `STEP:PASS` if told so.
    pub fn start(&mut self, fall: Option<&str>) {
        assert!(self.program.is_none(), "it runs already");
        self.program = Some(falling("muster", &["serve", "--config", &self.config], "MUSTER_FAIL_AT", fall));
    }

    /// Waits until it answers: how long that took. `None`: it fell before.
    pub fn is_served(&mut self) -> Option<Duration> {
        let (started, nobody) = (Instant::now(), Web::at(self.address.as_str()));
        loop {
            if whole(nobody.ask("GET", "/healthz", None)).is_some_and(|answer| answer.status == 200) {
                return Some(started.elapsed());
            }
            if self.has_fallen() {
                return None;
            }
            assert!(started.elapsed() < PATIENCE, "the service never answers");
            std::thread::sleep(Duration::from_millis(2)); // Only between two questions.
        }
    }

    /// Whether the program has ended.
    pub fn has_fallen(&mut self) -> bool {
        let fallen = self.program.as_mut().is_some_and(Program::has_ended);
        if fallen {
            self.program = None;
        }
        fallen || self.program.is_none()
    }

    /// `kill -9`, if it still runs.
    pub fn kill(&mut self) {
        if let Some(program) = self.program.take() {
            program.kill();
        }
    }

    /// Ends it in order.
    pub fn stop(&mut self) {
        let status = self.program.take().expect("it runs").stop();
        assert!(status.success(), "muster ended with {status}");
    }

    /// Enters the first two people by the link that the program printed; false if it fell meanwhile.
    pub fn set_up(&mut self) -> bool {
        let Some(program) = self.program.as_mut() else { return false };
        let line = program.line("set-up?link=");
        let link = line.rsplit_once("link=").unwrap().1.trim();
        let founder =
            |number: &str| json!({"service_number": number, "name": format!("Person {number}"), "password": password(number)});
        let body = json!({"link": link, "place": "Camp Test", "first": founder(FIRST), "second": founder(SECOND)});
        let Some(answer) = whole(Web::at(self.address.as_str()).ask("POST", "/api/v1/setup", Some(&body))) else {
            return false;
        };
        assert!(answer.status < 300, "the set-up: {} {}", answer.status, answer.body);
        true
    }

    /// Whether the running program waits for its first two people.
    pub fn waits_for_set_up(&mut self) -> bool {
        let program = self.program.as_mut().expect("it runs");
        program.line("log     ");
        // What follows in the same breath was printed before the service answered.
        program.said().contains("set-up?link=")
    }

    /// Both people sign in and make a token each; the site is looked up.
    pub fn sign_in(&mut self) {
        let nobody = Web::at(self.address.as_str());
        self.people = [FIRST, SECOND].map(|number| nobody.with(&token(&nobody, number)));
        let places = self.people[0].get("/api/v1/places");
        self.site = places["rows"][0]["place"].as_str().expect("the set-up opened a place").to_owned();
    }

    /// The data folder.
    pub fn data(&self) -> String {
        self.folder.file("data")
    }

    /// `muster verify` from outside, with a head that somebody was told; it must agree.
    pub fn verify(&self, head: Option<&(u64, String)>) {
        let data = self.data();
        let mut args = vec!["verify", data.as_str()];
        let file = head.map(|(size, root)| self.folder.write("head", &format!("{size} {root}\n")));
        if let Some(file) = &file {
            args.extend(["--head", file]);
        }
        let (code, said) = run("muster", &args);
        assert_eq!(code, 0, "muster verify with head {head:?}: {said}");
    }

    /// The digest of all views, folded anew from the file up to a position, while no service runs.
    pub fn folded(&self, position: u64) -> String {
        let (data, at) = (self.data(), position.to_string());
        let args = ["replay", "--data", &data, "--view", "digest", "--known-at", &at, "--json"];
        let (code, said) = run("muster", &args);
        assert_eq!(code, 0, "muster replay: {said}");
        let mut first = serde_json::Deserializer::from_str(&said[said.find('{').unwrap_or(0)..]).into_iter::<Value>();
        let json = first.next().and_then(Result::ok).unwrap_or_else(|| panic!("no JSON: {said}"));
        assert_eq!(json["position"], position, "{said}");
        json["rows"][0]["digest"].as_str().unwrap().to_owned()
    }
}
