//! What the views know that a command's life may ask for, looked up just before it decides.
//!
//! Only what is needed is looked up. A text stands for a weapon only if it is exactly one weapon's
//! mark or tag: a folded key is for search and never decides.

use tag_data::barcode;

use super::{Facts, KeyStanding, WeaponBrief};
use crate::command::{
    AlertCommand, BatchCommand, CaseCommand, Command, CountCommand, GatewayCommand, PersonCommand, PlaceCommand, WeaponCommand,
};
use crate::ids::{PlaceId, WeaponId};
use crate::view::destruction::BatchStage;
use crate::view::gateways::Enrolment;
use crate::view::search::WeaponFilter;
use crate::view::{Scope, Views};
use crate::weapon::moves;

use tag_data::moment::Moment;

impl Facts {
    /// Looks up what this command's life may ask for.
    #[must_use]
    pub fn gather(views: &Views, command: &Command, now: Moment) -> Self {
        let weapons = concerned(views, command);
        let mut facts = Self {
            place_open: named_place(command).map(|place| open(views, place)),
            open_case: weapons.first().and_then(|weapon| views.cases.open_case(*weapon)),
            weapons: weapons.into_iter().filter_map(|weapon| Some((weapon, brief(views, weapon)?))).collect(),
            ..Self::default()
        };
        match command {
            Command::Weapon(id, command) => facts.of_weapon(views, *id, command),
            Command::Count(id, command) => {
                let counted = views.counts.get(*id).map(|count| count.row().place).or(command.place());
                facts.custodian = counted.and_then(|place| views.places.custodian(place));
                match command {
                    CountCommand::CountItem(asked) => facts.resolved = resolved(views, &asked.seen),
                    CountCommand::Close(_) => facts.taking = views.taking(*id),
                    _ => {}
                }
            }
            Command::Case(id, _) => {
                let missed = views.cases.get(*id, now).map(|row| row.place);
                facts.custodian = missed.and_then(|place| views.places.custodian(place));
            }
            Command::Place(id, PlaceCommand::Close(_)) => facts.place_holds = holds(views, *id),
            Command::Person(_, PersonCommand::Found(_)) => {
                let founded = views.people.rows(now).iter().filter(|row| !row.grants.is_empty()).count();
                facts.founded = u32::try_from(founded).unwrap_or(u32::MAX);
            }
            Command::Gateway(key, command) => {
                let row = views.gateways.get(key);
                facts.gateway_next = row.map(|row| row.next).unwrap_or_default();
                facts.gateway_key = row.filter(|_| hands_in(command)).and_then(key_standing);
            }
            Command::Alert(key, command) => {
                let place = match command {
                    AlertCommand::Raise(raised) => raised.place,
                    _ => views.alerts.get(key.as_str()).and_then(|row| row.place),
                };
                facts.custodian = place.and_then(|place| views.places.custodian(place));
            }
            Command::Place(..) | Command::Person(..) | Command::Batch(..) => {}
        }
        facts
    }

    fn of_weapon(&mut self, views: &Views, id: WeaponId, command: &WeaponCommand) {
        match command {
            WeaponCommand::Register(asked) => {
                self.same_identity = views.weapons.same_identity(&asked.identity);
                self.same_identity.retain(|other| *other != id);
            }
            WeaponCommand::BindTag(asked) => {
                let epc = asked.epc.trim().to_ascii_uppercase();
                let bound = views.weapons.bound_elsewhere(&epc, id, &views.texts);
                // The record of a destroyed weapon keeps its tag, but the tag may serve again.
                self.tag_bound_to =
                    bound.filter(|other| views.standing(*other).is_none_or(|standing| !moves::ended(standing.state)));
            }
            _ => {}
        }
    }
}

/// The weapon that a scanned or keyed text stands for: exactly one whose mark reads like this (a
/// serial, a registry number, a Data Matrix, a rack number), whose tag has this EPC, or whose
/// unique item identifier stands in the code. Namesakes stand for nobody.
#[must_use]
pub fn resolved(views: &Views, text: &str) -> Option<WeaponId> {
    match candidates(views, text).as_slice() {
        [only] => Some(*only),
        _ => None,
    }
}

/// Every weapon that a text names exactly: more than one are namesakes and stand for nobody.
#[must_use]
pub fn candidates(views: &Views, text: &str) -> Vec<WeaponId> {
    let named =
        |text: &str| -> Vec<WeaponId> { views.find_scanned(text).into_iter().filter_map(|ix| views.weapons.id(ix)).collect() };
    let found = named(text);
    if !found.is_empty() {
        return found;
    }
    let reading = barcode::read(text, &barcode::Options::default());
    let inside = reading.fields.get("uii").and_then(|uii| uii.as_str()).map(named);
    inside.unwrap_or_default()
}

/// The place into which the command puts something.
fn named_place(command: &Command) -> Option<PlaceId> {
    match command {
        Command::Place(_, PlaceCommand::Open(open)) => open.within,
        Command::Place(..) | Command::Person(..) => None,
        Command::Count(_, CountCommand::CountItem(_)) => None, // Where something is seen is never refused.
        other => other.places().first().copied(),
    }
}

fn open(views: &Views, place: PlaceId) -> bool {
    views.places.row(place).is_some_and(|row| row.opened_at.is_some() && !row.closed)
}

/// The weapons that the command is about, the one named first.
fn concerned(views: &Views, command: &Command) -> Vec<WeaponId> {
    let mut weapons = command.weapons();
    match command {
        Command::Case(id, command) if !matches!(command, CaseCommand::Open(_)) => weapons.extend(views.cases.weapon(*id)),
        Command::Batch(id, BatchCommand::Lock(_) | BatchCommand::RecordDestruction(_) | BatchCommand::Verify(_)) => {
            let row = views.destruction.get(*id);
            weapons.extend(row.into_iter().flat_map(|row| row.items.iter().map(|item| item.weapon)));
        }
        _ => {}
    }
    weapons
}

/// A weapon as other lives' rules see it.
fn brief(views: &Views, weapon: WeaponId) -> Option<WeaponBrief> {
    let ix = views.weapons.find(weapon)?;
    let (fixed, _) = views.weapons.entered(ix)?;
    let (state, batch) = (views.weapons.state(ix), views.destruction.batch_of(weapon));
    Some(WeaponBrief {
        state: state.state?,
        disposition: state.disposition,
        serial: views.texts.get(fixed.serial).parse().ok()?,
        place: views.places.id(state.place)?,
        batch: batch.map(|row| row.batch),
        certified: batch.is_some_and(|row| row.stage == BatchStage::Confirmed),
        in_case: views.cases.open_case(weapon).is_some(),
    })
}

/// Whether a command comes with a gateway's signed batch.
const fn hands_in(command: &GatewayCommand) -> bool {
    matches!(command, GatewayCommand::ReceiveBatch(_) | GatewayCommand::ContradictBatch(_))
}

fn key_standing(row: &crate::view::GatewayRow) -> Option<KeyStanding> {
    match row.enrolment {
        Enrolment::Enrolled => Some(KeyStanding::Enrolled),
        Enrolment::Revoked => Some(KeyStanding::ClosedFrom(row.closed_from.unwrap_or(row.next))),
        Enrolment::Unknown | Enrolment::Proposed => None,
    }
}

/// Weapons on record in a place and open places in it.
fn holds(views: &Views, place: PlaceId) -> u32 {
    let scope = Scope::place(place);
    let filter = WeaponFilter { place: Some(place), ..WeaponFilter::default() };
    let rows = views.stockpile(&filter, &scope);
    let weapons: u64 = rows.iter().filter(|row| !moves::ended(row.state)).map(|row| row.count).sum();
    let below = views.places.tree(&scope).iter().filter(|row| row.place != place && !row.closed).count();
    u32::try_from(weapons).unwrap_or(u32::MAX).saturating_add(u32::try_from(below).unwrap_or(u32::MAX))
}
