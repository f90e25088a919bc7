//! The service, killed while people write and a gateway sends.
//!
//! One life: start, compare the book with every ledger, let four clerks, a gateway and an auditor work,
//! fall at a step or at a random moment, verify the file from outside. The auditor asks for the digest
//! of the live views, which many small folds made; it must be that of one fold of the file.

use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::batches::Batches;
use crate::book::Book;
use crate::chance::{self, Chance, Ends};
use crate::clerk::{Clerk, Trade};
use crate::program::PATIENCE;
use crate::reading::Reading;
use crate::steps::{STARTING, WORKING};

/// Deaths of one book; then a fresh one, so that looking stays cheap.
const LIVES: usize = 40;

/// How a life ends.
#[derive(Clone, Debug)]
enum Death {
    /// At a step, at this pass of it.
    Step(&'static str, u64),
    /// `kill -9` after so many milliseconds of work.
    Moment(u64),
    /// At a step of the start, before it serves.
    Start(&'static str),
}

/// A book, those who write into it, and what they were told.
struct World {
    book: Book,
    clerks: Vec<Clerk>,
    batches: Batches,
    reading: Reading,
    /// The newest head that anybody was told.
    head: (u64, String),
    chance: Chance,
    restarts: Vec<Duration>,
    digests: u64,
}

impl World {
    fn new(seed: u64) -> Self {
        let book = Book::founded("service");
        let trades = [Trade::Counter, Trade::Counter, Trade::Counter, Trade::Counts];
        let clerks = (0..).zip(trades).map(|(nth, trade)| Clerk::new(&book, nth, trade, seed)).collect();
        let batches = Batches::enrolled(&book, seed);
        let head = told_head(&book.people[0].get("/api/v1/log"));
        let (restarts, reading, chance) = (Vec::new(), Reading::default(), Chance::new(seed, 1));
        Self { book, clerks, batches, reading, head, chance, restarts, digests: 0 }
    }

    /// One life and death. The service runs at the beginning and is dead at the end.
    fn live(&mut self, death: &Death) {
        self.batches.heavy = matches!(death, Death::Step(step, _) if step.starts_with("file-"));
        let stop = AtomicBool::new(false);
        let audit_at = Duration::from_millis(self.chance.below(200));
        let auditor = self.book.people[0].clone();
        let (clerks, batches, book) = (&mut self.clerks, &mut self.batches, &mut self.book);
        let seen = std::thread::scope(|scope| {
            for clerk in clerks {
                scope.spawn(|| clerk.work(&stop));
            }
            scope.spawn(|| batches.work(&stop));
            let audit = scope.spawn(move || {
                std::thread::sleep(audit_at); // When it looks is chance, nothing waits for it.
                let digest = auditor.ask("GET", "/api/v1/log/views", None);
                let head = auditor.ask("GET", "/api/v1/log", None);
                (digest, head)
            });
            let ends = Ends(&stop);
            end(book, death);
            drop(ends);
            audit.join().unwrap()
        });
        let read = |answer| crate::book::whole(answer).map(|answer| answer.json());
        self.look(read(seen.0), read(seen.1));
    }

    /// The file from outside, against what was told before the death.
    fn look(&mut self, digest: Option<Value>, head: Option<Value>) {
        let receipts = self.batches.receipts.drain(..).map(|receipt| (receipt.log_size, receipt.log_root));
        for head in head.iter().map(told_head).chain(receipts) {
            if head.0 > self.head.0 {
                self.head = head;
            }
        }
        self.book.verify(Some(&self.head));
        if let Some(told) = digest {
            let position = told["position"].as_u64().unwrap();
            assert_eq!(told["digest"], self.book.folded(position), "the live views at {position} are not what the file folds to");
            self.digests += 1;
        }
    }

    /// Starts again, perhaps falling on the way, and compares everything.
    fn rise(&mut self, falls: &[&str]) {
        for step in falls {
            self.book.start(Some(&format!("{step}:1")));
            assert_eq!(self.book.is_served(), None, "{step} was never passed");
            self.book.verify(Some(&self.head));
        }
        self.book.start(None);
        let took = self.book.is_served().expect("the service starts again");
        self.restarts.push(took);
        self.compare();
    }

    fn compare(&mut self) {
        self.reading.read_on(&self.book.people[0], &self.batches.stream());
        self.reading.check_heard(&self.batches.items, self.batches.receipted);
        for clerk in &mut self.clerks {
            for done in &clerk.acknowledged {
                self.reading.check(done);
            }
            clerk.given_up.iter().for_each(|act| self.reading.check_given_up(act));
            let done = std::mem::take(&mut clerk.acknowledged);
            if !done.is_empty() {
                clerk.repeat(&self.chance.one_of(&done));
            }
        }
    }

    /// Everything pending is answered; then the book is whole by every means there is.
    fn settle(&mut self) {
        self.clerks.iter_mut().for_each(Clerk::settle);
        self.batches.settle();
        self.compare();
        let live = self.book.people[0].get("/api/v1/log/views");
        let position = live["position"].as_u64().unwrap();
        let past = self.book.people[0].get(&format!("/api/v1/log/views?known_at={position}"));
        assert_eq!(live["digest"], past["digest"], "the live views are not their fresh fold");
        self.book.stop();
        self.book.verify(Some(&self.head));
        assert_eq!(live["digest"], self.book.folded(position), "the file folds to something else");
    }
}

fn told_head(log: &Value) -> (u64, String) {
    (log["size"].as_u64().unwrap(), log["root"].as_str().unwrap().to_owned())
}

fn end(book: &mut Book, death: &Death) {
    let begun = Instant::now();
    match death {
        Death::Moment(after) => std::thread::sleep(Duration::from_millis(*after)), // The moment is chance.
        Death::Step(..) | Death::Start(_) => {
            while !book.has_fallen() {
                assert!(begun.elapsed() < PATIENCE, "{death:?} was never passed");
                std::thread::sleep(Duration::from_millis(2)); // Only between two looks.
            }
        }
    }
    book.kill();
}

/// Every step once, then chance, until so many deaths are planned.
fn plan(kills: usize, chance: &mut Chance) -> Vec<Death> {
    let (files, often): (Vec<&'static str>, Vec<_>) = WORKING.iter().partition(|step| step.starts_with("file-"));
    let mut deaths: Vec<Death> = often.iter().map(|step| Death::Step(step, 1 + chance.below(6))).collect();
    deaths.extend(STARTING.iter().map(|step| Death::Start(step)));
    while deaths.len() + files.len() < kills {
        deaths.push(match chance.below(100) {
            0..60 => Death::Moment(chance.below(400)),
            60..85 => Death::Step(chance.one_of(&often), 1 + chance.below(25)),
            _ => Death::Start(chance.one_of(STARTING)),
        });
    }
    for at in (1..deaths.len()).rev() {
        deaths.swap(at, chance.below(at as u64 + 1) as usize);
    }
    // Five thousand events first, so they come last: everything after them would be slow to look at.
    deaths.extend(files.iter().map(|step| Death::Step(step, 1)));
    deaths
}

#[test]
fn nothing_acknowledged_is_lost_or_doubled_when_the_service_is_killed() {
    let seed = chance::seed("service");
    let kills = chance::number("MUSTER_KILLS").map_or(55, |all| chance::of_the_service(all as usize));
    let mut chance = Chance::new(seed, 0);
    let deaths = plan(kills, &mut chance);
    let begun = Instant::now();
    let (mut tally, mut restarts, mut digests) = (chance::Tally::of("service-kills"), Vec::new(), 0);
    for (nth, lives) in deaths.chunks(LIVES).enumerate() {
        let mut world = World::new(seed + nth as u64);
        for death in lives {
            tally.at(format!("{death:?}"));
            match death {
                Death::Start(step) => {
                    world.book.kill();
                    world.rise(&[step]);
                }
                Death::Step(step, pass) => {
                    // The step is set at the start, so this life is a start of its own.
                    world.book.kill();
                    world.book.start(Some(&format!("{step}:{pass}")));
                    if world.book.is_served().is_some() {
                        world.live(death);
                    }
                    world.rise(&[]);
                }
                Death::Moment(_) => {
                    world.live(death);
                    world.rise(&[]);
                }
            }
            tally.add(1);
            println!("{:>6.1} s, {} events: {death:?}", begun.elapsed().as_secs_f64(), world.reading.position);
        }
        tally.at("the end".to_owned());
        world.settle();
        restarts.append(&mut world.restarts);
        digests += world.digests;
        println!("{} events, {} requests, {} by rule", world.reading.position, world.reading.requests(), world.reading.by_rule);
    }
    restarts.sort();
    let middle = restarts[restarts.len() / 2];
    println!("{digests} digests compared; restart to serving: median {middle:?}, longest {:?}", restarts.last());
    tally.told();
}

/// The log's writer breaks off between its commit and its answer: the service lives and does not know what
/// became of the act. Asked again under the same key after a restart, it is the act of before, once.
#[test]
fn an_act_whose_answer_was_lost_within_the_program_is_found_again() {
    let mut book = Book::founded("writer");
    book.kill();
    book.start(Some("group-committed:1:panic"));
    assert!(book.is_served().is_some(), "a thread fell, not the program");
    let headers = [("Idempotency-Key", "once")];
    let body = crate::house::weapon("418001", &book.site).to_string();
    let asked = |book: &Book| book.people[0].send("POST", "/api/v1/weapons", &headers, Some(&body)).unwrap();
    let lost = asked(&book);
    assert!(lost.status >= 500, "{} {}", lost.status, lost.body);
    book.kill();
    book.start(None);
    assert!(book.is_served().is_some(), "the service starts again");
    let found = asked(&book);
    assert_eq!(found.status, 201, "{}", found.body);
    let total = book.people[0].get("/api/v1/weapons?limit=1")["total"].clone();
    assert_eq!(total, 1, "the weapon stands once");
    book.stop();
}
