//! The count statement; once signed by another than the custodian, the count certificate.
//!
//! It prints what was expected, seen, accounted for by paper and missing, how sure each sighting
//! was, which readers were not hearing, and every document that the custodian alone had opened
//! and nobody confirmed. Absence of a read proves nothing: levels stand beside the numbers.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::{About, Definition, Item, LEVELS, definitions, items};
use crate::codes::{Class, ElsewhereKind, Level, Way};
use crate::event::count::Closed;
use crate::ids::{CountId, ServiceNumber, WeaponId};
use crate::view::counts::{Count, CountRow, CountStage, Progress};
use crate::view::{Views, tally::progress};

/// A count's statement or certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CountStatement {
    /// Always `muster/count-statement/v1`.
    pub record: String,
    /// True once signed: then it is a certificate.
    pub certificate: bool,
    /// When, by whom, under which head.
    pub about: About,
    /// The count.
    pub count: CountRow,
    /// Names of the place from the site down.
    pub place_path: String,
    /// The result in numbers.
    pub result: Progress,
    /// Of the weapons expected here, how many in a hundred thousand were seen or are under seal,
    /// rounded down; none if nothing was expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen_per_100_000: Option<u32>,
    /// Weapons seen, by their surest level.
    pub levels: Vec<LevelCount>,
    /// Sightings, by way.
    pub ways: Vec<WayCount>,
    /// By kind of weapon.
    pub kinds: Vec<KindCount>,
    /// Missing.
    pub missing: Vec<Item>,
    /// Under a case that two have not closed.
    pub in_case: Vec<Item>,
    /// Accounted for by a document.
    pub by_document: Vec<DocumentLine>,
    /// Put on record elsewhere while the count was open.
    pub moved_away: Vec<Item>,
    /// Seen, in the book, not expected here.
    pub extra: Vec<Item>,
    /// Seen in another place than on record.
    pub misplaced: Vec<MisplacedLine>,
    /// Seen and not in the book.
    pub unknown: Vec<String>,
    /// Readers that were not hearing at the close.
    pub readers_not_hearing: Vec<String>,
    /// Sightings taken back.
    pub withdrawn: u32,
    /// Who signs where.
    pub signatures: Vec<SignatureLine>,
    /// What its words mean.
    pub definitions: Vec<Definition>,
}

/// How many weapons were seen how surely.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LevelCount {
    /// The level.
    pub level: Level,
    /// Weapons.
    pub weapons: u32,
}

/// How many sightings came by a way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WayCount {
    /// The way.
    pub way: Way,
    /// Sightings that stand.
    pub sightings: u32,
}

/// The result for one kind of weapon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct KindCount {
    /// UN class.
    pub class: Class,
    /// Maker.
    pub maker: String,
    /// Model.
    pub model: String,
    /// Calibre.
    pub calibre: String,
    /// Expected at the opening.
    pub expected: u32,
    /// Of these, seen.
    pub seen: u32,
    /// Of these, missing.
    pub missing: u32,
}

/// A weapon accounted for by a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DocumentLine {
    /// The weapon.
    #[serde(flatten)]
    pub item: Item,
    /// Loan, workshop, evidence or road; absent for an issue, or a document closed since.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<ElsewhereKind>,
    /// The receiver, while the document is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receiver: Option<String>,
    /// Who opened it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opened_by: Option<ServiceNumber>,
    /// Whether the receiver confirmed.
    pub confirmed: bool,
    /// True if the custodian alone stands behind it: opened by him, confirmed by nobody.
    pub custodian_alone: bool,
}

/// A weapon seen in another place than on record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MisplacedLine {
    /// The weapon.
    #[serde(flatten)]
    pub item: Item,
    /// The place on record, by name.
    pub on_record: String,
    /// Where it was seen, by name.
    pub seen_at: String,
}

/// A line for a signature: by account, and room for ink beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SignatureLine {
    /// In what role: `counter`, `custodian`, `signer`.
    pub role: String,
    /// Who.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_number: Option<ServiceNumber>,
    /// Whether the account has signed; ink is put on the paper.
    pub signed: bool,
}

/// The statement of a closed count; none while it is open (a blind count shows nothing before)
/// or if it was called off.
#[must_use]
pub fn record(views: &Views, id: CountId, about: About) -> Option<CountStatement> {
    let count = views.counts.get(id)?;
    let closed = count.result()?;
    let row = count.row().clone();
    let seen = u64::from(closed.sighted) + u64::from(closed.sealed);
    let share = (seen * 100_000).checked_div(u64::from(closed.expected));
    Some(CountStatement {
        record: "muster/count-statement/v1".to_owned(),
        certificate: row.stage == CountStage::Signed,
        about,
        place_path: views.places.path(row.place),
        result: progress(closed),
        seen_per_100_000: share.and_then(|share| u32::try_from(share).ok()),
        levels: levels(count),
        ways: ways(count),
        kinds: kinds(views, count, closed),
        missing: items(views, &closed.missing),
        in_case: items(views, &closed.in_case),
        by_document: documents(views, &row, closed),
        moved_away: items(views, &closed.moved_away),
        extra: items(views, &closed.extra),
        misplaced: misplaced(views, closed),
        unknown: closed.unknown.clone(),
        readers_not_hearing: closed.readers_not_hearing.clone(),
        withdrawn: many(count.scans().iter().filter(|scan| scan.withdrawn).count()),
        signatures: signatures(&row),
        definitions: meanings(),
        count: CountRow { progress: Some(progress(closed)), ..row },
    })
}

fn many(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn levels(count: &Count) -> Vec<LevelCount> {
    let surest = |weapon: &WeaponId| count.level(*weapon);
    let all: Vec<Level> = count.weapons_seen().filter_map(surest).collect();
    let of = |level: &Level| LevelCount { level: *level, weapons: many(all.iter().filter(|one| *one == level).count()) };
    Level::ALL.iter().map(of).filter(|line| line.weapons > 0).collect()
}

fn ways(count: &Count) -> Vec<WayCount> {
    let standing = || count.scans().iter().filter(|scan| !scan.withdrawn);
    let of = |way: &Way| WayCount { way: *way, sightings: many(standing().filter(|scan| scan.way == *way).count()) };
    Way::ALL.iter().map(of).filter(|line| line.sightings > 0).collect()
}

fn kinds(views: &Views, count: &Count, closed: &Closed) -> Vec<KindCount> {
    let missing: BTreeSet<&WeaponId> = closed.missing.iter().collect();
    let mut kinds: BTreeMap<(Class, String, String, String), KindCount> = BTreeMap::new();
    for weapon in count.expected().keys() {
        let Some(row) = views.weapon_row(*weapon) else { continue };
        let key = (row.class, row.maker.clone(), row.model.clone(), row.calibre.clone());
        let (class, maker, model, calibre) = key.clone();
        let kind = KindCount { class, maker, model, calibre, expected: 0, seen: 0, missing: 0 };
        let kind = kinds.entry(key).or_insert(kind);
        kind.expected += 1;
        kind.seen += u32::from(count.level(*weapon).is_some());
        kind.missing += u32::from(missing.contains(weapon));
    }
    kinds.into_values().collect()
}

fn documents(views: &Views, row: &CountRow, closed: &Closed) -> Vec<DocumentLine> {
    let line = |document: &crate::event::count::ByDocument| {
        let weapon = views.weapon_row(document.weapon)?;
        let open = weapon.document.clone().filter(|open| open.event == document.document);
        Some(DocumentLine {
            item: Item::from(weapon),
            kind: open.as_ref().and_then(|open| open.kind),
            receiver: open.map(|open| open.receiver),
            opened_by: document.opened_by.clone(),
            confirmed: document.confirmed,
            custodian_alone: !document.confirmed && document.opened_by.is_some() && document.opened_by == row.custodian,
        })
    };
    closed.by_document.iter().filter_map(line).collect()
}

fn misplaced(views: &Views, closed: &Closed) -> Vec<MisplacedLine> {
    let line = |seen: &crate::event::count::Misplaced| {
        Some(MisplacedLine {
            item: Item::from(views.weapon_row(seen.weapon)?),
            on_record: views.places.name(seen.on_record),
            seen_at: views.places.name(seen.seen_at),
        })
    };
    closed.misplaced.iter().filter_map(line).collect()
}

fn signatures(row: &CountRow) -> Vec<SignatureLine> {
    let line = |role: &str, who: Option<&ServiceNumber>, signed| SignatureLine {
        role: role.to_owned(),
        service_number: who.cloned(),
        signed,
    };
    let counters = row.counters.iter().map(|counter| line("counter", Some(counter), false));
    let custodian = row.custodian.iter().map(|custodian| line("custodian", Some(custodian), false));
    let signer = std::iter::once(line("signer", row.signed_by.as_ref(), row.stage == CountStage::Signed));
    counters.chain(custodian).chain(signer).collect()
}

fn meanings() -> Vec<Definition> {
    let words = [
        ("expected", "on record in the place or below it just before the count was opened, and what came in since"),
        ("sighted", "expected and seen, by the level given"),
        ("by document", "out under a document that is open: issue, loan, workshop, evidence or road"),
        ("custodian alone", "the custodian opened the document and nobody else confirmed it"),
        ("missing", "expected and neither seen nor covered by a document; not a loss"),
        ("in case", "missing before, under a case that two persons have not closed"),
        ("extra", "seen here, in the book, on record elsewhere"),
    ];
    let mut all = definitions(&words);
    all.extend(definitions(&LEVELS));
    all
}
