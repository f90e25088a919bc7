//! `muster demo --json`: ready in one line, the promised armoury behind it, and gone when it ends.

use std::path::Path;

use serde_json::Value;

use crate::program::{Program, wait_for};
use crate::web::Web;

/// Items of a page, summed over a field.
fn sum(rows: &Value, field: &str) -> u64 {
    rows.as_array().unwrap().iter().map(|row| row[field].as_u64().unwrap_or(0)).sum()
}

#[test]
fn the_promised_armoury() {
    let mut demo = Program::start("muster", &["demo", "--json", "--port", "0"]);
    let line: Value = serde_json::from_str(&demo.line("\"logins\"")).unwrap();
    let web = Web::at(line["url"].as_str().unwrap());
    let login = |role: &str| web.with(line["logins"][role]["token"].as_str().unwrap());
    for role in ["custodian", "approver", "auditor"] {
        for field in ["user", "password", "token"] {
            assert!(line["logins"][role][field].as_str().is_some_and(|text| !text.is_empty()), "{role} has no {field}: {line}");
        }
        login(role).get("/api/v1/me");
    }
    let commander = login("approver");
    let rows = |path: &str| commander.get(&format!("/api/v1/{path}"))["rows"].clone();
    assert_eq!(commander.get("/api/v1/weapons?limit=1")["total"], 2000);
    let sites = rows("places?limit=500");
    assert_eq!(sites.as_array().unwrap().iter().filter(|place| place["kind"] == "site").count(), 3);
    assert_eq!(rows("destruction-pending").as_array().unwrap().len(), 25);
    assert_eq!(rows("lost").as_array().unwrap().len(), 2, "one lost and one closed loss");
    let stages: Vec<Value> = rows("cases").as_array().unwrap().iter().map(|case| case["stage"].clone()).collect();
    assert!(stages.contains(&"unaccounted".into()), "nothing is being searched for: {stages:?}");
    let out = |state: &str| commander.get(&format!("/api/v1/weapons?limit=1&state={state}"))["total"].as_u64().unwrap();
    for (state, least) in [("issued", 200), ("on_loan", 12), ("in_transit", 22), ("in_maintenance", 6), ("destroyed", 12)] {
        assert!(out(state) >= least, "{} weapons are {state}", out(state));
    }

    // The readers are heard: the count goes on by itself, and the stranger at the depot is noticed.
    let sighted = || {
        let counts = rows("counts");
        let open = counts.as_array().unwrap().iter().find(|count| count["stage"] == "open").expect("a count is in progress");
        (sum(&Value::from(vec![open["progress"].clone()]), "expected"), open["progress"]["sighted"].as_u64().unwrap())
    };
    let (expected, begun) = sighted();
    assert_eq!(expected, 118);
    wait_for("the readers to count on", || (sighted().1 > begun).then_some(()));
    wait_for("the destroyed weapon's tag to raise an alert", || {
        let alerts = rows("alerts");
        alerts.as_array().unwrap().iter().any(|alert| alert["rule"] == "R1").then_some(())
    });

    let page = web.ask("GET", "/sign-in", None).unwrap();
    assert!(page.status == 200 && page.body.contains("<form"), "{}", page.status);
    let data = line["data"].as_str().unwrap().to_owned();
    assert!(Path::new(&data).is_dir());
    assert!(demo.stop().success());
    assert!(!Path::new(&data).exists(), "the training data is still in {data}");
}
