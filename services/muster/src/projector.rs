//! From the log to the views: reads what is committed, folds it, tells who listens.
//!
//! Two threads, both only followers of the log: `projector` folds each event once, in order;
//! `rules` comes behind and asks what follows (`react`), so that a rule may act without the fold
//! waiting for it. How far the rules have come is remembered; after a restart the rest is run
//! again, which is safe: a repeated reaction decides to nothing or finds its own event ids.

use std::sync::{Arc, Weak};
use std::time::Duration;

use armoury::event::{Event, Fact, Meta, NotUnderstood};
use armoury::ids::{EventId, PlaceId};
use armoury::life::Life as _;
use armoury::react::{Reaction, react};
use armoury::view::Views;
use armoury::weapon::Weapon;
use event_log::event::{Recorded, StreamName};
use event_log::{EventLog, ReadError};
use tag_data::moment::Moment;
use tokio::sync::watch;

use crate::app::App;
use crate::desk::{ActError, Done};
use crate::live::Notice;
use crate::points;

/// Events of one read.
const PAGE: usize = 1024;
/// Under this name the accounts' file remembers how far the rules have run.
pub(crate) const MARK: &str = "rules_ran_to";

/// Why a recorded event is no fact for this program.
#[derive(Debug, thiserror::Error)]
#[error("the event at position {position} is not understood here")]
pub struct NotAFact {
    /// Where it stands.
    pub position: u64,
    /// Why.
    #[source]
    pub cause: NotUnderstood,
}

/// Reads a recorded event as the folds see it.
///
/// # Errors
/// [`NotAFact`]: a newer program wrote it, or another.
pub fn fact(recorded: &Recorded) -> Result<Fact, NotAFact> {
    let position = recorded.position;
    let meta: Meta = serde_json::from_slice(&recorded.meta)
        .map_err(|cause| NotAFact { position, cause: NotUnderstood::Shape { name: "meta".to_owned(), version: 1, cause } })?;
    let event = Event::read(recorded.type_name.as_str(), recorded.schema_version, &recorded.data)
        .map_err(|cause| NotAFact { position, cause })?;
    Ok(Fact {
        position,
        id: EventId(recorded.id),
        stream: recorded.stream.as_str().to_owned(),
        revision: recorded.revision,
        recorded_at: Moment::from_micros(recorded.recorded_at),
        occurred_at: Moment::from_micros(recorded.occurred_at),
        leaf: recorded.leaf,
        meta,
        event,
    })
}

/// Folds one recorded event; what is not understood is remembered as such and the rest goes on.
pub fn take_in(views: &mut Views, recorded: &Recorded) -> Option<Fact> {
    match fact(recorded) {
        Ok(fact) => {
            views.apply(&fact);
            Some(fact)
        }
        Err(not) => {
            if recorded.type_name.as_str() != event_log::breaks::BREAK_TYPE {
                tracing::warn!(book.position = not.position, cause = %not.cause, "An event is not understood by this version.");
            }
            let recorded_at = Moment::from_micros(recorded.recorded_at);
            views.not_understood(recorded.stream.as_str(), recorded.position, recorded_at, &not.cause.to_string());
            None
        }
    }
}

/// Folds a log from its beginning up to a position.
///
/// # Errors
/// When the log cannot be read.
pub fn fold(log: &EventLog, to: u64) -> Result<Views, ReadError> {
    let mut views = Views::new();
    each(log, 1, to, |recorded| drop(take_in(&mut views, recorded)))?;
    Ok(views)
}

/// Every recorded event between two positions, both included, in order.
///
/// # Errors
/// When the log cannot be read.
pub fn each(log: &EventLog, from: u64, to: u64, mut take: impl FnMut(&Recorded)) -> Result<(), ReadError> {
    let mut next = from.max(1);
    while next <= to {
        let page = log.read(next, PAGE)?;
        let Some(last) = page.last().map(|event| event.position) else { return Ok(()) };
        page.iter().filter(|event| event.position <= to).for_each(&mut take);
        next = last + 1;
    }
    Ok(())
}

/// Starts both threads. They end when the app is gone.
///
/// # Errors
/// When the system gives no thread.
pub fn start(app: &Arc<App>) -> std::io::Result<()> {
    let (weak, follow) = (Arc::downgrade(app), app.log().follow());
    std::thread::Builder::new().name("projector".to_owned()).spawn(move || run(&weak, follow, project))?;
    let (weak, follow) = (Arc::downgrade(app), app.applied_to().subscribe());
    std::thread::Builder::new().name("rules".to_owned()).spawn(move || run(&weak, follow, rules))?;
    Ok(())
}

type Step = fn(&App, &tokio::runtime::Runtime) -> bool;

/// Waits for news and does one step at a time; the app is held only during a step.
fn run(app: &Weak<App>, mut news: watch::Receiver<u64>, step: Step) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_time().build() {
        Ok(runtime) => runtime,
        Err(cause) => {
            tracing::error!(%cause, "A thread of the projector cannot start.");
            return;
        }
    };
    loop {
        let Some(alive) = app.upgrade() else { return };
        news.borrow_and_update();
        let more = step(&alive, &runtime);
        drop(alive);
        if !more
            && runtime
                .block_on(async { tokio::time::timeout(Duration::from_secs(1), news.changed()).await })
                .is_ok_and(|gone| gone.is_err())
        {
            return;
        }
    }
}

fn project(app: &App, _: &tokio::runtime::Runtime) -> bool {
    fold_page(app)
}

/// Folds the next page. True if there may be more at once.
pub(crate) fn fold_page(app: &App) -> bool {
    let from = app.views().position + 1;
    let page = match app.log().read(from, PAGE) {
        Ok(page) => page,
        Err(cause) => {
            tracing::error!(%cause, book.position = from, "The log cannot be read; the views stand still.");
            return false;
        }
    };
    let Some(last) = page.last().map(|event| event.position) else { return false };
    let mut notices = Vec::with_capacity(page.len());
    {
        let mut views = app.views_mut();
        for recorded in &page {
            let before = crate::desk::concerns::stands(&views, recorded.stream.as_str());
            let Some(fact) = take_in(&mut views, recorded) else { continue };
            let after = crate::desk::concerns::stands(&views, &fact.stream);
            notices.push(notice(&views, &fact, before.into_iter().chain(after)));
        }
    }
    points::passing("page-folded");
    app.applied_to().send_replace(last);
    points::passing("page-told");
    notices.into_iter().for_each(|notice| app.live().tell(notice));
    page.len() == PAGE
}

/// What the live feed says of a fact. `stood`: where its weapon stood just before and just after.
#[must_use]
pub fn notice(views: &Views, fact: &Fact, stood: impl IntoIterator<Item = PlaceId>) -> Notice {
    let (places, audience) = crate::desk::concerns(views, fact, stood);
    let seen = match &fact.event {
        Event::Gateway(armoury::event::gateway::GatewayEvent::Observed(heard)) => serde_json::to_string(heard).ok(),
        _ => None,
    };
    Notice {
        position: fact.position,
        kind: fact.event.type_name().to_owned(),
        stream: fact.stream.clone(),
        recorded_at: fact.recorded_at,
        occurred_at: fact.occurred_at,
        places,
        audience,
        seen,
        wire: std::sync::OnceLock::new(),
    }
}

/// The same long afterwards: where the weapon stood then is folded from its stream, so that who
/// resumes hears exactly what he would have heard.
///
/// # Errors
/// When the log cannot be read.
pub fn notice_again(app: &App, fact: &Fact) -> Result<Notice, ReadError> {
    let stood = if fact.stream.starts_with("weapon-") { stood_then(app, fact)? } else { Vec::new() };
    Ok(notice(&app.views(), fact, stood))
}

fn stood_then(app: &App, then: &Fact) -> Result<Vec<PlaceId>, ReadError> {
    let Ok(stream) = StreamName::new(then.stream.as_str()) else { return Ok(Vec::new()) };
    let events = app.log().read_stream(&stream, 0, usize::try_from(then.revision).unwrap_or(usize::MAX).saturating_add(1))?;
    let (mut weapon, mut stood) = (Weapon::default(), Vec::new());
    for fact in events.iter().filter_map(|recorded| fact(recorded).ok()).filter(|fact| fact.revision <= then.revision) {
        stood = weapon.entry.iter().map(|entry| entry.place).collect(); // Before the last one, in the end.
        Weapon::evolve(&mut weapon, &fact);
    }
    stood.extend(weapon.entry.iter().map(|entry| entry.place));
    Ok(stood)
}

fn rules(app: &App, runtime: &tokio::runtime::Runtime) -> bool {
    run_rules(app, PAGE, &|asked| runtime.block_on(app.act_by_rule(&asked.command, asked.cause, asked.rule)))
}

/// How what a rule asks for reaches the desk.
type Carry<'a> = &'a dyn Fn(&Reaction) -> Result<Done, ActError>;

/// Runs the rules over the next events of what is folded, at most so many. True if there may be more at once.
pub(crate) fn run_rules(app: &App, at_most: usize, carry: Carry<'_>) -> bool {
    let done = *app.settled_to().borrow();
    let folded = *app.applied_to().borrow();
    if done >= folded {
        return false;
    }
    let page = match app.log().read(done + 1, at_most) {
        Ok(page) => page,
        Err(cause) => {
            tracing::error!(%cause, book.position = done + 1, "The log cannot be read; the rules stand still.");
            return false;
        }
    };
    let mut ran_to = done;
    for recorded in page.iter().filter(|event| event.position <= folded) {
        if !follow_up(app, carry, recorded) {
            break;
        }
        ran_to = recorded.position;
        app.settled_to().send_replace(ran_to);
    }
    if ran_to == done {
        return false;
    }
    points::passing("rules-ran");
    if let Err(cause) = app.accounts().set_mark(MARK, &ran_to.to_string()) {
        tracing::warn!(%cause, "How far the rules have run could not be remembered; they run again after a restart.");
    }
    points::passing("rules-noted");
    true
}

/// What follows from one event. False if the log takes nothing now: try again later.
fn follow_up(app: &App, carry: Carry<'_>, recorded: &Recorded) -> bool {
    let Ok(fact) = fact(recorded) else { return true };
    let reactions = react(&app.views(), &fact, app.now());
    for reaction in reactions {
        points::passing("rule-next");
        match carry(&reaction) {
            Ok(done) if !done.event_ids.is_empty() => app.rules_wrote(done.position),
            Ok(_) => {}
            Err(ActError::ReadOnly(_) | ActError::Busy | ActError::Full | ActError::Conflict) => return false,
            Err(other) => {
                tracing::warn!(rule = reaction.rule, book.position = fact.position, cause = %other, "What a rule asked for was refused.");
            }
        }
    }
    true
}

/// Where the rules go on after a restart: never further back than what was remembered.
///
/// # Errors
/// When the file of accounts does not answer.
pub fn rules_ran_to(accounts: &crate::accounts::Accounts) -> Result<u64, crate::accounts::AccountsError> {
    Ok(accounts.mark(MARK)?.and_then(|text| text.parse().ok()).unwrap_or(0))
}
