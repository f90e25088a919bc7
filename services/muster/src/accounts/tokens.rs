//! API tokens: shown once, kept as a hash, bound to a person and to nothing more than his rights.

use armoury::ids::ServiceNumber;
use rusqlite::{OptionalExtension as _, params};
use tag_data::moment::Moment;

use super::sessions::Session;
use super::{Accounts, AccountsError, hash};
use crate::random;

/// What a token begins with, so that a leaked one is recognised for what it is.
pub const TOKEN_PREFIX: &str = "muster_";

/// A token as listed; the secret is never shown again.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct TokenRow {
    /// Its id, for taking it back; also its label in the book.
    pub id: String,
    /// What it is for, in words.
    pub label: String,
    /// When it was made.
    pub created_at: Moment,
    /// When it ends, if it does.
    pub expires_at: Option<Moment>,
}

impl Accounts {
    /// Makes a token; the secret comes back once.
    ///
    /// # Errors
    /// When the file does not answer.
    pub fn make_token(
        &self,
        person: &ServiceNumber,
        label: &str,
        expires_at: Option<Moment>,
        now: Moment,
    ) -> Result<(String, TokenRow), AccountsError> {
        let (secret, id) = (random::secret(TOKEN_PREFIX), hex::encode(random::bytes::<8>()));
        self.lock().execute(
            "INSERT INTO tokens VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
            params![hash(&secret), id, person.as_str(), label, now.micros(), expires_at.map(Moment::micros)],
        )?;
        Ok((secret, TokenRow { id, label: label.to_owned(), created_at: now, expires_at }))
    }

    /// Whose token this is, while it is good.
    ///
    /// # Errors
    /// When the file does not answer.
    pub fn token(&self, secret: &str, now: Moment) -> Result<Option<Session>, AccountsError> {
        let found: Option<(String, String, String)> = self
            .lock()
            .query_row(
                "SELECT t.service_number, t.id, a.locale FROM tokens t JOIN accounts a USING(service_number)
                 WHERE t.hash = ?1 AND NOT a.disabled AND (t.expires_at IS NULL OR t.expires_at > ?2)",
                params![hash(secret), now.micros()],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )
            .optional()?;
        Ok(found.and_then(|(person, id, locale)| {
            Some(Session { service_number: person.parse().ok()?, sign_in: format!("token-{id}"), locale, must_change: false })
        }))
    }

    /// A person's tokens.
    ///
    /// # Errors
    /// When the file does not answer.
    pub fn tokens(&self, person: &ServiceNumber) -> Result<Vec<TokenRow>, AccountsError> {
        let file = self.lock();
        let mut rows = file.prepare(
            "SELECT id, label, created_at, expires_at FROM tokens WHERE service_number = ?1 ORDER BY created_at, id LIMIT 200",
        )?;
        let rows = rows.query_map([person.as_str()], |row| {
            Ok(TokenRow {
                id: row.get(0)?,
                label: row.get(1)?,
                created_at: Moment::from_micros(row.get(2)?),
                expires_at: row.get::<_, Option<i64>>(3)?.map(Moment::from_micros),
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Takes a token back; false when the person has none of that id.
    ///
    /// # Errors
    /// When the file does not answer.
    pub fn drop_token(&self, person: &ServiceNumber, id: &str) -> Result<bool, AccountsError> {
        Ok(self.lock().execute("DELETE FROM tokens WHERE service_number = ?1 AND id = ?2", [person.as_str(), id])? == 1)
    }
}
