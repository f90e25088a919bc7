//! The service over HTTP, in one process: the program's own routes and middleware, real SQLite in
//! a folder of its own, no socket. One file a story; `house.rs` is the harness.

#![allow(clippy::unwrap_used, missing_docs, reason = "a test that fails says where")]

mod again;
mod armoury;
mod blind;
mod bounds;
mod gateway;
mod house;
mod intake;
mod ledger;
mod life;
mod listening;
mod passwords;
mod read_only;
mod rights;
mod routes;
mod signing_in;
