//! What some weapons have and others have not, by number: four bytes for each weapon, and no more than the
//! things themselves for those that have one. A tree's nodes stay half empty when numbers come in order,
//! which is how a whole armoury goes out on an alarm.

use super::texts::{Ix, NONE, number, roomy};

/// Things by weapon number, at most one each.
#[derive(Clone, Debug)]
pub struct Slots<T> {
    /// Where the thing of each number lies; [`NONE`] for none.
    at: Vec<Ix>,
    things: Vec<T>,
    /// Whose each thing is.
    whose: Vec<Ix>,
}

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self { at: Vec::new(), things: Vec::new(), whose: Vec::new() }
    }
}

/// The same things for the same numbers, however they lie.
impl<T: PartialEq> PartialEq for Slots<T> {
    fn eq(&self, other: &Self) -> bool {
        self.things.len() == other.things.len() && self.iter().eq(other.iter())
    }
}

impl<T: Eq> Eq for Slots<T> {}

impl<T> Slots<T> {
    fn place(&self, ix: Ix) -> Option<usize> {
        let at = *self.at.get(ix as usize)?;
        (at != NONE).then_some(at as usize)
    }

    /// The thing of this number.
    #[must_use]
    pub fn get(&self, ix: Ix) -> Option<&T> {
        self.things.get(self.place(ix)?)
    }

    /// The same, to change it.
    pub fn get_mut(&mut self, ix: Ix) -> Option<&mut T> {
        let place = self.place(ix)?;
        self.things.get_mut(place)
    }

    /// Puts a thing there, in place of the one before.
    pub fn insert(&mut self, ix: Ix, thing: T) {
        if let Some(known) = self.get_mut(ix) {
            *known = thing;
            return;
        }
        while self.at.len() <= ix as usize {
            roomy(&mut self.at, NONE);
        }
        self.at[ix as usize] = number(self.things.len());
        roomy(&mut self.things, thing);
        roomy(&mut self.whose, ix);
    }

    /// Takes the thing away; the last one moves into its place.
    pub fn remove(&mut self, ix: Ix) {
        let Some(place) = self.place(ix) else { return };
        self.at[ix as usize] = NONE;
        self.things.swap_remove(place);
        self.whose.swap_remove(place);
        if let Some(moved) = self.whose.get(place) {
            self.at[*moved as usize] = number(place);
        }
    }

    /// All, by number.
    pub fn iter(&self) -> impl Iterator<Item = (Ix, &T)> {
        (0..).zip(&self.at).filter(|(_, at)| **at != NONE).map(|(ix, at)| (ix, &self.things[*at as usize]))
    }

    /// Bytes held.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        (self.at.capacity() + self.whose.capacity()) * size_of::<Ix>() + self.things.capacity() * size_of::<T>()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Whatever is done, it is a map.
    #[test]
    fn a_map_by_another_name() {
        let (mut slots, mut map) = (Slots::default(), BTreeMap::new());
        for step in 0..4_000_u64 {
            let dice = super::super::texts::mix(step);
            let ix = Ix::try_from(dice % 61).unwrap();
            if (dice / 61).is_multiple_of(3) {
                slots.remove(ix);
                map.remove(&ix);
            } else {
                slots.insert(ix, step);
                map.insert(ix, step);
            }
            assert!(slots.iter().eq(map.iter().map(|(ix, thing)| (*ix, thing))));
            assert_eq!(slots.get(ix), map.get(&ix));
        }
        let mut other = Slots::default();
        map.iter().rev().for_each(|(ix, thing)| other.insert(*ix, *thing));
        assert!(slots == other, "the same things, put in otherwise");
        if let Some(thing) = other.get_mut(*map.keys().next().unwrap()) {
            *thing += 1;
        }
        assert!(slots != other);
        assert_eq!(slots.get(Ix::MAX), None);
    }
}
