//! The pages: what an armourer, an officer and an auditor see. Rendered here, from the views.
//!
//! A page is a small model of its own and a template: views are asked once, words come from the
//! catalogues, times and numbers are written by `bits`. All text goes through the templates'
//! escaping; the only markup that does not is the fixed shapes of `bits::ICONS`. No page decides
//! anything: forms become commands and the desk answers them.

pub mod assets;
pub mod bits;
pub mod frame;
pub mod pages;
pub mod words;

/// Adds the pages to the web service.
pub fn configure(service: &mut actix_web::web::ServiceConfig) {
    service.configure(assets::configure);
}

#[cfg(test)]
mod contrast;
#[cfg(test)]
mod guide;
#[cfg(test)]
mod keys;
