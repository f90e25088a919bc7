//! The web service: one app built the same for the program and for tests, and the listening itself.
//!
//! Every answer carries the headers that keep a browser to our own pages; every write is held to
//! our own pages or to a program with a token; nothing is stored by browsers.

use std::sync::Arc;
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::error::{JsonPayloadError, UrlencodedError};
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::middleware::{Compress, Next, from_fn};
use actix_web::{Error, HttpServer, web};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::api::problem::Problem;
use crate::app::App;
use crate::auth::{guard, rate, sign_in};
use crate::config::Tls;
use crate::{api, auth, ui};

pub mod patience;

/// The most bytes of a request's body, where a route allows no more.
pub const BODY_BYTES_MAX: usize = 256 * 1024;

/// Bytes that the system holds for a connection whose other end is slow; Linux doubles it.
const SEND_BUFFER_BYTES: usize = 64 * 1024;

/// What browsers are held to.
const HEADERS: &[(&str, &str)] = &[
    (
        "content-security-policy",
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; \
         form-action 'self'; frame-ancestors 'none'; base-uri 'none'; manifest-src 'self'",
    ),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"), // Not `no-referrer`: browsers would send our own forms with `Origin: null`.
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=(), display-capture=()"),
    ("x-frame-options", "DENY"),
];

/// Why the service does not listen.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address is taken or not ours.
    #[error("cannot listen on {address}")]
    Listen {
        /// Which.
        address: std::net::SocketAddr,
        /// The system's reason.
        #[source]
        cause: std::io::Error,
    },
    /// Certificate or key.
    #[error("the certificate or key cannot be used: {0}")]
    Tls(String),
    /// It stopped by itself.
    #[error("the web service stopped")]
    Stopped(#[source] std::io::Error),
}

/// The whole web service over an app; the program and every test use this one.
pub fn build(
    app: Arc<App>,
) -> actix_web::App<
    impl ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse<impl MessageBody>, Error = Error, InitError = ()>,
> {
    let unreadable = |code: &'static str| {
        move |words: String| Error::from(Problem::bad_request(code, words.chars().take(300).collect::<String>()))
    };
    let (json, query, form) =
        (unreadable("body_not_understood"), unreadable("query_not_understood"), unreadable("form_not_understood"));
    actix_web::App::new()
        .app_data(web::Data::from(app))
        .app_data(web::JsonConfig::default().limit(BODY_BYTES_MAX).error_handler(move |error, _| match error {
            JsonPayloadError::Overflow { .. } | JsonPayloadError::OverflowKnownLength { .. } => api::ask::too_large().into(),
            JsonPayloadError::Payload(cause) => api::ask::unread(&cause.into()).into(),
            other => json(other.to_string()),
        }))
        .app_data(web::QueryConfig::default().error_handler(move |error, _| query(error.to_string())))
        .app_data(web::FormConfig::default().limit(BODY_BYTES_MAX).error_handler(move |error, _| match error {
            UrlencodedError::Payload(cause) => api::ask::unread(&cause.into()).into(),
            other => form(other.to_string()),
        }))
        .app_data(web::PathConfig::default().error_handler(|_, _| Problem::not_found().into()))
        .app_data(web::PayloadConfig::new(BODY_BYTES_MAX))
        .wrap(from_fn(door))
        .wrap(Compress::default())
        .configure(api::configure)
        .configure(ui::configure)
}

/// What every request passes: rate for strangers, no foreign pages, and the headers on the way out.
async fn door(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let refused = check(&request).err();
    let app = request.app_data::<web::Data<App>>().expect("the server gives every request the app").clone();
    let is_asset = request.path().starts_with("/assets/");
    // Taken before the answer is made: what the answer shows is at least this new.
    let position = shows_the_present(&request).then(|| *app.applied_to().borrow());
    patience::limit(&mut request);
    let answered = match refused {
        Some(problem) => request.into_response(actix_web::ResponseError::error_response(&problem)).map_into_right_body(),
        None => match next.call(request).await {
            Ok(answer) => answer.map_into_left_body(),
            Err(error) => return Err(error),
        },
    };
    let mut answer = answered;
    let headers = answer.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if !(is_asset && headers.contains_key(header::CACHE_CONTROL)) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if let Some(position) = position {
        headers.insert(HeaderName::from_static("x-position"), HeaderValue::from(position));
    }
    if app.config().is_encrypted() {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    Ok(answer)
}

/// A signed-in read of the book as it is now: its answer names the position, for `X-Seen`.
fn shows_the_present(request: &ServiceRequest) -> bool {
    let past = ["known_at=", "true_at="].iter().any(|word| request.query_string().contains(word));
    request.path().starts_with(api::BASE) && request.method() == "GET" && signed(request) && !past
}

fn signed(request: &ServiceRequest) -> bool {
    let app = request.app_data::<web::Data<App>>().expect("the server gives every request the app");
    request.headers().contains_key(header::AUTHORIZATION)
        || auth::cookie_secret(request.headers(), app.config().is_encrypted()).is_some()
}

fn check(request: &ServiceRequest) -> Result<(), Problem> {
    let app = request.app_data::<web::Data<App>>().expect("the server gives every request the app");
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("");
    let own = [format!("http://{host}"), format!("https://{host}"), app.config().url()];
    guard::same_site(request.method(), request.headers(), &own)?;
    if !signed(request) && !request.path().starts_with("/assets/") {
        rate::address(app, &sign_in::address(request.request()))?;
    }
    Ok(())
}

/// Listens until told to stop.
///
/// # Errors
/// [`ServeError`].
pub async fn serve(app: Arc<App>, listener: std::net::TcpListener) -> Result<(), ServeError> {
    let web = app.config().web.clone();
    bound(&listener, app.config().limits.stalled_seconds).map_err(|cause| ServeError::Listen { address: web.listen, cause })?;
    let shared = Arc::clone(&app);
    let server = HttpServer::new(move || build(Arc::clone(&shared)))
        .workers(web.workers)
        .client_request_timeout(Duration::from_secs(10))
        .client_disconnect_timeout(Duration::from_secs(5))
        .keep_alive(Duration::from_secs(75))
        .shutdown_timeout(3);
    let address = web.listen;
    let server = match &web.tls {
        None => server.listen(listener),
        Some(tls) => server.listen_rustls_0_23(listener, tls_config(tls)?),
    };
    server.map_err(|cause| ServeError::Listen { address, cause })?.run().await.map_err(ServeError::Stopped)
}

/// What the system keeps for one connection that is slow to read, and for how long when it reads
/// nothing. Every accepted connection inherits both from the listener.
fn bound(listener: &std::net::TcpListener, stalled_seconds: u32) -> std::io::Result<()> {
    let socket = socket2::SockRef::from(listener);
    socket.set_send_buffer_size(SEND_BUFFER_BYTES)?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(Duration::from_secs(stalled_seconds.into())))?;
    #[cfg(not(target_os = "linux"))]
    let _ = stalled_seconds; // Elsewhere the system's own patience holds.
    Ok(())
}

/// Takes the address before anything else is done with it.
///
/// # Errors
/// [`ServeError::Listen`].
pub fn listen(address: std::net::SocketAddr) -> Result<std::net::TcpListener, ServeError> {
    std::net::TcpListener::bind(address).map_err(|cause| ServeError::Listen { address, cause })
}

fn tls_config(tls: &Tls) -> Result<rustls::ServerConfig, ServeError> {
    let certificates = CertificateDer::pem_file_iter(&tls.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|cause| ServeError::Tls(format!("{}: {cause}", tls.certificate.display())))?;
    let key =
        PrivateKeyDer::from_pem_file(&tls.key).map_err(|cause| ServeError::Tls(format!("{}: {cause}", tls.key.display())))?;
    rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .map_err(|cause| ServeError::Tls(cause.to_string()))
}
