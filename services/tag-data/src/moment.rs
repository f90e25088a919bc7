//! A moment: microseconds since 1970-01-01T00:00:00Z, the one clock unit of the house.
//!
//! Nothing here reads a clock: the two programs do and pass moments in. On the wire and on
//! paper a moment is RFC 3339 in UTC with six decimals, so that equal moments are equal text.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

/// A point in time, in microseconds since the Unix epoch, UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Moment(i64);

/// 0000-01-01T00:00:00Z and 9999-12-31T23:59:59.999999Z, between which every moment is a text that reads back.
const FIRST_MICROS: i64 = -62_167_219_200_000_000;
const LAST_MICROS: i64 = 253_402_300_799_999_999;

/// Why a text is not a moment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a time; write it like 2026-03-01T06:30:00Z")]
pub struct NotAMoment(pub String);

impl Moment {
    /// From microseconds since the epoch.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since the epoch.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Milliseconds since the epoch, rounded down.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// This moment moved by `seconds` (negative: earlier), stopping at the ends of time.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1_000_000)))
    }

    /// Whole seconds from `earlier` to this moment; negative if it was later.
    #[must_use]
    pub const fn seconds_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0).div_euclid(1_000_000)
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match DateTime::<Utc>::from_timestamp_micros(self.0) {
            Some(time) => f.write_str(&time.to_rfc3339_opts(SecondsFormat::Micros, true)),
            None => write!(f, "{} us", self.0), // Outside the calendar: still told, never a panic.
        }
    }
}

impl FromStr for Moment {
    type Err = NotAMoment;

    /// Reads RFC 3339, and the `+0000` zone without a colon that several readers send. What a zone or a leap
    /// second carries over the end of the calendar is no moment: nobody could read back what we write of it.
    fn from_str(text: &str) -> Result<Self, NotAMoment> {
        DateTime::parse_from_rfc3339(text)
            .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z"))
            .map(|time| Self(time.timestamp_micros()))
            .ok()
            .filter(|moment| (FIRST_MICROS..=LAST_MICROS).contains(&moment.0))
            .ok_or_else(|| NotAMoment(text.chars().take(40).collect()))
    }
}

impl TryFrom<String> for Moment {
    type Error = NotAMoment;

    fn try_from(text: String) -> Result<Self, NotAMoment> {
        text.parse()
    }
}

impl From<Moment> for String {
    fn from(moment: Moment) -> Self {
        moment.to_string()
    }
}

impl schemars::JsonSchema for Moment {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Moment".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "format": "date-time", "description": "RFC 3339, UTC, microseconds"})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, want: &str) {
        let shown = text.parse::<Moment>().map_or_else(|e| e.to_string(), |m| m.to_string());
        assert_eq!(shown, want);
    }

    #[test]
    fn zones_with_and_without_a_colon() {
        check("2025-01-01T00:00:00.000+0000", "2025-01-01T00:00:00.000000Z");
        check("2021-03-15T13:14:30+0100", "2021-03-15T12:14:30.000000Z");
        check("2022-05-19T20:01:30.461684205Z", "2022-05-19T20:01:30.461684Z");
    }

    #[test]
    fn the_calendar_has_two_ends() {
        check("0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000000Z");
        check("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z");
        let refused = |text: &str| check(text, &NotAMoment(text.to_owned()).to_string());
        refused("9999-12-31T23:59:60Z");
        refused("9999-12-31T23:59:59-01:00");
        refused("0000-01-01T00:00:00+00:01");
    }

    #[test]
    fn rubbish_is_named() {
        check("noon", "\"noon\" is not a time; write it like 2026-03-01T06:30:00Z");
    }
}
