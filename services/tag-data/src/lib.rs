//! What a tag or a barcode says, and the treaty by which the reader gateway tells the book.
//!
//! Bytes in, meaning out. Nothing here opens a port, reads a clock or draws a random number;
//! an unknown code is never an error: it stays the opaque text or hex that was read.

pub mod batch;
pub mod moment;
pub mod scan;
