//! What is read from and written to the outside, as JSON schemas and examples; UPDATE=1 rewrites them.

#![allow(clippy::unwrap_used, reason = "a test may stop at once")]
#![allow(dead_code, reason = "the fields are read by the schema alone")]

use std::path::Path;

use reader_gateway::protocol::{Driver, DriverName, Effect, Settings};
use reader_gateway::simulate::tags::Tag;
use reader_gateway::simulate::zebra;
use schemars::{JsonSchema, schema_for};
use serde::Deserialize;
use tag_data::moment::Moment;
use tag_data::scan::Report;

/// What the driver `zebra-iotc` reads of a tag event; other members are kept raw.
#[derive(Deserialize, JsonSchema)]
struct ZebraTagEvent {
    /// When the reader read it; a zone without a colon is understood.
    timestamp: Option<String>,
    data: ZebraTag,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ZebraTag {
    /// EPC bank in hex; anything else stays opaque text.
    id_hex: String,
    /// Chip serial in hex.
    #[serde(rename = "TID")]
    tid: Option<String>,
    /// From 1.
    antenna: Option<u16>,
    /// dBm.
    peak_rssi: Option<f64>,
    /// Reads folded into this event.
    reads: Option<u32>,
    /// Numbered without gaps; a number that never comes is told as lost.
    event_num: Option<u64>,
    /// Tells series of numbers apart; never the reader's identity, which is the topic.
    #[serde(rename = "MAC")]
    mac: Option<String>,
}

/// What the driver `zebra-iotc` reads of a heartbeat.
#[derive(Deserialize, JsonSchema)]
struct ZebraHeartbeat {
    #[serde(rename = "eventNum")]
    event_num: Option<u64>,
    data: ZebraHeartbeatData,
}

#[derive(Deserialize, JsonSchema)]
struct ZebraHeartbeatData {
    reader_gateway: ZebraGateway,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ZebraGateway {
    /// Messages lost since the reader started; an increase is told as lost reads.
    num_data_messages_dropped: u64,
}

fn fresh(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas/mqtt").join(name);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let stored = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(stored, text, "{} is stale; UPDATE=1 rewrites it", path.display());
}

fn pretty(json: &impl serde::Serialize) -> String {
    serde_json::to_string_pretty(json).unwrap() + "\n"
}

#[test]
fn schemas_and_examples_are_fresh() {
    let now: Moment = "2026-03-01T06:00:00Z".parse().unwrap();
    let tag =
        Tag::epc(&hex::decode("30395FB4A3D525C000000001").unwrap(), Some(&hex::decode("E28011602000764E0A1B2C3D").unwrap()));
    let (event, heartbeat) = (zebra::data_event(now, 1, &tag), zebra::heartbeat(now, 1, 1));
    assert_eq!(serde_json::from_str::<ZebraTagEvent>(&event).unwrap().data.id_hex, "30395FB4A3D525C000000001");
    assert_eq!(serde_json::from_str::<ZebraHeartbeat>(&heartbeat).unwrap().data.reader_gateway.num_data_messages_dropped, 0);
    let mut driver = Driver::new(&Settings::usual(DriverName::ZebraIotc));
    let report = driver
        .receive(now, event.as_bytes())
        .into_iter()
        .find_map(|effect| if let Effect::Report(report) = effect { Some(report) } else { None });
    fresh("zebra-iotc.tag-event.example.json", &format!("{event}\n"));
    fresh("zebra-iotc.heartbeat.example.json", &format!("{heartbeat}\n"));
    fresh("zebra-iotc.tag-event.schema.json", &pretty(&schema_for!(ZebraTagEvent)));
    fresh("zebra-iotc.heartbeat.schema.json", &pretty(&schema_for!(ZebraHeartbeat)));
    fresh("report.schema.json", &pretty(&schema_for!(Report)));
    fresh("report.example.json", &pretty(&reader_gateway::listen::with_uri(report.unwrap())));
}
