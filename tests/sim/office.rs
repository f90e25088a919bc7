//! What the office asks of the book: rights, gateways, places, tags, alerts.

use armoury::codes::{Component, MarkKind, MarkMethod, PlaceKind, Role};
use armoury::command::{
    AlertCommand, Command, GatewayCommand, PersonCommand, PlaceCommand, WeaponCommand, alert, gateway, person, place, weapon,
};
use armoury::event::person::Grant;
use armoury::ids::PlaceId;
use armoury::marks::Mark;
use armoury::view::Scope;
use armoury::view::gateways::Enrolment;

use crate::acts::{Ask, Sight, id, words};
use crate::dice::Dice;
use crate::gateway::Gateway;
use crate::people::{ARMOURER, AUDITOR, COMMANDER, DEPUTY, EVERYBODY, FIRST_SOLDIER, SECURITY, STOREMAN};

impl Sight<'_> {
    /// A right asked for, given or taken.
    pub fn rights(&self, dice: &mut Dice) -> Option<Ask> {
        let views = self.app.views();
        let by = [COMMANDER, DEPUTY, SECURITY][dice.below(3)];
        let on = |number: &armoury::ids::ServiceNumber, command| Command::Person(number.clone(), command);
        let said = |what: &str| format!("{} {what}", self.post.people[by].name);
        if let Some(row) = dice.one(&views.people.grant_requests()).filter(|_| dice.percent(70)) {
            let approve = PersonCommand::ApproveGrant(person::ApproveGrant { request: row.request });
            return Some(Ask::new(by, on(&row.service_number, approve), said("approves a right")));
        }
        let whom = self.number(FIRST_SOLDIER + dice.below(EVERYBODY - FIRST_SOLDIER));
        let held: Vec<_> = views.people.rows(self.app.now()).into_iter().filter(|row| row.service_number == whom).collect();
        if let Some(grant) = held.first().and_then(|row| row.grants.first()).filter(|_| dice.percent(30)) {
            let revoke = PersonCommand::RevokeGrant(person::RevokeGrant { request: grant.request });
            return Some(Ask::new(by, on(&whom, revoke), said("takes a right away")));
        }
        let (role, place) = [
            (Role::Custodian, Some(self.post.places.camp)),
            (Role::Witness, None),
            (Role::Auditor, None),
            (Role::Approver, Some(self.post.places.other_camp)),
        ][dice.below(4)];
        let grant = Grant { role, place, from: self.app.now().plus_seconds(-60), until: None };
        let request = PersonCommand::RequestGrant(person::RequestGrant { grant });
        Some(Ask::new(by, on(&whom, request), said(&format!("asks that a soldier become {role}"))))
    }

    /// A gateway is enrolled by two; now and then one is closed.
    pub fn enrolment(&self, gateway: &Gateway, dice: &mut Dice) -> Option<Ask> {
        let row = self.app.views().gateways.get(&gateway.key).cloned();
        let by = [COMMANDER, DEPUTY, SECURITY][dice.below(3)];
        let standing = row.as_ref().map_or(Enrolment::Unknown, |row| row.enrolment);
        let (command, said) = match standing {
            Enrolment::Unknown => {
                let (public_key, name) = (gateway.public_key.clone(), words("a gateway"));
                (GatewayCommand::Propose(gateway::Propose { public_key, name }), "proposes a gateway")
            }
            Enrolment::Proposed => (GatewayCommand::Enrol(gateway::Enrol { request: row?.request? }), "enrols the gateway"),
            Enrolment::Enrolled if dice.percent(3) => {
                (GatewayCommand::Revoke(gateway::Revoke { next: None, because: words("captured") }), "closes a gateway's key")
            }
            Enrolment::Enrolled | Enrolment::Revoked => return None,
        };
        let said = format!("{} {said}", self.post.people[by].name);
        Some(Ask::new(by, Command::Gateway(gateway.key.clone(), command), said))
    }

    /// Places opened, renamed, handed over, closed.
    pub fn places(&self, dice: &mut Dice) -> Option<Ask> {
        let views = self.app.views();
        let first: [PlaceId; 6] = {
            let places = &self.post.places;
            [places.camp, places.armoury, places.racks[0], places.racks[1], places.other_camp, places.other_rack]
        };
        let later: Vec<_> = views.places.tree(&Scope::Everywhere).into_iter().filter(|row| !first.contains(&row.place)).collect();
        let open: Vec<_> = later.iter().filter(|row| !row.closed).collect();
        let (at, command, said) = match (dice.below(4), dice.one(&open)) {
            (0, Some(row)) => (row.place, PlaceCommand::Close(place::Close {}), "closes a rack"),
            (1, Some(row)) => {
                let name = format!("rack {}", dice.below(9));
                (row.place, PlaceCommand::Rename(place::Rename { name }), "renames a rack")
            }
            (2, _) => {
                let custodian = self.number([ARMOURER, STOREMAN, ARMOURER, COMMANDER, DEPUTY][dice.below(5)]);
                let names = PlaceCommand::NameCustodian(place::NameCustodian { custodian });
                (self.post.places.camp, names, "says who keeps the stock")
            }
            _ => {
                let (kind, within) = (PlaceKind::Rack, Some(self.post.places.armoury));
                let open = place::Open { kind, name: format!("rack {}", dice.below(9)), within };
                (PlaceId(id(dice)), PlaceCommand::Open(open), "opens a rack")
            }
        };
        Some(Ask::new(COMMANDER, Command::Place(at, command), format!("the commander {said}")))
    }

    /// Tags bound and taken off, marks recorded.
    pub fn tags(&self, dice: &mut Dice) -> Option<Ask> {
        let arm = &self.arms[dice.below(self.arms.len())];
        let weapon = arm.records.get(&self.at).copied()?;
        let bound = self.app.views().weapon(weapon, self.app.now())?.tags.iter().any(|tag| tag.retired_at.is_none());
        let (command, said) = if dice.percent(15) {
            let (kind, component, method) = (MarkKind::RegistryAssigned, Component::Receiver, MarkMethod::Engrave);
            let text = format!("REG {}", dice.below(1000)).parse().ok()?;
            (
                WeaponCommand::RecordMark(weapon::RecordMark { mark: Mark { kind, component, position: None, method, text } }),
                "records a mark of",
            )
        } else if bound {
            (WeaponCommand::RetireTag(weapon::RetireTag { epc: arm.epc.clone() }), "takes the tag off")
        } else {
            let tid = dice.percent(80).then(|| arm.tid.clone());
            (WeaponCommand::BindTag(weapon::BindTag { epc: arm.epc.clone(), tid }), "binds a tag to")
        };
        let by = [ARMOURER, STOREMAN][dice.below(2)];
        Some(Ask::new(by, Command::Weapon(weapon, command), format!("{} {said} {}", self.post.people[by].name, arm.serial)))
    }

    /// Alerts taken on and resolved.
    pub fn alerts(&self, dice: &mut Dice) -> Option<Ask> {
        let views = self.app.views();
        let rows = views.alerts.rows();
        let key = dice.one(&rows)?.alert.parse().ok()?;
        let by = [COMMANDER, DEPUTY, AUDITOR, ARMOURER][dice.below(4)];
        let (command, said) = if dice.percent(60) {
            (AlertCommand::Acknowledge(alert::Acknowledge {}), "takes an alert on")
        } else {
            (AlertCommand::Resolve(alert::Resolve { finding: words("looked into") }), "resolves an alert")
        };
        Some(Ask::new(by, Command::Alert(key, command), format!("{} {said}", self.post.people[by].name)))
    }
}
