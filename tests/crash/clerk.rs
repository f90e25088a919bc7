//! Somebody who writes: acts one after another, each under a key of its own, and notes every answer.
//!
//! An act whose outcome is unknown (nobody answered, or half an answer came) is asked again under the
//! same key after the restart, until it is answered; now and then it is given up for good, and then it
//! may stand in the book once or not at all. A clerk only asks for what the rules allow, so a refusal
//! is a failure: either the book lost what it had said, or it did a thing twice.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use crate::book::{Book, whole};
use crate::chance::Chance;
use crate::house::{FIRST, SECOND, weapon};
use crate::web::Web;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Act {
    /// Its Idempotency-Key.
    pub key: String,
    path: String,
    body: Value,
    /// Asked by the second person.
    by_second: bool,
    then: Then,
}

/// What the clerk knows once it is done.
#[derive(Clone, Debug)]
enum Then {
    /// A weapon of his own more.
    Held,
    /// This weapon is out, or back.
    Out(usize, bool),
    /// Nothing that matters to him.
    Nothing,
    /// The next step of his count.
    Step,
}

/// An act that was acknowledged.
#[derive(Clone, Debug)]
pub struct Acknowledged {
    /// The act.
    pub act: Act,
    /// The answer's position.
    pub position: u64,
    /// The events that the answer named.
    pub ids: Vec<String>,
}

/// What came back.
enum Outcome {
    Done(Acknowledged, Option<String>),
    Unknown,
    Later,
}

/// What a clerk's work is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trade {
    /// Registers, issues, takes back, binds tags.
    Counter,
    /// Opens a room, racks three, counts two, closes, has it signed: what follows, follows by rule.
    Counts,
}

/// One clerk; lives through all the restarts.
pub struct Clerk {
    name: String,
    tags: u64,
    trade: Trade,
    chance: Chance,
    people: [Web; 2],
    site: String,
    asked: u64,
    pending: Option<Act>,
    /// What was acknowledged since the last look.
    pub acknowledged: Vec<Acknowledged>,
    /// What was given up with its outcome unknown.
    pub given_up: Vec<Act>,
    weapons: Vec<(String, bool)>,
    step: usize,
    room: String,
    count: String,
    closing: Value,
}

impl Clerk {
    /// A clerk of a book.
    pub fn new(book: &Book, nth: u64, trade: Trade, seed: u64) -> Self {
        Self {
            name: format!("clerk-{nth}"),
            tags: nth,
            trade,
            chance: Chance::new(seed, 100 + nth),
            people: book.people.clone(),
            site: book.site.clone(),
            asked: 0,
            pending: None,
            acknowledged: Vec::new(),
            given_up: Vec::new(),
            weapons: Vec::new(),
            step: 0,
            room: String::new(),
            count: String::new(),
            closing: Value::Null,
        }
    }

    /// Works until told to stop or nobody answers.
    pub fn work(&mut self, stop: &AtomicBool) {
        while !stop.load(Ordering::Relaxed) && self.one() {}
    }

    /// One act, which must be answered.
    pub fn work_once(&mut self) {
        assert!(self.one(), "{}: nobody answers", self.name);
    }

    /// Asks what is pending until it is answered. The service must be there.
    pub fn settle(&mut self) {
        while self.pending.is_some() {
            assert!(self.one(), "{}: nobody answers", self.name);
        }
    }

    /// One act; false if its outcome is unknown.
    fn one(&mut self) -> bool {
        let act = self.pending.take().unwrap_or_else(|| self.next());
        match self.ask(&act) {
            Outcome::Done(acknowledged, made) => {
                self.done(&acknowledged, made);
                self.acknowledged.push(acknowledged);
                true
            }
            Outcome::Later => {
                self.pending = Some(act);
                true
            }
            Outcome::Unknown if self.chance.percent(8) => {
                self.give_up(&act);
                self.given_up.push(act);
                false
            }
            Outcome::Unknown => {
                self.pending = Some(act);
                false
            }
        }
    }

    /// The same act again: it must be answered as the first time.
    pub fn repeat(&self, done: &Acknowledged) {
        loop {
            match self.ask(&done.act) {
                Outcome::Done(again, _) => {
                    assert_eq!(
                        (again.position, &again.ids),
                        (done.position, &done.ids),
                        "{} was answered otherwise",
                        done.act.key
                    );
                    return;
                }
                Outcome::Later => {}
                Outcome::Unknown => panic!("{}: nobody answers", self.name),
            }
        }
    }

    fn ask(&self, act: &Act) -> Outcome {
        let who = &self.people[usize::from(act.by_second)];
        let headers = [("Idempotency-Key", act.key.as_str())];
        let Some(answer) = whole(who.send("POST", &act.path, &headers, Some(&act.body.to_string()))) else {
            return Outcome::Unknown;
        };
        let said = answer.json();
        match answer.status {
            200..300 => {
                let ids = said["event_ids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect();
                let position = said["position"].as_u64().unwrap();
                Outcome::Done(Acknowledged { act: act.clone(), position, ids }, said["id"].as_str().map(str::to_owned))
            }
            503 => Outcome::Later,
            409 if said["code"] == "request_in_progress" => Outcome::Later,
            status => panic!("{} {} {}: {status} {}", act.key, act.path, act.body, answer.body),
        }
    }

    fn act(&mut self, path: String, body: Value, then: Then) -> Act {
        self.asked += 1;
        Act { key: format!("{}-{}", self.name, self.asked), path, body, by_second: false, then }
    }

    fn next(&mut self) -> Act {
        match self.trade {
            Trade::Counter => self.at_the_counter(),
            Trade::Counts => self.counting(),
        }
    }

    fn serial(&self) -> String {
        format!("{}-{}", self.name.to_uppercase(), self.asked + 1)
    }

    fn at_the_counter(&mut self) -> Act {
        if self.weapons.len() < 3 || self.chance.percent(30) {
            let body = weapon(&self.serial(), &self.site);
            return self.act("/api/v1/weapons".to_owned(), body, Then::Held);
        }
        let nth = self.chance.below(self.weapons.len() as u64) as usize;
        let (id, out) = self.weapons[nth].clone();
        let path = |act: &str| format!("/api/v1/weapons/{id}/{act}");
        if self.chance.percent(10) {
            let tag = json!({"epc": epc((self.tags << 24) + self.asked)});
            return self.act(path("tags"), tag, Then::Nothing);
        }
        if out {
            self.act(path("return"), json!({"from": SECOND, "place": self.site}), Then::Out(nth, false))
        } else {
            let body = json!({"to": SECOND, "purpose": "guard", "due": null, "acknowledgement": "wet_ink"});
            self.act(path("issue"), body, Then::Out(nth, true))
        }
    }

    fn counting(&mut self) -> Act {
        let path = |act: &str| format!("/api/v1/counts/{}/{act}", self.count);
        let item = |n: usize| json!({"weapon": self.weapons[n].0, "seen": format!("seen {n}"), "way": "eye", "level": null, "place": self.room});
        let (path, body) = match self.step {
            0 => (
                "/api/v1/places".to_owned(),
                json!({"kind": "room", "name": format!("Room {}", self.asked), "within": self.site}),
            ),
            1..=3 => ("/api/v1/weapons".to_owned(), weapon(&self.serial(), &self.room)),
            4 => {
                let body = json!({"place": self.room, "kind": "full", "blind": false, "counters": [FIRST]});
                ("/api/v1/counts".to_owned(), body)
            }
            5 | 6 => (path("items"), item(self.step - 5)),
            7 => (path("close"), json!({})),
            _ => (path("sign"), json!({"closing": self.closing, "reservation": null})),
        };
        let signs = self.step == 8;
        let mut act = self.act(path, body, Then::Step);
        act.by_second = signs;
        act
    }

    fn done(&mut self, done: &Acknowledged, made: Option<String>) {
        match done.act.then {
            Then::Held => self.weapons.push((made.unwrap(), false)),
            Then::Out(nth, out) => self.weapons[nth].1 = out,
            Then::Nothing => {}
            Then::Step => {
                match self.step {
                    0 => self.room = made.unwrap(),
                    1..=3 => self.weapons.push((made.unwrap(), false)),
                    4 => self.count = made.unwrap(),
                    7 => self.closing = json!(done.ids.last()),
                    _ => {}
                }
                self.step += 1;
                if self.step > 8 {
                    self.begin_again();
                }
            }
        }
    }

    /// What hangs on the outcome is let go of too.
    fn give_up(&mut self, act: &Act) {
        match act.then {
            Then::Out(nth, _) => drop(self.weapons.swap_remove(nth)),
            Then::Step => self.begin_again(),
            Then::Held | Then::Nothing => {}
        }
    }

    fn begin_again(&mut self) {
        self.step = 0;
        self.weapons.clear();
    }
}

/// A tag's EPC.
pub fn epc(n: u64) -> String {
    format!("3414257BF4{n:014X}")
}
