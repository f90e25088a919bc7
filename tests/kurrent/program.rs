//! The real program against the stand-in: `log check`, a served book on a server, and what it says when the
//! server is away, does not know us, or has lost something.

use std::process::Command;

use muster_tests::secrets;
use serde_json::json;

use crate::e2e::{Program, Web, binary, finish, free_port, wait_for};
use crate::log::Folder;
use crate::server::StandIn;

const PASSWORD: &str = "a password of this test alone";
/// `muster:` and the password above, in base64.
const AUTHORIZATION: &str = "Basic bXVzdGVyOmEgcGFzc3dvcmQgb2YgdGhpcyB0ZXN0IGFsb25l";

/// A server that lets only this test in.
fn guarded() -> StandIn {
    secrets::keep("the server's password", PASSWORD);
    secrets::keep("user and password", AUTHORIZATION.trim_start_matches("Basic "));
    let server = StandIn::new();
    server.held().authorization = Some(AUTHORIZATION.to_owned());
    server
}

fn write(folder: &Folder, name: &str, text: &str) -> String {
    std::fs::write(folder.join(name), text).unwrap();
    folder.join(name).display().to_string()
}

/// Runs muster: exit code and everything it said.
fn muster(args: &[&str]) -> (i32, String) {
    let mut command = Command::new(binary("muster"));
    command.args(args);
    finish(command)
}

#[test]
fn log_check_on_a_server() {
    let (server, folder) = (guarded(), Folder::new());
    let password = write(&folder, "password", &format!("{PASSWORD}\n"));
    let (code, said) = muster(&["log", "check", "--log", &server.url(), "--user", "muster", "--password-file", &password]);
    assert!(code == 0 && said.contains("17 of 17 checks hold"), "{code}: {said}");
    assert!(!said.contains("FAILED") && !said.contains(PASSWORD), "{said}");
    let held = server.held();
    let streams: Vec<&str> = held.store.events.iter().map(|event| event.stream.as_str()).collect();
    let ours = |name: &&&str| name.starts_with("muster:check-") || name.starts_with("muster-writer:check-");
    assert!(streams.iter().filter(ours).count() > 300, "{}", streams.len());
    assert!(streams.iter().all(|name| name.contains("check-") || name.starts_with('$') || *name == "orders-17"));
}

#[test]
fn log_check_says_what_is_wrong() {
    let (server, folder) = (guarded(), Folder::new());
    let url = server.url();
    let wrong = write(&folder, "wrong", "another password");
    let born_with = write(&folder, "born", "changeit\n");
    let missing = folder.join("nothing").display().to_string();
    let away = format!("kurrentdb://127.0.0.1:{}?tls=false&discoveryInterval=2", free_port());
    let inside = url.replace("kurrentdb://", &format!("kurrentdb://muster:{}@", "secret-in-an-address"));
    let cases: [(&[&str], &str); 7] = [
        (&["--log", &url], "refuses the user or the password"),
        (&["--log", &url, "--user", "muster", "--password-file", &wrong], "refuses the user or the password"),
        (&["--log", &url, "--user", "admin", "--password-file", &born_with], "the one every such server is born with"),
        (&["--log", &url, "--user", "muster", "--password-file", &missing], "cannot read the password"),
        (&["--log", &inside], "it holds a user or a password"),
        (&["--log", "mongodb://a"], "is not understood"),
        (&["--log", &away], "does not answer"),
    ];
    for (args, wanted) in cases {
        let (code, said) = muster(&[&["log", "check"], args].concat());
        assert!(code == 2 && said.contains(wanted), "{args:?}: {code}: {said}");
        assert!(!said.contains("another password") && !said.contains("secret-in-an-address"), "{said}");
    }
}

/// A second machine mirrored the log and has none of what should stand beside it: it says so and enters nothing.
/// Without a backup two approvers go on from the mirror.
fn goes_on_from_the_mirror(folder: &Folder) {
    let (config, data) = (folder.join("elsewhere.toml").display().to_string(), folder.join("elsewhere").display().to_string());
    let mut program = Program::start("muster", &["serve", "--config", &config]);
    let why = program.line("READ-ONLY: ");
    assert!(["service.key", "accounts.sqlite", "keys.sqlite", "server-holder"].iter().all(|name| why.contains(name)), "{why}");
    let page = program.line("  pages   ");
    let nobody = Web::at(page.rsplit_once("http://").unwrap().1.trim());
    wait_for("the service", || nobody.ask("GET", "/healthz", None));
    assert!(program.stop().success() && !folder.join("elsewhere/service.key").exists());
    let passwords = ["1001", "1002"].map(|number| write(folder, number, &format!("a new pass phrase of {number}")));
    let declare = || {
        let by = ["--first", "1001", "--first-password", &passwords[0], "--second", "1002", "--second-password", &passwords[1]];
        muster(&[&["log", "declare-break", "--data", &data, "--reason", "the server is given up"], &by[..]].concat())
    };
    let (code, said) = declare();
    assert!(code == 2 && said.contains("server-holder"), "{code}: {said}");
    std::fs::remove_file(folder.join("elsewhere/server-holder")).unwrap();
    let (code, said) = declare();
    assert!(code == 0 && said.contains("It stands for ever") && said.contains("new key"), "{code}: {said}");
    let (code, said) = muster(&["verify", &data]);
    assert!(code == 0 && said.contains("agrees"), "{code}: {said}");
}

#[test]
fn a_book_on_a_server() {
    let (mut server, folder) = (guarded(), Folder::new());
    let password = write(&folder, "password", PASSWORD);
    let (address, data) = (format!("127.0.0.1:{}", free_port()), folder.join("data").display().to_string());
    let text = format!(
        "data = {data:?}\nnode = \"hq\"\n[web]\nlisten = \"{address}\"\n[sign_in]\npassword_memory_kib = 64\npassword_passes = 1\n\
         [log]\nurl = {:?}\nuser = \"muster\"\npassword_file = {password:?}\n",
        server.url()
    );
    let config = write(&folder, "muster.toml", &text);
    let (code, said) = muster(&["check-config", &config]);
    assert!(code == 0 && said.contains("hq (on the server)") && !said.contains(PASSWORD), "{said}");

    let mut program = Program::start("muster", &["serve", "--config", &config]);
    let line = program.line("set-up?link=");
    let nobody = Web::at(address.as_str());
    wait_for("the service", || nobody.ask("GET", "/healthz", None));
    let person =
        |number: &str| json!({"service_number": number, "name": number, "password": format!("the pass phrase of {number}")});
    let link = line.rsplit_once("link=").unwrap().1.trim();
    let body = json!({"link": link, "place": "Camp Test", "first": person("1001"), "second": person("1002")});
    nobody.post("/api/v1/setup", &body);
    let ours = |server: &StandIn| {
        let held = server.held();
        held.store.events.iter().filter(|event| event.stream.starts_with("muster:hq:")).count()
    };
    let written = ours(&server);
    assert!(written >= 4, "{written} events only");

    // Another machine is refused while this one holds the log; the mirror alone is no log to write to.
    let elsewhere = text.replace(&data, &folder.join("elsewhere").display().to_string()).replace(&address, "127.0.0.1:0");
    let (code, said) = muster(&["log", "compare", "--config", &write(&folder, "elsewhere.toml", &elsewhere)]);
    assert!(code == 2 && said.contains("is held by muster hq"), "{code}: {said}");

    // The line breaks; the service stays, and goes on when the server is back.
    server.stop();
    server.start();
    let status = program.stop();
    assert!(status.success(), "muster ended with {status}");
    assert!(server.held().store.events.iter().any(|event| event.proposed.kind == "LogReleased"), "the log was not let go");
    let (code, said) = muster(&["serve", "--data", &data, "--listen", "127.0.0.1:0"]);
    assert!(code == 2 && said.contains("mirrors a log on a server"), "{code}: {said}");

    // From the file alone, against the server, and from nothing at all on another machine.
    let (code, said) = muster(&["verify", &data]);
    assert!(code == 0 && said.contains("agrees"), "{code}: {said}");
    let (code, first) = muster(&["log", "compare", "--config", &config]);
    assert!(code == 0 && first.contains(&format!("agrees: {written} events")), "{code}: {first}");
    let (code, again) = muster(&["log", "compare", "--config", &write(&folder, "elsewhere.toml", &elsewhere)]);
    let told = |said: &str| said.lines().filter(|line| !line.contains(" DEBUG ")).map(str::to_owned).collect::<Vec<_>>();
    assert!(code == 0 && told(&first) == told(&again), "{code}: {first} and {again}");

    goes_on_from_the_mirror(&folder);

    // Something is taken away on the server: named.
    let stream = server.held().store.events.iter().find(|event| event.stream.starts_with("muster:hq:")).unwrap().stream.clone();
    server.held().store.scavenge(&stream, 0);
    let (code, said) = muster(&["log", "compare", "--config", &config]);
    assert!(code == 1 && said.contains("DIFFERS: position 1"), "{code}: {said}");
}
