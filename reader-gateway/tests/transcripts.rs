//! Transcripts: what a reader said, and what the driver made of it, as data.
//!
//! ```text
//! with TOML             options of the driver        start       the port opens
//! at MS                 time goes on, tick           hear HEX    bytes come (or hear "text", JSON-quoted)
//! frame OPCODE STATUS HEX    a Mercury answer with its checksum made here
//!   -> EFFECT           what the driver wanted; written by UPDATE=1
//! ```
//! Each is played whole, byte by byte, split at every offset, behind noise, and with a broken frame before
//! every frame: the tags heard must be the same. (A message of `zebra-iotc` is never split: MQTT does not.)

#![allow(clippy::unwrap_used, reason = "a test may stop at once")]

use std::fs;
use std::path::{Path, PathBuf};

use reader_gateway::options::Options;
use reader_gateway::protocol::mercury::frame::answer;
use reader_gateway::protocol::{Driver, DriverName, Effect, hex_upper};
use tag_data::moment::Moment;

#[derive(Clone, Debug)]
enum Line {
    Start,
    At(i64),
    Hear(Vec<u8>),
}

struct Transcript {
    driver: DriverName,
    options: String,
    /// The lines as written, and what they do.
    lines: Vec<(String, Option<Line>)>,
    /// Effects expected behind each line.
    expected: Vec<Vec<String>>,
}

fn read(path: &Path) -> Transcript {
    let name = path.parent().unwrap().file_name().unwrap().to_str().unwrap();
    let mut transcript = Transcript { driver: name.parse().unwrap(), options: String::new(), lines: vec![], expected: vec![] };
    for text in fs::read_to_string(path).unwrap().lines() {
        if let Some(effect) = text.strip_prefix("  -> ") {
            transcript.expected.last_mut().unwrap().push(effect.to_owned());
            continue;
        }
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        let line = match word {
            "with" => {
                transcript.options += &format!("{rest}\n");
                None
            }
            "start" => Some(Line::Start),
            "at" => Some(Line::At(rest.parse().unwrap())),
            "hear" if rest.starts_with('"') => Some(Line::Hear(serde_json::from_str::<String>(rest).unwrap().into_bytes())),
            "hear" => Some(Line::Hear(hex::decode(rest.replace(' ', "")).unwrap())),
            "frame" => {
                let mut parts = rest.splitn(3, ' ');
                let mut part = || hex::decode(parts.next().unwrap_or_default().replace(' ', "")).unwrap();
                let (opcode, status) = (part()[0], part());
                Some(Line::Hear(answer(opcode, u16::from_be_bytes([status[0], status[1]]), &part())))
            }
            _ => None,
        };
        transcript.lines.push((text.to_owned(), line));
        transcript.expected.push(vec![]);
    }
    transcript
}

fn base() -> Moment {
    "2026-03-01T06:00:00Z".parse().unwrap()
}

fn show(effect: &Effect) -> Option<String> {
    Some(match effect {
        Effect::Report(report) => format!("Report {}", serde_json::to_string(report).unwrap()),
        Effect::Send(bytes) => format!("Send {}", hex_upper(bytes)),
        Effect::Condition(condition, words) => {
            format!("{condition:?} {}", words.as_deref().unwrap_or_default()).trim_end().to_owned()
        }
        Effect::Count(counter, count) => format!("Count {counter:?} {count}"),
        Effect::WakeAt(_) => return None,
    })
}

impl Transcript {
    fn new_driver(&self) -> Driver {
        let options: Options = toml::from_str(&self.options).unwrap();
        Driver::new(&options.settings(self.driver).unwrap())
    }

    /// Plays with `hear` done by `feed`; effects by line.
    fn play(&self, feed: &mut impl FnMut(&mut Driver, Moment, &[u8]) -> Vec<Effect>) -> Vec<Vec<Effect>> {
        let (mut driver, mut now) = (self.new_driver(), base());
        let mut do_line = |line: &Option<Line>| match line {
            None => vec![],
            Some(Line::Start) => driver.start(now),
            Some(Line::At(ms)) => {
                now = Moment::from_micros(base().micros() + ms * 1000);
                driver.tick(now)
            }
            Some(Line::Hear(bytes)) => feed(&mut driver, now, bytes),
        };
        self.lines.iter().map(|(_, line)| do_line(line)).collect()
    }
}

fn shown(effects: &[Vec<Effect>]) -> Vec<Vec<String>> {
    effects.iter().map(|effects| effects.iter().filter_map(show).collect()).collect()
}

/// What was heard of the tags, without the reader's time: noise may delay the dialogue that it hangs on.
fn tags(effects: &[Vec<Effect>]) -> Vec<String> {
    let tag = |effect: &Effect| match effect {
        Effect::Report(report) => {
            Some(format!("{:?} {:?} {:?} {:?} {}", report.epc, report.tid, report.antenna, report.rssi_dbm, report.raw))
        }
        _ => None,
    };
    effects.iter().flatten().filter_map(tag).collect()
}

fn check(path: &Path) {
    let transcript = read(path);
    let whole = transcript.play(&mut |driver, now, bytes| driver.receive(now, bytes));
    if std::env::var_os("UPDATE").is_some() {
        let lines = transcript.lines.iter().zip(shown(&whole));
        let text: String = lines
            .map(|((line, _), effects)| {
                format!("{line}\n") + &effects.iter().map(|effect| format!("  -> {effect}\n")).collect::<String>()
            })
            .collect();
        fs::write(path, text).unwrap();
        return;
    }
    for (index, (line, _)) in transcript.lines.iter().enumerate() {
        assert_eq!(shown(&whole)[index], transcript.expected[index], "{} line {line:?}; UPDATE=1 rewrites", path.display());
    }
    if transcript.driver == DriverName::ZebraIotc {
        return;
    }
    let longest = transcript
        .lines
        .iter()
        .filter_map(|(_, line)| if let Some(Line::Hear(bytes)) = line { Some(bytes.len()) } else { None })
        .max();
    let longest = longest.unwrap_or(0);
    let by_byte =
        transcript.play(&mut |driver, now, bytes| bytes.iter().flat_map(|byte| driver.receive(now, &[*byte])).collect());
    assert_eq!(shown(&by_byte), transcript.expected, "{} byte by byte", path.display());
    for offset in 1..longest {
        let split = transcript.play(&mut |driver, now, bytes| {
            let (head, tail) = bytes.split_at(offset.min(bytes.len()));
            [driver.receive(now, head), driver.receive(now, tail)].concat()
        });
        assert_eq!(shown(&split), transcript.expected, "{} split at {offset}", path.display());
    }
    if transcript.driver == DriverName::Mercury {
        behind_noise(path, &transcript, &tags(&whole));
    }
}

/// Noise, a cut-off frame and a frame with a wrong checksum before all that is heard cost no tag.
fn behind_noise(path: &Path, transcript: &Transcript, want: &[String]) {
    let mut broken = answer(0x22, 0, &[0x10, 0, 0x1B, 0x01, 0xFF, 1, 1, 0xC4]);
    *broken.last_mut().unwrap() ^= 1;
    for noise in [b"\x00\x55\xAA".to_vec(), vec![0xFF], vec![0xFF, 0xFF, 0x10], answer(0x22, 0x0400, &[])[..4].to_vec(), broken] {
        let noisy = transcript.play(&mut |driver, now, bytes| {
            let mut effects = driver.receive(now, &noise);
            effects.extend(driver.receive(now, bytes));
            effects.extend(driver.tick(now.plus_seconds(1))); // The gap that settles what only looked like a frame.
            effects
        });
        assert_eq!(tags(&noisy), want, "{} behind {}", path.display(), hex_upper(&noise));
    }
}

#[test]
fn every_transcript() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/transcripts");
    let mut files: Vec<PathBuf> = vec![];
    for (driver, _) in DriverName::ALL {
        let directory = fs::read_dir(root.join(driver)).unwrap_or_else(|_| panic!("{driver} has no transcripts"));
        files.extend(directory.map(|entry| entry.unwrap().path()));
    }
    files.sort();
    assert!(files.len() >= 10, "transcripts are missing");
    files.iter().for_each(|path| check(path));
}
