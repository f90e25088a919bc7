//! The report's end: what counts, and the text for people.

use super::{FINDINGS_MAX, Findings, Outcome, Report};

impl Report {
    pub(super) fn unreadable(mut self, why: String) -> Self {
        self.notes.push(format!("Cannot be read as a log: {why}."));
        self
    }

    /// Declared positions are passed over only under an outside head that covers the break and agrees.
    pub(super) fn conclude(mut self, findings: Findings) -> Self {
        let covers = |at: u64| self.outside.as_ref().is_some_and(|outside| outside.head.size >= at);
        self.outcome = match findings.list.iter().all(|finding| finding.declared.is_some_and(covers)) && findings.more == 0 {
            true => Outcome::Agrees,
            false => Outcome::Differs,
        };
        self.findings = findings.list;
        self.findings.sort_by_key(|finding| (finding.position.is_none(), finding.position));
        self.more = findings.more;
        self
    }

    /// The report for people: the answer first, then what it rests on.
    #[must_use]
    pub fn text(&self) -> String {
        let mut lines = vec![format!("{}: {}", self.path.display(), self.answer())];
        if let Some(head) = self.head.filter(|_| self.outcome != Outcome::Unreadable) {
            lines.push(format!("It holds {} events; root {}.", head.size, hex::encode(head.root)));
        }
        for finding in &self.findings {
            let place = finding.position.map_or_else(|| "the log".to_owned(), |position| format!("position {position}"));
            let known = finding.declared.map_or_else(String::new, |at| format!(" (declared by the break at {at})"));
            lines.push(format!("- {place}: {}{known}", finding.what));
        }
        if self.more > 0 {
            lines.push(format!("- and {} more; the first {FINDINGS_MAX} are shown", self.more));
        }
        for one in &self.breaks {
            let [first, second] = &one.record.by;
            let when = moment(one.recorded_at);
            let reason = &one.record.reason;
            lines.push(format!("Break declared at position {} on {when} by {first} and {second}: {reason}", one.position));
        }
        lines.extend(self.notes.iter().cloned());
        lines.push(String::new());
        lines.join("\n")
    }

    fn answer(&self) -> String {
        match (self.outcome, &self.outside, self.first_bad()) {
            (Outcome::Unreadable, ..) => "CANNOT BE READ.".to_owned(),
            (Outcome::Differs, _, Some(position)) => format!("CHANGED. The first bad position is {position}."),
            (Outcome::Differs, _, None) => "CHANGED. No single position can be named.".to_owned(),
            (Outcome::Agrees, Some(outside), _) => {
                let time =
                    outside.time.clone().or_else(|| self.head_time.map(moment)).unwrap_or_else(|| "the beginning".to_owned());
                let holder = outside.held_by.as_deref().unwrap_or("the bearer");
                format!("agrees. Unchanged since head {} of {time}, held by {holder}.", outside.head.size)
            }
            (Outcome::Agrees, None, _) => {
                "agrees with itself. No outside head given: this shows only that the file agrees with itself.".to_owned()
            }
        }
    }
}

/// Microseconds since 1970 as `2026-03-01T06:00:00Z` (civil calendar from a count of days).
pub(super) fn moment(micros: i64) -> String {
    let seconds = micros.div_euclid(1_000_000);
    let (days, of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let shifted = days + 719_468; // days since 0000-03-01, so that a leap day ends a year
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", of_day / 3600, of_day / 60 % 60, of_day % 60)
}
