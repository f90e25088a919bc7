//! GIAI: one asset, the GS1 scheme for a weapon (headers 34 and 38; GS1 TDS 1.13, 14.5.5).
//!
//! GIAI-96 carries only asset references that are numbers without leading zeros: a serial such
//! as `007A` needs GIAI-202, which carries GS1 characters.

use crate::layout::{Form, Layout, Part, Rows};

const ROWS_96: Rows = Rows { bits: [42, 45, 48, 52, 55, 58, 62], digits: [13, 14, 15, 16, 17, 18, 19] };
const ROWS_202: Rows = Rows { bits: [148, 151, 154, 158, 161, 164, 168], digits: [18, 19, 20, 21, 22, 23, 24] };

pub(crate) const GIAI_96: Layout = Layout {
    header: 0x34,
    name: "giai-96",
    identity: "giai",
    filter_bits: 3,
    parts: &[Part::Prefixed { reference: "asset_reference", rows: &ROWS_96, form: Form::Plain }],
    bits: Some(96),
};
pub(crate) const GIAI_202: Layout = Layout {
    header: 0x38,
    name: "giai-202",
    identity: "giai",
    filter_bits: 3,
    parts: &[Part::Prefixed { reference: "asset_reference", rows: &ROWS_202, form: Form::Text }],
    bits: Some(202),
};
