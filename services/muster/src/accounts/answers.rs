//! Remembered answers: the same request under the same idempotency key gets the same answer.
//!
//! The key is noted with the ids' seed before the act and the answer after it, so that a request
//! cut off in between finds its own events again instead of writing them twice. The note is flushed; the
//! answer is not: what a power cut takes of it is found in the log again.

use rusqlite::{OptionalExtension as _, params};
use tag_data::moment::Moment;
use uuid::Uuid;

use super::{Accounts, AccountsError, lazily};

/// Answers are kept so long (seconds).
const KEPT: i64 = 7 * 24 * 3600;

/// What is known of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// New: act with ids from this seed.
    New(Uuid),
    /// Begun before and cut off: look for events with ids from this seed first.
    CutOff(Uuid),
    /// Answered before: status and body.
    Answered(u16, Vec<u8>),
    /// The key was used for another request.
    Other,
}

/// A row: the body's hash, the seed, and the answer once there is one.
type Known = (Vec<u8>, String, Option<u16>, Option<Vec<u8>>);

impl Accounts {
    /// Notes that a request is asked, or tells what is known of it.
    ///
    /// # Errors
    /// When the file does not answer.
    pub fn ask(&self, person: &str, key: &str, body: &[u8; 32], seed: Uuid, now: Moment) -> Result<Asked, AccountsError> {
        let file = self.lock();
        let old = now.plus_seconds(-KEPT).micros();
        lazily(&file, |file| file.execute("DELETE FROM answers WHERE created_at < ?1", [old]))?;
        let new = file.execute(
            "INSERT OR IGNORE INTO answers(person, key, body, seed, created_at) VALUES(?1, ?2, ?3, ?4, ?5)",
            params![person, key, body, seed.to_string(), now.micros()],
        )?;
        if new == 1 {
            return Ok(Asked::New(seed));
        }
        let found: Option<Known> = file
            .query_row("SELECT body, seed, status, answer FROM answers WHERE person = ?1 AND key = ?2", [person, key], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            })
            .optional()?;
        Ok(match found {
            Some((known, ..)) if known != body => Asked::Other,
            Some((_, _, Some(status), answer)) => Asked::Answered(status, answer.unwrap_or_default()),
            Some((_, old, ..)) => Asked::CutOff(old.parse().unwrap_or(seed)),
            None => Asked::New(seed),
        })
    }

    /// Remembers the answer.
    ///
    /// # Errors
    /// When the file does not answer.
    pub fn answer(&self, person: &str, key: &str, status: u16, answer: &[u8]) -> Result<(), AccountsError> {
        let kept = "UPDATE answers SET status = ?3, answer = ?4 WHERE person = ?1 AND key = ?2";
        lazily(&self.lock(), |file| file.execute(kept, params![person, key, status, answer]))?;
        Ok(())
    }

    /// Forgets a key whose act was refused before anything was written, so that it may be tried again.
    ///
    /// # Errors
    /// When the file does not answer.
    pub fn forget(&self, person: &str, key: &str) -> Result<(), AccountsError> {
        let begun = "DELETE FROM answers WHERE person = ?1 AND key = ?2 AND status IS NULL";
        lazily(&self.lock(), |file| file.execute(begun, [person, key]))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::SignIn;
    use crate::scratch::Scratch;

    #[test]
    fn asked_once_answered_for_ever() {
        let dir = Scratch::new("answers");
        let rules = SignIn { password_memory_kib: 64, password_passes: 1, ..SignIn::default() };
        let accounts = Accounts::open(&dir.join("accounts.sqlite"), &rules).unwrap();
        let (one, two, now) = (Uuid::from_u128(1), Uuid::from_u128(2), Moment::from_micros(0));
        let ask = |key: &str, body: u8, seed, now| accounts.ask("31877", key, &[body; 32], seed, now).unwrap();
        assert_eq!(ask("k", 1, one, now), Asked::New(one));
        assert_eq!(ask("k", 1, two, now), Asked::CutOff(one));
        assert_eq!(ask("k", 2, two, now), Asked::Other);
        accounts.answer("31877", "k", 201, b"{}").unwrap();
        assert_eq!(ask("k", 1, two, now), Asked::Answered(201, b"{}".to_vec()));
        assert_eq!(ask("k", 1, two, now.plus_seconds(KEPT + 1)), Asked::New(two));
    }
}
