//! A Zebra reader behind IoT Connector: tag events as it publishes them, and a heartbeat each minute.

use tag_data::moment::Moment;

use super::Field;
use super::tags::{Mark, Tag};
use crate::protocol::{hex_upper, millis_between, millis_later};

const HEARTBEAT_MS: i64 = 60_000;

/// The simulated reader.
#[derive(Debug)]
pub struct Reader {
    /// The tags before it.
    pub field: Field,
    event: u64,
    management: u64,
    heartbeat: Option<Moment>,
}

impl Reader {
    /// A reader that has not published yet.
    #[must_use]
    pub fn new(field: Field) -> Self {
        Self { field, event: 0, management: 0, heartbeat: None }
    }

    /// The messages due by now: one event alone, several as an array, as a batching reader does.
    pub fn tick(&mut self, now: Moment) -> Vec<Vec<u8>> {
        let mut messages = Vec::new();
        if self.heartbeat.is_none_or(|last| millis_between(last, now) >= HEARTBEAT_MS) {
            self.heartbeat = Some(now);
            self.management += 1;
            messages.push(heartbeat(now, self.management, self.event).into_bytes());
        }
        let events: Vec<String> = self.field.read(now).iter().map(|tag| self.event(now, tag)).collect();
        match &events[..] {
            [] => {}
            [one] => messages.push(one.clone().into_bytes()),
            many => messages.push(format!("[{}]", many.join(",")).into_bytes()),
        }
        messages
    }

    /// When the next message is due.
    #[must_use]
    pub fn wake_at(&self) -> Option<Moment> {
        let heartbeat = self.heartbeat.map(|last| millis_later(last, HEARTBEAT_MS));
        [heartbeat, self.field.wake_at()].into_iter().flatten().min()
    }

    fn event(&mut self, now: Moment, tag: &Tag) -> String {
        self.event += 1;
        data_event(now, self.event, tag)
    }
}

/// A tag event.
#[must_use]
pub fn data_event(now: Moment, number: u64, tag: &Tag) -> String {
    let (epc, tid) = match &tag.mark {
        Mark::Epc { epc, tid } => (hex_upper(epc), tid.as_deref().map(hex_upper)),
        Mark::Text(_) => (String::new(), None),
    };
    let tid = tid.map_or_else(String::new, |tid| format!(r#","TID":"{tid}""#));
    format!(
        concat!(
            r#"{{"type":"SIMPLE","timestamp":"{}","data":{{"MAC":"C4:7D:CC:00:00:01","antenna":{},"eventNum":{},"#,
            r#""format":"epc","idHex":"{}","peakRssi":{},"reads":1{}}}}}"#
        ),
        stamp(now),
        tag.antenna,
        number,
        epc,
        tag.rssi_dbm,
        tid,
    )
}

/// A heartbeat.
#[must_use]
pub fn heartbeat(now: Moment, number: u64, sent: u64) -> String {
    format!(
        concat!(
            r#"{{"type":"heartbeat","timestamp":"{}","component":"RG","eventNum":{},"data":{{"reader_gateway":"#,
            r#"{{"numDataMessagesTxed":{},"numDataMessagesRetained":0,"numDataMessagesDropped":0}}}}}}"#
        ),
        stamp(now),
        number,
        sent,
    )
}

/// The reader's own way to write a time: milliseconds, and a zone without a colon.
fn stamp(now: Moment) -> String {
    let text = now.to_string();
    format!("{}+0000", text.get(..23).unwrap_or(&text))
}
