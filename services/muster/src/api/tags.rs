//! What a tag or a barcode says: the decoder behind an address, for programs and other pages.

use actix_web::{HttpResponse, web};
use schemars::JsonSchema;
use serde::Deserialize;
use tag_data::decode::{Decoded, decode};

use super::problem::Problem;
use super::{Needs, Route, route};
use crate::auth::Who;

/// The rows of this noun.
pub const ROUTES: &[Route] =
    &[route!(GET "/tag/decode", Needs::SignedIn, read, "What a tag or a barcode says", query: DecodeQuery, answer: Decoded)];

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DecodeQuery {
    /// EPC in hex, TID in hex, or a barcode's text.
    value: String,
}

async fn read(_who: Who, query: web::Query<DecodeQuery>) -> Result<HttpResponse, Problem> {
    if query.value.len() > 4096 {
        return Err(Problem::bad_request("too_long", "A tag or barcode has at most 4096 characters."));
    }
    Ok(HttpResponse::Ok().json(decode(&query.value)))
}
