//! The clock and the dice that the house is given, and what may happen while it looks at them.
//!
//! A thread plays one world at a time. At a look at the clock the power may fail (the house is cut
//! off there, whatever it was doing) or somebody else may be faster: his whole act happens between
//! one person's decision and its append. The log's own clock is looked at while the log is held, so
//! the power can fail there and nobody can be faster.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any, resume_unwind};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use muster::random::{Given, give};
use tag_data::moment::Moment;

use crate::dice::Dice;

/// Somebody's act that happens in the middle of another's.
pub struct Faster {
    /// At which look at the clock, counted from now.
    pub after: u64,
    /// Whether the views are held, so that it must wait for the next look.
    pub held: Box<dyn Fn() -> bool>,
    /// What happens.
    pub act: Box<dyn FnOnce()>,
}

struct Hands {
    micros: i64,
    looks: u64,
    cut_at: Option<u64>,
    faster: Option<Faster>,
    dice: Dice,
}

thread_local! {
    static HANDS: RefCell<Hands> =
        RefCell::new(Hands { micros: 0, looks: 0, cut_at: None, faster: None, dice: Dice::new(0, "nobody's") });
}

/// What unwinds through the house when its power fails.
pub struct PowerCut;

/// Gives this thread's house the world's clock and dice.
pub fn begin(dice: Dice) {
    HANDS.with_borrow_mut(|hands| *hands = Hands { micros: 0, looks: 0, cut_at: None, faster: None, dice });
    give(Some(Given { now, fill }));
}

/// The machine at work now says that it is `micros`.
pub fn set(micros: i64) {
    HANDS.with_borrow_mut(|hands| hands.micros = micros);
}

/// The power fails at the look after so many.
pub fn cut_after(looks: u64) {
    HANDS.with_borrow_mut(|hands| hands.cut_at = Some(hands.looks + looks));
}

/// Somebody is faster at a later look.
pub fn let_in(faster: Faster) {
    HANDS.with_borrow_mut(|hands| hands.faster = Some(Faster { after: hands.looks + faster.after, ..faster }));
}

/// What did not happen until now will not happen any more.
pub fn calm() {
    HANDS.with_borrow_mut(|hands| (hands.cut_at, hands.faster) = (None, None));
}

fn look() -> (i64, bool) {
    HANDS.with_borrow_mut(|hands| {
        (hands.micros, hands.looks) = (hands.micros + 1, hands.looks + 1);
        (hands.micros, hands.cut_at.is_some_and(|at| hands.looks >= at))
    })
}

fn now() -> Moment {
    let (micros, cut) = look();
    if cut {
        panic_any(PowerCut);
    }
    let faster = HANDS.with_borrow_mut(|hands| match &hands.faster {
        Some(one) if hands.looks >= one.after && !(one.held)() => hands.faster.take(),
        _ => None,
    });
    if let Some(faster) = faster {
        (faster.act)();
    }
    Moment::from_micros(micros)
}

/// The log's clock.
pub fn of_the_log() -> i64 {
    let (micros, cut) = look();
    if cut {
        panic_any(PowerCut);
    }
    micros
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
