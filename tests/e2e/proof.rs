//! The proof, as an auditor uses it: the file agrees; one changed byte and it does not, and both
//! verifiers, written apart, name the same position.

use std::process::Command;

use crate::house::House;
use crate::program::{Program, finish, run};
use crate::scratch::Scratch;

fn verify_py(log: &str, head: &str) -> (i32, String) {
    let mut command = Command::new("python3");
    command.arg(muster_tests::root().join("tests/verify.py")).arg(log);
    if !head.is_empty() {
        command.args(["--head", head]);
    }
    finish(command)
}

#[test]
fn ninety_days_agree_by_both_verifiers() {
    let folder = Scratch::new("ninety");
    let data = folder.file("data");
    let mut demo = Program::start("muster", &["demo", "--json", "--port", "0", "--data", &data]);
    demo.line("\"logins\"");
    assert!(demo.stop().success());
    let (code, said) = run("muster", &["verify", &data]);
    assert_eq!(code, 0, "{said}");
    let (code, said) = verify_py(&folder.file("data/log.sqlite"), "");
    assert_eq!(code, 0, "{said}");
    let (code, said) = run("muster", &["demo", "--port", "0", "--data", &data]);
    assert!(code != 0 && said.contains("holds a log already"), "{code}: {said}");
}

#[test]
fn a_changed_byte_is_named_by_both_verifiers() {
    let mut house = House::found("proof");
    for n in 0..20 {
        house.register(&format!("418{n:03}")).unwrap();
    }
    let head = house.first.get("/api/v1/log");
    let head = house.folder.write("head", &format!("{} {}\n", head["size"], head["root"].as_str().unwrap()));
    house.register("AFTER-THE-HEAD").unwrap();
    house.stop();
    let (data, log) = (house.data(), house.folder.file("data/log.sqlite"));

    let (code, said) = run("muster", &["verify", &data, "--head", &head]);
    assert_eq!(code, 0, "{said}");
    assert!(said.to_lowercase().contains("unchanged since head"), "{said}");
    assert_eq!(verify_py(&log, &head).0, 0, "{}", verify_py(&log, &head).1);
    let (code, said) = run("muster", &["verify", &data]);
    assert!(code == 0 && said.to_lowercase().contains("no outside head given"), "{code}: {said}");

    // One letter of one serial, changed in the file by somebody who knows SQL.
    let script = "import sqlite3,sys\nfile=sqlite3.connect(sys.argv[1])\n\
         (position,data),=file.execute(\"SELECT position, data FROM events WHERE instr(data, '418007')\").fetchall()\n\
         file.execute('UPDATE events SET data=? WHERE position=?', (data.replace(b'418007', b'418009'), position))\n\
         file.commit()\nprint(position)";
    let mut command = Command::new("python3");
    command.args(["-c", script, &log]);
    let (code, position) = finish(command);
    assert_eq!(code, 0, "{position}");
    let position = position.trim();
    let (code, said) = run("muster", &["verify", &data, "--head", &head]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains(position), "position {position} is not named: {said}");
    let (code, said) = verify_py(&log, &head);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains(position), "position {position} is not named: {said}");
    assert_eq!(run("muster", &["verify", &house.folder.file("nothing-here")]).0, 2);
}
