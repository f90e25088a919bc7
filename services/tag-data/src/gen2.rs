//! The air interface's own check: the CRC-16 that a Gen2 tag sends behind PC and EPC.
//!
//! CRC-16/GENIBUS: polynomial 0x1021, start 0xFFFF, inverted at the end, most significant bit
//! first (ISO/IEC 18000-63, Annex F). Every reader that hands the tag's CRC on can be checked
//! with it; a report whose CRC does not agree was garbled after the radio.

/// The CRC-16 over PC and EPC as the tag computes it.
#[must_use]
pub fn crc16(pc_and_epc: &[u8]) -> u16 {
    let mut crc = u16::MAX;
    for byte in pc_and_epc {
        crc ^= u16::from(*byte) << 8;
        for _ in 0..8 {
            crc = if crc & 0x8000 == 0 { crc << 1 } else { crc << 1 ^ 0x1021 };
        }
    }
    !crc
}

/// Whether `crc` is what a tag with this PC and EPC sends.
#[must_use]
pub fn crc_agrees(pc: u16, epc: &[u8], crc: u16) -> bool {
    let mut bytes = pc.to_be_bytes().to_vec();
    bytes.extend_from_slice(epc);
    crc16(&bytes) == crc
}

/// How many bytes of EPC a PC word announces: its first five bits count 16-bit words.
#[must_use]
pub const fn epc_bytes(pc: u16) -> usize {
    (pc >> 11) as usize * 2
}

/// The PC word of a plain EPC of `bytes` bytes (rounded up to words, at most 31 of them).
#[must_use]
pub const fn pc_of(bytes: usize) -> u16 {
    let words = bytes.div_ceil(2);
    (if words > 31 { 31 } else { words as u16 }) << 11
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pc_and_epc: &str, want: u16) {
        let bytes = hex::decode(pc_and_epc).unwrap();
        assert_eq!(crc16(&bytes), want);
        let pc = u16::from_be_bytes([bytes[0], bytes[1]]);
        assert_eq!(epc_bytes(pc), bytes.len() - 2);
        assert_eq!(pc_of(bytes.len() - 2), pc & 0xF800);
        assert!(crc_agrees(pc, &bytes[2..], want));
        assert!(!crc_agrees(pc, &bytes[2..], want ^ 1));
    }

    #[test]
    fn frames_published_by_makers_agree() {
        check("3000000000000000000000001545", 0xE94A); // A ThingMagic module's stream.
        check("340030751FEB705C5904E3D50D70", 0x3A76); // M100 documentation.
        check("3000E200001D7315016521408FC6", 0xB83E); // Two captures of M100 modules.
        check("3400E200471BB0006013044509D0", 0x9582);
    }
}
