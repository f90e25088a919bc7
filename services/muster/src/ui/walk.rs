//! Every page walked by people with different rights, over the program's own routes.
//!
//! Held here: what each may open, that what was typed is never markup, that a form without its
//! secret does nothing, that a blind count tells its counter nothing, and that the second person's
//! signature works on the first one's screen.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT, COOKIE, LOCATION, SET_COOKIE};
use actix_web::test::{self, TestRequest};

use crate::app::App;
use crate::config::Config;
use crate::scratch::Scratch;
use crate::server;

/// A service with its first two people, 1001 (custodian of the site, approver) and 1002.
struct House {
    app: Arc<App>,
    _folder: Scratch,
}

/// Somebody signed in: his cookie and the secret of his forms.
struct Person<'a> {
    house: &'a House,
    cookie: String,
    csrf: String,
}

struct Answer {
    status: StatusCode,
    to: String,
    cookie: String,
    text: String,
}

impl House {
    async fn founded() -> Self {
        let folder = Scratch::new("pages");
        let mut config = Config { data: folder.to_path_buf(), ..Config::default() };
        config.sign_in.password_memory_kib = 64;
        config.sign_in.password_passes = 1;
        config.limits.requests_a_minute = 1_000_000;
        let house = Self { app: App::open(config).unwrap(), _folder: folder };
        let link = house.app.setup().new_link(house.app.now());
        assert_eq!(house.get("/set-up?link=wrong", "").await.status, 404);
        assert_eq!(house.get(&format!("/set-up?link={link}"), "").await.status, 200);
        let people = ["first", "second"].iter().zip(["1001", "1002"]);
        let people =
            people.map(|(which, n)| format!("{which}_number={n}&{which}_name=Name+{n}&{which}_password=the+password+of+{n}"));
        let form = format!("link={link}&place=Camp+Example&{}", people.collect::<Vec<_>>().join("&"));
        let founded = house.post("/set-up", "", &form, "text/html").await;
        assert!(founded.text.contains("The book has begun"), "{}", founded.text);
        house
    }

    async fn send(&self, request: TestRequest) -> Answer {
        let service = test::init_service(server::build(Arc::clone(&self.app))).await;
        let request = request.peer_addr("127.0.0.1:40000".parse().unwrap()).to_request();
        let response = match test::try_call_service(&service, request).await {
            Ok(response) => response.map_into_boxed_body().into_parts().1,
            Err(error) => error.error_response(),
        };
        let header = |name| response.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
        let (to, cookie, status) = (header(LOCATION), header(SET_COOKIE), response.status());
        let bytes = actix_web::body::to_bytes_limited(response.into_body(), 10_000_000).await.unwrap();
        Answer { status, to, cookie, text: bytes.map(|bytes| String::from_utf8(bytes.to_vec()).unwrap()).unwrap_or_default() }
    }

    async fn get(&self, path: &str, cookie: &str) -> Answer {
        self.send(TestRequest::get().uri(path).insert_header((COOKIE, cookie)).insert_header((ACCEPT, "text/html"))).await
    }

    async fn post(&self, path: &str, cookie: &str, form: &str, accept: &str) -> Answer {
        let request = TestRequest::post().uri(path).insert_header((COOKIE, cookie)).insert_header((ACCEPT, accept));
        let kind = ("content-type", "application/x-www-form-urlencoded");
        self.send(request.insert_header(kind).set_payload(form.to_owned())).await
    }

    async fn sign_in(&self, number: &str) -> Person<'_> {
        let form = format!("number={number}&password=the+password+of+{number}&back=/counts");
        let answer = self.post("/sign-in", "", &form, "text/html").await;
        assert_eq!((answer.status, answer.to.as_str()), (StatusCode::SEE_OTHER, "/counts"));
        let cookie = answer.cookie.split(';').next().unwrap().to_owned();
        let csrf = crate::auth::csrf_of(cookie.split_once('=').unwrap().1);
        Person { house: self, cookie, csrf }
    }
}

impl Person<'_> {
    async fn get(&self, path: &str) -> Answer {
        self.house.get(path, &self.cookie).await
    }

    async fn sees(&self, path: &str) -> String {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        whole(path, &answer.text);
        answer.text
    }

    async fn post(&self, path: &str, form: &str) -> Answer {
        self.house.post(path, &self.cookie, &format!("csrf={}&{form}", self.csrf), "text/html").await
    }

    /// Posts, expects it done, and answers where it leads.
    async fn does(&self, path: &str, form: &str) -> String {
        let answer = self.post(path, form).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path} {form}: {}", answer.text);
        answer.to
    }
}

/// What every page must have, and must not.
#[track_caller]
fn whole(path: &str, html: &str) {
    assert_eq!(html.matches("<h1").count(), 1, "{path}: one question a page");
    assert!(html.contains("<html lang=\"en\" dir=\"ltr\">"), "{path}: language and direction");
    assert!(
        !html.contains(" style=\"") && !html.contains("<style") && html.matches("<script").count() == 1,
        "{path}: nothing inline"
    );
    for form in html.split("<form method=\"post\"").skip(1) {
        assert!(form.split("</form>").next().unwrap().contains("name=\"csrf\""), "{path}: a form without its secret");
    }
}

fn id(to: &str) -> String {
    to.split(['/', '?']).find(|part| part.len() == 36).unwrap().to_owned()
}

async fn register(person: &Person<'_>, serial: &str) -> String {
    let places = person.sees("/weapons/new").await;
    let place =
        places.split("id=\"rplace\"").nth(1).unwrap().split("value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let form = format!(
        "identity.serial={serial}&component=receiver&method=stamp&identity.class=SA4&identity.maker=Zastava&identity.model=M70AB2\
         &identity.calibre=7.62x39&identity.country=&identity.year:number=&owner=2nd+Bn&origin=ledger&place={place}&back=/weapons/%7Bid%7D"
    );
    id(&person.does("/weapons/new", &form).await)
}

async fn site(person: &Person<'_>) -> String {
    let html = person.sees("/places").await;
    id(html.split("action=\"/act/place/").nth(1).unwrap().split('"').next().unwrap())
}

const PAGES: &[&str] = &[
    "/",
    "/counter",
    "/counter?mode=return&person=31877",
    "/counts",
    "/alerts",
    "/stockpile",
    "/stockpile?group=both&state=in_store",
    "/stockpile?known_at=3",
    "/stockpile?true_at=2001-01-01",
    "/weapons",
    "/weapons?q=4188%3F3&class=SA4",
    "/weapons/new",
    "/weapons/import",
    "/holds",
    "/holds?number=31877",
    "/lost",
    "/destruction",
    "/readers",
    "/places",
    "/people",
    "/log",
    "/log/1",
];

#[actix_web::test]
async fn every_page_opens_and_what_was_typed_is_never_markup() {
    let house = House::founded().await;
    let first = house.sign_in("1001").await;
    let weapon = register(&first, "%3Cb%3E%26418801").await;
    for path in PAGES {
        first.sees(path).await;
    }
    let page = first.sees(&format!("/weapons/{weapon}")).await;
    assert!(page.contains("&#60;b&#62;&#38;418801") && !page.contains("<b>&418801"), "escaped");
    first.sees(&format!("/weapons/{weapon}/record")).await;
    let csv = first.get("/weapons.csv").await;
    assert!(csv.status == 200 && csv.text.contains("<b>&418801"), "a file keeps the serial as stamped");
    let arabic = house.get(&format!("/weapons/{weapon}?lang=ar"), &first.cookie).await;
    assert!(arabic.text.contains("dir=\"rtl\"") && arabic.cookie.contains("muster_lang=ar"));
}

#[actix_web::test]
async fn who_is_not_signed_in_or_has_no_right_sees_nothing() {
    let house = House::founded().await;
    let stranger = house.get("/weapons?q=1", "").await;
    assert_eq!((stranger.status, stranger.to.as_str()), (StatusCode::SEE_OTHER, "/sign-in?back=/weapons%3Fq%3D1"));
    let first = house.sign_in("1001").await;
    let weapon = register(&first, "418801").await;
    for path in ["/nothing", "/weapons/418801", "/counts/x", "/cases/01a201ba-c46f-7e24-916b-ffb18e468f6a", "/log/999999"] {
        let answer = first.get(path).await;
        assert!(
            answer.status == 404 && answer.text.contains("not_found") && answer.text.contains("<h1"),
            "{path}: {}",
            answer.text
        );
    }
    let stale = house.post(&format!("/act/weapon/{weapon}"), &first.cookie, "act=assign&to=31877&csrf=wrong", "text/html").await;
    assert_eq!(stale.status, 403);
    let wrong = house.post("/sign-in", "", "number=1001&password=no", "text/html").await;
    assert!(wrong.status == 200 && wrong.text.contains("do not belong together"));
    assert!(
        wrong.text.matches("name=\"csrf\"").count() == 0 && !wrong.text.contains("value=\"no\""),
        "a password never comes back"
    );
}

#[actix_web::test]
async fn a_blind_count_tells_its_counter_nothing() {
    let house = House::founded().await;
    let first = house.sign_in("1001").await;
    for serial in ["418801", "418802"] {
        register(&first, serial).await;
    }
    let form =
        format!("act=open&place={}&kind=full&counters:list=1001&blind:bool=true&back=/counts/%7Bid%7D", site(&first).await);
    let count = id(&first.does("/act/count/new", &form).await);
    let path = format!("/counts/{count}");
    let before = first.sees(&path).await;
    let scan = |seen: &str| format!("csrf={}&seen={seen}&way=barcode", first.csrf);
    let scans = format!("{path}/scan");
    for (seen, word) in [("418801", "Scanned"), ("418801", "Again"), ("999999", "Scanned")] {
        let said = house.post(&scans, &first.cookie, &scan(seen), "application/json").await;
        assert!(said.status == 200 && said.text.contains(word), "{seen}: {}", said.text);
        assert!(!said.text.contains("Zastava"), "not even the model");
    }
    let after = first.sees(&path).await;
    for page in [&before, &after] {
        assert!(!page.contains("418802") && !page.contains("<span>still to see") && !page.contains("expected</span>"), "{page}");
    }
    assert!(after.contains("scanned so far") && after.contains("418801"));
    let second = house.sign_in("1002").await.sees(&path).await;
    assert!(second.contains("418802"), "a supervisor who does not count may watch");
}

#[actix_web::test]
async fn the_second_person_signs_at_the_first_ones_screen() {
    let house = House::founded().await;
    let first = house.sign_in("1001").await;
    register(&first, "418801").await;
    let form =
        format!("act=open&place={}&kind=full&counters:list=1001&blind:bool=false&back=/counts/%7Bid%7D", site(&first).await);
    let count = id(&first.does("/act/count/new", &form).await);
    let (page, act) = (format!("/counts/{count}"), format!("/act/count/{count}"));
    assert!(first.sees(&page).await.contains("418801"), "an open count names what is still to see");
    first.does(&act, &format!("act=close&back={page}")).await;
    let html = first.sees(&page).await;
    let closing = html.split("name=\"closing\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let sign = |number: &str| {
        format!("act=sign&closing={closing}&back={page}&second_number={number}&second_password=the+password+of+{number}")
    };
    let refused = first.post(&act, &sign("9999")).await;
    assert!(refused.status == 403 && refused.text.contains("do not belong together"), "{}", refused.text);
    let to = first.does(&act, &sign("1002")).await;
    assert_eq!(to, format!("{page}?done=count-sign"));
    assert!(first.sees(&to).await.contains("The count is signed."));
    assert!(first.sees(&format!("{page}/statement")).await.contains("Count certificate"));
    let lost = first.sees("/lost").await;
    let case = id(lost.split("href=\"/cases/").nth(1).unwrap().split('"').next().unwrap());
    first.sees(&format!("/cases/{case}")).await;
    first.sees(&format!("/cases/{case}/report")).await;
}
