//! What a thief tries who works in the armoury: with his own rights, in as many sign-ins as he likes.
//!
//! He is armourer, storeman or deputy, with both stock roles in the camp. Whatever he is answered,
//! the auditor's questions (`audit.rs`) are asked of every line that comes of it.

use armoury::codes::{Acknowledgement, Basis, DestructionMethod, Disposition, ElsewhereKind, Role, Way};
use armoury::command::{
    AlertCommand, BatchCommand, CaseCommand, Command, CountCommand, PersonCommand, PlaceCommand, WeaponCommand, batch, case,
    count, person, place, weapon,
};
use armoury::event::alert::Raised;
use armoury::event::case::Outcome;
use armoury::event::person::Grant;
use armoury::ids::WeaponId;
use armoury::sealed::Sealed;
use armoury::view::Scope;
use armoury::view::counts::CountStage;
use tag_data::moment::Moment;

use crate::acts::{Ask, Sight, ask_close, words};
use crate::arms::Truth;
use crate::dice::Dice;
use crate::people::FIRST_SOLDIER;

const YEAR: i64 = 366 * 86_400;

impl Sight<'_> {
    /// One of his tries.
    pub fn theft(&self, thief: usize, dice: &mut Dice) -> Option<Ask> {
        let mut ask = match dice.below(10) {
            0 => self.hides(thief, dice),
            1 => self.issues_to_himself(thief, dice),
            2 => self.closes_alone(thief, dice),
            3 => self.counts_lies(thief, dice),
            4 => self.destroys_alone(thief, dice),
            5 => self.gives_himself_rights(thief, dice),
            6 => self.speaks_as_the_book(thief, dice),
            7 => self.reaches_over(thief, dice),
            8 => self.custody(dice),
            _ => self.ladder(dice),
        }?;
        ask.person = thief;
        if dice.percent(30) {
            // Backdated, or dated ahead, as if from paper.
            let back = dice.between(-2 * YEAR, YEAR);
            (ask.how.occurred_at, ask.how.basis) = (Some(self.app.now().plus_seconds(back)), Some(Basis::Paper));
            ask.words.push_str(&format!(" and dates it by {} days", back / 86_400));
        }
        ask.words = format!("THIEF: {}", ask.words);
        Some(ask)
    }

    fn target(&self, dice: &mut Dice) -> Option<(usize, WeaponId)> {
        let nth = dice.below(self.arms.len());
        self.arms[nth].records.get(&self.at).map(|id| (nth, *id))
    }

    /// He takes a weapon away and writes something that looks like work.
    fn hides(&self, thief: usize, dice: &mut Dice) -> Option<Ask> {
        let (nth, weapon) = self.target(dice)?;
        if !matches!(self.arms[nth].truth, Truth::Stands(at, _) if at == self.at) {
            return None;
        }
        let rack = weapon::Rack { place: self.post.places.racks[dice.below(2)] };
        let said = format!("takes {} away and books it into a rack", self.arms[nth].serial);
        let mut ask = Ask::new(thief, Command::Weapon(weapon, WeaponCommand::Rack(rack)), said);
        ask.truth.push((nth, Truth::Stolen));
        Some(ask)
    }

    /// To himself or to a name, acknowledged by his own word, and then confirmed by himself.
    fn issues_to_himself(&self, thief: usize, dice: &mut Dice) -> Option<Ask> {
        let (_, weapon) = self.target(dice)?;
        let number = self.app.views().weapon_row(weapon)?.document.map(|document| document.number);
        let command = match (dice.below(3), number) {
            (0, Some(document)) => WeaponCommand::ConfirmReceipt(weapon::ConfirmReceipt { document }),
            (1, _) => {
                let (kind, receiver, document) = (ElsewhereKind::ALL[dice.below(4)], words("a friend"), words("L-1"));
                WeaponCommand::Send(weapon::Send { kind, receiver, document, due: None })
            }
            _ => {
                let to = self.number([thief, FIRST_SOLDIER][dice.below(2)]);
                let acknowledgement = [Acknowledgement::Pin, Acknowledgement::WetInk][dice.below(2)];
                WeaponCommand::Issue(weapon::Issue { to, purpose: None, due: None, acknowledgement })
            }
        };
        let mut ask = Ask::new(thief, Command::Weapon(weapon, command), "issues to himself and confirms it");
        ask.how.pin_checked = dice.percent(50);
        Some(ask)
    }

    /// Asks for a close and closes, whatever stands.
    fn closes_alone(&self, thief: usize, dice: &mut Dice) -> Option<Ask> {
        let views = self.app.views();
        let open = views.open_cases(&Scope::Everywhere, self.app.now());
        let row = dice.one(&open)?;
        let waiting = views.cases.close_requests().into_iter().find(|request| request.case == row.case);
        let command = match waiting {
            Some(waiting) => CaseCommand::Close(case::Close { request: waiting.request }),
            None => ask_close([Outcome::Unrecovered, Outcome::Recovered, Outcome::DeclaredInError][dice.below(3)]),
        };
        Some(Ask::new(thief, Command::Case(row.case, command), "closes a case alone"))
    }

    /// Sights what is not there, closes before all is seen, signs his own count.
    fn counts_lies(&self, thief: usize, dice: &mut Dice) -> Option<Ask> {
        let views = self.app.views();
        let all = views.counts.all();
        let count = dice.one(&all)?;
        let row = count.row();
        let command = match (row.stage, row.closing) {
            (CountStage::Open, _) if dice.percent(50) => {
                let (nth, weapon) = self.target(dice)?;
                let (seen, way, place) = (self.arms[nth].serial.clone(), Way::Eye, row.place);
                CountCommand::CountItem(count::CountItem { weapon: Some(weapon), seen, way, level: None, place })
            }
            (CountStage::Open, _) => CountCommand::Close(count::Close {}),
            (_, Some(closing)) => CountCommand::Sign(count::Sign { closing, reservation: None }),
            (_, None) => CountCommand::Close(count::Close {}),
        };
        Some(Ask::new(thief, Command::Count(row.count, command), "counts what is not there, skips the rest, or signs himself"))
    }

    fn destroys_alone(&self, thief: usize, dice: &mut Dice) -> Option<Ask> {
        let views = self.app.views();
        let rows = views.destruction.rows();
        let Some(row) = dice.one(&rows) else {
            let (_, weapon) = self.target(dice)?;
            let decide = weapon::DecideDisposition { disposition: Disposition::Destroy, authority: words("his own") };
            return Some(Ask::new(
                thief,
                Command::Weapon(weapon, WeaponCommand::DecideDisposition(decide)),
                "marks for destruction",
            ));
        };
        let asked = views.destruction.releases().into_iter().find(|release| release.batch == row.batch);
        let (weapon, record) = (row.items.first().map(|item| item.weapon), row.recorded.as_ref());
        let command = match (dice.below(4), asked, record, weapon) {
            (0, Some(asked), ..) => {
                BatchCommand::ApproveRelease(batch::ApproveRelease { weapon: asked.weapon, request: asked.request })
            }
            (1, _, Some(record), _) => BatchCommand::Verify(batch::Verify { request: record.request }),
            (2, _, Some(_), _) => {
                let (name, organization) = (format!("nobody {}", dice.below(3)), words("nowhere"));
                BatchCommand::SignWitness(batch::SignWitness { name, organization })
            }
            (_, _, None, Some(_)) if row.locked_at.is_some() => BatchCommand::RecordDestruction(batch::RecordDestruction {
                method: DestructionMethod::Smelting,
                at: words("nowhere"),
                operators: vec![self.number(thief)],
                scrap: None,
            }),
            (.., Some(weapon)) => BatchCommand::RequestRelease(batch::RequestRelease { weapon, because: words("a mistake") }),
            _ => return None,
        };
        Some(Ask::new(thief, Command::Batch(row.batch, command), "destroys on paper, or lets out, alone"))
    }

    fn gives_himself_rights(&self, thief: usize, dice: &mut Dice) -> Option<Ask> {
        let views = self.app.views();
        let requests = views.people.grant_requests();
        let whom = self.number([thief, FIRST_SOLDIER][dice.below(2)]);
        let (whom, command) = match dice.one(&requests).filter(|_| dice.percent(50)) {
            Some(row) => {
                let approve = person::ApproveGrant { request: row.request };
                (row.service_number.clone(), PersonCommand::ApproveGrant(approve))
            }
            None => {
                let grant = Grant { role: Role::Approver, place: None, from: Moment::from_micros(0), until: None };
                (whom, PersonCommand::RequestGrant(person::RequestGrant { grant }))
            }
        };
        Some(Ask::new(thief, Command::Person(whom, command), "asks for a right and approves it"))
    }

    /// What only the book, the set-up or a gateway says.
    fn speaks_as_the_book(&self, thief: usize, dice: &mut Dice) -> Option<Ask> {
        use armoury::codes::{Audience, Rule};
        let (_, weapon) = self.target(dice)?;
        let views = self.app.views();
        let case = views.cases.rows(self.app.now()).first().map(|row| row.case);
        let batch = views.destruction.rows().first().map(|row| row.batch);
        let command = match (dice.below(4), case, batch) {
            (0, _, Some(batch)) => {
                let method = DestructionMethod::Cutting;
                Command::Weapon(weapon, WeaponCommand::Follow(weapon::Follow::Destroyed { batch, method }))
            }
            (1, Some(case), _) => Command::Weapon(weapon, WeaponCommand::Follow(weapon::Follow::DeclaredInError { case })),
            (2, ..) => {
                let (rule, audience, evidence) = (Rule::R1, Audience::Place, armoury::ids::EventId(weapon.0));
                let raised = Raised {
                    alert: words("0011223344556677"),
                    rule,
                    version: 1,
                    audience,
                    weapon: Some(weapon),
                    tag: None,
                    person: None,
                    place: None,
                    cause: None,
                    evidence,
                };
                Command::Alert("0011223344556677".parse().ok()?, AlertCommand::Raise(raised))
            }
            _ => {
                let grant = Grant { role: Role::Approver, place: None, from: Moment::from_micros(0), until: None };
                let name = Sealed { key: words("person:9"), text: words("AAAA") };
                Command::Person("9".parse().ok()?, PersonCommand::Found(person::Found { name, grants: vec![grant] }))
            }
        };
        Some(Ask::new(thief, command, "says what only the book says"))
    }

    /// Into the other camp, where he has no rights.
    fn reaches_over(&self, thief: usize, dice: &mut Dice) -> Option<Ask> {
        let (_, weapon) = self.target(dice)?;
        let places = &self.post.places;
        let command = match dice.below(3) {
            0 => Command::Weapon(weapon, WeaponCommand::Rack(weapon::Rack { place: places.other_rack })),
            1 => Command::Place(
                places.other_camp,
                PlaceCommand::NameCustodian(place::NameCustodian { custodian: self.number(thief) }),
            ),
            _ => Command::Place(places.other_rack, PlaceCommand::Close(place::Close {})),
        };
        Some(Ask::new(thief, command, "reaches into the other camp"))
    }
}
