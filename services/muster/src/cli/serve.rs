//! `muster serve`, `muster project` and `muster check-config`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;

use super::out::say;
use crate::app::App;
use crate::config::Config;
use crate::{room, server, setup};

/// Where to run and with what.
#[derive(Debug, Args)]
pub struct Serve {
    /// The configuration file; without one the defaults serve this machine only.
    #[arg(long)]
    config: Option<PathBuf>,
    /// The data folder, instead of the configuration's.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Where to listen, instead of the configuration's.
    #[arg(long)]
    listen: Option<SocketAddr>,
}

impl Serve {
    /// The configuration with what the command line says instead.
    ///
    /// # Errors
    /// When the file is not understood or the whole is refused.
    pub fn config(&self) -> anyhow::Result<Config> {
        let mut config = self.config.as_deref().map_or_else(|| Ok(Config::default()), Config::read)?;
        if let Some(data) = &self.data {
            config.data.clone_from(data);
        }
        if let Some(listen) = self.listen {
            config.web.listen = listen;
        }
        config.check()?;
        Ok(config)
    }

    /// Serves until told to stop.
    ///
    /// # Errors
    /// When it cannot start, or stops by itself.
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let mut config = self.config()?;
        let listener = server::listen(config.web.listen)?;
        config.web.listen = listener.local_addr().context("the address taken")?;
        let app = App::open(config)?;
        banner(&app);
        let log = app.log().clone();
        let served = actix_web::rt::System::new().block_on(server::serve(app, listener));
        log.close(); // so that another machine may go on with it
        served?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Serve {
    /// Follows the log and keeps the views, without pages, until told to stop.
    ///
    /// # Errors
    /// When it cannot start.
    pub fn project(&self) -> anyhow::Result<ExitCode> {
        let app = App::open(self.config()?)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let mut news = app.applied_to().subscribe();
            loop {
                say(format!("views at position {}", *news.borrow_and_update()));
                tokio::select! {
                    changed = news.changed() => changed.context("the projector stopped")?,
                    stop = tokio::signal::ctrl_c() => return stop.context("the signal to stop cannot be heard"),
                }
            }
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

/// What is said at the start: where, what, and what needs a person.
fn banner(app: &Arc<App>) {
    let head = app.log().head();
    say(format!("muster {}", env!("CARGO_PKG_VERSION")));
    say(format!("  pages   {}", app.config().url()));
    say(format!("  data    {}", app.config().data.display()));
    say(format!("  log     {} events, head {}", head.size, &hex::encode(head.root)[..16]));
    if let Some(reason) = app.read_only() {
        say(format!("  READ-ONLY: {reason}"));
        if !app.config().log.url.as_deref().is_some_and(crate::store::is_server) {
            say("  Two approvers declare a break with `muster log declare-break` while the service is stopped.");
        }
    }
    if room::is_short(&app.config().data) {
        say("  DISK FULL, or nearly: people can sign in and read; entries are refused where there is no room for them.");
        say("  Make room on the disk that holds the data, 20 MiB or more; nothing needs to be started again.");
    }
    if app.setup().waits() {
        let link = app.setup().new_link(app.now());
        say("\nThe book is empty. Open this link on this machine within 30 minutes to enter the first two people:");
        say(format!("  {}/set-up?link={link}", app.config().url()));
        say(format!("(or POST the same to /api/v1/setup; the link is good for {} minutes)", setup::LINK_SECONDS / 60));
    }
}

/// Reads a configuration and says what it means.
///
/// # Errors
/// When it is not understood or refused.
pub fn check_config(path: &Path) -> anyhow::Result<ExitCode> {
    let config = Config::read(path)?;
    say(format!("{} is understood.", path.display()));
    say(format!("  node    {}", config.node));
    say(format!("  data    {}", config.data.display()));
    say(format!("  log     {}", config.log.url.as_deref().unwrap_or("log.sqlite in the data folder")));
    if config.log.url.as_deref().is_some_and(crate::store::is_server) {
        let (name, user) = (config.log.name.as_deref(), config.log.user.as_deref());
        say(format!("  name    {} (on the server)", name.unwrap_or(config.node.as_str())));
        say(format!("  user    {}", user.unwrap_or("none")));
    }
    say(format!("  anchor  {}", config.anchor().display()));
    say(format!("  listen  {} ({})", config.web.listen, if config.web.tls.is_some() { "TLS" } else { "plain HTTP" }));
    Ok(ExitCode::SUCCESS)
}
