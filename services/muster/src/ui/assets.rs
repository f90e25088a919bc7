//! What pages load: one stylesheet, one script, one mark, all of our own and inside the program.
//!
//! Addresses carry a hash of the bytes, so that a browser may keep them for ever and never shows
//! an old style on a new page. Nothing is ever fetched from elsewhere.

use std::sync::LazyLock;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{HttpResponse, web};
use sha2::{Digest as _, Sha256};

/// The stylesheet, from the ground up.
pub const CSS: &str = concat!(
    include_str!("../../assets/css/1-ground.css"),
    include_str!("../../assets/css/2-frame.css"),
    include_str!("../../assets/css/3-parts.css"),
    include_str!("../../assets/css/4-pages.css"),
    include_str!("../../assets/css/5-paper.css"),
);

/// The script.
pub const JS: &str = include_str!("../../assets/muster.js");

const MARK: &str = include_str!("../../assets/mark.svg");

static HASH: LazyLock<String> = LazyLock::new(|| {
    let mut hash = Sha256::new();
    for part in [CSS, JS, MARK] {
        hash.update(part.as_bytes());
    }
    hex::encode(hash.finalize()).get(..12).unwrap_or_default().to_owned()
});

/// The address of one of the files, with the hash behind it.
#[must_use]
pub fn stamped(name: &str) -> String {
    format!("/assets/{name}?v={}", *HASH)
}

async fn file(name: web::Path<String>) -> HttpResponse {
    let (kind, bytes) = match name.as_str() {
        "muster.css" => ("text/css; charset=utf-8", CSS),
        "muster.js" => ("text/javascript; charset=utf-8", JS),
        "mark.svg" => ("image/svg+xml", MARK),
        _ => return HttpResponse::NotFound().finish(),
    };
    let keep = (CACHE_CONTROL, "public, max-age=31536000, immutable");
    HttpResponse::Ok().insert_header((CONTENT_TYPE, kind)).insert_header(keep).body(bytes)
}

/// Adds the files to the web service.
pub fn configure(service: &mut web::ServiceConfig) {
    service.route("/assets/{name}", web::get().to(file));
}
