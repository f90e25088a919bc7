//! Gateways and readers: announced by themselves, enrolled by two, their batches taken in.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use armoury::command::gateway as ask;
use armoury::command::{Command, GatewayCommand};
use armoury::ids::{GatewayKey, PlaceId};
use armoury::rights::Act;
use armoury::view::{GatewayRow, Page, ReaderRow};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tag_data::batch::{BATCH_BYTES_MAX, Receipt, key_id};

use super::ask::{Ask, done, unread};
use super::problem::Problem;
use super::read::{self, Plain, paged, query};
use super::{Needs, Route, route};
use crate::accounts::waiting::Waiting;
use crate::app::App;
use crate::auth::{Who, rate, sign_in};
use crate::desk::{ActError, Done};
use crate::intake::{IntakeError, confirmation_code};

const READ: Needs = Needs::Right(Act::ReadReaders);

/// The rows of this noun.
pub const ROUTES: &[Route] = &[
    route!(GET "/readers", READ, readers, "Readers in scope and what they do", query: ListQuery, answer: Page<ReaderRow>),
    route!(GET "/gateways", READ, list, "Gateways in the book, and those that wait", query: Plain, answer: Gateways),
    route!(POST "/gateways", Needs::Nobody, announce, "A gateway announces itself; kept outside the book until two people agree",
        body: Announce, answer: Waits),
    route!(GET "/gateways/{key}", READ, one, "One gateway", query: Plain, answer: GatewayRow),
    route!(POST "/gateways/{key}/propose", Needs::Right(Act::ProposeGateway), propose, "Propose one that waits, by the code on its screen",
        body: Propose, answer: Done),
    route!(POST "/gateways/{key}/enrol", Needs::Right(Act::EnrolGateway), enrol, "Enrol it: the second person",
        body: Enrol, answer: Done),
    route!(POST "/gateways/{key}/revoke", Needs::Right(Act::RevokeGateway), revoke, "Close its key", body: ask::Revoke, answer: Done),
    route!(POST "/gateways/{key}/batches", Needs::Nobody, batches, "Hand in a signed batch", answer: Receipt),
];

query! {
    /// Which readers.
    ListQuery {
        /// In this place and below.
        place: PlaceId,
        /// Where the page before ended.
        cursor: String,
        /// Rows of a page, at most 500.
        limit: usize,
    }
}

/// All gateways.
#[derive(Serialize, JsonSchema)]
struct Gateways {
    /// In the book.
    rows: Vec<GatewayRow>,
    /// How many.
    total: usize,
    /// Announced, and waiting for two people.
    waiting: Vec<Waiting>,
    /// The service's public key, base64: a gateway's `service_key`. Empty while the key is gone.
    service_key: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Announce {
    /// Its name in its own configuration.
    id: String,
    /// Its Ed25519 public key, base64 with padding.
    public_key: String,
    /// Words given by the service's people for this enrolment.
    #[serde(default)]
    code_words: Option<String>,
}

/// What an announced gateway shows on its own screen.
#[derive(Serialize, JsonSchema)]
struct Waits {
    /// Its key id.
    key: String,
    /// The code that must be the same on both screens.
    code: String,
    /// The service's public key, base64.
    service_key: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Propose {
    /// The code read on the gateway's screen.
    code: String,
    /// Its name, if it is not to be the announced one.
    #[serde(default)]
    name: Option<String>,
    /// Its public key, for a gateway that is not on the network and so has not announced itself.
    #[serde(default)]
    public_key: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Enrol {
    /// The proposal's event id.
    request: armoury::ids::EventId,
    /// The code read on the gateway's screen.
    code: String,
}

async fn readers(app: web::Data<App>, who: Who, query: web::Query<ListQuery>) -> Result<HttpResponse, Problem> {
    let read = read::open(&app, &who, Act::ReadReaders, &*query).await?;
    let scope = read.narrowed(query.place)?;
    let mut rows = read.book.gateways.readers();
    rows.retain(|row| match row.place {
        Some(place) => read.book.places.in_scope(&scope, place),
        None => scope == armoury::view::Scope::Everywhere,
    });
    let key = |row: &ReaderRow| format!("{}/{}", row.gateway, row.reader);
    Ok(HttpResponse::Ok().json(paged(rows, key, query.cursor.as_deref(), query.limit)?))
}

async fn list(app: web::Data<App>, who: Who, query: web::Query<Plain>) -> Result<HttpResponse, Problem> {
    let read = read::open(&app, &who, Act::ReadReaders, &*query).await?;
    let rows: Vec<GatewayRow> = read.book.gateways.rows().cloned().collect();
    drop(read);
    let waiting = app.accounts().waiting_gateways().map_err(|cause| Problem::ours(&cause))?;
    let waiting = waiting.into_iter().filter(|one| !rows.iter().any(|row| row.gateway.as_str() == one.key)).collect();
    Ok(HttpResponse::Ok().json(Gateways { total: rows.len(), rows, waiting, service_key: service_key(&app) }))
}

async fn one(
    app: web::Data<App>,
    who: Who,
    key: web::Path<GatewayKey>,
    query: web::Query<Plain>,
) -> Result<HttpResponse, Problem> {
    let read = read::open(&app, &who, Act::ReadReaders, &*query).await?;
    Ok(HttpResponse::Ok().json(read.book.gateways.get(&key).ok_or_else(Problem::not_found)?))
}

/// Empty while the key is gone.
fn service_key(app: &App) -> String {
    app.signing_key().map(|key| STANDARD.encode(key.verifying_key().as_bytes())).unwrap_or_default()
}

fn code_of(app: &App, public_key: &[u8; 32]) -> Result<String, Problem> {
    Ok(confirmation_code(public_key, app.signing_key()?.verifying_key().as_bytes()))
}

fn public_key(text: &str) -> Result<[u8; 32], Problem> {
    let bytes = STANDARD.decode(text).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    let wrong = || Problem::bad_request("key_not_understood", "A public key is 32 bytes in base64 with padding.");
    bytes.filter(|bytes| ed25519_dalek::VerifyingKey::from_bytes(bytes).is_ok()).ok_or_else(wrong)
}

async fn announce(app: web::Data<App>, request: HttpRequest, asked: web::Json<Announce>) -> Result<HttpResponse, Problem> {
    let address = sign_in::address(&request);
    rate::take(&app, &format!("announce {address}"), 20)?;
    let Announce { id, public_key: text, code_words } = asked.into_inner();
    let key = public_key(&text)?;
    let short = |text: &str| text.chars().filter(|c| !c.is_control()).take(64).collect::<String>();
    let name = code_words.map_or_else(|| short(&id), |words| format!("{} ({})", short(&id), short(&words)));
    let (id, code) = (key_id(&key), code_of(&app, &key)?);
    let known = id.parse().ok().is_some_and(|id: GatewayKey| app.views().gateways.get(&id).is_some());
    if !known {
        let waiting =
            Waiting { key: id.clone(), public_key: STANDARD.encode(key), name, code: code.clone(), address, heard_at: app.now() };
        app.accounts().gateway_waits(&waiting).map_err(|cause| Problem::ours(&cause))?;
    }
    Ok(HttpResponse::Accepted().json(Waits { key: id, code, service_key: service_key(&app) }))
}

/// The right first: who has none is not told whether a gateway waits, is in the book, or has that code.
fn may(app: &App, who: &Who, act: Act) -> Result<(), Problem> {
    let role = armoury::rights::may(&who.grants, act, &[], app.now());
    role.map(drop).ok_or_else(|| ActError::NotAllowed.into())
}

async fn propose(
    app: web::Data<App>,
    who: Who,
    key: web::Path<GatewayKey>,
    asked: Ask<Propose>,
) -> Result<HttpResponse, Problem> {
    may(&app, &who, Act::ProposeGateway)?;
    let Propose { code, name, public_key: given } = asked.fields;
    let waiting = app.accounts().waiting_gateways().map_err(|cause| Problem::ours(&cause))?;
    let waiting = waiting.into_iter().find(|one| one.key == key.as_str());
    let text = given.or_else(|| waiting.as_ref().map(|one| one.public_key.clone())).ok_or_else(Problem::not_found)?;
    let public = public_key(&text)?;
    if key_id(&public) != key.as_str() {
        return Err(Problem::bad_request("key_not_understood", "This public key has another key id."));
    }
    same_code(&app, &public, &code)?;
    let name = name.or_else(|| waiting.map(|one| one.name)).unwrap_or_else(|| key.to_string());
    let propose = ask::Propose { public_key: STANDARD.encode(public), name };
    let command = Command::Gateway(key.clone(), GatewayCommand::Propose(propose));
    let did = app.act(&who, command, asked.how).await?;
    app.accounts().gateway_waits_no_more(key.as_str()).map_err(|cause| Problem::ours(&cause))?;
    Ok(done(&did))
}

fn same_code(app: &App, public: &[u8; 32], code: &str) -> Result<(), Problem> {
    let plain = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_uppercase();
    if plain(code) == plain(&code_of(app, public)?) {
        return Ok(());
    }
    let words = "The code on the gateway's screen is another one: this is not that gateway.";
    Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "other_code", words))
}

async fn enrol(app: web::Data<App>, who: Who, key: web::Path<GatewayKey>, asked: Ask<Enrol>) -> Result<HttpResponse, Problem> {
    may(&app, &who, Act::EnrolGateway)?;
    let Enrol { request, code } = asked.fields;
    let text = app.views().gateways.get(&key).map(|row| row.public_key.clone()).ok_or_else(Problem::not_found)?;
    same_code(&app, &public_key(&text)?, &code)?;
    let command = Command::Gateway(key.into_inner(), GatewayCommand::Enrol(ask::Enrol { request }));
    Ok(done(&app.act(&who, command, asked.how).await?))
}

async fn revoke(
    app: web::Data<App>,
    who: Who,
    key: web::Path<GatewayKey>,
    asked: Ask<ask::Revoke>,
) -> Result<HttpResponse, Problem> {
    let command = Command::Gateway(key.into_inner(), GatewayCommand::Revoke(asked.fields));
    Ok(done(&app.act(&who, command, asked.how).await?))
}

async fn batches(
    app: web::Data<App>,
    request: HttpRequest,
    key: web::Path<GatewayKey>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    // By address too: nobody has proved anything yet, and a stranger must not use up the gateway's own rate.
    rate::take(&app, &format!("batches {key} {}", sign_in::address(&request)), 1)?;
    let body = payload.to_bytes_limited(BATCH_BYTES_MAX).await.map_err(|_| refused(IntakeError::TooLarge))?;
    let body = body.map_err(|cause| unread(&cause))?;
    Ok(HttpResponse::Ok().json(app.take_in(&key, &body).await.map_err(refused)?))
}

fn refused(error: IntakeError) -> Problem {
    let said = error.to_string();
    match error {
        IntakeError::TooLarge => Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", said),
        IntakeError::Form(_) => Problem::bad_request("batch_not_understood", said),
        IntakeError::NotEnrolled => Problem::new(StatusCode::FORBIDDEN, "gateway-not-enrolled", said),
        IntakeError::Signature => Problem::new(StatusCode::FORBIDDEN, "signature_wrong", said),
        IntakeError::SendFrom(next) => Problem::new(StatusCode::CONFLICT, "send_from", said).with("send_from", next),
        IntakeError::Contradicts { sequence, next } => {
            let problem = Problem::new(StatusCode::CONFLICT, "sequence_contradicted", said);
            problem.with("send_from", next).with("sequence", sequence)
        }
        IntakeError::Busy => Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", said).with("retry_after", 1),
        IntakeError::Act(error) => error.into(),
    }
}
