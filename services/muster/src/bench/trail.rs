//! One weapon's life through the API, over a log of some hundred thousand events.

use std::time::Instant;

use armoury::view::bench::{Armoury, weapon_id};
use event_log::bench::Figure;

use super::served::Served;
use super::{millis, percentile};
use crate::scratch::Scratch;

/// Six events each for so many weapons; so many lives asked for, one after another, on one connection.
pub fn trail(dir: &Scratch, weapons: u64, asked: u64) -> anyhow::Result<Vec<Figure>> {
    let served = Served::begin(dir)?;
    served.enter(Armoury { issues: 2, sightings: 0, ..Armoury::of(weapons) }.facts())?;
    let mut bare = served.round_trips(asked)?;
    let (mut line, mut times, mut bytes) = (served.line()?, Vec::new(), 0);
    for nth in 0..asked {
        let path = format!("/api/v1/weapons/{}/trail", weapon_id(nth * 7919 % weapons));
        let start = Instant::now();
        bytes += line.get(&path)?.len();
        times.push(millis(start));
    }
    bare.extend(served.round_trips(asked)?);
    anyhow::ensure!(bytes > 1000 * times.len(), "the trails are empty");
    let events = served.app.log().head().size;
    let figure = |name: &str, percent: usize, times: &mut [f64], bare: &mut [f64]| {
        let words = format!("GET /healthz on the same kind of connection, p{percent} ({events} events in the log)");
        Figure::new(name, percentile(times, percent), "ms", &words, percentile(bare, percent))
    };
    Ok(vec![figure("trail.p50", 50, &mut times, &mut bare), figure("trail.p99", 99, &mut times, &mut bare)])
}
