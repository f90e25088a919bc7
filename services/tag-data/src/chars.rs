//! The character sets of tags and barcodes, and how they are escaped in URIs.
//!
//! Two sets matter: the 82 characters of a GS1 serial (TDS 1.13 Appendix A, 7 bits each in a
//! tag) and the 39 of aerospace, defence and component numbers (Appendix G, 6 bits each).
//! In a URI a few of them stand as `%XX`; everything else stands as itself. A character
//! outside its set is refused, never replaced.

/// Which set a text is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CharSet {
    /// 82 characters, 7 bits: GS1 serials and asset references.
    Gs1,
    /// `A`-`Z`, `0`-`9`, `#`, `-`, `/`, 6 bits: component and part numbers.
    Part,
}

impl CharSet {
    /// How many bits one character takes in a tag.
    pub(crate) fn width(self) -> usize {
        match self {
            Self::Gs1 => 7,
            Self::Part => 6,
        }
    }

    /// Whether `c` belongs to the set.
    pub(crate) fn holds(self, c: char) -> bool {
        c.is_ascii_alphanumeric() && (self == Self::Gs1 || !c.is_ascii_lowercase())
            || match self {
                Self::Gs1 => "!\"%&'()*+,-./:;<=>?_".contains(c),
                Self::Part => "#-/".contains(c),
            }
    }

    /// The character that a tag's bits stand for; `None` outside the set.
    pub(crate) fn char_of(self, bits: u64) -> Option<char> {
        let code = match self {
            Self::Part if bits < 0x20 => bits | 0x40, // 1-26 are the letters, less their top bit.
            _ => bits,
        };
        u8::try_from(code).ok().map(char::from).filter(|c| self.holds(*c))
    }

    /// The bits that stand for a character; `None` outside the set.
    pub(crate) fn bits_of(self, c: char) -> Option<u64> {
        let low = if self == Self::Part { 0x3F } else { 0x7F };
        self.holds(c).then(|| u64::from(u32::from(c)) & low)
    }

    /// Whether a URI must escape this character.
    fn is_escaped(self, c: char) -> bool {
        match self {
            Self::Gs1 => "\"%&/<>?".contains(c),
            Self::Part => "#/".contains(c),
        }
    }

    /// The text as it stands in a URI.
    pub(crate) fn escape(self, text: &str) -> String {
        let mut uri = String::with_capacity(text.len());
        for c in text.chars() {
            if self.is_escaped(c) {
                uri.push_str(&format!("%{:02X}", u32::from(c)));
            } else {
                uri.push(c);
            }
        }
        uri
    }

    /// The text behind a URI's component; the error is the first character or escape that may
    /// not stand there.
    pub(crate) fn unescape(self, uri: &str) -> Result<String, String> {
        let mut text = String::with_capacity(uri.len());
        let mut rest = uri;
        while let Some(c) = rest.chars().next() {
            if c == '%' {
                let escape: String = rest.chars().take(3).collect();
                let code = escape.get(1..3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
                let meant = code.map(char::from).filter(|c| self.holds(*c)).ok_or_else(|| escape.clone())?;
                text.push(meant);
                rest = &rest[escape.len()..];
            } else {
                if !self.holds(c) || self.is_escaped(c) {
                    return Err(c.to_string());
                }
                text.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
        Ok(text)
    }
}

/// Whether the text may stand for an enterprise: a CAGE or NCAGE code of five characters or a
/// DoDAAC of six; digits and capital letters without `I` and `O`.
pub(crate) fn is_cage_or_dodaac(text: &str) -> bool {
    matches!(text.len(), 5 | 6) && text.chars().all(|c| c.is_ascii_digit() || c.is_ascii_uppercase() && c != 'I' && c != 'O')
}

/// A short form of what was read, safe to quote in a sentence.
pub(crate) fn quote(text: &str) -> String {
    const SHOWN: usize = 40;
    let short: String = text.chars().take(SHOWN).collect();
    if short.len() < text.len() { format!("{short:?}...") } else { format!("{short:?}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sets_have_the_size_the_standard_gives() {
        let count = |set: CharSet| (0..=127u8).filter(|b| set.holds(char::from(*b))).count();
        assert_eq!((count(CharSet::Gs1), count(CharSet::Part)), (82, 39));
        for set in [CharSet::Gs1, CharSet::Part] {
            for c in (0..=255u8).map(char::from).filter(|c| set.holds(*c)) {
                assert_eq!(set.bits_of(c).and_then(|bits| set.char_of(bits)), Some(c));
            }
        }
    }

    #[test]
    fn escapes_are_undone_and_strangers_named() {
        let all = "!\"%&'()*+,-./:;<=>?_aZ0";
        let uri = CharSet::Gs1.escape(all);
        assert_eq!(uri, "!%22%25%26'()*+,-.%2F:;%3C=%3E%3F_aZ0");
        assert_eq!(CharSet::Gs1.unescape(&uri), Ok(all.to_owned()));
        assert_eq!(CharSet::Part.escape("#A/9"), "%23A%2F9");
        assert_eq!(CharSet::Gs1.unescape("a/b"), Err("/".to_owned()));
        assert_eq!(CharSet::Gs1.unescape("a%2"), Err("%2".to_owned()));
        assert_eq!(CharSet::Gs1.unescape("a%é9"), Err("%é9".to_owned()));
        assert_eq!(CharSet::Part.unescape("ab"), Err("a".to_owned()));
    }

    #[test]
    fn cages_have_no_i_and_no_o() {
        for (text, want) in [("2S194", true), ("W81X9C", true), ("2S19", false), ("2SI94", false), ("2s194", false)] {
            assert_eq!(is_cage_or_dodaac(text), want, "{text}");
        }
    }
}
