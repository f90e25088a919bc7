//! Stories of faults as data: every file in `stories/` is played against a stand-in, line by line.
//!
//! ```text
//! fault LINE                                     see faults.rs
//! patience N                                     milliseconds for one call, and ten times that for an outcome
//! append STREAM none|at N EVENT... -> WHAT       P, P..Q, wrong none|N, unanswered, refused, read-only
//! log EVENT...                                   the log's order; and the server holds each of them once
//! close, open [take-over] -> SIZE|held|away      the log; `copy` opens a copy of its folder, as after a crash
//! rebuild                                        an empty folder gives the same head
//! compare -> agrees | WORDS                      the server against the mirror, from the beginning
//! read-only WORDS, live, away                    what the log says of itself, in the end
//! server stop|start|second, scavenge STREAM N, change STREAM N, tombstone STREAM, put-back N, stranger STREAM, heal, over
//! ```
//! A line that begins with `b:` speaks of a second log, in another folder, on the same server.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use event_log::error::AppendError;
use event_log::event::Following;
use event_log::{EventLog, Expected, Health, OpenError};

use crate::faults::Script;
use crate::log::{Folder, event, options, stream};
use crate::server::StandIn;
use crate::store::{Append, Proposed};

/// The end of every wait.
const END: Duration = Duration::from_secs(90);

struct World {
    server: StandIn,
    second: Option<StandIn>,
    logs: BTreeMap<char, (Folder, Option<EventLog>)>,
    patience: Option<u64>,
}

#[test]
fn every_story() {
    let folder = muster_tests::root().join("tests/kurrent/stories");
    let mut names: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    assert!(names.len() >= 20, "only {} stories", names.len());
    for path in names {
        let text = std::fs::read_to_string(&path).unwrap();
        let mut world = World { server: StandIn::new(), second: None, logs: BTreeMap::new(), patience: None };
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
            if let Err(seen) = world.play(line) {
                panic!("{}:{}: {line}\n  but: {seen}", path.display(), number + 1);
            }
        }
        println!("{}", path.file_stem().unwrap().to_string_lossy());
    }
}

fn same(seen: &str, wanted: &str) -> Result<(), String> {
    if seen == wanted { Ok(()) } else { Err(seen.to_owned()) }
}

/// Where a number is wanted, "not known yet" is asked again: on a slow machine patience may be too short.
fn insist(wanted: &str, mut ask: impl FnMut() -> String) -> Result<(), String> {
    let began = Instant::now();
    loop {
        let seen = ask();
        let unknown = ["away", "unanswered", "refused"].contains(&seen.as_str());
        if !(unknown && wanted.starts_with(|c: char| c.is_ascii_digit()) && began.elapsed() < END) {
            return same(&seen, wanted);
        }
    }
}

impl World {
    fn play(&mut self, line: &str) -> Result<(), String> {
        let (who, line) = line.strip_prefix("b:").map_or(('a', line), |line| ('b', line.trim_start()));
        let (doing, wanted) = line.split_once("->").map_or((line, ""), |(doing, wanted)| (doing, wanted.trim()));
        let words: Vec<&str> = doing.split_whitespace().collect();
        match words.as_slice() {
            ["fault", ..] => self.server.held().script.line(doing.trim_start_matches("fault").trim()),
            ["patience", millis] => {
                self.patience = Some(millis.parse().unwrap());
                Ok(())
            }
            ["append", name, "none", events @ ..] => insist(wanted, || self.append(who, name, Expected::NoStream, events)),
            ["append", name, "at", at, events @ ..] => {
                insist(wanted, || self.append(who, name, Expected::Revision(at.parse().unwrap()), events))
            }
            ["log", events @ ..] => self.holds(who, &events.join(" ")),
            ["open"] => insist(wanted, || self.open(who, false)),
            ["open", "take-over"] => insist(wanted, || self.open(who, true)),
            ["close"] => {
                self.logs.get_mut(&who).unwrap().1 = None;
                Ok(())
            }
            ["copy"] => self.copy(who),
            ["rebuild"] => self.rebuild(),
            ["compare"] => {
                let seen = self.log(who).verify_all(&mut |_, _| std::ops::ControlFlow::Continue(()));
                let seen = seen.map_err(|error| format!("{error:?}"))?;
                let seen = seen.map_or_else(|| "agrees".to_owned(), |reason| reason.to_string());
                if seen.contains(wanted) { Ok(()) } else { Err(seen) }
            }
            ["read-only", ..] => self.in_the_end(who, |log| match log.health() {
                Health::ReadOnly { reason } if reason.to_string().contains(doing.trim_start_matches("read-only").trim()) => {
                    Ok(())
                }
                other => Err(format!("{other:?}")),
            }),
            ["live"] => self.in_the_end(who, |log| match (log.following(), log.health()) {
                (Following::Live, Health::Writable) => Ok(()),
                other => Err(format!("{other:?}")),
            }),
            ["away"] => self.in_the_end(who, |log| match log.following() {
                Following::Away { .. } => Ok(()),
                other => Err(format!("{other:?}")),
            }),
            ["server", "stop"] => {
                self.server.stop();
                Ok(())
            }
            ["server", "start"] => {
                self.server.start();
                Ok(())
            }
            ["server", "second"] => {
                let second = self.server.beside();
                self.server.held().leader = Some(second.address());
                self.second = Some(second);
                Ok(())
            }
            ["scavenge", name, revision] => {
                self.server.held().store.scavenge(&format!("muster:hq:{name}"), revision.parse().unwrap());
                Ok(())
            }
            ["change", name, revision] => {
                self.server.held().store.change(&format!("muster:hq:{name}"), revision.parse().unwrap());
                Ok(())
            }
            ["tombstone", name] => {
                self.server.held().store.tombstone(&format!("muster:hq:{name}"));
                Ok(())
            }
            ["put-back", events] => {
                self.server.held().store.put_back(events.parse().unwrap());
                Ok(())
            }
            ["stranger", name] => self.stranger(name),
            ["heal"] => {
                self.server.held().script = Script::default();
                Ok(())
            }
            ["over"] if self.server.held().script.is_over() => Ok(()),
            _ => Err("no such line, or a fault that never came".to_owned()),
        }
    }

    fn log(&self, who: char) -> &EventLog {
        self.logs[&who].1.as_ref().unwrap()
    }

    fn open(&mut self, who: char, take_over: bool) -> String {
        let (folder, log) = self.logs.entry(who).or_insert_with(|| (Folder::new(), None));
        *log = None;
        let mut options = options(&self.server.url(), folder);
        options.take_over = take_over;
        if let Some(millis) = self.patience {
            options.patience.call = Duration::from_millis(millis);
            options.patience.outcome = Duration::from_millis(10 * millis);
        }
        match EventLog::open_on_server(options) {
            Ok((opened, _)) => {
                let size = opened.head().size.to_string();
                *log = Some(opened);
                size
            }
            Err(OpenError::Held { .. }) => "held".to_owned(),
            Err(OpenError::Server { .. }) => "away".to_owned(),
            Err(other) => other.to_string(),
        }
    }

    /// The folder as a crash would leave it, opened elsewhere: the same holder, nothing released.
    fn copy(&mut self, who: char) -> Result<(), String> {
        let copy = Folder::new();
        for entry in std::fs::read_dir(&*self.logs[&who].0).unwrap() {
            let path = entry.unwrap().path();
            std::fs::copy(&path, copy.join(path.file_name().unwrap())).unwrap();
        }
        let before = self.log(who).head();
        self.logs.insert('b', (copy, None));
        insist(&before.size.to_string(), || self.open('b', false))
    }

    fn rebuild(&mut self) -> Result<(), String> {
        let before = self.log('a').head();
        self.logs.insert('a', (Folder::new(), None));
        insist(&before.size.to_string(), || self.open('a', false))?;
        let after = self.log('a').head();
        if after == before { Ok(()) } else { Err(format!("{after:?} instead of {before:?}")) }
    }

    fn append(&self, who: char, name: &str, expected: Expected, events: &[&str]) -> String {
        let events = events.iter().map(|nth| event(nth.parse().unwrap())).collect();
        match self.log(who).append_blocking(&stream(name), expected, events) {
            Ok(appended) if appended.first_position == appended.last_position => appended.last_position.to_string(),
            Ok(appended) => format!("{}..{}", appended.first_position, appended.last_position),
            Err(AppendError::WrongRevision { actual: None, .. }) => "wrong none".to_owned(),
            Err(AppendError::WrongRevision { actual: Some(actual), .. }) => format!("wrong {actual}"),
            Err(AppendError::Unanswered { .. }) => "unanswered".to_owned(),
            Err(AppendError::Storage(_)) => "refused".to_owned(),
            Err(AppendError::ReadOnly { .. }) => "read-only".to_owned(),
            Err(other) => other.to_string(),
        }
    }

    fn holds(&self, who: char, wanted: &str) -> Result<(), String> {
        let number = |id: u128| (id & 0xffff_ffff).to_string();
        let ours = self.log(who).read(1, 10_000).map_err(|error| error.to_string())?;
        let ours: Vec<String> = ours.iter().map(|event| number(event.id.as_u128())).collect();
        same(&ours.join(" "), wanted)?;
        let held = self.server.held();
        let theirs = held.store.events.iter().filter(|event| event.stream.starts_with("muster:hq:"));
        same(&theirs.map(|event| number(event.proposed.id)).collect::<Vec<_>>().join(" "), wanted)
    }

    fn in_the_end(&self, who: char, mut seen: impl FnMut(&EventLog) -> Result<(), String>) -> Result<(), String> {
        let began = Instant::now();
        loop {
            match seen(self.log(who)) {
                Err(other) if began.elapsed() > END => return Err(other),
                Err(_) => std::thread::sleep(Duration::from_millis(5)),
                Ok(()) => return Ok(()),
            }
        }
    }

    /// Somebody else writes into a stream of ours.
    fn stranger(&self, name: &str) -> Result<(), String> {
        let name = format!("muster:hq:{name}");
        let mut held = self.server.held();
        let expected = held.store.stream(&name).len() as i64 - 1;
        let (metadata, data, id) = (b"{\"$correlationId\":\"x\"}".to_vec(), b"{}".to_vec(), 77 << 64);
        let proposed = Proposed { id, kind: "Typed".to_owned(), content: "application/json".to_owned(), metadata, data };
        held.store.append(&Append { stream: name, expected, events: vec![proposed] });
        Ok(())
    }
}
