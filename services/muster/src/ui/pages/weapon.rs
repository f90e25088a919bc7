//! One weapon: what it is, where it is on record, where it was last sensed, who holds it, what
//! happened to it and when nobody looked. And the same on paper: the record for tracing.

use actix_web::web;
use armoury::codes::{Acknowledgement, Component, Disposition, ElsewhereKind, MarkKind, MarkMethod, State};
use armoury::ids::WeaponId;
use armoury::rights::Act;
use armoury::view::trail::GAP_DAYS;
use armoury::view::{TrailLine, Views, WeaponView};
use askama::Template;
use tag_data::moment::Moment;

use super::qr;
use crate::ui::ask::{Ask, Book, Page};
use crate::ui::bits::{self, Chip, Choice, choices, lasting, stamp};
use crate::ui::fault::Fault;
use crate::ui::frame::{Frame, Nav};

/// A sensing older than this says so: a full count by serial is due every quarter.
const OLD_SECONDS: i64 = GAP_DAYS * 86_400;

/// One line of the trail as drawn.
#[derive(Clone, Debug, Default)]
pub struct Line {
    /// The class of the line's shape.
    pub look: &'static str,
    /// Whether it is a gap.
    pub gap: bool,
    /// What happened, or how long nobody looked.
    pub what: String,
    /// The evidence level's letter.
    pub level: String,
    /// Where.
    pub place: String,
    /// For machines.
    pub iso: String,
    /// When.
    pub stamp: String,
    /// To whom, by what document.
    pub detail: String,
    /// By whom.
    pub by: String,
    /// Position in the log; 0 for a gap.
    pub position: u64,
}

/// Which acts this person is shown.
#[derive(Clone, Copy, Debug, Default)]
pub struct Acts {
    /// Issue, take in, rack, send.
    pub moves: bool,
    /// Confirm a receipt.
    pub confirm: bool,
    /// Assign, parts.
    pub assign: bool,
    /// Marks and tags.
    pub mark: bool,
    /// Disposition.
    pub dispose: bool,
    /// Report it missing.
    pub report: bool,
    /// Release from examination.
    pub restore: bool,
    /// Whether it stands as lost, so that it can be recovered.
    pub lost: bool,
}

impl Acts {
    /// Whether there is any.
    #[must_use]
    pub const fn any(&self) -> bool {
        self.moves || self.confirm || self.assign || self.mark || self.dispose || self.report || self.restore
    }
}

/// The page.
#[derive(Template)]
#[template(path = "weapon.html")]
pub struct WeaponPage {
    /// The frame.
    pub f: Frame,
    /// The weapon.
    pub w: WeaponView,
    /// Its state.
    pub chip: Chip,
    /// Its trail.
    pub trail: Vec<Line>,
    /// Whether the last sensing is older than the policy allows.
    pub old: bool,
    /// Open alerts that this person is shown, by rule.
    pub alerts: Vec<String>,
    /// What may be done.
    pub acts: Acts,
    /// This page.
    pub here: String,
    /// The record on paper.
    pub record: String,
    /// Whether he may print it.
    pub may_trace: bool,
    /// Choices of the forms.
    pub places: Vec<Choice>,
    /// Choices of the forms.
    pub acks: Vec<Choice>,
    /// Choices of the forms.
    pub elsewheres: Vec<Choice>,
    /// Choices of the forms.
    pub mark_kinds: Vec<Choice>,
    /// Choices of the forms.
    pub components: Vec<Choice>,
    /// Choices of the forms.
    pub methods: Vec<Choice>,
    /// Choices of the forms.
    pub dispositions: Vec<Choice>,
}

/// The record on paper.
#[derive(Template)]
#[template(path = "record.html")]
struct RecordPage {
    f: Frame,
    w: WeaponView,
    chip: Chip,
    trail: Vec<Line>,
    qr: String,
}

/// The trail's lines in words.
#[must_use]
pub fn lines(f: &Frame, views: &Views, weapon: WeaponId) -> Vec<Line> {
    let trail = views.trail(weapon, GAP_DAYS, f.now);
    trail.map(|trail| trail.lines.iter().map(|line| told(f, line)).collect()).unwrap_or_default()
}

fn told(f: &Frame, line: &TrailLine) -> Line {
    match line {
        TrailLine::Act(act) => Line {
            look: look(&act.act, act.evidence),
            what: f.word("act", &act.act),
            level: act.level.map(|level| level.word().to_owned()).unwrap_or_default(),
            place: act.place_name.clone(),
            iso: act.occurred_at.to_string(),
            stamp: stamp(act.occurred_at),
            detail: act.detail.clone().unwrap_or_default(),
            by: by(f, &act.actor_kind, &act.actor, act.occurred_at, act.recorded_at),
            position: act.position,
            gap: false,
        },
        TrailLine::Sighting(seen) => Line {
            look: "",
            what: if seen.times > 1 { f.tn("trail-seen-times", seen.times) } else { f.t("trail-seen") },
            level: seen.level.word().to_owned(),
            place: seen.place_name.clone(),
            iso: seen.last.to_string(),
            stamp: if seen.times > 1 { format!("{} – {}", stamp(seen.first), stamp(seen.last)) } else { stamp(seen.first) },
            detail: f.word("way", seen.way.word()),
            by: seen.by.clone(),
            position: seen.position,
            gap: false,
        },
        TrailLine::Gap(gap) => {
            let long = lasting(&f.words, gap.until.seconds_since(gap.from));
            let key = if gap.still { "trail-gap-still" } else { "trail-gap" };
            Line { look: "gap", gap: true, what: f.t1(key, "long", long), ..Line::default() }
        }
    }
}

fn look(act: &str, evidence: bool) -> &'static str {
    match act {
        "WeaponUnaccounted" | "WeaponPresumedLost" | "WeaponLost" => "alarm",
        "WeaponBatched" | "WeaponDestroyed" | "WeaponRecovered" => "watch",
        _ if evidence => "act-by-hand",
        _ => "",
    }
}

fn by(f: &Frame, kind: &str, actor: &str, occurred: Moment, recorded: Moment) -> String {
    let who = match kind {
        "book" => f.t("by-book"),
        "gateway" => f.t1("by-gateway", "key", actor),
        _ => actor.to_owned(),
    };
    let late = recorded.seconds_since(occurred);
    if late > 3600 { format!("{who} · {}", f.t1("recorded-later", "long", lasting(&f.words, late))) } else { who }
}

fn acts(ask: &Ask, views: &Views, w: &WeaponView, away: bool) -> Acts {
    let may = |act| !away && ask.may(act, views, w.row.place);
    let lost = matches!(w.row.state, State::Lost | State::PresumedLost | State::Unaccounted);
    let gone = matches!(w.row.state, State::Destroyed | State::DestroyedInIncident | State::Merged);
    Acts {
        moves: may(Act::MoveWeapon) && !gone,
        confirm: may(Act::ConfirmReceipt) && !gone,
        assign: may(Act::AssignWeapon) && !gone,
        mark: may(Act::MarkWeapon),
        dispose: may(Act::DecideDisposition) && !gone,
        report: may(Act::ReportMiss) && !gone && !lost,
        restore: may(Act::RestoreWeapon) && w.row.state == State::RecoveredHeld,
        lost,
    }
}

/// The weapon of the address, if it is in reach.
fn found(ask: &Ask, book: &Book<'_>, id: &str, act: Act) -> Result<WeaponView, Fault> {
    let scope = ask.scope(act)?;
    let missing = || Fault::not_found(&ask.words);
    let id: WeaponId = id.parse().map_err(|_| missing())?;
    let w = book.weapon(id, ask.moment(book)).ok_or_else(missing)?;
    let inside = match (&scope, w.row.place) {
        (armoury::view::Scope::Everywhere, _) => true,
        (_, Some(place)) => book.places.in_scope(&scope, place),
        (_, None) => false,
    };
    if inside { ask.open_to(book, w.row.place).map(|()| w) } else { Err(missing()) }
}

/// `GET /weapons/{id}`.
///
/// # Errors
/// Absent or out of reach.
pub async fn page(ask: Ask, id: web::Path<String>) -> Page {
    let book = ask.book().await?;
    let w = found(&ask, &book, &id, Act::ReadStock)?;
    let f = ask.travelling(Nav::Weapons, &book);
    let words = &ask.words;
    let shown: Vec<String> =
        ask.alerts(&book).iter().filter(|line| line.weapon == Some(w.row.weapon)).map(|line| line.rule.to_string()).collect();
    let all = ask.scope(Act::ReadStock)?;
    let page = WeaponPage {
        chip: bits::state(words, w.row.state),
        trail: lines(&f, &book, w.row.weapon).into_iter().rev().collect(),
        old: w.row.last_sensed.as_ref().is_some_and(|sensed| f.now.seconds_since(sensed.at) > OLD_SECONDS),
        alerts: shown,
        acts: acts(&ask, &book, &w, f.away()),
        here: format!("/weapons/{}", w.row.weapon),
        record: format!("/weapons/{}/record", w.row.weapon),
        may_trace: ask.may(Act::ReadTracing, &book, w.row.place),
        places: ask.places(&book, &all, w.row.place),
        acks: choices(words, "ack", &Acknowledgement::ALL.iter().map(|one| one.word()).collect::<Vec<_>>(), Some("wet_ink")),
        elsewheres: choices(words, "elsewhere", &ElsewhereKind::ALL.iter().map(|one| one.word()).collect::<Vec<_>>(), None),
        mark_kinds: choices(words, "markkind", &MarkKind::ALL.iter().map(|one| one.word()).collect::<Vec<_>>(), None),
        components: choices(words, "component", &Component::ALL.iter().map(|one| one.word()).collect::<Vec<_>>(), None),
        methods: choices(words, "method", &MarkMethod::ALL.iter().map(|one| one.word()).collect::<Vec<_>>(), None),
        dispositions: choices(words, "disposition", &Disposition::ALL.iter().map(|one| one.word()).collect::<Vec<_>>(), None),
        w,
        f,
    };
    drop(book);
    ask.show(&page)
}

/// `GET /weapons/{id}/record`: what an answer to a tracing request begins from, on paper.
///
/// # Errors
/// Absent or out of reach.
pub async fn record(ask: Ask, id: web::Path<String>) -> Page {
    let book = ask.book().await?;
    let w = found(&ask, &book, &id, Act::ReadTracing)?;
    let f = ask.travelling(Nav::Weapons, &book);
    let page = RecordPage {
        chip: bits::state(&ask.words, w.row.state),
        trail: lines(&f, &book, w.row.weapon),
        qr: qr::head(f.trust.size, &f.trust.head),
        w,
        f,
    };
    drop(book);
    ask.show(&page)
}
