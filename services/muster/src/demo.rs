//! `muster demo`: everything in one process, no configuration, no network. Training data throughout.
//!
//! Three sites, 2,000 weapons, ninety days of history and simulated readers that speak real protocol
//! bytes through the real drivers. Nothing is faked below the port: the same desk, log, projector,
//! gateway and pages. Passwords and tokens are made for this run alone; killed, nothing remains.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::accounts::AccountsError;
use crate::app::{App, StartError};
use crate::config::Config;
use crate::random;
use crate::scratch::Scratch;
use crate::server::{self, ServeError};

pub mod catalogue;
pub mod dice;
pub mod founding;
pub mod history;
pub mod logins;
pub mod people;
pub mod radio;
pub mod stores;
pub mod tell;
pub mod today;
pub mod wander;
pub mod world;

use logins::Login;
use radio::{NotHeard, Radio};
use tell::{NotTaken, Tell};
use today::Today;
use world::World;

/// What the command line says.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// The port of this machine to listen on; 0 takes a free one.
    #[arg(long, default_value_t = 7878)]
    pub port: u16,
    /// Where to keep the training data; without it, it is gone when the program ends.
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// Print one line of JSON when ready, instead of the banner.
    #[arg(long)]
    pub json: bool,
}

/// Why there is no demonstration.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The folder holds a book already.
    #[error("{0} holds a log already; the demonstration writes into an empty folder only")]
    NotEmpty(PathBuf),
    /// The book does not open.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The address.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// The readers.
    #[error(transparent)]
    Radio(#[from] NotHeard),
    /// The story is wrong.
    #[error(transparent)]
    Story(#[from] NotTaken),
    /// Accounts.
    #[error(transparent)]
    Accounts(#[from] AccountsError),
    /// The system.
    #[error("the demonstration cannot go on")]
    System(#[source] std::io::Error),
}

/// Runs the demonstration until it is told to stop.
///
/// # Errors
/// [`DemoError`].
pub fn run(options: &Options) -> Result<(), DemoError> {
    actix_web::rt::System::new().block_on(demonstrate(options))
}

async fn demonstrate(options: &Options) -> Result<(), DemoError> {
    let scratch = options.data.is_none().then(|| Scratch::new("demo"));
    let data = options.data.clone().or_else(|| scratch.as_ref().map(|folder| folder.to_path_buf())).unwrap_or_default();
    let listener = server::listen(SocketAddr::from(([127, 0, 0, 1], options.port)))?;
    let address = listener.local_addr().map_err(DemoError::System)?;
    let mut config = Config { data: data.clone(), training: true, ..Config::default() };
    config.web.listen = address;
    config.limits.requests_a_minute = 60_000; // One machine, and programs that try out everything at once.
    let app = App::open(config)?;
    if app.log().head().size > 0 {
        return Err(DemoError::NotEmpty(data));
    }
    let making = tokio::task::spawn_blocking({
        let accounts = app.accounts_shared();
        move || logins::make(&accounts)
    });
    let tell = Tell::new(Arc::clone(&app));
    let world = World::new(|| random::uuid_v7(random::now()));
    let radio = Radio::plug_in(&app, &world, &data)?;
    let told = tell_all(&tell, &world, &radio).await;
    random::run_clock();
    let today = told?;
    let (gateway, field) = radio.hear()?;
    wander::start(&tell, &world, today, &field);
    let logins = making.await.map_err(|error| DemoError::System(std::io::Error::other(error)))??;
    // Told only once it answers, so that a program may stop it from then on and nothing remains.
    let serving = actix_web::rt::spawn(server::serve(app, listener));
    let answers = tokio::task::spawn_blocking(move || answers(address)).await;
    answers.map_err(std::io::Error::other).flatten().map_err(DemoError::System)?;
    say(options, &format!("http://{address}"), &data, &logins).map_err(DemoError::System)?;
    serving.await.map_err(|error| DemoError::System(std::io::Error::other(error)))??;
    gateway.stop().await;
    drop(scratch);
    Ok(())
}

/// Waits for the first answer of our own service.
fn answers(address: SocketAddr) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    write!(stream, "GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    stream.read_exact(&mut [0; 12])
}

/// The whole story, from ninety days ago to now.
async fn tell_all(tell: &Tell, world: &World, radio: &Radio) -> Result<Today, NotTaken> {
    let now = random::now();
    let start = history::day(now, history::DAYS, 7);
    founding::people(tell, world, start).await?;
    founding::places(tell, world, start).await?;
    tell.at(start.plus_seconds(2 * 3600));
    founding::ledger(tell, world).await?;
    founding::gateway(tell, &radio.key_id, &radio.public_key).await?;
    history::tell(tell, world, now).await?;
    today::tell(tell, world, now).await
}

/// One line for programs, or a banner for people.
fn say(options: &Options, url: &str, data: &std::path::Path, logins: &BTreeMap<&str, Login>) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    if options.json {
        let line = serde_json::json!({ "url": url, "data": data, "logins": logins });
        writeln!(out, "{line}")?;
        return out.flush();
    }
    writeln!(out, "\n  Muster: a training armoury, three sites, {} weapons. Nothing in it is real.\n", stores::WEAPONS)?;
    writeln!(out, "  {url}\n")?;
    for (role, login) in logins {
        writeln!(out, "  {:<18} {:>6}   {}", role.replace('_', " "), login.user, login.password)?;
    }
    let kept = if options.data.is_some() { "kept in" } else { "gone when you stop (Ctrl-C); until then in" };
    writeln!(out, "\n  These passwords were made for this run. The data is {kept} {}.\n", data.display())?;
    out.flush()
}
