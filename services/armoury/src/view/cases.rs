//! Discrepancy cases and the lost register: what is missed, searched, declared, recovered.
//!
//! A case never leaves; closing needs two, and what waits for the second person is here with the
//! request's id and leaf. *Unaccounted*, *presumed lost*, *lost* and *closed* are never mixed.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use tag_data::moment::Moment;

use super::presence::Sensed;
use crate::codes::{Class, LossCause};
use crate::event::Fact;
use crate::event::case::{CaseEvent, Outcome};
use crate::ids::{CaseId, CountId, EventId, PlaceId, ServiceNumber, WeaponId};

/// How far a case has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Open: unaccounted, being searched for.
    Unaccounted,
    /// Presumed lost by a person.
    PresumedLost,
    /// Declared lost with a cause.
    Lost,
    /// Recovered; two have yet to close.
    Recovered,
    /// Explained: no loss.
    Explained,
    /// Closed by two.
    Closed,
}

/// A search, logged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SearchRow {
    /// When, as claimed.
    pub at: Moment,
    /// Who searched or wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<ServiceNumber>,
    /// Where or what was searched.
    pub searched: String,
    /// What came of it.
    pub result: String,
    /// The event's position.
    pub position: u64,
}

/// A report to someone outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReportRow {
    /// When, as claimed.
    pub at: Moment,
    /// To whom.
    pub to: String,
    /// Reference.
    pub reference: String,
    /// The event's position.
    pub position: u64,
}

/// A request to close that waits for its second person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CloseRequestRow {
    /// The case.
    pub case: CaseId,
    /// The request's event id.
    pub request: EventId,
    /// The request's leaf, lower-case hex.
    pub request_leaf: String,
    /// Its position.
    pub position: u64,
    /// How the case would end.
    pub outcome: Outcome,
    /// The evidence, in words.
    pub evidence: String,
    /// Who asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked_by: Option<ServiceNumber>,
    /// When.
    pub asked_at: Moment,
}

/// One case as the register shows it (register fields: case, weapon, owner, last custodian, last
/// sighting, discovery, cause, declaration, reports, recovery, outcome).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CaseRow {
    /// The case's id.
    pub case: CaseId,
    /// How far it has come.
    pub stage: Stage,
    /// The weapon.
    pub weapon: WeaponId,
    /// Its class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<Class>,
    /// Its maker.
    pub maker: String,
    /// Its model.
    pub model: String,
    /// Its calibre.
    pub calibre: String,
    /// Its serial as stamped.
    pub serial: String,
    /// Whose it is.
    pub owner: String,
    /// The place it was missed from.
    pub place: PlaceId,
    /// That place's name.
    pub place_name: String,
    /// Who kept that place when the case was opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_custodian: Option<ServiceNumber>,
    /// Who held the weapon when the case was opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_holder: Option<ServiceNumber>,
    /// Its last sensing or sighting before the case was opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_sighting: Option<Sensed>,
    /// The count that missed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<CountId>,
    /// When the miss was discovered, as claimed.
    pub discovered_at: Moment,
    /// Who opened it; absent where a rule did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opened_by: Option<ServiceNumber>,
    /// Cause, once declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<LossCause>,
    /// Circumstances as known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub circumstances: Option<String>,
    /// When anyone last saw it, as the declaration says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub declared_last_seen: Option<Moment>,
    /// When the loss was declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub declared_at: Option<Moment>,
    /// By whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub declared_by: Option<ServiceNumber>,
    /// Reports to outside.
    pub reported: Vec<ReportRow>,
    /// Searches.
    pub searches: Vec<SearchRow>,
    /// When it was recovered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recovered_at: Option<Moment>,
    /// Where it is held.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recovered_place: Option<PlaceId>,
    /// How it came back, or how the miss was explained.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recovered_how: Option<String>,
    /// Requests to close that wait.
    pub close_requests: Vec<CloseRequestRow>,
    /// How it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Moment>,
    /// Whole days from discovery to the end, or to `now`.
    pub days_open: i64,
    /// Position of the opening event.
    pub position: u64,
}

impl CaseRow {
    /// Whether two people have yet to end it.
    #[must_use]
    pub const fn open(&self) -> bool {
        matches!(self.stage, Stage::Unaccounted | Stage::PresumedLost | Stage::Lost | Stage::Recovered)
    }

    /// Whether it stands on the lost register: presumed or declared lost at any time.
    #[must_use]
    pub const fn on_register(&self) -> bool {
        self.declared_at.is_some() || matches!(self.stage, Stage::PresumedLost | Stage::Lost)
    }
}

/// All cases.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cases {
    cases: BTreeMap<CaseId, CaseRow>,
    by_weapon: BTreeMap<WeaponId, Vec<CaseId>>,
}

impl Cases {
    /// A case was opened; the views have filled the row in.
    pub(super) fn open(&mut self, row: CaseRow) {
        let list = self.by_weapon.entry(row.weapon).or_default();
        if !list.contains(&row.case) {
            list.push(row.case);
        }
        self.cases.entry(row.case).or_insert(row);
    }

    /// Takes in what happened in a case.
    pub fn apply(&mut self, fact: &Fact, event: &CaseEvent) {
        let Some(case) = super::subject(&fact.stream) else { return };
        let Some(row) = self.cases.get_mut(&case) else { return };
        let by = fact.meta.actor.person().cloned();
        let (at, position) = (fact.occurred_at, fact.position);
        match event {
            CaseEvent::Opened(_) => {}
            CaseEvent::SearchLogged(search) => {
                let (searched, result) = (search.searched.clone(), search.result.clone());
                row.searches.push(SearchRow { at, by, searched, result, position });
            }
            CaseEvent::Explained(explained) => {
                row.stage = Stage::Explained;
                row.recovered_how = Some(explained.explanation.clone());
                row.closed_at = Some(at);
            }
            CaseEvent::PresumedLost(_) => row.stage = Stage::PresumedLost,
            CaseEvent::LossDeclared(declared) => {
                row.stage = Stage::Lost;
                row.cause = Some(declared.cause);
                row.circumstances = Some(declared.circumstances.clone());
                row.declared_last_seen = declared.last_seen;
                (row.declared_at, row.declared_by) = (Some(at), by);
            }
            CaseEvent::LossReported(report) => {
                let (to, reference) = (report.to.clone(), report.reference.clone());
                row.reported.push(ReportRow { at, to, reference, position });
            }
            CaseEvent::Recovered(recovered) => {
                row.stage = Stage::Recovered;
                row.recovered_at = Some(at);
                row.recovered_place = Some(recovered.place);
                row.recovered_how = Some(recovered.circumstances.clone());
            }
            CaseEvent::CloseRequested(asked) => row.close_requests.push(CloseRequestRow {
                case,
                request: fact.id,
                request_leaf: hex::encode(fact.leaf),
                position,
                outcome: asked.outcome,
                evidence: asked.evidence.clone(),
                asked_by: by,
                asked_at: fact.recorded_at,
            }),
            CaseEvent::Closed(closed) => {
                row.stage = Stage::Closed;
                row.outcome = row.close_requests.iter().find(|asked| asked.request == closed.request).map(|asked| asked.outcome);
                row.close_requests.clear();
                row.closed_at = Some(at);
            }
            CaseEvent::CloseRefused(refused) => row.close_requests.retain(|asked| asked.request != refused.request),
        }
    }

    /// One case, its days counted to `now`.
    #[must_use]
    pub fn get(&self, case: CaseId, now: Moment) -> Option<CaseRow> {
        self.cases.get(&case).map(|row| aged(row, now))
    }

    /// The weapon of a case.
    #[must_use]
    pub fn weapon(&self, case: CaseId) -> Option<WeaponId> {
        self.cases.get(&case).map(|row| row.weapon)
    }

    /// All cases in order of opening, days counted to `now`.
    #[must_use]
    pub fn rows(&self, now: Moment) -> Vec<CaseRow> {
        let mut rows: Vec<CaseRow> = self.cases.values().map(|row| aged(row, now)).collect();
        rows.sort_by_key(|row| row.position);
        rows
    }

    /// The case that stands open for a weapon.
    #[must_use]
    pub fn open_case(&self, weapon: WeaponId) -> Option<CaseId> {
        self.of_weapon(weapon).find(|row| row.open()).map(|row| row.case)
    }

    /// Every case of a weapon, oldest first.
    pub fn of_weapon(&self, weapon: WeaponId) -> impl DoubleEndedIterator<Item = &CaseRow> {
        self.by_weapon.get(&weapon).into_iter().flatten().filter_map(|case| self.cases.get(case))
    }

    /// Requests to close that wait for their second person, oldest first.
    #[must_use]
    pub fn close_requests(&self) -> Vec<CloseRequestRow> {
        let mut rows: Vec<_> = self.cases.values().flat_map(|row| row.close_requests.iter().cloned()).collect();
        rows.sort_by_key(|row| row.position);
        rows
    }
}

fn aged(row: &CaseRow, now: Moment) -> CaseRow {
    let until = row.closed_at.unwrap_or(now);
    CaseRow { days_open: until.seconds_since(row.discovered_at).div_euclid(86_400), ..row.clone() }
}
