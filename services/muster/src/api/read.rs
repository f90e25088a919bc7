//! Reading: which book (`known_at`, `true_at`, `after`), which places (the asker's scope), which page.
//!
//! Every read goes through [`book`]: it waits for `after`, finds the past book if one is asked for
//! and cuts the scope by the asker's rights. A place asked for outside the scope is "not found".

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use armoury::ids::PlaceId;
use armoury::rights::Act;
use armoury::view::{Scope, Views};
use tag_data::moment::Moment;

use super::problem::Problem;
use crate::app::App;
use crate::as_of::{AsOf, Known};
use crate::auth::Who;
use crate::desk::{self, blind};
use crate::held::Now;

/// The most rows of a page; more is cut to this.
pub const PAGE_MAX: usize = 500;
/// Rows of a page when nothing is said.
pub const PAGE_USUAL: usize = 100;

/// What every read's query has.
pub trait ReadQuery {
    /// Which book.
    fn as_of(&self) -> AsOf;
    /// A position that must have been seen.
    fn after(&self) -> Option<u64>;
}

/// Declares a read's query: its own fields and those that every read has.
macro_rules! query {
    ($(#[$doc:meta])* $name:ident { $($(#[$fdoc:meta])* $field:ident: $kind:ty),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, serde::Deserialize, schemars::JsonSchema)]
        #[serde(deny_unknown_fields, default)]
        pub struct $name {
            $($(#[$fdoc])* pub $field: Option<$kind>,)*
            /// As we knew it: a position in the log, or a time that stands for the last position by then.
            #[schemars(with = "Option<String>")]
            pub known_at: Option<$crate::as_of::Known>,
            /// As it was: only what had happened by this time.
            pub true_at: Option<tag_data::moment::Moment>,
            /// Answer only when this position has been taken in.
            pub after: Option<u64>,
        }

        impl $crate::api::read::ReadQuery for $name {
            fn as_of(&self) -> $crate::as_of::AsOf {
                $crate::as_of::AsOf { known_at: self.known_at, true_at: self.true_at }
            }
            fn after(&self) -> Option<u64> {
                self.after
            }
        }
    };
}
pub(crate) use query;

query! {
    /// A read without fields of its own.
    Plain {}
}

/// The views of one book, present or past.
pub enum Book<'a> {
    /// Now.
    Now(Now<'a>),
    /// A past one.
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

/// One read: the book, what of it may be seen, and the moment it shows.
pub struct Reading<'a> {
    /// The views.
    pub book: Book<'a>,
    /// The places whose rows may be shown.
    pub scope: Scope,
    /// The moment the book shows: now, or the past moment asked for.
    pub at: Moment,
    /// The places that the asker counts blind now: closed to him, today and in every past book.
    blind: Vec<PlaceId>,
    act: Act,
}

/// Opens the book that is asked for, as far as this person may read it.
///
/// # Errors
/// A [`Problem`]: no right to this anywhere, or the log cannot be read.
pub async fn open<'a>(app: &'a App, who: &Who, act: Act, query: &impl ReadQuery) -> Result<Reading<'a>, Problem> {
    // Rights are today's: who lost them yesterday does not read yesterday's book either.
    let scope = desk::scope(&who.grants, act, app.now()).ok_or_else(not_allowed)?;
    let (book, at) = book(app, query).await?;
    let blind = match &book {
        Book::Now(views) => blind::counted_by(views, &who.service_number),
        Book::Past(_) => blind::counted_by(&app.views(), &who.service_number),
    };
    Ok(Reading { book, scope, at, blind, act })
}

/// The book that is asked for and the moment it shows, without a look at rights.
///
/// # Errors
/// When the log cannot be read, or `after` has not been written.
pub async fn book<'a>(app: &'a App, query: &impl ReadQuery) -> Result<(Book<'a>, Moment), Problem> {
    let as_of = query.as_of();
    if let Some(after) = query.after() {
        seen(app, after).await?;
    }
    if as_of.is_now() {
        return Ok((Book::Now(app.views()), app.now()));
    }
    let past = app.views_as_of(as_of).await.map_err(|cause| Problem::ours(&cause))?;
    let at = match (as_of.true_at, as_of.known_at) {
        (Some(at), _) | (None, Some(Known::Time(at))) => at,
        (None, Some(Known::Position(_)) | None) => past.recorded_at,
    };
    Ok((Book::Past(past), at))
}

impl Reading<'_> {
    /// The scope narrowed to a place asked for; outside it, "not found".
    ///
    /// # Errors
    /// 404.
    pub fn narrowed(&self, place: Option<PlaceId>) -> Result<Scope, Problem> {
        let lists = blind::LISTS.contains(&self.act);
        match place {
            None if lists && !self.blind.is_empty() => Err(counts_blind()),
            None => Ok(self.scope.clone()),
            Some(place) if self.sees(place) && lists => self.open_to(place).map(|()| Scope::place(place)),
            Some(place) if self.sees(place) => Ok(Scope::place(place)),
            Some(_) => Err(Problem::not_found()),
        }
    }

    /// Whether the asker is not counting this place blind.
    ///
    /// # Errors
    /// 403 `blind_count`.
    pub fn open_to(&self, place: PlaceId) -> Result<(), Problem> {
        if blind::touches(&self.book, place, &self.blind) { Err(counts_blind()) } else { Ok(()) }
    }

    /// Whether a place is known and in the scope.
    #[must_use]
    pub fn sees(&self, place: PlaceId) -> bool {
        self.book.places.find(place).is_some() && self.book.places.in_scope(&self.scope, place)
    }
}

/// Waits until a position has been taken in.
async fn seen(app: &App, position: u64) -> Result<(), Problem> {
    if position > app.log().head().size {
        return Err(Problem::bad_request("after_the_end", "The log has no such position yet."));
    }
    let applied = app.applied(position);
    let in_time = tokio::time::timeout(Duration::from_secs(5), applied).await;
    in_time.map_err(|_| {
        Problem::new(actix_web::http::StatusCode::SERVICE_UNAVAILABLE, "behind", "The views are behind; ask again shortly.")
    })
}

/// 403 for lists of a place that the asker counts blind.
#[must_use]
pub fn counts_blind() -> Problem {
    Problem::new(actix_web::http::StatusCode::FORBIDDEN, "blind_count", blind::SENTENCE)
}

fn not_allowed() -> Problem {
    Problem::new(actix_web::http::StatusCode::FORBIDDEN, "not_allowed", "Your rights do not include reading this.")
}

/// The size of a page that is asked for.
#[must_use]
pub fn page_size(limit: Option<usize>) -> usize {
    limit.unwrap_or(PAGE_USUAL).clamp(1, PAGE_MAX)
}

/// Cuts a list that is in order into a page: the cursor is the key of the last row shown.
///
/// # Errors
/// 409 when that row has gone meanwhile: begin again rather than skip or repeat unnoticed.
pub fn paged<T>(
    rows: Vec<T>,
    key: impl Fn(&T) -> String,
    cursor: Option<&str>,
    limit: Option<usize>,
) -> Result<armoury::view::Page<T>, Problem> {
    let gone = || Problem::new(actix_web::http::StatusCode::CONFLICT, "cursor_gone", "The list has changed; begin it again.");
    let total = rows.len() as u64;
    let start = match cursor {
        None => 0,
        Some(cursor) => 1 + rows.iter().position(|row| key(row) == cursor).ok_or_else(gone)?,
    };
    let size = page_size(limit);
    let more = rows.len().saturating_sub(start) > size;
    let rows: Vec<T> = rows.into_iter().skip(start).take(size).collect();
    let next = rows.last().filter(|_| more).map(key);
    Ok(armoury::view::Page { rows, total, next })
}
