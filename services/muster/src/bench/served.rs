//! A made-up book that is served on this machine, for the figures that are taken over HTTP.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::{Duration, Instant};

use armoury::event::Fact;
use armoury::ids::{PlaceId, ServiceNumber};
use event_log::{Expected, NewEvent, StreamName, TypeName};

use super::line::Line;
use super::{millis, percentile};
use crate::app::App;
use crate::auth::Who;
use crate::config::Config;
use crate::scratch::Scratch;
use crate::server;
use crate::setup::{Founder, Request};

/// The book, and where it is served.
pub struct Served {
    /// The program.
    pub app: Arc<App>,
    /// Its address.
    pub address: SocketAddr,
    /// A founder's token.
    pub token: String,
    /// The site.
    pub site: PlaceId,
}

/// The two who found it.
const FOUNDERS: [&str; 2] = ["1001", "1002"];

fn number(text: &str) -> ServiceNumber {
    text.parse().expect("digits are a service number")
}

impl Served {
    /// Founds the book and serves it until the process ends.
    pub fn begin(dir: &Scratch) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let mut config = Config { data: dir.join("data"), ..Config::default() };
        config.web.listen = listener.local_addr()?;
        config.limits.requests_a_minute = 10_000_000;
        (config.sign_in.password_memory_kib, config.sign_in.password_passes) = (64, 1);
        let address = config.web.listen;
        let app = App::open(config)?;
        let link = app.setup().new_link(app.now());
        let founder = |text: &str| Founder {
            service_number: number(text),
            name: format!("Bench {text}"),
            password: format!("the pass phrase of {text}"),
        };
        let [first, second] = FOUNDERS.map(founder);
        let request = Request { link, place: "Camp Bench".to_owned(), first, second };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let site = runtime.block_on(app.found(request, true))?.place;
        let token = app.accounts().make_token(&number(FOUNDERS[0]), "bench", None, app.now())?.0;
        let shared = Arc::clone(&app);
        std::thread::Builder::new().name("served".to_owned()).spawn(move || {
            if let Err(cause) = actix_web::rt::System::new().block_on(server::serve(shared, listener)) {
                tracing::error!(%cause, "The bench's service stopped.");
            }
        })?;
        Ok(Self { app, address, token, site })
    }

    /// The founders, each in a sign-in of his own.
    pub fn founders(&self) -> [Who; 2] {
        FOUNDERS.map(|text| {
            let person = number(text);
            let grants = self.app.grants(&person);
            Who::once(person, format!("bench-{text}"), grants, "en".to_owned())
        })
    }

    /// Connects.
    pub fn line(&self) -> anyhow::Result<Line> {
        Ok(Line::open(self.address, &self.token)?)
    }

    /// Writes made-up facts into the log, a stream at once, and waits until views and rules have seen them.
    pub fn enter(&self, facts: impl Iterator<Item = Fact>) -> anyhow::Result<()> {
        let mut streams: BTreeMap<String, Vec<NewEvent>> = BTreeMap::new();
        for fact in facts {
            let new = NewEvent {
                id: self.app.new_id(),
                type_name: TypeName::new(fact.event.type_name())?,
                schema_version: fact.event.schema_version(),
                occurred_at: fact.occurred_at.micros(),
                meta: serde_json::to_vec(&fact.meta)?,
                data: fact.event.data()?,
            };
            streams.entry(fact.stream).or_default().push(new);
        }
        let streams: Vec<_> = streams.into_iter().collect();
        std::thread::scope(|scope| -> anyhow::Result<()> {
            let write = |share: &[(String, Vec<NewEvent>)]| -> anyhow::Result<()> {
                for (stream, events) in share {
                    self.app.log().append_blocking(&StreamName::new(stream.as_str())?, Expected::NoStream, events.clone())?;
                }
                Ok(())
            };
            let shares = streams.chunks(streams.len().div_ceil(64).max(1));
            let writers: Vec<_> = shares.map(|share| scope.spawn(move || write(share))).collect();
            writers.into_iter().try_for_each(|writer| writer.join().map_err(|_| anyhow::anyhow!("a writer broke off"))?)
        })?;
        let (size, begun) = (self.app.log().head().size, Instant::now());
        while *self.app.settled_to().borrow() < size {
            anyhow::ensure!(begun.elapsed() < Duration::from_secs(300), "the rules do not come to the end of the log");
            std::thread::sleep(Duration::from_millis(20)); // Not measured.
        }
        Ok(())
    }

    /// Milliseconds of asking `/healthz` so many times on one connection: what HTTP on this machine costs by itself.
    pub fn round_trips(&self, times: u64) -> anyhow::Result<Vec<f64>> {
        let mut line = self.line()?;
        (0..times)
            .map(|_| {
                let start = Instant::now();
                line.get("/healthz")?;
                Ok(millis(start))
            })
            .collect()
    }
}

/// What one small write and its flush cost on this disk, p50 of fifty, in milliseconds.
pub fn bare_flush_ms(dir: &Scratch) -> std::io::Result<f64> {
    let mut file = std::fs::File::create(dir.join("flush"))?;
    let mut times = Vec::new();
    for _ in 0..50 {
        let start = Instant::now();
        file.write_all(&[0; 4096])?;
        file.sync_data()?;
        times.push(millis(start));
    }
    Ok(percentile(&mut times, 50))
}
