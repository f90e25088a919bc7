//! An app that stands still: nothing follows the log by itself, every step is somebody's call.
//!
//! The same desk, intake, views and rules as in the running program, without its two threads. A
//! world that is played step by step uses it: a write is folded before it is answered, and the
//! rules come when they are told to, so that anything may happen in between.

use std::sync::Arc;

use ed25519_dalek::SigningKey;
use event_log::EventLog;

use super::{App, StartError};
use crate::accounts::Accounts;
use crate::companions::Gone;
use crate::config::Config;
use crate::desk::{ActError, Done};
use crate::projector;
use crate::sealing::Keys;

/// What an app stands on, opened by somebody else.
#[derive(Debug)]
pub struct Parts {
    /// The log.
    pub log: EventLog,
    /// Accounts, and how far the rules have run.
    pub accounts: Arc<Accounts>,
    /// Keys of sealed fields.
    pub keys: Keys,
    /// The key that signs receipts and checkpoints; none while it is gone.
    pub signing: Option<SigningKey>,
    /// What was found gone from beside the log.
    pub gone: Gone,
}

impl App {
    /// Composes an app that stands still. The log is folded from its beginning, as at every start.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn still(config: Config, parts: Parts) -> Result<Self, StartError> {
        Self::assemble(config, parts, true)
    }

    /// Folds all that is in the log and not yet in the views.
    pub fn fold_on(&self) {
        while projector::fold_page(self) {}
    }

    /// Whether somebody holds the views just now, so that nothing may be folded.
    #[must_use]
    pub fn views_are_held(&self) -> bool {
        self.views.is_held()
    }

    /// How far the rules have come.
    #[must_use]
    pub fn rules_at(&self) -> u64 {
        *self.settled.borrow()
    }

    /// Runs the rules over the next events, at most so many; `true` if they came further. `carry`
    /// does what a future asks: a still app's futures never wait.
    pub fn rules_on(&self, at_most: usize, carry: impl Fn(ByRule<'_>) -> Result<Done, ActError>) -> bool {
        projector::run_rules(self, at_most, &|reaction| {
            carry(Box::pin(self.act_by_rule(&reaction.command, reaction.cause, reaction.rule)))
        })
    }
}

/// What a rule asks the desk for, under way.
pub type ByRule<'a> = std::pin::Pin<Box<dyn Future<Output = Result<Done, ActError>> + 'a>>;
