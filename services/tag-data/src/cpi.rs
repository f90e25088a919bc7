//! CPI: a component or part with its serial, such as a spare barrel (headers 3C and 3D;
//! GS1 TDS 1.13, 14.5.10).
//!
//! CPI-96 carries references that are numbers without leading zeros; CPI-var carries six-bit
//! characters with a zero behind the last, then a 40-bit serial.

use crate::layout::{Form, Layout, Part, Rows};

const ROWS_96: Rows = Rows { bits: [11, 14, 17, 21, 24, 27, 31], digits: [3, 4, 5, 6, 7, 8, 9] };
const ROWS_VAR: Rows = Rows { bits: [114, 120, 126, 132, 138, 144, 150], digits: [18, 19, 20, 21, 22, 23, 24] };

pub(crate) const CPI_96: Layout = Layout {
    header: 0x3C,
    name: "cpi-96",
    identity: "cpi",
    filter_bits: 3,
    parts: &[
        Part::Prefixed { reference: "part_reference", rows: &ROWS_96, form: Form::Plain },
        Part::Number { name: "serial", bits: 31, digits: 10 },
    ],
    bits: Some(96),
};
pub(crate) const CPI_VAR: Layout = Layout {
    header: 0x3D,
    name: "cpi-var",
    identity: "cpi",
    filter_bits: 3,
    parts: &[
        Part::Prefixed { reference: "part_reference", rows: &ROWS_VAR, form: Form::EndedText },
        Part::Number { name: "serial", bits: 40, digits: 12 },
    ],
    bits: None,
};
