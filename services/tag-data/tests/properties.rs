//! What always holds, whatever a reader sends: no panic, bounded answers, valid JSON, and a
//! tag that is written says what was written.

use proptest::prelude::*;
use tag_data::barcode::{Options, TEXT_BYTES_MAX};
use tag_data::decode::{Decoded, decode, decode_with};
use tag_data::epc::Epc;
use tag_data::gs1::{Elements, check_digit, checks};

/// Company prefix and reference of `total` digits together.
fn prefixed(total: usize) -> impl Strategy<Value = String> {
    (6usize..=12).prop_flat_map(move |prefix| (digits(prefix), digits(total - prefix))).prop_map(|(p, r)| format!("{p}.{r}"))
}

fn digits(count: usize) -> impl Strategy<Value = String> {
    proptest::collection::vec(0u8..10, count).prop_map(|d| d.into_iter().map(|d| char::from(b'0' + d)).collect())
}

/// Text of one of the sets, escaped as a URI wants it.
fn chars(set: &'static str, escaped: &'static str, least: usize, most: usize) -> impl Strategy<Value = String> {
    proptest::collection::vec(proptest::sample::select(set.as_bytes()), least..=most).prop_map(move |text| {
        let one = |c: u8| if escaped.as_bytes().contains(&c) { format!("%{c:02X}") } else { char::from(c).to_string() };
        text.into_iter().map(one).collect()
    })
}

fn serial(most: usize) -> impl Strategy<Value = String> {
    chars("!\"%&'()*+,-./0123456789:;<=>?ABCXYZ_abcxyz", "\"%&/<>?", 1, most)
}

fn part(least: usize, most: usize) -> impl Strategy<Value = String> {
    chars("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-/", "#/", least, most)
}

fn cage() -> impl Strategy<Value = String> {
    chars("0123456789ABCDEFGHJKLMNPQRSTUVWXYZ", "", 5, 6)
}

fn tag_uris() -> impl Strategy<Value = String> {
    let number = |bits: u32| 0..1u64 << bits;
    let giai = || (6usize..=12).prop_flat_map(digits);
    prop_oneof![
        (0u8..8, prefixed(13), number(38)).prop_map(|(f, i, s)| format!("sgtin-96:{f}.{i}.{s}")),
        (0u8..8, prefixed(13), serial(20)).prop_map(|(f, i, s)| format!("sgtin-198:{f}.{i}.{s}")),
        (0u8..8, prefixed(17)).prop_map(|(f, i)| format!("sscc-96:{f}.{i}")),
        (0u8..8, prefixed(12), number(41)).prop_map(|(f, i, s)| format!("sgln-96:{f}.{i}.{s}")),
        (0u8..8, prefixed(12), serial(20)).prop_map(|(f, i, s)| format!("sgln-195:{f}.{i}.{s}")),
        (0u8..8, prefixed(12), number(38)).prop_map(|(f, i, s)| format!("grai-96:{f}.{i}.{s}")),
        (0u8..8, prefixed(12), serial(16)).prop_map(|(f, i, s)| format!("grai-170:{f}.{i}.{s}")),
        (0u8..8, giai(), number(42)).prop_map(|(f, i, s)| format!("giai-96:{f}.{i}.{s}")),
        (0u8..8, giai(), serial(18)).prop_map(|(f, i, s)| format!("giai-202:{f}.{i}.{s}")),
        (number(28), number(24), number(36)).prop_map(|(m, c, s)| format!("gid-96:{m}.{c}.{s}")),
        (0u8..8, giai(), 0u16..1000, number(31)).prop_map(|(f, i, p, s)| format!("cpi-96:{f}.{i}.{p}.{s}")),
        (0u8..8, giai(), part(1, 18), number(39)).prop_map(|(f, i, p, s)| format!("cpi-var:{f}.{i}.{p}.{s}")),
        (0u8..16, cage(), number(36)).prop_map(|(f, c, s)| format!("usdod-96:{f}.{c}.{s}")),
        (0u8..64, cage(), part(0, 32), any::<bool>(), part(1, 29))
            .prop_map(|(f, c, p, hash, s)| { format!("adi-var:{f}.{c}.{p}.{}{s}", if hash { "%23" } else { "" }) }),
    ]
    .prop_map(|tail| format!("urn:epc:tag:{tail}"))
}

/// Headers of the schemes that fit twelve bytes.
const HEADERS: &[u8] = &[0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x2F, 0x3B, 0x3C];
/// What barcodes are made of.
const PIECES: &[&str] = &[
    "[)>",
    "\u{1e}",
    "\u{1d}",
    "\u{4}",
    "05",
    "06",
    "12",
    "DD",
    "17V",
    "1VPX8",
    "1P",
    "S",
    "25S",
    "CAG ",
    "SER ",
    "8004",
    "01",
    "]d2",
    "09506000134352",
    "(",
    ")",
    "21",
    "é",
    "%2F",
    "#",
    "urn:epc:tag:giai-96:",
    ".",
    "0614141",
    "E2",
    "30",
];
/// What may stand in front of a text.
const FRONTS: &[&str] =
    &["", "epc:", "tid:", "barcode:", "visible:", "]C1", "]d1[)>\u{1e}06\u{1d}", "[)>\u{1e}05\u{1d}", "urn:epc:tag:"];

fn twelve_bytes() -> impl Strategy<Value = (u8, Vec<u8>)> {
    (proptest::sample::select(HEADERS), proptest::collection::vec(any::<u8>(), 11))
}

/// An answer is bounded, is JSON, and is the same when read back.
fn holds(decoded: &Decoded, given: usize) -> Result<(), TestCaseError> {
    let json = serde_json::to_string(decoded).map_err(|e| TestCaseError::fail(e.to_string()))?;
    prop_assert!(json.len() <= given * 30 + 2000, "{} bytes from {given}", json.len());
    prop_assert!(!json.contains('\n'));
    prop_assert_eq!(&serde_json::from_str::<Decoded>(&json).map_err(|e| TestCaseError::fail(e.to_string()))?, decoded);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_tag_says_what_was_written(uri in tag_uris()) {
        let epc = Epc::from_tag_uri(&uri).map_err(|e| TestCaseError::fail(format!("{uri}: {e}")))?;
        prop_assert!(epc.bytes().len() % 2 == 0);
        let identity = epc.identity().map_err(|e| TestCaseError::fail(format!("{uri}: {e}")))?.expect("a known scheme");
        prop_assert_eq!(&identity.tag_uri, &uri);
        prop_assert_eq!(epc.to_string().parse::<Epc>(), Ok(epc.clone()));
        holds(&decode(&format!("epc:{epc}")), uri.len())?;
    }

    #[test]
    fn what_a_tag_says_can_be_written_again((header, rest) in twelve_bytes()) {
        let mut bytes = vec![header];
        bytes.extend(rest);
        let epc = Epc::from_bytes(bytes).expect("twelve bytes");
        if let Ok(Some(identity)) = epc.identity() {
            prop_assert_eq!(Epc::from_tag_uri(&identity.tag_uri), Ok(epc));
        }
    }

    #[test]
    fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        let hex = hex::encode_upper(&bytes);
        for prefix in ["", "epc:", "tid:", "barcode:"] {
            holds(&decode(&format!("{prefix}{hex}")), hex.len())?;
        }
    }

    #[test]
    fn any_text_is_answered(text in ".{0,200}") {
        for prefix in FRONTS {
            holds(&decode(&format!("{prefix}{text}")), text.len())?;
        }
    }

    #[test]
    fn any_mix_of_pieces_is_answered(pieces in proptest::collection::vec(proptest::sample::select(PIECES), 0..40)) {
        let text = pieces.concat();
        let prefixes = vec!["0614141".parse().expect("a prefix"), "950600".parse().expect("a prefix")];
        holds(&decode(&text), text.len())?;
        holds(&decode_with(&text, &Options { visible_controls: true, company_prefixes: prefixes }), text.len())?;
    }

    #[test]
    fn a_check_digit_finds_any_single_wrong_digit(body in digits(13), at in 0usize..13, other in 1u8..10) {
        let number = format!("{body}{}", check_digit(&body).expect("digits"));
        prop_assert!(checks(&number));
        let mut wrong = number.into_bytes();
        wrong[at] = b'0' + (wrong[at] - b'0' + other) % 10;
        prop_assert!(!checks(&String::from_utf8(wrong).expect("digits")));
    }

    #[test]
    fn elements_come_back_as_they_were_joined(lot in "[A-Z0-9]{1,20}", serial in "[a-z0-9/]{1,20}", order in any::<bool>()) {
        let (first, second) = if order { (("10", &lot), ("21", &serial)) } else { (("21", &serial), ("10", &lot)) };
        let read = Elements::parse(&format!("0109506000134352{}{}\u{1d}{}{}", first.0, first.1, second.0, second.1));
        prop_assert_eq!(read.error(), None);
        prop_assert_eq!((read.get("10"), read.get("21")), (Some(lot.as_str()), Some(serial.as_str())));
    }
}

#[test]
fn the_longest_text_is_answered() {
    for piece in ["0", "A", "(01)", "\u{1d}", "[)>\u{1e}06\u{1d}", "é", "(("] {
        let text: String = piece.chars().cycle().take(TEXT_BYTES_MAX).collect();
        let decoded = decode(&text);
        holds(&decoded, text.len()).unwrap();
    }
}
