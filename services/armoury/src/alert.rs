//! An alert's life: raised once by the book, taken on and resolved by people it is meant for.
//!
//! Its key is the hash of rule, version, subject and cause, so that neither a thousand scans nor
//! a replay raises it twice. It never warns the custodian of the place where it is meant for those
//! above, nor the person whose act it is about.

use sha2::{Digest, Sha256};

use crate::codes::{Audience, Rule};
use crate::command::AlertCommand;
use crate::event::alert::{self as event, AlertEvent, Raised};
use crate::event::{Actor, Event, Fact};
use crate::ids::AlertKey;
use crate::life::{Ctx, Life};
use crate::refusal::{Refusal, TEXT, person, said};

/// The key of an alert: 16 hex digits of SHA-256 over rule, version, subject and cause. The cause
/// is what makes it one finding: the loss's case, the event, the place of a strange tag.
#[must_use]
pub fn key(rule: Rule, version: u32, subject: &str, cause: &str) -> AlertKey {
    let mut hash = Sha256::new();
    for part in [rule.word(), &version.to_string(), subject, cause] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let digest = hash.finalize();
    hex::encode(&digest[..8]).parse().expect("16 hex digits are a key")
}

/// An alert.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alert {
    /// What was raised.
    pub raised: Option<Raised>,
    /// Somebody has taken it on.
    pub acknowledged: bool,
    /// Done with.
    pub resolved: bool,
}

impl Life for Alert {
    type Id = AlertKey;
    type State = Self;
    type Command = AlertCommand;

    fn evolve(state: &mut Self, fact: &Fact) {
        let Event::Alert(event) = &fact.event else { return };
        match event {
            AlertEvent::Raised(raised) => state.raised = Some(raised.clone()),
            AlertEvent::Acknowledged(_) => state.acknowledged = true,
            AlertEvent::Resolved(_) => state.resolved = true,
        }
    }

    fn decide(_: &AlertKey, state: &Self, command: &AlertCommand, ctx: &Ctx) -> Result<Vec<Event>, Refusal> {
        let event = match (command, &state.raised) {
            (AlertCommand::Raise(_), _) if !matches!(ctx.actor, Actor::Book { .. }) => return Err(Refusal::OnlyTheBook),
            (AlertCommand::Raise(_), Some(_)) => return Ok(Vec::new()),
            (AlertCommand::Raise(raised), None) => AlertEvent::Raised(raised.clone()),
            (_, None) => return Err(Refusal::NotInBook { what: "alert" }),
            (_, Some(raised)) if kept_from(raised, ctx)? => return Err(Refusal::NotForYou),
            (AlertCommand::Acknowledge(_), _) if state.acknowledged => return Ok(Vec::new()),
            (_, Some(_)) if state.resolved => return Err(Refusal::AlertResolved),
            (AlertCommand::Acknowledge(_), _) => AlertEvent::Acknowledged(event::Acknowledged {}),
            (AlertCommand::Resolve(resolve), _) => {
                said("the finding", &resolve.finding, TEXT)?;
                AlertEvent::Resolved(event::Resolved { finding: resolve.finding.clone() })
            }
        };
        Ok(vec![event.into()])
    }
}

/// Whether the alert must not come before the one who acts.
fn kept_from(raised: &Raised, ctx: &Ctx) -> Result<bool, Refusal> {
    let actor = person(ctx.actor)?;
    let keeps = raised.audience == Audience::Above && ctx.facts.custodian.as_ref() == Some(actor);
    Ok(keeps || raised.person.as_ref() == Some(actor))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::alert::{Acknowledge, Resolve};
    use crate::life::Facts;
    use crate::story::{Story, book, event_id, story};

    fn raise() -> AlertCommand {
        AlertCommand::Raise(Raised {
            alert: this().to_string(),
            rule: Rule::R2,
            version: 1,
            audience: Audience::Above,
            weapon: None,
            tag: None,
            person: None,
            place: None,
            cause: Some(event_id(7)),
            evidence: event_id(8),
        })
    }

    fn this() -> AlertKey {
        key(Rule::R2, 1, "weapon 1", "case 7")
    }

    fn raised() -> Story<Alert> {
        story(this(), []).by(book()).and(&raise())
    }

    #[test]
    fn raised_once_by_the_book() {
        raised().when(&raise()).then::<Event>([]);
        story::<Alert>(this(), []).when(&raise()).refused("only_the_book");
        assert_ne!(this(), key(Rule::R1, 1, "weapon 1", "case 7"));
        assert_ne!(this(), key(Rule::R2, 1, "weapon 1", "case 9"));
    }

    #[test]
    fn never_shown_to_the_custodian_it_must_not_warn() {
        let custodian = crate::story::person("31877");
        let facts = Facts { custodian: custodian.person().cloned(), ..Facts::default() };
        let take_on = AlertCommand::Acknowledge(Acknowledge {});
        let told = raised().with(facts).by(custodian);
        told.when(&take_on).refused("not_for_you");
        let done = told.by(crate::story::person("20002")).and(&take_on);
        done.when(&take_on).then::<Event>([]);
        let resolve = |finding: &str| AlertCommand::Resolve(Resolve { finding: finding.to_owned() });
        done.when(&resolve(" ")).refused("empty");
        done.and(&resolve("copied tag")).when(&resolve("again")).refused("alert_resolved");
    }
}
