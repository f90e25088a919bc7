//! Colours that stand on each other can be read: 4.5:1 at least, 7:1 for text on paper, by test.

use super::assets::CSS;

/// Text and the ground it stands on, with the least ratio.
const PAIRS: &[(&str, &str, f64)] = &[
    ("ink", "paper", 7.0),
    ("ink", "sheet", 7.0),
    ("ink", "sunk", 7.0),
    ("ink", "accent-tint", 7.0),
    ("ink", "past-tint", 7.0),
    ("ink", "ok-tint", 7.0),
    ("ink", "watch-tint", 7.0),
    ("ink", "alarm-tint", 7.0),
    ("quiet", "paper", 4.5),
    ("quiet", "sheet", 4.5),
    ("quiet", "sunk", 4.5),
    ("quiet", "past-tint", 4.5),
    ("accent", "paper", 4.5),
    ("accent", "sheet", 4.5),
    ("accent", "sunk", 4.5),
    ("accent", "accent-tint", 4.5),
    ("on-accent", "accent", 4.5),
    ("ok", "paper", 4.5),
    ("ok", "sheet", 4.5),
    ("ok", "sunk", 4.5),
    ("ok", "ok-tint", 4.5),
    ("watch", "paper", 4.5),
    ("watch", "sheet", 4.5),
    ("watch", "sunk", 4.5),
    ("watch", "watch-tint", 4.5),
    ("alarm", "paper", 4.5),
    ("alarm", "sheet", 4.5),
    ("alarm", "sunk", 4.5),
    ("alarm", "alarm-tint", 4.5),
    ("on-alarm", "alarm", 4.5),
    ("past", "past-tint", 4.5),
    ("past", "sheet", 4.5),
    ("on-past", "past", 4.5),
    ("strong-line", "sheet", 3.0),
];

/// The colours of the set that begins after `mark`.
fn set(mark: &str) -> impl Fn(&str) -> [f64; 3] {
    let block = CSS.split(mark).nth(1).and_then(|rest| rest.split_once('}')).expect("the set is there").0;
    move |name| {
        let text = block.split(&format!("--{name}: #")).nth(1).unwrap_or_else(|| panic!("no colour {name}"));
        let part = |at: usize| f64::from(u8::from_str_radix(&text[at..at + 2], 16).expect("two hex digits")) / 255.0;
        [part(0), part(2), part(4)]
    }
}

/// Relative luminance as WCAG 2.2 defines it.
fn light(colour: [f64; 3]) -> f64 {
    let [r, g, b] = colour.map(|c| if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) });
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

fn ratio(one: [f64; 3], two: [f64; 3]) -> f64 {
    let (a, b) = (light(one), light(two));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[track_caller]
fn check(mark: &str) {
    let colour = set(mark);
    let poor: Vec<String> = PAIRS
        .iter()
        .map(|(text, ground, least)| (text, ground, least, ratio(colour(text), colour(ground))))
        .filter(|(_, _, least, found)| found < least)
        .map(|(text, ground, least, found)| format!("{text} on {ground}: {found:.2}, at least {least}"))
        .collect();
    assert!(poor.is_empty(), "{poor:#?}");
}

#[test]
fn the_light_set_can_be_read() {
    check(":root {");
}

#[test]
fn the_dark_set_can_be_read() {
    check("(prefers-color-scheme: dark) {\n  :root {");
}

#[test]
fn the_measure_is_right() {
    assert!((ratio([0.0; 3], [1.0; 3]) - 21.0).abs() < 0.001);
}
