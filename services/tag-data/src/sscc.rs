//! SSCC: a crate, pallet or shipment (header 31; GS1 TDS 1.13, 14.5.2).
//!
//! The reference is the extension digit followed by the serial reference; the check digit is
//! not in the tag. The last 24 bits are always zero.

use crate::layout::{Form, Layout, Part, Rows};

const ROWS: Rows = Rows { bits: [18, 21, 24, 28, 31, 34, 38], digits: [5, 6, 7, 8, 9, 10, 11] };

pub(crate) const SSCC_96: Layout = Layout {
    header: 0x31,
    name: "sscc-96",
    identity: "sscc",
    filter_bits: 3,
    parts: &[Part::Prefixed { reference: "serial_reference", rows: &ROWS, form: Form::Padded }],
    bits: Some(96),
};
