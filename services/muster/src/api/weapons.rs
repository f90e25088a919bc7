//! Weapons: the list and the search, one weapon and its trail, and every act at the hatch.

use actix_web::{HttpRequest, HttpResponse, web};
use armoury::codes::{Acknowledgement, Class, Disposition, State};
use armoury::command::weapon as ask;
use armoury::command::{Command, WeaponCommand};
use armoury::ids::{PlaceId, ServiceNumber, WeaponId};
use armoury::rights::Act;
use armoury::view::{Page, TrailView, WeaponFilter, WeaponRow, WeaponView};
use schemars::JsonSchema;
use serde::Deserialize;
use tag_data::moment::Moment;

use super::ask::{Ask, Made, done, made};
use super::problem::Problem;
use super::read::{self, Plain, Reading, query};
use super::{Needs, Route, route};
use crate::app::App;
use crate::auth::{Who, sign_in};
use crate::desk::Done;
use crate::desk::concerns::weapon_place;

const READ: Needs = Needs::Right(Act::ReadStock);
const MARK: Needs = Needs::Right(Act::MarkWeapon);
const MOVE: Needs = Needs::Right(Act::MoveWeapon);
const ASSIGN: Needs = Needs::Right(Act::AssignWeapon);

/// The rows of this noun.
pub const ROUTES: &[Route] = &[
    route!(GET "/weapons", READ, list, "Weapons in scope, filtered and searched", query: ListQuery, answer: Page<WeaponRow>),
    route!(POST "/weapons", Needs::Right(Act::RegisterWeapon), register, "Enter a weapon", body: ask::Register, answer: Made),
    route!(GET "/weapons/{id}", READ, one, "One weapon", query: Plain, answer: WeaponView),
    route!(GET "/weapons/{id}/trail", READ, trail, "Its history, with gaps", query: TrailQuery, answer: TrailView),
    route!(POST "/weapons/{id}/marks", MARK, record_mark, "Record a further mark", body: ask::RecordMark, answer: Done),
    route!(POST "/weapons/{id}/tags", MARK, bind_tag, "Bind a tag", body: ask::BindTag, answer: Done),
    route!(POST "/weapons/{id}/tags/retire", MARK, retire_tag, "Retire a tag", body: ask::RetireTag, answer: Done),
    route!(POST "/weapons/{id}/issue", MOVE, issue, "Issue it to a person", body: Issue, answer: Done),
    route!(POST "/weapons/{id}/return", MOVE, take_in, "Take it in", body: ask::Return, answer: Done),
    route!(POST "/weapons/{id}/rack", MOVE, rack, "Move it to another rack", body: ask::Rack, answer: Done),
    route!(POST "/weapons/{id}/elsewhere", MOVE, send, "Send it out under a document", body: ask::Send, answer: Done),
    route!(POST "/weapons/{id}/recover", MOVE, recover, "Book it as recovered", body: ask::Recover, answer: Done),
    route!(POST "/weapons/{id}/confirm", Needs::Right(Act::ConfirmReceipt), confirm, "Confirm that the receiver has it",
        body: ask::ConfirmReceipt, answer: Done),
    route!(POST "/weapons/{id}/assign", ASSIGN, assign, "Assign it for the long term", body: ask::Assign, answer: Done),
    route!(POST "/weapons/{id}/parts/remove", ASSIGN, remove_part, "Record a part removed", body: ask::RemovePart, answer: Done),
    route!(POST "/weapons/{id}/parts/restore", ASSIGN, restore_part, "Record the part put back", body: ask::RestorePart, answer: Done),
    route!(POST "/weapons/{id}/disposition", Needs::Right(Act::DecideDisposition), decide, "Decide what is to become of it",
        body: ask::DecideDisposition, answer: Done),
    route!(POST "/weapons/{id}/restore", Needs::Right(Act::RestoreWeapon), restore, "From examination into store",
        body: ask::Restore, answer: Done),
];

query! {
    /// Which weapons.
    ListQuery {
        /// This place and all below.
        place: PlaceId,
        /// These states, separated by commas.
        state: String,
        /// These classes, separated by commas.
        class: String,
        /// Maker.
        maker: String,
        /// Model.
        model: String,
        /// Calibre.
        calibre: String,
        /// What is to become of it.
        disposition: Disposition,
        /// Held by this person.
        holder: ServiceNumber,
        /// Part of a serial, an EPC, or a pattern with `?` and `*`.
        q: String,
        /// Where the page before ended.
        cursor: String,
        /// Rows of a page, at most 500.
        limit: usize,
    }
}

query! {
    /// How the trail is shown.
    TrailQuery {
        /// A silence of so many days is a gap.
        gap_days: i64,
    }
}

async fn list(app: web::Data<App>, who: Who, query: web::Query<ListQuery>) -> Result<HttpResponse, Problem> {
    let query = query.into_inner();
    let read = read::open(&app, &who, Act::ReadStock, &query).await?;
    let scope = read.narrowed(query.place)?;
    let filter = WeaponFilter {
        place: query.place,
        states: words("state", query.state.as_deref(), State::from_word)?.into_iter().collect(),
        classes: words("class", query.class.as_deref(), Class::from_word)?.into_iter().collect(),
        maker: query.maker,
        model: query.model,
        calibre: query.calibre,
        disposition: query.disposition,
        holder: query.holder,
        text: query.q,
    };
    let page = read.book.list_weapons(&filter, &scope, query.cursor.as_deref(), read::page_size(query.limit));
    Ok(HttpResponse::Ok().json(page))
}

/// Words of a code list, separated by commas.
fn words<T>(name: &str, text: Option<&str>, code: fn(&str) -> Option<T>) -> Result<Vec<T>, Problem> {
    let parts = text.unwrap_or("").split(',').map(str::trim).filter(|word| !word.is_empty());
    parts
        .map(|word| {
            code(word).ok_or_else(|| Problem::bad_request("query_not_understood", format!("{name} {word:?} is not known")))
        })
        .collect()
}

/// A weapon in scope, or "not found".
pub(super) fn seen(read: &Reading<'_>, id: WeaponId) -> Result<(), Problem> {
    let place = weapon_place(&read.book, id).ok_or_else(Problem::not_found)?;
    if read.sees(place) { read.open_to(place) } else { Err(Problem::not_found()) }
}

async fn one(app: web::Data<App>, who: Who, id: web::Path<WeaponId>, query: web::Query<Plain>) -> Result<HttpResponse, Problem> {
    let read = read::open(&app, &who, Act::ReadStock, &*query).await?;
    seen(&read, *id)?;
    let mut weapon = read.book.weapon(*id, read.at).ok_or_else(Problem::not_found)?;
    let now = app.now();
    let shown = |row: &armoury::view::AlertRow| crate::desk::sees_alert(&read.book, &who.service_number, &who.grants, row, now);
    weapon.alerts.retain(shown);
    Ok(HttpResponse::Ok().json(weapon))
}

async fn trail(
    app: web::Data<App>,
    who: Who,
    id: web::Path<WeaponId>,
    query: web::Query<TrailQuery>,
) -> Result<HttpResponse, Problem> {
    let mut trail = {
        let read = read::open(&app, &who, Act::ReadStock, &*query).await?;
        seen(&read, *id)?;
        let gap = query.gap_days.unwrap_or(armoury::view::trail::GAP_DAYS).clamp(1, 36_500);
        read.book.trail(*id, gap, read.at).ok_or_else(Problem::not_found)?
    };
    trail.attach_leaves(|position| app.log().event(position).ok().flatten().map(|event| event.leaf));
    Ok(HttpResponse::Ok().json(trail))
}

async fn register(app: web::Data<App>, who: Who, asked: Ask<ask::Register>) -> Result<HttpResponse, Problem> {
    let id = WeaponId(app.id_for(&who, asked.how.idempotency_key.as_deref(), "weapon"));
    let command = Command::Weapon(id, WeaponCommand::Register(asked.fields));
    Ok(made(id, app.act(&who, command, asked.how).await?))
}

/// To whom it is issued; with his own password it is acknowledged by himself.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Issue {
    /// To whom.
    to: ServiceNumber,
    /// Purpose, in words.
    #[serde(default)]
    purpose: Option<String>,
    /// When it is due back.
    #[serde(default)]
    due: Option<Moment>,
    /// How he acknowledged it; `pin` counts only with his password beside it.
    #[serde(default = "no_acknowledgement")]
    acknowledgement: Acknowledgement,
    /// His own password, keyed by himself.
    #[serde(default)]
    pin: Option<String>,
}

const fn no_acknowledgement() -> Acknowledgement {
    Acknowledgement::None
}

async fn issue(
    app: web::Data<App>,
    who: Who,
    request: HttpRequest,
    id: web::Path<WeaponId>,
    mut asked: Ask<Issue>,
) -> Result<HttpResponse, Problem> {
    let Issue { to, purpose, due, acknowledgement, pin } = asked.fields;
    if let Some(pin) = pin {
        app.check_holder(&to, &pin, &sign_in::address(&request)).await?;
        asked.how.pin_checked = true;
    }
    let command = Command::Weapon(*id, WeaponCommand::Issue(ask::Issue { to, purpose, due, acknowledgement }));
    Ok(done(&app.act(&who, command, asked.how).await?))
}

/// Handlers that hand an act's fields to the desk.
macro_rules! acts {
    ($($handler:ident($fields:ident) = $variant:ident),* $(,)?) => {$(
        async fn $handler(
            app: web::Data<App>,
            who: Who,
            id: web::Path<WeaponId>,
            asked: Ask<ask::$fields>,
        ) -> Result<HttpResponse, Problem> {
            let command = Command::Weapon(*id, WeaponCommand::$variant(asked.fields));
            Ok(done(&app.act(&who, command, asked.how).await?))
        }
    )*};
}

acts! {
    record_mark(RecordMark) = RecordMark,
    bind_tag(BindTag) = BindTag,
    retire_tag(RetireTag) = RetireTag,
    take_in(Return) = Return,
    rack(Rack) = Rack,
    send(Send) = Send,
    recover(Recover) = Recover,
    confirm(ConfirmReceipt) = ConfirmReceipt,
    assign(Assign) = Assign,
    remove_part(RemovePart) = RemovePart,
    restore_part(RestorePart) = RestorePart,
    decide(DecideDisposition) = DecideDisposition,
    restore(Restore) = Restore,
}
