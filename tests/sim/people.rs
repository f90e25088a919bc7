//! Who is at a post, what stands there, and what its book says on the first day.
//!
//! The first day is written into the log as an older book would have it: people with their rights,
//! places, and weapons on charge. From then on every event goes through the desk.

use armoury::codes::{Basis, Class, Origin, PlaceKind, Role};
use armoury::event::person::{self, Grant, PersonEvent};
use armoury::event::place::{self, PlaceEvent};
use armoury::event::weapon::{self, WeaponEvent};
use armoury::event::{Actor, Event, Meta};
use armoury::ids::{CaseId, PlaceId, ServiceNumber, WeaponId};
use armoury::marks::Identity;
use armoury::sealed::Sealed;
use event_log::event::{Expected, NewEvent, StreamName, TypeName};
use tag_data::moment::Moment;
use uuid::Uuid;

use crate::arms::Arm;
use crate::clock;
use crate::dice::Dice;
use crate::past::Loss;
use crate::post::Post;

/// A person.
#[derive(Clone, Debug)]
pub struct Person {
    /// What his comrades call him.
    pub name: &'static str,
    /// By which the book knows him.
    pub number: ServiceNumber,
    /// The sign-in he is working in.
    pub sign_in: String,
    /// The roles he begins with, and below which place.
    pub roles: Vec<(Role, Option<PlaceId>)>,
}

/// The places of a post on the first day.
#[derive(Clone, Debug)]
pub struct Places {
    /// The camp.
    pub camp: PlaceId,
    /// Its armoury.
    pub armoury: PlaceId,
    /// Two racks in it.
    pub racks: [PlaceId; 2],
    /// Another camp of the same book, with a keeper of its own.
    pub other_camp: PlaceId,
    /// Its one rack.
    pub other_rack: PlaceId,
}

impl Places {
    /// Fresh places.
    pub fn at(dice: &mut Dice) -> Self {
        let mut id = || PlaceId(uuid::Builder::from_custom_bytes(dice.bytes()).into_uuid());
        Self { camp: id(), armoury: id(), racks: [id(), id()], other_camp: id(), other_rack: id() }
    }
}

/// Who commands.
pub const COMMANDER: usize = 0;
/// His deputy.
pub const DEPUTY: usize = 1;
/// Keeps the armoury's stock.
pub const ARMOURER: usize = 2;
/// Helps him.
pub const STOREMAN: usize = 3;
/// Keeps the other camp's stock.
pub const OTHER_KEEPER: usize = 4;
/// A guest for thirty days.
pub const INSPECTOR: usize = 5;
/// Reads everything, writes nothing.
pub const AUDITOR: usize = 6;
/// People, devices and keys.
pub const SECURITY: usize = 7;
/// The first of those who only carry.
pub const FIRST_SOLDIER: usize = 8;
/// Everybody.
pub const EVERYBODY: usize = 11;

const NAMES: [&str; EVERYBODY] = [
    "the commander",
    "the deputy",
    "the armourer",
    "the storeman",
    "the other camp's keeper",
    "the inspector",
    "the auditor",
    "the security officer",
    "Private Okoro",
    "Private Lind",
    "Corporal Barsegyan",
];

/// When every world begins: 2026-03-01T06:00:00Z.
pub const BEGIN: i64 = 1_772_344_800_000_000;
const DAY: i64 = 86_400;

/// The people of a post.
pub fn of(post: &Post, dice: &mut Dice) -> Vec<Person> {
    let (camp, other) = (Some(post.places.camp), Some(post.places.other_camp));
    let roles: [Vec<(Role, Option<PlaceId>)>; FIRST_SOLDIER] = [
        vec![(Role::Approver, None)],
        vec![(Role::Approver, None)],
        vec![(Role::Custodian, camp)],
        vec![(Role::Custodian, camp)],
        vec![(Role::Custodian, other), (Role::Approver, other)],
        vec![(Role::Inspector, None)],
        vec![(Role::Auditor, None)],
        vec![(Role::SecurityOfficer, None)],
    ];
    let first = 10_000 + dice.below(80) * 1000;
    let person = |(nth, name): (usize, &&'static str)| {
        let number: ServiceNumber = (first + nth).to_string().parse().expect("digits are a service number");
        let sign_in = format!("{number} at his desk");
        Person { name, number, sign_in, roles: roles.get(nth).cloned().unwrap_or_default() }
    };
    NAMES.iter().enumerate().map(person).collect()
}

impl Post {
    /// Writes the first day; the post's clock must be right then. Its stock is `arms`, each in a rack;
    /// the first of them may have been lost.
    pub fn first_day(&mut self, arms: &[(&Arm, WeaponId, PlaceId)], lost: Option<(Loss, CaseId)>, shift: i64) {
        clock::set(BEGIN + shift);
        let at = Moment::from_micros(BEGIN + shift);
        for person in self.people.clone() {
            let name = Sealed { key: format!("person:{}", person.number), text: "AAAA".to_owned() };
            let enrolled = person::Enrolled { service_number: person.number.clone(), name, rank: None, unit: None };
            let until = |role: Role| (role == Role::Inspector).then(|| at.plus_seconds(30 * DAY));
            let grant =
                |(role, place): &(Role, Option<PlaceId>)| Grant { role: *role, place: *place, from: at, until: until(*role) };
            let grants = person.roles.iter().map(grant).collect();
            let events = [PersonEvent::Enrolled(enrolled), PersonEvent::Founded(person::Founded { grants })];
            self.write(at, &person.number.stream(&self.node()), events.map(Event::from));
        }
        let Places { camp, armoury, racks, other_camp, other_rack } = self.places.clone();
        let places = [
            (camp, PlaceKind::Site, "the camp", None),
            (armoury, PlaceKind::Room, "the armoury", Some(camp)),
            (racks[0], PlaceKind::Rack, "rack 1", Some(armoury)),
            (racks[1], PlaceKind::Rack, "rack 2", Some(armoury)),
            (other_camp, PlaceKind::Site, "the other camp", None),
            (other_rack, PlaceKind::Rack, "the other camp's rack", Some(other_camp)),
        ];
        for (place, kind, name, within) in places {
            let mut events = vec![PlaceEvent::Opened(place::Opened { place, kind, name: name.to_owned(), within })];
            let keeper = [(camp, ARMOURER), (other_camp, OTHER_KEEPER)].into_iter().find(|(kept, _)| *kept == place);
            if let Some((_, keeper)) = keeper {
                let custodian = self.people[keeper].number.clone();
                events.push(PlaceEvent::CustodianNamed(place::CustodianNamed { custodian }));
            }
            self.write(at, &place.stream(&self.node()), events.into_iter().map(Event::from));
        }
        for (arm, id, rack) in arms {
            let registered = weapon::Registered {
                weapon: *id,
                identity: identity(&arm.serial),
                owner: "the contingent".to_owned(),
                origin: Origin::Ledger,
                place: *rack,
                source: None,
                duplicate_reason: None,
                provisional: false,
            };
            let mut events = vec![WeaponEvent::Registered(registered)];
            if arm.tagged {
                events.push(WeaponEvent::TagBound(weapon::TagBound { epc: arm.epc.clone(), tid: Some(arm.tid.clone()) }));
            }
            self.write(at, &id.stream(&self.node()), events.into_iter().map(Event::from));
        }
        if let (Some((loss, case)), Some((_, weapon, rack))) = (lost, arms.first()) {
            self.write(at, &case.stream(&self.node()), loss.of_case(case, *weapon, *rack));
            self.write(at, &weapon.stream(&self.node()), loss.of_weapon(case, *rack));
        }
    }

    fn write(&self, at: Moment, stream: &str, events: impl IntoIterator<Item = Event>) {
        let commander = &self.people[COMMANDER];
        let actor = Actor::Person { service_number: commander.number.clone(), sign_in: "the first day".to_owned() };
        let (role, node, basis) = (Some(Role::Approver), self.node(), Basis::Paper);
        let (device, place, cause, reason, idempotency_key) = (None, None, None, None, None);
        let meta = Meta { actor, role, device, place, node, basis, cause, reason, idempotency_key };
        let meta = serde_json::to_vec(&meta).expect("a meta is JSON");
        let new = |event: Event| NewEvent {
            id: Uuid::from_bytes(clock::salt()),
            type_name: TypeName::new(event.type_name()).expect("an event's name is a type's name"),
            schema_version: event.schema_version(),
            occurred_at: at.micros(),
            meta: meta.clone(),
            data: event.data().expect("an event is JSON"),
        };
        let stream = StreamName::new(stream).expect("a life's stream has a name");
        let events = events.into_iter().map(new).collect();
        let last = self.log.last_revision(&stream).expect("memory can be read");
        self.log
            .append_blocking(&stream, last.map_or(Expected::NoStream, Expected::Revision), events)
            .expect("the first day is written");
    }
}

/// The identity of a rifle with this serial.
pub fn identity(serial: &str) -> Identity {
    Identity {
        class: Class::Sa3,
        maker: "Arsenal".to_owned(),
        model: "AR-M1".to_owned(),
        calibre: "7.62x39".to_owned(),
        country: Some("BG".to_owned()),
        year: Some(1998),
        serial: serial.parse().expect("a serial is a mark"),
        marks: Vec::new(),
    }
}
