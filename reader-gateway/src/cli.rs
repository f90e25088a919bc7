//! The command line of `muster-gateway`.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::{Args, Parser, Subcommand};
use reader_gateway::config::Config;
use reader_gateway::identity::Identity;
use reader_gateway::options::Options;
use reader_gateway::outbox::Outbox;
use reader_gateway::port::{Access, PortUrl};
use reader_gateway::protocol::DriverName;
use reader_gateway::run::{Gateway, Parts, fresh_secret};
use reader_gateway::simulate::run::simulate;
use reader_gateway::simulate::{Pace, Simulator, tags};
use reader_gateway::uplink::{Answer, Uplink, http};
use reader_gateway::{carry, clock, limits, listen};

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
    /// Hear every reader of the configuration and deliver to the service, for ever.
    Run(Run),
    /// Check a configuration and say what is wrong or unwise.
    CheckConfig {
        /// The configuration file.
        config: PathBuf,
    },
    /// Show this gateway's key id, public key and confirmation code; make the key if there is none.
    Keys(WithConfig),
    /// Ask the service to enrol this gateway, and show the code that two people compare.
    Enrol(Enrol),
    /// Write what waits as signed files, to be carried to the service.
    Export(Export),
    /// Take a receipt that was carried back.
    ImportReceipt(ImportReceipt),
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

#[derive(Debug, Args)]
struct WithConfig {
    /// The configuration file.
    #[arg(long)]
    config: PathBuf,
}

#[derive(Debug, Args)]
struct Run {
    #[command(flatten)]
    with: WithConfig,
    /// The service's log was restored and its break declared: take its new head.
    #[arg(long)]
    accept_new_head: bool,
}

#[derive(Debug, Args)]
struct Enrol {
    #[command(flatten)]
    with: WithConfig,
    /// Words that the service's people gave for this enrolment.
    #[arg(long)]
    code_words: Option<String>,
}

#[derive(Debug, Args)]
struct Export {
    #[command(flatten)]
    with: WithConfig,
    /// Directory for the files.
    #[arg(long)]
    out: PathBuf,
}

#[derive(Debug, Args)]
struct ImportReceipt {
    #[command(flatten)]
    with: WithConfig,
    /// The receipt's file.
    receipt: PathBuf,
    /// The service's log was restored and its break declared: take its new head.
    #[arg(long)]
    accept_new_head: bool,
}

/// Runs one command.
///
/// # Errors
/// What went wrong, with what was tried.
pub fn run(cli: Cli) -> Result<()> {
    match cli.command {
        Command::Listen(args) => listening(args),
        Command::Simulate(args) => simulating(&args),
        Command::Run(args) => running(&args),
        Command::CheckConfig { config } => checking(&config),
        Command::Keys(with) => keys(&with),
        Command::Enrol(args) => enrolling(args),
        Command::Export(args) => exporting(&args),
        Command::ImportReceipt(args) => importing(&args),
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

fn running(args: &Run) -> Result<()> {
    let config = Config::read(&args.with.config)?;
    config.warnings().iter().for_each(|warning| tracing::warn!("{warning}."));
    runtime()?.block_on(async {
        let gateway = Gateway::start(&config, Parts { accept_new_head: args.accept_new_head, ..Parts::default() })?;
        tracing::info!(
            gateway.key = gateway.key_id(),
            "The gateway {:?} hears {} readers.",
            config.gateway.id,
            config.readers.len()
        );
        told_to_stop().await;
        gateway.stop().await;
        Ok(())
    })
}

#[cfg(unix)]
async fn told_to_stop() {
    let Ok(mut terminate) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) else {
        let _ = tokio::signal::ctrl_c().await;
        return;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

#[cfg(not(unix))]
async fn told_to_stop() {
    let _ = tokio::signal::ctrl_c().await;
}

fn checking(path: &Path) -> Result<()> {
    let config = Config::read(path)?;
    for warning in config.warnings() {
        say(&format!("warning: {warning}"))?;
    }
    say(&format!("{} is a good configuration: gateway {:?}, {} readers", path.display(), config.gateway.id, config.readers.len()))
}

fn keys(with: &WithConfig) -> Result<()> {
    let config = Config::read(&with.config)?;
    let identity = Identity::open(&config.gateway.key, fresh_secret)?;
    say(&format!("key id             {}", identity.id()))?;
    say(&format!("public key         {}", identity.public_key()))?;
    say(&format!("confirmation code  {}", identity.confirmation_code(&config.gateway.service_key)))
}

fn enrolling(args: Enrol) -> Result<()> {
    let config = Config::read(&args.with.config)?;
    let identity = Identity::open(&config.gateway.key, fresh_secret)?;
    let code = identity.confirmation_code(&config.gateway.service_key);
    let mut post = http::client(&config.gateway.service, config.gateway.ca.as_deref())?;
    let mut uplink = Uplink::new(identity, &config.gateway.id, config.gateway.service_key, false, 0);
    uplink.set_code_words(args.code_words);
    match post(&uplink.enrolment()) {
        Answer::Status(200..=299 | 409, _) => {
            say(&format!("Asked. Key id {}. Two people at the service compare this code and approve: {code}", uplink.gateway()))
        }
        Answer::Status(status, body) => {
            bail!("the service refuses with {status}: {}", String::from_utf8_lossy(&body[..body.len().min(300)]))
        }
        Answer::None(why) => bail!("the service is out of reach: {why}"),
    }
}

fn exporting(args: &Export) -> Result<()> {
    let config = Config::read(&args.with.config)?;
    let identity = Identity::open(&config.gateway.key, fresh_secret)?;
    let files = carry::export(&Outbox::visit(&config.gateway.outbox)?, &identity, &args.out)?;
    for file in &files {
        say(&file.display().to_string())?;
    }
    if files.is_empty() { say("nothing waits") } else { Ok(()) }
}

fn importing(args: &ImportReceipt) -> Result<()> {
    let config = Config::read(&args.with.config)?;
    let identity = Identity::open(&config.gateway.key, fresh_secret)?;
    let mut outbox = Outbox::visit(&config.gateway.outbox)?;
    let mut uplink = Uplink::new(identity, &config.gateway.id, config.gateway.service_key, args.accept_new_head, 0);
    let next = carry::import_receipt(&mut outbox, &mut uplink, &args.receipt, clock::now())?;
    say(&format!("everything below {next} is in the book; {} items wait", outbox.waiting()))
}

fn say(line: &str) -> Result<()> {
    writeln!(std::io::stdout().lock(), "{line}").context("cannot write to standard output")
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
