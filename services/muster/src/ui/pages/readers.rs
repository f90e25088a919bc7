//! Readers and gateways: who hears, since when one does not, and who waits to be let in by two.

use armoury::rights::Act;
use armoury::view::gateways::{Enrolment, GapRow, hears};
use armoury::view::{GatewayRow, ReaderRow, Stranger};
use askama::Template;
use tag_data::scan::ReaderCondition;

use crate::accounts::waiting::Waiting;
use crate::intake::held_up::Trouble;
use crate::ui::ask::{Ask, Page};
use crate::ui::bits::Chip;
use crate::ui::fault::Fault;
use crate::ui::frame::{Frame, Nav};

/// One reader as shown.
#[derive(Clone, Debug)]
pub struct Reader {
    /// The reader.
    pub row: ReaderRow,
    /// Its place's name.
    pub place: String,
    /// Its condition.
    pub chip: Chip,
}

#[derive(Template)]
#[template(path = "readers.html")]
struct ReadersPage {
    f: Frame,
    readers: Vec<Reader>,
    gateways: Vec<(GatewayRow, &'static str)>,
    held_up: Vec<(GatewayRow, Trouble)>,
    waiting: Vec<Waiting>,
    proposed: Vec<GatewayRow>,
    strangers: Vec<Stranger>,
    may_enrol: bool,
    me: String,
}

impl ReadersPage {
    fn mine(&self, asked_by: &Option<armoury::ids::ServiceNumber>) -> bool {
        asked_by.as_ref().is_some_and(|number| number.as_str() == self.me)
    }

    fn lost(&self, gaps: &[GapRow]) -> usize {
        gaps.len()
    }
}

const fn enrolment(enrolment: Enrolment) -> &'static str {
    match enrolment {
        Enrolment::Unknown => "unknown",
        Enrolment::Proposed => "proposed",
        Enrolment::Enrolled => "enrolled",
        Enrolment::Revoked => "revoked",
    }
}

fn condition(f: &Frame, condition: Option<ReaderCondition>) -> Chip {
    let word = condition.and_then(|condition| serde_json::to_value(condition).ok());
    let code = word.as_ref().and_then(serde_json::Value::as_str).unwrap_or("unknown");
    let (shape, tone) = match () {
        () if condition.is_none() => ("○", "quiet"),
        () if hears(condition) => ("●", "ok"),
        () => ("◌", "watch"),
    };
    Chip { word: f.word("condition", code), shape, tone, turns: false }
}

/// `GET /readers`.
///
/// # Errors
/// Without the right to read readers.
pub async fn page(ask: Ask) -> Page {
    ask.scope(Act::ReadReaders)?;
    let may_propose = ask.scope(Act::ProposeGateway).is_ok();
    let waiting =
        if may_propose { ask.app.accounts().waiting_gateways().map_err(|cause| Fault::ours(&cause))? } else { Vec::new() };
    let views = ask.app.views();
    let f = ask.frame(Nav::Readers, &views);
    let reader = |row: ReaderRow| Reader {
        place: row.place.map(|place| views.places.name(place)).unwrap_or_default(),
        chip: condition(&f, row.condition),
        row,
    };
    let page = ReadersPage {
        readers: views.gateways.readers().into_iter().map(reader).collect(),
        gateways: views.gateways.rows().map(|row| (row.clone(), enrolment(row.enrolment))).collect(),
        held_up: views
            .gateways
            .rows()
            .filter(|row| row.enrolment == Enrolment::Enrolled) // From a closed key nothing is expected.
            .filter_map(|row| Some((row.clone(), ask.app.held_up().of(&row.gateway)?)))
            .collect(),
        proposed: views.gateways.proposals().cloned().collect(),
        strangers: views.presence.strangers().take(50).cloned().collect(),
        waiting: waiting.into_iter().filter(|one| one.key.parse().is_ok_and(|key| views.gateways.get(&key).is_none())).collect(),
        may_enrol: ask.scope(Act::EnrolGateway).is_ok(),
        me: ask.who.service_number.to_string(),
        f: f.clone(),
    };
    drop(views);
    ask.show(&page)
}
