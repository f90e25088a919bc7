//! Looking a weapon up: by tag and chip, by any mark that names one piece, by folded key, by
//! identity. Every answer is bounded; chains are walked newest first and answered in order.

use tag_data::moment::Moment;

use super::texts::{Ix, NONE, Texts, hash, mix, pack};
use super::weapons::{FOUND_MAX, MarkEntry, TagEntry, Weapons, identity_hash};
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
    /// A weapon's tags and since when each is retired, if it is; oldest binding first.
    #[must_use]
    pub fn tags(&self, ix: Ix) -> Vec<(&TagEntry, Option<Moment>)> {
        let first = self.fixed.get(ix as usize).map_or(NONE, |fixed| fixed.first_tag);
        let mut tags: Vec<_> = self.chained(first, |tag| tag.next_of_weapon).collect();
        tags.reverse();
        tags
    }

    fn chained(&self, first: Ix, next: fn(&TagEntry) -> Ix) -> impl Iterator<Item = (&TagEntry, Option<Moment>)> {
        let entry = |ix: Ix| self.tags.get(ix as usize).map(|tag| (ix, tag));
        let chain = std::iter::successors(entry(first), move |(_, tag)| entry(next(tag)));
        chain.map(|(ix, tag)| (tag, self.retired.get(&ix).copied()))
    }

    /// A weapon's marks in the order recorded: as entered, then those found later.
    #[must_use]
    pub fn marks(&self, ix: Ix, texts: &Texts) -> Vec<Mark> {
        let Some(fixed) = self.fixed.get(ix as usize) else { return Vec::new() };
        let next = |mark: &&MarkEntry| self.marks.get(mark.next_of_weapon as usize);
        let mut own: Vec<&MarkEntry> = std::iter::successors(self.marks.get(fixed.first_mark as usize), next).collect();
        let mut marks = Vec::new();
        for (spec, text) in self.templates.get(fixed.template).into_iter().flatten() {
            let text = if *text == NONE { own.pop().map_or(NONE, |mark| mark.text) } else { *text };
            marks.extend(self.mark_of(*spec, text, texts));
        }
        own.reverse();
        marks.extend(own.into_iter().filter_map(|mark| self.mark_of(mark.spec, mark.text, texts)));
        marks
    }

    fn mark_of(&self, spec: Ix, text: Ix, texts: &Texts) -> Option<Mark> {
        let spec = self.specs.get(spec)?;
        Some(Mark {
            kind: spec.kind,
            component: spec.component,
            position: texts.some(spec.position),
            method: spec.method,
            text: texts.get(text).parse().ok()?,
        })
    }

    /// What a read of an EPC, with its chip where the reader told it, resolves to.
    #[must_use]
    pub fn tag(&self, epc: &str, tid: Option<&str>, texts: &Texts) -> TagMatch {
        let chip = tid.map(pack);
        let mut best = TagMatch::Unknown;
        for (tag, retired_at) in self.of_epc(epc, texts) {
            let same_chip = chip.as_ref().is_none_or(|chip| tag.tid == NONE || texts.packed(tag.tid) == chip.as_slice());
            match (retired_at, same_chip, best) {
                (None, true, _) => return TagMatch::Bound(tag.weapon),
                (None, false, _) => best = TagMatch::OtherChip(tag.weapon),
                (Some(_), _, TagMatch::Unknown) => best = TagMatch::Retired(tag.weapon),
                (Some(_), _, _) => {}
            }
        }
        best
    }

    fn of_epc(&self, epc: &str, texts: &Texts) -> impl Iterator<Item = (&TagEntry, Option<Moment>)> {
        let packed = pack(epc);
        let first = self.by_epc.get(hash(&packed), |tag| texts.packed(self.tags[tag as usize].epc) == packed).unwrap_or(NONE);
        self.chained(first, |tag| tag.next_of_epc)
    }

    /// When a binding of this EPC, to whatever weapon, was last made or taken off.
    #[must_use]
    pub fn tag_changed(&self, epc: &str, texts: &Texts) -> Option<Moment> {
        self.of_epc(epc, texts).map(|(tag, retired_at)| retired_at.unwrap_or(tag.bound_at)).max()
    }

    /// The living weapon, other than `except`, that carries this EPC.
    #[must_use]
    pub fn bound_elsewhere(&self, epc: &str, except: WeaponId, texts: &Texts) -> Option<WeaponId> {
        self.living(self.of_epc(epc, texts), except)
    }

    /// The living weapon, other than `except`, whose tag has this chip.
    #[must_use]
    pub fn chip_elsewhere(&self, tid: &str, except: WeaponId, texts: &Texts) -> Option<WeaponId> {
        let packed = pack(tid);
        let first = self.by_tid.get(hash(&packed), |tag| texts.packed(self.tags[tag as usize].tid) == packed).unwrap_or(NONE);
        self.living(self.chained(first, |tag| tag.next_of_tid), except)
    }

    fn living<'a>(&self, mut tags: impl Iterator<Item = (&'a TagEntry, Option<Moment>)>, except: WeaponId) -> Option<WeaponId> {
        tags.find_map(|(tag, retired)| self.id(tag.weapon).filter(|id| retired.is_none() && *id != except))
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

    /// Records with exactly this identity: suspected duplicates, in order of entry.
    #[must_use]
    pub fn same_identity(&self, identity: &Identity) -> Vec<WeaponId> {
        self.with_identity(identity_hash(identity))
    }

    fn with_identity(&self, hash: u64) -> Vec<WeaponId> {
        let first = self.by_identity.get(mix(hash), |ix| self.fixed[ix as usize].identity == hash);
        let same = std::iter::successors(first, |ix| self.same_identity.get(ix).copied());
        let mut same: Vec<WeaponId> = same.take(FOUND_MAX).filter_map(|ix| self.id(ix)).collect();
        same.reverse();
        same
    }

    /// Other records whose identity equals that of a weapon in the book.
    #[must_use]
    pub fn duplicates(&self, ix: Ix) -> Vec<WeaponId> {
        let Some((own, _)) = self.entered(ix) else { return Vec::new() };
        let mut same = self.with_identity(own.identity);
        same.retain(|id| *id != own.id);
        same
    }

    /// Weapons of another identity whose serial looks the same.
    #[must_use]
    pub fn namesakes(&self, ix: Ix, texts: &Texts) -> Vec<WeaponId> {
        let Some(own) = self.fixed.get(ix as usize) else { return Vec::new() };
        let alike =
            self.by_folded(texts.get(own.key), texts, |mark| self.specs.get(mark.spec).is_some_and(|spec| is_serial(spec.kind)));
        let others = alike.into_iter().filter_map(|other| self.fixed.get(other as usize));
        others.filter(|other| other.id != own.id && other.identity != own.identity).map(|other| other.id).collect()
    }
}

const fn is_serial(kind: MarkKind) -> bool {
    matches!(kind, MarkKind::Serial | MarkKind::RegistryAssigned)
}
