//! Taking turns: acts whose answers depend on one another beyond one stream are done one at a time.
//!
//! The log's expected revision keeps two from changing one life at once. It cannot keep two from
//! entering the same rifle under two ids, or one from acting on a right while another takes it
//! away: those would look at the views, both see nothing, and both write. So each command names
//! what it looks at beyond its stream, and holds it, alone or with others, until the views have
//! seen what it wrote. All turns of a command are taken at once and in order: nobody waits in a ring.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use armoury::command::{BatchCommand, CaseCommand, Command, GatewayCommand, PersonCommand, PlaceCommand, WeaponCommand};
use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock};

/// How a turn is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hold {
    /// Beside others who hold it so.
    Shared,
    /// Alone.
    Alone,
}

/// What is held at the moment, by name.
#[derive(Debug, Default)]
pub struct Turns {
    named: Arc<Mutex<BTreeMap<String, Arc<RwLock<()>>>>>,
}

/// The turns of one act; over when dropped.
#[derive(Debug)]
pub struct Taken {
    named: Arc<Mutex<BTreeMap<String, Arc<RwLock<()>>>>>,
    held: Vec<Held>,
}

#[derive(Debug)]
enum Held {
    Shared { _guard: OwnedRwLockReadGuard<()> },
    Alone { _guard: OwnedRwLockWriteGuard<()> },
}

impl Turns {
    /// Waits for all of these turns.
    pub(crate) async fn take(&self, mut wanted: Vec<(String, Hold)>) -> Taken {
        wanted.sort_by(|(a, one), (b, other)| a.cmp(b).then((*one == Hold::Shared).cmp(&(*other == Hold::Shared))));
        wanted.dedup_by(|later, kept| later.0 == kept.0); // Alone stands before shared, and is enough.
        let mut taken = Taken { named: Arc::clone(&self.named), held: Vec::new() };
        for (name, hold) in wanted {
            let turn = {
                let mut named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
                Arc::clone(named.entry(name).or_default())
            };
            taken.held.push(match hold {
                Hold::Shared => Held::Shared { _guard: turn.read_owned().await },
                Hold::Alone => Held::Alone { _guard: turn.write_owned().await },
            });
        }
        taken
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.held.clear();
        let mut named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        named.retain(|_, turn| Arc::strong_count(turn) > 1); // Whoever waits holds it too.
    }
}

/// Everybody's rights: held by each act of a person, alone by what changes them.
pub(crate) const RIGHTS: &str = "rights";

/// Which weapons are missed: held by whoever opens a case, alone by what says that weapons are destroyed.
const MISSING_OR_DESTROYED: &str = "missing or destroyed";

/// The turn of a gateway's key: its batches, and its enrolment and end.
pub(crate) fn of_gateway(key: &str) -> (String, Hold) {
    (format!("gateway {key}"), Hold::Alone)
}

/// What a command looks at beyond its own stream.
pub(crate) fn of_command(command: &Command) -> Vec<(String, Hold)> {
    use Hold::{Alone, Shared};
    let mut turns: Vec<(String, Hold)> = command.places().iter().map(|place| (format!("place {place}"), Shared)).collect();
    match command {
        // By the serial alone: namesakes wait for each other needlessly, and nothing else does.
        Command::Weapon(_, WeaponCommand::Register(asked)) => turns.push((format!("identity {}", asked.identity.serial), Alone)),
        Command::Weapon(_, WeaponCommand::BindTag(asked)) => {
            turns.push((format!("tag {}", asked.epc.trim().to_ascii_uppercase()), Alone));
        }
        // What is certified destroyed is not missing, and the other way round: of any weapon, since a batch has many.
        Command::Case(_, CaseCommand::Open(asked)) => {
            turns.extend([(format!("case of {}", asked.weapon), Alone), (MISSING_OR_DESTROYED.to_owned(), Shared)]);
        }
        Command::Batch(_, BatchCommand::RecordDestruction(_) | BatchCommand::Verify(_)) => {
            turns.push((MISSING_OR_DESTROYED.to_owned(), Alone));
        }
        Command::Batch(_, BatchCommand::ListItem(asked)) => turns.push((format!("batch of {}", asked.weapon), Alone)),
        Command::Place(id, PlaceCommand::Close(_)) => turns.push((format!("place {id}"), Alone)),
        Command::Place(_, PlaceCommand::Open(open)) => {
            turns.extend(open.within.map(|within| (format!("place {within}"), Shared)));
        }
        Command::Person(_, PersonCommand::Found(_)) => turns.push(("founding".to_owned(), Alone)),
        // The intake holds the gateway's turn already while it asks these two.
        Command::Gateway(_, GatewayCommand::ReceiveBatch(_) | GatewayCommand::ContradictBatch(_)) => {}
        Command::Gateway(key, _) => turns.push(of_gateway(key.as_str())),
        _ => {}
    }
    turns
}

/// The same for a person's act: his rights stay as they are until it is done.
pub(crate) fn of_act(command: &Command) -> Vec<(String, Hold)> {
    let changes = matches!(
        command,
        Command::Person(_, PersonCommand::RevokeGrant(_) | PersonCommand::ApproveGrant(_) | PersonCommand::Found(_))
    );
    let mut turns = of_command(command);
    turns.push((RIGHTS.to_owned(), if changes { Hold::Alone } else { Hold::Shared }));
    turns
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread().build().unwrap()
    }

    async fn now(turns: &Turns, wanted: &[(&str, Hold)]) -> Option<Taken> {
        let wanted = wanted.iter().map(|(name, hold)| ((*name).to_owned(), *hold)).collect();
        let mut take = std::pin::pin!(turns.take(wanted));
        std::future::poll_fn(|context| match take.as_mut().poll(context) {
            std::task::Poll::Ready(taken) => std::task::Poll::Ready(Some(taken)),
            std::task::Poll::Pending => std::task::Poll::Ready(None),
        })
        .await
    }

    #[test]
    fn alone_or_with_others_and_nothing_is_kept() {
        use Hold::{Alone, Shared};
        runtime().block_on(async {
            let turns = Turns::default();
            let one = now(&turns, &[("a", Shared), ("b", Alone)]).await.unwrap();
            let two = now(&turns, &[("a", Shared), ("c", Alone)]).await.unwrap();
            assert!(now(&turns, &[("a", Alone)]).await.is_none());
            assert!(now(&turns, &[("c", Shared)]).await.is_none());
            drop((one, two));
            let both = now(&turns, &[("a", Shared), ("a", Alone)]).await.unwrap();
            assert!(now(&turns, &[("a", Shared)]).await.is_none(), "the stronger of two holds counts");
            drop(both);
            assert!(turns.named.lock().unwrap().is_empty());
        });
    }
}
