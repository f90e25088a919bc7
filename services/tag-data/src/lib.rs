//! What a tag or a barcode says, and the treaty by which the reader gateway tells the book.
//!
//! Bytes in, meaning out. Nothing here opens a port, reads a clock or draws a random number;
//! an unknown code is never an error: it stays the opaque text or hex that was read.
//! Start at [`decode`] for one text, [`epc`], [`tid`] and [`barcode`] for what a driver heard,
//! [`scan`] and [`batch`] for how it travels. A new tag scheme is one file with a layout, its
//! line in `epc.rs`, and rows in `tests/conformance/epc.tsv`.

pub mod batch;
pub mod moment;
pub mod scan;

pub mod decode;

pub mod epc;
mod layout;
mod scheme_error;
pub use scheme_error::SchemeError;
mod adi;
mod cpi;
mod giai;
mod gid;
mod grai;
mod sgln;
mod sgtin;
mod sscc;
mod usdod;

pub mod gen2;
pub mod tid;

mod ai;
pub mod barcode;
pub mod gs1;
pub mod gs1_key;
pub mod iuid;

mod bits;
mod chars;
