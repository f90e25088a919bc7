//! The clock and the dice that the house is given, and what may happen while it looks at them.
//!
//! A thread plays one world at a time. At a look at the clock the power may fail (the house is cut
//! off there, whatever it was doing) or somebody else may be faster: his whole act happens between
//! one person's decision and its append. The log's own clock is looked at while the log is held, so
//! the power can fail there and nobody can be faster. The same may happen at each named step of the
//! program (`points.rs`): what is committed there is not yet answered.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any, resume_unwind};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use muster::points::watched_by;
use muster::random::{Given, give};
use tag_data::moment::Moment;

use crate::dice::Dice;
use crate::tally;

/// Somebody's act that happens in the middle of another's.
pub struct Faster {
    /// At which look at the clock, counted from now.
    pub after: u64,
    /// Only at this step of the program; anywhere if none is named.
    pub only_at: Option<&'static str>,
    /// Whether the views are held, so that it must wait for the next look.
    pub held: Box<dyn Fn() -> bool>,
    /// What happens.
    pub act: Box<dyn FnOnce()>,
}

/// When the power fails.
#[derive(Clone, Copy)]
enum Cut {
    /// At this look at a clock.
    Look(u64),
    /// When this step of the program is passed next.
    Step(&'static str),
}

struct Hands {
    micros: i64,
    looks: u64,
    cut: Option<Cut>,
    faster: Option<Faster>,
    dice: Dice,
}

thread_local! {
    static HANDS: RefCell<Hands> =
        RefCell::new(Hands { micros: 0, looks: 0, cut: None, faster: None, dice: Dice::new(0, "nobody's") });
}

/// What unwinds through the house when its power fails.
pub struct PowerCut;

/// Gives this thread's house the world's clock and dice.
pub fn begin(dice: Dice) {
    HANDS.with_borrow_mut(|hands| *hands = Hands { micros: 0, looks: 0, cut: None, faster: None, dice });
    give(Some(Given { now, fill }));
    watched_by(Some(step));
}

/// This thread's house has the machine's own clock and dice again.
pub fn end() {
    give(None);
    watched_by(None);
}

/// The machine at work now says that it is `micros`.
pub fn set(micros: i64) {
    HANDS.with_borrow_mut(|hands| hands.micros = micros);
}

/// The power fails at the look after so many.
pub fn cut_after(looks: u64) {
    HANDS.with_borrow_mut(|hands| hands.cut = Some(Cut::Look(hands.looks + looks)));
}

/// The power fails at this step of the program.
pub fn cut_at(step: &'static str) {
    HANDS.with_borrow_mut(|hands| hands.cut = Some(Cut::Step(step)));
}

/// Somebody is faster at a later look.
pub fn let_in(faster: Faster) {
    HANDS.with_borrow_mut(|hands| hands.faster = Some(Faster { after: hands.looks + faster.after, ..faster }));
}

/// What did not happen until now will not happen any more.
pub fn calm() {
    HANDS.with_borrow_mut(|hands| (hands.cut, hands.faster) = (None, None));
}

/// One look, here; the time, and whether the power fails.
fn look(here: &str) -> (i64, bool) {
    HANDS.with_borrow_mut(|hands| {
        (hands.micros, hands.looks) = (hands.micros + 1, hands.looks + 1);
        let cut = match hands.cut {
            Some(Cut::Look(at)) => hands.looks >= at,
            Some(Cut::Step(step)) => step == here,
            None => false,
        };
        (hands.micros, cut)
    })
}

fn now() -> Moment {
    let (micros, cut) = look("");
    if cut {
        cut_here("a look at the clock");
    }
    somebody_is_faster("");
    Moment::from_micros(micros)
}

/// The log's clock.
pub fn of_the_log() -> i64 {
    let (micros, cut) = look("");
    if cut {
        cut_here("the log's write");
    }
    micros
}

/// A named step of the program.
fn step(name: &'static str) {
    if look(name).1 {
        cut_here(name);
    }
    if name != "page-folded" {
        somebody_is_faster(name); // One thread folds; whoever comes meanwhile waits for it.
    }
}

fn cut_here(at: &'static str) -> ! {
    tally::saw_at("power fails at", at);
    panic_any(PowerCut);
}

fn somebody_is_faster(here: &'static str) {
    let faster = HANDS.with_borrow_mut(|hands| match &hands.faster {
        Some(one) if hands.looks >= one.after && one.only_at.is_none_or(|at| at == here) && !(one.held)() => hands.faster.take(),
        _ => None,
    });
    if let Some(faster) = faster {
        tally::saw_at("somebody is faster at", if here.is_empty() { "a look at the clock" } else { here });
        (faster.act)();
    }
}

fn fill(bytes: &mut [u8]) {
    HANDS.with_borrow_mut(|hands| hands.dice.fill(bytes));
}

/// The log's salts.
pub fn salt() -> [u8; 16] {
    HANDS.with_borrow_mut(|hands| hands.dice.bytes())
}

/// Does something in the house; `None` when its power failed meanwhile.
pub fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    let done = catch_unwind(AssertUnwindSafe(work));
    calm();
    match done {
        Ok(done) => Some(done),
        Err(cause) if cause.is::<PowerCut>() => None,
        Err(cause) => resume_unwind(cause),
    }
}

/// What a future of a house that stands still comes to.
pub fn at_once<F: Future>(future: F) -> F::Output {
    match a_look_at(pin!(future)) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("a house that stands still waited for something"),
    }
}

/// Goes on with a future as far as it can; it waits only for somebody else's act.
pub fn a_look_at<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    let inside = TIMERS.with(|timers| timers.handle().clone());
    let _inside = inside.enter();
    future.poll(&mut Context::from_waker(Waker::noop()))
}

thread_local! {
    /// The house sets timers for what it waits for; none of them ever rings.
    static TIMERS: tokio::runtime::Runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().build().expect("the system gives a runtime");
}

/// A power cut is no failure of a test: its unwinding is not told.
pub fn quiet_cuts() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |what| {
            if !what.payload().is::<PowerCut>() {
                usual(what);
            }
        }));
    });
}
