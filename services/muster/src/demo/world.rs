//! The training armoury as data: which ids its places and weapons have, and what their marks say.
//!
//! Made once, before anything is written; the history then tells the book about it.

use armoury::codes::{Component, MarkKind, MarkMethod};
use armoury::ids::{PlaceId, WeaponId};
use armoury::marks::{Identity, Mark, Stamped};
use uuid::Uuid;

use super::stores::{self, Piece, ROOMS, SITES};

/// A weapon of the training armoury.
#[derive(Clone, Debug)]
pub struct Arm {
    /// Its id in the book.
    pub id: WeaponId,
    /// What it is and where it stands.
    pub piece: Piece,
    /// The rack it belongs to.
    pub rack: PlaceId,
    /// The serial, invented.
    pub serial: Stamped,
    /// The tag it carries: EPC and TID, upper-case hex. Some have none yet.
    pub tag: Option<(String, String)>,
}

/// A rack: its room, its number there, its id.
#[derive(Clone, Copy, Debug)]
pub struct Rack {
    /// Index into [`ROOMS`].
    pub room: usize,
    /// From 1.
    pub number: u32,
    /// Its id in the book.
    pub id: PlaceId,
}

/// Everything that has an id.
#[derive(Clone, Debug)]
pub struct World {
    /// The sites, in the order of [`SITES`].
    pub sites: [PlaceId; 3],
    /// The rooms, in the order of [`ROOMS`].
    pub rooms: Vec<PlaceId>,
    /// The racks, room by room.
    pub racks: Vec<Rack>,
    /// The container in which weapons wait for destruction.
    pub cage: PlaceId,
    /// The weapons, in the order of rooms and racks.
    pub arms: Vec<Arm>,
}

/// Every seventeenth weapon carries no tag yet.
const UNTAGGED_EVERY: usize = 17;

impl World {
    /// Makes the armoury with ids from `new_id`.
    pub fn new(mut new_id: impl FnMut() -> Uuid) -> Self {
        let sites = SITES.map(|_| PlaceId(new_id()));
        let rooms: Vec<PlaceId> = ROOMS.iter().map(|_| PlaceId(new_id())).collect();
        let pieces = stores::pieces();
        let mut racks: Vec<Rack> = Vec::new();
        let mut arms = Vec::with_capacity(pieces.len());
        for (n, piece) in pieces.into_iter().enumerate() {
            if racks.last().is_none_or(|rack| (rack.room, rack.number) != (piece.room, piece.rack)) {
                racks.push(Rack { room: piece.room, number: piece.rack, id: PlaceId(new_id()) });
            }
            let rack = racks.last().expect("one was just pushed").id;
            let serial = piece.model.invented_serial(piece.nth).parse().expect("a test reads every invented serial");
            let tag = (n % UNTAGGED_EVERY != 0).then(|| (epc(n), tid(n)));
            arms.push(Arm { id: WeaponId(new_id()), piece, rack, serial, tag });
        }
        Self { sites, rooms, racks, cage: PlaceId(new_id()), arms }
    }

    /// The index of a room by its name.
    #[must_use]
    pub fn room(&self, name: &str) -> usize {
        ROOMS.iter().position(|room| room.name == name).expect("the history names rooms of the list only")
    }

    /// The weapons of one model in one room.
    pub fn of(&self, room: &str, model: &str) -> impl Iterator<Item = &Arm> {
        let room = self.room(room);
        self.arms.iter().filter(move |arm| arm.piece.room == room && arm.piece.model.key == model)
    }

    /// The weapons of one room.
    pub fn in_room(&self, room: &str) -> impl Iterator<Item = &Arm> {
        let room = self.room(room);
        self.arms.iter().filter(move |arm| arm.piece.room == room)
    }
}

impl Arm {
    /// What the weapon is, by its marks.
    #[must_use]
    pub fn identity(&self) -> Identity {
        let model = self.piece.model;
        let mark = |kind, text: &str, method| Mark {
            kind,
            component: Component::Receiver,
            position: None,
            method,
            text: text.parse().expect("the catalogue's words are short and plain"),
        };
        let marks = vec![
            mark(MarkKind::Serial, self.serial.as_str(), MarkMethod::Stamp),
            mark(MarkKind::Maker, model.maker, MarkMethod::Roll),
        ];
        Identity {
            class: model.class,
            maker: model.maker.to_owned(),
            model: model.model.to_owned(),
            calibre: model.calibre.to_owned(),
            country: Some(model.country.to_owned()),
            year: Some(model.invented_year(self.piece.nth)),
            serial: self.serial.clone(),
            marks,
        }
    }
}

/// A GIAI-96 (GS1 TDS): header 34, filter 0, partition 5, the company prefix that GS1's own examples
/// use (0614141, 24 bits), and the asset number (58 bits).
#[must_use]
pub fn epc(n: usize) -> String {
    const HEADER: u128 = 0x34;
    const PARTITION: u128 = 5;
    const PREFIX: u128 = 614_141;
    format!("{:024X}", HEADER << 88 | PARTITION << 82 | PREFIX << 58 | (n as u128 + 1))
}

/// A chip number as a Gen2 chip of one maker answers it; the last four bytes are invented.
#[must_use]
pub fn tid(n: usize) -> String {
    format!("E28011052000{:04X}{:08X}", 0x5A00 + n / 1000, 0x0A4C_0000 + n * 7)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_weapon_can_stand_in_the_book() {
        let mut next = 0_u128;
        let world = World::new(|| {
            next += 1;
            Uuid::from_u128(next)
        });
        let identities: BTreeSet<String> = world.arms.iter().map(|arm| arm.identity().identity_key()).collect();
        let tags: BTreeSet<_> = world.arms.iter().filter_map(|arm| arm.tag.clone()).collect();
        assert_eq!(identities.len(), stores::WEAPONS);
        assert_eq!(tags.len(), stores::WEAPONS - stores::WEAPONS.div_ceil(UNTAGGED_EVERY));
        assert_eq!(world.in_room(stores::COUNTED_TODAY).count(), 118);
    }

    #[test]
    fn the_tags_say_what_they_are() {
        assert_eq!((epc(0).len(), tid(0).len()), (24, 24));
        assert_eq!(epc(0), "3414257BF400000000000001");
    }
}
