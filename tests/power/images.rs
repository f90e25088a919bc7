//! The images: what the disk may hold when the power fails, one after another mounted and judged.
//!
//! A cut at an entry of the write log: everything before it, nothing after. Between two flushes a disk
//! may also write in any order and leave any of it out, and tear what it was writing at a sector:
//! such images are drawn from a seed. A flush is believed, and the first block of the file system (its
//! superblock, written at a mount) is written whole: torn it would be the repair program's matter, not ours.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use crate::rig::{DISK, Loop, Mount, Place};
use crate::writelog::{SECTOR, WriteLog};

/// A small generator of numbers that repeats from its seed.
#[derive(Clone, Copy, Debug)]
pub struct Dice(pub u64);

impl Dice {
    /// The next number.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
}

/// Where the power fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// After so many entries.
    After(usize),
    /// After `all` entries and some of those up to `upto`, drawn from the seed; no flush lies between.
    Within { all: usize, upto: usize, seed: u64 },
}

impl Cut {
    /// Entries that are wholly there.
    fn whole(self) -> usize {
        match self {
            Self::After(all) | Self::Within { all, .. } => all,
        }
    }

    /// Entries that had been written when the power failed: what was acknowledged by then must be there.
    pub fn upto(self) -> usize {
        match self {
            Self::After(upto) | Self::Within { upto, .. } => upto,
        }
    }
}

/// What was recorded: a disk, and what happened to it.
pub struct Recording {
    /// The disk before.
    pub base: Vec<u8>,
    /// What was written to it.
    pub log: WriteLog,
}

impl Recording {
    /// Every cut, and between two flushes `subsets` drawn ones; at most `most` of them, evenly spread.
    pub fn cuts(&self, subsets: u64, most: usize, seed: u64) -> Vec<Cut> {
        let (mut cuts, mut dice, entries) = (vec![Cut::After(0)], Dice(seed), &self.log.entries);
        let mut start = 0;
        for at in 0..entries.len() {
            cuts.push(Cut::After(at + 1));
            let ends = entries[at].flush || at + 1 == entries.len();
            if ends && at > start {
                for _ in 0..subsets {
                    let upto = start + 1 + dice.below(at - start);
                    cuts.push(Cut::Within { all: start, upto, seed: dice.next() });
                }
            }
            if entries[at].flush {
                start = at + 1;
            }
        }
        if cuts.len() > most {
            let all = cuts.len();
            cuts = (0..most).map(|nth| cuts[(nth * all + dice.below(all)) / most]).collect();
        }
        cuts.sort_by_key(|cut| cut.whole());
        cuts
    }

    /// The whole disk after so many entries.
    pub fn disk_after(&self, entries: usize) -> Vec<u8> {
        let mut disk = self.base.clone();
        self.advance(&mut disk, 0, entries);
        disk
    }

    fn advance(&self, disk: &mut [u8], from: usize, to: usize) {
        for entry in &self.log.entries[from..to] {
            disk[entry.at..entry.at + entry.data.1].copy_from_slice(self.log.data(entry));
        }
    }

    /// What got to the disk of the entries after the last flush, in the order it got there.
    fn scattered(&self, all: usize, upto: usize, seed: u64) -> Vec<(usize, &[u8])> {
        let (mut dice, mut written) = (Dice(seed), Vec::new());
        let mut entries: Vec<_> = self.log.entries[all..upto].iter().filter(|entry| entry.data.1 > 0).collect();
        for at in (1..entries.len()).rev() {
            entries.swap(at, dice.below(at + 1));
        }
        for entry in entries {
            let torn = dice.below(4) == 0 && entry.at >= 4096;
            if !entry.through && dice.below(2) == 0 {
                continue;
            }
            let sectors = self.log.data(entry).chunks(SECTOR).enumerate();
            let kept = sectors.filter(|_| entry.through || !torn || dice.below(2) == 0);
            written.extend(kept.map(|(nth, sector)| (entry.at + nth * SECTOR, sector)));
        }
        written
    }

    /// Makes each image, mounts it and judges what is on it; how many did not pass, the first of them told after a word.
    pub fn judge(
        &self,
        cuts: &[Cut],
        workers: usize,
        word: &str,
        judge: &(dyn Fn(&Path, Cut) -> Result<(), String> + Sync),
    ) -> u64 {
        let failed = AtomicU64::new(0);
        thread::scope(|scope| {
            for worker in 0..workers {
                let failed = &failed;
                scope.spawn(move || {
                    let mine = cuts.iter().copied().skip(worker).step_by(workers);
                    let mut bench = Bench::new(self).expect("the images have a place");
                    for cut in mine {
                        if let Err(what) = bench.with(cut, judge)
                            && failed.fetch_add(1, Ordering::Relaxed) < 5
                        {
                            println!("{word}: power cut {cut:?}: {what}");
                        }
                    }
                });
            }
        });
        failed.into_inner()
    }
}

/// One worker's image and where it is mounted.
struct Bench<'a> {
    recording: &'a Recording,
    disk: Vec<u8>,
    entries: usize,
    image: File,
    device: Loop,
    place: Place,
}

impl<'a> Bench<'a> {
    fn new(recording: &'a Recording) -> Result<Self, String> {
        let place = Place::new("image");
        let image = File::options().read(true).write(true).create_new(true).open(place.at("image"));
        let image = image.map_err(|cause| cause.to_string())?;
        image.set_len(DISK as u64).map_err(|cause| cause.to_string())?;
        let device = Loop::over(&place.at("image"))?;
        Ok(Self { recording, disk: recording.base.clone(), entries: 0, image, device, place })
    }

    fn with(&mut self, cut: Cut, judge: &dyn Fn(&Path, Cut) -> Result<(), String>) -> Result<(), String> {
        if cut.whole() < self.entries {
            (self.disk, self.entries) = (self.recording.base.clone(), 0);
        }
        self.recording.advance(&mut self.disk, self.entries, cut.whole());
        self.entries = cut.whole();
        self.image.write_all_at(&self.disk, 0).map_err(|cause| cause.to_string())?;
        if let Cut::Within { all, upto, seed } = cut {
            for (at, sector) in self.recording.scattered(all, upto, seed) {
                self.image.write_all_at(sector, at as u64).map_err(|cause| cause.to_string())?;
            }
        }
        let mounted = Mount::ext4(&self.device, &self.place.at("disk"))?;
        let verdict = judge(&self.place.at("disk"), cut);
        mounted.unmount()?;
        verdict
    }
}
