//! The pages. To come.

/// Adds the pages to the web service.
pub fn configure(_service: &mut actix_web::web::ServiceConfig) {}
