//! Requests under way, so that the same key is not worked on twice at once.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

/// Person and key.
type Key = (String, String);

/// How long the same request, sent again at once, waits for the first one's answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is under way.
#[derive(Clone, Debug, Default)]
pub struct InFlight {
    keys: Arc<Mutex<BTreeSet<Key>>>,
    left: Arc<Notify>,
}

/// A request under way; over when dropped.
#[derive(Debug)]
pub struct Entered {
    all: InFlight,
    key: Key,
}

impl InFlight {
    /// Enters, unless the same is under way.
    pub(crate) fn enter(&self, person: &str, key: &str) -> Option<Entered> {
        let key = (person.to_owned(), key.to_owned());
        let new = self.keys.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone());
        new.then(|| Entered { all: self.clone(), key })
    }

    /// Enters when the same is no longer under way; gives up after ten seconds.
    pub(crate) async fn enter_in_turn(&self, person: &str, key: &str) -> Option<Entered> {
        let turn = async {
            loop {
                let mut left = std::pin::pin!(self.left.notified());
                left.as_mut().enable(); // Before looking, so that nobody leaves unnoticed in between.
                if let Some(entered) = self.enter(person, key) {
                    return entered;
                }
                left.await;
            }
        };
        tokio::time::timeout(PATIENCE, turn).await.ok()
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        self.all.keys.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
        self.all.left.notify_waiters();
    }
}
