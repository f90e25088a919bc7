//! ThingMagic and JADAK Mercury modules: stop, ask, set, read for ever.
//!
//! ```text
//! stop 2F -> version 03 -> region 97 -> protocol 93 -> [antennas 91] -> [power 92] -> start 2F -> stream 22
//! ```
//! The module may already be streaming after the host restarted, so the dialogue begins with stop.
//! Tag records are believed in every phase. More than three seconds without a frame, a module that
//! announces its firmware, or a refused command begin the dialogue again. Writing, locking and
//! killing tags is absent on purpose: this gateway only listens.

mod dialogue;
pub mod frame;
pub mod record;
pub mod words;

use tag_data::moment::Moment;

use self::dialogue::Dialogue;
use self::frame::{Deframer, Side};
use super::{Effect, millis_between, millis_later};

const STOP: u8 = 0x2F;
const STREAM: u8 = 0x22;
const VERSION: u8 = 0x03;
const BOOT: u8 = 0x04;
/// Longer than the slowest line (9600 baud) needs for the longest frame.
const GAP_MS: i64 = 500;

/// What the configuration may say to a Mercury reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Region code; the law of the place decides, not the module.
    pub region: u8,
    /// Antennas to read on; empty: as the module remembers.
    pub antennas: Vec<u8>,
    /// Read power in hundredths of a dBm; absent: as the module remembers.
    pub power_cdbm: Option<u16>,
    /// Also read the chip's serial (TID) with each tag: slower, and the best evidence against copies.
    pub tid: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { region: 0x08, antennas: Vec::new(), power_cdbm: None, tid: false } // EU3, the widest European plan.
    }
}

impl Settings {
    /// The commands of the dialogue, in order; the first is stop, the last is start.
    fn plan(&self) -> Vec<(u8, Vec<u8>)> {
        let mut plan = vec![(STOP, vec![0, 0, 2]), (VERSION, vec![]), (0x97, vec![self.region]), (0x93, vec![0, record::GEN2])];
        if !self.antennas.is_empty() {
            let pairs = self.antennas.iter().flat_map(|antenna| [*antenna, *antenna]);
            plan.push((0x91, std::iter::once(2).chain(pairs).collect()));
        }
        if let Some(power) = self.power_cdbm {
            plan.push((0x92, power.to_be_bytes().to_vec()));
        }
        plan.push((STOP, self.start_data()));
        plan
    }

    /// Continuous Gen2 read with all metadata; with `tid`, six words of the TID bank ride along.
    fn start_data(&self) -> Vec<u8> {
        let search: u8 = if self.tid { 0x1F } else { 0x1B };
        let mut read = vec![0x10, 0, search, 0x03, 0xE8];
        read.extend(record::USUAL_FLAGS.to_be_bytes());
        if self.tid {
            read.extend([1, 9, 0x28, 0, 0, 0, 2, 0, 0, 0, 0, 6]); // One embedded command: read, bank 2, from 0, 6 words.
        }
        let mut data = vec![0, 0, 1, STREAM, 0, 0, record::GEN2, read.len() as u8, STREAM];
        data.extend(read);
        data
    }
}

/// One Mercury reader.
#[derive(Debug)]
pub struct Mercury {
    deframer: Deframer,
    dialogue: Dialogue,
    last_byte: Moment,
    wake: Option<Moment>,
}

impl Mercury {
    /// A reader not yet spoken to.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        let (deframer, last_byte) = (Deframer::new(Side::Reader), Moment::default());
        Self { deframer, dialogue: Dialogue::new(settings.plan()), last_byte, wake: None }
    }

    /// See [`super::Driver::start`].
    pub fn start(&mut self, now: Moment) -> Vec<Effect> {
        self.deframer.clear();
        self.wake = None;
        let mut effects = Vec::new();
        self.dialogue.start(now, &mut effects);
        self.set_alarm(&mut effects);
        effects
    }

    /// See [`super::Driver::receive`].
    pub fn receive(&mut self, now: Moment, bytes: &[u8]) -> Vec<Effect> {
        let mut effects = Vec::new();
        let dialogue = &mut self.dialogue;
        self.deframer.receive(bytes, &mut |found| dialogue.hear(now, found, &mut effects));
        self.last_byte = now;
        self.set_alarm(&mut effects);
        effects
    }

    /// See [`super::Driver::cut`].
    pub fn cut(&mut self, now: Moment) -> Vec<Effect> {
        let mut effects = Vec::new();
        let dialogue = &mut self.dialogue;
        self.deframer.give_up(&mut |found| dialogue.hear(now, found, &mut effects));
        dialogue.tell_noise(now, &mut effects);
        effects
    }

    /// See [`super::Driver::tick`].
    pub fn tick(&mut self, now: Moment) -> Vec<Effect> {
        let mut effects = Vec::new();
        let dialogue = &mut self.dialogue;
        if millis_between(self.last_byte, now) >= GAP_MS {
            self.deframer.give_up(&mut |found| dialogue.hear(now, found, &mut effects));
            dialogue.tell_noise(now, &mut effects);
        }
        dialogue.tick(now, &mut effects);
        self.wake = None;
        self.set_alarm(&mut effects);
        effects
    }

    /// Asks to be woken when something may have to be done; says so only when the time changed.
    fn set_alarm(&mut self, effects: &mut Vec<Effect>) {
        let gap = (self.deframer.waits() || self.dialogue.has_noise()).then(|| millis_later(self.last_byte, GAP_MS));
        let wake = [gap, self.dialogue.wake_at()].into_iter().flatten().min();
        if let (true, Some(at)) = (wake != self.wake, wake) {
            effects.push(Effect::WakeAt(at));
        }
        self.wake = wake;
    }
}

/// What a silent reader is asked to check, in words.
const SILENT_WORDS: &str = "no frame for three seconds; is it powered, plugged in, and the baud rate right?";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::hex_upper;

    #[test]
    fn half_a_frame_is_counted_when_the_line_is_cut() {
        let (mut driver, now) = (Mercury::new(&Settings::default()), Moment::from_micros(0));
        driver.start(now);
        let frame = super::frame::answer(0x22, 0x0400, &[]);
        driver.receive(now, &frame[..4]);
        let counted = |effects: Vec<Effect>| effects.into_iter().find(|effect| matches!(effect, Effect::Count(..)));
        assert_eq!(counted(driver.cut(now)), Some(Effect::Count(crate::protocol::Counter::GarbledBytes, 4)));
        assert_eq!(counted(driver.cut(now)), None, "once");
        driver.start(now);
        let next = counted(driver.receive(now, &frame));
        assert_eq!(next, Some(Effect::Count(crate::protocol::Counter::OtherFrames, 1)), "the next frame is read whole");
    }

    #[test]
    fn the_usual_start_is_the_published_one() {
        let plan = Settings::default().plan();
        let (opcode, data) = plan.last().unwrap();
        assert_eq!(hex_upper(&frame::command(*opcode, data)), "FF102F00000122000005072210001B03E801FFDD2B");
    }

    #[test]
    fn antennas_and_power_are_set_only_when_asked_for() {
        let settings = Settings { antennas: vec![1, 2], power_cdbm: Some(2700), ..Settings::default() };
        let plan: Vec<String> =
            settings.plan().iter().map(|(opcode, data)| hex_upper(&[&[*opcode], &data[..]].concat())).collect();
        assert_eq!(plan[2..6], ["9708", "930005", "910201010202", "920A8C"]);
        assert_eq!(Settings::default().plan().len(), 5);
    }
}
