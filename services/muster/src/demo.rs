//! `muster demo`: everything in one process, no configuration, no network. Training data throughout.
//!
//! Three sites, 2,000 weapons, ninety days of history and simulated readers that speak real protocol
//! bytes through the real drivers. Nothing is faked below the port: the same desk, log, projector,
//! gateway and pages. Passwords and tokens are made for this run alone; killed, nothing remains.

pub mod catalogue;
pub mod dice;
pub mod people;
pub mod stores;
