//! Alerts: one line a cause, shown to those it is meant for and to nobody else.

use actix_web::{HttpResponse, web};
use armoury::codes::Rule;
use armoury::command::alert as ask;
use armoury::command::{AlertCommand, Command};
use armoury::ids::AlertKey;
use armoury::rights::Act;
use armoury::view::{AlertLine, AlertRow, Page, Viewer};

use super::ask::{Ask, done};
use super::problem::Problem;
use super::read::{self, Book, Plain, paged, query};
use super::{Needs, Route, route};
use crate::app::App;
use crate::auth::Who;
use crate::desk::{self, Done};

const HANDLE: Needs = Needs::Right(Act::HandleAlert);

/// The rows of this noun. Each alert says whom it is shown; the right is looked up there.
pub const ROUTES: &[Route] = &[
    route!(GET "/alerts", Needs::SignedIn, list, "Alerts meant for me, one line a cause", query: ListQuery, answer: Page<AlertLine>),
    route!(GET "/alerts/{key}", Needs::SignedIn, one, "One alert", query: Plain, answer: AlertRow),
    route!(POST "/alerts/{key}/acknowledge", HANDLE, acknowledge, "Take it on", body: ask::Acknowledge, answer: Done),
    route!(POST "/alerts/{key}/resolve", HANDLE, resolve, "Done with, with what was found", body: ask::Resolve, answer: Done),
    route!(GET "/findings", Needs::SignedIn, findings, "Findings: what the book and the acts disagree about",
        query: ListQuery, answer: Page<AlertLine>),
];

query! {
    /// Which alerts.
    ListQuery {
        /// Where the page before ended.
        cursor: String,
        /// Rows of a page, at most 500.
        limit: usize,
    }
}

async fn lines(app: &App, who: &Who, query: &ListQuery) -> Result<Vec<AlertLine>, Problem> {
    let book = book(app, query).await?;
    Ok(book.alert_lines_for(&Viewer { service_number: &who.service_number, grants: &who.grants }, app.now()))
}

/// The book without a right of its own: each alert is held to its own audience.
async fn book<'a>(app: &'a App, query: &impl read::ReadQuery) -> Result<Book<'a>, Problem> {
    read::book(app, query).await.map(|(book, _)| book)
}

fn key(line: &AlertLine) -> String {
    line.position.to_string()
}

async fn list(app: web::Data<App>, who: Who, query: web::Query<ListQuery>) -> Result<HttpResponse, Problem> {
    let lines = lines(&app, &who, &query).await?;
    Ok(HttpResponse::Ok().json(paged(lines, key, query.cursor.as_deref(), query.limit)?))
}

async fn findings(app: web::Data<App>, who: Who, query: web::Query<ListQuery>) -> Result<HttpResponse, Problem> {
    let mut lines = lines(&app, &who, &query).await?;
    lines.retain(|line| matches!(line.rule, Rule::AgainstBook | Rule::K1 | Rule::K14 | Rule::OneKeyTwice | Rule::Provisional));
    Ok(HttpResponse::Ok().json(paged(lines, key, query.cursor.as_deref(), query.limit)?))
}

async fn one(app: web::Data<App>, who: Who, id: web::Path<AlertKey>, query: web::Query<Plain>) -> Result<HttpResponse, Problem> {
    let book = book(&app, &*query).await?;
    let row = book.alerts.get(id.as_str()).ok_or_else(Problem::not_found)?;
    if !desk::sees_alert(&book, &who.service_number, &who.grants, row, app.now()) {
        return Err(Problem::not_found());
    }
    Ok(HttpResponse::Ok().json(row))
}

async fn acknowledge(
    app: web::Data<App>,
    who: Who,
    id: web::Path<AlertKey>,
    asked: Ask<ask::Acknowledge>,
) -> Result<HttpResponse, Problem> {
    Ok(done(&app.act(&who, Command::Alert(id.into_inner(), AlertCommand::Acknowledge(asked.fields)), asked.how).await?))
}

async fn resolve(
    app: web::Data<App>,
    who: Who,
    id: web::Path<AlertKey>,
    asked: Ask<ask::Resolve>,
) -> Result<HttpResponse, Problem> {
    Ok(done(&app.act(&who, Command::Alert(id.into_inner(), AlertCommand::Resolve(asked.fields)), asked.how).await?))
}
