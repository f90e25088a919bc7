//! The gateway, and now and then the service and the broker, killed while three readers speak.
//!
//! A serial reader is never answered, so what was acknowledged is what stood in the outbox when the
//! gateway fell: from there on every item reaches the book once, in order, byte for byte, without a gap.
//! A broker is answered; what it took from its readers must be in the book at the end, at least once.
//! A code that the scanner sent while the gateway was falling may be lost; it never stands twice.

use std::mem::take;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::book::Book;
use crate::chance::{self, Chance, Ends};
use crate::post::{Kept, Post, Scanner, published_epc};
use crate::program::{PATIENCE, wait_for};
use crate::steps::{GATEWAY, GATEWAY_MADE};

/// Deaths at one post; then a fresh one.
const LIVES: usize = 60;

/// How a life ends.
#[derive(Clone, Debug)]
enum Death {
    /// At a step, at this pass of it.
    Step(&'static str, u64),
    /// `kill -9` after so many milliseconds.
    Moment(u64),
    /// The same, and the service with it.
    Both(u64),
}

struct World {
    book: Book,
    post: Post,
    chance: Chance,
    /// The outbox as it was found last.
    kept: Vec<Kept>,
    /// The gateway's stream as far as it was read.
    heard: Vec<(String, Value)>,
}

impl World {
    fn new(seed: u64) -> Self {
        let book = Book::founded("gateway");
        let post = Post::enrolled(&book, GATEWAY_MADE);
        Self { book, post, chance: Chance::new(seed, 2), kept: Vec::new(), heard: Vec::new() }
    }

    /// One life and death; the gateway is dead at the beginning and at the end.
    fn live(&mut self, death: &Death) {
        let fall = match death {
            Death::Step(step, pass) => Some(format!("{step}:{pass}")),
            Death::Moment(_) | Death::Both(_) => None,
        };
        self.post.start(fall.as_deref());
        let many = if self.chance.percent(30) { 1 + self.chance.below(20) } else { 0 };
        let (mut scanner, mut publisher) = (take(&mut self.post.scanner), take(&mut self.post.publisher));
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| scanner.scan(&stop));
            scope.spawn(|| publisher.publish(many));
            let _ends = Ends(&stop);
            self.die(death);
        });
        (self.post.scanner, self.post.publisher) = (scanner, publisher);
        self.look();
        if let Death::Both(_) = death {
            self.book.start(None);
            assert!(self.book.is_served().is_some(), "the service starts again");
        }
        self.read_on();
        self.compare();
    }

    /// Waits for the end of a life, or makes it.
    fn die(&mut self, death: &Death) {
        let begun = Instant::now();
        match death {
            Death::Moment(after) | Death::Both(after) => std::thread::sleep(Duration::from_millis(*after)), // The moment is chance.
            Death::Step(..) => {
                while !self.post.has_fallen() {
                    assert!(begun.elapsed() < PATIENCE, "{death:?} was never passed");
                    std::thread::sleep(Duration::from_millis(2)); // Only between two looks.
                }
            }
        }
        if let Death::Both(_) = death {
            self.book.kill();
        }
        self.post.kill();
    }

    /// The outbox after a death: what stood there before stands there still, and nothing is left out.
    fn look(&mut self) {
        let kept = self.post.kept();
        for (nth, item) in kept.iter().enumerate() {
            assert_eq!(item.sequence, nth as u64, "the outbox has a hole");
        }
        for (before, now) in self.kept.iter().zip(&kept) {
            assert_eq!(before.json, now.json, "item {} is another one now", now.sequence);
        }
        assert!(kept.len() >= self.kept.len(), "the outbox forgot {} items", self.kept.len() - kept.len());
        self.kept = kept;
    }

    fn read_on(&mut self) {
        loop {
            let path = format!("/api/v1/log/events?limit=500&stream=gateway-{}&from={}", self.post.key, self.heard.len());
            let answer = self.book.people[0].ask("GET", &path, None).expect("the service is there");
            if answer.status == 404 {
                return; // Nothing of this gateway yet.
            }
            let page = answer.json();
            for event in page["rows"].as_array().unwrap() {
                assert_eq!(event["revision"], self.heard.len(), "a sequence is missing in the book or stands twice");
                self.heard.push((event["type"].as_str().unwrap().to_owned(), event["data"].clone()));
            }
            if page["next"].is_null() {
                return;
            }
        }
    }

    /// The book has nothing that the outbox has not, in the same order; what is receipted is in the book.
    fn compare(&self) {
        assert!(self.heard.len() <= self.kept.len(), "the book has {}, the outbox {}", self.heard.len(), self.kept.len());
        for ((kind, data), kept) in self.heard.iter().zip(&self.kept) {
            let item: Value = serde_json::from_str(&kept.json).unwrap();
            assert_eq!((&item["type"], &item["data"]), (&Value::from(kind.as_str()), data), "item {}", kept.sequence);
        }
        let receipted = self.kept.iter().rposition(|item| item.receipted).map_or(0, |last| last + 1);
        assert!(receipted <= self.heard.len(), "{receipted} receipted, {} in the book", self.heard.len());
    }

    /// Everything arrives; then every reader's side of the story is compared.
    fn settle(&mut self) {
        self.post.start(None);
        let published = self.post.publisher.taken;
        wait_for("every published read in the outbox", || {
            self.look();
            (0..published).all(|n| self.kept.iter().any(|item| item.json.contains(&published_epc(n)))).then_some(())
        });
        // What the broker still held is heard, so its own death loses nothing; it is heard again afterwards.
        self.post.kill_broker();
        self.post.publishes_until_heard();
        self.post.kill(); // Now the outbox stands still.
        self.look();
        self.post.start(None);
        let last = self.kept.len();
        wait_for("everything in the book", || {
            self.read_on();
            (self.heard.len() >= last).then_some(())
        });
        self.post.kill();
        self.look();
        self.read_on();
        self.compare();
        self.the_scanner_agrees();
        self.book.stop();
        self.book.verify(None);
    }

    /// Of each connection's codes the book has a beginning: in order, each once, none left out between two.
    fn the_scanner_agrees(&self) {
        let scanner = &self.post.scanner;
        let text = |(_, data): &(String, Value)| data["text"].as_str().map(str::to_owned);
        let heard: Vec<String> = self.heard.iter().filter_map(text).collect();
        let mut wanted = Vec::new();
        let ends = scanner.connections.iter().skip(1).copied().chain([scanner.sent + 1]);
        for (first, end) in scanner.connections.iter().zip(ends) {
            let codes = (*first..end).map(Scanner::code);
            wanted.extend(codes.take_while(|code| heard.contains(code)));
        }
        assert_eq!(heard, wanted, "the scanner's codes in the book, and as they were sent");
        println!(
            "{} items; {} of {} codes, {} published",
            self.heard.len(),
            heard.len(),
            scanner.sent,
            self.post.publisher.taken
        );
    }
}

fn plan(kills: usize, chance: &mut Chance) -> Vec<Death> {
    let mut deaths: Vec<Death> = GATEWAY.iter().map(|step| Death::Step(step, 1)).collect();
    while deaths.len() < kills {
        deaths.push(match chance.below(100) {
            0..45 => Death::Moment(chance.below(700)),
            45..65 => Death::Both(chance.below(700)),
            _ => match chance.one_of(GATEWAY) {
                "outbox-open" => Death::Step("outbox-open", 1), // Passed once a run.
                step => Death::Step(step, 1 + chance.below(8)),
            },
        });
    }
    for at in (1..deaths.len()).rev() {
        deaths.swap(at, chance.below(at as u64 + 1) as usize);
    }
    deaths
}

#[test]
fn what_stood_in_the_outbox_reaches_the_book_once_when_the_gateway_is_killed() {
    let seed = chance::seed("gateway");
    let kills = chance::number("MUSTER_KILLS").map_or(34, |all| chance::of_the_gateway(all as usize));
    let deaths = plan(kills, &mut Chance::new(seed, 0));
    let (begun, mut tally) = (Instant::now(), chance::Tally::of("gateway-kills"));
    for (nth, lives) in deaths.chunks(LIVES).enumerate() {
        let mut world = World::new(seed + nth as u64);
        tally.add(GATEWAY_MADE.len());
        world.post.kill();
        for death in lives {
            tally.at(format!("{death:?}"));
            world.live(death);
            tally.add(1);
            println!("{:>6.1} s, {} items: {death:?}", begun.elapsed().as_secs_f64(), world.kept.len());
        }
        tally.at("the end".to_owned());
        world.settle();
    }
    tally.told();
}
