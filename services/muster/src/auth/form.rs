//! Forms of signed-in people: read, and held to the sign-in's own token, in one place.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, web};
use serde::de::DeserializeOwned;

use super::guard::wrong_token;
use super::{NotKnown, Who};
use crate::api::ask::unread;
use crate::api::problem::Problem;

/// The most bytes of a form.
pub const FORM_BYTES_MAX: usize = 256 * 1024;

/// A form whose `csrf` field was right; `T` never sees that field and may refuse unknown ones.
#[derive(Clone, Debug)]
pub struct Checked<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Checked<T> {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let who = Who::from_request(request, payload);
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("").to_owned();
        let body = web::Bytes::from_request(request, payload);
        Box::pin(async move {
            let who = who.await.map_err(|unknown: NotKnown| actix_web::Error::from(unknown))?;
            if !kind.starts_with("application/x-www-form-urlencoded") {
                return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_a_form", "This address takes a form.").into());
            }
            let body = body.await.map_err(|cause| unread(&cause))?;
            Ok(Self(read(&who, &body)?))
        })
    }
}

fn read<T: DeserializeOwned>(who: &Who, body: &[u8]) -> Result<T, Problem> {
    let (token, given) = split(body)?;
    if !token.is_some_and(|token| who.holds(token)) {
        return Err(wrong_token());
    }
    web::Query::<T>::from_query(&given).map(web::Query::into_inner).map_err(|cause| unreadable(cause.to_string()))
}

fn unreadable(why: String) -> Problem {
    Problem::bad_request("form_not_understood", why)
}

/// A form's own token (empty if absent, none if it stands there twice) and its other fields. An empty field
/// means "not given".
///
/// # Errors
/// Larger than a form is, or no text.
pub fn split(body: &[u8]) -> Result<(Option<&str>, String), Problem> {
    if body.len() > FORM_BYTES_MAX {
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "The form is larger than 256 KiB."));
    }
    let text = std::str::from_utf8(body).map_err(|cause| unreadable(cause.to_string()))?;
    let (token, fields): (Vec<&str>, Vec<&str>) = text.split('&').partition(|field| field.starts_with("csrf="));
    let token = match token[..] {
        [] => Some(""),
        [only] => only.strip_prefix("csrf="),
        _ => None,
    };
    let given: Vec<&str> = fields.into_iter().filter(|field| !field.is_empty() && !field.ends_with('=')).collect();
    Ok((token, given.join("&")))
}
