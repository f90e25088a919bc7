//! Who is asking: the sign-in's cookie or a token, turned into a person with his rights.
//!
//! Cookies are `HttpOnly`, `SameSite=Strict`, and `__Host-` where the connection is encrypted.
//! A write that comes by cookie carries the sign-in's own token (`csrf`) as well. Pages send the
//! unknown to the sign-in page; the API answers 401.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::{FromRequest, HttpRequest, HttpResponse, ResponseError, web};
use armoury::event::Actor;
use armoury::event::person::Grant;
use armoury::ids::ServiceNumber;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use crate::accounts::passwords::same;
use crate::api::problem::Problem;
use crate::app::App;

pub mod form;
pub mod guard;
pub mod rate;
pub mod sign_in;

pub use form::Checked;
pub use guard::csrf_token;

/// How the asker is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// A cookie: the browser sends it by itself, so writes need the `csrf` token too.
    Cookie,
    /// A token in the header: nothing sends it by itself.
    Token,
    /// One act signed with number and password in the first person's form.
    Once,
}

/// The person who asks.
#[derive(Clone, Debug)]
pub struct Who {
    /// By which the book knows him.
    pub service_number: ServiceNumber,
    /// Which sign-in: the label that stands in the book.
    pub sign_in: String,
    /// His rights now.
    pub grants: Vec<Grant>,
    /// Language of his pages.
    pub locale: String,
    /// How he is known.
    pub by: By,
    csrf: String,
}

impl Who {
    /// A person known otherwise than by a request: set-up, a second signature, the demonstration, tests.
    #[must_use]
    pub fn once(service_number: ServiceNumber, sign_in: String, grants: Vec<Grant>, locale: String) -> Self {
        Self { service_number, sign_in, grants, locale, by: By::Once, csrf: String::new() }
    }

    /// The actor as the book records him.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor::Person { service_number: self.service_number.clone(), sign_in: self.sign_in.clone() }
    }
}

/// Why nobody is known; pages and the API answer it differently.
#[derive(Debug)]
pub enum NotKnown {
    /// A page: on to the sign-in page, and back afterwards.
    Page(String),
    /// A page, by somebody who has yet to choose his own password.
    Password,
    /// The API.
    Api(Problem),
}

impl std::fmt::Display for NotKnown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("nobody is signed in")
    }
}

impl ResponseError for NotKnown {
    fn status_code(&self) -> actix_web::http::StatusCode {
        match self {
            Self::Page(_) | Self::Password => actix_web::http::StatusCode::SEE_OTHER,
            Self::Api(problem) => problem.http_status(),
        }
    }

    fn error_response(&self) -> HttpResponse {
        match self {
            Self::Page(back) => {
                HttpResponse::SeeOther().insert_header((header::LOCATION, format!("/sign-in?back={back}"))).finish()
            }
            Self::Password => HttpResponse::SeeOther().insert_header((header::LOCATION, "/password")).finish(),
            Self::Api(problem) => problem.error_response(),
        }
    }
}

impl FromRequest for Who {
    type Error = NotKnown;
    type Future = Ready<Result<Self, NotKnown>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(known(request))
    }
}

fn known(request: &HttpRequest) -> Result<Who, NotKnown> {
    let app = request.app_data::<web::Data<App>>().expect("the server gives every request the app");
    let refuse = |problem: Problem| -> NotKnown {
        if is_api(request.path()) { NotKnown::Api(problem) } else { NotKnown::Page(percent(request)) }
    };
    let by_token = bearer(request);
    let (found, by, csrf) = if let Some(token) = by_token {
        (app.accounts().token(token, app.now()), By::Token, String::new())
    } else {
        let Some(secret) = cookie_secret(request.headers(), app.config().is_encrypted()) else {
            return Err(refuse(Problem::not_signed_in()));
        };
        (app.accounts().session(secret, &app.config().sign_in, app.now()), By::Cookie, csrf_of(secret))
    };
    let session = found.map_err(|cause| NotKnown::Api(Problem::ours(&cause)))?.ok_or_else(|| refuse(Problem::not_signed_in()))?;
    rate::account(app, &session.service_number).map_err(NotKnown::Api)?;
    if session.must_change && !WITH_A_GIVEN_PASSWORD.contains(&request.path()) {
        return Err(if is_api(request.path()) { NotKnown::Api(must_change()) } else { NotKnown::Password });
    }
    let grants = app.grants(&session.service_number);
    let who = Who { service_number: session.service_number, sign_in: session.sign_in, grants, locale: session.locale, by, csrf };
    guard::api_write(request, &who).map_err(NotKnown::Api)?;
    Ok(who)
}

/// All that a sign-in by a password which somebody else chose can do: see who it is, choose another, leave.
const WITH_A_GIVEN_PASSWORD: &[&str] = &["/password", "/sign-out", "/api/v1/me", "/api/v1/me/password", "/api/v1/session"];

/// 403 for whoever has yet to choose his own password.
#[must_use]
pub fn must_change() -> Problem {
    let words = "This password was given by somebody else: choose your own first, under /api/v1/me/password or /password.";
    Problem::new(actix_web::http::StatusCode::FORBIDDEN, "password_must_change", words)
}

/// Whether this path is answered with problems rather than pages.
#[must_use]
pub fn is_api(path: &str) -> bool {
    path.starts_with("/api/") || path == "/metrics"
}

fn bearer(request: &HttpRequest) -> Option<&str> {
    request.headers().get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ").map(str::trim)
}

/// The way back after signing in: this page's own path, escaped for an address.
fn percent(request: &HttpRequest) -> String {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"/-_.~".contains(&b);
    path.bytes().take(512).map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

/// The cookie's name: browsers hold `__Host-` to this host and to encryption.
#[must_use]
pub const fn cookie_name(encrypted: bool) -> &'static str {
    if encrypted { "__Host-muster" } else { "muster" }
}

/// The secret in the sign-in's cookie, if the request carries one.
#[must_use]
pub fn cookie_secret(headers: &HeaderMap, encrypted: bool) -> Option<&str> {
    let name = cookie_name(encrypted);
    let cookies = headers.get_all(header::COOKIE).filter_map(|value| value.to_str().ok()).flat_map(|all| all.split(';'));
    cookies.filter_map(|one| one.trim().split_once('=')).find(|(known, _)| *known == name).map(|(_, secret)| secret)
}

/// The cookie of a new sign-in, as a header. It ends with the browser; the server ends it earlier.
#[must_use]
pub fn cookie(secret: &str, encrypted: bool) -> (HeaderName, HeaderValue) {
    let secure = if encrypted { "; Secure" } else { "" };
    let text = format!("{}={secret}; Path=/; HttpOnly; SameSite=Strict{secure}", cookie_name(encrypted));
    (header::SET_COOKIE, HeaderValue::from_str(&text).expect("a secret of ours is printable ASCII"))
}

/// Takes the sign-in's cookie away.
#[must_use]
pub fn no_cookie(encrypted: bool) -> (HeaderName, HeaderValue) {
    let secure = if encrypted { "; Secure" } else { "" };
    let text = format!("{}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict{secure}", cookie_name(encrypted));
    (header::SET_COOKIE, HeaderValue::from_str(&text).expect("the cookie's name is printable ASCII"))
}

/// What the browser is told to forget at signing out.
#[must_use]
pub fn clear_site_data() -> (HeaderName, HeaderValue) {
    (HeaderName::from_static("clear-site-data"), HeaderValue::from_static("\"cache\", \"cookies\", \"storage\""))
}

/// The sign-in's token for forms: follows from the cookie's secret and does not reveal it.
pub(crate) fn csrf_of(secret: &str) -> String {
    let digest = Sha256::new().chain_update(b"muster-csrf/v1\n").chain_update(secret.as_bytes()).finalize();
    URL_SAFE_NO_PAD.encode(digest)
}

impl Who {
    /// Whether this is the token of his sign-in.
    #[must_use]
    pub fn holds(&self, csrf: &str) -> bool {
        self.by != By::Cookie || same(self.csrf.as_bytes(), csrf.as_bytes())
    }
}
