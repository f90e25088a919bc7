//! Where hunting begins: what the house holds already as data (transcripts, tables, examples, goldens),
//! brought into the form of each target's bytes. Nothing is kept twice: the corpus' folders hold only what
//! hunting found.

use std::fs;
use std::path::{Path, PathBuf};

use armoury::event::Event;

use crate::targets::{Target, book, web};

fn root() -> PathBuf {
    muster_tests::root()
}

fn lines(file: impl AsRef<Path>) -> Vec<String> {
    let text = fs::read_to_string(root().join(file)).unwrap();
    text.lines().map(str::to_owned).collect()
}

fn files(folder: impl AsRef<Path>) -> Vec<PathBuf> {
    let folder = fs::read_dir(root().join(folder)).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = folder.map(|entry| entry.path()).filter(|path| path.is_file()).collect();
    files.sort();
    files
}

/// What the transcripts of a driver hear: each piece, and each file's pieces together.
fn heard(driver: &str) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for file in files(format!("tests/transcripts/{driver}")) {
        let mut together = Vec::new();
        for line in fs::read_to_string(file).unwrap().lines() {
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            let hex = |text: &str| hex::decode(text.replace(' ', "")).unwrap();
            let bytes = match word {
                "hear" if rest.starts_with('"') => serde_json::from_str::<String>(rest).unwrap().into_bytes(),
                "hear" => hex(rest),
                "frame" => {
                    let parts: Vec<&str> = rest.splitn(3, ' ').collect();
                    let status = hex(parts[1]);
                    let data = hex(parts.get(2).unwrap_or(&""));
                    let status = u16::from_be_bytes([status[0], status[1]]);
                    reader_gateway::protocol::mercury::frame::answer(hex(parts[0])[0], status, &data)
                }
                _ => continue,
            };
            together.extend_from_slice(&bytes);
            all.push(bytes);
        }
        all.push(together);
    }
    all
}

/// The values of a table of published vectors.
fn vectors(table: &str) -> Vec<String> {
    let rows = lines(format!("tests/conformance/{table}.tsv"));
    let rows = rows.iter().filter(|line| !line.starts_with('#') && !line.starts_with("value\t") && !line.is_empty());
    let plain = |value: &str| {
        let mut parts = value.split("\\x");
        let mut text = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            text.push(char::from(u8::from_str_radix(&part[..2], 16).unwrap()));
            text += &part[2..];
        }
        text
    };
    rows.map(|line| plain(line.split('\t').next().unwrap_or_default())).collect()
}

fn all_vectors() -> Vec<Vec<u8>> {
    ["epc", "tid", "barcode", "gs1", "iuid"].iter().flat_map(|table| vectors(table)).map(String::into_bytes).collect()
}

fn hexed(table: &str) -> Vec<Vec<u8>> {
    vectors(table).iter().filter_map(|value| hex::decode(value.rsplit(':').next()?).ok()).collect()
}

/// The tag URIs that stand in the table of EPCs, from behind `urn:epc:tag:`.
fn tag_uris() -> Vec<Vec<u8>> {
    let rows = lines("tests/conformance/epc.tsv");
    let uris = rows.iter().filter_map(|line| line.split("urn:epc:tag:").nth(1)?.split('\t').next());
    uris.map(|uri| uri.as_bytes().to_vec()).collect()
}

fn examples(folder: &str, ending: &str) -> Vec<(String, Vec<u8>)> {
    let files = files(folder).into_iter().filter(|path| path.display().to_string().ends_with(ending));
    files.map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(path).unwrap())).collect()
}

/// With each of these bytes before it: where the first byte chooses.
fn chosen(seeds: Vec<Vec<u8>>, choices: &[u8]) -> Vec<Vec<u8>> {
    seeds.iter().flat_map(|seed| choices.iter().map(move |choice| [&[*choice][..], seed].concat())).collect()
}

fn events() -> Vec<Vec<u8>> {
    let types = Event::types();
    let named = examples("schemas/events", ".example.json").into_iter().filter_map(|(file, bytes)| {
        let name = file.split('.').next()?.to_owned();
        let at = types.iter().position(|(known, _)| *known == name)?;
        Some([&[u8::try_from(at).ok()?][..], &bytes].concat())
    });
    named.collect()
}

const OBSERVED: &str = "{\"type\":\"Observed\",\"data\":{\"kind\":\"epc\",\"epc\":\"3034257BF7194E4000001A85\",\"reader\":\"r1\",\
     \"place\":\"0195f0c0-0000-7000-8000-000000000001\",\"first\":\"2026-03-01T06:30:00.000000Z\",\
     \"last\":\"2026-03-01T06:30:01.000000Z\",\"count\":3,\"raw\":\"AA\"}}";
const HOLE: &str =
    "{\"type\":\"HoleDeclared\",\"data\":{\"lost\":3,\"reason\":\"no room\",\"at\":\"2026-03-01T06:30:00.000000Z\"}}";
const NOTICE: &str = "{\"type\":\"ReaderHeard\",\"data\":{\"reader\":\"r1\",\"place\":\"p\",\"condition\":\"garbled\",\
     \"at\":\"2026-03-01T06:30:00.000000Z\",\"detail\":\"3 bytes\"}}";

fn batch() -> Vec<u8> {
    use reader_gateway::identity::Identity;
    use reader_gateway::outbox::Waiting;
    let item = |text: &str| serde_json::value::RawValue::from_string(text.to_owned()).unwrap();
    let items = [OBSERVED, HOLE, NOTICE].map(item).into();
    let waiting = Waiting { first: 3, boot: "seed".to_owned(), items };
    serde_json::to_vec(&Identity::from_secret(&[7; 32]).sign(waiting)).unwrap()
}

fn receipt() -> Vec<u8> {
    let gateway = reader_gateway::identity::Identity::from_secret(&[8; 32]);
    let root = "ab".repeat(32);
    format!("{{\"gateway\":\"{}\",\"next\":5,\"log_size\":9,\"log_root\":\"{root}\",\"signature\":\"AA==\"}}", gateway.id())
        .into()
}

const META: &str = "{\"actor\":{\"kind\":\"gateway\",\"key\":\"00112233aabbccdd\"},\"role\":\"gateway\",\"node\":\"hq\",\
     \"basis\":\"device\",\"reason\":\"why\",\"cause\":\"0195f0c0-0000-7000-8000-000000000001\"}";
const LEDGER: &str = "serial,maker,model,calibre,class,place,owner,country,year,origin,source,epc,tid\n\
     418823,Zastava,M70AB2,7.62x39,SA4,Camp/Room 1,1st Battalion,YU,1986,ledger,\"page 3, line 4\",3034257BF7194E4000001A85,\n\
     418824,Zastava,\"M70\nAB2\",7.62x39,SA4,camp / room 2,,,,,,,\n";
const URLS: &[&str] = &[
    "serial:/dev/ttyUSB0?baud=9600",
    "serial:///dev/pts/4",
    "tcp://reader.local:5084",
    "tcp-listen://0.0.0.0:5084",
    "mqtt://broker:1884//FX7500EECCA8/tags?x",
    "mqtts://[fd00::1]/a/+/#",
];
const QUERIES: &[&str] = &[
    "known_at=48213&true_at=2026-03-01T06:30:00Z&after=7",
    "place=0195f0c0-0000-7000-8000-000000000001&cursor=a%2Fb&limit=500",
    "state=lost&q=418%C3%A9&known_at=2026-11-01T06:00:00%2B02:00",
];
const TIMES: &[&str] =
    &["2026-11-01", "2026-11-01 06:00", "2026-11-01T06:00:00+02:00", "2025-01-01T00:00:00.000+0000", "9999-12-31T23:59:60Z"];
const HEADS: &[&str] = &[
    "12 abababababababababababababababababababababababababababababababab\ntime: noon\nheld by: the inspector\n",
    "{\"size\":12,\"root\":\"abababababababababababababababababababababababababababababababab\",\"time\":\"noon\"}",
];
/// A body of every kind of act that the web takes; the tests of the API show more.
const BODIES: &[(&str, &str)] = &[
    ("/gateways", "{\"id\":\"armoury-1\",\"public_key\":\"AAAA\",\"code_words\":null}"),
    ("/counts", "{\"place\":\"0195f0c0-0000-7000-8000-000000000001\",\"kind\":\"full\",\"blind\":true,\"counters\":[\"1001\"]}"),
    ("/session", "{\"service_number\":\"1001\",\"password\":\"a pass phrase\"}"),
];

fn texts(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

fn bodies() -> Vec<Vec<u8>> {
    let weapon = "{\"identity\":{\"class\":\"SA4\",\"maker\":\"Zastava\",\"model\":\"M70AB2\",\"calibre\":\"7.62x39\",\"country\":\"YU\",\
         \"year\":1986,\"serial\":\"418823\",\"marks\":[{\"kind\":\"serial\",\"component\":\"receiver\",\"method\":\"stamp\",\
         \"text\":\"418823\"}]},\"owner\":\"1st\",\"origin\":\"ledger\",\"place\":\"0195f0c0-0000-7000-8000-000000000001\",\
         \"occurred_at\":\"2026-03-01T06:30:00Z\",\"basis\":\"paper\",\"reason\":\"why\"}";
    let named = BODIES.iter().copied().chain([("/weapons", weapon)]);
    let mut seeds: Vec<Vec<u8>> =
        named.filter_map(|(path, body)| Some([&[web::body_index(path)?][..], body.as_bytes()].concat())).collect();
    let (bodies, _) = web::routes();
    seeds.extend(
        (0..bodies).filter_map(|at| u8::try_from(at).ok()).map(|at| [&[at][..], b"{\"because\":\"x\",\"note\":null}"].concat()),
    );
    // Commands of every life, as the events' examples show their fields.
    seeds.extend(
        (0..bodies).filter_map(|at| u8::try_from(at).ok()).zip(events()).map(|(at, event)| [&[at][..], &event[1..]].concat()),
    );
    seeds
}

/// What a target's hunting begins with: the house's data and what hunting kept.
pub fn of(target: &Target) -> Vec<Vec<u8>> {
    let text_file = |name: &str| vec![fs::read(root().join(name)).unwrap()];
    let mut seeds = match target.name {
        "mercury" => chosen(heard("mercury"), &[0, 41]),
        "mercury-host" => heard("mercury"),
        "mercury-record" => {
            heard("mercury").into_iter().filter(|bytes| bytes.len() > 9).map(|b| b[5..b.len() - 2].to_vec()).collect()
        }
        "zebra-iotc" | "zebra-split" => heard("zebra-iotc"),
        "zebra-sequence" => vec![[0, 0, 0, 0, 0, 0, 0, 0, 7, 3, 0, 0, 0, 0, 0, 0, 0, 9].to_vec(), vec![255; 90]],
        "barcode-line" => chosen(heard("barcode-line"), &[0, 1, 2, 3, 4, 0x40, 0x83]),
        "epc" => hexed("epc"),
        "tag-uri" => tag_uris(),
        "tid" => hexed("tid"),
        "gs1" => vectors("gs1").into_iter().map(String::into_bytes).collect(),
        "iuid" => vectors("iuid").into_iter().map(String::into_bytes).collect(),
        "barcode" => chosen(all_vectors(), &[0, 1]),
        "decode" => all_vectors(),
        "moment" => texts(TIMES),
        "batch" => vec![batch()],
        "receipt" => vec![receipt()],
        "item" => texts(&[OBSERVED, HOLE, NOTICE]),
        "report" => examples("schemas/mqtt", ".example.json").into_iter().map(|(_, bytes)| bytes).collect(),
        "event" => events(),
        "meta" => texts(&[META]),
        "checkpoint" => text_file("tests/golden/log/checkpoint.v1.txt"),
        "head" => [texts(HEADS), text_file("tests/golden/log/checkpoint.v1.txt")].concat(),
        "proof" => vec![vec![7, 3, 2, 0, 1], vec![69, 64, 33, 5, 8], [&[33, 32, 1, 2, 3][..], &[9; 80]].concat()],
        "anchor" => anchors(),
        "log-file" => vec![vec![], vec![0, 0, 18, 9], vec![0, 16, 0, 13, 4, 1], vec![0, 96, 7, 255, 0, 97, 9, 0]],
        "chunk" => chunks(),
        "ledger" => texts(&[LEDGER]),
        "gateway-config" => text_file("compose/gateway.example.toml"),
        "service-config" => text_file("compose/muster.example.toml"),
        "port-url" => texts(URLS),
        "tags-file" => chosen(texts(&["30ab # one\n30AC E280 @3\n", "[)>\\x1e06\\x1d1T\n"]), &[0, 1, 2]),
        "body" => bodies(),
        "query" => {
            let (_, routes) = web::routes();
            let routes: Vec<u8> = (0..routes).filter_map(|at| u8::try_from(at).ok()).collect();
            chosen(texts(QUERIES), &routes)
        }
        "form" => texts(&["csrf=AbC&note=two+words&empty=&to=%31", "a=1&csrf=x&csrf=y", "a=1"]),
        "words" => [texts(QUERIES), texts(TIMES)].concat(),
        other => panic!("{other} has no seeds"),
    };
    seeds.extend(kept(target));
    seeds
}

/// What hunting found for a target, kept in the repository.
pub fn kept(target: &Target) -> Vec<Vec<u8>> {
    files(format!("tests/fuzz/corpus/{}", target.name)).iter().map(|path| fs::read(path).unwrap()).collect()
}

fn anchors() -> Vec<Vec<u8>> {
    let folder = std::env::temp_dir().join(format!("muster-anchor-seed-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let head = |size: u64| event_log::Head { size, root: [7; 32] };
    let mut anchor = event_log::anchor::Anchor::create(&folder.join("anchor"), head(3), 1).unwrap();
    anchor.write(head(4)).unwrap();
    let file = fs::read(folder.join("anchor")).unwrap();
    fs::remove_dir_all(folder).unwrap();
    let lines = |slot: &[u8]| slot.split_inclusive(|byte| *byte == b'\n').take(4).flatten().copied().collect::<Vec<u8>>();
    let compact = [&[3][..], &lines(&file), &[0], &lines(&file[4096..])].concat();
    assert_eq!(book::anchor_file(&compact), file, "the hunters write an anchor as its writer does");
    vec![compact.clone(), [&[1], &compact[1..]].concat(), [&[4], &file[..512]].concat()]
}

/// The golden chunk: each part under its number, the columns under any other.
fn chunks() -> Vec<Vec<u8>> {
    let golden: serde_json::Value =
        serde_json::from_slice(&fs::read(root().join("tests/golden/log/chunk.v1.json")).unwrap()).unwrap();
    let bytes = |value: &serde_json::Value| hex::decode(value.as_str().unwrap()).unwrap();
    let parts = golden["parts"].as_array().unwrap().iter().zip(0..).map(|(part, nth)| [&[nth][..], &bytes(part)].concat());
    parts.chain([[&[9][..], &bytes(&golden["columns"])].concat()]).collect()
}
