//! Who is shown what: an alert that must not warn somebody is not shown to him.
//!
//! Written from the rules: reads of lost and destroyed weapons, of copied tags, and acts against the
//! book never appear to the keeper of that place; findings about a person's own acts never to him.

use muster::app::App;
use muster::desk::sees_alert;

use crate::line::Line;
use crate::post::Post;
use crate::promise::{Broken, broken};
use crate::tally;

const KEPT_FROM_THE_KEEPER: [&str; 4] = ["R1", "R2", "R5", "against_book"];

/// Asks of every alert among these lines and of everybody at the post.
pub fn fits<'a>(post: &Post, app: &App, alerts: impl Iterator<Item = &'a Line>) -> Result<(), Broken> {
    let (views, now) = (app.views(), app.now());
    for line in alerts {
        let (rule, about, place) = (line.text("rule"), line.text("person"), line.text("place"));
        let Some(row) = views.alerts.get(&line.subject()) else {
            return broken("an alert that was raised can be looked at", line.told());
        };
        let keeper = post.book.keeper(&place);
        for person in &post.people {
            let number = person.number.as_str();
            let grants = views.people.grants(&person.number, now);
            let shown = sees_alert(&views, &person.number, &grants, row, now);
            let warns = KEPT_FROM_THE_KEEPER.contains(&rule.as_str()) && number == keeper;
            let his_own = number == about && rule != "provisional";
            if shown && (warns || his_own) {
                return broken("no alert warns whom it must not", format!("{number} is shown {}", line.told()));
            }
            if warns {
                tally::saw("an alert is kept from the keeper of the place");
            }
            if his_own {
                tally::saw("a finding is kept from him whose act it is");
            }
        }
    }
    Ok(())
}
