//! What a GS1 element string identifies: a web address that needs no more knowledge, and an
//! EPC URI where the issued company prefix is known.
//!
//! In a tag the company prefix has its own field; in a barcode nothing says where it ends. So
//! the caller may name prefixes that are known to be issued (its own, its suppliers'); without
//! one there is no EPC URI, because a guess would make one thing two.

use std::fmt;
use std::str::FromStr;

use crate::chars::{CharSet, quote};
use crate::gs1::Elements;

/// A GS1 Company Prefix as it was issued: 6 to 12 digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CompanyPrefix(String);

/// Why a text is no company prefix.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not a GS1 Company Prefix; it has 6 to 12 digits")]
pub struct NotAPrefix(String);

impl FromStr for CompanyPrefix {
    type Err = NotAPrefix;

    fn from_str(text: &str) -> Result<Self, NotAPrefix> {
        let fits = (6..=12).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        if fits { Ok(Self(text.to_owned())) } else { Err(NotAPrefix(quote(text))) }
    }
}

impl fmt::Display for CompanyPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Primary keys in the order of preference, each with its key qualifiers in canonical order
/// (GS1 Digital Link 1.2, clause 4.9).
const KEYS: [(&str, &[&str]); 13] = [
    ("8004", &[]),
    ("8003", &[]),
    ("8006", &["22", "10", "21"]),
    ("01", &["22", "10", "21"]),
    ("00", &[]),
    ("8010", &["8011"]),
    ("8018", &["8019"]),
    ("8017", &["8019"]),
    ("253", &[]),
    ("401", &[]),
    ("402", &[]),
    ("414", &["254"]),
    ("417", &[]),
];

/// The GS1 Digital Link address of what a faultless element string identifies.
#[must_use]
pub fn digital_link(read: &Elements) -> Option<String> {
    if !read.faults.is_empty() {
        return None;
    }
    let (key, qualifiers) = KEYS.iter().find(|(key, _)| read.get(key).is_some())?;
    let mut link = "https://id.gs1.org".to_owned();
    for ai in std::iter::once(key).chain(qualifiers.iter()) {
        if let Some(value) = read.get(ai) {
            link.push_str(&format!("/{ai}/"));
            for c in value.bytes() {
                match c {
                    b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => link.push(char::from(c)),
                    _ => link.push_str(&format!("%{c:02X}")),
                }
            }
        }
    }
    Some(link)
}

/// The pure-identity URI of what a faultless element string identifies, if one of `prefixes`
/// is the company prefix in it; the longest that fits.
#[must_use]
pub fn epc_uri(read: &Elements, prefixes: &[CompanyPrefix]) -> Option<String> {
    if !read.faults.is_empty() {
        return None;
    }
    // Splits the digits behind a known prefix off.
    let split = |digits: &str| {
        let mut known: Vec<&str> = prefixes.iter().map(|p| p.0.as_str()).filter(|p| digits.starts_with(p)).collect();
        known.sort_by_key(|prefix| prefix.len());
        known.last().map(|prefix| ((*prefix).to_owned(), digits[prefix.len()..].to_owned()))
    };
    if let Some(giai) = read.get("8004") {
        let (prefix, asset) = split(giai)?;
        return (!asset.is_empty()).then(|| format!("urn:epc:id:giai:{prefix}.{}", CharSet::Gs1.escape(&asset)));
    }
    if let Some(grai) = read.get("8003") {
        // A leading zero, twelve digits, the check digit, the serial.
        let (number, serial) = (grai.get(1..13)?, grai.get(14..).filter(|serial| !serial.is_empty())?);
        let (prefix, asset) = split(number)?;
        return Some(format!("urn:epc:id:grai:{prefix}.{asset}.{}", CharSet::Gs1.escape(serial)));
    }
    if let (Some(gtin), Some(serial)) = (read.get("01"), read.get("21")) {
        let (prefix, item) = split(gtin.get(1..13)?).filter(|(prefix, _)| prefix.len() < 13)?;
        return Some(format!("urn:epc:id:sgtin:{prefix}.{}{item}.{}", gtin.get(..1)?, CharSet::Gs1.escape(serial)));
    }
    if let Some(sscc) = read.get("00") {
        let (prefix, number) = split(sscc.get(1..17)?)?;
        return Some(format!("urn:epc:id:sscc:{prefix}.{}{number}", sscc.get(..1)?));
    }
    if let (Some(part), Some(serial)) = (read.get("8010"), read.get("8011")) {
        let (prefix, part) = split(part).filter(|(_, part)| !part.is_empty())?;
        return Some(format!("urn:epc:id:cpi:{prefix}.{}.{serial}", CharSet::Part.escape(&part)));
    }
    let (prefix, place) = split(read.get("414")?.get(..12)?)?;
    Some(format!("urn:epc:id:sgln:{prefix}.{place}.{}", CharSet::Gs1.escape(read.get("254").unwrap_or("0"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, prefixes: &[&str], link: &str, uri: &str) {
        let read = Elements::parse_bracketed(text).unwrap();
        let prefixes: Vec<CompanyPrefix> = prefixes.iter().map(|p| p.parse().unwrap()).collect();
        assert_eq!(digital_link(&read).unwrap_or_default(), link);
        assert_eq!(epc_uri(&read, &prefixes).unwrap_or_default(), uri);
    }

    /// The pairs of GS1 TDS 2.3, clause E.3: element string and pure-identity URI.
    #[test]
    fn keys_and_their_uris_agree_with_the_standard() {
        let (ten, six, seven) = (["95060001343", "950600"], ["952012"], ["9521141"]);
        let base = "https://id.gs1.org";
        check(
            "(01)09506000134352(21)32a/b",
            &ten,
            &format!("{base}/01/09506000134352/21/32a%2Fb"),
            "urn:epc:id:sgtin:95060001343.05.32a%2Fb",
        );
        check("(00)095201234567891235", &six, &format!("{base}/00/095201234567891235"), "urn:epc:id:sscc:952012.03456789123");
        check(
            "(414)9521141123454(254)32a/b",
            &seven,
            &format!("{base}/414/9521141123454/254/32a%2Fb"),
            "urn:epc:id:sgln:9521141.12345.32a%2Fb",
        );
        check(
            "(8003)0952114112345432a/b",
            &seven,
            &format!("{base}/8003/0952114112345432a%2Fb"),
            "urn:epc:id:grai:9521141.12345.32a%2Fb",
        );
        check("(8004)952114132a/b", &seven, &format!("{base}/8004/952114132a%2Fb"), "urn:epc:id:giai:9521141.32a%2Fb");
        check(
            "(8010)95211415PQ7/Z43(8011)12345",
            &seven,
            &format!("{base}/8010/95211415PQ7%2FZ43/8011/12345"),
            "urn:epc:id:cpi:9521141.5PQ7%2FZ43.12345",
        );
        check("(8004)952114132a/b", &six, &format!("{base}/8004/952114132a%2Fb"), "");
        check("(01)09506000134353(21)1", &ten, "", "");
    }
}
