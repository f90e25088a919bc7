//! The program's commands as child processes: exit codes, output, and a log that was tampered with.

#![allow(clippy::unwrap_used, missing_docs, reason = "a test that fails says where")]

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use event_log::{EventLog, OpenError, OpenOptions};
use muster::app::App;
use muster::config::Config;
use muster::scratch::Scratch;
use muster::setup::{Founder, Request};

fn muster(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_muster")).args(args).stdin(Stdio::null()).output().unwrap()
}

#[track_caller]
fn check(args: &[&str], code: i32, says: &str) -> String {
    let output = muster(args);
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{args:?}: {text}");
    assert!(text.contains(says), "{args:?}: {text}");
    text
}

/// A data folder with its first two people, closed again.
fn founded(dir: &Scratch) -> (String, String) {
    let mut config = Config { data: dir.to_path_buf(), ..Config::default() };
    (config.sign_in.password_memory_kib, config.sign_in.password_passes) = (64, 1);
    let app = App::open(config).unwrap();
    let link = app.setup().new_link(app.now());
    let founder = |number: &str| Founder {
        service_number: number.parse().unwrap(),
        name: "Name".to_owned(),
        password: format!("the password of {number}"),
    };
    let request = Request { link, place: "Camp".to_owned(), first: founder("1001"), second: founder("1002") };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let checkpoint = runtime.block_on(app.found(request, true)).unwrap().checkpoint;
    let key = app.verify_key().unwrap().to_string();
    closed(app, dir);
    (checkpoint, key)
}

/// Lets the app go and waits until its threads have let the log go.
fn closed(app: Arc<App>, dir: &Path) {
    drop(app);
    while let Err(OpenError::InUse { .. }) = EventLog::open(OpenOptions::new(dir, || 0, || [0; 16])) {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_ledger_imported_replayed_reported_and_verified() {
    let dir = Scratch::new("commands");
    let (checkpoint, key) = founded(&dir);
    let (head, table, password) = (dir.join("head.txt"), dir.join("ledger.csv"), dir.join("password"));
    std::fs::write(&head, checkpoint).unwrap();
    std::fs::write(&password, "the password of 1001\n").unwrap();
    std::fs::write(
        &table,
        "serial,maker,model,calibre,class,place\n7,Zastava,M70,7.62x39,SA4,Camp\n8,Zastava,M70,7.62x39,SA4,Nowhere\n",
    )
    .unwrap();
    let import = ["import", "weapons", text(&table), "--data", text(&dir), "--by", "1001", "--password-file", text(&password)];
    check(&import, 1, "line 3: 8: place \"Nowhere\"");
    std::fs::write(
        &table,
        "serial,maker,model,calibre,class,place\n7,Zastava,M70,7.62x39,SA4,Camp\n=8,Zastava,M70,7.62x39,SA4,Camp\n",
    )
    .unwrap();
    check(&import, 0, "2 entered");
    check(&import, 0, "2 in the book already, 0 entered");
    let shown = check(&["replay", "--data", text(&dir), "--view", "figures", "--json"], 0, "\"in_store\": 2");
    assert!(shown.contains("\"position\""), "{shown}");
    check(&["replay", "--data", text(&dir), "--view", "figures", "--json", "--known-at", "5"], 0, "\"in_store\": 0");
    let csv = dir.join("weapons.csv");
    check(&["report", "weapons", "--data", text(&dir), "--out", text(&csv)], 0, "2 rows");
    assert!(std::fs::read_to_string(&csv).unwrap().contains("'=8"), "no formula in a spreadsheet");

    check(&["verify", text(&dir)], 0, "agrees with itself");
    check(&["verify", text(&dir), "--head", text(&head)], 0, "Unchanged since head 6");
    let signed = check(&["verify", text(&dir), "--head", text(&head), "--key", &key], 0, "Unchanged since head 6");
    assert!(!signed.contains("not checked"), "{signed}");
    let log = rusqlite::Connection::open(dir.join("log.sqlite")).unwrap();
    let changed = log.execute(
        "UPDATE events SET data = CAST(replace(CAST(data AS TEXT), 'Zastava', 'Zasdava') AS BLOB) WHERE position = 7",
        [],
    );
    assert_eq!(changed.unwrap_or(0), 1);
    drop(log);
    check(&["verify", text(&dir)], 1, "7");
    check(&["verify", text(&dir.join("nowhere"))], 2, "");
}

/// Sealed or not, the book says the same, to its views, its old head and both ways of asking what was known.
#[test]
fn old_events_are_sealed_by_command() {
    let dir = Scratch::new("commands-seal");
    let (checkpoint, _) = founded(&dir);
    let (head, table, password) = (dir.join("head.txt"), dir.join("ledger.csv"), dir.join("password"));
    std::fs::write(&head, checkpoint).unwrap();
    std::fs::write(&password, "the password of 1001\n").unwrap();
    let rifles = (1..=600).map(|serial| format!("{serial},Zastava,M70,7.62x39,SA4,Camp\n")).collect::<String>();
    std::fs::write(&table, format!("serial,maker,model,calibre,class,place\n{rifles}")).unwrap();
    check(
        &["import", "weapons", text(&table), "--data", text(&dir), "--by", "1001", "--password-file", text(&password)],
        0,
        "600 entered",
    );
    let asked = |dir: &Path| {
        [&[][..], &["--known-at", "300"]].map(|more| {
            let digest = ["replay", "--data", text(dir), "--view", "digest", "--json"];
            check(&[&digest, more].concat(), 0, "digest")
        })
    };
    let before = asked(&dir);
    check(&["log", "seal", "--data", text(&dir), "--keep", "50", "--compact"], 0, "512 events were sealed. The head is the same");
    check(&["log", "seal", "--data", text(&dir), "--keep", "50"], 0, "0 events were sealed");
    assert_eq!(asked(&dir), before);
    check(&["verify", text(&dir), "--head", text(&head)], 0, "Unchanged since head 6");
    check(&["log", "seal", "--data", text(&dir.join("nowhere"))], 2, "there is no log in");
}

#[test]
fn tags_configuration_and_conformance() {
    check(&["tag", "decode", "3034257BF7194E4000001A85"], 0, "urn:epc:id:sgtin:0614141.812345.6789");
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../compose/muster.example.toml");
    check(&["check-config", text(&example)], 0, "is understood");
    let dir = Scratch::new("check-config");
    std::fs::write(dir.join("bad.toml"), "[web]\nlisten = \"0.0.0.0:80\"\n").unwrap();
    check(&["check-config", text(&dir.join("bad.toml"))], 2, "insecure_http = true");
    check(&["log", "check", "--log", "memory:"], 0, "17 of 17 checks hold");
    check(&["log", "check", "--log", &format!("sqlite:{}", text(&dir))], 0, "17 of 17 checks hold");
    check(&["nonsense"], 2, "unrecognized subcommand");
}

#[test]
fn one_provider_for_tls_is_installed_once() {
    muster::install_tls_provider();
    muster::install_tls_provider();
    assert!(rustls::crypto::CryptoProvider::get_default().is_some());
}

/// Each file beside the log, and all of them at once: the book opens read-only and says which is gone, nothing is
/// made in its place, and two approvers get on.
#[test]
fn what_is_gone_from_beside_the_log_is_said_and_never_a_dead_end() {
    let cases: [(&[&str], &str); 5] = [
        (&["service.key"], "service.key"),
        (&["accounts.sqlite"], "accounts.sqlite"),
        (&["keys.sqlite"], "keys.sqlite"),
        (&["service.key", "accounts.sqlite", "keys.sqlite"], "service.key"),
        (&["anchor", "service.key"], "service.key"),
    ];
    for (gone, named) in cases {
        let dir = Scratch::new("commands-gone");
        let (_, key) = founded(&dir);
        for file in gone.iter().flat_map(|name| [(*name).to_owned(), format!("{name}-wal"), format!("{name}-shm")]) {
            drop(std::fs::remove_file(dir.join(file)));
        }
        for start in 0..2 {
            let app = App::open(Config { data: dir.to_path_buf(), ..Config::default() }).unwrap();
            let why = app.read_only().unwrap_or_else(|| panic!("{gone:?}: start {start} noticed nothing"));
            assert!(why.contains(named) && why.contains("backup"), "{why}");
            assert_eq!(why.contains("anchor"), gone.contains(&"anchor"), "the log's own reason is told too: {why}");
            let anew = |name: &&str| *name != "accounts.sqlite" && dir.join(name).exists();
            assert!(!gone.iter().any(anew), "{gone:?}: made anew at start {start}");
            assert_eq!(app.checkpoint().is_err(), gone.contains(&"service.key"), "signed by a key that nobody knows");
            closed(app, &dir);
        }
        let short = dir.join("short");
        std::fs::write(&short, "short").unwrap();
        let password = |number: &str| {
            let path = dir.join(format!("password-{number}"));
            std::fs::write(&path, format!("the password of {number}\n")).unwrap();
            path.to_str().unwrap().to_owned()
        };
        let (first, second) = (password("1001"), password("1002"));
        let declare = |other: &str, file: &str, code, says: &str| {
            let data = ["log", "declare-break", "--data", text(&dir), "--reason", "the disk was replaced"];
            let by = ["--first", "1001", "--first-password", &first, "--second", other, "--second-password", file];
            check(&[&data[..], &by[..]].concat(), code, says)
        };
        if gone.contains(&"accounts.sqlite") {
            declare("1002", text(&short), 2, "at least");
            declare("1002", &first, 2, "a password of his own");
            declare("9999", &second, 2, "no approver");
        }
        declare("1002", &second, 0, "It stands for ever");
        let app = App::open(Config { data: dir.to_path_buf(), ..Config::default() }).unwrap();
        assert_eq!(app.read_only(), None, "{gone:?}");
        assert_eq!(app.log().head().size, 7, "the set-up's six events and the break; nothing was done by rule again");
        assert!(app.log().breaks()[0].record.found.contains("Gone from beside"), "{:?}", app.log().breaks());
        assert!(app.accounts().check_password("1002", "the password of 1002").unwrap());
        assert_eq!(app.verify_key().unwrap().to_string() == key, !gone.contains(&"service.key"));
        closed(app, &dir);
    }
}

#[test]
fn two_approvers_declare_a_break_and_the_book_goes_on() {
    let dir = Scratch::new("commands-break");
    founded(&dir);
    let password = |number: &str| {
        let path = dir.join(format!("password-{number}"));
        std::fs::write(&path, format!("the password of {number}\n")).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (first, second) = (password("1001"), password("1002"));
    let declare = |other: &str, file: &str| {
        let data = ["log", "declare-break", "--data", text(&dir), "--reason", "the anchor was lost with the old disk"];
        let by = ["--first", "1001", "--first-password", &first, "--second", other, "--second-password", file];
        [&data[..], &by[..]].concat().iter().map(|word| (*word).to_owned()).collect::<Vec<_>>()
    };
    let told = |words: &[String], code, says| check(&words.iter().map(String::as_str).collect::<Vec<_>>(), code, says);
    told(&declare("1002", &second), 2, "no break to declare");
    std::fs::remove_file(dir.join("anchor")).unwrap();
    told(&declare("1001", &first), 2, "two different people");
    told(&declare("1002", &first), 2, "do not belong together");
    told(&declare("1002", &second), 0, "It stands for ever");
    told(&declare("1002", &second), 2, "no break to declare");
    let app = App::open(Config { data: dir.to_path_buf(), ..Config::default() }).unwrap();
    assert_eq!(app.read_only(), None);
    assert_eq!(app.log().breaks().len(), 1);
    closed(app, &dir);
}
