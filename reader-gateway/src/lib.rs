//! Hears readers over serial and MQTT and hands what they saw to the book, losing nothing.
//!
//! ```text
//! port -> [protocol] -> [sieve] -> outbox (flushed to disk) -> uplink (signed) -> the service
//! ```
//! Brackets are pure: no clock, port or file. What the sieve lets out is never lost; what it drops
//! is counted. Only the service's signed receipt empties the outbox.

pub mod limits;
pub mod protocol;
pub mod sieve;

pub mod config;
pub mod options;

pub mod backoff;
pub mod clock;
pub mod ear;
pub mod points;
pub mod port;

pub mod carry;
pub mod identity;
pub mod outbox;
pub mod run;
pub mod uplink;

pub mod bench;
pub mod listen;
pub mod simulate;

/// Installs the one TLS provider of the house; the first line of `main`. A second call changes nothing.
pub fn install_tls() {
    let _ = rustls::crypto::ring::default_provider().install_default(); // Refused only where it is installed already.
}
