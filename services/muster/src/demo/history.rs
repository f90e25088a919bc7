//! Ninety days of the training armoury, told in order: guard mounted and dismounted every day, a loss
//! closed, a loss still open, a batch destroyed and one that waits, counts signed, weapons out.
//!
//! Each chapter is a day, counted back from now. What is meant for today stands in `today.rs`.

use armoury::codes::{Acknowledgement, CountKind, DestructionMethod, Disposition, ElsewhereKind, LossCause, Way};
use armoury::command::{BatchCommand, CaseCommand, Command, CountCommand, WeaponCommand, batch, case, count, weapon};
use armoury::event::case::Outcome;
use armoury::ids::{BatchId, CaseId, CountId, PlaceId, WeaponId};
use tag_data::moment::Moment;

use super::dice::Dice;
use super::founding::{self, keeper};
use super::people::{self, ARMOURER, COMMANDER, DEPUTY};
use super::stores::CAGE;
use super::tell::{NotTaken, Tell};
use super::world::{Arm, World};

/// How far back the story begins.
pub const DAYS: i64 = 90;
const DAY: i64 = 86_400;
/// The custodian of the depot, who prepares the batches.
const DEPOT: &str = "56120";

/// Seconds before now at which the given hour of the day `ago` lies; days are counted from now.
#[must_use]
pub fn day(now: Moment, ago: i64, hour: i64) -> Moment {
    let midnight = Moment::from_micros(now.micros() - now.micros().rem_euclid(DAY * 1_000_000));
    midnight.plus_seconds(-ago * DAY + hour * 3600)
}

/// Tells all of it, up to yesterday.
///
/// # Errors
/// [`NotTaken`].
pub async fn tell(tell: &Tell, world: &World, now: Moment) -> Result<(), NotTaken> {
    let mut dice = Dice::new(1871);
    let mut threads = Threads::default();
    // Yesterday and today are told in `today.rs`. Within a day time only goes on: guard, chapter, guard.
    for ago in (2..DAYS).rev() {
        let on_guard = if ago <= 60 { mounted(tell, world, &mut dice, day(now, ago, 6)).await? } else { Vec::new() };
        chapter(tell, world, &mut threads, ago, now).await?;
        dismounted(tell, on_guard, day(now, ago, 18)).await?;
    }
    Ok(())
}

/// What one chapter leaves for a later one.
#[derive(Debug, Default)]
struct Threads {
    /// The outpost's missing rifle.
    rifle: Option<CaseId>,
    /// The first batch.
    batch: Option<BatchId>,
}

async fn chapter(tell: &Tell, world: &World, threads: &mut Threads, ago: i64, now: Moment) -> Result<(), NotTaken> {
    let at = |hour| day(now, ago, hour);
    for (room, model, origin, _) in founding::LATER.iter().filter(|later| later.3 == ago) {
        tell.at(at(7));
        founding::enter(tell, &world.of(room, model).collect::<Vec<_>>(), *origin).await?;
    }
    match ago {
        85 => threads.rifle = Some(baseline(tell, world, at(9)).await?),
        84 => searched(tell, threads.rifle, at(10)).await?,
        75 => declared(tell, threads.rifle, at(14)).await?,
        70 => threads.batch = Some(listed(tell, world, ("k98k", 12), "D-1", at(10)).await?),
        60 => closed(tell, threads.rifle, at(11)).await?,
        40 => destroyed(tell, threads.batch, at(8)).await?,
        30 => monthly(tell, world, at(7)).await?,
        20 => loans(tell, world, at(10)).await?,
        15 => escort(tell, world, at(8)).await?,
        12 => robbed(tell, world, at(16)).await?,
        10 => workshop(tell, world, at(9)).await?,
        9 => operation(tell, world, at(7)).await?,
        6 => drop(listed(tell, world, ("no4", 25), "D-2", at(10)).await?),
        _ => {}
    }
    Ok(())
}

fn number(text: &str) -> armoury::ids::ServiceNumber {
    text.parse().expect("the training service numbers are plain")
}

/// An issue to a soldier.
pub fn issue(arm: &Arm, soldier: usize, purpose: &str, due: Option<Moment>) -> (&'static str, Command) {
    let issue = weapon::Issue {
        to: number(&people::soldier(soldier % people::SOLDIERS).0),
        purpose: Some(purpose.to_owned()),
        due,
        acknowledgement: Acknowledgement::WetInk,
    };
    (keeper(arm.piece.room), Command::Weapon(arm.id, WeaponCommand::Issue(issue)))
}

/// A return to its own rack.
pub fn hand_in(arm: &Arm, soldier: Option<usize>) -> (&'static str, Command) {
    let from = soldier.map(|soldier| number(&people::soldier(soldier % people::SOLDIERS).0));
    let back = weapon::Return { from, place: arm.rack };
    (keeper(arm.piece.room), Command::Weapon(arm.id, WeaponCommand::Return(back)))
}

/// The guard's weapons of one day: rifles and pistols, another dozen each day.
async fn mounted<'w>(tell: &Tell, world: &'w World, dice: &mut Dice, six: Moment) -> Result<Vec<(usize, &'w Arm)>, NotTaken> {
    let rifles: Vec<&Arm> = world.of("A Company rack room", "m70ab2").collect();
    let pistols: Vec<&Arm> = world.of("Pistol strongroom", "glock17").collect();
    let (first, other) = (dice.below(rifles.len() - 20), dice.below(pistols.len() - 20));
    let soldier = dice.below(people::SOLDIERS);
    let arms = rifles[first..first + 8].iter().chain(&pistols[other..other + 4]);
    let on_guard: Vec<(usize, &Arm)> = arms.enumerate().map(|(n, arm)| (soldier + n, *arm)).collect();
    tell.at(six);
    let due = Some(six.plus_seconds(12 * 3600));
    tell.all(on_guard.iter().map(|(soldier, arm)| issue(arm, *soldier, "guard", due))).await?;
    Ok(on_guard)
}

async fn dismounted(tell: &Tell, on_guard: Vec<(usize, &Arm)>, eighteen: Moment) -> Result<(), NotTaken> {
    tell.at(eighteen.plus_seconds(-600));
    tell.all(on_guard.iter().map(|(soldier, arm)| hand_in(arm, Some(*soldier)))).await
}

/// Counts a room by eye, leaving out some, and closes it.
async fn counted(tell: &Tell, who: &str, place: PlaceId, kind: CountKind, seen: Vec<&Arm>) -> Result<CountId, NotTaken> {
    let id = CountId(tell.app().new_id());
    let open = count::Open { place, kind, blind: false, counters: vec![number(who)] };
    tell.by(who, Command::Count(id, CountCommand::Open(open))).await?;
    tell.in_order(who, seen.into_iter().map(|arm| Command::Count(id, CountCommand::CountItem(sighting(arm, Way::Keyed)))))
        .await?;
    Ok(id)
}

/// A sighting of a weapon in its rack: its serial keyed or its tag heard.
pub fn sighting(arm: &Arm, way: Way) -> count::CountItem {
    let seen = arm.serial.as_str().to_owned();
    count::CountItem { weapon: Some(arm.id), seen, way, level: None, place: arm.rack }
}

/// The outpost's first count after take-on: one rifle is not there.
async fn baseline(tell: &Tell, world: &World, when: Moment) -> Result<CaseId, NotTaken> {
    tell.at(when);
    let missing = world.of("Ready room", "m16a2").nth(16).expect("forty stand there");
    let seen = world.in_room("Ready room").filter(|arm| arm.id != missing.id).collect();
    let room = world.rooms[world.room("Ready room")];
    let count = counted(tell, "56017", room, CountKind::Full, seen).await?;
    let closing = tell.asked("56017", Command::Count(count, CountCommand::Close(count::Close {}))).await?;
    let sign = count::Sign { closing, reservation: Some("One M16A2 not sighted; case opened.".to_owned()) };
    tell.by(DEPUTY, Command::Count(count, CountCommand::Sign(sign))).await?;
    tell.case_of(missing.id).await
}

async fn on_case(tell: &Tell, who: &str, id: CaseId, command: CaseCommand) -> Result<(), NotTaken> {
    tell.by(who, Command::Case(id, command)).await.map(drop)
}

/// A search that found nothing.
pub fn search(searched: &str, result: &str) -> CaseCommand {
    CaseCommand::LogSearch(case::LogSearch { searched: searched.to_owned(), result: result.to_owned() })
}

async fn searched(tell: &Tell, case: Option<CaseId>, when: Moment) -> Result<(), NotTaken> {
    let Some(case) = case else { return Ok(()) };
    tell.at(when);
    on_case(tell, "56017", case, search("Ready room, post armoury, vehicles", "not found")).await?;
    on_case(tell, "56017", case, search("issue sheets of the last thirty days", "no open issue")).await
}

async fn declared(tell: &Tell, case: Option<CaseId>, when: Moment) -> Result<(), NotTaken> {
    let Some(case) = case else { return Ok(()) };
    tell.at(when);
    let presume = case::PresumeLost { because: "ten days of search, every post recounted".to_owned() };
    on_case(tell, COMMANDER, case, CaseCommand::PresumeLost(presume)).await?;
    let circumstances = "The fence of the post was cut; the ready room's hasp was forced.";
    lost(tell, case, LossCause::TheftOutsider, circumstances, when.plus_seconds(-12 * DAY), "26-0398").await
}

async fn lost(
    tell: &Tell,
    id: CaseId,
    cause: LossCause,
    circumstances: &str,
    last_seen: Moment,
    reference: &str,
) -> Result<(), NotTaken> {
    let declare = case::DeclareLost { cause, circumstances: circumstances.to_owned(), last_seen: Some(last_seen) };
    on_case(tell, COMMANDER, id, CaseCommand::DeclareLost(declare)).await?;
    for (to, book) in [("National Firearms Registry", "NFR"), ("Force headquarters", "FHQ/PM")] {
        let report = case::ReportLoss { to: to.to_owned(), reference: format!("{book} {reference}") };
        on_case(tell, COMMANDER, id, CaseCommand::ReportLoss(report)).await?;
    }
    Ok(())
}

/// Not recovered: one asks to close, another closes. It stays on the register.
async fn closed(tell: &Tell, case: Option<CaseId>, when: Moment) -> Result<(), NotTaken> {
    let Some(case) = case else { return Ok(()) };
    tell.at(when);
    let evidence = "Board of inquiry 3/26: stolen, not recovered; hasp and fence replaced.".to_owned();
    let ask = CaseCommand::RequestClose(case::RequestClose { outcome: Outcome::Unrecovered, evidence });
    let request = tell.asked(COMMANDER, Command::Case(case, ask)).await?;
    on_case(tell, DEPUTY, case, CaseCommand::Close(case::Close { request })).await
}

/// A batch: decided, listed, every serial checked, locked.
async fn listed(
    tell: &Tell,
    world: &World,
    (model, many): (&str, usize),
    number: &str,
    when: Moment,
) -> Result<BatchId, NotTaken> {
    tell.at(when);
    let arms: Vec<&Arm> = world.of("Reserve hall", model).take(many).collect();
    let order = format!("Order 14/26 of the Chief of Staff, batch {number}");
    let decide = |arm: &&Arm| {
        let decide = weapon::DecideDisposition { disposition: Disposition::Destroy, authority: order.clone() };
        (COMMANDER, Command::Weapon(arm.id, WeaponCommand::DecideDisposition(decide)))
    };
    tell.all(arms.iter().map(decide)).await?;
    let to_cage = |arm: &&Arm| (DEPOT, Command::Weapon(arm.id, WeaponCommand::Rack(weapon::Rack { place: world.cage })));
    tell.all(arms.iter().map(to_cage)).await?;
    let id = BatchId(tell.app().new_id());
    let open = batch::Open { number: number.to_owned(), authority: order.clone(), place: world.cage };
    tell.by(DEPOT, Command::Batch(id, BatchCommand::Open(open))).await?;
    let list = |arm: &&Arm| Command::Batch(id, BatchCommand::ListItem(batch::ListItem { weapon: arm.id }));
    tell.in_order(DEPOT, arms.iter().map(list)).await?;
    let check = |arm: &&Arm| {
        let check = batch::VerifyItem { weapon: arm.id, serial_as_read: arm.serial.clone() };
        Command::Batch(id, BatchCommand::VerifyItem(check))
    };
    tell.in_order(DEPOT, arms.iter().map(check)).await?;
    tell.by(DEPOT, Command::Batch(id, BatchCommand::Lock(batch::Lock {}))).await?;
    Ok(id)
}

/// Cut before a witness; two who did not operate verify.
async fn destroyed(tell: &Tell, batch: Option<BatchId>, when: Moment) -> Result<(), NotTaken> {
    let Some(id) = batch else { return Ok(()) };
    tell.at(when);
    let record = batch::RecordDestruction {
        method: DestructionMethod::Cutting,
        at: format!("Harbour Depot, {CAGE}"),
        operators: vec![number(DEPOT), number(&people::soldier(5).0)],
        scrap: Some("smelted at the port authority's works, receipt 88-2".to_owned()),
    };
    let request = tell.asked(DEPOT, Command::Batch(id, BatchCommand::RecordDestruction(record))).await?;
    let witnesses = [("Koffi Mensah", "National Commission on Small Arms"), ("Ingrid Solheim", "Mission Inspection Team")];
    for (name, organization) in witnesses {
        let sign = batch::SignWitness { name: name.to_owned(), organization: organization.to_owned() };
        tell.by("80065", Command::Batch(id, BatchCommand::SignWitness(sign))).await?;
    }
    for verifier in [COMMANDER, DEPUTY] {
        tell.by(verifier, Command::Batch(id, BatchCommand::Verify(batch::Verify { request }))).await?;
    }
    Ok(())
}

/// B Company's monthly count, complete, signed by the inspector.
async fn monthly(tell: &Tell, world: &World, when: Moment) -> Result<(), NotTaken> {
    tell.at(when);
    let room = world.rooms[world.room(super::stores::COUNTED_TODAY)];
    let seen = world.in_room(super::stores::COUNTED_TODAY).collect();
    let count = counted(tell, "55342", room, CountKind::Full, seen).await?;
    let closing = tell.asked("55342", Command::Count(count, CountCommand::Close(count::Close {}))).await?;
    let sign = CountCommand::Sign(count::Sign { closing, reservation: None });
    tell.by("90240", Command::Count(count, sign)).await.map(drop)
}

fn send(arm: &Arm, kind: ElsewhereKind, receiver: &str, document: &str, due: Option<Moment>) -> (&'static str, Command) {
    let send = weapon::Send { kind, receiver: receiver.to_owned(), document: document.to_owned(), due };
    (keeper(arm.piece.room), Command::Weapon(arm.id, WeaponCommand::Send(send)))
}

/// Twelve rifles lent to the Presidential Guard; it has confirmed ten.
async fn loans(tell: &Tell, world: &World, when: Moment) -> Result<(), NotTaken> {
    tell.at(when);
    let lent: Vec<&Arm> = world.of("Headquarters Company store", "galil").take(12).collect();
    let due = Some(when.plus_seconds(60 * DAY));
    tell.all(lent.iter().map(|arm| send(arm, ElsewhereKind::Loan, "Presidential Guard", "L-014/26", due))).await?;
    let confirm = |arm: &&Arm| {
        let confirm = weapon::ConfirmReceipt { document: "L-014/26".to_owned() };
        (COMMANDER, Command::Weapon(arm.id, WeaponCommand::ConfirmReceipt(confirm)))
    };
    tell.all(lent[..10].iter().map(confirm)).await
}

fn robbed_pistol(world: &World) -> &Arm {
    world.of("Pistol strongroom", "92fs").nth(44).expect("160 stand there")
}

async fn escort(tell: &Tell, world: &World, when: Moment) -> Result<(), NotTaken> {
    tell.at(when);
    tell.all([issue(robbed_pistol(world), 21, "escort", Some(when.plus_seconds(3 * DAY)))]).await
}

/// A pistol taken from its holder: reported, declared, still open.
async fn robbed(tell: &Tell, world: &World, when: Moment) -> Result<(), NotTaken> {
    let pistol = robbed_pistol(world);
    tell.at(when);
    let open = case::Open {
        weapon: pistol.id,
        place: pistol.rack,
        count: None,
        circumstances: Some("The holder reports that he was robbed at the market.".to_owned()),
    };
    let id = CaseId(tell.app().new_id());
    tell.by(ARMOURER, Command::Case(id, CaseCommand::Open(open))).await?;
    on_case(tell, ARMOURER, id, search("the holder's quarters and vehicle", "not found; two witnesses heard")).await?;
    on_case(tell, COMMANDER, id, CaseCommand::PresumeLost(case::PresumeLost { because: "police report 77/26".to_owned() }))
        .await?;
    let circumstances = "Robbed of his pistol by three men at the market, off duty.";
    lost(tell, id, LossCause::Robbery, circumstances, when.plus_seconds(-6 * 3600), "26-0417").await
}

async fn workshop(tell: &Tell, world: &World, when: Moment) -> Result<(), NotTaken> {
    tell.at(when);
    let sent = world.of("Support Company store", "mg3").take(5).chain(world.of("Support Company store", "m2hb").take(1));
    let due = Some(when.plus_seconds(14 * DAY));
    tell.all(sent.map(|arm| send(arm, ElsewhereKind::Maintenance, "Base workshop", "W-231", due)).collect::<Vec<_>>()).await
}

/// C Company goes on operation with its rifles, headquarters with its own.
async fn operation(tell: &Tell, world: &World, when: Moment) -> Result<(), NotTaken> {
    tell.at(when);
    let rifles = world.of("C Company rack room", "type561").take(88).chain(world.of("C Company rack room", "pkm").take(4));
    let staff = world.of("Headquarters Company store", "g3").take(100);
    let due = Some(when.plus_seconds(30 * DAY));
    let out: Vec<_> = rifles.chain(staff).enumerate().map(|(n, arm)| issue(arm, n, "Operation Long Grass", due)).collect();
    tell.all(out).await
}

impl Tell {
    /// The case that the book opened for a weapon.
    ///
    /// # Errors
    /// Never today; the story would stop here if the book had opened none.
    pub async fn case_of(&self, weapon: WeaponId) -> Result<CaseId, NotTaken> {
        let found = self.app().views().cases.open_case(weapon);
        found.ok_or_else(|| NotTaken::no_case(weapon))
    }
}
