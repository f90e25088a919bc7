//! A chunk of the first day is opened for ever; any events make a chunk that gives them back; no bytes make a panic.

use std::{env, fs};

use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::event::{StreamName, TypeName};
use crate::leaf;

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden/log/chunk.v1.json");

/// The nth event of a made-up run: streams, types, times back and forth, payloads from nothing to large.
fn event(nth: u64) -> (Recorded, (i64, i64)) {
    let (stream, kind) = (nth * nth % 7, nth % 3);
    let mut event = Recorded {
        position: nth + 1,
        stream: StreamName::new(format!("weapon-{stream}@post")).unwrap(),
        revision: nth,
        id: Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0000 + u128::from(nth)),
        type_name: TypeName::new(format!("Type{kind}")).unwrap(),
        schema_version: if nth == 200 { u32::MAX } else { 1 },
        recorded_at: 1_790_000_000_000_000 + (nth * nth).cast_signed(),
        occurred_at: if nth.is_multiple_of(50) { i64::MIN + nth.cast_signed() } else { 1_789_999_999_000_000 },
        salt: [nth as u8; 16],
        meta: format!("{{\"actor\":\"p-{stream}\"}}").into_bytes(),
        data: (0..nth % 40 * 3).map(|byte| (byte * nth) as u8).collect(),
        leaf: [0; 32],
    };
    event.leaf = leaf::of(&event);
    (event, (stream.cast_signed() + 1, kind.cast_signed() + 2))
}

fn run() -> (Vec<Recorded>, Vec<(i64, i64)>) {
    (0..EVENTS as u64).map(event).unzip()
}

/// One line an event, so that a difference names it.
fn told(events: &[Recorded], numbers: &[(i64, i64)]) -> Value {
    let line = |(event, (stream, kind)): (&Recorded, &(i64, i64))| {
        let (meta, data) = (hex::encode(&event.meta), hex::encode(&event.data));
        let integers =
            [*stream, event.revision.cast_signed(), *kind, event.schema_version.into(), event.recorded_at, event.occurred_at];
        format!("{integers:?} {} {} {meta} {data} {}", event.id, hex::encode(event.salt), hex::encode(event.leaf))
    };
    events.iter().zip(numbers).map(line).collect()
}

/// The same from the stored bytes.
fn opened(chunk: &Chunk) -> Result<Value, String> {
    let columns = Columns::open(&chunk.columns)?;
    let parts = (0..PARTS).map(|part| columns.part(part, &chunk.parts[part])).collect::<Result<Vec<_>, _>>()?;
    let line = |nth: usize| {
        let integers =
            [Column::Stream, Column::Revision, Column::Type, Column::SchemaVersion, Column::RecordedAt, Column::OccurredAt];
        let integers = integers.map(|column| columns.get(column, nth));
        let (meta, data) = (parts[nth / PART].meta(nth % PART), parts[nth / PART].data(nth % PART));
        let id = Uuid::from_slice(&chunk.ids[nth * 16..][..16]).unwrap();
        let (salt, leaf) = (hex::encode(&chunk.salts[nth * 16..][..16]), hex::encode(&chunk.leaves[nth * 32..][..32]));
        format!("{integers:?} {id} {salt} {} {} {leaf}", hex::encode(meta), hex::encode(data))
    };
    Ok((0..EVENTS).map(line).collect())
}

#[test]
fn a_chunk_of_the_first_day_is_opened() {
    let (events, numbers) = run();
    if env::var_os("UPDATE").is_some() {
        let chunk = Chunk::seal(&events, &numbers);
        let golden = json!({
            "columns": hex::encode(&chunk.columns), "ids": hex::encode(&chunk.ids), "salts": hex::encode(&chunk.salts),
            "leaves": hex::encode(&chunk.leaves), "parts": chunk.parts.each_ref().map(hex::encode),
        });
        fs::write(GOLDEN, format!("{golden:#}\n")).unwrap();
    }
    let golden: Value = serde_json::from_str(&fs::read_to_string(GOLDEN).unwrap()).unwrap();
    let bytes = |value: &Value| hex::decode(value.as_str().unwrap()).unwrap();
    let chunk = Chunk {
        columns: bytes(&golden["columns"]),
        ids: bytes(&golden["ids"]),
        salts: bytes(&golden["salts"]),
        leaves: bytes(&golden["leaves"]),
        parts: std::array::from_fn(|part| bytes(&golden["parts"][part])),
    };
    assert_eq!(opened(&chunk).unwrap(), told(&events, &numbers));
    // What the library packs may change from version to version; what is in it may not.
    assert_eq!(opened(&Chunk::seal(&events, &numbers)).unwrap(), told(&events, &numbers));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_events_come_back(
        integers in prop::collection::vec(any::<(i64, i64, u32, i64, i64)>(), EVENTS),
        payloads in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..60), prop::collection::vec(any::<u8>(), 0..200)), EVENTS),
    ) {
        let (mut events, mut numbers) = run();
        for (nth, ((stream, kind, version, recorded, occurred), (meta, data))) in integers.into_iter().zip(payloads).enumerate() {
            let event = &mut events[nth];
            (event.schema_version, event.recorded_at, event.occurred_at) = (version, recorded, occurred);
            (event.meta, event.data, numbers[nth]) = (meta, data, (stream, kind));
        }
        prop_assert_eq!(opened(&Chunk::seal(&events, &numbers)).unwrap(), told(&events, &numbers));
    }

    #[test]
    fn spoiled_bytes_are_an_error_or_no_leaf_of_theirs(at in any::<prop::sample::Index>(), bit in 0..8u32, part in 0..=PARTS) {
        let (events, numbers) = run();
        let mut chunk = Chunk::seal(&events, &numbers);
        let bytes = if part == PARTS { &mut chunk.columns } else { &mut chunk.parts[part] };
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        // Some bits of a deflated stream say nothing; whatever does is in the leaf of its event.
        for (nth, other) in changed(&chunk, &events, &numbers).unwrap_or_default() {
            prop_assert_ne!(leaf::of(&other), events[nth].leaf, "event {} is another and has its leaf", nth);
        }
    }
}

/// The events that are not as they were, as they are now; one of another stream or type is not asked for.
fn changed(chunk: &Chunk, events: &[Recorded], numbers: &[(i64, i64)]) -> Result<Vec<(usize, Recorded)>, String> {
    let columns = Columns::open(&chunk.columns)?;
    let parts = (0..PARTS).map(|part| columns.part(part, &chunk.parts[part])).collect::<Result<Vec<_>, _>>()?;
    let now = |nth: usize| {
        let (get, payloads) = (|column| columns.get(column, nth), &parts[nth / PART]);
        let same_names = numbers[nth] == (get(Column::Stream), get(Column::Type));
        let other = Recorded {
            revision: u64::try_from(get(Column::Revision)).ok()?,
            schema_version: u32::try_from(get(Column::SchemaVersion)).ok()?,
            recorded_at: get(Column::RecordedAt),
            occurred_at: get(Column::OccurredAt),
            meta: payloads.meta(nth % PART).to_vec(),
            data: payloads.data(nth % PART).to_vec(),
            ..events[nth].clone()
        };
        (same_names && other != events[nth]).then_some((nth, other))
    };
    Ok((0..EVENTS).filter_map(now).collect())
}
