//! People: by service number, with their rights; how rights are asked for, approved and taken;
//! accounts and tokens, which are this machine's and never stand in the book.

use actix_web::{HttpResponse, web};
use armoury::command::person as ask;
use armoury::command::{Command, PersonCommand};
use armoury::ids::{PlaceId, ServiceNumber};
use armoury::rights::Act;
use armoury::view::{GrantRequestRow, Page, PersonRow, WeaponRow};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ask::{Ask, done};
use super::problem::Problem;
use super::read::{self, Plain, Reading, paged, query};
use super::{Needs, Route, route};
use crate::app::App;
use crate::auth::Who;
use crate::desk::{self, ActError, Done};

const READ: Needs = Needs::Right(Act::ReadPeople);

/// The rows of this noun.
pub const ROUTES: &[Route] = &[
    route!(GET "/people", READ, list, "People by service number, with their rights", query: ListQuery, answer: Page<Shown>),
    route!(POST "/people", Needs::Right(Act::EnrolPerson), enrol, "Enter a person; the name is sealed", body: Enrol, answer: Done),
    route!(GET "/people/{number}", READ, one, "One person", query: Plain, answer: Shown),
    route!(GET "/people/{number}/holdings", Needs::Right(Act::ReadStock), holdings, "What does he still hold?",
        query: Plain, answer: Page<WeaponRow>),
    route!(GET "/grant-requests", READ, requests, "Rights that wait for their second person", query: Plain, answer: Page<GrantRequestRow>),
    route!(POST "/people/{number}/grants", Needs::Right(Act::RequestGrant), request, "Ask for a right for him",
        body: ask::RequestGrant, answer: Done),
    route!(POST "/people/{number}/grants/approve", Needs::Right(Act::ApproveGrant), approve, "Approve a right another asked for",
        body: ask::ApproveGrant, answer: Done),
    route!(POST "/people/{number}/grants/revoke", Needs::Right(Act::RevokeGrant), revoke, "Take a right away",
        body: ask::RevokeGrant, answer: Done),
];

query! {
    /// Which people.
    ListQuery {
        /// Where the page before ended.
        cursor: String,
        /// Rows of a page, at most 500.
        limit: usize,
    }
}

/// A person with his name, for those who may see it.
#[derive(Serialize, JsonSchema)]
struct Shown {
    #[serde(flatten)]
    row: PersonRow,
    /// The name, while its key exists.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

/// Who is entered.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Enrol {
    /// His service number.
    service_number: ServiceNumber,
    /// His name; sealed before it is written.
    name: String,
    /// Rank, in the unit's words.
    #[serde(default)]
    rank: Option<String>,
    /// Unit, in the unit's words.
    #[serde(default)]
    unit: Option<String>,
}

/// A person as this reader may see him: rights at places out of his reach do not exist for him.
fn shown(app: &App, read: &Reading<'_>, mut row: PersonRow) -> Shown {
    row.grants.retain(|held| reaches(read, held.grant.place));
    let name = row.name.as_ref().and_then(|sealed| app.open_sealed(sealed));
    Shown { row, name }
}

/// Whether a right is given everywhere or where this reader sees.
fn reaches(read: &Reading<'_>, place: Option<PlaceId>) -> bool {
    place.is_none_or(|place| read.sees(place))
}

async fn list(app: web::Data<App>, who: Who, query: web::Query<ListQuery>) -> Result<HttpResponse, Problem> {
    let read = read::open(&app, &who, Act::ReadPeople, &*query).await?;
    let page = paged(read.book.people.rows(read.at), |row| row.service_number.to_string(), query.cursor.as_deref(), query.limit)?;
    let rows = page.rows.into_iter().map(|row| shown(&app, &read, row)).collect();
    Ok(HttpResponse::Ok().json(Page { rows, total: page.total, next: page.next }))
}

async fn one(
    app: web::Data<App>,
    who: Who,
    number: web::Path<ServiceNumber>,
    query: web::Query<Plain>,
) -> Result<HttpResponse, Problem> {
    let read = read::open(&app, &who, Act::ReadPeople, &*query).await?;
    let row = read.book.people.row(&number, read.at).ok_or_else(Problem::not_found)?;
    Ok(HttpResponse::Ok().json(shown(&app, &read, row)))
}

async fn holdings(
    app: web::Data<App>,
    who: Who,
    number: web::Path<ServiceNumber>,
    query: web::Query<Plain>,
) -> Result<HttpResponse, Problem> {
    let read = read::open(&app, &who, Act::ReadStock, &*query).await?;
    let mut rows = read.book.holdings(&number);
    rows.retain(|row| row.place.is_some_and(|place| read.sees(place)));
    Ok(HttpResponse::Ok().json(Page { total: rows.len() as u64, rows, next: None }))
}

async fn requests(app: web::Data<App>, who: Who, query: web::Query<Plain>) -> Result<HttpResponse, Problem> {
    let read = read::open(&app, &who, Act::ReadPeople, &*query).await?;
    let mut rows = read.book.people.grant_requests();
    rows.retain(|row| reaches(&read, row.grant.place));
    Ok(HttpResponse::Ok().json(Page { total: rows.len() as u64, rows, next: None }))
}

async fn enrol(app: web::Data<App>, who: Who, asked: Ask<Enrol>) -> Result<HttpResponse, Problem> {
    let Enrol { service_number, name, rank, unit } = asked.fields;
    Ok(done(&app.enrol(&who, service_number, &name, rank, unit, asked.how).await?))
}

impl App {
    /// Enters a person: the name is sealed under his own key before anything is written.
    ///
    /// # Errors
    /// [`ActError`].
    pub async fn enrol(
        &self,
        who: &Who,
        number: ServiceNumber,
        name: &str,
        rank: Option<String>,
        unit: Option<String>,
        how: desk::How,
    ) -> Result<Done, ActError> {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > 120 {
            return Err(ActError::Invalid("A name has 1 to 120 characters.".to_owned()));
        }
        desk::may_enrol(self, who)?;
        if self.views().people.row(&number, self.now()).is_some_and(|row| row.enrolled) {
            return Err(ActError::Refused(armoury::refusal::Refusal::AlreadyInBook { what: "person" }));
        }
        // A sealed text is never the same twice, so the idempotency key is not used to compare bodies here.
        let how = desk::How { idempotency_key: None, ..how };
        let name = self.keys().seal(&format!("person:{number}"), name).map_err(ActError::failed)?;
        self.act(who, Command::Person(number, PersonCommand::Enrol(ask::Enrol { name, rank, unit })), how).await
    }
}

async fn request(
    app: web::Data<App>,
    who: Who,
    number: web::Path<ServiceNumber>,
    asked: Ask<ask::RequestGrant>,
) -> Result<HttpResponse, Problem> {
    let command = Command::Person(number.into_inner(), PersonCommand::RequestGrant(asked.fields));
    Ok(done(&app.act(&who, command, asked.how).await?))
}

async fn approve(
    app: web::Data<App>,
    who: Who,
    number: web::Path<ServiceNumber>,
    asked: Ask<ask::ApproveGrant>,
) -> Result<HttpResponse, Problem> {
    let command = Command::Person(number.into_inner(), PersonCommand::ApproveGrant(asked.fields));
    Ok(done(&app.act(&who, command, asked.how).await?))
}

async fn revoke(
    app: web::Data<App>,
    who: Who,
    number: web::Path<ServiceNumber>,
    asked: Ask<ask::RevokeGrant>,
) -> Result<HttpResponse, Problem> {
    let command = Command::Person(number.into_inner(), PersonCommand::RevokeGrant(asked.fields));
    Ok(done(&app.act(&who, command, asked.how).await?))
}
