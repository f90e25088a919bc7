//! Why a tag does not say what its header promises, or a tag URI cannot become a tag.
//!
//! One enum for both ways: reading and writing a scheme break the same rules. Each sentence
//! names the field and the fact, so that a person can tell a foreign tag from a damaged one.

/// Why a tag does not say what its header promises, or a URI cannot be written to a tag.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SchemeError {
    /// The EPC ends before the scheme does.
    #[error("{scheme} needs {need} bits; the EPC has {have}")]
    TooShort {
        /// Scheme by its header.
        scheme: &'static str,
        /// Bits needed.
        need: usize,
        /// Bits there.
        have: usize,
    },
    /// Partition value 7 is not defined.
    #[error("partition value {0} is not defined; 0 to 6 are")]
    Partition(u64),
    /// A number has more digits than its place.
    #[error("{field} {value} does not fit in {digits} digits")]
    TooManyDigits {
        /// The field.
        field: &'static str,
        /// Its value.
        value: u64,
        /// Digits that the partition gives it.
        digits: usize,
    },
    /// Bits that stand for no character of the scheme.
    #[error("character {at} of {field} is outside the scheme's set (bits {bits:#04x})")]
    Character {
        /// The field.
        field: &'static str,
        /// Counted from 1.
        at: usize,
        /// What stands there.
        bits: u64,
    },
    /// A text of the wrong length.
    #[error("{field} has {length} characters; {least} to {most} are allowed")]
    Length {
        /// The field.
        field: &'static str,
        /// Characters found.
        length: usize,
        /// Fewest allowed.
        least: usize,
        /// Most allowed.
        most: usize,
    },
    /// A text whose end mark is missing.
    #[error("{0} has no end mark")]
    NoEnd(&'static str),
    /// Something stands behind the end of a text.
    #[error("{0} goes on behind its end")]
    BehindEnd(&'static str),
    /// Padding that is not zero.
    #[error("the bits behind {scheme} are not zero, so this is no {scheme} tag")]
    Padding {
        /// Scheme by its header.
        scheme: &'static str,
    },
    /// Not a CAGE code and not a DoDAAC.
    #[error("{0} is neither a CAGE code nor a DoDAAC")]
    Cage(String),
    /// Not a tag URI at all.
    #[error("{0} is not a tag URI; one looks like urn:epc:tag:giai-96:0.0614141.12345400")]
    NotATagUri(String),
    /// A tag URI of a scheme that is not known here.
    #[error("scheme {0} is not known here")]
    UnknownScheme(String),
    /// A tag URI with a part too few or too many.
    #[error("{scheme} has {want} parts; {got} were given")]
    Parts {
        /// The scheme.
        scheme: &'static str,
        /// Parts it has.
        want: usize,
        /// Parts given.
        got: usize,
    },
    /// A part that the scheme does not allow.
    #[error("{field} {value} does not fit: {why}")]
    Value {
        /// The field.
        field: &'static str,
        /// What was given.
        value: String,
        /// What is allowed.
        why: &'static str,
    },
}
