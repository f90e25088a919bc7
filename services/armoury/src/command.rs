//! What people ask of the book: one enum a life, each command writing exactly one stream.
//!
//! A command is a request in the trade's words; the rules in each life's file answer it with
//! events or with a refusal. What follows from an event by rule (`Follow`, `Raise`) cannot be
//! said over the border: those variants are never read from outside.

use serde::{Deserialize, Serialize};

use crate::ids::{AlertKey, BatchId, CaseId, CountId, GatewayKey, NodeId, PlaceId, ServiceNumber, WeaponId};
use crate::rights::Act;

/// Declares plain request structs: what crosses the border, nothing unknown let through.
macro_rules! requests {
    ($($(#[$doc:meta])* $name:ident { $($(#[$fdoc:meta])* $field:ident: $kind:ty),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name { $($(#[$fdoc])* pub $field: $kind),* }
    )*};
}

pub mod alert;
pub mod batch;
pub mod case;
pub mod count;
pub mod gateway;
pub mod person;
pub mod place;
pub mod weapon;

pub use alert::AlertCommand;
pub use batch::BatchCommand;
pub use case::CaseCommand;
pub use count::CountCommand;
pub use gateway::GatewayCommand;
pub use person::PersonCommand;
pub use place::PlaceCommand;
pub use weapon::WeaponCommand;

/// Any command, with the id of the life it is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    /// To a weapon.
    Weapon(WeaponId, WeaponCommand),
    /// To a place.
    Place(PlaceId, PlaceCommand),
    /// To a person's entry.
    Person(ServiceNumber, PersonCommand),
    /// To a count.
    Count(CountId, CountCommand),
    /// To a discrepancy case.
    Case(CaseId, CaseCommand),
    /// To a destruction batch.
    Batch(BatchId, BatchCommand),
    /// To a gateway's enrolment or intake.
    Gateway(GatewayKey, GatewayCommand),
    /// To an alert.
    Alert(AlertKey, AlertCommand),
}

impl Command {
    /// The one stream that this command writes, as `node` names it.
    #[must_use]
    pub fn stream(&self, node: &NodeId) -> String {
        match self {
            Self::Weapon(id, _) => id.stream(node),
            Self::Place(id, _) => id.stream(node),
            Self::Person(number, _) => number.stream(node),
            Self::Count(id, _) => id.stream(node),
            Self::Case(id, _) => id.stream(node),
            Self::Batch(id, _) => id.stream(node),
            Self::Gateway(key, GatewayCommand::ReceiveBatch(_)) => key.intake_stream(node),
            Self::Gateway(key, _) => key.enrolment_stream(node),
            Self::Alert(key, _) => key.stream(),
        }
    }

    /// What right it takes.
    #[must_use]
    pub const fn act(&self) -> Act {
        match self {
            Self::Weapon(_, command) => command.act(),
            Self::Place(_, command) => command.act(),
            Self::Person(_, command) => command.act(),
            Self::Count(_, command) => command.act(),
            Self::Case(_, command) => command.act(),
            Self::Batch(_, command) => command.act(),
            Self::Gateway(_, command) => command.act(),
            Self::Alert(_, command) => command.act(),
        }
    }

    /// Every place named in the command: where something goes. The places where things stand now
    /// (of the life itself and of [`Command::weapons`]) are looked up by the desk beside these.
    #[must_use]
    pub fn places(&self) -> Vec<PlaceId> {
        match self {
            Self::Weapon(_, command) => command.place().into_iter().collect(),
            Self::Place(id, command) => command.within(*id),
            Self::Person(_, command) => command.place().into_iter().collect(),
            Self::Count(_, command) => command.place().into_iter().collect(),
            Self::Case(_, command) => command.place().into_iter().collect(),
            Self::Batch(_, BatchCommand::Open(open)) => vec![open.place],
            Self::Batch(..) | Self::Gateway(..) | Self::Alert(..) => Vec::new(),
        }
    }

    /// Every weapon named in the command, the life itself among them.
    #[must_use]
    pub fn weapons(&self) -> Vec<WeaponId> {
        match self {
            Self::Weapon(id, _) => vec![*id],
            Self::Count(_, CountCommand::CountItem(item)) => item.weapon.into_iter().collect(),
            Self::Case(_, CaseCommand::Open(open)) => vec![open.weapon],
            Self::Batch(_, command) => command.weapon().into_iter().collect(),
            Self::Place(..) | Self::Person(..) | Self::Count(..) | Self::Case(..) | Self::Gateway(..) | Self::Alert(..) => {
                Vec::new()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &str, want: &str) {
        let read = serde_json::from_str::<WeaponCommand>(json);
        let shown = read.map_or_else(|cause| format!("refused: {cause}"), |command| format!("{:?}", command.act()));
        assert!(shown.starts_with(want), "{shown}");
    }

    #[test]
    fn what_crosses_the_border_is_known_and_nothing_else() {
        check(r#"{"act":"issue","to":"31877","acknowledgement":"pin"}"#, "MoveWeapon");
        check(r#"{"act":"issue","to":"31877","acknowledgement":"pin","badge":"7"}"#, "refused: unknown field `badge`");
        check(r#"{"act":"issue","to":"","acknowledgement":"pin"}"#, "refused: the service number is empty");
        check(r#"{"act":"follow","destroyed":{}}"#, "refused: unknown variant `follow`");
        check(r#"{"act":"return","place":"not an id"}"#, "refused: ");
    }

    #[test]
    fn one_command_writes_one_stream() {
        let (key, node): (GatewayKey, NodeId) = ("00112233aabbccdd".parse().unwrap(), "hq".parse().unwrap());
        let revoke = gateway::Revoke { next: None, because: "captured".to_owned() };
        let command = Command::Gateway(key, GatewayCommand::Revoke(revoke));
        assert_eq!(command.stream(&node), "enrolment-00112233aabbccdd@hq");
        assert_eq!(command.act(), Act::RevokeGateway);
    }
}
