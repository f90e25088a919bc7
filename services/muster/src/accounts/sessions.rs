//! Sign-ins: a random 256-bit id in a cookie, its hash here. Ends by idleness, by age, by signing
//! out, and at once when the account is disabled. The `sign_in` label is what the book records.

use armoury::ids::ServiceNumber;
use rusqlite::{OptionalExtension as _, params};
use tag_data::moment::Moment;

use super::{Accounts, AccountsError, hash, lazily};
use crate::config::SignIn;
use crate::random;

/// A sign-in's last use is written at most so often (seconds).
const SEEN_EVERY: i64 = 20;

/// A running sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Whose.
    pub service_number: ServiceNumber,
    /// Its label in the book: random, and no secret.
    pub sign_in: String,
    /// Language of pages.
    pub locale: String,
    /// Whether somebody else chose the password by which it began.
    pub must_change: bool,
}

impl Accounts {
    /// Begins a sign-in; the secret that comes back goes into the cookie and nowhere else.
    ///
    /// # Errors
    /// When the file does not answer.
    pub fn begin_sign_in(&self, person: &ServiceNumber, address: &str, now: Moment) -> Result<(String, String), AccountsError> {
        let (secret, sign_in) = (random::secret(""), hex::encode(random::bytes::<8>()));
        let file = self.lock();
        file.execute(
            "INSERT INTO sessions VALUES(?1, ?2, ?3, ?4, ?5, ?5)",
            params![hash(&secret), person.as_str(), sign_in, address, now.micros()],
        )?;
        file.execute(
            "INSERT INTO trusted VALUES(?1, ?2, ?3) ON CONFLICT DO UPDATE SET seen_at = ?3",
            params![person.as_str(), address, now.micros()],
        )?;
        file.execute("DELETE FROM sessions WHERE started_at < ?1", [now.plus_seconds(-8 * 24 * 3600).micros()])?;
        Ok((secret, sign_in))
    }

    /// The sign-in of a cookie, if it still runs; its idle clock starts again.
    ///
    /// # Errors
    /// When the file does not answer.
    pub fn session(&self, secret: &str, rules: &SignIn, now: Moment) -> Result<Option<Session>, AccountsError> {
        let key = hash(secret);
        let file = self.lock();
        let found = file
            .query_row(
                "SELECT s.service_number, s.sign_in, a.locale, s.started_at, s.seen_at, a.must_change
                 FROM sessions s JOIN accounts a USING(service_number) WHERE s.hash = ?1 AND NOT a.disabled",
                [key],
                |row| {
                    Ok((
                        row.get::<_, String>(0)?,
                        row.get(1)?,
                        row.get(2)?,
                        row.get::<_, i64>(3)?,
                        row.get::<_, i64>(4)?,
                        row.get(5)?,
                    ))
                },
            )
            .optional()?;
        let Some((person, sign_in, locale, started, seen, must_change)) = found else { return Ok(None) };
        let (started, seen) = (Moment::from_micros(started), Moment::from_micros(seen));
        let idle = now.seconds_since(seen) >= i64::from(rules.idle_minutes) * 60;
        let old = now.seconds_since(started) >= i64::from(rules.longest_hours) * 3600;
        if idle || old {
            file.execute("DELETE FROM sessions WHERE hash = ?1", [key])?;
            return Ok(None);
        }
        if now.seconds_since(seen) >= SEEN_EVERY {
            let seen = "UPDATE sessions SET seen_at = ?2 WHERE hash = ?1";
            lazily(&file, |file| file.execute(seen, params![key, now.micros()]))?;
        }
        Ok(person.parse().ok().map(|service_number| Session { service_number, sign_in, locale, must_change }))
    }

    /// Whether the sign-in (or token) of this label still runs; does not start its idle clock again.
    ///
    /// # Errors
    /// When the file does not answer.
    pub fn still_signed_in(
        &self,
        person: &ServiceNumber,
        sign_in: &str,
        rules: &SignIn,
        now: Moment,
    ) -> Result<bool, AccountsError> {
        let idle = now.plus_seconds(-i64::from(rules.idle_minutes) * 60).micros();
        let old = now.plus_seconds(-i64::from(rules.longest_hours) * 3600).micros();
        let token = sign_in.strip_prefix("token-").unwrap_or("");
        Ok(self.lock().query_row(
            "SELECT EXISTS(SELECT 1 FROM accounts WHERE service_number = ?1 AND NOT disabled) AND (
               EXISTS(SELECT 1 FROM sessions WHERE service_number = ?1 AND sign_in = ?2 AND seen_at > ?3 AND started_at > ?4)
               OR EXISTS(SELECT 1 FROM tokens WHERE service_number = ?1 AND id = ?5 AND (expires_at IS NULL OR expires_at > ?6)))",
            params![person.as_str(), sign_in, idle, old, token, now.micros()],
            |row| row.get(0),
        )?)
    }

    /// Ends one sign-in.
    ///
    /// # Errors
    /// When the file does not answer.
    pub fn end_sign_in(&self, secret: &str) -> Result<(), AccountsError> {
        self.lock().execute("DELETE FROM sessions WHERE hash = ?1", [hash(secret)])?;
        Ok(())
    }

    /// Ends all sign-ins of a person.
    ///
    /// # Errors
    /// When the file does not answer.
    pub fn end_all_sign_ins(&self, person: &ServiceNumber) -> Result<(), AccountsError> {
        self.lock().execute("DELETE FROM sessions WHERE service_number = ?1", [person.as_str()])?;
        Ok(())
    }

    /// Whether this person has signed in from this address within 30 days.
    ///
    /// # Errors
    /// When the file does not answer.
    pub fn is_trusted(&self, person: &str, address: &str, now: Moment) -> Result<bool, AccountsError> {
        let since = now.plus_seconds(-30 * 24 * 3600).micros();
        Ok(self.lock().query_row(
            "SELECT EXISTS(SELECT 1 FROM trusted WHERE service_number = ?1 AND address = ?2 AND seen_at >= ?3)",
            params![person, address, since],
            |row| row.get(0),
        )?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    fn at(seconds: i64) -> Moment {
        Moment::from_micros(0).plus_seconds(seconds)
    }

    #[test]
    fn a_sign_in_ends_by_idleness_age_signing_out_and_disabling() {
        let dir = Scratch::new("sessions");
        let rules = SignIn { password_memory_kib: 64, password_passes: 1, ..SignIn::default() };
        let accounts = Accounts::open(&dir.join("accounts.sqlite"), &rules).unwrap();
        let person: ServiceNumber = "31877".parse().unwrap();
        accounts.make(&person, "a long enough password", at(0)).unwrap();
        let begin = |now| accounts.begin_sign_in(&person, "::1", now).unwrap().0;
        let runs = |secret: &str, now| accounts.session(secret, &rules, now).unwrap().is_some();

        let idle = begin(at(0));
        assert!(runs(&idle, at(15 * 60 - 1)), "just before the idle end");
        assert!(runs(&idle, at(2 * 15 * 60 - 2)), "the idle clock started again");
        assert!(!runs(&idle, at(4 * 15 * 60)));
        let old = begin(at(0));
        for minute in 1..12 * 60 {
            assert!(runs(&old, at(minute * 60)));
        }
        assert!(!runs(&old, at(12 * 3600)), "no longer than twelve hours");
        let out = begin(at(0));
        accounts.end_sign_in(&out).unwrap();
        assert!(!runs(&out, at(1)));
        let disabled = begin(at(0));
        accounts.set_disabled(&person, true).unwrap();
        assert!(!runs(&disabled, at(1)));
        assert!(!accounts.check_password("31877", "a long enough password").unwrap());
    }
}
