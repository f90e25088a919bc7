//! The first days of the training armoury: two people, then everybody, the places, the ledger, the tags.

use armoury::codes::{Origin, PlaceKind, Role};
use armoury::command::{Command, GatewayCommand, PersonCommand, PlaceCommand, WeaponCommand, gateway, person, place, weapon};
use armoury::event::Actor;
use armoury::event::person::Grant;
use armoury::ids::{GatewayKey, PlaceId, ServiceNumber};
use tag_data::moment::Moment;

use super::people::{self, COMMANDER, OFFICERS, Person, SECURITY};
use super::stores::{CAGE, ROOMS, SITES};
use super::tell::{NotTaken, Tell};
use super::world::{Arm, World};
use crate::desk::How;

/// Who keeps the stock of each site, in the order of [`SITES`].
pub const CUSTODIANS: [&str; 3] = [people::ARMOURER, "56017", "56120"];

fn number(text: &str) -> ServiceNumber {
    text.parse().expect("the training service numbers are plain")
}

/// Two people found the book and enter everybody else.
///
/// # Errors
/// [`NotTaken`].
pub async fn people(tell: &Tell, world: &World, start: Moment) -> Result<(), NotTaken> {
    tell.at(start);
    for founder in OFFICERS.iter().filter(|person| [COMMANDER, SECURITY].contains(&person.number)) {
        let found = person::Found { name: seal(tell, founder.number, founder.name), grants: rights(founder, world, start) };
        let actor = Actor::Person { service_number: number(founder.number), sign_in: "set-up".to_owned() };
        let command = Command::Person(number(founder.number), PersonCommand::Found(found));
        tell.founded(actor, &command).await?;
    }
    let soldiers: Vec<_> = (0..people::SOLDIERS).map(people::soldier).collect();
    let officers = OFFICERS.iter().filter(|person| ![COMMANDER, SECURITY].contains(&person.number));
    let everybody = officers
        .map(|officer| (officer.number, officer.rank, officer.name, officer.unit))
        .chain(soldiers.iter().map(|(number, rank, name, unit)| (number.as_str(), *rank, name.as_str(), unit.as_str())));
    tell.all(everybody.map(|(who, rank, name, unit)| {
        let enrol = person::Enrol { name: seal(tell, who, name), rank: Some(rank.to_owned()), unit: Some(unit.to_owned()) };
        (SECURITY, Command::Person(number(who), PersonCommand::Enrol(enrol)))
    }))
    .await
}

fn seal(tell: &Tell, who: &str, name: &str) -> armoury::sealed::Sealed {
    tell.app().keys().seal(&format!("person:{who}"), name).expect("the file of keys was just made")
}

fn rights(person: &Person, world: &World, from: Moment) -> Vec<Grant> {
    let at = |site: &str| SITES.iter().position(|name| *name == site).map(|n| world.sites[n]);
    // A guest's right always ends.
    let until = |role| (role == Role::Inspector).then(|| from.plus_seconds(365 * 86_400));
    let grant = |(role, site): &(Role, Option<&str>)| {
        let place = site.and_then(at);
        Grant { role: *role, place, from, until: until(*role) }
    };
    person.rights.iter().map(grant).collect()
}

/// Sites, rooms and racks; then rights in them, asked by one and approved by another; then who keeps them.
///
/// # Errors
/// [`NotTaken`].
pub async fn places(tell: &Tell, world: &World, start: Moment) -> Result<(), NotTaken> {
    let open = |id: PlaceId, kind, name: &str, within| {
        let open = place::Open { kind, name: name.to_owned(), within };
        (COMMANDER, Command::Place(id, PlaceCommand::Open(open)))
    };
    tell.all(SITES.iter().zip(world.sites).map(|(name, id)| open(id, PlaceKind::Site, name, None))).await?;
    let site = |name: &str| SITES.iter().position(|site| *site == name).map(|n| world.sites[n]);
    let rooms = ROOMS.iter().zip(&world.rooms).map(|(room, id)| open(*id, PlaceKind::Room, room.name, site(room.site)));
    tell.all(rooms.chain([open(world.cage, PlaceKind::Container, CAGE, Some(world.sites[2]))])).await?;
    let racks = world.racks.iter().map(|rack| {
        let name = format!("Rack {}-{:02}", ROOMS[rack.room].letter, rack.number);
        open(rack.id, PlaceKind::Rack, &name, Some(world.rooms[rack.room]))
    });
    tell.all(racks).await?;
    for officer in OFFICERS.iter().filter(|person| ![COMMANDER, SECURITY].contains(&person.number)) {
        for grant in rights(officer, world, start) {
            let ask = PersonCommand::RequestGrant(person::RequestGrant { grant });
            let request = tell.asked(SECURITY, Command::Person(number(officer.number), ask)).await?;
            let approve = PersonCommand::ApproveGrant(person::ApproveGrant { request });
            tell.by(COMMANDER, Command::Person(number(officer.number), approve)).await?;
        }
    }
    let named = world.sites.iter().zip(CUSTODIANS).map(|(site, custodian)| {
        let name = place::NameCustodian { custodian: number(custodian) };
        (COMMANDER, Command::Place(*site, PlaceCommand::NameCustodian(name)))
    });
    tell.all(named).await
}

/// Those that came later: room, model, how they came, how many days ago.
pub const LATER: [(&str, &str, Origin, i64); 3] = [
    ("Reserve hall", "fal", Origin::Donated, 55),
    ("Headquarters Company store", "mp5", Origin::Purchased, 48),
    ("Recovered weapons room", "akms", Origin::Surrendered, 25),
];

fn came_later(arm: &Arm) -> bool {
    LATER.iter().any(|(room, model, ..)| ROOMS[arm.piece.room].name == *room && arm.piece.model.key == *model)
}

/// The old ledger, line by line, and a tag on most of its weapons.
///
/// # Errors
/// [`NotTaken`].
pub async fn ledger(tell: &Tell, world: &World) -> Result<(), NotTaken> {
    let arms: Vec<&Arm> = world.arms.iter().filter(|arm| !came_later(arm)).collect();
    enter(tell, &arms, Origin::Ledger).await
}

/// Weapons enter the book, and those that carry a tag have it bound.
///
/// # Errors
/// [`NotTaken`].
pub async fn enter(tell: &Tell, arms: &[&Arm], origin: Origin) -> Result<(), NotTaken> {
    let register = arms.iter().enumerate().map(|(line, arm)| {
        let register = weapon::Register {
            identity: arm.identity(),
            owner: "1st Battalion".to_owned(),
            origin,
            place: arm.rack,
            source: Some(format!("ledger {}, line {}", arm.piece.room + 1, line + 1)),
            duplicate_reason: None,
            provisional: None,
        };
        (keeper(arm.piece.room), Command::Weapon(arm.id, WeaponCommand::Register(register)))
    });
    tell.all(register).await?;
    let bind = arms.iter().filter_map(|arm| {
        let (epc, tid) = arm.tag.clone()?;
        let bind = weapon::BindTag { epc, tid: Some(tid) };
        Some((keeper(arm.piece.room), Command::Weapon(arm.id, WeaponCommand::BindTag(bind))))
    });
    tell.all(bind).await
}

/// The readers' gateway: one read its code, another compared it.
///
/// # Errors
/// [`NotTaken`].
pub async fn gateway(tell: &Tell, key: &str, public_key: &str) -> Result<(), NotTaken> {
    let key: GatewayKey = key.parse().expect("a key id is sixteen hex digits");
    let propose = gateway::Propose { public_key: public_key.to_owned(), name: "training".to_owned() };
    let request = tell.asked(SECURITY, Command::Gateway(key.clone(), GatewayCommand::Propose(propose))).await?;
    tell.by(COMMANDER, Command::Gateway(key, GatewayCommand::Enrol(gateway::Enrol { request }))).await.map(drop)
}

/// Who keeps the stock of a room.
#[must_use]
pub fn keeper(room: usize) -> &'static str {
    SITES.iter().position(|site| *site == ROOMS[room].site).map_or(people::ARMOURER, |site| CUSTODIANS[site])
}

impl Tell {
    /// The two who found the book act before anybody has a right.
    async fn founded(&self, actor: Actor, command: &Command) -> Result<(), NotTaken> {
        let who = actor.person().map(ToString::to_string).unwrap_or_default();
        let taken = self.app().act_as(actor, None, command, &How::default()).await;
        taken.map(drop).map_err(|cause| NotTaken::new("Found", &who, cause))
    }
}
