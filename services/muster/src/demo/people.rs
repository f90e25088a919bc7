//! Training data: who serves in the demonstration. Names and numbers are invented.
//!
//! The first two found the book; the others are entered by the security officer and get their rights
//! by two. Soldiers without rights are here because weapons are issued to them.

use armoury::codes::Role::{self, Approver, Auditor, Custodian, Inspector, SecurityOfficer, TracingOfficer, Witness};

/// Somebody in the demonstration.
#[derive(Clone, Copy, Debug)]
pub struct Person {
    /// Service number.
    pub number: &'static str,
    /// Rank in the unit's words.
    pub rank: &'static str,
    /// Name.
    pub name: &'static str,
    /// Unit.
    pub unit: &'static str,
    /// Rights: the role, and the site it reaches; `None` = everywhere.
    pub rights: &'static [(Role, Option<&'static str>)],
}

const fn p(
    number: &'static str,
    rank: &'static str,
    name: &'static str,
    unit: &'static str,
    rights: &'static [(Role, Option<&'static str>)],
) -> Person {
    Person { number, rank, name, unit, rights }
}

/// The commanding officer: founder and first approver.
pub const COMMANDER: &str = "10441";
/// The security officer: second founder.
pub const SECURITY: &str = "10987";
/// Deputy, the second approver.
pub const DEPUTY: &str = "11207";
/// The custodian of Camp Kestrel, who does most of what is done.
pub const ARMOURER: &str = "55210";
/// The auditor.
pub const AUDITOR: &str = "90113";

/// Everybody who holds a right.
pub const OFFICERS: &[Person] = &[
    p(COMMANDER, "Lt Col", "Amara Diallo", "1st Battalion", &[(Approver, None)]),
    p(SECURITY, "Capt", "Jonas Lindqvist", "1st Battalion", &[(SecurityOfficer, None)]),
    p(DEPUTY, "Maj", "Rosa Iturbe", "1st Battalion", &[(Approver, None)]),
    p(ARMOURER, "S/Sgt", "Peter Okoro", "1st Battalion", &[(Custodian, Some("Camp Kestrel"))]),
    p("55342", "Sgt", "Hanna Weiss", "B Company", &[(Custodian, Some("Camp Kestrel"))]),
    p("56017", "Sgt", "Tomasz Wrona", "C Company, detached", &[(Custodian, Some("Outpost Heron"))]),
    p("56120", "W/O", "Li Wenhua", "Logistic Company", &[(Custodian, Some("Harbour Depot"))]),
    p(AUDITOR, "Mr", "Samuel Mwangi", "Office of the Auditor General", &[(Auditor, None)]),
    p("90240", "Ms", "Ingrid Solheim", "Mission Inspection Team", &[(Inspector, Some("Camp Kestrel"))]),
    p("30771", "Insp", "Farid Rahmani", "National Firearms Registry", &[(TracingOfficer, None)]),
    p("80065", "Mr", "Koffi Mensah", "National Commission on Small Arms", &[(Witness, None)]),
];

const RANKS: &[&str] = &["Pte", "Pte", "Pte", "Pte", "L/Cpl", "Cpl", "Sgt"];
const FIRST: &[&str] = &[
    "Ana", "Boris", "Chidi", "Dawit", "Emil", "Fatou", "Goran", "Hamid", "Ivan", "Jean", "Kofi", "Luis", "Mei", "Nadia", "Omar",
    "Pavel", "Quentin", "Ravi", "Selim", "Thandi",
];
const LAST: &[&str] =
    &["Abebe", "Bangura", "Costa", "Dukić", "Eriksen", "Farah", "García", "Haddad", "Ito", "Jansen", "Kone", "Lopes"];

/// How many soldiers can be issued a weapon.
pub const SOLDIERS: usize = 80;

/// A soldier without rights: service number, rank, name, unit.
#[must_use]
pub fn soldier(n: usize) -> (String, &'static str, String, String) {
    let name = format!("{} {}", FIRST[n % FIRST.len()], LAST[n * 5 % LAST.len()]);
    let company = ["A Company", "B Company", "C Company", "Support Company"][n % 4];
    ((31_800 + n * 7).to_string(), RANKS[n % RANKS.len()], name, company.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_number_once() {
        let soldiers = (0..SOLDIERS).map(|n| soldier(n).0);
        let numbers: BTreeSet<String> = OFFICERS.iter().map(|person| person.number.to_owned()).chain(soldiers).collect();
        assert_eq!(numbers.len(), OFFICERS.len() + SOLDIERS);
    }
}
