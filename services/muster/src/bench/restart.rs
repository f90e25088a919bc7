//! How long from a start to the first answer over a long log, as after a sudden end.
//!
//! A made-up armoury's life is written to a log; its files are copied as they stand, with the
//! write-ahead log beside them and nothing closed; then this very program serves the copy and is asked
//! until it answers. It answers only when every view is folded. Look at figures of release builds only.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use armoury::event::Fact;
use armoury::view::bench::Armoury;
use event_log::{EventLog, Expected, NewEvent, OpenOptions, StreamName, TypeName};
use futures_util::future::try_join_all;

use super::millis;
use crate::accounts::Accounts;
use crate::config::SignIn;
use crate::scratch::Scratch;
use crate::sealing::{self, Keys};
use crate::{companions, projector, random};

/// Facts written side by side; fewer than the weapons, so that a stream is in one append at a time.
const SIDE_BY_SIDE: usize = 1000;
/// After this nobody waits any longer.
const PATIENCE: Duration = Duration::from_secs(600);

/// What was measured.
pub struct Restart {
    /// From the start of the process to the first answer, in milliseconds.
    pub serving_ms: f64,
    /// Reading the log's rows once, in milliseconds.
    pub rows_ms: f64,
    /// Events in the log.
    pub events: u64,
}

/// Writes a life of so many weapons (ten events each), falls, and starts again.
///
/// # Errors
/// When the log cannot be written or the program not be started.
pub fn measure(dir: &Scratch, weapons: u32) -> anyhow::Result<Restart> {
    let (written, fallen) = (dir.join("written"), dir.join("fallen"));
    let (log, _) = EventLog::open(OpenOptions::new(&written, || random::now().micros(), random::bytes::<16>))?;
    write(&log, weapons)?;
    let events = log.head().size;
    let start = Instant::now();
    projector::each(&log, 1, events, |recorded| _ = std::hint::black_box(recorded))?;
    let rows_ms = millis(start);
    std::fs::create_dir(&fallen)?;
    for name in ["log.sqlite", "log.sqlite-wal", "anchor"] {
        std::fs::copy(written.join(name), fallen.join(name)).with_context(|| format!("copying {name}"))?;
    }
    drop(log);
    std::fs::remove_dir_all(&written)?;
    // What stands beside a log where a service was at work; its rules had run.
    let accounts = Accounts::open(&fallen.join(companions::ACCOUNTS), &SignIn::default())?;
    accounts.make(&"1001".parse()?, &random::secret(""), random::now())?;
    accounts.set_mark(projector::MARK, &events.to_string())?;
    Keys::open(&fallen.join(companions::KEYS))?;
    sealing::service_key(&fallen.join(companions::SERVICE_KEY))?;
    Ok(Restart { serving_ms: served(&fallen)?, rows_ms, events })
}

fn write(log: &EventLog, weapons: u32) -> anyhow::Result<()> {
    let life = Armoury { weapons: weapons.into(), tagged: true, issues: 3, sightings: 2, out: false };
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let mut facts = life.facts().peekable();
    while facts.peek().is_some() {
        let mut appends: Vec<(String, u64, Vec<NewEvent>)> = Vec::new();
        for fact in facts.by_ref().take(SIDE_BY_SIDE) {
            let event = event(&fact)?;
            match appends.iter_mut().rev().find(|(stream, ..)| *stream == fact.stream) {
                Some((.., events)) => events.push(event),
                None => appends.push((fact.stream, fact.revision, vec![event])),
            }
        }
        let all = appends.into_iter().map(async |(stream, revision, events)| -> anyhow::Result<()> {
            let expected = revision.checked_sub(1).map_or(Expected::NoStream, Expected::Revision);
            log.append(&StreamName::new(stream)?, expected, events).await?;
            Ok(())
        });
        runtime.block_on(try_join_all(all))?;
    }
    Ok(())
}

fn event(fact: &Fact) -> anyhow::Result<NewEvent> {
    Ok(NewEvent {
        id: fact.id.0,
        type_name: TypeName::new(fact.event.type_name())?,
        schema_version: fact.event.schema_version(),
        occurred_at: fact.occurred_at.micros(),
        meta: serde_json::to_vec(&fact.meta)?,
        data: fact.event.data()?,
    })
}

/// The served program; ended when dropped.
struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.0.kill()); // It may have ended by itself.
        drop(self.0.wait());
    }
}

/// Milliseconds until the program answers over this data.
fn served(data: &Path) -> anyhow::Result<f64> {
    let program: PathBuf = std::env::current_exe()?;
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let start = Instant::now();
    let mut command = Command::new(program);
    command.arg("serve").arg("--data").arg(data).args(["--listen", &address.to_string()]);
    let mut served = Served(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?);
    loop {
        if healthy(address) {
            return Ok(millis(start));
        }
        anyhow::ensure!(served.0.try_wait()?.is_none(), "the program ended before it answered");
        anyhow::ensure!(start.elapsed() < PATIENCE, "the program never answers");
        std::thread::sleep(Duration::from_millis(5)); // Only between two questions.
    }
}

/// Whether `/healthz` answers 200; the connection waits while the views are folded.
fn healthy(address: std::net::SocketAddr) -> bool {
    let Ok(mut stream) = TcpStream::connect(address) else { return false };
    let mut answer = String::new();
    stream.set_read_timeout(Some(PATIENCE)).is_ok()
        && stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").is_ok()
        && stream.read_to_string(&mut answer).is_ok()
        && answer.starts_with("HTTP/1.1 200")
}
