//! The proof, as an auditor uses it: the file agrees; one changed byte and it does not, and both
//! verifiers, written apart, name the same position.

use std::process::Command;

use crate::house::House;
use crate::program::{finish, run};

fn verify_py(log: &str, head: &str) -> (i32, String) {
    let mut command = Command::new("python3");
    command.arg(muster_tests::root().join("tests/verify.py")).args([log, "--head", head]);
    finish(command)
}

#[test]
fn a_changed_byte_is_named_by_both_verifiers() {
    let mut house = House::found("proof");
    for n in 0..20 {
        house.register(&format!("418{n:03}")).unwrap();
    }
    let head = house.first.get("/api/v1/log");
    let head = house.folder.write("head", &format!("{} {}\n", head["size"], head["root"].as_str().unwrap()));
    house.register("after the head").unwrap();
    house.stop();
    let (data, log) = (house.data(), house.folder.file("data/log.sqlite"));

    let (code, said) = run("muster", &["verify", &data, "--head", &head]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("unchanged since head"), "{said}");
    assert_eq!(verify_py(&log, &head).0, 0, "{}", verify_py(&log, &head).1);
    let (code, said) = run("muster", &["verify", &data]);
    assert!(code == 0 && said.contains("no outside head given"), "{code}: {said}");

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
