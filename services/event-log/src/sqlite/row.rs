//! A row of the table of events, taken as it is stored and judged without mercy.
//!
//! A value of another kind or length than the writer gives is a finding, never a conversion.

use std::collections::HashMap;

use rusqlite::Row;
use rusqlite::types::ValueRef;
use uuid::Uuid;

use crate::event::{Recorded, StreamName, TypeName};
use crate::leaf::Hash;

/// The columns that [`Raw::take`] reads. LEFT JOIN: a missing name is found, not skipped.
pub(crate) const SELECT: &str = "SELECT e.position, s.name, t.name, e.revision, e.id, e.schema_version, e.recorded_at, \
     e.occurred_at, e.salt, e.meta, e.data, e.leaf FROM events e \
     LEFT JOIN streams s ON s.id = e.stream LEFT JOIN types t ON t.id = e.type";

/// The same rows with numbers for names, from the table itself and by no index: what [`Raw::numbered`] reads.
pub(crate) const SELECT_NUMBERED: &str = "SELECT position, stream, type, revision, id, schema_version, recorded_at, \
     occurred_at, salt, meta, data, leaf FROM events NOT INDEXED ORDER BY position";

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
        let names = (stream_name(row.get_ref(1)?), type_name(row.get_ref(2)?));
        Ok(Self::of(Cells::from_row(row, row.get(0)?, names)?))
    }

    /// Reads a row of [`SELECT_NUMBERED`].
    pub(crate) fn numbered(row: &Row<'_>, names: &Names) -> rusqlite::Result<Self> {
        let names = names.of(row.get_ref(1)?, row.get_ref(2)?);
        Ok(Self::of(Cells::from_row(row, row.get(0)?, names)?))
    }

    pub(crate) fn of(cells: Cells<'_>) -> Self {
        let leaf = fixed::<32>(cells.leaf).ok();
        Self { position: cells.position, event: cells.judge(), leaf }
    }
}

/// The values of one event as they are stored, names looked up already.
pub(crate) struct Cells<'a> {
    pub position: i64,
    pub stream: Result<StreamName, String>,
    pub type_name: Result<TypeName, String>,
    pub revision: ValueRef<'a>,
    pub id: ValueRef<'a>,
    pub schema_version: ValueRef<'a>,
    pub recorded_at: ValueRef<'a>,
    pub occurred_at: ValueRef<'a>,
    pub salt: ValueRef<'a>,
    pub meta: ValueRef<'a>,
    pub data: ValueRef<'a>,
    pub leaf: ValueRef<'a>,
}

impl<'a> Cells<'a> {
    /// Nine columns from `first` on, in the order of the table: id is the second, leaf the last.
    fn from_row(
        row: &'a Row<'_>,
        position: i64,
        names: (Result<StreamName, String>, Result<TypeName, String>),
    ) -> rusqlite::Result<Self> {
        let value = |column: usize| row.get_ref(column + 3);
        Ok(Self {
            position,
            stream: names.0,
            type_name: names.1,
            revision: value(0)?,
            id: value(1)?,
            schema_version: value(2)?,
            recorded_at: value(3)?,
            occurred_at: value(4)?,
            salt: value(5)?,
            meta: value(6)?,
            data: value(7)?,
            leaf: value(8)?,
        })
    }

    fn judge(self) -> Result<Recorded, String> {
        let named = |what: &str, why: String| format!("{what} {why}");
        let position = u64::try_from(self.position).ok().filter(|p| *p > 0).ok_or("the position is below 1")?;
        Ok(Recorded {
            position,
            stream: self.stream.map_err(|why| named("the stream's name", why))?,
            revision: natural(self.revision).map_err(|why| named("the revision", why))?,
            id: Uuid::from_bytes(fixed(self.id).map_err(|why| named("the id", why))?),
            type_name: self.type_name.map_err(|why| named("the type's name", why))?,
            schema_version: u32::try_from(natural(self.schema_version).map_err(|why| named("the schema version", why))?)
                .map_err(|_| "the schema version is out of range")?,
            recorded_at: integer(self.recorded_at).map_err(|why| named("recorded_at", why))?,
            occurred_at: integer(self.occurred_at).map_err(|why| named("occurred_at", why))?,
            salt: fixed(self.salt).map_err(|why| named("the salt", why))?,
            meta: blob(self.meta).map_err(|why| named("meta", why))?.to_vec(),
            data: blob(self.data).map_err(|why| named("data", why))?.to_vec(),
            leaf: fixed(self.leaf).map_err(|why| named("the leaf", why))?,
        })
    }
}

/// The names that numbers stand for, as far as they could be read; for walks over everything.
#[derive(Debug, Default)]
pub(crate) struct Names {
    pub streams: HashMap<i64, Result<StreamName, String>>,
    pub types: HashMap<i64, Result<TypeName, String>>,
}

impl Names {
    pub(crate) fn of(&self, stream: ValueRef<'_>, kind: ValueRef<'_>) -> (Result<StreamName, String>, Result<TypeName, String>) {
        (
            integer(stream).and_then(|number| known(&self.streams, number)),
            integer(kind).and_then(|number| known(&self.types, number)),
        )
    }
}

fn known<N: Clone>(names: &HashMap<i64, Result<N, String>>, number: i64) -> Result<N, String> {
    names.get(&number).cloned().unwrap_or_else(|| Err("is missing".to_owned()))
}

/// A stream's name as it is stored.
pub(crate) fn stream_name(value: ValueRef<'_>) -> Result<StreamName, String> {
    StreamName::new(text(value)?).map_err(|why| why.to_string())
}

/// A type's name as it is stored.
pub(crate) fn type_name(value: ValueRef<'_>) -> Result<TypeName, String> {
    TypeName::new(text(value)?).map_err(|why| why.to_string())
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
