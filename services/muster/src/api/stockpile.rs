//! What is here: the stockpile in figures and by article.

use actix_web::{HttpResponse, web};
use armoury::codes::{Class, State};
use armoury::ids::PlaceId;
use armoury::rights::Act;
use armoury::view::{Figures, StockpileRow, WeaponFilter};
use schemars::JsonSchema;
use serde::Serialize;

use super::problem::Problem;
use super::read::{self, query};
use super::{Needs, Route, route};
use crate::app::App;
use crate::auth::Who;

/// The rows of this noun.
pub const ROUTES: &[Route] =
    &[route!(GET "/stockpile", Needs::Right(Act::ReadStock), list, "What is on charge, by place, article and state",
        query: StockQuery, answer: Stockpile)];

query! {
    /// What of the stockpile.
    StockQuery {
        /// This place and all below.
        place: PlaceId,
        /// Only this state.
        state: State,
        /// Only this class.
        class: Class,
    }
}

/// The stockpile of a scope.
#[derive(Serialize, JsonSchema)]
struct Stockpile {
    /// In numbers.
    figures: Figures,
    /// By place, article and state.
    rows: Vec<StockpileRow>,
    /// How many rows.
    total: usize,
    /// The position this shows.
    position: u64,
}

async fn list(app: web::Data<App>, who: Who, query: web::Query<StockQuery>) -> Result<HttpResponse, Problem> {
    let read = read::open(&app, &who, Act::ReadStock, &*query).await?;
    let scope = read.narrowed(query.place)?;
    let filter = WeaponFilter {
        place: query.place,
        states: query.state.into_iter().collect(),
        classes: query.class.into_iter().collect(),
        ..WeaponFilter::default()
    };
    let rows = read.book.stockpile(&filter, &scope);
    let figures = read.book.figures(&scope);
    Ok(HttpResponse::Ok().json(Stockpile { figures, total: rows.len(), rows, position: read.book.position }))
}
