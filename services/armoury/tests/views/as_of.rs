//! As it was known and as it was: always what a fresh fold of the facts says.

use std::collections::{BTreeMap, BTreeSet};

use armoury::event::{Event, Fact};
use armoury::ids::WeaponId;
use armoury::life::Life;
use armoury::view::state::{WeaponState, flag};
use armoury::view::{AsOf, Feed, Views};
use armoury::weapon::Weapon;
use proptest::prelude::*;

use crate::past::any_past;

fn told(facts: &[Fact], copy_every: u64) -> Views {
    let mut views = Views::new();
    views.feed = Some(Feed::copying_every(copy_every));
    facts.iter().for_each(|fact| views.apply(fact));
    views
}

fn known(position: u64) -> AsOf {
    AsOf { known_at: Some(position), true_at: None }
}

fn by_id(views: &Views) -> BTreeMap<WeaponId, WeaponState> {
    let all = views.weapons.fixed.iter().zip(&views.weapons.states);
    all.filter(|(_, state)| state.state.is_some()).map(|(fixed, state)| (fixed.id, *state)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The feed rebuilds every position, with and without copies on the way.
    #[test]
    fn the_feed_is_the_fold(facts in any_past(), copy_every in 1_u64..12) {
        let views = told(&facts, copy_every);
        for position in 0..=facts.len() as u64 {
            let fold = Views::fold(&facts, known(position));
            let fed = views.states_at(position).unwrap();
            prop_assert_eq!(&fed[..fold.weapons.states.len()], &fold.weapons.states[..], "at {}", position);
            prop_assert!(fed[fold.weapons.states.len()..].iter().all(|state| state.state.is_none()));
        }
    }

    /// What was taken in step by step is what a fresh fold of the same facts says, to the byte.
    #[test]
    fn a_view_is_its_fresh_fold(facts in any_past(), cut in 0_usize..90) {
        let cut = cut.min(facts.len());
        let mut views = Views::without_feed();
        facts[..cut].iter().for_each(|fact| views.apply(fact));
        prop_assert_eq!(views.digest(), Views::fold(&facts, known(cut as u64)).digest());
        prop_assert_eq!(views.digest(), Views::fold(&facts[..cut], AsOf::default()).digest());
    }

    /// A weapon's state in the views is its life's own state.
    #[test]
    fn the_views_agree_with_each_life(facts in any_past()) {
        let views = told(&facts, 1_000);
        let mut streams: BTreeMap<&str, Vec<&Fact>> = BTreeMap::new();
        for fact in facts.iter().filter(|fact| matches!(fact.event, Event::Weapon(_))) {
            streams.entry(&fact.stream).or_default().push(fact);
        }
        for facts in streams.into_values() {
            let Some(entry) = Weapon::fold(facts).entry else { continue };
            let ix = views.weapons.find(entry.id).unwrap();
            let state = views.weapons.state(ix);
            prop_assert_eq!(state.stage(), Some(entry.stage));
            prop_assert_eq!(views.places.id(state.place), Some(entry.place));
            prop_assert_eq!(views.people.number(state.assigned), entry.assigned);
            prop_assert_eq!(state.disposition, entry.disposition);
            prop_assert_eq!(state.has(flag::PART_REMOVED), !entry.parts_out.is_empty());
            let standing = views.standing(entry.id).unwrap().document;
            let document = standing.map(|document| (document.event, document.confirmed));
            prop_assert_eq!(document, entry.document.as_ref().map(|document| (document.event, document.confirmed)));
            let living: BTreeSet<String> = entry.tags.into_iter().filter(|tag| tag.bound).map(|tag| tag.epc).collect();
            let tags = views.weapon(entry.id, views.recorded_at).unwrap().tags.into_iter();
            prop_assert_eq!(tags.filter(|tag| tag.retired_at.is_none()).map(|tag| tag.epc).collect::<BTreeSet<_>>(), living);
        }
    }

    /// Where nobody backdates, as it was at a time is as it was known by the last position of then.
    #[test]
    fn honest_clocks_make_both_questions_one(facts in any_past(), cut in 1_u64..80) {
        let honest: Vec<Fact> = facts.into_iter().map(|fact| Fact { occurred_at: fact.recorded_at, ..fact }).collect();
        let cut = cut.min(honest.len() as u64);
        let moment = honest[usize::try_from(cut - 1).unwrap()].recorded_at;
        let was = Views::fold(&honest, AsOf { known_at: None, true_at: Some(moment) });
        prop_assert_eq!(by_id(&was).len(), by_id(&Views::fold(&honest, known(cut))).len());
        prop_assert_eq!(was.digest(), Views::fold(&honest, known(cut)).digest());
    }

    /// A life in order of its claimed times: a later act that is claimed to be earlier does not win.
    #[test]
    fn claimed_times_order_a_life(facts in any_past()) {
        let was = Views::fold(&facts, AsOf { known_at: None, true_at: Some(tag_data::moment::Moment::from_micros(i64::MAX)) });
        for (id, state) in by_id(&was) {
            let stream = format!("weapon-{id}@hq");
            let mut life: Vec<&Fact> = facts.iter().filter(|fact| fact.stream == stream).collect();
            life[1..].sort_by_key(|fact| (fact.occurred_at, fact.position));
            prop_assert_eq!(state.stage(), Weapon::fold(life).entry.map(|entry| entry.stage));
        }
    }
}
