//! ADI-var: an aerospace or defence item (header 3B; GS1 TDS 1.13, 14.5.11).
//!
//! CAGE code or DoDAAC in six six-bit characters (a space in front of a five-character code),
//! then the original part number (0 to 32) and the serial (1 to 30), each ended by six zero
//! bits. An empty part number means a serial unique within the enterprise. A serial that
//! begins with `#` was given for the tag alone and is no UII serial; it is `%23` in the URI.

use crate::layout::{Layout, Part};

pub(crate) const ADI_VAR: Layout = Layout {
    header: 0x3B,
    name: "adi-var",
    identity: "adi",
    filter_bits: 6,
    parts: &[
        Part::Cage { width: 6 },
        Part::Ended { name: "part_number", least: 0, most: 32, hash: false },
        Part::Ended { name: "serial", least: 1, most: 30, hash: true },
    ],
    bits: None,
};
