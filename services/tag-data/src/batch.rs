//! The signed batch: how a gateway's items travel, by HTTP, USB stick or courier alike.
//!
//! ```text
//! to be signed = "muster-batch/v1\n" gateway "\n" boot "\n" first "\n" count "\n" hex(items digest) "\n"
//! items digest = SHA-256( for each item: u32 big-endian length, then the item's JSON bytes )
//! ```
//! The item bytes are never re-serialised: the same bytes are signed, sent, hashed into the
//! log and stored. `first` is the sequence of the first item; sequences start at 0 and never
//! skip over a gateway's life, so a sequence is also the revision in the gateway's stream.
//! Signing and checking keys happens in the programs; here are only the bytes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

/// The most items in one batch.
pub const ITEMS_MAX: usize = 1000;
/// The most bytes of one batch as JSON; a service refuses more before parsing.
pub const BATCH_BYTES_MAX: usize = 1024 * 1024;
/// The most bytes of one item.
pub const ITEM_BYTES_MAX: usize = 8 * 1024;

/// A batch as it travels. `items` are kept as the bytes that were signed.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Batch {
    /// The gateway's key id: lower-case hex of the first 8 bytes of SHA-256 of its public key.
    pub gateway: String,
    /// Label of this run of the gateway; for people, never for order.
    pub boot: String,
    /// Sequence of the first item.
    pub first: u64,
    /// The items' JSON, in sequence order.
    pub items: Vec<Box<RawValue>>,
    /// Ed25519 signature over [`signing_bytes`], base64 with padding.
    pub signature: String,
}

/// The service's signed answer. Only this empties an outbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// The gateway's key id.
    pub gateway: String,
    /// Everything below this sequence is durably in the log.
    pub next: u64,
    /// Size of the log when this was signed.
    pub log_size: u64,
    /// Merkle root of the log at that size, lower-case hex.
    pub log_root: String,
    /// Ed25519 signature over [`Receipt::signing_bytes`], base64 with padding.
    pub signature: String,
}

/// SHA-256 over the length-prefixed item bytes.
#[must_use]
pub fn items_digest<'a>(items: impl IntoIterator<Item = &'a str>) -> [u8; 32] {
    let mut hash = Sha256::new();
    for item in items {
        hash.update(u32::try_from(item.len()).unwrap_or(u32::MAX).to_be_bytes());
        hash.update(item.as_bytes());
    }
    hash.finalize().into()
}

/// The bytes a gateway signs.
#[must_use]
pub fn signing_bytes(gateway: &str, boot: &str, first: u64, count: u64, digest: &[u8; 32]) -> Vec<u8> {
    format!("muster-batch/v1\n{gateway}\n{boot}\n{first}\n{count}\n{}\n", hex::encode(digest)).into_bytes()
}

impl Batch {
    /// The bytes this batch's signature must cover.
    #[must_use]
    pub fn signing_bytes(&self) -> Vec<u8> {
        let digest = items_digest(self.items.iter().map(|item| item.get()));
        signing_bytes(&self.gateway, &self.boot, self.first, self.items.len() as u64, &digest)
    }
}

impl Receipt {
    /// The bytes the service signs.
    #[must_use]
    pub fn signing_bytes(&self) -> Vec<u8> {
        format!("muster-receipt/v1\n{}\n{}\n{}\n{}\n", self.gateway, self.next, self.log_size, self.log_root).into_bytes()
    }
}

/// The key id of a public key: the first 8 bytes of its SHA-256, lower-case hex.
#[must_use]
pub fn key_id(public_key: &[u8; 32]) -> String {
    hex::encode(&Sha256::digest(public_key)[..8])
}
