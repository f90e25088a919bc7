//! The log itself: its head, its proofs, its events, and "verify now".

use std::ops::ControlFlow;

use actix_web::{HttpResponse, web};
use armoury::rights::Act;
use armoury::view::{Scope, Views};
use event_log::Recorded;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tag_data::moment::Moment;

use super::problem::Problem;
use super::read::{Plain, ReadQuery as _, page_size};
use super::{Needs, Route, route};
use crate::app::App;
use crate::auth::{Who, rate};
use crate::desk;

const READ: Needs = Needs::Right(Act::ReadLog);

/// The rows of this noun.
pub const ROUTES: &[Route] = &[
    route!(GET "/log", Needs::SignedIn, head, "Size, root and health of the log", answer: LogHead),
    route!(GET "/log/checkpoint", Needs::SignedIn, checkpoint, "The signed checkpoint (C2SP), as text"),
    route!(GET "/log/inclusion", Needs::SignedIn, inclusion, "Proof that an event is in the log (RFC 6962)",
        query: InclusionQuery, answer: Path),
    route!(GET "/log/consistency", Needs::SignedIn, consistency, "Proof that an earlier head is a beginning of a later one",
        query: ConsistencyQuery, answer: Path),
    route!(GET "/log/events", READ, events, "Events as recorded, in order", query: EventsQuery, answer: Events),
    route!(GET "/log/views", READ, views, "Digest of all views at a position, to compare with another fold of the same log",
        query: Plain, answer: ViewsDigest),
    route!(POST "/log/verify", READ, verify, "Hash everything again, now", answer: Verified),
];

/// The head.
#[derive(Serialize, JsonSchema)]
struct LogHead {
    /// Events in the log.
    size: u64,
    /// Merkle root, lower-case hex.
    root: String,
    /// The log's name in checkpoints.
    origin: String,
    /// The key that checkpoints are verified with, as text; empty while the signing key is gone.
    key: String,
    /// Whether entries are taken.
    writable: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    read_only_because: Option<String>,
    /// Breaks declared so far.
    breaks: usize,
    /// How often the server's clock stepped back since the start.
    clock_steps: u64,
}

/// A Merkle proof.
#[derive(Serialize, JsonSchema)]
struct Path {
    /// The tree's size.
    size: u64,
    /// Its root, lower-case hex.
    root: String,
    /// The event's leaf, for an inclusion proof.
    #[serde(skip_serializing_if = "Option::is_none")]
    leaf: Option<String>,
    /// Hashes, lower-case hex.
    path: Vec<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct InclusionQuery {
    /// The event's position, from 1.
    position: u64,
    /// The tree's size; absent = the present one.
    #[serde(default)]
    size: Option<u64>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ConsistencyQuery {
    /// The earlier size.
    old: u64,
    /// The later size; absent = the present one.
    #[serde(default)]
    new: Option<u64>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct EventsQuery {
    /// The first position; absent = the first of all.
    #[serde(default)]
    from: Option<u64>,
    /// Rows of a page, at most 500.
    #[serde(default)]
    limit: Option<usize>,
    /// Only this stream.
    #[serde(default)]
    stream: Option<String>,
}

/// A page of events.
#[derive(Serialize, JsonSchema)]
struct Events {
    rows: Vec<EventRow>,
    /// Events in the log, or in the stream.
    total: u64,
    /// Where the next page begins; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u64>,
}

/// One event as recorded. `meta` and `data` are the very bytes of the log.
#[derive(Serialize, JsonSchema)]
struct EventRow {
    position: u64,
    stream: String,
    revision: u64,
    id: String,
    #[serde(rename = "type")]
    kind: String,
    schema_version: u32,
    recorded_at: Moment,
    occurred_at: Moment,
    /// Salt, lower-case hex.
    salt: String,
    /// Leaf hash, lower-case hex.
    leaf: String,
    #[schemars(with = "serde_json::Value")]
    meta: Option<Box<RawValue>>,
    #[schemars(with = "serde_json::Value")]
    data: Option<Box<RawValue>>,
}

/// What all views together come to.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ViewsDigest {
    /// Position of the last event taken in.
    pub position: u64,
    /// SHA-256 over every view, lower-case hex: the same events give the same, wherever they are folded.
    pub digest: String,
}

/// What "verify now" found.
#[derive(Serialize, JsonSchema)]
struct Verified {
    /// Events hashed again.
    size: u64,
    /// Whether everything agrees.
    agrees: bool,
    /// The first thing that does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    finding: Option<String>,
    /// What this shows and what it does not.
    says: String,
}

fn ours(cause: impl std::error::Error + 'static) -> Problem {
    Problem::ours(&cause)
}

async fn head(app: web::Data<App>, _who: Who) -> Result<HttpResponse, Problem> {
    let head = app.log().head();
    let read_only_because = app.read_only();
    Ok(HttpResponse::Ok().json(LogHead {
        size: head.size,
        root: hex::encode(head.root),
        origin: app.origin(),
        key: app.verify_key().map(|key| key.to_string()).unwrap_or_default(),
        writable: read_only_because.is_none(),
        read_only_because,
        breaks: app.log().breaks().len(),
        clock_steps: app.log().clock_steps().count,
    }))
}

async fn checkpoint(app: web::Data<App>, _who: Who) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(app.checkpoint()?))
}

/// The root at a size, or the asker's mistake.
fn root_at(app: &App, size: u64) -> Result<String, Problem> {
    let beyond = || Problem::bad_request("after_the_end", "The log was never of that size.");
    app.log().root_at(size).map_err(ours)?.map(hex::encode).ok_or_else(beyond)
}

async fn inclusion(app: web::Data<App>, _who: Who, query: web::Query<InclusionQuery>) -> Result<HttpResponse, Problem> {
    let size = query.size.unwrap_or_else(|| app.log().head().size);
    let root = root_at(&app, size)?;
    let path = app.log().inclusion_proof(query.position, size).map_err(ours)?.ok_or_else(Problem::not_found)?;
    let leaf = app.log().event(query.position).map_err(ours)?.map(|event| hex::encode(event.leaf));
    Ok(HttpResponse::Ok().json(Path { size, root, leaf, path: path.iter().map(hex::encode).collect() }))
}

async fn consistency(app: web::Data<App>, _who: Who, query: web::Query<ConsistencyQuery>) -> Result<HttpResponse, Problem> {
    let size = query.new.unwrap_or_else(|| app.log().head().size);
    let root = root_at(&app, size)?;
    let path = app.log().consistency_proof(query.old, size).map_err(ours)?;
    let path = path.ok_or_else(|| Problem::bad_request("sizes", "The earlier size is between 1 and the later one."))?;
    Ok(HttpResponse::Ok().json(Path { size, root, leaf: None, path: path.iter().map(hex::encode).collect() }))
}

/// The log knows no places: only who may read it everywhere reads its events.
fn everywhere(app: &App, who: &Who) -> Result<(), Problem> {
    match desk::scope(&who.grants, Act::ReadLog, app.now()) {
        Some(Scope::Everywhere) => Ok(()),
        Some(Scope::Places(_)) | None => Err(crate::desk::ActError::NotAllowed.into()),
    }
}

async fn events(app: web::Data<App>, who: Who, query: web::Query<EventsQuery>) -> Result<HttpResponse, Problem> {
    everywhere(&app, &who)?;
    if !desk::blind::counted_by(&app.views(), &who.service_number).is_empty() {
        return Err(super::read::counts_blind());
    }
    let limit = page_size(query.limit);
    let (page, total) = match &query.stream {
        None => (app.log().read(query.from.unwrap_or(1).max(1), limit).map_err(ours)?, app.log().head().size),
        Some(name) => {
            let stream = event_log::StreamName::new(name.as_str()).map_err(|_| Problem::not_found())?;
            let last = app.log().last_revision(&stream).map_err(ours)?.ok_or_else(Problem::not_found)?;
            (app.log().read_stream(&stream, query.from.unwrap_or(0), limit).map_err(ours)?, last + 1)
        }
    };
    let place = |event: &Recorded| if query.stream.is_some() { event.revision + 1 } else { event.position };
    let next =
        page.last().map(|event| (place(event), if query.stream.is_some() { event.revision + 1 } else { event.position + 1 }));
    let next = next.filter(|(seen, _)| *seen < total).map(|(_, next)| next);
    Ok(HttpResponse::Ok().json(Events { rows: page.into_iter().map(row).collect(), total, next }))
}

fn row(event: Recorded) -> EventRow {
    let raw = |bytes: Vec<u8>| String::from_utf8(bytes).ok().and_then(|text| RawValue::from_string(text).ok());
    EventRow {
        position: event.position,
        stream: event.stream.to_string(),
        revision: event.revision,
        id: event.id.to_string(),
        kind: event.type_name.as_str().to_owned(),
        schema_version: event.schema_version,
        recorded_at: Moment::from_micros(event.recorded_at),
        occurred_at: Moment::from_micros(event.occurred_at),
        salt: hex::encode(event.salt),
        leaf: hex::encode(event.leaf),
        meta: raw(event.meta),
        data: raw(event.data),
    }
}

async fn views(app: web::Data<App>, who: Who, query: web::Query<Plain>) -> Result<HttpResponse, Problem> {
    everywhere(&app, &who)?;
    rate::take(&app, "digest of the views", 60)?;
    let past = match query.as_of() {
        as_of if as_of.is_now() => None,
        as_of => Some(app.views_as_of(as_of).await.map_err(ours)?),
    };
    let app = app.into_inner();
    let digest = move || past.map_or_else(|| ViewsDigest::of(&app.views()), |past| ViewsDigest::of(&past));
    Ok(HttpResponse::Ok().json(web::block(digest).await.map_err(ours)?))
}

impl ViewsDigest {
    pub(crate) fn of(views: &Views) -> Self {
        Self { position: views.position, digest: hex::encode(views.digest()) }
    }
}

async fn verify(app: web::Data<App>, who: Who) -> Result<HttpResponse, Problem> {
    everywhere(&app, &who)?;
    rate::take(&app, "verify now", 60)?;
    Ok(HttpResponse::Ok().json(app.verify_now().await.map_err(ours)?))
}

impl App {
    /// Hashes everything again and says what was found; a first bad event makes the log read-only.
    async fn verify_now(&self) -> Result<Verified, event_log::ReadError> {
        let log = self.log().clone();
        let size = log.head().size;
        let found = tokio::task::spawn_blocking(move || log.verify_all(&mut |_, _| ControlFlow::Continue(()))).await;
        let finding = match found {
            Ok(found) => found?.map(|reason| reason.to_string()),
            Err(_) => Some("the check broke off".to_owned()),
        };
        let says = "Without a head kept outside this shows only that the file agrees with itself.".to_owned();
        Ok(Verified { size, agrees: finding.is_none(), finding, says })
    }
}
