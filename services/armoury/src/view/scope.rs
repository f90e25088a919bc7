//! What one reader of a view may see, and how long lists are cut into pages.
//!
//! A scope names places and means them and all below. Pages are keyset pages: the cursor names
//! the last row shown, so that rows that come or go between two pages neither repeat nor skip.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use crate::ids::PlaceId;

/// The most rows of one page.
pub const PAGE_MAX: usize = 500;

/// The places whose rows are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Every place, and what stands in no place.
    Everywhere,
    /// These places and all below them.
    Places(BTreeSet<PlaceId>),
}

impl Scope {
    /// One place and all below it.
    #[must_use]
    pub fn place(place: PlaceId) -> Self {
        Self::Places(BTreeSet::from([place]))
    }
}

/// One page of a longer list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Page<T> {
    /// The rows of this page, in the list's order.
    pub rows: Vec<T>,
    /// How many rows the whole list has.
    pub total: u64,
    /// Where the next page begins; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A sentence of the catalogue with what stands in it; pages translate it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Message {
    /// The catalogue's key.
    pub key: String,
    /// Names and values of what stands in the sentence.
    pub args: Vec<(String, String)>,
}

impl Message {
    /// A sentence without arguments.
    #[must_use]
    pub fn new(key: &str) -> Self {
        Self { key: key.to_owned(), args: Vec::new() }
    }

    /// With one more argument.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.args.push((name.to_owned(), value.to_string()));
        self
    }
}
