//! What browsers and programs send: JSON bodies of every act, query strings of every read, forms, the small
//! words of addresses. Read as the routes read them, with nothing behind them.

use std::sync::LazyLock;

use muster::api::{self, Route};
use muster::as_of::Known;
use muster::auth::form;
use muster::ui::ask;

use super::{choose, text};

static WITH_BODY: LazyLock<Vec<&'static Route>> =
    LazyLock::new(|| api::routes().filter(|route| route.shape.reads_body.is_some()).collect());
static WITH_QUERY: LazyLock<Vec<&'static Route>> =
    LazyLock::new(|| api::routes().filter(|route| route.shape.reads_query.is_some()).collect());

/// Where the route with this path stands among those with a body, for seeds.
pub fn body_index(path: &str) -> Option<u8> {
    let at = WITH_BODY.iter().position(|route| route.path == path && route.method == "POST")?;
    u8::try_from(at).ok()
}

/// How many routes take a body, and how many a query.
pub fn routes() -> (usize, usize) {
    (WITH_BODY.len(), WITH_QUERY.len())
}

pub fn body(data: &[u8]) {
    let Some((chosen, rest)) = choose(&WITH_BODY, data) else { return };
    let Some(reads) = WITH_BODY[chosen].shape.reads_body else { return };
    if reads(&rest) {
        let padded = [b" \n", &rest[..], b"\n "].concat();
        assert!(rest.is_empty() || reads(&padded), "blanks around a body change nothing");
    }
}

pub fn query(data: &[u8]) {
    let Some((chosen, rest)) = choose(&WITH_QUERY, data) else { return };
    let Some(reads) = WITH_QUERY[chosen].shape.reads_query else { return };
    if let Some(text) = text(&rest) {
        let _ = reads(text);
    }
}

pub fn form(data: &[u8]) {
    if let Ok((token, fields)) = form::split(data) {
        assert!(fields.len() <= data.len());
        assert!(!fields.split('&').any(|field| field.starts_with("csrf=")), "the token never stands among the fields");
        assert!(token.is_none_or(|token| token.len() <= data.len()));
    }
}

pub fn words(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let pairs = ask::pairs(text);
    assert!(pairs.len() <= 40);
    assert!(pairs.iter().all(|(name, value)| name.chars().count() <= 256 && value.chars().count() <= 256));
    let full = ask::full_time(text);
    assert!(full.len() <= text.len() + 10);
    if let Ok(known) = full.parse::<Known>() {
        let shown = String::from(known);
        assert_eq!(shown.parse::<Known>().ok(), Some(known), "{text:?} is shown as {shown:?}");
    }
}
