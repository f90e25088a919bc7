//! Whether a person may: every id in the command, where things stand and where they go.
//!
//! Outside his scope a thing does not exist for him: "not found". Inside it, without the right,
//! "not allowed". A weapon handed in is accepted wherever it comes from: possession needs one
//! person and is never blocked, so taking in and booking as recovered ask only where it goes.

use armoury::codes::Role;
use armoury::command::{
    AlertCommand, BatchCommand, CaseCommand, Command, CountCommand, GatewayCommand, PersonCommand, WeaponCommand,
};
use armoury::event::person::Grant;
use armoury::ids::{PlaceId, ServiceNumber, WeaponId};
use armoury::rights::{Act, Reach, may, reach};
use armoury::view::alerts::{AlertLine, AlertRow, Viewer};
use armoury::view::scope::Message;
use armoury::view::{Scope, Views};
use tag_data::moment::Moment;

use super::ActError;
use super::concerns::{batch_place, case_place, count_place, weapon_place};
use crate::app::App;
use crate::auth::Who;

/// A person may, in this role; the place is recorded with the act.
pub struct Allowed {
    /// In which role he acts.
    pub role: Role,
    /// Where, if the act belongs to a place.
    pub place: Option<PlaceId>,
}

/// Where somebody may read; `None` = nowhere.
#[must_use]
pub fn scope(grants: &[Grant], act: Act, now: Moment) -> Option<Scope> {
    match reach(grants, act, now) {
        Reach::Everywhere => Some(Scope::Everywhere),
        Reach::Below(places) if places.is_empty() => None,
        Reach::Below(places) => Some(Scope::Places(places.into_iter().collect())),
    }
}

/// Whether any of these places is in scope; a thing in no place is seen by those who see everywhere.
#[must_use]
pub fn within_scope(views: &Views, scope: &Scope, places: &[PlaceId]) -> bool {
    match scope {
        Scope::Everywhere => true,
        Scope::Places(_) => places.iter().any(|place| views.places.in_scope(scope, *place)),
    }
}

/// Checks every id in a command against a person's rights.
pub fn authorise(app: &App, who: &Who, command: &Command) -> Result<Allowed, ActError> {
    may_act(&app.views(), who, command, app.now())
}

/// The same by views that are held already.
pub(crate) fn may_act(views: &Views, who: &Who, command: &Command, now: Moment) -> Result<Allowed, ActError> {
    let act = stand_ins(views, command.act(), now);
    let places = concerned(views, command)?;
    if let Command::Alert(key, AlertCommand::Acknowledge(_) | AlertCommand::Resolve(_)) = command {
        let row = views.alerts.get(key.as_str()).ok_or(ActError::NotFound)?;
        if !sees_alert(views, &who.service_number, &who.grants, row, now) {
            return Err(ActError::NotFound);
        }
    }
    let roles: Vec<(PlaceId, Option<Role>)> = places
        .into_iter()
        .map(|place| {
            let chain = views.places.chain(place);
            let role = act.iter().find_map(|act| may(&who.grants, *act, &chain, now));
            // First whether he sees each of them: "not allowed" by one would tell that the other is there.
            if !chain.is_empty() && (role.is_some() || sees(who, &chain, now)) {
                Ok((place, role))
            } else {
                Err(ActError::NotFound)
            }
        })
        .collect::<Result<_, _>>()?;
    if roles.iter().any(|(_, role)| role.is_none()) {
        return Err(ActError::NotAllowed);
    }
    match roles.first() {
        Some((place, Some(role))) => Ok(Allowed { role: *role, place: Some(*place) }),
        Some((_, None)) | None => {
            let role = act.iter().find_map(|act| may(&who.grants, *act, &[], now));
            role.map(|role| Allowed { role, place: None }).ok_or(ActError::NotAllowed)
        }
    }
}

/// The rights of which one is enough; while no security officer is in force an approver stands in.
fn stand_ins(views: &Views, act: Act, now: Moment) -> Vec<Act> {
    let security = || views.people.rows(now).iter().any(|row| row.grants.iter().any(|g| g.grant.role == Role::SecurityOfficer));
    if act == Act::EnrolPerson && !security() { vec![act, Act::RequestGrant] } else { vec![act] }
}

/// What he sees and may not do is 403; what he does not see is 404.
fn sees(who: &Who, chain: &[PlaceId], now: Moment) -> bool {
    may(&who.grants, Act::ReadPlaces, chain, now).is_some()
}

/// Every place that a command touches: where its things stand now and where they would go.
fn concerned(views: &Views, command: &Command) -> Result<Vec<PlaceId>, ActError> {
    let mut places = command.places();
    if !accepts_from_anywhere(command) {
        for weapon in command.weapons() {
            match weapon_place(views, weapon) {
                Some(place) => places.push(place),
                None if enters(command, weapon) => {}
                None => return Err(ActError::NotFound),
            }
        }
    }
    match command {
        Command::Count(_, CountCommand::Open(_))
        | Command::Case(_, CaseCommand::Open(_))
        | Command::Batch(_, BatchCommand::Open(_)) => {}
        Command::Count(id, _) => places.push(count_place(views, *id).ok_or(ActError::NotFound)?),
        Command::Case(id, _) => places.push(case_place(views, *id).ok_or(ActError::NotFound)?),
        Command::Batch(id, _) => places.push(batch_place(views, *id).ok_or(ActError::NotFound)?),
        Command::Alert(key, _) => places.extend(views.alerts.get(key.as_str()).ok_or(ActError::NotFound)?.place),
        Command::Person(_, PersonCommand::ApproveGrant(approve)) => {
            let asked = views.people.grant_requests().into_iter().find(|row| row.request == approve.request);
            places.extend(asked.ok_or(ActError::NotFound)?.grant.place);
        }
        Command::Gateway(_, GatewayCommand::ReceiveBatch(_)) => return Err(ActError::NotAllowed),
        Command::Person(..) | Command::Gateway(..) | Command::Weapon(..) | Command::Place(..) => {}
    }
    places.sort_unstable();
    places.dedup();
    Ok(places)
}

fn accepts_from_anywhere(command: &Command) -> bool {
    matches!(command, Command::Weapon(_, WeaponCommand::Return(_) | WeaponCommand::Recover(_)))
}

fn enters(command: &Command, weapon: WeaponId) -> bool {
    matches!(command, Command::Weapon(id, WeaponCommand::Register(_)) if *id == weapon)
}

/// Whether an alert is meant for a person: by audience, place, and never about himself.
#[must_use]
pub fn sees_alert(views: &Views, person: &ServiceNumber, grants: &[Grant], row: &AlertRow, now: Moment) -> bool {
    let chain = row.place.map(|place| views.places.chain(place)).unwrap_or_default();
    let custodian = row.place.and_then(|place| views.places.custodian(place));
    line_of(row).visible_to(&Viewer { service_number: person, grants }, &chain, custodian.as_ref(), now)
}

/// A line of this one alert: the rules of who is shown what stand with the lines.
fn line_of(row: &AlertRow) -> AlertLine {
    AlertLine {
        rule: row.rule,
        audience: row.audience,
        place: row.place,
        weapon: row.weapon,
        person: row.person.clone(),
        count: 1,
        unread: 0,
        alerts: vec![row.alert.clone()],
        since: row.raised_at,
        last: row.raised_at,
        message: Message::new(""),
        next: Message::new(""),
        position: row.position,
    }
}

/// Whether somebody may enter people and see to their accounts: the security officer, or while
/// there is none an approver for everywhere.
///
/// # Errors
/// [`ActError::NotAllowed`].
pub fn may_enrol(app: &App, who: &Who) -> Result<Role, ActError> {
    may_enrol_in(&app.views(), who, app.now())
}

/// The same by views that are held already.
///
/// # Errors
/// [`ActError::NotAllowed`].
pub fn may_enrol_in(views: &Views, who: &Who, now: Moment) -> Result<Role, ActError> {
    let acts = stand_ins(views, Act::EnrolPerson, now);
    acts.iter().find_map(|act| may(&who.grants, *act, &[], now)).ok_or(ActError::NotAllowed)
}
