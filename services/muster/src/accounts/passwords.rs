//! Passwords: argon2id, two at a time, and the same work for an unknown person as for a known one.
//!
//! Stored as `argon2id$<memory KiB>$<passes>$<salt>$<hash>` (base64), so that raising the cost
//! later leaves old ones readable. A check is slow on purpose: call it off the web's threads.

use std::sync::atomic::{AtomicU64, Ordering};

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use super::AccountsError;
use crate::config::SignIn;
use crate::random;

/// At most so many checks at once: each takes the configured memory.
const AT_ONCE: usize = 2;
/// The most bytes of a password that are read.
pub const PASSWORD_BYTES_MAX: usize = 256;

/// The cost of a check and the queue before it.
pub struct Passwords {
    memory_kib: u32,
    passes: u32,
    fewest: u32,
    queue: Semaphore,
    decoy: String,
    hashes: AtomicU64,
    kib_passes: AtomicU64,
}

/// Work done for passwords so far. Whoever tries one causes the same, whether its owner is known or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Hashes computed.
    pub hashes: u64,
    /// Memory times passes over all of them, in KiB.
    pub kib_passes: u64,
}

impl Passwords {
    /// Sets the cost; makes the decoy that unknown people are checked against.
    ///
    /// # Errors
    /// When the cost is outside what argon2 allows.
    pub fn new(rules: &SignIn) -> Result<Self, AccountsError> {
        let mut passwords = Self {
            memory_kib: rules.password_memory_kib,
            passes: rules.password_passes,
            fewest: rules.password_length,
            queue: Semaphore::new(AT_ONCE),
            decoy: String::new(),
            hashes: AtomicU64::new(0),
            kib_passes: AtomicU64::new(0),
        };
        passwords.decoy = passwords.stored(&random::secret(""))?;
        Ok(passwords)
    }

    /// What is stored of a new password.
    ///
    /// # Errors
    /// When it is too short or too long.
    pub fn make(&self, password: &str) -> Result<String, AccountsError> {
        self.acceptable(password)?;
        self.stored(password)
    }

    /// Whether it may be a password.
    ///
    /// # Errors
    /// When it is too short or too long.
    pub fn acceptable(&self, password: &str) -> Result<(), AccountsError> {
        let length = password.chars().count();
        if length < self.fewest as usize {
            return Err(AccountsError::TooShort { length, fewest: self.fewest });
        }
        if password.len() > PASSWORD_BYTES_MAX {
            return Err(AccountsError::TooLong);
        }
        Ok(())
    }

    /// Waits for a turn. Hold what comes back while checking.
    pub async fn turn(&self) -> Option<tokio::sync::SemaphorePermit<'_>> {
        self.queue.acquire().await.ok()
    }

    /// Whether the password is the stored one; `None` is checked against the decoy and is false.
    #[must_use]
    pub fn check(&self, password: &str, stored: Option<&str>) -> bool {
        let right =
            password.len() <= PASSWORD_BYTES_MAX && self.matches(password, stored.unwrap_or(&self.decoy)).unwrap_or(false);
        right && stored.is_some()
    }

    fn stored(&self, password: &str) -> Result<String, AccountsError> {
        let salt = random::bytes::<16>();
        let hash = self.derive(password, &salt, self.memory_kib, self.passes).map_err(|e| AccountsError::Hash(e.to_string()))?;
        let (salt, hash) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(*hash));
        Ok(format!("argon2id${}${}${salt}${hash}", self.memory_kib, self.passes))
    }

    /// What the hashes have cost since the start.
    #[must_use]
    pub fn work(&self) -> Work {
        Work { hashes: self.hashes.load(Ordering::Relaxed), kib_passes: self.kib_passes.load(Ordering::Relaxed) }
    }

    fn derive(&self, password: &str, salt: &[u8], memory_kib: u32, passes: u32) -> Result<Zeroizing<[u8; 32]>, argon2::Error> {
        let params = Params::new(memory_kib, passes, 1, Some(32))?;
        let mut hash = Zeroizing::new([0; 32]);
        self.hashes.fetch_add(1, Ordering::Relaxed);
        self.kib_passes.fetch_add(u64::from(memory_kib) * u64::from(passes), Ordering::Relaxed);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into(
            password.as_bytes(),
            salt,
            hash.as_mut_slice(),
        )?;
        Ok(hash)
    }

    fn matches(&self, password: &str, stored: &str) -> Option<bool> {
        let parts: Vec<&str> = stored.split('$').collect();
        let &["argon2id", memory, passes, salt, hash] = parts.as_slice() else { return None };
        let (salt, hash) = (STANDARD_NO_PAD.decode(salt).ok()?, STANDARD_NO_PAD.decode(hash).ok()?);
        let derived = self.derive(password, &salt, memory.parse().ok()?, passes.parse().ok()?).ok()?;
        Some(same(&*derived, &hash))
    }
}

/// Compares without stopping at the first difference.
#[must_use]
pub fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |seen, (a, b)| seen | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn right_wrong_and_unknown() {
        let rules = SignIn { password_memory_kib: 64, password_passes: 1, ..SignIn::default() };
        let passwords = Passwords::new(&rules).unwrap();
        let stored = passwords.make("correct horse battery").unwrap();
        assert!(passwords.check("correct horse battery", Some(&stored)));
        assert!(!passwords.check("correct horse batterz", Some(&stored)));
        assert!(!passwords.check("correct horse battery", None));
        assert!(!passwords.check("x", Some("nonsense")));
        assert!(matches!(passwords.make("short"), Err(AccountsError::TooShort { length: 5, fewest: 12 })));
        assert!(!stored.contains("horse"));
    }
}
