//! The sign-ins of one demonstration: passwords and tokens made for this run, printed once, kept nowhere.

use std::collections::BTreeMap;
use std::sync::Arc;

use armoury::ids::ServiceNumber;
use serde::Serialize;

use super::people::{ARMOURER, AUDITOR, COMMANDER, DEPUTY, SECURITY};
use crate::accounts::{Accounts, AccountsError};
use crate::random;

/// What somebody signs in with.
#[derive(Clone, Debug, Serialize)]
pub struct Login {
    /// Service number.
    pub user: &'static str,
    /// Password for the pages.
    pub password: String,
    /// Token for the API.
    pub token: String,
}

/// The roles that get an account, and who has it. The first three are the printed line's fixed names.
const ACCOUNTS: [(&str, &str); 9] = [
    ("custodian", ARMOURER),
    ("approver", COMMANDER),
    ("auditor", AUDITOR),
    ("second_approver", DEPUTY),
    ("second_custodian", "55342"),
    ("inspector", "90240"),
    ("security_officer", SECURITY),
    ("tracing_officer", "30771"),
    ("witness", "80065"),
];

/// Makes the accounts. Slow on purpose: each password is hashed at its real cost.
///
/// # Errors
/// When the file of accounts does not answer.
pub fn make(accounts: &Arc<Accounts>) -> Result<BTreeMap<&'static str, Login>, AccountsError> {
    let mut logins = BTreeMap::new();
    for (role, user) in ACCOUNTS {
        let number: ServiceNumber = user.parse().expect("the training service numbers are plain");
        let now = random::now();
        let password = password();
        accounts.make(&number, &password, now)?;
        let (token, _) = accounts.make_token(&number, "demonstration", None, now)?;
        logins.insert(role, Login { user, password, token });
    }
    Ok(logins)
}

/// Four groups of four letters and digits that cannot be mistaken for one another: 80 bits.
fn password() -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz234567890";
    let letters = random::bytes::<16>().map(|byte| char::from(ALPHABET[usize::from(byte) % 32]));
    letters.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_new_and_long() {
        let (one, two) = (password(), password());
        assert_eq!(one.len(), 19);
        assert_ne!(one, two);
    }
}
