//! `/api/v1/live`: what happens, as it happens, for those who may see it (server-sent events).
//!
//! The id of each event is its position; `Last-Event-ID` or `?after=` resumes exactly there, from
//! the log. A listener that falls behind reads on from the log; one that reads nothing at all is cut
//! off by the system (`limits.stalled_seconds`). Nobody waits for either, and nothing is kept for
//! them. Rights are looked at again every second, however much happens: who is disabled or signed
//! out hears no more.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{ContentEncoding, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use armoury::ids::PlaceId;
use armoury::rights::Act;
use armoury::view::{Scope, Views};
use tag_data::moment::Moment;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use super::problem::Problem;
use super::read::query;
use super::{Needs, Route, route};
use crate::app::App;
use crate::auth::Who;
use crate::live::{Full, Notice, Open};
use crate::{desk, projector};

/// The rows of this noun.
pub const ROUTES: &[Route] =
    &[route!(GET "/live", Needs::SignedIn, listen, "What happens, as it happens (server-sent events)", query: LiveQuery)];

query! {
    /// Where to begin.
    LiveQuery {}
}

/// A comment is sent when nothing else was for so long.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Sign-in and rights are looked at so often.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Events read from the log at once while catching up.
const PAGE: usize = 200;

/// One open feed; counted while it is open.
struct Feed {
    app: web::Data<App>,
    who: Who,
    /// The places that he counts blind; looked at with his rights.
    blind: Vec<PlaceId>,
    news: broadcast::Receiver<Arc<Notice>>,
    sent: u64,
    caught_up: bool,
    waiting: VecDeque<web::Bytes>,
    /// When sign-in and rights are looked at next.
    look: tokio::time::Instant,
    beat: tokio::time::Instant,
    _open: Open,
}

async fn listen(
    app: web::Data<App>,
    who: Who,
    request: HttpRequest,
    query: web::Query<LiveQuery>,
) -> Result<HttpResponse, Problem> {
    let limits = &app.config().limits;
    let open = app.live().open(&who.service_number, limits.live_feeds, limits.live_feeds_a_person).map_err(full)?;
    let resumed = request.headers().get("last-event-id").and_then(|value| value.to_str().ok());
    let resumed =
        resumed.map(str::parse).transpose().map_err(|_| Problem::bad_request("position", "Last-Event-ID is a position."))?;
    let news = app.live().listen();
    let applied = *app.applied_to().borrow();
    let sent = resumed.or(query.after).unwrap_or(applied).min(applied);
    let look = tokio::time::Instant::now() + LOOK_EVERY;
    let waiting = VecDeque::from([web::Bytes::from_static(b"retry: 2000\n\n")]);
    let beat = tokio::time::Instant::now() + HEARTBEAT;
    let blind = desk::blind::counted_by(&app.views(), &who.service_number);
    let feed = Feed { app, who, blind, news, sent, caught_up: sent >= applied, waiting, look, beat, _open: open };
    let stream = futures_util::stream::unfold(feed, |mut feed| async move {
        let chunk = feed.next().await?;
        Some((Ok::<_, actix_web::Error>(chunk), feed))
    });
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header(ContentEncoding::Identity) // Compression would hold events back.
        .insert_header(("x-accel-buffering", HeaderValue::from_static("no")))
        .streaming(stream))
}

fn full(why: Full) -> Problem {
    let (status, said) = match why {
        Full::All => (StatusCode::SERVICE_UNAVAILABLE, "Too many live feeds are open."),
        Full::Person => (StatusCode::TOO_MANY_REQUESTS, "You have too many live feeds open; close one."),
    };
    Problem::new(status, "too_many_feeds", said).with("retry_after", 5)
}

impl Feed {
    /// The next bytes, or the end of the feed.
    async fn next(&mut self) -> Option<web::Bytes> {
        loop {
            if tokio::time::Instant::now() >= self.look {
                self.still_here()?;
            }
            if let Some(chunk) = self.waiting.pop_front() {
                self.beat = tokio::time::Instant::now() + HEARTBEAT;
                return Some(chunk);
            }
            if !self.caught_up {
                self.catch_up()?;
                tokio::task::yield_now().await; // A long past does not hold up the others on this thread.
                continue;
            }
            tokio::select! {
                heard = self.news.recv() => match heard {
                    Ok(notice) => self.tell(&notice),
                    Err(RecvError::Lagged(_)) => self.caught_up = false,
                    Err(RecvError::Closed) => return None,
                },
                () = tokio::time::sleep_until(self.look) => {}
            }
        }
    }

    /// Reads on from the log until the present is reached.
    fn catch_up(&mut self) -> Option<()> {
        let applied = *self.app.applied_to().borrow();
        if self.sent >= applied {
            self.caught_up = true;
            return Some(());
        }
        let page = self.app.log().read(self.sent + 1, PAGE).ok()?;
        let last = page.last()?.position;
        for recorded in page.iter().filter(|recorded| recorded.position <= applied) {
            if let Ok(fact) = projector::fact(recorded) {
                self.tell(&projector::notice_again(&self.app, &fact).ok()?);
            }
        }
        self.sent = self.sent.max(last.min(applied));
        Some(())
    }

    fn tell(&mut self, notice: &Notice) {
        if notice.position <= self.sent {
            return;
        }
        self.sent = notice.position;
        if may_hear(&self.app.views(), &self.who, &self.blind, notice, self.app.now()) {
            self.waiting.push_back(notice.wire.get_or_init(|| web::Bytes::from(text(notice))).clone());
        }
    }

    /// Once a second: is he still signed in; every fifteen, a sign of life.
    fn still_here(&mut self) -> Option<()> {
        self.look = tokio::time::Instant::now() + LOOK_EVERY;
        let rules = &self.app.config().sign_in;
        let (accounts, now) = (self.app.accounts(), self.app.now());
        if !accounts.still_signed_in(&self.who.service_number, &self.who.sign_in, rules, now).unwrap_or(false) {
            return None;
        }
        self.who.grants = self.app.grants(&self.who.service_number);
        self.blind = desk::blind::counted_by(&self.app.views(), &self.who.service_number);
        if tokio::time::Instant::now() >= self.beat {
            self.waiting.push_back(web::Bytes::from_static(b": here\n\n"));
        }
        Some(())
    }
}

/// Whether a person may hear of an event: by its kind's right in its places, an alert by audience.
fn may_hear(views: &Views, who: &Who, blind: &[PlaceId], notice: &Notice, now: Moment) -> bool {
    if notice.audience.is_some() {
        let row = notice.stream.strip_prefix("alert-").and_then(|key| views.alerts.get(key));
        return row.is_some_and(|row| desk::sees_alert(views, &who.service_number, &who.grants, row, now));
    }
    let act = match notice.stream.split('-').next().unwrap_or("") {
        "weapon" => Act::ReadStock,
        "place" => Act::ReadPlaces,
        "person" => Act::ReadPeople,
        "count" => Act::ReadCounts,
        "case" => Act::ReadLosses,
        "batch" => Act::ReadDestruction,
        "gateway" | "enrolment" | "intake" => Act::ReadReaders,
        _ => Act::ReadLog,
    };
    // Who counts blind hears neither what the book says of that place nor what its readers hear.
    let veiled = !blind.is_empty() && (desk::blind::LISTS.contains(&act) || act == Act::ReadReaders);
    if veiled && (notice.places.is_empty() || notice.places.iter().any(|place| desk::blind::touches(views, *place, blind))) {
        return false;
    }
    let Some(scope) = desk::scope(&who.grants, act, now) else { return false };
    match (&scope, notice.places.is_empty()) {
        (Scope::Everywhere, _) => true,
        (Scope::Places(_), true) => false,
        (Scope::Places(_), false) => desk::within_scope(views, &scope, &notice.places),
    }
}

fn text(notice: &Notice) -> String {
    let mut data = serde_json::json!({
        "position": notice.position,
        "type": notice.kind,
        "stream": notice.stream,
        "recorded_at": notice.recorded_at,
        "occurred_at": notice.occurred_at,
        "places": notice.places,
    });
    if let Some(seen) = notice.seen.as_deref().and_then(|seen| serde_json::from_str::<serde_json::Value>(seen).ok()) {
        data["seen"] = seen;
    }
    format!("id: {}\ndata: {data}\n\n", notice.position)
}
