//! Counts: what was counted when, opening one, and the statement that becomes a certificate.

use std::collections::BTreeMap;

use actix_web::web;
use armoury::codes::{CountKind, Level};
use armoury::rights::Act;
use armoury::view::counts::CountStage;
use armoury::view::{CountRow, CountView, WeaponRow};
use askama::Template;

use super::count::{OnPaper, found, on_paper, stage};
use super::qr;
use crate::ui::ask::{Ask, Page};
use crate::ui::bits::{Choice, choices};
use crate::ui::frame::{Frame, Nav};

#[derive(Template)]
#[template(path = "counts.html")]
struct CountsPage {
    f: Frame,
    rows: Vec<(CountRow, &'static str)>,
    may_open: bool,
    places: Vec<Choice>,
    kinds: Vec<Choice>,
    me: String,
}

/// A weapon seen in another place than on record, by names.
#[derive(Clone, Debug)]
pub struct Moved {
    /// The weapon.
    pub row: WeaponRow,
    /// On record.
    pub on_record: String,
    /// Seen.
    pub seen_at: String,
}

/// The statement or certificate on paper.
#[derive(Template)]
#[template(path = "statement.html")]
pub struct StatementPage {
    /// The frame.
    pub f: Frame,
    /// The count.
    pub c: CountView,
    /// How far it has come.
    pub stage: &'static str,
    /// The place with all above it.
    pub path: String,
    /// Percent of the expected that were sighted or sealed, with one decimal.
    pub share: String,
    /// Sightings by level: letter, word, how many.
    pub levels: Vec<(String, String, usize)>,
    /// By document.
    pub paper: Vec<OnPaper>,
    /// Misplaced.
    pub moved: Vec<Moved>,
    /// The head as a square code.
    pub qr: String,
}

/// `GET /counts`.
///
/// # Errors
/// Without the right to read counts.
pub async fn page(ask: Ask) -> Page {
    let scope = ask.scope(Act::ReadCounts)?;
    let views = ask.app.views();
    let run = ask.scope(Act::RunCount).ok();
    let kinds: Vec<&'static str> = CountKind::ALL.iter().map(|kind| kind.word()).collect();
    let page = CountsPage {
        f: ask.frame(Nav::Counts, &views),
        rows: views.counts_in(&scope).into_iter().map(|row| (row.clone(), stage(row.stage))).collect(),
        may_open: run.is_some(),
        places: run.map(|run| ask.places(&views, &run, ask.place())).unwrap_or_default(),
        kinds: choices(&ask.words, "countkind", &kinds, None),
        me: ask.who.service_number.to_string(),
    };
    drop(views);
    ask.show(&page)
}

/// `GET /counts/{id}/statement`.
///
/// # Errors
/// Absent, out of reach, or still being counted blind by the one who asks.
pub async fn statement(ask: Ask, id: web::Path<String>) -> Page {
    let views = ask.app.views();
    let c = found(&ask, &views, &id)?;
    let f = ask.frame(Nav::Counts, &views);
    let mut levels: BTreeMap<Level, usize> = BTreeMap::new();
    if let Some(count) = views.counts.get(c.row.count) {
        for level in count.expected().keys().filter_map(|weapon| count.level(*weapon)) {
            *levels.entry(level).or_default() += 1;
        }
    }
    let veiled = c.row.progress.is_none() && c.row.stage == CountStage::Open;
    let moved = c.misplaced.iter().filter_map(|one| {
        let (on_record, seen_at) = (views.places.name(one.on_record), views.places.name(one.seen_at));
        Some(Moved { row: views.weapon_row(one.weapon)?, on_record, seen_at })
    });
    let page = StatementPage {
        stage: stage(c.row.stage),
        path: views.places.path(c.row.place),
        share: share(&c),
        levels: if veiled { Vec::new() } else { named(&f, levels) },
        paper: on_paper(&views, &c),
        moved: moved.collect(),
        qr: qr::head(f.trust.size, &f.trust.head),
        c,
        f,
    };
    drop(views);
    ask.show(&page)
}

fn named(f: &Frame, levels: BTreeMap<Level, usize>) -> Vec<(String, String, usize)> {
    levels.into_iter().map(|(level, n)| (level.word().to_owned(), f.word("level", level.word()), n)).collect()
}

fn share(c: &CountView) -> String {
    let Some(p) = c.row.progress.as_ref().filter(|p| p.expected > 0) else { return "–".to_owned() };
    let tenths = u64::from(p.sighted + p.sealed) * 1000 / u64::from(p.expected);
    format!("{}.{} %", tenths / 10, tenths % 10)
}
