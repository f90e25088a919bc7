//! Taking passwords out before anything is kept.
//!
//! Access results carry the kill and access passwords in clear when the reserved bank was read,
//! and what enters the book can never be erased. So such members are removed, wherever they stand.

use serde_json::Value;

/// Whether a member must not be kept.
fn is_secret(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    ["accessresult", "password", "passwd", "pwd", "secret", "reserved"].iter().any(|word| key.contains(word))
}

/// Removes every secret member; true if there was one.
pub fn strip(value: &mut Value) -> bool {
    match value {
        Value::Object(members) => {
            let before = members.len();
            members.retain(|key, _| !is_secret(key));
            let removed = members.len() != before;
            members.values_mut().fold(removed, |found, member| strip(member) || found)
        }
        Value::Array(members) => members.iter_mut().filter_map(|member| strip(member).then_some(())).count() > 0,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Whether unparsable bytes may hold a secret, so that not even their beginning is kept.
#[must_use]
pub fn may_hold(bytes: &[u8]) -> bool {
    bytes.contains(&b'\\') || is_secret(&String::from_utf8_lossy(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &str, want: &str) {
        let mut value: Value = serde_json::from_str(json).unwrap();
        assert_eq!(strip(&mut value), json != want);
        assert_eq!(value.to_string(), want);
    }

    #[test]
    fn secrets_go_wherever_they_stand() {
        check(r#"{"a":1,"data":{"idHex":"30"}}"#, r#"{"a":1,"data":{"idHex":"30"}}"#);
        check(r#"{"data":{"accessResults":["1234876512348765"],"idHex":"30"}}"#, r#"{"data":{"idHex":"30"}}"#);
        check(r#"{"a":[{"killPassword":"1"},{"RESERVED":"2"}]}"#, r#"{"a":[{},{}]}"#);
        check(r#"{"\u0061ccessResults":[],"Access_PWD":0}"#, "{}");
    }

    #[test]
    fn rubbish_with_a_secret_is_known() {
        assert!(may_hold(br#"{"accessResults":["12"#));
        assert!(may_hold(br#"{"\u0061ccess"#));
        assert!(!may_hold(br#"{"idHex":"30"#));
    }
}
