//! The live stockpile: what is on charge, by place, kind and state, and the overview's figures.
//!
//! Folded from the dense states at the moment of asking, so that the same code answers for now
//! and for any earlier moment, and no event pays for it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use tag_data::moment::Moment;

use super::Views;
use super::destruction::PendingRow;
use super::scope::Scope;
use super::search::WeaponFilter;
use super::state::WeaponState;
use super::texts::Ix;
use super::weapon::WeaponRow;
use crate::codes::{Class, Disposition, State};
use crate::ids::{PlaceId, ServiceNumber};
use crate::weapon::moves::out;

/// One row of the stockpile: weapons alike in place, kind and state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StockpileRow {
    /// The place on record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<PlaceId>,
    /// That place's name.
    pub place_name: String,
    /// UN class.
    pub class: Class,
    /// Maker.
    pub maker: String,
    /// Model.
    pub model: String,
    /// Calibre.
    pub calibre: String,
    /// State.
    pub state: State,
    /// How many.
    pub count: u64,
}

/// The overview's figures for a place or scope.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Figures {
    /// Everything not destroyed, transferred, taken home, merged or lost for good.
    pub on_charge: u64,
    /// In store, provisional entries included.
    pub in_store: u64,
    /// Issued to persons.
    pub issued: u64,
    /// On the road.
    pub in_transit: u64,
    /// On loan, in workshops, held as evidence.
    pub elsewhere: u64,
    /// Unaccounted or presumed lost.
    pub unaccounted: u64,
    /// Declared lost.
    pub lost: u64,
    /// Recovered and held.
    pub recovered_held: u64,
    /// Designated for destruction or locked in a batch, not yet destroyed.
    pub destruction_pending: u64,
    /// Destroyed.
    pub destroyed: u64,
}

/// A document past its due time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OverdueRow {
    /// The weapon.
    #[serde(flatten)]
    pub weapon: WeaponRow,
    /// When it was due.
    pub due_at: Moment,
    /// Seconds past due.
    pub overdue_seconds: i64,
}

impl Views {
    /// The stockpile in scope as it stands now.
    #[must_use]
    pub fn stockpile(&self, filter: &WeaponFilter, scope: &Scope) -> Vec<StockpileRow> {
        self.stockpile_in(&self.weapons.states, filter, scope)
    }

    /// The stockpile as it stood in `states` (see [`super::as_of`]).
    #[must_use]
    pub fn stockpile_in(&self, states: &[WeaponState], filter: &WeaponFilter, scope: &Scope) -> Vec<StockpileRow> {
        let mut groups: BTreeMap<(Ix, Ix, State), u64> = BTreeMap::new();
        let mut last: Option<((Ix, Ix, State), u64)> = None; // Neighbours are often alike: fewer look-ups.
        self.each_match(states, filter, scope, |ix, state| {
            let Some(key) = self.group(ix, state) else { return };
            match &mut last {
                Some((alike, count)) if *alike == key => *count += 1,
                _ => {
                    if let Some((before, count)) = last.replace((key, 1)) {
                        *groups.entry(before).or_default() += count;
                    }
                }
            }
        });
        if let Some((key, count)) = last {
            *groups.entry(key).or_default() += count;
        }
        let mut rows: Vec<StockpileRow> = groups.into_iter().filter_map(|(key, count)| self.stock_row(key, count)).collect();
        rows.sort_by(|a, b| sort_key(a).cmp(&sort_key(b)));
        rows
    }

    fn group(&self, ix: Ix, state: &WeaponState) -> Option<(Ix, Ix, State)> {
        let fixed = self.weapons.fixed.get(ix as usize)?;
        Some((state.place, fixed.article, state.state?))
    }

    fn stock_row(&self, (place, article, state): (Ix, Ix, State), count: u64) -> Option<StockpileRow> {
        let article = self.weapons.articles().get(article as usize)?;
        let text = |ix| self.texts.get(ix).to_owned();
        Some(StockpileRow {
            place: self.places.id(place),
            place_name: self.places.name_of(place),
            class: article.class,
            maker: text(article.maker),
            model: text(article.model),
            calibre: text(article.calibre),
            state,
            count,
        })
    }

    /// The overview's figures in scope as it stands now.
    #[must_use]
    pub fn figures(&self, scope: &Scope) -> Figures {
        self.figures_in(&self.weapons.states, scope)
    }

    /// The overview's figures as it stood in `states`.
    #[must_use]
    pub fn figures_in(&self, states: &[WeaponState], scope: &Scope) -> Figures {
        let mut figures = Figures::default();
        self.each_match(states, &WeaponFilter::default(), scope, |_, state| figures.add(state));
        figures
    }

    /// What a person holds now, by serial.
    #[must_use]
    pub fn holdings(&self, person: &ServiceNumber) -> Vec<WeaponRow> {
        let filter = WeaponFilter { holder: Some(person.clone()), ..WeaponFilter::default() };
        self.list_weapons(&filter, &Scope::Everywhere, None, super::scope::PAGE_MAX).rows
    }

    /// Documents past due at `now` in scope, longest first.
    #[must_use]
    pub fn overdue(&self, scope: &Scope, now: Moment) -> Vec<OverdueRow> {
        let mask = self.places.mask(scope);
        let mut rows = Vec::new();
        for (ix, document) in self.weapons.documents() {
            let state = self.weapons.state(ix);
            if let Some(due_at) = document.due().filter(|due| *due < now)
                && state.state.is_some_and(out)
                && mask.holds(state.place)
                && let Some(row) = self.row_in(ix, &state)
            {
                let weapon = WeaponRow { document: self.document_row(ix), last_sensed: self.sensed(row.weapon), ..row };
                rows.push(OverdueRow { weapon, due_at, overdue_seconds: now.seconds_since(due_at) });
            }
        }
        rows.sort_by_key(|row| (row.due_at, row.weapon.weapon));
        rows
    }

    /// Weapons that wait to be destroyed, longest first.
    #[must_use]
    pub fn destruction_pending(&self, scope: &Scope, now: Moment) -> Vec<PendingRow> {
        let filter = WeaponFilter { disposition: Some(Disposition::Destroy), ..WeaponFilter::default() };
        let mut rows = Vec::new();
        self.each_match(&self.weapons.states, &filter, scope, |ix, state| {
            if state.state != Some(State::Destroyed) {
                rows.extend(self.pending_row(ix, state, now));
            }
        });
        rows.sort_by_key(|row| (row.designated_at, row.weapon));
        rows
    }

    fn pending_row(&self, ix: Ix, state: &WeaponState, now: Moment) -> Option<PendingRow> {
        let row = self.row_in(ix, state)?;
        let decided = self.weapons.designation(ix)?;
        let batch = self.destruction.batch_of(row.weapon);
        Some(PendingRow {
            weapon: row.weapon,
            serial: row.serial,
            class: row.class,
            maker: row.maker,
            model: row.model,
            state: row.state,
            designated_at: decided.at,
            designated_by: decided.by.clone(),
            authority: decided.authority.clone(),
            days_pending: now.seconds_since(decided.at).div_euclid(86_400),
            place: row.place,
            place_name: row.place_name,
            parts_removed: self.parts_removed(ix),
            batch: batch.map(|batch| batch.batch),
            batch_number: batch.map(|batch| batch.number.clone()),
        })
    }
}

impl Figures {
    fn add(&mut self, state: &WeaponState) {
        let Some(known) = state.state else { return };
        let gone = match known {
            State::InStore | State::Provisional => count(&mut self.in_store, false),
            State::Issued => count(&mut self.issued, false),
            State::InTransit => count(&mut self.in_transit, false),
            State::OnLoan | State::InMaintenance | State::Evidence => count(&mut self.elsewhere, false),
            State::Unaccounted | State::PresumedLost => count(&mut self.unaccounted, false),
            State::Lost => count(&mut self.lost, true),
            State::RecoveredHeld => count(&mut self.recovered_held, false),
            State::Destroyed | State::DestroyedInIncident => count(&mut self.destroyed, true),
            State::Batched | State::Deactivated => false,
            State::TransferredOut | State::Repatriated | State::Merged => true,
        };
        self.on_charge += u64::from(!gone);
        self.destruction_pending += u64::from(!gone && (state.disposition == Disposition::Destroy || known == State::Batched));
    }
}

/// Counts one; hands back whether such a weapon has left the charge.
const fn count(figure: &mut u64, gone: bool) -> bool {
    *figure += 1;
    gone
}

fn sort_key(row: &StockpileRow) -> (&str, Option<PlaceId>, Class, &str, &str, &str, State) {
    (&row.place_name, row.place, row.class, &row.maker, &row.model, &row.calibre, row.state)
}
