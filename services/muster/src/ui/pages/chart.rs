//! The one chart: stock over days, drawn by us as paths, told in words beside it.

use crate::ui::bits::grouped;
use crate::ui::words::Words;

const WIDTH: f64 = 640.0;
const LEFT: f64 = 44.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 176.0;

/// One day of the chart.
#[derive(Clone, Debug)]
pub struct Day {
    /// The day, `2026-11-22`.
    pub day: String,
    /// On charge.
    pub total: u64,
    /// In store.
    pub store: u64,
}

/// The chart as its template draws it.
#[derive(Clone, Debug, Default)]
pub struct Chart {
    /// What it says, in words.
    pub told: String,
    /// Label, height of the line, height of its text.
    pub lines: Vec<(String, String, String)>,
    /// Label, place and anchor of the days named.
    pub days: Vec<(String, String, &'static str)>,
    /// Path under the total.
    pub area: String,
    /// Path of the total.
    pub total: String,
    /// Path of what is in store.
    pub store: String,
}

/// The smallest round number not below `n`, as the top of the scale.
fn round_up(n: u64) -> u64 {
    let mut unit = 1;
    while unit * 10 < n {
        unit *= 10;
    }
    [1, 2, 3, 4, 5, 6, 8, 10].iter().map(|times| times * unit).find(|top| *top >= n).unwrap_or(n).max(4)
}

/// Draws the days; fewer than two draw nothing.
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "places on a drawing")]
pub fn draw(words: &Words, days: &[Day]) -> Option<Chart> {
    let (first, last) = (days.first()?, days.last()?);
    let top = round_up(days.iter().map(|day| day.total).max().unwrap_or(0));
    let across = |at: usize| LEFT + (WIDTH - LEFT) * at as f64 / (days.len() - 1) as f64;
    let high = |n: u64| BOTTOM - (BOTTOM - TOP) * n as f64 / top as f64;
    if days.len() < 2 {
        return None;
    }
    let path = |of: fn(&Day) -> u64| {
        let step = |(at, day): (usize, &Day)| match at {
            0 => format!("M{:.1} {:.1}", across(0), high(of(day))),
            _ => format!("H{:.1}V{:.1}", across(at), high(of(day))),
        };
        days.iter().enumerate().map(step).collect::<String>()
    };
    let total = path(|day| day.total);
    let lines = [0, top / 2, top].map(|n| (grouped(n), format!("{:.1}", high(n)), format!("{:.1}", high(n) + 4.0)));
    let named = [(0, "start"), (days.len() / 2, "middle"), (days.len() - 1, "end")];
    Some(Chart {
        told: words.t2("chart-told", ("first", &grouped(first.total)), ("last", &grouped(last.total))),
        lines: lines.to_vec(),
        days: named.iter().map(|(at, anchor)| (days[*at].day.clone(), format!("{:.1}", across(*at)), *anchor)).collect(),
        area: format!("{total}V{BOTTOM}H{LEFT}Z"),
        total,
        store: path(|day| day.store),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_day_is_no_chart_and_the_scale_is_round() {
        let day = |total| Day { day: "2026-11-22".into(), total, store: 0 };
        assert!(draw(&Words::of("en"), &[day(3)]).is_none());
        let two = draw(&Words::of("en"), &[day(1200), day(1986)]).unwrap();
        assert_eq!(two.lines[2].0, "2,000");
        assert!(two.total.starts_with("M44.0 ") && two.area.ends_with('Z'));
    }
}
