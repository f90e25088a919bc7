//! `muster-gateway simulate`: puts a simulated reader on a real line or broker.

use std::io;
use std::time::Duration;

use rumqttc::mqttbytes::QoS;
use rumqttc::{AsyncClient, EventLoop, PublishOptions};
use tag_data::moment::Moment;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::Simulator;
use crate::clock;
use crate::port::stream::open_serial;
use crate::port::url::Broker;
use crate::port::{Access, PortUrl, mqtt};

/// Why a simulation ended before its time.
#[derive(Debug, thiserror::Error)]
pub enum SimulateError {
    /// The line or the socket failed.
    #[error("the simulated reader lost {port}")]
    Line {
        /// The port's URL.
        port: String,
        /// As the system says.
        #[source]
        cause: io::Error,
    },
    /// The broker is out of reach.
    #[error("the simulated reader cannot publish at {port}: {why}")]
    Broker {
        /// The port's URL.
        port: String,
        /// In the client's words.
        why: String,
    },
    /// This reader does not speak at this kind of port.
    #[error("a reader of this kind is not found at {0}")]
    Mismatch(String),
}

/// Plays the reader until it is done, `until` has come, or its line is gone.
///
/// # Errors
/// The line or broker failed.
pub async fn simulate(mut simulator: Simulator, url: PortUrl, until: Option<Moment>) -> Result<(), SimulateError> {
    let port = url.to_string();
    let line = |cause| SimulateError::Line { port: port.clone(), cause };
    match (&url, &simulator) {
        (PortUrl::Mqtt(broker), Simulator::Zebra(_)) => {
            publish(&mut simulator, broker, until).await.map_err(|why| SimulateError::Broker { port, why })
        }
        (PortUrl::Serial { path, baud }, Simulator::Mercury(_) | Simulator::Barcode(_)) => {
            let stream = open_serial(path, *baud).map_err(line)?;
            on_stream(&mut simulator, stream, until).await.map_err(line)
        }
        (PortUrl::TcpListen { address }, Simulator::Mercury(_) | Simulator::Barcode(_)) => {
            let listener = tokio::net::TcpListener::bind(address).await.map_err(line)?;
            let (stream, _) = listener.accept().await.map_err(line)?;
            on_stream(&mut simulator, stream, until).await.map_err(line)
        }
        (PortUrl::Tcp { address }, Simulator::Mercury(_) | Simulator::Barcode(_)) => {
            let stream = tokio::net::TcpStream::connect(address).await.map_err(line)?;
            on_stream(&mut simulator, stream, until).await.map_err(line)
        }
        _ => Err(SimulateError::Mismatch(port)),
    }
}

/// A pseudo-terminal: a serial line without a cable.
#[cfg(unix)]
#[derive(Debug)]
pub struct Terminal {
    /// The simulated reader's end.
    pub reader: tokio_serial::SerialStream,
    /// What the gateway opens, as `serial:PATH`.
    pub path: String,
    /// Keeps the line alive while nobody has it open; dropping it with `reader` is pulling the cable.
    pub kept: tokio_serial::SerialStream,
}

#[cfg(unix)]
impl Terminal {
    /// A new one. Must be made within a tokio runtime.
    ///
    /// # Errors
    /// The system has none left.
    pub fn new() -> io::Result<Self> {
        use tokio_serial::SerialPort;
        let (reader, mut kept) = tokio_serial::SerialStream::pair()?;
        kept.set_exclusive(false)?; // Or nobody else could open it.
        let path = kept.name().ok_or_else(|| io::Error::other("the pseudo-terminal has no name"))?;
        Ok(Self { reader, path, kept })
    }
}

/// Plays a reader on any byte stream: a serial line, a socket, one end of a pseudo-terminal.
///
/// # Errors
/// As the stream says; a stream that ends is no error.
pub async fn on_stream<S>(simulator: &mut Simulator, mut stream: S, until: Option<Moment>) -> io::Result<()>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let mut buffer = [0; 512];
    simulator.start(clock::now());
    loop {
        let now = clock::now();
        for bytes in simulator.tick(now) {
            stream.write_all(&bytes).await?;
        }
        if simulator.is_done() || until.is_some_and(|end| now >= end) {
            return stream.flush().await;
        }
        let wake = [simulator.wake_at(), until].into_iter().flatten().min();
        tokio::select! {
            read = stream.read(&mut buffer) => match read? {
                0 => return Ok(()),
                count => {
                    let answer = simulator.receive(clock::now(), &buffer[..count]);
                    stream.write_all(&answer).await?;
                }
            },
            () = pause(wake, now) => {}
        }
    }
}

async fn pause(wake: Option<Moment>, now: Moment) {
    tokio::time::sleep(wake.map_or(Duration::from_secs(1), |at| clock::until(at, now))).await;
}

async fn publish(simulator: &mut Simulator, broker: &Broker, until: Option<Moment>) -> Result<(), String> {
    let client_id = format!("simulated-reader-{}", std::process::id());
    let options = mqtt::options(broker, &Access { client_id, lasting: true, ..Access::default() })?;
    let (client, mut events) = AsyncClient::builder(options).capacity(1024).build();
    let topic = topic_of(&broker.filter);
    let play = async {
        simulator.start(clock::now());
        loop {
            let now = clock::now();
            for message in simulator.tick(now) {
                let sent = client.publish_tracked(topic.clone(), message, PublishOptions::new(QoS::AtLeastOnce)).await;
                let sent = sent.map_err(|error| error.to_string())?;
                if simulator.is_done() {
                    let _ = sent.wait_async().await; // The last one must have arrived before we leave.
                }
            }
            if simulator.is_done() || until.is_some_and(|end| now >= end) {
                return Ok(());
            }
            pause([simulator.wake_at(), until].into_iter().flatten().min(), now).await;
        }
    };
    tokio::select! {
        result = play => result,
        never = drive(&mut events) => match never {},
    }
}

/// Keeps the client's connection; a broker that is away is tried again.
async fn drive(events: &mut EventLoop) -> std::convert::Infallible {
    loop {
        if let Err(error) = events.poll().await {
            tracing::warn!(broker.error = %error, "The broker is out of reach.");
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }
}

/// A topic that the filter hears.
fn topic_of(filter: &str) -> String {
    let levels = filter.split('/').map(|level| match level {
        "#" => "data",
        "+" => "simulated",
        level => level,
    });
    levels.collect::<Vec<_>>().join("/")
}
