//! A scanner: one line a scan, with the AIM identifier where the text begins with one, ended by CR LF.

use tag_data::moment::Moment;

use super::Field;
use super::tags::{Mark, Tag};

/// The simulated scanner.
#[derive(Debug)]
pub struct Scanner {
    /// The codes before it.
    pub field: Field,
}

impl Scanner {
    /// A scanner at rest.
    #[must_use]
    pub fn new(field: Field) -> Self {
        Self { field }
    }

    /// The scans due by now.
    pub fn tick(&mut self, now: Moment) -> Vec<Vec<u8>> {
        self.field.read(now).iter().map(line).collect()
    }
}

/// A scan as bytes on the line.
#[must_use]
pub fn line(tag: &Tag) -> Vec<u8> {
    let mut line = match &tag.mark {
        Mark::Text(text) => text.clone(),
        Mark::Epc { epc, .. } => crate::protocol::hex_upper(epc).into_bytes(),
    };
    line.extend_from_slice(b"\r\n");
    line
}
