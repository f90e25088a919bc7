//! The EPC: what a UHF tag's EPC bank holds, and what it says.
//!
//! The hex that was read is always kept; meaning stands beside it. A tag of a scheme that is
//! not known here is opaque and that is no error: most weapons carry a factory number that the
//! registry binds. A tag whose bits contradict its own header is opaque too, and says why.
//! A tag number never identifies a weapon by itself.

use std::fmt;
use std::str::FromStr;

use serde_json::{Map, Value};

use crate::chars::quote;
use crate::gs1;
use crate::iuid;
use crate::layout::{Layout, Spoken};
use crate::scheme_error::SchemeError;
use crate::tid::Tid;
use crate::{adi, cpi, giai, gid, grai, sgln, sgtin, sscc, usdod};

/// Every scheme that is read and written here.
static LAYOUTS: [&Layout; 14] = [
    &sgtin::SGTIN_96,
    &sgtin::SGTIN_198,
    &sscc::SSCC_96,
    &sgln::SGLN_96,
    &sgln::SGLN_195,
    &grai::GRAI_96,
    &grai::GRAI_170,
    &giai::GIAI_96,
    &giai::GIAI_202,
    &gid::GID_96,
    &cpi::CPI_96,
    &cpi::CPI_VAR,
    &usdod::USDOD_96,
    &adi::ADI_VAR,
];

/// An EPC as read: 1 to 62 bytes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epc(Vec<u8>);

/// Why a text is not an EPC, a TID or any other hex.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HexError {
    /// Nothing was given.
    #[error("no hex digits were given")]
    Empty,
    /// A character that is no hex digit.
    #[error("character {at} is {found:?}, not a hex digit")]
    NotHex {
        /// Counted from 1.
        at: usize,
        /// What stands there.
        found: char,
    },
    /// The last digit has no partner.
    #[error("{digits} hex digits are an odd number; the last, at {digits}, has no partner")]
    Odd {
        /// How many there are.
        digits: usize,
    },
    /// More or fewer bytes than fit.
    #[error("{bytes} bytes were given; {least} to {most} are allowed")]
    Length {
        /// Bytes given.
        bytes: usize,
        /// Fewest allowed.
        least: usize,
        /// Most allowed.
        most: usize,
    },
}

/// Hex digits to bytes, with the place of what is wrong.
pub(crate) fn parse_hex(text: &str, least: usize, most: usize) -> Result<Vec<u8>, HexError> {
    let digits = text.len();
    if text.is_empty() {
        return Err(HexError::Empty);
    }
    if digits > most * 2 && text.is_ascii() {
        return Err(HexError::Length { bytes: digits.div_ceil(2), least, most });
    }
    if let Some((at, found)) = text.chars().enumerate().find(|(_, c)| !c.is_ascii_hexdigit()) {
        return Err(HexError::NotHex { at: at + 1, found });
    }
    match hex::decode(text) {
        Ok(bytes) if bytes.len() < least => Err(HexError::Length { bytes: bytes.len(), least, most }),
        Ok(bytes) => Ok(bytes),
        Err(_) => Err(HexError::Odd { digits }),
    }
}

impl Epc {
    /// The most bytes an EPC bank can announce: 31 words.
    pub const BYTES_MAX: usize = 62;

    /// From the bytes of the EPC bank behind the PC word.
    ///
    /// # Errors
    /// [`HexError::Length`] if there are none or more than 62.
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Result<Self, HexError> {
        let bytes = bytes.into();
        match bytes.len() {
            1..=Self::BYTES_MAX => Ok(Self(bytes)),
            count => Err(HexError::Length { bytes: count, least: 1, most: Self::BYTES_MAX }),
        }
    }

    /// Writes a tag URI (`urn:epc:tag:...`) into an EPC, for commissioning and simulators.
    ///
    /// # Errors
    /// [`SchemeError`] says which part does not fit the scheme.
    pub fn from_tag_uri(uri: &str) -> Result<Self, SchemeError> {
        let stranger = || SchemeError::NotATagUri(quote(uri));
        let (name, values) = uri.strip_prefix("urn:epc:tag:").and_then(|rest| rest.split_once(':')).ok_or_else(stranger)?;
        let layout = LAYOUTS.iter().find(|layout| layout.name == name);
        layout.ok_or_else(|| SchemeError::UnknownScheme(quote(name)))?.encode(values)
    }

    /// The bytes as read.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// What the tag says: nothing if its scheme is not known here.
    ///
    /// # Errors
    /// [`SchemeError`] if the bits contradict the header; the tag then is opaque.
    pub fn identity(&self) -> Result<Option<Identity>, SchemeError> {
        self.layout().map(|layout| layout.decode(self)).transpose()
    }

    /// The scheme its header names, whether or not the rest keeps the promise.
    #[must_use]
    pub fn scheme(&self) -> Option<&'static str> {
        self.layout().map(|layout| layout.name)
    }

    /// Its pure-identity URI, where it has one.
    #[must_use]
    pub fn uri(&self) -> Option<String> {
        Some(self.identity().ok()??.uri)
    }

    fn layout(&self) -> Option<&'static Layout> {
        LAYOUTS.iter().copied().find(|layout| layout.header == self.0[0])
    }

    /// An EPC with the chip's TID behind it, as chips in Impinj's FastID mode answer (Impinj
    /// support article 115000042850): the same tag, not a new one.
    ///
    /// Taken as such if a 12-byte TID that begins E280 1 (Impinj, extended) stands at the very
    /// end or one word before it, and the whole is not itself a clean tag of a known scheme.
    #[must_use]
    pub fn appended_tid(&self) -> Option<(Epc, Tid)> {
        const TID: usize = 12;
        if matches!(self.identity(), Ok(Some(_))) {
            return None;
        }
        [self.0.len().checked_sub(TID)?, self.0.len().checked_sub(TID + 2)?].into_iter().find_map(|at| {
            let (epc, rest) = self.0.split_at(at);
            let tid = &rest[..TID];
            let is_tid = epc.len() >= 4 && epc.len() % 2 == 0 && tid[..2] == [0xE2, 0x80] && tid[2] >> 4 == 1;
            is_tid.then(|| Some((Epc::from_bytes(epc).ok()?, Tid::from_bytes(tid).ok()?))).flatten()
        })
    }

    /// Whether every byte is the ASCII code of a hex digit: some readers send the EPC so, and
    /// then this is twice as long as the tag's.
    #[must_use]
    pub fn spelled_out(&self) -> Option<Epc> {
        let text = std::str::from_utf8(&self.0).ok().filter(|text| text.len() >= 16)?;
        text.parse().ok()
    }
}

impl FromStr for Epc {
    type Err = HexError;

    fn from_str(text: &str) -> Result<Self, HexError> {
        parse_hex(text, 1, Self::BYTES_MAX).map(Self)
    }
}

/// Upper-case hex, as it is stored.
impl fmt::Display for Epc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode_upper(&self.0))
    }
}

impl fmt::Debug for Epc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Epc({self})")
    }
}

/// What a tag of a known scheme says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Coding scheme, such as `giai-96`.
    pub scheme: &'static str,
    /// Filter value, where the scheme has one.
    pub filter: Option<u8>,
    /// Parts in the scheme's order: name and plain text, leading zeros kept.
    pub parts: Vec<(&'static str, String)>,
    /// Pure-identity URI, `urn:epc:id:...`: the same for every tag of one thing.
    pub uri: String,
    /// Tag URI, `urn:epc:tag:...`: with coding scheme and filter; writes the same bits again.
    pub tag_uri: String,
}

impl Identity {
    pub(crate) fn new(layout: &Layout, filter: Option<u8>, spoken: Vec<Spoken>) -> Self {
        let tail = spoken.iter().map(|part| part.uri.as_str()).collect::<Vec<_>>().join(".");
        let filtered = filter.map_or(String::new(), |filter| format!("{filter}."));
        Self {
            scheme: layout.name,
            filter,
            uri: format!("urn:epc:id:{}:{tail}", layout.identity),
            tag_uri: format!("urn:epc:tag:{}:{filtered}{tail}", layout.name),
            parts: spoken.into_iter().map(|part| (part.name, part.text)).collect(),
        }
    }

    /// A part by name, such as `serial`.
    #[must_use]
    pub fn part(&self, name: &str) -> Option<&str> {
        self.parts.iter().find(|(part, _)| *part == name).map(|(_, text)| text.as_str())
    }

    /// The parts as JSON, with the key under which people and barcodes know the same thing.
    #[must_use]
    pub fn fields(&self) -> Map<String, Value> {
        let mut fields: Map<String, Value> =
            self.parts.iter().map(|(name, text)| ((*name).to_owned(), text.as_str().into())).collect();
        if let Some(filter) = self.filter {
            fields.insert("filter".to_owned(), filter.into());
        }
        if let Some((name, key)) = self.key() {
            fields.insert(name.to_owned(), key.into());
        }
        fields
    }

    /// GTIN, SSCC, GLN, GRAI, GIAI or UII with its check digit.
    fn key(&self) -> Option<(&'static str, String)> {
        let prefix = self.part("company_prefix").unwrap_or_default();
        let part = |name| self.part(name).unwrap_or_default();
        // The reference's first digit stands in front of the company prefix in a GTIN and an SSCC.
        let swapped = |reference: &str| gs1::with_check_digit(&format!("{}{prefix}{}", &reference[..1], &reference[1..]));
        match self.scheme.split('-').next()? {
            "sgtin" => Some(("gtin", swapped(part("item_reference")))),
            "sscc" => Some(("sscc", swapped(part("serial_reference")))),
            "sgln" => Some(("gln", gs1::with_check_digit(&format!("{prefix}{}", part("location_reference"))))),
            "grai" => {
                let asset = gs1::with_check_digit(&format!("{prefix}{}", part("asset_type")));
                Some(("grai", format!("{asset}{}", part("serial"))))
            }
            "giai" => Some(("giai", format!("{prefix}{}", part("asset_reference")))),
            // A serial behind '#' was given for the tag alone, so there is no UII.
            "adi" if !part("serial").starts_with('#') => {
                let cage = part("cage");
                let agency = if cage.len() == 5 { "D" } else { "LD" };
                let uii = format!("{agency}{cage}{}{}", part("part_number"), part("serial"));
                (uii.len() <= iuid::UII_MAX).then_some(("uii", uii))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, want: &str) {
        let shown = text.parse::<Epc>().map_or_else(|e| e.to_string(), |epc| epc.to_string());
        assert_eq!(shown, want);
    }

    #[test]
    fn hex_is_parsed_at_the_door() {
        check("00", "00");
        check("3034abCD", "3034ABCD");
        check("", "no hex digits were given");
        check("123", "3 hex digits are an odd number; the last, at 3, has no partner");
        check("12G4", "character 3 is 'G', not a hex digit");
        check("12é4", "character 3 is 'é', not a hex digit");
        check(&"00".repeat(62), &"00".repeat(62));
        check(&"00".repeat(63), "63 bytes were given; 1 to 62 are allowed");
    }

    #[track_caller]
    fn refuses(uri: &str, want: &str) {
        assert_eq!(Epc::from_tag_uri(uri).map_or_else(|e| e.to_string(), |epc| epc.to_string()), want);
    }

    #[test]
    fn a_tag_uri_that_does_not_fit_is_refused_with_a_reason() {
        refuses(
            "urn:epc:id:giai:0614141.1",
            "\"urn:epc:id:giai:0614141.1\" is not a tag URI; one looks like urn:epc:tag:giai-96:0.0614141.12345400",
        );
        refuses("urn:epc:tag:upui-96:1", "scheme \"upui-96\" is not known here");
        refuses("urn:epc:tag:giai-96:0.0614141", "giai-96 has 3 parts; 2 were given");
        refuses("urn:epc:tag:giai-96:8.0614141.1", "filter \"8\" does not fit: it is too large for its place in the tag");
        refuses(
            "urn:epc:tag:giai-96:0.0614141.007",
            "asset_reference \"007\" does not fit: a number without leading zeros is wanted",
        );
        refuses("urn:epc:tag:giai-96:0.06141.1", "company_prefix \"06141\" does not fit: 6 to 12 digits are allowed");
        refuses("urn:epc:tag:giai-202:0.0614141.A/B", "asset_reference \"A/B\" does not fit: a character in it is not allowed");
        refuses(
            "urn:epc:tag:usdod-96:0.2S194.68719476736",
            "serial \"68719476736\" does not fit: it is too large for its place in the tag",
        );
        refuses("urn:epc:tag:adi-var:0.2SI94..1", "\"2SI94\" is neither a CAGE code nor a DoDAAC");
        refuses(
            "urn:epc:tag:adi-var:0.2S194.%23A.1",
            "part_number \"#A\" does not fit: a number sign may only stand first in a serial",
        );
        refuses("urn:epc:tag:adi-var:0.2S194.A.", "serial has 0 characters; 1 to 30 are allowed");
        refuses(
            "urn:epc:tag:sgtin-96:1.0614141.12345.1",
            "item_reference \"12345\" does not fit: it must have all the digits that the company prefix leaves",
        );
    }

    #[test]
    fn an_epc_with_its_tid_behind_it_is_recognised() {
        let (epc, tid) = ("3034257BF468D480000003EC", "E2801170200014CD9B5A08EC");
        for whole in [format!("{epc}{tid}"), format!("{epc}{tid}12AB")] {
            let found = whole.parse::<Epc>().unwrap().appended_tid().map(|(epc, tid)| (epc.to_string(), tid.to_string()));
            assert_eq!(found, Some((epc.to_owned(), tid.to_owned())));
        }
        assert_eq!(epc.parse::<Epc>().unwrap().appended_tid(), None);
        assert_eq!(tid.parse::<Epc>().unwrap().appended_tid(), None);
    }

    #[test]
    fn an_epc_spelled_out_in_ascii_is_recognised() {
        let spelled = Epc::from_bytes(b"3034257BF468D480000003EC".to_vec()).unwrap();
        assert_eq!(spelled.spelled_out().map(|epc| epc.to_string()).as_deref(), Some("3034257BF468D480000003EC"));
        assert_eq!("3034257BF468D480000003EC".parse::<Epc>().unwrap().spelled_out(), None);
    }
}
