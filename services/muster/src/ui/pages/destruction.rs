//! What waits for destruction, the batches it goes in, one batch, and its certificate on paper.
//!
//! Order: listed, each serial checked from the metal, locked, destroyed before witnesses, two
//! verifiers who did not operate. The page shows the next step and never two at once.

use std::collections::BTreeMap;

use actix_web::web;
use armoury::codes::DestructionMethod;
use armoury::ids::{BatchId, WeaponId};
use armoury::rights::Act;
use armoury::view::destruction::{BatchItem, BatchStage};
use armoury::view::{BatchRow, PendingRow, Views, WeaponRow};
use askama::Template;

use super::count::Answer;
use super::qr;
use crate::ui::ask::{Ask, Page};
use crate::ui::bits::{Choice, choices};
use crate::ui::fault::Fault;
use crate::ui::frame::{Frame, Nav};

#[derive(Template)]
#[template(path = "destruction.html")]
struct DestructionPage {
    f: Frame,
    places: Vec<Choice>,
    pending: Vec<PendingRow>,
    batches: Vec<(BatchRow, &'static str, String)>,
    may_prepare: bool,
}

/// One item with what the book says of its weapon.
#[derive(Clone, Debug)]
pub struct Item {
    /// The item.
    pub item: BatchItem,
    /// The weapon.
    pub row: Option<WeaponRow>,
}

/// The batch page; also what its certificate is made from.
#[derive(Template)]
#[template(path = "batch.html")]
pub struct BatchPage {
    /// The frame.
    pub f: Frame,
    /// The batch.
    pub b: BatchRow,
    /// How far it has come.
    pub stage: &'static str,
    /// The place with all above it.
    pub path: String,
    /// Items.
    pub items: Vec<Item>,
    /// How many serials were checked and agree.
    pub checked: usize,
    /// Weapons designated and in no batch, to list.
    pub free: Vec<PendingRow>,
    /// Whether he may list, check, lock.
    pub may_prepare: bool,
    /// Whether he may record the destruction.
    pub may_record: bool,
    /// Whether he may enter witnesses.
    pub may_witness: bool,
    /// Whether he may verify himself.
    pub may_verify: bool,
    /// Whether he may ask for one to be let out.
    pub may_ask: bool,
    /// Whether he may let one out.
    pub may_release: bool,
    /// His number.
    pub me: String,
    /// Choices of the form.
    pub methods: Vec<Choice>,
    /// The answer to the last check.
    pub answer: Option<Answer>,
}

#[derive(Template)]
#[template(path = "certificate.html")]
struct CertificatePage {
    f: Frame,
    b: BatchRow,
    path: String,
    items: Vec<Item>,
    totals: Vec<(String, usize)>,
    qr: String,
}

const fn stage(stage: BatchStage) -> &'static str {
    match stage {
        BatchStage::Open => "open",
        BatchStage::Locked => "locked",
        BatchStage::Recorded => "recorded",
        BatchStage::Confirmed => "confirmed",
    }
}

/// `GET /destruction`.
///
/// # Errors
/// A place out of reach.
pub async fn page(ask: Ask) -> Page {
    let reach = ask.scope(Act::ReadDestruction)?;
    let book = ask.book().await?;
    let scope = ask.scope_here(Act::ReadDestruction, &book)?;
    let f = ask.travelling(Nav::Destruction, &book);
    let rows: Vec<BatchRow> =
        book.destruction.rows().into_iter().filter(|row| book.places.in_scope(&scope, row.place)).cloned().collect();
    let page = DestructionPage {
        places: ask.places(&book, &reach, ask.place()),
        pending: book.destruction_pending(&scope, f.now),
        batches: rows.into_iter().map(|row| (row.clone(), stage(row.stage), book.places.name(row.place))).collect(),
        may_prepare: ask.scope(Act::PrepareBatch).is_ok() && !f.away(),
        f,
    };
    drop(book);
    ask.show(&page)
}

fn found(ask: &Ask, views: &Views, id: &str) -> Result<BatchRow, Fault> {
    let missing = || Fault::not_found(&ask.words);
    let id: BatchId = id.parse().map_err(|_| missing())?;
    let row = views.destruction.get(id).cloned().ok_or_else(missing)?;
    if ask.may(Act::ReadDestruction, views, Some(row.place)) {
        ask.open_to(views, Some(row.place)).map(|()| row)
    } else {
        Err(missing())
    }
}

fn items(views: &Views, b: &BatchRow) -> Vec<Item> {
    b.items.iter().map(|item| Item { row: views.weapon_row(item.weapon), item: item.clone() }).collect()
}

/// `GET /batches/{id}`.
///
/// # Errors
/// Absent or out of reach.
pub async fn batch(ask: Ask, id: web::Path<String>) -> Page {
    let views = ask.app.views();
    let b = found(&ask, &views, &id)?;
    let f = ask.frame(Nav::Destruction, &views);
    let may = |act| ask.may(act, &views, Some(b.place));
    let methods: Vec<&'static str> = DestructionMethod::ALL.iter().map(|method| method.word()).collect();
    let scope = ask.scope(Act::ReadDestruction)?;
    let free = views.destruction_pending(&scope, f.now).into_iter().filter(|row| row.batch.is_none());
    let page = BatchPage {
        stage: stage(b.stage),
        path: views.places.path(b.place),
        items: items(&views, &b),
        checked: b.items.iter().filter(|item| item.matches == Some(true)).count(),
        free: if b.stage == BatchStage::Open { free.take(500).collect() } else { Vec::new() },
        may_prepare: may(Act::PrepareBatch),
        may_record: may(Act::RecordDestruction),
        may_witness: may(Act::WitnessDestruction),
        may_verify: may(Act::VerifyDestruction),
        may_ask: may(Act::RequestRelease),
        may_release: may(Act::ApproveRelease),
        me: ask.who.service_number.to_string(),
        methods: choices(&ask.words, "destroyed-by", &methods, None),
        answer: Answer::from_address(&ask),
        b,
        f,
    };
    drop(views);
    ask.show(&page)
}

/// `GET /batches/{id}/certificate`.
///
/// # Errors
/// Absent or out of reach.
pub async fn certificate(ask: Ask, id: web::Path<String>) -> Page {
    let views = ask.app.views();
    let b = found(&ask, &views, &id)?;
    let f = ask.frame(Nav::Destruction, &views);
    let items = items(&views, &b);
    let mut totals: BTreeMap<String, usize> = BTreeMap::new();
    for row in items.iter().filter_map(|item| item.row.as_ref()) {
        *totals.entry(format!("{} {} {}", row.maker, row.model, row.calibre)).or_default() += 1;
    }
    let page = CertificatePage {
        path: views.places.path(b.place),
        items,
        totals: totals.into_iter().collect(),
        qr: qr::head(f.trust.size, &f.trust.head),
        b,
        f,
    };
    drop(views);
    ask.show(&page)
}

impl BatchPage {
    /// Whether the one who asked is the one who looks.
    #[must_use]
    pub fn mine(&self, asked_by: &Option<armoury::ids::ServiceNumber>) -> bool {
        asked_by.as_ref().is_some_and(|number| number.as_str() == self.me)
    }

    /// The serial of a weapon of the batch.
    #[must_use]
    pub fn serial(&self, weapon: &WeaponId) -> String {
        let found = self.items.iter().find(|item| item.item.weapon == *weapon).and_then(|item| item.row.as_ref());
        found.map_or_else(|| weapon.to_string(), |row| row.serial.clone())
    }
}
