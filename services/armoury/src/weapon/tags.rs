//! Tags on a weapon: EPC and chip serial bound together, retired, never silently exchanged.
//!
//! A tag is bound to one living weapon at a time. The same EPC with another chip is what a copied
//! tag looks like, so it is refused until the old binding is retired.

use super::Tag;
use crate::command::weapon::{BindTag, RetireTag};
use crate::event::weapon::{self as event, WeaponEvent};
use crate::life::Ctx;
use crate::refusal::Refusal;

/// The most hex digits of an EPC bank (496 bits) or a chip serial.
const HEX_MAX: usize = 124;

pub(super) fn bind(tags: &mut Vec<Tag>, bound: &event::TagBound) {
    tags.retain(|tag| tag.epc != bound.epc || !tag.bound && tag.tid != bound.tid);
    tags.push(Tag { epc: bound.epc.clone(), tid: bound.tid.clone(), bound: true });
}

pub(super) fn retire(tags: &mut [Tag], epc: &str) {
    tags.iter_mut().filter(|tag| tag.epc == epc).for_each(|tag| tag.bound = false);
}

pub(super) fn decide_bind(tags: &[Tag], asked: &BindTag, ctx: &Ctx) -> Result<Vec<WeaponEvent>, Refusal> {
    let epc = hex("the tag's number", &asked.epc)?;
    let tid = asked.tid.as_deref().map(|tid| hex("the chip's serial", tid)).transpose()?;
    if let Some(weapon) = ctx.facts.tag_bound_to {
        return Err(Refusal::TagElsewhere { epc, weapon });
    }
    match tags.iter().find(|tag| tag.bound && tag.epc == epc).map(|tag| &tag.tid) {
        Some(known) if *known == tid || tid.is_none() => return Ok(Vec::new()),
        Some(Some(_)) => return Err(Refusal::OtherChip { epc }),
        Some(None) | None => {} // A chip serial read later completes the binding.
    }
    Ok(vec![WeaponEvent::TagBound(event::TagBound { epc, tid })])
}

pub(super) fn decide_retire(tags: &[Tag], asked: &RetireTag) -> Result<Vec<WeaponEvent>, Refusal> {
    let epc = hex("the tag's number", &asked.epc)?;
    match tags.iter().rfind(|tag| tag.epc == epc).map(|tag| tag.bound) {
        None => Err(Refusal::TagNotBound { epc }),
        Some(false) => Ok(Vec::new()),
        Some(true) => Ok(vec![WeaponEvent::TagRetired(event::TagRetired { epc })]),
    }
}

/// Hex as it stands in the book: upper case, whole bytes, bounded.
fn hex(what: &'static str, text: &str) -> Result<String, Refusal> {
    let text = text.trim().to_ascii_uppercase();
    match text.len() {
        0 => Err(Refusal::Empty { what }),
        length if length > HEX_MAX => Err(Refusal::TooLong { what, limit: HEX_MAX }),
        length if length % 2 == 1 || !text.bytes().all(|b| b.is_ascii_hexdigit()) => Err(Refusal::NotHex { what }),
        _ => Ok(text),
    }
}
