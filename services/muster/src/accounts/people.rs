//! Accounts themselves: made, checked, disabled. Disabling ends every sign-in and token at once.

use armoury::ids::ServiceNumber;
use rusqlite::{OptionalExtension as _, params};
use tag_data::moment::Moment;

use super::passwords::Work;
use super::{Accounts, AccountsError};

/// What is known of an account; never its password.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Account {
    /// Whose.
    pub service_number: ServiceNumber,
    /// Whether it can no longer sign in.
    pub disabled: bool,
    /// Language of its pages.
    pub locale: String,
    /// When it was made.
    pub created_at: Moment,
    /// Whether its password was chosen by somebody else: it signs nothing until it is changed.
    pub must_change: bool,
}

impl Accounts {
    /// Makes an account with a password of its owner's own. Slow (one password hash): call it off the web's threads.
    ///
    /// # Errors
    /// When there is one already or the password is refused.
    pub fn make(&self, person: &ServiceNumber, password: &str, now: Moment) -> Result<(), AccountsError> {
        self.insert(person, password, false, now)
    }

    /// Makes an account with a password that somebody else chose: its owner has to change it first. Slow.
    ///
    /// # Errors
    /// When there is one already or the password is refused.
    pub fn make_given(&self, person: &ServiceNumber, password: &str, now: Moment) -> Result<(), AccountsError> {
        self.insert(person, password, true, now)
    }

    fn insert(&self, person: &ServiceNumber, password: &str, given: bool, now: Moment) -> Result<(), AccountsError> {
        let stored = self.passwords.make(password)?;
        let made = self.lock().execute(
            "INSERT OR IGNORE INTO accounts(service_number, password, created_at, must_change) VALUES(?1, ?2, ?3, ?4)",
            params![person.as_str(), stored, now.micros(), given],
        )?;
        if made == 1 { Ok(()) } else { Err(AccountsError::Exists(person.to_string())) }
    }

    /// Whether it may be a password.
    ///
    /// # Errors
    /// When it is too short or too long.
    pub fn acceptable(&self, password: &str) -> Result<(), AccountsError> {
        self.passwords.acceptable(password)
    }

    /// Makes two accounts where there is none at all: both or neither, so that none of the two is left outside. Slow.
    ///
    /// # Errors
    /// When there is an account already, or a password is refused.
    pub fn begin_anew(&self, two: [(&ServiceNumber, &str); 2], now: Moment) -> Result<(), AccountsError> {
        let stored = [self.passwords.make(two[0].1)?, self.passwords.make(two[1].1)?];
        let file = self.lock();
        let together = file.unchecked_transaction()?;
        for ((person, _), stored) in two.iter().zip(stored) {
            let made = together.execute(
                "INSERT OR IGNORE INTO accounts(service_number, password, created_at) VALUES(?1, ?2, ?3)",
                params![person.as_str(), stored, now.micros()],
            )?;
            if made != 1 {
                return Err(AccountsError::Exists(person.to_string()));
            }
        }
        Ok(together.commit()?)
    }

    /// Gives an account the password that its owner chose, and ends its sign-ins. Slow.
    ///
    /// # Errors
    /// When there is no such account or the password is refused.
    pub fn set_password(&self, person: &ServiceNumber, password: &str) -> Result<(), AccountsError> {
        let stored = self.passwords.make(password)?;
        self.change(person, "UPDATE accounts SET password = ?2, must_change = 0 WHERE service_number = ?1", &stored)?;
        self.end_all_sign_ins(person)
    }

    /// Gives an account a password that somebody else chose, and ends its sign-ins and tokens. Slow.
    ///
    /// # Errors
    /// When there is no such account or the password is refused.
    pub fn give_password(&self, person: &ServiceNumber, password: &str) -> Result<(), AccountsError> {
        let stored = self.passwords.make(password)?;
        self.change(person, "UPDATE accounts SET password = ?2, must_change = 1 WHERE service_number = ?1", &stored)?;
        self.lock().execute("DELETE FROM tokens WHERE service_number = ?1", [person.as_str()])?;
        self.end_all_sign_ins(person)
    }

    /// Sets the language of a person's pages.
    ///
    /// # Errors
    /// When there is no such account.
    pub fn set_locale(&self, person: &ServiceNumber, locale: &str) -> Result<(), AccountsError> {
        self.change(person, "UPDATE accounts SET locale = ?2 WHERE service_number = ?1", locale)
    }

    /// Disables an account, or enables it again. Disabling ends every sign-in and token.
    ///
    /// # Errors
    /// When there is no such account.
    pub fn set_disabled(&self, person: &ServiceNumber, disabled: bool) -> Result<(), AccountsError> {
        let flag = if disabled { "1" } else { "0" };
        self.change(person, "UPDATE accounts SET disabled = ?2 WHERE service_number = ?1", flag)?;
        if disabled {
            self.end_all_sign_ins(person)?;
            self.lock().execute("DELETE FROM tokens WHERE service_number = ?1", [person.as_str()])?;
        }
        Ok(())
    }

    /// One account.
    ///
    /// # Errors
    /// When the file does not answer.
    pub fn account(&self, person: &ServiceNumber) -> Result<Option<Account>, AccountsError> {
        let found = self.lock().query_row(
            "SELECT disabled, locale, created_at, must_change FROM accounts WHERE service_number = ?1",
            [person.as_str()],
            |row| {
                Ok(Account {
                    service_number: person.clone(),
                    disabled: row.get(0)?,
                    locale: row.get(1)?,
                    created_at: Moment::from_micros(row.get(2)?),
                    must_change: row.get(3)?,
                })
            },
        );
        Ok(found.optional()?)
    }

    /// Whether nobody has an account.
    ///
    /// # Errors
    /// When the file does not answer.
    pub fn is_empty(&self) -> Result<bool, AccountsError> {
        Ok(self.lock().query_row("SELECT NOT EXISTS(SELECT 1 FROM accounts)", [], |row| row.get(0))?)
    }

    /// Whether the password opens the account. Slow; same work whether the account exists or not.
    ///
    /// # Errors
    /// When the file does not answer.
    pub fn check_password(&self, person: &str, password: &str) -> Result<bool, AccountsError> {
        let stored: Option<String> = self
            .lock()
            .query_row("SELECT password FROM accounts WHERE service_number = ?1 AND NOT disabled", [person], |row| row.get(0))
            .optional()?;
        Ok(self.passwords.check(password, stored.as_deref()))
    }

    /// What checking and making passwords has cost since the start.
    #[must_use]
    pub fn password_work(&self) -> Work {
        self.passwords.work()
    }

    /// Waits for one of the two places where passwords are checked.
    pub async fn turn(&self) -> Option<tokio::sync::SemaphorePermit<'_>> {
        self.passwords.turn().await
    }

    fn change(&self, person: &ServiceNumber, sql: &str, value: &str) -> Result<(), AccountsError> {
        let changed = self.lock().execute(sql, [person.as_str(), value])?;
        if changed == 1 { Ok(()) } else { Err(AccountsError::Absent(person.to_string())) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::SignIn;

    #[test]
    fn two_begin_anew_or_neither() {
        let rules = SignIn { password_memory_kib: 64, password_passes: 1, ..SignIn::default() };
        let accounts = Accounts::in_memory(&rules).unwrap();
        let [first, second] = ["1001", "1002"].map(|text| text.parse::<ServiceNumber>().unwrap());
        let now = Moment::from_micros(0);
        let password = "a password that is long";
        for (two, why) in
            [([(&first, password), (&first, password)], "one person"), ([(&first, password), (&second, "x")], "too short")]
        {
            assert!(accounts.begin_anew(two, now).is_err(), "{why}");
            assert!(accounts.is_empty().unwrap(), "{why}: one of the two is left outside");
        }
        accounts.begin_anew([(&first, password), (&second, password)], now).unwrap();
        assert!(accounts.check_password("1002", password).unwrap() && !accounts.is_empty().unwrap());
    }
}
