//! Checkpoints: the log's head as a signed text that fits on a page, byte for byte as C2SP has it
//! (tlog-checkpoint in a signed-note), so that witnesses and verifiers of others can read it.
//!
//! ```text
//! <origin>\n                        the log's name, such as muster.example/hq
//! <size>\n                          decimal, no leading zero
//! <base64 of the root>\n
//! <extension>\n ...                 here: one line "break <position> <leaf>" for each declared break
//! \n
//! — <key name> <base64( key id[4] ‖ Ed25519 signature[64] )>\n ...
//!
//! signed are the bytes before the empty line; key id = SHA-256(name ‖ 0A ‖ 01 ‖ public key)[..4]
//! a public key as text: <name>+<key id, 8 hex>+<base64(01 ‖ public key)>
//! ```
//! Signatures by keys nobody knows are passed over; a false one by a known key spoils the note.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

use crate::event::Head;

/// The most bytes of a note.
pub const NOTE_BYTES_MAX: usize = 64 * 1024;
/// The most signatures of a note.
pub const SIGNATURES_MAX: usize = 64;
const ED25519: u8 = 1;

/// Why a text is no checkpoint, or not one to be believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Longer than any note.
    #[error("the note has {0} bytes; at most {NOTE_BYTES_MAX} are read")]
    TooLong(usize),
    /// Not the form of a signed note.
    #[error("this is not a signed note: {0}")]
    Form(&'static str),
    /// The body is not a checkpoint.
    #[error("this is not a checkpoint: {0}")]
    Body(&'static str),
    /// The key's text is not one.
    #[error("this is not a key: {0}")]
    Key(&'static str),
    /// A known key's signature does not hold.
    #[error("the signature by {0} is false")]
    False(String),
    /// No known key signed it.
    #[error("none of the given keys signed this")]
    Unsigned,
}

/// The body of a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    origin: String,
    head: Head,
    extensions: Vec<String>,
}

impl Checkpoint {
    /// A checkpoint of this head.
    ///
    /// # Errors
    /// When the origin or an extension is empty or holds a line's end or another control character.
    pub fn new(origin: impl Into<String>, head: Head, extensions: Vec<String>) -> Result<Self, NoteError> {
        let checkpoint = Self { origin: origin.into(), head, extensions };
        if !checkpoint.extensions.iter().chain([&checkpoint.origin]).all(|line| is_line(line)) {
            return Err(NoteError::Body("a line is empty or holds a control character"));
        }
        Ok(checkpoint)
    }

    /// The log's name.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Size and root.
    #[must_use]
    pub fn head(&self) -> Head {
        self.head
    }

    /// The extension lines.
    #[must_use]
    pub fn extensions(&self) -> &[String] {
        &self.extensions
    }

    /// The bytes that are signed.
    #[must_use]
    pub fn body(&self) -> String {
        let mut body = format!("{}\n{}\n{}\n", self.origin, self.head.size, STANDARD.encode(self.head.root));
        for line in &self.extensions {
            body.push_str(line);
            body.push('\n');
        }
        body
    }

    /// Reads a body.
    ///
    /// # Errors
    /// [`NoteError::Body`] says what is wrong.
    pub fn parse(body: &str) -> Result<Self, NoteError> {
        let lines = body.strip_suffix('\n').ok_or(NoteError::Body("the last line does not end"))?;
        let mut lines = lines.split('\n');
        let origin = lines.next().unwrap_or_default();
        let size = lines.next().ok_or(NoteError::Body("the size is missing"))?;
        let root = lines.next().ok_or(NoteError::Body("the root is missing"))?;
        let canonical = size == "0" || (!size.starts_with('0') && size.bytes().all(|byte| byte.is_ascii_digit()));
        let size = size.parse().ok().filter(|_| canonical).ok_or(NoteError::Body("the size is no number"))?;
        let root = STANDARD.decode(root).ok().and_then(|bytes| bytes.try_into().ok());
        let root = root.ok_or(NoteError::Body("the root is not 32 bytes in base64"))?;
        Self::new(origin, Head { size, root }, lines.map(str::to_owned).collect())
    }

    /// The whole note with one signature.
    #[must_use]
    pub fn sign(&self, signer: &Signer) -> String {
        signer.note(&self.body())
    }
}

/// A signed note taken apart, nothing believed yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The bytes that are signed.
    pub body: String,
    signatures: Vec<(String, [u8; 4], Vec<u8>)>,
}

impl Note {
    /// Takes a note apart.
    ///
    /// # Errors
    /// [`NoteError`] when it has not the form of one.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        if text.len() > NOTE_BYTES_MAX {
            return Err(NoteError::TooLong(text.len()));
        }
        if text.chars().any(|c| c.is_control() && c != '\n') {
            return Err(NoteError::Form("it holds a control character"));
        }
        let split = text.rfind("\n\n").ok_or(NoteError::Form("no empty line before the signatures"))?;
        let (body, rest) = (&text[..=split], &text[split + 2..]);
        let lines = rest.strip_suffix('\n').ok_or(NoteError::Form("the last line does not end"))?;
        let signatures = lines.split('\n').map(signature).collect::<Option<Vec<_>>>();
        let signatures = signatures.ok_or(NoteError::Form("a signature line is malformed"))?;
        if signatures.len() > SIGNATURES_MAX {
            return Err(NoteError::Form("it has too many signatures"));
        }
        Ok(Self { body: body.to_owned(), signatures })
    }

    /// The names of the known keys that signed it.
    ///
    /// # Errors
    /// [`NoteError::False`] when a known key's signature does not hold, [`NoteError::Unsigned`] when none is there.
    pub fn signed_by(&self, keys: &[VerifyKey]) -> Result<Vec<String>, NoteError> {
        let mut names = Vec::new();
        for (name, id, bytes) in &self.signatures {
            let Some(key) = keys.iter().find(|key| key.name == *name && key.id() == *id) else { continue };
            let signature = Signature::from_slice(bytes).map_err(|_| NoteError::False(name.clone()))?;
            key.key.verify_strict(self.body.as_bytes(), &signature).map_err(|_| NoteError::False(name.clone()))?;
            names.push(name.clone());
        }
        if names.is_empty() { Err(NoteError::Unsigned) } else { Ok(names) }
    }
}

fn signature(line: &str) -> Option<(String, [u8; 4], Vec<u8>)> {
    let (name, bytes) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
    let bytes = STANDARD.decode(bytes).ok()?;
    let (id, signature) = bytes.split_first_chunk::<4>()?;
    (is_name(name) && !signature.is_empty()).then(|| (name.to_owned(), *id, signature.to_vec()))
}

/// A key that signs, with its name. Shows only its name.
pub struct Signer {
    name: String,
    key: SigningKey,
}

impl Signer {
    /// A signer from the key's 32 secret bytes.
    ///
    /// # Errors
    /// [`NoteError::Key`] when the name is empty or holds a space or a plus.
    pub fn new(name: impl Into<String>, secret: &[u8; 32]) -> Result<Self, NoteError> {
        let name = name.into();
        if !is_name(&name) {
            return Err(NoteError::Key("the name is empty or holds a space or a plus"));
        }
        Ok(Self { name, key: SigningKey::from_bytes(secret) })
    }

    /// The key that verifies.
    #[must_use]
    pub fn verify_key(&self) -> VerifyKey {
        VerifyKey { name: self.name.clone(), key: self.key.verifying_key() }
    }

    /// Signs a body (lines, the last one ended) into a note.
    #[must_use]
    pub fn note(&self, body: &str) -> String {
        let mut bytes = self.verify_key().id().to_vec();
        bytes.extend(self.key.sign(body.as_bytes()).to_bytes());
        format!("{body}\n\u{2014} {} {}\n", self.name, STANDARD.encode(bytes))
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A key that verifies, with its name; as text `<name>+<id>+<base64>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyKey {
    name: String,
    key: VerifyingKey,
}

impl VerifyKey {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The four bytes that tell it from another key of that name.
    #[must_use]
    pub fn id(&self) -> [u8; 4] {
        let sha = Sha256::new().chain_update(&self.name).chain_update([b'\n', ED25519]).chain_update(self.key.as_bytes());
        let hash: [u8; 32] = sha.finalize().into();
        [hash[0], hash[1], hash[2], hash[3]]
    }
}

impl fmt::Display for VerifyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = [&[ED25519], &self.key.as_bytes()[..]].concat();
        write!(f, "{}+{}+{}", self.name, hex::encode(self.id()), STANDARD.encode(key))
    }
}

impl FromStr for VerifyKey {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, NoteError> {
        let mut parts = text.trim().splitn(3, '+');
        let (name, id, key) =
            (parts.next().unwrap_or_default(), parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let bytes = STANDARD.decode(key).map_err(|_| NoteError::Key("the last part is not base64"))?;
        let Some((&ED25519, bytes)) = bytes.split_first() else { return Err(NoteError::Key("only Ed25519 keys are known")) };
        let bytes = bytes.try_into().map_err(|_| NoteError::Key("it has not 32 bytes"))?;
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| NoteError::Key("it is no point of the curve"))?;
        let key = Self { name: name.to_owned(), key };
        if !is_name(name) {
            return Err(NoteError::Key("the name is empty or holds a space or a plus"));
        }
        if hex::encode(key.id()) != id { Err(NoteError::Key("its number is not that of its name and bytes")) } else { Ok(key) }
    }
}

fn is_line(line: &str) -> bool {
    !line.is_empty() && !line.chars().any(char::is_control)
}

fn is_name(name: &str) -> bool {
    is_line(name) && !name.contains(|c: char| c.is_whitespace() || c == '+')
}

#[cfg(test)]
mod tests {
    use std::{env, fs};

    use super::*;

    /// The example of the format's first implementation (Go, x/mod/sumdb/note): signing gives these bytes.
    #[test]
    fn the_published_example() {
        let body = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
        let signed = "\n\u{2014} PeterNeumann \
                      x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
        let key: VerifyKey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW".parse().unwrap();
        let secret = STANDARD.decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz").unwrap();
        let signer = Signer::new("PeterNeumann", secret[1..].try_into().unwrap()).unwrap();
        assert_eq!(signer.verify_key(), key);
        assert_eq!(signer.note(body), format!("{body}{signed}"));
        assert_eq!(Note::parse(&format!("{body}{signed}")).unwrap().signed_by(&[key]).unwrap(), ["PeterNeumann"]);
    }

    fn sample() -> (Checkpoint, Signer) {
        let line = format!("break 991 {}", "ab".repeat(32));
        let checkpoint = Checkpoint::new("muster.example/hq", Head { size: 1204, root: [7; 32] }, vec![line]).unwrap();
        (checkpoint, Signer::new("muster.example/hq", &[3; 32]).unwrap())
    }

    #[test]
    fn the_bytes_stay() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden/log/checkpoint.v1.txt");
        let (checkpoint, signer) = sample();
        let text = checkpoint.sign(&signer);
        if env::var_os("UPDATE").is_some() {
            fs::write(path, &text).unwrap();
        }
        assert_eq!(fs::read_to_string(path).unwrap(), text);
        let note = Note::parse(&text).unwrap();
        assert_eq!(note.signed_by(&[signer.verify_key()]).unwrap(), ["muster.example/hq"]);
        assert_eq!(Checkpoint::parse(&note.body).unwrap(), checkpoint);
        assert_eq!(signer.verify_key().to_string().parse::<VerifyKey>().unwrap(), signer.verify_key());
    }

    /// Any bit of a note changed: another body, a false signature, or no note. Never the same and believed.
    #[test]
    fn every_bit_of_a_note() {
        let (checkpoint, signer) = sample();
        let text = checkpoint.sign(&signer).into_bytes();
        for at in 0..text.len() * 8 {
            let mut bytes = text.clone();
            bytes[at / 8] ^= 1 << (at % 8);
            let believed = std::str::from_utf8(&bytes).ok().and_then(|text| Note::parse(text).ok());
            assert!(believed.is_none_or(|note| note.signed_by(&[signer.verify_key()]).is_err()), "bit {at}");
        }
    }

    #[test]
    fn what_is_no_checkpoint() {
        let root = STANDARD.encode([7; 32]);
        let cases = ["", "\n", "o\n1\n", &format!("o\n01\n{root}\n"), &format!("o\n+1\n{root}\n"), &format!("o\n-1\n{root}\n")];
        let more =
            [&format!("\n1\n{root}\n"), &format!("o\n1\n{root}"), &format!("o\n1\n{root}\n\n"), &format!("o\n1\n{root}x\n")];
        for body in cases.iter().copied().chain(more.map(String::as_str)) {
            assert!(Checkpoint::parse(body).is_err(), "{body:?}");
        }
        assert!(Checkpoint::parse(&format!("o\n0\n{root}\n")).is_ok());
        for text in
            ["", "a\n\n", "a\n\nb\n", "a\n\n\u{2014} n AAAA\n", "a\n\n\u{2014} n AAAAAAA=", "a\r\n\n\u{2014} n AAAAAAA=\n"]
        {
            assert!(Note::parse(text).is_err(), "{text:?}");
        }
        assert_eq!(Note::parse(&"a".repeat(NOTE_BYTES_MAX + 1)), Err(NoteError::TooLong(NOTE_BYTES_MAX + 1)));
        assert!(Signer::new("a b", &[1; 32]).is_err());
        assert!(Checkpoint::new("a\nb", Head { size: 1, root: [0; 32] }, vec![]).is_err());
    }
}
