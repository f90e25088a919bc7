//! The program `muster-gateway`: reads the command line, composes the library, prints.
//!
//! Nothing is decided here. The first act is to install the one TLS provider: two in one program
//! panic at the first connection.

mod cli;

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    reader_gateway::install_tls();
    let colours = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(colours).with_max_level(tracing::Level::INFO).init();
    match cli::run(cli::Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
