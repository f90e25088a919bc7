//! Against a real Mosquitto, started for each test on a port of its own. Where none is installed the
//! tests say so and pass: run them where it is.

#![allow(clippy::unwrap_used, reason = "a test may stop at once")]

mod house;

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use house::{House, Room, Shared, config, post, until};
use reader_gateway::clock;
use reader_gateway::config::Config;
use reader_gateway::identity::Identity;
use reader_gateway::port::url::Broker as Address;
use reader_gateway::port::{Access, PortUrl, mqtt};
use reader_gateway::protocol::DriverName;
use reader_gateway::run::{Gateway, Parts};
use reader_gateway::simulate::run::simulate;
use reader_gateway::simulate::tags::Tag;
use reader_gateway::simulate::{Pace, Simulator, zebra};
use rumqttc::mqttbytes::QoS;
use rumqttc::{AsyncClient, PublishOptions};

fn mosquitto() -> Option<PathBuf> {
    let found = ["/usr/sbin/mosquitto", "/usr/bin/mosquitto", "/usr/local/sbin/mosquitto"]
        .map(PathBuf::from)
        .into_iter()
        .find(|path| path.exists());
    if found.is_none() {
        eprintln!("SKIPPED: no mosquitto is installed, so nothing was tested against a real broker");
    }
    found
}

/// A broker that keeps its sessions over a restart.
struct Broker {
    program: PathBuf,
    settings: PathBuf,
    port: u16,
    child: Option<Child>,
}

impl Broker {
    async fn start(room: &Path) -> Option<Self> {
        let program = mosquitto()?;
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let settings = room.join("mosquitto.conf");
        let text = format!(
            "user root\nlistener {port} 127.0.0.1\nallow_anonymous true\npersistence true\n\
             persistence_location {}/\nmax_queued_messages 0\nmax_inflight_messages 100\n",
            room.display()
        );
        std::fs::write(&settings, text).unwrap();
        let mut broker = Self { program, settings, port, child: None };
        broker.up().await;
        Some(broker)
    }

    async fn up(&mut self) {
        let child = Command::new(&self.program).arg("-c").arg(&self.settings).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        self.child = Some(child.unwrap());
        let port = self.port;
        until("the broker listens", || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()).await;
    }

    /// As at a shutdown: it writes its sessions down and goes.
    fn down(&mut self) {
        if let Some(mut child) = self.child.take() {
            let told = Command::new("kill").arg(child.id().to_string()).status();
            if !told.is_ok_and(|status| status.success()) {
                let _ = child.kill();
            }
            let _ = child.wait();
        }
    }

    fn url(&self, topic: &str) -> PortUrl {
        format!("mqtt://127.0.0.1:{}/{topic}", self.port).parse().unwrap()
    }

    fn config(&self, room: &Room, house: &Shared) -> Config {
        let reader = format!(
            "[[reader]]\nid = \"dock\"\nplace = \"D-1\"\ndriver = \"zebra-iotc\"\nport = \"{}\"\n",
            self.url("zebra/dock/+")
        );
        config(&room.0, house, "http://127.0.0.1:1", &reader)
    }

    /// Publishes once, at this quality, retained or not; waits until the broker has it.
    async fn publish(&self, topic: &str, payload: Vec<u8>, retained: bool) {
        let PortUrl::Mqtt(address) = self.url("x") else { unreachable!("it is a broker's") };
        let address = Address { tls: false, ..address };
        let access = Access { client_id: format!("test-{}", payload.len()), ..Access::default() };
        let mut options = mqtt::options(&address, &access).unwrap();
        options.set_ack_mode(rumqttc::AckMode::Automatic);
        let (client, mut events) = AsyncClient::builder(options).capacity(8).build();
        let publish = PublishOptions::new(QoS::AtLeastOnce).retain(retained);
        let sent = client.publish_tracked(topic.to_owned(), payload, publish).await.unwrap();
        let drive = async {
            loop {
                let _ = events.poll().await;
            }
        };
        tokio::select! {
            done = sent.wait_async() => { done.unwrap(); }
            () = drive => {}
        }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.down();
    }
}

fn start(config: &Config, house: &Shared, room: &Room) -> Gateway {
    let gateway = Gateway::start(config, Parts { post: Some(post(house)), ..Parts::default() }).unwrap();
    let key = Identity::open(&room.file("gateway.key"), || unreachable!("the gateway made it")).unwrap();
    house.lock().unwrap().knows(&key);
    gateway
}

fn tags(count: u32) -> Vec<Tag> {
    (0..count).map(|number| Tag::epc(&[&[0x30; 8][..], &number.to_be_bytes()].concat(), None)).collect()
}

fn distinct(house: &Shared) -> usize {
    house.lock().unwrap().observations().iter().filter_map(|seen| seen.epc.clone()).collect::<BTreeSet<_>>().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn restarts_of_broker_and_gateway_lose_nothing() {
    let (room, house) = (Room::new("broker-restart"), House::shared());
    let Some(mut broker) = Broker::start(&room.0).await else { return };
    let config = broker.config(&room, &house);
    let gateway = start(&config, &house, &room);
    until("it has subscribed", || gateway.status().readers["dock"].open).await;
    let playing = tokio::spawn(simulate(
        Simulator::new(DriverName::ZebraIotc, tags(3_000), Pace { rate: 1_000, once: true }),
        broker.url("zebra/dock/data"),
        None,
    ));
    until("the stream runs", || distinct(&house) > 300).await;
    broker.down();
    tokio::time::sleep(Duration::from_millis(200)).await; // Away for a while: the publisher notices and waits.
    broker.up().await;
    until("it goes on", || distinct(&house) > 1_000).await;
    drop(gateway); // No farewell.
    until("the outbox is free", || reader_gateway::outbox::Outbox::open(&room.file("outbox.db"), "look", 1_000).is_ok()).await;
    let gateway = start(&config, &house, &room);
    until("every tag is in the book", || distinct(&house) == 3_000).await;
    playing.await.unwrap().unwrap();
    let conditions = house.lock().unwrap().conditions();
    assert!(conditions.contains(&"dock PortLost".to_owned()), "{conditions:?}");
    assert!(!conditions.contains(&"dock ReadsLost".to_owned()), "no number is missing: {conditions:?}");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn retained_and_foreign_messages_are_refused_large_ones_taken() {
    let (room, house) = (Room::new("broker-retained"), House::shared());
    let Some(broker) = Broker::start(&room.0).await else { return };
    let event = |number, tag: &Tag| zebra::data_event(clock::now(), number, tag);
    let all = tags(900);
    broker.publish("zebra/dock/data", event(1, &all[0]).into_bytes(), true).await;
    let gateway = start(&broker.config(&room, &house), &house, &room);
    until("the retained message is refused", || gateway.status().readers["dock"].refused == 1).await;
    broker.publish("zebra/other/data", event(1, &all[1]).into_bytes(), false).await;
    let large: Vec<String> = (2..).zip(&all[2..]).map(|(number, tag)| event(number, tag)).collect();
    let large = format!("[{}]", large.join(",")).into_bytes();
    assert!((100_000..256 * 1024).contains(&large.len()), "far above the client's usual 10 KiB: {}", large.len());
    broker.publish("zebra/dock/data", large, false).await;
    until("the large message is in the book", || distinct(&house) == 898).await;
    let told: BTreeSet<_> = house.lock().unwrap().observations().into_iter().filter_map(|seen| seen.epc).collect();
    assert!(!told.contains(&format!("{}00000000", "30".repeat(8))) && !told.contains(&format!("{}00000001", "30".repeat(8))));
    broker.publish("zebra/dock/data", vec![b'x'; 300_000], false).await;
    until("the oversized one is told", || house.lock().unwrap().conditions().contains(&"dock Garbled".to_owned())).await;
    gateway.stop().await;
}
