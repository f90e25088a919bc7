//! What did happen: an append-only log that can prove itself.
//!
//! Knows nothing of weapons. One writer, durable before answered, every event a leaf of an
//! RFC 6962 tree whose size and root stand in an anchor file outside the database.

pub mod event;
