//! Power cuts: a piece of work is recorded, then every disk that a cut could have left is judged.
//!
//! `MUSTER_POWER_IMAGES`: how many images in all (the gate's share is a sample); `MUSTER_POWER_SEED`: another
//! piece of work; `MUSTER_POWER_WORKERS`: how many images at a time.

use std::path::Path;

use crate::images::{Cut, Recording};
use crate::judge::judge;
use crate::rig::{self, Recorder};
use crate::setting;
use crate::work::{Order, Told, Work, told};

/// One recorded piece of work.
struct Session {
    work: Work,
    seed: u64,
    recording: Recording,
    told: Vec<Told>,
}

impl Session {
    /// Does the work on a disk, after what was told of it before.
    fn record(work: Work, base: Vec<u8>, seed: u64, before: Vec<Told>) -> Result<Self, String> {
        let recorder = Recorder::start(&base)?;
        let order = Order { dir: recorder.disk(), told: recorder.beside("told"), seed, steps: 6 };
        let status = work.child(&order, Some(&recorder.log())).status().map_err(|cause| cause.to_string())?;
        let heard = told(&order.told);
        if !status.success() || heard.is_empty() {
            return Err(format!("the work ended with {status}: {:?}", heard.last()));
        }
        let log = recorder.finish()?;
        Ok(Self { work, seed, recording: Recording { base, log }, told: before.into_iter().chain(heard).collect() })
    }

    fn due(&self, cut: Cut) -> Vec<&str> {
        self.told.iter().filter(|told| told.entries <= cut.upto()).map(|told| told.what.as_str()).collect()
    }

    /// Judges so many images; how many were judged and how many did not pass.
    fn judge(&self, most: u64) -> (u64, u64) {
        let cuts = self.recording.cuts(8, most as usize, self.seed);
        let workers = setting("MUSTER_POWER_WORKERS", 2).max(1) as usize;
        let one = |dir: &Path, cut: Cut| judge(self.work, dir, self.seed, &self.due(cut));
        let failed = self.recording.judge(&cuts, workers, if self.work == Work::Normal { "lost" } else { "FAIL" }, &one);
        let (name, entries) = (self.work.name(), self.recording.log.entries.len());
        println!(
            "{name}, seed {}: {entries} entries, {} told, {} images, {failed} failed",
            self.seed,
            self.told.len(),
            cuts.len()
        );
        (cuts.len() as u64, failed)
    }
}

/// Whether to go on; where it cannot be done, says so.
pub fn possible() -> bool {
    let why = rig::cannot();
    if let Some(why) = &why {
        println!("\nSKIPPED: power cuts: {why}");
    }
    why.is_none()
}

/// Judges so many images of this work, over as many recordings as that takes: every second one begins with a
/// disk as a cut in the one before left it, so that the power also fails while a program recovers.
fn examine(work: Work, images: u64) {
    let (mut seed, mut total, mut failed) = (setting("MUSTER_POWER_SEED", 1), 0, 0);
    let mut again: Option<Session> = None;
    while total < images {
        let share = if images < 1000 { (images - total).min(images.div_ceil(2)) } else { images - total };
        let session = match again.take() {
            None => Session::record(work, rig::empty_disk().unwrap(), seed, Vec::new()),
            Some(before) => {
                let cut = Cut::After(before.recording.log.entries.len() * (1 + seed as usize % 7) / 8);
                let due = before.told.iter().filter(|told| told.entries <= cut.upto());
                let due = due.map(|told| Told { entries: 0, what: told.what.clone() }).collect();
                Session::record(work, before.recording.disk_after(cut.upto()), before.seed, due)
            }
        };
        let session = session.unwrap_or_else(|what| panic!("the rig: {what}"));
        let (judged, bad) = session.judge(share);
        (total, failed) = (total + judged, failed + bad);
        again = if session.told.first().is_some_and(|told| told.entries > 0) { Some(session) } else { None };
        seed += 1;
    }
    println!("\nevidence: power-images {total} {failed}");
    assert_eq!(failed, 0, "{failed} of {total} images do not hold what was acknowledged");
}

#[test]
fn the_rig_sees_what_is_not_flushed() {
    if !possible() {
        return;
    }
    let images = setting("MUSTER_POWER_IMAGES", 240) / 4;
    let lost = |work| Session::record(work, rig::empty_disk().unwrap(), 1, Vec::new()).unwrap().judge(images);
    let ((normal, seen), (full, wrong)) = (lost(Work::Normal), lost(Work::Full));
    println!("\nevidence: power-self-test {} {}", normal + full, wrong + u64::from(seen == 0));
    assert!(seen > 0, "synchronous=NORMAL lost nothing in {normal} images: this rig sees nothing");
    assert_eq!(wrong, 0, "synchronous=FULL lost rows in {wrong} of {full} images: this rig sees ghosts");
}

#[test]
fn the_log_keeps_what_it_acknowledged() {
    if possible() {
        examine(Work::Log, setting("MUSTER_POWER_IMAGES", 240) / 2);
    }
}

#[test]
fn the_outbox_keeps_what_it_acknowledged() {
    if possible() {
        examine(Work::Outbox, setting("MUSTER_POWER_IMAGES", 240) / 4);
    }
}
