//! How much is too much: a bucket of requests for each account and each address.
//!
//! Held in memory and bounded. The bucket refills evenly; a full minute's worth may come at once.

use std::collections::BTreeMap;
use std::sync::Mutex;

use armoury::ids::ServiceNumber;
use tag_data::moment::Moment;

use crate::api::problem::Problem;
use crate::app::App;

/// The most buckets kept; beyond, full ones are dropped.
const BUCKETS_MAX: usize = 20_000;

/// The buckets.
#[derive(Debug, Default)]
pub struct Rates {
    buckets: Mutex<BTreeMap<String, Bucket>>,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    left: f64,
    at: Moment,
}

impl Rates {
    /// Takes one request from the bucket of this name.
    ///
    /// # Errors
    /// The seconds until there is one again.
    pub fn take(&self, name: &str, a_minute: u32, now: Moment) -> Result<(), i64> {
        let mut buckets = self.buckets.lock().expect("no holder of the buckets' lock panics");
        let (full, each) = (f64::from(a_minute), f64::from(a_minute) / 60e6);
        if buckets.len() >= BUCKETS_MAX && !buckets.contains_key(name) {
            buckets.retain(|_, bucket| now.seconds_since(bucket.at) < 60);
            if buckets.len() >= BUCKETS_MAX {
                buckets.clear(); // A flood from everywhere: forget rather than grow.
            }
        }
        let bucket = buckets.entry(name.to_owned()).or_insert(Bucket { left: full, at: now });
        #[expect(clippy::cast_precision_loss, reason = "microseconds between two requests; a lost bit is no matter")]
        let passed = now.micros().saturating_sub(bucket.at.micros()).max(0) as f64;
        bucket.left = (bucket.left + passed * each).min(full);
        bucket.at = now;
        if bucket.left < 1.0 {
            return Err(1 + 60 / i64::from(a_minute));
        }
        bucket.left -= 1.0;
        Ok(())
    }
}

/// One request of this account.
///
/// # Errors
/// 429 with the seconds to wait.
pub fn account(app: &App, person: &ServiceNumber) -> Result<(), Problem> {
    take(app, &format!("account {person}"), 1)
}

/// One request from this address by somebody who is not signed in yet.
///
/// # Errors
/// 429 with the seconds to wait.
pub fn address(app: &App, address: &str) -> Result<(), Problem> {
    take(app, &format!("address {address}"), 1)
}

/// One request of this kind by a machine or stranger; the kind has a `share`th of the usual rate.
///
/// # Errors
/// 429 with the seconds to wait.
pub fn take(app: &App, name: &str, share: u32) -> Result<(), Problem> {
    let a_minute = (app.config().limits.requests_a_minute / share.max(1)).max(1);
    app.rates().take(name, a_minute, app.now()).map_err(Problem::too_many)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_at_once_then_evenly() {
        let rates = Rates::default();
        let at = |micros| Moment::from_micros(micros);
        assert!((0..60).all(|_| rates.take("a", 60, at(0)).is_ok()));
        assert!(rates.take("a", 60, at(0)).is_err());
        assert!(rates.take("b", 60, at(0)).is_ok(), "another's bucket");
        assert!(rates.take("a", 60, at(1_000_001)).is_ok());
        assert!(rates.take("a", 60, at(1_000_002)).is_err());
    }
}
