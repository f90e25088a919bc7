//! Gateways whose outbox goes no further, because this service does not understand what they signed: since when,
//! and why. Kept in memory: nothing has happened to the book, and the gateway keeps the items and sends them again.

use std::collections::BTreeMap;

use armoury::ids::GatewayKey;
use parking_lot::Mutex;
use tag_data::moment::Moment;

/// Characters kept of a reason; it may quote the item.
const WORDS: usize = 200;

/// One gateway's trouble.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// When its batch was refused first.
    pub since: Moment,
    /// Why it was refused last.
    pub why: String,
}

/// Of every gateway that is held up; at most one for each key in force.
#[derive(Debug, Default)]
pub struct HeldUp(Mutex<BTreeMap<GatewayKey, Trouble>>);

impl HeldUp {
    pub(crate) fn refused(&self, key: &GatewayKey, now: Moment, why: String) {
        let mut all = self.0.lock();
        let trouble = all.entry(key.clone()).or_insert_with(|| {
            tracing::warn!(
                gateway.key = key.as_str(),
                batch.refused = %why.chars().take(WORDS).collect::<String>(),
                "A gateway's batch is not understood here: it keeps what it heard, and nothing more comes from it."
            );
            Trouble { since: now, why: String::new() }
        });
        trouble.why = why.chars().filter(|c| !c.is_control()).take(WORDS).collect();
    }

    pub(crate) fn went_on(&self, key: &GatewayKey) {
        self.0.lock().remove(key);
    }

    /// The trouble of one gateway, if it is held up.
    #[must_use]
    pub fn of(&self, key: &GatewayKey) -> Option<Trouble> {
        self.0.lock().get(key).cloned()
    }
}
