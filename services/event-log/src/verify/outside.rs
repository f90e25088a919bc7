//! A head that somebody kept outside: on paper, on a stick, in another armoury.
//!
//! Three forms are read: a signed checkpoint; one JSON object (`size`, `root` in hex, perhaps `time`,
//! `held_by`); or lines as on paper: `SIZE ROOT` first (hex or base64), then perhaps `time: ...` and
//! `held by: ...`. Empty lines and lines that begin with `#` do not count.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use crate::checkpoint::{Checkpoint, NOTE_BYTES_MAX, Note};
use crate::event::Head;
use crate::leaf::Hash;

/// The head, and what is said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutsideHead {
    /// Size and root.
    pub head: Head,
    /// The note it came in, if it was signed.
    pub note: Option<Note>,
    /// When it was taken, in the holder's words.
    pub time: Option<String>,
    /// Who held it.
    pub held_by: Option<String>,
}

/// The text holds no head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this holds no head: give a signed checkpoint, or a line with the size and the root")]
pub struct NoHead;

#[derive(Deserialize)]
struct Json {
    size: u64,
    root: String,
    time: Option<String>,
    held_by: Option<String>,
}

impl OutsideHead {
    /// A head as plain numbers.
    #[must_use]
    pub fn plain(head: Head) -> Self {
        Self { head, note: None, time: None, held_by: None }
    }

    /// Reads any of the three forms.
    ///
    /// # Errors
    /// [`NoHead`] when it is none of them.
    pub fn parse(text: &str) -> Result<Self, NoHead> {
        if text.len() > NOTE_BYTES_MAX {
            return Err(NoHead);
        }
        if let Ok(note) = Note::parse(text) {
            let head = Checkpoint::parse(&note.body).map_err(|_| NoHead)?.head();
            return Ok(Self { note: Some(note), ..Self::plain(head) });
        }
        if let Ok(Json { size, root, time, held_by }) = serde_json::from_str(text) {
            let head = Head { size, root: hash(&root).ok_or(NoHead)? };
            return Ok(Self { time, held_by, ..Self::plain(head) });
        }
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let (size, root) = lines.next().and_then(|line| line.split_once(char::is_whitespace)).ok_or(NoHead)?;
        let head = Head { size: size.parse().map_err(|_| NoHead)?, root: hash(root.trim()).ok_or(NoHead)? };
        let mut outside = Self::plain(head);
        for (name, value) in lines.filter_map(|line| line.split_once(':')) {
            match name.trim() {
                "time" => outside.time = Some(value.trim().to_owned()),
                "held by" => outside.held_by = Some(value.trim().to_owned()),
                _ => {}
            }
        }
        Ok(outside)
    }
}

fn hash(text: &str) -> Option<Hash> {
    let bytes = if text.len() == 64 { hex::decode(text).ok()? } else { STANDARD.decode(text).ok()? };
    bytes.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::Signer;

    #[test]
    fn three_forms() {
        let head = Head { size: 12, root: [0xab; 32] };
        let hex = "ab".repeat(32);
        let note = Checkpoint::new("o", head, vec![]).unwrap().sign(&Signer::new("o", &[1; 32]).unwrap());
        let parsed = OutsideHead::parse(&note).unwrap();
        assert_eq!((parsed.head, parsed.note.is_some()), (head, true));
        let json = format!("{{\"size\":12,\"root\":\"{hex}\",\"held_by\":\"the mayor\"}}");
        assert_eq!(OutsideHead::parse(&json).unwrap().held_by.as_deref(), Some("the mayor"));
        let paper = format!("# daily sheet\n\n12 {hex}\ntime: 2026-03-01 06:00\nheld by: Cpt Lind\n");
        let parsed = OutsideHead::parse(&paper).unwrap();
        assert_eq!((parsed.head, parsed.held_by.as_deref()), (head, Some("Cpt Lind")));
        for text in ["", "12", "x y", "12 abcd", "{}", &note[..note.len() / 2]] {
            assert_eq!(OutsideHead::parse(text), Err(NoHead), "{text:?}");
        }
    }
}
