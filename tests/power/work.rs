//! What is done on the disk, by a process of its own: this same test program, started as its own child.
//!
//! The child tells what was acknowledged on a file outside the disk, each time with the entries that the
//! write log held by then. What it writes follows from a seed, so that the judge knows every byte of it.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use event_log::{AppendError, EventLog, Expected, NewEvent, OpenOptions, StreamName, TypeName};
use reader_gateway::identity::Identity;
use reader_gateway::outbox::{Head, Outbox};
use rusqlite::Connection;
use tag_data::moment::Moment;
use tag_data::scan::{Item, ReaderCondition, ReaderNotice};
use uuid::Uuid;

use crate::images::Dice;
use crate::writelog::written;

/// Something to do on a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Rows in plain SQLite that flushes too little: its loss must be seen.
    Normal,
    /// The same, flushed.
    Full,
    /// The event log.
    Log,
    /// The gateway's key and outbox.
    Outbox,
}

/// Streams of the event log's work; the first is written by one alone too.
pub const STREAMS: usize = 4;
/// So many events in a row that a run of them is full, and can be sealed.
const SEALED: u64 = 256;

impl Work {
    const ALL: [(Self, &'static str); 4] =
        [(Self::Normal, "normal"), (Self::Full, "full"), (Self::Log, "log"), (Self::Outbox, "outbox")];

    /// Its name, for the child.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(work, _)| *work == self).expect("every work has a name").1
    }

    /// The child that does it in a folder: how often each step, and where to tell what was acknowledged.
    pub fn child(self, order: &Order, writes: Option<&Path>) -> Command {
        let mut command = Command::new(std::env::current_exe().expect("this program has a path"));
        command.args(["child", "--exact", "--ignored", "--nocapture"]).env("MUSTER_POWER_WORK", self.name());
        command.env("MUSTER_POWER_DIR", &order.dir).env("MUSTER_POWER_TOLD", &order.told);
        command.env("MUSTER_POWER_SEED", order.seed.to_string()).env("MUSTER_POWER_STEPS", order.steps.to_string());
        if let Some(writes) = writes {
            command.env("MUSTER_POWER_WRITES", writes);
        }
        command
    }
}

/// Where to work, and how much.
#[derive(Clone, Debug)]
pub struct Order {
    /// The folder on the disk.
    pub dir: PathBuf,
    /// The file outside of it.
    pub told: PathBuf,
    /// What is written follows from it.
    pub seed: u64,
    /// How often each step is done.
    pub steps: u64,
}

/// Something that was told, and how much the write log held by then.
#[derive(Clone, Debug)]
pub struct Told {
    /// Entries.
    pub entries: usize,
    /// What.
    pub what: String,
}

/// What was told in a file.
pub fn told(path: &Path) -> Vec<Told> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let line = |line: &str| {
        let (entries, what) = line.split_once(' ')?;
        Some(Told { entries: entries.parse().ok()?, what: what.to_owned() })
    };
    text.lines().filter_map(line).collect()
}

/// The child's voice.
pub struct Teller {
    file: Mutex<File>,
    writes: Option<PathBuf>,
}

impl Teller {
    /// Tells into a file; each line with what the write log holds, if there is one.
    pub fn new(path: &Path, writes: Option<PathBuf>) -> Self {
        Self { file: Mutex::new(File::options().append(true).create(true).open(path).unwrap()), writes }
    }

    /// Tells one thing, in one write.
    pub fn tell(&self, what: &str) {
        let entries = self.writes.as_ref().map_or(0, |log| written(log).unwrap());
        self.file.lock().unwrap().write_all(format!("{entries} {what}\n").as_bytes()).unwrap();
    }
}

/// The child's whole life. Ends without closing anything, as programs do when the power fails.
pub fn child() {
    let Some(name) = std::env::var_os("MUSTER_POWER_WORK") else { return };
    let value = |name: &str| std::env::var(name).unwrap();
    let work = Work::ALL.iter().find(|(_, known)| name == *known).expect("a known work").0;
    let order = Order {
        dir: value("MUSTER_POWER_DIR").into(),
        told: value("MUSTER_POWER_TOLD").into(),
        seed: value("MUSTER_POWER_SEED").parse().unwrap(),
        steps: value("MUSTER_POWER_STEPS").parse().unwrap(),
    };
    let teller = Teller::new(&order.told, std::env::var_os("MUSTER_POWER_WRITES").map(PathBuf::from));
    let done = match work {
        Work::Normal => plain(&order, "NORMAL", &teller),
        Work::Full => plain(&order, "FULL", &teller),
        Work::Log => log(&order, &teller),
        Work::Outbox => outbox(&order, &teller),
    };
    if let Err(what) = &done {
        teller.tell(&format!("stopped {what}"));
    }
    std::process::exit(i32::from(done.is_err()));
}

/// How much of the filling of a row or an event: mostly small, now and then large.
fn filling(dice: &mut Dice) -> usize {
    if dice.below(12) == 0 { dice.below(40_000) } else { dice.below(1500) }
}

fn plain(order: &Order, synchronous: &str, teller: &Teller) -> Result<(), String> {
    let work = || -> rusqlite::Result<()> {
        let file = Connection::open(order.dir.join("plain.sqlite"))?;
        file.execute_batch(&format!(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = {synchronous}; PRAGMA wal_autocheckpoint = 0;
             CREATE TABLE row(n INTEGER PRIMARY KEY, filling TEXT NOT NULL) STRICT;"
        ))?;
        let mut dice = Dice(order.seed);
        for n in 0..order.steps * 10 {
            file.execute("INSERT INTO row VALUES (?1, ?2)", (n.cast_signed(), "x".repeat(filling(&mut dice))))?;
            teller.tell(&format!("row {n}"));
            if n % (order.steps * 3) == order.steps {
                file.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
            }
        }
        Ok(())
    };
    work().map_err(|cause| cause.to_string())
}

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_micros()).unwrap_or(0))
}

fn salt() -> [u8; 16] {
    Uuid::from_u128(u128::from(now().unsigned_abs())).into_bytes()
}

/// How the log is opened, here and by the judge.
pub fn options(dir: &Path) -> OpenOptions {
    OpenOptions { keep_rows: None, ..OpenOptions::new(dir.join("data"), now, salt) }
}

/// A stream of the log's work.
pub fn stream(nth: usize) -> StreamName {
    StreamName::new(format!("post-{nth}")).expect("a name")
}

/// The event of a revision, the same whenever it is asked for.
pub fn event(seed: u64, stream: usize, revision: u64) -> NewEvent {
    let number = (stream as u64) << 32 | revision;
    let mut dice = Dice(seed ^ number);
    let data = format!("{{\"nth\":{revision},\"filling\":\"{}\"}}", "x".repeat(filling(&mut dice)));
    NewEvent {
        id: Uuid::from_u128(u128::from(number) + 1),
        type_name: TypeName::new(["ScanObserved", "WeaponIssued", "WeaponReturned"][dice.below(3)]).expect("a name"),
        schema_version: 1,
        occurred_at: 7,
        meta: br#"{"actor":"p-7"}"#.to_vec(),
        data: data.into_bytes(),
    }
}

/// Appends what comes next to a stream, and says so. After a refusal the same is tried twice more.
fn append(log: &EventLog, order: &Order, nth: usize, many: u64, teller: &Teller) -> Result<(), String> {
    let name = stream(nth);
    let last = log.last_revision(&name).map_err(|cause| format!("reading: {cause}"))?;
    let first = last.map_or(0, |last| last + 1);
    let expected = last.map_or(Expected::NoStream, Expected::Revision);
    let events: Vec<NewEvent> = (first..first + many).map(|revision| event(order.seed, nth, revision)).collect();
    let mut said = String::new();
    for _ in 0..3 {
        teller.tell(&format!("try {nth} {}", first + many - 1));
        match log.append_blocking(&name, expected, events.clone()) {
            Ok(done) => {
                let leaf = hex::encode(done.leaves.last().expect("an event has a leaf"));
                teller.tell(&format!("event {nth} {} {} {leaf}", done.last_revision, done.last_position));
                return Ok(());
            }
            Err(refused) => {
                said = refused.to_string();
                let kind = if matches!(refused, AppendError::Storage(_)) { "undone" } else { "halted" };
                teller.tell(&format!("{kind} {nth} {said}"));
            }
        }
    }
    Err(said)
}

/// Sets up a log, writes to it alone and in groups, moves the write-ahead log into the file at every moment
/// that may matter, closes, opens again, goes on.
fn log(order: &Order, teller: &Teller) -> Result<(), String> {
    let open = || EventLog::open(options(&order.dir)).map_err(|cause| format!("opening: {cause}"));
    let (log, _) = open()?;
    teller.tell("opened");
    let mut dice = Dice(order.seed);
    for _ in 0..order.steps {
        append(&log, order, 0, 1 + dice.below(3) as u64, teller)?;
    }
    let file = order.dir.join("data").join("log.sqlite");
    let checkpoint = |how: &str| -> Result<(), String> {
        let work = || {
            let keeper = Connection::open(&file)?;
            keeper.execute_batch("PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA busy_timeout = 5000;")?;
            keeper.query_row(&format!("PRAGMA wal_checkpoint({how})"), [], |_| Ok(()))
        };
        work().map_err(|cause: rusqlite::Error| format!("checkpoint: {cause}"))
    };
    let manys: Vec<u64> = (0..STREAMS).map(|_| 1 + dice.below(6) as u64).collect();
    thread::scope(|scope| {
        let writers: Vec<_> = (0..STREAMS)
            .map(|nth| {
                let (log, many) = (&log, manys[nth]);
                scope.spawn(move || (0..order.steps).try_for_each(|_| append(log, order, nth, many, teller)))
            })
            .collect();
        for how in ["PASSIVE", "FULL", "RESTART"] {
            checkpoint(how)?;
        }
        writers.into_iter().try_for_each(|writer| writer.join().expect("no writer panics"))
    })?;
    checkpoint("TRUNCATE")?;
    for _ in 0..order.steps {
        append(&log, order, 0, 1, teller)?;
    }
    drop(log);
    let (log, _) = open()?;
    teller.tell("opened");
    // Old events are sealed between two entries.
    append(&log, order, 1, SEALED, teller)?;
    let sealed = log.seal(0, 1).map_err(|cause| format!("sealing: {cause}"))?;
    teller.tell(&format!("sealed {sealed}"));
    for _ in 0..order.steps {
        append(&log, order, 1, 2, teller)?;
    }
    teller.tell("done");
    std::process::exit(0); // with the log open
}

/// The n-th item of the outbox's work.
pub fn item(seed: u64, nth: u64) -> Item {
    let filling = filling(&mut Dice(seed ^ nth)).min(3000);
    Item::ReaderHeard(ReaderNotice {
        reader: format!("r{nth}"),
        place: "A-1".to_owned(),
        condition: ReaderCondition::Hearing,
        at: Moment::from_micros(1_790_000_000_000_000),
        detail: Some("x".repeat(filling)),
    })
}

/// The gateway's secret, if its key is made now.
pub fn secret(seed: u64) -> zeroize::Zeroizing<[u8; 32]> {
    zeroize::Zeroizing::new([seed.to_le_bytes()[0] | 1; 32])
}

/// Makes the gateway's key, puts bursts, takes receipts between them, opens again.
fn outbox(order: &Order, teller: &Teller) -> Result<(), String> {
    let dir = order.dir.join("data");
    fs::create_dir_all(&dir).map_err(|cause| cause.to_string())?;
    let identity = Identity::open(&dir.join("gateway.key"), || secret(order.seed)).map_err(|cause| cause.to_string())?;
    teller.tell(&format!("key {}", identity.id()));
    let at = Moment::from_micros(now());
    let mut dice = Dice(order.seed);
    for boot in 0..3 {
        let mut outbox =
            Outbox::open(&dir.join("outbox.db"), &format!("run {boot}"), 100_000).map_err(|cause| cause.to_string())?;
        teller.tell("opened");
        for step in 0..order.steps * 2 {
            let first = outbox.next();
            let items: Vec<Item> = (first..first + 1 + dice.below(8) as u64).map(|nth| item(order.seed, nth)).collect();
            let mut put = Err(String::new());
            for _ in 0..3 {
                teller.tell(&format!("try 0 {}", first + items.len() as u64));
                put = outbox.put(&items, 0, at).map_err(|cause| format!("{cause:?}"));
                match &put {
                    Ok(()) => break,
                    Err(cause) => teller.tell(&format!("halted 0 {cause}")),
                }
            }
            put?;
            teller.tell(&format!("put {}", outbox.next()));
            if step % 3 == 1 {
                let head = Head { size: outbox.next(), root: "ab".repeat(32) };
                let acknowledged = outbox.acknowledge(outbox.next() - 1, &head, at);
                acknowledged.map_err(|cause| cause.to_string())?;
            }
            if step % 5 == 4 {
                outbox.prune(at).map_err(|cause| cause.to_string())?;
            }
        }
        if boot == 2 {
            teller.tell("done");
            std::process::exit(0); // with the outbox open
        }
    }
    Ok(())
}
