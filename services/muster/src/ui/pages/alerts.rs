//! Alerts: one line a cause, grouped and counted, each with what to do next and who is shown it.

use armoury::view::{AlertLine, Views};
use askama::Template;

use crate::ui::ask::{Ask, Page};
use crate::ui::frame::{Frame, Nav};

/// One line as shown.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The line.
    pub line: AlertLine,
    /// The place's name.
    pub place: String,
    /// The weapon in words, if it is about one.
    pub weapon: String,
}

#[derive(Template)]
#[template(path = "alerts.html")]
struct AlertsPage {
    f: Frame,
    lines: Vec<Shown>,
}

fn shown(views: &Views, line: AlertLine) -> Shown {
    let row = line.weapon.and_then(|id| views.weapon_row(id));
    Shown {
        place: line.place.map(|place| views.places.name(place)).unwrap_or_default(),
        weapon: row.map(|row| format!("{} {} · {}", row.maker, row.model, row.serial)).unwrap_or_default(),
        line,
    }
}

/// `GET /alerts`.
///
/// # Errors
/// Never for what is asked.
pub async fn page(ask: Ask) -> Page {
    let views = ask.app.views();
    let lines = ask.alerts(&views).into_iter().map(|line| shown(&views, line)).collect();
    let page = AlertsPage { f: ask.frame(Nav::Alerts, &views), lines };
    drop(views);
    ask.show(&page)
}
