//! The one place where this program draws random numbers and reads the clock.
//!
//! A thread may be given a clock and dice of its own ([`give`]): a world that is played again from
//! one number needs both. The program itself never does that.

use std::cell::Cell;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use tag_data::moment::Moment;
use uuid::Uuid;

/// A clock and dice in place of the system's.
#[derive(Clone, Copy, Debug)]
pub struct Given {
    /// The clock.
    pub now: fn() -> Moment,
    /// The dice.
    pub fill: fn(&mut [u8]),
}

thread_local! {
    static GIVEN: Cell<Option<Given>> = const { Cell::new(None) };
}

/// From here on this thread takes time and chance from there; `None`: from the system again. For
/// worlds in tests only.
pub fn give(given: Option<Given>) {
    GIVEN.set(given);
}

/// So many random bytes from the system.
///
/// # Panics
/// When the system has no randomness to give: nothing here may go on without it.
#[must_use]
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    match GIVEN.get() {
        Some(given) => (given.fill)(&mut bytes),
        None => getrandom::fill(&mut bytes).expect("the system gives random bytes"),
    }
    bytes
}

/// By how much the demonstration's clock differs from the system's while it tells its history.
static SHIFT_MICROS: AtomicI64 = AtomicI64::new(0);

fn system_micros() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

/// The clock, in microseconds since 1970.
#[must_use]
pub fn now() -> Moment {
    if let Some(given) = GIVEN.get() {
        return (given.now)();
    }
    Moment::from_micros(system_micros().saturating_add(SHIFT_MICROS.load(Ordering::Relaxed)))
}

/// From here on it is `when`, and time goes on from there. The demonstration's history only.
pub(crate) fn set_clock(when: Moment) {
    SHIFT_MICROS.store(when.micros().saturating_sub(system_micros()), Ordering::Relaxed);
}

/// From here on it is what the system says.
pub(crate) fn run_clock() {
    SHIFT_MICROS.store(0, Ordering::Relaxed);
}

/// A UUID version 7: the time in milliseconds, then random bits (RFC 9562, 5.7).
#[must_use]
pub fn uuid_v7(now: Moment) -> Uuid {
    let random = bytes::<10>();
    let millis = u64::try_from(now.millis()).unwrap_or_default();
    let mut raw = [0; 16];
    raw[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
    raw[6..].copy_from_slice(&random);
    raw[6] = raw[6] & 0x0f | 0x70;
    raw[8] = raw[8] & 0x3f | 0x80;
    Uuid::from_bytes(raw)
}

/// A secret for people and programs to carry: 256 bits, URL-safe, with a prefix that names it.
#[must_use]
pub fn secret(prefix: &str) -> String {
    use base64::Engine as _;
    format!("{prefix}{}", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes::<32>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_seven_and_in_order() {
        let early = uuid_v7(Moment::from_micros(1_000_000));
        let late = uuid_v7(Moment::from_micros(2_000_000));
        assert_eq!((early.get_version_num(), late.get_version_num()), (7, 7));
        assert!(early < late);
        assert_ne!(secret("x_"), secret("x_"));
    }
}
