//! The command line: reads what is asked, hands it on, and turns the answer into an exit code.
//!
//! 0 = done, 1 = not as it should be (tampered, refused), 2 = could not be tried.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub mod declare;
pub mod ledger;
pub mod offline;
pub mod out;
pub mod report;
pub mod seal;
pub mod serve;
pub mod tag;
pub mod verify;

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
    /// Follow a log and keep its views, without pages.
    Project(serve::Serve),
    /// Show everything in one process with training data and simulated readers.
    Demo(crate::demo::Options),
    /// Read a configuration and say what it means, without starting anything.
    CheckConfig {
        /// The file.
        config: PathBuf,
    },
    /// Check a log from its file alone: 0 agrees, 1 tampered, 2 cannot be read.
    Verify(verify::Verify),
    /// Fold a log and show one view of it, now or as it was.
    Replay(report::Replay),
    /// Write one view of a log to a file (.csv or .json).
    Report(report::Report),
    /// Import a ledger: everything or nothing.
    Import(ledger::Import),
    /// What a tag or a barcode says.
    Tag {
        #[command(subcommand)]
        what: TagCommand,
    },
    /// Check that a log does what a log must do, seal its old events, or declare its break.
    Log {
        #[command(subcommand)]
        what: LogCommand,
    },
    /// Measure, beside the machine's bare limit of the same run.
    Bench(crate::bench::Bench),
}

#[derive(Debug, Subcommand)]
enum TagCommand {
    /// One JSON object a line for each value, or for each line of standard input.
    Decode {
        /// EPC in hex, TID in hex, or a barcode's text.
        values: Vec<String>,
    },
}

#[derive(Debug, Subcommand)]
enum LogCommand {
    /// Run the conformance suite; it appends to streams of its own and leaves them there.
    Check(verify::Check),
    /// Compare a log on a server with its mirror, event by event, while no service runs on it.
    Compare {
        /// The configuration file.
        #[arg(long)]
        config: PathBuf,
    },
    /// Two approvers declare a break of a log that opened read-only, and the book goes on.
    DeclareBreak(declare::DeclareBreak),
    /// Put old events into a fifth of the space; nothing that they say changes.
    Seal(seal::Seal),
}

/// Runs the command line of this process.
#[must_use]
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    out::log_to_stderr();
    let done = match cli.command {
        Command::Serve(serve) => serve.run(),
        Command::Project(project) => project.project(),
        Command::Demo(options) => crate::demo::run(&options).map(|()| ExitCode::SUCCESS).map_err(anyhow::Error::from),
        Command::CheckConfig { config } => serve::check_config(&config),
        Command::Verify(verify) => verify.run(),
        Command::Replay(replay) => replay.run(),
        Command::Report(report) => report.run(),
        Command::Import(import) => import.run(),
        Command::Tag { what: TagCommand::Decode { values } } => tag::decode(&values),
        Command::Log { what: LogCommand::Check(check) } => check.run(),
        Command::Log { what: LogCommand::Compare { config } } => verify::compare(&config),
        Command::Log { what: LogCommand::DeclareBreak(declare) } => declare.run(),
        Command::Log { what: LogCommand::Seal(seal) } => seal.run(),
        Command::Bench(bench) => bench.run(),
    };
    done.unwrap_or_else(|error| {
        out::complain(&error);
        ExitCode::from(2)
    })
}
