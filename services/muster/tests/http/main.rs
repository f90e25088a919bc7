//! The service over HTTP, in one process: the program's own routes and middleware, real SQLite in
//! a folder of its own, no socket. One file a story; `house.rs` is the harness.

mod house;
mod signing_in;
