//! Training data: three sites, their rooms and racks, and which models stand where. 2,000 weapons.

use super::catalogue;

/// Two thousand, as the banner says.
pub const WEAPONS: usize = 2000;

/// A room: the site it stands in, its name, and what is in it, by model and number.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    /// Site.
    pub site: &'static str,
    /// Name, in the unit's words.
    pub name: &'static str,
    /// The letter of its racks.
    pub letter: &'static str,
    /// Model keys and how many.
    pub holds: &'static [(&'static str, u32)],
}

/// The three sites.
pub const SITES: [&str; 3] = ["Camp Kestrel", "Outpost Heron", "Harbour Depot"];
/// Where the count of today goes on.
pub const COUNTED_TODAY: &str = "B Company rack room";
/// Where weapons wait for destruction: a container in the depot.
pub const CAGE: &str = "Destruction cage";
/// Where recovered weapons are examined.
pub const EXAMINATION: &str = "Recovered weapons room";

/// The most weapons of one model on one rack.
const RACK: u32 = 20;

/// The rooms.
pub const ROOMS: &[Room] = &[
    Room { site: "Camp Kestrel", name: "A Company rack room", letter: "A", holds: &[("m70ab2", 110), ("pkm", 6), ("rpg7", 6)] },
    Room {
        site: "Camp Kestrel",
        name: COUNTED_TODAY,
        letter: "B",
        holds: &[("m70ab2", 96), ("mag", 6), ("svd", 4), ("rpg7", 4), ("cz75", 8)],
    },
    Room { site: "Camp Kestrel", name: "C Company rack room", letter: "C", holds: &[("type561", 110), ("pkm", 6), ("rpg7", 6)] },
    Room {
        site: "Camp Kestrel",
        name: "Support Company store",
        letter: "S",
        holds: &[
            ("m2hb", 8),
            ("dshkm", 6),
            ("gustaf", 9),
            ("spg9", 4),
            ("m6", 6),
            ("l16", 6),
            ("podnos", 4),
            ("m203", 24),
            ("hk69", 6),
            ("mgl", 4),
            ("mg3", 12),
            ("minimi", 18),
        ],
    },
    Room {
        site: "Camp Kestrel",
        name: "Pistol strongroom",
        letter: "P",
        holds: &[("92fs", 160), ("glock17", 120), ("cz75", 40), ("p226", 30), ("hp", 50)],
    },
    Room {
        site: "Camp Kestrel",
        name: "Headquarters Company store",
        letter: "H",
        holds: &[("g3", 120), ("mp5", 40), ("galil", 30), ("fnc", 30), ("ssg69", 8)],
    },
    Room {
        site: "Outpost Heron",
        name: "Post armoury",
        letter: "N",
        holds: &[("akm", 90), ("type562", 40), ("pm", 24), ("rpk", 12), ("rpg7", 12), ("pkm", 10), ("svd", 6)],
    },
    Room { site: "Outpost Heron", name: "Ready room", letter: "R", holds: &[("m16a2", 40), ("fal", 30), ("m203", 6)] },
    Room {
        site: "Harbour Depot",
        name: "Reserve hall",
        letter: "D",
        holds: &[
            ("fal", 120),
            ("vz58", 100),
            ("pmmd63", 80),
            ("m16a2", 60),
            ("sks", 50),
            ("uzi", 40),
            ("no4", 40),
            ("k98k", 30),
            ("sterling", 20),
            ("tt33", 20),
            ("m57", 20),
            ("type54", 20),
        ],
    },
    Room {
        site: "Harbour Depot",
        name: EXAMINATION,
        letter: "X",
        holds: &[("akms", 12), ("aug", 6), ("famas", 5), ("model10", 4), ("r870", 4), ("m4", 2)],
    },
];

/// One weapon of the list: room, rack within the room (from 1), model key and its number in the model.
#[derive(Clone, Copy, Debug)]
pub struct Piece {
    /// Index into [`ROOMS`].
    pub room: usize,
    /// Rack, from 1.
    pub rack: u32,
    /// The model.
    pub model: &'static catalogue::Model,
    /// Which piece of its model, from 0, over all rooms.
    pub nth: u32,
}

/// Every weapon, in the order of rooms and racks.
#[must_use]
pub fn pieces() -> Vec<Piece> {
    let mut made: Vec<(&str, u32)> = Vec::new();
    let mut pieces = Vec::with_capacity(WEAPONS);
    for (room, store) in ROOMS.iter().enumerate() {
        let mut rack = 0;
        for &(key, number) in store.holds {
            let first = made.iter().filter(|(made, _)| *made == key).map(|(_, number)| number).sum::<u32>();
            made.push((key, number));
            for n in 0..number {
                rack += u32::from(n % RACK == 0);
                pieces.push(Piece { room, rack, model: catalogue::model(key), nth: first + n });
            }
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn two_thousand_each_with_a_serial_of_its_own() {
        let pieces = pieces();
        let serials: BTreeSet<_> = pieces.iter().map(|piece| (piece.model.key, piece.model.invented_serial(piece.nth))).collect();
        assert_eq!((pieces.len(), serials.len()), (WEAPONS, WEAPONS));
    }

    #[test]
    fn every_model_stands_somewhere() {
        let keys: BTreeSet<_> = pieces().iter().map(|piece| piece.model.key).collect();
        assert_eq!(keys.len(), catalogue::MODELS.len());
    }

    #[test]
    fn the_counted_room_holds_118() {
        let room = ROOMS.iter().position(|room| room.name == COUNTED_TODAY).unwrap();
        assert_eq!(pieces().iter().filter(|piece| piece.room == room).count(), 118);
    }
}
