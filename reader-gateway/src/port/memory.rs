//! A port without a line: the demonstration's and the tests' readers speak through it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc;

use super::{Incoming, Port, Ticket};

/// The reader's end.
#[derive(Debug)]
pub struct ReaderEnd {
    tell: mpsc::Sender<Incoming>,
    /// Bytes the driver sent.
    pub commands: mpsc::Receiver<Vec<u8>>,
    done: Arc<AtomicU64>,
}

/// Two ends of one port. The port is open from the beginning.
#[must_use]
pub fn pair() -> (Port, ReaderEnd) {
    let (tell, incoming) = mpsc::channel(super::WAITING);
    let (outgoing, commands) = mpsc::channel(64);
    let _ = tell.try_send(Incoming::Opened); // There is room: the channel is new.
    (Port { incoming, outgoing, task: None }, ReaderEnd { tell, commands, done: Arc::default() })
}

impl ReaderEnd {
    /// Hands over one message; it waits while the gateway is behind. False: the gateway is gone.
    pub async fn publish(&self, message: Vec<u8>) -> bool {
        self.tell.send(Incoming::Message(message, Ticket::Counted(Arc::clone(&self.done)))).await.is_ok()
    }

    /// Hands over bytes of a stream.
    pub async fn write(&self, bytes: Vec<u8>) -> bool {
        self.tell.send(Incoming::Bytes(bytes)).await.is_ok()
    }

    /// The cable is pulled, or plugged in again.
    pub async fn plug(&self, plugged: bool) -> bool {
        let event = if plugged { Incoming::Opened } else { Incoming::Closed("unplugged".to_owned()) };
        self.tell.send(event).await.is_ok()
    }

    /// Messages acknowledged so far.
    #[must_use]
    pub fn acknowledged(&self) -> u64 {
        self.done.load(Ordering::SeqCst)
    }
}
