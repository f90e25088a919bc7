//! Who is who, by service number, and what each may do where and until when.
//!
//! A right counts from its approval by another; a request waits here with its id and leaf, so
//! that the second person signs exactly what was asked. Names stay sealed: the program opens
//! them for those who may see them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use tag_data::moment::Moment;

use super::texts::{Ix, number};
use crate::event::Fact;
use crate::event::person::{Grant, PersonEvent};
use crate::ids::{EventId, ServiceNumber};
use crate::sealed::Sealed;

/// A person as a list shows him.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PersonRow {
    /// The service number.
    pub service_number: ServiceNumber,
    /// The name as sealed; never leaves the program, which opens it for those who may see it.
    #[serde(skip)]
    pub name: Option<Sealed>,
    /// Rank, in the unit's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rank: Option<String>,
    /// Unit, in the unit's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// False if the book knows the number only from other entries.
    pub enrolled: bool,
    /// The rights in force at the moment asked for.
    pub grants: Vec<GrantRow>,
}

/// A right in force, and the request or founding that gave it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct GrantRow {
    /// The right.
    pub grant: Grant,
    /// The event that asked for it; what a revocation names.
    pub request: EventId,
}

/// A right asked for that waits for its second person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct GrantRequestRow {
    /// For whom.
    pub service_number: ServiceNumber,
    /// The right.
    pub grant: Grant,
    /// The request's event id.
    pub request: EventId,
    /// The request's leaf, lower-case hex.
    pub request_leaf: String,
    /// The request's position in the log.
    pub position: u64,
    /// Who asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked_by: Option<ServiceNumber>,
    /// When.
    pub asked_at: Moment,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Person {
    number: ServiceNumber,
    name: Option<Sealed>,
    rank: Option<String>,
    unit: Option<String>,
    enrolled: bool,
    grants: Vec<GrantRow>,
    asked: BTreeMap<EventId, GrantRequestRow>,
}

/// All people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct People {
    all: Vec<Person>,
    by_number: BTreeMap<ServiceNumber, Ix>,
}

impl People {
    /// The number under which a person is kept, entered if new.
    pub fn keep(&mut self, number_: &ServiceNumber) -> Ix {
        if let Some(ix) = self.by_number.get(number_) {
            return *ix;
        }
        let ix = number(self.all.len());
        self.all.push(Person {
            number: number_.clone(),
            name: None,
            rank: None,
            unit: None,
            enrolled: false,
            grants: Vec::new(),
            asked: BTreeMap::new(),
        });
        self.by_number.insert(number_.clone(), ix);
        ix
    }

    /// The number under which a known person is kept.
    #[must_use]
    pub fn find(&self, number: &ServiceNumber) -> Option<Ix> {
        self.by_number.get(number).copied()
    }

    /// The service number of a person kept under `ix`.
    #[must_use]
    pub fn number(&self, ix: Ix) -> Option<ServiceNumber> {
        self.all.get(ix as usize).map(|person| person.number.clone())
    }

    /// Takes in what happened to a person's entry.
    pub fn apply(&mut self, fact: &Fact, event: &PersonEvent) {
        let number = match event {
            PersonEvent::Enrolled(enrolled) => Some(enrolled.service_number.clone()),
            PersonEvent::GrantRequested(_)
            | PersonEvent::GrantApproved(_)
            | PersonEvent::GrantRevoked(_)
            | PersonEvent::Founded(_) => super::subject_text(&fact.stream).and_then(|text| text.parse().ok()),
        };
        let Some(number) = number else { return };
        let ix = self.keep(&number);
        let Some(person) = self.all.get_mut(ix as usize) else { return };
        match event {
            PersonEvent::Enrolled(enrolled) => {
                person.name = Some(enrolled.name.clone());
                person.rank.clone_from(&enrolled.rank);
                person.unit.clone_from(&enrolled.unit);
                person.enrolled = true;
            }
            PersonEvent::GrantRequested(asked) => {
                let row = GrantRequestRow {
                    service_number: number,
                    grant: asked.grant.clone(),
                    request: fact.id,
                    request_leaf: hex::encode(fact.leaf),
                    position: fact.position,
                    asked_by: fact.meta.actor.person().cloned(),
                    asked_at: fact.recorded_at,
                };
                person.asked.insert(fact.id, row);
            }
            PersonEvent::GrantApproved(approved) => {
                if let Some(asked) = person.asked.remove(&approved.request) {
                    person.grants.push(GrantRow { grant: asked.grant, request: approved.request });
                }
            }
            PersonEvent::GrantRevoked(revoked) => {
                person.asked.remove(&revoked.request);
                person.grants.retain(|row| row.request != revoked.request);
            }
            PersonEvent::Founded(founded) => {
                person.grants.extend(founded.grants.iter().map(|grant| GrantRow { grant: grant.clone(), request: fact.id }));
            }
        }
    }

    /// One person's row with the rights in force at `now`.
    #[must_use]
    pub fn row(&self, number: &ServiceNumber, now: Moment) -> Option<PersonRow> {
        self.all.get(self.find(number)? as usize).map(|person| person.row(now))
    }

    /// Everybody, by service number.
    #[must_use]
    pub fn rows(&self, now: Moment) -> Vec<PersonRow> {
        self.by_number.values().filter_map(|ix| self.all.get(*ix as usize)).map(|person| person.row(now)).collect()
    }

    /// The rights of a person in force at `now`.
    #[must_use]
    pub fn grants(&self, number: &ServiceNumber, now: Moment) -> Vec<Grant> {
        let person = self.find(number).and_then(|ix| self.all.get(ix as usize));
        person.map(|person| person.active(now).map(|row| row.grant.clone()).collect()).unwrap_or_default()
    }

    /// The name as sealed, if the person is enrolled.
    #[must_use]
    pub fn sealed_name(&self, number: &ServiceNumber) -> Option<&Sealed> {
        self.all.get(self.find(number)? as usize)?.name.as_ref()
    }

    /// Rights asked for that wait for their second person, oldest first.
    #[must_use]
    pub fn grant_requests(&self) -> Vec<GrantRequestRow> {
        let mut rows: Vec<_> = self.all.iter().flat_map(|person| person.asked.values().cloned()).collect();
        rows.sort_by_key(|row| row.position);
        rows
    }

    /// How many people were ever entered.
    #[must_use]
    pub fn entered(&self) -> usize {
        self.all.iter().filter(|person| person.enrolled || !person.grants.is_empty()).count()
    }
}

impl Person {
    fn active(&self, now: Moment) -> impl Iterator<Item = &GrantRow> {
        self.grants.iter().filter(move |row| row.grant.from <= now && row.grant.until.is_none_or(|until| now < until))
    }

    fn row(&self, now: Moment) -> PersonRow {
        PersonRow {
            service_number: self.number.clone(),
            name: self.name.clone(),
            rank: self.rank.clone(),
            unit: self.unit.clone(),
            enrolled: self.enrolled,
            grants: self.active(now).cloned().collect(),
        }
    }
}
