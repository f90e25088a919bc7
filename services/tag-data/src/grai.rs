//! GRAI: a returnable asset, such as a weapons crate (headers 33 and 37; GS1 TDS 1.13, 14.5.4).
//!
//! A company prefix of 12 digits leaves no digit for the asset type, which then is empty in
//! the URI. The check digit is not in the tag.

use crate::layout::{Form, Layout, Part, Rows};

const ROWS: Rows = Rows { bits: [4, 7, 10, 14, 17, 20, 24], digits: [0, 1, 2, 3, 4, 5, 6] };
const ASSET: Part = Part::Prefixed { reference: "asset_type", rows: &ROWS, form: Form::Padded };

pub(crate) const GRAI_96: Layout = Layout {
    header: 0x33,
    name: "grai-96",
    identity: "grai",
    filter_bits: 3,
    parts: &[ASSET, Part::Number { name: "serial", bits: 38, digits: 12 }],
    bits: Some(96),
};
pub(crate) const GRAI_170: Layout = Layout {
    header: 0x37,
    name: "grai-170",
    identity: "grai",
    filter_bits: 3,
    parts: &[ASSET, Part::Fixed { name: "serial", bits: 112, most: 16 }],
    bits: Some(170),
};
