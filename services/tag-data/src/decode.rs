//! One question, one answer: what does this text say? It may be EPC hex, TID hex or a barcode.
//!
//! How the three are told apart, in this order:
//! 1. A prefix decides: `epc:`, `tid:`, `barcode:`, and `visible:` for a barcode whose control
//!    characters are shown as substitutes. A tag URI (`urn:epc:tag:`) is written as a tag.
//! 2. Hex of 16 digits or more is a tag: a TID if it begins with E2 or with E0 and has a TID's
//!    length (a factory EPC may repeat its chip's TID: say `epc:` for that), else an EPC. E2 and
//!    six more digits are a short TID. Digits alone that are a faultless GS1 element string,
//!    or a number with a right check digit, are a barcode.
//! 3. Everything else is a barcode, and in the worst case a text that stands for itself.
//!
//! Nothing is refused and nothing panics; what is wrong stands in `error`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::barcode::{self, Options, TEXT_BYTES_MAX};
use crate::chars::quote;
use crate::epc::Epc;
use crate::gs1::{self, Elements};
use crate::tid::Tid;

/// What carried the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A UHF tag's EPC bank.
    Epc,
    /// A chip's TID bank.
    Tid,
    /// A printed or engraved code.
    Barcode,
}

/// The answer, one JSON object; what is absent is left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Decoded {
    /// What the text was taken for.
    pub kind: Kind,
    /// The EPC as upper-case hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epc: Option<String>,
    /// Coding scheme: `giai-96`, `adi-var`, `tid-e2`, `iuid`, `gs1`, `gtin`, `iso15434`, `text`, `unknown` ...
    pub scheme: String,
    /// Pure-identity URI (`urn:epc:id:`), only where it is certain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    /// Tag URI (`urn:epc:tag:`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag_uri: Option<String>,
    /// What it says, by name.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub fields: Map<String, Value>,
    /// What is wrong, as a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Says what a text says.
#[must_use]
pub fn decode(value: &str) -> Decoded {
    decode_with(value, &Options::default())
}

/// Says what a text says, with what the caller knows about scanner and numbers.
#[must_use]
pub fn decode_with(value: &str, options: &Options) -> Decoded {
    let value = value.trim_end_matches(['\r', '\n']);
    let trimmed = value.trim();
    for (prefix, reader) in [("epc:", epc as fn(&str) -> Decoded), ("tid:", tid)] {
        if let Some(rest) = trimmed.strip_prefix(prefix) {
            return reader(rest.trim());
        }
    }
    if let Some(rest) = value.strip_prefix("visible:") {
        return scanned(rest, &Options { visible_controls: true, ..options.clone() });
    }
    if let Some(rest) = value.strip_prefix("barcode:") {
        return scanned(rest, options);
    }
    if trimmed.starts_with("urn:epc:tag:") {
        return written(trimmed);
    }
    match guess(trimmed) {
        Kind::Epc => epc(trimmed),
        Kind::Tid => guessed_tid(trimmed),
        Kind::Barcode => scanned(value, options),
    }
}

/// The pure-identity URI of an EPC, where its scheme is known: what a gateway puts into
/// [`Report::uri`](crate::scan::Report::uri) for a tag.
#[must_use]
pub fn epc_uri(hex: &str) -> Option<String> {
    hex.parse::<Epc>().ok()?.uri()
}

/// The pure-identity URI of a barcode, where it is certain: what a gateway puts into
/// [`Report::uri`](crate::scan::Report::uri) for a code.
#[must_use]
pub fn barcode_uri(scanned: &str, options: &Options) -> Option<String> {
    barcode::read(scanned, options).uri
}

/// Tells tags from barcodes; the rules stand at the head of this file.
fn guess(text: &str) -> Kind {
    const TAG_DIGITS: usize = 16;
    let hex = !text.is_empty() && text.bytes().all(|b| b.is_ascii_hexdigit());
    let digits_only = text.bytes().all(|b| b.is_ascii_digit());
    let begins = |class: &str| text.get(..2).is_some_and(|first| first.eq_ignore_ascii_case(class));
    if !hex {
        return Kind::Barcode;
    }
    if digits_only && (text.len() < TAG_DIGITS || !is_known_tag(text)) {
        let read = Elements::parse(text);
        let gtin = matches!(text.len(), 8 | 12 | 13 | 14) && gs1::checks(text);
        if gtin || barcode::is_element_string(text, &read) {
            return Kind::Barcode;
        }
    }
    if begins("E2") && (text.len() == 8 || (TAG_DIGITS..=Tid::BYTES_MAX * 2).contains(&text.len()))
        || begins("E0") && text.len() == TAG_DIGITS
    {
        return Kind::Tid;
    }
    // An odd number of digits is a tag only where it can hardly be anything else.
    let tag = text.len() >= TAG_DIGITS && (text.len().is_multiple_of(2) || !digits_only);
    if tag { Kind::Epc } else { Kind::Barcode }
}

fn is_known_tag(hex: &str) -> bool {
    hex.parse::<Epc>().is_ok_and(|epc| matches!(epc.identity(), Ok(Some(_))))
}

fn answer(kind: Kind, scheme: &str) -> Decoded {
    let (epc, uri, tag_uri, error) = (None, None, None, None);
    Decoded { kind, epc, scheme: scheme.to_owned(), uri, tag_uri, fields: Map::new(), error }
}

fn epc(hex: &str) -> Decoded {
    match hex.parse::<Epc>() {
        Ok(epc) => tag(&epc),
        Err(error) => Decoded { error: Some(format!("{} is no EPC: {error}", quote(hex))), ..answer(Kind::Epc, "unknown") },
    }
}

fn tag(epc: &Epc) -> Decoded {
    let mut decoded = answer(Kind::Epc, epc.scheme().unwrap_or("unknown"));
    decoded.epc = Some(epc.to_string());
    let mut note = |text: &str| drop(decoded.fields.insert("note".to_owned(), text.into()));
    if let Some((front, tid)) = epc.appended_tid() {
        note("the chip's TID stands behind its EPC, as FastID sends it: this is the tag of the shorter EPC, not a new one");
        decoded.fields.insert("tag_epc".to_owned(), front.to_string().into());
        decoded.fields.insert("tag_tid".to_owned(), tid.to_string().into());
        if let Ok(Some(identity)) = front.identity() {
            decoded.fields.extend(identity.fields());
            (decoded.uri, decoded.tag_uri) = (Some(identity.uri), Some(identity.tag_uri));
        }
        return decoded;
    }
    if let Some(meant) = epc.spelled_out() {
        note("every byte is the code of a hex digit: this reader seems to send the EPC as text");
        decoded.fields.insert("spelled_epc".to_owned(), meant.to_string().into());
    } else if epc.bytes().len() % 2 == 1 {
        note("an odd number of bytes: a tag sends whole words, so this read may be cut");
    }
    match epc.identity() {
        Ok(Some(identity)) => {
            decoded.fields.extend(identity.fields());
            (decoded.uri, decoded.tag_uri) = (Some(identity.uri), Some(identity.tag_uri));
        }
        Ok(None) => {}
        Err(error) => decoded.error = Some(error.to_string()),
    }
    decoded
}

fn tid(hex: &str) -> Decoded {
    match hex.parse::<Tid>() {
        Ok(tid) => {
            let scheme = match tid.class() {
                0xE2 => "tid-e2",
                0xE0 => "tid-e0",
                _ => "unknown",
            };
            let (fields, error) = tid.fields();
            Decoded { fields, error: error.map(|error| error.to_string()), ..answer(Kind::Tid, scheme) }
        }
        Err(error) => Decoded { error: Some(format!("{} is no TID: {error}", quote(hex))), ..answer(Kind::Tid, "unknown") },
    }
}

/// A tag taken for a TID by its first digits alone; where it makes a poor TID, that is said.
fn guessed_tid(hex: &str) -> Decoded {
    let mut decoded = tid(hex);
    if decoded.error.is_some() {
        let note = "factory EPCs may begin like a TID: if this was read from the EPC bank, write epc: in front of it";
        decoded.fields.insert("note".to_owned(), note.into());
    }
    decoded
}

fn written(uri: &str) -> Decoded {
    match Epc::from_tag_uri(uri) {
        Ok(epc) => tag(&epc),
        Err(error) => Decoded { error: Some(error.to_string()), ..answer(Kind::Epc, "unknown") },
    }
}

fn scanned(text: &str, options: &Options) -> Decoded {
    if text.is_empty() {
        return Decoded { error: Some("nothing was given".to_owned()), ..answer(Kind::Barcode, "text") };
    }
    let mut reading = barcode::read(text, options);
    if text.len() > TEXT_BYTES_MAX {
        reading.fields.remove("text"); // The caller has it; an answer stays bounded.
    }
    let (uri, fields, error) = (reading.uri, reading.fields, reading.error);
    Decoded { uri, fields, error, ..answer(Kind::Barcode, reading.scheme) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: &str, want: &str) {
        let decoded = decode(value);
        assert_eq!(format!("{:?} {}", decoded.kind, decoded.scheme), want, "{value}");
    }

    #[test]
    fn tags_and_barcodes_are_told_apart() {
        check("3034257BF468D480000003EC", "Epc sgtin-96");
        check("3034257bf468d480000003ec\r\n", "Epc sgtin-96");
        check("000000000000000000001545", "Epc unknown");
        check("30395FB4A3D525C00000000", "Epc unknown"); // One digit short.
        check("E2801170200014CD9B5A08EC", "Tid tid-e2");
        check("epc:E2801170200014CD9B5A08EC", "Epc unknown");
        check("E2003412", "Tid tid-e2");
        check("E0040150954F02B1", "Tid tid-e0");
        check("tid:11A210BC4C02FD00", "Tid unknown");
        check("4006381333931", "Barcode gtin");
        check("96385074", "Barcode gtin");
        check("0109506000134352", "Barcode gs1");
        check("01095060001343522112", "Barcode gs1");
        check("DEADBEEF", "Barcode text");
        check("6403315", "Barcode text");
        check("barcode:3034257BF468D480000003EC", "Barcode text");
        check("urn:epc:tag:giai-96:0.0614141.12345400", "Epc giai-96");
        check("", "Barcode text");
    }

    #[test]
    fn a_gateway_gets_its_uri() {
        assert_eq!(epc_uri("3434257BF400000000BC6038").as_deref(), Some("urn:epc:id:giai:0614141.12345400"));
        assert_eq!((epc_uri("000000000000000000001545"), epc_uri("xyz")), (None, None));
        let mark = "]d1[)>\u{1e}06\u{1d}18S1VPX8786950\u{1e}\u{4}";
        assert_eq!(barcode_uri(mark, &Options::default()).as_deref(), Some("urn:epc:id:adi:1VPX8..786950"));
    }
}
