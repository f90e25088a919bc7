//! The languages readers speak. A driver is a state machine without a port or a clock: bytes and
//! the present moment go in, effects come out. The same bytes give the same reports however the
//! port splits them. Drivers are chosen by name in the configuration, never by sniffing: two
//! vendors share a first byte. Nothing from the radio is trusted: lengths are bounded, unknown
//! codes stay opaque, rubbish is counted and the next true frame is found.

pub mod barcode_line;
pub mod mercury;
pub mod standing;
pub mod zebra_iotc;

use std::str::FromStr;

use tag_data::moment::Moment;
use tag_data::scan::{RAW_BYTES_MAX, ReaderCondition, Report};

use crate::limits;

/// What a driver wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// A tag or a code was heard.
    Report(Report),
    /// Bytes for the reader.
    Send(Vec<u8>),
    /// The reader's condition changed; the words are the reader's own or an explanation, bounded.
    Condition(ReaderCondition, Option<String>),
    /// Something to count.
    Count(Counter, u64),
    /// Call `tick` no later than this, unless bytes come first.
    WakeAt(Moment),
}

/// What drivers count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Counter {
    /// Bytes that belong to no frame.
    GarbledBytes,
    /// Tags whose own EPC checksum does not fit what the reader passed on; reported all the same.
    EpcCrcMismatch,
    /// Frames or events that are no tag report: keep-alives, temperatures, inputs, answers.
    OtherFrames,
    /// Reads that the reader says, or its numbering shows, were lost.
    ReadsLost,
}

/// The drivers there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DriverName {
    /// ThingMagic and JADAK modules (M5e, M6e and the cabinets built on them).
    Mercury,
    /// Zebra fixed readers through IoT Connector, over MQTT.
    ZebraIotc,
    /// Barcode and badge scanners that send lines.
    BarcodeLine,
}

impl DriverName {
    /// Every name, as the configuration spells them.
    pub const ALL: [(&'static str, Self); 3] =
        [("mercury", Self::Mercury), ("zebra-iotc", Self::ZebraIotc), ("barcode-line", Self::BarcodeLine)];

    /// The name as the configuration spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(_, name)| *name == self).map_or("", |(text, _)| text)
    }
}

/// A driver name that is none of ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no driver is called {0:?}; there are mercury, zebra-iotc and barcode-line")]
pub struct NoSuchDriver(pub String);

impl FromStr for DriverName {
    type Err = NoSuchDriver;

    fn from_str(text: &str) -> Result<Self, NoSuchDriver> {
        let found = Self::ALL.iter().find(|(name, _)| *name == text);
        found.map(|(_, name)| *name).ok_or_else(|| NoSuchDriver(text.chars().take(40).collect()))
    }
}

/// A driver's settings, parsed and whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settings {
    /// For [`mercury::Mercury`].
    Mercury(mercury::Settings),
    /// For [`zebra_iotc::ZebraIotc`].
    ZebraIotc(zebra_iotc::Settings),
    /// For [`barcode_line::BarcodeLine`].
    BarcodeLine(barcode_line::Settings),
}

impl Settings {
    /// The settings a driver has when nothing is said.
    #[must_use]
    pub fn usual(name: DriverName) -> Self {
        match name {
            DriverName::Mercury => Self::Mercury(mercury::Settings::default()),
            DriverName::ZebraIotc => Self::ZebraIotc(zebra_iotc::Settings::default()),
            DriverName::BarcodeLine => Self::BarcodeLine(barcode_line::Settings::default()),
        }
    }
}

/// One reader's driver.
#[derive(Debug)]
pub enum Driver {
    /// Mercury serial protocol.
    Mercury(Box<mercury::Mercury>),
    /// Zebra IoT Connector payloads.
    ZebraIotc(Box<zebra_iotc::ZebraIotc>),
    /// Lines of a scanner.
    BarcodeLine(barcode_line::BarcodeLine),
}

impl Driver {
    /// A driver that has not begun.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        match settings {
            Settings::Mercury(settings) => Self::Mercury(Box::new(mercury::Mercury::new(settings))),
            Settings::ZebraIotc(settings) => Self::ZebraIotc(Box::new(zebra_iotc::ZebraIotc::new(settings))),
            Settings::BarcodeLine(settings) => Self::BarcodeLine(barcode_line::BarcodeLine::new(settings)),
        }
    }

    /// The port has just opened (again): begin the dialogue from its first word.
    pub fn start(&mut self, now: Moment) -> Vec<Effect> {
        match self {
            Self::Mercury(driver) => driver.start(now),
            Self::ZebraIotc(driver) => driver.start(now),
            Self::BarcodeLine(driver) => driver.start(now),
        }
    }

    /// Bytes came. For MQTT, one call is one message.
    pub fn receive(&mut self, now: Moment, bytes: &[u8]) -> Vec<Effect> {
        match self {
            Self::Mercury(driver) => driver.receive(now, bytes),
            Self::ZebraIotc(driver) => driver.receive(now, bytes),
            Self::BarcodeLine(driver) => driver.receive(now, bytes),
        }
    }

    /// The port has closed, or the dialogue is broken off: what is half heard will never be whole. It is given up
    /// and counted.
    pub fn cut(&mut self, now: Moment) -> Vec<Effect> {
        match self {
            Self::Mercury(driver) => driver.cut(now),
            Self::ZebraIotc(_) => Vec::new(), // A message is whole or was never here.
            Self::BarcodeLine(driver) => driver.cut(now),
        }
    }

    /// Time passed.
    pub fn tick(&mut self, now: Moment) -> Vec<Effect> {
        match self {
            Self::Mercury(driver) => driver.tick(now),
            Self::ZebraIotc(driver) => driver.tick(now),
            Self::BarcodeLine(driver) => driver.tick(now),
        }
    }
}

/// Upper-case hex; one allocation, because every read passes here.
#[must_use]
pub fn hex_upper(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut text = Vec::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.extend_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    }
    String::from_utf8(text).expect("hex digits are ASCII")
}

/// A report's raw bytes as the treaty keeps them.
#[must_use]
pub fn raw_hex(bytes: &[u8]) -> String {
    hex_upper(&bytes[..bytes.len().min(RAW_BYTES_MAX)])
}

/// Words from outside, cut to what a notice may hold.
#[must_use]
pub fn bounded(words: &str) -> String {
    words.chars().take(limits::DETAIL_CHARS).collect()
}

pub(crate) const fn millis_later(now: Moment, millis: i64) -> Moment {
    Moment::from_micros(now.micros().saturating_add(millis.saturating_mul(1000)))
}

pub(crate) const fn millis_between(earlier: Moment, now: Moment) -> i64 {
    now.micros().saturating_sub(earlier.micros()) / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for (text, name) in DriverName::ALL {
            assert_eq!(text.parse::<DriverName>(), Ok(name));
            assert_eq!(name.as_str(), text);
        }
        assert!("Mercury ".parse::<DriverName>().is_err());
    }

    #[test]
    fn raw_is_cut_at_the_treatys_bound() {
        assert_eq!(raw_hex(&[0xAB; 600]).len(), 2 * RAW_BYTES_MAX);
        assert_eq!(hex_upper(&[0x00, 0x9f, 0xff]), "009FFF");
    }
}
