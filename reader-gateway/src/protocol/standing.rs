//! What is known of a reader's health, told once per change.
//!
//! Two layers: the *base* (hearing or silent) and *faults* on top (throttled, antenna, lost reads,
//! garbled bytes). A base is told when it changes. A fault is told at once, then at most once in
//! [`HOLD_S`] seconds with how often it came meanwhile: an alarm that repeats every second is read
//! by nobody, and one that is swallowed hides a loss. Heat and antenna faults that stay away for
//! that long are followed by the base, so that the last notice is always true.

use std::collections::BTreeMap;

use tag_data::moment::Moment;
use tag_data::scan::ReaderCondition;

use super::{Effect, bounded};

/// Seconds between two notices of the same fault.
pub const HOLD_S: i64 = 60;

/// One reader's standing.
#[derive(Debug, Default)]
pub struct Standing {
    base: Option<ReaderCondition>,
    faults: BTreeMap<ReaderCondition, Fault>,
}

#[derive(Debug)]
struct Fault {
    told: Moment,
    last: Moment,
    unsaid: u64,
    words: String,
}

impl Standing {
    /// The base is this now; told only if it was another.
    pub fn base(&mut self, condition: ReaderCondition, words: Option<String>, effects: &mut Vec<Effect>) {
        if self.base != Some(condition) {
            self.base = Some(condition);
            effects.push(Effect::Condition(condition, words.map(|words| bounded(&words))));
        }
    }

    /// Whether the base is this.
    #[must_use]
    pub fn is(&self, condition: ReaderCondition) -> bool {
        self.base == Some(condition)
    }

    /// The port closed: whatever comes next is news.
    pub fn forget_base(&mut self) {
        self.base = None;
    }

    /// A fault showed itself.
    pub fn fault(&mut self, now: Moment, condition: ReaderCondition, words: &str, effects: &mut Vec<Effect>) {
        let words = bounded(words);
        if let Some(fault) = self.faults.get_mut(&condition) {
            fault.last = now;
            fault.unsaid += 1;
            fault.words = words;
            return;
        }
        effects.push(Effect::Condition(condition, Some(words.clone())));
        self.faults.insert(condition, Fault { told: now, last: now, unsaid: 0, words });
    }

    /// Tells what was held back and ends faults that stayed away.
    pub fn tick(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        let mut over = Vec::new();
        for (condition, fault) in &mut self.faults {
            if now.seconds_since(fault.told) < HOLD_S {
                continue;
            }
            if fault.unsaid > 0 {
                let words = format!("{} (and {} before it since the last notice)", fault.words, fault.unsaid - 1);
                let words = if fault.unsaid == 1 { fault.words.clone() } else { bounded(&words) };
                effects.push(Effect::Condition(*condition, Some(words)));
                fault.told = now;
                fault.unsaid = 0;
            } else if now.seconds_since(fault.last) >= HOLD_S {
                over.push(*condition);
            }
        }
        let lasting =
            |condition: &ReaderCondition| matches!(condition, ReaderCondition::Throttled | ReaderCondition::AntennaFault);
        let ended = over.iter().any(lasting);
        self.faults.retain(|condition, _| !over.contains(condition));
        if let (true, Some(base)) = (ended && !self.faults.keys().any(lasting), self.base) {
            effects.push(Effect::Condition(base, Some("the fault told before has not come again".to_owned())));
        }
    }

    /// When `tick` has something to do, if ever.
    #[must_use]
    pub fn wake_at(&self) -> Option<Moment> {
        self.faults.values().map(|fault| fault.told.plus_seconds(HOLD_S).max(fault_end(fault))).min()
    }
}

fn fault_end(fault: &Fault) -> Moment {
    if fault.unsaid > 0 { fault.told.plus_seconds(HOLD_S) } else { fault.last.plus_seconds(HOLD_S) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ReaderCondition::{AntennaFault, Hearing, ReadsLost};

    fn told(effects: &[Effect]) -> Vec<String> {
        let words = |effect: &Effect| match effect {
            Effect::Condition(condition, words) => format!("{condition:?} {}", words.clone().unwrap_or_default()),
            other => format!("{other:?}"),
        };
        effects.iter().map(words).collect()
    }

    #[test]
    fn a_fault_is_told_once_then_summed_up_then_over() {
        let at = |s| Moment::default().plus_seconds(s);
        let (mut standing, mut effects) = (Standing::default(), Vec::new());
        standing.base(Hearing, None, &mut effects);
        standing.base(Hearing, None, &mut effects);
        for second in 0..50 {
            standing.fault(at(second), AntennaFault, "cable", &mut effects);
            standing.tick(at(second), &mut effects);
        }
        standing.tick(at(60), &mut effects);
        standing.tick(at(119), &mut effects);
        standing.tick(at(121), &mut effects);
        assert_eq!(
            told(&effects),
            [
                "Hearing ",
                "AntennaFault cable",
                "AntennaFault cable (and 48 before it since the last notice)",
                "Hearing the fault told before has not come again"
            ]
        );
        assert_eq!(standing.wake_at(), None);
    }

    #[test]
    fn no_lost_read_is_swallowed() {
        let (mut standing, mut effects) = (Standing::default(), Vec::new());
        standing.fault(Moment::default(), ReadsLost, "5 to 7", &mut effects);
        standing.fault(Moment::default().plus_seconds(1), ReadsLost, "9 to 9", &mut effects);
        assert_eq!(standing.wake_at(), Some(Moment::default().plus_seconds(60)));
        standing.tick(Moment::default().plus_seconds(60), &mut effects);
        assert_eq!(told(&effects), ["ReadsLost 5 to 7", "ReadsLost 9 to 9"]);
    }
}
