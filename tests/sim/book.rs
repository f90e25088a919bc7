//! The naive book: every line of the log folded again, by other hands and in other words.
//!
//! Plain JSON in, plain words out; nothing here is shared with the program. Slow, obvious, and held
//! against the program's views after every step. What each line had to fulfil before it could be
//! written is asked in `audit.rs`, with the book as it stood before the line.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::line::{Line, text};
use crate::promise::Broken;

/// A weapon's record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rifle {
    /// Its state's word.
    pub state: String,
    back: String,
    provisional: bool,
    /// Locked in a batch.
    pub locked: bool,
    /// The batch that locked it.
    pub batch: String,
    /// The place on record.
    pub place: String,
    /// Who holds it; empty if nobody.
    pub holder: String,
    /// The document under which it is out: event, who opened it, in which sign-in, number, confirmed.
    pub document: Option<Document>,
    /// What is to become of it.
    pub disposition: String,
    /// The case under which it is missed, until it is accounted for again.
    pub case: String,
    /// Every case that ever made it unaccounted for.
    pub cases: BTreeSet<String>,
    /// Its state before the last line of its life.
    pub was: String,
    /// The position of the last line of its life.
    pub last: u64,
}

/// A document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    /// The event that opened it.
    pub event: String,
    /// Who opened it.
    pub by: (String, String),
    /// Its number.
    pub number: String,
    /// The receiver confirmed.
    pub confirmed: bool,
}

/// A place.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// The place it stands in; empty for a site.
    pub within: String,
    /// Closed.
    pub closed: bool,
    /// Who keeps its stock.
    pub keeper: String,
}

/// A right.
#[derive(Clone, Debug, Default)]
pub struct Right {
    /// The event that asked for it.
    pub request: String,
    /// The role.
    pub role: String,
    /// Below which place; empty for everywhere.
    pub place: String,
    /// Approved by another, or founded.
    pub given: bool,
    /// At which position it was taken away.
    pub taken: Option<u64>,
}

/// A case.
#[derive(Clone, Debug, Default)]
pub struct Case {
    /// Its weapon.
    pub weapon: String,
    /// The place it was missed from.
    pub place: String,
    /// How far it has come.
    pub rung: String,
    /// The outcome that was asked for last.
    pub outcome: String,
    /// The request that waits.
    pub request: String,
    /// A loss was declared.
    pub was_lost: bool,
    /// The position at which it was opened.
    pub opened: u64,
    /// The position at which it was explained or closed.
    pub ended: Option<u64>,
}

impl Case {
    /// Two have not ended it, and it was not explained.
    pub fn stands(&self) -> bool {
        self.ended.is_none()
    }
}

/// A batch.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Where.
    pub place: String,
    /// What is on its list.
    pub items: BTreeSet<String>,
    /// Locked.
    pub locked: bool,
    /// The event that recorded the destruction.
    pub recorded: String,
    /// Who worked the machines.
    pub operators: Vec<String>,
    /// Who verified: number and sign-in.
    pub verified: Vec<(String, String)>,
    /// Witnesses.
    pub witnesses: usize,
    /// Confirmed.
    pub confirmed: bool,
}

/// A count.
#[derive(Clone, Debug, Default)]
pub struct Count {
    /// What is counted.
    pub place: String,
    /// Who kept the stock at its opening.
    pub keeper: String,
    /// How much of it is counted.
    pub kind: String,
    /// What was expected when it opened.
    pub expected: BTreeSet<String>,
    /// Sightings that stand: event to weapon (empty if it is nobody's).
    pub sightings: BTreeMap<String, String>,
    /// Who took part: number and sign-in.
    pub took_part: BTreeSet<(String, String)>,
    /// The closing event.
    pub closing: String,
    /// Called off.
    pub abandoned: bool,
}

/// A gateway.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    /// Its items, in order, as it wrote them.
    pub items: Vec<String>,
    /// Enrolled by two.
    pub enrolled: bool,
    /// Closed from this sequence on.
    pub closed_from: Option<u64>,
    /// How far its batches were taken in.
    pub taken: u64,
}

/// The book.
#[derive(Default)]
pub struct Book {
    /// Every line.
    pub lines: Vec<Line>,
    /// Lines by id.
    pub ids: BTreeMap<String, usize>,
    /// How many lines each stream has.
    pub revisions: BTreeMap<String, u64>,
    /// Weapons.
    pub rifles: BTreeMap<String, Rifle>,
    /// Places.
    pub places: BTreeMap<String, Place>,
    /// Rights, by person.
    pub rights: BTreeMap<String, Vec<Right>>,
    /// Cases.
    pub cases: BTreeMap<String, Case>,
    /// Batches.
    pub batches: BTreeMap<String, Batch>,
    /// Counts.
    pub counts: BTreeMap<String, Count>,
    /// Gateways.
    pub gateways: BTreeMap<String, Heard>,
    /// How often each finding was raised.
    pub findings: BTreeMap<String, usize>,
    /// Weapons touched since the views were last looked at.
    pub touched: BTreeSet<String>,
    /// The first position that this step may have written.
    pub step_from: u64,
}

const ENDED: [&str; 3] = ["destroyed", "destroyed_in_incident", "merged"];

impl Book {
    /// Takes a line in, after asking what it had to fulfil.
    pub fn take(&mut self, line: Line) -> Result<(), Broken> {
        crate::audit::before(self, &line)?;
        let before = self.rifles.get(&line.subject()).cloned().unwrap_or_default();
        self.fold(&line);
        crate::audit::after(self, &line, &before)?;
        self.ids.insert(line.id.clone(), self.lines.len());
        *self.revisions.entry(line.stream.clone()).or_default() += 1;
        self.lines.push(line);
        Ok(())
    }

    /// A line by its event's id.
    pub fn line(&self, id: &str) -> Option<&Line> {
        self.lines.get(*self.ids.get(id)?)
    }

    /// A place and every place above it.
    pub fn chain(&self, place: &str) -> Vec<String> {
        let mut chain = Vec::new();
        let mut at = place.to_owned();
        while let Some(known) = self.places.get(&at).filter(|_| chain.len() < 20) {
            chain.push(std::mem::replace(&mut at, known.within.clone()));
        }
        chain
    }

    /// Who keeps a place's stock: its own keeper, or the nearest above.
    pub fn keeper(&self, place: &str) -> String {
        let chain = self.chain(place).into_iter();
        chain.map(|place| self.places[&place].keeper.clone()).find(|keeper| !keeper.is_empty()).unwrap_or_default()
    }

    /// The open case of a weapon: two have not ended it.
    pub fn open_case(&self, weapon: &str) -> Option<&Case> {
        self.cases.values().find(|case| case.weapon == weapon && case.stands())
    }

    /// Whether a count of its place must account for a weapon.
    fn expected(&self, weapon: &str, rifle: &Rifle) -> bool {
        match rifle.state.as_str() {
            "unaccounted" | "presumed_lost" | "lost" => self.open_case(weapon).is_some(),
            state => !ENDED.contains(&state),
        }
    }

    fn fold(&mut self, line: &Line) {
        let subject = line.subject();
        match line.stream.split('-').next().unwrap_or_default() {
            "weapon" => self.weapon(&subject, line),
            "place" => self.place(&subject, line),
            "person" => self.person(&subject, line),
            "case" => self.case(&subject, line),
            "batch" => self.batch(&subject, line),
            "count" => self.count(&subject, line),
            "gateway" | "intake" | "enrolment" => self.gateway(&subject, line),
            _ => {}
        }
    }

    fn gateway(&mut self, subject: &str, line: &Line) {
        let heard = self.gateways.entry(subject.to_owned()).or_default();
        let number = |name: &str| line.data[name].as_u64();
        match line.kind.as_str() {
            "GatewayEnrolled" => heard.enrolled = true,
            "GatewayRevoked" => heard.closed_from = number("next"),
            "BatchReceived" => heard.taken = number("first").unwrap_or(0) + number("count").unwrap_or(0),
            "Observed" | "ReaderHeard" | "HoleDeclared" => {
                let data = String::from_utf8_lossy(&line.bytes);
                heard.items.push(format!("{{\"type\":\"{}\",\"data\":{data}}}", line.kind));
            }
            _ => {}
        }
    }

    fn weapon(&mut self, subject: &str, line: &Line) {
        self.touched.insert(subject.to_owned());
        let rifle = self.rifles.entry(subject.to_owned()).or_default();
        if line.kind == "WeaponRegistered" {
            let provisional = line.data["provisional"].as_bool().unwrap_or(false);
            let state = if provisional { "provisional" } else { "in_store" }.to_owned();
            let (back, place, disposition) = ("in_store".to_owned(), line.text("place"), "keep".to_owned());
            *rifle = Rifle { state, back, provisional, place, disposition, last: line.position, ..Rifle::default() };
            return;
        }
        rifle.was.clone_from(&rifle.state);
        rifle.last = line.position;
        rifle.moves(line);
        rifle.stands(line);
        rifle.is_missed(line);
    }

    fn place(&mut self, subject: &str, line: &Line) {
        let place = self.places.entry(subject.to_owned()).or_default();
        match line.kind.as_str() {
            "PlaceOpened" => place.within = line.text("within"),
            "PlaceCustodianNamed" => place.keeper = line.text("custodian"),
            "PlaceClosed" => place.closed = true,
            _ => {}
        }
    }

    fn person(&mut self, subject: &str, line: &Line) {
        let right = |grant: &Value, given| Right {
            request: line.id.clone(),
            role: text(grant, "role"),
            place: text(grant, "place"),
            given,
            taken: None,
        };
        let rights = self.rights.entry(subject.to_owned()).or_default();
        let request = line.text("request");
        match line.kind.as_str() {
            "PersonFounded" => {
                rights.extend(line.data["grants"].as_array().into_iter().flatten().map(|grant| right(grant, true)));
            }
            "PersonGrantRequested" => rights.push(right(&line.data["grant"], false)),
            "PersonGrantApproved" => rights.iter_mut().filter(|r| r.request == request).for_each(|r| r.given = true),
            "PersonGrantRevoked" => {
                rights.iter_mut().filter(|r| r.request == request).for_each(|r| r.taken = Some(line.position));
            }
            _ => {}
        }
    }

    fn case(&mut self, subject: &str, line: &Line) {
        let case = self.cases.entry(subject.to_owned()).or_default();
        let rung = match line.kind.as_str() {
            "CaseOpened" => {
                (case.weapon, case.place, case.opened) = (line.text("weapon"), line.text("place"), line.position);
                "open"
            }
            "CaseExplained" => "explained",
            "CasePresumedLost" => "presumed",
            "CaseLossDeclared" => "lost",
            "CaseRecovered" => "recovered",
            "CaseClosed" => "closed",
            "CaseCloseRequested" => {
                (case.request, case.outcome) = (line.id.clone(), line.text("outcome"));
                return;
            }
            "CaseCloseRefused" => return case.request.clear(),
            _ => return,
        };
        if case.rung != "closed" {
            case.rung = rung.to_owned();
            case.request.clear();
            case.was_lost |= rung == "lost";
            case.ended = ["explained", "closed"].contains(&rung).then_some(line.position);
        }
    }

    fn batch(&mut self, subject: &str, line: &Line) {
        let batch = self.batches.entry(subject.to_owned()).or_default();
        match line.kind.as_str() {
            "BatchOpened" => batch.place = line.text("place"),
            "BatchItemListed" => drop(batch.items.insert(line.text("weapon"))),
            "BatchItemDropped" | "BatchReleaseApproved" => drop(batch.items.remove(&line.text("weapon"))),
            "BatchLocked" => batch.locked = true,
            "BatchDestructionRecorded" => {
                (batch.recorded, batch.operators) = (line.id.clone(), line.texts("operators"));
            }
            "BatchWitnessSigned" => batch.witnesses += 1,
            "BatchVerified" => batch.verified.push((line.person(), line.sign_in())),
            "BatchConfirmed" => batch.confirmed = true,
            _ => {}
        }
    }

    fn count(&mut self, subject: &str, line: &Line) {
        if line.kind == "CountOpened" {
            let place = line.text("place");
            let inside = self.rifles.iter().filter(|(_, rifle)| self.chain(&rifle.place).contains(&place));
            let expected = inside.filter(|(id, rifle)| self.expected(id, rifle)).map(|(id, _)| id.clone()).collect();
            let keeper = line.text("custodian");
            let kind = line.text("kind");
            self.counts.insert(subject.to_owned(), Count { place, keeper, kind, expected, ..Count::default() });
            return;
        }
        let Some(count) = self.counts.get_mut(subject) else { return };
        let took_part = (line.person(), line.sign_in());
        match line.kind.as_str() {
            "CountItemCounted" => {
                count.sightings.insert(line.id.clone(), line.text("weapon"));
                count.took_part.insert(took_part);
            }
            "CountItemWithdrawn" => drop(count.sightings.remove(&line.text("sighting"))),
            "CountClosed" => {
                count.closing = line.id.clone();
                count.took_part.insert(took_part);
            }
            "CountAbandoned" => count.abandoned = true,
            _ => {}
        }
    }
}

impl Rifle {
    /// The state after a line of its stream, in the words of the rules.
    fn moves(&mut self, line: &Line) {
        if ENDED.contains(&self.state.as_str()) {
            return;
        }
        let store = if self.provisional { "provisional" } else { "in_store" };
        let missed = ["unaccounted", "presumed_lost"].contains(&self.state.as_str());
        match line.kind.as_str() {
            "WeaponRacked" | "WeaponReturned" if self.state == "recovered_held" && !self.locked => {}
            "WeaponRacked" | "WeaponReturned" => self.put(store),
            "WeaponIssued" => self.put("issued"),
            "WeaponSentElsewhere" => {
                let to = match line.text("kind").as_str() {
                    "loan" => "on_loan",
                    "maintenance" => "in_maintenance",
                    "transit" => "in_transit",
                    _ => "evidence",
                };
                self.put(to);
            }
            "WeaponUnaccounted" if !missed && self.state != "lost" => {
                self.back = std::mem::replace(&mut self.state, "unaccounted".to_owned());
            }
            "WeaponExplained" if missed && self.locked => {
                (self.state, self.back) = ("batched".to_owned(), store.to_owned());
            }
            "WeaponExplained" if missed => {
                let kept = ["recovered_held", "deactivated", "provisional"].contains(&self.back.as_str());
                let found = line.data["place"].is_string() && !kept;
                self.state = if found { store.to_owned() } else { self.back.clone() };
            }
            "WeaponPresumedLost" if self.state == "unaccounted" => self.state = "presumed_lost".to_owned(),
            "WeaponLost" if missed => self.state = "lost".to_owned(),
            "WeaponRecovered" if self.state != "batched" => self.state = "recovered_held".to_owned(),
            "WeaponRestored" if self.state == "recovered_held" => self.put(store),
            "WeaponBatched" if ["provisional", "in_store", "recovered_held", "deactivated"].contains(&self.state.as_str()) => {
                self.back = std::mem::replace(&mut self.state, "batched".to_owned());
                (self.locked, self.batch) = (true, line.text("batch"));
            }
            "WeaponUnbatched" if self.locked => {
                if self.state == "batched" {
                    self.state = self.back.clone();
                } else if self.back == "batched" {
                    self.back = store.to_owned();
                }
                self.locked = false;
            }
            "WeaponDestroyed" if self.state == "batched" => (self.state, self.locked) = ("destroyed".to_owned(), false),
            "WeaponMarkRecorded" if ["serial", "registry_assigned"].contains(&text(&line.data["mark"], "kind").as_str()) => {
                self.provisional = false;
                for state in [&mut self.state, &mut self.back] {
                    if state == "provisional" {
                        *state = "in_store".to_owned();
                    }
                }
            }
            _ => {}
        }
    }

    /// A hand put it there: a lock holds, a loss is left by recovery only.
    fn put(&mut self, to: &str) {
        match self.state.as_str() {
            "presumed_lost" | "lost" | "deactivated" => {}
            _ if self.locked => (self.state, self.back) = ("batched".to_owned(), to.to_owned()),
            _ => self.state = to.to_owned(),
        }
    }

    /// Under which case it is missed.
    fn is_missed(&mut self, line: &Line) {
        let case = line.text("case");
        if line.kind == "WeaponUnaccounted" {
            self.cases.insert(case.clone());
            if self.state == "unaccounted" && self.was != "unaccounted" {
                self.case = case;
            }
        }
        if !["unaccounted", "presumed_lost", "lost", "recovered_held"].contains(&self.state.as_str()) {
            self.case.clear();
        }
    }

    /// Where it is on record, who holds it, under which document.
    fn stands(&mut self, line: &Line) {
        let placed = line.text("place");
        match line.kind.as_str() {
            "WeaponRacked" | "WeaponReturned" | "WeaponRecovered" | "WeaponRestored" | "WeaponExplained"
                if !placed.is_empty() =>
            {
                (self.place, self.document) = (placed, None);
                self.holder.clear();
            }
            "WeaponIssued" | "WeaponSentElsewhere" => {
                let own_hand = line.text("acknowledgement") == "pin" && line.person() != line.text("to");
                let issued = line.kind == "WeaponIssued";
                let number = if issued { line.id.clone() } else { line.text("document") };
                self.holder = line.text("to");
                let by = (line.person(), line.sign_in());
                self.document = Some(Document { event: line.id.clone(), by, number, confirmed: own_hand && issued });
            }
            "WeaponReceiverConfirmed" => {
                let number = line.text("document");
                self.document.iter_mut().filter(|document| document.number == number).for_each(|d| d.confirmed = true);
            }
            "WeaponDispositionDecided" => self.disposition = line.text("disposition"),
            _ => {}
        }
    }
}
