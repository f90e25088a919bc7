//! A Mercury module: answers commands, streams when started, says each second that it lives.
//!
//! It starts reading only after region and protocol were set, as the real one does, and streams
//! exactly the metadata it was asked for.

use tag_data::gen2::crc16;
use tag_data::moment::Moment;

use super::Field;
use super::tags::{Mark, Tag};
use crate::protocol::mercury::frame::{Deframer, Found, Frame, Side, answer};
use crate::protocol::mercury::{record, words};
use crate::protocol::{millis_between, millis_later};

const KEEP_ALIVE_MS: i64 = 1_000;
const VERSION: [u8; 20] = [0x13, 0x11, 0x12, 0, 0x30, 0, 0, 2, 0x20, 0x17, 0x01, 0x27, 1, 9, 0, 2, 0, 0, 0, 0x10];

/// The simulated module.
#[derive(Debug)]
pub struct Module {
    /// The tags before it.
    pub field: Field,
    deframer: Deframer,
    region: bool,
    protocol: bool,
    /// Metadata flags, and whether the TID rides along, while streaming.
    stream: Option<(u16, bool)>,
    keep_alive: Moment,
    /// Commands to refuse, with the status: for tests and demonstrations of faults.
    pub refuse: Vec<(u8, u16)>,
}

impl Module {
    /// A module that was just powered up.
    #[must_use]
    pub fn new(field: Field) -> Self {
        let (deframer, keep_alive) = (Deframer::new(Side::Host), Moment::default());
        Self { field, deframer, region: false, protocol: false, stream: None, keep_alive, refuse: Vec::new() }
    }

    /// What it says when its power comes back: its firmware, unasked, and everything forgotten.
    pub fn power_cycle(&mut self) -> Vec<u8> {
        (self.region, self.protocol, self.stream) = (false, false, None);
        self.field.end();
        answer(0x03, 0, &VERSION)
    }

    /// Commands from the host; the answers.
    pub fn receive(&mut self, now: Moment, bytes: &[u8]) -> Vec<u8> {
        let mut commands = Vec::new();
        self.deframer.receive(bytes, &mut |found| {
            if let Found::Frame(Frame { opcode, data, .. }) = found {
                commands.push((opcode, data.to_vec()));
            }
        });
        commands.into_iter().flat_map(|(opcode, data)| self.obey(now, opcode, &data)).collect()
    }

    fn obey(&mut self, now: Moment, opcode: u8, data: &[u8]) -> Vec<u8> {
        if let Some((_, status)) = self.refuse.iter().find(|(refused, _)| *refused == opcode) {
            return answer(opcode, *status, &[]);
        }
        match (opcode, data) {
            (0x03, _) => answer(opcode, 0, &VERSION),
            (0x04 | 0x91 | 0x92, _) => answer(opcode, 0, &[]),
            (0x97, [region, ..]) => {
                self.region = words::REGIONS.iter().any(|(_, code)| code == region);
                answer(opcode, if self.region { 0 } else { 0x010B }, &[])
            }
            (0x93, data) => {
                self.protocol = data == [0, record::GEN2];
                answer(opcode, if self.protocol { 0 } else { 0x0402 }, &[])
            }
            (0x2F, [_, _, 2, ..]) => {
                self.stream = None;
                self.field.end();
                answer(opcode, 0, &[])
            }
            (0x2F, [_, _, 1, ..]) if !self.region => answer(opcode, 0x010B, &[]),
            (0x2F, [_, _, 1, ..]) if !self.protocol => answer(opcode, 0x0401, &[]),
            (0x2F, [_, _, 1, 0x22, _, _, _, _, 0x22, 0x10, _, search, _, _, high, low, ..]) => {
                self.stream = Some((u16::from_be_bytes([*high, *low]), search & 0x04 != 0));
                self.keep_alive = now;
                self.field.begin(now);
                answer(opcode, 0, &[])
            }
            _ => answer(opcode, 0x0101, &[]),
        }
    }

    /// Tag records and keep-alives due by now.
    pub fn tick(&mut self, now: Moment) -> Vec<u8> {
        let Some((flags, with_tid)) = self.stream else { return Vec::new() };
        let mut bytes = Vec::new();
        while millis_between(self.keep_alive, now) >= KEEP_ALIVE_MS {
            self.keep_alive = millis_later(self.keep_alive, KEEP_ALIVE_MS);
            bytes.extend(answer(0x22, 0x0400, &[]));
        }
        let since = millis_between(self.keep_alive, now).max(0) as u32;
        for tag in self.field.read(now) {
            bytes.extend(answer(0x22, 0, &record_data(&tag, flags, with_tid, since)));
        }
        bytes
    }

    /// When the next word is due.
    #[must_use]
    pub fn wake_at(&self) -> Option<Moment> {
        let keep_alive = self.stream.map(|_| millis_later(self.keep_alive, KEEP_ALIVE_MS));
        [keep_alive, self.field.wake_at()].into_iter().flatten().min()
    }
}

/// A tag record's data with the metadata asked for.
#[must_use]
pub fn record_data(tag: &Tag, flags: u16, with_tid: bool, since_keep_alive_ms: u32) -> Vec<u8> {
    let (epc, tid): (&[u8], &[u8]) = match &tag.mark {
        Mark::Epc { epc, tid } => (epc, tid.as_deref().filter(|_| with_tid).unwrap_or_default()),
        Mark::Text(_) => (&[], &[]),
    };
    let mut data = vec![0x10, 0, if with_tid { 0x1F } else { 0x1B }];
    data.extend(flags.to_be_bytes());
    data.push(1);
    let mut embedded = ((tid.len() * 8) as u16).to_be_bytes().to_vec();
    embedded.extend_from_slice(tid);
    let members: [(u16, &[u8]); 9] = [
        (0x0001, &[1]),
        (0x0002, &tag.rssi_dbm.to_be_bytes()),
        (0x0004, &[tag.antenna << 4 | tag.antenna & 15]),
        (0x0008, &[0x0D, 0x38, 0xB4]), // 866,500 kHz
        (0x0010, &since_keep_alive_ms.to_be_bytes()),
        (0x0020, &[0, 0]),
        (0x0040, &[record::GEN2]),
        (0x0080, &embedded),
        (0x0100, &[0x0F]),
    ];
    for (_, bytes) in members.iter().filter(|(bit, _)| flags & bit != 0) {
        data.extend_from_slice(bytes);
    }
    let mut body = (((epc.len() / 2) as u16) << 11).to_be_bytes().to_vec();
    body.extend_from_slice(epc);
    data.extend((((body.len() + 2) * 8) as u16).to_be_bytes());
    data.extend_from_slice(&body);
    data.extend(crc16(&body).to_be_bytes());
    data
}
