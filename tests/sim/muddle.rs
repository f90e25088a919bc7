//! What people do where the book is at odds with the world: with weapons that were missed, with what
//! they asked for themselves, and two of them with one life at once.
//!
//! Nobody here is a thief: an armourer takes in what somebody carries to the counter, whatever the
//! book says of it; a commander forgets that it was he who asked; two clerks reach for one rifle.

use armoury::codes::{Acknowledgement, ElsewhereKind, State};
use armoury::command::{
    BatchCommand, CaseCommand, Command, CountCommand, GatewayCommand, PersonCommand, WeaponCommand, batch, case, count, gateway,
    person, weapon,
};
use armoury::event::case::Outcome;
use armoury::ids::{EventId, PlaceId, WeaponId};
use armoury::view::counts::CountStage;

use crate::acts::{Ask, Sight, ask_close, words};
use crate::arms::Truth;
use crate::dice::Dice;
use crate::people::{ARMOURER, COMMANDER, DEPUTY, EVERYBODY, FIRST_SOLDIER, OTHER_KEEPER, STOREMAN};

/// Whoever may lay hands on weapons or decide on them.
const STAFF: [usize; 5] = [ARMOURER, STOREMAN, COMMANDER, DEPUTY, OTHER_KEEPER];

impl Sight<'_> {
    /// A weapon that was missed is in somebody's hands: taken in, issued, sent on, booked, released.
    pub fn missed(&self, dice: &mut Dice) -> Option<Ask> {
        let views = self.app.views();
        let missed = |nth: &usize| {
            let row = self.arms[*nth].records.get(&self.at).and_then(|id| views.weapon_row(*id));
            row.is_some_and(|row| {
                matches!(row.state, State::Unaccounted | State::PresumedLost | State::Lost | State::RecoveredHeld)
            })
        };
        let missed: Vec<usize> = (0..self.arms.len()).filter(missed).collect();
        drop(views);
        let nth = *dice.one(&missed)?;
        let id = self.arms[nth].records[&self.at];
        Some(self.in_hand(nth, id, dice))
    }

    /// Whatever somebody may do with a weapon that lies before him.
    fn in_hand(&self, nth: usize, id: WeaponId, dice: &mut Dice) -> Ask {
        let (person, soldier) = (STAFF[dice.below(5)], FIRST_SOLDIER + dice.below(EVERYBODY - FIRST_SOLDIER));
        let places = &self.post.places;
        let place: PlaceId = [places.racks[0], places.racks[1], places.armoury, places.other_rack][dice.below(4)];
        let stands = Truth::Stands(self.at, place);
        let (command, truth, said) = match dice.below(10) {
            0..4 => {
                let from = dice.percent(50).then(|| self.number(soldier));
                (WeaponCommand::Return(weapon::Return { from, place }), stands, "takes in")
            }
            4 => (WeaponCommand::Rack(weapon::Rack { place }), stands, "puts into a rack"),
            5 | 6 => {
                let (to, acknowledgement) = (self.number(soldier), Acknowledgement::WetInk);
                let issue = weapon::Issue { to, purpose: None, due: None, acknowledgement };
                (WeaponCommand::Issue(issue), Truth::Carried(self.at, soldier), "issues")
            }
            7 => {
                let (receiver, document) = (words("the workshop"), format!("L-{}", dice.below(5)));
                let send = weapon::Send { kind: ElsewhereKind::ALL[dice.below(4)], receiver, document, due: None };
                (WeaponCommand::Send(send), Truth::Away(self.at), "sends on")
            }
            8 => (WeaponCommand::Recover(weapon::Recover { place }), stands, "books as recovered"),
            _ => (WeaponCommand::Restore(weapon::Restore { place }), stands, "releases from examination"),
        };
        let said = format!("{} {said} {}, which lies before him", self.post.people[person].name, self.arms[nth].serial);
        let mut ask = Ask::new(person, Command::Weapon(id, command), said);
        ask.truth.push((nth, truth));
        ask
    }

    /// Who asked for something approves it himself, or who keeps the stock closes what was lost from it.
    pub fn own_request(&self, dice: &mut Dice) -> Option<Ask> {
        let waiting = self.waiting();
        let (request, command, place) = dice.one(&waiting)?.clone();
        let asker = self.post.asked_by.get(&request.to_string()).map(|(person, _)| *person);
        let keeper = place.map(|place| self.post.book.keeper(&place.to_string()));
        let keeper = keeper.and_then(|number| self.post.people.iter().position(|person| person.number.as_str() == number));
        let (person, said) = match (asker, keeper) {
            (_, Some(keeper)) if dice.percent(50) => (keeper, "who keeps the stock, answers a request about it"),
            (Some(asker), _) => (asker, "answers his own request"),
            _ => return None,
        };
        let mut ask = Ask::new(person, command, format!("{} {said}", self.post.people[person].name));
        ask.elsewhere = dice.percent(50);
        Some(ask)
    }

    /// What waits for a second person: the request, what would answer it, and the place it is about.
    fn waiting(&self) -> Vec<(EventId, Command, Option<PlaceId>)> {
        let views = self.app.views();
        let mut all = Vec::new();
        for row in views.cases.close_requests() {
            let close = CaseCommand::Close(case::Close { request: row.request });
            let place = views.cases.get(row.case, views.recorded_at).map(|case| case.place);
            all.push((row.request, Command::Case(row.case, close), place));
        }
        for row in views.people.grant_requests() {
            let approve = PersonCommand::ApproveGrant(person::ApproveGrant { request: row.request });
            all.push((row.request, Command::Person(row.service_number, approve), None));
        }
        for row in views.destruction.releases() {
            let approve = BatchCommand::ApproveRelease(batch::ApproveRelease { weapon: row.weapon, request: row.request });
            all.push((row.request, Command::Batch(row.batch, approve), None));
        }
        for row in views.gateways.rows() {
            let Some(request) = row.request else { continue };
            let enrol = GatewayCommand::Enrol(gateway::Enrol { request });
            all.push((request, Command::Gateway(row.gateway.clone(), enrol), None));
        }
        for count in views.counts.all().iter().filter(|count| count.row().stage == CountStage::Closed) {
            let row = count.row();
            let Some(closing) = row.closing else { continue };
            let sign = CountCommand::Sign(count::Sign { closing, reservation: None });
            all.push((closing, Command::Count(row.count, sign), Some(row.place)));
        }
        all
    }

    /// Any rung, whatever the case has come to: somebody who has not read it.
    pub fn wrong_rung(&self, dice: &mut Dice) -> Option<Ask> {
        let views = self.app.views();
        let rows = views.cases.rows(self.app.now());
        let row = dice.one(&rows)?;
        let place = [self.post.places.racks[0], self.post.places.racks[1]][dice.below(2)];
        let person = STAFF[dice.below(5)];
        let (command, said) = match dice.below(6) {
            0 | 1 => (CaseCommand::Explain(case::Explain { explanation: words("it was there"), place: Some(place) }), "explains"),
            2 => (CaseCommand::PresumeLost(case::PresumeLost { because: words("long gone") }), "presumes the loss in"),
            3 => {
                let (cause, circumstances) = (armoury::codes::LossCause::Unexplained, words("gone"));
                (CaseCommand::DeclareLost(case::DeclareLost { cause, circumstances, last_seen: None }), "declares the loss in")
            }
            4 => (CaseCommand::Recover(case::Recover { place, circumstances: words("found") }), "records the recovery in"),
            _ => {
                let outcomes = [Outcome::Unrecovered, Outcome::Recovered, Outcome::DeclaredInError];
                (ask_close(outcomes[dice.below(3)]), "asks to close")
            }
        };
        let said = format!("{} has not read it and {said} a case", self.post.people[person].name);
        Some(Ask::new(person, Command::Case(row.case, command), said))
    }

    /// Somebody else reaches for the same life: with the same words, or with his own.
    pub fn beside(&self, ask: &Ask, dice: &mut Dice) -> Option<Ask> {
        let weapon = match &ask.command {
            Command::Weapon(id, _) => self.arm_of(*id).map(|nth| (nth, *id)),
            _ => None,
        };
        if let Some((nth, id)) = weapon.filter(|_| dice.percent(70)) {
            return Some(self.in_hand(nth, id, dice));
        }
        let mut twin = Ask { person: STAFF[dice.below(5)], ..ask.clone() };
        if dice.percent(30) {
            twin.person = ask.person; // He pressed twice; under a key, with the same key.
        } else {
            twin.how.idempotency_key = None;
        }
        twin.words = format!("{} does the same: {}", self.post.people[twin.person].name, ask.words);
        Some(twin)
    }
}
