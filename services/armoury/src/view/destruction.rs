//! Destruction: batches from list to certificate, and what waits to be destroyed.
//!
//! A designation is a disposition, not a state; a weapon is pending from then until its batch is
//! confirmed. Two verifiers who did not operate, before witnesses, make it destroyed.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use tag_data::moment::Moment;

use crate::codes::{Class, DestructionMethod, State};
use crate::event::Fact;
use crate::event::batch::{self, BatchEvent};
use crate::ids::{BatchId, EventId, PlaceId, ServiceNumber, WeaponId};

/// A weapon that waits to be destroyed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PendingRow {
    /// The weapon.
    pub weapon: WeaponId,
    /// Its serial as stamped.
    pub serial: String,
    /// Its class.
    pub class: Class,
    /// Its maker.
    pub maker: String,
    /// Its model.
    pub model: String,
    /// Its state.
    pub state: State,
    /// When it was designated, as claimed.
    pub designated_at: Moment,
    /// Who wrote the designation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub designated_by: Option<ServiceNumber>,
    /// The order or authority.
    pub authority: String,
    /// Whole days since the designation.
    pub days_pending: i64,
    /// Where it is stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<PlaceId>,
    /// That place's name.
    pub place_name: String,
    /// Parts removed and where each is kept.
    pub parts_removed: Vec<PartRow>,
    /// The batch it is listed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch: Option<BatchId>,
    /// That batch's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch_number: Option<String>,
}

/// A part removed from its weapon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PartRow {
    /// Which part.
    pub part: String,
    /// Where it is kept, in words.
    pub kept_at: String,
}

/// How far a batch has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BatchStage {
    /// Being listed and checked.
    Open,
    /// Locked.
    Locked,
    /// Destruction recorded, waits for verifiers and witnesses.
    Recorded,
    /// Destroyed, confirmed by two.
    Confirmed,
}

/// A weapon in a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BatchItem {
    /// The weapon.
    pub weapon: WeaponId,
    /// The serial as read from the metal when checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial_as_read: Option<String>,
    /// Whether it equals the serial in the book.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matches: Option<bool>,
    /// Who checked it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checked_by: Option<ServiceNumber>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checked_at: Option<Moment>,
}

/// A request to take a weapon out of a locked batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReleaseRow {
    /// The batch.
    pub batch: BatchId,
    /// The weapon.
    pub weapon: WeaponId,
    /// Why.
    pub because: String,
    /// The request's event id.
    pub request: EventId,
    /// The request's leaf, lower-case hex.
    pub request_leaf: String,
    /// Its position.
    pub position: u64,
    /// Who asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked_by: Option<ServiceNumber>,
    /// When.
    pub asked_at: Moment,
}

/// The destruction as recorded by the one who led it: what verifiers sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RecordedRow {
    /// The event's id: what a verifier names.
    pub request: EventId,
    /// Its leaf, lower-case hex.
    pub request_leaf: String,
    /// Its position.
    pub position: u64,
    /// Who recorded it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<ServiceNumber>,
    /// When it happened, as claimed.
    pub at: Moment,
    /// The method.
    pub method: DestructionMethod,
    /// Where, in words.
    #[serde(rename = "where")]
    pub where_: String,
    /// Who operated the machines.
    pub operators: Vec<ServiceNumber>,
    /// What became of the scrap.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scrap: Option<String>,
}

/// A witness of a destruction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WitnessRow {
    /// Name, as on the certificate.
    pub name: String,
    /// Organization.
    pub organization: String,
    /// When he signed, as claimed.
    pub at: Moment,
}

/// A verifier of a destruction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct VerifierRow {
    /// Who.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<ServiceNumber>,
    /// When.
    pub at: Moment,
    /// The event's position.
    pub position: u64,
}

/// A batch with everything its certificate needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BatchRow {
    /// The batch's id.
    pub batch: BatchId,
    /// Its number.
    pub number: String,
    /// The order or authority.
    pub authority: String,
    /// Where the weapons are held for it.
    pub place: PlaceId,
    /// How far it has come.
    pub stage: BatchStage,
    /// When it was opened, as claimed.
    pub opened_at: Moment,
    /// The weapons, in the order listed.
    pub items: Vec<BatchItem>,
    /// When it was locked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locked_at: Option<Moment>,
    /// Requests to take a weapon out that wait.
    pub releases: Vec<ReleaseRow>,
    /// The destruction as recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recorded: Option<RecordedRow>,
    /// Witnesses.
    pub witnesses: Vec<WitnessRow>,
    /// Verifiers.
    pub verifiers: Vec<VerifierRow>,
    /// When it was confirmed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirmed_at: Option<Moment>,
    /// Position of the opening event.
    pub position: u64,
}

/// All batches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Destruction {
    batches: BTreeMap<BatchId, BatchRow>,
    batch_of: BTreeMap<WeaponId, BatchId>,
}

impl Destruction {
    /// Takes in what happened to a batch.
    pub fn apply(&mut self, fact: &Fact, event: &BatchEvent) {
        if let BatchEvent::Opened(opened) = event {
            let row = BatchRow::opened(fact, opened);
            self.batches.entry(opened.batch).or_insert(row);
            return;
        }
        let Some(batch) = super::subject(&fact.stream) else { return };
        let Self { batches, batch_of } = self;
        let Some(row) = batches.get_mut(&batch) else { return };
        match event {
            BatchEvent::Opened(_) => {}
            BatchEvent::ItemListed(item) => {
                batch_of.insert(item.weapon, batch);
                row.list(item.weapon);
            }
            BatchEvent::ItemDropped(item) => {
                batch_of.remove(&item.weapon);
                row.items.retain(|listed| listed.weapon != item.weapon);
            }
            BatchEvent::ItemVerified(checked) => {
                let item = row.list(checked.weapon);
                item.serial_as_read = Some(checked.serial_as_read.to_string());
                item.matches = Some(checked.matches);
                item.checked_by = fact.meta.actor.person().cloned();
                item.checked_at = Some(fact.occurred_at);
            }
            BatchEvent::Locked(locked) => {
                for weapon in &locked.weapons {
                    batch_of.insert(*weapon, batch);
                    row.list(*weapon);
                }
                (row.stage, row.locked_at) = (BatchStage::Locked, Some(fact.occurred_at));
            }
            BatchEvent::ReleaseRequested(asked) => row.releases.push(ReleaseRow::asked(batch, fact, asked)),
            BatchEvent::ReleaseApproved(approved) => {
                batch_of.remove(&approved.weapon);
                row.releases.retain(|asked| asked.request != approved.request);
                row.items.retain(|listed| listed.weapon != approved.weapon);
            }
            BatchEvent::DestructionRecorded(recorded) => {
                row.stage = BatchStage::Recorded;
                row.recorded = Some(RecordedRow::of(fact, recorded));
            }
            BatchEvent::WitnessSigned(witness) => {
                let (name, organization) = (witness.name.clone(), witness.organization.clone());
                row.witnesses.push(WitnessRow { name, organization, at: fact.occurred_at });
            }
            BatchEvent::Verified(_) => {
                let by = fact.meta.actor.person().cloned();
                row.verifiers.push(VerifierRow { by, at: fact.occurred_at, position: fact.position });
            }
            BatchEvent::Confirmed(_) => (row.stage, row.confirmed_at) = (BatchStage::Confirmed, Some(fact.occurred_at)),
        }
    }

    /// One batch.
    #[must_use]
    pub fn get(&self, batch: BatchId) -> Option<&BatchRow> {
        self.batches.get(&batch)
    }

    /// All batches, in order of opening.
    #[must_use]
    pub fn rows(&self) -> Vec<&BatchRow> {
        let mut rows: Vec<&BatchRow> = self.batches.values().collect();
        rows.sort_by_key(|row| row.position);
        rows
    }

    /// The batch a weapon is listed in.
    #[must_use]
    pub fn batch_of(&self, weapon: WeaponId) -> Option<&BatchRow> {
        self.batches.get(self.batch_of.get(&weapon)?)
    }

    /// Requests to take weapons out that wait for their second person, oldest first.
    #[must_use]
    pub fn releases(&self) -> Vec<ReleaseRow> {
        let mut rows: Vec<_> = self.batches.values().flat_map(|row| row.releases.iter().cloned()).collect();
        rows.sort_by_key(|row| row.position);
        rows
    }
}

impl ReleaseRow {
    fn asked(batch: BatchId, fact: &Fact, asked: &batch::ReleaseRequested) -> Self {
        Self {
            batch,
            weapon: asked.weapon,
            because: asked.because.clone(),
            request: fact.id,
            request_leaf: hex::encode(fact.leaf),
            position: fact.position,
            asked_by: fact.meta.actor.person().cloned(),
            asked_at: fact.recorded_at,
        }
    }
}

impl RecordedRow {
    fn of(fact: &Fact, recorded: &batch::DestructionRecorded) -> Self {
        Self {
            request: fact.id,
            request_leaf: hex::encode(fact.leaf),
            position: fact.position,
            by: fact.meta.actor.person().cloned(),
            at: fact.occurred_at,
            method: recorded.method,
            where_: recorded.at.clone(),
            operators: recorded.operators.clone(),
            scrap: recorded.scrap.clone(),
        }
    }
}

impl BatchRow {
    fn opened(fact: &Fact, opened: &batch::Opened) -> Self {
        Self {
            batch: opened.batch,
            number: opened.number.clone(),
            authority: opened.authority.clone(),
            place: opened.place,
            stage: BatchStage::Open,
            opened_at: fact.occurred_at,
            items: Vec::new(),
            locked_at: None,
            releases: Vec::new(),
            recorded: None,
            witnesses: Vec::new(),
            verifiers: Vec::new(),
            confirmed_at: None,
            position: fact.position,
        }
    }

    /// The item of a weapon, listed if it was not.
    fn list(&mut self, weapon: WeaponId) -> &mut BatchItem {
        let at = self.items.iter().position(|item| item.weapon == weapon).unwrap_or_else(|| {
            self.items.push(BatchItem { weapon, serial_as_read: None, matches: None, checked_by: None, checked_at: None });
            self.items.len() - 1
        });
        &mut self.items[at]
    }
}
