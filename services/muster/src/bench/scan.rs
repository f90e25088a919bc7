//! From a byte on the wire to a live feed: a scanner's line on a pseudo-terminal, the gateway's own port,
//! driver, sieve, outbox and flush, its uplink over HTTP, the log, the projector, the feed at a client.
//!
//! The clock starts before the bytes are written and stops when the client has read the event. Each scan
//! waits for the one before, so that nothing is shared between two.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use armoury::command::{Command, GatewayCommand, gateway};
use armoury::ids::GatewayKey;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use event_log::bench::Figure;
use reader_gateway::config::Config;
use reader_gateway::identity::Identity;
use reader_gateway::run::{Gateway, Parts, fresh_secret};
use reader_gateway::simulate::run::Terminal;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::mpsc;

use super::served::{Served, bare_flush_ms};
use super::{millis, percentile};
use crate::desk::How;
use crate::scratch::Scratch;

/// A scan that is not heard within this has been lost.
const PATIENCE: Duration = Duration::from_secs(30);

/// So many scans, one after another.
pub fn scan_to_view(dir: &Scratch, scans: u64) -> anyhow::Result<Vec<Figure>> {
    let served = Served::begin(dir)?;
    let mut flush = bare_flush_ms(dir)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let mut heard = listen(&served)?;
    let mut times = runtime.block_on(async {
        let terminal = Terminal::new().context("a pseudo-terminal")?;
        let config = config(&served, dir, &terminal)?;
        enrol(&served, &config).await?;
        let gateway = Gateway::start(&config, Parts::default())?;
        let times = scan(terminal, &mut heard, scans).await?;
        drop(gateway);
        anyhow::Ok(times)
    })?;
    flush = (flush + bare_flush_ms(dir)?) / 2.0;
    let mut round = served.round_trips(200)?;
    let bare = 2.0 * flush + percentile(&mut round, 50);
    let words = "two bare flushes and one GET /healthz, p50 (a line on a pseudo-terminal)";
    let figure = |name: &str, percent: usize, times: &mut [f64]| Figure::new(name, percentile(times, percent), "ms", words, bare);
    Ok(vec![figure("scan-to-view.p50", 50, &mut times), figure("scan-to-view.p99", 99, &mut times)])
}

/// The lines of a live feed, as they come.
fn listen(served: &Served) -> anyhow::Result<mpsc::UnboundedReceiver<String>> {
    let mut line = served.line()?;
    line.listen()?;
    let (tell, heard) = mpsc::unbounded_channel();
    std::thread::Builder::new().name("ear".to_owned()).spawn(move || {
        while let Ok(text) = line.hear() {
            if tell.send(text).is_err() {
                return;
            }
        }
    })?;
    Ok(heard)
}

fn config(served: &Served, dir: &Scratch, terminal: &Terminal) -> anyhow::Result<Config> {
    let service_key = STANDARD.encode(served.app.signing_key()?.verifying_key().as_bytes());
    let text = format!(
        "[gateway]\nid = \"bench\"\nservice = \"http://{}\"\nservice_key = \"{service_key}\"\nkey = \"gateway.key\"\noutbox = \"outbox.sqlite\"\n\
         [[reader]]\nid = \"scanner\"\nplace = \"{}\"\ndriver = \"barcode-line\"\nport = \"serial:{}\"\n",
        served.address, served.site, terminal.path
    );
    Config::parse(&text, dir).map_err(|cause| anyhow::anyhow!("the gateway's configuration: {cause}"))
}

async fn enrol(served: &Served, config: &Config) -> anyhow::Result<()> {
    let identity = Identity::open(&config.gateway.key, fresh_secret)?;
    let key: GatewayKey = identity.id().parse()?;
    let propose = gateway::Propose { public_key: STANDARD.encode(identity.public_bytes()), name: "bench".to_owned() };
    let [first, second] = served.founders();
    let command = Command::Gateway(key.clone(), GatewayCommand::Propose(propose));
    let asked = served.app.act(&first, command, How::default()).await?;
    let request = *asked.event_ids.last().context("a proposal is an event")?;
    let command = Command::Gateway(key, GatewayCommand::Enrol(gateway::Enrol { request }));
    served.app.act(&second, command, How::default()).await.map(drop)?;
    Ok(())
}

async fn scan(mut terminal: Terminal, heard: &mut mpsc::UnboundedReceiver<String>, scans: u64) -> anyhow::Result<Vec<f64>> {
    let mut times = Vec::new();
    for nth in 0..scans + 1 {
        let text = format!("BENCH-{nth:06}");
        let start = Instant::now();
        terminal.reader.write_all(format!("{text}\r\n").as_bytes()).await?;
        let wait = async {
            while let Some(line) = heard.recv().await {
                if line.starts_with("data:") && line.contains(&text) {
                    return true;
                }
            }
            false
        };
        let came = tokio::time::timeout(PATIENCE, wait).await.with_context(|| format!("{text} was never heard"))?;
        anyhow::ensure!(came, "the feed ended before {text}");
        if nth > 0 {
            times.push(millis(start)); // The first one waits until the line is open.
        }
    }
    Ok(times)
}
