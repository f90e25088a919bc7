//! The rounds: each case with many clients, again and again on one book; then the book is looked at.

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::{Value, json};

use crate::house::{House, weapon};
use crate::program::run;
use crate::web::Web;
use crate::{acts, rights, seconds};

/// What the cases race on.
pub struct Field {
    /// The book.
    pub house: House,
    /// How many race.
    pub clients: usize,
    /// Which round; serials and numbers are made from it.
    pub round: usize,
    /// A second custodian.
    pub third: Web,
    /// An approver besides the founders.
    pub fourth: Web,
}

/// The second custodian's number.
pub const THIRD: &str = "3001";
/// The further approver's number.
pub const FOURTH: &str = "4001";

impl Field {
    /// A new weapon: its path and the position of its entry.
    pub fn weapon(&self, serial: &str) -> (String, u64) {
        let made = self.house.first.post("/api/v1/weapons", &weapon(&format!("{serial}-{}", self.round), &self.house.site));
        (format!("/api/v1/weapons/{}", made["id"].as_str().unwrap()), made["position"].as_u64().unwrap())
    }

    /// A new place in the site.
    pub fn room(&self, name: &str) -> String {
        let body = json!({"kind": "room", "name": format!("{name} {}", self.round), "within": self.house.site});
        self.house.first.post("/api/v1/places", &body)["id"].as_str().unwrap().to_owned()
    }

    /// Events after a position: type, who, position.
    pub fn events_after(&self, position: u64) -> Vec<(String, String, u64)> {
        let mut from = position + 1;
        let mut all = Vec::new();
        loop {
            let page = self.house.first.get(&format!("/api/v1/log/events?limit=500&from={from}"));
            let told = |event: &Value| {
                let who = event["meta"]["actor"]["service_number"].as_str().unwrap_or_default();
                (event["type"].as_str().unwrap().to_owned(), who.to_owned(), event["position"].as_u64().unwrap())
            };
            all.extend(page["rows"].as_array().unwrap().iter().map(told));
            let Some(next) = page["next"].as_u64() else { return all };
            from = next;
        }
    }

    /// How many events of a type stand after a position.
    pub fn count_after(&self, position: u64, kind: &str) -> usize {
        self.events_after(position).iter().filter(|(found, ..)| found == kind).count()
    }

    /// The log's size.
    pub fn size(&self) -> u64 {
        self.house.first.get("/api/v1/log")["size"].as_u64().unwrap()
    }
}

/// The id of the event that an act made.
pub fn event_of(answer: &Value) -> Value {
    answer["event_ids"].as_array().unwrap().last().unwrap().clone()
}

/// A number from the environment.
pub fn number(name: &str, usual: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

type Case = (&'static str, fn(&Field));

const CASES: &[Case] = &[
    ("issued by many who saw the same", acts::issued_by_many),
    ("taken in by many who saw the same", acts::taken_in_by_many),
    ("issued and taken in by many who say nothing of what they saw", acts::blindly_by_many),
    ("one rifle entered by many", acts::entered_by_many),
    ("one tag bound to many weapons", acts::one_tag_for_many),
    ("one request sent many times", acts::one_key_by_many),
    ("a loss reported by many", seconds::loss_reported_by_many),
    ("a right approved by everybody", seconds::right_approved_by_everybody),
    ("a count closed and signed by many", seconds::count_by_many),
    ("one weapon for many batches", seconds::one_weapon_for_many_batches),
    ("a destruction verified by everybody", seconds::destruction_verified_by_everybody),
    ("a place closed while it is filled", acts::place_closed_while_filled),
    ("a right taken away while it is used", rights::taken_away_while_used),
    ("an account disabled while it is used", rights::disabled_while_used),
    ("a request that is long on its way", rights::long_on_its_way),
];

#[test]
fn exactly_one_wins() {
    let (clients, rounds) = (number("MUSTER_RACE_CLIENTS", 32), number("MUSTER_RACE_ROUNDS", 2));
    let house = House::found("race");
    let (third, fourth) = (house.person(THIRD, "custodian"), house.person(FOURTH, "approver"));
    let mut field = Field { house, clients, round: 0, third, fourth };
    let mut failed = Vec::new();
    for round in 0..rounds {
        field.round = round;
        for (name, case) in CASES {
            if catch_unwind(AssertUnwindSafe(|| case(&field))).is_err() {
                failed.push(format!("{name}, round {round}"));
            }
        }
    }
    if catch_unwind(AssertUnwindSafe(|| the_book_is_whole(&mut field.house))).is_err() {
        failed.push("the book afterwards".to_owned());
    }
    println!("evidence: race-rounds {} {}", rounds * CASES.len() + 1, failed.len());
    assert!(failed.is_empty(), "{failed:#?}");
}

/// Every list, whole, as the API tells it.
fn told(web: &Web) -> Vec<Value> {
    let lists =
        ["weapons", "stockpile", "lost", "cases", "counts", "destruction-batches", "destruction-pending", "places", "people"];
    let whole = |list: &&str| {
        let (mut rows, mut cursor) = (Vec::new(), String::new());
        loop {
            let limit = if *list == "stockpile" { "" } else { "limit=500" };
            let page = web.get(&format!("/api/v1/{list}?{limit}{cursor}"));
            rows.extend(page["rows"].as_array().unwrap_or_else(|| panic!("{list}: {page}")).iter().cloned());
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return json!({*list: rows}),
            }
        }
    };
    lists.iter().map(whole).collect()
}

/// The log verifies, and a program that folds it anew tells the same.
fn the_book_is_whole(house: &mut House) {
    let before = told(&house.first);
    house.stop();
    let (code, said) = run("muster", &["verify", &house.data()]);
    assert_eq!(code, 0, "{said}");
    house.start();
    for (before, after) in before.iter().zip(told(&house.first)) {
        assert_eq!(before, &after, "the views were not the fold of the log");
    }
    house.stop();
}
