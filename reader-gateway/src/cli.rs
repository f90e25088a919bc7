//! The command line of `muster-gateway`.

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::{Args, Parser, Subcommand};
use reader_gateway::options::Options;
use reader_gateway::port::{Access, PortUrl};
use reader_gateway::protocol::DriverName;
use reader_gateway::simulate::run::simulate;
use reader_gateway::simulate::{Pace, Simulator, tags};
use reader_gateway::{clock, limits, listen};

/// Hears readers over serial and MQTT and hands what they saw to the book, losing nothing.
#[derive(Debug, Parser)]
#[command(name = "muster-gateway", version)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print what one reader says, one JSON line a report, before the sieve; no service needed.
    Listen(Listen),
    /// Play a reader at a port: the other end of `listen` and `run`.
    Simulate(Simulate),
}

#[derive(Debug, Args)]
struct Listen {
    /// mercury, zebra-iotc or barcode-line.
    #[arg(long)]
    driver: DriverName,
    /// serial:/dev/ttyUSB0?baud=115200, tcp://host:port, tcp-listen://address:port, mqtt://host:1883/topic/filter or mqtts://...
    #[arg(long)]
    port: PortUrl,
    /// mercury: the radio region, such as EU3 or NA.
    #[arg(long)]
    region: Option<String>,
    /// mercury: antennas to read on.
    #[arg(long, value_delimiter = ',')]
    antennas: Option<Vec<u8>>,
    /// mercury: read power in dBm.
    #[arg(long)]
    power_dbm: Option<f32>,
    /// mercury: also read each chip's serial.
    #[arg(long)]
    tid: bool,
    /// zebra-iotc: seconds without a message until the reader counts as silent.
    #[arg(long)]
    silent_s: Option<u32>,
    /// barcode-line: what the scanner puts before each scan.
    #[arg(long)]
    prefix: Option<String>,
    /// barcode-line: auto, cr, lf, crlf or idle.
    #[arg(long)]
    end: Option<String>,
    /// barcode-line: milliseconds of silence that end a scan.
    #[arg(long)]
    idle_ms: Option<u16>,
    /// barcode-line: these are people's badges.
    #[arg(long)]
    badge: bool,
    /// User name at the broker.
    #[arg(long, requires = "password_file")]
    username: Option<String>,
    /// File that holds the password at the broker.
    #[arg(long, requires = "username")]
    password_file: Option<PathBuf>,
    /// Authority certificates (PEM) for mqtts; otherwise the system's.
    #[arg(long)]
    ca: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct Simulate {
    /// mercury, zebra-iotc or barcode-line.
    #[arg(long)]
    driver: DriverName,
    /// Where the simulated reader is plugged in.
    #[arg(long)]
    port: PortUrl,
    /// One EPC in hex, or EPC and TID, a line; for barcode-line the text of a code.
    #[arg(long)]
    tags: PathBuf,
    /// Reads a second.
    #[arg(long, default_value_t = 50)]
    rate: u32,
    /// Stop after so many seconds.
    #[arg(long, conflicts_with = "once")]
    seconds: Option<u32>,
    /// Read each tag once, then stop.
    #[arg(long)]
    once: bool,
}

/// Runs one command.
///
/// # Errors
/// What went wrong, with what was tried.
pub fn run(cli: Cli) -> Result<()> {
    match cli.command {
        Command::Listen(args) => listening(args),
        Command::Simulate(args) => simulating(&args),
    }
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().context("cannot start the runtime")
}

fn listening(args: Listen) -> Result<()> {
    let options = Options {
        region: args.region,
        antennas: args.antennas,
        power_dbm: args.power_dbm,
        tid: args.tid.then_some(true),
        silent_s: args.silent_s,
        prefix: args.prefix,
        end: args.end,
        idle_ms: args.idle_ms,
        badge: args.badge.then_some(true),
    };
    let settings = options.settings(args.driver)?;
    let login = match (args.username, args.password_file) {
        (Some(user), Some(file)) => {
            let password = zeroize::Zeroizing::new(read_text(&file)?);
            Some((user, zeroize::Zeroizing::new(password.trim_end_matches(['\r', '\n']).to_owned())))
        }
        _ => None,
    };
    let ca = args.ca.map(|file| read_text(&file).map(String::into_bytes)).transpose()?;
    let client_id = format!("muster-listen-{}", std::process::id());
    let access = Access { client_id, login, ca, ..Access::default() };
    runtime()?.block_on(async {
        let listening = listen::listen(&settings, args.port, access, std::io::stdout());
        tokio::select! {
            result = listening => match result {
                Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()), // `| head` has enough.
                result => result.context("cannot write to standard output"),
            },
            _ = tokio::signal::ctrl_c() => Ok(()),
        }
    })
}

fn simulating(args: &Simulate) -> Result<()> {
    let tags = tags::parse(args.driver, &read_text(&args.tags)?)?;
    if tags.is_empty() {
        bail!("{} holds no tag", args.tags.display());
    }
    let simulator = Simulator::new(args.driver, tags, Pace { rate: args.rate, once: args.once });
    let until = args.seconds.map(|seconds| clock::now().plus_seconds(i64::from(seconds)));
    runtime()?.block_on(async {
        tokio::select! {
            result = simulate(simulator, args.port.clone(), until) => Ok(result?),
            _ = tokio::signal::ctrl_c() => Ok(()),
        }
    })
}

/// A file's text, if it is of a size that makes sense.
fn read_text(path: &Path) -> Result<String> {
    let file = std::fs::File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let mut text = String::new();
    file.take(limits::FILE_BYTES + 1).read_to_string(&mut text).with_context(|| format!("cannot read {}", path.display()))?;
    if text.len() as u64 > limits::FILE_BYTES {
        bail!("{} is larger than {} bytes", path.display(), limits::FILE_BYTES);
    }
    Ok(text)
}
