//! Records: what leaves the book as paper or file, made for the asker under the present head.

use actix_web::{HttpResponse, web};
use armoury::ids::{BatchId, CaseId, CountId, ServiceNumber, WeaponId};
use armoury::record::count_statement::{self, CountStatement};
use armoury::record::destruction_certificate::{self, DestructionCertificate};
use armoury::record::loss_report::{self, LossReport};
use armoury::record::tracing::{self, Release, TracingRecord};
use armoury::record::{About, Head, Proof};
use armoury::rights::Act;
use armoury::view::{Scope, Views};

use super::problem::Problem;
use super::read::{self, Plain, Reading, query};
use super::{Needs, Route, cases, counts, destruction, route, weapons};
use crate::app::App;
use crate::auth::Who;

/// The rows of this noun.
pub const ROUTES: &[Route] = &[
    route!(GET "/weapons/{id}/tracing-record", Needs::Right(Act::ReadTracing), tracing_record, "The record that answers a tracing request",
        query: TracingQuery, answer: TracingRecord),
    route!(GET "/counts/{id}/statement", Needs::Right(Act::ReadCounts), statement, "The count statement; signed, the certificate",
        query: Plain, answer: CountStatement),
    route!(GET "/destruction-batches/{id}/certificate", Needs::Right(Act::ReadDestruction), certificate, "The destruction certificate",
        query: Plain, answer: DestructionCertificate),
    route!(GET "/cases/{id}/loss-report", Needs::Right(Act::ReadLosses), loss, "The loss report", query: Plain, answer: LossReport),
];

query! {
    /// For whom the record is made.
    TracingQuery {
        /// `outside` for what may be released to others; otherwise for the asker's own scope.
        release: String,
        /// What for; stands on the record.
        purpose: String,
        /// A silence of so many days is a gap.
        gap_days: i64,
    }
}

impl App {
    /// What stands on every record: when, for whom, what is known, under which head.
    #[must_use]
    pub fn about(&self, views: &Views, made_by: Option<ServiceNumber>, scope: &Scope, purpose: Option<String>) -> About {
        let head = self.log().head();
        let scope = match scope {
            Scope::Everywhere => "everywhere".to_owned(),
            Scope::Places(places) => places.iter().map(|place| views.places.path(*place)).collect::<Vec<_>>().join("; "),
        };
        About {
            made_at: self.now(),
            made_by,
            purpose,
            scope,
            known_at: views.position,
            true_at: None,
            head: Head { size: head.size, root: hex::encode(head.root) },
            software: concat!("muster ", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }

    /// Proofs that events stand in the log under a head's size; what cannot be proved is left out.
    #[must_use]
    pub fn proofs(&self, positions: &[u64], size: u64) -> Vec<Proof> {
        let proof = |position: &u64| {
            let leaf = hex::encode(self.log().event(*position).ok()??.leaf);
            let path = self.log().inclusion_proof(*position, size).ok()??;
            Some(Proof { position: *position, leaf, size, path: path.iter().map(hex::encode).collect() })
        };
        positions.iter().filter_map(proof).collect()
    }
}

fn about(app: &App, who: &Who, read: &Reading<'_>, query: &impl read::ReadQuery, purpose: Option<String>) -> About {
    let about = app.about(&read.book, Some(who.service_number.clone()), &read.scope, purpose);
    About { true_at: query.as_of().true_at, ..about }
}

async fn tracing_record(
    app: web::Data<App>,
    who: Who,
    id: web::Path<WeaponId>,
    query: web::Query<TracingQuery>,
) -> Result<HttpResponse, Problem> {
    let release = match query.release.as_deref() {
        None | Some("inside") => Release::Inside,
        Some("outside") => Release::Outside,
        Some(other) => return Err(Problem::bad_request("query_not_understood", format!("release {other:?} is not known"))),
    };
    let record = {
        let read = read::open(&app, &who, Act::ReadTracing, &*query).await?;
        weapons::seen(&read, *id)?;
        let purpose = query.purpose.clone().map(|text| text.chars().take(200).collect());
        let gap = query.gap_days.unwrap_or(armoury::view::trail::GAP_DAYS).clamp(1, 36_500);
        let about = about(&app, &who, &read, &*query, purpose);
        tracing::record(&read.book, *id, release, gap, about).ok_or_else(Problem::not_found)?
    };
    let proofs = app.proofs(&record.positions(), record.about.head.size);
    Ok(HttpResponse::Ok().json(record.with_proofs(proofs)))
}

async fn statement(
    app: web::Data<App>,
    who: Who,
    id: web::Path<CountId>,
    query: web::Query<Plain>,
) -> Result<HttpResponse, Problem> {
    let read = read::open(&app, &who, Act::ReadCounts, &*query).await?;
    counts::seen(&read, *id)?;
    let about = about(&app, &who, &read, &*query, None);
    let open =
        || Problem::new(actix_web::http::StatusCode::CONFLICT, "count_stage", "A statement is made when the count is closed.");
    Ok(HttpResponse::Ok().json(count_statement::record(&read.book, *id, about).ok_or_else(open)?))
}

async fn certificate(
    app: web::Data<App>,
    who: Who,
    id: web::Path<BatchId>,
    query: web::Query<Plain>,
) -> Result<HttpResponse, Problem> {
    let read = read::open(&app, &who, Act::ReadDestruction, &*query).await?;
    destruction::seen(&read, *id)?;
    let about = about(&app, &who, &read, &*query, None);
    Ok(HttpResponse::Ok().json(destruction_certificate::record(&read.book, *id, about).ok_or_else(Problem::not_found)?))
}

async fn loss(app: web::Data<App>, who: Who, id: web::Path<CaseId>, query: web::Query<Plain>) -> Result<HttpResponse, Problem> {
    let read = read::open(&app, &who, Act::ReadLosses, &*query).await?;
    cases::seen(&read, *id)?;
    let about = about(&app, &who, &read, &*query, None);
    Ok(HttpResponse::Ok().json(loss_report::record(&read.book, *id, about).ok_or_else(Problem::not_found)?))
}
