//! Signing in and out over the API, and who one is.

use actix_web::{HttpRequest, HttpResponse, web};
use armoury::event::person::Grant;
use armoury::ids::ServiceNumber;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::problem::Problem;
use super::{Needs, Route, route};
use crate::app::App;
use crate::auth::sign_in::{self, SignInError};
use crate::auth::{self, Who};

/// The rows of this noun.
pub const ROUTES: &[Route] = &[
    route!(POST "/session", Needs::Nobody, begin, "Sign in; the cookie comes with the answer", body: SignIn, answer: SignedIn),
    route!(DELETE "/session", Needs::SignedIn, end, "Sign out"),
    route!(GET "/me", Needs::SignedIn, me, "Who I am and what I may", answer: Me),
];

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SignIn {
    service_number: String,
    password: String,
}

#[derive(Serialize, JsonSchema)]
struct SignedIn {
    service_number: ServiceNumber,
    /// Send this back as `X-CSRF-Token` with every write by cookie.
    csrf: String,
}

/// Who one is.
#[derive(Serialize, JsonSchema)]
struct Me {
    service_number: ServiceNumber,
    /// The name, while its key exists.
    name: Option<String>,
    locale: String,
    grants: Vec<Grant>,
    /// For writes by cookie.
    csrf: String,
}

async fn begin(app: web::Data<App>, request: HttpRequest, asked: web::Json<SignIn>) -> Result<HttpResponse, Problem> {
    let from = sign_in::address(&request);
    let (person, secret) = sign_in::begin(&app, &asked.service_number, &asked.password, &from).await.map_err(refused)?;
    sign_in::end_former(&app, &request);
    let encrypted = app.config().is_encrypted();
    let csrf = auth::csrf_of(&secret);
    Ok(HttpResponse::Created().insert_header(auth::cookie(&secret, encrypted)).json(SignedIn { service_number: person, csrf }))
}

/// What a failed sign-in answers.
#[must_use]
pub fn refused(error: SignInError) -> Problem {
    match error {
        SignInError::Wrong => {
            Problem::new(actix_web::http::StatusCode::UNAUTHORIZED, "sign_in_failed", SignInError::Wrong.to_string())
        }
        SignInError::Wait(seconds) => Problem::too_many(seconds),
        SignInError::MustChange => auth::must_change(),
        SignInError::Accounts(cause) => Problem::ours(&cause),
    }
}

async fn end(app: web::Data<App>, request: HttpRequest, _who: Who) -> Result<HttpResponse, Problem> {
    let encrypted = app.config().is_encrypted();
    if let Some(secret) = auth::cookie_secret(request.headers(), encrypted) {
        let _alone = app.change_rights().await;
        app.accounts().end_sign_in(secret).map_err(|cause| Problem::ours(&cause))?;
    }
    Ok(HttpResponse::NoContent().insert_header(auth::no_cookie(encrypted)).insert_header(auth::clear_site_data()).finish())
}

async fn me(app: web::Data<App>, who: Who) -> HttpResponse {
    let name = app.name(&who.service_number);
    let csrf = auth::csrf_token(&who).to_owned();
    HttpResponse::Ok().json(Me { name, csrf, service_number: who.service_number, locale: who.locale, grants: who.grants })
}
