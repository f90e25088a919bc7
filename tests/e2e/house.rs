//! A served book: `muster serve` with a configuration of its own, founded by two, killed and started again.

use muster_tests::secrets;
use serde_json::{Value, json};

use crate::program::{Program, free_port, wait_for};
use crate::scratch::Scratch;
use crate::web::Web;

/// The first two people's service numbers.
pub const FIRST: &str = "1001";
/// The second.
pub const SECOND: &str = "1002";

/// A book that is served.
pub struct House {
    /// Where it stands; the data is in `data` below it.
    pub folder: Scratch,
    program: Option<Program>,
    config: String,
    address: String,
    /// The first founder, by token.
    pub first: Web,
    /// The second founder, by token.
    pub second: Web,
    /// The site that the set-up made.
    pub site: String,
}

/// The pass phrase of the person with this number.
pub fn password(number: &str) -> String {
    format!("the pass phrase of {number}")
}

impl House {
    /// An empty book, founded by two people.
    pub fn found(name: &str) -> Self {
        Self::found_with(name, "")
    }

    /// The same with further lines of `[limits]`.
    pub fn found_with(name: &str, limits: &str) -> Self {
        let folder = Scratch::new(name);
        let address = format!("127.0.0.1:{}", free_port());
        let text = format!(
            "data = {:?}\nnode = \"hq\"\n[web]\nlisten = \"{address}\"\n[sign_in]\npassword_memory_kib = 64\npassword_passes = 1\n\
             [limits]\nrequests_a_minute = 1000000\n{limits}\n",
            folder.file("data")
        );
        let config = folder.write("muster.toml", &text);
        let mut program = Program::start("muster", &["serve", "--config", &config]);
        let line = program.line("set-up?link=");
        let link = line.rsplit_once("link=").unwrap().1.trim();
        let nobody = Web::at(address.as_str());
        wait_for("the service", || nobody.ask("GET", "/healthz", None));
        let founder =
            |number: &str| json!({"service_number": number, "name": format!("Person {number}"), "password": password(number)});
        let body = json!({"link": link, "place": "Camp Test", "first": founder(FIRST), "second": founder(SECOND)});
        let site = nobody.post("/api/v1/setup", &body)["place"].as_str().unwrap().to_owned();
        let [first, second] = [FIRST, SECOND].map(|number| nobody.with(&token(&nobody, number)));
        secrets::keep("the service's key", &std::fs::read_to_string(folder.join("data/service.key")).unwrap());
        Self { folder, program: Some(program), config, address, first, second, site }
    }

    /// Enters a further person with a right everywhere: asked by one, approved by the other. By token.
    pub fn person(&self, number: &str, role: &str) -> Web {
        self.person_in(number, role, None)
    }

    /// The same with the right in one place only.
    pub fn person_in(&self, number: &str, role: &str, place: Option<&str>) -> Web {
        let path = |act: &str| format!("/api/v1/people/{number}/{act}");
        self.first.post("/api/v1/people", &json!({"service_number": number, "name": format!("Person {number}")}));
        let given = format!("given to {number} at first");
        self.first.post(&path("account"), &json!({"password": given}));
        chooses(&Web::at(self.address.as_str()), number, &given);
        let grant = json!({"grant": {"role": role, "place": place, "from": "2026-01-01T00:00:00Z"}});
        let request = self.first.post(&path("grants"), &grant)["event_ids"][0].clone();
        self.second.post(&path("grants/approve"), &json!({"request": request}));
        let nobody = Web::at(self.address.as_str());
        nobody.with(&token(&nobody, number))
    }

    /// The service's process.
    #[allow(dead_code, reason = "asked by the races only")]
    pub fn process(&self) -> u32 {
        self.program.as_ref().unwrap().id()
    }

    /// The power fails.
    pub fn kill(&mut self) {
        self.program.take().unwrap().kill();
    }

    /// Stops in order.
    pub fn stop(&mut self) {
        let status = self.program.take().unwrap().stop();
        assert!(status.success(), "muster ended with {status}");
    }

    /// Starts again.
    pub fn start(&mut self) {
        self.program = Some(Program::start("muster", &["serve", "--config", &self.config]));
        let nobody = Web::at(self.address.as_str());
        wait_for("the service", || nobody.ask("GET", "/healthz", None));
    }

    /// The data folder.
    pub fn data(&self) -> String {
        self.folder.file("data")
    }

    /// Enters a weapon at the site; `None` while nobody answers. The same serial twice is one weapon.
    pub fn register(&self, serial: &str) -> Option<Value> {
        let body = weapon(serial, &self.site).to_string();
        let key = format!("register-{serial}");
        let answer = self.first.send("POST", "/api/v1/weapons", &[("Idempotency-Key", &key)], Some(&body))?;
        assert!(answer.status < 300 || answer.status >= 500 || answer.status == 409, "{}: {}", answer.status, answer.body);
        (answer.status < 300).then(|| answer.json())
    }
}

/// A rifle as the API takes it.
pub fn weapon(serial: &str, place: &str) -> Value {
    let mark = json!({"kind": "serial", "component": "receiver", "method": "stamp", "text": serial});
    json!({
        "identity": {
            "class": "SA4", "maker": "Zastava", "model": "M70AB2", "calibre": "7.62x39", "country": "YU", "year": 1986,
            "serial": serial, "marks": [mark],
        },
        "owner": "1st Battalion", "origin": "ledger", "place": place, "source": "ledger 1",
    })
}

/// Signs in with a password: the cookie, and what writes carry beside it.
fn sign_in(nobody: &Web, number: &str, password: &str) -> (String, String) {
    let body = json!({"service_number": number, "password": password}).to_string();
    let signed = nobody.send("POST", "/api/v1/session", &[], Some(&body)).unwrap();
    assert_eq!(signed.status, 201, "{}", signed.body);
    let cookie = signed.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    (cookie, signed.json()["csrf"].as_str().unwrap().to_owned())
}

/// Chooses a password of one's own for the one that was given.
fn chooses(nobody: &Web, number: &str, given: &str) {
    let (cookie, csrf) = sign_in(nobody, number, given);
    let headers = [("Cookie", cookie.as_str()), ("X-CSRF-Token", csrf.as_str())];
    let body = json!({"old": given, "new": password(number)}).to_string();
    let changed = nobody.send("POST", "/api/v1/me/password", &headers, Some(&body)).unwrap();
    assert_eq!(changed.status, 204, "{}", changed.body);
}

/// Signs in and makes a token, as a person does at the pages.
pub fn token(nobody: &Web, number: &str) -> String {
    let (cookie, csrf) = sign_in(nobody, number, &password(number));
    let headers = [("Cookie", cookie.as_str()), ("X-CSRF-Token", csrf.as_str())];
    let made = nobody.send("POST", "/api/v1/me/tokens", &headers, Some(&json!({"label": "test"}).to_string())).unwrap();
    assert!(made.status < 300, "{}", made.body);
    made.json()["token"].as_str().unwrap().to_owned()
}
