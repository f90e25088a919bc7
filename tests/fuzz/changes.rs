//! Cheap changes of seeds: flipped bits, cuts, splices, repeats, numbers at their ends. The same seed makes
//! the same changes for ever.

/// Bytes that parsers trip over.
const TOKENS: &[&[u8]] = &[
    b"\x00",
    b"\xff",
    b"\xff\xff",
    b"\x1d",
    b"\x1e",
    b"\x04",
    b"\r\n",
    b"\xc3",
    b"\xe2\x80\xae",
    b"\xf0\x9f\x98\x80",
    b"{",
    b"}",
    b"[",
    b"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
    b"\"",
    b"\\u0000",
    b"\\ud800",
    b"-1",
    b"1e309",
    b"18446744073709551616",
    b"-9223372036854775808",
    b"0",
    b"null",
    b"%",
    b"%00",
    b"&",
    b"=",
    b"'",
    b"\n\n",
    b"9999-12-31T23:59:59Z",
    b"+0000",
    b"\xef\xbb\xbf",
];

/// A stream of changed seeds.
#[derive(Debug)]
pub struct Changes<'a> {
    state: u64,
    seeds: &'a [Vec<u8>],
    longest: usize,
}

impl<'a> Changes<'a> {
    /// From these seeds, none longer than `longest` (or than its seed).
    pub fn new(seed: u64, seeds: &'a [Vec<u8>], longest: usize) -> Self {
        Self { state: seed, seeds, longest }
    }

    fn draw(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, most: usize) -> usize {
        usize::try_from(self.draw() % most.max(1) as u64).unwrap_or(0)
    }

    fn byte(&mut self) -> u8 {
        self.draw().to_le_bytes()[0]
    }

    fn seed(&mut self) -> Vec<u8> {
        let at = self.below(self.seeds.len());
        self.seeds.get(at).cloned().unwrap_or_default()
    }

    /// The next changed seed.
    pub fn next(&mut self) -> Vec<u8> {
        let mut data = self.seed();
        let longest = self.longest.max(data.len());
        for _ in 0..=self.below(4) {
            self.change(&mut data);
        }
        data.truncate(longest);
        data
    }

    fn change(&mut self, data: &mut Vec<u8>) {
        let at = self.below(data.len() + 1);
        let length = self.below(16.min(data.len() - at) + 1);
        match self.below(9) {
            0 if at < data.len() => data[at] ^= 1 << self.below(8),
            1 if at < data.len() => data[at] = self.byte(),
            2 => drop(data.drain(at..at + length)),
            3 => data.truncate(at),
            4 => {
                let token = TOKENS[self.below(TOKENS.len())];
                drop(data.splice(at..at, token.iter().copied()));
            }
            5 => {
                let token = TOKENS[self.below(TOKENS.len())];
                let end = (at + token.len()).min(data.len());
                drop(data.splice(at..end, token.iter().copied()));
            }
            6 => {
                let piece = data[at..at + length].to_vec();
                let times = 1 + self.below(40);
                drop(data.splice(at..at, piece.repeat(times)));
            }
            7 => {
                let other = self.seed();
                let from = self.below(other.len() + 1);
                data.truncate(at);
                data.extend_from_slice(&other[from..]);
            }
            _ => {
                let byte = self.byte();
                data.insert(at, byte);
            }
        }
    }
}

/// A name for some bytes.
pub fn hash(data: &[u8]) -> u64 {
    data.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3))
}
