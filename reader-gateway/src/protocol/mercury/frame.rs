//! Mercury frames: finding them in a byte stream, and making commands.
//!
//! ```text
//! to the reader    FF | len | opcode | data[len]                          | crc (big-endian)
//! from the reader  FF | len | opcode | status (big-endian) | data[len]    | crc (big-endian)
//! ```
//! The checksum runs from `len` to the last data byte with polynomial 0x1021 and start 0xFFFF, but
//! the message bits enter at the *low* end without a closing run of zeros: it is not the common
//! CRC-16/CCITT-FALSE. A frame whose checksum fails gives up one byte only: a true frame may hide
//! behind a stray FF. At most one frame's bytes stay here between calls.

use crate::limits::MERCURY_DATA_BYTES;

/// First byte of every frame.
pub const HEADER: u8 = 0xFF;
/// Header, length, opcode, status and checksum.
const ANSWER_FRAME: usize = 7;
const COMMAND_FRAME: usize = 5;

const TABLE: [u16; 256] = table();

const fn table() -> [u16; 256] {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let mut rest = (index as u16) << 8;
        let mut bit = 0;
        while bit < 8 {
            rest = if rest & 0x8000 == 0 { rest << 1 } else { (rest << 1) ^ 0x1021 };
            bit += 1;
        }
        table[index] = rest;
        index += 1;
    }
    table
}

/// The frame checksum over `len` .. last data byte.
#[must_use]
pub fn frame_crc(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xFFFF, |crc, byte| ((crc << 8) | u16::from(*byte)) ^ TABLE[usize::from(crc >> 8)])
}

/// A command as bytes for the line. Data longer than a frame holds is cut: callers stay far below.
#[must_use]
pub fn command(opcode: u8, data: &[u8]) -> Vec<u8> {
    framed(opcode, &[], data)
}

/// An answer as bytes for the line; the simulated reader speaks with it.
#[must_use]
pub fn answer(opcode: u8, status: u16, data: &[u8]) -> Vec<u8> {
    framed(opcode, &status.to_be_bytes(), data)
}

fn framed(opcode: u8, status: &[u8], data: &[u8]) -> Vec<u8> {
    let data = &data[..data.len().min(MERCURY_DATA_BYTES)];
    let mut frame = vec![HEADER, data.len() as u8, opcode];
    frame.extend_from_slice(status);
    frame.extend_from_slice(data);
    let crc = frame_crc(&frame[1..]);
    frame.extend_from_slice(&crc.to_be_bytes());
    frame
}

/// One frame from the reader, borrowed from the bytes held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// What it answers or streams.
    pub opcode: u8,
    /// 0 is success.
    pub status: u16,
    /// The data behind the status.
    pub data: &'a [u8],
    /// The whole frame as it came.
    pub whole: &'a [u8],
}

/// Which side's frames are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Frames with a status, from the reader.
    Reader,
    /// Commands without a status, from the host.
    Host,
}

/// What the bytes turned out to be, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found<'a> {
    /// A whole frame with a right checksum.
    Frame(Frame<'a>),
    /// A byte that belongs to no frame.
    Noise(u8),
}

/// Finds frames however the port splits them.
#[derive(Debug)]
pub struct Deframer {
    side: Side,
    held: Vec<u8>,
}

impl Deframer {
    /// An empty one.
    #[must_use]
    pub fn new(side: Side) -> Self {
        Self { side, held: Vec::new() }
    }

    /// Takes bytes and hands on what they turned out to be.
    pub fn receive(&mut self, bytes: &[u8], found: &mut impl FnMut(Found<'_>)) {
        self.held.extend_from_slice(bytes);
        let mut at = 0;
        while at < self.held.len() {
            match look(self.side, &self.held[at..]) {
                Look::Frame(frame) => {
                    at += frame.whole.len();
                    found(Found::Frame(frame));
                }
                Look::Noise => {
                    found(Found::Noise(self.held[at]));
                    at += 1;
                }
                Look::Wait => break,
            }
        }
        self.held.drain(..at);
    }

    /// The line went quiet inside what looked like a frame: it was none, look again behind its first byte.
    pub fn give_up(&mut self, found: &mut impl FnMut(Found<'_>)) {
        while !self.held.is_empty() {
            found(Found::Noise(self.held.remove(0)));
            self.receive(&[], found);
        }
    }

    /// Whether part of a frame is waiting for the rest.
    #[must_use]
    pub fn waits(&self) -> bool {
        !self.held.is_empty()
    }

    /// Forgets what was held: another port session begins.
    pub fn clear(&mut self) {
        self.held.clear();
    }
}

enum Look<'a> {
    Frame(Frame<'a>),
    Noise,
    Wait,
}

fn look(side: Side, held: &[u8]) -> Look<'_> {
    if held[0] != HEADER {
        return Look::Noise;
    }
    let Some(&length) = held.get(1) else { return Look::Wait };
    let (length, around) = (usize::from(length), if side == Side::Reader { ANSWER_FRAME } else { COMMAND_FRAME });
    if length > MERCURY_DATA_BYTES {
        return Look::Noise;
    }
    let Some(whole) = held.get(..length + around) else { return Look::Wait };
    let (body, crc) = whole.split_at(whole.len() - 2);
    if frame_crc(&body[1..]) != u16::from_be_bytes([crc[0], crc[1]]) {
        return Look::Noise; // Slide one byte: a true frame may hide inside.
    }
    let (status, data) = match side {
        Side::Reader => (u16::from_be_bytes([body[3], body[4]]), &body[5..]),
        Side::Host => (0, &body[3..]),
    };
    Look::Frame(Frame { opcode: body[2], status, data, whole })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::hex_upper;

    #[track_caller]
    fn check(opcode: u8, data: &[u8], wire: &str) {
        assert_eq!(hex_upper(&command(opcode, data)), wire.replace(' ', ""));
    }

    /// Frames printed in the makers' and SparkFun's manuals.
    #[test]
    fn published_commands() {
        check(0x04, &[], "FF 00 04 1D 0B");
        check(0x03, &[], "FF 00 03 1D 0C");
        check(0x93, &[0, 5], "FF 02 93 00 05 51 7D");
        check(0x97, &[8], "FF 01 97 08 4B B5"); // Some copies of the manual show opcode 87; the sum settles it.
        check(0x22, &[0x01, 0xF4], "FF 02 22 01 F4 E7 76");
        check(0x29, &[0, 0, 0], "FF 03 29 00 00 00 F4 22");
        check(0x2F, &[0, 0, 2], "FF 03 2F 00 00 02 5E 86");
        check(0x24, &[3, 0xE8, 0, 0, 0, 0, 0, 3, 0, 0xEE], "FF 0A 24 03 E8 00 00 00 00 00 03 00 EE 58 9D");
    }

    #[test]
    fn the_answer_of_a_keep_alive() {
        assert_eq!(hex_upper(&answer(0x22, 0x0400, &[])), "FF0022040084E0");
    }

    /// The same sum, bit by bit as the vendor describes it.
    #[test]
    fn the_table_equals_the_bits() {
        let bits = |bytes: &[u8]| {
            let mut crc = 0xFFFF_u16;
            for byte in bytes {
                for bit in (0..8).rev() {
                    let top = crc >> 15;
                    crc = (crc << 1) | u16::from((byte >> bit) & 1);
                    if top == 1 {
                        crc ^= 0x1021;
                    }
                }
            }
            crc
        };
        for length in 0..200_usize {
            let bytes: Vec<u8> = (0..length).map(|i| (i * 37 + length) as u8).collect();
            assert_eq!(frame_crc(&bytes), bits(&bytes));
        }
    }
}
