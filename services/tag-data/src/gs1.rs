//! GS1 element strings: identifier, data, identifier, data ... as a GS1 barcode carries them.
//!
//! A field whose length is not fixed by its identifier ends at a group separator (the scanner's
//! word for FNC1) or at the end. Whatever can be read is read: an identifier that is not known,
//! a wrong check digit or a wrong length is a fault beside the elements, never a reason to
//! drop them. A company prefix cannot be told from the number behind it, so an EPC URI is made
//! only with a prefix that the caller knows to be an issued one.

use serde_json::{Map, Value};

use crate::ai::{self, Ai};
use crate::chars::{CharSet, quote};

/// The group separator, by which scanners pass FNC1 on.
pub const GS: char = '\u{1d}';

/// One element of an element string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    /// Application Identifier, such as `8004`.
    pub ai: String,
    /// Its data as read.
    pub value: String,
}

/// What is wrong with an element string.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Gs1Fault {
    /// No identifier begins so.
    #[error("application identifier {0} is not known; its data is kept as it stands")]
    UnknownAi(String),
    /// The text ends inside a field.
    #[error("({ai}) wants {want} and has {got} characters")]
    Length {
        /// The identifier.
        ai: String,
        /// What the standard wants, in words.
        want: String,
        /// Characters there.
        got: usize,
    },
    /// A character that the field may not hold.
    #[error("({ai}) may not hold {found:?}")]
    Character {
        /// The identifier.
        ai: String,
        /// What stands there.
        found: char,
    },
    /// A wrong check digit.
    #[error("({ai}) ends in check digit {got}; {want} would be right")]
    CheckDigit {
        /// The identifier.
        ai: String,
        /// The digit read.
        got: char,
        /// The digit computed.
        want: char,
    },
    /// A date that no calendar has.
    #[error("({ai}) holds {value}, which is no date YYMMDD")]
    Date {
        /// The identifier.
        ai: String,
        /// What was read.
        value: String,
    },
    /// The same identifier twice with different data.
    #[error("({0}) stands there twice with different data")]
    Twice(String),
    /// The text does not even begin with an identifier.
    #[error("{0} does not begin with an application identifier")]
    NoAi(String),
}

/// An element string, read as far as it can be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Elements {
    /// In the order read.
    pub elements: Vec<Element>,
    /// In the order found.
    pub faults: Vec<Gs1Fault>,
}

/// The check digit of GTIN, SSCC, GLN, GRAI and GSRN: digits weighted 3, 1, 3 ... from the right.
///
/// `None` if the text holds anything but digits.
#[must_use]
pub fn check_digit(body: &str) -> Option<char> {
    let weighted = |(at, b): (usize, u8)| b.is_ascii_digit().then(|| u32::from(b - b'0') * if at % 2 == 0 { 3 } else { 1 });
    let sum: u32 = body.bytes().rev().enumerate().map(weighted).sum::<Option<u32>>()?;
    char::from_digit((10 - sum % 10) % 10, 10)
}

/// The digits with their check digit behind them; other text stays as it is.
pub(crate) fn with_check_digit(body: &str) -> String {
    check_digit(body).map_or_else(|| body.to_owned(), |digit| format!("{body}{digit}"))
}

/// Whether the last digit is the right check digit.
#[must_use]
pub fn checks(number: &str) -> bool {
    number.char_indices().next_back().is_some_and(|(at, last)| check_digit(&number[..at]) == Some(last))
}

impl Elements {
    /// Reads an element string as a scanner sends it, group separators and all.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut read = Self::default();
        let mut rest = text.trim_matches(GS);
        while !rest.is_empty() {
            let field = &rest[..rest.find(GS).unwrap_or(rest.len())];
            if !field.bytes().take(2).filter(u8::is_ascii_digit).count().eq(&2) {
                read.faults.push(Gs1Fault::NoAi(quote(field)));
                break;
            }
            // A field of fixed length needs no separator behind it.
            let end = ai::predefined(field).map_or(field.len(), |length| length.min(field.len()));
            let end = if field.is_char_boundary(end) { end } else { field.len() };
            read.take(&field[..end], ai::leading(field));
            rest = rest[end..].trim_start_matches(GS);
        }
        read
    }

    /// Reads the form in which people write it: `(01)09506000134352(21)ABC`.
    ///
    /// `None` if the text is not in that form.
    #[must_use]
    pub fn parse_bracketed(text: &str) -> Option<Self> {
        let mut read = Self::default();
        let mut rest = text.strip_prefix('(')?;
        loop {
            let (code, behind) = rest.split_once(')')?;
            let known = ai::leading(code).filter(|ai| ai.code.len() == code.len())?;
            // A bracket may be data: only one that holds a known identifier begins an element.
            let next = behind.match_indices('(').map(|(at, _)| at).find(|at| {
                let inside = behind[at + 1..].split_once(')').map_or("", |(inside, _)| inside);
                ai::leading(inside).is_some_and(|ai| ai.code.len() == inside.len())
            });
            let value = &behind[..next.unwrap_or(behind.len())];
            read.take(&format!("{code}{value}"), Some(known));
            match next {
                Some(at) => rest = &behind[at + 1..],
                None => return Some(read),
            }
        }
    }

    /// Takes one field, identifier and data, and notes what is wrong with it.
    fn take(&mut self, field: &str, known: Option<&'static Ai>) {
        let (code, value) = match known {
            Some(ai) => field.split_at(ai.code.len()),
            None => {
                let digits = field.bytes().take(ai::digits(field)).take_while(u8::is_ascii_digit).count();
                field.split_at(digits)
            }
        };
        let ai = code.to_owned();
        match known {
            Some(known) => self.faults.extend(check(&ai, known.format, value)),
            None => self.faults.push(Gs1Fault::UnknownAi(ai.clone())),
        }
        if self.elements.iter().any(|other| other.ai == ai && other.value != value) {
            self.faults.push(Gs1Fault::Twice(ai.clone()));
        }
        self.elements.push(Element { ai, value: value.to_owned() });
    }

    /// The data of an identifier; the first, should it stand there twice.
    #[must_use]
    pub fn get(&self, ai: &str) -> Option<&str> {
        self.elements.iter().find(|element| element.ai == ai).map(|element| element.value.as_str())
    }

    /// The elements as JSON, by identifier.
    #[must_use]
    pub fn fields(&self) -> Map<String, Value> {
        self.elements.iter().rev().map(|element| (element.ai.clone(), element.value.as_str().into())).collect()
    }

    /// The faults as one sentence; three are named, more are counted.
    #[must_use]
    pub fn error(&self) -> Option<String> {
        const NAMED: usize = 3;
        let named: Vec<String> = self.faults.iter().take(NAMED).map(ToString::to_string).collect();
        match self.faults.len() {
            0 => None,
            count if count > NAMED => Some(format!("{}; and {} more", named.join("; "), count - NAMED)),
            _ => Some(named.join("; ")),
        }
    }
}

/// Checks one field's data against its format.
fn check(ai: &str, format: &'static str, value: &str) -> Option<Gs1Fault> {
    let wrong_length = || Some(Gs1Fault::Length { ai: ai.to_owned(), want: in_words(format), got: value.chars().count() });
    let mut rest = value;
    for piece in format.split('+') {
        let optional = piece.starts_with('[');
        let piece = piece.trim_matches(['[', ']']);
        if optional && rest.is_empty() {
            break;
        }
        let (kind, length) = piece.split_at(1);
        let length = length.trim_end_matches(['!', '@']);
        let (least, most) = match length.strip_prefix("..") {
            Some(most) => (1, most.parse().unwrap_or(0)),
            None => length.parse().map_or((0, 0), |exact: usize| (exact, exact)),
        };
        let took = rest.char_indices().nth(most).map_or(rest.len(), |(at, _)| at);
        let (data, behind) = rest.split_at(took);
        if data.chars().count() < least {
            return wrong_length();
        }
        if let Some(found) = data.chars().find(|c| !may_hold(kind, *c)) {
            return Some(Gs1Fault::Character { ai: ai.to_owned(), found });
        }
        if piece.ends_with('!') && !checks(data) {
            let (body, got) = data.split_at(data.len() - 1); // Digits, by the check above.
            let want = check_digit(body).unwrap_or('?');
            return Some(Gs1Fault::CheckDigit { ai: ai.to_owned(), got: got.chars().next().unwrap_or('?'), want });
        }
        if piece.ends_with('@') && !is_date(data) {
            return Some(Gs1Fault::Date { ai: ai.to_owned(), value: data.to_owned() });
        }
        rest = behind;
    }
    if rest.is_empty() { None } else { wrong_length() }
}

/// `N13+[X..17]` as `13 digits and perhaps up to 17 characters`.
fn in_words(format: &str) -> String {
    let pieces = format.split('+').map(|piece| {
        let perhaps = if piece.starts_with('[') { "perhaps " } else { "" };
        let piece = piece.trim_matches(['[', ']', '!', '@']);
        let noun = if piece.starts_with('N') { "digits" } else { "characters" };
        let length = piece[1..].trim_end_matches(['!', '@']);
        length.strip_prefix("..").map_or(format!("{perhaps}{length} {noun}"), |most| format!("{perhaps}up to {most} {noun}"))
    });
    pieces.collect::<Vec<_>>().join(" and ")
}

fn may_hold(kind: &str, c: char) -> bool {
    match kind {
        "N" => c.is_ascii_digit(),
        "X" => CharSet::Gs1.holds(c),
        "Y" => CharSet::Part.holds(c),
        _ => c.is_ascii_alphanumeric() || "-_=".contains(c),
    }
}

/// `YYMMDD`; a day of 00 means the month as a whole.
fn is_date(text: &str) -> bool {
    let part = |from: usize| text.get(from..from + 2).and_then(|two| two.parse::<u32>().ok());
    let (Some(year), Some(month), Some(day)) = (part(0), part(2), part(4)) else { return false };
    let days = match month {
        2 if year % 4 == 0 => 29, // 2000 was a leap year and 2100 is not within two digits' reach.
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    day <= days
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, want: &str) {
        let read = Elements::parse_bracketed(text).unwrap_or_else(|| Elements::parse(text));
        let mut shown: String = read.elements.iter().map(|e| format!("({}){}", e.ai, e.value)).collect();
        read.error().into_iter().for_each(|error| shown.push_str(&format!(" | {error}")));
        assert_eq!(shown, want);
    }

    #[test]
    fn fields_end_at_separators_or_by_their_length() {
        check("010950600013435221ABC\u{1d}1725010110LOT", "(01)09506000134352(21)ABC(17)250101(10)LOT");
        check("\u{1d}8004061414112345400\u{1d}", "(8004)061414112345400");
        check("(01)09506000134352(21)A(B)C(10)X(9)", "(01)09506000134352(21)A(B)C(10)X(9)");
        check("17250100", "(17)250100");
    }

    #[test]
    fn what_is_wrong_is_said_and_the_rest_is_kept() {
        check("0109506000134353", "(01)09506000134353 | (01) ends in check digit 3; 2 would be right");
        check("17251301", "(17)251301 | (17) holds 251301, which is no date YYMMDD");
        check("0109506\u{1d}21A", "(01)09506(21)A | (01) wants 14 digits and has 5 characters");
        check("88AB\u{1d}21A", "(88)AB(21)A | application identifier 88 is not known; its data is kept as it stands");
        check("21\u{e9}\u{1d}10A", "(21)\u{e9}(10)A | (21) may not hold '\u{e9}'");
        check("21A\u{1d}21B", "(21)A(21)B | (21) stands there twice with different data");
        check("hello", " | \"hello\" does not begin with an application identifier");
        check("10123456789012345678901", "(10)123456789012345678901 | (10) wants up to 20 characters and has 21 characters");
    }

    #[test]
    fn check_digits() {
        for number in ["09506000134352", "4006381333931", "095201234567891235", "96385074", "036000291452"] {
            assert!(checks(number), "{number}");
        }
        assert!(!checks("") && !checks("4006381333930") && !checks("é"));
    }
}
