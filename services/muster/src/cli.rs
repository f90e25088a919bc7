//! The command line: reads what is asked, hands it on, and turns the answer into an exit code.
//!
//! 0 = done, 1 = not as it should be (tampered, refused), 2 = could not be tried.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub mod out;
pub mod serve;

/// An armoury's book that can prove itself.
#[derive(Debug, Parser)]
#[command(name = "muster", version, about, propagate_version = true, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the service: desk, views and pages in one process.
    Serve(serve::Serve),
    /// Show everything in one process with training data and simulated readers.
    Demo(crate::demo::Options),
    /// Read a configuration and say what it means, without starting anything.
    CheckConfig {
        /// The file.
        config: PathBuf,
    },
}

/// Runs the command line of this process.
#[must_use]
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    out::log_to_stderr();
    let done = match cli.command {
        Command::Serve(serve) => serve.run(),
        Command::Demo(options) => crate::demo::run(&options).map(|()| ExitCode::SUCCESS).map_err(anyhow::Error::from),
        Command::CheckConfig { config } => serve::check_config(&config),
    };
    done.unwrap_or_else(|error| {
        out::complain(&error);
        ExitCode::from(2)
    })
}
