//! Cases and the lost register: each rung of the ladder is a person's act, closing takes two.

use actix_web::{HttpResponse, web};
use armoury::command::case as ask;
use armoury::command::{CaseCommand, Command};
use armoury::ids::{CaseId, PlaceId};
use armoury::rights::Act;
use armoury::view::{CaseRow, Page};

use super::ask::{Ask, Made, done, made};
use super::problem::Problem;
use super::read::{self, Plain, Reading, paged, query};
use super::{Needs, Route, route};
use crate::app::App;
use crate::auth::Who;
use crate::desk::Done;

const READ: Needs = Needs::Right(Act::ReadLosses);
const REPORT: Needs = Needs::Right(Act::ReportMiss);
const DECLARE: Needs = Needs::Right(Act::DeclareLoss);
const CLOSE: Needs = Needs::Right(Act::CloseCase);

/// The rows of this noun.
pub const ROUTES: &[Route] = &[
    route!(GET "/lost", READ, lost, "The lost register: presumed or declared lost at any time", query: ListQuery, answer: Page<CaseRow>),
    route!(GET "/cases", READ, list, "Cases that two people have yet to end", query: ListQuery, answer: Page<CaseRow>),
    route!(POST "/cases", REPORT, open, "Report a weapon missing", body: ask::Open, answer: Made),
    route!(GET "/cases/{id}", READ, one, "One case", query: Plain, answer: CaseRow),
    route!(POST "/cases/{id}/search", REPORT, search, "Log a search", body: ask::LogSearch, answer: Done),
    route!(POST "/cases/{id}/explain", Needs::Right(Act::ExplainCase), explain, "Explain it: no loss", body: ask::Explain, answer: Done),
    route!(POST "/cases/{id}/presume", DECLARE, presume, "Presume it lost", body: ask::PresumeLost, answer: Done),
    route!(POST "/cases/{id}/declare", DECLARE, declare, "Declare it lost, with a cause", body: ask::DeclareLost, answer: Done),
    route!(POST "/cases/{id}/report", DECLARE, report, "Record a report to outside", body: ask::ReportLoss, answer: Done),
    route!(POST "/cases/{id}/recover", REPORT, recover, "Book it as recovered", body: ask::Recover, answer: Done),
    route!(POST "/cases/{id}/close-request", Needs::Right(Act::RequestCaseClose), ask_close, "Ask to close it",
        body: ask::RequestClose, answer: Done),
    route!(POST "/cases/{id}/close", CLOSE, close, "Close it: the second person", body: ask::Close, answer: Done),
    route!(POST "/cases/{id}/refuse", CLOSE, refuse, "Refuse to close it", body: ask::RefuseClose, answer: Done),
];

query! {
    /// Which cases.
    ListQuery {
        /// Of this place and below.
        place: PlaceId,
        /// Where the page before ended.
        cursor: String,
        /// Rows of a page, at most 500.
        limit: usize,
    }
}

async fn lost(app: web::Data<App>, who: Who, query: web::Query<ListQuery>) -> Result<HttpResponse, Problem> {
    let read = read::open(&app, &who, Act::ReadLosses, &*query).await?;
    let rows = read.book.lost_register(&read.narrowed(query.place)?, read.at);
    Ok(HttpResponse::Ok().json(paged(rows, |row| row.case.to_string(), query.cursor.as_deref(), query.limit)?))
}

async fn list(app: web::Data<App>, who: Who, query: web::Query<ListQuery>) -> Result<HttpResponse, Problem> {
    let read = read::open(&app, &who, Act::ReadLosses, &*query).await?;
    let rows = read.book.open_cases(&read.narrowed(query.place)?, read.at);
    Ok(HttpResponse::Ok().json(paged(rows, |row| row.case.to_string(), query.cursor.as_deref(), query.limit)?))
}

/// A case in scope, or "not found".
pub(super) fn seen(read: &Reading<'_>, id: CaseId) -> Result<CaseRow, Problem> {
    let row = read.book.cases.get(id, read.at).ok_or_else(Problem::not_found)?;
    if read.sees(row.place) { read.open_to(row.place).map(|()| row) } else { Err(Problem::not_found()) }
}

async fn one(app: web::Data<App>, who: Who, id: web::Path<CaseId>, query: web::Query<Plain>) -> Result<HttpResponse, Problem> {
    let read = read::open(&app, &who, Act::ReadLosses, &*query).await?;
    Ok(HttpResponse::Ok().json(seen(&read, *id)?))
}

async fn open(app: web::Data<App>, who: Who, asked: Ask<ask::Open>) -> Result<HttpResponse, Problem> {
    let id = CaseId(app.id_for(&who, asked.how.idempotency_key.as_deref(), "case"));
    Ok(made(id, app.act(&who, Command::Case(id, CaseCommand::Open(asked.fields)), asked.how).await?))
}

/// Handlers that hand an act's fields to the desk.
macro_rules! acts {
    ($($handler:ident($fields:ident) = $variant:ident),* $(,)?) => {$(
        async fn $handler(app: web::Data<App>, who: Who, id: web::Path<CaseId>, asked: Ask<ask::$fields>) -> Result<HttpResponse, Problem> {
            Ok(done(&app.act(&who, Command::Case(*id, CaseCommand::$variant(asked.fields)), asked.how).await?))
        }
    )*};
}

acts! {
    search(LogSearch) = LogSearch,
    explain(Explain) = Explain,
    presume(PresumeLost) = PresumeLost,
    declare(DeclareLost) = DeclareLost,
    report(ReportLoss) = ReportLoss,
    recover(Recover) = Recover,
    ask_close(RequestClose) = RequestClose,
    close(Close) = Close,
    refuse(RefuseClose) = RefuseClose,
}
