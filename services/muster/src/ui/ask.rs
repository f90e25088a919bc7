//! Who asks for a page, in which language, and which book: now, as we knew it, as it was.
//!
//! Every handler takes an [`Ask`]. It gives the frame, the views asked for and the reach of a
//! right; what lies outside the reach is "not found", the same as what does not exist.

use std::collections::BTreeMap;
use std::future::{Ready, ready};
use std::ops::Deref;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use armoury::ids::PlaceId;
use armoury::rights::{Act, Reach, may, reach};
use armoury::view::{AlertLine, PlaceRow, Scope, Viewer, Views};
use tag_data::moment::Moment;

use super::bits::{Choice, address, stamp};
use super::fault::Fault;
use super::frame::{Frame, Nav, Notice, SignedIn, Travel, Trust};
use super::words::{COOKIE, Words};
use crate::app::App;
use crate::as_of::{AsOf, Known};
use crate::auth::{Who, csrf_token};
use crate::desk::blind;
use crate::held::Now;

/// The most characters of one word of an address.
const WORD_MAX: usize = 256;

/// What every page answers.
pub type Page = Result<HttpResponse, Fault>;

/// A request for a page by somebody signed in.
#[derive(Debug)]
pub struct Ask {
    /// The program.
    pub app: web::Data<App>,
    /// Who asks.
    pub who: Who,
    /// The catalogue.
    pub words: Words,
    /// The words of the address.
    pub query: BTreeMap<String, String>,
    /// The path.
    pub path: String,
    /// From where.
    pub from: String,
    /// The server's clock, read once.
    pub now: Moment,
    /// Whether a program asks, which wants JSON.
    pub json: bool,
    /// The places that he counts blind now.
    pub blind: Vec<PlaceId>,
    /// Whether the address names a place apart from those.
    apart: bool,
}

/// The book asked for.
#[derive(Debug)]
pub enum Book<'a> {
    /// As it is now.
    Now(Now<'a>),
    /// As it was.
    Past(Arc<Views>),
}

impl Deref for Book<'_> {
    type Target = Views;

    fn deref(&self) -> &Views {
        match self {
            Self::Now(views) => views,
            Self::Past(views) => views,
        }
    }
}

impl FromRequest for Ask {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, actix_web::Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let who = match Who::from_request(request, payload).into_inner() {
            Ok(who) => who,
            Err(unknown) => return ready(Err(unknown.into())),
        };
        let app = request.app_data::<web::Data<App>>().expect("the server gives every request the app").clone();
        let json = request.headers().get(header::ACCEPT).is_some_and(|accept| accept.as_bytes() == b"application/json");
        let from = crate::auth::sign_in::address(request);
        let now = app.now();
        let query = query(request);
        let (blind, apart) = {
            let views = app.views();
            let blind = blind::counted_by(&views, &who.service_number);
            let place = query.get("place").and_then(|place| place.parse().ok());
            let apart = place.is_some_and(|place| !blind::touches(&views, place, &blind));
            (blind, apart)
        };
        ready(Ok(Self { app, who, words: words(request), query, blind, apart, path: request.path().to_owned(), from, now, json }))
    }
}

/// The words of the address, each cut to a bound.
#[must_use]
pub fn query(request: &HttpRequest) -> BTreeMap<String, String> {
    pairs(request.query_string())
}

/// The same from the text behind the question mark.
#[must_use]
pub fn pairs(text: &str) -> BTreeMap<String, String> {
    let pairs = web::Query::<Vec<(String, String)>>::from_query(text);
    let cut = |text: String| text.trim().chars().take(WORD_MAX).collect::<String>();
    let pairs = pairs.map(web::Query::into_inner).unwrap_or_default();
    pairs.into_iter().take(40).map(|(name, value)| (cut(name), cut(value))).filter(|(_, value)| !value.is_empty()).collect()
}

/// The language of a request.
#[must_use]
pub fn words(request: &HttpRequest) -> Words {
    let asked = query(request).get("lang").cloned();
    let remembered = remembered(request);
    let preferred = request.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    Words::choose(asked.as_deref(), remembered.as_deref(), preferred)
}

/// The language that the browser was told to remember.
fn remembered(request: &HttpRequest) -> Option<String> {
    let cookies =
        request.headers().get_all(header::COOKIE).filter_map(|value| value.to_str().ok()).flat_map(|all| all.split(';'));
    let mut pairs = cookies.filter_map(|one| one.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).map(|(_, code)| code.to_owned())
}

/// How the book stands, for the foot.
#[must_use]
pub fn trust(app: &App) -> Trust {
    let head = app.log().head();
    Trust { size: head.size, head: hex::encode(head.root), witness: None, read_only: app.read_only() }
}

/// The frame of a page for somebody who is not signed in.
#[must_use]
pub fn stranger(app: &App, request: &HttpRequest) -> Frame {
    Frame {
        words: words(request),
        here: request.path().to_owned(),
        trust: trust(app),
        training: app.config().training,
        now: app.now(),
        ..Frame::default()
    }
}

/// The frame of a page that stands alone, for somebody who is signed in.
#[must_use]
pub fn stranger_of(ask: &Ask) -> Frame {
    Frame {
        words: ask.words.clone(),
        here: ask.path.clone(),
        csrf: csrf_token(&ask.who).to_owned(),
        trust: trust(&ask.app),
        training: ask.app.config().training,
        now: ask.now,
        ..Frame::default()
    }
}

/// Renders a template as a page.
///
/// # Errors
/// When a template cannot be written, which no data makes happen.
pub fn show(page: &impl askama::Template, words: &Words) -> Page {
    let text = page.render().map_err(|cause| Fault::ours(&cause))?;
    let remember = format!("{COOKIE}={}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax", words.code());
    Ok(HttpResponse::Ok().insert_header((header::SET_COOKIE, remember)).content_type("text/html; charset=utf-8").body(text))
}

impl Ask {
    /// A word of the address; empty if absent.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.query.get(name).map_or("", String::as_str)
    }

    /// The place that the address names.
    #[must_use]
    pub fn place(&self) -> Option<PlaceId> {
        self.get("place").parse().ok()
    }

    /// Which book the address asks for.
    ///
    /// # Errors
    /// A time that is none.
    pub fn as_of(&self) -> Result<AsOf, Fault> {
        let wrong = || Fault::sentence(&self.words, 400, "time_not_understood", "fault-time");
        let known = Some(self.get("known_at")).filter(|text| !text.is_empty()).map(full_time);
        let true_at = Some(self.get("true_at")).filter(|text| !text.is_empty()).map(full_time);
        Ok(AsOf {
            known_at: known.map(|text| text.parse::<Known>()).transpose().map_err(|_| wrong())?,
            true_at: true_at.map(|text| text.parse::<Moment>()).transpose().map_err(|_| wrong())?,
        })
    }

    /// The book asked for. Never held across another wait.
    ///
    /// # Errors
    /// When the time is none or the log cannot be read.
    pub async fn book(&self) -> Result<Book<'_>, Fault> {
        let as_of = self.as_of()?;
        if as_of.is_now() {
            return Ok(Book::Now(self.app.views()));
        }
        self.app.views_as_of(as_of).await.map(Book::Past).map_err(|cause| Fault::ours(&cause))
    }

    /// The moment to which ages are told: the time travelled to, else now.
    #[must_use]
    pub fn moment(&self, views: &Views) -> Moment {
        match self.as_of() {
            Ok(as_of) if !as_of.is_now() => as_of.true_at.unwrap_or(views.recorded_at),
            _ => self.now,
        }
    }

    /// How far a right reaches.
    ///
    /// # Errors
    /// Not found, if it reaches nowhere: nobody learns what he may not see; and no lists for one who counts blind.
    pub fn scope(&self, act: Act) -> Result<Scope, Fault> {
        let elsewhere = self.apart && act != Act::ReadLog; // The log knows no places.
        if !self.blind.is_empty() && !elsewhere && blind::LISTS.contains(&act) {
            return Err(Fault::counts_blind(&self.words));
        }
        match reach(&self.who.grants, act, self.now) {
            Reach::Everywhere => Ok(Scope::Everywhere),
            Reach::Below(places) if places.is_empty() => Err(Fault::not_allowed(&self.words)),
            Reach::Below(places) => Ok(Scope::Places(places.into_iter().collect())),
        }
    }

    /// Whether he is not counting this place blind.
    ///
    /// # Errors
    /// 403 `blind_count`.
    pub fn open_to(&self, views: &Views, place: Option<PlaceId>) -> Result<(), Fault> {
        let blind = place.is_some_and(|place| blind::touches(views, place, &self.blind));
        if blind { Err(Fault::counts_blind(&self.words)) } else { Ok(()) }
    }

    /// The same, narrowed to the place that the address names.
    ///
    /// # Errors
    /// Not found, if the right does not reach there.
    pub fn scope_here(&self, act: Act, views: &Views) -> Result<Scope, Fault> {
        let scope = self.scope(act)?;
        match self.place() {
            None => Ok(scope),
            Some(place) if views.places.in_scope(&scope, place) => Ok(Scope::place(place)),
            Some(_) => Err(Fault::not_found(&self.words)),
        }
    }

    /// Whether a right reaches a place.
    #[must_use]
    pub fn may(&self, act: Act, views: &Views, place: Option<PlaceId>) -> bool {
        let chain = place.map(|place| views.places.chain(place)).unwrap_or_default();
        may(&self.who.grants, act, &chain, self.now).is_some()
    }

    /// The alert lines that this person is shown, newest first.
    #[must_use]
    pub fn alerts(&self, views: &Views) -> Vec<AlertLine> {
        let viewer = Viewer { service_number: &self.who.service_number, grants: &self.who.grants };
        views.alert_lines_for(&viewer, self.now)
    }

    /// The places in a scope as choices, deeper ones set in.
    #[must_use]
    pub fn places(&self, views: &Views, scope: &Scope, chosen: Option<PlaceId>) -> Vec<Choice> {
        let rows = views.places.tree(scope).into_iter().filter(|row| !row.closed);
        let choice = |row: PlaceRow| Choice {
            value: row.place.to_string(),
            word: format!("{}{}", "\u{2003}".repeat(row.depth as usize), row.name),
            chosen: chosen == Some(row.place),
        };
        rows.map(choice).collect()
    }

    /// The frame of a page made from `views`.
    #[must_use]
    pub fn frame(&self, nav: Nav, views: &Views) -> Frame {
        let roles: std::collections::BTreeSet<String> =
            self.who.grants.iter().map(|grant| self.words.word("role", grant.role.word())).collect();
        let alerts = self.alerts(views).iter().filter(|line| line.unread > 0).count();
        Frame {
            nav,
            here: self.here(&[]),
            who: Some(SignedIn {
                number: self.who.service_number.to_string(),
                roles: roles.into_iter().collect::<Vec<_>>().join(" · "),
            }),
            csrf: csrf_token(&self.who).to_owned(),
            trust: trust(&self.app),
            training: self.app.config().training,
            notice: self.notice(),
            position: views.position,
            alerts: u32::try_from(alerts).unwrap_or(u32::MAX),
            hidden: self.hidden(),
            now: self.moment(views),
            made_at: self.now,
            words: self.words.clone(),
            ..Frame::default()
        }
    }

    /// The pages of the menu that this person has no right to anywhere.
    fn hidden(&self) -> Vec<Nav> {
        let needs = [
            (Nav::Overview, Act::ReadStock),
            (Nav::Counter, Act::MoveWeapon),
            (Nav::Counts, Act::ReadCounts),
            (Nav::Stockpile, Act::ReadStock),
            (Nav::Weapons, Act::ReadStock),
            (Nav::Holds, Act::ReadStock),
            (Nav::Lost, Act::ReadLosses),
            (Nav::Destruction, Act::ReadDestruction),
            (Nav::Readers, Act::ReadReaders),
            (Nav::Places, Act::ReadPlaces),
            (Nav::Log, Act::ReadLog),
        ];
        needs.into_iter().filter(|(_, act)| self.scope(*act).is_err()).map(|(page, _)| page).collect()
    }

    /// The frame of a page that can show another time.
    #[must_use]
    pub fn travelling(&self, nav: Nav, views: &Views) -> Frame {
        let (known_at, true_at) = (self.get("known_at").to_owned(), self.get("true_at").to_owned());
        let shown =
            |text: &str| full_time(text).parse::<Moment>().map_or_else(|_| text.to_owned(), |at| format!("{} UTC", stamp(at)));
        let sentence = match (known_at.is_empty(), true_at.is_empty()) {
            (true, true) => String::new(),
            (false, true) => self.words.t1("travel-known-said", "known", shown(&known_at)),
            (true, false) => self.words.t1("travel-true-said", "true", shown(&true_at)),
            (false, false) => self.words.t2("travel-both-said", ("known", &shown(&known_at)), ("true", &shown(&true_at))),
        };
        let kept =
            self.query.iter().filter(|(name, _)| !["known_at", "true_at", "done", "lang", "after"].contains(&name.as_str()));
        let travel = Travel {
            known_at,
            true_at,
            position: views.position,
            sentence,
            back: self.here(&[("known_at", ""), ("true_at", ""), ("after", "")]),
            kept: kept.map(|(name, value)| (name.clone(), value.clone())).collect(),
        };
        Frame { travel: Some(travel), ..self.frame(nav, views) }
    }

    /// This page's address with some words changed; an empty value takes a word out.
    #[must_use]
    pub fn here(&self, changed: &[(&str, &str)]) -> String {
        let mut words: BTreeMap<&str, &str> = self.query.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        words.retain(|name, _| !["lang", "done"].contains(name));
        words.extend(changed.iter().copied());
        address(&self.path, &words.into_iter().collect::<Vec<_>>())
    }

    /// The word after an act: only what the catalogue knows is ever shown.
    fn notice(&self) -> Option<Notice> {
        let done = Some(self.get("done")).filter(|word| !word.is_empty())?;
        let text = self.words.maybe(&format!("done-{done}"))?;
        Some(Notice { tone: "ok", text })
    }

    /// Shows a page.
    ///
    /// # Errors
    /// When a template cannot be written, which no data makes happen.
    pub fn show(&self, page: &impl askama::Template) -> Page {
        show(page, &self.words)
    }
}

/// Fills up a time as people write it (`2026-11-01`, `2026-11-01 06:00`, `2026-11-01T06:00`) to RFC 3339 in UTC.
#[must_use]
pub fn full_time(text: &str) -> String {
    let text = text.trim().replacen(' ', "T", 1);
    let zoned = text.ends_with('Z') || text.get(10..).is_some_and(|rest| rest.contains('+') || rest.contains('-'));
    match text.len() {
        10 if text.as_bytes()[4] == b'-' => format!("{text}T00:00:00Z"),
        16 => format!("{text}:00Z"),
        _ if zoned || text.bytes().all(|b| b.is_ascii_digit()) => text,
        _ => format!("{text}Z"),
    }
}

/// To another page, after an act.
#[must_use]
pub fn go(to: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, to)).finish()
}

#[cfg(test)]
mod tests {
    use super::full_time;

    #[test]
    fn times_as_people_write_them() {
        let said =
            ["2026-11-01", "2026-11-01 06:00", "2026-11-01T06:00", "2026-11-01T06:00:09", "48213", "2026-11-01T06:00:00+02:00"];
        let want = [
            "2026-11-01T00:00:00Z",
            "2026-11-01T06:00:00Z",
            "2026-11-01T06:00:00Z",
            "2026-11-01T06:00:09Z",
            "48213",
            "2026-11-01T06:00:00+02:00",
        ];
        assert_eq!(said.map(full_time), want);
    }
}
