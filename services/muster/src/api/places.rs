//! Places: the tree in scope, and how it is arranged.

use actix_web::{HttpResponse, web};
use armoury::command::place as ask;
use armoury::command::{Command, PlaceCommand};
use armoury::ids::PlaceId;
use armoury::rights::Act;
use armoury::view::{Page, PlaceRow};

use super::ask::{Ask, Made, done, made};
use super::problem::Problem;
use super::read::{self, Plain, paged, query};
use super::{Needs, Route, route};
use crate::app::App;
use crate::auth::Who;
use crate::desk::Done;

const READ: Needs = Needs::Right(Act::ReadPlaces);
const ARRANGE: Needs = Needs::Right(Act::ArrangePlaces);

/// The rows of this noun.
pub const ROUTES: &[Route] = &[
    route!(GET "/places", READ, list, "Places in scope, each before those in it", query: ListQuery, answer: Page<PlaceRow>),
    route!(POST "/places", ARRANGE, open, "Open a place", body: ask::Open, answer: Made),
    route!(GET "/places/{id}", READ, one, "One place", query: Plain, answer: PlaceRow),
    route!(POST "/places/{id}/rename", ARRANGE, rename, "Rename it", body: ask::Rename, answer: Done),
    route!(POST "/places/{id}/custodian", Needs::Right(Act::NameCustodian), custodian, "Say who keeps its stock",
        body: ask::NameCustodian, answer: Done),
    route!(POST "/places/{id}/close", ARRANGE, close, "Close it", body: ask::Close, answer: Done),
];

query! {
    /// Which places.
    ListQuery {
        /// This place and all below.
        place: PlaceId,
        /// Where the page before ended.
        cursor: String,
        /// Rows of a page, at most 500.
        limit: usize,
    }
}

async fn list(app: web::Data<App>, who: Who, query: web::Query<ListQuery>) -> Result<HttpResponse, Problem> {
    let read = read::open(&app, &who, Act::ReadPlaces, &*query).await?;
    let rows = read.book.places.tree(&read.narrowed(query.place)?);
    Ok(HttpResponse::Ok().json(paged(rows, |row| row.place.to_string(), query.cursor.as_deref(), query.limit)?))
}

async fn one(app: web::Data<App>, who: Who, id: web::Path<PlaceId>, query: web::Query<Plain>) -> Result<HttpResponse, Problem> {
    let read = read::open(&app, &who, Act::ReadPlaces, &*query).await?;
    read.narrowed(Some(*id))?;
    Ok(HttpResponse::Ok().json(read.book.places.row(*id).ok_or_else(Problem::not_found)?))
}

async fn open(app: web::Data<App>, who: Who, asked: Ask<ask::Open>) -> Result<HttpResponse, Problem> {
    let id = PlaceId(app.id_for(&who, asked.how.idempotency_key.as_deref(), "place"));
    Ok(made(id, app.act(&who, Command::Place(id, PlaceCommand::Open(asked.fields)), asked.how).await?))
}

async fn rename(app: web::Data<App>, who: Who, id: web::Path<PlaceId>, asked: Ask<ask::Rename>) -> Result<HttpResponse, Problem> {
    Ok(done(&app.act(&who, Command::Place(*id, PlaceCommand::Rename(asked.fields)), asked.how).await?))
}

async fn custodian(
    app: web::Data<App>,
    who: Who,
    id: web::Path<PlaceId>,
    asked: Ask<ask::NameCustodian>,
) -> Result<HttpResponse, Problem> {
    Ok(done(&app.act(&who, Command::Place(*id, PlaceCommand::NameCustodian(asked.fields)), asked.how).await?))
}

async fn close(app: web::Data<App>, who: Who, id: web::Path<PlaceId>, asked: Ask<ask::Close>) -> Result<HttpResponse, Problem> {
    Ok(done(&app.act(&who, Command::Place(*id, PlaceCommand::Close(asked.fields)), asked.how).await?))
}
