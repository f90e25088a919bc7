//! Signing in and out. The same answer whether the number exists or not.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use crate::app::App;
use crate::auth::sign_in::{self, SignInError};
use crate::auth::{self, Checked, Who};
use crate::ui::acts::{Fields, field};
use crate::ui::ask::{self, Page, go, query, show};
use crate::ui::fault::Fault;
use crate::ui::frame::Frame;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    f: Frame,
    /// Every account is gone; the sentence says so.
    nobody: Option<String>,
    wrong: Option<String>,
    number: String,
    back: String,
}

/// A path of ours to go to afterwards, else the first page.
fn inside(back: &str) -> String {
    let ours = back.starts_with('/') && !back.starts_with("//") && !back.contains(['\\', '\r', '\n']);
    if ours { back.to_owned() } else { "/".to_owned() }
}

/// `GET /sign-in`.
///
/// # Errors
/// Never for what is asked.
pub async fn page(app: web::Data<App>, request: HttpRequest) -> Page {
    let f = ask::stranger(&app, &request);
    let back = query(&request).remove("back").unwrap_or_default();
    show(&SignInPage { nobody: nobody(&app, &f), wrong: None, number: String::new(), back, f: f.clone() }, &f.words)
}

/// `POST /sign-in`.
///
/// # Errors
/// When the accounts do not answer.
pub async fn enter(app: web::Data<App>, request: HttpRequest, form: web::Form<BTreeMap<String, String>>) -> Page {
    let f = ask::stranger(&app, &request);
    let get = |name: &str| form.get(name).map_or("", String::as_str);
    let wrong = match sign_in::begin(&app, get("number"), get("password"), &sign_in::address(&request)).await {
        Ok((_, secret)) => {
            sign_in::end_former(&app, &request);
            let cookie = auth::cookie(&secret, app.config().is_encrypted());
            let mut answer = go(&inside(get("back")));
            answer.headers_mut().append(cookie.0, cookie.1);
            return Ok(answer);
        }
        Err(SignInError::Wrong) => f.t("sign-in-wrong"),
        Err(SignInError::Wait(seconds)) => f.words.tn("sign-in-wait", seconds),
        Err(error @ SignInError::MustChange) => error.to_string(),
        Err(SignInError::Accounts(cause)) => return Err(Fault::ours(&cause)),
    };
    let (number, back) = (get("number").to_owned(), get("back").to_owned());
    show(&SignInPage { nobody: nobody(&app, &f), wrong: Some(wrong), number, back, f: f.clone() }, &f.words)
}

/// Said before anybody tries in vain: no password is right where there are no accounts.
fn nobody(app: &App, f: &Frame) -> Option<String> {
    app.gone().accounts.then(|| f.t("sign-in-nobody"))
}

/// `POST /sign-out`.
///
/// # Errors
/// When the accounts do not answer.
pub async fn leave(app: web::Data<App>, request: HttpRequest, _who: Who, form: Checked<Fields>) -> Page {
    let encrypted = app.config().is_encrypted();
    let _ = field(&form.0, "back");
    if let Some(secret) = auth::cookie_secret(request.headers(), encrypted) {
        let _alone = app.change_rights().await;
        app.accounts().end_sign_in(secret).map_err(|cause| Fault::ours(&cause))?;
    }
    let mut answer = HttpResponse::SeeOther();
    let answer = answer.insert_header(auth::no_cookie(encrypted)).insert_header(auth::clear_site_data());
    Ok(answer.insert_header(("location", "/sign-in")).finish())
}

#[cfg(test)]
mod tests {
    #[test]
    fn signing_in_leads_to_our_own_pages() {
        assert_eq!(
            ["/counts?x=1", "//evil.example", "https://evil.example", ""].map(super::inside),
            ["/counts?x=1", "/", "/", "/"]
        );
    }
}
