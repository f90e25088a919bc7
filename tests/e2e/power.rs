//! The power fails: whatever was acknowledged is there afterwards, once.

use std::collections::BTreeSet;

use crate::house::House;
use crate::program::wait_for;

/// The serials in the book.
fn serials(house: &House) -> Vec<String> {
    let page = house.first.get("/api/v1/weapons?limit=500");
    let rows = page["rows"].as_array().unwrap().iter();
    rows.map(|row| row["serial"].as_str().unwrap_or_else(|| panic!("{row}")).to_owned()).collect()
}

#[test]
fn a_service_that_is_killed_keeps_what_it_acknowledged() {
    let mut house = House::found("killed");
    let mut acknowledged = Vec::new();
    for n in 0..60 {
        if n % 15 == 7 {
            house.kill();
            assert!(house.register("nobody answers").is_none());
            house.start();
        }
        let serial = format!("418{n:03}");
        let made = wait_for("the entry", || house.register(&serial));
        if n % 15 == 6 {
            house.kill(); // At once after the answer.
            house.start();
            let again = house.register(&serial).unwrap();
            assert_eq!(again["id"], made["id"], "the same request is the same weapon");
        }
        acknowledged.push(serial);
    }
    let found = serials(&house);
    assert_eq!(found.len(), acknowledged.len(), "nothing twice");
    assert_eq!(BTreeSet::from_iter(found), BTreeSet::from_iter(acknowledged));
    house.stop();
}
