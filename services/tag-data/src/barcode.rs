//! A barcode: the symbology's own identifier in front, and what kind of text follows it.
//!
//! ```text
//! ]cm text        c: letter of the symbology, m: modifier      (ISO/IEC 15424)
//! ```
//! The identifier is off by default on most scanners, so the text must speak for itself; where
//! it is on, it decides. A text of no known kind is itself, and that is no error. Substitutes
//! for control characters (␝ ␞ ␄) are read as such only if the caller says so, because they
//! are also ordinary characters.

use std::fmt;

use serde_json::{Map, Value};

use crate::chars::quote;
use crate::gs1::{self, Elements, GS};
use crate::gs1_key::{self, CompanyPrefix};
use crate::iuid;

/// The most bytes of one barcode that are looked at; the largest symbols hold fewer.
pub const TEXT_BYTES_MAX: usize = 4096;

/// What the caller knows about the scanner and the country's numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The scanner shows control characters as ␝ ␞ ␄ or as `<GS>`, `<RS>`, `<EOT>`.
    pub visible_controls: bool,
    /// Issued GS1 Company Prefixes; only with one of them can a barcode's EPC URI be told.
    pub company_prefixes: Vec<CompanyPrefix>,
}

/// A symbology identifier, such as `]d1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SymbologyId {
    /// Letter of the symbology.
    pub code: char,
    /// How the symbol was encoded and read.
    pub modifier: char,
}

/// Letters and names (ISO/IEC 15424 and its register at AIM).
const NAMES: [(char, &str); 24] = [
    ('A', "Code 39"),
    ('B', "Telepen"),
    ('C', "Code 128"),
    ('D', "Code One"),
    ('E', "EAN/UPC"),
    ('F', "Codabar"),
    ('G', "Code 93"),
    ('H', "Code 11"),
    ('I', "Interleaved 2 of 5"),
    ('J', "DotCode"),
    ('K', "Code 16K"),
    ('L', "PDF417"),
    ('M', "MSI"),
    ('O', "Codablock"),
    ('P', "Plessey"),
    ('Q', "QR Code"),
    ('R', "Straight 2 of 5"),
    ('S', "Straight 2 of 5"),
    ('U', "MaxiCode"),
    ('X', "other"),
    ('d', "Data Matrix"),
    ('e', "GS1 DataBar"),
    ('h', "Han Xin"),
    ('z', "Aztec"),
];

impl SymbologyId {
    /// The identifier in front of a scanned text, and the text behind it.
    #[must_use]
    pub fn split(text: &str) -> (Option<Self>, &str) {
        let mut chars = text.chars();
        match (chars.next(), chars.next(), chars.next()) {
            (Some(']'), Some(code), Some(modifier)) if modifier.is_ascii_alphanumeric() => {
                let id = Self { code, modifier };
                if id.family().is_some() { (Some(id), chars.as_str()) } else { (None, text) }
            }
            _ => (None, text),
        }
    }

    fn family(self) -> Option<&'static str> {
        NAMES.iter().find(|(code, _)| *code == self.code).map(|(_, name)| *name)
    }

    /// The symbology's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match (self.code, self.modifier) {
            ('C', '1') => "GS1-128",
            ('d', '2') => "GS1 DataMatrix",
            ('Q', '3') => "GS1 QR Code",
            ('J', '1') => "GS1 DotCode",
            ('E', '0') => "EAN-13",
            ('E', '4') => "EAN-8",
            _ => self.family().unwrap_or("other"),
        }
    }

    /// Whether the symbol itself says that it holds GS1 element strings.
    #[must_use]
    pub fn is_gs1(self) -> bool {
        matches!((self.code, self.modifier), ('C' | 'J', '1') | ('d', '2') | ('Q', '3') | ('e', '0'..='2'))
    }
}

impl fmt::Display for SymbologyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "]{}{}", self.code, self.modifier)
    }
}

/// What a barcode says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The identifier in front, where the scanner sends it.
    pub symbology: Option<SymbologyId>,
    /// The text behind it, control characters as they are.
    pub text: String,
    /// `iuid`, `iso15434`, `gs1`, `gtin` or `text`.
    pub scheme: &'static str,
    /// Pure-identity URI, only where it is certain.
    pub uri: Option<String>,
    /// What the text says, by name.
    pub fields: Map<String, Value>,
    /// What is wrong with it; whatever could be read stands in `fields`.
    pub error: Option<String>,
}

/// Reads a scanned barcode, with or without its symbology identifier.
#[must_use]
pub fn read(scanned: &str, options: &Options) -> Reading {
    let (symbology, text) = SymbologyId::split(scanned);
    let text = if options.visible_controls { with_controls(text) } else { text.to_owned() };
    let mut reading = understand(symbology, &text, options);
    reading.fields.insert("text".to_owned(), text.as_str().into());
    if let Some(id) = symbology {
        reading.fields.insert("symbology".to_owned(), id.to_string().into());
        reading.fields.insert("symbology_name".to_owned(), id.name().into());
    }
    reading.symbology = symbology;
    reading.text = text;
    reading
}

fn understand(symbology: Option<SymbologyId>, text: &str, options: &Options) -> Reading {
    if text.len() > TEXT_BYTES_MAX {
        let error = format!("the text has {} bytes; at most {TEXT_BYTES_MAX} are looked at", text.len());
        return plain(Some(error));
    }
    if text.starts_with(iuid::HEADER) {
        return iuid::read(text);
    }
    if iuid::shows_substitutes(text) {
        return plain(Some("the control characters are shown as substitutes; say that this scanner does so".to_owned()));
    }
    match symbology {
        Some(id) if id.is_gs1() => elements(Elements::parse(text), options),
        Some(SymbologyId { code: 'E', .. }) => gtin(text),
        Some(_) => bare(text),
        None => unlabelled(text, options),
    }
}

/// Without an identifier only a text that is wholly right counts as GS1.
fn unlabelled(text: &str, options: &Options) -> Reading {
    if let Some(read) = Elements::parse_bracketed(text) {
        return elements(read, options);
    }
    let read = Elements::parse(text);
    let told = text.starts_with(GS) || text.contains(GS) && !read.elements.is_empty();
    if told || is_element_string(text, &read) {
        return elements(read, options);
    }
    if matches!(text.len(), 8 | 12 | 13 | 14) && gs1::checks(text) {
        return gtin(text);
    }
    bare(text)
}

/// Whether an unlabelled text is certain to be an element string: faultless, and its first key
/// ends in a check digit that is right.
pub(crate) fn is_element_string(text: &str, read: &Elements) -> bool {
    const CHECKED: [&str; 8] = ["00", "01", "02", "8003", "8006", "8017", "8018", "414"];
    read.faults.is_empty() && text.len() >= 16 && read.elements.first().is_some_and(|first| CHECKED.contains(&first.ai.as_str()))
}

fn elements(read: Elements, options: &Options) -> Reading {
    let mut fields = read.fields();
    if let Some(link) = gs1_key::digital_link(&read) {
        fields.insert("digital_link".to_owned(), link.into());
    }
    // A GIAI or GRAI is an IUID equivalent (MIL-STD-130N, table A-I).
    if let Some(uii) = read.get("8004").or_else(|| read.get("8003")).filter(|_| read.faults.is_empty()) {
        fields.insert("uii".to_owned(), uii.into());
    }
    let uri = gs1_key::epc_uri(&read, &options.company_prefixes);
    Reading { symbology: None, text: String::new(), scheme: "gs1", uri, fields, error: read.error() }
}

fn gtin(text: &str) -> Reading {
    let number = text.get(..13).filter(|_| matches!(text.len(), 15 | 18)).unwrap_or(text); // With an add-on of 2 or 5.
    let mut reading = Reading { scheme: "gtin", ..plain(None) };
    if matches!(number.len(), 8 | 12 | 13 | 14) && gs1::checks(number) {
        reading.fields.insert("gtin".to_owned(), format!("{number:0>14}").into());
    } else {
        reading.error = Some(format!("{} is no GTIN: its length or its check digit is wrong", quote(number)));
    }
    reading
}

/// A text that stands for itself; a NATO Stock Number in it is pointed out.
fn bare(text: &str) -> Reading {
    let mut reading = plain(None);
    let groups: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    if lengths == [4, 2, 3, 4] && groups.iter().all(|group| group.bytes().all(|b| b.is_ascii_digit())) {
        reading.fields.insert("nsn".to_owned(), groups.concat().into());
    }
    reading
}

fn plain(error: Option<String>) -> Reading {
    Reading { symbology: None, text: String::new(), scheme: "text", uri: None, fields: Map::new(), error }
}

/// The text with its substitutes turned back into control characters.
fn with_controls(text: &str) -> String {
    const SUBSTITUTES: [(&str, &str); 8] = [
        ("\u{241d}", "\u{1d}"),
        ("\u{241e}", "\u{1e}"),
        ("\u{2404}", "\u{4}"),
        ("<GS>", "\u{1d}"),
        ("<RS>", "\u{1e}"),
        ("<EOT>", "\u{4}"),
        ("{GS}", "\u{1d}"),
        ("<FNC1>", "\u{1d}"),
    ];
    SUBSTITUTES.iter().fold(text.to_owned(), |text, (shown, meant)| text.replace(shown, meant))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, want: &str) {
        let (id, rest) = SymbologyId::split(text);
        let shown = id.map_or_else(|| "none".to_owned(), |id| format!("{id} {} gs1={}", id.name(), id.is_gs1()));
        assert_eq!(format!("{shown} {rest:?}"), want);
    }

    #[test]
    fn identifiers_are_split_off_and_named() {
        check("]d1[)>", r#"]d1 Data Matrix gs1=false "[)>""#);
        check("]d2010", r#"]d2 GS1 DataMatrix gs1=true "010""#);
        check("]C110", r#"]C1 GS1-128 gs1=true "10""#);
        check("]e00", r#"]e0 GS1 DataBar gs1=true "0""#);
        check("]A0", r#"]A0 Code 39 gs1=false """#);
        check("]?9x", r#"none "]?9x""#);
        check("]é", r#"none "]é""#);
        check("", r#"none """#);
    }

    #[test]
    fn an_oversized_text_is_kept_but_not_looked_at() {
        let reading = read(&"1".repeat(TEXT_BYTES_MAX + 1), &Options::default());
        assert_eq!(reading.error.as_deref(), Some("the text has 4097 bytes; at most 4096 are looked at"));
        assert_eq!(reading.text.len(), TEXT_BYTES_MAX + 1);
    }

    #[test]
    fn a_known_company_prefix_makes_the_uri_certain() {
        let options = Options { company_prefixes: vec!["0614141".parse().unwrap()], ..Options::default() };
        let reading = read("]d2800406141419999960MH80312", &options);
        assert_eq!(reading.uri.as_deref(), Some("urn:epc:id:giai:0614141.9999960MH80312"));
        assert_eq!(read("]d2800406141419999960MH80312", &Options::default()).uri, None);
    }
}
