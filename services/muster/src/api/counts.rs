//! Counts: opened, taken item by item, closed, signed by somebody else.

use actix_web::{HttpResponse, web};
use armoury::command::count as ask;
use armoury::command::{Command, CountCommand};
use armoury::ids::{CountId, PlaceId};
use armoury::rights::{Act, may};
use armoury::view::{CountRow, CountView, Page};

use super::ask::{Ask, Made, done, made};
use super::problem::Problem;
use super::read::{self, Plain, Reading, paged, query};
use super::{Needs, Route, route};
use crate::app::App;
use crate::auth::Who;
use crate::desk::Done;

const READ: Needs = Needs::Right(Act::ReadCounts);
const RUN: Needs = Needs::Right(Act::RunCount);
const COUNT: Needs = Needs::Right(Act::CountItems);
const SIGN: Needs = Needs::Right(Act::SignCount);

/// The rows of this noun.
pub const ROUTES: &[Route] = &[
    route!(GET "/counts", READ, list, "Counts in scope, newest first", query: ListQuery, answer: Page<CountRow>),
    route!(POST "/counts", RUN, open, "Open a count", body: ask::Open, answer: Made),
    route!(GET "/counts/{id}", READ, one, "One count; a blind one says little before it is closed", query: Plain, answer: CountView),
    route!(POST "/counts/{id}/items", COUNT, count_item, "Count an item", body: ask::CountItem, answer: Done),
    route!(POST "/counts/{id}/items/withdraw", COUNT, withdraw, "Take a sighting back", body: ask::WithdrawItem, answer: Done),
    route!(POST "/counts/{id}/recount", RUN, recount, "Order a recount", body: ask::OrderRecount, answer: Done),
    route!(POST "/counts/{id}/close", RUN, close, "Close it with its result", body: ask::Close, answer: Done),
    route!(POST "/counts/{id}/sign", SIGN, sign, "Sign it; the statement becomes a certificate", body: ask::Sign, answer: Done),
    route!(POST "/counts/{id}/refuse", SIGN, refuse, "Refuse to sign it", body: ask::RefuseSignature, answer: Done),
    route!(POST "/counts/{id}/abandon", RUN, abandon, "Call it off", body: ask::Abandon, answer: Done),
];

query! {
    /// Which counts.
    ListQuery {
        /// Of this place and below.
        place: PlaceId,
        /// Where the page before ended.
        cursor: String,
        /// Rows of a page, at most 500.
        limit: usize,
    }
}

async fn list(app: web::Data<App>, who: Who, query: web::Query<ListQuery>) -> Result<HttpResponse, Problem> {
    let read = read::open(&app, &who, Act::ReadCounts, &*query).await?;
    let rows = read.book.counts_in(&read.narrowed(query.place)?);
    Ok(HttpResponse::Ok().json(paged(rows, |row| row.count.to_string(), query.cursor.as_deref(), query.limit)?))
}

/// A count in scope, or "not found".
pub(super) fn seen(read: &Reading<'_>, id: CountId) -> Result<CountRow, Problem> {
    let count = read.book.counts.get(id).ok_or_else(Problem::not_found)?;
    let row = count.row().clone();
    if !read.sees(row.place) {
        return Err(Problem::not_found());
    }
    // His own blind count tells him nothing; any other of the place would tell him what to expect.
    if count.veiled() { Ok(row) } else { read.open_to(row.place).map(|()| row) }
}

/// Whether this person may watch an open blind count: a right of its own, and never a counter of it.
pub(super) fn supervises(app: &App, who: &Who, read: &Reading<'_>, row: &CountRow) -> bool {
    let chain = read.book.places.chain(row.place);
    may(&who.grants, Act::ReadBlindCount, &chain, app.now()).is_some() && !row.counters.contains(&who.service_number)
}

async fn one(app: web::Data<App>, who: Who, id: web::Path<CountId>, query: web::Query<Plain>) -> Result<HttpResponse, Problem> {
    let read = read::open(&app, &who, Act::ReadCounts, &*query).await?;
    let row = seen(&read, *id)?;
    let view = read.book.count_view(*id, supervises(&app, &who, &read, &row)).ok_or_else(Problem::not_found)?;
    Ok(HttpResponse::Ok().json(view))
}

async fn open(app: web::Data<App>, who: Who, asked: Ask<ask::Open>) -> Result<HttpResponse, Problem> {
    let id = CountId(app.id_for(&who, asked.how.idempotency_key.as_deref(), "count"));
    Ok(made(id, app.act(&who, Command::Count(id, CountCommand::Open(asked.fields)), asked.how).await?))
}

/// Handlers that hand an act's fields to the desk.
macro_rules! acts {
    ($($handler:ident($fields:ident) = $variant:ident),* $(,)?) => {$(
        async fn $handler(app: web::Data<App>, who: Who, id: web::Path<CountId>, asked: Ask<ask::$fields>) -> Result<HttpResponse, Problem> {
            Ok(done(&app.act(&who, Command::Count(*id, CountCommand::$variant(asked.fields)), asked.how).await?))
        }
    )*};
}

acts! {
    count_item(CountItem) = CountItem,
    withdraw(WithdrawItem) = WithdrawItem,
    recount(OrderRecount) = OrderRecount,
    close(Close) = Close,
    sign(Sign) = Sign,
    refuse(RefuseSignature) = RefuseSignature,
    abandon(Abandon) = Abandon,
}
