//! The hostile batches as a table: what is sent, what is answered, what becomes of the log.

use tag_data::batch::{BATCH_BYTES_MAX, Batch};

use crate::gateway::{Gateway, bytes, notice, notice_at};

/// What a case may use: three keys, and how far the honest one has come.
pub struct Ground {
    /// Enrolled; honest batches are its own.
    pub honest: Gateway,
    /// Enrolled too, for another place.
    pub other: Gateway,
    /// Nobody knows it.
    pub stranger: Gateway,
    /// The honest gateway's next sequence.
    pub next: u64,
    /// Its first batch, as it was taken.
    pub taken: Vec<u8>,
    /// What that batch said.
    pub said: Vec<String>,
}

/// What is sent.
pub struct Sent {
    pub path: String,
    pub headers: &'static str,
    pub body: Vec<u8>,
}

/// What becomes of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Log {
    /// Not one event more.
    Still,
    /// A finding for people; the gateway's own stream is as it was.
    Told,
    /// So many items more in the gateway's stream.
    Taken(u64),
}

/// One row.
pub struct Case {
    pub name: &'static str,
    pub make: fn(&Ground) -> Sent,
    pub status: u16,
    pub code: &'static str,
    pub log: Log,
}

const fn row(name: &'static str, make: fn(&Ground) -> Sent, status: u16, code: &'static str, log: Log) -> Case {
    Case { name, make, status, code, log }
}

impl Ground {
    fn sent(&self, body: Vec<u8>) -> Sent {
        Sent { path: self.honest.path(), headers: "", body }
    }

    /// Signed by the honest gateway, in its turn.
    fn items(&self, items: &[String]) -> Sent {
        self.sent(bytes(&self.honest.batch("boot", self.next, items)))
    }

    fn item(&self, item: &str) -> Sent {
        self.items(&[item.to_owned()])
    }

    fn from(&self, first: u64, items: &[String]) -> Sent {
        self.sent(bytes(&self.honest.batch("boot", first, items)))
    }

    /// Signed, then changed by somebody on the way.
    fn forged(&self, change: impl Fn(&mut Batch)) -> Sent {
        let mut batch = self.honest.batch("boot", self.next, &[notice("a"), notice("b")]);
        change(&mut batch);
        self.sent(bytes(&batch))
    }

    /// The text of a good batch with some words in it replaced; the signature is as it was.
    fn text(&self, from: &str, to: &str) -> Sent {
        let text = String::from_utf8(bytes(&self.honest.batch("boot", self.next, &[notice("a")]))).unwrap();
        assert!(text.contains(from), "{from:?} is not in {text}");
        self.sent(text.replacen(from, to, 1).into_bytes())
    }
}

/// Ten million zeros, packed as browsers pack.
fn bomb() -> Vec<u8> {
    let script = "import gzip,sys;sys.stdout.buffer.write(gzip.compress(b'{\"gateway\":\"'+b'0'*10000000))";
    std::process::Command::new("python3").args(["-c", script]).output().unwrap().stdout
}

fn not_base64(batch: &mut Batch) {
    batch.signature = "not base64!".to_owned();
}

const BAD: &str = "batch_not_understood";

/// The table.
pub const CASES: &[Case] = &[
    // Whose key.
    row("signed by a stranger in the gateway's name", |g| g.forged(|b| g.stranger.sign(b)), 403, "signature_wrong", Log::Still),
    row("signed by another enrolled gateway", |g| g.forged(|b| g.other.sign(b)), 403, "signature_wrong", Log::Still),
    row(
        "another gateway's batch at this one's address",
        |g| g.sent(bytes(&g.other.batch("boot", 0, &[notice("a")]))),
        400,
        BAD,
        Log::Still,
    ),
    row(
        "a stranger's own batch",
        |g| Sent { path: g.stranger.path(), ..g.sent(bytes(&g.stranger.batch("boot", 0, &[notice("a")]))) },
        403,
        "gateway-not-enrolled",
        Log::Still,
    ),
    row("no key at all", |g| Sent { path: "/api/v1/gateways/zzz/batches".to_owned(), ..g.item("{}") }, 400, BAD, Log::Still),
    row("an empty signature", |g| g.forged(|b| b.signature.clear()), 403, "signature_wrong", Log::Still),
    row("a signature of zeros", |g| g.forged(|b| b.signature = "A".repeat(86) + "=="), 403, "signature_wrong", Log::Still),
    row("a signature that is no base64", |g| g.forged(not_base64), 403, "signature_wrong", Log::Still),
    row("another boot label than signed", |g| g.forged(|b| b.boot.push('x')), 403, "signature_wrong", Log::Still),
    row("another number than signed", |g| g.forged(|b| b.first += 1), 403, "signature_wrong", Log::Still),
    row("items in another order than signed", |g| g.forged(|b| b.items.swap(0, 1)), 403, "signature_wrong", Log::Still),
    row("an item fewer than signed", |g| g.forged(|b| drop(b.items.pop())), 403, "signature_wrong", Log::Still),
    row(
        "a hole nobody signed",
        |g| {
            let hole =
                "{\"type\":\"HoleDeclared\",\"data\":{\"lost\":9,\"reason\":\"x\",\"at\":\"2026-03-01T06:30:00.000000Z\"}}";
            let hole = serde_json::value::RawValue::from_string(hole.to_owned()).unwrap();
            g.forged(|b| b.items[0] = hole.clone())
        },
        403,
        "signature_wrong",
        Log::Still,
    ),
    // Which numbers.
    row("the first batch again", |g| g.sent(g.taken.clone()), 200, "", Log::Still),
    row("a number left out", |g| g.from(g.next + 1, &[notice("a")]), 409, "send_from", Log::Still),
    row("the last number there is", |g| g.from(u64::MAX, &[notice("a")]), 409, "send_from", Log::Still),
    row(
        "known items and a new one",
        |g| g.from(0, &[&g.said[..], &[notice("new")]].concat()),
        409,
        "sequence_contradicted",
        Log::Told,
    ),
    row(
        "other items under known numbers",
        |g| g.from(0, &[notice("not what was said")]),
        409,
        "sequence_contradicted",
        Log::Told,
    ),
    row("the same contradiction again", |g| g.from(0, &[notice("not what was said")]), 409, "sequence_contradicted", Log::Still),
    row(
        "a signed hole of all there is",
        |g| {
            let lost = u64::MAX;
            g.item(&format!("{{\"type\":\"HoleDeclared\",\"data\":{{\"lost\":{lost},\"reason\":\"x\",\"at\":\"2026-03-01T06:30:00.000000Z\"}}}}"))
        },
        200,
        "",
        Log::Taken(1),
    ),
    // How much.
    row("no items", |g| g.items(&[]), 400, BAD, Log::Still),
    row("a thousand and one items", |g| g.items(&vec![notice("a"); 1001]), 413, "too_large", Log::Still),
    row("a thousand items", |g| g.items(&vec![notice("a"); 1000]), 200, "", Log::Taken(1000)),
    row("an item of nine thousand bytes", |g| g.item(&notice(&"x".repeat(9000))), 413, "too_large", Log::Still),
    row(
        "a mebibyte with blanks at its end",
        |g| {
            let mut sent = g.item(&notice("a"));
            sent.body.resize(BATCH_BYTES_MAX, b' ');
            sent
        },
        200,
        "",
        Log::Taken(1),
    ),
    row(
        "a byte more than a mebibyte",
        |g| {
            let mut sent = g.item(&notice("a"));
            sent.body.resize(BATCH_BYTES_MAX + 1, b' ');
            sent
        },
        413,
        "too_large",
        Log::Still,
    ),
    row("eight mebibytes", |g| g.sent(vec![b'['; 8 * BATCH_BYTES_MAX]), 413, "too_large", Log::Still),
    row(
        "a bomb of ten million zeros",
        |g| Sent { headers: "Content-Encoding: gzip\r\n", ..g.sent(bomb()) },
        400,
        BAD,
        Log::Still,
    ),
    row(
        "an announcement that is a bomb",
        |g| Sent { path: "/api/v1/gateways".to_owned(), headers: "Content-Encoding: gzip\r\n", ..g.sent(bomb()) },
        413,
        "too_large",
        Log::Still,
    ),
    // What shape.
    row("nothing", |g| g.sent(Vec::new()), 400, BAD, Log::Still),
    row("null", |g| g.sent(b"null".to_vec()), 400, BAD, Log::Still),
    row("a hundred thousand brackets", |g| g.sent(vec![b'['; 100_000]), 400, BAD, Log::Still),
    row("a hundred thousand braces", |g| g.sent(b"{\"a\":".repeat(100_000)), 400, BAD, Log::Still),
    row(
        "brackets within an item",
        |g| g.item(&format!("{{\"type\":\"ReaderHeard\",\"data\":{}{}}}", "[".repeat(3000), "]".repeat(3000))),
        400,
        BAD,
        Log::Still,
    ),
    row("a number twice", |g| g.text("\"first\":", "\"first\":0,\"first\":"), 400, BAD, Log::Still),
    row("a number beyond numbers", |g| g.text("\"first\":", "\"first\":18446744073709551616,\"x\":"), 400, BAD, Log::Still),
    row("a number below zero", |g| g.text("\"first\":", "\"first\":-1,\"x\":"), 400, BAD, Log::Still),
    row("a number of 1e300", |g| g.text("\"first\":", "\"first\":1e300,\"x\":"), 400, BAD, Log::Still),
    row("an unknown field", |g| g.text("{\"gateway\"", "{\"more\":1,\"gateway\""), 400, BAD, Log::Still),
    row(
        "an unknown field in an item's data",
        |g| g.item(&notice("a").replace("\"reader\"", "\"more\":1,\"reader\"")),
        400,
        BAD,
        Log::Still,
    ),
    row(
        "a field of an item twice",
        |g| g.item(&notice("a").replace("\"reader\"", "\"reader\":\"b\",\"reader\"")),
        400,
        BAD,
        Log::Still,
    ),
    row("a type twice", |g| g.item(&notice("a").replace("{\"type\"", "{\"type\":\"Observed\",\"type\"")), 400, BAD, Log::Still),
    row(
        "an event that is not a gateway's",
        |g| g.item("{\"type\":\"WeaponIssued\",\"data\":{\"to\":\"1\",\"acknowledgement\":\"none\"}}"),
        400,
        BAD,
        Log::Still,
    ),
    row("blanks within the signed form", |g| g.item(&notice("a").replace("\"data\":", "\"data\": ")), 400, BAD, Log::Still),
    // Which characters.
    row(
        "bytes that are no UTF-8",
        |g| {
            let mut sent = g.item(&notice("a"));
            let at = sent.body.windows(10).position(|w| w == b"\"reader\":\"").unwrap() + 10;
            sent.body[at] = 0xFF;
            sent
        },
        400,
        BAD,
        Log::Still,
    ),
    row("a bare NUL in a text", |g| g.text("\"reader\":\"a\"", "\"reader\":\"\u{0}\""), 400, BAD, Log::Still),
    row("half a surrogate", |g| g.item(&notice("\\ud800")), 400, BAD, Log::Still),
    row("a NUL that is spelled out", |g| g.item(&notice("a\\u0000b")), 200, "", Log::Taken(1)),
    row("text that runs the other way", |g| g.item(&notice("\u{202e}reader\u{2066}")), 200, "", Log::Taken(1)),
    row(
        "a boot label with a line's end",
        |g| g.sent(bytes(&g.honest.batch("a\nb", g.next, &[notice("a")]))),
        400,
        BAD,
        Log::Still,
    ),
    row(
        "a boot label without an end",
        |g| g.sent(bytes(&g.honest.batch(&"x".repeat(65), g.next, &[notice("a")]))),
        400,
        BAD,
        Log::Still,
    ),
    // Which times.
    row("the last second of the calendar", |g| g.item(&notice_at("a", "9999-12-31T23:59:59.999999Z")), 200, "", Log::Taken(1)),
    row("the first second of the calendar", |g| g.item(&notice_at("a", "0000-01-01T00:00:00Z")), 200, "", Log::Taken(1)),
    row("a leap second behind the calendar", |g| g.item(&notice_at("a", "9999-12-31T23:59:60Z")), 400, BAD, Log::Still),
    row("a year below zero", |g| g.item(&notice_at("a", "-0001-01-01T00:00:00Z")), 400, BAD, Log::Still),
    row("a time as a number", |g| g.item(&notice_at("a", "\"").replace("\"\"\"", "1e300")), 400, BAD, Log::Still),
    row("a time of minus one", |g| g.item(&notice_at("a", "\"").replace("\"\"\"", "-1")), 400, BAD, Log::Still),
];
