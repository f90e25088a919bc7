//! Every bound of the gateway, with its reason. What comes from outside is measured before it is
//! parsed, and whatever waits has a most. Nothing here is tuned by a reader or by the service.

/// The most bytes a port hands to a driver at once; larger reads are cut.
pub const CHUNK_BYTES: usize = 64 * 1024;
/// A Mercury frame's data never exceeds this (one length byte, the vendor allows 248).
pub const MERCURY_DATA_BYTES: usize = 248;
/// A scanned line: the largest Data Matrix holds 3,116 digits, so 4 KiB is room enough.
pub const LINE_BYTES: usize = 4 * 1024;
/// An MQTT payload: readers batch at most 256,000 bytes into one report.
pub const PAYLOAD_BYTES: usize = 256 * 1024;
/// What the MQTT client accepts at all. Above [`PAYLOAD_BYTES`], so that a large message is refused
/// aloud by the driver instead of vanishing at the broker; a bound all the same.
pub const MQTT_PACKET_BYTES: u32 = 2 * 1024 * 1024;
/// Messages the broker may have under way to us before the first is durable.
pub const MQTT_UNDER_WAY: u16 = 256;
/// JSON deeper than this is no reader's report.
pub const JSON_DEPTH: usize = 32;
/// First bytes of rubbish kept for diagnosis.
pub const GARBLED_BYTES_KEPT: usize = 64;
/// Words of a reader or port kept in a notice.
pub const DETAIL_CHARS: usize = 300;
/// An EPC or a TID as hex; the Gen2 length field ends at 62 bytes.
pub const TAG_HEX_CHARS: usize = 128;
/// Tags one sieve remembers; beyond, the one unheard the longest is forgotten (its next read counts as new).
pub const SIEVE_TAGS: usize = 50_000;
/// Bursts that may wait for the disk before readers are held back.
pub const BURSTS_WAITING: usize = 4096;
/// The most items in one disk transaction: large enough to share the flush, small enough to stay quick.
pub const GROUP_ITEMS: usize = 4096;
/// Items waiting for the service unless the configuration says otherwise (about 0.5 GB).
pub const OUTBOX_ITEMS: u64 = 1_000_000;
/// Acknowledged items stay this long, for a service restored from its backup.
pub const KEPT_DAYS: i64 = 7;
/// A configuration, key or tag file larger than this is a mistake.
pub const FILE_BYTES: u64 = 16 * 1024 * 1024;
/// A service's answer larger than this is not a receipt.
pub const ANSWER_BYTES: u64 = 64 * 1024;
