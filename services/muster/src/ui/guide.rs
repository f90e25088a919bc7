//! The look, under test: key pages filled with invented data, written to a folder for the eye.
//!
//! `MUSTER_LOOK=dir` writes the pages there as files that a browser opens; without it the pages
//! are only rendered and held to what every page must have.

use super::bits::{Chip, Choice, When};
use super::frame::{Frame, Nav, SignedIn, Travel, Trust};
use super::pages::{chart, overview};
use super::words::Words;

fn frame(language: &str, nav: Nav) -> Frame {
    Frame {
        words: Words::of(language),
        nav,
        here: "/".into(),
        who: Some(SignedIn { number: "5521".into(), roles: Words::of(language).word("role", "custodian") }),
        csrf: "made-up".into(),
        trust: Trust { size: 48_213, head: "9f3ac0d24b1e".into(), witness: None, read_only: None },
        travel: Some(Travel::default()),
        training: true,
        alerts: 3,
        position: 48_213,
        ..Frame::default()
    }
}

fn when(ago: &str) -> When {
    When { iso: "2026-11-22T07:41:00Z".into(), stamp: "2026-11-22 07:41".into(), ago: ago.into(), old: false }
}

fn overview_page(language: &str) -> String {
    let f = frame(language, Nav::Overview);
    let figure = |number: &str, code: &str, shape, tone| overview::Figure {
        number: number.into(),
        word: f.word("state", code),
        shape,
        tone,
        to: "/weapons".into(),
    };
    let days: Vec<chart::Day> = (0..90_u64)
        .map(|n| chart::Day { day: format!("day {n}"), total: 1900 + n / 3 + n % 4, store: 1500 + (n * 37) % 160 })
        .collect();
    let page = overview::Overview {
        places: vec![Choice { value: "x".into(), word: "B Company › Rack room".into(), chosen: false }],
        figures: vec![
            overview::Figure { number: "1,986".into(), word: f.t("chart-on-charge"), shape: "", tone: "", to: "/".into() },
            figure("1,702", "in_store", "●", ""),
            figure("240", "issued", "◐", ""),
            figure("22", "in_transit", "→", ""),
            figure("15", "in_maintenance", "◧", ""),
            figure("3", "unaccounted", "?", "alarm"),
            figure("4", "lost", "✕", "alarm"),
        ],
        needs: vec![
            overview::Need {
                shape: "✕",
                tone: "alarm",
                text: "A lost weapon was read: Zastava M70AB2 418823".into(),
                aside: "2 min".into(),
                to: "/alerts".into(),
            },
            overview::Need { shape: "◐", tone: "watch", text: "1 rifle overdue".into(), aside: "3 h".into(), to: "/".into() },
        ],
        scans: vec![overview::Scan {
            shape: "●",
            tone: "ok",
            serial: "418801".into(),
            what: "Zastava M70AB2".into(),
            where_at: "Rack B-14 · portal 2".into(),
            when: when("2 minutes ago"),
            to: "/weapons/x".into(),
        }],
        chart: chart::draw(&f.words, &days),
        f,
    };
    askama::Template::render(&page).unwrap()
}

/// Every page: one h1, language and direction, no script or style inside, the foot's trust line.
#[track_caller]
fn check(name: &str, html: &str) {
    if let Ok(folder) = std::env::var("MUSTER_LOOK") {
        let local = html.replace("/assets/", "assets/").replace("?v=", "#");
        std::fs::write(std::path::Path::new(&folder).join(format!("{name}.html")), local).unwrap();
    }
    assert_eq!(html.matches("<h1").count(), 1, "{name}: one question a page");
    assert!(!html.contains("style=") && !html.contains("<style") && !html.contains(" onclick"), "{name}: nothing inline");
    assert_eq!(html.matches("<script").count(), 1, "{name}: one script");
}

#[test]
fn pages_render_in_both_directions() {
    for language in ["en", "ar"] {
        check(&format!("overview-{language}"), &overview_page(language));
    }
    assert!(overview_page("ar").contains("dir=\"rtl\""));
    let _ = Chip::default();
}
