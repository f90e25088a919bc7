//! The one place where the gateway reads the clock.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tag_data::moment::Moment;

/// Now, by this machine's clock. A clock before 1970 reads as 1970.
#[must_use]
pub fn now() -> Moment {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Moment::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// How long until `then`, at least a millisecond and at most a minute: the clock may be set meanwhile.
#[must_use]
pub fn until(then: Moment, now: Moment) -> Duration {
    let micros = then.micros().saturating_sub(now.micros()).clamp(1_000, 60_000_000);
    Duration::from_micros(micros.unsigned_abs())
}
