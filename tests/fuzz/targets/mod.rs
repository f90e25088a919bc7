//! Every parser that meets bytes from outside, as a function of bytes that panics where a promise is broken.
//!
//! One list for two hunters: `tests/parsers.rs` runs it over the corpus and some thousand cheap changes in
//! every gate; `tests/fuzz/run` runs it under libFuzzer. Promises beyond "no panic": what is written reads
//! back the same, however a stream is cut it says the same, a true frame behind noise is heard, and work and
//! memory follow the input's size. To add a parser: a function in its file, a row below, seeds in `../seeds.rs`.

pub mod book;
pub mod drivers;
pub mod files;
pub mod sealed;
pub mod tags;
pub mod treaty;
pub mod web;

/// One parser and what it promises.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name: the corpus' folder.
    pub name: &'static str,
    /// Panics where a promise is broken.
    pub run: fn(&[u8]),
    /// Bytes that may be allocated in all for an empty input ...
    pub base: usize,
    /// ... and further for each byte of it.
    pub each: usize,
    /// The longest input worth trying.
    pub longest: usize,
    /// How many times dearer than the usual target one run is: it gets so many times fewer.
    pub dear: u64,
}

impl Target {
    const fn new(name: &'static str, run: fn(&[u8])) -> Self {
        Self { name, run, base: 256 * 1024, each: 1024, longest: 4096, dear: 1 }
    }

    const fn dear(self, dear: u64) -> Self {
        Self { dear, ..self }
    }

    const fn memory(self, base: usize, each: usize) -> Self {
        Self { base, each, ..self }
    }

    /// One run, with what it allocates held to the input's size. `allocated`: all bytes ever given out.
    pub fn hunt(&self, data: &[u8], allocated: impl Fn() -> usize) {
        let before = allocated();
        (self.run)(data);
        let (took, may) = (allocated().saturating_sub(before), self.base + self.each * data.len());
        assert!(took <= may, "{took} bytes were allocated for {} bytes; {may} may be", data.len());
    }
}

/// All of them.
pub const TARGETS: &[Target] = &[
    Target::new("mercury", drivers::mercury),
    Target::new("mercury-host", drivers::mercury_host),
    Target::new("mercury-record", drivers::mercury_record),
    Target::new("zebra-iotc", drivers::zebra_iotc),
    Target::new("zebra-split", drivers::zebra_split),
    Target::new("zebra-sequence", drivers::zebra_sequence),
    Target::new("barcode-line", drivers::barcode_line).memory(256 * 1024, 8192), // every other byte may be a scan
    Target::new("epc", tags::epc),
    Target::new("tag-uri", tags::tag_uri),
    Target::new("tid", tags::tid),
    Target::new("gs1", tags::gs1),
    Target::new("iuid", tags::iuid).memory(256 * 1024, 8192), // five readings of one text
    Target::new("barcode", tags::barcode).memory(256 * 1024, 2048), // three readings, every byte may be a format
    Target::new("decode", tags::decode),
    Target::new("moment", tags::moment),
    Target::new("batch", treaty::batch),
    Target::new("receipt", treaty::receipt).dear(4),
    Target::new("item", treaty::item),
    Target::new("report", treaty::report),
    Target::new("event", treaty::event),
    Target::new("meta", treaty::meta),
    Target::new("checkpoint", book::checkpoint).dear(4),
    Target::new("head", book::head),
    Target::new("proof", book::proof).dear(4),
    Target::new("anchor", book::anchor).dear(4),
    Target::new("log-file", book::log_file).dear(200).memory(64 * 1024 * 1024, 64 * 1024),
    Target::new("chunk", sealed::chunk).memory(256 * 1024, 4096), // deflate: a thousandfold, and four times over
    Target::new("ledger", files::ledger).dear(2),
    Target::new("gateway-config", files::gateway_config),
    Target::new("service-config", files::service_config),
    Target::new("port-url", files::port_url),
    Target::new("tags-file", files::tags_file),
    Target::new("body", web::body),
    Target::new("query", web::query),
    Target::new("form", web::form),
    Target::new("words", web::words),
];

/// The text in the bytes, if it is text: parsers of text never see anything else.
fn text(data: &[u8]) -> Option<&str> {
    std::str::from_utf8(data).ok()
}

/// The first byte chooses, the rest is the input.
fn choose<T>(choices: &[T], data: &[u8]) -> Option<(usize, Vec<u8>)> {
    let (first, rest) = data.split_first()?;
    Some((usize::from(*first) % choices.len().max(1), rest.to_vec()))
}
