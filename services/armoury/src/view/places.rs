//! Where things stand: the tree of places, their names and who keeps each.
//!
//! A place named only by other events has an entry without a name until it is opened. The
//! custodian of a place is the one named for it or for the nearest place above.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;
use tag_data::moment::Moment;

use super::scope::Scope;
use super::texts::{Ix, NONE, number};
use crate::codes::PlaceKind;
use crate::event::Fact;
use crate::event::place::PlaceEvent;
use crate::ids::{PlaceId, ServiceNumber};

/// The deepest tree that is followed; a longer chain is cut, never looped over.
const DEPTH_MAX: usize = 64;

/// A place as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PlaceRow {
    /// Its id.
    pub place: PlaceId,
    /// Its name; empty if the book only knows its id.
    pub name: String,
    /// Names from the site down to this place, joined by ` › `.
    pub path: String,
    /// What it is, once opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<PlaceKind>,
    /// The place it stands in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within: Option<PlaceId>,
    /// How deep it stands; a site is 0.
    pub depth: u32,
    /// Who keeps it: named here or for the nearest place above.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custodian: Option<ServiceNumber>,
    /// True if the custodian is named for this very place.
    pub custodian_named_here: bool,
    /// When it was opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opened_at: Option<Moment>,
    /// True once closed.
    pub closed: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    id: PlaceId,
    name: String,
    kind: Option<PlaceKind>,
    within: Option<PlaceId>,
    custodian: Option<ServiceNumber>,
    opened_at: Option<Moment>,
    closed: bool,
}

/// All places.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    all: Vec<Place>,
    by_id: BTreeMap<PlaceId, Ix>,
}

/// For each place's number whether it is in a scope.
#[derive(Clone, Debug)]
pub struct Mask {
    everywhere: bool,
    inside: Vec<bool>,
}

impl Mask {
    /// Whether a place's number is inside; what stands in no place is only seen everywhere.
    #[must_use]
    pub fn holds(&self, place: Ix) -> bool {
        self.everywhere || self.inside.get(place as usize).copied().unwrap_or(false)
    }

    /// Both masks' places.
    #[must_use]
    pub fn and(mut self, other: &Self) -> Self {
        if other.everywhere {
            return self;
        }
        if self.everywhere {
            return other.clone();
        }
        for (mine, theirs) in self.inside.iter_mut().zip(&other.inside) {
            *mine &= theirs;
        }
        self
    }
}

impl Places {
    /// The number of a place, entered without a name if it is new.
    pub fn keep(&mut self, id: PlaceId) -> Ix {
        if let Some(ix) = self.by_id.get(&id) {
            return *ix;
        }
        let ix = number(self.all.len());
        self.all.push(Place {
            id,
            name: String::new(),
            kind: None,
            within: None,
            custodian: None,
            opened_at: None,
            closed: false,
        });
        self.by_id.insert(id, ix);
        ix
    }

    /// The number of a known place.
    #[must_use]
    pub fn find(&self, id: PlaceId) -> Option<Ix> {
        self.by_id.get(&id).copied()
    }

    /// The id of a place's number.
    #[must_use]
    pub fn id(&self, ix: Ix) -> Option<PlaceId> {
        self.all.get(ix as usize).map(|place| place.id)
    }

    /// Takes in what happened to a place.
    pub fn apply(&mut self, fact: &Fact, event: &PlaceEvent) {
        let id = match event {
            PlaceEvent::Opened(opened) => Some(opened.place),
            PlaceEvent::Renamed(_) | PlaceEvent::CustodianNamed(_) | PlaceEvent::Closed(_) => super::subject(&fact.stream),
        };
        let Some(id) = id else { return };
        if let PlaceEvent::Opened(opened) = event
            && let Some(within) = opened.within
        {
            self.keep(within);
        }
        let ix = self.keep(id);
        let Some(place) = self.all.get_mut(ix as usize) else { return };
        match event {
            PlaceEvent::Opened(opened) => {
                place.kind = Some(opened.kind);
                place.name.clone_from(&opened.name);
                place.within = opened.within;
                place.opened_at = Some(fact.occurred_at);
            }
            PlaceEvent::Renamed(renamed) => place.name.clone_from(&renamed.name),
            PlaceEvent::CustodianNamed(named) => place.custodian = Some(named.custodian.clone()),
            PlaceEvent::Closed(_) => place.closed = true,
        }
    }

    fn get(&self, id: PlaceId) -> Option<&Place> {
        self.all.get(self.find(id)? as usize)
    }

    /// The place that a place stands in.
    #[must_use]
    pub fn within(&self, id: PlaceId) -> Option<PlaceId> {
        self.get(id)?.within
    }

    /// The place and those above it, nearest first; empty for an unknown place.
    #[must_use]
    pub fn chain(&self, id: PlaceId) -> Vec<PlaceId> {
        let mut chain = Vec::new();
        let mut next = self.get(id);
        while let Some(place) = next
            && chain.len() < DEPTH_MAX
            && !chain.contains(&place.id)
        {
            chain.push(place.id);
            next = place.within.and_then(|above| self.get(above));
        }
        chain
    }

    /// The place and all below it, in order of opening; empty for an unknown place.
    #[must_use]
    pub fn subtree(&self, id: PlaceId) -> Vec<PlaceId> {
        let mask = self.mask(&Scope::place(id));
        self.all.iter().zip(0..).filter(|(_, ix)| mask.holds(*ix)).map(|(place, _)| place.id).collect()
    }

    /// For each place whether the scope holds it.
    #[must_use]
    pub fn mask(&self, scope: &Scope) -> Mask {
        let roots = match scope {
            Scope::Everywhere => return Mask { everywhere: true, inside: Vec::new() },
            Scope::Places(roots) => roots,
        };
        let mut inside: Vec<Option<bool>> = vec![None; self.all.len()];
        for at in 0..self.all.len() {
            let held = self.reaches(at, roots, &inside);
            inside[at] = Some(held);
        }
        Mask { everywhere: false, inside: inside.into_iter().map(|held| held == Some(true)).collect() }
    }

    fn reaches(&self, at: usize, roots: &BTreeSet<PlaceId>, known: &[Option<bool>]) -> bool {
        let mut at = Some(at);
        for _ in 0..DEPTH_MAX {
            let Some(here) = at else { return false };
            if let Some(held) = known[here] {
                return held;
            }
            if roots.contains(&self.all[here].id) {
                return true;
            }
            at = self.all[here].within.and_then(|above| self.find(above)).map(|ix| ix as usize);
        }
        false
    }

    /// Whether `id` is in the scope.
    #[must_use]
    pub fn in_scope(&self, scope: &Scope, id: PlaceId) -> bool {
        match scope {
            Scope::Everywhere => true,
            Scope::Places(roots) => self.chain(id).iter().any(|place| roots.contains(place)),
        }
    }

    /// Who keeps a place: named for it or for the nearest place above.
    #[must_use]
    pub fn custodian(&self, id: PlaceId) -> Option<ServiceNumber> {
        self.chain(id).into_iter().find_map(|place| self.get(place).and_then(|place| place.custodian.clone()))
    }

    /// A place's name in the unit's words; its id while it has none.
    #[must_use]
    pub fn name(&self, id: PlaceId) -> String {
        match self.get(id) {
            Some(place) if !place.name.is_empty() => place.name.clone(),
            Some(_) | None => id.to_string(),
        }
    }

    /// The name of a place's number; empty for none.
    #[must_use]
    pub fn name_of(&self, ix: Ix) -> String {
        if ix == NONE { String::new() } else { self.id(ix).map(|id| self.name(id)).unwrap_or_default() }
    }

    /// Names from the site down, joined by ` › `.
    #[must_use]
    pub fn path(&self, id: PlaceId) -> String {
        let mut names: Vec<String> = self.chain(id).into_iter().map(|place| self.name(place)).collect();
        names.reverse();
        names.join(" › ")
    }

    /// One place's row.
    #[must_use]
    pub fn row(&self, id: PlaceId) -> Option<PlaceRow> {
        let place = self.get(id)?;
        Some(PlaceRow {
            place: id,
            name: place.name.clone(),
            path: self.path(id),
            kind: place.kind,
            within: place.within,
            depth: u32::try_from(self.chain(id).len().saturating_sub(1)).unwrap_or(u32::MAX),
            custodian: self.custodian(id),
            custodian_named_here: place.custodian.is_some(),
            opened_at: place.opened_at,
            closed: place.closed,
        })
    }

    /// The tree in a scope: each place before those in it, brothers by name.
    #[must_use]
    pub fn tree(&self, scope: &Scope) -> Vec<PlaceRow> {
        let mask = self.mask(scope);
        let rows = (0..).zip(&self.all).filter(|(ix, _)| mask.holds(*ix));
        let mut rows: Vec<PlaceRow> = rows.filter_map(|(_, place)| self.row(place.id)).collect();
        rows.sort_by(|a, b| a.path.cmp(&b.path).then(a.place.cmp(&b.place)));
        rows
    }
}
