//! The one place that speaks to the server: what is asked, how long is waited, and what an answer means.
//!
//! Every answer is sorted into three: done, not done, not known. The client sends a deadline along and does
//! not keep it itself, may end its own connection task for good, and unwraps what a server sends; therefore
//! each call runs as a task of its own, is waited for with a limit, and a client that lost its way is made anew.
//! The server is read in pages, never by the client's subscription: when a server ends a subscription
//! politely, the client's loop takes the end for an unknown message and turns for ever without a pause.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use eventstore::{
    AppendToStreamOptions, Client, ClientSettings, Credentials, Error, EventData, Position, ReadAllOptions, ReadEvent,
    ReadStream, ReadStreamOptions, RecordedEvent, StreamPosition, StreamState, SubscriptionFilter,
};
use serde_json::value::RawValue;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::{JoinError, spawn_blocking};
use tokio::time::timeout;
use uuid::Uuid;

use crate::event::{Expected, TypeName};

/// After so many answers in a row that say nothing the client is made anew: it may hold on to a node that is gone.
const LOST_AFTER: u32 = 3;

/// An event as it is sent; kept, so that the very same can be sent again.
#[derive(Clone, Debug)]
pub(crate) struct Packed {
    pub id: Uuid,
    pub type_name: TypeName,
    pub metadata: Vec<u8>,
    pub data: Vec<u8>,
}

impl Packed {
    /// Marked as JSON where it is JSON, so that the server's own pages show it; the bytes are sent as they are.
    fn proposed(&self) -> EventData {
        // The client takes JSON as a value only; a raw value is written as the very text it was read from.
        let raw = String::from_utf8(self.data.clone()).ok().and_then(|text| RawValue::from_string(text).ok());
        let raw = raw.filter(|raw| raw.get().len() == self.data.len());
        let event = raw.and_then(|raw| EventData::json(self.type_name.as_str(), &raw).ok());
        let event = event.unwrap_or_else(|| EventData::binary(self.type_name.as_str(), self.data.clone().into()));
        event.id(self.id).metadata(self.metadata.clone().into())
    }
}

/// What came of sending events.
#[derive(Debug)]
pub(crate) enum Sent {
    /// They are in the stream.
    Done,
    /// The stream is elsewhere than expected; nothing was written, or these very events were written before.
    Elsewhere,
    /// They were not written, and will not be.
    Refused(String),
    /// They were not written this time: another node is asked next.
    NotLeader,
    /// Nobody knows.
    Unknown(String),
}

/// Why something could not be read.
#[derive(Clone, Debug)]
pub(crate) enum Trouble {
    /// The server says no.
    Refused(String),
    /// The stream was deleted for good.
    Deleted,
    /// No answer, or none that says anything.
    Away(String),
}

/// The server, as far as it is needed.
pub(crate) struct Server {
    settings: ClientSettings,
    login: Option<Credentials>,
    call: Duration,
    client: Mutex<(Option<Client>, u32)>,
    making: tokio::sync::Mutex<()>,
}

impl Server {
    pub(crate) fn new(settings: ClientSettings, login: Option<(String, String)>, call: Duration) -> Self {
        let login = login.map(|(user, password)| Credentials::new(user, password));
        Self { settings, login, call, client: Mutex::new((None, 0)), making: tokio::sync::Mutex::default() }
    }

    fn held(&self) -> MutexGuard<'_, (Option<Client>, u32)> {
        self.client.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The client, made where there is none. That reads the system's certificates, which takes a while, and is
    /// done aside: calls that are under way must not run out of time meanwhile.
    async fn client(&self) -> Result<Client, String> {
        let _one = self.making.lock().await;
        if let Some(client) = &self.held().0 {
            return Ok(client.clone());
        }
        // The process has one provider of cryptography. Where a program has installed none, it is this one:
        // the client would install its own, and two in one program panic.
        drop(rustls::crypto::ring::default_provider().install_default());
        let (runtime, settings) = (Handle::current(), self.settings.clone());
        let made = spawn_blocking(move || Client::with_runtime_handle(runtime, settings)).await;
        let client = made.map_err(|cause| cause.to_string())?.map_err(|cause| format!("{cause:#}"))?;
        *self.held() = (Some(client.clone()), 0);
        Ok(client)
    }

    fn heard(&self) {
        self.held().1 = 0;
    }

    /// Counts an answer that says nothing; drops the client when it is beyond hope.
    fn unheard(&self, hopeless: bool) {
        let mut held = self.held();
        held.1 += 1;
        if hopeless || held.1 >= LOST_AFTER {
            *held = (None, 0);
        }
    }

    /// Sends events once.
    pub(crate) async fn append(&self, stream: &str, expected: Expected, events: &[Packed]) -> Sent {
        let client = match self.client().await {
            Ok(client) => client,
            Err(what) => return Sent::Unknown(what),
        };
        let state = match expected {
            Expected::NoStream => StreamState::NoStream,
            Expected::Revision(revision) => StreamState::StreamRevision(revision),
        };
        let mut options = AppendToStreamOptions::default().stream_state(state).requires_leader(true).deadline(self.call);
        if let Some(login) = &self.login {
            options = options.authenticated(login.clone());
        }
        let events: Vec<EventData> = events.iter().map(Packed::proposed).collect();
        let stream = stream.to_owned();
        let task = tokio::spawn(async move { client.append_to_stream(stream, &options, events).await });
        let abort = task.abort_handle();
        let Ok(answer) = timeout(self.call, task).await else {
            abort.abort();
            self.unheard(false);
            return Sent::Unknown("no answer in time".to_owned());
        };
        match answer {
            Ok(Ok(_)) => {
                self.heard();
                Sent::Done
            }
            Ok(Err(Error::WrongExpectedVersion { .. })) => {
                self.heard();
                Sent::Elsewhere
            }
            Ok(Err(Error::NotLeaderException(_))) => {
                self.unheard(false);
                Sent::NotLeader
            }
            Ok(Err(error)) => match self.judge(&error) {
                Trouble::Refused(what) => Sent::Refused(what),
                Trouble::Deleted => Sent::Refused("the stream was deleted on the server".to_owned()),
                Trouble::Away(what) => Sent::Unknown(what),
            },
            Err(broken) => Sent::Unknown(self.broken(&broken)),
        }
    }

    /// What an error says about the server, and whether anybody knows what was done.
    fn judge(&self, error: &Error) -> Trouble {
        match error {
            Error::AccessDenied => {
                Trouble::Refused("it refuses the user or the password, or gives this user no right".to_owned())
            }
            Error::ResourceDeleted => Trouble::Deleted,
            Error::UnsupportedFeature => {
                Trouble::Refused("it does not know what it is asked: too old, or no KurrentDB".to_owned())
            }
            Error::Grpc { code, message } if format!("{code:?}") == "InvalidArgument" => Trouble::Refused(message.clone()),
            Error::ConnectionClosed | Error::GrpcConnectionError(_) => {
                self.unheard(true);
                Trouble::Away(told(error))
            }
            other => {
                self.unheard(false);
                Trouble::Away(told(other))
            }
        }
    }

    fn broken(&self, cause: &JoinError) -> String {
        self.unheard(true);
        format!("the client gave up: {cause}")
    }

    /// A page of everything in these streams (by the beginning of their names), from a place on (that one
    /// included). What arrived is in `page` also when the answer broke off.
    pub(crate) async fn page(
        &self,
        prefixes: &[String],
        from: Option<Position>,
        count: usize,
        page: &mut Vec<RecordedEvent>,
    ) -> Result<(), Trouble> {
        let filter = prefixes.iter().fold(SubscriptionFilter::on_stream_name(), SubscriptionFilter::add_prefix);
        let position = from.map_or(StreamPosition::Start, StreamPosition::Position);
        let mut options = ReadAllOptions::default().position(position).max_count(count).requires_leader(true).filter(filter);
        if let Some(login) = &self.login {
            options = options.authenticated(login.clone());
        }
        let client = self.client().await.map_err(Trouble::Away)?;
        self.collect(page, async move { client.read_all(&options).await }).await
    }

    /// A stream's events from a revision on, at most `count`; empty where there is no such stream.
    pub(crate) async fn stream(&self, name: &str, from: u64, count: usize) -> Result<Vec<RecordedEvent>, Trouble> {
        self.read_stream(name, ReadStreamOptions::default().position(StreamPosition::Position(from)).max_count(count)).await
    }

    /// A stream's last event.
    pub(crate) async fn last(&self, name: &str) -> Result<Option<RecordedEvent>, Trouble> {
        let options = ReadStreamOptions::default().position(StreamPosition::End).max_count(1);
        Ok(self.read_stream(name, options).await?.pop())
    }

    async fn read_stream(&self, name: &str, options: ReadStreamOptions) -> Result<Vec<RecordedEvent>, Trouble> {
        let mut options = options.requires_leader(true);
        if let Some(login) = &self.login {
            options = options.authenticated(login.clone());
        }
        let (client, name) = (self.client().await.map_err(Trouble::Away)?, name.to_owned());
        let mut events = Vec::new();
        self.collect(&mut events, async move { client.read_stream(name, &options).await }).await?;
        Ok(events)
    }

    async fn collect(
        &self,
        events: &mut Vec<RecordedEvent>,
        open: impl Future<Output = eventstore::Result<ReadStream>> + Send + 'static,
    ) -> Result<(), Trouble> {
        let (sender, mut arrived) = mpsc::unbounded_channel();
        let task = tokio::spawn(async move {
            let mut stream = match open.await {
                Err(Error::ResourceNotFound) => return Ok(()),
                opened => opened?,
            };
            loop {
                match stream.next_read_event().await {
                    Ok(Some(ReadEvent::Event(event))) => {
                        let gone = event.event.is_some_and(|event| sender.send(event).is_err());
                        if gone {
                            return Ok(());
                        }
                    }
                    Ok(Some(_)) => {}
                    Ok(None) | Err(Error::ResourceNotFound) => return Ok(()),
                    Err(error) => return Err(error),
                }
            }
        });
        loop {
            match timeout(self.call, arrived.recv()).await {
                Ok(Some(event)) => events.push(event),
                Ok(None) => break,
                Err(_) => {
                    task.abort();
                    self.unheard(false);
                    return Err(Trouble::Away("no answer in time".to_owned()));
                }
            }
        }
        match task.await {
            Ok(Ok(())) => {
                self.heard();
                Ok(())
            }
            Ok(Err(error)) => Err(self.judge(&error)),
            Err(broken) => Err(Trouble::Away(self.broken(&broken))),
        }
    }

    /// Host and port, for messages.
    pub(crate) fn name(&self) -> String {
        let hosts: Vec<String> = self.settings.hosts().iter().map(|host| format!("{}:{}", host.host, host.port)).collect();
        hosts.join(", ")
    }
}

/// The client's words in one line; the endpoint of a redirect is not among them.
fn told(error: &Error) -> String {
    match error {
        Error::NotLeaderException(_) => "it points to another node".to_owned(),
        other => other.to_string(),
    }
}
