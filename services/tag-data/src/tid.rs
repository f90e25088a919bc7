//! The TID: what the chip's maker wrote and locked, and what it says.
//!
//! ```text
//! E2 | X S F | designer 9 | model 12 | if X: header 16, serial 48 + 16 x (n - 1), segments ...
//! E0 | maker 8 | serial 48                                     (ISO/IEC 7816-6)
//! ```
//! GS1 TDS 1.13 clause 16 and ISO/IEC 15963. X: an extended TID follows; S: the chip knows
//! security commands; F: it knows file commands; n: the first three bits of the header. A
//! locked TID is good evidence of a chip, never proof: emulators exist.

use std::fmt;
use std::str::FromStr;

use serde_json::{Map, Value};

use crate::bits::BitReader;
use crate::epc::{HexError, parse_hex};

/// A TID bank as read: 2 to 64 bytes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tid(Vec<u8>);

/// What a TID says. A field that the read did not reach is absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Class E2: an EPC chip.
    Chip(Chip),
    /// Class E0: a maker by ISO/IEC 7816-6 and a 48-bit serial, as in ISO/IEC 15693 labels.
    Iso7816 {
        /// The maker's registered number.
        maker: u8,
        /// The chip's serial, upper-case hex.
        serial: String,
    },
    /// Another class: its rest is not defined here.
    Other,
}

/// What a class E2 TID says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chip {
    /// X: an extended TID follows the model.
    pub extended: bool,
    /// S: the chip knows security commands.
    pub security: bool,
    /// F: the chip knows file commands.
    pub files: bool,
    /// Mask designer's registered number (9 bits).
    pub designer: u16,
    /// Tag model number (12 bits).
    pub model: u16,
    /// The extended TID's header.
    pub header: Option<u16>,
    /// How long the header says that the serial is; 0 without one.
    pub serial_bits: usize,
    /// The chip's serial, upper-case hex; absent if it was not read whole.
    pub serial: Option<String>,
    /// Everything behind the fields above, upper-case hex.
    pub rest: Option<String>,
}

/// Why a TID could not be read to its end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TidError {
    /// Fewer bytes were read than the class needs.
    #[error("a TID of class {class:02X} needs {need} bytes; {have} were read")]
    TooShort {
        /// Its first byte.
        class: u8,
        /// Bytes needed.
        need: usize,
        /// Bytes there.
        have: usize,
    },
    /// The header promises a serial that was not read whole.
    #[error("the TID's header promises a serial of {bits} bits; only {have} were read")]
    SerialCut {
        /// Bits promised.
        bits: usize,
        /// Bits there.
        have: usize,
    },
}

/// Registered mask designers whose chips are met on UHF labels (GS1 register of 2021).
const DESIGNERS: [(u16, &str); 12] = [
    (0x001, "Impinj"),
    (0x002, "Texas Instruments"),
    (0x003, "Alien Technology"),
    (0x004, "Intelleflex"),
    (0x005, "Atmel"),
    (0x006, "NXP Semiconductors"),
    (0x007, "STMicroelectronics"),
    (0x008, "EP Microelectronics"),
    (0x009, "Motorola"),
    (0x00A, "Sentech"),
    (0x00B, "EM Microelectronic"),
    (0x00C, "Renesas"),
];

impl Tid {
    /// The most bytes taken; no chip is known to have more.
    pub const BYTES_MAX: usize = 64;

    /// From the bytes of the TID bank.
    ///
    /// # Errors
    /// [`HexError::Length`] if there are fewer than 2 or more than 64.
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Result<Self, HexError> {
        let bytes = bytes.into();
        match bytes.len() {
            2..=Self::BYTES_MAX => Ok(Self(bytes)),
            count => Err(HexError::Length { bytes: count, least: 2, most: Self::BYTES_MAX }),
        }
    }

    /// The bytes as read.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The allocation class: the first byte.
    #[must_use]
    pub fn class(&self) -> u8 {
        self.0[0]
    }

    /// What the TID says, as far as it was read.
    ///
    /// # Errors
    /// [`TidError::TooShort`] if the read stops inside a field that every TID of its class has.
    pub fn meaning(&self) -> Result<Meaning, TidError> {
        let short = |need| TidError::TooShort { class: self.class(), need, have: self.0.len() };
        match self.class() {
            0xE2 => self.chip().map(Meaning::Chip).ok_or_else(|| short(4)),
            0xE0 if self.0.len() < 8 => Err(short(8)),
            0xE0 => Ok(Meaning::Iso7816 { maker: self.0[1], serial: hex::encode_upper(&self.0[2..8]) }),
            _ => Ok(Meaning::Other),
        }
    }

    /// The fields of class E2; `None` if the model was not read whole.
    fn chip(&self) -> Option<Chip> {
        let mut bits = BitReader::new(&self.0[1..]);
        let mut flag = || bits.take(1).map(|bit| bit == 1);
        let (extended, security, files) = (flag()?, flag()?, flag()?);
        let designer = bits.take(9)? as u16; // Nine bits.
        let model = bits.take(12)? as u16; // Twelve bits.
        let header = if extended { bits.take(16).map(|header| header as u16) } else { None };
        let behind = &self.0[self.0.len() - bits.left() / 8..];
        let serial_bits = header.map_or(0, |header| header >> 13).checked_sub(1).map_or(0, |more| 48 + 16 * usize::from(more));
        let whole = serial_bits > 0 && behind.len() * 8 >= serial_bits;
        let (serial, rest) = behind.split_at(if whole { serial_bits / 8 } else { 0 });
        let shown = |bytes: &[u8]| Some(hex::encode_upper(bytes)).filter(|hex| !hex.is_empty());
        Some(Chip { extended, security, files, designer, model, header, serial_bits, serial: shown(serial), rest: shown(rest) })
    }

    /// The fields as JSON, and what is wrong with the read.
    #[must_use]
    pub fn fields(&self) -> (Map<String, Value>, Option<TidError>) {
        let (mut fields, mut cut) = (Map::new(), None);
        let mut put = |name: &str, value: Value| fields.insert(name.to_owned(), value);
        put("tid", self.to_string().into());
        put("class", format!("{:02X}", self.class()).into());
        match self.meaning() {
            Ok(Meaning::Chip(chip)) => {
                let have = chip.rest.as_ref().map_or(0, |rest| rest.len() * 4);
                cut = (chip.serial_bits > 0 && chip.serial.is_none())
                    .then_some(TidError::SerialCut { bits: chip.serial_bits, have });
                put("xtid", chip.extended.into());
                put("security", chip.security.into());
                put("file", chip.files.into());
                put("mdid", format!("{:03X}", chip.designer).into());
                put("tmn", format!("{:03X}", chip.model).into());
                if let Some(name) = designer_name(chip.designer) {
                    put("designer", name.into());
                }
                if let Some(header) = chip.header {
                    put("xtid_header", format!("{header:04X}").into());
                }
                for (name, value) in [("serial", chip.serial), ("rest", chip.rest)] {
                    value.map(|value| put(name, value.into()));
                }
            }
            Ok(Meaning::Iso7816 { maker, serial }) => {
                put("manufacturer", format!("{maker:02X}").into());
                put("serial", serial.into());
            }
            Ok(Meaning::Other) => {}
            Err(error) => return (fields, Some(error)),
        }
        (fields, cut)
    }
}

/// Name of a mask designer, where it is known here.
#[must_use]
pub fn designer_name(designer: u16) -> Option<&'static str> {
    DESIGNERS.iter().find(|(number, _)| *number == designer).map(|(_, name)| *name)
}

impl FromStr for Tid {
    type Err = HexError;

    fn from_str(text: &str) -> Result<Self, HexError> {
        parse_hex(text, 2, Self::BYTES_MAX).map(Self)
    }
}

/// Upper-case hex, as it is stored.
impl fmt::Display for Tid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode_upper(&self.0))
    }
}

impl fmt::Debug for Tid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tid({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(tid: &str, want: &str) {
        let shown = match tid.parse::<Tid>().unwrap().meaning() {
            Ok(Meaning::Chip(chip)) => {
                format!(
                    "{:03X}.{:03X} {:04X?} serial {:?} rest {:?}",
                    chip.designer, chip.model, chip.header, chip.serial, chip.rest
                )
            }
            Ok(other) => format!("{other:?}"),
            Err(error) => error.to_string(),
        };
        assert_eq!(shown, want);
    }

    #[test]
    fn serials_are_as_long_as_the_header_says() {
        check("E2801170200014CD9B5A08EC", r#"001.170 Some(2000) serial Some("14CD9B5A08EC") rest None"#);
        check("E2806894400050010203040506070809", r#"006.894 Some(4000) serial Some("5001020304050607") rest Some("0809")"#);
        check("E28011702000AABB", r#"001.170 Some(2000) serial None rest Some("AABB")"#);
        check("E2003412", "003.412 None serial None rest None");
        check("E2801170", "001.170 None serial None rest None");
        check("E280", "a TID of class E2 needs 4 bytes; 2 were read");
        check("E0040150954F02B1", r#"Iso7816 { maker: 4, serial: "0150954F02B1" }"#);
        check("11A210BC4C02FD00", "Other");
    }
}
