//! What every log must do, as one suite: run by the tests for each store, and by `muster log check`
//! against a log somebody means to use.
//!
//! It only appends, to streams `check-<run>-<n>` of its own, and it leaves them there: a log that
//! takes the checks keeps them. Nothing here waits for time to pass; waiting is for conditions.

use std::thread;

use uuid::Uuid;

use crate::error::{AppendError, Health};
use crate::event::{Expected, Following, NewEvent, Recorded, StreamName, TypeName};
use crate::{EventLog, leaf, tree};

/// One check and how it went: `Err` says what was seen instead.
pub type Checked = (&'static str, Result<(), String>);

type Check = fn(&Bench<'_>) -> Result<(), String>;

/// Runs every check. `run` makes the names and ids of this run (a fresh UUIDv7 for a kept log).
#[must_use]
pub fn suite(log: &EventLog, run: Uuid) -> Vec<Checked> {
    let checks: [(&'static str, Check); 16] = [
        ("an unknown stream has no revision and no events", unknown_stream),
        ("a stream begins only where none is", begins_once),
        ("only the next revision is taken", expected_revision),
        ("what is read is what was written", reads_back),
        ("the same events again are answered as before", idempotent),
        ("an id is not taken for another event", id_reused),
        ("a refused append leaves nothing", refusal_is_clean),
        ("bounds are refused", bounds),
        ("positions go on without gaps and in one order", one_order),
        ("of many writers of one revision one wins", one_winner),
        ("a follower sees every position", follows),
        ("every event is proved to be in the head", proofs),
        ("who stops waiting finds his events there, once", outcome_unknown),
        ("asked twice at once it is written once", asked_twice),
        ("a follower that was away finds everything, in order", follows_later),
        ("what was acknowledged is shown, and the log says so", caught_up),
    ];
    let bench = |nth: usize| Bench { log, run, nth };
    checks.into_iter().enumerate().map(|(nth, (name, check))| (name, check(&bench(nth)))).collect()
}

/// Where a check works: its own stream, its own ids.
struct Bench<'a> {
    log: &'a EventLog,
    run: Uuid,
    nth: usize,
}

impl Bench<'_> {
    fn stream(&self, part: &str) -> StreamName {
        StreamName::new(format!("check-{}-{}{part}", self.run, self.nth)).expect("the name follows the rule")
    }

    fn event(&self, nth: u64) -> NewEvent {
        let id = self.run.as_u128().wrapping_add(((self.nth as u128) << 32) + u128::from(nth) + 1);
        NewEvent {
            id: Uuid::from_u128(id),
            type_name: TypeName::new("Checked").expect("the name follows the rule"),
            schema_version: 1,
            occurred_at: 1_700_000_000_000_000 - i64::try_from(nth).unwrap_or(0),
            meta: br#"{"actor":"check"}"#.to_vec(),
            data: format!("{{ \"nth\" :  {nth}}}").into_bytes(),
        }
    }

    fn append(&self, part: &str, expected: Expected, events: Vec<NewEvent>) -> Result<crate::Appended, AppendError> {
        self.log.append_blocking(&self.stream(part), expected, events)
    }

    fn must(&self, part: &str, expected: Expected, events: Vec<NewEvent>) -> Result<crate::Appended, String> {
        self.append(part, expected, events).map_err(|error| format!("an append that should go in: {error}"))
    }

    fn stream_events(&self, part: &str) -> Result<Vec<Recorded>, String> {
        self.log.read_stream(&self.stream(part), 0, usize::MAX >> 1).map_err(|error| error.to_string())
    }
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, seen: T, wanted: T) -> Result<(), String> {
    if seen == wanted { Ok(()) } else { Err(format!("{what}: {seen:?} instead of {wanted:?}")) }
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn unknown_stream(bench: &Bench<'_>) -> Result<(), String> {
    same("revision", bench.log.last_revision(&bench.stream("")).map_err(text)?, None)?;
    same("events", bench.stream_events("")?.len(), 0)?;
    same("event by id", bench.log.event_by_id(bench.event(0).id).map_err(text)?, None)?;
    same("position 0", bench.log.event(0).map_err(text)?, None)?;
    match bench.append("", Expected::Revision(0), vec![bench.event(0)]) {
        Err(AppendError::WrongRevision { actual: None, .. }) => Ok(()),
        other => Err(format!("an append to revision 0 of no stream: {other:?}")),
    }
}

fn begins_once(bench: &Bench<'_>) -> Result<(), String> {
    let first = bench.must("", Expected::NoStream, vec![bench.event(0)])?;
    same("revision", first.last_revision, 0)?;
    match bench.append("", Expected::NoStream, vec![bench.event(1)]) {
        Err(AppendError::WrongRevision { actual: Some(0), .. }) => Ok(()),
        other => Err(format!("a second beginning: {other:?}")),
    }
}

fn expected_revision(bench: &Bench<'_>) -> Result<(), String> {
    bench.must("", Expected::NoStream, vec![bench.event(0), bench.event(1)])?;
    for (expected, fits) in [(0, false), (2, false), (u64::MAX, false), (1, true), (3, false)] {
        let answer = bench.append("", Expected::Revision(expected), vec![bench.event(expected % 100 + 10)]);
        match (&answer, fits) {
            (Ok(_), true) | (Err(AppendError::WrongRevision { .. }), false) => {}
            _ => return Err(format!("expected {expected}: {answer:?}")),
        }
    }
    same("last revision", bench.log.last_revision(&bench.stream("")).map_err(text)?, Some(2))
}

fn reads_back(bench: &Bench<'_>) -> Result<(), String> {
    let mut event = bench.event(0);
    event.data = vec![b'{', 0, 0xff, b'\n', b' ', b'}']; // bytes are kept, not understood
    event.meta = Vec::new();
    event.schema_version = u32::MAX;
    event.occurred_at = i64::MIN;
    let appended = bench.must("", Expected::NoStream, vec![event.clone(), bench.event(1)])?;
    let read = bench.stream_events("")?;
    let Some(first) = read.first() else { return Err("the stream is empty".to_owned()) };
    let again = NewEvent {
        id: first.id,
        type_name: first.type_name.clone(),
        schema_version: first.schema_version,
        occurred_at: first.occurred_at,
        meta: first.meta.clone(),
        data: first.data.clone(),
    };
    same("the event", again, event.clone())?;
    same("its place", (first.position, first.revision), (appended.first_position, 0))?;
    same("leaves", read.iter().map(|event| event.leaf).collect::<Vec<_>>(), appended.leaves)?;
    same("leaf", leaf::of(first), first.leaf)?;
    same("by position", bench.log.event(appended.first_position).map_err(text)?.as_ref(), Some(first))?;
    same("by id", bench.log.event_by_id(event.id).map_err(text)?.as_ref(), Some(first))?;
    same("from revision 1", bench.log.read_stream(&bench.stream(""), 1, 10).map_err(text)?, read[1..].to_vec())?;
    same("one only", bench.log.read(appended.first_position, 1).map_err(text)?, read[..1].to_vec())?;
    same("beyond", bench.log.read(bench.log.head().size + 1, 10).map_err(text)?.len(), 0)?;
    let at = bench.log.position_at(read[1].recorded_at).map_err(text)?;
    same("position at its time", at >= appended.last_position, true)?;
    let streams = bench.log.streams(bench.stream("").as_str()).map_err(text)?;
    same("streams", streams, vec![bench.stream("")])
}

fn idempotent(bench: &Bench<'_>) -> Result<(), String> {
    let events = vec![bench.event(0), bench.event(1), bench.event(2)];
    let first = bench.must("", Expected::NoStream, events.clone())?;
    bench.must("", Expected::Revision(2), vec![bench.event(3)])?;
    let size = bench.log.head().size;
    let again = bench.must("", Expected::NoStream, events)?;
    same("already", again.already, true)?;
    same("the answer", crate::Appended { already: false, ..again }, first)?;
    let part = bench.must("", Expected::Revision(77), vec![bench.event(1)])?;
    same("one of them", (part.already, part.last_revision), (true, 1))?;
    same("size", bench.log.head().size, size)
}

fn id_reused(bench: &Bench<'_>) -> Result<(), String> {
    bench.must("", Expected::NoStream, vec![bench.event(0)])?;
    let changed = |change: fn(&mut NewEvent)| {
        let mut event = bench.event(0);
        change(&mut event);
        event
    };
    let offers = [
        ("", vec![changed(|e| e.data.push(b' '))]),
        ("", vec![changed(|e| e.meta.clear())]),
        ("", vec![changed(|e| e.schema_version += 1)]),
        ("", vec![changed(|e| e.occurred_at += 1)]),
        ("-other", vec![bench.event(0)]),
        ("", vec![bench.event(0), bench.event(1)]),
        ("", vec![bench.event(1), bench.event(0)]),
        ("", vec![bench.event(5), bench.event(5)]),
    ];
    for (nth, (part, events)) in offers.into_iter().enumerate() {
        match bench.append(part, Expected::Revision(0), events) {
            Err(AppendError::IdReused { .. }) => {}
            other => return Err(format!("offer {nth}: {other:?}")),
        }
    }
    same("events", bench.stream_events("")?.len(), 1)
}

fn refusal_is_clean(bench: &Bench<'_>) -> Result<(), String> {
    let before = bench.log.head();
    drop(bench.append("", Expected::Revision(3), vec![bench.event(0), bench.event(1)]));
    same("head", bench.log.head(), before)?;
    same("events", bench.stream_events("")?.len(), 0)?;
    same("streams", bench.log.streams(bench.stream("").as_str()).map_err(text)?.len(), 0)?;
    bench.must("", Expected::NoStream, vec![bench.event(1), bench.event(0)]).map(drop)
}

fn bounds(bench: &Bench<'_>) -> Result<(), String> {
    let mut large = bench.event(0);
    large.data = vec![b' '; crate::event::PAYLOAD_BYTES_MAX + 1];
    let mut reserved = bench.event(0);
    reserved.type_name = TypeName::new(crate::breaks::BREAK_TYPE).expect("the name follows the rule");
    let many = (0..=crate::ledger::APPEND_EVENTS_MAX as u64).map(|nth| bench.event(nth)).collect();
    match (bench.append("", Expected::NoStream, vec![large]), bench.append("", Expected::NoStream, many)) {
        (Err(AppendError::TooLarge { .. }), Err(AppendError::TooLarge { .. })) => {}
        other => return Err(format!("too large: {other:?}")),
    }
    match (bench.append("", Expected::NoStream, vec![]), bench.append("", Expected::NoStream, vec![reserved])) {
        (Err(AppendError::Empty), Err(AppendError::Reserved { .. })) => {}
        other => return Err(format!("nothing, or a type of the log's own: {other:?}")),
    }
    let mut full = bench.event(0);
    full.data = vec![b' '; crate::event::PAYLOAD_BYTES_MAX];
    bench.must("", Expected::NoStream, vec![full]).map(drop)
}

fn one_order(bench: &Bench<'_>) -> Result<(), String> {
    const WRITERS: u64 = 8;
    const EACH: u64 = 25;
    let start = bench.log.head().size + 1;
    let write = |writer: u64| -> Result<(), String> {
        for nth in 0..EACH {
            let expected = nth.checked_sub(1).map_or(Expected::NoStream, Expected::Revision);
            bench.must(&format!("-{writer}"), expected, vec![bench.event(writer * EACH + nth)])?;
        }
        Ok(())
    };
    thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS).map(|writer| scope.spawn(move || write(writer))).collect();
        writers.into_iter().try_for_each(|writer| writer.join().map_err(|_| "a writer gave up".to_owned())?)
    })?;
    let events = bench.log.read(start, usize::MAX >> 1).map_err(text)?;
    for (event, position) in events.iter().zip(start..) {
        same("position", event.position, position)?;
    }
    same("time goes on", events.is_sorted_by_key(|event| event.recorded_at), true)?;
    for writer in 0..WRITERS {
        let mine = bench.stream_events(&format!("-{writer}"))?;
        same("revisions", mine.iter().map(|e| e.revision).collect::<Vec<_>>(), (0..EACH).collect())?;
        same("positions rise", mine.is_sorted_by_key(|event| event.position), true)?;
    }
    Ok(())
}

fn one_winner(bench: &Bench<'_>) -> Result<(), String> {
    bench.must("", Expected::NoStream, vec![bench.event(0)])?;
    let won = thread::scope(|scope| {
        let append = |nth| bench.append("", Expected::Revision(0), vec![bench.event(nth)]);
        let writers: Vec<_> = (1..=8).map(|nth| scope.spawn(move || append(nth))).collect();
        writers.into_iter().map(|writer| writer.join()).filter(|answer| matches!(answer, Ok(Ok(_)))).count()
    });
    same("winners", won, 1)?;
    same("events", bench.stream_events("")?.len(), 2)
}

fn follows(bench: &Bench<'_>) -> Result<(), String> {
    const EVENTS: u64 = 50;
    let mut follower = bench.log.follow();
    let start = *follower.borrow_and_update();
    let mut seen = Vec::new();
    thread::scope(|scope| {
        let writer = scope.spawn(|| {
            (0..EVENTS).try_for_each(|nth| {
                let expected = nth.checked_sub(1).map_or(Expected::NoStream, Expected::Revision);
                bench.must("", expected, vec![bench.event(nth)]).map(drop)
            })
        });
        let mut next = start + 1;
        while !writer.is_finished() || *follower.borrow() >= next {
            let last = *follower.borrow_and_update();
            let events = bench.log.read(next, 1000).map_err(text)?;
            same("what is announced can be read", events.len() as u64 + next > last, true)?;
            next += events.len() as u64;
            seen.extend(events.into_iter().filter(|event| event.stream == bench.stream("")).map(|event| event.revision));
            thread::yield_now();
        }
        writer.join().map_err(|_| "the writer gave up".to_owned())?
    })?;
    same("revisions seen", seen, (0..EVENTS).collect())
}

fn proofs(bench: &Bench<'_>) -> Result<(), String> {
    let before = bench.log.head();
    bench.must("", Expected::NoStream, (0..20).map(|nth| bench.event(nth)).collect())?;
    let head = bench.log.head();
    for event in bench.stream_events("")? {
        let proof = bench.log.inclusion_proof(event.position, head.size).map_err(text)?.unwrap_or_default();
        same("inclusion", tree::verify_inclusion(&event.leaf, event.position - 1, head.size, &proof, &head.root), true)?;
    }
    same("the root before", bench.log.root_at(before.size).map_err(text)?, Some(before.root))?;
    let proof = bench.log.consistency_proof(before.size, head.size).map_err(text)?.unwrap_or_default();
    same("consistency", tree::verify_consistency(before.size, head.size, &proof, &before.root, &head.root), true)?;
    same("a proof of what is not there", bench.log.inclusion_proof(head.size + 1, head.size).map_err(text)?, None)
}

/// The answer is lost: the asker goes away before it comes. The same ids are asked again until it does.
fn outcome_unknown(bench: &Bench<'_>) -> Result<(), String> {
    bench.must("", Expected::NoStream, vec![bench.event(0)])?;
    let events = vec![bench.event(1), bench.event(2)];
    let stream = bench.stream("");
    let mut lost = Box::pin(bench.log.append(&stream, Expected::Revision(0), events.clone()));
    let polled = lost.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop()));
    drop((lost, polled));
    let appended = bench.must("", Expected::Revision(0), events)?;
    same("last revision", appended.last_revision, 2)?;
    let read = bench.stream_events("")?;
    same("events", read.len(), 3)?;
    same("positions", read.last().map(|event| event.position), Some(appended.last_position))?;
    match bench.append("", Expected::Revision(0), vec![bench.event(3)]) {
        Err(AppendError::WrongRevision { actual: Some(2), .. }) => Ok(()),
        other => Err(format!("another event where the lost ones stand: {other:?}")),
    }
}

fn asked_twice(bench: &Bench<'_>) -> Result<(), String> {
    let events: Vec<NewEvent> = (0..3).map(|nth| bench.event(nth)).collect();
    let answers: Vec<Result<_, String>> = thread::scope(|scope| {
        let ask = |_| scope.spawn(|| bench.must("", Expected::NoStream, events.clone()));
        let askers: Vec<_> = (0..6).map(ask).collect();
        askers.into_iter().map(|asker| asker.join().map_err(|_| "an asker gave up".to_owned())).collect()
    });
    let mut places = Vec::new();
    for answer in answers {
        places.push(answer?.map(|appended| (appended.first_position, appended.last_position, appended.leaves))?);
    }
    places.dedup();
    same("different answers", places.len(), 1)?;
    same("events", bench.stream_events("")?.len(), 3)
}

fn follows_later(bench: &Bench<'_>) -> Result<(), String> {
    let away_from = bench.log.head().size;
    for nth in 0..30u64 {
        let expected = nth.checked_sub(1).map_or(Expected::NoStream, Expected::Revision);
        bench.must("", expected, vec![bench.event(nth)])?;
    }
    let back_at = *bench.log.follow().borrow();
    same("the follower is told of everything", back_at >= away_from + 30, true)?;
    let (mut next, mut seen) = (away_from + 1, Vec::new());
    while next <= back_at {
        let page = bench.log.read(next, 7).map_err(text)?;
        same("a page begins where it was asked to", page.first().map(|event| event.position), Some(next))?;
        next += page.len() as u64;
        seen.extend(page.into_iter().filter(|event| event.stream == bench.stream("")).map(|event| event.revision));
    }
    same("revisions seen", seen, (0..30).collect())
}

fn caught_up(bench: &Bench<'_>) -> Result<(), String> {
    let appended = bench.must("", Expected::NoStream, vec![bench.event(0)])?;
    same("shown", bench.log.head().size >= appended.last_position, true)?;
    same("told", *bench.log.follow().borrow() >= appended.last_position, true)?;
    same("following", bench.log.following(), Following::Live)?;
    same("health", bench.log.health(), Health::Writable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::{self, Scratch};

    fn check(log: &EventLog) {
        for run in [1u128 << 100, 2 << 100] {
            let failed: Vec<_> = suite(log, Uuid::from_u128(run)).into_iter().filter(|(_, went)| went.is_err()).collect();
            assert!(failed.is_empty(), "{failed:#?}");
        }
    }

    #[test]
    fn memory() {
        check(&EventLog::memory(scratch::now, scratch::salt));
    }

    #[test]
    fn sqlite() {
        let dir = Scratch::new("conformance");
        check(&scratch::open(&dir).0);
    }
}
