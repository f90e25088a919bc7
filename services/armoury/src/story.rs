//! Stories: given what happened, when somebody asks, then this happens or is refused.
//!
//! ```text
//! given([registered()]).when(issue(CPL)).then([issued(CPL)]);
//! given([registered(), destroyed()]).by(OKORO).when(issue(CPL)).refused("record_closed");
//! ```
//! Event number n of a story has the id that [`event_id`] gives for n, from 1.

use tag_data::moment::Moment;
use uuid::Uuid;

use crate::codes::Basis;
use crate::event::{Actor, Event, Fact, Meta};
use crate::ids::EventId;
use crate::life::{Ctx, Facts, Life};

/// The id of a story's event number `n`, from 1.
pub fn event_id(n: u128) -> EventId {
    EventId(Uuid::from_u128(n))
}

/// A person in his own sign-in.
pub fn person(service_number: &str) -> Actor {
    let sign_in = format!("sign-in of {service_number}");
    Actor::Person { service_number: service_number.parse().unwrap(), sign_in }
}

/// The book itself.
pub fn book() -> Actor {
    Actor::Book { rule: "story".to_owned() }
}

/// One event as recorded, by `actor`, as number `n` of its story.
pub fn fact(n: u64, actor: &Actor, event: Event) -> Fact {
    let meta = Meta {
        actor: actor.clone(),
        role: None,
        device: None,
        place: None,
        node: "hq".parse().unwrap(),
        basis: Basis::Device,
        cause: None,
        reason: None,
        idempotency_key: None,
    };
    let at = Moment::from_micros(i64::try_from(n).unwrap() * 1_000_000);
    let leaf = [u8::try_from(n % 256).unwrap(); 32];
    Fact {
        position: n,
        id: event_id(n.into()),
        stream: "story@hq".to_owned(),
        revision: n - 1,
        recorded_at: at,
        occurred_at: at,
        leaf,
        meta,
        event,
    }
}

/// A story of one life under way.
pub struct Story<L: Life> {
    id: L::Id,
    told: Vec<Fact>,
    actor: Actor,
    facts: Facts,
}

/// Begins a story of the life `id` in which these events happened, each by whom.
pub fn story<L: Life>(id: L::Id, told: impl IntoIterator<Item = (Actor, Event)>) -> Story<L> {
    let told = told.into_iter().zip(1..).map(|((actor, event), n)| fact(n, &actor, event)).collect();
    Story { id, told, actor: person("10001"), facts: Facts::default() }
}

/// What came of it.
pub struct Answer(Result<Vec<Event>, crate::refusal::Refusal>);

impl<L: Life> Story<L> {
    /// Who asks; without this, person 10001.
    pub fn by(self, actor: Actor) -> Self {
        Self { actor, ..self }
    }

    /// What the desk looked up.
    pub fn with(self, facts: Facts) -> Self {
        Self { facts, ..self }
    }

    /// Asks, and takes what comes of it into the story.
    pub fn and(mut self, command: &L::Command) -> Self {
        let Answer(events) = self.when(command);
        for event in events.unwrap() {
            let n = self.told.len() as u64 + 1;
            self.told.push(fact(n, &self.actor, event));
        }
        self
    }

    /// Asks.
    pub fn when(&self, command: &L::Command) -> Answer {
        let ctx = Ctx { now: Moment::from_micros(1_000_000_000), actor: &self.actor, facts: &self.facts };
        Answer(L::decide(&self.id, &self.state(), command, &ctx))
    }

    /// The state so far.
    pub fn state(&self) -> L::State {
        L::fold(&self.told)
    }
}

impl Answer {
    /// These events happen.
    #[track_caller]
    pub fn then<E: Into<Event>>(self, want: impl IntoIterator<Item = E>) {
        assert_eq!(self.0, Ok(want.into_iter().map(Into::into).collect()));
    }

    /// Events of these types happen.
    #[track_caller]
    pub fn tells(self, want: &[&str]) {
        let events = self.0.unwrap();
        assert_eq!(events.iter().map(Event::type_name).collect::<Vec<_>>(), want);
    }

    /// It is refused with this code.
    #[track_caller]
    pub fn refused(self, code: &str) {
        assert_eq!(self.0.map_err(|refusal| refusal.code()), Err(code_of(code)));
    }
}

fn code_of(code: &str) -> &'static str {
    crate::refusal::Refusal::CODES.iter().find(|known| **known == code).expect("a code that exists")
}
