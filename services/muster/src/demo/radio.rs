//! The simulated readers and the gateway that hears them, all in this process.
//!
//! The rack room's reader is a Mercury module at the far end of a real pseudo-terminal: the gateway
//! opens the near end by its path, through the same serial port and driver as a real one. The portals
//! are Zebra readers whose messages come through a port in memory. From there on everything is the
//! gateway itself: sieve, outbox on disk, signed batches over HTTP, receipts.

use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reader_gateway::clock;
use reader_gateway::config::Config;
use reader_gateway::identity::Identity;
use reader_gateway::port::memory::{self, ReaderEnd};
use reader_gateway::protocol::DriverName;
use reader_gateway::run::{Gateway, Parts, fresh_secret};
use reader_gateway::simulate::run::Terminal;
use reader_gateway::simulate::tags::Tag;
use reader_gateway::simulate::{Pace, Simulator};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::watch;

use super::stores::{COUNTED_TODAY, EXAMINATION};
use super::world::{Arm, World};
use crate::app::App;

/// Reads a second of each simulated reader.
const PACE: Pace = Pace { rate: 40, once: false };
/// A reader looks at least so often whether other tags lie before it.
const LOOK: Duration = Duration::from_millis(200);

/// Why the readers are not heard.
#[derive(Debug, thiserror::Error)]
#[error("the simulated readers cannot be heard: {what}")]
pub struct NotHeard {
    what: &'static str,
    #[source]
    cause: Box<dyn std::error::Error + Send + Sync>,
}

fn not_heard<E: Into<Box<dyn std::error::Error + Send + Sync>>>(what: &'static str) -> impl FnOnce(E) -> NotHeard {
    move |cause| NotHeard { what, cause: cause.into() }
}

/// The gateway before it is enrolled: its key is made, its readers are plugged in.
pub struct Radio {
    config: Config,
    parts: Parts,
    /// The gateway's public key, base64.
    pub public_key: String,
    /// Its key id.
    pub key_id: String,
    field: Field,
}

impl std::fmt::Debug for Radio {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Radio").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

/// Where tags are put before the readers.
#[derive(Clone, Debug)]
pub struct Field {
    /// The rack room that is being counted.
    pub rack_room: watch::Sender<Vec<Tag>>,
    /// A Company's door.
    pub portal: watch::Sender<Vec<Tag>>,
    /// The depot's examination room.
    pub depot: watch::Sender<Vec<Tag>>,
}

/// The tag of a weapon as a reader hears it.
#[must_use]
pub fn tag(arm: &Arm) -> Option<Tag> {
    let (epc, tid) = arm.tag.as_ref()?;
    Some(Tag::epc(&hex::decode(epc).ok()?, Some(&hex::decode(tid).ok()?)))
}

impl Radio {
    /// Plugs the readers in; nothing is heard yet.
    ///
    /// # Errors
    /// When the system gives no pseudo-terminal or the gateway's files cannot be made.
    pub fn plug_in(app: &App, world: &World, data: &Path) -> Result<Self, NotHeard> {
        let folder = data.join("gateway");
        std::fs::create_dir_all(&folder).map_err(not_heard("no folder"))?;
        let line = Terminal::new().map_err(not_heard("the system gives no pseudo-terminal"))?;
        let config = Config::parse(&toml(app, world, &line.path), &folder).map_err(not_heard("its configuration"))?;
        let identity = Identity::open(&config.gateway.key, fresh_secret).map_err(not_heard("its key"))?;
        let field =
            Field { rack_room: watch::Sender::default(), portal: watch::Sender::default(), depot: watch::Sender::default() };
        let mut parts = Parts::default();
        for (reader, tags) in [("portal-a", field.portal.subscribe()), ("depot-gate", field.depot.subscribe())] {
            let (port, end) = memory::pair();
            parts.ports.insert(reader.to_owned(), port);
            tokio::spawn(publish(end, tags));
        }
        tokio::spawn(on_the_line(line, field.rack_room.subscribe()));
        let public_key = STANDARD.encode(identity.public_bytes());
        Ok(Self { config, parts, public_key, key_id: identity.id().to_owned(), field })
    }

    /// Begins to hear; the gateway must be enrolled by now, or its outbox waits until it is.
    ///
    /// # Errors
    /// When its outbox or its client cannot be made.
    pub fn hear(self) -> Result<(Gateway, Field), NotHeard> {
        let gateway = Gateway::start(&self.config, self.parts).map_err(not_heard("it does not start"))?;
        Ok((gateway, self.field))
    }
}

/// The gateway's configuration, as an armourer would write it.
fn toml(app: &App, world: &World, line: &str) -> String {
    let room = |name: &str| world.rooms[world.room(name)];
    let (rack_room, portal, depot) = (room(COUNTED_TODAY), room("A Company rack room"), room(EXAMINATION));
    let key = app.signing_key().expect("a demonstration's book is new");
    let (service, service_key) = (app.config().url(), STANDARD.encode(key.verifying_key().as_bytes()));
    format!(
        r#"[gateway]
id = "training"
service = "{service}"
service_key = "{service_key}"
key = "gateway.key"
outbox = "outbox.sqlite"

[[reader]]
id = "rack-room-b"
place = "{rack_room}"
driver = "mercury"
port = "serial:{line}?baud=115200"
tid = true

[[reader]]
id = "portal-a"
place = "{portal}"
driver = "zebra-iotc"
port = "mqtt://127.0.0.1:1883/readers/portal-a/data"

[[reader]]
id = "depot-gate"
place = "{depot}"
driver = "zebra-iotc"
port = "mqtt://127.0.0.1:1883/readers/depot-gate/data"
"#
    )
}

/// A Mercury module at the far end of the line.
async fn on_the_line(line: Terminal, mut tags: watch::Receiver<Vec<Tag>>) {
    let Terminal { reader: mut far, kept: _near, .. } = line;
    let mut module = Simulator::new(DriverName::Mercury, Vec::new(), PACE);
    let mut buffer = [0; 512];
    loop {
        if tags.has_changed().unwrap_or(false) {
            module.set_tags(tags.borrow_and_update().clone());
        }
        for bytes in module.tick(clock::now()) {
            if far.write_all(&bytes).await.is_err() {
                return;
            }
        }
        tokio::select! {
            read = far.read(&mut buffer) => match read {
                Ok(0) | Err(_) => return,
                Ok(count) => {
                    let answer = module.receive(clock::now(), &buffer[..count]);
                    if far.write_all(&answer).await.is_err() {
                        return;
                    }
                }
            },
            () = tokio::time::sleep(pause(&module)) => {}
        }
    }
}

/// A Zebra reader that publishes into the port in memory.
async fn publish(end: ReaderEnd, mut tags: watch::Receiver<Vec<Tag>>) {
    let mut reader = Simulator::new(DriverName::ZebraIotc, Vec::new(), PACE);
    reader.start(clock::now());
    loop {
        if tags.has_changed().unwrap_or(false) {
            reader.set_tags(tags.borrow_and_update().clone());
        }
        for message in reader.tick(clock::now()) {
            if !end.publish(message).await {
                return;
            }
        }
        tokio::time::sleep(pause(&reader)).await;
    }
}

fn pause(simulator: &Simulator) -> Duration {
    let now = clock::now();
    simulator.wake_at().map_or(LOOK, |at| clock::until(at, now)).min(LOOK)
}
