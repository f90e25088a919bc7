//! Cutting one payload into its JSON objects, without parsing and without recursion.
//!
//! A payload is one object, an array of them, or several objects run together (`}{`). All three
//! are a run of balanced `{...}` with brackets, commas and blanks between. What cannot be balanced
//! ends the search: the rest of the message is rubbish, and the next message starts afresh.

use crate::limits::JSON_DEPTH;

/// A stretch of a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// A balanced object; whether it is good JSON is for the parser to say.
    Object(&'a [u8]),
    /// Bytes that belong to no object.
    Rubbish(&'a [u8]),
}

/// Cuts a payload. Work and memory are linear in its length.
#[must_use]
pub fn split(payload: &[u8]) -> Vec<Piece<'_>> {
    let (mut pieces, mut at) = (Vec::new(), 0);
    while at < payload.len() {
        match payload[at] {
            b' ' | b'\t' | b'\r' | b'\n' | b',' | b'[' | b']' => at += 1,
            b'{' => {
                let Some(length) = balanced(&payload[at..]) else {
                    pieces.push(Piece::Rubbish(&payload[at..]));
                    return pieces;
                };
                pieces.push(Piece::Object(&payload[at..at + length]));
                at += length;
            }
            _ => {
                let length = payload[at..].iter().position(|byte| *byte == b'{').unwrap_or(payload.len() - at);
                pieces.push(Piece::Rubbish(&payload[at..at + length]));
                at += length;
            }
        }
    }
    pieces
}

/// The length of the balanced object that begins here, if it ends and is not too deep.
fn balanced(bytes: &[u8]) -> Option<usize> {
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for (index, byte) in bytes.iter().enumerate() {
        match (in_text, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => in_text = !in_text,
            (false, b'{' | b'[') => {
                depth += 1;
                if depth > JSON_DEPTH {
                    return None;
                }
            }
            (false, b'}' | b']') => {
                depth -= 1;
                if depth == 0 {
                    return Some(index + 1);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(payload: &str, want: &[&str]) {
        let show = |piece: &Piece<'_>| match piece {
            Piece::Object(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Piece::Rubbish(bytes) => format!("?{}", String::from_utf8_lossy(bytes)),
        };
        assert_eq!(split(payload.as_bytes()).iter().map(show).collect::<Vec<_>>(), want);
    }

    #[test]
    fn objects_arrays_and_runs() {
        check(r#"{"a":1}"#, &[r#"{"a":1}"#]);
        check(r#" [ {"a":[1]} , {"b":"}"} ] "#, &[r#"{"a":[1]}"#, r#"{"b":"}"}"#]);
        check(r#"{"a":1}{"b":"\"{"}"#, &[r#"{"a":1}"#, r#"{"b":"\"{"}"#]);
        check("", &[]);
    }

    #[test]
    fn rubbish_between_and_behind() {
        check(r#"null {"a":1} x{"b":"#, &["?null ", r#"{"a":1}"#, "?x", r#"?{"b":"#]);
    }

    #[test]
    fn depth_is_bounded() {
        let deep = format!("{}1{}", "{\"a\":".repeat(33), "}".repeat(33));
        assert!(matches!(split(deep.as_bytes())[..], [Piece::Rubbish(_)]));
        assert!(matches!(split(&vec![b'{'; 1 << 18])[..], [Piece::Rubbish(_)]));
    }
}
