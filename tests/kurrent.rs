//! The log on a KurrentDB server, tested against a stand-in of our own: the same conformance suite as every
//! other store, stories of faults kept as data, a seeded loop of faults, TLS, and the program itself.
//!
//! Nothing here has seen a real server.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test that cannot go on must fail there, and say what it saw")]

#[path = "kurrent/calls.rs"]
mod calls;
#[path = "kurrent/faults.rs"]
mod faults;
#[path = "kurrent/log.rs"]
mod log;
#[path = "kurrent/seeds.rs"]
mod seeds;
#[path = "kurrent/server.rs"]
mod server;
#[path = "kurrent/store.rs"]
mod store;
#[path = "kurrent/wire.rs"]
mod wire;

#[path = "kurrent/compose.rs"]
mod compose;
#[path = "kurrent/program.rs"]
mod program;
#[path = "kurrent/stories.rs"]
mod stories;
#[path = "kurrent/suite.rs"]
mod suite;
#[path = "kurrent/tls.rs"]
mod tls;

/// What the end-to-end tests use to start programs and to ask them.
mod e2e {
    #[allow(dead_code, reason = "shared with another test program, which uses the rest")]
    #[path = "../e2e/program.rs"]
    mod programs;
    #[allow(dead_code, reason = "shared with another test program, which uses the rest")]
    #[path = "../e2e/web.rs"]
    mod web;
    pub use programs::{Program, binary, finish, free_port, wait_for};
    pub use web::Web;
}
