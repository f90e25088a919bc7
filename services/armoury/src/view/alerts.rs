//! Alerts as people see them: one line a cause, grouped and counted, each with what to do next.
//!
//! Lines about a read of a destroyed or lost weapon, about a cloned tag, and about a person's own
//! acts never reach the custodian of that place: they go to those above and to the auditors.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use tag_data::moment::Moment;

use super::scope::Message;
use crate::codes::{Audience, Role, Rule};
use crate::event::Fact;
use crate::event::alert::{AlertEvent, Raised};
use crate::event::person::Grant;
use crate::ids::{EventId, PlaceId, ServiceNumber, WeaponId};

/// The most alerts named in one line; the count says how many there are.
pub const NAMED_MAX: usize = 100;

/// How far a line has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlertStage {
    /// Nobody has taken it on.
    Raised,
    /// A person has taken it on.
    Acknowledged,
    /// Done with.
    Resolved,
}

/// One alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AlertRow {
    /// Its key.
    pub alert: String,
    /// The rule; a screen shows the message, never the code alone.
    pub rule: Rule,
    /// Who is shown it.
    pub audience: Audience,
    /// How far it has come.
    pub stage: AlertStage,
    /// The weapon concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weapon: Option<WeaponId>,
    /// The tag or text concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// The person concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<ServiceNumber>,
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<PlaceId>,
    /// The first scan or act.
    pub evidence: EventId,
    /// When it was raised.
    pub raised_at: Moment,
    /// Who took it on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acknowledged_by: Option<ServiceNumber>,
    /// What was found, once done with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finding: Option<String>,
    /// Position of the raising event.
    pub position: u64,
}

/// One line: all alerts of one cause that are not done with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AlertLine {
    /// The rule.
    pub rule: Rule,
    /// Who is shown it.
    pub audience: Audience,
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<PlaceId>,
    /// The weapon, if the line is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weapon: Option<WeaponId>,
    /// The person, if the line is about acts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<ServiceNumber>,
    /// How many alerts it stands for.
    pub count: u64,
    /// How many of them nobody has taken on.
    pub unread: u64,
    /// Their keys, oldest first, at most [`NAMED_MAX`].
    pub alerts: Vec<String>,
    /// When the first was raised.
    pub since: Moment,
    /// When the last was raised.
    pub last: Moment,
    /// What happened, as a sentence of the catalogue.
    pub message: Message,
    /// What to do next, as a sentence of the catalogue.
    pub next: Message,
    /// Position of the last raising event.
    pub position: u64,
}

/// Who looks: what [`AlertLine::visible_to`] needs to know.
#[derive(Clone, Debug)]
pub struct Viewer<'a> {
    /// The service number.
    pub service_number: &'a ServiceNumber,
    /// The rights in force now.
    pub grants: &'a [Grant],
}

/// All alerts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alerts {
    alerts: BTreeMap<String, AlertRow>,
}

type LineKey = (Rule, Audience, Option<PlaceId>, Option<WeaponId>, Option<ServiceNumber>);

impl Alerts {
    /// Takes in what happened to an alert.
    pub fn apply(&mut self, fact: &Fact, event: &AlertEvent) {
        let key = super::subject_text(&fact.stream).unwrap_or_default();
        match event {
            AlertEvent::Raised(raised) => {
                self.alerts.entry(key.to_owned()).or_insert_with(|| AlertRow::raised(fact, key, raised));
            }
            AlertEvent::Acknowledged(_) => {
                if let Some(row) = self.alerts.get_mut(key) {
                    row.stage = row.stage.max(AlertStage::Acknowledged);
                    row.acknowledged_by = fact.meta.actor.person().cloned();
                }
            }
            AlertEvent::Resolved(resolved) => {
                if let Some(row) = self.alerts.get_mut(key) {
                    row.stage = AlertStage::Resolved;
                    row.finding = Some(resolved.finding.clone());
                }
            }
        }
    }

    /// One alert by its key.
    #[must_use]
    pub fn get(&self, alert: &str) -> Option<&AlertRow> {
        self.alerts.get(alert)
    }

    /// All alerts, newest first.
    #[must_use]
    pub fn rows(&self) -> Vec<&AlertRow> {
        let mut rows: Vec<&AlertRow> = self.alerts.values().collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.position));
        rows
    }

    /// Alerts of a weapon that are not done with, newest first.
    #[must_use]
    pub fn of_weapon(&self, weapon: WeaponId) -> Vec<AlertRow> {
        let rows = self.rows().into_iter().filter(|row| row.weapon == Some(weapon) && row.stage != AlertStage::Resolved);
        rows.cloned().collect()
    }

    /// One line a cause, newest first; what is done with is left out.
    #[must_use]
    pub fn lines(&self) -> Vec<AlertLine> {
        let mut lines: BTreeMap<LineKey, AlertLine> = BTreeMap::new();
        let mut open: Vec<&AlertRow> = self.alerts.values().filter(|row| row.stage != AlertStage::Resolved).collect();
        open.sort_by_key(|row| row.position);
        for row in open {
            lines.entry(row.line_key()).or_insert_with(|| row.line()).add(row);
        }
        let mut lines: Vec<AlertLine> = lines.into_values().map(AlertLine::told).collect();
        lines.sort_by_key(|line| std::cmp::Reverse(line.position));
        lines
    }
}

impl AlertRow {
    fn raised(fact: &Fact, key: &str, raised: &Raised) -> Self {
        Self {
            alert: key.to_owned(),
            rule: raised.rule,
            audience: raised.audience,
            stage: AlertStage::Raised,
            weapon: raised.weapon,
            tag: raised.tag.clone(),
            person: raised.person.clone(),
            place: raised.place,
            evidence: raised.evidence,
            raised_at: fact.recorded_at,
            acknowledged_by: None,
            finding: None,
            position: fact.position,
        }
    }

    /// What makes alerts one cause: the weapon where one is the matter, the person where acts are.
    fn line_key(&self) -> LineKey {
        let (weapon, person) = match self.rule {
            Rule::R1 | Rule::R2 | Rule::R5 | Rule::R6 | Rule::R7 | Rule::K1 => (self.weapon, None),
            Rule::AgainstBook | Rule::Provisional => (None, self.person.clone()),
            Rule::R10 | Rule::K14 | Rule::OneKeyTwice => (None, None),
        };
        (self.rule, self.audience, self.place, weapon, person)
    }

    fn line(&self) -> AlertLine {
        let (rule, audience, place, weapon, person) = self.line_key();
        AlertLine {
            rule,
            audience,
            place,
            weapon,
            person,
            count: 0,
            unread: 0,
            alerts: Vec::new(),
            since: self.raised_at,
            last: self.raised_at,
            message: Message::new(""),
            next: Message::new(""),
            position: self.position,
        }
    }
}

impl AlertLine {
    fn add(&mut self, row: &AlertRow) {
        self.count += 1;
        self.unread += u64::from(row.stage == AlertStage::Raised);
        self.since = self.since.min(row.raised_at);
        self.last = self.last.max(row.raised_at);
        self.position = self.position.max(row.position);
        if self.alerts.len() < NAMED_MAX {
            self.alerts.push(row.alert.clone());
        }
    }

    fn told(mut self) -> Self {
        let name = rule_name(self.rule);
        self.message = Message::new(&format!("alert-{name}")).with("count", self.count);
        self.next = Message::new(&format!("alert-{name}-next")).with("count", self.count);
        self
    }

    /// Whether this person is shown the line. `chain` is the line's place and those above it;
    /// `custodian` is who keeps that place by name.
    #[must_use]
    pub fn visible_to(&self, viewer: &Viewer<'_>, chain: &[PlaceId], custodian: Option<&ServiceNumber>, now: Moment) -> bool {
        let holds = |role: Role| viewer.grants.iter().any(|grant| grant.role == role && in_force(grant, chain, now));
        let keeps_it = custodian == Some(viewer.service_number) || holds(Role::Custodian);
        let waits = self.rule == Rule::Provisional; // No suspicion: he himself looks for his second person.
        let own_act = self.person.as_ref() == Some(viewer.service_number) && !waits;
        let above = (holds(Role::Approver) || holds(Role::Auditor)) && !keeps_it && !own_act;
        match self.audience {
            Audience::Security => holds(Role::SecurityOfficer),
            Audience::Above => above,
            Audience::Place if kept_from_custodian(self.rule) => above,
            Audience::Place => !own_act && (keeps_it || holds(Role::Approver) || holds(Role::Auditor)),
        }
    }
}

fn in_force(grant: &Grant, chain: &[PlaceId], now: Moment) -> bool {
    let here = grant.place.is_none_or(|place| chain.contains(&place));
    here && grant.from <= now && grant.until.is_none_or(|until| now < until)
}

/// Rules whose alerts the custodian of the place never sees, whatever their audience says.
const fn kept_from_custodian(rule: Rule) -> bool {
    match rule {
        Rule::R1 | Rule::R2 | Rule::R5 | Rule::AgainstBook => true,
        Rule::R6 | Rule::R7 | Rule::R10 | Rule::K1 | Rule::K14 | Rule::OneKeyTwice | Rule::Provisional => false,
    }
}

/// The rule's name in the catalogue: what it says, never its code.
#[must_use]
pub const fn rule_name(rule: Rule) -> &'static str {
    match rule {
        Rule::R1 => "destroyed-read",
        Rule::R2 => "lost-read",
        Rule::R5 => "other-chip",
        Rule::R6 => "retired-tag-read",
        Rule::R7 => "issued-in-rack",
        Rule::R10 => "unknown-read",
        Rule::AgainstBook => "against-book",
        Rule::K1 => "duplicate-identity",
        Rule::Provisional => "waits-for-second",
        Rule::K14 => "gateway-gap",
        Rule::OneKeyTwice => "one-key-twice",
    }
}
