//! The book by hand, through the API alone, as the README tells it: two people, sixty weapons, a count
//! half by tag and half by barcode, one missing, the ladder to a closed loss, a batch destroyed, records.

use serde_json::{Value, json};

use crate::house::{FIRST, House, SECOND, weapon};
use crate::program::run;
use crate::web::Web;

const WEAPONS: usize = 60;
/// The one that is not there.
const MISSING: usize = 41;
/// Those to be destroyed.
const OLD: std::ops::Range<usize> = 50..54;

fn epc(n: usize) -> String {
    format!("3414257BF4{n:014X}")
}

fn serial(n: usize) -> String {
    format!("4188{n:02}")
}

/// Asks for an act and gives back the id of the event it made.
#[track_caller]
fn asked(who: &Web, path: &str, body: &Value) -> Value {
    who.post(path, body)["event_ids"].as_array().unwrap().last().unwrap().clone()
}

/// The old ledger as a table, half of it with tags; looked at first, then entered whole.
fn weapons(house: &House) -> Vec<String> {
    let mut table = "serial,maker,model,calibre,class,place,owner,country,year,origin,source,epc,tid\n".to_owned();
    for n in 0..WEAPONS {
        let tag = if n < WEAPONS / 2 { format!("{},E2801105{n:016X}", epc(n)) } else { ",".to_owned() };
        let model = "Zastava,M70AB2,7.62x39,SA4";
        table += &format!("{},{model},{},1st Battalion,YU,1986,ledger,page {},{tag}\n", serial(n), house.site, n / 20 + 1);
    }
    let table = house.folder.write("ledger.csv", &table);
    let token = house.folder.write("token", house.first.token.as_deref().unwrap());
    let url = format!("http://{}", house.first.address);
    let import = ["import", "weapons", &table, "--url", &url, "--token-file", &token];
    let (code, said) = run("muster", &[&import[..], &["--dry-run"]].concat());
    assert_eq!(code, 0, "{said}");
    assert_eq!(house.first.get("/api/v1/weapons?limit=1")["total"], 0, "a look entered weapons");
    let (code, said) = run("muster", &import);
    assert_eq!(code, 0, "{said}");
    let rows = house.first.get("/api/v1/weapons?limit=500")["rows"].as_array().unwrap().clone();
    let id =
        |n: usize| rows.iter().find(|row| row["serial"] == serial(n).as_str()).expect("every line was entered")["weapon"].clone();
    (0..WEAPONS).map(|n| id(n).as_str().unwrap().to_owned()).collect()
}

fn counted(house: &House) -> String {
    let open = json!({"place": house.site, "kind": "full", "blind": false, "counters": [FIRST]});
    let count = house.first.post("/api/v1/counts", &open)["id"].as_str().unwrap().to_owned();
    for n in (0..WEAPONS).filter(|n| *n != MISSING) {
        let (seen, way) = if n < WEAPONS / 2 { (epc(n), "rfid") } else { (serial(n), "barcode") };
        let item = json!({"weapon": null, "seen": seen, "way": way, "level": null, "place": house.site});
        house.first.post(&format!("/api/v1/counts/{count}/items"), &item);
    }
    count
}

#[test]
fn from_the_first_two_people_to_the_records() {
    let mut house = House::found("story");
    let (first, second) = (house.first.clone(), house.second.clone());
    let ids = weapons(&house);
    assert_eq!(first.get("/api/v1/weapons?limit=1")["total"], WEAPONS);
    let same = weapon(&serial(3), &house.site);
    let twice = first.ask("POST", "/api/v1/weapons", Some(&same)).unwrap();
    assert!((400..500).contains(&twice.status), "the same weapon was entered twice without a word: {}", twice.body);

    let issue = json!({"to": SECOND, "purpose": "guard", "due": null, "acknowledgement": "wet_ink"});
    first.post(&format!("/api/v1/weapons/{}/issue", ids[7]), &issue);
    assert_eq!(first.get(&format!("/api/v1/people/{SECOND}/holdings"))["rows"][0]["serial"], serial(7).as_str());
    first.post(&format!("/api/v1/weapons/{}/return", ids[7]), &json!({"from": SECOND, "place": house.site}));

    // One is missing: the count's close opens a case, and each rung is a person's act.
    let count = counted(&house);
    let closing = asked(&first, &format!("/api/v1/counts/{count}/close"), &json!({}));
    let sign = json!({"closing": closing, "reservation": "one not sighted"});
    let alone = first.ask("POST", &format!("/api/v1/counts/{count}/sign"), Some(&sign)).unwrap();
    assert!((400..500).contains(&alone.status), "the counter signed his own count: {}", alone.body);
    second.post(&format!("/api/v1/counts/{count}/sign"), &sign);
    let statement = first.get(&format!("/api/v1/counts/{count}/statement")).to_string();
    assert!(statement.contains(&serial(MISSING)), "the statement does not name the missing one: {statement}");
    let cases = first.get("/api/v1/cases");
    assert_eq!((&cases["total"], &cases["rows"][0]["serial"]), (&json!(1), &json!(serial(MISSING))));
    let case = format!("/api/v1/cases/{}", cases["rows"][0]["case"].as_str().unwrap());
    first.post(&format!("{case}/search"), &json!({"searched": "every rack", "result": "not found"}));
    first.post(&format!("{case}/presume"), &json!({"because": "searched for a week"}));
    let declare = json!({"cause": "unexplained", "circumstances": "Not found after two recounts.", "last_seen": null});
    first.post(&format!("{case}/declare"), &declare);
    first.post(&format!("{case}/report"), &json!({"to": "National registry", "reference": "NR-1"}));
    let request = asked(&first, &format!("{case}/close-request"), &json!({"outcome": "unrecovered", "evidence": "board 1/26"}));
    let alone = first.ask("POST", &format!("{case}/close"), Some(&json!({"request": request}))).unwrap();
    assert!((400..500).contains(&alone.status), "one person alone closed a loss: {}", alone.body);
    second.post(&format!("{case}/close"), &json!({"request": request}));
    assert_eq!(first.get("/api/v1/lost")["rows"][0]["stage"], "closed");
    assert_eq!(first.get(&format!("/api/v1/weapons?q={}", serial(MISSING)))["rows"][0]["state"], "lost");

    destroyed(&house, &ids[OLD]);
    let trail = first.get(&format!("/api/v1/weapons/{}/trail", ids[OLD.start])).to_string();
    assert!(trail.contains("WeaponDestroyed") || trail.contains("destroyed"), "{trail}");
    house.stop();
}

/// Listed, checked, locked, destroyed before two witnesses, verified by two.
fn destroyed(house: &House, ids: &[String]) {
    let (first, second) = (&house.first, &house.second);
    for id in ids {
        first.post(&format!("/api/v1/weapons/{id}/disposition"), &json!({"disposition": "destroy", "authority": "order 14"}));
    }
    let open = json!({"number": "D-1", "authority": "order 14", "place": house.site});
    let batch = first.post("/api/v1/destruction-batches", &open)["id"].as_str().unwrap().to_owned();
    let path = |act: &str| format!("/api/v1/destruction-batches/{batch}/{act}");
    for (n, id) in ids.iter().enumerate() {
        first.post(&path("items"), &json!({"weapon": id}));
        first.post(&path("items/check"), &json!({"weapon": id, "serial_as_read": serial(OLD.start + n)}));
    }
    first.post(&path("lock"), &json!({}));
    let leader = house.person("3001", "custodian");
    let record = json!({"method": "cutting", "at": "the yard", "operators": ["2001"], "scrap": null});
    let request = asked(&leader, &path("destruction"), &record);
    let led = leader.ask("POST", &path("verify"), Some(&json!({"request": request}))).unwrap();
    assert!((400..500).contains(&led.status), "who led the destruction verified it: {}", led.body);
    for name in ["A. Witness", "B. Witness"] {
        first.post(&path("witnesses"), &json!({"name": name, "organization": "Commission"}));
    }
    first.post(&path("verify"), &json!({"request": request}));
    assert_eq!(first.get("/api/v1/weapons?state=destroyed")["total"], 0, "one verifier is not enough");
    second.post(&path("verify"), &json!({"request": request}));
    assert_eq!(first.get("/api/v1/weapons?state=destroyed")["total"], ids.len());
    let certificate = first.get(&format!("/api/v1/destruction-batches/{batch}/certificate")).to_string();
    assert!(certificate.contains(&serial(OLD.start)), "{certificate}");
}
