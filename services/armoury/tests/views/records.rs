//! Records: schemas that follow from the types, golden documents of the scenarios, and what must
//! never stand in one that leaves the house. `UPDATE=1` rewrites the files.

use std::fs;
use std::path::PathBuf;

use armoury::ids::{BatchId, CountId};
use armoury::record::Proof;
use armoury::record::count_statement::{self, CountStatement};
use armoury::record::destruction_certificate::{self, DestructionCertificate};
use armoury::record::loss_report::{self, LossReport};
use armoury::record::tracing::{self, Release, TracingRecord};
use armoury::view::trail::GAP_DAYS;
use serde_json::Value;

use crate::scenario::{about, id_of, play};

#[track_caller]
fn check(file: &str, value: &impl serde::Serialize) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../schemas/records").join(file);
    let want = serde_json::to_string_pretty(value).unwrap() + "\n";
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &want).unwrap();
    }
    assert!(fs::read_to_string(&path).unwrap_or_default() == want, "{file} is not fresh; run with UPDATE=1 and look");
}

#[test]
fn schemas_follow_from_the_types() {
    check("tracing-record.v1.schema.json", &schemars::schema_for!(TracingRecord));
    check("count-statement.v1.schema.json", &schemars::schema_for!(CountStatement));
    check("destruction-certificate.v1.schema.json", &schemars::schema_for!(DestructionCertificate));
    check("loss-report.v1.schema.json", &schemars::schema_for!(LossReport));
}

/// Every name that a document uses stands in its schema, and what the schema requires is there.
fn fits(value: &Value, schema: &Value, root: &Value, path: &str) {
    let schema = match schema.get("$ref").and_then(Value::as_str) {
        Some(name) => root.pointer(&name[1..]).unwrap_or_else(|| panic!("{path}: no {name}")),
        None => schema,
    };
    if let (Some(object), Some(properties)) = (value.as_object(), schema.get("properties")) {
        let required = schema["required"].as_array().into_iter().flatten();
        required.for_each(|name| assert!(object.contains_key(name.as_str().unwrap()), "{path}: {name} is missing"));
        for (name, value) in object {
            if let Some(property) = properties.get(name) {
                fits(value, property, root, &format!("{path}/{name}"));
            }
        }
    }
    if let (Some(items), Some(schema)) = (value.as_array(), schema.get("items")) {
        items.iter().for_each(|item| fits(item, schema, root, path));
    }
}

#[track_caller]
fn golden(name: &str, value: &impl serde::Serialize, schema: &schemars::Schema) {
    let schema = serde_json::to_value(schema).unwrap();
    fits(&serde_json::to_value(value).unwrap(), &schema, &schema, name);
    check(&format!("{name}.v1.example.json"), value);
}

#[test]
fn documents_of_a_count() {
    let world = play("e1-quarterly-blind-count.txt");
    let statement = count_statement::record(&world.views, CountId(id_of("q3")), about(&world)).unwrap();
    golden("count-statement", &statement, &schemars::schema_for!(CountStatement));
    let case = world.views.cases.open_case(world.weapon("418823")).unwrap();
    let report = loss_report::record(&world.views, case, about(&world)).unwrap();
    golden("loss-report", &report, &schemars::schema_for!(LossReport));
}

#[test]
fn documents_of_a_destruction() {
    let world = play("e14-read-after-destruction.txt");
    let certificate = destruction_certificate::record(&world.views, BatchId(id_of("d3")), about(&world)).unwrap();
    golden("destruction-certificate", &certificate, &schemars::schema_for!(DestructionCertificate));
    let weapon = world.weapon("418902");
    let record = tracing::record(&world.views, weapon, Release::Inside, GAP_DAYS, about(&world)).unwrap();
    let proof = |position: u64| Proof { position, leaf: "ab".repeat(32), size: 99, path: vec!["cd".repeat(32)] };
    let proofs = record.positions().into_iter().map(proof).collect();
    golden("tracing-record", &record.with_proofs(proofs), &schemars::schema_for!(TracingRecord));
}

#[test]
fn what_goes_outside_names_no_person_no_rack_and_no_reader() {
    let world = play("e14-read-after-destruction.txt");
    let weapon = world.weapon("418902");
    let record = |release| {
        serde_json::to_string(&tracing::record(&world.views, weapon, release, GAP_DAYS, about(&world)).unwrap()).unwrap()
    };
    let (inside, outside) = (record(Release::Inside), record(Release::Outside));
    for secret in ["5521", "40113", "40118", "Destruction cage", "portal", "5f3c9a7be1d20468"] {
        assert!(inside.contains(secret), "{secret} stands inside, or the test shows nothing");
        assert!(!outside.contains(secret), "{secret} left the house");
    }
    assert!(outside.contains("Engineer depot") && outside.contains("places below the site"));
}
