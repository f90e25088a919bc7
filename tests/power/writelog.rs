//! The write log of a block device: every write and every flush in the order the device took them.
//!
//! ```text
//! sector 0: magic u64, version u64 (1), entries u64, sector size u32                   (little-endian)
//! then, entry by entry: sector u64, sectors u64, flags u64, length u64, padded to a sector; then the data
//! flags: 1 flush, 2 through the cache, 4 discard (no data follows), 8 mark
//! ```
//! The form is that of Linux's dm-log-writes. Nothing is applied here; see `images`.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

/// Bytes of a sector: what a disk writes whole or not at all.
pub const SECTOR: usize = 512;
const MAGIC: u64 = 0x006a_7366_7773_6872;
const FLUSH: u64 = 1;
const THROUGH: u64 = 2;
const DISCARD: u64 = 4;

/// One entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where on the device, in bytes.
    pub at: usize,
    /// Where in the log its data begins, and how long it is.
    pub data: (usize, usize),
    /// Everything before it is on the disk once it is done.
    pub flush: bool,
    /// On the disk by itself once it is done.
    pub through: bool,
}

/// A whole write log.
#[derive(Debug)]
pub struct WriteLog {
    bytes: Vec<u8>,
    /// In order.
    pub entries: Vec<Entry>,
}

fn number(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

impl WriteLog {
    /// Reads a log; what is wrong with it, in words, if it is none.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, String> {
        if number(&bytes, 0) != Some(MAGIC) || number(&bytes, 8) != Some(1) {
            return Err("no write log".to_owned());
        }
        let count = number(&bytes, 16).unwrap_or(0);
        let (mut entries, mut at) = (Vec::new(), SECTOR);
        for nth in 0..count {
            let field = |n: usize| number(&bytes, at + 8 * n).ok_or(format!("entry {nth} is cut off"));
            let (sector, sectors, flags) = (field(0)?, field(1)?, field(2)?);
            let length = if flags & DISCARD == 0 { sectors as usize * SECTOR } else { 0 };
            let data = at + SECTOR;
            if data + length > bytes.len() {
                return Err(format!("the data of entry {nth} is cut off"));
            }
            entries.push(Entry {
                at: sector as usize * SECTOR,
                data: (data, length),
                flush: flags & FLUSH != 0,
                through: flags & THROUGH != 0,
            });
            at = data + length;
        }
        Ok(Self { bytes, entries })
    }

    /// What an entry writes.
    pub fn data(&self, entry: &Entry) -> &[u8] {
        &self.bytes[entry.data.0..entry.data.0 + entry.data.1]
    }
}

/// How many entries a log holds that is still being written.
pub fn written(log: &Path) -> io::Result<u64> {
    let mut bytes = [0; 8];
    File::open(log)?.read_exact_at(&mut bytes, 16)?;
    Ok(u64::from_le_bytes(bytes))
}

#[test]
fn a_write_log_is_read_to_the_last_entry() {
    let mut bytes = vec![0; SECTOR];
    bytes[..8].copy_from_slice(&MAGIC.to_le_bytes());
    bytes[8] = 1;
    bytes[16] = 3;
    let mut entry = |sector: u8, sectors: u8, flags: u8, data: &[u8]| {
        let mut head = vec![0; SECTOR];
        (head[0], head[8], head[16]) = (sector, sectors, flags);
        bytes.extend(head);
        bytes.extend(data);
    };
    entry(5, 2, 0, &[7; 2 * SECTOR]);
    entry(0, 0, 1, &[]);
    entry(9, 4, 4, &[]);
    let log = WriteLog::parse(bytes.clone()).unwrap();
    assert_eq!(
        log.entries.iter().map(|e| (e.at, e.data.1, e.flush)).collect::<Vec<_>>(),
        [(5 * SECTOR, 2 * SECTOR, false), (0, 0, true), (9 * SECTOR, 0, false)]
    );
    assert_eq!(log.data(&log.entries[0]), [7; 2 * SECTOR]);
    assert!(WriteLog::parse(bytes[..3 * SECTOR].to_vec()).is_err());
}
