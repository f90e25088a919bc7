//! One interpreter for every EPC scheme: a scheme is a description, not code.
//!
//! ```text
//! header 8 | filter 3, 4 or 6 (none in GID) | parts ... | zeros to a whole word
//! ```
//! Each scheme's own file holds a [`Layout`]; this file reads and writes any of them, so that
//! decoding and encoding can never disagree about a field. What does not follow the standard
//! (GS1 TDS 1.13, clause 14) is a [`SchemeError`] and the tag stays opaque; nothing is guessed.

use crate::bits::{BitReader, BitWriter};
use crate::chars::{CharSet, is_cage_or_dodaac, quote};
use crate::epc::{Epc, Identity};
use crate::scheme_error::SchemeError;

/// How one scheme lies in the tag.
#[derive(Debug)]
pub(crate) struct Layout {
    /// The first eight bits.
    pub(crate) header: u8,
    /// Name in `urn:epc:tag:`, such as `giai-96`.
    pub(crate) name: &'static str,
    /// Name in `urn:epc:id:`, such as `giai`.
    pub(crate) identity: &'static str,
    /// Width of the filter value; 0 where there is none.
    pub(crate) filter_bits: usize,
    /// The parts in order, the same in the tag and in the URI.
    pub(crate) parts: &'static [Part],
    /// Width of the whole; `None` where a text ends the EPC.
    pub(crate) bits: Option<usize>,
}

/// One part of a scheme.
#[derive(Debug)]
pub(crate) enum Part {
    /// Three bits of partition value, company prefix, and a reference that shares its room.
    Prefixed { reference: &'static str, rows: &'static Rows, form: Form },
    /// A number without leading zeros, of at most so many digits.
    Number { name: &'static str, bits: usize, digits: usize },
    /// Characters in a fixed room, zeros behind the last.
    Fixed { name: &'static str, bits: usize, most: usize },
    /// Six-bit characters with a zero behind the last; `hash` allows `#` as the first and only there.
    Ended { name: &'static str, least: usize, most: usize, hash: bool },
    /// A CAGE code or DoDAAC: six characters, a space in front of a five-character code.
    Cage { width: usize },
}

/// The seven partitions: room and most digits (or characters) of the reference, for company
/// prefixes of 12 digits down to 6.
#[derive(Debug)]
pub(crate) struct Rows {
    pub(crate) bits: [usize; 7],
    pub(crate) digits: [usize; 7],
}

/// How a reference is written behind the company prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Always all its digits, leading zeros included.
    Padded,
    /// A number without leading zeros.
    Plain,
    /// GS1 characters in a fixed room.
    Text,
    /// Part-number characters with a zero behind the last.
    EndedText,
}

/// Room of the company prefix in each partition.
const PREFIX_BITS: [usize; 7] = [40, 37, 34, 30, 27, 24, 20];
/// Digits of the company prefix in each partition.
const PREFIX_DIGITS: [usize; 7] = [12, 11, 10, 9, 8, 7, 6];

/// A part as it was read: its name, its plain text and its text in a URI.
pub(crate) struct Spoken {
    pub(crate) name: &'static str,
    pub(crate) text: String,
    pub(crate) uri: String,
}

impl Layout {
    /// Reads an EPC whose header is this layout's.
    pub(crate) fn decode(&self, epc: &Epc) -> Result<Identity, SchemeError> {
        let have = epc.bytes().len() * 8;
        let short = SchemeError::TooShort { scheme: self.name, need: self.bits.unwrap_or(8 + self.filter_bits), have };
        if self.bits.is_some_and(|need| need > have) {
            return Err(short);
        }
        let mut bits = BitReader::new(epc.bytes());
        bits.take(8);
        let filter = bits.take(self.filter_bits).ok_or_else(|| short.clone())?;
        let mut spoken = Vec::new();
        for part in self.parts {
            part.decode(&mut bits, &mut spoken, &short)?;
        }
        if !bits.rest_is_zero() {
            return Err(SchemeError::Padding { scheme: self.name });
        }
        let filter = (self.filter_bits > 0).then_some(filter as u8); // At most six bits.
        Ok(Identity::new(self, filter, spoken))
    }

    /// Writes what follows `urn:epc:tag:<name>:` into an EPC.
    pub(crate) fn encode(&self, values: &str) -> Result<Epc, SchemeError> {
        let names = self.names();
        // The last part may hold full stops itself; what is too much fails there.
        let given: Vec<&str> = values.splitn(names, '.').collect();
        if given.len() != names {
            return Err(SchemeError::Parts { scheme: self.name, want: names, got: given.len() });
        }
        let mut given = given.into_iter();
        let mut next = || given.next().unwrap_or_default();
        let mut bits = BitWriter::default();
        bits.put(u64::from(self.header), 8);
        if self.filter_bits > 0 {
            bits.put(number("filter", next(), self.filter_bits)?, self.filter_bits);
        }
        for part in self.parts {
            part.encode(&mut bits, &mut next)?;
        }
        bits.zeros(self.bits.map_or(0, |all| all - bits.len()));
        let bytes = bits.into_words();
        let have = bytes.len();
        Epc::from_bytes(bytes).map_err(|_| SchemeError::TooShort { scheme: self.name, need: have * 8, have: Epc::BYTES_MAX * 8 })
    }

    /// How many values stand in the tag URI.
    fn names(&self) -> usize {
        let parts: usize = self.parts.iter().map(|part| if matches!(part, Part::Prefixed { .. }) { 2 } else { 1 }).sum();
        parts + usize::from(self.filter_bits > 0)
    }
}

impl Part {
    fn decode(&self, bits: &mut BitReader<'_>, spoken: &mut Vec<Spoken>, short: &SchemeError) -> Result<(), SchemeError> {
        let mut say = |name, text: String, uri: String| spoken.push(Spoken { name, text, uri });
        match *self {
            Self::Prefixed { reference, rows, form } => {
                let partition = bits.take(3).ok_or_else(|| short.clone())?;
                let row = usize::try_from(partition).ok().filter(|row| *row < 7).ok_or(SchemeError::Partition(partition))?;
                let prefix = bits.take(PREFIX_BITS[row]).ok_or_else(|| short.clone())?;
                let prefix = digits("company prefix", prefix, PREFIX_DIGITS[row])?;
                say("company_prefix", prefix.clone(), prefix);
                let (text, uri) = form.decode(bits, reference, rows.bits[row], rows.digits[row], short)?;
                say(reference, text, uri);
            }
            Self::Number { name, bits: width, digits } => {
                let value = bits.take(width).ok_or_else(|| short.clone())?;
                let text = value.to_string();
                if text.len() > digits {
                    return Err(SchemeError::TooManyDigits { field: name, value, digits });
                }
                say(name, text.clone(), text);
            }
            Self::Fixed { name, bits: width, most } => {
                let text = fixed(bits, name, width, most, short)?;
                let uri = CharSet::Gs1.escape(&text);
                say(name, text, uri);
            }
            Self::Ended { name, least, most, hash } => {
                let text = ended(bits, name, least, most)?;
                check_hash(name, &text, hash)?;
                let uri = CharSet::Part.escape(&text);
                say(name, text, uri);
            }
            Self::Cage { width } => {
                let mut cage = String::new();
                for _ in 0..6 {
                    let code = bits.take(width).ok_or_else(|| short.clone())?;
                    // In six bits a letter has lost its top bit; digits and the space have not.
                    let code = if width == 6 && code < 0x20 { code | 0x40 } else { code };
                    cage.push(char::from(code as u8)); // At most eight bits.
                }
                let trimmed = cage.strip_prefix(' ').unwrap_or(&cage).to_owned();
                if !is_cage_or_dodaac(&trimmed) {
                    return Err(SchemeError::Cage(quote(&trimmed)));
                }
                say("cage", trimmed.clone(), trimmed);
            }
        }
        Ok(())
    }

    fn encode<'a>(&self, bits: &mut BitWriter, next: &mut impl FnMut() -> &'a str) -> Result<(), SchemeError> {
        match *self {
            Self::Prefixed { reference, rows, form } => {
                let prefix = next();
                let row = PREFIX_DIGITS.iter().position(|length| *length == prefix.len() && all_digits(prefix));
                let row = row.ok_or_else(|| value("company_prefix", prefix, "6 to 12 digits are allowed"))?;
                bits.put(row as u64, 3);
                bits.put(prefix.parse().unwrap_or_default(), PREFIX_BITS[row]); // At most 12 digits.
                form.encode(bits, reference, next(), rows.bits[row], rows.digits[row])
            }
            Self::Number { name, bits: width, digits } => {
                let given = next();
                check_length(name, given, 1, digits)?;
                bits.put(number(name, given, width)?, width);
                Ok(())
            }
            Self::Fixed { name, bits: width, most } => put_text(bits, CharSet::Gs1, name, next(), 1, most, Some(width)).map(drop),
            Self::Ended { name, least, most, hash } => {
                let text = put_text(bits, CharSet::Part, name, next(), least, most, None)?;
                check_hash(name, &text, hash)
            }
            Self::Cage { width } => {
                let cage = next();
                if !is_cage_or_dodaac(cage) {
                    return Err(SchemeError::Cage(quote(cage)));
                }
                for c in format!("{cage:>6}").chars() {
                    bits.put(u64::from(u32::from(c)), width); // The low six bits are the six-bit code.
                }
                Ok(())
            }
        }
    }
}

impl Form {
    fn decode(
        self,
        bits: &mut BitReader<'_>,
        name: &'static str,
        width: usize,
        most: usize,
        short: &SchemeError,
    ) -> Result<(String, String), SchemeError> {
        if self == Self::EndedText {
            let text = ended(bits, name, 1, most)?;
            let uri = CharSet::Part.escape(&text);
            return Ok((text, uri));
        }
        if self == Self::Text {
            let text = fixed(bits, name, width, most, short)?;
            let uri = CharSet::Gs1.escape(&text);
            return Ok((text, uri));
        }
        let value = bits.take(width).ok_or_else(|| short.clone())?;
        let padded = digits(name, value, most)?;
        let text = if self == Self::Padded { padded } else { value.to_string() };
        Ok((text.clone(), text))
    }

    fn encode(self, bits: &mut BitWriter, name: &'static str, given: &str, width: usize, most: usize) -> Result<(), SchemeError> {
        match self {
            Self::EndedText => put_text(bits, CharSet::Part, name, given, 1, most, None).map(drop),
            Self::Text => put_text(bits, CharSet::Gs1, name, given, 1, most, Some(width)).map(drop),
            Self::Padded if given.len() != most || !all_digits(given) => {
                Err(value(name, given, "it must have all the digits that the company prefix leaves"))
            }
            Self::Padded => {
                bits.put(given.parse().unwrap_or_default(), width); // Nothing, or at most 11 digits.
                Ok(())
            }
            Self::Plain if given.len() > most => Err(value(name, given, "it has too many digits for this company prefix")),
            Self::Plain => {
                bits.put(number(name, given, width)?, width);
                Ok(())
            }
        }
    }
}

fn all_digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

fn value(field: &'static str, value: &str, why: &'static str) -> SchemeError {
    SchemeError::Value { field, value: quote(value), why }
}

/// A number with leading zeros to `count` digits; none at all where no digit is left for it.
fn digits(field: &'static str, value: u64, count: usize) -> Result<String, SchemeError> {
    let text = if count == 0 { String::new() } else { format!("{value:0count$}") };
    let fits = text.len() == count && (count > 0 || value == 0);
    if fits { Ok(text) } else { Err(SchemeError::TooManyDigits { field, value, digits: count }) }
}

/// A number from a URI: digits, no leading zeros, within `width` bits.
fn number(field: &'static str, given: &str, width: usize) -> Result<u64, SchemeError> {
    let plain = all_digits(given) && !given.is_empty() && (given == "0" || !given.starts_with('0'));
    if !plain {
        return Err(value(field, given, "a number without leading zeros is wanted"));
    }
    let number = given.parse::<u64>().ok().filter(|n| width >= 64 || *n >> width == 0);
    number.ok_or_else(|| value(field, given, "it is too large for its place in the tag"))
}

/// GS1 characters in a room of `width` bits; once a zero stands, only zeros follow.
fn fixed(
    bits: &mut BitReader<'_>,
    field: &'static str,
    width: usize,
    most: usize,
    short: &SchemeError,
) -> Result<String, SchemeError> {
    let (set, mut text, mut over) = (CharSet::Gs1, String::new(), false);
    for at in 1..=width / set.width() {
        match bits.take(set.width()).ok_or_else(|| short.clone())? {
            0 => over = true,
            _ if over => return Err(SchemeError::BehindEnd(field)),
            code => text.push(set.char_of(code).ok_or(SchemeError::Character { field, at, bits: code })?),
        }
    }
    if bits.take(width % set.width()).ok_or_else(|| short.clone())? != 0 {
        return Err(SchemeError::BehindEnd(field));
    }
    check_length(field, &text, 1, most).map(|()| text)
}

/// Part-number characters up to the zero that ends them.
fn ended(bits: &mut BitReader<'_>, field: &'static str, least: usize, most: usize) -> Result<String, SchemeError> {
    let (set, mut text) = (CharSet::Part, String::new());
    loop {
        match bits.take(set.width()).ok_or(SchemeError::NoEnd(field))? {
            0 => return check_length(field, &text, least, most).map(|()| text),
            code => text.push(set.char_of(code).ok_or(SchemeError::Character { field, at: text.len() + 1, bits: code })?),
        }
    }
}

/// Writes a URI's component as characters; padded to `room` bits, or ended by a zero. Answers
/// the plain text.
fn put_text(
    bits: &mut BitWriter,
    set: CharSet,
    field: &'static str,
    given: &str,
    least: usize,
    most: usize,
    room: Option<usize>,
) -> Result<String, SchemeError> {
    let stranger = |c: String| {
        value(field, given, if c.len() > 1 { "an escape in it is wrong" } else { "a character in it is not allowed" })
    };
    let text = set.unescape(given).map_err(stranger)?;
    check_length(field, &text, least, most)?;
    for code in text.chars().filter_map(|c| set.bits_of(c)) {
        bits.put(code, set.width());
    }
    bits.zeros(room.map_or(set.width(), |room| room - text.len() * set.width()));
    Ok(text)
}

fn check_length(field: &'static str, text: &str, least: usize, most: usize) -> Result<(), SchemeError> {
    let length = text.len();
    if (least..=most).contains(&length) { Ok(()) } else { Err(SchemeError::Length { field, length, least, most }) }
}

/// `#` may only lead a serial, and only with something behind it (TDS 1.13, 6.3.10).
fn check_hash(field: &'static str, text: &str, allowed: bool) -> Result<(), SchemeError> {
    let body = if allowed { text.strip_prefix('#').unwrap_or(text) } else { text };
    match body.find('#') {
        Some(_) => Err(value(field, text, "a number sign may only stand first in a serial")),
        None if body.is_empty() && !text.is_empty() => Err(value(field, text, "a serial must follow the number sign")),
        None => Ok(()),
    }
}
