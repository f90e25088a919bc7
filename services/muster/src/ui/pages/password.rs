//! Choosing one's own password: what whoever signs in with a given one does first.

use std::collections::BTreeMap;

use actix_web::web;
use askama::Template;

use crate::api::problem::Problem;
use crate::app::App;
use crate::auth::sign_in::{self, SignInError};
use crate::auth::{self, Checked};
use crate::desk::ActError;
use crate::ui::ask::{Ask, Page, go, stranger_of};
use crate::ui::fault::Fault;
use crate::ui::frame::Frame;

#[derive(Template)]
#[template(path = "password.html")]
struct PasswordPage {
    f: Frame,
    wrong: Option<String>,
    given: bool,
}

/// `GET /password`.
///
/// # Errors
/// When the accounts do not answer.
pub async fn page(ask: Ask) -> Page {
    show(&ask, None)
}

fn show(ask: &Ask, wrong: Option<String>) -> Page {
    let account = ask.app.accounts().account(&ask.who.service_number).map_err(|cause| Fault::ours(&cause))?;
    let given = account.is_some_and(|account| account.must_change);
    ask.show(&PasswordPage { f: stranger_of(ask), wrong, given })
}

/// `POST /password`: the old one, and the new one twice. The sign-in begins anew.
///
/// # Errors
/// When the accounts do not answer.
pub async fn choose(ask: Ask, form: Checked<BTreeMap<String, String>>) -> Page {
    let get = |name: &str| form.0.get(name).map_or("", String::as_str);
    let (old, new, number) = (get("old"), get("new"), ask.who.service_number.clone());
    if new != get("again") {
        return show(&ask, Some(ask.words.t("password-twice")));
    }
    if new == old {
        return show(&ask, Some(ask.words.t("password-same")));
    }
    match sign_in::check(&ask.app, number.as_str(), old, &ask.from).await {
        Ok(_) => {}
        Err(SignInError::Wait(seconds)) => return show(&ask, Some(ask.words.tn("sign-in-wait", seconds))),
        Err(SignInError::Accounts(cause)) => return Err(Fault::ours(&cause)),
        Err(SignInError::Wrong | SignInError::MustChange) => return show(&ask, Some(ask.words.t("sign-in-wrong"))),
    }
    match ask.app.give_account(&number, new, false).await {
        Ok(()) => {}
        Err(refused @ ActError::Invalid(_)) => return show(&ask, Some(refused.to_string())),
        Err(other) => return Err(Fault::of(Problem::from(other))),
    }
    again(&ask.app, &number, &ask.from)
}

/// The former sign-ins ended with the former password; this one goes on under a new secret.
fn again(app: &web::Data<App>, number: &armoury::ids::ServiceNumber, from: &str) -> Page {
    let (secret, _) = app.accounts().begin_sign_in(number, from, app.now()).map_err(|cause| Fault::ours(&cause))?;
    let cookie = auth::cookie(&secret, app.config().is_encrypted());
    let mut answer = go("/?done=password");
    answer.headers_mut().append(cookie.0, cookie.1);
    Ok(answer)
}
