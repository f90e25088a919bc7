//! Bits that pages share: how a number, a moment, an age and a state are written.
//!
//! A state is always word, shape and colour together. A moment is written in UTC, in fixed width,
//! beside its age in words; what is older than the policy allows says so by a word.

use armoury::codes::State;
use tag_data::moment::Moment;

use super::words::Words;

/// The fixed shapes that stand in pages: name and the inside of a 24 by 24 drawing of our own.
pub const ICONS: &[(&str, &str)] = &[
    ("mark", r#"<path d="M4 20V4M9.3 20V4M14.7 20V4M20 20V4M2 16 22 8"/>"#),
    ("overview", r#"<path d="M3 12h7V3H3zM14 21h7v-9h-7zM14 8h7V3h-7zM3 21h7v-5H3z"/>"#),
    ("counter", r#"<path d="M3 10h18M5 10v10M19 10v10M8 10V5h8v5M9 15h6"/>"#),
    ("counts", r#"<path d="M5 4h14v17H5zM9 2v4M15 2v4M8 12l2.5 2.5L16 9"/>"#),
    ("stockpile", r#"<path d="M3 7h18M3 12h18M3 17h18M8 4v16M16 4v16"/>"#),
    ("weapons", r#"<path d="M2 9h19v3h-8l-1 3H9l-2 5H3l2-8H2z"/>"#),
    ("holds", r#"<circle cx="12" cy="7" r="4"/><path d="M4 21c0-5 4-7 8-7s8 2 8 7"/>"#),
    ("alerts", r#"<path d="M12 3 2 20h20zM12 10v5M12 17.5v.5"/>"#),
    ("lost", r#"<circle cx="11" cy="11" r="7"/><path d="m16 16 5 5M9.5 9.5a1.7 1.7 0 1 1 2 2v1.5M11.5 14.5v.2"/>"#),
    ("destruction", r#"<circle cx="12" cy="12" r="9"/><path d="m6 6 12 12"/>"#),
    ("readers", r#"<path d="M12 20v-8M8 8a5.5 5.5 0 0 1 8 0M5 5a10 10 0 0 1 14 0"/><circle cx="12" cy="12" r="1"/>"#),
    ("places", r#"<path d="M12 21s7-6.5 7-12a7 7 0 0 0-14 0c0 5.5 7 12 7 12z"/><circle cx="12" cy="9" r="2.5"/>"#),
    (
        "people",
        r#"<circle cx="9" cy="8" r="3.5"/><path d="M2 20c0-4 3-6 7-6s7 2 7 6M16 5a3.5 3.5 0 0 1 0 6.5M18 14.5c2.5.8 4 2.5 4 5.5"/>"#,
    ),
    ("log", r#"<path d="M6 3h12v18H6zM9 8h6M9 12h6M9 16h3"/>"#),
    ("clock", r#"<circle cx="12" cy="12" r="9"/><path d="M12 7v5l3.5 2"/>"#),
    ("menu", r#"<path d="M4 7h16M4 12h16M4 17h16"/>"#),
    ("print", r#"<path d="M7 8V3h10v5M7 17H4V9h16v8h-3M7 14h10v7H7z"/>"#),
    ("sound", r#"<path d="M4 10v4h4l5 4V6L8 10zM17 9a4 4 0 0 1 0 6"/>"#),
];

/// The inside of a fixed shape; empty for a name that is none of them.
#[must_use]
pub fn icon(name: &str) -> &'static str {
    ICONS.iter().find(|(known, _)| *known == name).map_or("", |(_, inside)| inside)
}

/// A number that can be written: templates hand it over by value or by reference.
pub trait Number {
    /// The number; the largest where it does not fit.
    fn value(self) -> i64;
}

macro_rules! numbers {
    ($($kind:ty),*) => {$(
        impl Number for $kind {
            fn value(self) -> i64 {
                i64::try_from(self).unwrap_or(i64::MAX)
            }
        }
    )*};
}

numbers!(i32, i64, u32, u64, usize);

impl<N: Number + Copy> Number for &N {
    fn value(self) -> i64 {
        (*self).value()
    }
}

/// A number with its thousands apart: `1,986`.
#[must_use]
pub fn grouped(n: impl Number) -> String {
    let n = n.value();
    let digits = n.unsigned_abs().to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if n < 0 {
        out.push('\u{2212}');
    }
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A state as shown: word, shape, colour.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chip {
    /// The word, in the reader's language.
    pub word: String,
    /// The shape.
    pub shape: &'static str,
    /// The colour's name: ok, watch, alarm, accent, plain or quiet.
    pub tone: &'static str,
    /// True for a shape that points, and turns with the direction of writing.
    pub turns: bool,
}

impl Chip {
    /// A chip of a text of the catalogue.
    #[must_use]
    pub fn of(words: &Words, key: &str, shape: &'static str, tone: &'static str) -> Self {
        Self { word: words.t(key), shape, tone, turns: shape == "→" }
    }
}

/// The shape and colour of each state of a weapon's life.
#[must_use]
pub const fn state_look(state: State) -> (&'static str, &'static str) {
    match state {
        State::Provisional => ("◌", "watch"),
        State::InStore => ("●", "ok"),
        State::Issued => ("◐", "accent"),
        State::OnLoan => ("◑", "accent"),
        State::InTransit => ("→", "accent"),
        State::InMaintenance => ("◧", "accent"),
        State::Evidence => ("◆", "plain"),
        State::Unaccounted => ("?", "alarm"),
        State::PresumedLost => ("⁇", "alarm"),
        State::Lost => ("✕", "alarm"),
        State::RecoveredHeld => ("◎", "watch"),
        State::Batched => ("⊘", "watch"),
        State::Destroyed | State::DestroyedInIncident => ("▪", "quiet"),
        State::Deactivated => ("▫", "quiet"),
        State::TransferredOut | State::Repatriated => ("↗", "quiet"),
        State::Merged => ("⇉", "quiet"),
    }
}

/// A weapon's state as a chip.
#[must_use]
pub fn state(words: &Words, state: State) -> Chip {
    let (shape, tone) = state_look(state);
    Chip { word: words.word("state", state.word()), shape, tone, turns: matches!(shape, "→" | "↗" | "⇉" | "?" | "⁇") }
}

/// A moment as shown: fixed-width UTC, its age in words, and whether it is older than allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct When {
    /// For machines: RFC 3339.
    pub iso: String,
    /// For people: `2026-11-22 07:41`.
    pub stamp: String,
    /// How long ago, or in how long.
    pub ago: String,
    /// True if older than the policy allows.
    pub old: bool,
}

/// Writes a moment against now; `limit_s` is the age in seconds from which it counts as old.
#[must_use]
pub fn when(words: &Words, at: Moment, now: Moment, limit_s: Option<i64>) -> When {
    let age = now.seconds_since(at);
    When { iso: at.to_string(), stamp: stamp(at), ago: ago(words, age), old: limit_s.is_some_and(|limit| age > limit) }
}

/// `2026-11-22 07:41`, in UTC.
#[must_use]
pub fn stamp(at: Moment) -> String {
    let text = at.to_string();
    match (text.get(..10), text.get(11..16)) {
        (Some(day), Some(minute)) if text.len() == 27 => format!("{day} {minute}"),
        _ => text,
    }
}

/// `2026-11-22 07:41:09`, in UTC, where seconds matter.
#[must_use]
pub fn stamp_seconds(at: Moment) -> String {
    let text = at.to_string();
    match (text.get(..10), text.get(11..19)) {
        (Some(day), Some(second)) if text.len() == 27 => format!("{day} {second}"),
        _ => text,
    }
}

/// An age in words: the largest unit only.
#[must_use]
pub fn ago(words: &Words, seconds: i64) -> String {
    let (key, n) = match seconds.unsigned_abs() {
        0..=44 => return words.t("ago-now"),
        s @ 45..=5399 => ("minutes", s.div_ceil(60)),
        s @ 5400..=129_599 => ("hours", (s + 1800) / 3600),
        s => ("days", (s + 43_200) / 86_400),
    };
    let way = if seconds < 0 { "in" } else { "ago" };
    words.tn(&format!("{way}-{key}"), n)
}

/// A length of time in words.
#[must_use]
pub fn lasting(words: &Words, seconds: i64) -> String {
    match seconds.max(0) {
        s @ 0..=5399 => words.tn("for-minutes", (s + 59) / 60),
        s @ 5400..=172_799 => words.tn("for-hours", (s + 1800) / 3600),
        s => words.tn("for-days", (s + 43_200) / 86_400),
    }
}

/// One choice of a select.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is shown.
    pub word: String,
    /// Whether it is chosen now.
    pub chosen: bool,
}

/// The choices of a code list, in its order.
#[must_use]
pub fn choices(words: &Words, list: &str, codes: &[&'static str], chosen: Option<&str>) -> Vec<Choice> {
    let choice =
        |code: &&'static str| Choice { value: (*code).to_owned(), word: words.word(list, code), chosen: chosen == Some(*code) };
    codes.iter().map(choice).collect()
}

/// A text's part in an address, percent-encoded.
#[must_use]
pub fn url(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            _ => {
                out.push('%');
                out.push_str(&hex::encode_upper([byte]));
            }
        }
    }
    out
}

/// An address with the given words behind it; empty ones are left out.
#[must_use]
pub fn address(path: &str, words: &[(&str, &str)]) -> String {
    let kept = words.iter().filter(|(_, value)| !value.is_empty());
    let query: Vec<String> = kept.map(|(name, value)| format!("{}={}", url(name), url(value))).collect();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{}", query.join("&")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_in_threes() {
        assert_eq!([0, 12, 986, 1986, 1_000_000].map(grouped).join(" "), "0 12 986 1,986 1,000,000");
        assert_eq!(grouped(-4200), "\u{2212}4,200");
    }

    #[test]
    fn ages_in_words() {
        let words = Words::of("en");
        let said: Vec<String> = [3, 61, 3600, 7200, 200_000, -600].map(|s| ago(&words, s)).to_vec();
        assert_eq!(said.join(" | "), "just now | 2 minutes ago | 60 minutes ago | 2 hours ago | 2 days ago | in 10 minutes");
    }

    #[test]
    fn addresses_carry_words() {
        assert_eq!(address("/weapons", &[("q", "M 70/А"), ("state", "")]), "/weapons?q=M%2070%2F%D0%90");
    }

    #[test]
    fn every_state_has_a_shape_of_its_own_tone() {
        for one in State::ALL {
            let chip = state(&Words::of("en"), *one);
            assert!(!chip.shape.is_empty() && !chip.tone.is_empty() && !chip.word.is_empty(), "{one:?}");
        }
    }
}
