//! The first start: a one-time link, two people and the first place; then the head for paper.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, web};
use askama::Template;

use super::qr;
use crate::api::setup::from_here;
use crate::app::App;
use crate::setup::{Founder, Request};
use crate::ui::ask::{self, Page, query, show};
use crate::ui::fault::Fault;
use crate::ui::frame::Frame;

type Given = BTreeMap<String, String>;

#[derive(Template)]
#[template(path = "set_up.html")]
struct SetUpPage {
    f: Frame,
    wrong: Option<String>,
    link: String,
    sent: Given,
}

impl SetUpPage {
    fn sent(&self, name: &str, rest: &str) -> String {
        self.sent.get(&format!("{name}{rest}")).cloned().unwrap_or_default()
    }
}

#[derive(Template)]
#[template(path = "founded.html")]
struct FoundedPage {
    f: Frame,
    place: String,
    size: u64,
    root: String,
    checkpoint: String,
    qr: String,
}

/// `GET /set-up?link=...`.
///
/// # Errors
/// Not found, without the link or from another machine.
pub async fn page(app: web::Data<App>, request: HttpRequest) -> Page {
    let f = ask::stranger(&app, &request);
    let words = query(&request);
    let link = words.get("link").or_else(|| words.get("key")).cloned().unwrap_or_default();
    if !from_here(&request) || !app.setup().is_link(&link, app.now()) {
        return Err(Fault::sentence(&f.words, 404, "not_found", "fault-setup"));
    }
    show(&SetUpPage { wrong: None, link, sent: Given::new(), f: f.clone() }, &f.words)
}

fn founder(given: &Given, which: &str) -> Result<Founder, String> {
    let get = |rest: &str| given.get(&format!("{which}{rest}")).cloned().unwrap_or_default();
    let service_number = get("_number").parse().map_err(|cause: armoury::ids::CodeError| cause.to_string())?;
    Ok(Founder { service_number, name: get("_name"), password: get("_password") })
}

fn asked(given: &Given) -> Result<Request, String> {
    let get = |name: &str| given.get(name).cloned().unwrap_or_default();
    Ok(Request { link: get("link"), place: get("place"), first: founder(given, "first")?, second: founder(given, "second")? })
}

/// `POST /set-up`.
///
/// # Errors
/// Not found, without the link.
pub async fn found(app: web::Data<App>, request: HttpRequest, form: web::Form<Given>) -> Page {
    let f = ask::stranger(&app, &request);
    let given = form.into_inner();
    let link = given.get("link").cloned().unwrap_or_default();
    let place = given.get("place").cloned().unwrap_or_default();
    let founded = match asked(&given) {
        Ok(asked) => app.found(asked, from_here(&request)).await.map_err(|error| error.to_string()),
        Err(wrong) => Err(wrong),
    };
    match founded {
        Ok(done) => {
            let f = Frame { now: app.now(), trust: ask::trust(&app), ..f };
            let qr = qr::head(done.log_size, &done.log_root);
            let (size, root, checkpoint) = (done.log_size, done.log_root, done.checkpoint);
            show(&FoundedPage { place, size, root, checkpoint, qr, f: f.clone() }, &f.words)
        }
        Err(wrong) => {
            let sent = given.into_iter().filter(|(name, _)| !name.ends_with("_password")).collect();
            show(&SetUpPage { wrong: Some(wrong), link, sent, f: f.clone() }, &f.words)
        }
    }
}
