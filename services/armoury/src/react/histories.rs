//! Any history: whatever two people and the rules do in whatever order, the book's promises hold.
//!
//! A weapon leaves *lost* only by a recovery and *destroyed* never; its lock goes only by two; the
//! views and the folds agree; rules run again do nothing; facts in any order break no fold.

use proptest::prelude::*;

use super::alone::{again_amir, counting, custody, destruction, gateways, grants, ladder};
use super::stories::{amir, armoury, bola, place, rifle};
use super::world::{World, heard};
use super::*;
use crate::codes::State;
use crate::command::{Command, WeaponCommand, weapon};
use crate::event::Actor;
use crate::event::alert::AlertEvent;
use crate::life::Life;
use crate::story::person;
use crate::weapon::Weapon;
use crate::weapon::moves::Stage;
use tag_data::scan::Carrier;

/// How many histories in one run; 4,000 were run when the rules were written.
const CASES: u32 = 96;

fn tags(_: &World) -> Vec<Command> {
    let epc = || "3034257BF7194E4000001A85".to_owned();
    let bind = |chip: &str| WeaponCommand::BindTag(weapon::BindTag { epc: epc(), tid: Some(chip.to_owned()) });
    vec![
        Command::Weapon(rifle(1), bind("E28011052000")),
        Command::Weapon(rifle(1), bind("E28099990000")),
        Command::Weapon(rifle(2), bind("E28099990000")),
        Command::Weapon(rifle(1), WeaponCommand::RetireTag(weapon::RetireTag { epc: epc() })),
        Command::Weapon(rifle(2), WeaponCommand::RetireTag(weapon::RetireTag { epc: epc() })),
    ]
}

fn everything(world: &World) -> Vec<Command> {
    let all: [fn(&World) -> Vec<Command>; 7] = [custody, ladder, destruction, counting, grants, gateways, tags];
    all.into_iter().flat_map(|commands| commands(world)).collect()
}

fn who(n: usize) -> Actor {
    [amir(), bola(), again_amir(), person("30003")].into_iter().nth(n % 4).unwrap()
}

fn stage(world: &World) -> Stage {
    let facts = world.streams.iter().find(|(name, _)| name.starts_with(&format!("weapon-{}", rifle(1))));
    Weapon::fold(facts.unwrap().1).entry.unwrap().stage
}

/// One step of the weapon's life, looked at from outside: what may have led from one to the other.
fn allowed(before: Stage, after: Stage, told: &[&str]) -> bool {
    let said = |name: &str| told.contains(&name);
    let moved = match (before.state, after.state) {
        (State::Destroyed, state) => state == State::Destroyed,
        (State::Lost, State::Lost) => true,
        (State::Lost, _) => said("WeaponRecovered"),
        (_, State::Lost) => said("WeaponLost"),
        (before, State::Destroyed) => before == State::Batched && said("BatchConfirmed"),
        (State::PresumedLost, State::PresumedLost) => true,
        (State::PresumedLost, _) => said("WeaponRecovered") || said("WeaponExplained"),
        _ => true,
    };
    moved && (!before.locked || after.locked || said("BatchReleaseApproved") || said("BatchConfirmed"))
}

fn run(steps: &[(usize, usize)]) -> World {
    let mut world = armoury();
    for (step, by) in steps {
        let before = stage(&world);
        let commands = everything(&world);
        let told = if step % 7 == 0 {
            let seen = ["3034257BF7194E4000001A85", "AAAA"][step % 2];
            let chip = [None, Some("E28011052000"), Some("E28099990000")][by % 3];
            let event = heard(Carrier::Epc, seen, chip, place(1 + (*step as u128 % 3)), world.now());
            world.hear("gateway-00112233aabbccdd", event)
        } else {
            world.act(&who(*by), &commands[step % commands.len()]).unwrap_or_default()
        };
        let after = stage(&world);
        assert!(allowed(before, after, &told), "{before:?} -> {after:?} by {told:?}");
        let row = world.views.weapons.state(world.views.weapons.find(rifle(1)).unwrap());
        assert_eq!(row.stage(), Some(after), "the view and the fold agree after {told:?}");
    }
    world
}

fn fold_all(facts: &[Fact]) {
    let _ = Weapon::fold(facts);
    let _ = crate::case::Case::fold(facts);
    let _ = crate::batch::Batch::fold(facts);
    let _ = crate::count::Count::fold(facts);
    let _ = crate::person::Person::fold(facts);
    let _ = crate::place::Place::fold(facts);
    let _ = crate::gateway::Gateway::fold(facts);
    let _ = crate::alert::Alert::fold(facts);
    let mut views = Views::without_feed();
    facts.iter().for_each(|fact| views.apply(fact));
    for fact in facts {
        let _ = react(&views, fact, fact.recorded_at);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(CASES) })]

    #[test]
    fn promises_hold_in_every_history(steps in prop::collection::vec((0..700_usize, 0..4_usize), 0..80)) {
        let mut world = run(&steps);
        // Run again, the rules do nothing, but for one finding: what was read then means more now (the
        // weapon was presumed lost since, or was found again and its tag is still a retired one).
        let before = world.log.len();
        world.again();
        for fact in &world.log[before..] {
            let late = match &fact.event {
                Event::Alert(AlertEvent::Raised(raised)) => [Rule::R2, Rule::R6].contains(&raised.rule),
                _ => false,
            };
            prop_assert!(late, "{:?}", fact.event);
        }
        prop_assert_eq!(world.again(), Vec::<&str>::new());
        for fact in &world.log {
            if let Event::Count(crate::event::count::CountEvent::Closed(closed)) = &fact.event {
                let parts = closed.by_document.len() + closed.missing.len() + closed.in_case.len();
                prop_assert_eq!(closed.expected as usize, (closed.sighted + closed.sealed) as usize + parts);
            }
        }
    }

    #[test]
    fn facts_in_any_order_break_no_fold(
        steps in prop::collection::vec((0..700_usize, 0..4_usize), 0..60),
        order in prop::collection::vec(0..1000_usize, 0..120),
    ) {
        let world = run(&steps);
        let mut facts = world.log.clone();
        for (at, with) in order.iter().enumerate() {
            let (one, other) = (at % facts.len(), with % facts.len());
            facts.swap(one, other);
        }
        fold_all(&facts);
        facts.retain(|fact| fact.position % 3 != 0);
        fold_all(&facts);
    }
}
