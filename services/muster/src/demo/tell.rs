//! Tells the book what happened, as the people of the demonstration, at the time it happened.
//!
//! Everything goes through the desk like any other act: rights, rules and the log decide. Acts on
//! different lives go side by side, so that they share the disk's flushes; acts on one life in order.

use std::sync::Arc;

use armoury::command::Command;
use armoury::ids::{EventId, ServiceNumber};
use futures_util::StreamExt as _;
use tag_data::moment::Moment;

use crate::app::App;
use crate::auth::Who;
use crate::desk::{ActError, Done, How};
use crate::random;

/// Acts under way at once.
const SIDE_BY_SIDE: usize = 128;

/// An act of the story that the book did not take: the story is wrong, or the house is.
#[derive(Debug, thiserror::Error)]
#[error("the demonstration's act {act} by {who} was not taken")]
pub struct NotTaken {
    /// What was asked.
    act: String,
    /// By whom.
    who: String,
    /// Why not.
    #[source]
    cause: ActError,
}

impl NotTaken {
    pub(super) fn no_case(weapon: armoury::ids::WeaponId) -> Self {
        let words = format!("The book opened no case for the weapon {weapon}.");
        Self::new("OpenCase", "the book", ActError::Invalid(words))
    }

    pub(super) fn new(act: &str, who: &str, cause: ActError) -> Self {
        Self { act: act.to_owned(), who: who.to_owned(), cause }
    }
}

/// The teller.
#[derive(Clone, Debug)]
pub struct Tell {
    app: Arc<App>,
}

impl Tell {
    /// Tells this book.
    #[must_use]
    pub fn new(app: Arc<App>) -> Self {
        Self { app }
    }

    /// The book.
    #[must_use]
    pub fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// From here on it is `when`, and time goes on from there.
    pub fn at(&self, when: Moment) {
        random::set_clock(when);
    }

    /// One act of one person.
    ///
    /// # Errors
    /// [`NotTaken`].
    pub async fn by(&self, person: &str, command: Command) -> Result<Done, NotTaken> {
        let told = |cause| NotTaken::new(&format!("{:?}", command.act()), person, cause);
        let number: ServiceNumber = person.parse().expect("the training service numbers are plain");
        // A sign-in for each day: what needs two people needs two sign-ins as well.
        let sign_in = format!("training-{person}-{}", self.app.now().micros() / 86_400_000_000);
        let who = Who::once(number.clone(), sign_in, self.app.grants(&number), "en".to_owned());
        self.app.act(&who, command.clone(), How::default()).await.map_err(told)
    }

    /// One act; the id of the event it made, for the one who answers it.
    ///
    /// # Errors
    /// [`NotTaken`].
    pub async fn asked(&self, person: &str, command: Command) -> Result<EventId, NotTaken> {
        let done = self.by(person, command).await?;
        Ok(*done.event_ids.last().expect("what was asked for the first time makes an event"))
    }

    /// Many acts on different lives, side by side; the order among them is nobody's.
    ///
    /// # Errors
    /// The first [`NotTaken`].
    pub async fn all(&self, acts: impl IntoIterator<Item = (&str, Command)>) -> Result<(), NotTaken> {
        let acts = acts.into_iter().map(|(person, command)| self.by(person, command));
        let mut done = futures_util::stream::iter(acts).buffer_unordered(SIDE_BY_SIDE);
        while let Some(taken) = done.next().await {
            taken?;
        }
        Ok(())
    }

    /// Many acts on one life, one after the other.
    ///
    /// # Errors
    /// The first [`NotTaken`].
    pub async fn in_order(&self, person: &str, commands: impl IntoIterator<Item = Command>) -> Result<(), NotTaken> {
        for command in commands {
            self.by(person, command).await?;
        }
        Ok(())
    }
}
