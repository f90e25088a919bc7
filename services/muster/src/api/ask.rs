//! What is asked, read at the door: a body in its shape, and around it when, how known and why.
//!
//! Every write takes the fields of its act and, beside them, `occurred_at`, `basis` and `reason`.
//! The `Idempotency-Key` header makes a repetition harmless; `X-Device` names the device; `X-Seen` is
//! the last position the client has seen: what changed after it answers 409 instead of being overruled.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use armoury::codes::Basis;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use tag_data::moment::Moment;

use super::problem::Problem;
use crate::desk::{Done, How};
use crate::server::patience;

/// An act's fields and how it is done.
#[derive(Clone, Debug)]
pub struct Ask<T> {
    /// The act's own fields.
    pub fields: T,
    /// When, how known, why, under which key.
    pub how: How,
}

/// What stands beside an act's own fields.
#[derive(Clone, Debug, Default, JsonSchema, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Beside {
    /// When it happened, if not now.
    #[serde(default)]
    pub occurred_at: Option<Moment>,
    /// How that time is known.
    #[serde(default)]
    pub basis: Option<Basis>,
    /// Why, in the actor's words.
    #[serde(default)]
    pub reason: Option<String>,
}

impl<T: DeserializeOwned + 'static> FromRequest for Ask<T> {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let kind = header_text(request, header::CONTENT_TYPE.as_str()).unwrap_or_default();
        let (key, device) = (header_text(request, "idempotency-key"), header_text(request, "x-device"));
        let seen = header_text(request, "x-seen");
        let body = web::Bytes::from_request(request, payload);
        Box::pin(async move {
            let body = body.await.map_err(|cause| unread(&cause))?;
            let (fields, beside) = read(&kind, &body)?;
            let device = device.map(|device| device.chars().filter(|c| !c.is_control()).take(64).collect());
            let seen = seen.map(|seen| seen.parse()).transpose();
            let seen = seen.map_err(|_| Problem::bad_request("position", "X-Seen is a position in the log."))?;
            let Beside { occurred_at, basis, reason } = beside;
            Ok(Self { fields, how: How { occurred_at, basis, reason, idempotency_key: key, device, seen, ..How::default() } })
        })
    }
}

/// Whether a JSON body is understood as this act, with what may stand beside it.
pub fn understands<T: DeserializeOwned>(body: &[u8]) -> bool {
    read::<T>("application/json", body).is_ok()
}

fn read<T: DeserializeOwned>(kind: &str, body: &[u8]) -> Result<(T, Beside), Problem> {
    let wrong = |cause: serde_json::Error| Problem::bad_request("body_not_understood", cause.to_string());
    if !body.is_empty() && kind.split(';').next().map(str::trim) != Some("application/json") {
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json", "Send the body as application/json."));
    }
    let whole: &[u8] = if body.is_empty() { b"{}" } else { body };
    let mut fields: Map<String, Value> = serde_json::from_slice(whole).map_err(wrong)?;
    let beside = ["occurred_at", "basis", "reason"].into_iter().filter_map(|name| fields.remove_entry(name)).collect();
    let beside: Beside = serde_json::from_value(Value::Object(beside)).map_err(wrong)?;
    if beside.reason.as_ref().is_some_and(|reason| reason.chars().count() > 2000) {
        return Err(Problem::bad_request("reason_too_long", "A reason has at most 2000 characters."));
    }
    Ok((serde_json::from_value(Value::Object(fields)).map_err(wrong)?, beside))
}

fn header_text(request: &HttpRequest, name: &str) -> Option<String> {
    Some(request.headers().get(name)?.to_str().unwrap_or("").to_owned())
}

/// Why a body was not read to its end.
#[must_use]
pub fn unread(cause: &actix_web::Error) -> Problem {
    match cause.as_error() {
        Some(PayloadError::Overflow) => too_large(),
        _ if patience::ran_out(cause) => Problem::new(StatusCode::REQUEST_TIMEOUT, "too_slow", "The body did not come in time."),
        _ => Problem::bad_request("body_not_understood", "The body broke off."),
    }
}

/// 413.
#[must_use]
pub fn too_large() -> Problem {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "The body is larger than this address takes.")
}

/// The answer to a write that made something new.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Made {
    /// The id of what was made.
    pub id: String,
    /// Position of the last event written.
    pub position: u64,
    /// The events written.
    pub event_ids: Vec<armoury::ids::EventId>,
}

/// 201 with the new thing's id.
#[must_use]
pub fn made(id: impl ToString, done: Done) -> HttpResponse {
    HttpResponse::Created().json(Made { id: id.to_string(), position: done.position, event_ids: done.event_ids })
}

/// 200 with position and events.
#[must_use]
pub fn done(done: &Done) -> HttpResponse {
    HttpResponse::Ok().json(done)
}
