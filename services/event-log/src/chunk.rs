//! A sealed chunk: 256 events in a row in few bytes, taken apart again by any language that knows deflate.
//!
//! ```text
//! columns   eight columns of 256 integers, i64 big-endian, each integer less the one before it in its column
//!           (two's complement): stream, revision, type, schema_version, recorded_at, occurred_at,
//!           bytes of meta, bytes of data; the whole deflated (RFC 1951)
//! ids       256 x 16 bytes      salts   256 x 16 bytes      leaves   256 x 32 bytes, as the rows held them
//! part0 ... part3               the payloads of 64 events each, every meta, then every data; deflated
//! ```
//! One chunk is one tile of the tree. Deflate looks back 32 KiB, so parts of 64 events are hardly longer than
//! larger ones, and one event is read without the other three parts. A general compressor of today would save
//! some bytes more; deflate is the one that an auditor's bare Python can undo, and that decides it.
//! Nothing is believed: a length, an end or a byte too many is an error, never a guess.

use std::io::Write;

use flate2::write::DeflateEncoder;
use flate2::{Compression, Decompress, FlushDecompress, Status};

use crate::event::{PAYLOAD_BYTES_MAX, Recorded};
use crate::tree::TILE;

/// Events of a chunk.
pub const EVENTS: usize = TILE as usize;
/// Events of one part.
pub const PART: usize = 64;
/// Parts of a chunk.
pub const PARTS: usize = EVENTS / PART;
const COLUMNS: usize = 8;

/// A chunk as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// The integers, deflated.
    pub columns: Vec<u8>,
    /// Ids, one after another.
    pub ids: Vec<u8>,
    /// Salts, one after another.
    pub salts: Vec<u8>,
    /// Leaf hashes, one after another.
    pub leaves: Vec<u8>,
    /// The payloads, deflated.
    pub parts: [Vec<u8>; PARTS],
}

/// The integers of a chunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns(Vec<i64>);

/// Which integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// The stream's number.
    Stream,
    /// Place in the stream.
    Revision,
    /// The type's number.
    Type,
    /// Version of the data's shape.
    SchemaVersion,
    /// Microseconds, server's clock.
    RecordedAt,
    /// Microseconds, as claimed.
    OccurredAt,
    /// Length of `meta` in bytes.
    Meta,
    /// Length of `data` in bytes.
    Data,
}

impl Columns {
    /// One integer of the event with this number in the chunk (0 to 255).
    #[must_use]
    pub fn get(&self, column: Column, nth: usize) -> i64 {
        self.0[column as usize * EVENTS + nth]
    }

    /// Takes the stored bytes apart.
    ///
    /// # Errors
    /// What is wrong with them, in words.
    pub fn open(bytes: &[u8]) -> Result<Self, String> {
        let plain = inflate(bytes, COLUMNS * EVENTS * 8).map_err(|why| format!("the chunk's columns {why}"))?;
        let mut values: Vec<i64> = plain.as_chunks::<8>().0.iter().map(|bytes| i64::from_be_bytes(*bytes)).collect();
        for column in values.chunks_exact_mut(EVENTS) {
            for nth in 1..EVENTS {
                column[nth] = column[nth].wrapping_add(column[nth - 1]);
            }
        }
        Ok(Self(values))
    }

    fn close(&self) -> Vec<u8> {
        let mut plain = Vec::with_capacity(self.0.len() * 8);
        for column in self.0.chunks_exact(EVENTS) {
            let mut before = 0;
            for value in column {
                plain.extend(value.wrapping_sub(before).to_be_bytes());
                before = *value;
            }
        }
        deflate(&plain)
    }

    /// The length of one payload, if it can be one.
    fn length(&self, column: Column, nth: usize) -> Result<usize, String> {
        let length = usize::try_from(self.get(column, nth)).ok().filter(|length| *length <= PAYLOAD_BYTES_MAX);
        length.ok_or_else(|| format!("a payload of {} bytes cannot be", self.get(column, nth)))
    }

    /// Opens a part: `meta` and `data` of each of its events.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn part(&self, part: usize, bytes: &[u8]) -> Result<Payloads, String> {
        let mut ends = Vec::with_capacity(2 * PART);
        let mut end = 0;
        for column in [Column::Meta, Column::Data] {
            for nth in part * PART..(part + 1) * PART {
                end += self.length(column, nth)?;
                ends.push(end);
            }
        }
        let plain = inflate(bytes, end).map_err(|why| format!("part {part} of the chunk {why}"))?;
        Ok(Payloads { plain, ends })
    }
}

/// The payloads of one part.
#[derive(Clone, Debug)]
pub struct Payloads {
    plain: Vec<u8>,
    ends: Vec<usize>, // of every meta, then of every data
}

impl Payloads {
    /// `meta` of the event with this number in the part (0 to 63).
    #[must_use]
    pub fn meta(&self, nth: usize) -> &[u8] {
        &self.plain[if nth == 0 { 0 } else { self.ends[nth - 1] }..self.ends[nth]]
    }

    /// `data` of the event with this number in the part (0 to 63).
    #[must_use]
    pub fn data(&self, nth: usize) -> &[u8] {
        &self.plain[self.ends[PART + nth - 1]..self.ends[PART + nth]]
    }
}

impl Chunk {
    /// Makes a chunk of 256 events and the numbers of their streams and types.
    ///
    /// # Panics
    /// If there are not exactly 256.
    #[must_use]
    pub fn seal(events: &[Recorded], numbers: &[(i64, i64)]) -> Self {
        assert_eq!((events.len(), numbers.len()), (EVENTS, EVENTS), "a chunk is a tile");
        let column = |value: &dyn Fn(usize, &Recorded) -> i64| {
            events.iter().enumerate().map(|(nth, event)| value(nth, event)).collect::<Vec<_>>()
        };
        let columns = [
            column(&|nth, _| numbers[nth].0),
            column(&|_, event| event.revision.cast_signed()),
            column(&|nth, _| numbers[nth].1),
            column(&|_, event| i64::from(event.schema_version)),
            column(&|_, event| event.recorded_at),
            column(&|_, event| event.occurred_at),
            column(&|_, event| event.meta.len() as i64),
            column(&|_, event| event.data.len() as i64),
        ];
        let part = |part: usize| {
            let events = &events[part * PART..(part + 1) * PART];
            deflate(
                &events
                    .iter()
                    .map(|event| &event.meta)
                    .chain(events.iter().map(|event| &event.data))
                    .flatten()
                    .copied()
                    .collect::<Vec<_>>(),
            )
        };
        Self {
            columns: Columns(columns.concat()).close(),
            ids: events.iter().flat_map(|event| *event.id.as_bytes()).collect(),
            salts: events.iter().flat_map(|event| event.salt).collect(),
            leaves: events.iter().flat_map(|event| event.leaf).collect(),
            parts: std::array::from_fn(part),
        }
    }
}

fn deflate(plain: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::new(6));
    encoder.write_all(plain).and_then(|()| encoder.finish()).expect("a vector takes every byte")
}

/// The most that deflate makes of one byte (RFC 1951: a match of 258 bytes takes two bits).
const INFLATED_MAX: usize = 1032;

/// Exactly so many bytes, from exactly these. Nothing is given out for what so few bytes cannot hold.
fn inflate(bytes: &[u8], length: usize) -> Result<Vec<u8>, String> {
    if length > bytes.len().saturating_mul(INFLATED_MAX) {
        return Err("have another length than they tell".to_owned());
    }
    let mut plain = vec![0; length + 1]; // one more, so that a byte too many shows
    let mut state = Decompress::new(false);
    match state.decompress(bytes, &mut plain, FlushDecompress::Finish) {
        Ok(Status::StreamEnd) if state.total_out() == length as u64 && state.total_in() == bytes.len() as u64 => {
            plain.truncate(length);
            Ok(plain)
        }
        Ok(_) => Err("have another length than they tell".to_owned()),
        Err(_) => Err("cannot be inflated".to_owned()),
    }
}

#[cfg(test)]
mod tests;
