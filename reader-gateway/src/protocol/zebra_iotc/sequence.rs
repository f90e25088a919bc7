//! Event numbers: what a reader numbered and we never got was lost on the way.
//!
//! Late and out-of-order delivery is normal (the reader stores and forwards), so a missing number
//! is held for a grace before it is called lost. A number far behind, or the first one again, is a
//! reader that restarted its counting; that alone proves no loss.

use std::collections::VecDeque;

use tag_data::moment::Moment;

use crate::protocol::millis_between;

/// How long a missing number may still come.
pub const GRACE_MS: i64 = 5_000;
/// A number this far behind is not late: the reader began anew.
const LATE: u64 = 10_000;
/// Runs of missing numbers remembered; more are called lost at once.
const RUNS: usize = 64;

#[derive(Clone, Copy, Debug)]
struct Run {
    from: u64,
    to: u64,
    since: Moment,
}

/// One numbered series.
#[derive(Debug, Default)]
pub struct Sequence {
    next: Option<u64>,
    missing: VecDeque<Run>,
}

impl Sequence {
    /// This number came.
    pub fn heard(&mut self, now: Moment, number: u64) {
        match self.next {
            Some(next) if number > next => {
                self.missing.push_back(Run { from: next, to: number - 1, since: now });
                self.next = Some(number.saturating_add(1));
            }
            Some(next) if number < next && number > 1 && next - number < LATE => self.came_late(number),
            _ => self.next = Some(number.saturating_add(1)), // The first, the next, or a new beginning.
        }
    }

    fn came_late(&mut self, number: u64) {
        let Some(index) = self.missing.iter().position(|run| (run.from..=run.to).contains(&number)) else { return };
        let Some(run) = self.missing.remove(index) else { return };
        if number < run.to {
            self.missing.insert(index, Run { from: number + 1, ..run });
        }
        if run.from < number {
            self.missing.insert(index, Run { to: number - 1, ..run });
        }
    }

    /// Numbers that are lost by now, as (first, last).
    pub fn lost(&mut self, now: Moment) -> Vec<(u64, u64)> {
        let mut lost = Vec::new();
        while let Some(run) = self.missing.front() {
            if millis_between(run.since, now) < GRACE_MS && self.missing.len() <= RUNS {
                break;
            }
            lost.push((run.from, run.to));
            self.missing.pop_front();
        }
        lost
    }

    /// When something missing becomes lost.
    #[must_use]
    pub fn wake_at(&self) -> Option<Moment> {
        self.missing.front().map(|run| crate::protocol::millis_later(run.since, GRACE_MS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(numbers: &[u64], lost: &[(u64, u64)]) {
        let mut sequence = Sequence::default();
        numbers.iter().for_each(|number| sequence.heard(Moment::default(), *number));
        assert_eq!(sequence.lost(Moment::default()), []);
        assert_eq!(sequence.lost(Moment::default().plus_seconds(5)), lost);
        assert_eq!(sequence.wake_at(), None);
    }

    #[test]
    fn gaps_late_comers_and_restarts() {
        check(&[7, 8, 9], &[]);
        check(&[1, 2, 5, 6, 9], &[(3, 4), (7, 8)]);
        check(&[1, 5, 3], &[(2, 2), (4, 4)]);
        check(&[1, 4, 3, 2], &[]);
        check(&[900, 901, 1, 2], &[]);
        check(&[5, 5, 4, u64::MAX, 3], &[(6, u64::MAX - 1)]);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut sequence = Sequence::default();
        let mut lost = 0;
        for number in 0..10_000_u64 {
            sequence.heard(Moment::default(), number * 2);
            lost += sequence.lost(Moment::default()).len();
            assert!(sequence.missing.len() <= RUNS);
        }
        assert_eq!(lost + sequence.missing.len(), 9_999);
    }
}
