//! The pages: what an armourer, an officer and an auditor see. Rendered here, from the views.
//!
//! A page is a small model of its own and a template: views are asked once, words come from the
//! catalogues, times and numbers are written by `bits`. All text goes through the templates'
//! escaping; the only markup that does not is the fixed shapes of `bits::ICONS` and the square
//! codes that `pages::qr` draws. No page decides anything: forms become commands (`acts`) and the
//! desk answers them. To add a page: a file in `pages`, a template, its words, a route below.

use actix_web::http::Method;
use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig, get, scope};

pub mod acts;
pub mod ask;
pub mod assets;
pub mod bits;
pub mod fault;
pub mod frame;
pub mod pages;
pub mod words;

use pages::{alerts, case, count, counter, counts, destruction, import, log, lost, overview, password, people, places};
use pages::{readers, register, set_up, sign_in, stockpile, weapon, weapons};

/// One address of the pages.
#[derive(Clone, Copy, Debug)]
pub struct PageRoute {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// The path, with its parameters in braces.
    pub path: &'static str,
    /// Makes the handler.
    pub handler: fn() -> actix_web::Route,
}

/// A row of the table.
macro_rules! page {
    ($method:ident $path:literal, $handler:expr) => {
        PageRoute { method: stringify!($method), path: $path, handler: || web::method(Method::$method).to($handler) }
    };
}

/// Every address of the pages: what is not here is not served, and what is here has rows in `tests/routes.tsv`.
pub const ROUTES: &[PageRoute] = &[
    page!(GET "/", overview::page),
    page!(POST "/act/{life}/{id}", acts::act),
    page!(GET "/sign-in", sign_in::page),
    page!(POST "/sign-in", sign_in::enter),
    page!(POST "/sign-out", sign_in::leave),
    page!(GET "/password", password::page),
    page!(POST "/password", password::choose),
    page!(GET "/set-up", set_up::page),
    page!(POST "/set-up", set_up::found),
    page!(GET "/stockpile", stockpile::page),
    page!(GET "/stockpile.csv", stockpile::csv),
    page!(GET "/weapons", weapons::page),
    page!(GET "/weapons.csv", weapons::csv),
    page!(GET "/weapons/new", register::page),
    page!(POST "/weapons/new", register::enter),
    page!(GET "/weapons/import", import::page),
    page!(POST "/weapons/import", import::take),
    page!(GET "/weapons/{id}", weapon::page),
    page!(GET "/weapons/{id}/record", weapon::record),
    page!(GET "/counter", counter::page),
    page!(POST "/counter", counter::act),
    page!(GET "/holds", counter::holds),
    page!(GET "/counts", counts::page),
    page!(GET "/counts/{id}", count::page),
    page!(POST "/counts/{id}/scan", count::scan),
    page!(GET "/counts/{id}/statement", counts::statement),
    page!(GET "/lost", lost::page),
    page!(GET "/lost.csv", lost::csv),
    page!(GET "/cases/{id}", case::page),
    page!(GET "/cases/{id}/report", case::report),
    page!(GET "/destruction", destruction::page),
    page!(GET "/batches/{id}", destruction::batch),
    page!(GET "/batches/{id}/certificate", destruction::certificate),
    page!(GET "/alerts", alerts::page),
    page!(GET "/readers", readers::page),
    page!(GET "/places", places::page),
    page!(GET "/people", people::page),
    page!(POST "/people", people::enrol),
    page!(POST "/people/grant", people::grant),
    page!(POST "/people/token", people::token),
    page!(GET "/log", log::page),
    page!(POST "/log/verify", log::verify),
    page!(GET "/log/{position}", log::event),
];

/// Adds the pages to the web service; after the API, because what no page answers ends here.
pub fn configure(service: &mut ServiceConfig) {
    let mut pages = scope("").wrap(from_fn(fault::as_pages));
    for route in ROUTES {
        pages = pages.route(route.path, (route.handler)());
    }
    service.configure(assets::configure).service(pages.default_service(get().to(fault::nothing)));
}

#[cfg(test)]
mod contrast;
#[cfg(test)]
mod guide;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod walk;
