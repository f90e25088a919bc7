//! The harness: a service in a scratch folder, and people who ask.

use std::sync::Arc;

use actix_web::body::to_bytes;
use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::test::{self, TestRequest};
use muster::app::App;
use muster::config::Config;
use muster::scratch::Scratch;
use muster::server;
use serde_json::{Value, json};

/// A running service.
pub struct House {
    pub app: Arc<App>,
    pub dir: Arc<Scratch>,
}

/// Who asks: nobody, or the bearer of a token.
pub struct Person<'a> {
    pub house: &'a House,
    pub token: Option<String>,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

pub const FIRST: &str = "1001";
pub const SECOND: &str = "1002";

pub fn password(number: &str) -> String {
    format!("the password of {number}")
}

impl House {
    /// An empty folder.
    pub fn empty() -> Self {
        let dir = Arc::new(Scratch::new("http"));
        Self { app: App::open(config(&dir)).unwrap(), dir }
    }

    /// With the first two people and the site.
    pub async fn founded() -> (Self, String) {
        let house = Self::empty();
        let link = house.app.setup().new_link(house.app.now());
        let founder =
            |number: &str| json!({"service_number": number, "name": format!("Name of {number}"), "password": password(number)});
        let body = json!({"link": link, "place": "Camp Example", "first": founder(FIRST), "second": founder(SECOND)});
        let answer = house.nobody().post("/api/v1/setup", body).await;
        answer.is(201);
        let site = answer.json()["place"].as_str().unwrap().to_owned();
        (house, site)
    }

    pub fn nobody(&self) -> Person<'_> {
        Person { house: self, token: None }
    }

    /// Somebody with a token of his own.
    pub fn person(&self, number: &str) -> Person<'_> {
        let (secret, _) = self.app.accounts().make_token(&number.parse().unwrap(), "test", None, self.app.now()).unwrap();
        Person { house: self, token: Some(secret) }
    }

    pub async fn send(&self, request: TestRequest) -> Answer {
        let service = test::init_service(server::build(Arc::clone(&self.app))).await;
        let request = request.peer_addr("127.0.0.1:40000".parse().unwrap()).to_request();
        match test::try_call_service(&service, request).await {
            Ok(response) => Answer::of(response).await,
            Err(error) => {
                let response = error.error_response();
                let status = response.status();
                let body = to_bytes(response.into_body()).await.unwrap();
                Answer { status, headers: Vec::new(), body: String::from_utf8(body.to_vec()).unwrap() }
            }
        }
    }
}

pub fn config(dir: &Scratch) -> Config {
    let mut config = Config { data: dir.to_path_buf(), ..Config::default() };
    config.sign_in.password_memory_kib = 64;
    config.sign_in.password_passes = 1;
    config.limits.requests_a_minute = 1_000_000;
    config
}

impl Person<'_> {
    pub async fn get(&self, path: &str) -> Answer {
        self.send(TestRequest::get().uri(path)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(TestRequest::post().uri(path).set_json(body)).await
    }

    /// Posts and expects it done; answers the JSON.
    pub async fn does(&self, path: &str, body: Value) -> Value {
        let answer = self.post(path, body).await;
        assert!(answer.status.is_success(), "POST {path}: {} {}", answer.status, answer.body);
        answer.json()
    }

    /// Gets and expects it there; answers the JSON.
    pub async fn sees(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert!(answer.status.is_success(), "GET {path}: {} {}", answer.status, answer.body);
        answer.json()
    }

    pub async fn send(&self, mut request: TestRequest) -> Answer {
        if let Some(token) = &self.token {
            request = request.insert_header(("authorization", format!("Bearer {token}")));
        }
        self.house.send(request).await
    }
}

impl Answer {
    /// Status and headers of an answer that never ends.
    pub fn without_body(response: &ServiceResponse<impl actix_web::body::MessageBody>) -> Self {
        let text = |v: &actix_web::http::header::HeaderValue| v.to_str().unwrap_or("?").to_owned();
        let headers = response.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect();
        Self { status: response.status(), headers, body: String::new() }
    }

    pub async fn of(response: ServiceResponse<impl actix_web::body::MessageBody>) -> Self {
        let status = response.status();
        let text = |v: &actix_web::http::header::HeaderValue| v.to_str().unwrap_or("?").to_owned();
        let headers = response.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect();
        let body = to_bytes(response.into_body()).await.unwrap_or_else(|_| panic!("a whole body"));
        Self { status, headers, body: String::from_utf8_lossy(&body).into_owned() }
    }

    #[track_caller]
    pub fn is(&self, status: u16) -> &Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        self
    }

    /// A problem with this status and code.
    #[track_caller]
    pub fn problem(&self, status: u16, code: &str) -> &Self {
        self.is(status);
        assert_eq!(self.json()["code"], code, "{}", self.body);
        self
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.body))
    }
}
