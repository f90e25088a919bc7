//! Texts and small hash tables for a million weapons in little memory.
//!
//! A text is kept once and named by a number; a table holds only numbers and asks its owner
//! whether one of them is the key sought. Numbers are given in order of first mention, so that
//! two folds of the same facts are equal to the byte. Nothing is ever removed.

/// The number of a kept text, weapon, place or person; [`NONE`] where there is none.
pub type Ix = u32;

/// No text, weapon, place or person.
pub const NONE: Ix = Ix::MAX;

/// Texts kept once each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts {
    bytes: String,
    ends: Vec<u32>,
    table: Table,
    codes: Vec<u8>,
}

impl Texts {
    /// The number of a text, kept from now on.
    pub fn keep(&mut self, text: &str) -> Ix {
        let hash = hash(text.as_bytes());
        if let Some(found) = self.table.get(hash, |ix| text_at(&self.bytes, &self.ends, ix) == text) {
            return found;
        }
        let ix = number(self.ends.len());
        roomy_text(&mut self.bytes, text);
        roomy(&mut self.ends, number(self.bytes.len()));
        let (bytes, ends) = (&self.bytes, &self.ends);
        self.table.add(hash, ix, |other| self::hash(text_at(bytes, ends, other).as_bytes()));
        ix
    }

    /// [`Texts::keep`], or [`NONE`].
    pub fn keep_some(&mut self, text: Option<&str>) -> Ix {
        text.map_or(NONE, |text| self.keep(text))
    }

    /// The number of a text, if it is kept.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<Ix> {
        self.table.get(hash(text.as_bytes()), |ix| self.get(ix) == text)
    }

    /// The text; empty for [`NONE`].
    #[must_use]
    pub fn get(&self, ix: Ix) -> &str {
        text_at(&self.bytes, &self.ends, ix)
    }

    /// The text, or nothing for [`NONE`].
    #[must_use]
    pub fn some(&self, ix: Ix) -> Option<String> {
        (ix != NONE).then(|| self.get(ix).to_owned())
    }

    /// Keeps a code (EPC, chip serial) packed, without looking whether it is kept already.
    pub fn keep_code(&mut self, code: &str) -> Ix {
        let at = number(self.codes.len());
        let packed = pack(code);
        if self.codes.capacity() - self.codes.len() < packed.len() {
            self.codes.reserve_exact(self.codes.len() / 16 + packed.len() + 1024);
        }
        self.codes.extend_from_slice(&packed);
        at
    }

    /// The code kept at `at`; empty for [`NONE`].
    #[must_use]
    pub fn code(&self, at: Ix) -> String {
        unpack(self.packed(at))
    }

    /// The packed form of the code kept at `at`.
    #[must_use]
    pub fn packed(&self, at: Ix) -> &[u8] {
        let from = self.codes.get(at as usize..).unwrap_or_default();
        let length = from.first_chunk::<2>().map_or(0, |head| 2 + usize::from(u16::from_be_bytes(*head) & LENGTH));
        from.get(..length).unwrap_or_default()
    }

    /// Bytes held, for the memory figure.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        self.bytes.capacity() + self.ends.capacity() * 4 + self.table.held_bytes() + self.codes.capacity()
    }
}

/// In a packed code's two-byte head: set where the code is no upper-case hex and stands as text.
const AS_TEXT: u16 = 0x8000;
const LENGTH: u16 = 0x7FFF;

/// A code as it is kept: two bytes of head, then half a byte a digit; what is no hex, as text.
#[must_use]
pub fn pack(code: &str) -> Vec<u8> {
    let upper_hex = code.bytes().all(|c| c.is_ascii_digit() || (b'A'..=b'F').contains(&c));
    let bytes = hex::decode(code).ok().filter(|_| upper_hex);
    let as_text = if bytes.is_some() { 0 } else { AS_TEXT };
    let mut bytes = bytes.unwrap_or_else(|| code.as_bytes().to_vec());
    bytes.truncate(usize::from(LENGTH)); // A code from outside is bounded long before.
    let head = u16::try_from(bytes.len()).unwrap_or(LENGTH) | as_text;
    let mut packed = head.to_be_bytes().to_vec();
    packed.append(&mut bytes);
    packed
}

fn unpack(packed: &[u8]) -> String {
    match packed.split_first_chunk::<2>() {
        Some((head, text)) if u16::from_be_bytes(*head) & AS_TEXT != 0 => String::from_utf8_lossy(text).into_owned(),
        Some((_, bytes)) => hex::encode_upper(bytes),
        None => String::new(),
    }
}

fn text_at<'a>(bytes: &'a str, ends: &[u32], ix: Ix) -> &'a str {
    let at = ix as usize;
    let Some(&end) = ends.get(at) else { return "" };
    let start = at.checked_sub(1).map_or(0, |before| ends[before]);
    &bytes[start as usize..end as usize]
}

/// A hash table of numbers: open addressing, at most three quarters full, the keys elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    slots: Vec<u32>,
    used: usize,
}

impl Table {
    /// The number whose key is sought, as `same` recognises it.
    #[must_use]
    pub fn get(&self, hash: u64, same: impl Fn(Ix) -> bool) -> Option<Ix> {
        self.slot(hash, same).and_then(|slot| (self.slots[slot] != NONE).then_some(self.slots[slot]))
    }

    /// Adds a number whose key is not in the table; `hash_of` is asked when the table grows.
    pub fn add(&mut self, hash: u64, ix: Ix, hash_of: impl Fn(Ix) -> u64) {
        if (self.used + 1) * 4 > self.slots.len() * 3 {
            self.grow(hash_of);
        }
        if let Some(slot) = self.slot(hash, |_| false) {
            self.slots[slot] = ix;
            self.used += 1;
        }
    }

    /// Puts a number in the place of the one with the same key; returns the number displaced.
    pub fn put(&mut self, hash: u64, ix: Ix, same: impl Fn(Ix) -> bool, hash_of: impl Fn(Ix) -> u64) -> Ix {
        match self.slot(hash, same) {
            Some(slot) if self.slots[slot] != NONE => std::mem::replace(&mut self.slots[slot], ix),
            Some(_) | None => {
                self.add(hash, ix, hash_of);
                NONE
            }
        }
    }

    /// The slot of the key or the free slot where it would stand; none while there are no slots.
    fn slot(&self, hash: u64, same: impl Fn(Ix) -> bool) -> Option<usize> {
        let mask = self.slots.len().checked_sub(1)?;
        let mut slot = usize::try_from(hash & mask as u64).unwrap_or(0);
        loop {
            match self.slots[slot] {
                NONE => return Some(slot),
                ix if same(ix) => return Some(slot),
                _ => slot = (slot + 1) & mask,
            }
        }
    }

    fn grow(&mut self, hash_of: impl Fn(Ix) -> u64) {
        let size = (self.slots.len() * 2).max(16);
        let old = std::mem::replace(&mut self.slots, vec![NONE; size]);
        for ix in old.into_iter().filter(|ix| *ix != NONE) {
            if let Some(slot) = self.slot(hash_of(ix), |_| false) {
                self.slots[slot] = ix;
            }
        }
    }

    /// Bytes held, for the memory figure.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        self.slots.capacity() * 4
    }
}

/// A hash of bytes that is the same in every run: words of eight, multiplied and folded.
#[must_use]
pub fn hash(bytes: &[u8]) -> u64 {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64 ^ bytes.len() as u64;
    for chunk in bytes.chunks(8) {
        let mut word = [0_u8; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        state = mix(state ^ u64::from_le_bytes(word));
    }
    mix(state)
}

/// One round of mixing: every bit of the input reaches the low bits, which choose the slot.
#[must_use]
pub const fn mix(word: u64) -> u64 {
    let wide = (word as u128).wrapping_mul(0xD6E8_FEB8_6659_FD93_A076_1D64_78BD_642F_u128 | 1);
    #[allow(clippy::cast_possible_truncation, reason = "folding the two halves is the point")]
    let folded = (wide as u64) ^ ((wide >> 64) as u64);
    folded ^ (folded >> 29)
}

/// A length as a number; a book never holds four thousand million of anything.
#[must_use]
pub fn number(length: usize) -> Ix {
    Ix::try_from(length).unwrap_or(NONE)
}

/// Pushes, growing by a sixteenth instead of doubling: a million weapons leave little unused.
pub fn roomy<T>(list: &mut Vec<T>, item: T) {
    if list.len() == list.capacity() {
        list.reserve_exact(list.len() / 16 + 64);
    }
    list.push(item);
}

fn roomy_text(all: &mut String, text: &str) {
    if all.capacity() - all.len() < text.len() {
        all.reserve_exact(all.len() / 16 + text.len() + 1024);
    }
    all.push_str(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_kept_once_and_found_again() {
        let mut texts = Texts::default();
        let numbers: Vec<Ix> = (0..10_000).map(|n| texts.keep(&format!("M{n}Z"))).collect();
        assert_eq!(texts.keep("M77Z"), numbers[77]);
        assert_eq!(texts.get(numbers[9_999]), "M9999Z");
        assert_eq!(texts.find("M10000Z"), None);
        assert_eq!((texts.get(NONE), texts.some(NONE)), ("", None));
    }

    #[test]
    fn a_code_is_packed_and_comes_back_as_it_was() {
        let mut texts = Texts::default();
        for code in ["3034257BF7194E4000066437", "e280aa", "ABC", "", "К?"] {
            let at = texts.keep_code(code);
            assert_eq!((texts.code(at).as_str(), texts.packed(at)), (code, pack(code).as_slice()));
        }
        assert_eq!(texts.code(NONE), "");
    }

    #[test]
    fn a_put_displaces_the_same_key_only() {
        let keys = ["a", "b", "a"];
        let same = |key: &'static str| move |ix: Ix| keys[ix as usize] == key;
        let hash_of = |ix: Ix| hash(keys[ix as usize].as_bytes());
        let mut table = Table::default();
        assert_eq!(table.put(hash(b"a"), 0, same("a"), hash_of), NONE);
        assert_eq!(table.put(hash(b"b"), 1, same("b"), hash_of), NONE);
        assert_eq!(table.put(hash(b"a"), 2, same("a"), hash_of), 0);
        assert_eq!(table.get(hash(b"b"), same("b")), Some(1));
    }
}
