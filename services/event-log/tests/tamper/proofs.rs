//! Roots, inclusion and consistency proofs of every size, set against a library that others wrote: pymerkle,
//! installed at a pinned version into a place of its own under the build directory. Where the package index
//! cannot be reached the test says so and is skipped.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use event_log::{EventLog, tree};
use serde_json::{Value, json};

const REQUIREMENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tamper/requirements.txt");

#[test]
fn another_library_finds_the_same_roots_and_proofs() {
    let Some(python) = python() else { return };
    let events = crate::number("MUSTER_TAMPER_EVENTS", 12);
    let (dir, log) = crate::base::opened(events + 300);
    let said = proofs(&log);
    drop(log);
    std::fs::remove_dir_all(dir).expect("removed");
    let mut ask = Command::new(python);
    ask.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tamper/merkle.py")).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = ask.spawn().expect("python runs");
    child.stdin.take().expect("piped").write_all(said.to_string().as_bytes()).expect("it listens");
    let answer = child.wait_with_output().expect("it ends");
    let text = String::from_utf8_lossy(&answer.stdout);
    println!("pymerkle:\n{text}");
    assert!(answer.status.success(), "{text}");
}

/// Every root; every leaf in some sizes and some leaves in every size; the same for consistency.
fn proofs(log: &EventLog) -> Value {
    let size = log.head().size;
    let hexed = |path: Vec<[u8; 32]>| path.iter().map(hex::encode).collect::<Vec<_>>();
    let root = |size| log.root_at(size).expect("read").expect("there");
    let roots: Vec<_> = (0..=size).map(root).collect();
    let near = |a: u64, b: u64| (a * 7 + b).is_multiple_of(11) || b - a < 3 || a < 3 || b == size || a.is_power_of_two();
    let (mut inclusion, mut consistency) = (Vec::new(), Vec::new());
    let leaves: Vec<_> = log.read(1, size as usize).expect("read").iter().map(|event| event.leaf).collect();
    for (a, b) in (1..=size).flat_map(|b| (1..=b).map(move |a| (a, b))).filter(|(a, b)| near(*a, *b)) {
        let path = log.inclusion_proof(a, b).expect("read").expect("there");
        assert!(tree::verify_inclusion(&leaves[a as usize - 1], a - 1, b, &path, &roots[b as usize]));
        inclusion.push(json!([a, b, hexed(path)]));
        let path = log.consistency_proof(a, b).expect("read").expect("there");
        assert!(tree::verify_consistency(a, b, &path, &roots[a as usize], &roots[b as usize]));
        consistency.push(json!([a, b, hexed(path)]));
    }
    let entries: Vec<_> = log.read(1, size as usize).expect("read").iter().map(|event| hex::encode(entry(event))).collect();
    json!({ "entries": entries, "roots": hexed(roots), "inclusion": inclusion, "consistency": consistency })
}

/// The bytes whose leaf hash an event is, put together from the description in the file.
fn entry(event: &event_log::Recorded) -> Vec<u8> {
    let text = |text: &str| [&(text.len() as u32).to_be_bytes()[..], text.as_bytes()].concat();
    let hidden = |payload| event_log::leaf::hidden(&event.salt, payload);
    [
        text("muster-event/v1"),
        (event.position - 1).to_be_bytes().to_vec(),
        text(event.stream.as_str()),
        event.revision.to_be_bytes().to_vec(),
        event.id.as_bytes().to_vec(),
        text(event.type_name.as_str()),
        event.schema_version.to_be_bytes().to_vec(),
        event.recorded_at.to_be_bytes().to_vec(),
        event.occurred_at.to_be_bytes().to_vec(),
        hidden(&event.meta).to_vec(),
        hidden(&event.data).to_vec(),
    ]
    .concat()
}

/// The interpreter with the library, made once; none where it cannot be had.
fn python() -> Option<PathBuf> {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pymerkle-7.0.0");
    let python = place.join("bin/python");
    let has = |python: &Path| Command::new(python).args(["-c", "import pymerkle"]).output().is_ok_and(|run| run.status.success());
    if has(&python) {
        return Some(python);
    }
    let made = Command::new("python3").args(["-m", "venv"]).arg(&place).output();
    let pip = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--require-hashes",
        "--only-binary",
        ":all:",
        "-r",
        REQUIREMENTS,
    ];
    let installed = Command::new(&python).args(pip).output();
    if has(&python) {
        return Some(python);
    }
    println!("SKIPPED: pymerkle could not be installed, so no other library was asked: {made:?} {installed:?}");
    None
}
