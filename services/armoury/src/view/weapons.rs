//! Every weapon in the book: what stays (identity, marks, tags) and what changes (its state).
//!
//! A weapon has a dense number from its first mention. What stays is written once into shared
//! columns; what changes is [`WeaponState`]. Look-ups: by id, EPC, chip, any mark that names one
//! piece (serial, registry serial, Data Matrix, rack and property number), folded key, identity.

use std::collections::BTreeMap;

use tag_data::moment::Moment;

use super::document::{Document, person_of, place_of};
use super::people::People;
use super::places::Places;
use super::slots::Slots;
use super::state::{WeaponState, flag};
use super::texts::{Ix, NONE, Table, Texts, hash, mix, number, pack, roomy};
use crate::codes::{Class, Component, MarkKind, MarkMethod, Origin};
use crate::event::Fact;
use crate::event::weapon::{Registered, TagBound, WeaponEvent};
use crate::ids::{ServiceNumber, WeaponId};
use crate::marks::{Identity, Mark};

/// The most weapons that a look-up answers with.
pub const FOUND_MAX: usize = 100;

/// What kind of weapon it is; one entry for each that occurs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Article {
    /// UN class.
    pub class: Class,
    /// Maker, as a kept text.
    pub maker: Ix,
    /// Model, as a kept text.
    pub model: Ix,
    /// Calibre, as a kept text.
    pub calibre: Ix,
}

/// What of a weapon stays, in 64 bytes; what many share is kept once ([`Background`], marks).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fixed {
    /// Its id.
    pub id: WeaponId,
    /// What it is; [`NONE`] before it is entered.
    pub article: Ix,
    /// Whence it comes; [`NONE`] before it is entered.
    pub background: Ix,
    /// Serial as stamped, a kept text.
    pub serial: Ix,
    /// Folded key of the serial, a kept text.
    pub key: Ix,
    /// Source line or document, a kept text or [`NONE`].
    pub source: Ix,
    pub(super) template: Ix,
    pub(super) first_mark: Ix,
    pub(super) first_tag: Ix,
    pub(super) identity: u64,
    /// Twelve folded characters of the serial as one number: the order of every list.
    pub order: u64,
}

const _: () = assert!(size_of::<Fixed>() <= 64, "a million of them");

/// Whence a weapon comes; one entry for each that occurs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Background {
    /// Country of manufacture, a kept text or [`NONE`].
    pub country: Ix,
    /// Owner, a kept text.
    pub owner: Ix,
    /// Year of manufacture; 0 if not known.
    pub year: u16,
    /// How it came.
    pub origin: Origin,
}

/// How and where a mark is made; one entry for each that occurs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Spec {
    pub(super) kind: MarkKind,
    pub(super) component: Component,
    pub(super) method: MarkMethod,
    /// Where on the part, a kept text or [`NONE`].
    pub(super) position: Ix,
}

/// Marks as they were entered, shared by weapons alike: a spec and the text, or [`NONE`] where
/// each weapon has its own.
pub(super) type Template = Vec<(Ix, Ix)>;

/// A mark of one weapon alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MarkEntry {
    pub(super) weapon: Ix,
    pub(super) next_of_weapon: Ix,
    pub(super) next_of_key: Ix,
    pub(super) text: Ix,
    pub(super) key: Ix,
    pub(super) spec: Ix,
}

/// A tag's binding to a weapon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagEntry {
    /// The weapon.
    pub weapon: Ix,
    pub(super) next_of_weapon: Ix,
    pub(super) next_of_epc: Ix,
    pub(super) next_of_tid: Ix,
    /// EPC, a kept code.
    pub epc: Ix,
    /// Chip serial, a kept code or [`NONE`].
    pub tid: Ix,
    /// Since when it is bound.
    pub bound_at: Moment,
}

/// Things that many weapons share, each kept once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shared<T> {
    pub(super) all: Vec<T>,
    numbers: BTreeMap<T, Ix>,
}

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Self { all: Vec::new(), numbers: BTreeMap::new() }
    }
}

impl<T: Clone + Ord> Shared<T> {
    fn keep(&mut self, item: T) -> Ix {
        let next = number(self.all.len());
        *self.numbers.entry(item).or_insert_with_key(|item| {
            self.all.push(item.clone());
            next
        })
    }

    pub(super) fn get(&self, ix: Ix) -> Option<&T> {
        self.all.get(ix as usize)
    }
}

/// When a weapon was designated, by whose order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Designation {
    /// When, as claimed.
    pub at: Moment,
    /// Who wrote it.
    pub by: Option<ServiceNumber>,
    /// The order or authority.
    pub authority: String,
}

/// All weapons.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Weapons {
    /// What stays, by number.
    pub fixed: Vec<Fixed>,
    /// What changes, by number.
    pub states: Vec<WeaponState>,
    articles: Shared<Article>,
    backgrounds: Shared<Background>,
    pub(super) specs: Shared<Spec>,
    pub(super) templates: Shared<Template>,
    pub(super) marks: Vec<MarkEntry>,
    pub(super) tags: Vec<TagEntry>,
    pub(super) retired: BTreeMap<Ix, Moment>,
    by_id: Table,
    pub(super) by_key: Table,
    pub(super) by_epc: Table,
    pub(super) by_tid: Table,
    pub(super) by_identity: Table,
    pub(super) same_identity: BTreeMap<Ix, Ix>,
    duplicate_reasons: BTreeMap<Ix, String>,
    documents: Slots<Document>,
    parts: BTreeMap<Ix, Vec<(String, String)>>,
    designated: BTreeMap<Ix, Designation>,
}

impl Weapons {
    /// The number of a weapon, entered without identity if it is new.
    pub fn keep(&mut self, id: WeaponId) -> Ix {
        if let Some(ix) = self.find(id) {
            return ix;
        }
        let ix = number(self.fixed.len());
        let fixed = Fixed {
            id,
            article: NONE,
            background: NONE,
            serial: NONE,
            key: NONE,
            source: NONE,
            template: NONE,
            first_mark: NONE,
            first_tag: NONE,
            identity: 0,
            order: 0,
        };
        roomy(&mut self.fixed, fixed);
        roomy(&mut self.states, WeaponState::ABSENT);
        let Self { fixed, by_id, .. } = self;
        by_id.add(id_hash(id), ix, |other| id_hash(fixed[other as usize].id));
        ix
    }

    /// The number of a known weapon.
    #[must_use]
    pub fn find(&self, id: WeaponId) -> Option<Ix> {
        self.by_id.get(id_hash(id), |ix| self.fixed[ix as usize].id == id)
    }

    /// The state of a weapon by its number; absent for [`NONE`].
    #[must_use]
    pub fn state(&self, ix: Ix) -> WeaponState {
        self.states.get(ix as usize).copied().unwrap_or(WeaponState::ABSENT)
    }

    /// The id of a weapon's number.
    #[must_use]
    pub fn id(&self, ix: Ix) -> Option<WeaponId> {
        self.fixed.get(ix as usize).map(|fixed| fixed.id)
    }

    /// What stays of an entered weapon.
    #[must_use]
    pub fn entered(&self, ix: Ix) -> Option<(&Fixed, &Article)> {
        let fixed = self.fixed.get(ix as usize)?;
        self.articles.get(fixed.article).map(|article| (fixed, article))
    }

    /// What kinds of weapon occur, by number.
    #[must_use]
    pub fn articles(&self) -> &[Article] {
        &self.articles.all
    }

    /// Whence an entered weapon comes.
    #[must_use]
    pub fn background(&self, fixed: &Fixed) -> Option<&Background> {
        self.backgrounds.get(fixed.background)
    }

    /// Why it was entered though its identity stood in the book already.
    #[must_use]
    pub fn duplicate_reason(&self, ix: Ix) -> Option<&str> {
        self.duplicate_reasons.get(&ix).map(String::as_str)
    }

    /// Takes in what happened to the weapon of number `ix`.
    pub fn apply(
        &mut self,
        ix: Ix,
        fact: &Fact,
        event: &WeaponEvent,
        places: &mut Places,
        people: &mut People,
        texts: &mut Texts,
    ) {
        let place = place_of(event).map_or(NONE, |place| places.keep(place));
        let person = person_of(event).map_or(NONE, |person| people.keep(person));
        let known = self.states[ix as usize].state.is_some();
        self.states[ix as usize].step(event, fact.occurred_at, place, person);
        match event {
            WeaponEvent::Registered(entered) if !known => self.enter(ix, entered, texts),
            WeaponEvent::Registered(_) => {} // Entered twice: the first entry stands.
            event if known => self.remember(ix, fact, event, texts),
            _ => {} // Before its entry nothing is known of it.
        }
    }

    fn remember(&mut self, ix: Ix, fact: &Fact, event: &WeaponEvent, texts: &mut Texts) {
        match event {
            WeaponEvent::MarkRecorded(recorded) => {
                let spec = self.spec(&recorded.mark, texts);
                self.mark(ix, &recorded.mark, spec, texts);
            }
            WeaponEvent::TagBound(bound) => self.bind(ix, bound, fact.occurred_at, texts),
            WeaponEvent::TagRetired(retired) => self.retire(ix, &retired.epc, fact.occurred_at, texts),
            WeaponEvent::Issued(issued) => self.open(ix, Document::issue(fact, issued, texts)),
            WeaponEvent::SentElsewhere(sent) => self.open(ix, Document::sending(fact, sent, texts)),
            WeaponEvent::ReceiverConfirmed(confirmed) => self.confirm(ix, fact, &confirmed.document, texts),
            WeaponEvent::PartRemoved(part) => {
                self.parts.entry(ix).or_default().push((part.part.clone(), part.kept_at.clone()));
            }
            WeaponEvent::PartRestored(part) => self.restore_part(ix, &part.part),
            WeaponEvent::DispositionDecided(decided) => {
                let by = fact.meta.actor.person().cloned();
                self.designated.insert(ix, Designation { at: fact.occurred_at, by, authority: decided.authority.clone() });
            }
            WeaponEvent::Racked(_) | WeaponEvent::Returned(_) | WeaponEvent::Recovered(_) | WeaponEvent::Restored(_) => {
                self.documents.remove(ix);
            }
            WeaponEvent::Explained(explained) => {
                if explained.place.is_some() {
                    self.documents.remove(ix);
                }
            }
            WeaponEvent::Registered(_)
            | WeaponEvent::Assigned(_)
            | WeaponEvent::Unaccounted(_)
            | WeaponEvent::PresumedLost(_)
            | WeaponEvent::Lost(_)
            | WeaponEvent::Batched(_)
            | WeaponEvent::Unbatched(_)
            | WeaponEvent::Destroyed(_) => {}
        }
    }

    fn open(&mut self, ix: Ix, document: Document) {
        self.states[ix as usize].set(flag::CONFIRMED, document.confirmed().is_some());
        self.documents.insert(ix, document);
    }

    fn confirm(&mut self, ix: Ix, fact: &Fact, number: &str, texts: &mut Texts) {
        let Some(document) = self.documents.get_mut(ix).filter(|document| document.number(texts) == number) else { return };
        let by = texts.keep_some(fact.meta.actor.person().map(ServiceNumber::as_str));
        document.confirm(by, fact.occurred_at);
        self.states[ix as usize].set(flag::CONFIRMED, true);
    }

    fn restore_part(&mut self, ix: Ix, part: &str) {
        let Some(parts) = self.parts.get_mut(&ix) else { return };
        parts.retain(|(name, _)| *name != part);
        if parts.is_empty() {
            self.parts.remove(&ix);
            self.states[ix as usize].set(flag::PART_REMOVED, false);
        }
    }

    fn enter(&mut self, ix: Ix, entered: &Registered, texts: &mut Texts) {
        let identity = &entered.identity;
        let article = self.articles.keep(Article {
            class: identity.class,
            maker: texts.keep(identity.maker.trim()),
            model: texts.keep(identity.model.trim()),
            calibre: texts.keep(identity.calibre.trim()),
        });
        let background = self.backgrounds.keep(Background {
            country: texts.keep_some(identity.country.as_deref()),
            owner: texts.keep(&entered.owner),
            year: identity.year.unwrap_or(0),
            origin: entered.origin,
        });
        if let Some(reason) = &entered.duplicate_reason {
            self.duplicate_reasons.insert(ix, reason.clone());
        }
        let hash = identity_hash(identity);
        let fixed = &mut self.fixed[ix as usize];
        (fixed.article, fixed.background, fixed.identity) = (article, background, hash);
        fixed.serial = texts.keep(identity.serial.as_str());
        fixed.key = texts.keep(&identity.serial.match_key());
        fixed.source = texts.keep_some(entered.source.as_deref());
        fixed.order = order_key(identity.serial.as_str());
        let Self { fixed, by_identity, .. } = self;
        let same = |other: Ix| fixed[other as usize].identity == hash;
        let before = by_identity.put(mix(hash), ix, same, |other| mix(fixed[other as usize].identity));
        if before != NONE {
            self.same_identity.insert(ix, before);
        }
        self.mark_all(ix, identity, texts);
    }

    /// The marks of an entry: what weapons alike share is kept once.
    fn mark_all(&mut self, ix: Ix, identity: &Identity, texts: &mut Texts) {
        let unmarked = !identity.marks.iter().any(|mark| mark.text == identity.serial);
        let serial = unmarked.then(|| Mark {
            kind: MarkKind::Serial,
            component: Component::Receiver,
            position: None,
            method: MarkMethod::Unknown,
            text: identity.serial.clone(),
        });
        let mut template = Template::new();
        for mark in identity.marks.iter().chain(&serial) {
            let spec = self.spec(mark, texts);
            let own = names_one(mark.kind);
            template.push((spec, if own { NONE } else { texts.keep(mark.text.as_str()) }));
            if own {
                self.mark(ix, mark, spec, texts);
            }
        }
        self.fixed[ix as usize].template = self.templates.keep(template);
    }

    fn spec(&mut self, mark: &Mark, texts: &mut Texts) -> Ix {
        let position = texts.keep_some(mark.position.as_deref());
        self.specs.keep(Spec { kind: mark.kind, component: mark.component, method: mark.method, position })
    }

    fn mark(&mut self, ix: Ix, mark: &Mark, spec: Ix, texts: &mut Texts) {
        let text = texts.keep(mark.text.as_str());
        let key = if names_one(mark.kind) { texts.keep(&mark.text.match_key()) } else { NONE };
        let next_of_weapon = self.fixed[ix as usize].first_mark;
        let at = number(self.marks.len());
        roomy(&mut self.marks, MarkEntry { weapon: ix, next_of_weapon, next_of_key: NONE, text, key, spec });
        self.fixed[ix as usize].first_mark = at;
        if key != NONE {
            let Self { marks, by_key, .. } = self;
            let hash_of = |other: Ix| mix(u64::from(marks[other as usize].key));
            let before = by_key.put(mix(u64::from(key)), at, |other| marks[other as usize].key == key, hash_of);
            marks[at as usize].next_of_key = before;
        }
    }

    /// A chip serial read later completes a binding: the one without it ends, or it would match
    /// every copy of the tag.
    fn bind(&mut self, ix: Ix, bound: &TagBound, bound_at: Moment, texts: &mut Texts) {
        if self.fixed[ix as usize].first_tag != NONE {
            self.retire(ix, &bound.epc, bound_at, texts);
        }
        let (epc, tid) = (texts.keep_code(&bound.epc), bound.tid.as_deref().map_or(NONE, |tid| texts.keep_code(tid)));
        let next_of_weapon = self.fixed[ix as usize].first_tag;
        let at = number(self.tags.len());
        let (next_of_epc, next_of_tid) = (NONE, NONE);
        roomy(&mut self.tags, TagEntry { weapon: ix, next_of_weapon, next_of_epc, next_of_tid, epc, tid, bound_at });
        self.fixed[ix as usize].first_tag = at;
        let Self { tags, by_epc, by_tid, .. } = self;
        let put = |table: &mut Table, code: fn(&TagEntry) -> Ix, tags: &[TagEntry]| {
            let packed = |tag: Ix| texts.packed(code(&tags[tag as usize]));
            table.put(hash(packed(at)), at, |other| packed(other) == packed(at), |other| hash(packed(other)))
        };
        let same_epc = put(by_epc, |tag| tag.epc, tags);
        let same_tid = if tid == NONE { NONE } else { put(by_tid, |tag| tag.tid, tags) };
        (tags[at as usize].next_of_epc, tags[at as usize].next_of_tid) = (same_epc, same_tid);
    }

    fn retire(&mut self, ix: Ix, epc: &str, at: Moment, texts: &Texts) {
        let packed = pack(epc);
        let mut tag = self.fixed[ix as usize].first_tag;
        while let Some(entry) = self.tags.get(tag as usize) {
            if texts.packed(entry.epc) == packed {
                self.retired.entry(tag).or_insert(at);
            }
            tag = entry.next_of_weapon;
        }
    }

    /// The document by which a weapon is out, if it is.
    #[must_use]
    pub fn document(&self, ix: Ix) -> Option<&Document> {
        self.documents.get(ix)
    }

    /// All open documents, by weapon.
    pub fn documents(&self) -> impl Iterator<Item = (Ix, &Document)> {
        self.documents.iter()
    }

    /// Parts removed from a weapon and where each is kept.
    #[must_use]
    pub fn parts(&self, ix: Ix) -> &[(String, String)] {
        self.parts.get(&ix).map_or(&[], Vec::as_slice)
    }

    /// When and by whose order a weapon's disposition was last decided.
    #[must_use]
    pub fn designation(&self, ix: Ix) -> Option<&Designation> {
        self.designated.get(&ix)
    }

    /// Bytes held, for the memory figure; small maps left out.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        let tables = [&self.by_id, &self.by_key, &self.by_epc, &self.by_tid, &self.by_identity];
        self.fixed.capacity() * size_of::<Fixed>()
            + self.states.capacity() * size_of::<WeaponState>()
            + self.marks.capacity() * size_of::<MarkEntry>()
            + self.tags.capacity() * size_of::<TagEntry>()
            + self.documents.held_bytes()
            + tables.into_iter().map(Table::held_bytes).sum::<usize>()
    }
}

/// Marks that name one piece, and so are looked up.
pub(super) const fn names_one(kind: MarkKind) -> bool {
    match kind {
        MarkKind::Serial
        | MarkKind::RegistryAssigned
        | MarkKind::DataMatrix
        | MarkKind::Rack
        | MarkKind::Property
        | MarkKind::Assembly => true,
        MarkKind::Maker
        | MarkKind::Country
        | MarkKind::Year
        | MarkKind::Model
        | MarkKind::Calibre
        | MarkKind::Import
        | MarkKind::StateTransfer
        | MarkKind::Confiscation
        | MarkKind::Deactivation
        | MarkKind::SecondaryRegional
        | MarkKind::Proof
        | MarkKind::Lot => false,
    }
}

fn id_hash(id: WeaponId) -> u64 {
    hash(id.0.as_bytes())
}

pub(super) fn identity_hash(identity: &Identity) -> u64 {
    hash(identity.identity_key().as_bytes())
}

/// Twelve characters of a serial as one number: digits, then letters, then everything else.
fn order_key(serial: &str) -> u64 {
    let rank = |c: char| match c {
        '0'..='9' => u64::from(c) - u64::from('0') + 1,
        'A'..='Z' => u64::from(c) - u64::from('A') + 11,
        _ => 37,
    };
    let upper = serial.chars().flat_map(char::to_uppercase).filter(|c| c.is_alphanumeric());
    let ranks = upper.map(rank).chain(std::iter::repeat(0));
    ranks.take(12).fold(0, |key, rank| key * 38 + rank)
}
