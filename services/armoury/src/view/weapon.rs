//! One weapon: its row in every list, and the page that shows all of it.
//!
//! *On record* and *last sensed* stand side by side and are never merged.

use schemars::JsonSchema;
use serde::Serialize;
use tag_data::moment::Moment;

use super::Views;
use super::alerts::AlertRow;
use super::cases::CaseRow;
use super::destruction::PartRow;
use super::presence::Sensed;
use super::state::{WeaponState, flag};
use super::texts::{Ix, NONE};
use super::weapons::TagEntry;
use crate::codes::{Acknowledgement, Class, Disposition, ElsewhereKind, Origin, State, Way};
use crate::ids::{BatchId, EventId, GatewayKey, PlaceId, ServiceNumber, WeaponId};
use crate::life::{OpenDocument, Standing};
use crate::marks::Mark;

/// A weapon as every list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WeaponRow {
    /// Its id.
    pub weapon: WeaponId,
    /// Serial as stamped.
    pub serial: String,
    /// UN class.
    pub class: Class,
    /// Maker.
    pub maker: String,
    /// Model.
    pub model: String,
    /// Calibre.
    pub calibre: String,
    /// Where it stands in its life.
    pub state: State,
    /// Since when, as claimed.
    pub since: Moment,
    /// The place on record: where it stands, or stood before it went out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<PlaceId>,
    /// That place's name.
    pub place_name: String,
    /// The person who holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holder: Option<ServiceNumber>,
    /// The person it is assigned to for the long term.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assigned_to: Option<ServiceNumber>,
    /// What is to become of it.
    pub disposition: Disposition,
    /// Taken in before it could be identified.
    pub provisional: bool,
    /// A part is removed.
    pub part_removed: bool,
    /// Its last custody act went against what the book said.
    pub against_book: bool,
    /// Its identity stood in the book already when it was entered.
    pub suspected_duplicate: bool,
    /// The open document by which it is out; absent in lists of an earlier moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<DocumentRow>,
    /// Where it was last sensed; absent in lists of an earlier moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_sensed: Option<Sensed>,
}

/// An open document: who has the weapon, who opened it, who confirmed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DocumentRow {
    /// The event that opened it.
    pub event: EventId,
    /// Its position.
    pub position: u64,
    /// Loan, workshop, evidence or road; absent for an issue to a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<ElsewhereKind>,
    /// The receiver: a service number, or the document's words.
    pub receiver: String,
    /// Its number, which a receipt names; an issue is named by its event's id.
    pub number: String,
    /// An issue's purpose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    /// Who opened it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opened_by: Option<ServiceNumber>,
    /// When, as claimed.
    pub opened_at: Moment,
    /// When it is due back or there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<Moment>,
    /// How the person acknowledged an issue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acknowledgement: Option<Acknowledgement>,
    /// Whether somebody else confirmed: the receiver, or the holder with his own PIN.
    pub confirmed: bool,
    /// Who confirmed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirmed_by: Option<ServiceNumber>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirmed_at: Option<Moment>,
}

/// A tag's binding to the weapon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TagRow {
    /// EPC, upper-case hex.
    pub epc: String,
    /// Chip serial, upper-case hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tid: Option<String>,
    /// Since when it is bound.
    pub bound_at: Moment,
    /// Since when it is retired.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retired_at: Option<Moment>,
}

/// All of one weapon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WeaponView {
    /// Its row, on record and last sensed.
    #[serde(flatten)]
    pub row: WeaponRow,
    /// Names of its place from the site down.
    pub place_path: String,
    /// Who keeps that place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custodian: Option<ServiceNumber>,
    /// Country of manufacture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Year of manufacture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub year: Option<u16>,
    /// Whose it is.
    pub owner: String,
    /// How it came.
    pub origin: Origin,
    /// Line or document it was taken from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Why it was entered though its identity stood in the book.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duplicate_reason: Option<String>,
    /// Marks in the order recorded.
    pub marks: Vec<Mark>,
    /// Tags, oldest binding first.
    pub tags: Vec<TagRow>,
    /// Parts removed and where each is kept.
    pub parts_removed: Vec<PartRow>,
    /// Who decided its disposition, by what authority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disposition_authority: Option<String>,
    /// Other records with exactly this identity.
    pub duplicates: Vec<WeaponId>,
    /// Weapons of another identity whose serial looks the same.
    pub namesakes: Vec<WeaponId>,
    /// The case that stands open for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_case: Option<CaseRow>,
    /// The batch it is listed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch: Option<BatchId>,
    /// Alerts about it that are not done with. For those who may see them: filter by audience.
    pub alerts: Vec<AlertRow>,
}

impl Views {
    /// A weapon's row now; none before it is entered.
    #[must_use]
    pub fn weapon_row(&self, id: WeaponId) -> Option<WeaponRow> {
        let ix = self.weapons.find(id)?;
        let row = self.row_in(ix, &self.weapons.state(ix))?;
        Some(WeaponRow { document: self.document_row(ix), last_sensed: self.sensed_ix(ix), ..row })
    }

    /// A weapon's row with a given changing part: documents and sensing left out.
    pub(super) fn row_in(&self, ix: Ix, state: &WeaponState) -> Option<WeaponRow> {
        let (fixed, article) = self.weapons.entered(ix)?;
        let text = |ix| self.texts.get(ix).to_owned();
        Some(WeaponRow {
            weapon: fixed.id,
            serial: text(fixed.serial),
            class: article.class,
            maker: text(article.maker),
            model: text(article.model),
            calibre: text(article.calibre),
            state: state.state?,
            since: state.since,
            place: self.places.id(state.place),
            place_name: self.places.name_of(state.place),
            holder: self.people.number(state.holder),
            assigned_to: self.people.number(state.assigned),
            disposition: state.disposition,
            provisional: state.has(flag::PROVISIONAL),
            part_removed: state.has(flag::PART_REMOVED),
            against_book: state.has(flag::AGAINST_BOOK),
            suspected_duplicate: state.has(flag::DUPLICATE),
            document: None,
            last_sensed: None,
        })
    }

    /// Where a weapon was last sensed or sighted.
    #[must_use]
    pub fn sensed(&self, id: WeaponId) -> Option<Sensed> {
        self.sensed_ix(self.weapons.find(id)?)
    }

    fn sensed_ix(&self, ix: Ix) -> Option<Sensed> {
        let last = self.presence.of(ix)?;
        let by = self.texts.get(last.by);
        let heard = by.split_once('/').and_then(|(key, reader)| key.parse::<GatewayKey>().ok().map(|key| (key, reader)));
        let unknown_since = heard.as_ref().and_then(|(key, reader)| self.gateways.unknown_since(key, reader, Some(last.at)));
        Some(Sensed {
            at: last.at,
            place: self.places.id(last.place),
            place_name: self.places.name_of(last.place),
            reader: heard.as_ref().map(|(_, reader)| (*reader).to_owned()),
            person: if heard.is_none() { by.parse().ok() } else { None },
            gateway: heard.map(|(key, _)| key),
            antenna: (last.antenna != 0 && last.way == Way::Rfid).then_some(last.antenna),
            level: last.level,
            way: last.way,
            position: last.position,
            unknown_since,
        })
    }

    /// Where a weapon stands by the book, as the rules of a count see it.
    #[must_use]
    pub fn standing(&self, id: WeaponId) -> Option<Standing> {
        let ix = self.weapons.find(id)?;
        let state = self.weapons.state(ix);
        let document = self.weapons.document(ix);
        Some(Standing {
            state: state.state?,
            place: self.places.id(state.place)?,
            document: document.map(|document| OpenDocument {
                event: document.event,
                opened_by: self.texts.get(document.opened_by).parse().ok(),
                confirmed: document.confirmed().is_some(),
            }),
            in_case: self.cases.open_case(id).is_some(),
        })
    }

    /// All of one weapon, with the days of its case counted to `now`.
    #[must_use]
    pub fn weapon(&self, id: WeaponId, now: Moment) -> Option<WeaponView> {
        let row = self.weapon_row(id)?;
        let ix = self.weapons.find(id)?;
        let (fixed, _) = self.weapons.entered(ix)?;
        let from = self.weapons.background(fixed)?;
        Some(WeaponView {
            place_path: row.place.map(|place| self.places.path(place)).unwrap_or_default(),
            custodian: row.place.and_then(|place| self.places.custodian(place)),
            country: self.texts.some(from.country),
            year: (from.year != 0).then_some(from.year),
            owner: self.texts.get(from.owner).to_owned(),
            origin: from.origin,
            source: self.texts.some(fixed.source),
            duplicate_reason: self.weapons.duplicate_reason(ix).map(str::to_owned),
            marks: self.weapons.marks(ix, &self.texts),
            tags: self.weapons.tags(ix).into_iter().map(|(tag, retired_at)| self.tag_row(tag, retired_at)).collect(),
            parts_removed: self.parts_removed(ix),
            disposition_authority: self.weapons.designation(ix).map(|decided| decided.authority.clone()),
            duplicates: self.weapons.duplicates(ix),
            namesakes: self.weapons.namesakes(ix, &self.texts),
            open_case: self.cases.open_case(id).and_then(|case| self.cases.get(case, now)),
            batch: self.destruction.batch_of(id).map(|batch| batch.batch),
            alerts: self.alerts.of_weapon(id),
            row,
        })
    }

    pub(super) fn parts_removed(&self, ix: Ix) -> Vec<PartRow> {
        let parts = self.weapons.parts(ix).iter();
        parts.map(|(part, kept_at)| PartRow { part: part.clone(), kept_at: kept_at.clone() }).collect()
    }

    fn tag_row(&self, tag: &TagEntry, retired_at: Option<Moment>) -> TagRow {
        let tid = (tag.tid != NONE).then(|| self.texts.code(tag.tid));
        TagRow { epc: self.texts.code(tag.epc), tid, bound_at: tag.bound_at, retired_at }
    }

    /// The open document by which a weapon is out.
    pub(super) fn document_row(&self, ix: Ix) -> Option<DocumentRow> {
        let document = self.weapons.document(ix)?;
        let person = |kept: Ix| self.texts.get(kept).parse().ok();
        Some(DocumentRow {
            event: document.event,
            position: document.position,
            kind: document.kind,
            receiver: self.texts.get(document.receiver).to_owned(),
            number: document.number(&self.texts),
            purpose: self.texts.some(document.purpose),
            opened_by: person(document.opened_by),
            opened_at: document.opened_at,
            due: document.due(),
            acknowledgement: document.acknowledgement,
            confirmed: document.confirmed().is_some(),
            confirmed_by: document.confirmed().and_then(|(by, _)| person(by)),
            confirmed_at: document.confirmed().map(|(_, at)| at),
        })
    }
}
