//! SGLN: a place, such as a store, a rack or a shelf (headers 32 and 39; GS1 TDS 1.13, 14.5.3).
//!
//! The check digit of the GLN is not in the tag. Extension `0` means the place as a whole.

use crate::layout::{Form, Layout, Part, Rows};

const ROWS: Rows = Rows { bits: [1, 4, 7, 11, 14, 17, 21], digits: [0, 1, 2, 3, 4, 5, 6] };
const PLACE: Part = Part::Prefixed { reference: "location_reference", rows: &ROWS, form: Form::Padded };

pub(crate) const SGLN_96: Layout = Layout {
    header: 0x32,
    name: "sgln-96",
    identity: "sgln",
    filter_bits: 3,
    parts: &[PLACE, Part::Number { name: "extension", bits: 41, digits: 13 }],
    bits: Some(96),
};
pub(crate) const SGLN_195: Layout = Layout {
    header: 0x39,
    name: "sgln-195",
    identity: "sgln",
    filter_bits: 3,
    parts: &[PLACE, Part::Fixed { name: "extension", bits: 140, most: 20 }],
    bits: Some(195),
};
