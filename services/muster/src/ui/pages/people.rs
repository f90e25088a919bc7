//! People by service number: who may do what where, what was asked for, what waits for a second.
//!
//! Names are opened only for those who may read people. A token's secret is shown once, here.

use armoury::codes::Role;
use armoury::ids::ServiceNumber;
use armoury::rights::Act;
use armoury::view::{GrantRequestRow, PersonRow, Views};
use askama::Template;

use crate::auth::Checked;
use crate::ui::acts::{self, Fields, field};
use crate::ui::ask::{Ask, Page};
use crate::ui::bits::{Choice, choices};
use crate::ui::fault::Fault;
use crate::ui::frame::{Frame, Nav, Notice};

/// A right in force, in words.
#[derive(Clone, Debug)]
pub struct Right {
    /// The role.
    pub role: String,
    /// Where.
    pub place: String,
    /// Until when; empty = until revoked.
    pub until: String,
    /// The event that a revocation names.
    pub request: String,
}

/// One person as shown.
#[derive(Clone, Debug)]
pub struct Person {
    /// The row.
    pub row: PersonRow,
    /// The name.
    pub name: String,
    /// His rights.
    pub rights: Vec<Right>,
}

/// A request that waits.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The row.
    pub row: GrantRequestRow,
    /// The right.
    pub right: Right,
}

#[derive(Template)]
#[template(path = "people.html")]
struct PeoplePage {
    f: Frame,
    people: Vec<Person>,
    asked: Vec<Asked>,
    roles: Vec<Choice>,
    places: Vec<Choice>,
    may_enrol: bool,
    may_ask: bool,
    may_approve: bool,
    me: String,
    tokens: Vec<crate::accounts::tokens::TokenRow>,
    once: Option<String>,
}

impl PeoplePage {
    fn mine(&self, asked_by: &Option<ServiceNumber>) -> bool {
        asked_by.as_ref().is_some_and(|number| number.as_str() == self.me)
    }
}

fn right(f: &Frame, views: &Views, grant: &armoury::event::person::Grant, request: impl ToString) -> Right {
    Right {
        role: f.word("role", grant.role.word()),
        place: grant.place.map_or_else(|| f.t("everywhere"), |place| views.places.path(place)),
        until: grant.until.map(|at| f.stamp(&at)).unwrap_or_default(),
        request: request.to_string(),
    }
}

fn build(ask: &Ask, once: Option<String>) -> Result<PeoplePage, Fault> {
    let reads = ask.scope(Act::ReadPeople).is_ok();
    let tokens = ask.app.accounts().tokens(&ask.who.service_number).map_err(|cause| Fault::ours(&cause))?;
    let views = ask.app.views();
    let f = ask.frame(Nav::People, &views);
    let mine = |row: &PersonRow| row.service_number == ask.who.service_number;
    let reach = ask.scope(Act::ReadPeople).ok();
    // Rights at places out of his reach do not exist for him.
    let reaches = |place: Option<armoury::ids::PlaceId>| {
        place.is_none_or(|place| reach.as_ref().is_some_and(|reach| views.places.in_scope(reach, place)))
    };
    let person = |row: PersonRow| Person {
        name: row.name.as_ref().and_then(|sealed| ask.app.open_sealed(sealed)).unwrap_or_default(),
        rights: row
            .grants
            .iter()
            .filter(|held| mine(&row) || reaches(held.grant.place))
            .map(|held| right(&f, &views, &held.grant, held.request))
            .collect(),
        row,
    };
    let roles: Vec<&'static str> = Role::ALL.iter().filter(|role| **role != Role::Gateway).map(|role| role.word()).collect();
    let asked = if reads { views.people.grant_requests() } else { Vec::new() };
    let scope = ask.scope(Act::ReadPlaces).ok();
    Ok(PeoplePage {
        people: views.people.rows(ask.now).into_iter().filter(|row| reads || mine(row)).map(person).collect(),
        asked: asked
            .into_iter()
            .filter(|row| reaches(row.grant.place))
            .map(|row| Asked { right: right(&f, &views, &row.grant, row.request), row })
            .collect(),
        roles: choices(&ask.words, "role", &roles, None),
        places: scope.map(|scope| ask.places(&views, &scope, None)).unwrap_or_default(),
        may_enrol: crate::desk::may_enrol_in(&views, &ask.who, ask.now).is_ok(),
        may_ask: ask.scope(Act::RequestGrant).is_ok(),
        may_approve: ask.scope(Act::ApproveGrant).is_ok(),
        me: ask.who.service_number.to_string(),
        tokens,
        once,
        f: f.clone(),
    })
}

/// `GET /people`: everybody, for those who may read people; else oneself.
///
/// # Errors
/// When the accounts do not answer.
pub async fn page(ask: Ask) -> Page {
    let page = build(&ask, None)?;
    ask.show(&page)
}

/// `POST /people`: enters a person, and gives him an account if a password is given.
///
/// # Errors
/// What the desk refuses.
pub async fn enrol(ask: Ask, form: Checked<Fields>) -> Page {
    let fields = form.0;
    let given = |name: &str| Some(field(&fields, name)).filter(|text| !text.is_empty()).map(str::to_owned);
    let wrong = |_| Fault::sentence(&ask.words, 400, "number_not_understood", "fault-number");
    let number: ServiceNumber = field(&fields, "number").parse().map_err(wrong)?;
    let how = acts::how(&ask, &fields)?;
    let refused = |error| Fault::act(error);
    let name = field(&fields, "name");
    ask.app.enrol(&ask.who, number.clone(), name, given("rank"), given("unit"), how).await.map_err(refused)?;
    if let Some(password) = given("password") {
        // Whoever was not in the book a moment ago has no account that this could take over.
        ask.app.give_account(&number, &password, true).await.map_err(refused)?;
    }
    Ok(acts::back(&vec![("back".to_owned(), "/people".to_owned())], "", "person-enrol"))
}

/// `POST /people/grant`: asks for a right for somebody; another person approves it.
///
/// # Errors
/// What the desk refuses.
pub async fn grant(ask: Ask, form: Checked<Fields>) -> Page {
    let (about, mut fields): (Fields, Fields) = form.0.into_iter().partition(|(name, _)| name == "number");
    let from = ask.now.to_string();
    for (name, value) in [("act", "request_grant"), ("back", "/people#requests"), ("grant.from", &from)] {
        fields.push((name.to_owned(), value.to_owned()));
    }
    let number = field(&about, "number").to_owned();
    acts::act(ask, actix_web::web::Path::from(("person".to_owned(), number)), Checked(fields)).await
}

/// `POST /people/token`: a token for a program of one's own; its secret is shown on this answer only.
///
/// # Errors
/// When the accounts do not answer.
pub async fn token(ask: Ask, form: Checked<Fields>) -> Page {
    let fields = form.0;
    let failed = |cause| Fault::ours(&cause);
    let (accounts, me) = (ask.app.accounts(), &ask.who.service_number);
    let once = if field(&fields, "step") == "drop" {
        let _alone = ask.app.change_rights().await;
        accounts.drop_token(me, field(&fields, "id")).map_err(failed)?;
        None
    } else {
        let label: String = field(&fields, "label").trim().chars().take(80).collect();
        if label.is_empty() || ask.who.by == crate::auth::By::Token {
            return Err(Fault::sentence(&ask.words, 400, "empty", "fault-token"));
        }
        Some(accounts.make_token(me, &label, Some(ask.now.plus_seconds(365 * 86_400)), ask.now).map_err(failed)?.0)
    };
    let mut page = build(&ask, once)?;
    page.f.here = "/people".to_owned();
    if page.once.is_none() {
        page.f.notice = Some(Notice { tone: "ok", text: ask.words.t("token-dropped") });
    }
    ask.show(&page)
}
