//! Who listens: live feeds on real sockets, a thousand of them in one runtime.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

use crate::web::Web;

/// What every feed begins with.
const BEGINNING: &[u8] = b"retry: 2000\n\n";

/// One feed and what was heard of it.
pub struct Ear {
    stream: TcpStream,
    rest: Vec<u8>,
    /// Positions heard, in the order they came.
    pub heard: Vec<u64>,
    /// The feed has ended.
    pub ended: bool,
}

impl Ear {
    /// Listens as somebody, from after a position or from now on; with a small receive buffer if wanted.
    pub async fn open(who: &Web, last: Option<u64>, small: bool) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        if small {
            socket.set_recv_buffer_size(4096).unwrap();
        }
        let mut stream = socket.connect(who.address.parse().unwrap()).await.unwrap();
        let last = last.map(|last| last.to_string());
        let headers: Vec<(&str, &str)> = last.iter().map(|last| ("Last-Event-ID", last.as_str())).collect();
        let request = who.request("GET", "/api/v1/live", &headers, None).replace("Connection: close\r\n", "");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut ear = Self { stream, rest: Vec::new(), heard: Vec::new(), ended: false };
        loop {
            let begun = ear.rest.windows(BEGINNING.len()).position(|some| some == BEGINNING);
            if let Some(begun) = begun {
                assert!(ear.rest.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&ear.rest));
                ear.rest.drain(..begun + BEGINNING.len());
                ear.understand();
                return ear;
            }
            assert!(ear.more().await, "no feed: {}", String::from_utf8_lossy(&ear.rest));
        }
    }

    /// Listens until this is true of what was heard, or the feed ends.
    pub async fn until(&mut self, enough: impl Fn(&[u64]) -> bool) {
        while !self.ended && !enough(&self.heard) {
            self.more().await;
            self.understand();
        }
    }

    async fn more(&mut self) -> bool {
        let mut some = [0; 16384];
        let read = self.stream.read(&mut some).await.unwrap_or(0); // Cut off or ended is one here.
        self.rest.extend_from_slice(&some[..read]);
        self.ended |= read == 0;
        read > 0
    }

    fn understand(&mut self) {
        while let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.rest.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            self.ended |= line == "0\r\n"; // The last chunk: the feed is over, though the connection is kept.
            self.heard.extend(line.strip_prefix("id: ").and_then(|id| id.trim().parse::<u64>().ok()));
        }
    }
}

/// Waits, but not for ever.
pub async fn within<T>(what: &str, wait: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(150), wait).await.unwrap_or_else(|_| panic!("waited in vain for {what}"))
}
