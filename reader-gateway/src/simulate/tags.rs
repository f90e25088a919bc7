//! The tags file of a simulated reader.
//!
//! ```text
//! 30395FB4A3D525C000000001                                  # an EPC, in hex
//! 30395FB4A3D525C000000002 E28011602000764E0A1B2C3D         # with its TID
//! 30395FB4A3D525C000000003 @2                               # before antenna 2
//! ```
//! For a scanner each line is the text of a code, taken as it stands but for `\xNN`, which is that byte.

use crate::protocol::DriverName;

/// What a tag carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A UHF tag.
    Epc {
        /// The EPC bank.
        epc: Vec<u8>,
        /// The chip's serial, where the reader reads it.
        tid: Option<Vec<u8>>,
    },
    /// A printed code's bytes.
    Text(Vec<u8>),
}

/// One tag before a simulated reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// What it carries.
    pub mark: Mark,
    /// The antenna that hears it, from 1.
    pub antenna: u8,
    /// How strongly, in dBm.
    pub rssi_dbm: i8,
}

impl Tag {
    /// A UHF tag before antenna 1.
    #[must_use]
    pub fn epc(epc: &[u8], tid: Option<&[u8]>) -> Self {
        Self { mark: Mark::Epc { epc: epc.to_vec(), tid: tid.map(<[u8]>::to_vec) }, antenna: 1, rssi_dbm: -60 }
    }

    /// A printed code.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self { mark: Mark::Text(text.as_bytes().to_vec()), antenna: 1, rssi_dbm: 0 }
    }
}

/// A line of a tags file that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the tags file: {why}")]
pub struct BadTag {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong.
    pub why: &'static str,
}

/// Reads a tags file for a reader of this kind.
///
/// # Errors
/// The first line that is no tag.
pub fn parse(driver: DriverName, file: &str) -> Result<Vec<Tag>, BadTag> {
    let mut tags = Vec::new();
    for (index, line) in file.lines().enumerate() {
        let bad = |why| BadTag { line: index + 1, why };
        let tag = match driver {
            DriverName::BarcodeLine if line.is_empty() || line.starts_with('#') => continue,
            DriverName::BarcodeLine => Tag { mark: Mark::Text(unescape(line).map_err(bad)?), antenna: 1, rssi_dbm: 0 },
            DriverName::Mercury | DriverName::ZebraIotc => match epc_line(line).map_err(bad)? {
                Some(tag) => tag,
                None => continue,
            },
        };
        tags.push(tag);
    }
    Ok(tags)
}

fn epc_line(line: &str) -> Result<Option<Tag>, &'static str> {
    let (mut parts, mut antenna) = (Vec::new(), 1);
    for word in line.split('#').next().unwrap_or_default().split_whitespace() {
        match word.strip_prefix('@') {
            Some(number) => {
                antenna = number.parse().ok().filter(|number| (1..=15).contains(number)).ok_or("antennas are @1 to @15")?;
            }
            None => parts.push(hex::decode(word).map_err(|_| "an EPC or TID is hex, two digits a byte")?),
        }
    }
    if parts.iter().any(|part| part.is_empty() || part.len() > 62 || part.len() % 2 != 0) {
        return Err("an EPC or TID has 2 to 62 bytes, in words of two");
    }
    match &parts[..] {
        [] => Ok(None),
        [epc] => Ok(Some(Tag { antenna, ..Tag::epc(epc, None) })),
        [epc, tid] => Ok(Some(Tag { antenna, ..Tag::epc(epc, Some(tid)) })),
        _ => Err("more than an EPC and a TID"),
    }
}

fn unescape(line: &str) -> Result<Vec<u8>, &'static str> {
    let mut parts = line.split("\\x");
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let code = part.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok()).ok_or("\\x needs two hex digits")?;
        bytes.push(code);
        bytes.extend_from_slice(&part.as_bytes()[2..]);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        let file = "# rack 1\n\n30ab # one\n30AC E280 @3\n";
        let want = vec![Tag::epc(&[0x30, 0xAB], None), Tag { antenna: 3, ..Tag::epc(&[0x30, 0xAC], Some(&[0xE2, 0x80])) }];
        assert_eq!(parse(DriverName::Mercury, file), Ok(want));
        let text = parse(DriverName::BarcodeLine, "[)>\\x1e06\\x1d1T\n").unwrap();
        assert_eq!(text[0].mark, Mark::Text(b"[)>\x1e06\x1d1T".to_vec()));
    }

    #[test]
    fn bad_lines_are_named() {
        let why = |file| parse(DriverName::ZebraIotc, file).unwrap_err().to_string();
        assert_eq!(why("30AB\nxyz"), "line 2 of the tags file: an EPC or TID is hex, two digits a byte");
        assert_eq!(why("30AB @0"), "line 1 of the tags file: antennas are @1 to @15");
        assert_eq!(why("30AB E280 E280"), "line 1 of the tags file: more than an EPC and a TID");
        assert_eq!(why("30"), "line 1 of the tags file: an EPC or TID has 2 to 62 bytes, in words of two");
    }
}
