//! What the command line says: to standard output what was asked for, to standard error the rest.

use std::io::{IsTerminal as _, Write as _};

/// Structured lines for people and search on standard error; `RUST_LOG`-like filter in `MUSTER_LOG`.
pub fn log_to_stderr() {
    let level = match std::env::var("MUSTER_LOG").as_deref() {
        Ok("debug") => tracing::Level::DEBUG,
        Ok("warn") => tracing::Level::WARN,
        Ok("error") => tracing::Level::ERROR,
        _ => tracing::Level::INFO,
    };
    let colours = std::io::stderr().is_terminal();
    let subscriber =
        tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(colours).with_max_level(level).with_target(false);
    drop(subscriber.try_init()); // Tests may have set one already.
}

/// One line to standard output; a closed pipe ends the talk quietly.
pub fn say(line: impl AsRef<str>) {
    let mut out = std::io::stdout().lock();
    drop(writeln!(out, "{}", line.as_ref()).and_then(|()| out.flush()));
}

/// An error and its causes to standard error.
pub fn complain(error: &anyhow::Error) {
    let mut err = std::io::stderr().lock();
    drop(writeln!(err, "muster: {error}"));
    for cause in error.chain().skip(1) {
        drop(writeln!(err, "  because: {cause}"));
    }
}
