//! The count page: numbers first, the scan field always ready, the list is the difference.
//!
//! A blind count that is being taken shows its counters "scanned so far" and nothing from which
//! more could be learned: not even the answer to a scan says whether the item was expected.

use actix_web::{HttpResponse, web};
use armoury::codes::{State, Way};
use armoury::command::Command;
use armoury::command::count::{CountCommand, CountItem};
use armoury::ids::{CountId, EventId, PlaceId, WeaponId};
use armoury::rights::Act;
use armoury::view::counts::CountStage;
use armoury::view::{CountView, ScanRow, Views, WeaponRow};
use askama::Template;
use serde::Serialize;

use crate::auth::Checked;
use crate::ui::acts::{self, Fields, field};
use crate::ui::ask::{Ask, Page, go};
use crate::ui::bits::{Choice, address};
use crate::ui::fault::Fault;
use crate::ui::frame::{Frame, Nav};

/// What a scan is answered: word, colour (and with it shape and sound), and what was scanned.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Answer {
    /// The colour's name, which the script turns into a sound too.
    pub tone: &'static str,
    /// The word.
    pub word: String,
    /// What was scanned.
    pub line: String,
    #[serde(skip)]
    key: &'static str,
}

/// The answers that an address may carry, for pages without the script.
const ANSWERS: &[(&str, &str)] = &[
    ("answer-counted", "ok"),
    ("answer-again", "accent"),
    ("answer-not-expected", "watch"),
    ("answer-unknown", "watch"),
    ("answer-look", "watch"),
    ("answer-several", "alarm"),
    ("answer-scanned", "ok"),
    ("answer-refused", "alarm"),
    ("counter-issued", "ok"),
    ("counter-returned", "ok"),
    ("counter-refused", "alarm"),
];

impl Answer {
    /// An answer by its key.
    #[must_use]
    pub fn new(ask: &Ask, tone: &'static str, key: &'static str, line: impl Into<String>) -> Self {
        Self { tone, word: ask.words.t(key), line: line.into(), key }
    }

    /// The answer that this page's address carries, if it carries one.
    #[must_use]
    pub fn from_address(ask: &Ask) -> Option<Self> {
        let (key, tone) = ANSWERS.iter().find(|(key, _)| *key == ask.get("answer"))?;
        Some(Self::new(ask, tone, key, ask.get("scanned")))
    }

    /// The address of a page with this answer on it.
    #[must_use]
    pub fn to_address(&self, path: &str) -> String {
        let join = if path.contains('?') { '&' } else { '?' };
        format!("{path}{join}{}", address("", &[("answer", self.key), ("scanned", &self.line)]).trim_start_matches('?'))
    }

    /// The shape beside the word.
    #[must_use]
    pub fn shape(&self) -> &'static str {
        match self.tone {
            "ok" => "●",
            "accent" => "↻",
            "watch" => "?",
            _ => "✕",
        }
    }
}

/// One of the last scans, as shown.
#[derive(Clone, Debug, Default)]
pub struct Scanned {
    /// Shape.
    pub shape: &'static str,
    /// The colour's name.
    pub tone: &'static str,
    /// Serial if it may be shown, else what was seen.
    pub seen: String,
    /// The outcome's word.
    pub word: String,
    /// Way and place.
    pub aside: String,
    /// When.
    pub at: String,
    /// To take it back.
    pub sighting: String,
    /// Taken back already.
    pub withdrawn: bool,
}

/// Still to see, in one rack.
#[derive(Clone, Debug, Default)]
pub struct Rack {
    /// The rack's place.
    pub place: String,
    /// Its name.
    pub name: String,
    /// What is on record there.
    pub rows: Vec<WeaponRow>,
}

/// A weapon accounted for by a document.
#[derive(Clone, Debug)]
pub struct OnPaper {
    /// The weapon.
    pub row: WeaponRow,
    /// Who opened the document.
    pub opened_by: String,
    /// Whether the receiver confirmed.
    pub confirmed: bool,
}

/// Where the widths of the bar begin and end, of 1,000.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bar {
    /// Sighted.
    pub sighted: u32,
    /// Sealed.
    pub sealed: u32,
    /// By document.
    pub paper: u32,
}

/// The page.
#[derive(Template)]
#[template(path = "count.html")]
pub struct CountPage {
    /// The frame.
    pub f: Frame,
    /// The count.
    pub c: CountView,
    /// How far it has come.
    pub stage: &'static str,
    /// Whether this person sees scans only.
    pub veiled: bool,
    /// The bar.
    pub bar: Bar,
    /// Places to scan in.
    pub places: Vec<Choice>,
    /// The last scans.
    pub scans: Vec<Scanned>,
    /// Still to see, by rack.
    pub racks: Vec<Rack>,
    /// By document.
    pub paper: Vec<OnPaper>,
    /// The answer to the last scan, where no script asks.
    pub answer: Option<Answer>,
    /// Whether he may count.
    pub may_count: bool,
    /// Whether he may close, recount, call off.
    pub may_run: bool,
    /// Whether he may sign himself.
    pub may_sign: bool,
    /// Readers in the place that hear.
    pub hearing: usize,
}

impl CountPage {
    /// Where the part of the bar after two others begins.
    #[must_use]
    pub const fn after(&self, one: &u32, two: &u32) -> u32 {
        *one + *two
    }
}

/// The count of the address, if it is in reach; and whether this person lifts the veil.
///
/// # Errors
/// Absent or out of reach.
pub fn found(ask: &Ask, views: &Views, id: &str) -> Result<CountView, Fault> {
    let missing = || Fault::not_found(&ask.words);
    let id: CountId = id.parse().map_err(|_| missing())?;
    let count = views.counts.get(id).ok_or_else(missing)?;
    let row = count.row().clone();
    let me = &ask.who.service_number;
    let counts_it = row.counters.contains(me) || row.opened_by.as_ref() == Some(me);
    if !ask.may(Act::ReadCounts, views, Some(row.place)) && !counts_it {
        return Err(missing());
    }
    if !count.veiled() {
        ask.open_to(views, Some(row.place))?; // Another count of the place tells what to expect.
    }
    let supervisor = !row.counters.contains(me) && ask.may(Act::ReadBlindCount, views, Some(row.place));
    views.count_view(id, supervisor).ok_or_else(missing)
}

fn bar(c: &CountView) -> Bar {
    let Some(p) = c.row.progress.as_ref().filter(|p| p.expected > 0) else { return Bar::default() };
    let part = |n: u32| u32::try_from(u64::from(n) * 1000 / u64::from(p.expected)).unwrap_or(1000);
    Bar { sighted: part(p.sighted), sealed: part(p.sealed), paper: part(p.by_document) }
}

fn racks(views: &Views, rows: &[WeaponRow]) -> Vec<Rack> {
    let mut racks: Vec<Rack> = Vec::new();
    let mut rows: Vec<&WeaponRow> = rows.iter().collect();
    rows.sort_by(|a, b| (&a.place_name, a.place, &a.serial).cmp(&(&b.place_name, b.place, &b.serial)));
    for row in rows {
        let place = row.place.map(|place| place.to_string()).unwrap_or_default();
        if racks.last().is_none_or(|rack| rack.place != place) {
            let name = row.place.map(|place| views.places.name(place)).unwrap_or_default();
            racks.push(Rack { place, name, rows: Vec::new() });
        }
        if let Some(rack) = racks.last_mut() {
            rack.rows.push(row.clone());
        }
    }
    racks
}

fn scanned(f: &Frame, views: &Views, c: &CountView, scan: &ScanRow, veiled: bool) -> Scanned {
    let row = scan.weapon.filter(|_| !veiled).and_then(|id| views.weapon_row(id));
    let extra = c.extra.iter().any(|row| Some(row.weapon) == scan.weapon);
    let (shape, tone, key) = match () {
        () if scan.withdrawn => ("–", "quiet", "answer-withdrawn"),
        () if scan.again => ("↻", "accent", "answer-again"),
        () if veiled => ("●", "ok", "answer-scanned"),
        () if scan.weapon.is_none() => ("?", "watch", "answer-unknown"),
        () if extra => ("◇", "watch", "answer-not-expected"),
        () => ("●", "ok", "answer-counted"),
    };
    Scanned {
        shape,
        tone,
        word: f.words.t(key),
        seen: row.map_or_else(|| scan.seen.clone(), |row| row.serial),
        aside: format!("{} · {}", f.word("way", scan.way.word()), views.places.name(scan.place)),
        at: f.ago(&scan.at),
        sighting: scan.sighting.to_string(),
        withdrawn: scan.withdrawn,
    }
}

/// The word of a stage.
#[must_use]
pub const fn stage(stage: CountStage) -> &'static str {
    match stage {
        CountStage::Open => "open",
        CountStage::Closed => "closed",
        CountStage::Signed => "signed",
        CountStage::Refused => "refused",
        CountStage::Abandoned => "abandoned",
    }
}

/// The weapons accounted for by a document, with who opened it.
#[must_use]
pub fn on_paper(views: &Views, c: &CountView) -> Vec<OnPaper> {
    let one = |document: &armoury::event::count::ByDocument| {
        let opened_by = document.opened_by.as_ref().map(ToString::to_string).unwrap_or_default();
        Some(OnPaper { row: views.weapon_row(document.weapon)?, opened_by, confirmed: document.confirmed })
    };
    c.by_document.iter().filter_map(one).collect()
}

/// `GET /counts/{id}`.
///
/// # Errors
/// Absent or out of reach.
pub async fn page(ask: Ask, id: web::Path<String>) -> Page {
    let views = ask.app.views();
    let c = found(&ask, &views, &id)?;
    let f = ask.frame(Nav::Counts, &views);
    let veiled = c.row.stage == CountStage::Open && c.row.blind && c.row.progress.is_none();
    let may = |act| ask.may(act, &views, Some(c.row.place));
    let scope = armoury::view::Scope::place(c.row.place);
    let here = ask.place().unwrap_or(c.row.place);
    let inside: Vec<PlaceId> = views.places.subtree(c.row.place);
    let readers =
        views.gateways.readers().into_iter().filter(|row| row.place.is_some_and(|place| inside.contains(&place))).count();
    let page = CountPage {
        stage: stage(c.row.stage),
        veiled,
        bar: bar(&c),
        places: ask.places(&views, &scope, Some(here)),
        scans: c.last_scans.iter().map(|scan| scanned(&f, &views, &c, scan, veiled)).collect(),
        racks: racks(&views, &c.still_to_see),
        paper: on_paper(&views, &c),
        answer: Answer::from_address(&ask),
        may_count: may(Act::CountItems),
        may_run: may(Act::RunCount),
        may_sign: may(Act::SignCount) && c.row.custodian.as_ref() != Some(&ask.who.service_number),
        hearing: readers.saturating_sub(c.readers_not_hearing.len()),
        c,
        f,
    };
    drop(views);
    ask.show(&page)
}

/// What a scan will be answered, before it is counted.
fn outcome(ask: &Ask, views: &Views, id: CountId, seen: &str, veiled: bool) -> Answer {
    let found = views.resolve(seen);
    let count = views.counts.get(id);
    let again = |weapon: WeaponId| count.is_some_and(|count| count.level(weapon).is_some());
    let expected = |weapon: WeaponId| count.is_some_and(|count| count.expected().contains_key(&weapon));
    let said = |tone, key, line: String| Answer::new(ask, tone, key, line);
    match found.as_slice() {
        [one] if veiled && again(*one) => said("accent", "answer-again", seen.to_owned()),
        _ if veiled => said("ok", "answer-scanned", seen.to_owned()),
        [] => said("watch", "answer-unknown", seen.to_owned()),
        [one] => {
            let row = views.weapon_row(*one);
            let line =
                row.as_ref().map_or_else(|| seen.to_owned(), |row| format!("{} · {} {}", row.serial, row.maker, row.model));
            let state = row.map(|row| row.state);
            let strange =
                matches!(state, Some(State::Lost | State::PresumedLost | State::Destroyed | State::Batched | State::Issued));
            match () {
                () if again(*one) => said("accent", "answer-again", line),
                () if strange => said("watch", "answer-look", line),
                () if expected(*one) => said("ok", "answer-counted", line),
                () => said("watch", "answer-not-expected", line),
            }
        }
        _ => said("alarm", "answer-several", seen.to_owned()),
    }
}

/// `POST /counts/{id}/scan`: one item sighted, by scan, by keyed serial or ticked by eye.
///
/// # Errors
/// What the book refuses, for pages without the script; the script is answered either way.
pub async fn scan(ask: Ask, id: web::Path<String>, form: Checked<Fields>) -> Page {
    let fields = form.0;
    let get = |name: &str| field(&fields, name);
    let count: CountId = id.parse().map_err(|_| Fault::not_found(&ask.words))?;
    let (answer, place) = {
        let views = ask.app.views();
        let c = found(&ask, &views, &id)?;
        let veiled = c.row.blind && c.row.progress.is_none();
        let place = get("place").parse().unwrap_or(c.row.place);
        (outcome(&ask, &views, count, get("seen"), veiled), place)
    };
    let way = Way::from_word(get("way")).unwrap_or(Way::Keyed);
    let weapon = get("weapon").parse().ok();
    let item = CountItem { weapon, seen: get("seen").to_owned(), way, level: None, place };
    let done = acts::carry_out(&ask, Command::Count(count, CountCommand::CountItem(item)), &fields).await;
    let (answer, stored) = match done {
        Ok(_) => (answer, true),
        Err(fault) => (Answer::new(&ask, "alarm", "answer-refused", fault.to_string()), false),
    };
    if ask.json {
        let mut said = if stored { HttpResponse::Ok() } else { HttpResponse::UnprocessableEntity() };
        return Ok(said.json(answer));
    }
    Ok(go(&answer.to_address(&address(&format!("/counts/{count}"), &[("place", &place.to_string())]))))
}

/// The event that closed a count, which a signature names.
#[must_use]
pub fn closing(c: &CountView) -> Option<EventId> {
    c.row.closing
}
