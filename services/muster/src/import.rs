//! Import of a ledger: a table of weapons, checked whole before anything is entered.
//!
//! Columns by name in the first line: `serial, maker, model, calibre, class, place` are needed;
//! `owner, country, year, origin, source, epc, tid` may be there, others may not. A place is its
//! id or the path of names from the site, `Site/Room/Rack`. Either every row is good, or nothing is
//! entered. A row's id follows from its identity and owner, so the same ledger again, whole or cut
//! off half-way or with a row put right, completes what is missing and doubles nothing.

use std::collections::{BTreeMap, BTreeSet};

use armoury::codes::{Class, Component, MarkKind, MarkMethod, Origin};
use armoury::command::weapon::{BindTag, Register};
use armoury::command::{Command, WeaponCommand};
use armoury::ids::{PlaceId, WeaponId};
use armoury::marks::{Identity, Mark};
use armoury::rights::Act;
use armoury::view::Views;
use futures_util::StreamExt as _;
use schemars::JsonSchema;
use serde::Serialize;

use crate::app::App;
use crate::auth::Who;
use crate::desk::{self, ActError, How};

/// The most bytes of a ledger.
pub const BYTES_MAX: usize = 16 * 1024 * 1024;
/// The most rows of a ledger.
pub const ROWS_MAX: usize = 200_000;
/// The most bad rows that are told one by one.
pub const TOLD_MAX: usize = 500;
/// Rows entered side by side, so that they share the disk's flushes.
const SIDE_BY_SIDE: usize = 64;

const COLUMNS: &[&str] =
    &["serial", "maker", "model", "calibre", "class", "place", "owner", "country", "year", "origin", "source", "epc", "tid"];
const NEEDED: &[&str] = &["serial", "maker", "model", "calibre", "class", "place"];

/// Why a table cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Not text.
    #[error("the table is not UTF-8 text; save it as CSV in UTF-8")]
    NotText,
    /// More than is taken at once.
    #[error("the table has more than {ROWS_MAX} rows or {BYTES_MAX} bytes; import it in parts")]
    TooLarge,
    /// A column is missing, unknown, or stands twice.
    #[error("the first line names the columns: {0}")]
    Columns(String),
    /// No right to enter weapons anywhere.
    #[error("your rights do not include entering weapons")]
    NotAllowed,
    /// The rows do not form a table.
    #[error("the table breaks off at line {line}: {why}")]
    Table {
        /// The line.
        line: u64,
        /// Why.
        why: String,
    },
    /// Something failed while entering; run it again to complete it.
    #[error("the import was cut off; run it again to complete it")]
    CutOff(#[source] ActError),
}

/// A row that is good.
#[derive(Debug)]
pub struct Row {
    line: u64,
    weapon: WeaponId,
    register: Register,
    tag: Option<BindTag>,
    /// In the book already, from an earlier run.
    known: bool,
    /// Its tag is bound already.
    bound: bool,
}

/// A row that is not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BadRow {
    /// Its line in the file, from 1 (the columns' names).
    pub line: u64,
    /// Its serial, as written.
    pub serial: String,
    /// What is wrong with it.
    pub because: String,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ImportReport {
    /// True if nothing was to be entered.
    pub dry_run: bool,
    /// Rows in the table.
    pub total: usize,
    /// Rows that are good.
    pub good: usize,
    /// Of these, in the book already from an earlier run.
    pub already: usize,
    /// Weapons entered now; none while any row is bad.
    pub entered: usize,
    /// How many rows are bad.
    pub bad: usize,
    /// The bad rows, at most 500 of them.
    pub rows: Vec<BadRow>,
    /// The log's size afterwards: reads with `?after=` it see all.
    pub position: u64,
}

impl App {
    /// Checks a ledger and, unless `dry_run`, enters it if every row is good.
    ///
    /// # Errors
    /// [`ImportError`].
    pub async fn import_ledger(&self, who: &Who, bytes: &[u8], dry_run: bool) -> Result<ImportReport, ImportError> {
        // Whoever may enter nothing anywhere is not told what is in the book either.
        desk::scope(&who.grants, Act::RegisterWeapon, self.now()).ok_or(ImportError::NotAllowed)?;
        let checked = self.check_ledger(who, bytes)?;
        let total = checked.len();
        let (good, bad): (Vec<_>, Vec<_>) = checked.into_iter().partition(Result::is_ok);
        let good: Vec<Row> = good.into_iter().filter_map(Result::ok).collect();
        let bad: Vec<BadRow> = bad.into_iter().filter_map(Result::err).collect();
        let already = good.iter().filter(|row| row.known).count();
        let (number, enter) = (good.len(), !dry_run && bad.is_empty());
        let entered = if enter { self.enter_rows(who, good).await.map_err(ImportError::CutOff)? } else { 0 };
        let position = self.log().head().size;
        let (count, rows) = (bad.len(), bad.into_iter().take(TOLD_MAX).collect());
        Ok(ImportReport { dry_run, total, good: number, already, entered, bad: count, rows, position })
    }

    fn check_ledger(&self, who: &Who, bytes: &[u8]) -> Result<Vec<Result<Row, BadRow>>, ImportError> {
        let table = read_table(bytes)?;
        let views = self.views();
        Ok(understood(&table, &paths(&views), |row| stands(self, &views, who, row)))
    }

    async fn enter_rows(&self, who: &Who, rows: Vec<Row>) -> Result<usize, ActError> {
        let acts = rows.into_iter().filter(|row| !row.known || !row.bound).map(|row| self.enter_row(who, row));
        let mut done = futures_util::stream::iter(acts).buffer_unordered(SIDE_BY_SIDE);
        let mut entered = 0;
        while let Some(new) = done.next().await {
            entered += usize::from(new?);
        }
        self.settled(self.log().head().size).await;
        Ok(entered)
    }

    async fn enter_row(&self, who: &Who, row: Row) -> Result<bool, ActError> {
        let how = How { reason: Some(format!("ledger import, line {}", row.line)), ..How::default() };
        let Row { weapon, register, tag, known, .. } = row;
        if !known {
            self.act_unsettled(who, Command::Weapon(weapon, WeaponCommand::Register(register)), &how).await?;
        }
        if let Some(tag) = tag {
            self.act_unsettled(who, Command::Weapon(weapon, WeaponCommand::BindTag(tag)), &how).await?;
        }
        Ok(!known)
    }
}

/// One line's fields by column.
struct Fields {
    line: u64,
    by_name: BTreeMap<&'static str, String>,
}

impl Fields {
    fn get(&self, name: &str) -> &str {
        self.by_name.get(name).map_or("", String::as_str)
    }

    fn some(&self, name: &str) -> Option<String> {
        Some(self.get(name)).filter(|text| !text.is_empty()).map(str::to_owned)
    }
}

/// Reads a ledger as the import does, up to the point where the book is asked: `places` are the known ones
/// by id and by path in lower case.
///
/// # Errors
/// [`ImportError`]: it is no table.
pub fn rehearse(bytes: &[u8], places: &BTreeMap<String, Option<PlaceId>>) -> Result<Vec<Result<Row, BadRow>>, ImportError> {
    Ok(understood(&read_table(bytes)?, places, Ok))
}

fn understood(
    table: &[Fields],
    places: &BTreeMap<String, Option<PlaceId>>,
    stands: impl Fn(Row) -> Result<Row, String>,
) -> Vec<Result<Row, BadRow>> {
    let mut seen = Seen::default();
    let row = |fields: &Fields| {
        let bad = |because: String| BadRow { line: fields.line, serial: fields.get("serial").to_owned(), because };
        understand(fields, places).and_then(|row| seen.first_time(row)).and_then(&stands).map_err(bad)
    };
    table.iter().map(row).collect()
}

fn read_table(bytes: &[u8]) -> Result<Vec<Fields>, ImportError> {
    if bytes.len() > BYTES_MAX {
        return Err(ImportError::TooLarge);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| ImportError::NotText)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let heads = reader.headers().map_err(|cause| ImportError::Columns(cause.to_string()))?;
    let heads: Vec<&'static str> = heads.iter().map(column).collect::<Result<_, _>>()?;
    if let Some(missing) = NEEDED.iter().find(|name| !heads.contains(name)) {
        return Err(ImportError::Columns(format!("{missing:?} is missing")));
    }
    if heads.iter().collect::<BTreeSet<_>>().len() < heads.len() {
        return Err(ImportError::Columns("a column stands twice".to_owned()));
    }
    let mut table = Vec::new();
    for record in reader.records() {
        let broken = |cause: csv::Error| {
            let line = cause.position().map_or(0, csv::Position::line);
            ImportError::Table { line, why: cause.to_string() }
        };
        let record = record.map_err(broken)?;
        if table.len() >= ROWS_MAX {
            return Err(ImportError::TooLarge);
        }
        let line = record.position().map_or(0, csv::Position::line);
        let by_name = heads.iter().copied().zip(record.iter().map(str::to_owned)).collect();
        table.push(Fields { line, by_name });
    }
    Ok(table)
}

fn column(head: &str) -> Result<&'static str, ImportError> {
    let found = COLUMNS.iter().find(|known| head.eq_ignore_ascii_case(known)).copied();
    found.ok_or_else(|| ImportError::Columns(format!("{head:?} is not known; known are {}", COLUMNS.join(", "))))
}

/// Places by id and by the path of their names; a path that two places share names neither.
fn paths(views: &Views) -> BTreeMap<String, Option<PlaceId>> {
    let mut paths = BTreeMap::new();
    for row in views.places.tree(&armoury::view::Scope::Everywhere).into_iter().filter(|row| !row.closed) {
        paths.insert(row.place.to_string(), Some(row.place));
        let path = row.path.replace(" › ", "/").to_lowercase();
        paths.entry(path).and_modify(|known| *known = None).or_insert(Some(row.place));
    }
    paths
}

fn understand(fields: &Fields, paths: &BTreeMap<String, Option<PlaceId>>) -> Result<Row, String> {
    for name in NEEDED {
        if fields.get(name).is_empty() {
            return Err(format!("{name} is empty"));
        }
    }
    let class = Class::from_word(&fields.get("class").to_uppercase()).ok_or_else(|| {
        let known: Vec<&str> = Class::ALL.iter().map(|class| class.word()).collect();
        format!("class {:?} is none of {}", fields.get("class"), known.join(", "))
    })?;
    let year =
        fields.some("year").map(|year| year.parse::<u16>().map_err(|_| format!("year {year:?} is not a year"))).transpose()?;
    let origin = fields.some("origin").map_or(Ok(Origin::Ledger), |word| {
        Origin::from_word(&word.to_lowercase()).ok_or_else(|| format!("origin {word:?} is not known"))
    })?;
    let serial = fields.get("serial").parse().map_err(|cause: armoury::marks::StampedError| cause.to_string())?;
    let country = fields.some("country").map(|code| code.to_uppercase());
    if country.as_ref().is_some_and(|code| !(2..=4).contains(&code.len()) || !code.bytes().all(|b| b.is_ascii_uppercase())) {
        return Err(format!("country {:?} is not an ISO 3166 code", fields.get("country")));
    }
    let mark = Mark {
        kind: MarkKind::Serial,
        component: Component::Receiver,
        position: None,
        method: MarkMethod::Unknown,
        text: armoury::marks::Stamped::clone(&serial),
    };
    let (maker, model) = (fields.get("maker").to_owned(), fields.get("model").to_owned());
    let identity =
        Identity { class, maker, model, calibre: fields.get("calibre").to_owned(), country, year, serial, marks: vec![mark] };
    let owner = fields.some("owner").unwrap_or_else(|| "not stated".to_owned());
    let source = fields.some("source").or_else(|| Some(format!("ledger line {}", fields.line)));
    let seed = desk::hashed(&["muster-ledger-row/v1", &identity.identity_key(), &owner]);
    let place = place(fields.get("place"), paths)?;
    let epc = fields.some("epc").map(|epc| epc.to_uppercase());
    let tag = epc.map(|epc| BindTag { epc, tid: fields.some("tid").map(|tid| tid.to_uppercase()) });
    let register = Register { identity, owner, origin, place, source, duplicate_reason: None, provisional: None };
    Ok(Row { line: fields.line, weapon: WeaponId(desk::derived_id(&seed, 0)), register, tag, known: false, bound: false })
}

fn place(text: &str, paths: &BTreeMap<String, Option<PlaceId>>) -> Result<PlaceId, String> {
    let path: Vec<String> = text.split(['/', '›']).map(|part| part.trim().to_lowercase()).collect();
    match paths.get(&path.join("/")) {
        Some(Some(place)) => Ok(*place),
        Some(None) => Err(format!("place {text:?} is the name of two places; give the id")),
        None => Err(format!("place {text:?} is not in the book, or is closed")),
    }
}

/// What stood in the table before.
#[derive(Default)]
struct Seen {
    weapons: BTreeMap<WeaponId, u64>,
    identities: BTreeMap<String, u64>,
    tags: BTreeMap<String, u64>,
}

impl Seen {
    fn first_time(&mut self, row: Row) -> Result<Row, String> {
        let (line, key) = (row.line, row.register.identity.identity_key());
        let before = self.weapons.insert(row.weapon, line).or(self.identities.insert(key, line));
        if let Some(before) = before {
            return Err(format!("the same weapon stands in line {before}"));
        }
        if let Some(before) = row.tag.as_ref().and_then(|tag| self.tags.insert(tag.epc.clone(), line)) {
            return Err(format!("the same tag stands in line {before}"));
        }
        Ok(row)
    }
}

/// Whether the row agrees with the book, the asker's rights and the rules.
fn stands(app: &App, views: &Views, who: &Who, mut row: Row) -> Result<Row, String> {
    let command = Command::Weapon(row.weapon, WeaponCommand::Register(row.register.clone()));
    row.known = views.weapons.find(row.weapon).is_some();
    if row.known {
        row.bound = row.tag.as_ref().is_none_or(|tag| {
            let tags = views.weapon(row.weapon, app.now()).map(|weapon| weapon.tags).unwrap_or_default();
            tags.iter().any(|known| known.epc == tag.epc && known.retired_at.is_none())
        });
    } else {
        desk::may_act(views, who, &command, app.now()).map_err(|error| error.to_string())?;
        app.would_in(views, &who.actor(), &command).map_err(|error| error.to_string())?;
    }
    if let Some(tag) = row.tag.as_ref().filter(|_| !row.bound) {
        let hex = |text: &str| text.len() >= 8 && text.len().is_multiple_of(2) && text.bytes().all(|b| b.is_ascii_hexdigit());
        if !hex(&tag.epc) || tag.tid.as_ref().is_some_and(|tid| !hex(tid)) {
            return Err("the tag's EPC or TID is not hexadecimal".to_owned());
        }
        if let Some(other) = views.weapons.bound_elsewhere(&tag.epc, row.weapon, &views.texts) {
            return Err(format!("tag {} is bound to weapon {other}", tag.epc));
        }
    }
    Ok(row)
}
