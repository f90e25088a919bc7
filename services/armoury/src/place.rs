//! A place's life: opened below another, renamed, handed to a custodian, closed when empty.

use crate::command::PlaceCommand;
use crate::event::place::{self as event, PlaceEvent};
use crate::event::{Event, Fact};
use crate::ids::{PlaceId, ServiceNumber};
use crate::life::{Ctx, Life};
use crate::refusal::{LINE, Refusal, person, said};

/// A place's entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Its name; `None` = not in the book.
    pub name: Option<String>,
    /// Who keeps its stock, if one is named for this very place.
    pub custodian: Option<ServiceNumber>,
    /// Closed for good.
    pub closed: bool,
}

impl Life for Place {
    type Id = PlaceId;
    type State = Self;
    type Command = PlaceCommand;

    fn evolve(state: &mut Self, fact: &Fact) {
        let Event::Place(event) = &fact.event else { return };
        match event {
            PlaceEvent::Opened(opened) => state.name = Some(opened.name.clone()),
            PlaceEvent::Renamed(renamed) => state.name = Some(renamed.name.clone()),
            PlaceEvent::CustodianNamed(named) => state.custodian = Some(named.custodian.clone()),
            PlaceEvent::Closed(_) => state.closed = true,
        }
    }

    fn decide(id: &PlaceId, state: &Self, command: &PlaceCommand, ctx: &Ctx) -> Result<Vec<Event>, Refusal> {
        person(ctx.actor)?;
        let event = match (command, &state.name) {
            (PlaceCommand::Open(_), Some(_)) => return Err(Refusal::AlreadyInBook { what: "place" }),
            (PlaceCommand::Open(_), None) if ctx.facts.place_open == Some(false) => return Err(Refusal::PlaceClosed),
            (PlaceCommand::Open(open), None) => {
                said("the place's name", &open.name, LINE)?;
                let (kind, name, within) = (open.kind, open.name.clone(), open.within);
                PlaceEvent::Opened(event::Opened { place: *id, kind, name, within })
            }
            (_, None) => return Err(Refusal::NotInBook { what: "place" }),
            (PlaceCommand::Close(_), _) if state.closed => return Ok(Vec::new()),
            (_, Some(_)) if state.closed => return Err(Refusal::PlaceClosed),
            (PlaceCommand::Rename(rename), Some(name)) if *name == rename.name => return Ok(Vec::new()),
            (PlaceCommand::Rename(rename), Some(_)) => {
                said("the place's name", &rename.name, LINE)?;
                PlaceEvent::Renamed(event::Renamed { name: rename.name.clone() })
            }
            (PlaceCommand::NameCustodian(named), _) if state.custodian.as_ref() == Some(&named.custodian) => {
                return Ok(Vec::new());
            }
            (PlaceCommand::NameCustodian(named), _) => {
                PlaceEvent::CustodianNamed(event::CustodianNamed { custodian: named.custodian.clone() })
            }
            (PlaceCommand::Close(_), _) if ctx.facts.place_holds > 0 => {
                return Err(Refusal::PlaceHolds { weapons: ctx.facts.place_holds });
            }
            (PlaceCommand::Close(_), _) => PlaceEvent::Closed(event::Closed {}),
        };
        Ok(vec![event.into()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes::PlaceKind;
    use crate::command::place::{Close, NameCustodian, Open, Rename};
    use crate::life::Facts;
    use crate::story::{Story, person, story};
    use uuid::Uuid;

    fn open() -> PlaceCommand {
        PlaceCommand::Open(Open { kind: PlaceKind::Rack, name: "Rack 3".to_owned(), within: None })
    }

    fn nothing() -> Story<Place> {
        story(PlaceId(Uuid::from_u128(3)), [])
    }

    #[test]
    fn a_place_opens_once_and_closes_empty() {
        nothing().when(&PlaceCommand::Close(Close {})).refused("not_in_book");
        let rack = nothing().and(&open());
        rack.when(&open()).refused("already_in_book");
        rack.when(&PlaceCommand::Rename(Rename { name: " ".to_owned() })).refused("empty");
        rack.when(&PlaceCommand::Rename(Rename { name: "Rack 3".to_owned() })).then::<Event>([]);
        let full = rack.with(Facts { place_holds: 2, ..Facts::default() });
        full.when(&PlaceCommand::Close(Close {})).refused("place_holds");
        let closed = full.with(Facts::default()).and(&PlaceCommand::Close(Close {}));
        closed.when(&PlaceCommand::Close(Close {})).then::<Event>([]);
        closed.when(&PlaceCommand::Rename(Rename { name: "Rack 4".to_owned() })).refused("place_closed");
    }

    #[test]
    fn a_custodian_is_named_by_a_person() {
        let named = PlaceCommand::NameCustodian(NameCustodian { custodian: "31877".parse().unwrap() });
        let rack = nothing().and(&open());
        rack.when(&named).tells(&["PlaceCustodianNamed"]);
        rack.and(&named).by(person("20002")).when(&named).then::<Event>([]);
    }
}
