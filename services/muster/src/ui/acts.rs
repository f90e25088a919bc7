//! Forms become commands, in one place: the fields are the command's own, the desk answers.
//!
//! A form posts to `/act/<life>/<id>` with the field `act` and the command's fields; a dot goes
//! one level in (`grant.role`), a suffix says the kind (`due:time`, `blind:bool`, `year:number`,
//! `counters:list`, `identity.marks:marks` for JSON). `id` is `new` for what does not exist yet. Who signs as the second person
//! fills `second_number` and `second_password`. Nothing is decided here.

use actix_web::{HttpResponse, web};
use armoury::codes::Basis;
use armoury::command::Command;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::ask::{Ask, Page, full_time, go};
use super::bits::address;
use super::fault::Fault;
use crate::api::problem::Problem;
use crate::auth::Checked;
use crate::desk::{Done, How};

/// Fields that are about the act, not in the command.
const ABOUT: &[&str] =
    &["back", "done", "occurred_at", "basis", "why", "idempotency_key", "second_number", "second_password", "lang"];

/// What a form sent.
pub type Fields = Vec<(String, String)>;

/// The value of a field; empty if absent.
#[must_use]
pub fn field<'a>(fields: &'a Fields, name: &str) -> &'a str {
    fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str())
}

fn value(kind: &str, text: &str) -> Value {
    match kind {
        "time" => Value::String(full_time(text)),
        "bool" => Value::Bool(matches!(text, "true" | "on" | "yes")),
        "number" => text.trim().parse::<u64>().map_or_else(|_| Value::String(text.to_owned()), Value::from),
        "list" => {
            let parts = text.split([',', ' ', ';', '\n']).map(str::trim).filter(|part| !part.is_empty());
            Value::Array(parts.take(64).map(|part| Value::String(part.to_owned())).collect())
        }
        "marks" => serde_json::from_str(text).unwrap_or(Value::Null),
        _ => Value::String(text.trim().to_owned()),
    }
}

fn put(into: &mut Map<String, Value>, path: &str, value: Value) {
    match path.split_once('.') {
        None => {
            into.insert(path.to_owned(), value);
        }
        Some((first, rest)) => {
            let inner = into.entry(first.to_owned()).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}

/// The command's JSON, from the fields of a form.
#[must_use]
pub fn json(fields: &Fields) -> Value {
    let mut all = Map::new();
    for (name, text) in fields.iter().filter(|(name, _)| !ABOUT.contains(&name.as_str())) {
        let (path, kind) = name.split_once(':').unwrap_or((name, ""));
        put(&mut all, path, value(kind, text));
    }
    Value::Object(all)
}

/// How an act is done: when, by what evidence of time, why.
///
/// # Errors
/// A time that is none.
pub fn how(ask: &Ask, fields: &Fields) -> Result<How, Fault> {
    let wrong = || Fault::sentence(&ask.words, 400, "time_not_understood", "fault-time");
    let given = |name| Some(field(fields, name)).filter(|text| !text.is_empty());
    let occurred_at = given("occurred_at").map(|text| full_time(text).parse()).transpose().map_err(|_| wrong())?;
    Ok(How {
        basis: occurred_at.and(given("basis")).and_then(Basis::from_word),
        occurred_at,
        reason: given("why").map(str::to_owned),
        idempotency_key: given("idempotency_key").map(str::to_owned),
        ..How::default()
    })
}

fn not_understood(cause: &dyn std::fmt::Display) -> Fault {
    Fault::of(Problem::bad_request("form_not_understood", cause.to_string()))
}

fn read<T: DeserializeOwned>(fields: &Fields) -> Result<T, Fault> {
    serde_json::from_value(json(fields)).map_err(|cause| not_understood(&cause))
}

/// The command that a form asks, and the id it is about.
///
/// # Errors
/// What is not understood.
pub fn command(ask: &Ask, life: &str, id: &str, fields: &Fields) -> Result<(Command, String), Fault> {
    let fresh = || ask.app.id_for(&ask.who, Some(field(fields, "idempotency_key")).filter(|key| !key.is_empty()), life);
    let uuid = || if id == "new" { Ok(fresh()) } else { Uuid::parse_str(id).map_err(|_| Fault::not_found(&ask.words)) };
    let code = |text: &str| text.parse().map_err(|cause| not_understood(&cause));
    let command = match life {
        "weapon" => Command::Weapon(armoury::ids::WeaponId(uuid()?), read(fields)?),
        "place" => Command::Place(armoury::ids::PlaceId(uuid()?), read(fields)?),
        "count" => Command::Count(armoury::ids::CountId(uuid()?), read(fields)?),
        "case" => Command::Case(armoury::ids::CaseId(uuid()?), read(fields)?),
        "batch" => Command::Batch(armoury::ids::BatchId(uuid()?), read(fields)?),
        "person" => Command::Person(code(id)?, read(fields)?),
        "gateway" => Command::Gateway(id.parse().map_err(|cause| not_understood(&cause))?, read(fields)?),
        "alert" => Command::Alert(id.parse().map_err(|cause| not_understood(&cause))?, read(fields)?),
        _ => return Err(Fault::not_found(&ask.words)),
    };
    let id = match &command {
        Command::Weapon(id, _) => id.to_string(),
        Command::Place(id, _) => id.to_string(),
        Command::Count(id, _) => id.to_string(),
        Command::Case(id, _) => id.to_string(),
        Command::Batch(id, _) => id.to_string(),
        _ => id.to_owned(),
    };
    Ok((command, id))
}

/// Does a command, by the one signed in or by the second person who signs at his screen.
///
/// # Errors
/// The desk's refusal.
pub async fn carry_out(ask: &Ask, command: Command, fields: &Fields) -> Result<Done, Fault> {
    let how = how(ask, fields)?;
    let second = field(fields, "second_number");
    let done = if second.is_empty() {
        ask.app.act(&ask.who, command, how).await
    } else {
        ask.app.act_as_second(second, field(fields, "second_password"), &ask.from, command, how).await
    };
    done.map_err(Fault::act)
}

/// Where to go after an act: only within these pages.
#[must_use]
pub fn back(fields: &Fields, id: &str, done: &str) -> HttpResponse {
    let asked = field(fields, "back").replace("{id}", id);
    let inside = asked.starts_with('/') && !asked.starts_with("//") && !asked.contains(['\\', '\r', '\n']);
    let to = if inside { asked } else { "/".to_owned() };
    let (path, anchor) = to.split_once('#').map_or((to.as_str(), String::new()), |(path, anchor)| (path, format!("#{anchor}")));
    let join = if path.contains('?') { '&' } else { '?' };
    let word = address("", &[("done", done)]);
    go(&format!("{path}{join}{}{anchor}", word.trim_start_matches('?')))
}

/// `POST /act/<life>/<id>`.
///
/// # Errors
/// As [`command`] and [`carry_out`].
pub async fn act(ask: Ask, path: web::Path<(String, String)>, form: Checked<Fields>) -> Page {
    let (life, id) = path.into_inner();
    let fields = form.0;
    let (command, id) = command(&ask, &life, &id, &fields)?;
    carry_out(&ask, command, &fields).await?;
    let done = format!("{life}-{}", field(&fields, "act"));
    Ok(back(&fields, &id, &done))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(fields: &[(&str, &str)], want: &str) {
        let fields: Fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        assert_eq!(json(&fields), serde_json::from_str::<Value>(want).unwrap());
    }

    #[test]
    fn fields_become_the_commands_own_shape() {
        check(&[("act", "rack"), ("place", "x"), ("back", "/"), ("why", "because")], r#"{"act":"rack","place":"x"}"#);
        check(
            &[("grant.role", "auditor"), ("grant.until:time", "2026-12-01")],
            r#"{"grant":{"role":"auditor","until":"2026-12-01T00:00:00Z"}}"#,
        );
        check(&[("counters:list", "5521, 5522"), ("blind:bool", "on")], r#"{"counters":["5521","5522"],"blind":true}"#);
    }

    #[test]
    fn an_act_leads_back_to_our_own_pages_only() {
        let to = |back_to: &str| {
            let answer = back(&vec![("back".to_owned(), back_to.to_owned())], "7", "weapon-rack");
            answer.headers().get("location").unwrap().to_str().unwrap().to_owned()
        };
        assert_eq!(to("/weapons/{id}?a=b#acts"), "/weapons/7?a=b&done=weapon-rack#acts");
        assert_eq!(to("//evil.example"), "/?done=weapon-rack");
        assert_eq!(to("https://evil.example"), "/?done=weapon-rack");
    }
}
