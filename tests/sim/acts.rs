//! What people ask of the book on an ordinary day: the counter, counts, cases, destruction.
//!
//! Each function looks at what is truly there and at what the book says, and thinks of one next
//! act with the person who would do it. The hasty do not look at what is truly there.

use armoury::codes::{Acknowledgement, CountKind, Disposition, ElsewhereKind, Level, LossCause, Origin, State, Way};
use armoury::command::{BatchCommand, CaseCommand, Command, CountCommand, WeaponCommand, batch, case, count, weapon};
use armoury::event::case::Outcome;
use armoury::ids::{BatchId, CaseId, CountId, PlaceId, ServiceNumber, WeaponId};
use armoury::view::cases::Stage;
use armoury::view::counts::CountStage;
use armoury::view::destruction::BatchStage;
use armoury::view::{Scope, Views};
use muster::app::App;
use muster::desk::How;
use uuid::Uuid;

use crate::arms::{Arm, Truth};
use crate::dice::Dice;
use crate::people::{ARMOURER, COMMANDER, DEPUTY, EVERYBODY, FIRST_SOLDIER, INSPECTOR, OTHER_KEEPER, STOREMAN, identity};
use crate::post::Post;

/// Somebody asks something.
#[derive(Clone, Debug)]
pub struct Ask {
    /// Who.
    pub person: usize,
    /// What.
    pub command: Command,
    /// How.
    pub how: How,
    /// In words.
    pub words: String,
    /// Where weapons truly are if it is done.
    pub truth: Vec<(usize, Truth)>,
    /// A record that is made by it.
    pub record: Option<(usize, WeaponId)>,
    /// He signs in at another PC first.
    pub elsewhere: bool,
}

impl Ask {
    /// An act without more to it.
    pub fn new(person: usize, command: Command, words: impl Into<String>) -> Self {
        Self { person, command, how: How::default(), words: words.into(), truth: Vec::new(), record: None, elsewhere: false }
    }

    fn truly(mut self, arm: usize, truth: Truth) -> Self {
        self.truth.push((arm, truth));
        self
    }
}

/// What somebody who thinks of an act can see.
pub struct Sight<'a> {
    /// Which post.
    pub at: usize,
    /// The post.
    pub post: &'a Post,
    /// Its house.
    pub app: &'a App,
    /// The weapons.
    pub arms: &'a [Arm],
    /// Whether he looks before he acts.
    pub careful: bool,
}

/// A fresh id.
pub fn id(dice: &mut Dice) -> Uuid {
    uuid::Builder::from_custom_bytes(dice.bytes()).into_uuid()
}

pub fn words(text: &str) -> String {
    text.to_owned()
}

impl Sight<'_> {
    pub fn number(&self, person: usize) -> ServiceNumber {
        self.post.people[person].number.clone()
    }

    pub fn person(&self, number: &ServiceNumber) -> Option<usize> {
        self.post.people.iter().position(|person| person.number == *number)
    }

    pub fn arm_of(&self, id: WeaponId) -> Option<usize> {
        self.arms.iter().position(|arm| arm.records.get(&self.at) == Some(&id))
    }

    fn rack(&self, dice: &mut Dice) -> PlaceId {
        let places = &self.post.places;
        [places.racks[0], places.racks[1], places.racks[0], places.racks[1], places.armoury, places.other_rack][dice.below(6)]
    }

    fn keeper(&self, place: PlaceId, dice: &mut Dice) -> usize {
        if dice.percent(4) {
            return dice.below(EVERYBODY);
        }
        if place == self.post.places.other_rack {
            return OTHER_KEEPER;
        }
        [ARMOURER, STOREMAN, ARMOURER, COMMANDER][dice.below(4)]
    }

    fn name(&self, person: usize) -> &'static str {
        self.post.people[person].name
    }

    /// Something at the counter.
    pub fn custody(&self, dice: &mut Dice) -> Option<Ask> {
        let nth = dice.below(self.arms.len());
        let arm = &self.arms[nth];
        let record = arm.records.get(&self.at).copied();
        let truth = if self.careful { arm.truth } else { self.imagined(dice) };
        match (truth, record) {
            (Truth::Stands(at, place), Some(id)) if at == self.at => Some(self.out(nth, id, place, dice)),
            (Truth::Carried(at, by), Some(id)) if at == self.at => Some(self.back(nth, id, Some(by), dice)),
            (Truth::Away(at), Some(id)) if at == self.at && dice.percent(50) => self.confirm(id, dice),
            (Truth::Away(at), Some(id)) if at == self.at => Some(self.back(nth, id, None, dice)),
            (Truth::Away(_), Some(id)) => Some(self.back(nth, id, None, dice)),
            (Truth::Away(_), None) => Some(self.arrives(nth, dice)),
            (Truth::Stolen, Some(id)) if dice.percent(15) => Some(self.found(nth, id, dice)),
            _ => None,
        }
    }

    fn imagined(&self, dice: &mut Dice) -> Truth {
        let place = self.rack(dice);
        [Truth::Stands(self.at, place), Truth::Carried(self.at, FIRST_SOLDIER), Truth::Away(self.at)][dice.below(3)]
    }

    fn out(&self, nth: usize, id: WeaponId, place: PlaceId, dice: &mut Dice) -> Ask {
        let (keeper, serial) = (self.keeper(place, dice), &self.arms[nth].serial);
        let on = |command| Command::Weapon(id, command);
        if dice.percent(60) {
            let soldier = FIRST_SOLDIER + dice.below(EVERYBODY - FIRST_SOLDIER);
            let acknowledgement = [Acknowledgement::Pin, Acknowledgement::WetInk, Acknowledgement::None][dice.below(3)];
            let issue = weapon::Issue { to: self.number(soldier), purpose: None, due: None, acknowledgement };
            let said = format!("{} issues {serial} to {}", self.name(keeper), self.name(soldier));
            let mut ask = Ask::new(keeper, on(WeaponCommand::Issue(issue)), said).truly(nth, Truth::Carried(self.at, soldier));
            ask.how.pin_checked = dice.percent(50);
            ask
        } else if dice.percent(60) {
            let to = self.rack(dice);
            let said = format!("{} puts {serial} into another rack", self.name(keeper));
            Ask::new(keeper, on(WeaponCommand::Rack(weapon::Rack { place: to })), said).truly(nth, Truth::Stands(self.at, to))
        } else {
            let kind = ElsewhereKind::ALL[dice.below(4)];
            let (receiver, document) = (words("another unit"), format!("L-{}", dice.below(5)));
            let send = weapon::Send { kind, receiver, document, due: None };
            let said = format!("{} sends {serial} out: {kind}", self.name(keeper));
            Ask::new(keeper, on(WeaponCommand::Send(send)), said).truly(nth, Truth::Away(self.at))
        }
    }

    fn back(&self, nth: usize, id: WeaponId, from: Option<usize>, dice: &mut Dice) -> Ask {
        let place = self.rack(dice);
        let keeper = self.keeper(place, dice);
        let back = weapon::Return { from: from.map(|from| self.number(from)), place };
        let said = format!("{} takes {} in", self.name(keeper), self.arms[nth].serial);
        Ask::new(keeper, Command::Weapon(id, WeaponCommand::Return(back)), said).truly(nth, Truth::Stands(self.at, place))
    }

    fn found(&self, nth: usize, id: WeaponId, dice: &mut Dice) -> Ask {
        let place = self.rack(dice);
        let keeper = self.keeper(place, dice);
        let said = format!("{} books {} as recovered", self.name(keeper), self.arms[nth].serial);
        let command = Command::Weapon(id, WeaponCommand::Recover(weapon::Recover { place }));
        Ask::new(keeper, command, said).truly(nth, Truth::Stands(self.at, place))
    }

    fn confirm(&self, id: WeaponId, dice: &mut Dice) -> Option<Ask> {
        let row = self.app.views().weapon_row(id)?;
        let document = row.document.map(|document| document.number)?;
        let person = [COMMANDER, DEPUTY, ARMOURER, STOREMAN][dice.below(4)];
        let said = format!("{} confirms receipt of {} by {document}", self.name(person), row.serial);
        let confirm = WeaponCommand::ConfirmReceipt(weapon::ConfirmReceipt { document });
        Some(Ask::new(person, Command::Weapon(id, confirm), said))
    }

    /// A weapon of another post comes over the counter: it is entered here.
    fn arrives(&self, nth: usize, dice: &mut Dice) -> Ask {
        let (place, id) = (self.rack(dice), WeaponId(id(dice)));
        let keeper = self.keeper(place, dice);
        let register = weapon::Register {
            identity: identity(&self.arms[nth].serial),
            owner: words("another contingent"),
            origin: Origin::TransferredIn,
            place,
            source: None,
            duplicate_reason: None,
            provisional: Some(dice.percent(20)),
        };
        let said = format!("{} enters {} that came from elsewhere", self.name(keeper), self.arms[nth].serial);
        let mut ask = Ask::new(keeper, Command::Weapon(id, WeaponCommand::Register(register)), said);
        ask.record = Some((nth, id));
        ask.truly(nth, Truth::Stands(self.at, place))
    }

    /// The next step of a count, or a new count.
    pub fn counting(&self, dice: &mut Dice) -> Option<Ask> {
        let views = self.app.views();
        let all = views.counts.all();
        let open: Vec<_> = all.iter().filter(|count| count.row().stage == CountStage::Open).collect();
        let closed: Vec<_> = all.iter().filter(|count| count.row().stage == CountStage::Closed).collect();
        if let Some(count) = dice.one(&open).filter(|_| open.len() > 1 || dice.percent(90)) {
            return self.count_on(&views, count, dice);
        }
        if let Some(count) = dice.one(&closed).filter(|_| dice.percent(50)) {
            let person = [INSPECTOR, DEPUTY, COMMANDER, ARMOURER, STOREMAN][dice.below(5)];
            let sign = count::Sign { closing: count.row().closing?, reservation: None };
            let command = Command::Count(count.row().count, CountCommand::Sign(sign));
            return Some(Ask::new(person, command, format!("{} signs a count", self.name(person))));
        }
        let places = &self.post.places;
        let place = [places.armoury, places.camp, places.racks[dice.below(2)], places.other_camp][dice.below(4)];
        let other = place == places.other_camp;
        let counters = if other { vec![OTHER_KEEPER] } else { vec![STOREMAN, [INSPECTOR, ARMOURER][dice.below(2)]] };
        let kind = [CountKind::Full, CountKind::Full, CountKind::Handover, CountKind::Spot, CountKind::Partial][dice.below(5)];
        let counters = counters.into_iter().map(|person| self.number(person)).collect();
        let opens = if other { OTHER_KEEPER } else { [ARMOURER, COMMANDER][dice.below(2)] };
        let open = count::Open { place, kind, blind: dice.percent(30), counters };
        let said = format!("{} opens a {kind} count of {}", self.name(opens), views.places.name(place));
        Some(Ask::new(opens, Command::Count(CountId(id(dice)), CountCommand::Open(open)), said))
    }

    fn count_on(&self, views: &Views, count: &armoury::view::counts::Count, dice: &mut Dice) -> Option<Ask> {
        let row = count.row();
        let on = |command| Command::Count(row.count, command);
        let counter = self.person(dice.one(&row.counters)?)?;
        let chain = |place| views.places.chain(place);
        let to_see: Vec<(usize, WeaponId, PlaceId)> = (0..)
            .zip(self.arms)
            .filter_map(|(nth, arm)| match (arm.truth, arm.records.get(&self.at)) {
                (Truth::Stands(at, place), Some(id)) if at == self.at && chain(place).contains(&row.place) => {
                    count.sightings_of(*id).next().is_none().then_some((nth, *id, place))
                }
                _ => None,
            })
            .collect();
        if let Some((nth, weapon, place)) = dice.one(&to_see).filter(|_| dice.percent(92)) {
            let seen = self.arms[*nth].serial.clone();
            let said = format!("{} counts {seen}", self.name(counter));
            let (way, level) = ([Way::Keyed, Way::Eye][dice.below(2)], dice.percent(8).then_some(Level::Witnessed));
            let weapon = dice.percent(70).then_some(*weapon);
            return Some(Ask::new(
                counter,
                on(CountCommand::CountItem(count::CountItem { weapon, seen, way, level, place: *place })),
                said,
            ));
        }
        if let Some(scan) = dice.one(count.scans()).filter(|_| dice.percent(10)) {
            let withdraw = count::WithdrawItem { sighting: scan.sighting };
            return Some(Ask::new(
                counter,
                on(CountCommand::WithdrawItem(withdraw)),
                format!("{} takes a sighting back", self.name(counter)),
            ));
        }
        if dice.percent(6) {
            let order = count::OrderRecount { by: self.number(DEPUTY) };
            return Some(Ask::new(COMMANDER, on(CountCommand::OrderRecount(order)), "the commander orders a recount"));
        }
        if dice.percent(4) {
            let abandon = count::Abandon { because: words("alarm") };
            return Some(Ask::new(COMMANDER, on(CountCommand::Abandon(abandon)), "the commander calls a count off"));
        }
        let closes = [ARMOURER, COMMANDER, OTHER_KEEPER][dice.below(3)];
        Some(Ask::new(closes, on(CountCommand::Close(count::Close {})), format!("{} closes a count", self.name(closes))))
    }

    /// The next rung of a case, or a new case.
    pub fn ladder(&self, dice: &mut Dice) -> Option<Ask> {
        let (views, now) = (self.app.views(), self.app.now());
        let open = views.open_cases(&Scope::Everywhere, now);
        let Some(row) = dice.one(&open).filter(|_| dice.percent(85)) else {
            let nth = dice.below(self.arms.len());
            let (arm, weapon) = (&self.arms[nth], self.arms[nth].records.get(&self.at).copied()?);
            if self.careful && arm.truth != Truth::Stolen {
                return None;
            }
            let place = views.standing(weapon)?.place;
            let person = [ARMOURER, STOREMAN, COMMANDER][dice.below(3)];
            let open = case::Open { weapon, place, count: None, circumstances: None };
            let said = format!("{} reports {} missing", self.name(person), arm.serial);
            return Some(Ask::new(person, Command::Case(CaseId(id(dice)), CaseCommand::Open(open)), said));
        };
        let nth = self.arm_of(row.weapon)?;
        let on = |command| Command::Case(row.case, command);
        let here = matches!(self.arms[nth].truth, Truth::Stands(at, _) if at == self.at);
        let place = if let Truth::Stands(_, place) = self.arms[nth].truth { place } else { self.rack(dice) };
        let person = if row.place == self.post.places.other_rack || row.place == self.post.places.other_camp {
            [OTHER_KEEPER, COMMANDER, DEPUTY][dice.below(3)]
        } else {
            [ARMOURER, COMMANDER, DEPUTY, STOREMAN][dice.below(4)]
        };
        let waiting = views.cases.close_requests().into_iter().find(|request| request.case == row.case);
        let (command, said) = match (row.stage, waiting) {
            (_, Some(request)) if dice.percent(20) => {
                let refuse = case::RefuseClose { request: request.request, because: words("look again") };
                (CaseCommand::RefuseClose(refuse), "refuses to close")
            }
            (_, Some(request)) => (CaseCommand::Close(case::Close { request: request.request }), "closes"),
            (Stage::Unaccounted | Stage::PresumedLost, _) if here || !self.careful && dice.percent(30) => {
                (CaseCommand::Explain(case::Explain { explanation: words("behind the rack"), place: Some(place) }), "explains")
            }
            (Stage::Unaccounted, _) if dice.percent(40) => {
                (CaseCommand::PresumeLost(case::PresumeLost { because: words("searched twice") }), "presumes the loss in")
            }
            (Stage::Unaccounted | Stage::PresumedLost, _) if dice.percent(50) => {
                let (cause, circumstances) = (LossCause::Unexplained, words("gone"));
                (CaseCommand::DeclareLost(case::DeclareLost { cause, circumstances, last_seen: None }), "declares the loss in")
            }
            (Stage::Lost, _) if here => {
                (CaseCommand::Recover(case::Recover { place, circumstances: words("found") }), "records the recovery in")
            }
            (Stage::Lost, _) => (ask_close(Outcome::Unrecovered), "asks to close"),
            (Stage::Recovered, _) => {
                let outcome = if dice.percent(40) { Outcome::DeclaredInError } else { Outcome::Recovered };
                (ask_close(outcome), "asks to close")
            }
            _ => {
                let search = case::LogSearch { searched: words("all racks"), result: words("nothing") };
                (CaseCommand::LogSearch(search), "logs a search in")
            }
        };
        Some(Ask::new(person, on(command), format!("{} {said} the case of {}", self.name(person), self.arms[nth].serial)))
    }

    /// The next step towards destroying something.
    pub fn destruction(&self, dice: &mut Dice) -> Option<Ask> {
        let views = self.app.views();
        let rows: Vec<_> = views.destruction.rows().into_iter().filter(|row| row.stage != BatchStage::Confirmed).collect();
        let marked: Vec<usize> = (0..self.arms.len())
            .filter(|nth| {
                let id = self.arms[*nth].records.get(&self.at).and_then(|id| views.weapon_row(*id));
                id.is_some_and(|row| row.disposition == Disposition::Destroy && row.state != State::Destroyed)
            })
            .collect();
        if marked.is_empty() || dice.percent(5) {
            let nth = dice.below(self.arms.len());
            let weapon = self.arms[nth].records.get(&self.at).copied()?;
            let disposition = if dice.percent(80) { Disposition::Destroy } else { Disposition::Keep };
            let decide = weapon::DecideDisposition { disposition, authority: words("order 7") };
            let said = format!("the commander decides on {}: {disposition}", self.arms[nth].serial);
            return Some(Ask::new(COMMANDER, Command::Weapon(weapon, WeaponCommand::DecideDisposition(decide)), said));
        }
        let Some(row) = dice.one(&rows).filter(|_| rows.len() > 1 || dice.percent(90)) else {
            let (number, authority, place) = (format!("D-{}", dice.below(100)), words("order 7"), self.post.places.armoury);
            let open = batch::Open { number, authority, place };
            return Some(Ask::new(
                ARMOURER,
                Command::Batch(BatchId(id(dice)), BatchCommand::Open(open)),
                "the armourer opens a batch",
            ));
        };
        let recorded = row.stage == BatchStage::Recorded;
        let person = [COMMANDER, DEPUTY, ARMOURER, if recorded { INSPECTOR } else { STOREMAN }][dice.below(4)];
        let on = |command| Command::Batch(row.batch, command);
        let unlisted: Vec<WeaponId> = marked
            .iter()
            .filter_map(|nth| self.arms[*nth].records.get(&self.at).copied())
            .filter(|weapon| row.items.iter().all(|item| item.weapon != *weapon))
            .collect();
        let unchecked = row.items.iter().find(|item| item.matches != Some(true)).map(|item| item.weapon);
        let any = dice.one(&row.items).map(|item| item.weapon);
        let (command, said) = match row.stage {
            BatchStage::Open => match (dice.one(&unlisted), unchecked, any) {
                (Some(weapon), ..) if dice.percent(60) => {
                    (BatchCommand::ListItem(batch::ListItem { weapon: *weapon }), "lists a weapon in")
                }
                (_, Some(weapon), _) => {
                    let serial_as_read = self.arms[self.arm_of(weapon)?].serial.parse().ok()?;
                    (BatchCommand::VerifyItem(batch::VerifyItem { weapon, serial_as_read }), "checks a serial for")
                }
                (.., Some(weapon)) if dice.percent(10) => {
                    (BatchCommand::DropItem(batch::DropItem { weapon }), "drops a weapon from")
                }
                (.., Some(_)) => (BatchCommand::Lock(batch::Lock {}), "locks"),
                _ => return None,
            },
            BatchStage::Locked => {
                let asked = views.destruction.releases().into_iter().find(|release| release.batch == row.batch);
                match (asked, any) {
                    (Some(release), _) => {
                        let (weapon, request) = (release.weapon, release.request);
                        (BatchCommand::ApproveRelease(batch::ApproveRelease { weapon, request }), "lets a weapon out of")
                    }
                    (None, Some(weapon)) if dice.percent(15) => {
                        let because = words("wanted as evidence");
                        (BatchCommand::RequestRelease(batch::RequestRelease { weapon, because }), "asks for a weapon out of")
                    }
                    _ => return Some(self.recorded(row, person, dice)),
                }
            }
            BatchStage::Recorded => {
                if row.witnesses.len() < 2 && dice.percent(80) {
                    let (name, organization) = (format!("witness {}", dice.below(4)), words("police"));
                    (BatchCommand::SignWitness(batch::SignWitness { name, organization }), "enters a witness of")
                } else {
                    let request = row.recorded.as_ref()?.request;
                    (BatchCommand::Verify(batch::Verify { request }), "verifies")
                }
            }
            BatchStage::Confirmed => return None,
        };
        Some(Ask::new(person, on(command), format!("{} {said} batch {}", self.name(person), row.number)))
    }

    fn recorded(&self, row: &armoury::view::BatchRow, person: usize, dice: &mut Dice) -> Ask {
        let record = batch::RecordDestruction {
            method: armoury::codes::DestructionMethod::Cutting,
            at: words("the yard"),
            operators: vec![self.number([STOREMAN, ARMOURER, FIRST_SOLDIER][dice.below(3)])],
            scrap: None,
        };
        let said = format!("{} records the destruction of batch {}", self.name(person), row.number);
        let mut ask = Ask::new(person, Command::Batch(row.batch, BatchCommand::RecordDestruction(record)), said);
        let cut = row.items.iter().filter_map(|item| self.arm_of(item.weapon));
        ask.truth = cut.filter(|nth| matches!(self.arms[*nth].truth, Truth::Stands(..))).map(|nth| (nth, Truth::Scrap)).collect();
        ask
    }
}

pub fn ask_close(outcome: Outcome) -> CaseCommand {
    CaseCommand::RequestClose(case::RequestClose { outcome, evidence: words("the board's report") })
}
