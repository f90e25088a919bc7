//! Gateways that announced themselves and wait for two people: outside the log, bounded, and
//! worth nothing until somebody reads the same code on both screens.

use rusqlite::params;
use tag_data::moment::Moment;

use super::{Accounts, AccountsError};

/// The most that wait; the oldest give way.
const WAITING_MAX: u32 = 64;
/// They wait so long (seconds).
const WAITING_FOR: i64 = 24 * 3600;

/// A gateway that waits.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Waiting {
    /// Its key id.
    pub key: String,
    /// Its public key, base64.
    pub public_key: String,
    /// Its name in its own configuration.
    pub name: String,
    /// The code that its own screen shows too.
    pub code: String,
    /// From which address it announced itself.
    pub address: String,
    /// When.
    pub heard_at: Moment,
}

impl Accounts {
    /// Keeps an announcement, newest first, at most 64.
    ///
    /// # Errors
    /// When the file does not answer.
    pub fn gateway_waits(&self, waiting: &Waiting) -> Result<(), AccountsError> {
        let file = self.lock();
        file.execute("DELETE FROM waiting_gateways WHERE heard_at < ?1", [waiting.heard_at.plus_seconds(-WAITING_FOR).micros()])?;
        file.execute(
            "INSERT INTO waiting_gateways VALUES(?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT DO UPDATE SET name = ?3, address = ?5, heard_at = ?6",
            params![waiting.key, waiting.public_key, waiting.name, waiting.code, waiting.address, waiting.heard_at.micros()],
        )?;
        file.execute(
            "DELETE FROM waiting_gateways WHERE key NOT IN (SELECT key FROM waiting_gateways ORDER BY heard_at DESC LIMIT ?1)",
            [WAITING_MAX],
        )?;
        Ok(())
    }

    /// Those that wait, newest first.
    ///
    /// # Errors
    /// When the file does not answer.
    pub fn waiting_gateways(&self) -> Result<Vec<Waiting>, AccountsError> {
        let file = self.lock();
        let mut rows = file
            .prepare("SELECT key, public_key, name, code, address, heard_at FROM waiting_gateways ORDER BY heard_at DESC, key")?;
        let rows = rows.query_map([], |row| {
            Ok(Waiting {
                key: row.get(0)?,
                public_key: row.get(1)?,
                name: row.get(2)?,
                code: row.get(3)?,
                address: row.get(4)?,
                heard_at: Moment::from_micros(row.get(5)?),
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// One waits no longer.
    ///
    /// # Errors
    /// When the file does not answer.
    pub fn gateway_waits_no_more(&self, key: &str) -> Result<(), AccountsError> {
        self.lock().execute("DELETE FROM waiting_gateways WHERE key = ?1", [key])?;
        Ok(())
    }
}
