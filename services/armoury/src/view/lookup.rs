//! Looking a weapon up: by tag and chip, by any mark that names one piece, by folded key, by
//! identity. Every answer is bounded; chains are walked newest first and answered in order.

use super::texts::{Ix, NONE, Texts, mix};
use super::weapons::{FOUND_MAX, Fixed, MarkEntry, TagEntry, Weapons, identity_hash};
use crate::codes::MarkKind;
use crate::ids::WeaponId;
use crate::marks::{Identity, Mark, match_key};

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

const fn is_serial(kind: MarkKind) -> bool {
    matches!(kind, MarkKind::Serial | MarkKind::RegistryAssigned)
}
