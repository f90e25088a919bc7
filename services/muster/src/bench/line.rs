//! One connection to the service on this machine, kept open: requests one after another, and a live feed.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// The connection and who asks on it.
pub struct Line {
    stream: BufReader<TcpStream>,
    beside: String,
}

impl Line {
    /// Connects, with a token to show.
    pub fn open(address: std::net::SocketAddr, token: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        Ok(Self { stream: BufReader::new(stream), beside: format!("Host: {address}\r\nAuthorization: Bearer {token}\r\n") })
    }

    fn ask(&mut self, path: &str) -> io::Result<usize> {
        let request = format!("GET {path} HTTP/1.1\r\n{}\r\n", self.beside);
        self.stream.get_mut().write_all(request.as_bytes())?;
        let (mut line, mut length) = (String::new(), 0);
        self.stream.read_line(&mut line)?;
        if !line.starts_with("HTTP/1.1 200") {
            return Err(io::Error::other(format!("GET {path}: {}", line.trim())));
        }
        loop {
            line.clear();
            self.stream.read_line(&mut line)?;
            if line.trim().is_empty() {
                return Ok(length);
            }
            let lower = line.to_ascii_lowercase();
            length = lower.strip_prefix("content-length:").and_then(|text| text.trim().parse().ok()).unwrap_or(length);
        }
    }

    /// GET; the body.
    pub fn get(&mut self, path: &str) -> io::Result<Vec<u8>> {
        let mut body = vec![0; self.ask(path)?];
        self.stream.read_exact(&mut body)?;
        Ok(body)
    }

    /// Turns the connection into a live feed; each line of it is then read by [`Line::hear`].
    pub fn listen(&mut self) -> io::Result<()> {
        self.ask("/api/v1/live").map(drop)
    }

    /// The next line of the feed.
    pub fn hear(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(line)
    }
}
