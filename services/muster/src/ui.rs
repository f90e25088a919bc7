//! The pages: what an armourer, an officer and an auditor see. Rendered here, from the views.
//!
//! A page is a small model of its own and a template: views are asked once, words come from the
//! catalogues, times and numbers are written by `bits`. All text goes through the templates'
//! escaping; the only markup that does not is the fixed shapes of `bits::ICONS` and the square
//! codes that `pages::qr` draws. No page decides anything: forms become commands (`acts`) and the
//! desk answers them. To add a page: a file in `pages`, a template, its words, a route below.

use actix_web::middleware::from_fn;
use actix_web::web::{ServiceConfig, get, post, scope};

pub mod acts;
pub mod ask;
pub mod assets;
pub mod bits;
pub mod fault;
pub mod frame;
pub mod pages;
pub mod words;

/// Adds the pages to the web service; after the API, because what no page answers ends here.
pub fn configure(service: &mut ServiceConfig) {
    use pages::{alerts, case, count, counter, counts, destruction, import, log, lost, overview, people, places};
    use pages::{readers, register, set_up, sign_in, stockpile, weapon, weapons};
    let pages = scope("")
        .wrap(from_fn(fault::as_pages))
        .route("/", get().to(overview::page))
        .route("/act/{life}/{id}", post().to(acts::act))
        .route("/sign-in", get().to(sign_in::page))
        .route("/sign-in", post().to(sign_in::enter))
        .route("/sign-out", post().to(sign_in::leave))
        .route("/set-up", get().to(set_up::page))
        .route("/set-up", post().to(set_up::found))
        .route("/stockpile", get().to(stockpile::page))
        .route("/stockpile.csv", get().to(stockpile::csv))
        .route("/weapons", get().to(weapons::page))
        .route("/weapons.csv", get().to(weapons::csv))
        .route("/weapons/new", get().to(register::page))
        .route("/weapons/new", post().to(register::enter))
        .route("/weapons/import", get().to(import::page))
        .route("/weapons/import", post().to(import::take))
        .route("/weapons/{id}", get().to(weapon::page))
        .route("/weapons/{id}/record", get().to(weapon::record))
        .route("/counter", get().to(counter::page))
        .route("/counter", post().to(counter::act))
        .route("/holds", get().to(counter::holds))
        .route("/counts", get().to(counts::page))
        .route("/counts/{id}", get().to(count::page))
        .route("/counts/{id}/scan", post().to(count::scan))
        .route("/counts/{id}/statement", get().to(counts::statement))
        .route("/lost", get().to(lost::page))
        .route("/lost.csv", get().to(lost::csv))
        .route("/cases/{id}", get().to(case::page))
        .route("/cases/{id}/report", get().to(case::report))
        .route("/destruction", get().to(destruction::page))
        .route("/batches/{id}", get().to(destruction::batch))
        .route("/batches/{id}/certificate", get().to(destruction::certificate))
        .route("/alerts", get().to(alerts::page))
        .route("/readers", get().to(readers::page))
        .route("/places", get().to(places::page))
        .route("/people", get().to(people::page))
        .route("/people", post().to(people::enrol))
        .route("/people/grant", post().to(people::grant))
        .route("/people/token", post().to(people::token))
        .route("/log", get().to(log::page))
        .route("/log/verify", post().to(log::verify))
        .route("/log/{position}", get().to(log::event))
        .default_service(get().to(fault::nothing));
    service.configure(assets::configure).service(pages);
}

#[cfg(test)]
mod contrast;
#[cfg(test)]
mod guide;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod walk;
