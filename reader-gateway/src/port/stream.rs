//! Byte streams: serial lines and TCP, opened again whenever they close.

use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_serial::{SerialPortBuilderExt, SerialStream};

use super::{Incoming, PortUrl};
use crate::backoff::Backoff;

/// A cable plugged in again is noticed within this.
const RETRY_MOST_MS: u64 = 2_000;
/// A reader that does not take its command for this long is treated as gone.
const WRITE_WITHIN: Duration = Duration::from_secs(5);
const READ_BYTES: usize = 4 * 1024;

trait Line: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Line for T {}

/// Keeps the port until nobody listens any more.
pub(super) async fn keep(url: PortUrl, tell: mpsc::Sender<Incoming>, mut from_us: mpsc::Receiver<Vec<u8>>) {
    let mut backoff = Backoff::new(100, RETRY_MOST_MS, u64::from(std::process::id()));
    let mut listener = None;
    let is_serial = matches!(url, PortUrl::Serial { .. });
    loop {
        let why = match open(&url, &mut listener).await {
            Ok(line) => {
                while from_us.try_recv().is_ok() {} // Commands meant for the line that closed.
                if tell.send(Incoming::Opened).await.is_err() {
                    return;
                }
                backoff.reset();
                match serve(line, is_serial, &tell, &mut from_us).await {
                    Some(why) => why,
                    None => return,
                }
            }
            Err(error) => format!("cannot open {url}: {error}"),
        };
        if tell.send(Incoming::Closed(why)).await.is_err() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(backoff.wait_ms())).await;
    }
}

async fn open(url: &PortUrl, listener: &mut Option<TcpListener>) -> io::Result<Box<dyn Line>> {
    match url {
        PortUrl::Serial { path, baud } => Ok(Box::new(open_serial(path, *baud)?)),
        PortUrl::Tcp { address } => {
            let stream = tokio::time::timeout(Duration::from_secs(10), TcpStream::connect(address)).await??;
            stream.set_nodelay(true)?;
            Ok(Box::new(stream))
        }
        PortUrl::TcpListen { address } => {
            if listener.is_none() {
                *listener = Some(TcpListener::bind(address).await?);
            }
            let bound = listener.as_ref().ok_or_else(|| io::Error::other("no listener"))?;
            Ok(Box::new(bound.accept().await?.0))
        }
        PortUrl::Mqtt(_) => Err(io::Error::other("a broker is no stream")),
    }
}

/// Opens a serial line, alone: two programs on one reader would tear its frames apart. A pseudo-terminal
/// is shared, because whoever made it holds its other handle.
///
/// # Errors
/// As the system says.
pub fn open_serial(path: &str, baud: u32) -> io::Result<SerialStream> {
    let mut line = tokio_serial::new(path, baud).exclusive(!is_pseudo(path)).open_native_async()?;
    let _ = line.set_exclusive(!is_pseudo(path)); // A courtesy lock where the system knows one.
    Ok(line)
}

fn is_pseudo(path: &str) -> bool {
    std::fs::canonicalize(path).is_ok_and(|real| real.starts_with(Path::new("/dev/pts")))
}

/// Moves bytes both ways. `Some` words: the line closed; `None`: nobody listens any more.
///
/// A serial line cannot be asked to wait: what finds no room is counted here instead of vanishing in the
/// system's buffer. A socket waits by itself.
async fn serve(
    mut line: Box<dyn Line>,
    is_serial: bool,
    tell: &mpsc::Sender<Incoming>,
    from_us: &mut mpsc::Receiver<Vec<u8>>,
) -> Option<String> {
    let mut buffer = vec![0; READ_BYTES];
    let (mut writable, mut lost) = (true, 0);
    loop {
        tokio::select! {
            read = line.read(&mut buffer) => match read {
                Ok(0) => return Some("the other side closed the line".to_owned()),
                Ok(count) if is_serial => hand_on(tell, &mut lost, &buffer[..count]),
                Ok(count) => tell.send(Incoming::Bytes(buffer[..count].to_vec())).await.ok()?,
                Err(error) => return Some(format!("the line failed: {error}")),
            },
            bytes = from_us.recv(), if writable => match bytes {
                Some(bytes) => match tokio::time::timeout(WRITE_WITHIN, line.write_all(&bytes)).await {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => return Some(format!("the line failed: {error}")),
                    Err(_) => return Some("the reader takes no commands".to_owned()),
                },
                None => writable = false,
            },
        }
        if tell.is_closed() {
            return None;
        }
    }
}

fn hand_on(tell: &mpsc::Sender<Incoming>, lost: &mut u64, bytes: &[u8]) {
    if *lost > 0 && tell.try_send(Incoming::Lost(*lost)).is_ok() {
        *lost = 0;
    }
    *lost += u64::from(tell.try_send(Incoming::Bytes(bytes.to_vec())).is_err());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_finds_no_room_is_counted_and_told() {
        let (tell, mut incoming) = mpsc::channel(2);
        let mut lost = 0;
        for byte in 0..5 {
            hand_on(&tell, &mut lost, &[byte]);
        }
        assert_eq!(lost, 3);
        incoming.try_recv().unwrap();
        incoming.try_recv().unwrap();
        hand_on(&tell, &mut lost, &[5]);
        assert!(matches!(incoming.try_recv().unwrap(), Incoming::Lost(3)));
        assert!(matches!(incoming.try_recv().unwrap(), Incoming::Bytes(bytes) if bytes == [5]));
    }
}
