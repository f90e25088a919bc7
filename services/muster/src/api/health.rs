//! Whether the service lives, for whoever watches it; and figures for those allowed to see them.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;

use super::problem::Problem;
use super::{Needs, Route, route};
use crate::accounts::passwords::same;
use crate::app::App;
use crate::config::is_this_machine;

/// The rows of this noun.
pub const ROUTES: &[Route] = &[
    route!(GET "//healthz", Needs::Nobody, healthz, "Whether the service lives and takes entries", answer: Health),
    route!(GET "//metrics", Needs::Nobody, metrics, "Figures, for this machine or with the token"),
];

/// Whether the service lives.
#[derive(Debug, Serialize, schemars::JsonSchema)]
struct Health {
    /// `ok`, or `read_only` when the log takes no entries.
    status: &'static str,
    /// Version of the program.
    version: &'static str,
    /// Whether the first set-up still waits.
    waits_for_setup: bool,
}

async fn healthz(app: web::Data<App>) -> HttpResponse {
    let read_only = app.read_only().is_some();
    let status = if read_only { "read_only" } else { "ok" };
    HttpResponse::Ok().json(Health { status, version: env!("CARGO_PKG_VERSION"), waits_for_setup: app.setup().waits() })
}

async fn metrics(app: web::Data<App>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    if !may_see(&app, &request) {
        return Err(Problem::not_found());
    }
    let head = app.log().head();
    let (applied, settled) = (*app.applied_to().borrow(), *app.settled_to().borrow());
    let figures = [
        ("muster_log_size", "Events in the log.", head.size),
        ("muster_views_position", "The last position folded into the views.", applied),
        ("muster_rules_position", "The last position that the rules have run over.", settled),
        ("muster_log_writable", "1 while the log takes entries.", u64::from(app.read_only().is_none())),
        ("muster_clock_steps", "How often the clock stepped back since the start.", app.log().clock_steps().count),
        ("muster_live_feeds", "Live feeds open now.", app.live().feeds().into()),
        ("muster_up_seconds", "Seconds since the start.", app.now().seconds_since(app.started_at()).unsigned_abs()),
    ];
    let text: String = figures
        .iter()
        .map(|(name, help, value)| format!("# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}\n"))
        .collect();
    Ok(HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(text))
}

fn may_see(app: &App, request: &HttpRequest) -> bool {
    if request.peer_addr().is_some_and(|peer| is_this_machine(peer.ip())) {
        return true;
    }
    let given =
        request.headers().get("authorization").and_then(|value| value.to_str().ok()).and_then(|v| v.strip_prefix("Bearer "));
    let wanted = app.config().web.metrics_token_file.as_ref().and_then(|path| std::fs::read_to_string(path).ok());
    matches!((given, wanted), (Some(given), Some(wanted)) if !wanted.trim().is_empty() && same(given.as_bytes(), wanted.trim().as_bytes()))
}
