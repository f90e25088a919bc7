//! What readers send: frames of a module, a broker's payloads, a scanner's lines.
//!
//! A stream may be cut anywhere and behind noise; the tags heard must be the same. The clock of a run
//! stands still, so that only the bytes decide.

use reader_gateway::limits::{GARBLED_BYTES_KEPT, LINE_BYTES, MERCURY_DATA_BYTES, TAG_HEX_CHARS};
use reader_gateway::protocol::barcode_line::{self, BarcodeLine, End};
use reader_gateway::protocol::mercury::frame::{Deframer, Found, Side, answer, command};
use reader_gateway::protocol::mercury::{self, Mercury, record};
use reader_gateway::protocol::zebra_iotc::sequence::{GRACE_MS, Sequence};
use reader_gateway::protocol::zebra_iotc::split::{Piece, split};
use reader_gateway::protocol::zebra_iotc::{self, ZebraIotc, secrets};
use reader_gateway::protocol::{Driver, Effect, Settings, hex_upper};
use tag_data::moment::Moment;
use tag_data::scan::{RAW_BYTES_MAX, Report};

/// 2026-03-01T06:00:00Z.
const NOW: Moment = Moment::from_micros(1_772_344_800_000_000);
/// A true frame behind this much noise is heard.
const NOISE: usize = 4 * 1024;

/// What a driver said, without when it wants to be woken: that depends on how the bytes were cut.
fn said(effects: Vec<Effect>) -> Vec<Effect> {
    let said: Vec<Effect> = effects.into_iter().filter(|effect| !matches!(effect, Effect::WakeAt(_))).collect();
    said.iter().for_each(bounded);
    said
}

fn bounded(effect: &Effect) {
    match effect {
        Effect::Report(report) => bounded_report(report),
        Effect::Condition(_, Some(words)) => assert!(words.chars().count() <= 300, "a notice of {} bytes", words.len()),
        Effect::Send(bytes) => assert!(bytes.len() <= 2 * MERCURY_DATA_BYTES, "a command of {} bytes", bytes.len()),
        Effect::Condition(_, None) | Effect::Count(..) | Effect::WakeAt(_) => {}
    }
}

fn bounded_report(report: &Report) {
    // What a driver lets out must be readable at the other end, or everything behind it waits for ever.
    let json = serde_json::to_string(report).expect("a report is JSON");
    assert_eq!(serde_json::from_str::<Report>(&json).ok().as_ref(), Some(report), "{json}");
    let is_hex = |text: &String| text.len().is_multiple_of(2) && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'A'..=b'F'));
    assert!(report.epc.iter().chain(&report.tid).chain([&report.raw]).all(is_hex), "not upper-case hex: {report:?}");
    let longest = report.epc.iter().chain(&report.tid).map(String::len).max().unwrap_or(0);
    assert!(longest <= TAG_HEX_CHARS.max(2 * MERCURY_DATA_BYTES), "a tag of {longest} digits");
    assert!(report.raw.len() <= 2 * RAW_BYTES_MAX && report.text.as_ref().is_none_or(|text| text.len() <= 2 * LINE_BYTES));
}

/// Whole, and in two pieces, and byte by byte: the same is said.
fn cut_anywhere(settings: &Settings, data: &[u8], at: usize) {
    let play = |pieces: &[&[u8]]| {
        let mut driver = Driver::new(settings);
        let mut effects = driver.start(NOW);
        pieces.iter().for_each(|piece| effects.extend(driver.receive(NOW, piece)));
        effects.extend(driver.tick(NOW.plus_seconds(2)));
        said(effects)
    };
    let whole = play(&[data]);
    let (head, tail) = data.split_at(at.min(data.len()));
    assert_eq!(play(&[head, tail]), whole, "in two pieces, cut at {at}");
    if data.len() <= 512 {
        assert_eq!(play(&data.chunks(1).collect::<Vec<_>>()), whole, "byte by byte");
    }
}

/// Noise, silence, then something true: it is heard.
fn heard_behind(settings: &Settings, noise: &[u8], wire: &[u8], wanted: impl Fn(&Report) -> bool) {
    let mut driver = Driver::new(settings);
    driver.start(NOW);
    driver.receive(NOW, &noise[..noise.len().min(NOISE)]);
    let later = NOW.plus_seconds(2);
    driver.tick(later);
    let mut effects = driver.receive(later, wire);
    effects.extend(driver.tick(later.plus_seconds(2)));
    let heard = effects.iter().any(|effect| matches!(effect, Effect::Report(report) if wanted(report)));
    assert!(heard, "a true frame behind {} bytes of noise is not heard: {effects:?}", noise.len());
}

/// The published record of one tag, as a frame.
const TAG: &str = "FF1822000010001B0000010080300030395FB4A3D525C000000001957A6394";

pub fn mercury(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else { return };
    let tid = first & 1 == 1;
    let settings = Settings::Mercury(mercury::Settings { tid, ..mercury::Settings::default() });
    cut_anywhere(&settings, rest, usize::from(first >> 1));
    let frame = hex::decode(TAG).unwrap_or_default();
    heard_behind(&settings, rest, &frame, |report| report.epc.as_deref() == Some("30395FB4A3D525C000000001"));
    let mut driver = Mercury::new(&mercury::Settings::default());
    driver.receive(NOW, rest);
    assert!(driver.tick(NOW.plus_seconds(1)).len() <= 4 + rest.len());
}

pub fn mercury_host(data: &[u8]) {
    for side in [Side::Host, Side::Reader] {
        let mut deframer = Deframer::new(side);
        let mut bytes = 0;
        let mut count = |found: Found<'_>| {
            bytes += match found {
                Found::Frame(frame) => frame.whole.len(),
                Found::Noise(_) => 1,
            };
        };
        deframer.receive(data, &mut count);
        deframer.give_up(&mut count);
        assert_eq!(bytes, data.len(), "every byte is a frame's or noise, and none twice");
    }
    let Some((opcode, rest)) = data.split_first() else { return };
    let kept = &rest[..rest.len().min(MERCURY_DATA_BYTES)];
    for (side, wire) in [(Side::Host, command(*opcode, rest)), (Side::Reader, answer(*opcode, 0x0400, rest))] {
        let mut frames = 0;
        Deframer::new(side).receive(&wire, &mut |found| {
            let Found::Frame(frame) = found else { panic!("noise in our own frame") };
            assert_eq!((frame.opcode, frame.data, frame.whole), (*opcode, kept, &wire[..]));
            frames += 1;
        });
        assert_eq!(frames, 1);
    }
}

pub fn mercury_record(data: &[u8]) {
    let Some(record) = record::read(data) else { return };
    assert!(record.epc.len() + record.embedded.len() <= data.len());
    assert_eq!(&data[record.embedded_at..record.embedded_at + record.embedded.len()], record.embedded);
    assert!(record.antenna.is_none_or(|antenna| (1..=16).contains(&antenna)));
}

pub fn zebra_iotc(data: &[u8]) {
    let mut driver = ZebraIotc::new(&zebra_iotc::Settings::default());
    let mut effects = driver.start(NOW);
    effects.extend(driver.receive(NOW, data));
    effects.extend(driver.receive(NOW, data));
    effects.extend(driver.tick(NOW.plus_seconds(600)));
    let effects = said(effects);
    assert!(effects.len() <= 40 + 2 * data.len(), "{} effects of {} bytes", effects.len(), data.len());
    for report in effects.iter().filter_map(|effect| if let Effect::Report(report) = effect { Some(report) } else { None }) {
        let raw = hex::decode(&report.raw).unwrap_or_default();
        if let Ok(mut value) = serde_json::from_slice::<serde_json::Value>(&raw) {
            assert!(!secrets::strip(&mut value), "a secret stands in {}", String::from_utf8_lossy(&raw));
        }
        let names: [&[u8]; 3] = [b"\"accessresults\":", b"\"password\":", b"\"reserved\":"];
        let lower = raw.to_ascii_lowercase();
        let leaks = names.iter().any(|name| lower.windows(name.len()).any(|window| window == *name));
        assert!(!leaks, "a secret stands in {}", String::from_utf8_lossy(&raw));
    }
    let event = br#"{"data":{"idHex":"30395FB4A3D525C000000001"}}"#;
    let settings = Settings::ZebraIotc(zebra_iotc::Settings::default());
    heard_behind(&settings, data, event, |report| report.epc.as_deref() == Some("30395FB4A3D525C000000001"));
}

pub fn zebra_split(data: &[u8]) {
    let mut from = 0;
    for piece in split(data) {
        let (Piece::Object(bytes) | Piece::Rubbish(bytes)) = piece;
        assert!(!bytes.is_empty());
        let at = bytes.as_ptr() as usize - data.as_ptr() as usize;
        assert!(at >= from && at + bytes.len() <= data.len(), "pieces overlap");
        assert!(data[from..at].iter().all(|byte| b" \t\r\n,[]".contains(byte)), "bytes were passed over");
        if matches!(piece, Piece::Object(_)) {
            assert!(bytes.starts_with(b"{") && matches!(bytes.last(), Some(b'}' | b']')));
        }
        from = at + bytes.len();
    }
    // Objects that were understood alone are understood run together.
    let good = |bytes: &[u8]| serde_json::from_slice::<serde_json::Value>(bytes).is_ok_and(|value| value.is_object());
    if good(data) && data.starts_with(b"{") && data.ends_with(b"}") {
        let twice = [data, data].concat();
        let (once, both) = (split(data), split(&twice));
        assert_eq!(both, [&once[..], &once[..]].concat());
    }
}

pub fn zebra_sequence(data: &[u8]) {
    let (mut sequence, mut now) = (Sequence::default(), NOW);
    let mut told = Vec::new();
    for chunk in data.chunks(9) {
        let (step, number) = chunk
            .split_first()
            .map_or((0, 0), |(step, rest)| (*step, rest.iter().fold(0_u64, |number, byte| (number << 8) | u64::from(*byte))));
        now = Moment::from_micros(now.micros() + i64::from(step) * 100_000);
        sequence.heard(now, number);
        told.extend(sequence.lost(now));
    }
    told.extend(sequence.lost(now.plus_seconds(GRACE_MS / 1000)));
    assert!(told.iter().all(|(first, last)| first <= last), "{told:?}");
    assert!(told.len() <= 1 + data.len() / 4, "more lost runs than numbers heard");
    assert_eq!(sequence.wake_at(), None, "nothing is missing for ever");
}

pub fn barcode_line(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else { return };
    let ends = [End::Auto, End::Cr, End::Lf, End::CrLf, End::Idle];
    let end = ends[usize::from(*first) % ends.len()];
    let prefix = if first & 0x80 == 0 { Vec::new() } else { vec![2] };
    let plain = barcode_line::Settings { end, prefix, badge: first & 0x40 != 0, ..barcode_line::Settings::default() };
    let settings = Settings::BarcodeLine(plain.clone());
    cut_anywhere(&settings, rest, usize::from(*first));
    heard_behind(&settings, rest, b"418823\r\n", |report| report.text.as_deref().is_some_and(|text| text.trim() == "418823"));
    let mut driver = BarcodeLine::new(&plain);
    let told = said([driver.receive(NOW, rest), driver.tick(NOW.plus_seconds(2))].concat());
    for effect in told {
        if let (Effect::Condition(_, Some(words)), true) = (&effect, plain.badge) {
            let head = hex_upper(&rest[..rest.len().min(GARBLED_BYTES_KEPT)]);
            assert!(head.len() < 8 || !words.contains(&head[..8]), "a badge's bytes stand in a notice: {words}");
        }
    }
}
