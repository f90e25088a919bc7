//! "Which weapons?": by serial as far as it can be read, by tag, place, state, class, holder.

use armoury::rights::Act;
use armoury::view::{PAGE_MAX, Page as Rows, Scope, Views, WeaponRow};
use askama::Template;

use super::sheet;
use super::stockpile::{class_choices, filter, state_choices};
use crate::ui::ask::{Ask, Page};
use crate::ui::bits::{Choice, stamp};
use crate::ui::fault::Fault;
use crate::ui::frame::{Frame, Nav};

/// Rows of one page.
const ROWS: usize = 50;
/// The most rows of one CSV file; a longer list is asked for by narrower words.
const CSV_ROWS_MAX: usize = 100_000;

#[derive(Template)]
#[template(path = "weapons.html")]
struct WeaponsPage {
    f: Frame,
    total: u64,
    csv: String,
    q: String,
    model: String,
    holder: String,
    filtered: bool,
    may_register: bool,
    places: Vec<Choice>,
    states: Vec<Choice>,
    classes: Vec<Choice>,
    rows: Vec<WeaponRow>,
    next: Option<String>,
    first: String,
}

/// The rows asked for. A person's own words for a serial that holds no match are found all the same.
fn rows(ask: &Ask, views: &Views, scope: &Scope, after: Option<&str>, limit: usize) -> Rows<WeaponRow> {
    views.list_weapons(&filter(ask), scope, after, limit)
}

/// `GET /weapons`.
///
/// # Errors
/// A place out of reach.
pub async fn page(ask: Ask) -> Page {
    let reach = ask.scope(Act::ReadStock)?;
    let book = ask.book().await?;
    let scope = ask.scope_here(Act::ReadStock, &book)?;
    let after = Some(ask.get("after")).filter(|after| !after.is_empty());
    let found = rows(&ask, &book, &scope, after, ROWS);
    let filtered =
        ["q", "place", "state", "class", "model", "maker", "holder", "calibre"].iter().any(|name| !ask.get(name).is_empty());
    let f = ask.travelling(Nav::Weapons, &book);
    let page = WeaponsPage {
        total: found.total,
        csv: ask.here(&[("after", "")]).replacen("/weapons", "/weapons.csv", 1),
        q: ask.get("q").to_owned(),
        model: ask.get("model").to_owned(),
        holder: ask.get("holder").to_owned(),
        filtered,
        may_register: ask.scope(Act::RegisterWeapon).is_ok() && !f.away(),
        places: ask.places(&book, &reach, ask.place()),
        states: state_choices(&ask),
        classes: class_choices(&ask, ask.get("class")),
        rows: found.rows,
        next: found.next.map(|next| ask.here(&[("after", &next)])),
        first: ask.here(&[("after", "")]),
        f,
    };
    drop(book);
    ask.show(&page)
}

/// `GET /weapons.csv`: every row of the same list.
///
/// # Errors
/// As [`page`].
pub async fn csv(ask: Ask) -> Page {
    let book = ask.book().await?;
    let scope = ask.scope_here(Act::ReadStock, &book)?;
    let (mut all, mut after) = (Vec::new(), None);
    while all.len() < CSV_ROWS_MAX {
        let page = rows(&ask, &book, &scope, after.as_deref(), PAGE_MAX);
        all.extend(page.rows);
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    drop(book);
    if after.is_some() && all.len() >= CSV_ROWS_MAX {
        return Err(Fault::sentence(&ask.words, 400, "list_too_long", "fault-list-too-long"));
    }
    let heads =
        ["serial", "maker", "model", "calibre", "class", "state", "since", "place", "holder", "last-sensed-at", "last-sensed"];
    let heads: Vec<String> = heads.iter().map(|head| ask.words.word("csv", head)).collect();
    sheet::csv(&ask, "weapons", &heads, all.into_iter().map(|row| line(&ask, row)))
}

fn line(ask: &Ask, row: WeaponRow) -> Vec<String> {
    let sensed = row.last_sensed.as_ref();
    vec![
        row.serial,
        row.maker,
        row.model,
        row.calibre,
        row.class.word().to_owned(),
        ask.words.word("state", row.state.word()),
        stamp(row.since),
        row.place_name,
        row.holder.map(|holder| holder.to_string()).unwrap_or_default(),
        sensed.map(|sensed| stamp(sensed.at)).unwrap_or_default(),
        sensed.map(|sensed| sensed.place_name.clone()).unwrap_or_default(),
    ]
}
