//! A row of the table of events, taken as it is stored and judged without mercy.
//!
//! A value of another kind or length than the writer gives is a finding, never a conversion.

use rusqlite::Row;
use rusqlite::types::ValueRef;
use uuid::Uuid;

use crate::event::{Recorded, StreamName, TypeName};
use crate::leaf::Hash;

/// The columns that [`Raw::take`] reads. LEFT JOIN: a missing name is found, not skipped.
pub(crate) const SELECT: &str = "SELECT e.position, s.name, e.revision, e.id, t.name, e.schema_version, e.recorded_at, \
     e.occurred_at, e.salt, e.meta, e.data, e.leaf FROM events e \
     LEFT JOIN streams s ON s.id = e.stream LEFT JOIN types t ON t.id = e.type";

/// One stored row.
#[derive(Debug)]
pub(crate) struct Raw {
    /// Its key in the table; anything an integer can be.
    pub position: i64,
    /// The event, or why the row is none.
    pub event: Result<Recorded, String>,
    /// The stored leaf, if it is one.
    pub leaf: Option<Hash>,
}

impl Raw {
    /// Reads the row under the cursor.
    pub(crate) fn take(row: &Row<'_>) -> rusqlite::Result<Self> {
        let position = row.get(0)?;
        let leaf = fixed::<32>(row.get_ref(11)?).ok();
        Ok(Self { position, event: event(row, position)?, leaf })
    }
}

fn event(row: &Row<'_>, position: i64) -> rusqlite::Result<Result<Recorded, String>> {
    let value = |column: usize| row.get_ref(column);
    let (stream, revision, id, type_name) = (value(1)?, value(2)?, value(3)?, value(4)?);
    let (schema_version, recorded_at, occurred_at) = (value(5)?, value(6)?, value(7)?);
    let (salt, meta, data, leaf) = (value(8)?, value(9)?, value(10)?, value(11)?);
    let judge = || {
        let named = |what: &str, why: String| format!("{what} {why}");
        let position = u64::try_from(position).ok().filter(|p| *p > 0).ok_or("the position is below 1")?;
        Ok(Recorded {
            position,
            stream: StreamName::new(text(stream).map_err(|why| named("the stream's name", why))?)
                .map_err(|why| format!("the stream's name: {why}"))?,
            revision: natural(revision).map_err(|why| named("the revision", why))?,
            id: Uuid::from_bytes(fixed(id).map_err(|why| named("the id", why))?),
            type_name: TypeName::new(text(type_name).map_err(|why| named("the type's name", why))?)
                .map_err(|why| format!("the type's name: {why}"))?,
            schema_version: u32::try_from(natural(schema_version).map_err(|why| named("the schema version", why))?)
                .map_err(|_| "the schema version is out of range")?,
            recorded_at: integer(recorded_at).map_err(|why| named("recorded_at", why))?,
            occurred_at: integer(occurred_at).map_err(|why| named("occurred_at", why))?,
            salt: fixed(salt).map_err(|why| named("the salt", why))?,
            meta: blob(meta).map_err(|why| named("meta", why))?.to_vec(),
            data: blob(data).map_err(|why| named("data", why))?.to_vec(),
            leaf: fixed(leaf).map_err(|why| named("the leaf", why))?,
        })
    };
    Ok(judge())
}

fn integer(value: ValueRef<'_>) -> Result<i64, String> {
    if let ValueRef::Integer(number) = value { Ok(number) } else { Err(kind(value)) }
}

fn natural(value: ValueRef<'_>) -> Result<u64, String> {
    u64::try_from(integer(value)?).map_err(|_| "is negative".to_owned())
}

fn text(value: ValueRef<'_>) -> Result<&str, String> {
    match value {
        ValueRef::Text(bytes) => std::str::from_utf8(bytes).map_err(|_| "is not text".to_owned()),
        other => Err(kind(other)),
    }
}

fn blob(value: ValueRef<'_>) -> Result<&[u8], String> {
    if let ValueRef::Blob(bytes) = value { Ok(bytes) } else { Err(kind(value)) }
}

fn fixed<const N: usize>(value: ValueRef<'_>) -> Result<[u8; N], String> {
    let bytes = blob(value)?;
    bytes.try_into().map_err(|_| format!("has {} bytes, not {N}", bytes.len()))
}

fn kind(value: ValueRef<'_>) -> String {
    if matches!(value, ValueRef::Null) { "is missing".to_owned() } else { format!("is stored as {}", value.data_type()) }
}
