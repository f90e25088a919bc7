//! The whole way in one process: simulated readers, real pseudo-terminals, real drivers, the disk, a service.

#![allow(clippy::unwrap_used, reason = "a test may stop at once")]

mod house;

use std::collections::{BTreeMap, BTreeSet};

use house::{House, Room, config, post, until};
use reader_gateway::clock;
use reader_gateway::port::memory;
use reader_gateway::protocol::DriverName;
use reader_gateway::run::{Gateway, Parts};
use reader_gateway::simulate::run::Terminal;
use reader_gateway::simulate::tags::Tag;
use reader_gateway::simulate::{Pace, Simulator, run, zebra};
use tokio::io::AsyncWriteExt;

fn tags(count: u32) -> Vec<Tag> {
    (0..count)
        .map(|number| Tag::epc(&[&[0x30, 0x39, 0x5F, 0xB4, 0xA3, 0xD5, 0x25, 0xC0][..], &number.to_be_bytes()].concat(), None))
        .collect()
}

fn serial_reader(id: &str, driver: &str, path: &str) -> String {
    format!("[[reader]]\nid = \"{id}\"\nplace = \"A-1\"\ndriver = \"{driver}\"\nport = \"serial:{path}\"\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn from_a_serial_line_into_the_book() {
    let (room, house) = (Room::new("wire-serial"), House::shared());
    let (rfid, mut codes) = (Terminal::new().unwrap(), Terminal::new().unwrap());
    let readers = serial_reader("rack", "mercury", &rfid.path) + &serial_reader("counter", "barcode-line", &codes.path);
    let config = config(&room.0, &house, "http://127.0.0.1:1", &readers);
    let parts = Parts { post: Some(post(&house)), ..Parts::default() };
    let mut terminal = rfid;
    let playing = tokio::spawn(async move {
        let mut simulator = Simulator::new(DriverName::Mercury, tags(300), Pace { rate: 2_000, once: false });
        run::on_stream(&mut simulator, &mut terminal.reader, Some(clock::now().plus_seconds(60))).await
    });
    let gateway = Gateway::start(&config, parts).unwrap();
    let key = gateway_key(&room);
    house.lock().unwrap().knows(&key);
    codes.reader.write_all(b"]C1M4-31877\r\n").await.unwrap();
    until("all tags and the scan are in the book", || house.lock().unwrap().observations().len() == 301).await;
    playing.abort();
    let seen = house.lock().unwrap().observations();
    let epcs: BTreeSet<_> = seen.iter().filter_map(|seen| seen.epc.clone()).collect();
    assert_eq!(epcs.len(), 300);
    assert!(seen.iter().any(|seen| seen.text.as_deref() == Some("M4-31877") && seen.reader == "counter"));
    assert!(seen.iter().filter(|seen| seen.reader == "rack").all(|seen| seen.count >= 1 && seen.place == "A-1"));
    assert_eq!(gateway.key_id(), key.id());
    until("all is acknowledged", || gateway.status().acknowledged == house.lock().unwrap().items.len() as u64).await;
    assert_eq!((gateway.status().lost, gateway.status().trouble), (0, None));
    gateway.stop().await;
}

fn gateway_key(room: &Room) -> reader_gateway::identity::Identity {
    reader_gateway::identity::Identity::open(&room.file("gateway.key"), || unreachable!("the gateway made it")).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pulled_cable_is_told_once_and_plugged_in_again() {
    let (room, house) = (Room::new("wire-cable"), House::shared());
    let (port, reader) = memory::pair();
    let config = config(&room.0, &house, "http://127.0.0.1:1", &serial_reader("rack", "barcode-line", "/dev/none"));
    let ports = BTreeMap::from([("rack".to_owned(), port)]);
    let gateway = Gateway::start(&config, Parts { ports, post: Some(post(&house)), ..Parts::default() }).unwrap();
    house.lock().unwrap().knows(&gateway_key(&room));
    for _ in 0..3 {
        reader.plug(false).await;
        reader.plug(false).await;
        reader.plug(true).await;
    }
    reader.write(b"A1\r".to_vec()).await;
    until("the scan after it all", || house.lock().unwrap().observations().len() == 1).await;
    let told = house.lock().unwrap().conditions();
    assert_eq!(
        told,
        ["rack Hearing", "rack PortLost", "rack Hearing", "rack PortLost", "rack Hearing", "rack PortLost", "rack Hearing"]
    );
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_is_missing_at_the_start_is_waited_for() {
    let (room, house) = (Room::new("wire-missing"), House::shared());
    let link = room.file("ttyUSB0");
    let readers = serial_reader("rack", "barcode-line", link.to_str().unwrap());
    let config = config(&room.0, &house, "http://127.0.0.1:1", &readers);
    let gateway = Gateway::start(&config, Parts { post: Some(post(&house)), ..Parts::default() }).unwrap();
    house.lock().unwrap().knows(&gateway_key(&room));
    until("the missing port is told", || house.lock().unwrap().conditions() == ["rack PortLost"]).await;
    let mut scanner = Terminal::new().unwrap();
    std::os::unix::fs::symlink(&scanner.path, &link).unwrap();
    until("it hears", || house.lock().unwrap().conditions() == ["rack PortLost", "rack Hearing"]).await;
    scanner.reader.write_all(b"A1\r").await.unwrap();
    until("the scan", || house.lock().unwrap().observations().len() == 1).await;
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_acknowledged_only_when_it_is_on_disk() {
    let (room, house) = (Room::new("wire-ack"), House::shared());
    house.lock().unwrap().away = true;
    let reader = "[[reader]]\nid = \"dock\"\nplace = \"D-1\"\ndriver = \"zebra-iotc\"\nport = \"mqtt://127.0.0.1/z/#\"\n";
    let config = config(&room.0, &house, "http://127.0.0.1:1", reader);
    let mut acknowledged = 0;
    for _ in 0..3 {
        let (port, dock) = memory::pair();
        let ports = BTreeMap::from([("dock".to_owned(), port)]);
        let gateway = Gateway::start(&config, Parts { ports, post: Some(post(&house)), ..Parts::default() }).unwrap();
        house.lock().unwrap().knows(&gateway_key(&room));
        for (number, tag) in (1..).zip(tags(200)) {
            assert!(dock.publish(zebra::data_event(clock::now(), number, &tag).into_bytes()).await);
        }
        until("some are acknowledged", || dock.acknowledged() > 50).await;
        drop(gateway); // No farewell: what is acknowledged must be on disk already.
        acknowledged += dock.acknowledged();
        until("the outbox is free again", || {
            reader_gateway::outbox::Outbox::open(&room.file("outbox.db"), "look", 1_000).is_ok()
        })
        .await;
        let outbox = reader_gateway::outbox::Outbox::visit(&room.file("outbox.db")).unwrap();
        assert!(outbox.waiting() >= acknowledged, "{} of {acknowledged}", outbox.waiting());
    }
    house.lock().unwrap().away = false;
    let (port, _dock) = memory::pair();
    let ports = BTreeMap::from([("dock".to_owned(), port)]);
    let gateway = Gateway::start(&config, Parts { ports, post: Some(post(&house)), ..Parts::default() }).unwrap();
    until("everything is delivered", || gateway.status().next == gateway.status().acknowledged).await;
    assert!(house.lock().unwrap().observations().len() >= 150);
    gateway.stop().await;
}

/// While another hand holds the file nothing can be written, so nothing may be acknowledged.
#[tokio::test(flavor = "multi_thread")]
async fn while_the_disk_refuses_nothing_is_acknowledged() {
    let (room, house) = (Room::new("wire-disk"), House::shared());
    let reader = "[[reader]]\nid = \"dock\"\nplace = \"D-1\"\ndriver = \"zebra-iotc\"\nport = \"mqtt://127.0.0.1/z/#\"\n";
    let config = config(&room.0, &house, "http://127.0.0.1:1", reader);
    let (port, dock) = memory::pair();
    let ports = BTreeMap::from([("dock".to_owned(), port)]);
    let gateway = Gateway::start(&config, Parts { ports, post: Some(post(&house)), ..Parts::default() }).unwrap();
    house.lock().unwrap().knows(&gateway_key(&room));
    let hand = rusqlite::Connection::open(room.file("outbox.db")).unwrap();
    hand.execute_batch("BEGIN IMMEDIATE").unwrap();
    for (number, tag) in (1..).zip(tags(50)) {
        assert!(dock.publish(zebra::data_event(clock::now(), number, &tag).into_bytes()).await);
    }
    for _ in 0..30 {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        assert_eq!(dock.acknowledged(), 0);
    }
    hand.execute_batch("COMMIT").unwrap();
    until("all is acknowledged", || dock.acknowledged() == 50).await;
    until("all is in the book", || house.lock().unwrap().observations().len() == 50).await;
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_tags_in_a_burst_none_missed() {
    let (room, house) = (Room::new("wire-burst"), House::shared());
    let mut terminal = Terminal::new().unwrap();
    let config = config(&room.0, &house, "http://127.0.0.1:1", &serial_reader("gate", "mercury", &terminal.path));
    let playing = tokio::spawn(async move {
        let mut simulator = Simulator::new(DriverName::Mercury, tags(10_000), Pace { rate: 1_000_000, once: false });
        run::on_stream(&mut simulator, &mut terminal.reader, Some(clock::now().plus_seconds(60))).await
    });
    let gateway = Gateway::start(&config, Parts { post: Some(post(&house)), ..Parts::default() }).unwrap();
    house.lock().unwrap().knows(&gateway_key(&room));
    let distinct =
        || house.lock().unwrap().observations().iter().filter_map(|seen| seen.epc.clone()).collect::<BTreeSet<_>>().len();
    let mut last = 0;
    until("every tag is in the book", || {
        let items = house.lock().unwrap().items.len();
        let grown = items != last;
        last = items;
        grown && items >= 10_000 && distinct() == 10_000
    })
    .await;
    playing.abort();
    gateway.stop().await;
}

/// Two TLS providers in one program panic at the first connection; ours is ring, installed first.
#[test]
fn the_tls_provider_is_ring() {
    reader_gateway::install_tls();
    reader_gateway::install_tls();
    let ours = rustls::crypto::CryptoProvider::get_default().unwrap();
    let ring = rustls::crypto::ring::default_provider();
    assert_eq!(format!("{:?}", ours.cipher_suites), format!("{:?}", ring.cipher_suites));
    let main = include_str!("../src/main.rs");
    let first = main.split("fn main() -> ExitCode {").nth(1).unwrap().trim_start();
    assert!(first.starts_with("reader_gateway::install_tls();"));
}
