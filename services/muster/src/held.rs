//! The views behind one lock: many read, the projector writes.
//!
//! A thread that reads never reads again before it has let go. A writer that comes in between would
//! wait for the first read and the second read for the writer, for ever: the whole service would
//! stand still. So wherever debug assertions are on, in every test and every development build, a
//! second read is a panic that names both places. Pass the views on instead. Where they are off the
//! second read goes on past the waiting writer: late is better than never.

use std::cell::RefCell;
use std::ops::Deref;
use std::panic::Location;

use armoury::view::Views;
use parking_lot::{RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Which lock is read, and where in our code.
type Read = (usize, &'static Location<'static>);

thread_local! {
    /// What this thread reads now; always empty where debug assertions are off.
    static READS: RefCell<Vec<Read>> = const { RefCell::new(Vec::new()) };
}

/// The views and their lock.
#[derive(Debug)]
pub struct Held(RwLock<Views>);

/// The views as they are now. Not to be held across an `await`, and not twice at once.
#[derive(Debug)]
pub struct Now<'a> {
    views: RwLockReadGuard<'a, Views>,
    lock: usize,
}

impl Deref for Now<'_> {
    type Target = Views;

    fn deref(&self) -> &Views {
        &self.views
    }
}

impl Drop for Now<'_> {
    fn drop(&mut self) {
        if cfg!(debug_assertions) {
            READS.with_borrow_mut(|reads| reads.retain(|(lock, _)| *lock != self.lock));
        }
    }
}

impl Held {
    /// Puts the views behind the lock.
    #[must_use]
    pub fn new(views: Views) -> Self {
        Self(RwLock::new(views))
    }

    /// Reads.
    ///
    /// # Panics
    /// With debug assertions, when this thread reads these views already.
    #[must_use]
    #[track_caller]
    pub fn read(&self) -> Now<'_> {
        self.note("read twice");
        Now { views: self.0.read_recursive(), lock: self.name() }
    }

    /// Writes; the projector only.
    #[track_caller]
    pub(crate) fn write(&self) -> RwLockWriteGuard<'_, Views> {
        self.free("written and read");
        self.0.write()
    }

    /// Whether somebody reads or writes just now.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.0.is_locked()
    }

    fn name(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    #[track_caller]
    fn note(&self, how: &str) {
        if cfg!(debug_assertions) {
            self.free(how);
            let here = Location::caller(); // Taken here: inside the closure it would name this line.
            READS.with_borrow_mut(|reads| reads.push((self.name(), here)));
        }
    }

    #[track_caller]
    fn free(&self, how: &str) {
        if cfg!(debug_assertions) {
            let first = READS.with_borrow(|reads| reads.iter().find(|(lock, _)| *lock == self.name()).map(|(_, at)| *at));
            if let Some(first) = first {
                panic!(
                    "the views are {how} by one thread, at {first} and at {}: with a writer in between nothing would go on",
                    Location::caller()
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_after_the_other_and_two_books_at_once() {
        let (held, other) = (Held::new(Views::default()), Held::new(Views::default()));
        drop(held.read());
        let first = held.read();
        assert_eq!((first.position, other.read().position), (0, 0));
        drop(first);
        drop(held.write());
        READS.with_borrow(|reads| assert!(reads.is_empty()));
    }

    #[test]
    #[should_panic(expected = "read twice by one thread")]
    fn read_twice() {
        let held = Held::new(Views::default());
        let _first = held.read();
        let _second = held.read();
    }

    #[test]
    #[should_panic(expected = "written and read by one thread")]
    fn written_while_read() {
        let held = Held::new(Views::default());
        let _first = held.read();
        let _second = held.write();
    }
}
