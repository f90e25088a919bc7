//! Throttling of guesses: each failure doubles the wait, for the account and for the address.
//!
//! Nobody is locked out: a wait never exceeds fifteen minutes, and a person at an address where
//! he has signed in before, or at the machine itself, has a wait of his own, which strangers
//! elsewhere cannot lengthen: the last security officer always gets in from there.
//! Held in memory, bounded; a restart forgets, which costs an attacker more than it gives him.

use std::collections::BTreeMap;

use tag_data::moment::Moment;

use super::{Accounts, AccountsError};

/// The first so many failures cost nothing: people mistype.
const FREE: u32 = 3;
/// The longest wait, in seconds.
const LONGEST: i64 = 15 * 60;
/// The most entries kept; beyond, the oldest are forgotten.
const ENTRIES_MAX: usize = 10_000;

/// Failures by account and by address.
#[derive(Debug, Default)]
pub struct Throttle {
    entries: BTreeMap<String, Entry>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    failures: u32,
    last: Moment,
}

impl Throttle {
    /// Seconds still to wait before the next try of this key; 0 = go on.
    #[must_use]
    pub fn wait(&self, key: &str, now: Moment) -> i64 {
        self.entries.get(key).map_or(0, |entry| (delay(entry.failures) - now.seconds_since(entry.last)).max(0))
    }

    /// Counts a failure.
    pub fn failed(&mut self, key: String, now: Moment) {
        if self.entries.len() >= ENTRIES_MAX && !self.entries.contains_key(&key) {
            self.forget(now);
        }
        let entry = self.entries.entry(key).or_insert(Entry { failures: 0, last: now });
        if now.seconds_since(entry.last) > 24 * 3600 {
            entry.failures = 0;
        }
        *entry = Entry { failures: entry.failures.saturating_add(1), last: now };
    }

    /// A right answer clears the key.
    pub fn succeeded(&mut self, key: &str) {
        self.entries.remove(key);
    }

    fn forget(&mut self, now: Moment) {
        self.entries.retain(|_, entry| now.seconds_since(entry.last) < LONGEST);
        while self.entries.len() >= ENTRIES_MAX {
            let oldest = self.entries.iter().min_by_key(|(_, entry)| entry.last).map(|(key, _)| key.clone());
            oldest.map(|key| self.entries.remove(&key));
        }
    }
}

fn delay(failures: u32) -> i64 {
    match failures.checked_sub(FREE) {
        None | Some(0) => 0,
        Some(over) => (1_i64 << over.min(20)).min(LONGEST),
    }
}

impl Accounts {
    /// The two keys of a try: the account (apart for a known address), and the address.
    fn keys(&self, person: &str, address: &str, now: Moment) -> Result<[String; 2], AccountsError> {
        let person: String = person.chars().take(64).collect();
        let trusted = self.is_trusted(&person, address, now)?;
        // At the machine itself too an account has a wait of its own: there is always one place to sign in from.
        let here = address.parse().is_ok_and(crate::config::is_this_machine);
        let account = if trusted || here { format!("account {person} at {address}") } else { format!("account {person}") };
        let from = if trusted { format!("address {address} of {person}") } else { format!("address {address}") };
        Ok([account, from])
    }

    /// Seconds to wait before this person may try from this address; 0 = go on.
    ///
    /// # Errors
    /// When the file does not answer.
    pub fn wait_before(&self, person: &str, address: &str, now: Moment) -> Result<i64, AccountsError> {
        let keys = self.keys(person, address, now)?;
        let throttle = self.throttle.lock().expect("no holder of the throttle's lock panics");
        Ok(keys.iter().map(|key| throttle.wait(key, now)).max().unwrap_or(0))
    }

    /// Notes how a try ended.
    ///
    /// # Errors
    /// When the file does not answer.
    pub fn tried(&self, person: &str, address: &str, right: bool, now: Moment) -> Result<(), AccountsError> {
        let keys = self.keys(person, address, now)?;
        let mut throttle = self.throttle.lock().expect("no holder of the throttle's lock panics");
        for key in keys {
            if right { throttle.succeeded(&key) } else { throttle.failed(key, now) }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Moment {
        Moment::from_micros(0).plus_seconds(seconds)
    }

    #[test]
    fn a_day_of_guessing_gives_a_hundred_tries() {
        let mut throttle = Throttle::default();
        let mut tries = 0;
        for second in 0..24 * 3600 {
            if throttle.wait("account a", at(second)) == 0 {
                throttle.failed("account a".to_owned(), at(second));
                tries += 1;
            }
        }
        assert!((90..=110).contains(&tries), "{tries}");
        assert!(throttle.wait("account a", at(24 * 3600)) <= LONGEST, "never longer than fifteen minutes");
        assert_eq!(throttle.wait("account a at home", at(24 * 3600)), 0, "the person at his own desk is not held up");
    }

    #[test]
    fn strangers_never_keep_the_last_officer_out() {
        let dir = crate::scratch::Scratch::new("throttle");
        let rules = crate::config::SignIn { password_memory_kib: 64, password_passes: 1, ..crate::config::SignIn::default() };
        let accounts = Accounts::open(&dir.join("accounts.sqlite"), &rules).unwrap();
        let officer = "1001".parse().unwrap();
        accounts.make(&officer, "a long enough password", at(0)).unwrap();
        accounts.begin_sign_in(&officer, "10.0.0.7", at(0)).unwrap();
        let wait = |address: &str, now| accounts.wait_before("1001", address, now).unwrap();
        // Weeks of strangers, a try each time they may, from ever new addresses (a known address is known for 30 days).
        let mut now = 0;
        for guess in 0..2000_i64 {
            let address = format!("10.9.{}.{}", guess / 250, guess % 250);
            now += wait(&address, at(now)).max(1);
            accounts.tried("1001", &address, false, at(now)).unwrap();
        }
        assert!(wait("10.9.99.99", at(now)) > 0, "strangers wait");
        assert_eq!(wait("10.0.0.7", at(now)), 0, "from his own desk he signs in at once");
        assert_eq!((wait("127.0.0.1", at(now)), wait("::1", at(now))), (0, 0), "and at the machine itself");
        assert!(
            wait("10.9.99.99", at(now)) <= LONGEST && wait("10.9.99.99", at(now + LONGEST)) == 0,
            "and from anywhere after the wait"
        );
        // Somebody at his own desk, or at the machine, holds him up for the wait and no longer.
        for _ in 0..50 {
            accounts.tried("1001", "10.0.0.7", false, at(now)).unwrap();
            accounts.tried("9999", "127.0.0.1", false, at(now)).unwrap();
        }
        assert!((1..=LONGEST).contains(&wait("10.0.0.7", at(now))) && wait("10.0.0.7", at(now + LONGEST)) == 0);
        assert!(
            (1..=LONGEST).contains(&wait("127.0.0.1", at(now))),
            "guessing through many numbers is slowed at the machine too"
        );
        accounts.tried("1001", "10.0.0.7", true, at(now + LONGEST)).unwrap();
        assert_eq!(wait("10.0.0.7", at(now + LONGEST)), 0, "a right password clears it");
    }

    #[test]
    fn memory_is_bounded() {
        let mut throttle = Throttle::default();
        for n in 0..ENTRIES_MAX + 50 {
            throttle.failed(format!("address {n}"), at(0));
        }
        assert!(throttle.entries.len() <= ENTRIES_MAX);
    }
}
