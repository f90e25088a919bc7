//! Today in the training armoury: a count under way, a rifle being searched for, one overdue, a convoy
//! on the road. What happens from here on is heard by the simulated readers.

use armoury::codes::{CountKind, ElsewhereKind, Way};
use armoury::command::{Command, CountCommand, WeaponCommand, count, weapon};
use armoury::ids::CountId;
use tag_data::moment::Moment;

use super::founding::keeper;
use super::history::{hand_in, issue, search, sighting};
use super::people::ARMOURER;
use super::stores::COUNTED_TODAY;
use super::tell::{NotTaken, Tell};
use super::world::{Arm, World};

const HOUR: i64 = 3600;
/// Who counts B Company's room.
pub const COUNTER: &str = "55342";
/// How many of the room are counted when the demonstration opens; the readers count on from there.
const COUNTED: usize = 58;
/// How many of the room are out on issue: expected, but by document only.
const OUT: usize = 9;

/// What of today goes on while the demonstration runs.
#[derive(Clone, Debug)]
pub struct Today {
    /// The count that is open.
    pub count: CountId,
    /// Weapons of the counted room whose tags the readers are still to hear, in rack order.
    pub to_hear: Vec<Arm>,
    /// One more, of another room, that lies in the wrong rack.
    pub stray: Arm,
    /// Rifles of today's guard: they come and go.
    pub on_guard: Vec<Arm>,
}

/// Tells today up to now.
///
/// # Errors
/// [`NotTaken`].
pub async fn tell(tell: &Tell, world: &World, now: Moment) -> Result<Today, NotTaken> {
    tell.at(now.plus_seconds(-27 * HOUR));
    overdue(tell, world, now).await?;
    tell.at(now.plus_seconds(-20 * HOUR));
    under_search(tell, world).await?;
    tell.at(now.plus_seconds(-4 * HOUR));
    convoy(tell, world, now).await?;
    let on_guard: Vec<Arm> = world.of("A Company rack room", "m70ab2").skip(102).cloned().collect();
    tell.all(on_guard.iter().enumerate().map(|(n, arm)| issue(arm, n + 40, "guard", Some(now.plus_seconds(8 * HOUR))))).await?;
    tell.at(now.plus_seconds(-1500));
    let (count, to_hear) = counting(tell, world, now).await?;
    let stray = world.of("A Company rack room", "m70ab2").nth(3).expect("110 stand there").clone();
    Ok(Today { count, to_hear, stray, on_guard })
}

/// Nine of B Company's are out since yesterday; one was due three hours ago.
async fn overdue(tell: &Tell, world: &World, now: Moment) -> Result<(), NotTaken> {
    let out: Vec<&Arm> = world.of(COUNTED_TODAY, "m70ab2").take(OUT).collect();
    let due = |n: usize| Some(now.plus_seconds(if n == 0 { -3 * HOUR } else { 30 * HOUR }));
    tell.all(out.iter().enumerate().map(|(n, arm)| issue(arm, 60 + n, "patrol", due(n)))).await
}

/// Yesterday's count of C Company's room missed one rifle; the first search is logged.
async fn under_search(tell: &Tell, world: &World) -> Result<(), NotTaken> {
    let room = "C Company rack room";
    let missing = world.of(room, "type561").nth(95).expect("110 stand there");
    let place = world.rooms[world.room(room)];
    let id = CountId(tell.app().new_id());
    let open = count::Open { place, kind: CountKind::Closing, blind: true, counters: vec![number(ARMOURER)] };
    tell.by(ARMOURER, Command::Count(id, CountCommand::Open(open))).await?;
    let here = world.of(room, "type561").skip(88).chain(world.of(room, "pkm").skip(4)).chain(world.of(room, "rpg7"));
    let seen = here.filter(|arm| arm.id != missing.id);
    let items = seen.map(|arm| Command::Count(id, CountCommand::CountItem(sighting(arm, Way::Keyed))));
    tell.in_order(ARMOURER, items).await?;
    tell.by(ARMOURER, Command::Count(id, CountCommand::Close(count::Close {}))).await?;
    let case = tell.case_of(missing.id).await?;
    let searched = search("C Company rack room, both sides of every rack", "not found; the vehicles are next");
    tell.by(ARMOURER, Command::Case(case, searched)).await.map(drop)
}

fn number(text: &str) -> armoury::ids::ServiceNumber {
    text.parse().expect("the training service numbers are plain")
}

/// Twenty-two rifles on the road from the depot to the outpost.
async fn convoy(tell: &Tell, world: &World, now: Moment) -> Result<(), NotTaken> {
    let load: Vec<&Arm> = world.of("Reserve hall", "fal").take(22).collect();
    let send = |arm: &&Arm| {
        let send = weapon::Send {
            kind: ElsewhereKind::Transit,
            receiver: "Outpost Heron".to_owned(),
            document: "M-045/26".to_owned(),
            due: Some(now.plus_seconds(2 * HOUR)),
        };
        (keeper(arm.piece.room), Command::Weapon(arm.id, WeaponCommand::Send(send)))
    };
    tell.all(load.iter().map(send)).await
}

/// The count of B Company's room: the first racks by serial, the rest for the readers.
async fn counting(tell: &Tell, world: &World, now: Moment) -> Result<(CountId, Vec<Arm>), NotTaken> {
    let id = CountId(tell.app().new_id());
    let place = world.rooms[world.room(COUNTED_TODAY)];
    let open = count::Open { place, kind: CountKind::Full, blind: false, counters: vec![number(COUNTER), number(ARMOURER)] };
    tell.by(COUNTER, Command::Count(id, CountCommand::Open(open))).await?;
    let here: Vec<&Arm> = world.in_room(COUNTED_TODAY).skip(OUT).collect();
    let (counted, rest) = here.split_at(COUNTED);
    tell.at(now.plus_seconds(-1200));
    let items = counted.iter().map(|arm| Command::Count(id, CountCommand::CountItem(sighting(arm, Way::Keyed))));
    tell.in_order(COUNTER, items).await?;
    let tagged = rest.iter().filter(|arm| arm.tag.is_some());
    Ok((id, tagged.map(|arm| (*arm).clone()).collect()))
}

/// The guard comes and goes while the demonstration runs: who is out comes in, who is in goes out.
///
/// # Errors
/// [`NotTaken`].
pub async fn relieve(tell: &Tell, arm: &Arm, soldier: usize, is_out: bool) -> Result<(), NotTaken> {
    let (who, command) = if is_out { hand_in(arm, Some(soldier)) } else { issue(arm, soldier, "guard", None) };
    tell.by(who, command).await.map(drop)
}
