//! The Mercury protocol's numbers as words: regions, commands and the reader's refusals.
//!
//! Codes come from the module guides and the vendor's public headers. An unknown code is told as
//! its number, never guessed.

/// Regions a module can be told to keep to, by the names used in the configuration.
pub const REGIONS: [(&str, u8); 13] = [
    ("NA", 0x01),
    ("EU", 0x02),
    ("KR", 0x03),
    ("IN", 0x04),
    ("JP", 0x05),
    ("PRC", 0x06),
    ("EU2", 0x07),
    ("EU3", 0x08),
    ("KR2", 0x09),
    ("PRC2", 0x0A),
    ("AU", 0x0B),
    ("NZ", 0x0C),
    ("OPEN", 0xFF),
];

/// The opcode in words.
#[must_use]
pub const fn opcode(opcode: u8) -> &'static str {
    match opcode {
        0x03 => "version",
        0x04 => "boot the application",
        0x22 => "tag stream",
        0x2F => "continuous read",
        0x91 => "antenna",
        0x92 => "read power",
        0x93 => "tag protocol",
        0x97 => "region",
        _ => "command",
    }
}

/// The status in words.
#[must_use]
pub const fn status(status: u16) -> &'static str {
    match status {
        0x0100 => "wrong number of data bytes",
        0x0101 => "unknown opcode",
        0x0102 => "opcode not implemented",
        0x0103 => "power above what the module or region allows",
        0x0104 => "frequency not allowed",
        0x0105 => "parameter out of range",
        0x0106 => "power below the module's lowest",
        0x0109 => "feature not implemented",
        0x010A => "baud rate not supported",
        0x010B => "region not supported",
        0x0200..=0x0204 => "the module's firmware does not start",
        0x0300..=0x030A => "the module's flash memory failed",
        0x0400 => "no tag found",
        0x0401 => "no tag protocol set",
        0x0402 => "tag protocol not supported",
        0x0403 => "tag memory locked",
        0x0404 => "tag data not read",
        0x0405 => "the radio is off",
        0x0406 => "tag write failed",
        0x0409 => "no such tag address",
        0x040A => "tag error",
        0x0500 => "frequency not valid",
        0x0501 => "channel occupied",
        0x0502 => "transmitter already on",
        0x0503 => "antenna not connected",
        0x0504 => "module too hot, it throttles",
        0x0505 => "high return loss: antenna or cable bad or missing",
        0x0507 => "antenna settings not valid",
        0x0600 => "too many tags for the module's memory",
        0x7F00..=0x7F0F => "the module failed inside",
        _ => "unknown refusal",
    }
}

/// The region's code.
#[must_use]
pub fn region(name: &str) -> Option<u8> {
    REGIONS.iter().find(|(known, _)| *known == name).map(|(_, code)| *code)
}
