//! What a sealed chunk is made of: its columns of integers and its parts of payloads, as bytes of a file.

use event_log::chunk::{Column, Columns, PART, PARTS};

/// The columns of the golden chunk: without whole ones no part is ever opened.
static COLUMNS: std::sync::LazyLock<Columns> = std::sync::LazyLock::new(|| {
    let text = include_str!("../../golden/log/chunk.v1.json");
    let golden: serde_json::Value = serde_json::from_str(text).expect("JSON");
    let columns = hex::decode(golden["columns"].as_str().expect("a text")).expect("hex");
    Columns::open(&columns).expect("the golden chunk")
});

/// The first byte says as what the rest is read: as a part of the golden chunk, or as columns.
pub fn chunk(data: &[u8]) {
    let Some((how, bytes)) = data.split_first() else { return };
    let part = usize::from(*how);
    if part >= PARTS {
        if let Ok(columns) = Columns::open(bytes) {
            let _ = columns.part(0, bytes); // No panic, and no more room than its bytes can fill.
        }
        return;
    }
    let Ok(payloads) = COLUMNS.part(part, bytes) else { return };
    for nth in 0..PART {
        let event = part * PART + nth;
        assert_eq!(payloads.meta(nth).len() as i64, COLUMNS.get(Column::Meta, event));
        assert_eq!(payloads.data(nth).len() as i64, COLUMNS.get(Column::Data, event));
    }
}
