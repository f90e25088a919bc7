//! A gateway: real drivers, sieves, outbox and uplink, on a machine whose disk is modelled.
//!
//! What the outbox flushed survives a crash; what it wrote lazily may; what was only heard does
//! not, unless a broker holds it and sends it again. Beside it stands what it really put down, item
//! by item, to be held against the book in the end.

use armoury::ids::GatewayKey;
use reader_gateway::identity::Identity;
use reader_gateway::outbox::Outbox;
use reader_gateway::uplink::{Answer, Request, Step, Uplink};
use rusqlite::Connection;
use tag_data::batch::Receipt;
use tag_data::moment::Moment;
use tag_data::scan::Item;

use crate::dice::Dice;
use crate::reader::Reader;

/// The most items that may wait: few, so that the box is full now and then.
const MOST: u64 = 400;

/// A gateway.
pub struct Gateway {
    /// Its post.
    pub post: usize,
    /// Its name in the book.
    pub key: GatewayKey,
    /// Its public key, base64.
    pub public_key: String,
    /// By how much its clock is off, in microseconds.
    pub off_by: i64,
    /// Its readers.
    pub readers: Vec<Reader>,
    /// What was put down in its life, by sequence, as JSON.
    pub put_down: Vec<String>,
    /// Batches that somebody copied from the wire.
    pub overheard: Vec<Request>,
    secret: [u8; 32],
    service_key: [u8; 32],
    boots: u32,
    seed: u64,
    running: Option<Running>,
    disk: Connection,
}

struct Running {
    outbox: Outbox,
    uplink: Uplink,
}

fn in_memory() -> Connection {
    Connection::open_in_memory().expect("SQLite gives memory")
}

fn copied(from: &Connection) -> Connection {
    let mut to = in_memory();
    rusqlite::backup::Backup::new(from, &mut to).and_then(|copy| copy.step(-1).map(drop)).expect("memory can be copied");
    to
}

impl Gateway {
    /// A gateway that has never run.
    pub fn new(post: usize, service_key: [u8; 32], readers: Vec<Reader>, dice: &mut Dice) -> Self {
        let secret = dice.bytes();
        let identity = Identity::from_secret(&secret);
        let key = identity.id().parse().expect("a key id is a gateway's key");
        let public_key = identity.public_key();
        let (off_by, boots, seed) = (0, 0, dice.next());
        let (put_down, overheard, running, disk) = (Vec::new(), Vec::new(), None, in_memory());
        Self { post, key, public_key, off_by, readers, put_down, overheard, secret, service_key, boots, seed, running, disk }
    }

    /// Whether it has power.
    pub fn runs(&self) -> bool {
        self.running.is_some()
    }

    /// Its clock.
    pub fn now(&self, true_time: i64) -> Moment {
        Moment::from_micros(true_time + self.off_by)
    }

    /// Starts it over what its disk holds.
    pub fn start(&mut self) {
        self.boots += 1;
        let outbox = Outbox::over(copied(&self.disk), &format!("boot-{}", self.boots), MOST).expect("an outbox opens");
        outbox.copy_into(&mut self.disk).expect("a disk takes what is written");
        let identity = Identity::from_secret(&self.secret);
        let uplink = Uplink::new(identity, "gateway", self.service_key, false, self.seed ^ u64::from(self.boots));
        self.running = Some(Running { outbox, uplink });
    }

    /// Its power fails. `lazily`: what was written without a flush reached the disk all the same.
    pub fn crash(&mut self, lazily: bool) {
        if let Some(running) = self.running.take()
            && lazily
        {
            running.outbox.copy_into(&mut self.disk).expect("a disk takes what is written");
        }
        self.readers.iter_mut().for_each(Reader::crashed);
    }

    /// Puts one burst down and flushes it; then brokers are told.
    pub fn put(&mut self, true_time: i64, items: &[Item]) {
        let now = self.now(true_time);
        let Some(running) = &mut self.running else { return };
        let before = running.outbox.next();
        running.outbox.put(items, 0, now).expect("memory takes a burst");
        running.outbox.copy_into(&mut self.disk).expect("a disk takes what is flushed");
        for item in running.outbox.batch(before, usize::MAX).expect("memory can be read").items {
            self.put_down.push(item.get().to_owned());
        }
        self.readers.iter_mut().for_each(Reader::safe);
    }

    /// What it wants to send now.
    pub fn wants(&mut self, true_time: i64) -> Option<Request> {
        let now = self.now(true_time);
        let running = self.running.as_mut()?;
        match running.uplink.step(now, &running.outbox).expect("memory can be read") {
            Step::Send(request) => Some(request),
            Step::Wait(_) => None,
        }
    }

    /// What came back.
    pub fn answered(&mut self, true_time: i64, answer: Answer) {
        let now = self.now(true_time);
        let Some(running) = &mut self.running else { return };
        running.uplink.answered(now, &mut running.outbox, answer).expect("memory takes an answer");
    }

    /// A receipt carried by hand, or one that comes late.
    /// Whether it is believed.
    pub fn carried(&mut self, true_time: i64, receipt: &Receipt) -> bool {
        let now = self.now(true_time);
        let Some(running) = &mut self.running else { return false };
        running.uplink.take_receipt(now, &mut running.outbox, receipt).expect("memory takes a receipt").is_ok()
    }

    /// Everything below this is in the book, as far as it knows.
    pub fn acknowledged(&self) -> u64 {
        self.running.as_ref().map_or(0, |running| running.outbox.acknowledged())
    }

    /// What waits in its outbox.
    pub fn waiting(&self) -> u64 {
        self.running.as_ref().map_or(0, |running| running.outbox.waiting())
    }

    /// Why nothing is delivered, in words.
    pub fn trouble(&self) -> String {
        self.running.as_ref().and_then(|running| running.uplink.trouble()).unwrap_or("nothing").to_owned()
    }
}
