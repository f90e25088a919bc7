//! The armoury's book as a program: log, views, web service and command line.
//!
//! `app` is the only place that composes; `desk` is the only way by which people's acts reach the
//! log; `intake` the only way for gateways'. What may happen is decided in `armoury`, never here.

pub mod accounts;
pub mod api;
pub mod app;
pub mod as_of;
pub mod auth;
pub mod bench;
pub mod cli;
pub mod companions;
pub mod config;
pub mod demo;
pub mod desk;
pub mod heads;
pub mod held;
pub mod import;
pub mod intake;
pub mod live;
pub mod points;
pub mod projector;
pub mod random;
pub mod room;
pub mod scratch;
pub mod sealing;
pub mod server;
pub mod setup;
pub mod store;
pub mod ui;

/// Installs the one TLS provider of this process. The first line of `main` and of tests that serve.
pub fn install_tls_provider() {
    // A second call finds it installed: the only way it fails, and harmless.
    drop(rustls::crypto::ring::default_provider().install_default());
}

/// Takes a file of secrets from everyone but its owner, where the system knows owners.
pub(crate) fn private_file(path: &std::path::Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        drop(std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)));
    }
    #[cfg(not(unix))]
    let _ = path;
}
