//! What a tag, a code or a reader's clock says: any bytes have an answer, bounded, and what can be written
//! reads back the same.

use tag_data::barcode::{self, Options, SymbologyId, TEXT_BYTES_MAX};
use tag_data::decode::{Decoded, decode_with};
use tag_data::epc::Epc;
use tag_data::gs1::Elements;
use tag_data::moment::Moment;
use tag_data::tid::Tid;

use super::text;

/// An answer is one line of JSON, bounded by what was given, and reads back the same.
fn holds(decoded: &Decoded, given: usize) {
    let json = serde_json::to_string(decoded).expect("an answer is JSON");
    assert!(json.len() <= given * 64 + 2000, "{} bytes from {given}", json.len());
    assert!(!json.contains('\n'));
    assert_eq!(serde_json::from_str::<Decoded>(&json).ok().as_ref(), Some(decoded), "{json}");
}

pub fn epc(data: &[u8]) {
    let Ok(epc) = Epc::from_bytes(data) else { return };
    assert_eq!(epc.to_string().parse::<Epc>().as_ref(), Ok(&epc));
    if let Ok(Some(identity)) = epc.identity() {
        let again = Epc::from_tag_uri(&identity.tag_uri).unwrap_or_else(|error| panic!("{}: {error}", identity.tag_uri));
        let (read, written) = (epc.spelled_out().unwrap_or(epc.clone()).to_string(), again.to_string());
        let shared = epc.appended_tid().map(|(epc, _)| epc.to_string());
        let read = shared.unwrap_or(read);
        assert_eq!(written.trim_end_matches('0'), read.trim_end_matches('0'), "{}", identity.tag_uri);
        serde_json::to_string(&identity.fields()).expect("fields are JSON");
    }
    let shown = epc.to_string();
    holds(&decode_with(&format!("epc:{shown}"), &Options::default()), shown.len());
}

pub fn tag_uri(data: &[u8]) {
    let Some(tail) = text(data) else { return };
    let uri = format!("urn:epc:tag:{tail}");
    let written = Epc::from_tag_uri(&uri);
    if let Ok(epc) = &written {
        let identity = epc.identity().ok().flatten().unwrap_or_else(|| panic!("{uri} was written and says nothing"));
        assert_eq!(Epc::from_tag_uri(&identity.tag_uri).as_ref(), Ok(epc), "{uri}");
    }
    holds(&decode_with(&uri, &Options::default()), uri.len());
}

pub fn tid(data: &[u8]) {
    let Ok(tid) = Tid::from_bytes(data) else { return };
    assert_eq!(tid.to_string().parse::<Tid>().as_ref(), Ok(&tid));
    let (fields, error) = tid.fields();
    assert!(tid.meaning().is_ok() || error.is_some(), "a read cut off in the middle is told");
    serde_json::to_string(&fields).expect("fields are JSON");
    holds(&decode_with(&format!("tid:{tid}"), &Options::default()), 2 * data.len());
}

pub fn gs1(data: &[u8]) {
    let Some(text) = text(data) else { return };
    for read in [Some(Elements::parse(text)), Elements::parse_bracketed(text)].into_iter().flatten() {
        let fields = serde_json::to_string(&read.fields()).expect("fields are JSON");
        assert!(fields.len() <= text.len() * 30 + 2000);
        let _ = tag_data::gs1_key::digital_link(&read);
        let _ = tag_data::gs1_key::epc_uri(&read, &[]);
        assert!(read.error().is_none_or(|error| error.len() <= 1000 + text.len() * 8));
    }
}

pub fn iuid(data: &[u8]) {
    let Some(text) = text(data) else { return };
    for front in ["]d1[)>\u{1e}06\u{1d}", "]d1[)>\u{1e}05\u{1d}", "]d1[)>\u{1e}12\u{1d}", "]d1[)>\u{1e}DD", ""] {
        let whole = format!("{front}{text}");
        holds(&decode_with(&whole, &Options::default()), whole.len());
    }
}

pub fn barcode(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else { return };
    let Some(text) = text(rest) else { return };
    let options = Options { visible_controls: first & 1 == 1, ..Options::default() };
    let reading = barcode::read(text, &options);
    assert!(reading.uri.as_ref().is_none_or(|uri| uri.len() <= 3 * text.len().min(TEXT_BYTES_MAX) + 200));
    assert_eq!(tag_data::decode::barcode_uri(text, &options), reading.uri);
    let (id, body) = SymbologyId::split(text);
    if let Some(id) = id {
        assert_eq!(format!("{id}{body}"), text, "the identifier and the rest are the whole");
    }
    holds(&decode_with(&format!("barcode:{text}"), &options), text.len());
}

pub fn decode(data: &[u8]) {
    if let Some(text) = text(data) {
        holds(&decode_with(text, &Options::default()), text.len());
    }
}

pub fn moment(data: &[u8]) {
    let Some(text) = text(data) else { return };
    if let Ok(moment) = text.parse::<Moment>() {
        let shown = moment.to_string();
        assert_eq!(shown.parse::<Moment>(), Ok(moment), "{text:?} is shown as {shown:?}");
        let far = moment.plus_seconds(i64::MAX).plus_seconds(i64::MIN);
        let _ = (far.seconds_since(moment), far.millis(), far.to_string());
    }
}
