//! Against requests that another site makes a browser send (CSRF): three locks on one door.
//!
//! 1. `SameSite=Strict` cookies. 2. `Sec-Fetch-Site` and `Origin` on everything but GET and HEAD.
//! 3. The sign-in's own token: field `csrf` in forms, header `X-CSRF-Token` in the API.

use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderMap};
use actix_web::http::{Method, StatusCode};

use super::{By, Who, is_api};
use crate::api::problem::Problem;

/// The token for the hidden field `csrf` of this person's forms.
#[must_use]
pub fn csrf_token(who: &Who) -> &str {
    &who.csrf
}

/// Whether a method changes nothing by its meaning.
#[must_use]
pub fn is_safe(method: &Method) -> bool {
    method == Method::GET || method == Method::HEAD || method == Method::OPTIONS
}

/// Refuses what another site's page sends. Programs send neither header and pass.
///
/// # Errors
/// 403 `foreign_origin`.
pub fn same_site(method: &Method, headers: &HeaderMap, own: &[String]) -> Result<(), Problem> {
    if is_safe(method) {
        return Ok(());
    }
    let text = |name: header::HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let site = headers.get("sec-fetch-site").map(|value| value.to_str().unwrap_or("?"));
    let foreign_site = site.is_some_and(|site| site != "same-origin" && site != "none");
    let foreign_origin = text(header::ORIGIN).is_some_and(|origin| !own.iter().any(|own| own == origin));
    if foreign_site || foreign_origin {
        return Err(Problem::new(StatusCode::FORBIDDEN, "foreign_origin", "This request came from another site's page."));
    }
    Ok(())
}

/// An API write by cookie needs the header as well.
pub(super) fn api_write(request: &HttpRequest, who: &Who) -> Result<(), Problem> {
    if who.by != By::Cookie || is_safe(request.method()) || !is_api(request.path()) {
        return Ok(());
    }
    let given = request.headers().get("x-csrf-token").and_then(|value| value.to_str().ok()).unwrap_or("");
    if who.holds(given) { Ok(()) } else { Err(wrong_token()) }
}

/// 403 for a form or request without the sign-in's own token.
#[must_use]
pub fn wrong_token() -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "csrf_token_wrong", "The form is stale: load the page again and repeat the act.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::{HeaderName, HeaderValue};

    #[track_caller]
    fn check(method: Method, headers: &[(&str, &str)], passes: bool) {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(HeaderName::try_from(*name).unwrap(), HeaderValue::from_str(value).unwrap());
        }
        let own = ["http://127.0.0.1:7878".to_owned()];
        assert_eq!(same_site(&method, &map, &own).is_ok(), passes, "{method} {headers:?}");
    }

    #[test]
    fn only_our_own_pages_and_programs_write() {
        check(Method::GET, &[("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")], true);
        check(Method::POST, &[], true);
        check(Method::POST, &[("origin", "http://127.0.0.1:7878")], true);
        check(Method::POST, &[("sec-fetch-site", "same-origin"), ("origin", "http://127.0.0.1:7878")], true);
        check(Method::POST, &[("sec-fetch-site", "cross-site")], false);
        check(Method::POST, &[("sec-fetch-site", "same-site")], false);
        check(Method::POST, &[("origin", "http://127.0.0.1:7879")], false);
        check(Method::POST, &[("origin", "null")], false);
        check(Method::DELETE, &[("origin", "https://evil.example")], false);
        check(Method::PUT, &[("sec-fetch-site", "same-origin"), ("origin", "https://evil.example")], false);
    }
}
