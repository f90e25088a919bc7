//! GID: a number of whoever manages it (header 35; GS1 TDS 1.13, 14.5.8). No filter value.

use crate::layout::{Layout, Part};

pub(crate) const GID_96: Layout = Layout {
    header: 0x35,
    name: "gid-96",
    identity: "gid",
    filter_bits: 0,
    parts: &[
        Part::Number { name: "manager", bits: 28, digits: 9 },
        Part::Number { name: "class", bits: 24, digits: 8 },
        Part::Number { name: "serial", bits: 36, digits: 11 },
    ],
    bits: Some(96),
};
