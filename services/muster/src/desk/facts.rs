//! What the views know that a life's rules need: looked up just before each decision.

use armoury::command::{
    AlertCommand, BatchCommand, CaseCommand, Command, CountCommand, GatewayCommand, PersonCommand, PlaceCommand, WeaponCommand,
};
use armoury::ids::{PlaceId, WeaponId};
use armoury::life::{Facts, KeyStanding, WeaponBrief};
use armoury::view::Views;
use armoury::view::gateways::Enrolment;

use crate::app::App;

/// Looks up what this command's life may ask for.
pub fn gather(app: &App, command: &Command) -> Facts {
    let views = app.views();
    let mut facts = Facts { place_open: named_place(command).map(|place| is_open(&views, place)), ..Facts::default() };
    for weapon in weapons(&views, command) {
        facts.weapons.extend(brief(&views, weapon).map(|brief| (weapon, brief)));
    }
    if let Some(weapon) = weapons(&views, command).first() {
        facts.open_case = views.cases.open_case(*weapon);
    }
    match command {
        Command::Weapon(id, WeaponCommand::Register(asked)) => {
            facts.same_identity = views.weapons.same_identity(&asked.identity);
            facts.same_identity.retain(|other| other != id);
        }
        Command::Weapon(id, WeaponCommand::BindTag(asked)) => {
            facts.tag_bound_to = views.weapons.bound_elsewhere(&asked.epc.trim().to_uppercase(), *id, &views.texts);
        }
        Command::Count(_, CountCommand::Open(asked)) => facts.custodian = views.places.custodian(asked.place),
        Command::Count(id, CountCommand::CountItem(asked)) => {
            let found = views.resolve(&asked.seen);
            facts.resolved = if let [only] = found.as_slice() { Some(*only) } else { None };
            facts.custodian = views.counts.get(*id).and_then(|count| views.places.custodian(count.row().place));
        }
        Command::Count(id, command) => {
            facts.custodian = views.counts.get(*id).and_then(|count| views.places.custodian(count.row().place));
            if matches!(command, CountCommand::Close(_)) {
                facts.taking = views.taking(*id);
            }
        }
        Command::Place(id, PlaceCommand::Close(_)) => facts.place_holds = holds(&views, *id),
        Command::Person(_, PersonCommand::Found(_)) => {
            let rows = views.people.rows(app.now());
            facts.founded = u32::try_from(rows.iter().filter(|row| !row.grants.is_empty()).count()).unwrap_or(u32::MAX);
        }
        Command::Gateway(key, GatewayCommand::ReceiveBatch(_)) => {
            facts.gateway_key = views.gateways.get(key).and_then(|row| match row.enrolment {
                Enrolment::Enrolled => Some(KeyStanding::Enrolled),
                Enrolment::Revoked => Some(KeyStanding::ClosedFrom(row.closed_from.unwrap_or(row.next))),
                Enrolment::Unknown | Enrolment::Proposed => None,
            });
        }
        Command::Gateway(key, GatewayCommand::Revoke(_)) => {
            facts.gateway_next = views.gateways.get(key).map_or(0, |row| row.next);
        }
        Command::Alert(key, AlertCommand::Acknowledge(_) | AlertCommand::Resolve(_)) => {
            let place = views.alerts.get(key.as_str()).and_then(|row| row.place);
            facts.custodian = place.and_then(|place| views.places.custodian(place));
        }
        Command::Alert(_, AlertCommand::Raise(raised)) => {
            facts.custodian = raised.place.and_then(|place| views.places.custodian(place));
        }
        Command::Weapon(..)
        | Command::Place(..)
        | Command::Person(..)
        | Command::Case(..)
        | Command::Batch(..)
        | Command::Gateway(..) => {}
    }
    facts
}

/// The place into which the command puts something.
fn named_place(command: &Command) -> Option<PlaceId> {
    match command {
        Command::Place(_, PlaceCommand::Open(open)) => open.within,
        Command::Place(..) | Command::Person(..) => None,
        other => other.places().first().copied(),
    }
}

fn is_open(views: &Views, place: PlaceId) -> bool {
    views.places.row(place).is_some_and(|row| row.opened_at.is_some() && !row.closed)
}

/// The weapons that the command is about, the one named first.
fn weapons(views: &Views, command: &Command) -> Vec<WeaponId> {
    let mut weapons = command.weapons();
    match command {
        Command::Case(id, command) if !matches!(command, CaseCommand::Open(_)) => weapons.extend(views.cases.weapon(*id)),
        Command::Batch(id, command) if !matches!(command, BatchCommand::Open(_)) => {
            let listed = views.destruction.get(*id).map(|row| row.items.iter().map(|item| item.weapon).collect::<Vec<_>>());
            weapons.extend(listed.unwrap_or_default());
        }
        _ => {}
    }
    weapons
}

/// A weapon as other lives' rules see it.
fn brief(views: &Views, weapon: WeaponId) -> Option<WeaponBrief> {
    let row = views.weapon_row(weapon)?;
    Some(WeaponBrief {
        state: row.state,
        disposition: row.disposition,
        serial: row.serial.parse().ok()?,
        place: row.place?,
        batch: views.destruction.batch_of(weapon).map(|row| row.batch),
    })
}

/// Weapons on record in a place and open places in it.
fn holds(views: &Views, place: PlaceId) -> u32 {
    let filter = armoury::view::search::WeaponFilter { place: Some(place), ..Default::default() };
    let rows = views.stockpile(&filter, &armoury::view::Scope::place(place));
    let weapons: u64 = rows.iter().filter(|row| !ended(row.state)).map(|row| row.count).sum();
    let below =
        views.places.tree(&armoury::view::Scope::place(place)).iter().filter(|row| row.place != place && !row.closed).count()
            as u64;
    u32::try_from(weapons + below).unwrap_or(u32::MAX)
}

const fn ended(state: armoury::codes::State) -> bool {
    use armoury::codes::State;
    matches!(
        state,
        State::Destroyed
            | State::DestroyedInIncident
            | State::Deactivated
            | State::TransferredOut
            | State::Repatriated
            | State::Merged
    )
}
