//! Places: the tree in the unit's own words, who keeps each, and what stands in it.

use armoury::codes::PlaceKind;
use armoury::rights::Act;
use armoury::view::{PlaceRow, Scope};
use askama::Template;

use crate::ui::ask::{Ask, Page};
use crate::ui::bits::{Choice, choices};
use crate::ui::frame::{Frame, Nav};

#[derive(Template)]
#[template(path = "places.html")]
struct PlacesPage {
    f: Frame,
    rows: Vec<(PlaceRow, u64)>,
    may_arrange: bool,
    may_name: bool,
    places: Vec<Choice>,
    kinds: Vec<Choice>,
}

/// `GET /places`.
///
/// # Errors
/// Without the right to read places.
pub async fn page(ask: Ask) -> Page {
    let scope = ask.scope(Act::ReadPlaces)?;
    let book = ask.book().await?;
    let f = ask.travelling(Nav::Places, &book);
    let stock = ask.scope(Act::ReadStock).is_ok();
    let count = |row: &PlaceRow| if stock { book.figures(&Scope::place(row.place)).on_charge } else { 0 };
    let kinds: Vec<&'static str> = PlaceKind::ALL.iter().map(|kind| kind.word()).collect();
    let arrange = ask.scope(Act::ArrangePlaces).ok().filter(|_| !f.away());
    let page = PlacesPage {
        rows: book.places.tree(&scope).into_iter().map(|row| (row.clone(), count(&row))).collect(),
        may_arrange: arrange.is_some(),
        may_name: ask.scope(Act::NameCustodian).is_ok() && !f.away(),
        places: arrange.map(|arrange| ask.places(&book, &arrange, None)).unwrap_or_default(),
        kinds: choices(&ask.words, "placekind", &kinds, Some("rack")),
        f,
    };
    drop(book);
    ask.show(&page)
}
