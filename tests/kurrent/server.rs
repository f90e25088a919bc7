//! The stand-in for a KurrentDB server: real TCP, real HTTP/2, the calls that the log's client makes, and faults
//! on demand. It runs on threads of its own and can be stopped and started again on its port.
//!
//! It is what we understand the server to be, written by us from its published protocol and source: a test
//! against it shows how our side behaves, never how a real server does.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use h2::SendStream;
use h2::server::SendResponse;
use http::{HeaderMap, Request, Response};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::calls;
use crate::faults::{Fault, Script};
use crate::store::Store;

/// What all connections share.
#[derive(Default)]
pub struct Held {
    pub store: Store,
    pub script: Script,
    /// `Basic ...` as it must be sent, if anybody may not.
    pub authorization: Option<String>,
    /// Where "not leader" points.
    pub leader: Option<SocketAddr>,
    /// True if this node says of itself that it is not the leader.
    pub follows: bool,
    /// Calls so far, by their last word.
    pub calls: Vec<String>,
}

type Shared = Arc<Mutex<Held>>;

/// A stand-in.
pub struct StandIn {
    runtime: Runtime,
    shared: Shared,
    address: SocketAddr,
    kill: Arc<Notify>,
    tls: Option<TlsAcceptor>,
    listening: Option<JoinHandle<()>>,
}

impl StandIn {
    /// A stand-in on a port of its own, in the clear.
    pub fn new() -> Self {
        Self::over(Arc::default(), None)
    }

    /// A stand-in that speaks TLS.
    pub fn encrypted(tls: TlsAcceptor) -> Self {
        Self::over(Arc::default(), Some(tls))
    }

    /// Another node of the same cluster: the same content, a port of its own.
    pub fn beside(&self) -> Self {
        Self::over(Arc::clone(&self.shared), None)
    }

    fn over(shared: Shared, tls: Option<TlsAcceptor>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut one = Self { runtime, shared, address, kill: Arc::default(), tls, listening: None };
        one.start();
        one
    }

    /// Listens (again), on the port it had.
    pub fn start(&mut self) {
        let listener = self.runtime.block_on(TcpListener::bind(self.address)).unwrap();
        self.address = listener.local_addr().unwrap();
        let (shared, kill, tls) = (Arc::clone(&self.shared), Arc::clone(&self.kill), self.tls.clone());
        self.listening = Some(self.runtime.spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (shared, kill, tls) = (Arc::clone(&shared), Arc::clone(&kill), tls.clone());
                tokio::spawn(async move {
                    let killed = kill.notified();
                    tokio::pin!(killed);
                    killed.as_mut().enable();
                    tokio::select! {
                        () = connection(socket, tls, shared, Arc::clone(&kill)) => {}
                        () = killed => {}
                    }
                });
            }
        }));
    }

    /// Stops listening and breaks every connection.
    pub fn stop(&mut self) {
        if let Some(listening) = self.listening.take() {
            listening.abort();
            drop(self.runtime.block_on(listening));
        }
        self.kill.notify_waiters();
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address as a configuration has it.
    pub fn url(&self) -> String {
        format!("kurrentdb://{}?tls=false&discoveryInterval=2&maxDiscoverAttempts=3&gossipTimeout=1000", self.address)
    }

    pub fn held(&self) -> MutexGuard<'_, Held> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn connection(socket: TcpStream, tls: Option<TlsAcceptor>, shared: Shared, kill: Arc<Notify>) {
    drop(socket.set_nodelay(true));
    match tls {
        None => speak(socket, shared, kill).await,
        Some(tls) => {
            if let Ok(socket) = tls.accept(socket).await {
                speak(socket, shared, kill).await;
            }
        }
    }
}

async fn speak(socket: impl AsyncRead + AsyncWrite + Unpin, shared: Shared, kill: Arc<Notify>) {
    let mut server = h2::server::Builder::new();
    server.initial_window_size(1 << 20).initial_connection_window_size(1 << 22);
    let Ok(mut connection) = server.handshake::<_, Bytes>(socket).await else { return };
    while let Some(Ok((request, respond))) = connection.accept().await {
        let (shared, kill) = (Arc::clone(&shared), Arc::clone(&kill));
        tokio::spawn(async move { drop(handle(request, respond, shared, kill).await) });
    }
}

/// What is sent back.
pub enum Reply {
    /// Frames, then all is well.
    Frames(Vec<Vec<u8>>),
    /// A status and what stands beside it.
    Status(u8, Vec<(&'static str, String)>),
    /// Some frames, then the connection breaks.
    Broken(Vec<Vec<u8>>),
    /// Nothing, ever.
    Silence,
}

async fn handle(
    request: Request<h2::RecvStream>,
    mut respond: SendResponse<Bytes>,
    shared: Shared,
    kill: Arc<Notify>,
) -> Result<(), h2::Error> {
    let (head, mut body) = request.into_parts();
    let mut received = Vec::new();
    while let Some(chunk) = body.data().await {
        let chunk = chunk?;
        received.extend_from_slice(&chunk);
        drop(body.flow_control().release_capacity(chunk.len()));
    }
    let authorization = head.headers.get("authorization").and_then(|value| value.to_str().ok());
    let (reply, fault) = {
        let mut held = shared.lock().unwrap_or_else(PoisonError::into_inner);
        calls::answer(&mut held, head.uri.path(), authorization, &received)
    };
    match reply {
        Reply::Frames(frames) => {
            let mut stream = begin(&mut respond)?;
            for frame in frames {
                let piece = if fault == Some(Fault::Slow) { 7 } else { frame.len().max(1) };
                for piece in frame.chunks(piece) {
                    stream.send_data(Bytes::copy_from_slice(piece), false)?;
                    if fault == Some(Fault::Slow) {
                        tokio::task::yield_now().await;
                    }
                }
            }
            stream.send_trailers(trailers(0, &[]))
        }
        Reply::Status(code, beside) => {
            let mut response = Response::new(());
            *response.headers_mut() = trailers(code, &beside);
            response.headers_mut().insert("content-type", "application/grpc".parse().unwrap());
            respond.send_response(response, true).map(drop)
        }
        Reply::Broken(frames) => {
            if !frames.is_empty() {
                let mut stream = begin(&mut respond)?;
                frames.into_iter().try_for_each(|frame| stream.send_data(frame.into(), false))?;
                tokio::time::sleep(std::time::Duration::from_millis(2)).await; // so that the frames go out first, mostly
            }
            kill.notify_waiters();
            std::future::pending().await
        }
        Reply::Silence => std::future::pending().await,
    }
}

fn begin(respond: &mut SendResponse<Bytes>) -> Result<SendStream<Bytes>, h2::Error> {
    let response = Response::builder().header("content-type", "application/grpc").body(()).unwrap();
    respond.send_response(response, false)
}

fn trailers(code: u8, beside: &[(&'static str, String)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("grpc-status", u16::from(code).into());
    for (name, value) in beside {
        headers.insert(*name, value.parse().unwrap());
    }
    headers
}
