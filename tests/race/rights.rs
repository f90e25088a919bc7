//! A right that is taken away is gone at once: for whoever is acting just then, and for a request that
//! was on its way when it happened.

use std::io::Write as _;
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::house::weapon;
use crate::program::wait_for;
use crate::rounds::Field;
use crate::start::refused;
use crate::web::{Answer, Web, read};

fn mark(text: &str) -> Value {
    json!({"mark": {"kind": "rack", "component": "other", "method": "ink", "text": text}})
}

/// Says so when dropped.
struct Gone<'a>(&'a AtomicBool);

impl Drop for Gone<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Eight threads write as `who` until they are refused; when they are at it, `takes_away` acts. The
/// answers that came to requests begun after it was answered.
fn meanwhile(field: &Field, name: &str, who: &Web, takes_away: impl FnOnce()) -> Vec<Answer> {
    let weapons: Vec<String> = (0..8).map(|n| field.weapon(&format!("R{n}{name}")).0).collect();
    let (done, gone) = (AtomicUsize::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let writers: Vec<_> = weapons
            .iter()
            .map(|path| {
                let (done, gone) = (&done, &gone);
                scope.spawn(move || {
                    for nth in 0.. {
                        let after = gone.load(Ordering::SeqCst);
                        let answer = who.ask("POST", &format!("{path}/marks"), Some(&mark(&format!("{nth}")))).unwrap();
                        if after {
                            return answer;
                        }
                        done.fetch_add(usize::from(answer.status < 300), Ordering::SeqCst);
                    }
                    unreachable!("there is always another number")
                })
            })
            .collect();
        let said = Gone(&gone); // Also if what follows fails.
        wait_for("acts under way", || (done.load(Ordering::SeqCst) > 20).then_some(()));
        takes_away();
        drop(said);
        writers.into_iter().map(|writer| writer.join().unwrap()).collect()
    })
}

/// A custodian, and the path that takes his right away.
fn custodian(field: &Field, number: &str) -> (Web, String, Value) {
    with_role(field, number, "custodian")
}

fn with_role(field: &Field, number: &str, role: &str) -> (Web, String, Value) {
    let who = field.house.person(number, role);
    let people = field.house.first.get(&format!("/api/v1/people/{number}"));
    let request = people["grants"][0]["request"].clone();
    assert!(request.is_string(), "{people}");
    (who, format!("/api/v1/people/{number}/grants/revoke"), json!({"request": request}))
}

pub fn taken_away_while_used(field: &Field) {
    let number = format!("{}", 6000 + field.round);
    let (who, path, body) = custodian(field, &number);
    let mut taken = 0;
    let late = meanwhile(field, &number, &who, || taken = field.house.first.post(&path, &body)["position"].as_u64().unwrap());
    late.iter().for_each(|answer| refused(answer, &[(403, "not_allowed"), (404, "not_found")]));
    let after: Vec<_> = field.events_after(taken).into_iter().filter(|(_, who, _)| *who == number).collect();
    assert!(after.is_empty(), "acts without a right: {after:?}");
}

pub fn disabled_while_used(field: &Field) {
    let number = format!("{}", 6500 + field.round);
    let (who, ..) = custodian(field, &number);
    // While there is a security officer, nobody stands in for him: he is one for this act only.
    let officer = format!("{}", 6700 + field.round);
    let (security, path, body) = with_role(field, &officer, "security_officer");
    let size = std::cell::Cell::new(0);
    let late = meanwhile(field, &number, &who, || {
        security.post(&format!("/api/v1/people/{number}/account/disable"), &json!({}));
        size.set(field.size());
    });
    field.house.first.post(&path, &body);
    late.iter().for_each(|answer| refused(answer, &[(401, "not_signed_in")]));
    let after: Vec<_> = field.events_after(size.get()).into_iter().filter(|(_, who, _)| *who == number).collect();
    assert!(after.is_empty(), "acts of a disabled account: {after:?}");
}

/// The head of the request is with the service while he has the right, its body's end comes after.
pub fn long_on_its_way(field: &Field) {
    let number = format!("{}", 6800 + field.round);
    let (who, path, body) = custodian(field, &number);
    let before = field.size();
    let late = weapon(&format!("W-{}", field.round), &field.house.site).to_string();
    let request = who.request("POST", "/api/v1/weapons", &[], Some(&late));
    let (begun, rest) = request.split_at(request.len() - 10);
    let mut stream = TcpStream::connect(&who.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream.write_all(begun.as_bytes()).unwrap();
    for _ in 0..20 {
        who.get("/api/v1/me"); // So that the service has surely taken up what was begun.
    }
    field.house.first.post(&path, &body);
    stream.write_all(rest.as_bytes()).unwrap();
    refused(&read(&mut stream).unwrap(), &[(403, "not_allowed"), (404, "not_found")]);
    assert_eq!(field.count_after(before, "WeaponRegistered"), 0);
}
