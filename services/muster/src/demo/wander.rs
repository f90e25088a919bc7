//! What goes on while the demonstration runs: the count is heard tag by tag, a rifle lies in the wrong
//! rack, the guard comes and goes through the portal, a destroyed weapon's tag is heard, and a stranger's.

use std::time::Duration;

use reader_gateway::simulate::tags::Tag;

use super::people;
use super::radio::{Field, tag};
use super::stores::CAGE;
use super::tell::Tell;
use super::today::{self, Today};
use super::world::{self, World};

/// Another rifle of the room is held before the reader so often.
const EACH_TAG: Duration = Duration::from_millis(1500);
/// How many the readers hear; the rest stays to be seen.
const HEARD: usize = 38;
/// Somebody of the guard comes or goes so often.
const EACH_RELIEF: Duration = Duration::from_secs(20);
/// How long a weapon is before the portal.
const PASSING: Duration = Duration::from_secs(2);

/// Lets it go on until the program ends.
pub fn start(tell: &Tell, world: &World, today: Today, field: &Field) {
    actix_web::rt::spawn(count_goes_on(today.clone(), field.clone()));
    actix_web::rt::spawn(strange_tags(world.clone(), field.clone()));
    actix_web::rt::spawn(guard(tell.clone(), today, field.clone()));
}

async fn count_goes_on(today: Today, field: Field) {
    let mut heard = Vec::new();
    for arm in today.to_hear.iter().take(HEARD) {
        heard.extend(tag(arm));
        let _ = field.rack_room.send(heard.clone()); // Nobody hears it only when everything ends.
        tokio::time::sleep(EACH_TAG).await;
    }
    heard.extend(tag(&today.stray));
    let _ = field.rack_room.send(heard);
}

/// One tag that belongs to a weapon destroyed forty days ago, and one that nobody knows.
async fn strange_tags(world: World, field: Field) {
    let destroyed = world.of("Reserve hall", "k98k").take(12).find_map(tag);
    let unknown = hex::decode(world::epc(9_000)).ok().map(|epc| Tag::epc(&epc, None));
    tokio::time::sleep(Duration::from_secs(15)).await;
    tracing::debug!(place = CAGE, "A tag of the destroyed batch is heard at the depot.");
    let _ = field.depot.send(destroyed.into_iter().chain(unknown).collect());
    tokio::time::sleep(PASSING).await;
    let _ = field.depot.send(Vec::new());
}

async fn guard(tell: Tell, today: Today, field: Field) {
    let mut is_out = vec![true; today.on_guard.len()];
    for turn in 0.. {
        tokio::time::sleep(EACH_RELIEF).await;
        let n = turn % today.on_guard.len();
        let arm = &today.on_guard[n];
        let _ = field.portal.send(tag(arm).into_iter().collect());
        if let Err(error) = today::relieve(&tell, arm, (40 + n) % people::SOLDIERS, is_out[n]).await {
            tracing::warn!(error = %error, "The guard of the demonstration stops: somebody else moved its rifle.");
            return;
        }
        is_out[n] = !is_out[n];
        tokio::time::sleep(PASSING).await;
        let _ = field.portal.send(Vec::new());
    }
}
