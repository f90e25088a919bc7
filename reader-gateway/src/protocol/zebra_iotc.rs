//! Zebra fixed readers (FX7500, FX9600, ATR7000) through IoT Connector: what they publish.
//!
//! One call of `receive` is one MQTT message: an object, an array of objects, or objects run
//! together. Which reader speaks is settled by the topic in the configuration, never by what the
//! payload claims. `data` events are reports; heartbeats tell losses; the rest is counted. Passwords are
//! removed before anything is kept. A broken object costs itself, not its neighbours.

pub mod secrets;
pub mod sequence;
pub mod split;

use std::collections::BTreeMap;

use serde_json::Value;
use tag_data::moment::Moment;
use tag_data::scan::{Carrier, ReaderCondition, Report};

use self::sequence::Sequence;
use self::split::Piece;
use super::standing::Standing;
use super::{Counter, Effect, bounded, hex_upper, raw_hex};
use crate::limits::{GARBLED_BYTES_KEPT, PAYLOAD_BYTES, TAG_HEX_CHARS};

/// Numbered series followed for one topic filter; a filter that hears more readers is too wide.
const SERIES: usize = 16;

/// What the configuration may say to a Zebra reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Seconds without any message after which the reader counts as silent; its heartbeat must be shorter.
    pub silent_s: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { silent_s: 180 } // Three of the usual heartbeats of 60 s.
    }
}

/// One Zebra reader.
#[derive(Debug)]
pub struct ZebraIotc {
    silent_s: i64,
    standing: Standing,
    last_message: Option<Moment>,
    /// Event numbers by series: management, or data by the MAC the reader writes.
    series: BTreeMap<String, Sequence>,
    /// The reader's own count of dropped messages, as last told.
    dropped: Option<u64>,
    wake: Option<Moment>,
}

impl ZebraIotc {
    /// A reader not yet heard.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        let (standing, series) = (Standing::default(), BTreeMap::new());
        Self { silent_s: i64::from(settings.silent_s), standing, last_message: None, series, dropped: None, wake: None }
    }

    /// See [`super::Driver::start`]: subscribed. Nothing is sent; the reader is set up by its own console.
    pub fn start(&mut self, now: Moment) -> Vec<Effect> {
        self.standing.forget_base();
        (self.last_message, self.wake) = (Some(now), None);
        let mut effects = Vec::new();
        self.set_alarm(&mut effects);
        effects
    }

    /// See [`super::Driver::receive`].
    pub fn receive(&mut self, now: Moment, payload: &[u8]) -> Vec<Effect> {
        let mut effects = Vec::new();
        if payload.len() > PAYLOAD_BYTES {
            self.garbled(now, payload, secrets::may_hold(payload), "a message above 256 KiB", &mut effects);
            return effects;
        }
        // A value is as secret as its name, and the name may stand in another piece: the whole message decides, once.
        let mut withheld = None;
        for piece in split::split(payload) {
            let (bytes, why) = match piece {
                Piece::Object(bytes) if self.object(now, bytes, &mut effects) => continue,
                Piece::Object(bytes) => (bytes, "broken JSON"),
                Piece::Rubbish(bytes) => (bytes, "no JSON object"),
            };
            let withheld = *withheld.get_or_insert_with(|| secrets::may_hold(payload));
            self.garbled(now, bytes, withheld, why, &mut effects);
        }
        self.tell_lost(now, &mut effects);
        self.set_alarm(&mut effects);
        effects
    }

    /// See [`super::Driver::tick`].
    pub fn tick(&mut self, now: Moment) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.tell_lost(now, &mut effects);
        self.standing.tick(now, &mut effects);
        if self.last_message.is_some_and(|last| now.seconds_since(last) >= self.silent_s) {
            let words = format!("no message for {} s; heartbeats must come more often than that", self.silent_s);
            self.standing.base(ReaderCondition::Silent, Some(words), &mut effects);
        }
        self.wake = None;
        self.set_alarm(&mut effects);
        effects
    }

    /// Takes one object; false: it is no good JSON.
    fn object(&mut self, now: Moment, bytes: &[u8], effects: &mut Vec<Effect>) -> bool {
        let Ok(mut value) = serde_json::from_slice::<Value>(bytes) else { return false };
        self.last_message = Some(now);
        self.standing.base(ReaderCondition::Hearing, None, effects);
        let stripped = secrets::strip(&mut value);
        if value.pointer("/data/idHex").is_some() {
            // A name that stands twice hides its first value from the parser, not from whoever reads the bytes.
            let clean = !stripped && !secrets::may_hold(bytes);
            let raw = if clean { raw_hex(bytes) } else { raw_hex(value.to_string().as_bytes()) };
            self.data(now, &value, raw, effects);
        } else {
            effects.push(Effect::Count(Counter::OtherFrames, 1));
            self.management(now, &value, effects);
        }
        true
    }

    fn data(&mut self, now: Moment, event: &Value, raw: String, effects: &mut Vec<Effect>) {
        let data = &event["data"];
        if let Some(number) = data["eventNum"].as_u64() {
            let mac = data["MAC"].as_str().or(data["hostName"].as_str()).unwrap_or_default();
            self.numbered(now, format!("tag event {}", mac.chars().take(40).collect::<String>()), number);
        }
        let (epc, text) = tag_hex(data["idHex"].as_str().unwrap_or_default());
        let tid = data["TID"].as_str().or(data["tid"].as_str()).map(tag_hex).and_then(|(tid, _)| tid);
        effects.push(Effect::Report(Report {
            kind: Carrier::Epc,
            epc,
            tid,
            uri: None,
            text,
            symbology: None,
            antenna: data["antenna"].as_u64().and_then(|antenna| u16::try_from(antenna).ok()),
            rssi_dbm: data["peakRssi"].as_f64().filter(|dbm| dbm.abs() < 1000.0).map(|dbm| dbm.round() as i16),
            heard_at: now,
            reader_time: event["timestamp"].as_str().and_then(|time| time.parse().ok()),
            count: data["reads"].as_u64().and_then(|reads| u32::try_from(reads).ok()),
            raw,
        }));
    }

    /// Heartbeats and the like: only what proves a loss matters to the book.
    fn management(&mut self, now: Moment, event: &Value, effects: &mut Vec<Effect>) {
        if let Some(number) = event["eventNum"].as_u64() {
            self.numbered(now, "management event".to_owned(), number);
        }
        let Some(dropped) = event.pointer("/data/reader_gateway/numDataMessagesDropped").and_then(Value::as_u64) else { return };
        let more = match self.dropped.replace(dropped) {
            Some(before) if dropped >= before => dropped - before,
            _ => dropped, // The first heartbeat, or a reader that began anew.
        };
        if more > 0 {
            effects.push(Effect::Count(Counter::ReadsLost, more));
            let words = format!("the reader dropped {more} messages ({dropped} since it started)");
            self.standing.fault(now, ReaderCondition::ReadsLost, &words, effects);
        }
    }

    fn numbered(&mut self, now: Moment, series: String, number: u64) {
        if self.series.len() < SERIES || self.series.contains_key(&series) {
            self.series.entry(series).or_default().heard(now, number);
        }
    }

    fn tell_lost(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        for (name, series) in &mut self.series {
            for (first, last) in series.lost(now) {
                let (count, name) = (last - first + 1, name.trim_end());
                effects.push(Effect::Count(Counter::ReadsLost, count));
                let words = format!("{name}: numbers {first} to {last} never came ({count} events)");
                self.standing.fault(now, ReaderCondition::ReadsLost, &words, effects);
            }
        }
    }

    fn garbled(&mut self, now: Moment, bytes: &[u8], withheld: bool, why: &str, effects: &mut Vec<Effect>) {
        let first = if withheld {
            "(withheld, may hold a password)".to_owned()
        } else {
            hex_upper(&bytes[..bytes.len().min(GARBLED_BYTES_KEPT)])
        };
        effects.push(Effect::Count(Counter::GarbledBytes, bytes.len() as u64));
        let words = format!("{why}: {} bytes, beginning {first}", bytes.len());
        self.standing.fault(now, ReaderCondition::Garbled, &words, effects);
    }

    fn set_alarm(&mut self, effects: &mut Vec<Effect>) {
        let silent = self.last_message.filter(|_| !self.standing.is(ReaderCondition::Silent));
        let silent = silent.map(|last| last.plus_seconds(self.silent_s));
        let lost = self.series.values().filter_map(Sequence::wake_at).min();
        let wake = [silent, lost, self.standing.wake_at()].into_iter().flatten().min();
        if let (true, Some(at)) = (wake != self.wake, wake) {
            effects.push(Effect::WakeAt(at));
        }
        self.wake = wake;
    }
}

/// Hex as (upper-case hex, none); anything else as (none, opaque text), bounded.
fn tag_hex(id: &str) -> (Option<String>, Option<String>) {
    let is_hex = id.len().is_multiple_of(2) && id.len() <= TAG_HEX_CHARS && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hex { (Some(id.to_ascii_uppercase()), None) } else { (None, Some(bounded(id))) }
}
