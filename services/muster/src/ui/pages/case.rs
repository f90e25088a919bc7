//! One case: a weapon that nobody can show, from the miss to the close by two. And its report.

use actix_web::web;
use armoury::codes::LossCause;
use armoury::ids::CaseId;
use armoury::rights::Act;
use armoury::view::cases::Stage;
use armoury::view::{CaseRow, Views};
use askama::Template;

use super::lost::stage;
use super::qr;
use crate::ui::ask::{Ask, Page};
use crate::ui::bits::{Choice, choices};
use crate::ui::fault::Fault;
use crate::ui::frame::{Frame, Nav};

/// One rung of the ladder: its word's code and whether it is behind us, here or ahead.
type Rung = (&'static str, &'static str);

/// The page.
#[derive(Template)]
#[template(path = "case.html")]
pub struct CasePage {
    /// The frame.
    pub f: Frame,
    /// The case.
    pub c: CaseRow,
    /// How far it has come.
    pub stage: &'static str,
    /// The ladder.
    pub rungs: Vec<Rung>,
    /// The place with all above it.
    pub path: String,
    /// Whether he may search, explain, recover.
    pub may_report: bool,
    /// Whether he may presume, declare, report.
    pub may_declare: bool,
    /// Whether he may ask to close.
    pub may_ask: bool,
    /// Whether he may close as the second.
    pub may_close: bool,
    /// His number: nobody signs his own request.
    pub me: String,
    /// Choices of the forms.
    pub causes: Vec<Choice>,
    /// Choices of the forms.
    pub outcomes: Vec<Choice>,
    /// Choices of the forms.
    pub places: Vec<Choice>,
}

#[derive(Template)]
#[template(path = "loss_report.html")]
struct ReportPage {
    f: Frame,
    c: CaseRow,
    stage: &'static str,
    path: String,
    qr: String,
}

impl CasePage {
    /// Whether the one who asked is the one who looks.
    #[must_use]
    pub fn mine(&self, asked_by: &Option<armoury::ids::ServiceNumber>) -> bool {
        asked_by.as_ref().is_some_and(|number| number.as_str() == self.me)
    }
}

fn found(ask: &Ask, views: &Views, id: &str) -> Result<CaseRow, Fault> {
    let missing = || Fault::not_found(&ask.words);
    let id: CaseId = id.parse().map_err(|_| missing())?;
    let row = views.cases.get(id, ask.now).ok_or_else(missing)?;
    if ask.may(Act::ReadLosses, views, Some(row.place)) {
        ask.open_to(views, Some(row.place)).map(|()| row)
    } else {
        Err(missing())
    }
}

/// Missed, searched, presumed, declared, reported, recovered or not, closed.
fn rungs(c: &CaseRow) -> Vec<Rung> {
    let reached = [
        ("unaccounted", true),
        ("searched", !c.searches.is_empty()),
        ("presumed-lost", matches!(c.stage, Stage::PresumedLost) || c.declared_at.is_some()),
        ("lost", c.declared_at.is_some()),
        ("reported", !c.reported.is_empty()),
        ("recovered", c.recovered_at.is_some() && c.stage != Stage::Explained),
        ("closed", matches!(c.stage, Stage::Closed | Stage::Explained)),
    ];
    let here = stage(c.stage);
    let look = |(word, done): (&'static str, bool)| {
        (
            word,
            if word == here {
                "here"
            } else if done {
                "done"
            } else {
                ""
            },
        )
    };
    reached.into_iter().map(look).collect()
}

/// `GET /cases/{id}`.
///
/// # Errors
/// Absent or out of reach.
pub async fn page(ask: Ask, id: web::Path<String>) -> Page {
    let views = ask.app.views();
    let c = found(&ask, &views, &id)?;
    let may = |act| ask.may(act, &views, Some(c.place));
    let f = ask.frame(Nav::Lost, &views);
    let causes: Vec<&'static str> = LossCause::ALL.iter().map(|cause| cause.word()).collect();
    let stock = ask.scope(Act::ReadPlaces)?;
    let page = CasePage {
        stage: stage(c.stage),
        rungs: rungs(&c),
        path: views.places.path(c.place),
        may_report: may(Act::ReportMiss),
        may_declare: may(Act::DeclareLoss),
        may_ask: may(Act::RequestCaseClose),
        may_close: may(Act::CloseCase),
        me: ask.who.service_number.to_string(),
        causes: choices(&ask.words, "cause", &causes, None),
        outcomes: choices(&ask.words, "outcome", &["unrecovered", "recovered", "declared_in_error"], None),
        places: ask.places(&views, &stock, Some(c.place)),
        c,
        f,
    };
    drop(views);
    ask.show(&page)
}

/// `GET /cases/{id}/report`.
///
/// # Errors
/// Absent or out of reach.
pub async fn report(ask: Ask, id: web::Path<String>) -> Page {
    let views = ask.app.views();
    let c = found(&ask, &views, &id)?;
    let f = ask.frame(Nav::Lost, &views);
    let page =
        ReportPage { stage: stage(c.stage), path: views.places.path(c.place), qr: qr::head(f.trust.size, &f.trust.head), c, f };
    drop(views);
    ask.show(&page)
}
