//! What the stories need again and again: rooms, rifles, people with rights.

use serde_json::{Value, json};

use crate::house::{FIRST, House, Person, SECOND, password};

/// A house with a site, two rooms, and the two founders.
pub struct Armoury {
    pub house: House,
    pub room: String,
    pub other_room: String,
}

impl Armoury {
    pub async fn new() -> Self {
        let (house, site) = House::founded().await;
        let room = house.person(FIRST).opens_place("Rack room", &site).await;
        let other_room = house.person(FIRST).opens_place("Other room", &site).await;
        Self { house, room, other_room }
    }

    pub fn first(&self) -> Person<'_> {
        self.house.person(FIRST)
    }

    pub fn second(&self) -> Person<'_> {
        self.house.person(SECOND)
    }

    /// Enters a person with an account and a right given by two.
    pub async fn with_person(&self, number: &str, role: &str, place: Option<&str>) {
        let (first, second) = (self.first(), self.second());
        first.does("/api/v1/people", json!({"service_number": number, "name": format!("Name of {number}")})).await;
        first.does(&format!("/api/v1/people/{number}/account"), json!({"password": password(number)})).await;
        let mut grant = json!({"role": role, "from": "2020-01-01T00:00:00Z"});
        if let Some(place) = place {
            grant["place"] = json!(place);
        }
        let asked = first.does(&format!("/api/v1/people/{number}/grants"), json!({"grant": grant})).await;
        let request = asked["event_ids"][0].clone();
        second.does(&format!("/api/v1/people/{number}/grants/approve"), json!({"request": request})).await;
    }
}

/// A rifle's entry.
pub fn rifle(serial: &str, place: &str) -> Value {
    json!({
        "identity": {
            "class": "SA4", "maker": "Zastava", "model": "M70AB2", "calibre": "7.62x39", "country": "YUG", "year": 1984,
            "serial": serial,
            "marks": [{"kind": "serial", "component": "receiver", "method": "stamp", "text": serial}]
        },
        "owner": "B Company", "origin": "ledger", "place": place
    })
}

impl Person<'_> {
    pub async fn opens_place(&self, name: &str, within: &str) -> String {
        id(&self.does("/api/v1/places", json!({"kind": "room", "name": name, "within": within})).await)
    }

    pub async fn registers(&self, serial: &str, place: &str) -> String {
        id(&self.does("/api/v1/weapons", rifle(serial, place)).await)
    }

    pub async fn state(&self, weapon: &str) -> String {
        self.sees(&format!("/api/v1/weapons/{weapon}")).await["state"].as_str().unwrap().to_owned()
    }
}

pub fn id(made: &Value) -> String {
    made["id"].as_str().unwrap().to_owned()
}
