//! What waits for destruction, and the batches from their list to their certificate.

use actix_web::{HttpResponse, web};
use armoury::command::batch as ask;
use armoury::command::{BatchCommand, Command};
use armoury::ids::{BatchId, PlaceId};
use armoury::rights::Act;
use armoury::view::{BatchRow, Page, PendingRow};

use super::ask::{Ask, Made, done, made};
use super::problem::Problem;
use super::read::{self, Plain, Reading, paged, query};
use super::{Needs, Route, route};
use crate::app::App;
use crate::auth::Who;
use crate::desk::Done;

const READ: Needs = Needs::Right(Act::ReadDestruction);
const PREPARE: Needs = Needs::Right(Act::PrepareBatch);

/// The rows of this noun.
pub const ROUTES: &[Route] = &[
    route!(GET "/destruction-pending", READ, pending, "What waits for destruction", query: ListQuery, answer: Page<PendingRow>),
    route!(GET "/destruction-batches", READ, list, "Batches in scope", query: ListQuery, answer: Page<BatchRow>),
    route!(POST "/destruction-batches", PREPARE, open, "Open a batch", body: ask::Open, answer: Made),
    route!(GET "/destruction-batches/{id}", READ, one, "One batch", query: Plain, answer: BatchRow),
    route!(POST "/destruction-batches/{id}/items", PREPARE, list_item, "List a weapon", body: ask::ListItem, answer: Done),
    route!(POST "/destruction-batches/{id}/items/drop", PREPARE, drop_item, "Take it off the list", body: ask::DropItem, answer: Done),
    route!(POST "/destruction-batches/{id}/items/check", PREPARE, check_item, "Check a serial against the list",
        body: ask::VerifyItem, answer: Done),
    route!(POST "/destruction-batches/{id}/lock", PREPARE, lock, "Lock it: every item checked", body: ask::Lock, answer: Done),
    route!(POST "/destruction-batches/{id}/release-request", Needs::Right(Act::RequestRelease), ask_release,
        "Ask to take a weapon out", body: ask::RequestRelease, answer: Done),
    route!(POST "/destruction-batches/{id}/release", Needs::Right(Act::ApproveRelease), release,
        "Let it out: the second person", body: ask::ApproveRelease, answer: Done),
    route!(POST "/destruction-batches/{id}/destruction", Needs::Right(Act::RecordDestruction), record,
        "Record the destruction", body: ask::RecordDestruction, answer: Done),
    route!(POST "/destruction-batches/{id}/witnesses", Needs::Right(Act::WitnessDestruction), witness,
        "Enter a witness's signature", body: ask::SignWitness, answer: Done),
    route!(POST "/destruction-batches/{id}/verify", Needs::Right(Act::VerifyDestruction), verify,
        "Verify that the listed weapons were destroyed", body: ask::Verify, answer: Done),
];

query! {
    /// Which weapons or batches.
    ListQuery {
        /// Of this place and below.
        place: PlaceId,
        /// Where the page before ended.
        cursor: String,
        /// Rows of a page, at most 500.
        limit: usize,
    }
}

async fn pending(app: web::Data<App>, who: Who, query: web::Query<ListQuery>) -> Result<HttpResponse, Problem> {
    let read = read::open(&app, &who, Act::ReadDestruction, &*query).await?;
    let rows = read.book.destruction_pending(&read.narrowed(query.place)?, read.at);
    Ok(HttpResponse::Ok().json(paged(rows, |row| row.weapon.to_string(), query.cursor.as_deref(), query.limit)?))
}

async fn list(app: web::Data<App>, who: Who, query: web::Query<ListQuery>) -> Result<HttpResponse, Problem> {
    let read = read::open(&app, &who, Act::ReadDestruction, &*query).await?;
    let scope = read.narrowed(query.place)?;
    let rows = read.book.destruction.rows().into_iter().filter(|row| read.book.places.in_scope(&scope, row.place));
    let rows: Vec<BatchRow> = rows.cloned().collect();
    Ok(HttpResponse::Ok().json(paged(rows, |row| row.batch.to_string(), query.cursor.as_deref(), query.limit)?))
}

/// A batch in scope, or "not found".
pub(super) fn seen(read: &Reading<'_>, id: BatchId) -> Result<BatchRow, Problem> {
    let row = read.book.destruction.get(id).cloned().ok_or_else(Problem::not_found)?;
    if read.sees(row.place) { read.open_to(row.place).map(|()| row) } else { Err(Problem::not_found()) }
}

async fn one(app: web::Data<App>, who: Who, id: web::Path<BatchId>, query: web::Query<Plain>) -> Result<HttpResponse, Problem> {
    let read = read::open(&app, &who, Act::ReadDestruction, &*query).await?;
    Ok(HttpResponse::Ok().json(seen(&read, *id)?))
}

async fn open(app: web::Data<App>, who: Who, asked: Ask<ask::Open>) -> Result<HttpResponse, Problem> {
    let id = BatchId(app.id_for(&who, asked.how.idempotency_key.as_deref(), "batch"));
    Ok(made(id, app.act(&who, Command::Batch(id, BatchCommand::Open(asked.fields)), asked.how).await?))
}

/// Handlers that hand an act's fields to the desk.
macro_rules! acts {
    ($($handler:ident($fields:ident) = $variant:ident),* $(,)?) => {$(
        async fn $handler(app: web::Data<App>, who: Who, id: web::Path<BatchId>, asked: Ask<ask::$fields>) -> Result<HttpResponse, Problem> {
            Ok(done(&app.act(&who, Command::Batch(*id, BatchCommand::$variant(asked.fields)), asked.how).await?))
        }
    )*};
}

acts! {
    list_item(ListItem) = ListItem,
    drop_item(DropItem) = DropItem,
    check_item(VerifyItem) = VerifyItem,
    lock(Lock) = Lock,
    ask_release(RequestRelease) = RequestRelease,
    release(ApproveRelease) = ApproveRelease,
    record(RecordDestruction) = RecordDestruction,
    witness(SignWitness) = SignWitness,
    verify(Verify) = Verify,
}
