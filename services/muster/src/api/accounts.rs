//! Accounts and tokens: how people sign in on this machine. Nothing of it stands in the book.

use actix_web::{HttpResponse, web};
use armoury::ids::ServiceNumber;
use armoury::rights::{Act, may};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tag_data::moment::Moment;

use super::ask::Ask;
use super::problem::Problem;
use super::{Needs, Route, route};
use crate::accounts::people::Account;
use crate::accounts::tokens::TokenRow;
use crate::app::App;
use crate::auth::{By, Who};
use crate::desk::{self, ActError};

const SECURITY: Needs = Needs::Right(Act::EnrolPerson);

/// The rows of this noun.
pub const ROUTES: &[Route] = &[
    route!(GET "/people/{number}/account", SECURITY, one, "His account", answer: Account),
    route!(POST "/people/{number}/account", SECURITY, make, "Give him an account, or a new password", body: NewPassword, answer: Account),
    route!(POST "/people/{number}/account/disable", SECURITY, disable, "Disable it; every sign-in and token ends at once", answer: Account),
    route!(POST "/people/{number}/account/enable", SECURITY, enable, "Enable it again", answer: Account),
    route!(GET "/me/tokens", Needs::SignedIn, tokens, "My tokens", answer: Vec<TokenRow>),
    route!(POST "/me/tokens", Needs::SignedIn, make_token, "A new token, shown once", body: NewToken, answer: Token),
    route!(DELETE "/me/tokens/{id}", Needs::SignedIn, drop_token, "Take a token back"),
    route!(POST "/me/password", Needs::SignedIn, change_password, "Change my password", body: ChangePassword),
    route!(POST "/me/locale", Needs::SignedIn, change_locale, "Change the language of my pages", body: ChangeLocale),
];

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewPassword {
    /// The password; he has to change it at his first sign-in.
    password: String,
    /// Who signs beside: needed to give a new password to somebody who has an account or rights,
    /// because who knows two people's passwords could act as both.
    #[serde(default)]
    second: Option<Second>,
}

/// A second person, signing this one act.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Second {
    service_number: String,
    password: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ChangePassword {
    old: String,
    new: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ChangeLocale {
    /// A language tag, such as `en`.
    locale: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewToken {
    /// What it is for, in words.
    label: String,
    /// When it ends.
    #[serde(default)]
    expires_at: Option<Moment>,
}

/// A token, this once with its secret.
#[derive(Serialize, JsonSchema)]
struct Token {
    /// The secret: send it as `Authorization: Bearer`. It is never shown again.
    token: String,
    #[serde(flatten)]
    row: TokenRow,
}

fn failed(error: crate::accounts::AccountsError) -> Problem {
    Problem::from(desk::refused_account(error))
}

async fn one(app: web::Data<App>, who: Who, number: web::Path<ServiceNumber>) -> Result<HttpResponse, Problem> {
    desk::may_enrol(&app, &who)?;
    shown(&app, &number)
}

fn shown(app: &App, number: &ServiceNumber) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(app.accounts().account(number).map_err(failed)?.ok_or_else(Problem::not_found)?))
}

async fn make(
    app: web::Data<App>,
    who: Who,
    request: actix_web::HttpRequest,
    number: web::Path<ServiceNumber>,
    asked: Ask<NewPassword>,
) -> Result<HttpResponse, Problem> {
    desk::may_enrol(&app, &who)?;
    let number = number.into_inner();
    let known = app.accounts().account(&number).map_err(failed)?.is_some();
    if known || !app.grants(&number).is_empty() {
        second_signs(&app, &who, &number, asked.fields.second, &crate::auth::sign_in::address(&request)).await?;
    }
    app.give_account(&number, &asked.fields.password, true).await?;
    shown(&app, &number)
}

/// Another person than the one who asks and the one concerned, who may approve rights, signs.
async fn second_signs(
    app: &App,
    who: &Who,
    concerned: &ServiceNumber,
    second: Option<Second>,
    from: &str,
) -> Result<(), Problem> {
    let words = "A new password for somebody with an account or rights is given by two: let another person sign beside you.";
    let needed = || Problem::new(actix_web::http::StatusCode::FORBIDDEN, "second_person_needed", words);
    let Second { service_number, password } = second.ok_or_else(needed)?;
    let second = crate::auth::sign_in::once(app, &service_number, &password, from).await.map_err(super::session::refused)?;
    let other = second.service_number != who.service_number && second.service_number != *concerned;
    let may = may(&second.grants, Act::ApproveGrant, &[], app.now()).is_some();
    if other && may { Ok(()) } else { Err(needed()) }
}

/// A stand-in (an approver before there is a security officer) may not shut out somebody with rights.
fn not_over_a_founder(app: &App, who: &Who, number: &ServiceNumber) -> Result<(), Problem> {
    let security =
        |grants: &[armoury::event::person::Grant]| grants.iter().any(|g| g.role == armoury::codes::Role::SecurityOfficer);
    let theirs = app.grants(number);
    if security(&who.grants) || theirs.is_empty() { Ok(()) } else { Err(ActError::NotAllowed.into()) }
}

impl App {
    /// Gives a person of the book an account with this password, or a new password. One that somebody
    /// else chose (`given`) has to be changed at the first sign-in, and signs nothing before.
    ///
    /// # Errors
    /// [`ActError::NotFound`] when the person is not in the book; else what is wrong with the password.
    pub async fn give_account(&self, number: &ServiceNumber, password: &str, given: bool) -> Result<(), ActError> {
        if !self.views().people.row(number, self.now()).is_some_and(|row| row.enrolled) {
            return Err(ActError::NotFound);
        }
        let (accounts, person, now) = (self.accounts_shared(), number.clone(), self.now());
        let password = zeroize::Zeroizing::new(password.to_owned());
        let made = tokio::task::spawn_blocking(move || match (accounts.account(&person)?, given) {
            (Some(_), false) => accounts.set_password(&person, &password),
            (Some(_), true) => accounts.give_password(&person, &password),
            (None, false) => accounts.make(&person, &password, now),
            (None, true) => accounts.make_given(&person, &password, now),
        });
        made.await.map_err(ActError::failed)?.map_err(desk::refused_account)
    }
}

async fn disable(app: web::Data<App>, who: Who, number: web::Path<ServiceNumber>) -> Result<HttpResponse, Problem> {
    desk::may_enrol(&app, &who)?;
    not_over_a_founder(&app, &who, &number)?;
    let _alone = app.change_rights().await;
    app.accounts().set_disabled(&number, true).map_err(failed)?;
    shown(&app, &number)
}

async fn enable(app: web::Data<App>, who: Who, number: web::Path<ServiceNumber>) -> Result<HttpResponse, Problem> {
    desk::may_enrol(&app, &who)?;
    app.accounts().set_disabled(&number, false).map_err(failed)?;
    shown(&app, &number)
}

async fn tokens(app: web::Data<App>, who: Who) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(app.accounts().tokens(&who.service_number).map_err(failed)?))
}

async fn make_token(app: web::Data<App>, who: Who, asked: Ask<NewToken>) -> Result<HttpResponse, Problem> {
    if who.by == By::Token {
        return Err(Problem::new(actix_web::http::StatusCode::FORBIDDEN, "not_by_token", "A token makes no tokens; sign in."));
    }
    let NewToken { label, expires_at } = asked.fields;
    let label: String = label.trim().chars().take(80).collect();
    if label.is_empty() {
        return Err(Problem::bad_request("empty", "Say what the token is for."));
    }
    let (token, row) = app.accounts().make_token(&who.service_number, &label, expires_at, app.now()).map_err(failed)?;
    Ok(HttpResponse::Created().json(Token { token, row }))
}

async fn drop_token(app: web::Data<App>, who: Who, id: web::Path<String>) -> Result<HttpResponse, Problem> {
    let _alone = app.change_rights().await;
    let dropped = app.accounts().drop_token(&who.service_number, &id).map_err(failed)?;
    if dropped { Ok(HttpResponse::NoContent().finish()) } else { Err(Problem::not_found()) }
}

async fn change_password(
    app: web::Data<App>,
    who: Who,
    request: actix_web::HttpRequest,
    asked: Ask<ChangePassword>,
) -> Result<HttpResponse, Problem> {
    let from = crate::auth::sign_in::address(&request);
    let number = who.service_number.as_str();
    if asked.fields.old == asked.fields.new {
        return Err(Problem::bad_request("same_password", "The new password is the old one."));
    }
    crate::auth::sign_in::check(&app, number, &asked.fields.old, &from).await.map_err(super::session::refused)?;
    app.give_account(&who.service_number, &asked.fields.new, false).await?;
    Ok(HttpResponse::NoContent().finish())
}

async fn change_locale(app: web::Data<App>, who: Who, asked: Ask<ChangeLocale>) -> Result<HttpResponse, Problem> {
    let locale: String = asked.fields.locale.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(16).collect();
    app.accounts().set_locale(&who.service_number, &locale).map_err(failed)?;
    Ok(HttpResponse::NoContent().finish())
}
