//! Marks: what is on the metal, as stamped, and the keys by which it is searched.
//!
//! The text is quoted, never corrected. Identity is the marks and their provenance; the match key
//! folds look-alikes and is for search only. Source: ITI 7-10; MOSAIC 05.30 as designed around.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codes::{Class, Component, MarkKind, MarkMethod};

/// The most characters of one mark's text.
pub const MARK_TEXT_MAX: usize = 64;

/// A mark's text exactly as stamped: any script, leading zeros and inner spaces kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Stamped(String);

/// Why a text cannot be a mark.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StampedError {
    /// Nothing legible.
    #[error("the mark is empty")]
    Empty,
    /// Longer than allowed.
    #[error("the mark has {0} characters; at most 64 are allowed")]
    TooLong(usize),
    /// A control character.
    #[error("the mark holds the control character {0:?}")]
    Control(char),
}

impl FromStr for Stamped {
    type Err = StampedError;

    fn from_str(raw: &str) -> Result<Self, StampedError> {
        let text = raw.trim();
        match (text.chars().count(), text.chars().find(|c| c.is_control())) {
            (0, _) => Err(StampedError::Empty),
            (length, _) if length > MARK_TEXT_MAX => Err(StampedError::TooLong(length)),
            (_, Some(c)) => Err(StampedError::Control(c)),
            (_, None) => Ok(Self(text.to_owned())),
        }
    }
}

impl TryFrom<String> for Stamped {
    type Error = StampedError;

    fn try_from(raw: String) -> Result<Self, StampedError> {
        raw.parse()
    }
}

impl From<Stamped> for String {
    fn from(stamped: Stamped) -> Self {
        stamped.0
    }
}

impl fmt::Display for Stamped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Stamped {
    /// The text as stamped.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The folded key for search: upper case, Cyrillic look-alikes as Latin, O as 0, I and L as 1,
    /// S as 5, B as 8, everything but letters and digits dropped. Never an identity.
    #[must_use]
    pub fn match_key(&self) -> String {
        match_key(&self.0)
    }
}

/// [`Stamped::match_key`] of any text, for what a person types into a search.
#[must_use]
pub fn match_key(text: &str) -> String {
    text.chars().flat_map(char::to_uppercase).filter(|c| c.is_alphanumeric()).map(fold).collect()
}

fn fold(c: char) -> char {
    let latin = match c {
        'А' => 'A',
        'В' => 'B',
        'Е' => 'E',
        'К' => 'K',
        'М' => 'M',
        'Н' => 'H',
        'О' => 'O',
        'Р' => 'P',
        'С' => 'C',
        'Т' => 'T',
        'У' => 'Y',
        'Х' => 'X',
        other => other,
    };
    match latin {
        'O' => '0',
        'I' | 'L' => '1',
        'S' => '5',
        'B' => '8',
        other => other,
    }
}

/// One mark on one part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mark {
    /// What the mark says.
    pub kind: MarkKind,
    /// The part that carries it.
    pub component: Component,
    /// Where on the part, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<String>,
    /// How it was made.
    pub method: MarkMethod,
    /// The text exactly as stamped.
    pub text: Stamped,
}

/// What a weapon is, by its marks and provenance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// UN class.
    pub class: Class,
    /// Maker or factory.
    pub maker: String,
    /// Model.
    pub model: String,
    /// Calibre in metric form, `MULTI` or `UNKNOWN`.
    pub calibre: String,
    /// Country of manufacture, ISO 3166 (historic codes allowed), if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Year of manufacture, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub year: Option<u16>,
    /// The serial on the controlling part, as stamped.
    pub serial: Stamped,
    /// All marks, this serial among them.
    pub marks: Vec<Mark>,
}

impl Identity {
    /// Equal keys are suspected duplicates: country, maker, model, year and serial, exactly as
    /// stamped but for case and outer spaces of the words.
    #[must_use]
    pub fn identity_key(&self) -> String {
        let word = |text: &str| text.trim().to_lowercase();
        let country = self.country.as_deref().map(word).unwrap_or_default();
        let year = self.year.map(|y| y.to_string()).unwrap_or_default();
        [country, word(&self.maker), word(&self.model), year, self.serial.as_str().to_owned()].join("\u{1f}")
    }
}
