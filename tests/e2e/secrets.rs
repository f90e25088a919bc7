//! What no program may ever say: passwords, sign-ins, tokens, keys, links. Kept here as a test uses them, and looked
//! for in everything that our programs have said.
//!
//! The client of the API puts every secret that passes through it into this list by itself; what else is secret
//! (a file, a broker's password) is kept by whoever makes it. The one place where a secret is meant to be said is
//! the link of the first set-up, on its own line, a demonstration's sign-ins, and the code that a gateway shows.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

/// Every secret so far, and what it is.
static KNOWN: Mutex<BTreeMap<String, &'static str>> = Mutex::new(BTreeMap::new());

/// Shorter texts may stand anywhere by chance.
const SHORTEST: usize = 8;

/// Fields of requests and answers that hold one.
const FIELDS: [(&str, &str); 9] = [
    ("password", "a password"),
    ("old", "a former password"),
    ("new", "a new password"),
    ("pin", "a holder's password"),
    ("second_password", "a second person's password"),
    ("token", "a token"),
    ("csrf", "a form's secret"),
    ("link", "the set-up's link"),
    ("code", CODE),
];
/// What a gateway shows to people, and the service to nobody.
const CODE: &str = "an enrolment's code";

/// From now on this may be said by none of our programs.
pub fn keep(what: &'static str, secret: &str) {
    let secret = secret.trim();
    if secret.len() >= SHORTEST {
        KNOWN.lock().unwrap_or_else(PoisonError::into_inner).insert(secret.to_owned(), what);
    }
}

/// Keeps what is secret in a header.
pub fn keep_header(name: &str, value: &str) {
    match name.to_ascii_lowercase().as_str() {
        "cookie" | "set-cookie" => {
            let pair = value.split(';').next().unwrap_or_default();
            keep("a sign-in's cookie", pair.split_once('=').map_or(pair, |(_, secret)| secret));
        }
        "authorization" => keep("a token", value.trim_start_matches("Bearer ")),
        "x-csrf-token" => keep("a form's secret", value),
        _ => {}
    }
}

/// Keeps what is secret in a body.
pub fn keep_body(body: &str) {
    // What a refusal calls its code is no secret.
    if !body.contains("urn:muster:problem:")
        && FIELDS.iter().any(|(field, _)| body.contains(&format!("\"{field}\"")))
        && let Ok(value) = serde_json::from_str(body)
    {
        walk(&value);
    }
}

fn walk(value: &Value) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| {
            let secret = FIELDS.iter().find(|(field, _)| field == name);
            if let (Some((_, what)), Value::String(text)) = (secret, value) {
                keep(what, text);
            }
            walk(value);
        }),
        Value::Array(all) => all.iter().for_each(walk),
        _ => {}
    }
}

/// The line and the name of a secret that this program said, if it did.
#[must_use]
pub fn betrayed(program: &str, said: &str) -> Option<String> {
    let known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let found = known.iter().filter(|(secret, _)| said.contains(secret.as_str()));
    let mut lines = found.flat_map(|(secret, what)| {
        said.lines().filter(move |line| line.contains(secret.as_str())).map(move |line| (*what, line))
    });
    let meant = |what: &str, line: &str| {
        let link = line.trim_start().starts_with("http") && line.contains("/set-up?link=");
        let demonstration = line.starts_with('{') && line.contains("\"logins\"");
        link || demonstration || (what == CODE && program == "muster-gateway")
    };
    let (what, line) = lines.find(|(what, line)| !meant(what, line))?;
    Some(format!("{program} said {what}: {line}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_noticed() {
        keep_body("{\"a\": [{\"password\": \"of-a-body-1\", \"code\": \"CODE-1234\"}], \"link\": \"of-a-link-1\"}");
        keep_header("Set-Cookie", "muster=of-a-cookie-1; HttpOnly");
        keep_header("authorization", "Bearer of-a-token-1");
        keep("a key", "short");
        for secret in ["of-a-body-1", "of-a-cookie-1", "of-a-token-1", "CODE-1234", "of-a-link-1"] {
            assert!(betrayed("muster", &format!("one\n2026-01-01T00:00:00Z DEBUG x={secret}.\n")).is_some(), "{secret}");
        }
        assert_eq!(betrayed("muster", "a short word\n  http://127.0.0.1/set-up?link=of-a-link-1"), None);
        assert_eq!(betrayed("muster-gateway", "compare: CODE-1234"), None);
    }
}
