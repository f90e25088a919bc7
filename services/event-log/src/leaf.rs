//! The leaf: the one hash that stands for an event. Frozen; every stored column is in it.
//!
//! ```text
//! text(s) = u32 length ‖ bytes of s            hidden(b) = SHA-256(salt[16] ‖ b)
//!
//! leaf = SHA-256( 00 ‖ text("muster-event/v1")
//!               ‖ u64 index            position - 1
//!               ‖ text(stream) ‖ u64 revision
//!               ‖ id[16]               the UUID's bytes
//!               ‖ text(type) ‖ u32 schema version
//!               ‖ i64 recorded_at ‖ i64 occurred_at      microseconds since 1970, UTC
//!               ‖ hidden(meta) ‖ hidden(data) )
//! ```
//! All integers big-endian; i64 in two's complement. The leading 00 is RFC 6962's mark of a leaf,
//! so the bytes after it are what an RFC 6962 library takes as the entry. The salt keeps a small
//! payload from being guessed from its hash, so a payload may be withheld and its leaf still shown.

use sha2::{Digest, Sha256};

use crate::event::Recorded;

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// The tag that opens every leaf; another layout would get another tag.
pub const TAG: &str = "muster-event/v1";

/// What the leaf covers, borrowed from wherever it is stored.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'a> {
    /// Position minus one.
    pub index: u64,
    /// The stream's name.
    pub stream: &'a str,
    /// Place in the stream, from 0.
    pub revision: u64,
    /// The event's id.
    pub id: [u8; 16],
    /// The type's name.
    pub type_name: &'a str,
    /// Version of the data's shape.
    pub schema_version: u32,
    /// Microseconds, server's clock.
    pub recorded_at: i64,
    /// Microseconds, as claimed.
    pub occurred_at: i64,
    /// The stored salt.
    pub salt: [u8; 16],
    /// The stored bytes of `meta`.
    pub meta: &'a [u8],
    /// The stored bytes of `data`.
    pub data: &'a [u8],
}

impl Fields<'_> {
    /// The leaf hash.
    #[must_use]
    pub fn hash(&self) -> Hash {
        let mut sha = Sha256::new();
        sha.update([0u8]);
        text(&mut sha, TAG);
        sha.update(self.index.to_be_bytes());
        text(&mut sha, self.stream);
        sha.update(self.revision.to_be_bytes());
        sha.update(self.id);
        text(&mut sha, self.type_name);
        sha.update(self.schema_version.to_be_bytes());
        sha.update(self.recorded_at.to_be_bytes());
        sha.update(self.occurred_at.to_be_bytes());
        sha.update(hidden(&self.salt, self.meta));
        sha.update(hidden(&self.salt, self.data));
        sha.finalize().into()
    }
}

/// The leaf hash of an event, from its fields; `recorded.leaf` is not looked at.
#[must_use]
pub fn of(recorded: &Recorded) -> Hash {
    Fields {
        index: recorded.position.wrapping_sub(1),
        stream: recorded.stream.as_str(),
        revision: recorded.revision,
        id: *recorded.id.as_bytes(),
        type_name: recorded.type_name.as_str(),
        schema_version: recorded.schema_version,
        recorded_at: recorded.recorded_at,
        occurred_at: recorded.occurred_at,
        salt: recorded.salt,
        meta: &recorded.meta,
        data: &recorded.data,
    }
    .hash()
}

/// The leaf that stands where a declared break found no usable one (see `breaks`):
/// SHA-256(00 ‖ text("muster-hole/v1") ‖ u64 index).
#[must_use]
pub fn hole(index: u64) -> Hash {
    let mut sha = Sha256::new();
    sha.update([0u8]);
    text(&mut sha, "muster-hole/v1");
    sha.update(index.to_be_bytes());
    sha.finalize().into()
}

/// A payload's hash under its salt.
#[must_use]
pub fn hidden(salt: &[u8; 16], bytes: &[u8]) -> Hash {
    Sha256::new().chain_update(salt).chain_update(bytes).finalize().into()
}

/// A text with its length before it. Names are at most 128 bytes, so the length always fits.
fn text(sha: &mut Sha256, text: &str) {
    let length = u32::try_from(text.len()).expect("names are bounded far below 4 GiB");
    sha.update(length.to_be_bytes());
    sha.update(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use std::{env, fs, path::PathBuf};

    use serde_json::{Value, json};
    use uuid::Uuid;

    use super::*;
    use crate::event::{StreamName, TypeName};

    fn golden() -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/log/leaf.v1.json")
    }

    fn events() -> Vec<Recorded> {
        let event = |position: u64, stream: &str, revision: u64, kind: &str, meta: &str, data: &[u8]| Recorded {
            position,
            stream: StreamName::new(stream).unwrap(),
            revision,
            id: Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0000 + u128::from(position)),
            type_name: TypeName::new(kind).unwrap(),
            schema_version: 1,
            recorded_at: 1_790_000_000_000_000 + i64::try_from(position).unwrap(),
            occurred_at: 1_789_999_999_000_000,
            salt: [u8::try_from(position % 251).unwrap(); 16],
            meta: meta.as_bytes().to_vec(),
            data: data.to_vec(),
            leaf: [0; 32],
        };
        let mut events = vec![
            event(
                1,
                "weapon-01920000-0000-7000-8000-000000000001@hq",
                0,
                "WeaponTakenOn",
                "{\"actor\":\"a\"}",
                b"{\"serial\":\"31877\"}",
            ),
            event(2, "weapon-01920000-0000-7000-8000-000000000001@hq", 1, "WeaponIssued", "{}", b"{ \"to\" : \"b\" }"),
            event(3, "gateway-0a1b2c", 0, "ScanObserved", "", b""),
            event(4, "a", 0, "T", "{}", "{\"serial\":\"\u{0410}\u{041a}-74\"}".as_bytes()),
            event(1 << 40, "log_x.y-Z@post_7", u64::from(u32::MAX) + 7, "BreakDeclared", "{}", &[0, 255, 10]),
        ];
        events[4].occurred_at = -1; // before 1970: a weapon's papers may be that old
        events[4].schema_version = u32::MAX;
        events[4].salt = [0xff; 16];
        events
    }

    fn row(event: &Recorded) -> Value {
        json!({
            "position": event.position, "stream": event.stream.as_str(), "revision": event.revision, "id": event.id.to_string(),
            "type": event.type_name.as_str(), "schema_version": event.schema_version, "recorded_at": event.recorded_at,
            "occurred_at": event.occurred_at, "salt_hex": hex::encode(event.salt), "meta_hex": hex::encode(&event.meta),
            "data_hex": hex::encode(&event.data), "leaf": hex::encode(of(event)),
        })
    }

    #[test]
    fn the_leaf_is_what_it_was_on_the_first_day() {
        let now = format!("{:#}\n", Value::Array(events().iter().map(row).collect()));
        if env::var_os("UPDATE").is_some() {
            fs::write(golden(), &now).unwrap();
        }
        assert_eq!(fs::read_to_string(golden()).unwrap(), now);
    }

    /// The drawing above, assembled a second way.
    #[test]
    fn the_drawing_is_the_code() {
        for event in events() {
            let mut bytes = vec![0, 0, 0, 0, 15];
            bytes.extend(b"muster-event/v1");
            bytes.extend((event.position - 1).to_be_bytes());
            bytes.extend((event.stream.as_str().len() as u32).to_be_bytes());
            bytes.extend(event.stream.as_str().bytes());
            bytes.extend(event.revision.to_be_bytes());
            bytes.extend(event.id.as_bytes());
            bytes.extend((event.type_name.as_str().len() as u32).to_be_bytes());
            bytes.extend(event.type_name.as_str().bytes());
            bytes.extend(event.schema_version.to_be_bytes());
            bytes.extend(event.recorded_at.to_be_bytes());
            bytes.extend(event.occurred_at.to_be_bytes());
            for payload in [&event.meta, &event.data] {
                bytes.extend(Sha256::digest([&event.salt[..], payload].concat()));
            }
            assert_eq!(Hash::from(Sha256::digest(bytes)), of(&event));
        }
    }

    #[test]
    fn every_field_moves_the_leaf() {
        let base = events().remove(1);
        let leaf = of(&base);
        let changes: [fn(&mut Recorded); 12] = [
            |e| e.position += 1,
            |e| e.stream = StreamName::new("b").unwrap(),
            |e| e.revision += 1,
            |e| e.id = Uuid::from_u128(e.id.as_u128() ^ 1),
            |e| e.type_name = TypeName::new("Weapon").unwrap(),
            |e| e.schema_version += 1,
            |e| e.recorded_at += 1,
            |e| e.occurred_at -= 1,
            |e| e.salt[15] ^= 1,
            |e| e.meta.push(b' '),
            |e| e.data[0] ^= 1,
            |e| std::mem::swap(&mut e.meta, &mut e.data),
        ];
        for (nth, change) in changes.iter().enumerate() {
            let mut event = base.clone();
            change(&mut event);
            assert_ne!(of(&event), leaf, "change {nth}");
        }
    }
}
