//! The sieve: what goes out, when, and that nothing goes in without coming out or being counted.

#![allow(clippy::unwrap_used, reason = "a test may stop at once")]

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use reader_gateway::sieve::{Settings, Sieve};
use tag_data::moment::Moment;
use tag_data::scan::{Carrier, Observation, Report};

fn at(ms: i64) -> Moment {
    Moment::from_micros(1_772_000_000_000_000 + ms * 1000)
}

fn read(ms: i64, epc: &str, tid: Option<&str>, antenna: u16, rssi: i16) -> Report {
    Report {
        kind: Carrier::Epc,
        epc: Some(epc.to_owned()),
        tid: tid.map(str::to_owned),
        uri: None,
        text: None,
        symbology: None,
        antenna: Some(antenna),
        rssi_dbm: Some(rssi),
        heard_at: at(ms),
        reader_time: None,
        count: None,
        raw: format!("{ms:08X}"),
    }
}

fn scan(ms: i64, text: &str) -> Report {
    Report { kind: Carrier::Barcode, epc: None, text: Some(text.to_owned()), ..read(ms, "", None, 1, 0) }
}

fn sieve(settings: Settings) -> Sieve {
    Sieve::new("rack-1", "A-1", &[(2, "A-2".to_owned()), (3, "A-1".to_owned())], settings)
}

/// Hears all, ticking at each report's time, then long after; shows `place epc first..last count best`.
#[track_caller]
fn check(settings: Settings, reports: &[Report], want: &[&str]) {
    let (mut sieve, mut out) = (sieve(settings), vec![]);
    for report in reports {
        sieve.tick(report.heard_at, &mut out);
        sieve.hear(report.clone(), &mut out);
    }
    sieve.tick(at(10_000_000), &mut out);
    let ms = |moment: Moment| (moment.micros() - at(0).micros()) / 1000;
    let show = |seen: &Observation| {
        let mark = seen.epc.clone().or(seen.text.clone()).unwrap();
        let tid = seen.tid.clone().map_or(String::new(), |tid| format!("+{tid}"));
        format!(
            "{} {mark}{tid} {}..{} x{} {}",
            seen.place,
            ms(seen.first),
            ms(seen.last),
            seen.count,
            seen.best_rssi_dbm.unwrap_or(0)
        )
    };
    assert_eq!(out.iter().map(show).collect::<Vec<_>>(), want);
}

#[test]
fn the_first_read_goes_out_at_once_and_repeats_are_folded() {
    let usual = Settings::default();
    check(usual, &[read(0, "30", None, 1, -60)], &["A-1 30 0..0 x1 -60"]);
    let staying: Vec<Report> = (0..130).map(|s| read(s * 1000, "30", None, 1, if s == 7 { -40 } else { -60 })).collect();
    // At 0, at 60 (1..=60) and at 120 (61..=120); 121..=129 are too close to the last to be worth another.
    check(usual, &staying, &["A-1 30 0..0 x1 -60", "A-1 30 1000..60000 x60 -40", "A-1 30 61000..120000 x60 -60"]);
}

#[test]
fn leaving_is_told_when_it_is_news() {
    let usual = Settings::default();
    let left = [read(0, "30", None, 1, -60), read(20_000, "30", None, 1, -60), read(45_000, "30", None, 1, -60)];
    check(usual, &left, &["A-1 30 0..0 x1 -60", "A-1 30 20000..45000 x2 -60"]);
    let back = [read(0, "30", None, 1, -60), read(29_000, "30", None, 1, -60), read(59_000, "30", None, 1, -60)];
    check(usual, &back, &["A-1 30 0..0 x1 -60", "A-1 30 59000..59000 x1 -60"]);
}

#[test]
fn another_place_or_chip_is_another_tag() {
    let reads =
        [read(0, "30", None, 1, -60), read(1, "30", None, 2, -60), read(2, "30", None, 3, -60), read(3, "30", None, 9, -60)];
    check(Settings::default(), &reads, &["A-1 30 0..0 x1 -60", "A-2 30 1..1 x1 -60"]); // Antennas 3 and 9 stand for A-1 too.
    let copy = [read(0, "30", Some("E280"), 1, -60), read(1, "30", Some("E281"), 1, -60), read(2, "30", None, 1, -60)];
    check(Settings::default(), &copy, &["A-1 30+E280 0..0 x1 -60", "A-1 30+E281 1..1 x1 -60", "A-1 30 2..2 x1 -60"]);
}

#[test]
fn weak_and_few_reads_are_held_back() {
    let strict = Settings { min_rssi_dbm: Some(-65), min_reads: 3, ..Settings::default() };
    let reads =
        [read(0, "30", None, 1, -70), read(1, "30", None, 1, -60), read(2, "30", None, 1, -65), read(40_000, "30", None, 1, -60)];
    check(strict, &reads, &[]);
    let three: Vec<Report> = (0..3).map(|s| read(s * 1000, "30", None, 1, -60)).collect();
    check(strict, &three, &["A-1 30 0..2000 x3 -60"]);
}

#[test]
fn every_scan_is_an_act() {
    let scans =
        [scan(0, "31877"), scan(200, "31877"), scan(299, "31877"), scan(301, "31877"), scan(302, "31878"), scan(5_000, "31877")];
    let want = ["A-1 31877 0..0 x1 0", "A-1 31877 301..301 x1 0", "A-1 31878 302..302 x1 0", "A-1 31877 5000..5000 x1 0"];
    check(Settings::default(), &scans, &want);
}

#[test]
fn a_clock_that_steps_back_makes_tags_new() {
    check(
        Settings::default(),
        &[read(100_000, "30", None, 1, -60), read(0, "30", None, 1, -60)],
        &["A-1 30 100000..100000 x1 -60", "A-1 30 0..0 x1 -60"],
    );
}

#[test]
fn ten_thousand_tags_in_a_burst_none_missed() {
    let (mut sieve, mut out) = (sieve(Settings::default()), vec![]);
    for round in 0..3 {
        for tag in 0..10_000 {
            sieve.hear(read(round * 100 + tag / 100, &format!("{tag:024X}"), None, 1, -60), &mut out);
        }
    }
    let distinct: BTreeSet<String> = out.iter().filter_map(|seen| seen.epc.clone()).collect();
    assert_eq!((out.len(), distinct.len()), (10_000, 10_000));
    assert_eq!(sieve.counts().evicted, 0);
}

#[test]
fn memory_is_bounded_and_the_longest_unheard_makes_room() {
    let (mut sieve, mut out) = (sieve(Settings { tags: 100, ..Settings::default() }), vec![]);
    for tag in 0..1_000 {
        sieve.hear(read(tag, &format!("{tag:04X}"), None, 1, -60), &mut out);
    }
    assert_eq!((out.len(), sieve.counts().evicted), (1_000, 900));
    sieve.hear(read(1_001, "03E7", None, 1, -60), &mut out);
    assert_eq!(out.len(), 1_000, "the newest is still remembered");
    sieve.hear(read(1_002, "0000", None, 1, -60), &mut out);
    assert_eq!(out.len(), 1_001, "the oldest is new again");
}

proptest! {
    /// Every read is told, counted as dropped, or still folded; every tag is told within its first reads;
    /// observations of one tag come at least `refresh` apart unless it was gone; their times are in order.
    #[test]
    fn nothing_vanishes(
        reads in prop::collection::vec((0..20_000_i64, 0..5_u8, 0..3_u16, -80..-40_i16, 1..4_u32), 1..300),
        refresh_s in 1..100_u32, gone_s in 1..60_u32, min_reads in 1..4_u32, tags in 1..8_usize,
    ) {
        let settings = Settings { refresh_s, gone_s, min_rssi_dbm: Some(-75), min_reads, tags };
        let (mut sieve, mut out, mut now) = (sieve(settings), vec![], 0);
        for (pause, tag, antenna, rssi, count) in &reads {
            now += pause;
            let report = Report { count: Some(*count), ..read(now, &format!("{tag:02X}"), None, *antenna, *rssi) };
            sieve.tick(report.heard_at, &mut out);
            sieve.hear(report, &mut out);
        }
        sieve.tick(at(now + 10_000_000), &mut out);
        let counts = sieve.counts();
        prop_assert_eq!(counts.reads, counts.told + counts.weak + counts.too_few + counts.repeats);
        prop_assert_eq!(counts.let_out, out.len() as u64);
        prop_assert_eq!(counts.told, out.iter().map(|seen| u64::from(seen.count)).sum::<u64>());
        prop_assert_eq!(sieve.wake_at(), None);
        let mut last: BTreeMap<(String, Option<String>), Moment> = BTreeMap::new();
        for seen in &out {
            prop_assert!(seen.first <= seen.last);
            if let Some(before) = last.insert((seen.place.clone(), seen.epc.clone()), seen.last) {
                prop_assert!(before <= seen.first, "reads are told once");
            }
        }
        if min_reads == 1 {
            let heard: BTreeSet<u8> = reads.iter().filter(|(_, _, _, rssi, _)| *rssi >= -75).map(|(_, tag, ..)| *tag).collect();
            let told: BTreeSet<String> = out.iter().filter_map(|seen| seen.epc.clone()).collect();
            prop_assert_eq!(heard.len(), told.len(), "each tag is told");
        }
    }
}
