//! What went wrong, as a page: what, where, what to do, and a code at the end for the one who helps.
//!
//! Refusals come in the armoury's own sentences. What lies outside somebody's reach is not found.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{StatusCode, header};
use actix_web::middleware::Next;
use actix_web::{HttpResponse, ResponseError, web};
use askama::Template;

use super::ask;
use super::frame::Frame;
use super::words::Words;
use crate::api::problem::Problem;
use crate::app::App;
use crate::desk::ActError;

/// A page that says what went wrong.
#[derive(Clone, Debug)]
pub struct Fault {
    problem: Box<Problem>,
}

impl Fault {
    /// A problem.
    #[must_use]
    pub fn of(problem: Problem) -> Self {
        Self { problem: Box::new(problem) }
    }

    /// With a sentence of the catalogue.
    #[must_use]
    pub fn sentence(words: &Words, status: u16, code: &str, key: &str) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
        Self::of(Problem::new(status, code, words.t(key)))
    }

    /// Absent, or out of reach.
    #[must_use]
    pub fn not_found(words: &Words) -> Self {
        Self::sentence(words, 404, "not_found", "fault-not-found")
    }

    /// No right to this kind of page anywhere.
    #[must_use]
    pub fn not_allowed(words: &Words) -> Self {
        Self::sentence(words, 403, "not_allowed", "fault-not-allowed")
    }

    /// Lists of a place that he counts blind.
    #[must_use]
    pub fn counts_blind(words: &Words) -> Self {
        Self::sentence(words, 403, "blind_count", "fault-blind")
    }

    /// Our fault.
    #[must_use]
    pub fn ours(cause: &(dyn std::error::Error + 'static)) -> Self {
        Self::of(Problem::ours(cause))
    }

    /// An act that was not done.
    #[must_use]
    pub fn act(error: ActError) -> Self {
        Self::of(Problem::from(error))
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.problem.fmt(f)
    }
}

impl ResponseError for Fault {
    fn status_code(&self) -> StatusCode {
        self.problem.http_status()
    }

    fn error_response(&self) -> HttpResponse {
        self.problem.error_response() // `as_pages` makes a page of it for people.
    }
}

/// The error page.
#[derive(Template)]
#[template(path = "fault.html")]
struct FaultPage {
    f: Frame,
    title: String,
    what: String,
    next: String,
    code: String,
    place: String,
}

fn page(frame: Frame, problem: &Problem) -> Option<String> {
    let (title, next) = match problem.status {
        404 => ("fault-404", "fault-404-next"),
        403 => ("fault-403", "fault-403-next"),
        422 | 409 => ("fault-refused", "fault-refused-next"),
        400 | 413 | 415 => ("fault-400", "fault-400-next"),
        429 => ("fault-429", "fault-429-next"),
        503 => ("fault-503", "fault-503-next"),
        _ => ("fault-500", "fault-500-next"),
    };
    let t = |key: &str| frame.words.maybe(key).unwrap_or_default();
    let (title, next) = (t(title), t(next));
    let place = frame.here.clone();
    FaultPage { what: sentence(&problem.detail), code: problem.code.clone(), title, next, place, f: frame }.render().ok()
}

/// Refusals are written as the second half of a sentence; a page begins with a capital and ends with a stop.
fn sentence(text: &str) -> String {
    let mut rest = text.trim().chars();
    let first = rest.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    let stop = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{first}{}{stop}", rest.as_str())
}

/// Makes a page of every problem, for those who did not ask for JSON.
///
/// # Errors
/// As the handlers'.
pub async fn as_pages(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let accept = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("");
    let wants_json = accept == "application/json" || accept.starts_with("application/problem+json");
    let answer = match next.call(request).await {
        Ok(answer) => answer.map_into_boxed_body(),
        Err(error) => return Err(error),
    };
    let found = answer.response().error().and_then(|error| {
        error.as_error::<Fault>().map(|fault| (*fault.problem).clone()).or_else(|| error.as_error::<Problem>().cloned())
    });
    let Some(problem) = found.filter(|_| !wants_json) else { return Ok(answer) };
    let app = answer.request().app_data::<web::Data<App>>().expect("the server gives every request the app").clone();
    let frame = ask::stranger(&app, answer.request());
    let Some(text) = page(frame, &problem) else { return Ok(answer) };
    let (request, _) = answer.into_parts();
    let response = HttpResponse::build(problem.http_status()).content_type("text/html; charset=utf-8").body(text);
    Ok(ServiceResponse::new(request, response))
}

/// What no page answers.
pub async fn nothing(request: actix_web::HttpRequest) -> Result<HttpResponse, Fault> {
    Err(Fault::not_found(&ask::words(&request)))
}

#[cfg(test)]
mod tests {
    use super::sentence;

    #[test]
    fn a_sentence_begins_and_ends() {
        assert_eq!(sentence("the serial is empty; write it down"), "The serial is empty; write it down.");
        assert_eq!(sentence("Done."), "Done.");
    }
}
