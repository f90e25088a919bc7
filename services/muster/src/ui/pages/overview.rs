//! "What is here, and what needs a person?": the first page, for a place or for everything.

use askama::Template;

use super::chart::Chart;
use crate::ui::bits::{Choice, When};
use crate::ui::frame::Frame;

/// A number that is a way to what it counts.
#[derive(Clone, Debug, Default)]
pub struct Figure {
    /// The number, or a word where it is not shown.
    pub number: String,
    /// What it counts.
    pub word: String,
    /// The state's shape.
    pub shape: &'static str,
    /// The colour's name; `none` for a quiet zero.
    pub tone: &'static str,
    /// Where it leads.
    pub to: String,
}

/// One thing that needs a person.
#[derive(Clone, Debug, Default)]
pub struct Need {
    /// Shape.
    pub shape: &'static str,
    /// The colour's name.
    pub tone: &'static str,
    /// What, as a sentence.
    pub text: String,
    /// Since when or how many.
    pub aside: String,
    /// Where it is done.
    pub to: String,
}

/// One scan of the list of last scans.
#[derive(Clone, Debug, Default)]
pub struct Scan {
    /// Shape.
    pub shape: &'static str,
    /// The colour's name.
    pub tone: &'static str,
    /// The serial if known, else what was read.
    pub serial: String,
    /// Model, or that it is unknown.
    pub what: String,
    /// Place and reader.
    pub where_at: String,
    /// When.
    pub when: When,
    /// The weapon's page.
    pub to: String,
}

/// The page.
#[derive(Template)]
#[template(path = "overview.html")]
pub struct Overview {
    /// The frame.
    pub f: Frame,
    /// The places to choose from.
    pub places: Vec<Choice>,
    /// Figures.
    pub figures: Vec<Figure>,
    /// What needs a person.
    pub needs: Vec<Need>,
    /// Last scans.
    pub scans: Vec<Scan>,
    /// Stock over 90 days.
    pub chart: Option<Chart>,
}
