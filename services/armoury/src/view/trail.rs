//! The trail of one weapon: every act, count, search and sighting in order, gaps drawn as gaps.
//!
//! Sightings by the same reader or way in the same place are one line as long as no more than a
//! day lies between them; how they are kept stands in `history.rs`. A trail is the book's own history; a *trace* is a procedure between States.

use schemars::JsonSchema;
use serde::Serialize;
use tag_data::moment::Moment;

use super::Views;
use super::history::{Entry, Evidence, Kind, actor_of};
use crate::codes::{Level, State, Way};
use crate::ids::{PlaceId, WeaponId};

/// Days without evidence that are shown as a gap, where the policy says nothing else (a full
/// count by serial at least every quarter, and some days for the next one to be taken).
pub const GAP_DAYS: i64 = 100;

/// One line of a trail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "line", rename_all = "snake_case")]
pub enum TrailLine {
    /// Something was done or decided.
    Act(TrailAct),
    /// It was sensed or sighted, once or again and again.
    Sighting(TrailSighting),
    /// Time without evidence, longer than the policy allows.
    Gap(TrailGap),
}

/// Something was done or decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TrailAct {
    /// The event's type; the page's word for it is in the catalogue.
    pub act: String,
    /// When, as claimed.
    pub occurred_at: Moment,
    /// When it was recorded.
    pub recorded_at: Moment,
    /// Who acted: `person`, `gateway` or `book`.
    pub actor_kind: String,
    /// The service number, key or rule.
    pub actor: String,
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<PlaceId>,
    /// That place's name.
    pub place_name: String,
    /// To whom, by what document, with what result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// How sure, where it was evidence of the weapon itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// True if somebody had the weapon in hand or in sight.
    pub evidence: bool,
    /// The event's position in the log.
    pub position: u64,
    /// The event's leaf, lower-case hex, once attached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leaf: Option<String>,
}

/// It was sensed or sighted, once or again and again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TrailSighting {
    /// First.
    pub first: Moment,
    /// Last.
    pub last: Moment,
    /// How often.
    pub times: u32,
    /// The reader, as `gateway/reader`, or who sighted it.
    pub by: String,
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<PlaceId>,
    /// That place's name.
    pub place_name: String,
    /// By which way.
    pub way: Way,
    /// How sure.
    pub level: Level,
    /// Position of the first of these events.
    pub position: u64,
    /// That event's leaf, lower-case hex, once attached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leaf: Option<String>,
}

/// Time without evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TrailGap {
    /// The last evidence before.
    pub from: Moment,
    /// The first evidence after, or the moment looked at.
    pub until: Moment,
    /// Whole days between them.
    pub days: i64,
    /// True if there is no evidence after.
    pub still: bool,
}

/// A weapon's trail, oldest line first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TrailView {
    /// The weapon.
    pub weapon: WeaponId,
    /// The lines.
    pub lines: Vec<TrailLine>,
    /// Days without evidence that are shown as a gap.
    pub gap_days: i64,
    /// Position up to which the book was read.
    pub known_at: u64,
}

impl TrailView {
    /// Fills in the leaves of all lines.
    pub fn attach_leaves(&mut self, leaf: impl Fn(u64) -> Option<[u8; 32]>) {
        for line in &mut self.lines {
            match line {
                TrailLine::Act(act) => act.leaf = leaf(act.position).map(hex::encode),
                TrailLine::Sighting(sighting) => sighting.leaf = leaf(sighting.position).map(hex::encode),
                TrailLine::Gap(_) => {}
            }
        }
    }

    /// The positions of the events behind the lines, ascending.
    #[must_use]
    pub fn positions(&self) -> Vec<u64> {
        let position = |line: &TrailLine| match line {
            TrailLine::Act(act) => Some(act.position),
            TrailLine::Sighting(sighting) => Some(sighting.position),
            TrailLine::Gap(_) => None,
        };
        let mut positions: Vec<u64> = self.lines.iter().filter_map(position).collect();
        positions.sort_unstable();
        positions.dedup();
        positions
    }
}

impl Entry {
    fn line(&self, views: &Views) -> TrailLine {
        let (texts, place) = (&views.texts, views.places.id(self.place));
        let place_name = views.places.name_of(self.place);
        let (actor_kind, actor) = actor_of(texts.get(self.actor));
        match self.kind {
            Kind::Act(evidence) => TrailLine::Act(TrailAct {
                act: texts.get(self.act).to_owned(),
                occurred_at: self.occurred,
                recorded_at: self.until,
                actor_kind,
                actor,
                place,
                place_name,
                detail: texts.some(self.detail),
                level: match evidence {
                    Evidence::Seen(level, _) => Some(level),
                    Evidence::None | Evidence::Hand => None,
                },
                evidence: evidence != Evidence::None,
                position: self.position,
                leaf: None,
            }),
            Kind::Sighting(level, way) => TrailLine::Sighting(TrailSighting {
                first: self.occurred,
                last: self.until,
                times: self.times,
                by: actor,
                place,
                place_name,
                way,
                level,
                position: self.position,
                leaf: None,
            }),
        }
    }

    /// From when to when this entry is evidence, if it is.
    fn evidence(&self) -> Option<(Moment, Moment)> {
        match self.kind {
            Kind::Sighting(..) => Some((self.occurred, self.until)),
            Kind::Act(Evidence::Hand | Evidence::Seen(..)) => Some((self.occurred, self.occurred)),
            Kind::Act(Evidence::None) => None,
        }
    }
}

impl Views {
    /// A weapon's trail as of `now`; gaps longer than `gap_days` are lines of their own.
    #[must_use]
    pub fn trail(&self, weapon: WeaponId, gap_days: i64, now: Moment) -> Option<TrailView> {
        let ix = self.weapons.find(weapon)?;
        let mut lines = Vec::new();
        let mut seen_until: Option<Moment> = None;
        for entry in self.trails.of(ix) {
            if let Some((from, until)) = entry.evidence() {
                lines.extend(seen_until.and_then(|last| gap(last, from, gap_days, false)));
                seen_until = Some(seen_until.map_or(until, |last| last.max(until)));
            }
            lines.push(entry.line(self));
        }
        let gone = matches!(self.weapons.state(ix).state, Some(State::Destroyed | State::DestroyedInIncident | State::Merged));
        if let (Some(last), false) = (seen_until, gone) {
            lines.extend(gap(last, now, gap_days, true));
        }
        Some(TrailView { weapon, lines, gap_days, known_at: self.position })
    }
}

fn gap(from: Moment, until: Moment, gap_days: i64, still: bool) -> Option<TrailLine> {
    let seconds = until.seconds_since(from);
    let days = seconds.div_euclid(86_400);
    (seconds > gap_days.saturating_mul(86_400)).then_some(TrailLine::Gap(TrailGap { from, until, days, still }))
}
