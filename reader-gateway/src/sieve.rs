//! The sieve: thousands of reads in, a few observations out. Pure.
//!
//! A tag is one *identity* (EPC and TID together; the same EPC with another TID is another tag, for
//! that is what a copy looks like) at one *place*. Its first read goes out at once; further reads
//! are folded into the next observation, which goes out at most every `refresh_s` while the tag is
//! heard. Unheard for `gone_s` it is forgotten; what was folded since the last observation goes out
//! then if it is later than that by `gone_s`, so that "last heard" is never older than the truth by
//! more. Thirty seconds are the usual `gone_s`: between metal a tag is missed for ten now and then,
//! and each forgetting costs an event. Codes and badges are acts of a person: every scan goes out
//! but for the same text within 300 ms.
//!
//! Whatever goes in comes out or is counted. A clock that steps back makes every tag new: told
//! twice rather than not at all.

use std::collections::HashMap;

use tag_data::moment::Moment;
use tag_data::scan::{Carrier, Observation, Report};

use crate::limits::SIEVE_TAGS;

/// How one reader's reads are folded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Seconds between two observations of a tag that stays, at least.
    pub refresh_s: u32,
    /// Seconds unheard after which a tag is new again.
    pub gone_s: u32,
    /// Reads weaker than this, in dBm, are not counted as reads; absent: all are.
    pub min_rssi_dbm: Option<i16>,
    /// Reads within `gone_s` before a tag counts as there.
    pub min_reads: u32,
    /// Tags remembered at most.
    pub tags: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { refresh_s: 60, gone_s: 30, min_rssi_dbm: None, min_reads: 1, tags: SIEVE_TAGS }
    }
}

/// What became of the reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Reads that came in.
    pub reads: u64,
    /// Observations let out.
    pub let_out: u64,
    /// Reads that went out within observations.
    pub told: u64,
    /// Reads dropped for weakness.
    pub weak: u64,
    /// Reads of tags that never reached `min_reads`.
    pub too_few: u64,
    /// Repeats dropped: folded reads too close to the last observation to be worth another, and double scans.
    pub repeats: u64,
    /// Tags forgotten early because more were there than are remembered.
    pub evicted: u64,
}

/// Double scans of one trigger pull come within this.
const REPEAT_US: i64 = 300_000;

/// One reader's sieve.
#[derive(Debug)]
pub struct Sieve {
    reader: String,
    settings: Settings,
    /// Places by antenna; the reader's own place is at 0.
    places: Vec<String>,
    antennas: HashMap<u16, usize>,
    tags: HashMap<Box<[u8]>, usize>,
    slots: Vec<Slot>,
    free: Vec<usize>,
    /// Ends of the list of slots by time last heard.
    oldest: usize,
    newest: usize,
    key: Vec<u8>,
    counts: Counts,
}

const NONE: usize = usize::MAX;

#[derive(Debug)]
struct Slot {
    key: Box<[u8]>,
    place: usize,
    older: usize,
    newer: usize,
    last: Moment,
    /// When an observation last went out, and the `last` in it.
    told: Option<Moment>,
    fold: Option<Fold>,
}

/// Reads not yet let out.
#[derive(Debug)]
struct Fold {
    first: Report,
    last: Moment,
    best: Option<i16>,
    count: u32,
}

impl Sieve {
    /// A sieve for one reader that stands for `place`; `antennas` stand for places of their own.
    #[must_use]
    pub fn new(reader: &str, place: &str, antennas: &[(u16, String)], settings: Settings) -> Self {
        let mut places = vec![place.to_owned()];
        let mut by_antenna = HashMap::new();
        for (number, place) in antennas {
            let known = places.iter().position(|other| other == place);
            let index = known.unwrap_or_else(|| {
                places.push(place.clone());
                places.len() - 1
            });
            by_antenna.insert(*number, index);
        }
        Self {
            reader: reader.to_owned(),
            settings: Settings { min_reads: settings.min_reads.max(1), tags: settings.tags.max(1), ..settings },
            places,
            antennas: by_antenna,
            tags: HashMap::new(),
            slots: Vec::new(),
            free: Vec::new(),
            oldest: NONE,
            newest: NONE,
            key: Vec::new(),
            counts: Counts::default(),
        }
    }

    /// What became of the reads so far.
    #[must_use]
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    /// The place an antenna stands for.
    #[must_use]
    pub fn place(&self, antenna: Option<u16>) -> &str {
        &self.places[self.place_index(antenna)]
    }

    fn place_index(&self, antenna: Option<u16>) -> usize {
        antenna.and_then(|number| self.antennas.get(&number)).copied().unwrap_or(0)
    }

    /// Takes one report and lets out what is due because of it.
    pub fn hear(&mut self, report: Report, out: &mut Vec<Observation>) {
        let now = report.heard_at;
        let reads = report.count.unwrap_or(1).max(1);
        self.counts.reads += u64::from(reads);
        if let (Some(least), Some(rssi)) = (self.settings.min_rssi_dbm, report.rssi_dbm)
            && rssi < least
        {
            self.counts.weak += u64::from(reads);
            return;
        }
        let place = self.place_index(report.antenna);
        self.write_key(place, &report);
        let slot = match self.tags.get(self.key.as_slice()).copied() {
            Some(slot) if self.is_gone(slot, now) => {
                self.forget(slot, out);
                self.remember(place, now, out)
            }
            Some(slot) => slot,
            None => self.remember(place, now, out),
        };
        self.touch(slot, now);
        if report.kind == Carrier::Epc { self.read(slot, report, reads, out) } else { self.scan(slot, report, out) }
    }

    /// Forgets the tags unheard for long enough, and lets out what they still hold.
    pub fn tick(&mut self, now: Moment, out: &mut Vec<Observation>) {
        while self.oldest != NONE && self.is_gone(self.oldest, now) {
            self.forget(self.oldest, out);
        }
    }

    /// When `tick` has something to do.
    #[must_use]
    pub fn wake_at(&self) -> Option<Moment> {
        self.slots.get(self.oldest).map(|slot| slot.last.plus_seconds(i64::from(self.settings.gone_s)))
    }

    fn is_gone(&self, slot: usize, now: Moment) -> bool {
        let last = self.slots[slot].last;
        now < last || now.seconds_since(last) >= i64::from(self.settings.gone_s)
    }

    fn read(&mut self, slot: usize, report: Report, reads: u32, out: &mut Vec<Observation>) {
        let now = report.heard_at;
        let held = &mut self.slots[slot];
        match &mut held.fold {
            Some(fold) => {
                fold.last = now;
                fold.best = fold.best.max(report.rssi_dbm);
                fold.count = fold.count.saturating_add(reads);
            }
            None => held.fold = Some(Fold { last: now, best: report.rssi_dbm, count: reads, first: report }),
        }
        let due = match held.told {
            None => held.fold.as_ref().is_some_and(|fold| fold.count >= self.settings.min_reads),
            Some(told) => now.seconds_since(told) >= i64::from(self.settings.refresh_s),
        };
        if due {
            held.told = Some(now);
            self.let_out(slot, out);
        }
    }

    fn scan(&mut self, slot: usize, report: Report, out: &mut Vec<Observation>) {
        let now = report.heard_at;
        let held = &mut self.slots[slot];
        if held.told.is_some_and(|told| (0..REPEAT_US).contains(&(now.micros() - told.micros()))) {
            self.counts.repeats += 1;
            return;
        }
        held.told = Some(now);
        held.fold = Some(Fold { last: now, best: None, count: 1, first: report });
        self.let_out(slot, out);
    }

    fn let_out(&mut self, slot: usize, out: &mut Vec<Observation>) {
        let held = &mut self.slots[slot];
        let Some(Fold { first, last, best, count }) = held.fold.take() else { return };
        self.counts.let_out += 1;
        self.counts.told += u64::from(count);
        out.push(Observation {
            kind: first.kind,
            epc: first.epc,
            tid: first.tid,
            text: first.text,
            symbology: first.symbology,
            reader: self.reader.clone(),
            place: self.places[held.place].clone(),
            antenna: first.antenna,
            first: first.heard_at,
            last,
            best_rssi_dbm: best,
            count,
            reader_time: first.reader_time,
            raw: first.raw,
        });
    }

    fn write_key(&mut self, place: usize, report: &Report) {
        self.key.clear();
        self.key.extend_from_slice(&(place as u32).to_be_bytes());
        self.key.push(report.kind as u8);
        for part in [&report.epc, &report.tid, &report.text] {
            let part = part.as_deref().unwrap_or_default();
            self.key.extend_from_slice(&(part.len() as u32).to_be_bytes());
            self.key.extend_from_slice(part.as_bytes());
        }
    }

    /// A slot for the tag whose key was just written; the tag longest unheard makes room.
    fn remember(&mut self, place: usize, now: Moment, out: &mut Vec<Observation>) -> usize {
        if self.tags.len() >= self.settings.tags {
            self.counts.evicted += 1;
            self.forget(self.oldest, out);
        }
        let key: Box<[u8]> = self.key.as_slice().into();
        let slot = Slot { key: key.clone(), place, older: NONE, newer: NONE, last: now, told: None, fold: None };
        let index = match self.free.pop() {
            Some(index) => {
                self.slots[index] = slot;
                index
            }
            None => {
                self.slots.push(slot);
                self.slots.len() - 1
            }
        };
        self.tags.insert(key, index);
        self.link_newest(index);
        index
    }

    fn forget(&mut self, slot: usize, out: &mut Vec<Observation>) {
        let held = &self.slots[slot];
        if let Some(fold) = &held.fold {
            let worth = held.told.is_some_and(|told| fold.last.seconds_since(told) >= i64::from(self.settings.gone_s));
            match held.told {
                None => self.counts.too_few += u64::from(fold.count),
                Some(_) if worth => self.let_out(slot, out),
                Some(_) => self.counts.repeats += u64::from(fold.count),
            }
        }
        self.unlink(slot);
        let key = std::mem::take(&mut self.slots[slot].key);
        self.slots[slot].fold = None;
        self.tags.remove(&key);
        self.free.push(slot);
    }

    fn touch(&mut self, slot: usize, now: Moment) {
        self.slots[slot].last = now;
        if self.newest != slot {
            self.unlink(slot);
            self.link_newest(slot);
        }
    }

    fn unlink(&mut self, slot: usize) {
        let (older, newer) = (self.slots[slot].older, self.slots[slot].newer);
        match older {
            NONE => self.oldest = newer,
            older => self.slots[older].newer = newer,
        }
        match newer {
            NONE => self.newest = older,
            newer => self.slots[newer].older = older,
        }
    }

    fn link_newest(&mut self, slot: usize) {
        (self.slots[slot].older, self.slots[slot].newer) = (self.newest, NONE);
        match self.newest {
            NONE => self.oldest = slot,
            newest => self.slots[newest].newer = slot,
        }
        self.newest = slot;
    }
}
