//! The other end of the wire: readers that are not there, speaking the real protocols.
//!
//! Encoders and state machines only, like the drivers: no port, no clock. The demonstration, the
//! tests and `muster-gateway simulate` drive them over real pseudo-terminals, brokers and memory.
//! They answer as the documents say a reader answers, so a driver that skips a step gets no tags.

pub mod barcode;
pub mod mercury;
pub mod run;
pub mod tags;
pub mod zebra;

use tag_data::moment::Moment;

use self::tags::Tag;
use crate::protocol::DriverName;

/// How fast, and how often, tags are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Reads a second.
    pub rate: u32,
    /// Each tag once and no more; otherwise round and round.
    pub once: bool,
}

/// A simulated reader of one kind.
#[derive(Debug)]
pub enum Simulator {
    /// A Mercury module on a serial line.
    Mercury(mercury::Module),
    /// A Zebra reader that publishes.
    Zebra(zebra::Reader),
    /// A scanner that types lines.
    Barcode(barcode::Scanner),
}

impl Simulator {
    /// A reader of the kind that `driver` listens to, with these tags before it.
    #[must_use]
    pub fn new(driver: DriverName, tags: Vec<Tag>, pace: Pace) -> Self {
        let field = Field::new(tags, pace);
        match driver {
            DriverName::Mercury => Self::Mercury(mercury::Module::new(field)),
            DriverName::ZebraIotc => Self::Zebra(zebra::Reader::new(field)),
            DriverName::BarcodeLine => Self::Barcode(barcode::Scanner::new(field)),
        }
    }

    /// The port opened.
    pub fn start(&mut self, now: Moment) {
        match self {
            Self::Mercury(_) => {} // It waits to be told.
            Self::Zebra(reader) => reader.field.begin(now),
            Self::Barcode(scanner) => scanner.field.begin(now),
        }
    }

    /// Bytes came from the host; what the reader answers.
    pub fn receive(&mut self, now: Moment, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Mercury(module) => module.receive(now, bytes),
            Self::Zebra(_) | Self::Barcode(_) => Vec::new(),
        }
    }

    /// Time passed; what the reader says of itself. For MQTT each element is one message.
    pub fn tick(&mut self, now: Moment) -> Vec<Vec<u8>> {
        match self {
            Self::Mercury(module) => Some(module.tick(now)).filter(|bytes| !bytes.is_empty()).into_iter().collect(),
            Self::Zebra(reader) => reader.tick(now),
            Self::Barcode(scanner) => scanner.tick(now),
        }
    }

    /// When it has something to say of itself.
    #[must_use]
    pub fn wake_at(&self) -> Option<Moment> {
        match self {
            Self::Mercury(module) => module.wake_at(),
            Self::Zebra(reader) => reader.wake_at(),
            Self::Barcode(scanner) => scanner.field.wake_at(),
        }
    }

    /// Puts other tags before the reader.
    pub fn set_tags(&mut self, tags: Vec<Tag>) {
        self.field().set(tags);
    }

    /// Whether every tag was read once and that was all that was wanted.
    #[must_use]
    pub fn is_done(&mut self) -> bool {
        self.field().is_done()
    }

    fn field(&mut self) -> &mut Field {
        match self {
            Self::Mercury(module) => &mut module.field,
            Self::Zebra(reader) => &mut reader.field,
            Self::Barcode(scanner) => &mut scanner.field,
        }
    }
}

/// The most reads let out in one tick; the rest is due in the next.
const READS_A_TICK: usize = 500;

/// The tags before a reader, read at a pace.
#[derive(Debug)]
pub struct Field {
    tags: Vec<Tag>,
    pace: Pace,
    next: usize,
    due: Option<Moment>,
}

impl Field {
    /// Tags that are not being read yet.
    #[must_use]
    pub fn new(tags: Vec<Tag>, pace: Pace) -> Self {
        Self { tags, pace: Pace { rate: pace.rate.max(1), ..pace }, next: 0, due: None }
    }

    fn set(&mut self, tags: Vec<Tag>) {
        self.tags = tags;
        self.next = 0;
    }

    fn begin(&mut self, now: Moment) {
        self.due = Some(now);
    }

    fn end(&mut self) {
        self.due = None;
    }

    fn is_done(&self) -> bool {
        self.pace.once && self.next >= self.tags.len()
    }

    fn wake_at(&self) -> Option<Moment> {
        self.due.filter(|_| !self.is_done() && !self.tags.is_empty())
    }

    /// The tags read by now.
    fn read(&mut self, now: Moment) -> Vec<Tag> {
        let step = 1_000_000 / i64::from(self.pace.rate);
        let mut read = Vec::new();
        while let Some(due) = self.wake_at() {
            if due > now || read.len() == READS_A_TICK {
                break;
            }
            read.push(self.tags[self.next % self.tags.len()].clone());
            self.next += 1;
            if !self.pace.once {
                self.next %= self.tags.len();
            }
            self.due = Some(Moment::from_micros(due.micros() + step.max(1)));
        }
        read
    }
}
