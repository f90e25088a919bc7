//! What the proof costs: the leaf and the tree in every append, the anchor's flush, and a proof made.

use std::path::Path;
use std::time::Instant;

use sha2::{Digest as _, Sha256};

use super::{BenchError, Figure, Sources, bare_flushes, event, filled, name, quantile};
use crate::anchor::Anchor;
use crate::event::{Expected, Head, Recorded};
use crate::tree::{self, Tree};
use crate::{EventLog, leaf};

/// Events whose leaves are timed.
const EVENTS: u64 = 20_000;

/// Leaf and tree as a share of one durable append, against hashing the same bytes once; the anchor's write
/// and flush, against one bare flush; and making an inclusion proof over a log of `events`, against checking it.
///
/// # Errors
/// [`BenchError`].
pub fn proof(dir: &Path, sources: Sources, appends: u64, events: u64) -> Result<Vec<Figure>, BenchError> {
    let log = filled(&dir.join("log"), sources, events)?;
    let stream = name("proof");
    let mut whole = Vec::new();
    for nth in 0..appends {
        let expected = nth.checked_sub(1).map_or(Expected::NoStream, Expected::Revision);
        let start = Instant::now();
        log.append_blocking(&stream, expected, vec![event(events + nth)])?;
        whole.push(start.elapsed());
    }
    let (append, (proof, hashing)) = (quantile(&mut whole, 0.50), leaf_and_tree());
    let share = |micros: f64| 100.0 * micros / append;
    let words = "hashing meta, data and one leaf's length once, as a share of the same append";
    let mut figures = vec![Figure::new("proof.share", share(proof), "%", words, share(hashing))];
    figures.push(anchor(dir, log.head(), appends)?);
    figures.push(inclusion(&log)?);
    Ok(figures)
}

/// Microseconds an event: leaf and its place in the tree; and the hashing alone.
fn leaf_and_tree() -> (f64, f64) {
    let stream = name("bench");
    let one = |nth| crate::ledger::record(&stream, event(nth), nth + 1, nth, 0, [7; 16]);
    let recorded: Vec<Recorded> = (0..EVENTS).map(one).collect();
    let (mut tree, start) = (Tree::default(), Instant::now());
    for event in &recorded {
        tree.push(leaf::of(event));
    }
    let proof = start.elapsed().as_secs_f64() * 1e6 / EVENTS as f64;
    std::hint::black_box(tree.root());
    let start = Instant::now();
    for event in &recorded {
        std::hint::black_box((Sha256::digest(&event.meta), Sha256::digest(&event.data), Sha256::digest([7; 200])));
    }
    (proof, start.elapsed().as_secs_f64() * 1e6 / EVENTS as f64)
}

fn anchor(dir: &Path, head: Head, writes: u64) -> Result<Figure, BenchError> {
    let mut anchor = Anchor::create(&dir.join("anchor-alone"), head, 0)?;
    let mut taken = Vec::new();
    for _ in 0..writes {
        let start = Instant::now();
        anchor.write(head)?;
        taken.push(start.elapsed());
    }
    let mut bare = bare_flushes(dir, writes)?;
    let limit = "one bare 4 KiB append with fdatasync, p50";
    Ok(Figure::new("proof.anchor", quantile(&mut taken, 0.50), "us", limit, quantile(&mut bare, 0.50)))
}

fn inclusion(log: &EventLog) -> Result<Figure, BenchError> {
    let (head, mut made, mut checked) = (log.head(), Vec::new(), Vec::new());
    for nth in 0..500 {
        let position = 1 + nth * 7919 % head.size;
        let start = Instant::now();
        let proof = log.inclusion_proof(position, head.size)?.unwrap_or_default();
        made.push(start.elapsed());
        let Some(recorded) = log.event(position)? else { continue };
        let start = Instant::now();
        std::hint::black_box(tree::verify_inclusion(&recorded.leaf, position - 1, head.size, &proof, &head.root));
        checked.push(start.elapsed());
    }
    let limit = format!("checking it, p50 ({} events in the log)", head.size);
    Ok(Figure::new("proof.inclusion", quantile(&mut made, 0.50), "us", &limit, quantile(&mut checked, 0.50)))
}
