//! The views from outside: as of any moment, as lists and pages, as records, as scenarios.
#![allow(clippy::unwrap_used, reason = "a test's helpers")]

mod as_of;
mod lists;
mod past;
mod records;
mod rooms;
mod scenario;
