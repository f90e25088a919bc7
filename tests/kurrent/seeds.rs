//! Faults by chance, from seeds: whatever happens to the server and the line, nothing is lost, nothing doubled.
//!
//! Each seed writes to a few streams, one after another and many at once, while a quarter of all calls goes
//! wrong, the log is closed and opened, the server stopped and started. Who gets no answer asks again with
//! the same ids, as the desk does. In the end: every event that was ever acknowledged stands in the log at the
//! position that was answered, once; the server holds each event once, in the log's order; and an empty folder
//! gives the same head. `KURRENT_SEEDS` says how many, `KURRENT_SEED` plays one alone.

use std::collections::BTreeMap;
use std::time::Duration;

use event_log::error::AppendError;
use event_log::{Appended, EventLog, Expected};

use crate::faults::Script;
use crate::log::{Folder, event, options, stream};
use crate::server::StandIn;

/// Seeds played at once: most of the time is waiting.
const AT_ONCE: u64 = 12;
/// Of a thousand calls so many go wrong.
const PER_MILLE: u64 = 250;

struct Dice(u64);

impl Dice {
    fn below(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }
}

struct Play {
    server: StandIn,
    folder: Folder,
    log: Option<EventLog>,
    next: u64,
    lasts: [Option<u64>; 4],
    acknowledged: BTreeMap<u64, u64>,
    asked_again: u64,
    /// Milliseconds until the log says that it does not know; short for every second seed.
    outcome: u64,
}

/// One seed from beginning to end; answers how often it had to ask again.
fn play(seed: u64) -> Result<u64, String> {
    let mut dice = Dice(seed.wrapping_mul(0x2545_f491_4f6c_dd1d) | 1);
    let (server, folder) = (StandIn::new(), Folder::new());
    server.held().script = Script::random(seed, PER_MILLE);
    let outcome = if seed.is_multiple_of(2) { 2000 } else { 150 };
    let mut play =
        Play { server, folder, log: None, next: 1, lasts: [None; 4], acknowledged: BTreeMap::new(), asked_again: 0, outcome };
    play.open()?;
    for _ in 0..6 + dice.below(8) {
        match dice.below(12) {
            0 => play.open()?,
            1 => {
                play.server.stop();
                play.server.start();
            }
            2 | 3 => play.burst(&mut dice)?,
            _ => {
                let stream = dice.below(4) as usize;
                let events = 1 + dice.below(4);
                play.append(stream, events)?;
            }
        }
    }
    play.judge()?;
    Ok(play.asked_again)
}

impl Play {
    /// Opens the log, or closes it first; asks until the server lets it.
    fn open(&mut self) -> Result<(), String> {
        self.log = None;
        let mut last = String::new();
        for _ in 0..200 {
            let mut options = options(&self.server.url(), &self.folder);
            options.patience.call = Duration::from_millis(120);
            options.patience.outcome = Duration::from_millis(self.outcome);
            match EventLog::open_on_server(options) {
                Ok((log, opened)) if opened.health == event_log::Health::Writable => {
                    self.log = Some(log);
                    return Ok(());
                }
                Ok((_, opened)) => return Err(format!("opened read-only: {:?}", opened.health)),
                Err(error) => last = error.to_string(),
            }
        }
        Err(format!("cannot be opened: {last}"))
    }

    fn take(&mut self, events: u64) -> std::ops::Range<u64> {
        let first = self.next;
        self.next += events;
        first..self.next
    }

    fn append(&mut self, nth: usize, events: u64) -> Result<(), String> {
        let range = self.take(events);
        let log = self.log.as_ref().ok_or("closed")?;
        let (appended, again) = insist(log, nth, self.lasts[nth], range.clone())?;
        self.acknowledge(nth, range, &appended, again);
        Ok(())
    }

    /// All streams at once.
    fn burst(&mut self, dice: &mut Dice) -> Result<(), String> {
        let jobs: Vec<_> = (0..4).map(|nth| (nth, self.take(1 + dice.below(3)))).collect();
        let log = self.log.as_ref().ok_or("closed")?;
        let lasts = self.lasts;
        let answers: Vec<_> = std::thread::scope(|scope| {
            let insist = |(nth, range): &(usize, std::ops::Range<u64>)| {
                let (nth, range) = (*nth, range.clone());
                scope.spawn(move || insist(log, nth, lasts[nth], range))
            };
            let threads: Vec<_> = jobs.iter().map(insist).collect();
            threads.into_iter().map(|thread| thread.join().map_err(|_| "a writer gave up".to_owned())).collect()
        });
        for ((nth, range), answer) in jobs.into_iter().zip(answers) {
            let (appended, again) = answer??;
            self.acknowledge(nth, range, &appended, again);
        }
        Ok(())
    }

    fn acknowledge(&mut self, nth: usize, range: std::ops::Range<u64>, appended: &Appended, again: u64) {
        self.lasts[nth] = Some(appended.last_revision);
        self.asked_again += again;
        self.acknowledged.extend((appended.first_position..).zip(range));
    }

    /// Nothing lost, nothing doubled, and the same from nothing.
    fn judge(&mut self) -> Result<(), String> {
        self.server.held().script = Script::default();
        self.server.held().store.settle();
        self.append(0, 1)?;
        let log = self.log.as_ref().ok_or("closed")?;
        let events = log.read(1, usize::MAX >> 1).map_err(|error| error.to_string())?;
        let ours: Vec<u128> = events.iter().map(|event| event.id.as_u128()).collect();
        let answered: Vec<u128> = self.acknowledged.values().map(|nth| event(*nth).id.as_u128()).collect();
        if ours != answered {
            return Err(format!("{} events were acknowledged, the log holds {}, or others", answered.len(), ours.len()));
        }
        let theirs: Vec<u128> = {
            let held = self.server.held();
            let in_log = held.store.events.iter().filter(|held| held.stream.starts_with("muster:hq:"));
            in_log.map(|held| held.proposed.id).collect()
        };
        if ours != theirs {
            return Err(format!("the server holds {} events, the log {}, or in another order", theirs.len(), ours.len()));
        }
        let head = log.head();
        let mut compared = Ok(None);
        for _ in 0..50 {
            compared = log.verify_all(&mut |_, _| std::ops::ControlFlow::Continue(()));
            if compared.is_ok() {
                break;
            }
        }
        if !matches!(compared, Ok(None)) {
            return Err(format!("server and mirror: {compared:?}"));
        }
        self.log = None;
        self.folder = Folder::new();
        self.open()?;
        let again = self.log.as_ref().ok_or("closed")?.head();
        if again == head { Ok(()) } else { Err(format!("from nothing it is {again:?} instead of {head:?}")) }
    }
}

/// Asks with the same ids until there is an answer.
fn insist(log: &EventLog, nth: usize, last: Option<u64>, range: std::ops::Range<u64>) -> Result<(Appended, u64), String> {
    let expected = last.map_or(Expected::NoStream, Expected::Revision);
    for again in 0..500 {
        let events = range.clone().map(event).collect();
        match log.append_blocking(&stream(&format!("weapon-{nth}")), expected, events) {
            Ok(appended) => return Ok((appended, again)),
            Err(AppendError::Unanswered { .. } | AppendError::Storage(_) | AppendError::Busy { .. }) => {}
            Err(other) => return Err(format!("events {range:?} of stream {nth}: {other}")),
        }
    }
    Err(format!("events {range:?} of stream {nth} are never taken"))
}

#[test]
fn nothing_is_lost_and_nothing_doubled() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let (first, count) = number("KURRENT_SEED").map_or((1, number("KURRENT_SEEDS").unwrap_or(40)), |seed| (seed, 1));
    let next = std::sync::atomic::AtomicU64::new(first);
    let work = || {
        let (mut failed, mut again) = (Vec::new(), 0);
        loop {
            let seed = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            if seed >= first + count {
                return (failed, again);
            }
            match play(seed) {
                Ok(times) => again += times,
                Err(seen) => failed.push(format!("seed {seed}: {seen}")),
            }
        }
    };
    let done: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..AT_ONCE.min(count)).map(|_| scope.spawn(work)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let again: u64 = done.iter().map(|(_, again)| again).sum();
    let failed: Vec<String> = done.into_iter().flat_map(|(failed, _)| failed).collect();
    println!("{count} seeds, {again} appends were asked again");
    println!("evidence: kurrent-faults {count} {}", failed.len());
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
