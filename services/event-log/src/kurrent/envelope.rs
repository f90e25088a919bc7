//! What an event carries on the server beside its data, so that the log can be made anew from the server
//! alone and gives the same leaves: salt, times, schema version, the caller's `meta`, byte for byte.
//!
//! It stands as JSON in the event's custom metadata. `after` is the head that the writer knew when it sent
//! the event: whoever reads the server from the beginning compares it with the tree he has built so far, and
//! an event that was taken away before it is noticed although no local file is left to tell. `rest` says how
//! many events of the same append follow: they were written together and are taken in together, or not yet.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::event::{Head, NewEvent};

/// The version of this layout.
const VERSION: u32 = 1;

/// Everything of an event that the server has no field for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Envelope {
    pub salt: [u8; 16],
    pub recorded_at: i64,
    pub occurred_at: i64,
    pub schema_version: u32,
    pub meta: Vec<u8>,
    pub after: Head,
    pub rest: u32,
}

#[derive(Serialize, Deserialize)]
struct Written {
    muster: u32,
    schema_version: u32,
    occurred_at: i64,
    recorded_at: i64,
    salt: String,
    after_size: u64,
    after_root: String,
    rest: u32,
    /// The caller's bytes if they are UTF-8, else in base64 below.
    #[serde(skip_serializing_if = "Option::is_none")]
    meta: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    meta_base64: Option<String>,
}

impl Envelope {
    pub(crate) fn of(event: &NewEvent, salt: [u8; 16], recorded_at: i64, after: Head, rest: u32) -> Self {
        let NewEvent { schema_version, occurred_at, meta, .. } = event;
        Self { salt, recorded_at, occurred_at: *occurred_at, schema_version: *schema_version, meta: meta.clone(), after, rest }
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let text = std::str::from_utf8(&self.meta).ok().map(str::to_owned);
        let written = Written {
            muster: VERSION,
            schema_version: self.schema_version,
            occurred_at: self.occurred_at,
            recorded_at: self.recorded_at,
            salt: hex::encode(self.salt),
            after_size: self.after.size,
            after_root: hex::encode(self.after.root),
            rest: self.rest,
            meta_base64: text.is_none().then(|| STANDARD.encode(&self.meta)),
            meta: text,
        };
        serde_json::to_vec(&written).expect("texts and numbers become JSON")
    }

    /// What the bytes say, or why they are not ours.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let written: Written = serde_json::from_slice(bytes).map_err(|cause| format!("its metadata is not Muster's: {cause}"))?;
        if written.muster != VERSION {
            return Err(format!("its metadata has version {}; this program knows {VERSION}", written.muster));
        }
        let meta = match (written.meta, written.meta_base64) {
            (Some(text), None) => text.into_bytes(),
            (None, Some(text)) => STANDARD.decode(text).map_err(|_| "its meta is no base64".to_owned())?,
            _ => return Err("its metadata has no meta, or two".to_owned()),
        };
        let root = fixed::<32>(&written.after_root).ok_or("its head is no hash")?;
        Ok(Self {
            salt: fixed(&written.salt).ok_or("its salt is not sixteen bytes")?,
            recorded_at: written.recorded_at,
            occurred_at: written.occurred_at,
            schema_version: written.schema_version,
            meta,
            after: Head { size: written.after_size, root },
            rest: written.rest,
        })
    }
}

fn fixed<const N: usize>(text: &str) -> Option<[u8; N]> {
    hex::decode(text).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_in_comes_out() {
        for meta in [&b""[..], b"{ \"actor\" :\t\"\xd0\x90\"}", &[0xff, 0, b'"'], b"\"\\\x01"] {
            let one = Envelope {
                salt: [7; 16],
                recorded_at: i64::MAX,
                occurred_at: i64::MIN,
                schema_version: u32::MAX,
                meta: meta.to_vec(),
                after: Head { size: u64::MAX, root: [9; 32] },
                rest: 999,
            };
            assert_eq!(Envelope::parse(&one.to_bytes()), Ok(one));
        }
    }

    #[test]
    fn what_is_not_ours_is_said_to_be() {
        for other in ["", "{}", "null", "{\"muster\":2}", "{\"$correlationId\":\"a\"}"] {
            assert!(Envelope::parse(other.as_bytes()).is_err(), "{other}");
        }
    }
}
