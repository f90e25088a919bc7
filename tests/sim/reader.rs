//! A reader: a simulated one that speaks the real bytes, the real driver, the real sieve.
//!
//! What was on the wire is remembered on both sides: what the reader said and what the driver and
//! the sieve made of it are held against each other after each listening.

use std::collections::BTreeSet;

use armoury::ids::PlaceId;
use reader_gateway::protocol::{Driver, DriverName, Effect, Settings, mercury};
use reader_gateway::sieve::{self, Sieve};
use reader_gateway::simulate::tags::{Mark, Tag};
use reader_gateway::simulate::{Pace, Simulator};
use tag_data::moment::Moment;
use tag_data::scan::{Item, Observation, ReaderCondition, ReaderNotice, Report};

use crate::dice::Dice;
use crate::promise::{Broken, broken};

/// One reader at one place.
pub struct Reader {
    /// Its name in the gateway's configuration.
    pub id: String,
    /// What it stands for.
    pub place: PlaceId,
    /// Which language it speaks.
    pub kind: DriverName,
    driver: Driver,
    simulator: Simulator,
    sieve: Sieve,
    open: bool,
    last: Moment,
    wake: Option<Moment>,
    /// Messages that the broker holds because nobody has said that they are safe.
    held: Vec<Vec<u8>>,
    /// Identities that this sieve has let out in its life.
    let_out: BTreeSet<String>,
}

/// What was heard in one listening.
#[derive(Default)]
pub struct Heard {
    /// Items to put down.
    pub items: Vec<Item>,
    /// What the reader said, as the tags' own marks.
    said: BTreeSet<String>,
    /// What the driver understood.
    understood: BTreeSet<String>,
}

const PACE: Pace = Pace { rate: 25, once: false };

impl Reader {
    /// A reader of some kind at a place.
    pub fn new(id: &str, place: PlaceId, kind: DriverName) -> Self {
        let (driver, sieve) = begun(id, place, kind);
        let simulator = Simulator::new(kind, Vec::new(), PACE);
        let (open, last, wake) = (false, Moment::default(), None);
        let (held, let_out) = (Vec::new(), BTreeSet::new());
        Self { id: id.to_owned(), place, kind, driver, simulator, sieve, open, last, wake, held, let_out }
    }

    /// The gateway's power failed: driver and sieve are gone, the reader itself is not.
    pub fn crashed(&mut self) {
        (self.driver, self.sieve) = begun(&self.id, self.place, self.kind);
        (self.open, self.wake) = (false, None);
        self.let_out.clear();
    }

    /// What was heard is on the disk; a broker may forget it.
    pub fn safe(&mut self) {
        self.held.clear();
    }

    /// Somebody pulled the plug.
    pub fn unplugged(&mut self, now: Moment) -> Vec<Item> {
        let was = std::mem::replace(&mut self.open, false);
        self.wake = None;
        if was { vec![self.notice(now, ReaderCondition::PortLost, Some("the device is gone".to_owned()))] } else { Vec::new() }
    }

    /// Listens for a while to the tags that are in its field. `noise`: bytes that belong to nobody.
    pub fn listen(&mut self, now: Moment, ticks: i64, tags: Vec<Tag>, noise: Option<Vec<u8>>) -> Result<Heard, Broken> {
        let mut heard = Heard::default();
        let spoilt = noise.is_some();
        self.begin(now, &mut heard);
        self.simulator.set_tags(tags.clone());
        for message in std::mem::take(&mut self.held) {
            self.receive(now, message, &mut heard); // The broker sends again what nobody said was safe.
        }
        if let Some(noise) = noise {
            self.receive(now, noise, &mut heard);
        }
        let mut at = now;
        for _ in 0..ticks {
            at = Moment::from_micros(at.micros() + 200_000);
            for message in self.simulator.tick(at) {
                heard.said.extend(tags.iter().map(mark_of));
                self.receive(at, message, &mut heard);
            }
            self.wake_up(at, &mut heard);
        }
        let mut late = Vec::new();
        self.sieve.tick(at, &mut late);
        self.note(late, &mut heard);
        self.last = at;
        self.nothing_is_lost(&heard, &tags, ticks, spoilt)?;
        Ok(heard)
    }

    /// A port that opens, or a clock that stepped back, begins the talk anew, as in the program.
    fn begin(&mut self, now: Moment, heard: &mut Heard) {
        if self.open && now >= self.last {
            return self.wake_up(now, heard);
        }
        self.open = true;
        self.simulator.start(now);
        let effects = self.driver.start(now);
        self.take(now, effects, heard);
    }

    fn wake_up(&mut self, now: Moment, heard: &mut Heard) {
        if self.wake.is_some_and(|at| at <= now) {
            self.wake = None;
            let effects = self.driver.tick(now);
            self.take(now, effects, heard);
        }
    }

    fn receive(&mut self, now: Moment, message: Vec<u8>, heard: &mut Heard) {
        let whole = self.kind == DriverName::ZebraIotc; // A message arrives whole, a line in pieces.
        let size = if whole { message.len().max(1) } else { 1 + message.len() / 2 };
        for part in message.chunks(size) {
            let effects = self.driver.receive(now, part);
            self.take(now, effects, heard);
        }
        if whole {
            self.held.push(message);
        }
    }

    fn take(&mut self, now: Moment, effects: Vec<Effect>, heard: &mut Heard) {
        for effect in effects {
            match effect {
                Effect::Report(report) => self.hear(report, heard),
                Effect::Condition(condition, detail) => heard.items.push(self.notice(now, condition, detail)),
                Effect::Send(bytes) => {
                    let answer = self.simulator.receive(now, &bytes);
                    let effects = self.driver.receive(now, &answer);
                    self.take(now, effects, heard);
                }
                Effect::WakeAt(at) => self.wake = Some(at),
                Effect::Count(..) => {}
            }
        }
    }

    fn hear(&mut self, report: Report, heard: &mut Heard) {
        heard.understood.insert(report.epc.clone().or_else(|| report.text.clone()).unwrap_or_default());
        let mut out = Vec::new();
        self.sieve.hear(report, &mut out);
        self.note(out, heard);
    }

    fn note(&mut self, out: Vec<Observation>, heard: &mut Heard) {
        for observation in out {
            self.let_out.insert(observation.epc.clone().or_else(|| observation.text.clone()).unwrap_or_default());
            heard.items.push(Item::Observed(observation));
        }
    }

    fn notice(&self, at: Moment, condition: ReaderCondition, detail: Option<String>) -> Item {
        Item::ReaderHeard(ReaderNotice { reader: self.id.clone(), place: self.place.to_string(), condition, at, detail })
    }

    /// F16, F17: each tag that was spoken of is understood, each that was understood is let out.
    fn nothing_is_lost(&self, heard: &Heard, tags: &[Tag], ticks: i64, spoilt: bool) -> Result<(), Broken> {
        let (promise, reader) = ("nothing that a reader says is lost", &self.id);
        if let Some(lost) = heard.understood.iter().find(|tag| !self.let_out.contains(*tag)) {
            return broken(promise, format!("{reader} heard {lost} and the sieve never let it out"));
        }
        let all = i64::try_from(tags.len()).unwrap_or(i64::MAX) <= (ticks - 2) * 5; // Five reads a tick.
        let deaf = heard.said.iter().find(|tag| !heard.understood.contains(*tag));
        match deaf {
            Some(deaf) if all && !spoilt => broken(promise, format!("{reader} said {deaf} and its driver understood nothing")),
            _ => Ok(()),
        }
    }
}

fn begun(id: &str, place: PlaceId, kind: DriverName) -> (Driver, Sieve) {
    let settings = match kind {
        DriverName::Mercury => Settings::Mercury(mercury::Settings { tid: true, ..mercury::Settings::default() }),
        other => Settings::usual(other),
    };
    (Driver::new(&settings), Sieve::new(id, &place.to_string(), &[], sieve::Settings::default()))
}

fn mark_of(tag: &Tag) -> String {
    match &tag.mark {
        Mark::Epc { epc, .. } => hex::encode_upper(epc),
        Mark::Text(text) => String::from_utf8_lossy(text).into_owned(),
    }
}

/// Rubbish on the line.
pub fn noise(dice: &mut Dice) -> Vec<u8> {
    let mut bytes = vec![0; 1 + dice.below(40)];
    dice.fill(&mut bytes);
    bytes
}
