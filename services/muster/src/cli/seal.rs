//! `muster log seal`: old events in a fifth of the space, at once and not as time allows.
//!
//! A service seals by itself what is older than its last ten thousand events. This does it for a log at rest:
//! before it is copied to a stick, after a large import, or after a format that had no sealed events. What the
//! events say, their leaves and the log's head stay as they are; the head is said before and after.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::offline;
use super::out::say;

/// Which log to seal, and how far.
#[derive(Debug, Args)]
pub struct Seal {
    /// The data folder; no service may run on it.
    #[arg(long)]
    data: PathBuf,
    /// How many events at the end stay as they are.
    #[arg(long, default_value_t = 0)]
    keep: u64,
    /// Write the file anew without the free space; needs room for a second copy.
    #[arg(long)]
    compact: bool,
}

impl Seal {
    /// Seals whole runs of 256 events and says how large the file was and is.
    ///
    /// # Errors
    /// When the log is read-only, an event is not whole, or the disk does not take it.
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let log = offline::log(&self.data)?;
        let before = log.head();
        say(format!("{} events, head {}, {} bytes.", before.size, hex::encode(before.root), stored(&self.data)));
        let runs = log.seal(self.keep, u64::MAX)?;
        if self.compact {
            log.compact()?;
        }
        let after = log.head();
        anyhow::ensure!(after == before, "the head is another one than before; keep this file and ask for help");
        drop(log);
        say(format!("{} events were sealed. The head is the same; {} bytes.", runs * 256, stored(&self.data)));
        if runs > 0 && !self.compact {
            say("The free space stays in the file for what comes; --compact gives it back.");
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Bytes of the log's file and what SQLite keeps beside it.
fn stored(data: &Path) -> u64 {
    let size = |name| std::fs::metadata(data.join(name)).map_or(0, |file| file.len());
    size("log.sqlite") + size("log.sqlite-wal")
}
