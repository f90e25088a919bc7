//! One module a page (or a few that belong together), each with its model and its template.

pub mod chart;
pub mod overview;
