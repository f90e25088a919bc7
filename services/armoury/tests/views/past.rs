//! Pasts made up at random: any event in any order, claimed at any time, as a fold must take it.

use armoury::codes::{
    Acknowledgement, Basis, Class, Disposition, ElsewhereKind, LossCause, MarkKind, MarkMethod, Origin, PlaceKind, State,
};
use armoury::codes::{Component, DestructionMethod, Level, Way};
use armoury::event::count::{self, CountEvent};
use armoury::event::place::{self, PlaceEvent};
use armoury::event::weapon::{self, WeaponEvent};
use armoury::event::{Actor, Event, Fact, Meta};
use armoury::ids::{BatchId, CaseId, CountId, EventId, PlaceId, ServiceNumber, WeaponId};
use armoury::marks::{Identity, Mark};
use proptest::prelude::*;
use tag_data::moment::Moment;
use uuid::Uuid;

/// Midnight before the first event.
pub const DAY: i64 = 1_782_864_000_000_000;

pub fn weapon_id(n: u128) -> WeaponId {
    WeaponId(Uuid::from_u128(0xA0 << 64 | n))
}

pub fn place_id(n: u128) -> PlaceId {
    PlaceId(Uuid::from_u128(0xB0 << 64 | n))
}

pub fn number(n: u32) -> ServiceNumber {
    (30_000 + n).to_string().parse().unwrap()
}

pub fn fact(position: u64, stream: String, revision: u64, occurred: i64, event: Event) -> Fact {
    Fact {
        position,
        id: EventId(Uuid::from_u128(u128::from(position))),
        stream,
        revision,
        recorded_at: Moment::from_micros(DAY).plus_seconds(60 * i64::try_from(position).unwrap()),
        occurred_at: Moment::from_micros(DAY).plus_seconds(occurred),
        leaf: [u8::try_from(position % 256).unwrap(); 32],
        meta: Meta {
            actor: Actor::Person { service_number: number(u32::try_from(position % 3).unwrap()), sign_in: "s".to_owned() },
            role: None,
            device: None,
            place: None,
            node: "hq".parse().unwrap(),
            basis: Basis::Device,
            cause: None,
            reason: None,
            idempotency_key: None,
        },
        event,
    }
}

pub fn registered(n: u128, serial: &str, place: PlaceId) -> WeaponEvent {
    let serial: armoury::marks::Stamped = serial.parse().unwrap();
    let mark = Mark {
        kind: MarkKind::Serial,
        component: Component::Receiver,
        position: None,
        method: MarkMethod::Stamp,
        text: serial.clone(),
    };
    let identity = Identity {
        class: Class::Sa4,
        maker: "Zastava".to_owned(),
        model: "M70AB2".to_owned(),
        calibre: "7.62x39".to_owned(),
        country: Some("YU".to_owned()),
        year: Some(1986),
        serial,
        marks: vec![mark],
    };
    WeaponEvent::Registered(weapon::Registered {
        weapon: weapon_id(n),
        identity,
        owner: "2nd Battalion".to_owned(),
        origin: Origin::Ledger,
        place,
        source: None,
        duplicate_reason: None,
        provisional: n.is_multiple_of(3),
    })
}

/// Any event that can follow an entry, by the book or against it.
fn any_move() -> impl Strategy<Value = WeaponEvent> {
    let case = CaseId(Uuid::from_u128(1));
    let batch = BatchId(Uuid::from_u128(2));
    let epc = |n: u32| format!("30342{n:03X}");
    let against_book = || prop::option::of(prop::sample::select(State::ALL.to_vec()));
    let place = || (0_u128..4).prop_map(place_id);
    let fixed = [
        WeaponEvent::PartRemoved(weapon::PartRemoved { part: "bolt".to_owned(), kept_at: "safe".to_owned() }),
        WeaponEvent::PartRestored(weapon::PartRestored { part: "bolt".to_owned() }),
        WeaponEvent::ReceiverConfirmed(weapon::ReceiverConfirmed { document: "WS-1".to_owned() }),
        WeaponEvent::Unaccounted(weapon::Unaccounted { case, count: None }),
        WeaponEvent::Explained(weapon::Explained { case, place: None }),
        WeaponEvent::Explained(weapon::Explained { case, place: Some(place_id(1)) }),
        WeaponEvent::PresumedLost(weapon::PresumedLost { case }),
        WeaponEvent::Lost(weapon::Lost { case, cause: LossCause::Unknown }),
        WeaponEvent::Batched(weapon::Batched { batch }),
        WeaponEvent::Unbatched(weapon::Unbatched { batch }),
        WeaponEvent::Destroyed(weapon::Destroyed { batch, method: DestructionMethod::Cutting }),
        WeaponEvent::DispositionDecided(weapon::DispositionDecided {
            disposition: Disposition::Destroy,
            authority: "Order 114".to_owned(),
        }),
    ];
    prop_oneof![
        4 => prop::sample::select(fixed.to_vec()),
        2 => (place(), against_book()).prop_map(|(place, against_book)| WeaponEvent::Racked(weapon::Racked { place, against_book })),
        3 => (0_u32..3, prop::bool::ANY).prop_map(|(to, pin)| WeaponEvent::Issued(weapon::Issued {
            to: number(to),
            purpose: None,
            due: None,
            acknowledgement: if pin { Acknowledgement::Pin } else { Acknowledgement::WetInk },
            against_book: None,
        })),
        2 => (place(), against_book())
            .prop_map(|(place, against_book)| WeaponEvent::Returned(weapon::Returned { from: None, place, against_book })),
        1 => prop::sample::select(ElsewhereKind::ALL.to_vec()).prop_map(|kind| WeaponEvent::SentElsewhere(weapon::SentElsewhere {
            kind,
            receiver: "workshop".to_owned(),
            document: "WS-1".to_owned(),
            due: None,
            against_book: None,
        })),
        1 => place().prop_map(|place| WeaponEvent::Recovered(weapon::Recovered { case: None, place, against_book: None })),
        1 => place().prop_map(|place| WeaponEvent::Restored(weapon::Restored { place, declared_in_error: false })),
        1 => prop::option::of(0_u32..3).prop_map(|to| WeaponEvent::Assigned(weapon::Assigned { to: to.map(number) })),
        1 => (0_u32..3).prop_map(move |n| WeaponEvent::TagBound(weapon::TagBound { epc: epc(n), tid: Some(epc(n + 9)) })),
        1 => (0_u32..3).prop_map(move |n| WeaponEvent::TagRetired(weapon::TagRetired { epc: epc(n) })),
    ]
}

/// A past: places, entries, moves and counts; `claimed` seconds before it was recorded, or after.
pub fn any_past() -> impl Strategy<Value = Vec<Fact>> {
    let steps = prop::collection::vec((0_u128..6, 0_u8..20, any_move(), -3_000_i64..120), 1..80);
    steps.prop_map(|steps| {
        let mut log: Vec<Fact> = Vec::new();
        let mut next = std::collections::BTreeMap::<String, u64>::new();
        let mut tell = |stream: String, late: i64, event: Event| {
            let revision = next.entry(stream.clone()).or_default();
            let position = log.len() as u64 + 1;
            let occurred = 60 * i64::try_from(position).unwrap() + late;
            log.push(fact(position, stream, *revision, occurred, event));
            *revision += 1;
        };
        for n in 0..4 {
            let kind = if n == 0 { PlaceKind::Site } else { PlaceKind::Rack };
            let within = (n > 1).then(|| place_id(1)).or((n == 1).then(|| place_id(0)));
            let opened = place::Opened { place: place_id(n), kind, name: format!("Place {n}"), within };
            tell(format!("place-{}@hq", place_id(n)), 0, PlaceEvent::Opened(opened).into());
        }
        let mut entered = std::collections::BTreeSet::new();
        for (n, dice, event, late) in steps {
            let stream = format!("weapon-{}@hq", weapon_id(n));
            let count = CountId(Uuid::from_u128(7));
            let count_stream = format!("count-{count}@hq");
            if entered.insert(n) {
                tell(stream, late, registered(n, &format!("4188{n:02}"), place_id(n % 4)).into());
            } else if dice == 0 {
                let (place, kind) = (place_id(1), armoury::codes::CountKind::Full);
                let opened = count::Opened { count, place, kind, blind: false, custodian: None, counters: Vec::new() };
                tell(count_stream, 0, CountEvent::Opened(opened).into());
            } else if dice == 1 {
                let (weapon, seen, place) = (Some(weapon_id(n)), "x".to_owned(), place_id(2));
                let item = count::ItemCounted { weapon, seen, way: Way::Keyed, level: Level::Serial, place };
                tell(count_stream, 0, CountEvent::ItemCounted(item).into());
            } else {
                tell(stream, late, event.into());
            }
        }
        log
    })
}
