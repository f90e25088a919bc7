//! The weapons themselves, not their records: where each truly is, whatever any book says.

use std::collections::BTreeMap;

use armoury::ids::{PlaceId, WeaponId};

use crate::dice::Dice;

/// Where a weapon truly is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// Stands at a post, in a place.
    Stands(usize, PlaceId),
    /// A person of a post carries it.
    Carried(usize, usize),
    /// Out of the post it left: on loan, in a workshop, on the road.
    Away(usize),
    /// Somebody took it and hid it.
    Stolen,
    /// Cut to pieces.
    Scrap,
}

/// A weapon.
#[derive(Clone, Debug)]
pub struct Arm {
    /// Its serial, as stamped.
    pub serial: String,
    /// Its tag.
    pub epc: String,
    /// That tag's chip.
    pub tid: String,
    /// It carries the tag.
    pub tagged: bool,
    /// Where it truly is.
    pub truth: Truth,
    /// Its records: by post.
    pub records: BTreeMap<usize, WeaponId>,
    /// A copy of its tag hangs in this place of this post.
    pub copied_to: Option<(usize, PlaceId)>,
}

impl Arm {
    /// A weapon that stands in a rack.
    pub fn new(nth: usize, truth: Truth, tagged: bool, dice: &mut Dice) -> Self {
        Self {
            serial: format!("{}{:05}", ["AB", "KK", "17-", "BG"][nth % 4], 10_000 + nth * 37 + dice.below(30)),
            epc: format!("3034257BF7194E40{:08X}", 0x1A00 + nth),
            tid: format!("E28011602000{:012X}", dice.next() & 0xFFFF_FFFF),
            tagged,
            truth,
            records: BTreeMap::new(),
            copied_to: None,
        }
    }
}
