//! "What is here, and what needs a person?": the first page, for a place or for everything.

use armoury::ids::PlaceId;
use armoury::rights::Act;
use armoury::view::counts::CountStage;
use armoury::view::destruction::BatchStage;
use armoury::view::{ReadRow, Scope, Views};
use askama::Template;
use tag_data::moment::Moment;

use super::chart::{self, Chart, Day};
use crate::ui::ask::{Ask, Page, go};
use crate::ui::bits::{self, Choice, When, address, grouped};
use crate::ui::frame::{Frame, Nav};

/// A number that is a way to what it counts.
#[derive(Clone, Debug, Default)]
pub struct Figure {
    /// The number, or a word where it is not shown.
    pub number: String,
    /// What it counts.
    pub word: String,
    /// The state's shape.
    pub shape: &'static str,
    /// The colour's name; `none` for a quiet zero.
    pub tone: &'static str,
    /// Where it leads.
    pub to: String,
}

/// One thing that needs a person.
#[derive(Clone, Debug, Default)]
pub struct Need {
    /// Shape.
    pub shape: &'static str,
    /// The colour's name.
    pub tone: &'static str,
    /// What, as a sentence.
    pub text: String,
    /// Since when or how many.
    pub aside: String,
    /// Where it is done.
    pub to: String,
}

/// One scan of the list of last scans.
#[derive(Clone, Debug, Default)]
pub struct Scan {
    /// Shape.
    pub shape: &'static str,
    /// The colour's name.
    pub tone: &'static str,
    /// The serial if known, else what was read.
    pub serial: String,
    /// Model, or that it is unknown.
    pub what: String,
    /// Place and reader.
    pub where_at: String,
    /// When.
    pub when: When,
    /// The weapon's page.
    pub to: String,
}

/// The page.
#[derive(Template)]
#[template(path = "overview.html")]
pub struct Overview {
    /// The frame.
    pub f: Frame,
    /// The places to choose from.
    pub places: Vec<Choice>,
    /// Figures.
    pub figures: Vec<Figure>,
    /// What needs a person.
    pub needs: Vec<Need>,
    /// Last scans.
    pub scans: Vec<Scan>,
    /// Stock over 90 days.
    pub chart: Option<Chart>,
}

/// The longest list of what needs a person; beyond that the lists themselves are better.
const NEEDS_MAX: usize = 14;
/// How many of the last scans stand on the page.
const SCANS_SHOWN: usize = 10;

/// `GET /`.
///
/// # Errors
/// A place out of reach.
pub async fn page(ask: Ask) -> Page {
    let Ok(reach) = ask.scope(Act::ReadStock) else { return Ok(go(first_page(&ask))) };
    let book = ask.book().await?;
    let scope = ask.scope_here(Act::ReadStock, &book)?;
    let f = ask.travelling(Nav::Overview, &book);
    let page = Overview {
        places: ask.places(&book, &reach, ask.place()),
        figures: figures(&f, &book, &scope, ask.get("place")),
        needs: if f.away() { Vec::new() } else { needs(&ask, &f, &book, &scope) },
        scans: scans(&f, &book, &scope),
        chart: chart::draw(&f.words, &days(&ask, &book, &scope)),
        f,
    };
    drop(book);
    ask.show(&page)
}

/// Where somebody without stock rights begins.
fn first_page(ask: &Ask) -> &'static str {
    let may = |act| ask.scope(act).is_ok();
    match () {
        () if may(Act::ReadPeople) => "/people",
        () if may(Act::ReadCounts) => "/counts",
        () => "/places",
    }
}

fn figures(f: &Frame, views: &Views, scope: &Scope, place: &str) -> Vec<Figure> {
    let n = views.figures(scope);
    let weapons = |state: &str| f.to(address("/weapons", &[("place", place), ("state", state)]));
    let one = |number: u64, key: &str, shape, tone, to: String| Figure {
        number: grouped(number),
        word: f.t(key),
        shape,
        tone: if number == 0 { "none" } else { tone },
        to,
    };
    vec![
        one(n.on_charge, "figure-on-charge", "", "", f.to(address("/stockpile", &[("place", place)]))),
        one(n.in_store, "figure-in-store", "●", "", weapons("in_store")),
        one(n.issued, "figure-issued", "◐", "", weapons("issued")),
        one(n.in_transit, "figure-in-transit", "→", "", weapons("in_transit")),
        one(n.elsewhere, "figure-elsewhere", "◧", "", weapons("elsewhere")),
        one(n.destruction_pending, "figure-pending", "⊘", "watch", f.to("/destruction")),
        one(n.unaccounted, "figure-unaccounted", "?", "alarm", f.to("/lost")),
        one(n.lost, "figure-lost", "✕", "alarm", f.to("/lost")),
    ]
}

fn need(tone: &'static str, shape: &'static str, text: String, aside: String, to: String) -> Need {
    Need { shape, tone, text, aside, to }
}

fn needs(ask: &Ask, f: &Frame, views: &Views, scope: &Scope) -> Vec<Need> {
    let mut all = Vec::new();
    for line in ask.alerts(views).iter().filter(|line| line.unread > 0) {
        all.push(need("alarm", "✕", f.message(&line.message), f.ago(&line.last), "/alerts".to_owned()));
    }
    let overdue = views.overdue(scope, f.now);
    if let Some(longest) = overdue.iter().map(|row| row.overdue_seconds).max() {
        let text = f.tn("need-overdue", overdue.len());
        all.push(need("watch", "◐", text, bits::lasting(&f.words, longest), "/holds?overdue=yes".to_owned()));
    }
    counts_waiting(f, views, scope, &mut all);
    seconds_waiting(ask, f, views, scope, &mut all);
    all.truncate(NEEDS_MAX);
    all
}

fn counts_waiting(f: &Frame, views: &Views, scope: &Scope, all: &mut Vec<Need>) {
    for row in views.counts_in(scope) {
        let to = format!("/counts/{}", row.count);
        match row.stage {
            CountStage::Open => {
                let text = f.t1("need-count-open", "place", &row.place_name);
                all.push(need("accent", "◔", text, f.ago(&row.opened_at), to));
            }
            CountStage::Closed => {
                let text = f.t1("need-count-sign", "place", &row.place_name);
                all.push(need("watch", "◑", text, row.closed_at.map(|at| f.ago(&at)).unwrap_or_default(), to));
            }
            CountStage::Signed | CountStage::Refused | CountStage::Abandoned => {}
        }
    }
}

fn seconds_waiting(ask: &Ask, f: &Frame, views: &Views, scope: &Scope, all: &mut Vec<Need>) {
    for case in views.open_cases(scope, f.now) {
        let weapon = format!("{} {}", case.model, case.serial);
        let stage = f.word("casestage", super::lost::stage(case.stage));
        let text = match case.close_requests.is_empty() {
            true => f.words.t2("need-case", ("stage", &stage), ("weapon", &weapon)),
            false => f.t1("need-case-close", "weapon", weapon),
        };
        all.push(need("alarm", "?", text, f.ago(&case.discovered_at), format!("/cases/{}", case.case)));
    }
    for batch in views.destruction.rows() {
        let inside = views.places.in_scope(scope, batch.place);
        if inside && (batch.stage == BatchStage::Recorded || !batch.releases.is_empty()) {
            let text = f.t1("need-batch", "number", &batch.number);
            all.push(need("watch", "⊘", text, String::new(), format!("/batches/{}", batch.batch)));
        }
    }
    if ask.may(Act::ApproveGrant, views, None) {
        let asked = views.people.grant_requests();
        if let Some(first) = asked.first() {
            all.push(need("watch", "◇", f.tn("need-grants", asked.len()), f.ago(&first.asked_at), "/people#requests".to_owned()));
        }
        let proposed = views.gateways.proposals().count();
        if proposed > 0 {
            all.push(need("watch", "◇", f.tn("need-gateways", proposed), String::new(), "/readers".to_owned()));
        }
    }
}

fn scans(f: &Frame, views: &Views, scope: &Scope) -> Vec<Scan> {
    let inside = |place: Option<PlaceId>| match (scope, place) {
        (Scope::Everywhere, _) => true,
        (_, Some(place)) => views.places.in_scope(scope, place),
        (_, None) => false,
    };
    let shown = views.presence.last_reads().filter(|read| inside(read.place)).take(SCANS_SHOWN);
    let scan = |read: &ReadRow| {
        let weapon = read.weapon.and_then(|id| views.weapon_row(id));
        let place = read.place.map(|place| views.places.name(place)).unwrap_or_default();
        let (shape, tone) = weapon.as_ref().map_or(("?", "watch"), |row| bits::state_look(row.state));
        Scan {
            shape,
            tone,
            what: weapon.as_ref().map_or_else(|| f.t("scan-not-in-book"), |row| format!("{} {}", row.maker, row.model)),
            to: weapon.as_ref().map(|row| format!("/weapons/{}", row.weapon)).unwrap_or_default(),
            serial: weapon.map_or_else(|| read.seen.clone(), |row| row.serial),
            where_at: if place.is_empty() { read.reader.clone() } else { format!("{place} · {}", read.reader) },
            when: bits::when(&f.words, read.at, f.now, None),
        }
    };
    shown.map(scan).collect()
}

/// The stock at the end of each of the last 90 days, from the feed of what changed after what.
fn days(ask: &Ask, views: &Views, scope: &Scope) -> Vec<Day> {
    const DAY: i64 = 86_400;
    let today = ask.now.micros().div_euclid(DAY * 1_000_000);
    let mut days = Vec::new();
    let mut before = None;
    for day in (today - 90)..=today {
        let end = Moment::from_micros((day + 1) * DAY * 1_000_000 - 1);
        let Ok(position) = ask.app.log().position_at(end.micros()) else { return Vec::new() };
        let figures = match before {
            Some((at, figures)) if at == position => figures,
            _ if position == 0 => continue,
            _ => match views.states_at(position) {
                Some(states) => views.figures_in(&states, scope),
                None => return Vec::new(), // A book of the past keeps no feed.
            },
        };
        before = Some((position, figures));
        days.push(Day { day: end.to_string().chars().take(10).collect(), total: figures.on_charge, store: figures.in_store });
    }
    days
}
