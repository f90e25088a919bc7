//! Problems: RFC 9457 `application/problem+json` with a stable `code`, a sentence, and no secrets.
//!
//! Whatever was outside the asker's scope is "not found": nobody learns that it exists.

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, RETRY_AFTER};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::desk::{ActError, is_full};

/// One problem, as it is answered.
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Problem {
    /// A name for the kind of problem: `urn:muster:problem:` and the code with hyphens.
    #[serde(rename = "type")]
    pub kind: String,
    /// The HTTP status in words.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// A stable code, snake case.
    pub code: String,
    /// A sentence for a person.
    pub detail: String,
    /// Further members, such as `send_from`.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

impl Problem {
    /// A problem with its status, code and sentence.
    #[must_use]
    pub fn new(status: StatusCode, code: &str, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:muster:problem:{}", code.replace('_', "-")),
            title: status.canonical_reason().unwrap_or("Problem"),
            status: status.as_u16(),
            code: code.to_owned(),
            detail: detail.into(),
            more: Map::new(),
        }
    }

    /// Adds a member.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.more.insert(name.to_owned(), value.into());
        self
    }

    /// 404: absent, or outside the asker's scope; the same answer for both.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "There is nothing of this name that you may see.")
    }

    /// 400: a value that cannot be read.
    #[must_use]
    pub fn bad_request(code: &str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    /// 401: nobody is signed in.
    #[must_use]
    pub fn not_signed_in() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "not_signed_in", "Sign in first, or send a token that is still good.")
    }

    /// 429 with the seconds to wait.
    #[must_use]
    pub fn too_many(seconds: i64) -> Self {
        let detail = format!("Too many requests; try again in {seconds} seconds.");
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", detail).with("retry_after", seconds)
    }

    /// 507: the disk is full; nothing was written.
    fn full(said: String) -> Self {
        Self::new(StatusCode::INSUFFICIENT_STORAGE, "disk_full", said)
    }

    /// 500: our fault. The cause goes to our own log, never to the asker.
    #[must_use]
    pub fn ours(cause: &(dyn std::error::Error + 'static)) -> Self {
        if is_full(cause) {
            return Self::full(ActError::Full.to_string());
        }
        let mut words = cause.to_string();
        let mut deeper = cause.source();
        while let Some(cause) = deeper {
            words = format!("{words}: {cause}");
            deeper = cause.source();
        }
        tracing::error!(cause = %words, "a request could not be answered");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something failed here; the service's own log says what.")
    }

    /// The status as HTTP knows it.
    #[must_use]
    pub fn http_status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.detail, self.code)
    }
}

impl std::error::Error for Problem {}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.http_status()
    }

    fn error_response(&self) -> HttpResponse {
        let mut answer = HttpResponse::build(self.http_status());
        answer.content_type("application/problem+json");
        if let Some(seconds) = self.more.get("retry_after").and_then(Value::as_i64) {
            answer.insert_header((RETRY_AFTER, HeaderValue::from(seconds)));
        }
        answer.body(serde_json::to_vec(self).unwrap_or_default())
    }
}

impl From<ActError> for Problem {
    fn from(error: ActError) -> Self {
        let said = error.to_string();
        match error {
            ActError::Refused(refusal) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, refusal.code(), said),
            ActError::SignedOut => Self::not_signed_in(),
            ActError::NotFound => Self::not_found(),
            ActError::NotAllowed => Self::new(StatusCode::FORBIDDEN, "not_allowed", said),
            ActError::Conflict => Self::new(StatusCode::CONFLICT, "conflict", said),
            ActError::KeyReused => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused", said),
            ActError::InProgress => Self::new(StatusCode::CONFLICT, "request_in_progress", said).with("retry_after", 1),
            ActError::ReadOnly(_) => Self::new(StatusCode::SERVICE_UNAVAILABLE, "log_read_only", said),
            ActError::Busy => Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", said).with("retry_after", 1),
            ActError::Full => Self::full(said),
            ActError::SecondPerson => Self::new(StatusCode::FORBIDDEN, "second_person_not_signed_in", said),
            ActError::Throttled(seconds) => Self::too_many(seconds),
            ActError::Invalid(_) => Self::bad_request("invalid", said),
            ActError::Failed(cause) => Self::ours(cause.as_ref()),
        }
    }
}
