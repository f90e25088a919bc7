//! Where on the server the mirror's end stands. Only a short cut: without it, or with an old one, the server
//! is read from further back and compared with the mirror on the way. Nothing is flushed for it.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::sequencer::Place;

#[derive(Serialize, Deserialize)]
struct Kept {
    /// Events of this log up to that place.
    at: u64,
    commit: u64,
    prepare: u64,
}

/// Writes the place; if that fails, the next start reads more.
pub(crate) fn keep(file: &Path, at: u64, place: Place) {
    let text = serde_json::to_vec(&Kept { at, commit: place.commit, prepare: place.prepare }).unwrap_or_default();
    let new = file.with_extension("new");
    if let Err(cause) = fs::write(&new, text).and_then(|()| fs::rename(&new, file)) {
        tracing::warn!(book.cause = %cause, "The place on the log's server could not be kept; the next start reads more.");
    }
}

/// The kept place, if there is one that can be read.
pub(crate) fn kept(file: &Path) -> Option<(u64, Place)> {
    let kept: Kept = serde_json::from_slice(&fs::read(file).ok()?).ok()?;
    Some((kept.at, Place { commit: kept.commit, prepare: kept.prepare }))
}
