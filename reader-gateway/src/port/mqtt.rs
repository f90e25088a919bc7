//! A broker's topics. MQTT 5, at least once, acknowledged by hand.
//!
//! A message is acknowledged only when everything in it is flushed to disk or was dropped on
//! purpose; until then the broker keeps it for us, also while we are away (session kept a week).
//! A retained message is yesterday's news: refused and counted. A ticket from before a reconnect
//! is void, because the broker may have given its number to another message.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rumqttc::mqttbytes::{QoS, matches};
use rumqttc::{AckMode, AsyncClient, BrokerSessionResumePolicy, ConnectionError, DisconnectReasonCode, Event};
use rumqttc::{IncomingPacketSizeLimit, ManualAck, MqttOptions, Packet, Publish, StateError, SubscribeReasonCode};
use rumqttc::{TlsConfiguration, Transport};
use tokio::sync::mpsc;

use super::url::Broker;
use super::{Access, Incoming, Ticket};
use crate::backoff::Backoff;
use crate::limits;

const SESSION_S: u32 = 7 * 24 * 3600;
const RETRY_MOST_MS: u64 = 5_000;
const REFUSED_RETRY: Duration = Duration::from_secs(30);
/// A connection that stood this long was a good one: the next wait begins small again.
const STOOD: Duration = Duration::from_secs(20);

/// Acknowledges one message, if the connection it came by still stands.
#[derive(Debug)]
pub struct MqttTicket {
    client: AsyncClient,
    ack: ManualAck,
    session: u64,
    current: Arc<AtomicU64>,
}

impl MqttTicket {
    pub(super) fn done(self) {
        if self.current.load(Ordering::SeqCst) == self.session {
            let _ = self.client.try_manual_ack(self.ack); // Refused only if the port is closing: then it comes again.
        }
    }
}

/// The client's options for a broker.
///
/// # Errors
/// TLS material that cannot be used.
pub fn options(broker: &Broker, access: &Access) -> Result<MqttOptions, String> {
    let mut options = MqttOptions::new(access.client_id.clone(), (broker.host.clone(), broker.port));
    options.set_keep_alive(15).set_ack_mode(AckMode::Manual).set_clean_start(!access.lasting);
    options.set_session_expiry_interval(Some(if access.lasting { SESSION_S } else { 0 }));
    options.set_broker_session_resume_policy(BrokerSessionResumePolicy::AllowBrokerOnly);
    options.set_receive_maximum(Some(limits::MQTT_UNDER_WAY));
    options.set_incoming_packet_size_limit(IncomingPacketSizeLimit::Bytes(limits::MQTT_PACKET_BYTES));
    options.set_connect_timeout(Duration::from_secs(10));
    if let Some((user, password)) = &access.login {
        options.set_credentials(user.clone(), password.as_bytes().to_vec());
    }
    if broker.tls {
        options.set_transport(match &access.ca {
            Some(ca) => {
                let client_auth = access.identity.as_ref().map(|(certificate, key)| (certificate.clone(), key.to_vec()));
                Transport::tls_with_config(TlsConfiguration::Simple { ca: ca.clone(), alpn: None, client_auth })
            }
            None => Transport::try_tls_with_default_config().map_err(|error| error.to_string())?,
        });
    }
    Ok(options)
}

/// Keeps the subscription until nobody listens any more.
pub(super) async fn keep(broker: Broker, access: Access, tell: mpsc::Sender<Incoming>) {
    let options = match options(&broker, &access) {
        Ok(options) => options,
        Err(why) => {
            let _ = tell.send(Incoming::Closed(why)).await;
            return;
        }
    };
    let (client, mut events) = AsyncClient::builder(options).unbounded().build();
    let mut backoff = Backoff::new(100, RETRY_MOST_MS, u64::from(std::process::id()));
    let mut since = None;
    let mut desk = Desk { client, session: Arc::default(), filter: broker.filter.clone(), tell, lost: 0 };
    loop {
        let told = match events.poll().await {
            Ok(Event::Incoming(Packet::ConnAck(answer))) => {
                since = Some(Instant::now());
                desk.subscribe_in(Duration::ZERO);
                // After a restart of ours the broker goes on with what it kept for us, and no new subscription is
                // possible: the old one stands, because a filter of its own is part of our name there.
                if answer.session_present { desk.tell.send(Incoming::Opened).await } else { Ok(()) }
            }
            Ok(Event::Incoming(Packet::SubAck(answer))) => desk.subscribed(answer.return_codes.first()).await,
            Ok(Event::Incoming(Packet::Publish(message))) => {
                desk.hand_on(&message);
                Ok(())
            }
            Ok(_) => Ok(()),
            Err(error) => {
                desk.session.fetch_add(1, Ordering::SeqCst);
                if since.take().is_some_and(|since| since.elapsed() >= STOOD) {
                    backoff.reset();
                }
                let (mut why, mut wait) = (error.to_string(), Duration::from_millis(backoff.wait_ms()));
                if is_taken_over(&error) {
                    // Coming back at once would throw the other one out, who would come back at once.
                    why = format!(
                        "another client calls itself {:?}: do two gateways run with one configuration?",
                        access.client_id
                    );
                    wait = REFUSED_RETRY;
                }
                let told = desk.tell.send(Incoming::Closed(format!("broker {}:{}: {why}", broker.host, broker.port))).await;
                tokio::time::sleep(wait).await;
                told
            }
        };
        if told.is_err() || desk.tell.is_closed() {
            return;
        }
    }
}

/// Whether the broker closed because another client came by our name.
fn is_taken_over(error: &ConnectionError) -> bool {
    let taken = DisconnectReasonCode::SessionTakenOver;
    matches!(error, ConnectionError::MqttState(StateError::ServerDisconnect { reason_code, .. }) if *reason_code == taken)
}

/// What one subscription needs at hand.
struct Desk {
    client: AsyncClient,
    session: Arc<AtomicU64>,
    filter: String,
    tell: mpsc::Sender<Incoming>,
    lost: u64,
}

impl Desk {
    fn subscribe_in(&self, wait: Duration) {
        let (client, filter) = (self.client.clone(), self.filter.clone());
        tokio::spawn(async move {
            tokio::time::sleep(wait).await;
            let _ = client.try_subscribe(filter, QoS::AtLeastOnce); // Unbounded: refused only when closing.
        });
    }

    async fn subscribed(&self, code: Option<&SubscribeReasonCode>) -> Result<(), mpsc::error::SendError<Incoming>> {
        match code {
            None | Some(SubscribeReasonCode::Success(_)) => self.tell.send(Incoming::Opened).await,
            Some(code) => {
                self.subscribe_in(REFUSED_RETRY); // Rights at a broker change while we run.
                self.tell.send(Incoming::Closed(format!("the broker refuses the topic filter: {code:?}"))).await
            }
        }
    }

    /// Hands one message on without ever waiting: the connection's own pulse must not stop.
    fn hand_on(&mut self, message: &Publish) {
        let ticket = self.client.prepare_ack(message).map_or(Ticket::None, |ack| {
            let (client, current) = (self.client.clone(), Arc::clone(&self.session));
            Ticket::Mqtt(MqttTicket { client, ack, session: self.session.load(Ordering::SeqCst), current })
        });
        let event = match self.refusal(message) {
            Some(why) => {
                ticket.done();
                Incoming::Refused(why)
            }
            None => Incoming::Message(message.payload.to_vec(), ticket),
        };
        if self.lost > 0 && self.tell.try_send(Incoming::Lost(self.lost)).is_ok() {
            self.lost = 0;
        }
        // At QoS 1 fewer messages are under way than there are places; at QoS 0 there is no second copy.
        self.lost += u64::from(self.tell.try_send(event).is_err());
    }

    fn refusal(&self, message: &Publish) -> Option<&'static str> {
        let shared = self.filter.strip_prefix("$share/").and_then(|rest| rest.split_once('/'));
        let filter = shared.map_or(self.filter.as_str(), |(_, filter)| filter);
        if message.retain {
            Some("a retained message is stale")
        } else if matches(&String::from_utf8_lossy(&message.topic), filter) {
            None
        } else {
            Some("the topic is not this reader's, an older subscription perhaps")
        }
    }
}
