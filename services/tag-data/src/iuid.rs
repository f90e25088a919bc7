//! Item unique identification: the Data Matrix on a weapon, and the UII that is made of it.
//!
//! ```text
//! [)> RS 06 GS 17V 1VPX8 GS 1P 6231 GS S 786950 RS EOT         (ISO/IEC 15434)
//! format 05: GS1 identifiers   06: data identifiers (ISO/IEC 15418)   12, DD: text elements
//! ```
//! MIL-STD-130N, tables IV, V and A-II: construct 1 is agency + enterprise + serial, construct
//! 2 is agency + enterprise + original part (or lot) + serial. The agency is told by the
//! qualifier and is not in the mark. The current part number and traceability numbers are not
//! part of a UII. A mark that does not make a UII is still read, and says what is missing.

use serde_json::{Map, Value};

use crate::barcode::Reading;
use crate::chars::{CharSet, is_cage_or_dodaac, quote};
use crate::gs1::{Elements, GS};

/// What every such message begins with.
pub(crate) const HEADER: &str = "[)>";
/// Separates formats.
const RS: char = '\u{1e}';
/// Ends the message.
const EOT: char = '\u{4}';
/// Faults of one mark that are told; one with more is rubbish, and the first say so.
const FAULTS_TOLD: usize = 8;
/// The most characters of a UII.
pub(crate) const UII_MAX: usize = 50;

/// A field of a mark: its qualifier and its value.
type Field = (String, String);

/// Why a mark does not make a UII, or not a right one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IuidError {
    /// The separator behind `[)>` is missing.
    #[error("the mark begins with [)> but no record separator follows; does the scanner drop control characters?")]
    NoSeparator,
    /// The trailer is missing.
    #[error("the mark does not end in a record separator and an end of transmission")]
    NoTrailer,
    /// A format that is not read here.
    #[error("format {0} is not read here; its text is kept")]
    UnknownFormat(String),
    /// A field that begins with no qualifier.
    #[error("field {0} begins with no qualifier")]
    NoQualifier(String),
    /// The qualifiers do not add up to a UII.
    #[error("the mark makes no UII: {0}")]
    Incomplete(&'static str),
    /// Two fields name the enterprise.
    #[error("the mark makes no UII: {0} and {1} both name an enterprise")]
    TwoEnterprises(String, String),
    /// The enterprise's code is not one.
    #[error("{0} is neither a CAGE code nor a DoDAAC")]
    Cage(String),
    /// A UII may hold capital letters, digits, dash and slash.
    #[error("a UII may not hold {0:?}")]
    Character(char),
    /// Too long.
    #[error("a UII of {0} characters is too long; at most 50 are allowed")]
    TooLong(usize),
    /// The GS1 fields have a fault of their own.
    #[error("{0}")]
    Gs1(String),
}

/// What a qualifier stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// Enterprise, with the issuing agency's code that goes in front of it.
    Enterprise(&'static str),
    /// Enterprise and serial in one, unique within the enterprise.
    EnterpriseSerial(&'static str),
    /// Original part number, or lot.
    Part(&'static str),
    /// Serial; of either construct, of construct 1 alone, or of construct 2 alone.
    Serial,
    SerialOfEnterprise,
    SerialOfPart,
    /// The whole UII, or what is accepted in its place.
    Whole(&'static str),
}

/// What the qualifiers of a format mean for the UII; all others are kept by their own name.
fn role(format: &str, qualifier: &str) -> Option<Role> {
    use Role::{Enterprise, EnterpriseSerial, Part, Serial, SerialOfEnterprise, SerialOfPart, Whole};
    Some(match (format, qualifier) {
        ("06", "17V") | ("12" | "DD", "CAG" | "MFR" | "SPL") => Enterprise("D"),
        ("06", "12V") | ("12" | "DD", "DUN") => Enterprise("UN"),
        ("06", "7L") => Enterprise("LD"),
        ("06", "3V" | "18V") | ("12" | "DD", "EUC") => Enterprise(""), // A GS1 prefix, or with its agency.
        ("06", "18S") => EnterpriseSerial("D"),
        ("06", "1P") | ("12" | "DD", "PNO") => Part("part_number"),
        ("06", "1T") | ("12" | "DD", "LOT" | "LTN" | "BII") => Part("lot"),
        ("06", "S") => Serial,
        ("12" | "DD", "SER" | "UCN") => SerialOfEnterprise,
        ("12" | "DD", "SEQ") => SerialOfPart,
        ("06", "25S") | ("12" | "DD", "UID") => Whole("uii"),
        ("06", "I") => Whole("vin"),
        ("06", "22S") => Whole("esn"),
        ("05", "8004") => Whole("giai"),
        ("05", "8003") => Whole("grai"),
        ("05", "8002") => Whole("esn"),
        _ => return None,
    })
}

/// Whether the text is such a mark with its control characters made visible.
pub(crate) fn shows_substitutes(text: &str) -> bool {
    ["\u{241d}", "\u{241e}", "\u{2404}", "<GS>", "<RS>"].iter().any(|shown| text.contains(shown))
}

/// A UII and how it came about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Uii {
    text: String,
    named: Vec<(&'static str, String)>,
    uri: Option<String>,
}

/// Reads a message that begins with `[)>`.
pub(crate) fn read(text: &str) -> Reading {
    let (mut fields, mut faults, mut uii) = (Map::new(), Vec::new(), None);
    let (mut formats, mut elements) = (Vec::new(), Map::new());
    let body = text.strip_prefix(HEADER).unwrap_or(text);
    let substituted = shows_substitutes(text);
    match body.strip_prefix(RS) {
        Some(body) => {
            let (body, trailer) = body.split_once(EOT).map_or((body, false), |(body, behind)| (body, behind.is_empty()));
            for message in body.trim_end_matches(RS).split(RS) {
                let (format, found) = fields_of(message, &mut faults);
                formats.push(Value::from(format));
                match derive(format, &found) {
                    Ok(Some(whole)) => uii = Some(whole),
                    Ok(None) => {}
                    Err(fault) => faults.push(fault),
                }
                for (name, value) in found {
                    elements.entry(name).or_insert_with(|| value.into()); // The first, should it stand there twice.
                }
            }
            if !trailer || !body.ends_with(RS) {
                faults.push(IuidError::NoTrailer);
            }
            let format = if formats.len() > 1 { Value::from(formats) } else { formats.pop().unwrap_or_default() };
            fields.insert("format".to_owned(), format);
            fields.insert("elements".to_owned(), elements.into());
        }
        None if substituted => {
            let error = "the control characters are shown as substitutes; say that this scanner does so";
            return Reading { error: Some(error.to_owned()), ..reading("iso15434", fields) };
        }
        None => faults.push(IuidError::NoSeparator),
    }
    let scheme = if uii.is_some() { "iuid" } else { "iso15434" };
    let mut reading = reading(scheme, fields);
    if let Some(uii) = uii {
        faults.extend(faults_of(&uii.text));
        reading.uri = uii.uri.filter(|_| faults.is_empty());
        uii.named.into_iter().for_each(|(name, value)| drop(reading.fields.insert(name.to_owned(), value.into())));
        reading.fields.insert("uii".to_owned(), uii.text.into());
    }
    reading.error = told(&faults);
    reading
}

/// The first faults in words, and how many more there are.
fn told(faults: &[IuidError]) -> Option<String> {
    let mut sentences: Vec<String> = faults.iter().take(FAULTS_TOLD).map(ToString::to_string).collect();
    sentences.extend(faults.len().checked_sub(FAULTS_TOLD + 1).map(|less_one| format!("and {} more", less_one + 1)));
    (!sentences.is_empty()).then(|| sentences.join("; "))
}

fn reading(scheme: &'static str, fields: Map<String, Value>) -> Reading {
    Reading { symbology: None, text: String::new(), scheme, uri: None, fields, error: None }
}

/// One format's name and its fields.
fn fields_of<'a>(message: &'a str, faults: &mut Vec<IuidError>) -> (&'a str, Vec<Field>) {
    let (format, body) = message.split_once(GS).unwrap_or((message, ""));
    let qualified = |field: &str| match format {
        "06" => {
            let digits = field.bytes().take(3).take_while(u8::is_ascii_digit).count();
            let letter = field[digits..].chars().next().filter(char::is_ascii_uppercase)?;
            let (name, value) = field.split_at(digits + letter.len_utf8());
            Some((name.to_owned(), value.to_owned()))
        }
        _ => {
            let is_name = |name: &&str| name.len() == 3 && name.bytes().all(|b| b.is_ascii_uppercase());
            let name = field.get(..3).filter(is_name)?;
            Some((name.to_owned(), field[3..].trim_start().to_owned()))
        }
    };
    let mut found = Vec::new();
    match format {
        "05" => {
            let read = Elements::parse(body);
            faults.extend(read.error().map(IuidError::Gs1));
            found.extend(read.elements.into_iter().map(|element| (element.ai, element.value)));
        }
        "06" | "12" | "DD" => {
            for field in body.split(GS).filter(|field| !field.is_empty()) {
                match qualified(field) {
                    Some(field) => found.push(field),
                    None => faults.push(IuidError::NoQualifier(quote(field))),
                }
            }
        }
        _ => {
            faults.push(IuidError::UnknownFormat(quote(format)));
            found.push(("data".to_owned(), body.to_owned()));
        }
    }
    (format, found)
}

/// The UII of a format's fields; `None` if the mark does not set out to make one.
fn derive(format: &str, found: &[Field]) -> Result<Option<Uii>, IuidError> {
    let of = |wanted: fn(Role) -> bool| {
        found
            .iter()
            .filter_map(move |(name, value)| role(format, name).filter(|role| wanted(*role)).map(|role| (role, name, value)))
    };
    if let Some((Role::Whole(kind), _, value)) = of(|role| matches!(role, Role::Whole(_))).next() {
        let named = if kind == "uii" { Vec::new() } else { vec![("equivalent", kind.to_owned())] };
        return Ok(Some(Uii { text: value.clone(), named, uri: None }));
    }
    if let Some((Role::EnterpriseSerial(agency), _, value)) = of(|role| matches!(role, Role::EnterpriseSerial(_))).next() {
        let at = value.char_indices().nth(5).map_or(value.len(), |(at, _)| at);
        let (cage, serial) = value.split_at(at);
        return construct(agency, cage, None, serial).map(Some);
    }
    let mut enterprises = of(|role| matches!(role, Role::Enterprise(_)));
    let (enterprise, second) = (enterprises.next(), enterprises.next());
    let part = of(|role| matches!(role, Role::Part(_))).next();
    let serial = of(|role| matches!(role, Role::Serial | Role::SerialOfEnterprise | Role::SerialOfPart)).next();
    let Some((Role::Enterprise(agency), first, code)) = enterprise else {
        let sets_out = part.is_some() && serial.is_some();
        return if sets_out { Err(IuidError::Incomplete("no field names the enterprise")) } else { Ok(None) };
    };
    if let Some((_, second, _)) = second {
        return Err(IuidError::TwoEnterprises(first.clone(), second.clone()));
    }
    match (serial, part) {
        (Some((Role::SerialOfEnterprise, _, serial)), _) => construct(agency, code, None, serial).map(Some),
        (Some((_, _, serial)), Some((Role::Part(kind), _, part))) => {
            construct(agency, code, Some((kind, part)), serial).map(Some)
        }
        (Some(_), _) => {
            Err(IuidError::Incomplete("the serial is neither one of the enterprise nor one of an original part or lot"))
        }
        (None, Some(_)) => Err(IuidError::Incomplete("no field holds the serial")),
        (None, None) => Ok(None),
    }
}

/// Joins the parts in their order, and names them.
fn construct(agency: &'static str, code: &str, part: Option<(&'static str, &String)>, serial: &str) -> Result<Uii, IuidError> {
    if matches!(agency, "D" | "LD") && !is_cage_or_dodaac(code) {
        return Err(IuidError::Cage(quote(code)));
    }
    if serial.is_empty() {
        return Err(IuidError::Incomplete("the serial is empty"));
    }
    let middle = part.map_or("", |(_, part)| part.as_str());
    let mut named = vec![
        ("construct", if part.is_some() { "2" } else { "1" }.to_owned()),
        ("enterprise", code.to_owned()),
        ("serial", serial.to_owned()),
    ];
    if !agency.is_empty() {
        named.push(("iac", agency.to_owned()));
    }
    if let Some((kind, part)) = part {
        named.push((kind, part.clone()));
    }
    Ok(Uii { text: format!("{agency}{code}{middle}{serial}"), named, uri: adi_uri(agency, code, part, serial) })
}

/// The same item in an ADI tag (GS1 TDS 1.13, 6.3.10): CAGE or DoDAAC, part number, serial.
fn adi_uri(agency: &str, code: &str, part: Option<(&'static str, &String)>, serial: &str) -> Option<String> {
    let fits = |text: &str, most: usize| text.len() <= most && text.chars().all(|c| c != '#' && CharSet::Part.holds(c));
    let middle = match part {
        Some(("part_number", part)) => part.as_str(),
        Some(_) => return None, // A lot is no part number.
        None => "",
    };
    let may = matches!(agency, "D" | "LD") && fits(middle, 32) && fits(serial, 30);
    may.then(|| format!("urn:epc:id:adi:{code}.{}.{}", CharSet::Part.escape(middle), CharSet::Part.escape(serial)))
}

/// What is wrong with a UII as a whole.
fn faults_of(uii: &str) -> Option<IuidError> {
    match uii.chars().find(|c| *c == '#' || !CharSet::Part.holds(*c)) {
        Some(c) => Some(IuidError::Character(c)),
        None if uii.len() > UII_MAX => Some(IuidError::TooLong(uii.len())),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, want: &str) {
        let text = format!("[)>\u{1e}{}\u{1e}\u{4}", body.replace('|', "\u{1d}"));
        let reading = read(&text);
        let uii = reading.fields.get("uii").and_then(Value::as_str).unwrap_or("none").to_owned();
        let shown = [Some(uii), reading.uri, reading.error].into_iter().flatten().collect::<Vec<_>>().join(" ");
        assert_eq!(shown, want);
    }

    #[test]
    fn constructs_one_and_two() {
        check("06|18S1VPX8786950", "D1VPX8786950 urn:epc:id:adi:1VPX8..786950");
        check("06|17V1VPX8|1P6231|S786950", "D1VPX86231786950 urn:epc:id:adi:1VPX8.6231.786950");
        check("06|17V1VPX8|1TL9|S786950", "D1VPX8L9786950");
        check("06|12V194532636|1P1234|S786950", "UN1945326361234786950");
        check("06|7LW81X9C|1P12/3|S7", "LDW81X9C12/37 urn:epc:id:adi:W81X9C.12%2F3.7");
        check("06|25SD1VPX8786950|30TLOT4", "D1VPX8786950");
        check("12|CAG 1VPX8|SER 786950", "D1VPX8786950 urn:epc:id:adi:1VPX8..786950");
        check("12|MFR 1VPX8|PNO 6231|SEQ 786950|PNR 6231A", "D1VPX86231786950 urn:epc:id:adi:1VPX8.6231.786950");
        check("DD|DUN 194532636|UCN 786950", "UN194532636786950");
    }

    #[test]
    fn what_makes_no_uii_says_why() {
        check(
            "06|17V1VPX8|S1",
            "none the mark makes no UII: the serial is neither one of the enterprise nor one of an original part or lot",
        );
        check("06|1P6231|S1", "none the mark makes no UII: no field names the enterprise");
        check("06|17V1VPX8|12V194532636|1P1|S1", "none the mark makes no UII: 17V and 12V both name an enterprise");
        check("06|18S1VIX8786950", "none \"1VIX8\" is neither a CAGE code nor a DoDAAC");
        check("06|18S1VPX8", "none the mark makes no UII: the serial is empty");
        check("06|17V1VPX8|1P62 31|S1", "D1VPX862 311 a UII may not hold ' '");
        check("06|17V1VPX8|1Pa|S1", "D1VPX8a1 a UII may not hold 'a'");
        check(
            &format!("06|17V1VPX8|1P{}|S1", "9".repeat(44)),
            &format!("D1VPX8{}1 a UII of 51 characters is too long; at most 50 are allowed", "9".repeat(44)),
        );
        check("06|17V1VPX8|-9", "none field \"-9\" begins with no qualifier");
        check("02|free", "none format \"02\" is not read here; its text is kept");
    }
}
