//! Where the program can be made to fall: named steps at which a sudden end leaves something else behind.
//!
//! `MUSTER_FAIL_AT=<step>:<n>` in the environment ends the process at the nth pass of that step, as
//! `kill -9` would: nothing is flushed, dropped or answered. `<step>:<n>:panic` ends only the thread, so that
//! whoever waits for it learns that it is gone and not what it did. Read once, by debug builds only; in a
//! release build the steps are empty and no environment can reach them. A thread of a debug build can be watched
//! ([`watched_by`]): a world that is played step by step fails there too. Nothing else happens here.

use std::cell::Cell;

/// The variable that names the step and the pass.
pub const VARIABLE: &str = "MUSTER_FAIL_AT";

/// Who is told of each step that a thread passes.
pub type Watcher = fn(&'static str);

thread_local! {
    static WATCHER: Cell<Option<Watcher>> = const { Cell::new(None) };
}

/// From now on this thread's steps are told to `watcher`, which may unwind; in a release build never.
pub fn watched_by(watcher: Option<Watcher>) {
    WATCHER.set(watcher);
}

#[cfg(debug_assertions)]
mod armed {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    /// The step to fall at, and how many passes are left.
    struct Fall {
        step: String,
        left: AtomicU64,
        thread_only: bool,
    }

    /// Ends the process if this is the pass that was asked for.
    pub fn passing(step: &'static str) {
        if let Some(watcher) = super::WATCHER.get() {
            watcher(step);
        }
        static FALL: OnceLock<Option<Fall>> = OnceLock::new();
        let asked = || {
            let text = std::env::var(super::VARIABLE).ok()?;
            let (step, nth) = text.split_once(':')?;
            let nth_only = nth.strip_suffix(":panic");
            let left = AtomicU64::new(nth_only.unwrap_or(nth).parse().ok()?);
            Some(Fall { step: step.to_owned(), left, thread_only: nth_only.is_some() })
        };
        if let Some(fall) = FALL.get_or_init(asked)
            && fall.step == step
            && fall.left.fetch_sub(1, Ordering::Relaxed) == 1
        {
            assert!(!fall.thread_only, "made to fall at {step}");
            std::process::abort();
        }
    }
}

/// A step is passed.
#[cfg(debug_assertions)]
pub use armed::passing;

/// A step is passed; in a release build nothing can happen at it.
#[cfg(not(debug_assertions))]
pub const fn passing(_: &'static str) {}
