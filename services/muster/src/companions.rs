//! What stands beside the log and must not vanish from it quietly: the signing key, the accounts, the keys of
//! sealed names.
//!
//! A book with events had all three: they are made, and flushed, before the set-up writes its first event. If
//! one is gone, the log is read-only and says which, because each can only be put back from a backup; a fresh
//! one in its place would lock everybody out, or sign with a key that no gateway knows, without a word. Two
//! approvers may declare a break and begin anew: visible for ever. While a book is looked at nothing is made or
//! mended here.

use std::path::Path;

use event_log::EventLog;

use crate::accounts::{Accounts, AccountsError};
use crate::app::App;
use crate::config::Config;
use crate::sealing::{self, Keys, SealingError};
use crate::store;

/// The service's signing key.
pub const SERVICE_KEY: &str = "service.key";
/// Accounts, sign-ins, tokens.
pub const ACCOUNTS: &str = "accounts.sqlite";
/// The keys of sealed names.
pub const KEYS: &str = "keys.sqlite";

/// Which companions of a log with events are gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gone {
    /// [`SERVICE_KEY`]: gateways and printed heads know the log by it.
    pub service_key: bool,
    /// Every account: nobody can sign in.
    pub accounts: bool,
    /// [`KEYS`]: no sealed name can be read.
    pub keys: bool,
}

impl Gone {
    /// All that is gone, in words; `None` if nothing is.
    #[must_use]
    pub fn words(self) -> Option<String> {
        let each = [
            (self.service_key, "the service's key (service.key), by which gateways and printed heads know this log"),
            (self.accounts, "every account (accounts.sqlite): nobody can sign in"),
            (self.keys, "the keys of sealed names (keys.sqlite): no name can be read"),
        ];
        let gone: Vec<&str> = each.iter().filter(|(is_gone, _)| *is_gone).map(|(_, words)| *words).collect();
        (!gone.is_empty()).then(|| format!("Gone from beside the log: {}", gone.join("; and ")))
    }
}

/// Looks what is gone from beside a log with events, and makes the log read-only if anything is. Of a log that is
/// still empty nothing is said: its companions are about to be made, or were when a first start was cut off.
///
/// # Errors
/// When the file of accounts does not answer.
pub fn look(config: &Config, log: &EventLog, accounts: &Accounts) -> Result<Gone, AccountsError> {
    if log.head().size == 0 {
        return Ok(Gone::default());
    }
    let empty = |name: &str| !holds_something(&config.file(name));
    let gone = Gone { service_key: empty(SERVICE_KEY), accounts: accounts.is_empty()?, keys: empty(KEYS) };
    if let Some(words) = gone.words() {
        log.doubt(format!("{words}. {}", what_to_do(config)));
    }
    Ok(gone)
}

fn what_to_do(config: &Config) -> &'static str {
    if config.log.url.as_deref().is_some_and(store::is_server) {
        "Stop the service and put it back from the backup. Without one, go on from the log's mirror: take log.url out of \
         the configuration and server-holder out of the folder, and declare a break of what is then a log of its own."
    } else {
        "Stop the service and put it back from the backup, or let two approvers declare a break and begin anew."
    }
}

fn holds_something(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|about| about.len() > 0)
}

impl App {
    /// Makes anew the keys that were gone, after a declared break; they are used from the next start on.
    ///
    /// # Errors
    /// When a file cannot be made.
    pub fn begin_anew(&self) -> Result<(), SealingError> {
        let gone = self.gone();
        if gone.service_key {
            sealing::service_key(&self.config().file(SERVICE_KEY))?;
        }
        if gone.keys {
            Keys::open(&self.config().file(KEYS))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_is_gone_is_named() {
        assert_eq!(Gone::default().words(), None);
        let words = Gone { service_key: true, keys: true, accounts: false }.words().unwrap();
        assert!(words.contains("service.key") && words.contains("keys.sqlite") && !words.contains("accounts"), "{words}");
    }
}
