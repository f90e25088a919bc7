//! Ports: where the bytes come from. The only rooms that touch a line, a socket or a broker.
//!
//! A port never gives up: missing at start, unplugged or cut off, it is tried again for ever with a
//! capped wait, and each opening and closing is told. What a port cannot hand on in time is counted
//! as lost, never dropped in silence.

pub mod memory;
pub mod mqtt;
pub mod stream;
pub mod url;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

pub use self::url::PortUrl;

/// What a port tells.
#[derive(Debug)]
pub enum Incoming {
    /// It is open (again).
    Opened,
    /// It closed or cannot be opened; why, in words.
    Closed(String),
    /// Bytes of a stream.
    Bytes(Vec<u8>),
    /// One message, and the ticket by which it is acknowledged once it is safe.
    Message(Vec<u8>, Ticket),
    /// A message that must not be believed, and why; it is counted and acknowledged.
    Refused(&'static str),
    /// Messages, or pieces of a line, that came faster than they could be taken and have no second copy.
    Lost(u64),
}

/// The right to acknowledge one message. Dropped unused, the sender will send it again.
#[derive(Debug)]
pub enum Ticket {
    /// Nothing to acknowledge.
    None,
    /// A broker's message.
    Mqtt(mqtt::MqttTicket),
    /// A message of a [`memory`] port; counts what was acknowledged.
    Counted(Arc<AtomicU64>),
}

impl Ticket {
    /// Everything in the message is durable or was dropped on purpose.
    pub fn done(self) {
        match self {
            Self::None => {}
            Self::Mqtt(ticket) => ticket.done(),
            Self::Counted(done) => {
                done.fetch_add(1, Ordering::SeqCst);
            }
        }
    }
}

/// What a port may need beside its URL.
#[derive(Clone, Default)]
pub struct Access {
    /// The name this client has at a broker; the same over restarts, so that the broker keeps its session.
    pub client_id: String,
    /// Whether the broker keeps messages while we are away.
    pub lasting: bool,
    /// User name and password at a broker.
    pub login: Option<(String, zeroize::Zeroizing<String>)>,
    /// Authority certificates, PEM; absent: the system's.
    pub ca: Option<Vec<u8>>,
    /// Our own certificate and key, PEM.
    pub identity: Option<(Vec<u8>, zeroize::Zeroizing<Vec<u8>>)>,
}

impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Access").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

/// An open port: its two ends, and the task that keeps it.
#[derive(Debug)]
pub struct Port {
    /// What the port tells.
    pub incoming: mpsc::Receiver<Incoming>,
    /// Bytes for the other side.
    pub outgoing: mpsc::Sender<Vec<u8>>,
    task: Option<JoinHandle<()>>,
}

impl Drop for Port {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

/// Chunks or messages that wait between a port and its driver.
const WAITING: usize = 1024;

/// Opens a port and keeps it open. Must be called within a tokio runtime.
#[must_use]
pub fn open(url: PortUrl, access: Access) -> Port {
    let (tell, incoming) = mpsc::channel(WAITING);
    let (outgoing, from_us) = mpsc::channel(64);
    let task = match url {
        PortUrl::Mqtt(address) => tokio::spawn(mqtt::keep(address, access, tell)),
        PortUrl::Serial { .. } | PortUrl::Tcp { .. } | PortUrl::TcpListen { .. } => {
            tokio::spawn(stream::keep(url, tell, from_us))
        }
    };
    Port { incoming, outgoing, task: Some(task) }
}
