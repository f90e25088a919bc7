//! The tracing record of one weapon: its marks, how it came, through whose hands it went, what
//! was lost and found, and the times for which there is no evidence.
//!
//! Made for an officer who answers a request or asks one; the fields follow what the International
//! Tracing Instrument asks for, without claiming more. A record for the outside is the releasable
//! version: persons, places below the site and readers are withheld, and it says so.

use schemars::JsonSchema;
use serde::Serialize;
use tag_data::moment::Moment;

use super::{About, Definition, LEVELS, Proof, definitions, releasable_marks};
use crate::codes::{Class, LossCause, Origin, State};
use crate::event::case::Outcome;
use crate::ids::{CaseId, PlaceId, WeaponId};
use crate::marks::Mark;
use crate::view::cases::Stage;
use crate::view::trail::{TrailAct, TrailGap, TrailLine, TrailSighting};
use crate::view::{Views, weapon::WeaponView};

/// For whom a record is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Release {
    /// For those in whose scope the weapon stands.
    Inside,
    /// For another State or body: only what may be released.
    Outside,
}

/// The tracing record of one weapon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TracingRecord {
    /// Always `muster/tracing-record/v1`.
    pub record: String,
    /// For whom it was made.
    pub release: Release,
    /// When, by whom, under which head.
    pub about: About,
    /// The weapon's id in the book.
    pub weapon: WeaponId,
    /// What it is.
    pub identity: RecordIdentity,
    /// Marks as stamped.
    pub marks: Vec<Mark>,
    /// How it came into the book.
    pub origin: RecordOrigin,
    /// Where it stands in its life.
    pub state: State,
    /// Since when.
    pub state_since: Moment,
    /// Through whose hands it went: acts and sightings, oldest first.
    pub custody: Vec<CustodyLine>,
    /// Losses, searches counted, recoveries.
    pub losses: Vec<RecordLoss>,
    /// Times without evidence longer than [`TracingRecord::gap_days`].
    pub gaps: Vec<TrailGap>,
    /// Days without evidence that count as a gap.
    pub gap_days: i64,
    /// Other records with exactly this identity: suspected duplicates, to be told apart by hand.
    pub suspected_duplicates: Vec<WeaponId>,
    /// How many weapons of another identity have a serial that looks the same.
    pub namesakes: u64,
    /// What was left out, in words.
    pub withheld: Vec<String>,
    /// That the events behind the lines stand in the log.
    pub proofs: Vec<Proof>,
    /// What its words mean.
    pub definitions: Vec<Definition>,
}

/// What the weapon is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RecordIdentity {
    /// UN class.
    pub class: Class,
    /// Maker.
    pub maker: String,
    /// Model.
    pub model: String,
    /// Calibre.
    pub calibre: String,
    /// Country of manufacture, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Year of manufacture, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub year: Option<u16>,
    /// Serial as stamped.
    pub serial: String,
}

/// How the weapon came into the book.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RecordOrigin {
    /// How it came.
    pub origin: Origin,
    /// Whose it is, in the ledger's words.
    pub owner: String,
    /// Line or document it was taken from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// One line of the chain of custody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "line", rename_all = "snake_case")]
pub enum CustodyLine {
    /// Something was done or decided.
    Act(TrailAct),
    /// It was sensed or sighted.
    Sighting(TrailSighting),
}

/// A loss and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RecordLoss {
    /// The case.
    pub case: CaseId,
    /// How far it has come.
    pub stage: Stage,
    /// When the miss was discovered.
    pub discovered_at: Moment,
    /// When the loss was declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub declared_at: Option<Moment>,
    /// With what cause.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<LossCause>,
    /// When it was recovered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recovered_at: Option<Moment>,
    /// How the case ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Searches logged.
    pub searches: u64,
    /// Reports made to outside.
    pub reports: u64,
}

/// The record of a weapon; none if it is not in the book. Proofs are attached by the service,
/// for the positions that [`TracingRecord::positions`] names.
#[must_use]
pub fn record(views: &Views, id: WeaponId, release: Release, gap_days: i64, about: About) -> Option<TracingRecord> {
    let now = about.true_at.unwrap_or(about.made_at);
    let weapon = views.weapon(id, now)?;
    let trail = views.trail(id, gap_days, now)?;
    let mut custody = Vec::new();
    let mut gaps = Vec::new();
    for line in trail.lines {
        match line {
            TrailLine::Act(act) => custody.push(CustodyLine::Act(released_act(views, act, release))),
            TrailLine::Sighting(seen) => custody.push(CustodyLine::Sighting(released_sighting(views, seen, release))),
            TrailLine::Gap(gap) => gaps.push(gap),
        }
    }
    Some(TracingRecord {
        record: "muster/tracing-record/v1".to_owned(),
        release,
        weapon: id,
        identity: identity(&weapon),
        origin: RecordOrigin { origin: weapon.origin, owner: weapon.owner.clone(), source: weapon.source.clone() },
        state: weapon.row.state,
        state_since: weapon.row.since,
        custody,
        losses: losses(views, id),
        gaps,
        gap_days,
        suspected_duplicates: weapon.duplicates.clone(),
        namesakes: weapon.namesakes.len() as u64,
        withheld: withheld(&weapon, release),
        marks: releasable_marks(weapon.marks),
        proofs: Vec::new(),
        definitions: meanings(),
        about: match release {
            Release::Inside => about,
            Release::Outside => About { made_by: None, ..about },
        },
    })
}

impl TracingRecord {
    /// The positions of the events behind the lines, ascending: what is to be proved.
    #[must_use]
    pub fn positions(&self) -> Vec<u64> {
        let position = |line: &CustodyLine| match line {
            CustodyLine::Act(act) => act.position,
            CustodyLine::Sighting(sighting) => sighting.position,
        };
        let mut positions: Vec<u64> = self.custody.iter().map(position).collect();
        positions.sort_unstable();
        positions.dedup();
        positions
    }

    /// With the proofs of its lines; the leaves of the lines are filled in from them.
    #[must_use]
    pub fn with_proofs(mut self, proofs: Vec<Proof>) -> Self {
        let leaf = |position: u64| proofs.iter().find(|proof| proof.position == position).map(|proof| proof.leaf.clone());
        for line in &mut self.custody {
            match line {
                CustodyLine::Act(act) => act.leaf = leaf(act.position),
                CustodyLine::Sighting(sighting) => sighting.leaf = leaf(sighting.position),
            }
        }
        Self { proofs, ..self }
    }
}

fn identity(weapon: &WeaponView) -> RecordIdentity {
    RecordIdentity {
        class: weapon.row.class,
        maker: weapon.row.maker.clone(),
        model: weapon.row.model.clone(),
        calibre: weapon.row.calibre.clone(),
        country: weapon.country.clone(),
        year: weapon.year,
        serial: weapon.row.serial.clone(),
    }
}

fn losses(views: &Views, id: WeaponId) -> Vec<RecordLoss> {
    let cases = views.cases.of_weapon(id);
    let loss = |case: &crate::view::CaseRow| RecordLoss {
        case: case.case,
        stage: case.stage,
        discovered_at: case.discovered_at,
        declared_at: case.declared_at,
        cause: case.cause,
        recovered_at: case.recovered_at,
        outcome: case.outcome,
        searches: case.searches.len() as u64,
        reports: case.reported.len() as u64,
    };
    cases.map(loss).collect()
}

fn released_act(views: &Views, act: TrailAct, release: Release) -> TrailAct {
    match release {
        Release::Inside => act,
        Release::Outside => {
            let place = site(views, act.place);
            let place_name = place.map(|place| views.places.name(place)).unwrap_or_default();
            TrailAct { actor: String::new(), place, place_name, detail: None, ..act }
        }
    }
}

fn released_sighting(views: &Views, sighting: TrailSighting, release: Release) -> TrailSighting {
    match release {
        Release::Inside => sighting,
        Release::Outside => {
            let place = site(views, sighting.place);
            let place_name = place.map(|place| views.places.name(place)).unwrap_or_default();
            TrailSighting { by: String::new(), place, place_name, ..sighting }
        }
    }
}

/// The outermost place: a site is told, a room or rack is not.
fn site(views: &Views, place: Option<PlaceId>) -> Option<PlaceId> {
    place.and_then(|place| views.places.chain(place).last().copied())
}

fn withheld(weapon: &WeaponView, release: Release) -> Vec<String> {
    let mut withheld = vec!["names of persons (service numbers stand for them)".to_owned()];
    let kept_back = weapon.marks.iter().filter(|mark| !super::releasable(mark.kind)).count();
    if kept_back > 0 {
        withheld.push(format!("{kept_back} mark(s) that say where in the armoury it stands"));
    }
    match release {
        Release::Inside => {}
        Release::Outside => {
            withheld[0] = "who acted, and who received".to_owned();
            withheld.push("places below the site".to_owned());
            withheld.push("readers and devices".to_owned());
            withheld.push("circumstances and words of searches and reports".to_owned());
        }
    }
    withheld
}

fn meanings() -> Vec<Definition> {
    let words = [
        ("occurred_at", "when it happened, as claimed by the one who recorded it"),
        ("recorded_at", "when the book took it in"),
        ("gap", "time between two pieces of evidence longer than gap_days; nothing is claimed about it"),
        ("evidence", "somebody had the weapon in hand or in sight, or a reader heard its tag"),
        ("unaccounted", "nobody can show where it is; not yet a loss"),
        ("lost", "declared lost by a person, with a cause"),
        ("leaf", "the event's hash in the log; with its proof it can be checked against the head"),
    ];
    let mut all = definitions(&words);
    all.extend(definitions(&LEVELS));
    all
}
