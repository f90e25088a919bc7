//! The log: size, head, checkpoint, and what they prove and do not; one event with its proof.
//!
//! "Verify now" re-hashes every stored byte and compares the tree's head: it shows that the log
//! agrees with itself, and says that more needs a head held outside.

use std::ops::ControlFlow;

use actix_web::web;
use armoury::rights::Act;
use armoury::view::Scope;
use askama::Template;
use event_log::event::Recorded;

use super::qr;
use crate::auth::Checked;
use crate::projector;
use crate::ui::acts::{Fields, back, field};
use crate::ui::ask::{Ask, Page};
use crate::ui::bits::grouped;
use crate::ui::fault::Fault;
use crate::ui::frame::{Frame, Nav, Notice};

/// How many of the last events stand on the page.
const LAST: u64 = 20;

/// One event as shown in the list.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Position.
    pub position: u64,
    /// What, in words.
    pub what: String,
    /// The stream.
    pub stream: String,
    /// When recorded.
    pub recorded: String,
    /// The leaf's first characters.
    pub leaf: String,
}

#[derive(Template)]
#[template(path = "log.html")]
struct LogPage {
    f: Frame,
    checkpoint: String,
    key: String,
    qr: String,
    breaks: Vec<String>,
    steps: Vec<String>,
    not_understood: Vec<(String, u64, String)>,
    entries: Vec<Entry>,
    verified: Option<(bool, String)>,
}

#[derive(Template)]
#[template(path = "event.html")]
struct EventPage {
    f: Frame,
    e: Entry,
    occurred: String,
    revision: u64,
    kind: String,
    version: u32,
    id: String,
    meta: String,
    data: String,
    leaf: String,
    index: u64,
    size: u64,
    proof: Vec<String>,
    before: Option<u64>,
    after: Option<u64>,
}

fn entry(ask: &Ask, recorded: &Recorded) -> Entry {
    let at = tag_data::moment::Moment::from_micros(recorded.recorded_at);
    Entry {
        position: recorded.position,
        what: ask.words.word("act", recorded.type_name.as_str()),
        stream: recorded.stream.as_str().to_owned(),
        recorded: crate::ui::bits::stamp_seconds(at),
        leaf: hex::encode(recorded.leaf).chars().take(12).collect(),
    }
}

/// Whether an event may be shown to somebody with this reach: where it concerns a place, that one.
fn seen(ask: &Ask, scope: &Scope, recorded: &Recorded) -> bool {
    if recorded.stream.as_str().starts_with("alert-") {
        return matches!(scope, Scope::Everywhere) && ask.scope(Act::ReadAlertsAbove).is_ok();
    }
    match (scope, projector::fact(recorded)) {
        (Scope::Everywhere, _) => true,
        (Scope::Places(_), Ok(fact)) => {
            let places = projector::notice_again(&ask.app, &fact).map(|notice| notice.places).unwrap_or_default();
            let views = ask.app.views();
            places.iter().any(|place| views.places.in_scope(scope, *place))
        }
        (Scope::Places(_), Err(_)) => false,
    }
}

fn build(ask: &Ask, verified: Option<(bool, String)>) -> Result<LogPage, Fault> {
    let scope = ask.scope(Act::ReadLog)?;
    let failed = |cause| Fault::ours(&cause);
    let log = ask.app.log();
    let size = log.head().size;
    let last = log.read(size.saturating_sub(LAST) + 1, usize::try_from(LAST).unwrap_or(20)).map_err(failed)?;
    let shown = last.iter().rev().filter(|recorded| seen(ask, &scope, recorded));
    let entries: Vec<Entry> = shown.map(|recorded| entry(ask, recorded)).collect();
    // Without its key the head cannot be signed; the page says why in its place.
    let (checkpoint, signed) = ask.app.checkpoint().map_or_else(|why| (why.to_string(), false), |note| (note, true));
    let key = ask.app.verify_key().map(|key| key.to_string()).unwrap_or_default();
    let views = ask.app.views();
    let f = ask.frame(Nav::Log, &views);
    let steps = log.clock_steps();
    Ok(LogPage {
        qr: if signed { qr::svg(&checkpoint) } else { String::new() },
        checkpoint,
        key,
        breaks: log.breaks().iter().map(event_log::breaks::Break::line).collect(),
        steps: if steps.count > 0 { vec![f.words.tn("log-clock-steps", steps.count)] } else { Vec::new() },
        not_understood: views
            .streams_not_understood()
            .map(|row| (row.stream.clone(), row.position, row.because.clone()))
            .collect(),
        entries,
        verified,
        f: f.clone(),
    })
}

/// `GET /log`.
///
/// # Errors
/// Without the right to read the log.
pub async fn page(ask: Ask) -> Page {
    let page = build(&ask, None)?;
    ask.show(&page)
}

/// `POST /log/verify`: re-hashes everything, now.
///
/// # Errors
/// Without the right, or when the log cannot be read.
pub async fn verify(ask: Ask, form: Checked<Fields>) -> Page {
    ask.scope(Act::ReadLog)?;
    if !field(&form.0, "position").is_empty() {
        return Ok(back(&vec![("back".to_owned(), format!("/log/{}", field(&form.0, "position")))], "", ""));
    }
    crate::auth::rate::take(&ask.app, "verify now", 60).map_err(Fault::of)?;
    let log = ask.app.log().clone();
    let size = log.head().size;
    let found = web::block(move || log.verify_all(&mut |_, _| ControlFlow::Continue(()))).await;
    let found = found.map_err(|cause| Fault::ours(&cause))?.map_err(|cause| Fault::ours(&cause))?;
    let verified = match found {
        None => (true, ask.words.t1("log-verified", "size", grouped(size))),
        Some(reason) => (false, reason.to_string()),
    };
    let mut page = build(&ask, Some(verified))?;
    page.f.here = "/log".to_owned();
    if page.f.trust.read_only.is_some() {
        page.f.notice = Some(Notice { tone: "alarm", text: ask.words.t("log-broken-next") });
    }
    ask.show(&page)
}

/// `GET /log/{position}`: one event as it stands in the log, and the proof that it stands there.
///
/// # Errors
/// Absent or out of reach.
pub async fn event(ask: Ask, position: web::Path<String>) -> Page {
    let missing = || Fault::not_found(&ask.words);
    let scope = ask.scope(Act::ReadLog)?;
    let position: u64 = position.parse().map_err(|_| missing())?;
    let log = ask.app.log();
    let failed = |cause| Fault::ours(&cause);
    let recorded = log.event(position).map_err(failed)?.filter(|recorded| seen(&ask, &scope, recorded)).ok_or_else(missing)?;
    let size = log.head().size;
    let proof = log.inclusion_proof(position, size).map_err(failed)?.unwrap_or_default();
    let text = |bytes: &[u8]| {
        let value = serde_json::from_slice::<serde_json::Value>(bytes).ok();
        value
            .and_then(|value| serde_json::to_string_pretty(&value).ok())
            .unwrap_or_else(|| String::from_utf8_lossy(bytes).into_owned())
    };
    let views = ask.app.views();
    let page = EventPage {
        f: ask.frame(Nav::Log, &views),
        e: entry(&ask, &recorded),
        occurred: crate::ui::bits::stamp_seconds(tag_data::moment::Moment::from_micros(recorded.occurred_at)),
        revision: recorded.revision,
        kind: recorded.type_name.as_str().to_owned(),
        version: recorded.schema_version,
        id: recorded.id.to_string(),
        meta: text(&recorded.meta),
        data: text(&recorded.data),
        leaf: hex::encode(recorded.leaf),
        index: position - 1,
        size,
        proof: proof.iter().map(hex::encode).collect(),
        before: position.checked_sub(1).filter(|before| *before > 0),
        after: Some(position + 1).filter(|after| *after <= size),
    };
    drop(views);
    ask.show(&page)
}
