//! A promise that did not hold: which, and what was seen instead.

/// A promise that did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The promise, in words.
    pub promise: &'static str,
    /// What was seen.
    pub seen: String,
}

/// Says that a promise did not hold.
pub fn broken<T>(promise: &'static str, seen: impl Into<String>) -> Result<T, Broken> {
    Err(Broken { promise, seen: seen.into() })
}

/// Holds two things to be the same.
pub fn same<T: PartialEq + std::fmt::Debug>(promise: &'static str, what: &str, one: &T, other: &T) -> Result<(), Broken> {
    if one == other { Ok(()) } else { broken(promise, format!("{what}: {one:?} is not {other:?}")) }
}
