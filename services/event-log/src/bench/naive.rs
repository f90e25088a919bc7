//! What one would write in an hour instead: a table of texts with a counted key, flushed fully at every
//! insert, without proof, anchor or group commit. Measured beside the log, so that its price is seen.

use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::{Connection, params};

use super::{BenchError, Sources, event};
use crate::event::NewEvent;

/// The table; as short as the log's rows allow, and with their two uniqueness rules.
const SCHEMA: &str = "PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    CREATE TABLE event(
        id INTEGER PRIMARY KEY AUTOINCREMENT, stream TEXT NOT NULL, revision INTEGER NOT NULL, event_id TEXT NOT NULL UNIQUE,
        type TEXT NOT NULL, occurred_at TEXT NOT NULL, recorded_at TEXT NOT NULL, meta TEXT NOT NULL, data TEXT NOT NULL,
        UNIQUE(stream, revision));";

fn open(dir: &Path) -> Result<Connection, BenchError> {
    let table = Connection::open(dir.join("naive.sqlite"))?;
    table.execute_batch(SCHEMA)?;
    Ok(table)
}

fn insert(table: &Connection, stream: &str, revision: u64, event: &NewEvent, now: i64) -> Result<(), BenchError> {
    let mut insert = table.prepare_cached(
        "INSERT INTO event(stream, revision, event_id, type, occurred_at, recorded_at, meta, data)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    insert.execute(params![
        stream,
        i64::try_from(revision).unwrap_or(i64::MAX),
        event.id.to_string(),
        event.type_name.as_str(),
        event.occurred_at.to_string(),
        now.to_string(),
        text(&event.meta),
        text(&event.data)
    ])?;
    Ok(())
}

/// One insert after another.
pub(super) fn one_by_one(dir: &Path, sources: Sources, inserts: u64) -> Result<Vec<Duration>, BenchError> {
    let (table, mut taken) = (open(dir)?, Vec::new());
    for nth in 0..inserts {
        let start = Instant::now();
        insert(&table, "bench", nth, &event(nth), (sources.now)())?;
        taken.push(start.elapsed());
    }
    Ok(taken)
}

/// Sixty-four threads that share the connection, as most programs do: inserts a second.
pub(super) fn by_many(dir: &Path, sources: Sources, each: u64) -> Result<f64, BenchError> {
    let table = Mutex::new(open(dir)?);
    let start = Instant::now();
    std::thread::scope(|scope| {
        let write = |writer: u64| {
            let (table, stream) = (&table, format!("bench-{writer}"));
            move || -> Result<(), BenchError> {
                for nth in 0..each {
                    let table = table.lock().unwrap_or_else(PoisonError::into_inner);
                    insert(&table, &stream, nth, &event(nth * 64 + writer), (sources.now)())?;
                }
                Ok(())
            }
        };
        let writers: Vec<_> = (0..64).map(|writer| scope.spawn(write(writer))).collect();
        writers.into_iter().try_for_each(|writer| writer.join().unwrap_or(Ok(())))
    })?;
    Ok((64 * each) as f64 / start.elapsed().as_secs_f64())
}
