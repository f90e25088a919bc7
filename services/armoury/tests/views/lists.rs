//! Lists and pages: nothing twice, nothing skipped, sums that add up, the right weapon found.

use std::collections::BTreeSet;

use armoury::codes::State;
use armoury::event::weapon::{self, WeaponEvent};
use armoury::ids::WeaponId;
use armoury::view::bench::{self, Armoury};
use armoury::view::lookup::TagMatch;
use armoury::view::{AsOf, Scope, Views, WeaponFilter};
use proptest::prelude::*;
use tag_data::moment::Moment;

use crate::past::{any_past, fact, place_id, registered, weapon_id};

fn pages(views: &Views, filter: &WeaponFilter, scope: &Scope, limit: usize) -> (Vec<WeaponId>, u64) {
    let (mut all, mut after, mut total) = (Vec::new(), None, 0);
    loop {
        let page = views.list_weapons(filter, scope, after.as_deref(), limit);
        total = page.total.max(total);
        all.extend(page.rows.iter().map(|row| row.weapon));
        match page.next {
            Some(next) => after = Some(next),
            None => return (all, total),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn pages_are_the_whole_list_once(facts in any_past(), limit in 1_usize..5) {
        let views = Views::fold(&facts, AsOf::default());
        let (all, total) = pages(&views, &WeaponFilter::default(), &Scope::Everywhere, limit);
        prop_assert_eq!(all.len() as u64, total);
        prop_assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
        let stock: u64 = views.stockpile(&WeaponFilter::default(), &Scope::Everywhere).iter().map(|row| row.count).sum();
        prop_assert_eq!(stock, total);
        let below: u64 = (0..4).map(|n| views.stockpile(&WeaponFilter { place: Some(place_id(n)), ..WeaponFilter::default() },
            &Scope::place(place_id(0))).iter().filter(|row| row.place == Some(place_id(n))).map(|row| row.count).sum::<u64>()).sum();
        prop_assert_eq!(below, total, "every weapon stands in exactly one place below the site");
    }
}

fn small() -> Views {
    Views::fold(
        &Armoury { weapons: 300, tagged: true, issues: 1, sightings: 1, out: false }.facts().collect::<Vec<_>>(),
        AsOf::default(),
    )
}

#[track_caller]
fn check(views: &Views, text: &str, want: &[u64]) {
    let filter = WeaponFilter { text: Some(text.to_owned()), ..WeaponFilter::default() };
    let (found, _) = pages(views, &filter, &Scope::Everywhere, 500);
    let found: BTreeSet<WeaponId> = found.into_iter().collect();
    assert_eq!(found, want.iter().map(|n| bench::weapon_id(*n)).collect(), "{text}");
}

#[test]
fn a_weapon_is_found_by_what_a_person_has() {
    let views = small();
    check(&views, "M000007Z", &[7]);
    check(&views, "m 000 007 z", &[7]); // Case and spaces as typed.
    check(&views, "M0000O7Z", &[7]); // The letter for the digit.
    check(&views, "BK-000029", &[29]);
    check(&views, "K00002", &[20, 23, 26, 29]);
    check(&views, "M0000?7Z", &[7, 37, 67, 97]);
    check(&views, "*999*", &[]);
    check(&views, "3034257BF7194E4000000011", &[17]); // Its tag.
    check(&views, "...", &[]);
}

#[test]
fn filters_and_scope_meet() {
    let views = small();
    let filter = WeaponFilter { model: Some("m70ab2".to_owned()), states: [State::InStore].into(), ..WeaponFilter::default() };
    assert_eq!(pages(&views, &filter, &Scope::Everywhere, 7).1, 50);
    assert_eq!(pages(&views, &filter, &Scope::place(bench::place_id(1)), 7).1, 7);
    let rack_2 = WeaponFilter { place: Some(bench::place_id(2)), ..filter };
    assert_eq!(pages(&views, &rack_2, &Scope::place(bench::place_id(1)), 7).1, 0);
    assert_eq!(pages(&views, &rack_2, &Scope::Places(BTreeSet::new()), 7).1, 0);
}

#[test]
fn a_cloned_tag_is_not_the_weapon_and_a_retired_one_is_told_apart() {
    let mut views = small();
    let (epc, ix) = ("3034257BF7194E4000000011", views.weapons.find(bench::weapon_id(17)).unwrap());
    assert_eq!(views.weapons.tag(epc, Some("E28011606000020000000011"), &views.texts), TagMatch::Bound(ix));
    assert_eq!(views.weapons.tag(epc, None, &views.texts), TagMatch::Bound(ix));
    assert_eq!(views.weapons.tag(epc, Some("E28011606000020000000012"), &views.texts), TagMatch::OtherChip(ix));
    assert_eq!(views.weapons.chip_elsewhere("E28011606000020000000011", weapon_id(1), &views.texts), Some(bench::weapon_id(17)));
    assert_eq!(views.weapons.bound_elsewhere(epc, bench::weapon_id(17), &views.texts), None);
    let retired = WeaponEvent::TagRetired(weapon::TagRetired { epc: epc.to_owned() });
    views.apply(&fact(9_000, format!("weapon-{}@hq", bench::weapon_id(17)), 9, 0, retired.into()));
    assert_eq!(views.weapons.tag(epc, None, &views.texts), TagMatch::Retired(ix));
    assert_eq!(views.weapons.bound_elsewhere(epc, weapon_id(1), &views.texts), None);
}

#[test]
fn a_chip_read_later_completes_the_binding() {
    let mut views = Views::new();
    let stream = || format!("weapon-{}@hq", weapon_id(1));
    views.apply(&fact(1, stream(), 0, 0, registered(1, "418823", place_id(1)).into()));
    for (position, tid) in [(2, None), (3, Some("E2801160".to_owned()))] {
        let bound = WeaponEvent::TagBound(weapon::TagBound { epc: "3034AA".to_owned(), tid });
        views.apply(&fact(position, stream(), position - 1, 0, bound.into()));
    }
    let ix = views.weapons.find(weapon_id(1)).unwrap();
    assert_eq!(views.weapons.tag("3034AA", Some("E2801160"), &views.texts), TagMatch::Bound(ix));
    assert_eq!(views.weapons.tag("3034AA", Some("E2FFFFFF"), &views.texts), TagMatch::OtherChip(ix));
}

#[test]
fn namesakes_are_kept_apart_and_duplicates_told() {
    let mut views = Views::new();
    let entries = [(1, "К34791"), (2, "K34791"), (3, "K34791")]; // The first begins with the Cyrillic letter.
    for ((n, serial), position) in entries.into_iter().zip(1..) {
        views.apply(&fact(position, format!("weapon-{}@hq", weapon_id(n)), 0, 0, registered(n, serial, place_id(1)).into()));
    }
    let first = views.weapon(weapon_id(1), Moment::default()).unwrap();
    assert_eq!((first.namesakes, first.duplicates), (vec![weapon_id(2), weapon_id(3)], vec![]));
    let second = views.weapon(weapon_id(2), Moment::default()).unwrap();
    assert_eq!((second.namesakes, second.duplicates), (vec![weapon_id(1)], vec![weapon_id(3)]));
    let mut found = views.resolve("К34791"); // Exactly as stamped: the Cyrillic one alone.
    assert_eq!(found, vec![weapon_id(1)]);
    found = views.resolve("k 34791");
    assert_eq!(found, vec![weapon_id(1), weapon_id(2), weapon_id(3)]);
}
