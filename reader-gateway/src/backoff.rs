//! How long to wait before trying again: doubling, capped, and spread by a seed so that a hundred
//! gateways do not knock at the same instant. Pure: the seed is an argument.

/// One thing that is tried again.
#[derive(Clone, Debug)]
pub struct Backoff {
    first_ms: u64,
    most_ms: u64,
    next_ms: u64,
    seed: u64,
}

impl Backoff {
    /// Begins at `first_ms` and never waits longer than `most_ms`.
    #[must_use]
    pub const fn new(first_ms: u64, most_ms: u64, seed: u64) -> Self {
        Self { first_ms, most_ms, next_ms: first_ms, seed }
    }

    /// It worked: begin small again.
    pub const fn reset(&mut self) {
        self.next_ms = self.first_ms;
    }

    /// The next wait in milliseconds, between half and the whole of the step reached.
    pub fn wait_ms(&mut self) -> u64 {
        let step = self.next_ms;
        self.next_ms = self.next_ms.saturating_mul(2).min(self.most_ms);
        // SplitMix64: well mixed, two lines, and no secret hangs on it.
        self.seed = self.seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.seed;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        step / 2 + (mixed ^ (mixed >> 31)) % (step / 2 + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_to_the_cap_and_begins_again() {
        let mut backoff = Backoff::new(100, 1_000, 7);
        for step in [100, 200, 400, 800, 1_000, 1_000] {
            let wait = backoff.wait_ms();
            assert!((step / 2..=step).contains(&wait), "{wait} for {step}");
        }
        backoff.reset();
        assert!(backoff.wait_ms() <= 100);
    }

    #[test]
    fn seeds_spread() {
        let first = |seed| Backoff::new(10_000, 10_000, seed).wait_ms();
        let waits: std::collections::BTreeSet<u64> = (0..100).map(first).collect();
        assert!(waits.len() > 90);
    }
}
