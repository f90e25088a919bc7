//! A ledger kept before is taken in: looked at line by line first, then entered line by line.
//!
//! Nothing is entered on the first look. What is refused is named with its line and stays out;
//! the rest is one act a weapon, safe to repeat (the key follows from the line's own words).

use armoury::codes::{Class, Component, MarkKind, MarkMethod, Origin};
use armoury::command::Command;
use armoury::command::weapon::{Register, WeaponCommand};
use armoury::ids::{PlaceId, WeaponId};
use armoury::marks::{Identity, Mark, Stamped};
use armoury::rights::Act;
use armoury::view::Views;
use askama::Template;
use sha2::{Digest as _, Sha256};

use crate::auth::Checked;
use crate::desk::How;
use crate::ui::acts::{Fields, field};
use crate::ui::ask::{Ask, Page};
use crate::ui::bits::Choice;
use crate::ui::fault::Fault;
use crate::ui::frame::{Frame, Nav, Notice};

/// The most lines of one form; longer ledgers go by the command line.
const LINES_MAX: usize = 2_000;

#[derive(Template)]
#[template(path = "import.html")]
struct ImportPage {
    f: Frame,
    places: Vec<Choice>,
    owner: String,
    csv: String,
    lines: Vec<Line>,
    ready: usize,
    refused: usize,
}

/// What became of one line.
struct Line {
    number: u64,
    serial: String,
    model: String,
    tone: &'static str,
    said: String,
}

/// A line that may be entered.
struct Ready {
    at: usize,
    key: String,
    register: Register,
}

/// `GET /weapons/import`.
///
/// # Errors
/// Without the right.
pub async fn page(ask: Ask) -> Page {
    let page = blank(&ask, String::new(), String::new(), None)?;
    ask.show(&page)
}

fn blank(ask: &Ask, owner: String, csv: String, chosen: Option<PlaceId>) -> Result<ImportPage, Fault> {
    let reach = ask.scope(Act::RegisterWeapon)?;
    let views = ask.app.views();
    let (f, places) = (ask.frame(Nav::Weapons, &views), ask.places(&views, &reach, chosen));
    Ok(ImportPage { f, places, owner, csv, lines: Vec::new(), ready: 0, refused: 0 })
}

/// `POST /weapons/import`.
///
/// # Errors
/// Without the right, or with a text that is no table.
pub async fn take(ask: Ask, form: Checked<Fields>) -> Page {
    let fields = form.0;
    let place = field(&fields, "place").parse().map_err(|_| Fault::not_found(&ask.words))?;
    let mut page = blank(&ask, field(&fields, "owner").to_owned(), field(&fields, "csv").to_owned(), Some(place))?;
    let (mut lines, ready) = look(&ask, &page.csv, &page.owner, place)?;
    page.refused = lines.len() - ready.len();
    page.ready = ready.len();
    if field(&fields, "step") == "apply" {
        page.f.notice = Some(Notice { tone: "ok", text: ask.words.tn("import-done", enter(&ask, &mut lines, ready).await) });
        (page.ready, page.csv) = (0, String::new());
    }
    page.lines = lines;
    ask.show(&page)
}

async fn enter(ask: &Ask, lines: &mut [Line], ready: Vec<Ready>) -> usize {
    let mut entered = 0;
    for Ready { at, key, register } in ready {
        let id = WeaponId(ask.app.id_for(&ask.who, Some(&key), "weapon"));
        let how = How { idempotency_key: Some(key), ..How::default() };
        let command = Command::Weapon(id, WeaponCommand::Register(register));
        let (tone, said) = match ask.app.act(&ask.who, command, how).await {
            Ok(_) => ("ok", ask.words.t("import-entered")),
            Err(error) => ("alarm", error.to_string()),
        };
        entered += usize::from(tone == "ok");
        (lines[at].tone, lines[at].said) = (tone, said);
    }
    entered
}

/// Looks at every line; nothing is entered.
fn look(ask: &Ask, text: &str, owner: &str, place: PlaceId) -> Result<(Vec<Line>, Vec<Ready>), Fault> {
    let text = text.replace("\r\n", "\n"); // As browsers send it; the reader would count such lines one short.
    let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let unreadable = || Fault::sentence(&ask.words, 400, "csv_not_understood", "fault-csv");
    let heads: Vec<String> = reader.headers().map_err(|_| unreadable())?.iter().map(str::to_lowercase).collect();
    if !heads.iter().any(|head| head == "serial") {
        return Err(unreadable());
    }
    let views = ask.app.views();
    let (mut lines, mut ready) = (Vec::new(), Vec::new());
    for (at, record) in reader.records().take(LINES_MAX).enumerate() {
        let record = record.map_err(|_| unreadable())?;
        let get = |name: &str| heads.iter().position(|head| head == name).and_then(|at| record.get(at)).unwrap_or("");
        let number = record.position().map_or(at as u64 + 2, csv::Position::line);
        let read = read(&get, owner, place, number).and_then(|register| twice(ask, &views, register));
        let (tone, said) = match &read {
            Ok(_) => ("ok", ask.words.t("import-good")),
            Err(why) => ("alarm", why.clone()),
        };
        lines.push(Line {
            number,
            serial: get("serial").to_owned(),
            model: format!("{} {}", get("maker"), get("model")),
            tone,
            said,
        });
        if let Ok(register) = read {
            let words: Vec<&str> = record.iter().chain([owner]).collect();
            let digest = Sha256::digest(format!("{place}\u{1f}{}", words.join("\u{1f}")).as_bytes());
            ready.push(Ready { at, key: format!("import-{}", hex::encode(&digest[..16])), register });
        }
    }
    Ok((lines, ready))
}

fn twice(ask: &Ask, views: &Views, register: Register) -> Result<Register, String> {
    if views.weapons.same_identity(&register.identity).is_empty() { Ok(register) } else { Err(ask.words.t("import-twice")) }
}

fn read<'a>(get: &impl Fn(&str) -> &'a str, owner: &str, place: PlaceId, line: u64) -> Result<Register, String> {
    let need = |name: &str| Some(get(name)).filter(|text| !text.is_empty()).ok_or_else(|| format!("{name} is empty"));
    let serial: Stamped = need("serial")?.parse().map_err(|cause: armoury::marks::StampedError| cause.to_string())?;
    let class = need("class")?;
    let mark = Mark {
        kind: MarkKind::Serial,
        component: Component::from_word(get("component")).unwrap_or(Component::Receiver),
        position: None,
        method: MarkMethod::from_word(get("method")).unwrap_or(MarkMethod::Unknown),
        text: serial.clone(),
    };
    let identity = Identity {
        class: Class::from_word(&class.to_uppercase()).ok_or_else(|| format!("class {class:?} is none of SA1 to LW9"))?,
        maker: need("maker")?.to_owned(),
        model: need("model")?.to_owned(),
        calibre: need("calibre")?.to_owned(),
        country: Some(get("country")).filter(|text| !text.is_empty()).map(str::to_owned),
        year: get("year").parse().ok(),
        serial,
        marks: vec![mark],
    };
    let owner = if get("owner").is_empty() { owner } else { get("owner") };
    if owner.is_empty() {
        return Err("owner is empty".to_owned());
    }
    let source = if get("source").is_empty() { format!("line {line}") } else { get("source").to_owned() };
    Ok(Register {
        identity,
        owner: owner.to_owned(),
        origin: Origin::from_word(get("origin")).unwrap_or(Origin::Ledger),
        place,
        source: Some(source),
        duplicate_reason: None,
        provisional: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(words: &[(&str, &str)], want: &str) {
        let get = |name: &str| words.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| *value);
        let said = read(&get, "2nd Bn", PlaceId(uuid::Uuid::nil()), 7).map_or_else(|why| why, |one| format!("{:?}", one.source));
        assert_eq!(said, want);
    }

    #[test]
    fn each_line_says_what_is_wrong() {
        let good = [("serial", "418801"), ("maker", "Zastava"), ("model", "M70AB2"), ("calibre", "7.62x39"), ("class", "sa4")];
        check(&good, "Some(\"line 7\")");
        check(&good[..4], "class is empty");
        check(&[("serial", "")], "serial is empty");
        check(
            &[("serial", "1"), ("class", "rifle"), ("maker", "x"), ("model", "y"), ("calibre", "z")],
            "class \"rifle\" is none of SA1 to LW9",
        );
    }
}
