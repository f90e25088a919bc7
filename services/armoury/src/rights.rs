//! Who may do what where: one table, act by role, and grants that reach a place and all below it.
//!
//! Always holds: what follows by rule and the founding are nobody's right; the security officer
//! and the operator never hold stock. Which acts need a second person stands in the lives.

use tag_data::moment::Moment;

use crate::codes::Role;
use crate::event::person::Grant;
use crate::ids::PlaceId;

use Role::{Approver, Auditor, Custodian, Gateway, Inspector, Operator, SecurityOfficer, TracingOfficer, Witness};

macro_rules! acts {
    ($($(#[$doc:meta])* $act:ident: [$($role:ident),* $(,)?]),* $(,)?) => {
        /// One kind of act or read; each command says which it is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Act { $($(#[$doc])* $act),* }

        impl Act {
            /// Every act.
            pub const ALL: &[Self] = &[$(Self::$act),*];

            /// The roles that may do it, in the order in which they are taken.
            #[must_use]
            pub const fn roles(self) -> &'static [Role] {
                match self { $(Self::$act => &[$($role),*]),* }
            }
        }
    };
}

acts! {
    /// Enter a weapon in the book.
    RegisterWeapon: [Custodian, Approver],
    /// Record marks, bind and retire tags.
    MarkWeapon: [Custodian, Approver],
    /// Rack, issue, take in, send out, book as recovered: possession needs one person.
    MoveWeapon: [Custodian, Approver],
    /// Confirm that a receiver has what was sent.
    ConfirmReceipt: [Custodian, Approver],
    /// Long-term assignment, parts out and in.
    AssignWeapon: [Custodian, Approver],
    /// Keep, surplus or destroy.
    DecideDisposition: [Approver],
    /// From examination into store.
    RestoreWeapon: [Custodian, Approver],
    /// Open, rename and close places.
    ArrangePlaces: [Approver, SecurityOfficer],
    /// Say who keeps the stock of a place.
    NameCustodian: [Approver],
    /// Enter a person.
    EnrolPerson: [SecurityOfficer],
    /// Ask for a right for somebody.
    RequestGrant: [SecurityOfficer, Approver],
    /// Approve a right that another asked for.
    ApproveGrant: [SecurityOfficer, Approver],
    /// Take a right away.
    RevokeGrant: [SecurityOfficer, Approver],
    /// Open, recount, close and call off counts.
    RunCount: [Custodian, Approver],
    /// Count items.
    CountItems: [Custodian, Approver, Inspector, Witness],
    /// Sign a closed count, or refuse to.
    SignCount: [Approver, Inspector, Witness, Custodian],
    /// Report a weapon missing, log searches, report it recovered.
    ReportMiss: [Custodian, Approver],
    /// Explain a case before any loss.
    ExplainCase: [Custodian, Approver],
    /// Presume and declare lost, record reports to outside.
    DeclareLoss: [Custodian, Approver],
    /// Ask to close a case.
    RequestCaseClose: [Custodian, Approver],
    /// Close a case, or refuse to.
    CloseCase: [Approver],
    /// Open a batch, list, check and lock.
    PrepareBatch: [Custodian, Approver],
    /// Ask to take a weapon out of a locked batch.
    RequestRelease: [Custodian, Approver],
    /// Let it out.
    ApproveRelease: [Approver],
    /// Record a destruction.
    RecordDestruction: [Custodian, Approver],
    /// Enter a witness's signature.
    WitnessDestruction: [Witness, Inspector, Custodian, Approver],
    /// Verify a destruction.
    VerifyDestruction: [Approver, Inspector, Witness],
    /// Propose a gateway.
    ProposeGateway: [SecurityOfficer, Approver],
    /// Enrol it.
    EnrolGateway: [SecurityOfficer, Approver],
    /// Close its key.
    RevokeGateway: [SecurityOfficer, Approver],
    /// Hand in observations.
    HandInBatch: [Gateway],
    /// Take on and resolve alerts that one is shown.
    HandleAlert: [Approver, Custodian, Auditor, SecurityOfficer],
    /// Backup and update.
    Operate: [Operator],
    /// Read the stockpile, weapons and their trails.
    ReadStock: [Custodian, Approver, Inspector, Auditor, TracingOfficer],
    /// Read counts and their statements.
    ReadCounts: [Custodian, Approver, Inspector, Auditor, Witness],
    /// Read what an open blind count expects; never one of its counters.
    ReadBlindCount: [Approver, Auditor],
    /// Read the lost register and cases.
    ReadLosses: [Custodian, Approver, Inspector, Auditor, TracingOfficer],
    /// Read batches and what waits for destruction.
    ReadDestruction: [Custodian, Approver, Inspector, Auditor, Witness],
    /// Read tracing records.
    ReadTracing: [TracingOfficer, Approver, Auditor],
    /// Read alerts meant for the place.
    ReadAlerts: [Custodian, Approver, Auditor],
    /// Read alerts meant for those above, such as reads of lost and destroyed weapons.
    ReadAlertsAbove: [Approver, Auditor],
    /// Read alerts meant for security.
    ReadAlertsSecurity: [SecurityOfficer, Auditor],
    /// Read places.
    ReadPlaces: [Custodian, Approver, Inspector, Auditor, TracingOfficer, SecurityOfficer, Witness],
    /// Read people and their rights.
    ReadPeople: [SecurityOfficer, Custodian, Approver, Auditor],
    /// Read readers and gateways.
    ReadReaders: [Custodian, Approver, Auditor, SecurityOfficer],
    /// Read the log, its head and its proof.
    ReadLog: [Auditor, Approver],
    /// Read who looked at what.
    ReadAccessLog: [Auditor, SecurityOfficer],
    /// Found the book: the set-up's one-time link only.
    Found: [],
    /// What follows by rule: the book itself only.
    Follow: [],
}

/// The role in which somebody with these grants may do `act` in a place now, if he may.
///
/// `chain` is the place and every place above it. With an empty chain the act belongs to no place
/// (enrolling a person, reading the log) and only a grant for everywhere reaches it.
#[must_use]
pub fn may(grants: &[Grant], act: Act, chain: &[PlaceId], now: Moment) -> Option<Role> {
    let reaches = |grant: &&Grant| grant.place.is_none_or(|place| chain.contains(&place));
    let held: Vec<Role> = grants.iter().filter(|grant| stands(grant, now)).filter(reaches).map(|grant| grant.role).collect();
    act.roles().iter().copied().find(|role| held.contains(role))
}

/// How far somebody's right to an act reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Everywhere.
    Everywhere,
    /// These places and all below them; empty = nowhere.
    Below(Vec<PlaceId>),
}

/// Where somebody with these grants may do `act` now.
#[must_use]
pub fn reach(grants: &[Grant], act: Act, now: Moment) -> Reach {
    let mut below = Vec::new();
    for grant in grants.iter().filter(|grant| stands(grant, now) && act.roles().contains(&grant.role)) {
        match grant.place {
            None => return Reach::Everywhere,
            Some(place) => below.push(place),
        }
    }
    below.sort_unstable();
    below.dedup();
    Reach::Below(below)
}

/// Whether a grant is in force: from its first moment until, but not at, its last.
#[must_use]
pub fn stands(grant: &Grant, now: Moment) -> bool {
    grant.from <= now && grant.until.is_none_or(|until| now < until)
}

/// Pairs that one person never holds together, at any places.
const CONFLICTS: &[(&[Role], &[Role])] = &[
    (&[SecurityOfficer, Operator], &[Custodian, Approver, Inspector, Auditor, TracingOfficer, Witness]),
    (&[Auditor], &[Custodian, Approver]),
    (&[Gateway], &[Custodian, Approver, Inspector, Auditor, TracingOfficer, SecurityOfficer, Operator, Witness]),
];

/// The role already held that forbids `wanted`, if one does.
#[must_use]
pub fn conflict(held: impl IntoIterator<Item = Role>, wanted: Role) -> Option<Role> {
    let apart = |a: Role, b: Role| {
        CONFLICTS.iter().any(|(one, other)| (one.contains(&a) && other.contains(&b)) || (one.contains(&b) && other.contains(&a)))
    };
    held.into_iter().find(|role| apart(*role, wanted))
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn grant(role: Role, place: Option<u128>, from: i64, until: Option<i64>) -> Grant {
        Grant {
            role,
            place: place.map(|p| PlaceId(Uuid::from_u128(p))),
            from: Moment::from_micros(from),
            until: until.map(Moment::from_micros),
        }
    }

    #[track_caller]
    fn check(grants: &[Grant], act: Act, chain: &[u128], now: i64, want: Option<Role>) {
        let chain: Vec<PlaceId> = chain.iter().map(|p| PlaceId(Uuid::from_u128(*p))).collect();
        assert_eq!(may(grants, act, &chain, Moment::from_micros(now)), want, "{act:?}");
    }

    #[test]
    fn a_grant_reaches_its_place_and_below_in_its_time() {
        let site = [grant(Custodian, Some(1), 10, Some(20))];
        check(&site, Act::MoveWeapon, &[3, 2, 1], 10, Some(Custodian));
        check(&site, Act::MoveWeapon, &[1], 19, Some(Custodian));
        check(&site, Act::MoveWeapon, &[1], 20, None);
        check(&site, Act::MoveWeapon, &[1], 9, None);
        check(&site, Act::MoveWeapon, &[4], 15, None);
        check(&site, Act::ReadLog, &[], 15, None);
        check(&[grant(Auditor, None, 0, None)], Act::ReadLog, &[], 15, Some(Auditor));
        check(&[grant(SecurityOfficer, None, 0, None)], Act::MoveWeapon, &[1], 15, None);
        check(&[grant(Operator, None, 0, None)], Act::ReadStock, &[1], 15, None);
    }

    #[test]
    fn nobody_may_follow_or_found() {
        let all: Vec<Grant> = Role::ALL.iter().map(|role| grant(*role, None, 0, None)).collect();
        check(&all, Act::Follow, &[1], 5, None);
        check(&all, Act::Found, &[], 5, None);
    }

    #[test]
    fn roles_apart() {
        assert_eq!(conflict([Custodian], SecurityOfficer), Some(Custodian));
        assert_eq!(conflict([Operator], Approver), Some(Operator));
        assert_eq!(conflict([SecurityOfficer], Operator), None);
        assert_eq!(conflict([Custodian], Approver), None);
        assert_eq!(conflict([Auditor], Custodian), Some(Auditor));
        assert_eq!(conflict([Witness], Gateway), Some(Witness));
        for role in Role::ALL {
            assert_eq!(conflict([*role], *role), None, "{role} beside itself");
        }
    }

    #[test]
    fn the_security_officer_and_the_operator_hold_no_stock_right() {
        let stock =
            [Act::RegisterWeapon, Act::MoveWeapon, Act::CloseCase, Act::SignCount, Act::ReadStock, Act::VerifyDestruction];
        for act in stock {
            assert!(!act.roles().contains(&SecurityOfficer) && !act.roles().contains(&Operator), "{act:?}");
        }
    }
}
