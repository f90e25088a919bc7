//! Reading and writing bits, most significant first, as a tag's memory is numbered.
//!
//! A read that would run past the end answers `None`; a write is padded with zeros to whole
//! 16-bit words, because a Gen2 tag stores and sends words. At most 64 bits move at once.
//! Nothing here knows what the bits mean.

/// Reads fields off the front of a tag's memory.
#[derive(Clone, Debug)]
pub(crate) struct BitReader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> BitReader<'a> {
    /// Starts at the first bit.
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// The next `count` bits (at most 64) as a number, or `None` if fewer are left.
    pub(crate) fn take(&mut self, count: usize) -> Option<u64> {
        debug_assert!(count <= 64);
        if count > self.left() {
            return None;
        }
        let mut value = 0;
        for at in self.at..self.at + count {
            value = value << 1 | u64::from(self.bytes[at / 8] >> (7 - at % 8) & 1);
        }
        self.at += count;
        Some(value)
    }

    /// How many bits are left.
    pub(crate) fn left(&self) -> usize {
        self.bytes.len() * 8 - self.at
    }

    /// Whether everything that is left is zero, as padding must be.
    pub(crate) fn rest_is_zero(mut self) -> bool {
        while self.left() > 0 {
            if self.take(self.left().min(64)) != Some(0) {
                return false;
            }
        }
        true
    }
}

/// Builds a tag's memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct BitWriter {
    bytes: Vec<u8>,
    used: usize,
}

impl BitWriter {
    /// Appends the low `count` bits (at most 64) of `value`.
    pub(crate) fn put(&mut self, value: u64, count: usize) {
        debug_assert!(count <= 64);
        for bit in (0..count).rev() {
            if self.used.is_multiple_of(8) {
                self.bytes.push(0);
            }
            let last = self.bytes.len() - 1;
            self.bytes[last] |= ((value >> bit & 1) as u8) << (7 - self.used % 8);
            self.used += 1;
        }
    }

    /// Appends zeros.
    pub(crate) fn zeros(&mut self, count: usize) {
        for _ in 0..count {
            self.put(0, 1);
        }
    }

    /// How many bits were written.
    pub(crate) fn len(&self) -> usize {
        self.used
    }

    /// The bytes, padded with zeros to a whole 16-bit word.
    pub(crate) fn into_words(mut self) -> Vec<u8> {
        if self.bytes.len() % 2 == 1 {
            self.bytes.push(0);
        }
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_cross_byte_borders_and_stop_at_the_end() {
        let mut bits = BitReader::new(&[0x3B, 0x15, 0x7E]);
        assert_eq!((bits.take(8), bits.take(6), bits.take(6)), (Some(0x3B), Some(5), Some(0b010111)));
        assert_eq!((bits.left(), bits.take(5), bits.take(4), bits.take(1)), (4, None, Some(0xE), None));
    }

    #[test]
    fn what_is_written_is_read_again_and_padded_to_words() {
        let mut bits = BitWriter::default();
        bits.put(0b101, 3);
        bits.put(u64::MAX, 64);
        assert_eq!(bits.len(), 67);
        let bytes = bits.into_words();
        assert_eq!(bytes.len(), 10);
        let mut bits = BitReader::new(&bytes);
        assert_eq!((bits.take(3), bits.take(64)), (Some(0b101), Some(u64::MAX)));
        assert!(bits.rest_is_zero());
        assert!(!BitReader::new(&[0, 0, 1]).rest_is_zero());
    }
}
