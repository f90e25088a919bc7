//! Drivers under arbitrary bytes: they never panic, hold little, and hear the same however the bytes are cut.

#![allow(clippy::unwrap_used, reason = "a test may stop at once")]

use proptest::prelude::*;
use reader_gateway::limits::PAYLOAD_BYTES;
use reader_gateway::protocol::mercury::frame::answer;
use reader_gateway::protocol::mercury::record;
use reader_gateway::protocol::{Driver, DriverName, Effect, Settings};
use reader_gateway::simulate::mercury::record_data;
use reader_gateway::simulate::tags::Tag;
use tag_data::moment::Moment;
use tag_data::scan::{RAW_BYTES_MAX, Report};

fn usual(name: DriverName) -> Driver {
    Driver::new(&Settings::usual(name))
}

fn settled(effects: Vec<Effect>) -> Vec<Effect> {
    effects.into_iter().filter(|effect| !matches!(effect, Effect::WakeAt(_))).collect()
}

fn reports(effects: &[Effect]) -> Vec<&Report> {
    effects.iter().filter_map(|effect| if let Effect::Report(report) = effect { Some(report) } else { None }).collect()
}

/// Bytes that are now and then true frames.
fn wire() -> impl Strategy<Value = Vec<u8>> {
    let noise = prop::collection::vec(any::<u8>(), 0..40);
    let stray = Just(vec![0xFF, 0xF0]);
    let frame = (prop::collection::vec(any::<u8>(), 2..32), any::<u16>(), any::<bool>()).prop_map(|(mut epc, flags, tid)| {
        epc.truncate(epc.len() & !1);
        answer(0x22, 0, &record_data(&Tag::epc(&epc, Some(&[0xE2, 1])), flags & 0x1FF, tid, 5))
    });
    let status = any::<u16>().prop_map(|status| answer(0x22, status, &[]));
    let lines = "[ -~]{0,20}\r".prop_map(String::into_bytes);
    prop::collection::vec(prop_oneof![noise, stray, frame, status, lines], 0..12).prop_map(|parts| parts.concat())
}

/// Pieces of JSON in any order: braces, the keys we look for, hex, numbers out of range.
const JSON_LIKE: &str = concat!(
    r#"([\[\]{},: ]|"data"|"idHex"|"eventNum"|"peakRssi"|"[0-9A-F]{0,40}""#,
    r#"|-?[0-9]{1,22}|[0-9]e[0-9]{1,3}|null|\\u){0,60}"#
);

proptest! {
    #[test]
    fn streams_are_heard_the_same_however_cut(bytes in wire(), cuts in prop::collection::vec(1..50_usize, 0..40)) {
        for name in [DriverName::Mercury, DriverName::BarcodeLine] {
            let now = Moment::default();
            let (mut whole, mut cut) = (usual(name), usual(name));
            let mut want = [whole.start(now), whole.receive(now, &bytes)].concat();
            let (mut got, mut rest) = (cut.start(now), bytes.as_slice());
            for length in cuts.iter().cycle().take(if cuts.is_empty() { 0 } else { bytes.len() }) {
                let (head, tail) = rest.split_at((*length).min(rest.len()));
                got.extend(cut.receive(now, head));
                rest = tail;
            }
            got.extend(cut.receive(now, rest));
            for second in 1..70 {
                want.extend(whole.tick(now.plus_seconds(second)));
                got.extend(cut.tick(now.plus_seconds(second)));
            }
            prop_assert_eq!(settled(want), settled(got));
        }
    }

    /// A true frame behind any noise is heard once the line was quiet.
    #[test]
    fn a_true_frame_is_found_behind_any_noise(noise in prop::collection::vec(any::<u8>(), 0..4096), epc in prop::collection::vec(any::<u8>(), 12)) {
        let (mut driver, now) = (usual(DriverName::Mercury), Moment::default());
        driver.start(now);
        let mut bytes = noise;
        bytes.extend(answer(0x22, 0, &record_data(&Tag::epc(&epc, None), record::USUAL_FLAGS, false, 5)));
        let mut effects = driver.receive(now, &bytes);
        effects.extend(driver.tick(now.plus_seconds(1)));
        let hex = Some(hex::encode_upper(&epc));
        prop_assert!(reports(&effects).iter().any(|report| report.epc == hex));
    }

    #[test]
    fn messages_never_panic(payload in prop::collection::vec(any::<u8>(), 0..2000), later in 0..400_i64) {
        let (mut driver, now) = (usual(DriverName::ZebraIotc), Moment::default());
        driver.start(now);
        driver.receive(now, &payload);
        driver.tick(now.plus_seconds(later));
    }

    #[test]
    fn json_like_messages_never_panic(payload in JSON_LIKE) {
        let (mut driver, now) = (usual(DriverName::ZebraIotc), Moment::default());
        let effects = driver.receive(now, payload.as_bytes());
        for report in reports(&effects) {
            prop_assert!(report.raw.len() <= 2 * RAW_BYTES_MAX);
        }
    }
}

#[test]
fn hostile_messages_are_refused_in_little_time() {
    let mut driver = usual(DriverName::ZebraIotc);
    let hostile = [
        "{\"a\":".repeat(20_000),
        "[".repeat(PAYLOAD_BYTES),
        "{\"".repeat(PAYLOAD_BYTES / 2),
        "{}".repeat(PAYLOAD_BYTES / 2),
        "x{}".repeat(PAYLOAD_BYTES / 3),
        format!("{{\"data\":{{\"idHex\":\"{}\"}}}}", "3".repeat(200_000)),
        "x".repeat(PAYLOAD_BYTES + 1),
    ];
    for payload in hostile {
        let effects = driver.receive(Moment::default(), payload.as_bytes());
        for effect in effects {
            match effect {
                Effect::Report(report) => assert!(report.raw.len() <= 1024 && report.text.unwrap_or_default().len() <= 300),
                Effect::Condition(_, Some(words)) => assert!(words.len() <= 300),
                _ => {}
            }
        }
    }
}
