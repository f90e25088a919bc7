//! The GS1 Application Identifiers: for each, how long its data is and of what kind.
//!
//! From the GS1 General Specifications (release 24), clause 3. `n` in an identifier stands for
//! any digit, mostly the place of the decimal point. A format reads: `N14` fourteen digits,
//! `X..20` up to twenty GS1 characters, `Y` part-number characters, `Z` base64url characters,
//! `[...]` may be missing; a plus sign joins. `!` marks a check digit at the end of that
//! piece, `@` a date.

/// One identifier (or a family of them).
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ai {
    /// Its digits; `n` for any.
    pub(crate) code: &'static str,
    /// Its data's format.
    pub(crate) format: &'static str,
}

const fn ai(code: &'static str, format: &'static str) -> Ai {
    Ai { code, format }
}

/// Every identifier known here.
static TABLE: &[Ai] = &[
    ai("00", "N18!"),
    ai("01", "N14!"),
    ai("02", "N14!"),
    ai("03", "N14!"),
    ai("10", "X..20"),
    ai("11", "N6@"),
    ai("12", "N6@"),
    ai("13", "N6@"),
    ai("15", "N6@"),
    ai("16", "N6@"),
    ai("17", "N6@"),
    ai("20", "N2"),
    ai("21", "X..20"),
    ai("22", "X..20"),
    ai("235", "X..28"),
    ai("240", "X..30"),
    ai("241", "X..30"),
    ai("242", "N..6"),
    ai("243", "X..20"),
    ai("250", "X..30"),
    ai("251", "X..30"),
    ai("253", "N13!+[X..17]"),
    ai("254", "X..20"),
    ai("255", "N13!+[N..12]"),
    ai("30", "N..8"),
    ai("310n", "N6"),
    ai("311n", "N6"),
    ai("312n", "N6"),
    ai("313n", "N6"),
    ai("314n", "N6"),
    ai("315n", "N6"),
    ai("316n", "N6"),
    ai("32nn", "N6"),
    ai("33nn", "N6"),
    ai("34nn", "N6"),
    ai("35nn", "N6"),
    ai("36nn", "N6"),
    ai("37", "N..8"),
    ai("390n", "N..15"),
    ai("391n", "N3+N..15"),
    ai("392n", "N..15"),
    ai("393n", "N3+N..15"),
    ai("394n", "N4"),
    ai("395n", "N6"),
    ai("400", "X..30"),
    ai("401", "X..30"),
    ai("402", "N17!"),
    ai("403", "X..30"),
    ai("410", "N13!"),
    ai("411", "N13!"),
    ai("412", "N13!"),
    ai("413", "N13!"),
    ai("414", "N13!"),
    ai("415", "N13!"),
    ai("416", "N13!"),
    ai("417", "N13!"),
    ai("420", "X..20"),
    ai("421", "N3+X..9"),
    ai("422", "N3"),
    ai("423", "N3+N..12"),
    ai("424", "N3"),
    ai("425", "N3+N..12"),
    ai("426", "N3"),
    ai("427", "X..3"),
    ai("4300", "X..35"),
    ai("4301", "X..35"),
    ai("4302", "X..70"),
    ai("4303", "X..70"),
    ai("4304", "X..70"),
    ai("4305", "X..70"),
    ai("4306", "X..70"),
    ai("4307", "X2"),
    ai("4308", "X..30"),
    ai("4309", "N20"),
    ai("4310", "X..35"),
    ai("4311", "X..35"),
    ai("4312", "X..70"),
    ai("4313", "X..70"),
    ai("4314", "X..70"),
    ai("4315", "X..70"),
    ai("4316", "X..70"),
    ai("4317", "X2"),
    ai("4318", "X..20"),
    ai("4319", "X..30"),
    ai("4320", "X..35"),
    ai("4321", "N1"),
    ai("4322", "N1"),
    ai("4323", "N1"),
    ai("4324", "N10"),
    ai("4325", "N10"),
    ai("4326", "N6@"),
    ai("4330", "N6+[X1]"),
    ai("4331", "N6+[X1]"),
    ai("4332", "N6+[X1]"),
    ai("4333", "N6+[X1]"),
    ai("7001", "N13"),
    ai("7002", "X..30"),
    ai("7003", "N10"),
    ai("7004", "N..4"),
    ai("7005", "X..12"),
    ai("7006", "N6@"),
    ai("7007", "N6@+[N6@]"),
    ai("7008", "X..3"),
    ai("7009", "X..10"),
    ai("7010", "X..2"),
    ai("7011", "N6@+[N4]"),
    ai("7020", "X..20"),
    ai("7021", "X..20"),
    ai("7022", "X..20"),
    ai("7023", "X..30"),
    ai("703n", "N3+X..27"),
    ai("7040", "N1+X3"),
    ai("7041", "X..4"),
    ai("710", "X..20"),
    ai("711", "X..20"),
    ai("712", "X..20"),
    ai("713", "X..20"),
    ai("714", "X..20"),
    ai("715", "X..20"),
    ai("716", "X..20"),
    ai("717", "X..20"),
    ai("723n", "X2+X..28"),
    ai("7240", "X..20"),
    ai("7241", "N2"),
    ai("7242", "X..25"),
    ai("7250", "N8"),
    ai("7251", "N12"),
    ai("7252", "N1"),
    ai("7253", "X..40"),
    ai("7254", "X..40"),
    ai("7255", "X..10"),
    ai("7256", "X..90"),
    ai("7257", "X..70"),
    ai("7258", "N1+X1+N1"),
    ai("7259", "X..40"),
    ai("8001", "N14"),
    ai("8002", "X..20"),
    ai("8003", "N14!+[X..16]"),
    ai("8004", "X..30"),
    ai("8005", "N6"),
    ai("8006", "N14!+N4"),
    ai("8007", "X..34"),
    ai("8008", "N8+[N..4]"),
    ai("8009", "X..50"),
    ai("8010", "Y..30"),
    ai("8011", "N..12"),
    ai("8012", "X..20"),
    ai("8013", "X..25"),
    ai("8014", "X..25"),
    ai("8017", "N18!"),
    ai("8018", "N18!"),
    ai("8019", "N..10"),
    ai("8020", "X..25"),
    ai("8026", "N14!+N4"),
    ai("8030", "Z..90"),
    ai("8040", "N15"),
    ai("8041", "N15"),
    ai("8042", "N32"),
    ai("8043", "N18+[N..2]"),
    ai("8110", "X..70"),
    ai("8111", "N4"),
    ai("8112", "X..70"),
    ai("8200", "X..70"),
    ai("90", "X..30"),
    ai("91", "X..90"),
    ai("92", "X..90"),
    ai("93", "X..90"),
    ai("94", "X..90"),
    ai("95", "X..90"),
    ai("96", "X..90"),
    ai("97", "X..90"),
    ai("98", "X..90"),
    ai("99", "X..90"),
];

impl Ai {
    /// Whether the text begins with this identifier.
    fn leads(&self, text: &str) -> bool {
        let digits = self.code.bytes().zip(text.bytes());
        text.len() >= self.code.len() && digits.into_iter().all(|(want, got)| want == got || want == b'n' && got.is_ascii_digit())
    }
}

/// The identifier that the text begins with.
pub(crate) fn leading(text: &str) -> Option<&'static Ai> {
    TABLE.iter().find(|ai| ai.leads(text))
}

/// How many digits an identifier with this beginning has, known or not (clause 7.8.5).
pub(crate) fn digits(text: &str) -> usize {
    match text.as_bytes() {
        [b'2', b'3'..=b'5', ..] | [b'4', b'0'..=b'2', ..] | [b'7', b'1', ..] => 3,
        [b'3', b'1'..=b'6' | b'9', ..] | [b'4', b'3', ..] | [b'7', b'0' | b'2', ..] | [b'8', ..] => 4,
        _ => 2,
    }
}

/// Length of identifier and data together where it is fixed by the first two digits, so that
/// no separator follows (clause 7.8.4, the closed list).
pub(crate) fn predefined(text: &str) -> Option<usize> {
    Some(match text.get(..2)? {
        "00" => 20,
        "01" | "02" | "03" => 16,
        "04" => 18,
        "11" | "12" | "13" | "14" | "15" | "16" | "17" | "18" | "19" => 8,
        "20" => 4,
        "31" | "32" | "33" | "34" | "35" | "36" => 10,
        "41" => 16,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_as_long_as_their_first_two_digits_say() {
        for entry in TABLE {
            assert_eq!(digits(entry.code), entry.code.len(), "{}", entry.code);
            assert_eq!(leading(&entry.code.replace('n', "0")), Some(entry), "{}", entry.code);
        }
        assert_eq!((leading("0"), leading("89"), leading("")), (None, None, None));
    }
}
