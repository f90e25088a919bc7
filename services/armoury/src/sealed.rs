//! Sealed fields: encrypted before they reach the log, so that a key can be destroyed later and
//! the leaf stays valid. Sealing and opening happen in the program; here is only the box.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An encrypted text. The key's name says whose or which class's it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sealed {
    /// Name of the key, such as `person:31877` or `class:covert-marks`.
    pub key: String,
    /// XChaCha20-Poly1305 nonce and ciphertext, base64 with padding.
    pub text: String,
}
