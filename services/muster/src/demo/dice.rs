//! Dice that fall the same way every time, so that two demonstrations tell the same story.
//! Never for anything secret: passwords, tokens and keys come from the system.

/// A small generator (xorshift64*, Vigna 2016).
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// Dice of a story; the same number tells the same story.
    #[must_use]
    pub const fn new(story: u64) -> Self {
        Self(story | 1)
    }

    /// A number below `limit`; 0 if the limit is 0.
    pub const fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let drawn = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        if limit == 0 { 0 } else { (drawn as usize) % limit }
    }

    /// True once in so many throws.
    pub const fn once_in(&mut self, throws: usize) -> bool {
        self.below(throws) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_story_twice() {
        let (mut one, mut two) = (Dice::new(7), Dice::new(7));
        let told: Vec<usize> = (0..100).map(|_| one.below(6)).collect();
        assert!((0..100).all(|n| two.below(6) == told[n]));
        assert!((0..6).all(|face| told.contains(&face)));
    }
}
