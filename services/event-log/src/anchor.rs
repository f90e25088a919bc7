//! The anchor: size and root of the log, kept in a file of its own outside the database.
//!
//! A database file can lose its last events without a trace (a flipped bit in its write-ahead log,
//! an older copy put back) and still call itself whole. The anchor remembers what was answered for:
//! it is written and flushed after the commit and before anyone is told. Two slots are written in
//! turn, each a page of its own, so a torn write spoils one and the other still stands.
//!
//! ```text
//! at 0 and at 4096, 512 bytes each, padded with spaces:
//!   muster anchor v1\n sequence <n>\n size <n>\n root <64 hex>\n sum <SHA-256 of the lines above, hex>\n
//! (lines begin in the first column; slot = sequence mod 2; the higher sequence counts)
//! ```

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::durable::flush_directory;
use crate::event::Head;

const SLOT: usize = 512;
const STRIDE: u64 = 4096;
const FIRST_LINE: &str = "muster anchor v1";

/// What the anchor file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Anchored {
    /// There is no file.
    Missing,
    /// There is a file, and neither slot can be read.
    Unreadable,
    /// The newest whole slot, and the one before it if that is whole too.
    At(Slot, Option<Slot>),
}

/// One slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Counts writes, from 1.
    pub sequence: u64,
    /// What was acknowledged by then.
    pub head: Head,
}

/// Reads the anchor file; creates and changes nothing. A slot that is being written while it is read looks
/// spoiled for that moment, so what looks spoiled is read until it stands still.
///
/// # Errors
/// When the file is there and cannot be read at all.
pub fn read(path: &Path) -> io::Result<Anchored> {
    let Some(mut bytes) = bytes_of(path)? else { return Ok(Anchored::Missing) };
    let mut still = 0;
    while still < STILL && !matches!(understood(&bytes), Anchored::At(_, Some(_))) {
        std::thread::yield_now();
        let Some(again) = bytes_of(path)? else { return Ok(Anchored::Missing) };
        still = if again == bytes { still + 1 } else { 0 };
        bytes = again;
    }
    Ok(understood(&bytes))
}

/// So many times the same bytes: nobody is writing them.
const STILL: u32 = 5;

fn bytes_of(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    match File::open(path) {
        Ok(file) => drop(file.take(2 * STRIDE).read_to_end(&mut bytes)?),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(cause) => return Err(cause),
    }
    Ok(Some(bytes))
}

fn understood(bytes: &[u8]) -> Anchored {
    let slot = |at: usize| bytes.get(at..at + SLOT).and_then(parse);
    let newest = |a: Slot, b: Slot| if a.sequence > b.sequence { (a, b) } else { (b, a) };
    match (slot(0), slot(usize::try_from(STRIDE).expect("4096 fits"))) {
        (Some(a), Some(b)) => {
            let (last, before) = newest(a, b);
            Anchored::At(last, Some(before))
        }
        (Some(one), None) | (None, Some(one)) => Anchored::At(one, None),
        (None, None) => Anchored::Unreadable,
    }
}

/// The open anchor; only the log's writer holds one.
#[derive(Debug)]
pub struct Anchor {
    file: File,
    sequence: u64,
}

impl Anchor {
    /// Creates the file with this head in both slots; it appears whole or not at all.
    ///
    /// # Errors
    /// When it cannot be written or flushed.
    pub fn create(path: &Path, head: Head, sequence: u64) -> io::Result<Self> {
        let new = path.with_extension("new");
        let mut file = File::create(&new)?;
        let mut bytes = vec![b' '; usize::try_from(2 * STRIDE).expect("8192 fits")];
        for nth in 0..2u64 {
            let start = usize::try_from((sequence + nth) % 2 * STRIDE).expect("4096 fits");
            bytes[start..start + SLOT].copy_from_slice(&render(Slot { sequence: sequence + nth, head }));
        }
        file.write_all(&bytes)?;
        file.sync_all()?;
        drop(file);
        fs::rename(&new, path)?;
        flush_directory(path.parent().unwrap_or(Path::new(".")))?;
        Self::open(path, sequence + 1)
    }

    /// Opens an existing file to go on after `sequence`.
    ///
    /// # Errors
    /// When it cannot be opened for writing.
    pub fn open(path: &Path, sequence: u64) -> io::Result<Self> {
        let file = OpenOptions::new().write(true).open(path)?;
        Ok(Self { file, sequence })
    }

    /// Writes the next slot and flushes it. After an error nothing may be acknowledged any more.
    ///
    /// # Errors
    /// When the write or the flush fails.
    pub fn write(&mut self, head: Head) -> io::Result<()> {
        let next = Slot { sequence: self.sequence + 1, head };
        self.file.seek(SeekFrom::Start(next.sequence % 2 * STRIDE))?;
        self.file.write_all(&render(next))?;
        self.file.sync_data()?;
        self.sequence = next.sequence;
        Ok(())
    }
}

fn render(slot: Slot) -> [u8; SLOT] {
    let body =
        format!("{FIRST_LINE}\nsequence {}\nsize {}\nroot {}\n", slot.sequence, slot.head.size, hex::encode(slot.head.root));
    let text = format!("{body}sum {}\n", hex::encode(Sha256::digest(&body)));
    let mut bytes = [b' '; SLOT];
    bytes[..text.len()].copy_from_slice(text.as_bytes());
    bytes[SLOT - 1] = b'\n';
    bytes
}

/// Takes exactly what [`render`] writes, to the last space: any other byte spoils the slot.
fn parse(bytes: &[u8]) -> Option<Slot> {
    let mut lines = std::str::from_utf8(bytes).ok()?.lines().skip(1);
    let mut value = |name: &str| lines.next()?.strip_prefix(name)?.strip_prefix(' ');
    let sequence = value("sequence")?.parse().ok()?;
    let size = value("size")?.parse().ok()?;
    let root = hex::decode(value("root")?).ok()?.try_into().ok()?;
    let slot = Slot { sequence, head: Head { size, root } };
    (render(slot) == bytes).then_some(slot)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;
    use crate::scratch::Scratch;

    /// Whoever verifies a log in use reads the anchor while it is being written, and must not call it spoiled.
    #[test]
    fn an_anchor_in_use_is_whole_to_whoever_reads_it() {
        let dir = Scratch::new("anchor-live");
        let path = dir.join("anchor");
        let mut anchor = Anchor::create(&path, head(1), 1).unwrap();
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for size in 2..20_000 {
                    anchor.write(head(size)).unwrap();
                }
                done.store(true, Ordering::Release);
            });
            while !done.load(Ordering::Acquire) {
                let found = read(&path).unwrap();
                assert!(matches!(found, Anchored::At(_, Some(_))), "{found:?}");
            }
        });
    }

    fn head(size: u64) -> Head {
        Head { size, root: [size.to_le_bytes()[0]; 32] }
    }

    #[test]
    fn goes_on_where_it_was() {
        let dir = Scratch::new("anchor");
        let path = dir.join("anchor");
        assert_eq!(read(&path).unwrap(), Anchored::Missing);
        let mut anchor = Anchor::create(&path, head(0), 1).unwrap();
        for size in 1..5 {
            anchor.write(head(size)).unwrap();
            let Anchored::At(last, Some(before)) = read(&path).unwrap() else { panic!("both slots are whole") };
            assert_eq!((last.head, before.head), (head(size), head(size - 1)));
        }
        let Anchored::At(last, _) = read(&path).unwrap() else { panic!("whole") };
        Anchor::open(&path, last.sequence).unwrap().write(head(9)).unwrap();
        assert!(matches!(read(&path).unwrap(), Anchored::At(slot, _) if slot.head == head(9)));
    }

    /// Any byte of the newest slot changed: the slot before it is taken, never a wrong head.
    #[test]
    fn every_byte_counts() {
        let dir = Scratch::new("anchor-bytes");
        let path = dir.join("anchor");
        let mut anchor = Anchor::create(&path, head(7), 1).unwrap();
        anchor.write(head(8)).unwrap(); // sequence 3, slot 1
        let whole = fs::read(&path).unwrap();
        for at in 4096..4096 + SLOT {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            fs::write(&path, &bytes).unwrap();
            assert!(matches!(read(&path).unwrap(), Anchored::At(slot, None) if slot.head == head(7)), "byte {at}");
        }
        for length in [0, 1, 511, 4096 + 511] {
            fs::write(&path, &whole[..length]).unwrap();
            assert!(!matches!(read(&path).unwrap(), Anchored::At(slot, _) if slot.head != head(7)), "length {length}");
        }
    }
}
