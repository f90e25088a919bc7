//! USDOD-96: a package of the US Department of Defense (header 2F; GS1 TDS 1.13, 14.5.9).
//!
//! Filter 0 is a pallet, 1 a case, 2 a unit pack: this scheme belongs on packages, not on
//! weapons. The enterprise is a CAGE code or DoDAAC in six ASCII characters, a space in front
//! of a five-character code; the space is not in the URI.

use crate::layout::{Layout, Part};

pub(crate) const USDOD_96: Layout = Layout {
    header: 0x2F,
    name: "usdod-96",
    identity: "usdod",
    filter_bits: 4,
    parts: &[Part::Cage { width: 8 }, Part::Number { name: "serial", bits: 36, digits: 11 }],
    bits: Some(96),
};
