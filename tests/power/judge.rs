//! The judge: what was acknowledged is there, exactly once; nothing is there that was never written; and
//! whatever the moment, the program goes on.
//!
//! `due` is what had been told by the time the power failed. The judge opens the files as the programs do.

use std::fs;
use std::path::Path;

use event_log::anchor::{self, Anchored};
use event_log::verify::{VerifyOptions, verify};
use event_log::{EventLog, Expected, Health};
use reader_gateway::identity::Identity;
use reader_gateway::outbox::Outbox;
use rusqlite::Connection;
use tag_data::moment::Moment;

use crate::work::{STREAMS, Work, event, item, options, secret, stream};

/// What is wrong with what is on the disk, if anything is.
pub fn judge(work: Work, dir: &Path, seed: u64, due: &[&str]) -> Result<(), String> {
    match work {
        Work::Normal | Work::Full => plain(dir, due),
        Work::Log => log(dir, seed, due),
        Work::Outbox => outbox(dir, seed, due),
    }
}

/// The numbers after a word, of every line that begins with it.
fn numbers<'a>(due: &'a [&str], word: &str) -> impl Iterator<Item = Vec<&'a str>> {
    let word = format!("{word} ");
    due.iter().filter_map(move |line| line.strip_prefix(word.as_str())).map(|rest| rest.split(' ').collect())
}

fn number(text: &str) -> u64 {
    text.parse().expect("our own child writes numbers")
}

fn plain(dir: &Path, due: &[&str]) -> Result<(), String> {
    let rows = numbers(due, "row").count() as u64;
    if rows == 0 {
        return Ok(());
    }
    let count = || -> rusqlite::Result<(String, u64)> {
        let file = Connection::open(dir.join("plain.sqlite"))?;
        let whole = file.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
        Ok((whole, file.query_row("SELECT count(*) FROM row", [], |row| row.get::<_, i64>(0))?.unsigned_abs()))
    };
    let (whole, found) = count().map_err(|cause| cause.to_string())?;
    if whole != "ok" {
        return Err(format!("SQLite says {whole}"));
    }
    if found < rows { Err(format!("{rows} rows were acknowledged and {found} are there")) } else { Ok(()) }
}

fn agrees(dir: &Path, when: &str) -> Result<(), String> {
    let report = verify(&dir.join("data"), &VerifyOptions::default());
    if report.exit_code() == 0 { Ok(()) } else { Err(format!("verify, {when}: {}", report.text())) }
}

fn log(dir: &Path, seed: u64, due: &[&str]) -> Result<(), String> {
    let answered: Vec<Vec<&str>> = numbers(due, "event").collect();
    let end = answered.iter().map(|words| number(words[2])).max().unwrap_or(0);
    if due.contains(&"opened") {
        match anchor::read(&dir.join("data").join("anchor")).map_err(|cause| cause.to_string())? {
            Anchored::At(slot, _) if slot.head.size >= end => {}
            other => return Err(format!("{end} events were acknowledged and the anchor says {other:?}")),
        }
        agrees(dir, "before it was opened")?;
    }
    let (log, opened) = EventLog::open(options(dir)).map_err(|cause| format!("not opened: {cause}: {cause:?}"))?;
    if let Health::ReadOnly { reason } = opened.health {
        return Err(format!("opened read-only: {reason}"));
    }
    let mut events = 0;
    for nth in 0..STREAMS {
        let found = log.read_stream(&stream(nth), 0, usize::MAX >> 1).map_err(|cause| cause.to_string())?;
        for (revision, found) in (0..).zip(&found) {
            let written = event(seed, nth, revision);
            let same = found.revision == revision && found.id == written.id && found.data == written.data;
            if !same || found.type_name != written.type_name || found.meta != written.meta {
                return Err(format!("revision {revision} of stream {nth} is not what was written"));
            }
        }
        let told = answered.iter().filter(|words| number(words[0]) == nth as u64);
        for words in told {
            let (revision, position, leaf) = (number(words[1]), number(words[2]), words[3]);
            match found.get(revision as usize) {
                Some(event) if event.position == position && hex::encode(event.leaf) == leaf => {}
                Some(_) => return Err(format!("the acknowledged event at position {position} is another")),
                None => return Err(format!("the acknowledged event at position {position} is lost")),
            }
        }
        events += found.len() as u64;
    }
    if events != log.head().size {
        return Err(format!("{events} events were written and {} are there", log.head().size));
    }
    let last = log.last_revision(&stream(0)).map_err(|cause| cause.to_string())?;
    let (next, expected) = last.map_or((0, Expected::NoStream), |last| (last + 1, Expected::Revision(last)));
    let more = log.append_blocking(&stream(0), expected, vec![event(seed, 0, next)]).map_err(|cause| cause.to_string())?;
    if more.last_position != events + 1 {
        return Err(format!("the next event went to position {}", more.last_position));
    }
    drop(log);
    agrees(dir, "after it went on")
}

fn outbox(dir: &Path, seed: u64, due: &[&str]) -> Result<(), String> {
    let data = dir.join("data");
    fs::create_dir_all(&data).map_err(|cause| cause.to_string())?;
    let identity = Identity::open(&data.join("gateway.key"), || secret(seed)).map_err(|cause| format!("the key: {cause}"))?;
    if numbers(due, "key").any(|words| words[0] != identity.id()) {
        return Err(format!("the key is another: {}", identity.id()));
    }
    let safe = numbers(due, "put").map(|words| number(words[0])).max().unwrap_or(0);
    let mut outbox = Outbox::open(&data.join("outbox.db"), "after", 100_000).map_err(|cause| format!("{cause:?}"))?;
    let next = outbox.next();
    if next < safe {
        return Err(format!("{safe} items were acknowledged and {next} are there"));
    }
    if outbox.acknowledged() > next || outbox.lost() > 0 {
        return Err(format!("acknowledged {} of {next}, lost {}", outbox.acknowledged(), outbox.lost()));
    }
    outbox.head().map_err(|cause| cause.to_string())?;
    outbox.put(&[item(seed, next)], 0, Moment::from_micros(0)).map_err(|cause| format!("it does not go on: {cause:?}"))?;
    let mut at = 0;
    while at < next + 1 {
        let waiting = outbox.batch(at, usize::MAX).map_err(|cause| cause.to_string())?;
        if waiting.items.is_empty() {
            return Err(format!("item {at} is lost"));
        }
        for found in &waiting.items {
            let written = serde_json::to_string(&item(seed, at)).expect("an item becomes JSON");
            if found.get() != written {
                return Err(format!("item {at} is not what was put"));
            }
            at += 1;
        }
    }
    if at == next + 1 { Ok(()) } else { Err(format!("{at} items where {} were put", next + 1)) }
}
