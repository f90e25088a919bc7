//! A weapon is entered in the book: its marks exactly as stamped, whose it is, how it came.

use actix_web::web;
use armoury::codes::{Component, MarkMethod, Origin};
use armoury::rights::Act;
use askama::Template;

use super::stockpile::class_choices;
use crate::auth::Checked;
use crate::ui::acts::{self, Fields};
use crate::ui::ask::{Ask, Page};
use crate::ui::bits::{Choice, choices};
use crate::ui::frame::{Frame, Nav};

#[derive(Template)]
#[template(path = "register.html")]
struct RegisterPage {
    f: Frame,
    classes: Vec<Choice>,
    components: Vec<Choice>,
    methods: Vec<Choice>,
    origins: Vec<Choice>,
    places: Vec<Choice>,
}

/// `GET /weapons/new`.
///
/// # Errors
/// Without the right.
pub async fn page(ask: Ask) -> Page {
    let reach = ask.scope(Act::RegisterWeapon)?;
    let views = ask.app.views();
    let words = &ask.words;
    let page = RegisterPage {
        f: ask.frame(Nav::Weapons, &views),
        classes: class_choices(&ask, "SA4"),
        components: choices(words, "component", &Component::ALL.iter().map(|one| one.word()).collect::<Vec<_>>(), None),
        methods: choices(words, "method", &MarkMethod::ALL.iter().map(|one| one.word()).collect::<Vec<_>>(), None),
        origins: choices(words, "origin", &Origin::ALL.iter().map(|one| one.word()).collect::<Vec<_>>(), None),
        places: ask.places(&views, &reach, ask.place()),
    };
    drop(views);
    ask.show(&page)
}

/// The command's fields: the serial becomes the first mark, on the part and by the method given.
#[must_use]
pub fn fields(sent: Fields) -> Fields {
    let get = |name: &str| acts::field(&sent, name).to_owned();
    let (serial, component, method) = (get("identity.serial"), get("component"), get("method"));
    let mark = serde_json::json!({ "kind": "serial", "component": component, "method": method, "text": serial });
    let mut fields: Fields = sent.into_iter().filter(|(name, _)| name != "component" && name != "method").collect();
    fields.push(("act".to_owned(), "register".to_owned()));
    fields.push(("identity.marks:marks".to_owned(), serde_json::Value::Array(vec![mark]).to_string()));
    fields
}

/// `POST /weapons/new`.
///
/// # Errors
/// What the book refuses.
pub async fn enter(ask: Ask, form: Checked<Fields>) -> Page {
    acts::act(ask, web::Path::from(("weapon".to_owned(), "new".to_owned())), Checked(fields(form.0))).await
}
