//! A driver's options as people write them, in the configuration and on the command line.
//!
//! One flat set of names; an option that belongs to another driver is refused by name instead of
//! being ignored, because a region set on the wrong line is a reader at the wrong frequency.

use serde::Deserialize;

use crate::protocol::mercury::words;
use crate::protocol::{DriverName, Settings, barcode_line, mercury, zebra_iotc};

/// The options of all drivers; each may be absent.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// mercury: the radio region by name, such as `EU3` (the default) or `NA`.
    pub region: Option<String>,
    /// mercury: antennas to read on; absent: as the module remembers.
    pub antennas: Option<Vec<u8>>,
    /// mercury: read power in dBm; absent: as the module remembers.
    pub power_dbm: Option<f32>,
    /// mercury: also read each chip's serial (TID).
    pub tid: Option<bool>,
    /// zebra-iotc: seconds without a message until the reader counts as silent (180).
    pub silent_s: Option<u32>,
    /// barcode-line: what the scanner puts before each scan; removed.
    pub prefix: Option<String>,
    /// barcode-line: `auto` (the default), `cr`, `lf`, `crlf` or `idle`.
    pub end: Option<String>,
    /// barcode-line: milliseconds of silence that end a scan (250).
    pub idle_ms: Option<u16>,
    /// barcode-line: these are people's badges.
    pub badge: Option<bool>,
}

/// Why options do not fit.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum OptionsError {
    /// The option is another driver's.
    #[error("{option} is no option of the driver {driver}")]
    Foreign {
        /// The option's name.
        option: &'static str,
        /// The driver chosen.
        driver: &'static str,
    },
    /// The value is not one that is allowed.
    #[error("{option} = {value} is not allowed; {allowed}")]
    Value {
        /// The option's name.
        option: &'static str,
        /// What was written.
        value: String,
        /// What may be written.
        allowed: &'static str,
    },
}

impl Options {
    /// The settings of `driver`.
    ///
    /// # Errors
    /// An option of another driver, or a value out of range.
    pub fn settings(&self, driver: DriverName) -> Result<Settings, OptionsError> {
        let set = [
            ("region", DriverName::Mercury, self.region.is_some()),
            ("antennas", DriverName::Mercury, self.antennas.is_some()),
            ("power_dbm", DriverName::Mercury, self.power_dbm.is_some()),
            ("tid", DriverName::Mercury, self.tid.is_some()),
            ("silent_s", DriverName::ZebraIotc, self.silent_s.is_some()),
            ("prefix", DriverName::BarcodeLine, self.prefix.is_some()),
            ("end", DriverName::BarcodeLine, self.end.is_some()),
            ("idle_ms", DriverName::BarcodeLine, self.idle_ms.is_some()),
            ("badge", DriverName::BarcodeLine, self.badge.is_some()),
        ];
        if let Some((option, ..)) = set.iter().find(|(_, owner, given)| *given && *owner != driver) {
            return Err(OptionsError::Foreign { option, driver: driver.as_str() });
        }
        Ok(match driver {
            DriverName::Mercury => Settings::Mercury(self.mercury()?),
            DriverName::ZebraIotc => Settings::ZebraIotc(self.zebra()?),
            DriverName::BarcodeLine => Settings::BarcodeLine(self.barcode()?),
        })
    }

    fn mercury(&self) -> Result<mercury::Settings, OptionsError> {
        let mut settings = mercury::Settings::default();
        if let Some(region) = &self.region {
            let allowed = "NA, EU, KR, IN, JP, PRC, EU2, EU3, KR2, PRC2, AU, NZ or OPEN";
            settings.region = words::region(region).ok_or_else(|| refused("region", region, allowed))?;
        }
        if let Some(antennas) = &self.antennas {
            if antennas.is_empty() || antennas.len() > 16 || antennas.iter().any(|antenna| !(1..=16).contains(antenna)) {
                return Err(refused("antennas", antennas, "1 to 16, at least one"));
            }
            settings.antennas.clone_from(antennas);
        }
        if let Some(power) = self.power_dbm {
            if !(0.0..=33.0).contains(&power) {
                return Err(refused("power_dbm", power, "0 to 33 dBm"));
            }
            settings.power_cdbm = Some((power * 100.0).round() as u16);
        }
        settings.tid = self.tid.unwrap_or(false);
        Ok(settings)
    }

    fn zebra(&self) -> Result<zebra_iotc::Settings, OptionsError> {
        let usual = zebra_iotc::Settings::default();
        match self.silent_s {
            Some(0) => Err(refused("silent_s", 0, "at least 1 second")),
            silent_s => Ok(zebra_iotc::Settings { silent_s: silent_s.unwrap_or(usual.silent_s) }),
        }
    }

    fn barcode(&self) -> Result<barcode_line::Settings, OptionsError> {
        let mut settings = barcode_line::Settings::default();
        if let Some(prefix) = &self.prefix {
            if prefix.len() > 16 {
                return Err(refused("prefix", prefix, "at most 16 bytes"));
            }
            settings.prefix = prefix.clone().into_bytes();
        }
        settings.end = match self.end.as_deref() {
            None | Some("auto") => barcode_line::End::Auto,
            Some("cr") => barcode_line::End::Cr,
            Some("lf") => barcode_line::End::Lf,
            Some("crlf") => barcode_line::End::CrLf,
            Some("idle") => barcode_line::End::Idle,
            Some(other) => return Err(refused("end", other, "auto, cr, lf, crlf or idle")),
        };
        settings.idle_ms = self.idle_ms.unwrap_or(settings.idle_ms);
        if settings.idle_ms < 10 {
            return Err(refused("idle_ms", settings.idle_ms, "at least 10 ms"));
        }
        settings.badge = self.badge.unwrap_or(false);
        Ok(settings)
    }
}

fn refused(option: &'static str, value: impl std::fmt::Debug, allowed: &'static str) -> OptionsError {
    OptionsError::Value { option, value: format!("{value:?}"), allowed }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refuse(driver: DriverName, toml: &str, words: &str) {
        let options: Options = toml::from_str(toml).unwrap();
        assert_eq!(options.settings(driver).unwrap_err().to_string(), words);
    }

    #[test]
    fn what_does_not_fit_is_refused_in_words() {
        refuse(DriverName::BarcodeLine, "region = 'NA'", "region is no option of the driver barcode-line");
        refuse(DriverName::Mercury, "badge = true", "badge is no option of the driver mercury");
        refuse(
            DriverName::Mercury,
            "region = 'eu3'",
            "region = \"eu3\" is not allowed; NA, EU, KR, IN, JP, PRC, EU2, EU3, KR2, PRC2, AU, NZ or OPEN",
        );
        refuse(DriverName::Mercury, "antennas = [0]", "antennas = [0] is not allowed; 1 to 16, at least one");
        refuse(DriverName::Mercury, "power_dbm = nan", "power_dbm = NaN is not allowed; 0 to 33 dBm");
        refuse(DriverName::BarcodeLine, "end = 'tab'", "end = \"tab\" is not allowed; auto, cr, lf, crlf or idle");
        assert!(toml::from_str::<Options>("regoin = 'NA'").is_err());
    }

    #[test]
    fn nothing_said_is_the_usual() {
        for (_, driver) in DriverName::ALL {
            assert_eq!(Options::default().settings(driver), Ok(Settings::usual(driver)));
        }
    }
}
