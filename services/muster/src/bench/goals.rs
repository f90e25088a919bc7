//! What the design asks of a machine with two cores: what must be, and what is aimed at.

use event_log::bench::Figure;

/// How a figure is looked at.
#[derive(Clone, Copy, Debug)]
enum Asked {
    /// Its value, at most.
    AtMost(f64, f64),
    /// Its value, at least.
    AtLeast(f64, f64),
    /// Its ratio to the bare limit, at most.
    Ratio(f64, f64),
}

/// Figure, then must and aim.
const GOALS: &[(&str, Asked)] = &[
    ("append.p99", Asked::Ratio(2.5, 2.0)),
    ("append64", Asked::AtLeast(30_000.0, 80_000.0)),
    ("replay-rows", Asked::AtLeast(1e6, 2e6)),
    ("replay-sealed", Asked::AtLeast(2.5e6, 6e6)),
    ("replay-sealed.bytes", Asked::AtMost(200.0, 140.0)),
    ("sieve", Asked::AtLeast(1e6, 1e6)),
    ("sieve.burst", Asked::AtLeast(10_000.0, 10_000.0)),
    ("scan-to-view.p99", Asked::AtMost(50.0, 20.0)),
    ("trail.p99", Asked::AtMost(2.0, 0.5)),
    ("search-100k.p95", Asked::AtMost(150.0, 150.0)),
    ("search-1m.p95", Asked::AtMost(300.0, 300.0)),
    ("proof.share", Asked::AtMost(5.0, 1.0)),
    ("as-of.p99", Asked::AtMost(100.0, 25.0)),
    ("memory", Asked::AtMost(512.0, 512.0)),
    ("memory.all-issued", Asked::AtMost(512.0, 512.0)),
];

/// What is asked of this figure and whether it is met, in words.
pub fn said(figure: &Figure) -> Option<String> {
    let (_, asked) = GOALS.iter().find(|(name, _)| *name == figure.name)?;
    let (must, aim, words) = match *asked {
        Asked::AtMost(must, aim) => (figure.value <= must, figure.value <= aim, format!("must <= {must}, aim <= {aim}")),
        Asked::AtLeast(must, aim) => (figure.value >= must, figure.value >= aim, format!("must >= {must}, aim >= {aim}")),
        Asked::Ratio(must, aim) => (figure.ratio <= must, figure.ratio <= aim, format!("must <= {must} x, aim <= {aim} x")),
    };
    let verdict = match (must, aim) {
        (true, true) => "met",
        (true, false) => "met, aim missed",
        (false, _) => "MISSED",
    };
    Some(format!("; {words}: {verdict}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn must_and_aim() {
        let said = |name, value, limit| said(&Figure::new(name, value, "x", "y", limit)).unwrap_or_default();
        assert!(said("append.p99", 260.0, 100.0).ends_with("MISSED"));
        assert!(said("append.p99", 240.0, 100.0).ends_with("met, aim missed"));
        assert!(said("append64", 90_000.0, 1.0).ends_with(": met"));
        assert_eq!(said("append.p50", 1.0, 1.0), "");
    }
}
