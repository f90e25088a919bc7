//! Who this gateway is: an Ed25519 key in a file only it may read, made at the first run.
//!
//! The key id (first 8 bytes of SHA-256 of the public key, hex) names the gateway's stream. For
//! enrolment two people compare a code of eight letters on both sides:
//!
//! ```text
//! code = first 40 bits of SHA-256(gateway's public key || service's public key), Crockford base 32, as XXXX-XXXX
//! ```

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};
use tag_data::batch::{Batch, Receipt, key_id};
use zeroize::Zeroizing;

use crate::outbox::Waiting;
use crate::points;

/// The gateway's key.
pub struct Identity {
    key: SigningKey,
    id: String,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Identity({})", self.id)
    }
}

/// What is wrong with the key file.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// It cannot be read or made.
    #[error("cannot use the key file {path}")]
    File {
        /// The file.
        path: PathBuf,
        /// As the system says.
        #[source]
        cause: std::io::Error,
    },
    /// It holds something else.
    #[error("{0} holds no key: 64 hex digits are expected")]
    NoKey(PathBuf),
    /// Others may read it.
    #[error("{0} can be read by others; allow only its owner (chmod 600)")]
    Exposed(PathBuf),
}

impl Identity {
    /// Reads the key file, or makes it with `fresh` as the secret if there is none.
    ///
    /// # Errors
    /// The file cannot be used, holds no key, or others may read it.
    pub fn open(path: &Path, fresh: impl FnOnce() -> Zeroizing<[u8; 32]>) -> Result<Self, IdentityError> {
        let file = |cause| IdentityError::File { path: path.to_owned(), cause };
        match File::open(path) {
            Ok(opened) => Self::read(path, opened),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let secret = fresh();
                let line = Zeroizing::new(format!("{}\n", *Zeroizing::new(hex::encode(*secret))));
                write_private(path, line.as_bytes()).map_err(file)?;
                Ok(Self::from_secret(&secret))
            }
            Err(error) => Err(file(error)),
        }
    }

    fn read(path: &Path, opened: File) -> Result<Self, IdentityError> {
        let file = |cause| IdentityError::File { path: path.to_owned(), cause };
        if is_exposed(&opened).map_err(file)? {
            return Err(IdentityError::Exposed(path.to_owned()));
        }
        let mut text = Zeroizing::new(String::new());
        opened.take(100).read_to_string(&mut text).map_err(file)?;
        let mut secret = Zeroizing::new([0; 32]);
        hex::decode_to_slice(text.trim(), secret.as_mut()).map_err(|_| IdentityError::NoKey(path.to_owned()))?;
        Ok(Self::from_secret(&secret))
    }

    /// The identity of a secret.
    #[must_use]
    pub fn from_secret(secret: &[u8; 32]) -> Self {
        let key = SigningKey::from_bytes(secret);
        let id = key_id(key.verifying_key().as_bytes());
        Self { key, id }
    }

    /// The key id: the gateway's name in the book.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The public key in base64.
    #[must_use]
    pub fn public_key(&self) -> String {
        STANDARD.encode(self.key.verifying_key().as_bytes())
    }

    /// The code that two people compare when this gateway is enrolled.
    #[must_use]
    pub fn confirmation_code(&self, service_key: &[u8; 32]) -> String {
        confirmation_code(self.key.verifying_key().as_bytes(), service_key)
    }

    /// Signs what waits as one batch.
    #[must_use]
    pub fn sign(&self, waiting: Waiting) -> Batch {
        let Waiting { first, boot, items } = waiting;
        let mut batch = Batch { gateway: self.id.clone(), boot, first, items, signature: String::new() };
        batch.signature = STANDARD.encode(self.key.sign(&batch.signing_bytes()).to_bytes());
        batch
    }

    /// Signs a receipt; the tests' service and the demonstration speak with it.
    pub fn sign_receipt(&self, receipt: &mut Receipt) {
        receipt.signature = STANDARD.encode(self.key.sign(&receipt.signing_bytes()).to_bytes());
    }

    /// The public key's bytes.
    #[must_use]
    pub fn public_bytes(&self) -> [u8; 32] {
        *self.key.verifying_key().as_bytes()
    }
}

/// The code that two people compare: of a gateway's public key and the service's.
#[must_use]
pub fn confirmation_code(gateway_key: &[u8; 32], service_key: &[u8; 32]) -> String {
    const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let digest = Sha256::new().chain_update(gateway_key).chain_update(service_key).finalize();
    let bits = digest[..5].iter().fold(0_u64, |bits, byte| (bits << 8) | u64::from(*byte));
    let letter = |at: u32| char::from(LETTERS[(bits >> (35 - 5 * at) & 31) as usize]);
    (0..8).flat_map(|at| (at == 4).then_some('-').into_iter().chain([letter(at)])).collect()
}

/// Whether `key` signed this receipt.
#[must_use]
pub fn is_signed(receipt: &Receipt, key: &[u8; 32]) -> bool {
    let signature = STANDARD.decode(&receipt.signature).ok().and_then(|bytes| Signature::from_slice(&bytes).ok());
    match (VerifyingKey::from_bytes(key), signature) {
        (Ok(key), Some(signature)) => key.verify_strict(&receipt.signing_bytes(), &signature).is_ok(),
        _ => false,
    }
}

/// Writes the file whole or not at all, and its name durably: half a key after a power cut would stop every
/// later start, and a key that is gone is another gateway.
fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let new = path.with_added_extension("new");
    match std::fs::remove_file(&new) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {} // Left by a start that was cut off.
    }
    let mut made = create_private(&new)?;
    points::passing("key-made");
    made.write_all(bytes)?;
    made.sync_all()?;
    drop(made);
    if path.exists() {
        return Err(std::io::ErrorKind::AlreadyExists.into()); // Another run was faster.
    }
    std::fs::rename(&new, path)?;
    let above = path.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if cfg!(unix) { File::open(above)?.sync_all() } else { Ok(()) }
}

#[cfg(unix)]
fn create_private(path: &Path) -> std::io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

#[cfg(not(unix))]
fn create_private(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

#[cfg(unix)]
fn is_exposed(file: &File) -> std::io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    Ok(file.metadata()?.mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_exposed(_file: &File) -> std::io::Result<bool> {
    Ok(false) // The directory's rights decide there.
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_kept_private() {
        let path = std::env::temp_dir().join(format!("muster-identity-{}", std::process::id()));
        let _ = std::fs::remove_file(&path);
        let made = Identity::open(&path, || Zeroizing::new([7; 32])).unwrap();
        let read = Identity::open(&path, || unreachable!("the key is there")).unwrap();
        assert_eq!((made.id(), made.public_key()), (read.id(), read.public_key()));
        assert_eq!(made.id(), key_id(&made.public_bytes()));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
            assert!(matches!(Identity::open(&path, || Zeroizing::new([0; 32])), Err(IdentityError::Exposed(_))));
        }
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn the_code_is_frozen() {
        assert_eq!(confirmation_code(&[1; 32], &[2; 32]), "Z0CA-ZMVT");
    }

    #[test]
    fn receipts_are_checked() {
        let service = Identity::from_secret(&[9; 32]);
        let mut receipt = Receipt { gateway: "00".into(), next: 5, log_size: 9, log_root: "ab".into(), signature: String::new() };
        assert!(!is_signed(&receipt, &service.public_bytes()));
        service.sign_receipt(&mut receipt);
        assert!(is_signed(&receipt, &service.public_bytes()));
        receipt.next = 6;
        assert!(!is_signed(&receipt, &service.public_bytes()));
    }
}
