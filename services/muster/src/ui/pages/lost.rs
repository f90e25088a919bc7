//! "What is missing?": open cases first, then the register, on which every loss stays for ever.

use armoury::rights::Act;
use armoury::view::CaseRow;
use armoury::view::cases::Stage;
use askama::Template;

use super::sheet;
use crate::ui::ask::{Ask, Page};
use crate::ui::bits::{Choice, stamp};
use crate::ui::frame::{Frame, Nav};

#[derive(Template)]
#[template(path = "lost.html")]
struct LostPage {
    f: Frame,
    places: Vec<Choice>,
    csv: String,
    open: Vec<(CaseRow, &'static str)>,
    register: Vec<(CaseRow, &'static str)>,
}

/// The word of a case's stage.
#[must_use]
pub const fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Unaccounted => "unaccounted",
        Stage::PresumedLost => "presumed-lost",
        Stage::Lost => "lost",
        Stage::Recovered => "recovered",
        Stage::Explained => "explained",
        Stage::Closed => "closed",
    }
}

fn told(rows: Vec<CaseRow>) -> Vec<(CaseRow, &'static str)> {
    rows.into_iter().map(|row| (row.clone(), stage(row.stage))).collect()
}

/// `GET /lost`.
///
/// # Errors
/// A place out of reach.
pub async fn page(ask: Ask) -> Page {
    let reach = ask.scope(Act::ReadLosses)?;
    let book = ask.book().await?;
    let scope = ask.scope_here(Act::ReadLosses, &book)?;
    let f = ask.travelling(Nav::Lost, &book);
    let page = LostPage {
        places: ask.places(&book, &reach, ask.place()),
        csv: ask.here(&[]).replacen("/lost", "/lost.csv", 1),
        open: told(book.open_cases(&scope, f.now)),
        register: told(book.lost_register(&scope, f.now)),
        f,
    };
    drop(book);
    ask.show(&page)
}

/// `GET /lost.csv`: the register, in the order of the printed one.
///
/// # Errors
/// As [`page`].
pub async fn csv(ask: Ask) -> Page {
    let book = ask.book().await?;
    let scope = ask.scope_here(Act::ReadLosses, &book)?;
    let rows = book.lost_register(&scope, ask.moment(&book));
    drop(book);
    let heads = ["case", "weapon", "class", "maker", "model", "calibre", "serial", "owner", "last-custodian", "last-holder"];
    let more =
        ["discovered", "cause", "circumstances", "declared-at", "declared-by", "reported-to", "recovered", "days-open", "result"];
    let heads: Vec<String> = heads.iter().chain(&more).map(|head| ask.words.word("csv", head)).collect();
    let words = ask.words.clone();
    let line = move |row: CaseRow| {
        let person = |who: &Option<armoury::ids::ServiceNumber>| who.as_ref().map(ToString::to_string).unwrap_or_default();
        let at = |at: Option<tag_data::moment::Moment>| at.map(stamp).unwrap_or_default();
        let reported: Vec<String> = row.reported.iter().map(|one| format!("{} ({})", one.to, one.reference)).collect();
        vec![
            row.case.to_string(),
            row.weapon.to_string(),
            row.class.map(|class| class.word().to_owned()).unwrap_or_default(),
            row.maker.clone(),
            row.model.clone(),
            row.calibre.clone(),
            row.serial.clone(),
            row.owner.clone(),
            person(&row.last_custodian),
            person(&row.last_holder),
            stamp(row.discovered_at),
            row.cause.map(|cause| words.word("cause", cause.word())).unwrap_or_default(),
            row.circumstances.clone().unwrap_or_default(),
            at(row.declared_at),
            person(&row.declared_by),
            reported.join("; "),
            at(row.recovered_at),
            row.days_open.to_string(),
            words.word("casestage", stage(row.stage)),
        ]
    };
    sheet::csv(&ask, "lost", &heads, rows.into_iter().map(line))
}
