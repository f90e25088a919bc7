//! Measurements for `muster bench`: driver and sieve on one core, the bytes they are fed made beforehand.
//!
//! Only here and in `clock` a clock is read. The figures depend on the machine; no test compares them.

use std::time::Instant;

use tag_data::moment::Moment;

use crate::clock;
use crate::protocol::mercury::{frame, record};
use crate::protocol::{Driver, DriverName, Effect, Settings};
use crate::sieve::{self, Sieve};
use crate::simulate::mercury::record_data;
use crate::simulate::tags::Tag;

/// What was measured.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    /// Reads taken from bytes to sieve.
    pub reads: u64,
    /// Observations let out.
    pub let_out: u64,
    /// Seconds it took.
    pub seconds: f64,
    /// Seconds one pass over the same bytes takes that only sums them: the machine's bare limit.
    pub bare_seconds: f64,
}

impl Measured {
    /// Reads a second.
    #[must_use]
    pub fn reads_per_second(&self) -> f64 {
        self.reads as f64 / self.seconds
    }
}

/// Takes `reads` Mercury tag records of `tags` distinct tags through driver and sieve, in chunks as a port gives them.
#[must_use]
pub fn driver_and_sieve(reads: u64, tags: u32) -> Measured {
    let frames = |number: u32| {
        let epc = [&[0x30, 0x39, 0x5F, 0xB4, 0xA3, 0xD5, 0x25, 0xC0][..], &number.to_be_bytes()].concat();
        frame::answer(0x22, 0, &record_data(&Tag::epc(&epc, None), record::USUAL_FLAGS, false, 5))
    };
    let round: Vec<u8> = (0..tags.max(1)).flat_map(frames).collect();
    let rounds = reads.div_ceil(u64::from(tags.max(1)));
    let mut driver = Driver::new(&Settings::usual(DriverName::Mercury));
    let mut sieve = Sieve::new("bench", "bench", &[], sieve::Settings::default());
    let (mut now, mut out, mut let_out) = (clock::now(), Vec::new(), 0);
    driver.start(now);
    let begin = Instant::now();
    for _ in 0..rounds {
        now = Moment::from_micros(now.micros() + 1_000);
        for chunk in round.chunks(4096) {
            for effect in driver.receive(now, chunk) {
                if let Effect::Report(report) = effect {
                    sieve.hear(report, &mut out);
                }
            }
        }
        let_out += out.drain(..).count() as u64;
    }
    let seconds = begin.elapsed().as_secs_f64();
    let begin = Instant::now();
    let sum = (0..rounds)
        .fold(0_u64, |sum, _| std::hint::black_box(&round).iter().fold(sum, |sum, byte| sum.wrapping_add(u64::from(*byte))));
    std::hint::black_box(sum);
    Measured { reads: sieve.counts().reads, let_out, seconds, bare_seconds: begin.elapsed().as_secs_f64() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_read_is_taken() {
        let measured = driver_and_sieve(1_000, 50);
        assert_eq!((measured.reads, measured.let_out), (1_000, 50));
    }
}
