//! Import of a ledger by HTTP: the table is the body, `dry_run=true` only looks.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use armoury::rights::Act;
use schemars::JsonSchema;
use serde::Deserialize;

use super::problem::Problem;
use super::{Needs, Route, ask, route};
use crate::app::App;
use crate::auth::Who;
use crate::import::{BYTES_MAX, ImportError, ImportReport};

/// The rows of this noun.
pub const ROUTES: &[Route] = &[route!(POST "/import/weapons", Needs::Right(Act::RegisterWeapon), weapons,
        "Import a ledger (text/csv); entered only if every row is good", query: ImportQuery, answer: ImportReport)];

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ImportQuery {
    /// Only look, enter nothing.
    #[serde(default)]
    dry_run: bool,
}

async fn weapons(
    app: web::Data<App>,
    who: Who,
    request: HttpRequest,
    query: web::Query<ImportQuery>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    if !kind.starts_with("text/csv") {
        let words = "Send the table as text/csv in UTF-8.";
        return Err(Problem::new(actix_web::http::StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_csv", words));
    }
    let body = payload.to_bytes_limited(BYTES_MAX).await.map_err(|_| ask::too_large())?;
    let body = body.map_err(|cause| ask::unread(&cause))?;
    let report = app.import_ledger(&who, &body, query.dry_run).await.map_err(refused)?;
    if report.bad > 0 && !query.dry_run {
        let words = format!("{} of {} rows are bad; nothing was entered.", report.bad, report.total);
        let rows = serde_json::to_value(&report.rows).unwrap_or_default();
        let problem = Problem::new(actix_web::http::StatusCode::UNPROCESSABLE_ENTITY, "rows_bad", words);
        return Err(problem.with("rows", rows).with("bad", report.bad).with("total", report.total));
    }
    Ok(HttpResponse::Ok().json(report))
}

fn refused(error: ImportError) -> Problem {
    let said = error.to_string();
    match error {
        ImportError::TooLarge => ask::too_large(),
        ImportError::NotAllowed => crate::desk::ActError::NotAllowed.into(),
        ImportError::NotText | ImportError::Columns(_) | ImportError::Table { .. } => {
            Problem::bad_request("table_not_understood", said)
        }
        ImportError::CutOff(cause) => cause.into(),
    }
}
