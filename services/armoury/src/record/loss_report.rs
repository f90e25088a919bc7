//! The loss report of a case: what is missed, since when, what was done, who was told.
//!
//! It is printed from the first hour on and says how far the case has come: *unaccounted* is not
//! *lost*, and *lost* is declared by a person.

use schemars::JsonSchema;
use serde::Serialize;

use super::{About, Definition, Item, definitions, releasable_marks};
use crate::ids::CaseId;
use crate::marks::Mark;
use crate::view::{CaseRow, Views};

/// A case's report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LossReport {
    /// Always `muster/loss-report/v1`.
    pub record: String,
    /// When, by whom, under which head.
    pub about: About,
    /// The case: discovery, last sighting, searches, cause, reports, recovery.
    pub case: CaseRow,
    /// Names of the place from the site down.
    pub place_path: String,
    /// The weapon.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item: Option<Item>,
    /// Marks as stamped.
    pub marks: Vec<Mark>,
    /// Other weapons missed from the same place whose cases are open.
    pub also_missing: Vec<Item>,
    /// What its words mean.
    pub definitions: Vec<Definition>,
}

/// The report of a case; none if there is no such case.
#[must_use]
pub fn record(views: &Views, id: CaseId, about: About) -> Option<LossReport> {
    let case = views.cases.get(id, about.made_at)?;
    let weapon = views.weapon(case.weapon, about.made_at);
    let others = views.cases.rows(about.made_at).into_iter();
    let others = others.filter(|other| other.place == case.place && other.case != id && other.open());
    let also_missing = others.filter_map(|other| views.weapon_row(other.weapon)).map(Item::from).collect();
    Some(LossReport {
        record: "muster/loss-report/v1".to_owned(),
        place_path: views.places.path(case.place),
        item: weapon.as_ref().map(|weapon| Item::from(weapon.row.clone())),
        marks: weapon.map(|weapon| releasable_marks(weapon.marks)).unwrap_or_default(),
        also_missing,
        definitions: definitions(&[
            ("unaccounted", "nobody can show where it is; being searched for"),
            ("presumed lost", "a person has presumed it lost, after searching"),
            ("lost", "declared lost by a person, with a cause; it stays on the register for ever"),
            ("recovered", "held for examination; two persons close the case"),
        ]),
        case,
        about,
    })
}
