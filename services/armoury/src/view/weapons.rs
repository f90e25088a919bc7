//! Every weapon in the book: what stays (identity, marks, tags) and what changes (its state).
//!
//! A weapon has a dense number from its first mention. What stays is written once into shared
//! columns; what changes is [`WeaponState`]. Look-ups: by id, EPC, chip, any mark that names one
//! piece (serial, registry serial, Data Matrix, rack and property number), folded key, identity.

use std::collections::BTreeMap;

use tag_data::moment::Moment;

use super::people::People;
use super::places::Places;
use super::state::WeaponState;
use super::texts::{Ix, NONE, Table, Texts, hash, mix, number, roomy};
use crate::codes::{Acknowledgement, Class, Component, ElsewhereKind, MarkKind, MarkMethod, Origin};
use crate::event::Fact;
use crate::event::weapon::{Registered, WeaponEvent};
use crate::ids::{EventId, PlaceId, ServiceNumber, WeaponId};
use crate::marks::{Identity, Mark, match_key};

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

/// What of a weapon stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fixed {
    /// Its id.
    pub id: WeaponId,
    /// What it is; [`NONE`] before it is entered.
    pub article: Ix,
    /// Serial as stamped, a kept text.
    pub serial: Ix,
    /// Folded key of the serial, a kept text.
    pub key: Ix,
    /// Country, a kept text or [`NONE`].
    pub country: Ix,
    /// Owner, a kept text.
    pub owner: Ix,
    /// Source line or document, a kept text or [`NONE`].
    pub source: Ix,
    /// Why entered as a duplicate, a kept text or [`NONE`].
    pub duplicate_reason: Ix,
    first_mark: Ix,
    first_tag: Ix,
    same_identity: Ix,
    identity: u64,
    /// Twelve folded characters of the serial as one number: the order of every list.
    pub order: u64,
    /// Year of manufacture; 0 if not known.
    pub year: u16,
    /// How it came.
    pub origin: Origin,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct MarkEntry {
    weapon: Ix,
    next_of_weapon: Ix,
    next_of_key: Ix,
    text: Ix,
    key: Ix,
    position: Ix,
    kind: MarkKind,
    component: Component,
    method: MarkMethod,
}

/// A tag's binding to a weapon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagEntry {
    /// The weapon.
    pub weapon: Ix,
    next_of_weapon: Ix,
    next_of_epc: Ix,
    /// EPC, a kept text.
    pub epc: Ix,
    /// Chip serial, a kept text or [`NONE`].
    pub tid: Ix,
    /// Since when it is bound.
    pub bound_at: Moment,
    /// Since when it is retired.
    pub retired_at: Option<Moment>,
}

/// The document by which a weapon is out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// The event that opened it.
    pub event: EventId,
    /// Its position.
    pub position: u64,
    /// Issue to a person (none) or what kind of sending.
    pub kind: Option<ElsewhereKind>,
    /// Who opened it.
    pub opened_by: Option<ServiceNumber>,
    /// When, as claimed.
    pub opened_at: Moment,
    /// The receiver: a service number or the words of the document.
    pub receiver: String,
    /// The document's number or the purpose.
    pub number: Option<String>,
    /// When it is due back or there.
    pub due: Option<Moment>,
    /// How a person acknowledged an issue.
    pub acknowledgement: Option<Acknowledgement>,
    /// Who confirmed for the receiver, and when.
    pub confirmed: Option<(Option<ServiceNumber>, Moment)>,
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
    /// What kinds occur, by number.
    pub articles: Vec<Article>,
    marks: Vec<MarkEntry>,
    tags: Vec<TagEntry>,
    article_of: BTreeMap<Article, Ix>,
    by_id: Table,
    by_key: Table,
    by_epc: Table,
    by_identity: Table,
    documents: BTreeMap<Ix, Document>,
    parts: BTreeMap<Ix, Vec<(String, String)>>,
    designated: BTreeMap<Ix, Designation>,
}

/// What a tag's read resolves to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagMatch {
    /// No binding of this EPC or chip is known.
    Unknown,
    /// A living binding.
    Bound(Ix),
    /// The EPC is bound, but to another chip.
    OtherChip(Ix),
    /// Only a retired binding is known.
    Retired(Ix),
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
            serial: NONE,
            key: NONE,
            country: NONE,
            owner: NONE,
            source: NONE,
            duplicate_reason: NONE,
            first_mark: NONE,
            first_tag: NONE,
            same_identity: NONE,
            identity: 0,
            order: 0,
            year: 0,
            origin: Origin::Ledger,
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
        self.articles.get(fixed.article as usize).map(|article| (fixed, article))
    }

    /// Takes in what happened to a weapon; answers its number.
    pub fn apply(&mut self, fact: &Fact, event: &WeaponEvent, places: &mut Places, people: &mut People, texts: &mut Texts) -> Ix {
        let id = match event {
            WeaponEvent::Registered(entered) => Some(entered.weapon),
            _ => super::subject(&fact.stream),
        };
        let Some(id) = id else { return NONE };
        let ix = self.keep(id);
        let place = place_of(event).map_or(NONE, |place| places.keep(place));
        let person = person_of(event).map_or(NONE, |person| people.keep(person));
        self.states[ix as usize].step(event, fact.occurred_at, place, person);
        self.remember(ix, fact, event, texts);
        ix
    }

    fn remember(&mut self, ix: Ix, fact: &Fact, event: &WeaponEvent, texts: &mut Texts) {
        match event {
            WeaponEvent::Registered(entered) => self.enter(ix, entered, texts),
            WeaponEvent::MarkRecorded(recorded) => self.mark(ix, &recorded.mark, texts),
            WeaponEvent::TagBound(bound) => self.bind(ix, &bound.epc, bound.tid.as_deref(), fact.occurred_at, texts),
            WeaponEvent::TagRetired(retired) => self.retire(ix, &retired.epc, fact.occurred_at, texts),
            WeaponEvent::Issued(issued) => {
                let confirmed =
                    (issued.acknowledgement == Acknowledgement::Pin).then(|| (Some(issued.to.clone()), fact.occurred_at));
                let document = Document {
                    receiver: issued.to.to_string(),
                    number: issued.purpose.clone(),
                    due: issued.due,
                    acknowledgement: Some(issued.acknowledgement),
                    confirmed,
                    ..Document::opened(fact)
                };
                self.documents.insert(ix, document);
            }
            WeaponEvent::SentElsewhere(sent) => {
                let document = Document {
                    kind: Some(sent.kind),
                    receiver: sent.receiver.clone(),
                    number: Some(sent.document.clone()),
                    due: sent.due,
                    ..Document::opened(fact)
                };
                self.documents.insert(ix, document);
            }
            WeaponEvent::ReceiverConfirmed(_) => {
                if let Some(document) = self.documents.get_mut(&ix) {
                    document.confirmed = Some((fact.meta.actor.person().cloned(), fact.occurred_at));
                }
            }
            WeaponEvent::PartRemoved(part) => {
                self.parts.entry(ix).or_default().push((part.part.clone(), part.kept_at.clone()));
            }
            WeaponEvent::PartRestored(part) => {
                if let Some(parts) = self.parts.get_mut(&ix) {
                    parts.retain(|(name, _)| *name != part.part);
                }
            }
            WeaponEvent::DispositionDecided(decided) => {
                let by = fact.meta.actor.person().cloned();
                self.designated.insert(ix, Designation { at: fact.occurred_at, by, authority: decided.authority.clone() });
            }
            WeaponEvent::Racked(_)
            | WeaponEvent::Returned(_)
            | WeaponEvent::Recovered(_)
            | WeaponEvent::Restored(_)
            | WeaponEvent::Unbatched(_)
            | WeaponEvent::Destroyed(_) => {
                self.documents.remove(&ix);
            }
            WeaponEvent::Explained(explained) => {
                if explained.place.is_some() {
                    self.documents.remove(&ix);
                }
            }
            WeaponEvent::Assigned(_)
            | WeaponEvent::Unaccounted(_)
            | WeaponEvent::PresumedLost(_)
            | WeaponEvent::Lost(_)
            | WeaponEvent::Batched(_) => {}
        }
    }

    fn enter(&mut self, ix: Ix, entered: &Registered, texts: &mut Texts) {
        let identity = &entered.identity;
        let article = Article {
            class: identity.class,
            maker: texts.keep(identity.maker.trim()),
            model: texts.keep(identity.model.trim()),
            calibre: texts.keep(identity.calibre.trim()),
        };
        let next = number(self.articles.len());
        let article = *self.article_of.entry(article).or_insert_with(|| {
            self.articles.push(article);
            next
        });
        let again = self.fixed[ix as usize].article != NONE;
        let hash = identity_hash(identity);
        let fixed = &mut self.fixed[ix as usize];
        fixed.article = article;
        fixed.serial = texts.keep(identity.serial.as_str());
        fixed.key = texts.keep(&identity.serial.match_key());
        fixed.country = texts.keep_some(identity.country.as_deref());
        fixed.owner = texts.keep(&entered.owner);
        fixed.source = texts.keep_some(entered.source.as_deref());
        fixed.duplicate_reason = texts.keep_some(entered.duplicate_reason.as_deref());
        fixed.order = order_key(identity.serial.as_str());
        fixed.year = identity.year.unwrap_or(0);
        fixed.origin = entered.origin;
        if again {
            return; // Entered twice in one stream: the look-ups keep what they have.
        }
        fixed.identity = hash;
        let Self { fixed, by_identity, .. } = self;
        let before = by_identity.put(
            mix(hash),
            ix,
            |other| fixed[other as usize].identity == hash,
            |other| mix(fixed[other as usize].identity),
        );
        fixed[ix as usize].same_identity = before;
        self.mark_all(ix, identity, texts);
    }

    fn mark_all(&mut self, ix: Ix, identity: &Identity, texts: &mut Texts) {
        for mark in &identity.marks {
            self.mark(ix, mark, texts);
        }
        if !identity.marks.iter().any(|mark| mark.text == identity.serial) {
            let serial = Mark {
                kind: MarkKind::Serial,
                component: Component::Receiver,
                position: None,
                method: MarkMethod::Unknown,
                text: identity.serial.clone(),
            };
            self.mark(ix, &serial, texts);
        }
    }

    fn mark(&mut self, ix: Ix, mark: &Mark, texts: &mut Texts) {
        let text = texts.keep(mark.text.as_str());
        let names_one = names_one(mark.kind);
        let entry = MarkEntry {
            weapon: ix,
            next_of_weapon: self.fixed[ix as usize].first_mark,
            next_of_key: NONE,
            text,
            key: if names_one { texts.keep(&mark.text.match_key()) } else { NONE },
            position: texts.keep_some(mark.position.as_deref()),
            kind: mark.kind,
            component: mark.component,
            method: mark.method,
        };
        let (key, at) = (entry.key, number(self.marks.len()));
        roomy(&mut self.marks, entry);
        self.fixed[ix as usize].first_mark = at;
        if names_one {
            let Self { marks, by_key, .. } = self;
            let hash_of = |other: Ix| mix(u64::from(marks[other as usize].key));
            let before = by_key.put(mix(u64::from(key)), at, |other| marks[other as usize].key == key, hash_of);
            marks[at as usize].next_of_key = before;
        }
    }

    fn bind(&mut self, ix: Ix, epc: &str, tid: Option<&str>, at: Moment, texts: &mut Texts) {
        let entry = TagEntry {
            weapon: ix,
            next_of_weapon: self.fixed[ix as usize].first_tag,
            next_of_epc: NONE,
            epc: texts.keep(epc),
            tid: texts.keep_some(tid),
            bound_at: at,
            retired_at: None,
        };
        let (epc, at) = (entry.epc, number(self.tags.len()));
        roomy(&mut self.tags, entry);
        self.fixed[ix as usize].first_tag = at;
        let Self { tags, by_epc, .. } = self;
        let hash_of = |other: Ix| mix(u64::from(tags[other as usize].epc));
        let before = by_epc.put(mix(u64::from(epc)), at, |other| tags[other as usize].epc == epc, hash_of);
        tags[at as usize].next_of_epc = before;
    }

    fn retire(&mut self, ix: Ix, epc: &str, at: Moment, texts: &Texts) {
        let Some(epc) = texts.find(epc) else { return };
        let mut tag = self.fixed[ix as usize].first_tag;
        while let Some(entry) = self.tags.get_mut(tag as usize) {
            if entry.epc == epc && entry.retired_at.is_none() {
                entry.retired_at = Some(at);
            }
            tag = entry.next_of_weapon;
        }
    }

    /// A weapon's tags, oldest binding first.
    #[must_use]
    pub fn tags(&self, ix: Ix) -> Vec<&TagEntry> {
        let first = self.fixed.get(ix as usize).map_or(NONE, |fixed| fixed.first_tag);
        let next = |tag: &&TagEntry| self.tags.get(tag.next_of_weapon as usize);
        let mut tags: Vec<&TagEntry> = std::iter::successors(self.tags.get(first as usize), next).collect();
        tags.reverse();
        tags
    }

    /// A weapon's marks in the order recorded.
    #[must_use]
    pub fn marks(&self, ix: Ix, texts: &Texts) -> Vec<Mark> {
        let first = self.fixed.get(ix as usize).map_or(NONE, |fixed| fixed.first_mark);
        let next = |mark: &&MarkEntry| self.marks.get(mark.next_of_weapon as usize);
        let entries = std::iter::successors(self.marks.get(first as usize), next);
        let mut marks: Vec<Mark> = entries.filter_map(|entry| entry.mark(texts)).collect();
        marks.reverse();
        marks
    }

    /// What a read of an EPC, with its chip where the reader told it, resolves to.
    #[must_use]
    pub fn tag(&self, epc: &str, tid: Option<&str>, texts: &Texts) -> TagMatch {
        let Some(epc) = texts.find(epc) else { return TagMatch::Unknown };
        let first = self.by_epc.get(mix(u64::from(epc)), |tag| self.tags[tag as usize].epc == epc).unwrap_or(NONE);
        let chip = tid.map(|tid| texts.find(tid).unwrap_or(NONE - 1));
        let next = |tag: &&TagEntry| self.tags.get(tag.next_of_epc as usize);
        let mut best = TagMatch::Unknown;
        for tag in std::iter::successors(self.tags.get(first as usize), next) {
            let same_chip = chip.is_none_or(|chip| tag.tid == NONE || tag.tid == chip);
            match (tag.retired_at, same_chip, best) {
                (None, true, _) => return TagMatch::Bound(tag.weapon),
                (None, false, _) => best = TagMatch::OtherChip(tag.weapon),
                (Some(_), _, TagMatch::Unknown) => best = TagMatch::Retired(tag.weapon),
                (Some(_), _, _) => {}
            }
        }
        best
    }

    /// The living weapon, other than `except`, that carries this EPC.
    #[must_use]
    pub fn bound_elsewhere(&self, epc: &str, except: WeaponId, texts: &Texts) -> Option<WeaponId> {
        let epc = texts.find(epc)?;
        let first = self.by_epc.get(mix(u64::from(epc)), |tag| self.tags[tag as usize].epc == epc)?;
        let next = |tag: &&TagEntry| self.tags.get(tag.next_of_epc as usize);
        let mut bound = std::iter::successors(self.tags.get(first as usize), next).filter(|tag| tag.retired_at.is_none());
        bound.find_map(|tag| self.id(tag.weapon).filter(|id| *id != except))
    }

    /// Weapons with a mark of exactly this text (serial, registry, Data Matrix, rack number).
    #[must_use]
    pub fn by_text(&self, text: &str, texts: &Texts) -> Vec<Ix> {
        let text = text.trim();
        let exact = |mark: &MarkEntry| texts.get(mark.text) == text;
        self.by_folded(&match_key(text), texts, exact)
    }

    /// Weapons with a mark whose folded key is that of `text`: the same and its namesakes.
    #[must_use]
    pub fn by_match_key(&self, text: &str, texts: &Texts) -> Vec<Ix> {
        self.by_folded(&match_key(text), texts, |_| true)
    }

    fn by_folded(&self, key: &str, texts: &Texts, wanted: impl Fn(&MarkEntry) -> bool) -> Vec<Ix> {
        let Some(key) = texts.find(key) else { return Vec::new() };
        let first = self.by_key.get(mix(u64::from(key)), |mark| self.marks[mark as usize].key == key).unwrap_or(NONE);
        let next = |mark: &&MarkEntry| self.marks.get(mark.next_of_key as usize);
        let marks = std::iter::successors(self.marks.get(first as usize), next).filter(|mark| wanted(mark));
        let mut found: Vec<Ix> = marks.map(|mark| mark.weapon).take(FOUND_MAX).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Other records with exactly this identity: suspected duplicates.
    #[must_use]
    pub fn same_identity(&self, identity: &Identity) -> Vec<WeaponId> {
        let hash = identity_hash(identity);
        let first = self.by_identity.get(mix(hash), |ix| self.fixed[ix as usize].identity == hash).unwrap_or(NONE);
        let next = |fixed: &&Fixed| self.fixed.get(fixed.same_identity as usize);
        let same = std::iter::successors(self.fixed.get(first as usize), next);
        let mut same: Vec<WeaponId> = same.take(FOUND_MAX).map(|fixed| fixed.id).collect();
        same.reverse();
        same
    }

    /// Other records whose identity equals that of a weapon in the book.
    #[must_use]
    pub fn duplicates(&self, ix: Ix) -> Vec<WeaponId> {
        let Some(own) = self.fixed.get(ix as usize).filter(|own| own.article != NONE) else { return Vec::new() };
        let first = self.by_identity.get(mix(own.identity), |ix| self.fixed[ix as usize].identity == own.identity);
        let next = |fixed: &&Fixed| self.fixed.get(fixed.same_identity as usize);
        let same = std::iter::successors(first.and_then(|ix| self.fixed.get(ix as usize)), next);
        same.take(FOUND_MAX).map(|fixed| fixed.id).filter(|id| *id != own.id).collect()
    }

    /// Weapons of another identity whose serial looks the same.
    #[must_use]
    pub fn namesakes(&self, ix: Ix, texts: &Texts) -> Vec<WeaponId> {
        let Some(own) = self.fixed.get(ix as usize) else { return Vec::new() };
        let alike = self.by_folded(texts.get(own.key), texts, |mark| is_serial(mark.kind));
        let others = alike.into_iter().filter_map(|other| self.fixed.get(other as usize));
        others.filter(|other| other.id != own.id && other.identity != own.identity).map(|other| other.id).collect()
    }

    /// The document by which a weapon is out, if it is.
    #[must_use]
    pub fn document(&self, ix: Ix) -> Option<&Document> {
        self.documents.get(&ix)
    }

    /// All open documents, by weapon.
    pub fn documents(&self) -> impl Iterator<Item = (Ix, &Document)> {
        self.documents.iter().map(|(ix, document)| (*ix, document))
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
        let tables = [&self.by_id, &self.by_key, &self.by_epc, &self.by_identity];
        self.fixed.capacity() * size_of::<Fixed>()
            + self.states.capacity() * size_of::<WeaponState>()
            + self.marks.capacity() * size_of::<MarkEntry>()
            + self.tags.capacity() * size_of::<TagEntry>()
            + tables.into_iter().map(Table::held_bytes).sum::<usize>()
    }
}

impl MarkEntry {
    fn mark(&self, texts: &Texts) -> Option<Mark> {
        Some(Mark {
            kind: self.kind,
            component: self.component,
            position: texts.some(self.position),
            method: self.method,
            text: texts.get(self.text).parse().ok()?,
        })
    }
}

impl Document {
    fn opened(fact: &Fact) -> Self {
        Self {
            event: fact.id,
            position: fact.position,
            kind: None,
            opened_by: fact.meta.actor.person().cloned(),
            opened_at: fact.occurred_at,
            receiver: String::new(),
            number: None,
            due: None,
            acknowledgement: None,
            confirmed: None,
        }
    }
}

/// The place an event puts the weapon in.
fn place_of(event: &WeaponEvent) -> Option<PlaceId> {
    match event {
        WeaponEvent::Registered(data) => Some(data.place),
        WeaponEvent::Racked(data) => Some(data.place),
        WeaponEvent::Returned(data) => Some(data.place),
        WeaponEvent::Explained(data) => data.place,
        WeaponEvent::Recovered(data) => Some(data.place),
        WeaponEvent::Restored(data) => Some(data.place),
        WeaponEvent::MarkRecorded(_)
        | WeaponEvent::TagBound(_)
        | WeaponEvent::TagRetired(_)
        | WeaponEvent::Issued(_)
        | WeaponEvent::SentElsewhere(_)
        | WeaponEvent::ReceiverConfirmed(_)
        | WeaponEvent::Assigned(_)
        | WeaponEvent::PartRemoved(_)
        | WeaponEvent::PartRestored(_)
        | WeaponEvent::DispositionDecided(_)
        | WeaponEvent::Unaccounted(_)
        | WeaponEvent::PresumedLost(_)
        | WeaponEvent::Lost(_)
        | WeaponEvent::Batched(_)
        | WeaponEvent::Unbatched(_)
        | WeaponEvent::Destroyed(_) => None,
    }
}

/// The person an event gives the weapon to.
fn person_of(event: &WeaponEvent) -> Option<&ServiceNumber> {
    match event {
        WeaponEvent::Issued(issued) => Some(&issued.to),
        WeaponEvent::Assigned(assigned) => assigned.to.as_ref(),
        _ => None,
    }
}

/// Marks that name one piece, and so are looked up.
const fn names_one(kind: MarkKind) -> bool {
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

const fn is_serial(kind: MarkKind) -> bool {
    matches!(kind, MarkKind::Serial | MarkKind::RegistryAssigned)
}

fn id_hash(id: WeaponId) -> u64 {
    hash(id.0.as_bytes())
}

fn identity_hash(identity: &Identity) -> u64 {
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
