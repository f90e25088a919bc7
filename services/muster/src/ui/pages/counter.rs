//! The counter: a person at the hatch, his number, his name shown back, and one scan a weapon.
//!
//! Issue and return take three entries at most: number, weapon, Enter. Possession needs one
//! person and is never blocked by what the book believes; what contradicts it is answered by
//! "needs a look" and becomes a finding.

use actix_web::HttpResponse;
use armoury::codes::{Acknowledgement, State};
use armoury::command::Command;
use armoury::command::weapon::{Issue, Return, WeaponCommand};
use armoury::ids::{ServiceNumber, WeaponId};
use armoury::rights::Act;
use armoury::view::{OverdueRow, Views, WeaponRow};
use askama::Template;

use super::count::Answer;
use crate::auth::Checked;
use crate::ui::acts::{self, Fields, field};
use crate::ui::ask::{Ask, Page, full_time, go};
use crate::ui::bits::{Choice, address};
use crate::ui::fault::Fault;
use crate::ui::frame::{Frame, Nav};

#[derive(Template)]
#[template(path = "counter.html")]
struct CounterPage {
    f: Frame,
    mode: &'static str,
    person: String,
    name: Option<String>,
    known: bool,
    held: Vec<WeaponRow>,
    places: Vec<Choice>,
    due: String,
    answer: Option<Answer>,
}

#[derive(Template)]
#[template(path = "holds.html")]
struct HoldsPage {
    f: Frame,
    number: String,
    asked: bool,
    name: Option<String>,
    held: Vec<WeaponRow>,
    overdue: Vec<OverdueRow>,
}

fn in_reach(ask: &Ask, views: &Views, row: &WeaponRow) -> bool {
    ask.may(Act::ReadStock, views, row.place)
}

fn held(ask: &Ask, views: &Views, number: &str) -> Vec<WeaponRow> {
    let Ok(person) = number.parse::<ServiceNumber>() else { return Vec::new() };
    let rows = views.holdings(&person).into_iter();
    rows.filter(|row| in_reach(ask, views, row)).collect()
}

/// The name, for those who may read people.
fn name(ask: &Ask, number: &str) -> Option<String> {
    ask.scope(Act::ReadPeople).ok()?;
    number.parse().ok().and_then(|person| ask.app.name(&person))
}

/// `GET /counter`.
///
/// # Errors
/// Without the right to move weapons.
pub async fn page(ask: Ask) -> Page {
    let reach = ask.scope(Act::MoveWeapon)?;
    let person = ask.get("person").to_owned();
    let name = name(&ask, &person);
    let views = ask.app.views();
    let page = CounterPage {
        mode: if ask.get("mode") == "return" { "return" } else { "issue" },
        known: person.parse().is_ok_and(|number| views.people.find(&number).is_some()),
        held: held(&ask, &views, &person),
        name,
        places: ask.places(&views, &reach, ask.place()),
        due: ask.get("due").to_owned(),
        answer: Answer::from_address(&ask),
        f: ask.frame(Nav::Counter, &views),
        person,
    };
    drop(views);
    ask.show(&page)
}

/// `POST /counter`: one weapon to a person, or back from him.
///
/// # Errors
/// A scan that fits no weapon is answered, not refused.
pub async fn act(ask: Ask, form: Checked<Fields>) -> Page {
    let fields = form.0;
    let get = |name: &str| field(&fields, name);
    let found = resolve(&ask, get("seen"));
    let (answer, said) = match found {
        Err(answer) => (answer, false),
        Ok((id, row)) => {
            let command = command(&ask, &fields, &row)?;
            match acts::carry_out(&ask, Command::Weapon(id, command), &fields).await {
                Ok(_) => (outcome(&ask, get("mode"), &row), true),
                Err(fault) => (Answer::new(&ask, "alarm", "counter-refused", fault.to_string()), false),
            }
        }
    };
    if ask.json {
        let mut answered = if said { HttpResponse::Ok() } else { HttpResponse::UnprocessableEntity() };
        return Ok(answered.json(answer));
    }
    let words = [("mode", get("mode")), ("person", get("person")), ("place", get("place")), ("due", get("due"))];
    Ok(go(&answer.to_address(&address("/counter", &words))))
}

/// The one weapon that a scan means.
///
/// # Errors
/// The answer to a scan that means none, or more than one.
pub fn resolve(ask: &Ask, seen: &str) -> Result<(WeaponId, WeaponRow), Answer> {
    let views = ask.app.views();
    let found = views.resolve(seen);
    let rows: Vec<WeaponRow> =
        found.iter().filter_map(|id| views.weapon_row(*id)).filter(|row| in_reach(ask, &views, row)).collect();
    match rows.as_slice() {
        [one] => Ok((one.weapon, one.clone())),
        [] => Err(Answer::new(ask, "watch", "answer-unknown", seen.to_owned())),
        _ => Err(Answer::new(ask, "alarm", "answer-several", seen.to_owned())),
    }
}

fn command(ask: &Ask, fields: &Fields, row: &WeaponRow) -> Result<WeaponCommand, Fault> {
    let get = |name: &str| field(fields, name);
    let given = |name| Some(get(name)).filter(|text| !text.is_empty());
    let person: Option<ServiceNumber> = given("person").and_then(|number| number.parse().ok());
    if get("mode") == "return" {
        let place = given("place").and_then(|place| place.parse().ok()).or(row.place);
        let place = place.ok_or_else(|| Fault::sentence(&ask.words, 400, "place_missing", "fault-place"))?;
        return Ok(WeaponCommand::Return(Return { from: person, place }));
    }
    let to = person.ok_or_else(|| Fault::sentence(&ask.words, 400, "person_missing", "fault-person"))?;
    let wrong = |_| Fault::sentence(&ask.words, 400, "time_not_understood", "fault-time");
    let due = given("due").map(|text| full_time(text).parse().map_err(wrong)).transpose()?;
    let acknowledgement = given("acknowledgement").and_then(Acknowledgement::from_word).unwrap_or(Acknowledgement::WetInk);
    Ok(WeaponCommand::Issue(Issue { to, purpose: given("purpose").map(str::to_owned), due, acknowledgement }))
}

fn outcome(ask: &Ask, mode: &str, before: &WeaponRow) -> Answer {
    let line = format!("{} {} · {}", before.maker, before.model, before.serial);
    let expected = if mode == "return" { before.state == State::Issued } else { before.state == State::InStore };
    match (mode, expected) {
        ("return", true) => Answer::new(ask, "ok", "counter-returned", line),
        (_, true) => Answer::new(ask, "ok", "counter-issued", line),
        (_, false) => {
            let was = ask.words.word("state", before.state.word());
            Answer::new(ask, "watch", "answer-look", format!("{line} · {}", ask.words.t1("counter-was", "state", was)))
        }
    }
}

/// `GET /holds`: "What does this person hold?", and what is overdue.
///
/// # Errors
/// Without the right to read the stock.
pub async fn holds(ask: Ask) -> Page {
    let scope = ask.scope(Act::ReadStock)?;
    let number = ask.get("number").to_owned();
    let name = name(&ask, &number);
    let book = ask.book().await?;
    let f = ask.travelling(Nav::Holds, &book);
    let page = HoldsPage {
        held: held(&ask, &book, &number),
        overdue: if number.is_empty() { book.overdue(&scope, f.now) } else { Vec::new() },
        asked: !number.is_empty(),
        number,
        name,
        f,
    };
    drop(book);
    ask.show(&page)
}
