//! "What is here?": the stockpile in numbers, grouped as asked, down to the serials behind each.

use std::collections::BTreeMap;

use armoury::codes::{Class, State};
use armoury::rights::Act;
use armoury::view::{StockpileRow, Views, WeaponFilter};
use askama::Template;

use super::sheet;
use crate::ui::ask::{Ask, Page};
use crate::ui::bits::{Choice, address, choices};
use crate::ui::fault::Fault;
use crate::ui::frame::{Frame, Nav};

/// The columns of numbers: key of the word, states counted, whether anything there is an alarm.
const COLUMNS: &[(&str, &[State], bool)] = &[
    ("figure-on-record", &[], false),
    ("figure-in-store", &[State::InStore, State::Provisional], false),
    ("figure-issued", &[State::Issued], false),
    ("figure-in-transit", &[State::InTransit], false),
    ("figure-elsewhere", &[State::OnLoan, State::InMaintenance, State::Evidence, State::RecoveredHeld], false),
    ("figure-pending", &[State::Batched], false),
    ("figure-unaccounted", &[State::Unaccounted, State::PresumedLost], true),
    ("figure-lost", &[State::Lost], true),
];

/// States that are no longer in anybody's charge.
const GONE: &[State] =
    &[State::Destroyed, State::DestroyedInIncident, State::Deactivated, State::TransferredOut, State::Repatriated, State::Merged];

/// The ways to group: word in the address, and which columns of words it shows.
const GROUPS: &[(&str, &[&str])] = &[
    ("model", &["maker-model", "calibre", "class"]),
    ("place", &["place"]),
    ("both", &["place", "maker-model"]),
    ("class", &["class"]),
];

/// A row: its words, its numbers, and the way to the serials.
#[derive(Clone, Debug, Default)]
pub struct Row {
    /// Words, first the name of the row.
    pub words: Vec<String>,
    /// Numbers, by column.
    pub numbers: Vec<u64>,
    /// Which numbers are alarms.
    pub warn: Vec<bool>,
    /// The weapons behind the row.
    pub to: String,
}

/// The page.
#[derive(Template)]
#[template(path = "stockpile.html")]
pub struct Stockpile {
    /// The frame.
    pub f: Frame,
    /// What is shown, in a sentence.
    pub summary: String,
    /// The same as CSV.
    pub csv: String,
    /// Choices.
    pub places: Vec<Choice>,
    /// Choices.
    pub groups: Vec<Choice>,
    /// Choices.
    pub classes: Vec<Choice>,
    /// Choices.
    pub states: Vec<Choice>,
    /// Heads: word, and whether a number stands below.
    pub heads: Vec<(String, bool)>,
    /// How many columns of words.
    pub span: usize,
    /// Rows.
    pub rows: Vec<Row>,
    /// Sums.
    pub totals: Vec<u64>,
}

/// What a list is asked to leave out.
#[must_use]
pub fn filter(ask: &Ask) -> WeaponFilter {
    let states = match ask.get("state") {
        "" => Vec::new(),
        "elsewhere" => vec![State::OnLoan, State::InMaintenance, State::Evidence],
        word => State::from_word(word).into_iter().collect(),
    };
    let text = |name: &str| Some(ask.get(name)).filter(|text| !text.is_empty()).map(str::to_owned);
    WeaponFilter {
        place: ask.place(),
        states: states.into_iter().collect(),
        classes: Class::from_word(ask.get("class")).into_iter().collect(),
        maker: text("maker"),
        model: text("model"),
        calibre: text("calibre"),
        holder: ask.get("holder").parse().ok(),
        text: text("q"),
        ..WeaponFilter::default()
    }
}

/// The choices of states, with "elsewhere" as one of them.
#[must_use]
pub fn state_choices(ask: &Ask) -> Vec<Choice> {
    let codes: Vec<&'static str> = State::ALL.iter().map(|state| state.word()).collect();
    let mut all = choices(&ask.words, "state", &codes, Some(ask.get("state")));
    all.insert(
        4,
        Choice { value: "elsewhere".into(), word: ask.words.t("figure-elsewhere"), chosen: ask.get("state") == "elsewhere" },
    );
    all
}

/// The choices of classes.
#[must_use]
pub fn class_choices(ask: &Ask, chosen: &str) -> Vec<Choice> {
    let codes: Vec<&'static str> = Class::ALL.iter().map(|class| class.word()).collect();
    choices(&ask.words, "class", &codes, Some(chosen))
}

fn name(ask: &Ask, row: &StockpileRow, column: &str) -> String {
    match column {
        "class" => ask.words.word("class", row.class.word()),
        "place" => row.place_name.clone(),
        "calibre" => row.calibre.clone(),
        _ => format!("{} {}", row.maker, row.model),
    }
}

fn link(ask: &Ask, row: &StockpileRow, columns: &[&str]) -> String {
    let has = |column: &str| columns.contains(&column);
    let place = row.place.filter(|_| has("place")).map(|place| place.to_string());
    let words = [
        ("place", place.as_deref().unwrap_or(ask.get("place"))),
        ("class", if has("class") { row.class.word() } else { ask.get("class") }),
        ("maker", if has("maker-model") { row.maker.as_str() } else { "" }),
        ("model", if has("maker-model") { row.model.as_str() } else { "" }),
        ("state", ask.get("state")),
        ("known_at", ask.get("known_at")),
        ("true_at", ask.get("true_at")),
    ];
    address("/weapons", &words)
}

/// Groups the view's rows by the words asked for.
fn group(ask: &Ask, rows: &[StockpileRow], columns: &[&str]) -> Vec<Row> {
    let all = !ask.get("state").is_empty();
    let mut groups: BTreeMap<Vec<String>, Row> = BTreeMap::new();
    for row in rows.iter().filter(|row| all || !GONE.contains(&row.state)) {
        let words: Vec<String> = columns.iter().map(|column| name(ask, row, column)).collect();
        let entry = groups.entry(words.clone()).or_insert_with(|| Row {
            words,
            numbers: vec![0; COLUMNS.len()],
            warn: COLUMNS.iter().map(|(_, _, warn)| *warn).collect(),
            to: link(ask, row, columns),
        });
        for (number, (_, states, _)) in entry.numbers.iter_mut().zip(COLUMNS) {
            if states.is_empty() || states.contains(&row.state) {
                *number += row.count;
            }
        }
    }
    groups.into_values().collect()
}

fn columns(ask: &Ask) -> (&'static str, &'static [&'static str]) {
    *GROUPS.iter().find(|(word, _)| *word == ask.get("group")).unwrap_or(&GROUPS[0])
}

fn heads(ask: &Ask, columns: &[&str]) -> Vec<(String, bool)> {
    let words = columns.iter().map(|column| (ask.words.word("column", column), false));
    words.chain(COLUMNS.iter().map(|(key, ..)| (ask.words.t(key), true))).collect()
}

fn rows(ask: &Ask, views: &Views) -> Result<Vec<Row>, Fault> {
    let scope = ask.scope_here(Act::ReadStock, views)?;
    Ok(group(ask, &views.stockpile(&filter(ask), &scope), columns(ask).1))
}

fn totals(rows: &[Row]) -> Vec<u64> {
    (0..COLUMNS.len()).map(|at| rows.iter().map(|row| row.numbers[at]).sum()).collect()
}

/// `GET /stockpile`.
///
/// # Errors
/// A place out of reach.
pub async fn page(ask: Ask) -> Page {
    let reach = ask.scope(Act::ReadStock)?;
    let book = ask.book().await?;
    let rows = rows(&ask, &book)?;
    let f = ask.travelling(Nav::Stockpile, &book);
    let (grouped, columns) = columns(&ask);
    let totals = totals(&rows);
    let place = ask.place().map_or_else(|| f.t("everywhere"), |place| book.places.path(place));
    let page = Stockpile {
        summary: f.words.t2("stockpile-summary", ("place", &place), ("count", &crate::ui::bits::grouped(totals[0]))),
        csv: ask.here(&[]).replacen("/stockpile", "/stockpile.csv", 1),
        places: ask.places(&book, &reach, ask.place()),
        groups: GROUPS
            .iter()
            .map(|(word, _)| Choice { value: (*word).into(), word: f.word("group", word), chosen: *word == grouped })
            .collect(),
        classes: class_choices(&ask, ask.get("class")),
        states: state_choices(&ask),
        heads: heads(&ask, columns),
        span: columns.len(),
        rows,
        totals,
        f,
    };
    drop(book);
    ask.show(&page)
}

/// `GET /stockpile.csv`: the same rows.
///
/// # Errors
/// As [`page`].
pub async fn csv(ask: Ask) -> Page {
    let book = ask.book().await?;
    let rows = rows(&ask, &book)?;
    drop(book);
    let heads: Vec<String> = heads(&ask, columns(&ask).1).into_iter().map(|(word, _)| word).collect();
    let line = |row: Row| row.words.into_iter().chain(row.numbers.iter().map(u64::to_string)).collect();
    sheet::csv(&ask, "stockpile", &heads, rows.into_iter().map(line))
}
