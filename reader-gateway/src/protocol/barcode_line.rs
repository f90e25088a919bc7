//! Barcode and badge scanners that send one line a scan.
//!
//! ```text
//! [prefix] [AIM identifier ]cm] data [CR | LF | CR LF | silence]
//! ```
//! The data may hold control characters: an ISO 15434 mark carries RS, GS and EOT, and FNC1 comes
//! as GS. They stay in the text. Which end is right is configured; the usual setting takes CR, LF,
//! both, or a quarter second of silence. A line too long, or one whose required end never comes,
//! is told as garbled and not let out: half a serial is worse than none.

use tag_data::barcode::SymbologyId;
use tag_data::moment::Moment;
use tag_data::scan::{Carrier, ReaderCondition, Report};

use super::standing::Standing;
use super::{Counter, Effect, hex_upper, millis_between, millis_later, raw_hex};
use crate::limits::{GARBLED_BYTES_KEPT, LINE_BYTES};

/// What ends a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// CR, LF, CR LF, or silence.
    Auto,
    /// CR alone.
    Cr,
    /// LF alone.
    Lf,
    /// CR LF together; either alone is data.
    CrLf,
    /// Silence alone; CR and LF are data.
    Idle,
}

/// What the configuration may say to a scanner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Bytes the scanner puts before every scan, removed if there.
    pub prefix: Vec<u8>,
    /// What ends a scan.
    pub end: End,
    /// How long silence must last to end a scan, in milliseconds.
    pub idle_ms: u16,
    /// The lines are people's badges, not weapons' marks.
    pub badge: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { prefix: Vec::new(), end: End::Auto, idle_ms: 250, badge: false }
    }
}

/// A line whose required end does not come within this is given up.
const UNENDED_MS: i64 = 1_000;

/// One scanner.
#[derive(Debug)]
pub struct BarcodeLine {
    settings: Settings,
    held: Vec<u8>,
    /// Bytes of an overlong line beyond those held; not kept.
    beyond: u64,
    last_byte: Moment,
    standing: Standing,
    wake: Option<Moment>,
}

impl BarcodeLine {
    /// A scanner not yet heard.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        let (settings, held, standing) = (settings.clone(), Vec::new(), Standing::default());
        Self { settings, held, beyond: 0, last_byte: Moment::default(), standing, wake: None }
    }

    /// See [`super::Driver::start`]. A scanner at rest says nothing, so an open port is all there is to know.
    pub fn start(&mut self, _now: Moment) -> Vec<Effect> {
        self.held.clear();
        (self.beyond, self.wake) = (0, None);
        self.standing.forget_base();
        let mut effects = Vec::new();
        self.standing.base(ReaderCondition::Hearing, None, &mut effects);
        effects
    }

    /// See [`super::Driver::receive`].
    pub fn receive(&mut self, now: Moment, bytes: &[u8]) -> Vec<Effect> {
        let mut effects = Vec::new();
        for byte in bytes {
            self.take(now, *byte, &mut effects);
        }
        self.last_byte = now;
        self.set_alarm(&mut effects);
        effects
    }

    /// See [`super::Driver::cut`]. Half a serial is worse than none, also where silence ends a scan.
    pub fn cut(&mut self, now: Moment) -> Vec<Effect> {
        let mut effects = Vec::new();
        if !self.held.is_empty() {
            self.garbled(now, "a scan cut off as the port closed", &mut effects);
        }
        effects
    }

    /// See [`super::Driver::tick`].
    pub fn tick(&mut self, now: Moment) -> Vec<Effect> {
        let mut effects = Vec::new();
        if !self.held.is_empty() && millis_between(self.last_byte, now) >= self.patience() {
            match self.settings.end {
                End::Auto | End::Idle => self.let_out(now, &mut effects),
                End::Cr | End::Lf | End::CrLf => self.garbled(now, "a scan without the configured end", &mut effects),
            }
        }
        self.standing.tick(now, &mut effects);
        self.wake = None;
        self.set_alarm(&mut effects);
        effects
    }

    fn patience(&self) -> i64 {
        if matches!(self.settings.end, End::Auto | End::Idle) { i64::from(self.settings.idle_ms) } else { UNENDED_MS }
    }

    fn take(&mut self, now: Moment, byte: u8, effects: &mut Vec<Effect>) {
        let ended = match self.settings.end {
            End::Auto => byte == b'\r' || byte == b'\n',
            End::Cr => byte == b'\r',
            End::Lf => byte == b'\n',
            End::CrLf => byte == b'\n' && self.held.last() == Some(&b'\r'),
            End::Idle => false,
        };
        if ended {
            if self.settings.end == End::CrLf {
                self.held.pop();
            }
            self.let_out(now, effects);
        } else if self.held.len() < LINE_BYTES {
            self.held.push(byte);
        } else {
            self.beyond += 1;
        }
    }

    /// The line is whole: a scan, unless it is empty or too long.
    fn let_out(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        if self.beyond > 0 {
            return self.garbled(now, "a line longer than any barcode", effects);
        }
        let line = std::mem::take(&mut self.held);
        let scan = line.strip_prefix(self.settings.prefix.as_slice()).unwrap_or(&line);
        if scan.is_empty() {
            return;
        }
        let whole = text_of(scan);
        let (symbology, text) = SymbologyId::split(&whole);
        effects.push(Effect::Report(Report {
            kind: if self.settings.badge { Carrier::Badge } else { Carrier::Barcode },
            epc: None,
            tid: None,
            uri: None,
            text: Some(text.to_owned()),
            symbology: symbology.map(|id| id.to_string()),
            antenna: None,
            rssi_dbm: None,
            heard_at: now,
            reader_time: None,
            count: None,
            raw: raw_hex(&line),
        }));
    }

    fn garbled(&mut self, now: Moment, why: &str, effects: &mut Vec<Effect>) {
        let bytes = self.held.len() as u64 + self.beyond;
        // A badge number is a person's: its bytes stay out of notices.
        let first =
            if self.settings.badge { String::new() } else { hex_upper(&self.held[..self.held.len().min(GARBLED_BYTES_KEPT)]) };
        effects.push(Effect::Count(Counter::GarbledBytes, bytes));
        self.standing.fault(now, ReaderCondition::Garbled, &format!("{why}: {bytes} bytes, beginning {first}"), effects);
        self.held.clear();
        self.beyond = 0;
    }

    fn set_alarm(&mut self, effects: &mut Vec<Effect>) {
        let line = (!self.held.is_empty()).then(|| millis_later(self.last_byte, self.patience()));
        let wake = [line, self.standing.wake_at()].into_iter().flatten().min();
        if let (true, Some(at)) = (wake != self.wake, wake) {
            effects.push(Effect::WakeAt(at));
        }
        self.wake = wake;
    }
}

/// UTF-8 where it is UTF-8, otherwise Latin-1, as scanners send it; the raw bytes are kept beside.
fn text_of(data: &[u8]) -> String {
    std::str::from_utf8(data).map_or_else(|_| data.iter().map(|byte| char::from(*byte)).collect(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(settings: &Settings, wire: &[u8], want: &[(&str, Option<&str>)]) {
        for chunk in 1..=wire.len() {
            let mut driver = BarcodeLine::new(settings);
            let mut effects: Vec<Effect> =
                wire.chunks(chunk).flat_map(|bytes| driver.receive(Moment::default(), bytes)).collect();
            effects.extend(driver.tick(Moment::default().plus_seconds(2)));
            let heard: Vec<(String, Option<String>)> = effects
                .into_iter()
                .filter_map(
                    |effect| if let Effect::Report(report) = effect { Some((report.text?, report.symbology)) } else { None },
                )
                .collect();
            let heard: Vec<_> = heard.iter().map(|(text, aim)| (text.as_str(), aim.as_deref())).collect();
            assert_eq!(heard, want, "in chunks of {chunk}");
        }
    }

    #[test]
    fn half_a_scan_is_counted_when_the_line_is_cut() {
        let (mut driver, now) = (BarcodeLine::new(&Settings::default()), Moment::from_micros(0));
        driver.start(now);
        assert_eq!(driver.cut(now), []);
        driver.receive(now, b"4188");
        assert!(driver.cut(now).contains(&Effect::Count(Counter::GarbledBytes, 4)));
        driver.start(now);
        let next = driver.receive(now, b"418824\r");
        assert!(matches!(&next[..], [Effect::Report(report), ..] if report.text.as_deref() == Some("418824")), "{next:?}");
    }

    #[test]
    fn ends() {
        let with = |end| Settings { end, ..Settings::default() };
        check(&with(End::Auto), b"A1\rB2\nC3\r\n\r\nD4", &[("A1", None), ("B2", None), ("C3", None), ("D4", None)]);
        check(&with(End::Cr), b"A1\n\rB2", &[("A1\n", None)]);
        check(&with(End::Lf), b"A1\r\nB2", &[("A1\r", None)]);
        check(&with(End::CrLf), b"A\r1\n\r\nB2\r", &[("A\r1\n", None)]);
        check(&with(End::Idle), b"A1\r\nB2", &[("A1\r\nB2", None)]);
    }

    #[test]
    fn identifiers_prefixes_and_control_characters() {
        let mark = b"\x02]d1[)>\x1e06\x1dD2S194\x1d18S12345\x1e\x04\r";
        let with = Settings { prefix: vec![2], ..Settings::default() };
        check(&with, mark, &[("[)>\u{1e}06\u{1d}D2S194\u{1d}18S12345\u{1e}\u{4}", Some("]d1"))]);
        check(&with, b"]]1x\r", &[("]]1x", None)]);
        check(&with, b"]C0\r", &[("", Some("]C0"))]);
        check(&with, b"caf\xe9\r", &[("café", None)]);
    }

    #[test]
    fn overlong_lines_are_told_and_the_next_is_heard() {
        let mut driver = BarcodeLine::new(&Settings::default());
        let mut wire = vec![b'x'; LINE_BYTES + 7];
        wire.extend(b"\rA1\r");
        let effects = driver.receive(Moment::default(), &wire);
        assert_eq!(effects[0], Effect::Count(Counter::GarbledBytes, 4103));
        assert!(matches!(&effects[1], Effect::Condition(ReaderCondition::Garbled, Some(words)) if words.len() < 250));
        assert!(matches!(&effects[2], Effect::Report(report) if report.text.as_deref() == Some("A1")));
    }
}
