//! The API: one table of routes from which the service and its description are both made.
//!
//! A route that is not in the table cannot be served, and the table says which right it takes.
//! To add an endpoint: a handler and a row in its noun's file, and the noun below.

use actix_web::web;
use armoury::rights::Act;
use schemars::{Schema, SchemaGenerator};

pub mod accounts;
pub mod alerts;
pub mod ask;
pub mod cases;
pub mod counts;
pub mod destruction;
pub mod gateways;
pub mod health;
pub mod import;
pub mod live;
pub mod log;
pub mod openapi;
pub mod people;
pub mod places;
pub mod problem;
pub mod read;
pub mod records;
pub mod session;
pub mod setup;
pub mod stockpile;
pub mod tags;
pub mod weapons;

/// Where the API stands.
pub const BASE: &str = "/api/v1";

/// Who may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Anybody: what it tells is no secret, what it takes is bounded and proves itself.
    Nobody,
    /// Anybody who is signed in.
    SignedIn,
    /// Somebody with this right in the place concerned.
    Right(Act),
}

/// A type's schema, by the generator that collects them.
pub type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// How a type reads a query's text or a body's bytes at the door, without anything behind it.
pub type ReadsQuery = fn(&str) -> bool;
/// The same for a JSON body.
pub type ReadsBody = fn(&[u8]) -> bool;

/// What a route reads and answers.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Query parameters.
    pub query: Option<SchemaOf>,
    /// JSON body.
    pub body: Option<SchemaOf>,
    /// Answer.
    pub answer: Option<SchemaOf>,
    /// Whether a query is understood; tests send what nobody would.
    pub reads_query: Option<ReadsQuery>,
    /// Whether a JSON body is understood.
    pub reads_body: Option<ReadsBody>,
}

/// One route.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// `GET`, `POST`, ...
    pub method: &'static str,
    /// Below [`BASE`], or from the root if it begins with two slashes.
    pub path: &'static str,
    /// Who may ask.
    pub needs: Needs,
    /// What goes in and comes out.
    pub shape: Shape,
    /// In one line.
    pub summary: &'static str,
    /// Makes the handler.
    pub handler: fn() -> actix_web::Route,
}

impl Route {
    /// The whole path.
    #[must_use]
    pub fn full_path(&self) -> String {
        self.path
            .strip_prefix('/')
            .filter(|rest| rest.starts_with('/'))
            .map_or_else(|| format!("{BASE}{}", self.path), str::to_owned)
    }
}

/// A row of the table: `route!(GET "/weapons", needs, handler, "summary", query: Q, body: B, answer: A)`.
macro_rules! route {
    ($method:ident $path:literal, $needs:expr, $handler:expr, $summary:literal $(, query: $query:ty)? $(, body: $body:ty)? $(, answer: $answer:ty)? $(,)?) => {
        $crate::api::Route {
            method: stringify!($method),
            path: $path,
            needs: $needs,
            shape: $crate::api::Shape {
                query: $crate::api::route!(@schema $($query)?),
                body: $crate::api::route!(@schema $($body)?),
                answer: $crate::api::route!(@schema $($answer)?),
                reads_query: $crate::api::route!(@query $($query)?),
                reads_body: $crate::api::route!(@body $($body)?),
            },
            summary: $summary,
            handler: || actix_web::web::method(actix_web::http::Method::$method).to($handler),
        }
    };
    (@query) => { None };
    (@query $kind:ty) => { Some(|text: &str| actix_web::web::Query::<$kind>::from_query(text).is_ok()) };
    (@body) => { None };
    (@body $kind:ty) => { Some(|body: &[u8]| $crate::api::ask::understands::<$kind>(body)) };
    (@schema) => { None };
    (@schema $kind:ty) => { Some(|schemas: &mut schemars::SchemaGenerator| schemas.subschema_for::<$kind>()) };
}
pub(crate) use route;

/// Every route, noun by noun.
pub const TABLE: &[&[Route]] = &[
    health::ROUTES,
    session::ROUTES,
    setup::ROUTES,
    stockpile::ROUTES,
    weapons::ROUTES,
    counts::ROUTES,
    cases::ROUTES,
    destruction::ROUTES,
    alerts::ROUTES,
    gateways::ROUTES,
    places::ROUTES,
    people::ROUTES,
    accounts::ROUTES,
    import::ROUTES,
    records::ROUTES,
    log::ROUTES,
    live::ROUTES,
    tags::ROUTES,
    openapi::ROUTES,
];

/// All routes in order.
pub fn routes() -> impl Iterator<Item = &'static Route> {
    TABLE.iter().copied().flatten()
}

/// Serves the table.
pub fn configure(service: &mut web::ServiceConfig) {
    let mut paths: Vec<String> = Vec::new();
    for route in routes() {
        let path = route.full_path();
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    for path in paths {
        let mut resource = web::resource(path.as_str());
        for route in routes().filter(|route| route.full_path() == path) {
            resource = resource.route((route.handler)());
        }
        let allowed: Vec<&str> = routes().filter(|route| route.full_path() == path).map(|route| route.method).collect();
        let allowed = allowed.join(", ");
        service.service(resource.default_service(web::to(move || {
            let answer = method_not_allowed(&allowed);
            async { answer }
        })));
    }
    service.service(web::scope("/api").default_service(web::to(|| async { Err::<String, _>(problem::Problem::not_found()) })));
}

fn method_not_allowed(allowed: &str) -> actix_web::HttpResponse {
    let words = "This address takes other methods; the description at /api/v1/openapi.json says which.";
    let problem = problem::Problem::new(actix_web::http::StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", words);
    let mut answer = actix_web::ResponseError::error_response(&problem);
    if let Ok(allowed) = allowed.parse() {
        answer.headers_mut().insert(actix_web::http::header::ALLOW, allowed);
    }
    answer
}
