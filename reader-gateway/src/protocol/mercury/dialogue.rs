//! The talk with a Mercury module: which command is out, what its answer means, when to begin again.
//!
//! One command is under way at a time. Each phase has an end in time, so the talk can never hang;
//! each restart begins with stop, so it can begin anywhere. Frames are taken in the order they came.

use tag_data::moment::Moment;
use tag_data::scan::{Carrier, ReaderCondition, Report};

use super::frame::{Found, Frame, command};
use super::record::{self, Record};
use super::{BOOT, SILENT_WORDS, STOP, STREAM, VERSION, words};
use crate::limits::GARBLED_BYTES_KEPT;
use crate::protocol::standing::Standing;
use crate::protocol::{Counter, Effect, hex_upper, millis_between, millis_later, raw_hex};

/// A module sends a keep-alive each second; three missed mean that it is gone.
const SILENT_MS: i64 = 3_000;
const ANSWER_MS: i64 = 1_000;
const STOP_ANSWER_MS: i64 = 300;
/// A module that refused something is asked again after this.
const REST_MS: i64 = 5_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Off,
    Asking { step: usize, until: Moment },
    Booting { until: Moment },
    Streaming,
    Resting { until: Moment },
}

/// The state of the talk.
#[derive(Debug)]
pub(super) struct Dialogue {
    plan: Vec<(u8, Vec<u8>)>,
    phase: Phase,
    standing: Standing,
    last_frame: Moment,
    keep_alive: Option<Moment>,
    firmware: Option<String>,
    noise: u64,
    noise_first: Vec<u8>,
}

impl Dialogue {
    pub(super) fn new(plan: Vec<(u8, Vec<u8>)>) -> Self {
        let (standing, last_frame, noise_first) = (Standing::default(), Moment::default(), Vec::new());
        Self { plan, phase: Phase::Off, standing, last_frame, keep_alive: None, firmware: None, noise: 0, noise_first }
    }

    pub(super) fn start(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        self.standing.forget_base();
        (self.last_frame, self.keep_alive) = (now, None);
        (self.noise, self.firmware) = (0, None);
        self.noise_first.clear();
        self.ask(now, 0, effects);
    }

    fn ask(&mut self, now: Moment, step: usize, effects: &mut Vec<Effect>) {
        let (opcode, data) = &self.plan[step];
        effects.push(Effect::Send(command(*opcode, data)));
        let patience = if step == 0 { STOP_ANSWER_MS } else { ANSWER_MS };
        self.phase = Phase::Asking { step, until: millis_later(now, patience) };
    }

    pub(super) fn hear(&mut self, now: Moment, found: Found<'_>, effects: &mut Vec<Effect>) {
        match found {
            Found::Noise(byte) => {
                self.noise += 1;
                if self.noise_first.len() < GARBLED_BYTES_KEPT {
                    self.noise_first.push(byte);
                }
            }
            Found::Frame(frame) => {
                self.tell_noise(now, effects);
                self.last_frame = now;
                self.frame(now, frame, effects);
            }
        }
    }

    fn frame(&mut self, now: Moment, frame: Frame<'_>, effects: &mut Vec<Effect>) {
        match (frame.opcode, frame.status, self.phase) {
            (STREAM, 0, _) => self.streamed(now, frame, effects),
            (STREAM, 0x0400, _) => {
                effects.push(Effect::Count(Counter::OtherFrames, 1));
                self.keep_alive = Some(now);
                self.hearing(effects);
            }
            (STREAM, 0x0504, _) => self.fault(now, ReaderCondition::Throttled, frame.status, effects),
            (STREAM, 0x0503 | 0x0505 | 0x0507, _) => self.fault(now, ReaderCondition::AntennaFault, frame.status, effects),
            (opcode, status, Phase::Asking { step, .. }) if opcode == self.plan[step].0 => {
                self.answered(now, step, status, frame.data, effects);
            }
            (VERSION | BOOT, 0, Phase::Streaming | Phase::Resting { .. } | Phase::Booting { .. }) => self.ask(now, 0, effects), // It restarted.
            (BOOT, _, Phase::Booting { .. }) => self.ask(now, 0, effects),
            (STREAM, status, _) => self.refused(now, STREAM, status, effects),
            _ => effects.push(Effect::Count(Counter::OtherFrames, 1)),
        }
    }

    fn answered(&mut self, now: Moment, step: usize, status: u16, data: &[u8], effects: &mut Vec<Effect>) {
        let last = step + 1 == self.plan.len();
        match (self.plan[step].0, status) {
            (STOP, _) if step == 0 => self.ask(now, 1, effects), // Stopping what did not run may be refused.
            (STOP, 0) if last => {
                (self.phase, self.keep_alive) = (Phase::Streaming, Some(now));
                self.hearing(effects);
            }
            (opcode, 0x0101) if opcode != VERSION && opcode != STOP => {
                effects.push(Effect::Send(command(BOOT, &[]))); // Still in its boot loader.
                self.phase = Phase::Booting { until: millis_later(now, ANSWER_MS) };
            }
            (opcode, 0) => {
                if opcode == VERSION {
                    self.firmware = version_words(data);
                }
                self.ask(now, step + 1, effects);
            }
            (opcode, status) => self.refused(now, opcode, status, effects),
        }
    }

    fn refused(&mut self, now: Moment, opcode: u8, status: u16, effects: &mut Vec<Effect>) {
        let told =
            format!("the reader refuses {opcode:02X} ({}) with {status:04X} ({})", words::opcode(opcode), words::status(status));
        self.standing.base(ReaderCondition::Silent, Some(told), effects);
        if matches!(self.phase, Phase::Asking { .. } | Phase::Streaming) {
            self.phase = Phase::Resting { until: millis_later(now, REST_MS) };
        }
    }

    fn fault(&mut self, now: Moment, condition: ReaderCondition, status: u16, effects: &mut Vec<Effect>) {
        effects.push(Effect::Count(Counter::OtherFrames, 1));
        self.standing.fault(now, condition, &format!("{status:04X} {}", words::status(status)), effects);
    }

    fn hearing(&mut self, effects: &mut Vec<Effect>) {
        if !self.standing.is(ReaderCondition::Hearing) {
            self.standing.base(ReaderCondition::Hearing, self.firmware.clone(), effects);
        }
    }

    fn streamed(&mut self, now: Moment, frame: Frame<'_>, effects: &mut Vec<Effect>) {
        let Some(record) = record::read(frame.data) else {
            effects.push(Effect::Count(Counter::OtherFrames, 1)); // Temperatures and statistics.
            return;
        };
        self.hearing(effects);
        if record.crc_fits == Some(false) {
            effects.push(Effect::Count(Counter::EpcCrcMismatch, 1));
        }
        effects.push(Effect::Report(self.report(now, frame, record)));
    }

    fn report(&self, now: Moment, frame: Frame<'_>, record: Record<'_>) -> Report {
        let is_tid = matches!(record.embedded.first(), Some(0xE0 | 0xE2));
        let raw = if is_tid || record.embedded.is_empty() { raw_hex(frame.whole) } else { blanked(frame, &record) };
        let reader_time = match (self.keep_alive, record.since_keep_alive_ms) {
            (Some(keep_alive), Some(ms)) => Some(millis_later(keep_alive, i64::from(ms))),
            _ => None,
        };
        Report {
            kind: Carrier::Epc,
            epc: Some(hex_upper(record.epc)),
            tid: is_tid.then(|| hex_upper(record.embedded)),
            uri: None,
            text: None,
            symbology: None,
            antenna: record.antenna.map(u16::from),
            rssi_dbm: record.rssi_dbm.map(i16::from),
            heard_at: now,
            reader_time,
            count: record.count.map(u32::from),
            raw,
        }
    }

    /// A run of rubbish ended: it is counted, and its first bytes are told.
    pub(super) fn tell_noise(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        if self.noise == 0 {
            return;
        }
        effects.push(Effect::Count(Counter::GarbledBytes, self.noise));
        let told = format!("{} bytes that are no frame, beginning {}", self.noise, hex_upper(&self.noise_first));
        self.standing.fault(now, ReaderCondition::Garbled, &told, effects);
        self.noise = 0;
        self.noise_first.clear();
    }

    pub(super) fn has_noise(&self) -> bool {
        self.noise > 0
    }

    pub(super) fn tick(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        self.standing.tick(now, effects);
        let quiet = millis_between(self.last_frame, now) >= SILENT_MS;
        if quiet && self.phase != Phase::Off {
            self.standing.base(ReaderCondition::Silent, Some(SILENT_WORDS.to_owned()), effects);
        }
        match self.phase {
            Phase::Asking { step: 0, until } if now >= until => self.ask(now, 1, effects), // It was not streaming.
            Phase::Asking { until, .. } | Phase::Booting { until } | Phase::Resting { until } if now >= until => {
                self.ask(now, 0, effects)
            }
            Phase::Streaming if quiet => self.ask(now, 0, effects),
            Phase::Off | Phase::Asking { .. } | Phase::Booting { .. } | Phase::Resting { .. } | Phase::Streaming => {}
        }
    }

    /// When `tick` has something to do.
    pub(super) fn wake_at(&self) -> Option<Moment> {
        let quiet = millis_later(self.last_frame, SILENT_MS);
        let phase = match self.phase {
            Phase::Off => None,
            Phase::Asking { until, .. } | Phase::Booting { until } | Phase::Resting { until } => Some(until),
            Phase::Streaming => Some(quiet),
        };
        [phase, self.standing.wake_at()].into_iter().flatten().min()
    }
}

/// The frame with its embedded data blanked: it is no chip serial, so it may be a password.
fn blanked(frame: Frame<'_>, record: &Record<'_>) -> String {
    let mut whole = frame.whole.to_vec();
    let from = whole.len() - 2 - frame.data.len() + record.embedded_at;
    whole[from..from + record.embedded.len()].fill(0);
    raw_hex(&whole)
}

/// Boot loader, hardware, firmware date, firmware: four bytes each.
fn version_words(data: &[u8]) -> Option<String> {
    let (hardware, date, firmware) = (data.get(4..8)?, data.get(8..12)?, data.get(12..16)?);
    Some(format!("hardware {}, firmware {} of {}", hex_upper(hardware), hex_upper(firmware), hex_upper(date)))
}
