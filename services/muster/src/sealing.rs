//! Keys: one a person or a class for sealed fields, and the service's own signing key.
//!
//! Keys live in `keys.sqlite` and `service.key`, never in the log. Destroying a person's key makes
//! his sealed fields unreadable for ever while every leaf stays valid. No key is ever printed.

use std::path::Path;
use std::sync::Mutex;

use armoury::sealed::Sealed;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use ed25519_dalek::SigningKey;
use event_log::durable::write_private;
use rusqlite::{Connection, OptionalExtension as _, params};
use zeroize::Zeroizing;

use crate::{points, random};

/// Why a field cannot be sealed or a key not be kept.
#[derive(Debug, thiserror::Error)]
pub enum SealingError {
    /// The file of keys does not answer.
    #[error("the file of keys does not answer")]
    Keys(#[from] rusqlite::Error),
    /// The key was destroyed; nothing new may be sealed with it.
    #[error("the key {0} was destroyed")]
    Destroyed(String),
    /// The cipher refused; only a text beyond every limit does that.
    #[error("the text cannot be sealed")]
    Cipher,
    /// The service's key file cannot be read or written.
    #[error("the service's key at {path} cannot be used: {why}")]
    ServiceKey {
        /// Which file.
        path: String,
        /// In words.
        why: String,
    },
}

/// The keys of sealed fields.
pub struct Keys {
    file: Mutex<Connection>,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(..)")
    }
}

impl Keys {
    /// Opens or makes the file.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(path: &Path) -> Result<Self, SealingError> {
        let file = Connection::open(path)?;
        crate::private_file(path);
        Self::over(file)
    }

    /// Keys that are gone with the process; for tests.
    ///
    /// # Errors
    /// When SQLite gives no memory.
    pub fn in_memory() -> Result<Self, SealingError> {
        Self::over(Connection::open_in_memory()?)
    }

    fn over(file: Connection) -> Result<Self, SealingError> {
        file.execute_batch(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;
             CREATE TABLE IF NOT EXISTS keys(name TEXT PRIMARY KEY, key BLOB) WITHOUT ROWID;",
        )?;
        Ok(Self { file: Mutex::new(file) })
    }

    /// Seals a text under the key of that name, making the key if there is none.
    ///
    /// # Errors
    /// [`SealingError`].
    pub fn seal(&self, name: &str, text: &str) -> Result<Sealed, SealingError> {
        let key = self.key_or_new(name)?;
        let nonce = random::bytes::<24>();
        let cipher = XChaCha20Poly1305::new(key.as_slice().into());
        let payload = Payload { msg: text.as_bytes(), aad: name.as_bytes() };
        let sealed = cipher.encrypt(XNonce::from_slice(&nonce), payload).map_err(|_| SealingError::Cipher)?;
        Ok(Sealed { key: name.to_owned(), text: STANDARD.encode([&nonce[..], &sealed].concat()) })
    }

    /// Opens a sealed text; `None` when its key was destroyed or is held elsewhere.
    #[must_use]
    pub fn open_sealed(&self, sealed: &Sealed) -> Option<String> {
        let key = self.key(&sealed.key).ok()??;
        let bytes = STANDARD.decode(&sealed.text).ok()?;
        let (nonce, body) = bytes.split_at_checked(24)?;
        let cipher = XChaCha20Poly1305::new(key.as_slice().into());
        let payload = Payload { msg: body, aad: sealed.key.as_bytes() };
        String::from_utf8(cipher.decrypt(XNonce::from_slice(nonce), payload).ok()?).ok()
    }

    /// Destroys a key for ever: what it sealed can never be read again. The name stays, empty.
    ///
    /// # Errors
    /// When the file does not answer.
    pub fn destroy(&self, name: &str) -> Result<(), SealingError> {
        let file = self.lock();
        file.execute("INSERT INTO keys VALUES(?1, NULL) ON CONFLICT(name) DO UPDATE SET key = NULL", [name])?;
        file.execute_batch("PRAGMA wal_checkpoint(TRUNCATE);")?;
        Ok(())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Connection> {
        self.file.lock().expect("no holder of the keys' lock panics")
    }

    fn key(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, SealingError> {
        let found = self.lock().query_row("SELECT key FROM keys WHERE name = ?1", [name], |row| row.get::<_, Option<Vec<u8>>>(0));
        Ok(found.optional()?.flatten().map(Zeroizing::new))
    }

    fn key_or_new(&self, name: &str) -> Result<Zeroizing<Vec<u8>>, SealingError> {
        let fresh = Zeroizing::new(random::bytes::<32>());
        self.lock().execute("INSERT OR IGNORE INTO keys VALUES(?1, ?2)", params![name, fresh.as_slice()])?;
        self.key(name)?.ok_or_else(|| SealingError::Destroyed(name.to_owned()))
    }
}

/// Reads the service's signing key, or makes one that only this user can read.
///
/// # Errors
/// [`SealingError::ServiceKey`] also when others may read it: such a key proves nothing.
pub fn service_key(path: &Path) -> Result<SigningKey, SealingError> {
    let wrong = |why: String| SealingError::ServiceKey { path: path.display().to_string(), why };
    if !path.exists() {
        let seed = Zeroizing::new(random::bytes::<32>());
        points::passing("service-key-next");
        // Whole or not at all: half a key after a power cut would stop every later start.
        write_private(path, Zeroizing::new(hex::encode(seed.as_slice())).as_bytes()).map_err(|e| wrong(e.to_string()))?;
        points::passing("service-key-made");
    }
    if !is_private(path) {
        return Err(wrong("others may read it; allow only its owner (chmod 600)".to_owned()));
    }
    let text = Zeroizing::new(std::fs::read_to_string(path).map_err(|e| wrong(e.to_string()))?);
    let mut seed = Zeroizing::new([0_u8; 32]);
    hex::decode_to_slice(text.trim(), seed.as_mut_slice()).map_err(|_| wrong("it does not hold 64 hex digits".to_owned()))?;
    Ok(SigningKey::from_bytes(&seed))
}

#[cfg(unix)]
fn is_private(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|about| about.permissions().mode() & 0o077 == 0)
}

#[cfg(not(unix))]
fn is_private(_: &Path) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    #[test]
    fn sealed_opened_destroyed() {
        let dir = Scratch::new("keys");
        let keys = Keys::open(&dir.join("keys.sqlite")).unwrap();
        let name = keys.seal("person:31877", "Sgt Example").unwrap();
        assert_eq!(keys.open_sealed(&name).as_deref(), Some("Sgt Example"));
        assert!(!name.text.contains("Example"));
        let stolen = Sealed { key: "person:1".to_owned(), ..name.clone() };
        assert_eq!(keys.open_sealed(&stolen), None, "a text cannot be moved to another key");
        keys.destroy("person:31877").unwrap();
        assert_eq!(keys.open_sealed(&name), None);
        assert!(keys.seal("person:31877", "again").is_err());
    }

    #[test]
    fn the_service_key_is_kept_and_private() {
        let dir = Scratch::new("service-key");
        let path = dir.join("service.key");
        let first = service_key(&path).unwrap();
        assert_eq!(service_key(&path).unwrap().to_bytes(), first.to_bytes());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
            assert!(service_key(&path).unwrap_err().to_string().contains("others may read it"));
        }
    }
}
