//! The first set-up over the API: the same act as the page behind the one-time link.

use actix_web::{HttpRequest, HttpResponse, web};

use super::problem::Problem;
use super::{Needs, Route, route};
use crate::app::App;
use crate::config::is_this_machine;
use crate::setup::{Founded, Request};

/// The rows of this noun.
pub const ROUTES: &[Route] = &[
    route!(POST "/setup", Needs::Nobody, found, "Make the first two people and the first place, by the one-time link", body: Request, answer: Founded),
];

async fn found(app: web::Data<App>, request: HttpRequest, asked: web::Json<Request>) -> Result<HttpResponse, Problem> {
    let founded = app.found(asked.into_inner(), from_here(&request)).await?;
    Ok(HttpResponse::Created().json(founded))
}

/// Whether a request comes from this machine itself, and through nothing in between.
#[must_use]
pub fn from_here(request: &HttpRequest) -> bool {
    let relayed = ["forwarded", "x-forwarded-for"].iter().any(|name| request.headers().contains_key(*name));
    !relayed && request.peer_addr().is_some_and(|peer| is_this_machine(peer.ip()))
}
