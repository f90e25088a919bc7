//! One fact into all views: who is told what, every event named, nothing refused.

use std::collections::BTreeMap;

use tag_data::scan::{Carrier, Observation};

use super::cases::{CaseRow, Stage};
use super::counts::{Count, CountRow, CountStage};
use super::gateways::place as parse_place;
use super::history::{Evidence, Said};
use super::lookup::TagMatch;
use super::presence::Last;
use super::scope::Scope;
use super::texts::{Ix, NONE};
use super::{Views, subject, subject_text};
use crate::codes::{Level, Way};
use crate::event::batch::BatchEvent;
use crate::event::case::{self, CaseEvent};
use crate::event::count::{self, CountEvent};
use crate::event::gateway::GatewayEvent;
use crate::event::weapon::WeaponEvent;
use crate::event::{Event, Fact};
use crate::ids::{BatchId, CaseId, PlaceId, WeaponId};
use crate::life::gather::resolved;
use crate::weapon::moves::expected;

impl Views {
    /// Takes one fact in. Never fails: the log is what happened.
    pub fn apply(&mut self, fact: &Fact) {
        match &fact.event {
            Event::Weapon(event) => self.apply_weapon(fact, event),
            Event::Place(event) => self.places.apply(fact, event),
            Event::Person(event) => self.people.apply(fact, event),
            Event::Count(event) => self.apply_count(fact, event),
            Event::Case(event) => self.apply_case(fact, event),
            Event::Batch(event) => self.apply_batch(fact, event),
            Event::Gateway(event) => self.apply_gateway(fact, event),
            Event::Alert(event) => self.alerts.apply(fact, event),
        }
        self.position = self.position.max(fact.position);
        self.recorded_at = self.recorded_at.max(fact.recorded_at);
    }

    fn apply_weapon(&mut self, fact: &Fact, event: &WeaponEvent) {
        let id = match event {
            WeaponEvent::Registered(entered) => Some(entered.weapon), // What is entered says whose life it is.
            _ => subject(&fact.stream),
        };
        let Some(id) = id else { return };
        let ix = self.weapons.keep(id);
        let before = self.weapons.state(ix);
        self.weapons.apply(ix, fact, event, &mut self.places, &mut self.people, &mut self.texts);
        let after = self.weapons.state(ix);
        if let Some(feed) = &mut self.feed
            && before != after
        {
            feed.changed(fact.position, ix, (&before, &after), &self.weapons.states);
        }
        let (detail, evidence) = weapon_said(event);
        self.trails.act(ix, fact, Said { place: after.place, detail: detail.as_deref(), evidence }, &mut self.texts);
    }

    fn apply_count(&mut self, fact: &Fact, event: &CountEvent) {
        match event {
            CountEvent::Opened(opened) => self.open_count(fact, opened),
            CountEvent::ItemCounted(item) => self.count_item(fact, item),
            CountEvent::Closed(closed) => {
                for weapon in &closed.missing {
                    self.say(*weapon, fact, Some("missing"), Evidence::None, NONE);
                }
            }
            CountEvent::ItemWithdrawn(_)
            | CountEvent::RecountOrdered(_)
            | CountEvent::Signed(_)
            | CountEvent::SignatureRefused(_)
            | CountEvent::Abandoned(_) => {}
        }
        self.counts.apply(fact, event);
    }

    fn open_count(&mut self, fact: &Fact, opened: &count::Opened) {
        self.places.keep(opened.place);
        let below = self.places.subtree(opened.place).into_iter();
        let places: BTreeMap<PlaceId, Option<PlaceId>> = below.map(|place| (place, self.places.within(place))).collect();
        let mask = self.places.mask(&Scope::place(opened.place));
        let inside = (0..).zip(&self.weapons.states).filter(|(_, state)| state.state.is_some() && mask.holds(state.place));
        let weapons: Vec<WeaponId> = inside.filter_map(|(ix, _)| self.weapons.id(ix)).collect();
        let standings = weapons.into_iter().filter_map(|id| self.standing(id).map(|standing| (id, standing)));
        let expected = standings.filter(|(_, standing)| expected(standing)).collect();
        let row = CountRow {
            count: opened.count,
            place: opened.place,
            place_name: self.places.name(opened.place),
            kind: opened.kind,
            blind: opened.blind,
            stage: CountStage::Open,
            custodian: opened.custodian.clone(),
            counters: opened.counters.clone(),
            opened_by: fact.meta.actor.person().cloned(),
            opened_at: fact.occurred_at,
            opened_position: fact.position,
            closed_at: None,
            closing: None,
            closing_leaf: None,
            signed_by: None,
            signed_at: None,
            remark: None,
            recounts: Vec::new(),
            scanned: 0,
            progress: None,
        };
        self.counts.open(Count::opened(row, places, expected));
    }

    fn count_item(&mut self, fact: &Fact, item: &count::ItemCounted) {
        let Some(weapon) = item.weapon else { return };
        let ix = self.weapons.keep(weapon);
        let place = self.places.keep(item.place);
        let by = fact.meta.actor.person().map_or(NONE, |person| self.texts.keep(person.as_str()));
        if by != NONE {
            let sensed =
                Last { at: fact.occurred_at, position: fact.position, place, by, antenna: 0, level: item.level, way: item.way };
            self.presence.sense(ix, sensed); // Where a reader counted it, its observation says so itself.
        }
        let evidence = Evidence::Seen(item.level, item.way);
        self.trails.act(ix, fact, Said { place, detail: None, evidence }, &mut self.texts);
    }

    fn apply_case(&mut self, fact: &Fact, event: &CaseEvent) {
        if let CaseEvent::Opened(opened) = event {
            self.open_case(fact, opened);
        }
        let weapon = subject::<CaseId>(&fact.stream).and_then(|case| self.cases.weapon(case));
        if let Some(weapon) = weapon {
            let (detail, evidence, place) = case_said(event);
            let place = place.map_or(NONE, |place| self.places.keep(place));
            self.say(weapon, fact, detail.as_deref(), evidence, place);
        }
        self.cases.apply(fact, event);
    }

    fn open_case(&mut self, fact: &Fact, opened: &case::Opened) {
        let ix = self.weapons.keep(opened.weapon);
        let state = self.weapons.state(ix);
        let row = self.row_in(ix, &state);
        let text = |get: fn(&super::WeaponRow) -> &String| row.as_ref().map(|row| get(row).clone()).unwrap_or_default();
        let owner = self.weapons.entered(ix).and_then(|(fixed, _)| self.weapons.background(fixed));
        let owner = owner.map(|from| self.texts.get(from.owner).to_owned());
        let case = CaseRow {
            case: opened.case,
            stage: Stage::Unaccounted,
            weapon: opened.weapon,
            class: row.as_ref().map(|row| row.class),
            maker: text(|row| &row.maker),
            model: text(|row| &row.model),
            calibre: text(|row| &row.calibre),
            serial: text(|row| &row.serial),
            owner: owner.unwrap_or_default(),
            place: opened.place,
            place_name: self.places.name(opened.place),
            last_custodian: self.places.custodian(opened.place),
            last_holder: self.people.number(state.holder),
            last_sighting: self.sensed(opened.weapon),
            count: opened.count,
            discovered_at: fact.occurred_at,
            opened_by: fact.meta.actor.person().cloned(),
            cause: None,
            circumstances: opened.circumstances.clone(),
            declared_last_seen: None,
            declared_at: None,
            declared_by: None,
            reported: Vec::new(),
            searches: Vec::new(),
            recovered_at: None,
            recovered_place: None,
            recovered_how: None,
            close_requests: Vec::new(),
            outcome: None,
            closed_at: None,
            days_open: 0,
            position: fact.position,
        };
        self.cases.open(case);
    }

    fn apply_batch(&mut self, fact: &Fact, event: &BatchEvent) {
        let number = subject::<BatchId>(&fact.stream).and_then(|batch| self.destruction.get(batch)).map(|row| row.number.clone());
        match event {
            BatchEvent::ItemListed(item) => self.say(item.weapon, fact, number.as_deref(), Evidence::None, NONE),
            BatchEvent::ItemDropped(item) => self.say(item.weapon, fact, number.as_deref(), Evidence::None, NONE),
            BatchEvent::ItemVerified(item) => {
                let read = Some(item.serial_as_read.as_str());
                self.say(item.weapon, fact, read, Evidence::Seen(Level::Serial, Way::Eye), NONE);
            }
            BatchEvent::ReleaseRequested(item) => self.say(item.weapon, fact, Some(&item.because), Evidence::None, NONE),
            BatchEvent::ReleaseApproved(item) => self.say(item.weapon, fact, number.as_deref(), Evidence::None, NONE),
            BatchEvent::DestructionRecorded(_) => self.say_all(fact, number.as_deref(), Evidence::Hand),
            BatchEvent::Verified(_) => self.say_all(fact, number.as_deref(), Evidence::Seen(Level::Witnessed, Way::Eye)),
            BatchEvent::Opened(_) | BatchEvent::Locked(_) | BatchEvent::WitnessSigned(_) | BatchEvent::Confirmed(_) => {}
        }
        self.destruction.apply(fact, event);
    }

    /// An act on a whole batch stands in the trail of each of its weapons: who led it, who verified.
    fn say_all(&mut self, fact: &Fact, detail: Option<&str>, evidence: Evidence) {
        let batch = subject::<BatchId>(&fact.stream).and_then(|batch| self.destruction.get(batch));
        let weapons: Vec<WeaponId> = batch.map(|row| row.items.iter().map(|item| item.weapon).collect()).unwrap_or_default();
        weapons.into_iter().for_each(|weapon| self.say(weapon, fact, detail, evidence, NONE));
    }

    fn apply_gateway(&mut self, fact: &Fact, event: &GatewayEvent) {
        self.gateways.apply(fact, event);
        match event {
            GatewayEvent::Observed(observation) => self.observe(fact, observation),
            GatewayEvent::Proposed(_)
            | GatewayEvent::Enrolled(_)
            | GatewayEvent::Revoked(_)
            | GatewayEvent::BatchReceived(_)
            | GatewayEvent::BatchContradicted(_)
            | GatewayEvent::ReaderHeard(_)
            | GatewayEvent::HoleDeclared(_) => {}
        }
    }

    fn observe(&mut self, fact: &Fact, observation: &Observation) {
        let place = parse_place(&observation.place);
        let ix = self.observed_weapon(observation);
        let weapon = ix.and_then(|ix| self.weapons.id(ix));
        self.presence.observed(fact, observation, weapon, place);
        let (Some(ix), Some(key)) = (ix, subject_text(&fact.stream)) else { return };
        let (level, way) = match observation.kind {
            Carrier::Epc => (Level::Tag, Way::Rfid),
            Carrier::Barcode => (Level::Barcode, Way::Barcode),
            Carrier::Badge => return,
        };
        let by = self.texts.keep(&format!("{key}/{}", observation.reader));
        let place = place.map_or(NONE, |place| self.places.keep(place));
        let antenna = observation.antenna.unwrap_or(0);
        self.presence.sense(ix, Last { at: observation.last, position: fact.position, place, by, antenna, level, way });
        self.trails.sighting(ix, fact, (observation.first, observation.last), by, place, (level, way));
    }

    /// The weapon that an observation resolves to, if exactly one does. A known EPC with another
    /// chip is not that weapon.
    #[must_use]
    pub(super) fn observed_weapon(&self, observation: &Observation) -> Option<Ix> {
        if let Some(epc) = &observation.epc {
            return match self.weapons.tag(epc, observation.tid.as_deref(), &self.texts) {
                TagMatch::Bound(ix) | TagMatch::Retired(ix) => Some(ix),
                TagMatch::OtherChip(_) | TagMatch::Unknown => None,
            };
        }
        resolved(self, observation.text.as_deref()?).and_then(|id| self.weapons.find(id))
    }

    fn say(&mut self, weapon: WeaponId, fact: &Fact, detail: Option<&str>, evidence: Evidence, place: Ix) {
        let ix = self.weapons.keep(weapon);
        let place = if place == NONE { self.weapons.state(ix).place } else { place };
        self.trails.act(ix, fact, Said { place, detail, evidence }, &mut self.texts);
    }
}

/// What a weapon's event says in its trail, and whether somebody had it in hand.
fn weapon_said(event: &WeaponEvent) -> (Option<String>, Evidence) {
    match event {
        WeaponEvent::Registered(entered) => (entered.source.clone(), Evidence::Hand),
        WeaponEvent::MarkRecorded(recorded) => (Some(recorded.mark.text.to_string()), Evidence::Hand),
        WeaponEvent::TagBound(_) => (None, Evidence::Hand), // The tag stands in the tags' own history.
        WeaponEvent::TagRetired(_) => (None, Evidence::None),
        WeaponEvent::Racked(_) | WeaponEvent::Recovered(_) | WeaponEvent::Restored(_) => (None, Evidence::Hand),
        WeaponEvent::Issued(issued) => (Some(issued.to.to_string()), Evidence::Hand),
        WeaponEvent::Returned(returned) => (returned.from.as_ref().map(ToString::to_string), Evidence::Hand),
        WeaponEvent::SentElsewhere(sent) => (Some(format!("{} · {}", sent.receiver, sent.document)), Evidence::Hand),
        WeaponEvent::ReceiverConfirmed(confirmed) => (Some(confirmed.document.clone()), Evidence::Hand),
        WeaponEvent::Assigned(assigned) => (assigned.to.as_ref().map(ToString::to_string), Evidence::None),
        WeaponEvent::PartRemoved(part) => (Some(format!("{} · {}", part.part, part.kept_at)), Evidence::Hand),
        WeaponEvent::PartRestored(part) => (Some(part.part.clone()), Evidence::Hand),
        WeaponEvent::DispositionDecided(decided) => {
            (Some(format!("{} · {}", decided.disposition, decided.authority)), Evidence::None)
        }
        WeaponEvent::Explained(explained) => (None, if explained.place.is_some() { Evidence::Hand } else { Evidence::None }),
        WeaponEvent::Lost(lost) => (Some(lost.cause.to_string()), Evidence::None),
        WeaponEvent::Destroyed(destroyed) => (Some(destroyed.method.to_string()), Evidence::Hand),
        WeaponEvent::Unaccounted(_) | WeaponEvent::PresumedLost(_) | WeaponEvent::Batched(_) | WeaponEvent::Unbatched(_) => {
            (None, Evidence::None)
        }
    }
}

/// What a case's event says in its weapon's trail: circumstances stay in the case.
fn case_said(event: &CaseEvent) -> (Option<String>, Evidence, Option<PlaceId>) {
    match event {
        CaseEvent::Opened(opened) => (None, Evidence::None, Some(opened.place)),
        CaseEvent::SearchLogged(search) => (Some(format!("{} · {}", search.searched, search.result)), Evidence::None, None),
        CaseEvent::Explained(explained) => (Some(explained.explanation.clone()), Evidence::None, explained.place),
        CaseEvent::LossDeclared(declared) => (Some(declared.cause.to_string()), Evidence::None, None),
        CaseEvent::LossReported(report) => (Some(format!("{} · {}", report.to, report.reference)), Evidence::None, None),
        CaseEvent::Recovered(recovered) => (None, Evidence::Hand, Some(recovered.place)),
        CaseEvent::PresumedLost(_) | CaseEvent::CloseRequested(_) | CaseEvent::Closed(_) | CaseEvent::CloseRefused(_) => {
            (None, Evidence::None, None)
        }
    }
}
