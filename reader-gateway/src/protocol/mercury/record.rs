//! One tag record of a Mercury stream (opcode 22, status 0), by its metadata flags.
//!
//! ```text
//! 10 option | 001B search flags | 01FF metadata flags | 01 kind (1 = tag)
//!   0001 read count u8        0002 rssi i8 dBm        0004 antenna: tx nibble, rx nibble
//!   0008 frequency u24 kHz    0010 time u32 ms since the last keep-alive
//!   0020 phase u16            0040 protocol u8        0080 embedded data: bits u16, bytes
//!   0100 gpio u8              0200, 0400, 0800 three Gen2 settings, u8 each
//! EPC bits u16 (PC and checksum included) | PC | [XPC] | EPC | EPC checksum
//! ```
//! Flags come in any combination and always in this order. A flag not known here makes the rest
//! unreadable, so such a record is refused as a whole and never half believed.

use tag_data::gen2::crc16;

/// The metadata this driver asks for.
pub const USUAL_FLAGS: u16 = 0x01FF;
const KNOWN_FLAGS: u16 = 0x0FFF;
/// Protocol number of Gen2, which is also meant when a record names none.
pub const GEN2: u8 = 0x05;

/// A record, read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// Reads folded into it.
    pub count: Option<u8>,
    /// Signal in dBm.
    pub rssi_dbm: Option<i8>,
    /// Transmitting antenna, from 1; the nibble 0 stands for 16.
    pub antenna: Option<u8>,
    /// Milliseconds since the module's last keep-alive.
    pub since_keep_alive_ms: Option<u32>,
    /// What the embedded command read (we only ever ask for the TID).
    pub embedded: &'a [u8],
    /// Where `embedded` lies within the data, so that it can be blanked.
    pub embedded_at: usize,
    /// The EPC itself.
    pub epc: &'a [u8],
    /// Whether the tag's own checksum fits; `None` where the protocol has none that we know.
    pub crc_fits: Option<bool>,
}

/// Walks over a record's bytes; `None` as soon as they end too early.
struct Walk<'a> {
    data: &'a [u8],
    at: usize,
}

impl<'a> Walk<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let taken = self.data.get(self.at..self.at.checked_add(count)?)?;
        self.at += count;
        Some(taken)
    }

    fn number(&mut self, bytes: usize) -> Option<u32> {
        Some(self.take(bytes)?.iter().fold(0, |number, byte| (number << 8) | u32::from(*byte)))
    }

    fn number_if(&mut self, wanted: bool, bytes: usize) -> Option<Option<u32>> {
        if wanted { self.number(bytes).map(Some) } else { Some(None) }
    }
}

/// Reads the data of a stream frame. `None`: not a tag record, or one that does not add up.
#[must_use]
pub fn read(data: &[u8]) -> Option<Record<'_>> {
    let mut walk = Walk { data, at: 0 };
    walk.take(3)?; // Option and search flags, as they were asked for.
    let flags = walk.number(2)? as u16;
    if walk.number(1)? != 1 || flags & !KNOWN_FLAGS != 0 {
        return None;
    }
    let has = |bit: u16| flags & bit != 0;
    let count = walk.number_if(has(0x0001), 1)?.map(|n| n as u8);
    let rssi_dbm = walk.number_if(has(0x0002), 1)?.map(|n| n as u8 as i8);
    let antenna = walk.number_if(has(0x0004), 1)?.map(|n| if n >> 4 == 0 { 16 } else { (n >> 4) as u8 });
    walk.number_if(has(0x0008), 3)?;
    let since_keep_alive_ms = walk.number_if(has(0x0010), 4)?;
    walk.number_if(has(0x0020), 2)?;
    let protocol = walk.number_if(has(0x0040), 1)?.map_or(GEN2, |n| n as u8);
    let bits = walk.number_if(has(0x0080), 2)?.unwrap_or(0) as usize;
    let embedded_at = walk.at;
    let embedded = walk.take(bits.div_ceil(8))?;
    for flag in [0x0100, 0x0200, 0x0400, 0x0800] {
        walk.number_if(has(flag), 1)?;
    }
    let bits = walk.number(2)? as usize;
    let marked = walk.take(bits.div_ceil(8))?;
    if walk.at != data.len() {
        return None;
    }
    let (epc, crc_fits) = if protocol == GEN2 { gen2(marked)? } else { (marked.get(..marked.len().checked_sub(2)?)?, None) };
    Some(Record { count, rssi_dbm, antenna, since_keep_alive_ms, embedded, embedded_at, epc, crc_fits })
}

/// Splits PC, XPC words, EPC and checksum.
fn gen2(marked: &[u8]) -> Option<(&[u8], Option<bool>)> {
    let (body, crc) = marked.split_at(marked.len().checked_sub(2)?);
    let (pc, mut epc) = (body.first()?, body.get(2..)?);
    if pc & 0x02 != 0 && epc.len() >= 2 {
        let second = epc[0] & 0x80 != 0 && epc.len() >= 4; // An XPC word may announce another.
        epc = &epc[if second { 4 } else { 2 }..];
    }
    Some((epc, Some(crc16(body) == u16::from_be_bytes([crc[0], crc[1]]))))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLAGS: [(u16, &[u8]); 12] = [
        (0x0001, &[3]),
        (0x0002, &[0xC4]),
        (0x0004, &[0x21]),
        (0x0008, &[0x0E, 0x16, 0x40]),
        (0x0010, &[0, 0, 1, 0x27]),
        (0x0020, &[0, 90]),
        (0x0040, &[5]),
        (0x0080, &[0, 32, 0xE2, 0x80, 0x11, 0x60]),
        (0x0100, &[0x0F]),
        (0x0200, &[4]),
        (0x0400, &[1]),
        (0x0800, &[2]),
    ];

    /// All 4,096 combinations of metadata, and every way to cut each short.
    #[test]
    fn flags_in_any_combination() {
        let epc = [0x30, 0x39, 0x5F, 0xB4, 0xA3, 0xD5, 0x25, 0xC0, 0, 0, 0, 1];
        for flags in 0..0x1000_u16 {
            let mut data = vec![0x10, 0, 0x1B];
            data.extend(flags.to_be_bytes());
            data.push(1);
            for (_, bytes) in FLAGS.iter().filter(|(bit, _)| flags & bit != 0) {
                data.extend_from_slice(bytes);
            }
            let mut body = vec![0x30, 0x00];
            body.extend(epc);
            data.extend(128_u16.to_be_bytes());
            data.extend(&body);
            data.extend(crc16(&body).to_be_bytes());
            let record = read(&data).unwrap();
            assert_eq!((record.epc, record.crc_fits), (&epc[..], Some(true)));
            assert_eq!(record.rssi_dbm, (flags & 2 != 0).then_some(-60));
            assert_eq!(record.antenna, (flags & 4 != 0).then_some(2));
            assert_eq!(record.embedded, if flags & 0x80 != 0 { &[0xE2, 0x80, 0x11, 0x60][..] } else { &[] });
            if flags % 257 == 0 {
                (0..data.len()).for_each(|cut| assert_eq!(read(&data[..cut]), None));
            }
        }
    }

    #[test]
    fn xpc_words_are_no_part_of_the_epc() {
        let one = [0x3E, 0x00, 0x01, 0x02, 0xAA, 0xBB, 0, 0];
        assert_eq!(gen2(&one).unwrap().0, [0xAA, 0xBB]);
        let two = [0x3E, 0x00, 0x81, 0x02, 0x00, 0x07, 0xAA, 0xBB, 0, 0];
        assert_eq!(gen2(&two).unwrap().0, [0xAA, 0xBB]);
    }

    #[test]
    fn an_unknown_flag_is_refused() {
        assert_eq!(read(&[0x10, 0, 0x1B, 0x10, 0x00, 1, 9, 0, 0x20, 0x30, 0, 0, 0]), None);
    }
}
