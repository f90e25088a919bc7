//! The uplink against a service in miniature, with a clock of our own: nine days pass in no time.

#![allow(clippy::unwrap_used, reason = "a test may stop at once")]

mod house;

use std::io::{Read, Write};
use std::net::TcpListener;

use house::{House, Room, Shared};
use reader_gateway::carry;
use reader_gateway::identity::Identity;
use reader_gateway::outbox::Outbox;
use reader_gateway::uplink::{Answer, Post, Request, Step, Uplink, http};
use tag_data::batch::Batch;
use tag_data::moment::Moment;
use tag_data::scan::{Item, ReaderCondition, ReaderNotice};

struct Bench {
    room: Room,
    house: Shared,
    outbox: Option<Outbox>,
    uplink: Uplink,
    now: Moment,
    requests: u64,
    /// Bytes a second that the line carries, where it is slow; the client gives up after a minute.
    line: Option<i64>,
    /// The answers are lost until then.
    deaf_until: Option<Moment>,
}

fn notice(number: u64) -> Item {
    let (reader, place) = (format!("r{number}"), "A-1".to_owned());
    Item::ReaderHeard(ReaderNotice { reader, place, condition: ReaderCondition::Hearing, at: Moment::default(), detail: None })
}

fn gateway_key() -> Identity {
    Identity::from_secret(&[7; 32])
}

fn uplink(house: &Shared, accept_new_head: bool) -> Uplink {
    Uplink::new(gateway_key(), "gw-test", house.lock().unwrap().key.public_bytes(), accept_new_head, 1)
}

impl Bench {
    fn new(name: &str) -> Self {
        let (room, house) = (Room::new(name), House::shared());
        house.lock().unwrap().knows(&gateway_key());
        let outbox = Some(Outbox::open(&room.file("outbox.db"), "boot 1", 1_000_000).unwrap());
        let uplink = uplink(&house, false);
        Self {
            room,
            house,
            outbox,
            uplink,
            now: "2026-03-01T06:00:00Z".parse().unwrap(),
            requests: 0,
            line: None,
            deaf_until: None,
        }
    }

    fn outbox(&mut self) -> &mut Outbox {
        self.outbox.as_mut().unwrap()
    }

    fn put(&mut self, count: u64) {
        let (next, now) = (self.outbox().next(), self.now);
        let items: Vec<Item> = (next..next + count).map(notice).collect();
        self.outbox().put(&items, 0, now).unwrap();
    }

    /// Lets time pass and the uplink work.
    fn pass(&mut self, seconds: i64) {
        let end = self.now.plus_seconds(seconds);
        while self.now < end {
            match self.uplink.step(self.now, self.outbox.as_ref().unwrap()).unwrap() {
                Step::Send(request) => {
                    self.requests += 1;
                    let answer = self.answer(&request);
                    self.uplink.answered(self.now, self.outbox.as_mut().unwrap(), answer).unwrap();
                }
                Step::Wait(Some(then)) => self.now = then.min(end),
                Step::Wait(None) => self.now = end,
            }
        }
    }

    /// What comes back over the line, and when.
    fn answer(&mut self, request: &Request) -> Answer {
        let millis = self.line.map_or(1, |bytes| request.body.len() as i64 * 1_000 / bytes);
        let given_up = millis > 60_000;
        self.now = Moment::from_micros(self.now.micros() + millis.min(60_000) * 1_000);
        let answer = if given_up { None } else { Some(self.house.lock().unwrap().answer(request)) };
        let lost = self.deaf_until.is_some_and(|until| self.now < until);
        answer.filter(|_| !lost).unwrap_or_else(|| Answer::None("timeout: global".to_owned()))
    }

    fn taken(&self) -> u64 {
        self.house.lock().unwrap().items.len() as u64
    }

    #[track_caller]
    fn delivered(&mut self, count: u64) {
        assert_eq!((self.taken(), self.outbox().acknowledged()), (count, count), "{:?}", self.uplink.trouble());
    }
}

#[test]
fn batches_go_and_receipts_empty_the_outbox() {
    let mut bench = Bench::new("uplink-plain");
    bench.put(2_500);
    bench.pass(1);
    bench.delivered(2_500);
    assert_eq!(bench.requests, 3);
    bench.pass(3_600);
    assert_eq!(bench.requests, 3, "nothing waits, nothing is sent");
}

#[test]
fn nine_days_without_a_service_then_everything() {
    let mut bench = Bench::new("uplink-away");
    bench.house.lock().unwrap().away = true;
    for _ in 0..9 * 4 {
        bench.put(5);
        bench.pass(6 * 3_600);
    }
    assert_eq!(bench.outbox().waiting(), 9 * 4 * 5);
    assert!(bench.requests < 9 * 24 * 3_600 / 10, "{} knocks", bench.requests);
    bench.house.lock().unwrap().away = false;
    bench.pass(40);
    bench.delivered(9 * 4 * 5);
    assert_eq!(bench.uplink.trouble(), None);
}

/// 9,600 bits a second, and more waiting than it carries in the minute for which an answer is waited.
#[test]
fn a_slow_line_gets_smaller_batches() {
    let mut bench = Bench::new("uplink-slow");
    bench.line = Some(1_200);
    bench.put(5_000);
    bench.pass(1_200);
    bench.delivered(5_000);
    assert!(bench.requests < 60, "{} requests: most of the line goes into beginnings", bench.requests);
    bench.line = None;
    bench.put(5_000);
    let before = bench.requests;
    bench.pass(5);
    bench.delivered(10_000);
    assert!(bench.requests < before + 15, "{} requests: a fast line is used again", bench.requests - before);
}

/// The batch came whole, its answer did not: a smaller one over the same items changes nothing and is confirmed.
#[test]
fn a_smaller_batch_over_items_in_the_book_is_confirmed() {
    let mut bench = Bench::new("uplink-deaf");
    bench.deaf_until = Some(bench.now.plus_seconds(90));
    bench.put(900);
    bench.pass(80);
    assert_eq!((bench.taken(), bench.outbox().acknowledged()), (900, 0));
    bench.put(50);
    bench.pass(60);
    bench.delivered(950);
}

#[test]
fn a_gap_is_filled_from_where_the_service_says() {
    let mut bench = Bench::new("uplink-gap");
    bench.put(100);
    bench.pass(1);
    bench.delivered(100);
    bench.house.lock().unwrap().items.truncate(40);
    bench.house.lock().unwrap().base += 60; // Its log went on elsewhere: the head is not behind.
    bench.put(10);
    bench.pass(1);
    bench.delivered(110);
}

#[test]
fn an_unsigned_answer_empties_nothing() {
    let mut bench = Bench::new("uplink-forged");
    bench.house.lock().unwrap().forged = true;
    bench.put(10);
    bench.pass(600);
    assert_eq!((bench.taken(), bench.outbox().acknowledged()), (10, 0));
    assert!(bench.uplink.trouble().unwrap().contains("not signed"));
    bench.house.lock().unwrap().forged = false;
    bench.pass(60);
    bench.delivered(10);
}

#[test]
fn an_older_receipt_that_comes_late_is_no_log_that_went_back() {
    let mut bench = Bench::new("uplink-late");
    bench.put(10);
    let Step::Send(first) = bench.uplink.step(bench.now, bench.outbox.as_ref().unwrap()).unwrap() else { panic!("ten wait") };
    let Answer::Status(200, early) = bench.house.lock().unwrap().answer(&first) else { panic!("ten are taken") };
    bench.pass(1);
    bench.put(5);
    bench.pass(60);
    bench.delivered(15);
    let (early, now) = (serde_json::from_slice(&early).unwrap(), bench.now);
    assert_eq!(bench.uplink.take_receipt(now, bench.outbox.as_mut().unwrap(), &early).unwrap(), Ok(()));
    bench.put(5);
    bench.pass(60);
    bench.delivered(20);
}

/// The answer to a large batch comes on a courier's stick, after a smaller one of its items was confirmed.
#[test]
fn an_older_receipt_that_confirms_more_accuses_nobody() {
    let mut bench = Bench::new("uplink-late-more");
    bench.put(900);
    let Step::Send(large) = bench.uplink.step(bench.now, bench.outbox.as_ref().unwrap()).unwrap() else { panic!("they wait") };
    let Answer::Status(200, early) = bench.house.lock().unwrap().answer(&large) else { panic!("they are taken") };
    bench.uplink.answered(bench.now, bench.outbox.as_mut().unwrap(), Answer::None("timeout: global".to_owned())).unwrap();
    bench.house.lock().unwrap().base += 40; // Others write too.
    bench.now = bench.now.plus_seconds(60);
    let Step::Send(small) = bench.uplink.step(bench.now, bench.outbox.as_ref().unwrap()).unwrap() else { panic!("they wait") };
    let answer = bench.house.lock().unwrap().answer(&small);
    bench.uplink.answered(bench.now, bench.outbox.as_mut().unwrap(), answer).unwrap();
    assert!((1..900).contains(&bench.outbox().acknowledged()), "{}", bench.outbox().acknowledged());
    let (early, now) = (serde_json::from_slice(&early).unwrap(), bench.now);
    let said = bench.uplink.take_receipt(now, bench.outbox.as_mut().unwrap(), &early).unwrap();
    assert!(said.is_err_and(|why| why.contains("behind")), "it is not believed, and that is all");
    bench.pass(60);
    bench.delivered(900);
}

#[test]
fn a_head_that_went_back_stops_it_until_a_person_agrees() {
    let mut bench = Bench::new("uplink-head");
    bench.put(10);
    bench.pass(1);
    bench.house.lock().unwrap().base = 500; // Restored from an older backup, not declared.
    bench.put(5);
    bench.pass(3_600);
    assert_eq!(bench.outbox().acknowledged(), 10);
    assert!(bench.uplink.trouble().unwrap().contains("went back"), "{:?}", bench.uplink.trouble());
    let asked = bench.requests;
    bench.pass(3_600);
    assert_eq!(bench.requests, asked, "stopped is stopped");
    bench.uplink = uplink(&bench.house, false); // A restart alone changes nothing.
    bench.pass(60);
    assert_eq!(bench.outbox().acknowledged(), 10);
    bench.uplink = uplink(&bench.house, true);
    bench.pass(60);
    bench.delivered(15);
}

/// Two gateways with one key, as when a card was copied: what both heard is in the book, whoever was first.
#[test]
fn a_copied_outbox_loses_nothing_of_what_either_hears() {
    let mut bench = Bench::new("uplink-copy");
    bench.put(5);
    bench.pass(1);
    let copied = bench.room.file("copied.db");
    drop(bench.outbox.take());
    std::fs::copy(bench.room.file("outbox.db"), &copied).unwrap();
    bench.outbox = Some(Outbox::open(&bench.room.file("outbox.db"), "boot 2", 1_000_000).unwrap());
    let mut copy = Outbox::open(&copied, "boot 3", 1_000_000).unwrap();
    let heard = |range: std::ops::Range<u64>| range.map(notice).collect::<Vec<Item>>();
    let mut wanted = Vec::new();
    for round in 1..=3_u64 {
        for mine in [true, false] {
            let items = heard(round * 1000 + u64::from(mine) * 100..round * 1000 + u64::from(mine) * 100 + 2 + round);
            wanted.extend(items.iter().map(|item| serde_json::to_string(item).unwrap()));
            let now = bench.now;
            bench.outbox().put(&items, 0, now).unwrap();
            bench.pass(60);
            assert_eq!(bench.outbox().waiting(), 0, "{:?}", bench.uplink.trouble());
            std::mem::swap(bench.outbox.as_mut().unwrap(), &mut copy); // The other one's turn.
            bench.uplink = uplink(&bench.house, false);
        }
    }
    let house = bench.house.lock().unwrap();
    let lost: Vec<&String> = wanted.iter().filter(|item| !house.items.contains(item)).collect();
    assert!(lost.is_empty(), "heard, confirmed and not in the book: {lost:?}");
    let holes = house.items.iter().filter(|item| item.contains("another gateway uses this key")).count();
    assert!(holes >= 5, "each time the numbers met a hole is declared, not {holes} times");
}

/// An answer is not signed: a number ahead is no receipt for what lies before it.
#[test]
fn a_number_ahead_empties_nothing() {
    let mut bench = Bench::new("uplink-ahead");
    bench.put(3);
    let Step::Send(_) = bench.uplink.step(bench.now, bench.outbox.as_ref().unwrap()).unwrap() else { panic!("waits") };
    let problem = br#"{"type":"urn:muster:problem:send-from","send_from":3}"#.to_vec();
    let (now, outbox) = (bench.now, bench.outbox.as_mut().unwrap());
    bench.uplink.answered(now, outbox, Answer::Status(409, problem)).unwrap();
    assert_eq!(bench.outbox().acknowledged(), 0);
    bench.pass(3_600);
    bench.delivered(3);
    // The service has five that the gateway does not know to be there, and more wait behind them.
    bench.put(2);
    bench.house.lock().unwrap().items.extend([3, 4].map(|n| serde_json::to_string(&notice(n)).unwrap()));
    bench.put(4);
    bench.pass(3_600);
    bench.delivered(9);
}

/// An answer is not signed: a number that no gateway reaches must not make ours overflow.
#[test]
fn an_absurd_number_is_not_believed() {
    let mut bench = Bench::new("uplink-absurd");
    bench.put(3);
    for kind in ["urn:muster:problem:send-from", "urn:muster:problem:sequence-contradicted"] {
        for from in [u64::MAX, u64::MAX - 1, i64::MAX as u64, 1 << 60] {
            let Step::Send(_) = bench.uplink.step(bench.now, bench.outbox.as_ref().unwrap()).unwrap() else { panic!("waits") };
            let problem = format!(r#"{{"type":"{kind}","send_from":{from}}}"#).into_bytes();
            let (now, outbox) = (bench.now, bench.outbox.as_mut().unwrap());
            bench.uplink.answered(now, outbox, Answer::Status(409, problem)).unwrap();
            assert_eq!((outbox.next(), outbox.acknowledged()), (3, 0));
            bench.now = bench.now.plus_seconds(3_600);
        }
    }
    bench.pass(3_600);
    bench.delivered(3);
}

#[test]
fn not_enrolled_keeps_everything_and_asks() {
    let mut bench = Bench::new("uplink-enrol");
    {
        let mut house = bench.house.lock().unwrap();
        (house.enrolled, house.public_key) = (false, None);
    }
    bench.put(10);
    bench.pass(600);
    assert_eq!(bench.outbox().waiting(), 10);
    let code = gateway_key().confirmation_code(&bench.house.lock().unwrap().key.public_bytes());
    assert!(bench.uplink.trouble().unwrap().contains(&code));
    assert_eq!(bench.house.lock().unwrap().public_key, Some(gateway_key().public_bytes()));
    bench.house.lock().unwrap().enrolled = true;
    bench.pass(60);
    bench.delivered(10);
}

#[test]
fn a_lost_outbox_goes_on_behind_a_declared_hole() {
    let mut bench = Bench::new("uplink-lost-box");
    bench.put(20);
    bench.pass(1);
    bench.outbox = None;
    bench.outbox = Some(Outbox::open(&bench.room.file("new.db"), "boot 2", 1_000_000).unwrap());
    bench.put(3);
    // The service knows 20 items; ours begin at 0 again, with another content: it asks to go on from 20.
    let outbox = bench.outbox.as_mut().unwrap();
    let Step::Send(_) = bench.uplink.step(bench.now, outbox).unwrap() else { panic!("something waits") };
    bench.uplink.answered(bench.now, outbox, Answer::Status(409, br#"{"send_from":20}"#.to_vec())).unwrap();
    bench.pass(1);
    bench.delivered(24);
    assert!(bench.house.lock().unwrap().items[20].contains("HoleDeclared"));
}

#[test]
fn refusals_are_retried_ever_more_rarely() {
    let mut bench = Bench::new("uplink-refused");
    bench.put(1);
    let (mut waits, start) = (vec![], bench.now);
    for status in [400, 404, 413, 429, 500, 503, 302, 200, 409, 403] {
        let outbox = bench.outbox.as_mut().unwrap();
        let Step::Send(_) = bench.uplink.step(bench.now, outbox).unwrap() else { panic!("it is tried again") };
        bench.uplink.answered(bench.now, outbox, Answer::Status(status, b"\xff{".to_vec())).unwrap();
        let Step::Wait(Some(then)) = bench.uplink.step(bench.now, outbox).unwrap() else { panic!("it waits after {status}") };
        waits.push((then.micros() - bench.now.micros()) / 1000);
        bench.now = then;
    }
    assert!(waits.iter().all(|wait| *wait <= 30_000) && waits[9] > waits[0], "{waits:?}");
    assert!(bench.now.seconds_since(start) > 30 && bench.outbox().waiting() == 1);
}

#[test]
fn a_courier_carries_batches_out_and_receipts_in() {
    let mut bench = Bench::new("uplink-courier");
    bench.put(1_200);
    let visitor = Outbox::visit(&bench.room.file("outbox.db")).unwrap();
    let files = carry::export(&visitor, &gateway_key(), &bench.room.file("stick")).unwrap();
    assert_eq!(files.len(), 2);
    let mut last = None;
    for file in files {
        let body = std::fs::read(file).unwrap();
        let batch: Batch = serde_json::from_slice(&body).unwrap();
        let path = format!("/api/v1/gateways/{}/batches", batch.gateway);
        let Answer::Status(200, receipt) = bench.house.lock().unwrap().answer(&Request { path, body }) else { panic!("refused") };
        last = Some(receipt);
    }
    let taken = bench.taken();
    let (receipt, mut forged) = (bench.room.file("receipt.json"), bench.house.lock().unwrap().receipt(gateway_key().id(), taken));
    forged.next = 9_999;
    std::fs::write(&receipt, serde_json::to_vec(&forged).unwrap()).unwrap();
    assert!(carry::import_receipt(bench.outbox.as_mut().unwrap(), &mut bench.uplink, &receipt, bench.now).is_err());
    std::fs::write(&receipt, last.unwrap()).unwrap();
    assert_eq!(carry::import_receipt(bench.outbox.as_mut().unwrap(), &mut bench.uplink, &receipt, bench.now).unwrap(), 1_200);
    bench.delivered(1_200);
}

/// Answers the requests of one connection with these answers; returns what was asked.
fn serve(answers: Vec<(u16, Vec<u8>)>) -> (String, std::thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let served = std::thread::spawn(move || {
        let (mut heads, mut stream) = (vec![], listener.accept().unwrap().0);
        for (status, body) in answers {
            let mut head = vec![];
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                if stream.read(&mut byte).unwrap() == 0 {
                    stream = listener.accept().unwrap().0; // The client made a new connection.
                    continue;
                }
                head.push(byte[0]);
            }
            let head = String::from_utf8(head).unwrap().to_lowercase();
            let length = head.split("content-length: ").nth(1).unwrap().split("\r\n").next().unwrap().parse().unwrap();
            stream.read_exact(&mut vec![0; length]).unwrap();
            heads.push(head);
            write!(stream, "HTTP/1.1 {status} X\r\ncontent-length: {}\r\nlocation: /elsewhere\r\n\r\n", body.len()).unwrap();
            stream.write_all(&body).unwrap();
        }
        heads
    });
    (address, served)
}

#[test]
fn over_http_a_status_is_an_answer_and_answers_are_bounded() {
    let (address, served) = serve(vec![(200, b"{}".to_vec()), (409, b"gap".to_vec()), (302, vec![]), (200, vec![b'x'; 100_000])]);
    let mut post: Post = http::client(&address, None).unwrap();
    let mut ask = |path: &str| post(&Request { path: path.into(), body: b"{\"a\":1}".to_vec() });
    assert_eq!(ask("/api/v1/gateways"), Answer::Status(200, b"{}".to_vec()));
    assert_eq!(ask("/b"), Answer::Status(409, b"gap".to_vec()));
    assert_eq!(ask("/c"), Answer::Status(302, vec![]));
    assert!(matches!(ask("/d"), Answer::None(_)), "too long to be a receipt");
    let heads = served.join().unwrap();
    assert!(
        heads[0].starts_with("post /api/v1/gateways http/1.1") && heads[0].contains("content-type: application/json"),
        "{}",
        heads[0]
    );
    let mut nobody: Post = http::client("http://127.0.0.1:1", None).unwrap();
    assert!(matches!(nobody(&Request { path: "/".into(), body: vec![] }), Answer::None(_)));
}
