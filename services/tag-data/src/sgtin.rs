//! SGTIN: a trade item with its serial (headers 30 and 36; GS1 TDS 1.13, 14.5.1).
//!
//! The reference is the GTIN's indicator digit followed by its item reference; the check digit
//! is not in the tag. SGTIN-96 carries serials that are numbers without leading zeros; every
//! other serial needs SGTIN-198.

use crate::layout::{Form, Layout, Part, Rows};

const ROWS: Rows = Rows { bits: [4, 7, 10, 14, 17, 20, 24], digits: [1, 2, 3, 4, 5, 6, 7] };
const ITEM: Part = Part::Prefixed { reference: "item_reference", rows: &ROWS, form: Form::Padded };

pub(crate) const SGTIN_96: Layout = Layout {
    header: 0x30,
    name: "sgtin-96",
    identity: "sgtin",
    filter_bits: 3,
    parts: &[ITEM, Part::Number { name: "serial", bits: 38, digits: 12 }],
    bits: Some(96),
};
pub(crate) const SGTIN_198: Layout = Layout {
    header: 0x36,
    name: "sgtin-198",
    identity: "sgtin",
    filter_bits: 3,
    parts: &[ITEM, Part::Fixed { name: "serial", bits: 140, most: 20 }],
    bits: Some(198),
};
