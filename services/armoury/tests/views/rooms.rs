//! Trails and their gaps, presence and its doubts, gateways, alerts, rights and places.

use armoury::codes::{Audience, PlaceKind, Role, Rule, State};
use armoury::event::alert::{self, AlertEvent};
use armoury::event::gateway::{self, GatewayEvent};
use armoury::event::person::{self, Grant, PersonEvent};
use armoury::event::place::{self, PlaceEvent};
use armoury::event::weapon::{self, WeaponEvent};
use armoury::event::{Event, Fact};
use armoury::ids::{EventId, GatewayKey};
use armoury::view::trail::TrailLine;
use armoury::view::{Scope, Viewer, Views};
use tag_data::moment::Moment;
use tag_data::scan::{Carrier, Hole, Observation, ReaderCondition, ReaderNotice};
use uuid::Uuid;

use crate::past::{DAY, fact, number, place_id, registered, weapon_id};

const KEY: &str = "5f3c9a7be1d20468";

fn at(seconds: i64) -> Moment {
    Moment::from_micros(DAY).plus_seconds(seconds)
}

fn days(days: i64) -> i64 {
    days * 86_400
}

/// Views into which events are told one by one.
#[derive(Default)]
struct Told {
    views: Views,
}

impl Told {
    fn tell(&mut self, stream: &str, revision: u64, occurred: i64, event: impl Into<Event>) -> Fact {
        let fact = fact(self.views.position + 1, stream.to_owned(), revision, occurred, event.into());
        self.views.apply(&fact);
        fact
    }

    fn places(mut self) -> Self {
        for n in 0..3 {
            let (kind, name) = (if n == 0 { PlaceKind::Site } else { PlaceKind::Rack }, format!("Place {n}"));
            let opened = place::Opened { place: place_id(n), kind, name, within: (n > 0).then(|| place_id(0)) };
            self.tell(&format!("place-{}@hq", place_id(n)), 0, 0, PlaceEvent::Opened(opened));
        }
        self
    }

    /// Weapon 1 in place 1 with a tag.
    fn weapon(mut self) -> Self {
        let stream = format!("weapon-{}@hq", weapon_id(1));
        self.tell(&stream, 0, 0, registered(1, "418823", place_id(1)));
        self.tell(&stream, 1, 0, WeaponEvent::TagBound(weapon::TagBound { epc: "3034AA".to_owned(), tid: None }));
        self
    }

    fn hear(&mut self, sequence: u64, seconds: i64, epc: &str) {
        let observation = Observation {
            kind: Carrier::Epc,
            epc: Some(epc.to_owned()),
            tid: None,
            text: None,
            symbology: None,
            reader: "portal".to_owned(),
            place: place_id(2).to_string(),
            antenna: Some(2),
            first: at(seconds),
            last: at(seconds + 5),
            best_rssi_dbm: None,
            count: 3,
            reader_time: None,
            raw: String::new(),
        };
        self.tell(&format!("gateway-{KEY}"), sequence, seconds, GatewayEvent::Observed(observation));
    }
}

/// The trail's lines in short.
fn trail(views: &Views, until: i64) -> Vec<String> {
    let lines = views.trail(weapon_id(1), 100, at(until)).unwrap().lines.into_iter();
    let short = |line| match line {
        TrailLine::Act(act) => act.act,
        TrailLine::Sighting(seen) => format!("seen {} times at {}", seen.times, seen.place_name),
        TrailLine::Gap(gap) => format!("{} days without evidence{}", gap.days, if gap.still { ", still" } else { "" }),
    };
    lines.map(short).collect()
}

#[test]
fn a_trail_draws_gaps_and_folds_what_is_seen_again_and_again() {
    let mut told = Told::default().places().weapon();
    let hour = 3_600;
    (0..30).for_each(|n| told.hear(n, days(2) + hour * i64::try_from(n).unwrap(), "3034AA"));
    told.hear(30, days(6), "3034AA"); // More than a day later: a line of its own, for the gap may matter.
    told.tell(
        &format!("weapon-{}@hq", weapon_id(1)),
        2,
        days(200),
        WeaponEvent::Unbatched(weapon::Unbatched { batch: armoury::ids::BatchId(Uuid::nil()) }),
    );
    let acts = ["WeaponRegistered", "WeaponTagBound", "seen 30 times at Place 2", "seen 1 times at Place 2"];
    assert_eq!(trail(&told.views, days(50)), [&acts[..], &["WeaponUnbatched"]].concat());
    // Paper is no evidence: the gap runs on past it.
    assert_eq!(trail(&told.views, days(300)), [&acts[..], &["WeaponUnbatched", "293 days without evidence, still"]].concat());
    told.hear(31, days(250), "3034AA");
    let shown = trail(&told.views, days(300));
    assert_eq!(shown[5..], ["243 days without evidence", "seen 1 times at Place 2"]);
}

#[test]
fn what_was_last_sensed_is_doubted_after_a_restart_and_never_left() {
    let mut told = Told::default().places().weapon();
    let intake = format!("intake-{KEY}@hq");
    let batch = |boot: &str| {
        GatewayEvent::BatchReceived(gateway::BatchReceived {
            gateway: KEY.parse().unwrap(),
            boot: boot.to_owned(),
            first: 0,
            count: 1,
            items_digest: String::new(),
            signature: String::new(),
        })
    };
    told.tell(&intake, 0, 10, batch("first"));
    told.hear(0, 20, "3034AA");
    let sensed = told.views.sensed(weapon_id(1)).unwrap();
    assert_eq!((sensed.at, sensed.place, sensed.antenna, sensed.unknown_since), (at(25), Some(place_id(2)), Some(2), None));
    assert_eq!(told.views.weapon_row(weapon_id(1)).unwrap().place, Some(place_id(1)), "a scan changes no record");
    told.tell(&intake, 1, 40, batch("second"));
    assert_eq!(told.views.sensed(weapon_id(1)).unwrap().unknown_since, Some(at(40)));
    told.hear(1, 60, "3034AA");
    assert_eq!(told.views.sensed(weapon_id(1)).unwrap().unknown_since, None);
    let silent = ReaderNotice {
        reader: "portal".to_owned(),
        place: place_id(2).to_string(),
        condition: ReaderCondition::Silent,
        at: at(90),
        detail: None,
    };
    told.tell(&format!("gateway-{KEY}"), 2, 90, GatewayEvent::ReaderHeard(silent));
    assert_eq!(told.views.sensed(weapon_id(1)).unwrap().unknown_since, Some(at(90)));
    told.hear(3, 30, "3034AA"); // Delivered late: an older sensing never displaces a newer one.
    assert_eq!(told.views.sensed(weapon_id(1)).unwrap().at, at(65));
}

#[test]
fn a_gateway_shows_what_is_next_and_what_is_missing() {
    let mut told = Told::default().places();
    let (key, enrolment): (GatewayKey, _) = (KEY.parse().unwrap(), format!("enrolment-{KEY}@hq"));
    let proposed = gateway::Proposed { key: key.clone(), public_key: "k".to_owned(), name: "rack room".to_owned() };
    let fact = told.tell(&enrolment, 0, 0, GatewayEvent::Proposed(proposed));
    let waiting: Vec<_> = told.views.gateways.proposals().cloned().collect();
    assert_eq!((waiting[0].request, waiting[0].request_leaf.clone()), (Some(fact.id), Some(hex::encode(fact.leaf))));
    let enrolled = gateway::Enrolled { request: fact.id, request_leaf: hex::encode(fact.leaf) };
    told.tell(&enrolment, 1, 0, GatewayEvent::Enrolled(enrolled));
    assert_eq!(told.views.gateways.proposals().count(), 0);
    told.hear(0, 10, "E2001");
    told.tell(
        &format!("gateway-{KEY}"),
        1,
        20,
        GatewayEvent::HoleDeclared(Hole { lost: 7, reason: "disk".to_owned(), at: at(20) }),
    );
    told.hear(5, 30, "E2001");
    let row = told.views.gateways.get(&key).unwrap();
    let gaps: Vec<(u64, u64, &str)> = row.gaps.iter().map(|gap| (gap.sequence, gap.lost, gap.reason.as_str())).collect();
    assert_eq!((row.next, gaps), (6, vec![(1, 7, "disk"), (2, 3, "")]));
    let stranger = told.views.presence.strangers().next().unwrap();
    assert_eq!((stranger.seen.as_str(), stranger.times), ("E2001", 2));
}

fn raise(told: &mut Told, n: u64, rule: Rule, audience: Audience, person: Option<u32>) {
    let key = format!("{n:016x}");
    let raised = alert::Raised {
        alert: key.clone(),
        rule,
        version: 1,
        audience,
        weapon: (rule == Rule::R2).then(|| weapon_id(1)),
        tag: Some(format!("E2{n:04}")),
        person: person.map(number),
        place: Some(place_id(1)),
        cause: None,
        evidence: EventId(Uuid::nil()),
    };
    told.tell(&format!("alert-{key}"), 0, 0, AlertEvent::Raised(raised));
}

/// Which rules' lines somebody in this role sees in place 1.
fn shown(views: &Views, who: u32, role: Role) -> Vec<(Rule, u64)> {
    let grants = [Grant { role, place: Some(place_id(0)), from: at(0), until: Some(at(1_000)) }];
    let who = number(who);
    let lines = views.alert_lines_for(&Viewer { service_number: &who, grants: &grants }, at(500));
    let mut lines: Vec<(Rule, u64)> = lines.iter().map(|line| (line.rule, line.count)).collect();
    lines.sort();
    lines
}

#[test]
fn alerts_are_one_line_a_cause_and_do_not_warn_the_thief() {
    let mut told = Told::default().places().weapon();
    (0..3).for_each(|n| raise(&mut told, n, Rule::R10, Audience::Place, None));
    raise(&mut told, 10, Rule::R2, Audience::Place, None); // Said to the place by mistake: still kept from it.
    raise(&mut told, 11, Rule::AgainstBook, Audience::Above, Some(2));
    raise(&mut told, 12, Rule::Provisional, Audience::Place, Some(2));
    raise(&mut told, 13, Rule::K14, Audience::Security, None);
    let place = [(Rule::R10, 3), (Rule::Provisional, 1)];
    assert_eq!(shown(&told.views, 1, Role::Custodian), place);
    let all = [(Rule::R2, 1), (Rule::R10, 3), (Rule::AgainstBook, 1), (Rule::Provisional, 1)];
    assert_eq!(shown(&told.views, 1, Role::Approver), all);
    assert_eq!(shown(&told.views, 1, Role::Auditor), all);
    assert_eq!(shown(&told.views, 2, Role::Approver).len(), 3, "his own act is not shown to him");
    assert_eq!(shown(&told.views, 1, Role::SecurityOfficer), [(Rule::K14, 1)]);
    assert_eq!(shown(&told.views, 1, Role::Operator), []);
    let named = PlaceEvent::CustodianNamed(place::CustodianNamed { custodian: number(1) });
    told.tell(&format!("place-{}@hq", place_id(0)), 1, 0, named);
    assert_eq!(shown(&told.views, 1, Role::Approver), place, "an approver who keeps the place is its custodian");
    told.tell("alert-0000000000000001", 1, 0, AlertEvent::Resolved(alert::Resolved { finding: "laundry".to_owned() }));
    let line = told.views.alerts.lines().into_iter().find(|line| line.rule == Rule::R10).unwrap();
    assert_eq!((line.count, line.message.key.as_str()), (2, "alert-unknown-read"));
}

#[test]
fn a_right_counts_from_its_approval_and_for_its_time() {
    let mut told = Told::default().places();
    let (who, stream) = (number(1), format!("person-{}@hq", number(1)));
    let grant = Grant { role: Role::Inspector, place: Some(place_id(1)), from: at(100), until: Some(at(200)) };
    let asked = told.tell(&stream, 0, 0, PersonEvent::GrantRequested(person::GrantRequested { grant: grant.clone() }));
    assert_eq!(told.views.people.grants(&who, at(150)), []);
    let waiting = told.views.people.grant_requests();
    assert_eq!((waiting[0].request, waiting[0].request_leaf.as_str()), (asked.id, hex::encode(asked.leaf).as_str()));
    let approved = person::GrantApproved { request: asked.id, request_leaf: hex::encode(asked.leaf) };
    told.tell(&stream, 1, 0, PersonEvent::GrantApproved(approved));
    let held = [99, 100, 199, 200].map(|now| told.views.people.grants(&who, at(now)).len());
    assert_eq!(held, [0, 1, 1, 0]);
    told.tell(&stream, 2, 0, PersonEvent::GrantRevoked(person::GrantRevoked { request: asked.id }));
    assert_eq!((told.views.people.grants(&who, at(150)), told.views.people.grant_requests().len()), (vec![], 0));
}

#[test]
fn a_tree_of_places_is_followed_and_a_ring_is_cut() {
    let mut told = Told::default().places();
    assert_eq!(told.views.places.path(place_id(2)), "Place 0 › Place 2");
    assert_eq!(told.views.places.subtree(place_id(0)).len(), 3);
    assert!(!told.views.places.in_scope(&Scope::place(place_id(1)), place_id(2)));
    // Rubbish that no rule lets through still folds: 0 within 2 within 0.
    let opened = place::Opened { place: place_id(0), kind: PlaceKind::Site, name: "ring".to_owned(), within: Some(place_id(2)) };
    told.tell(&format!("place-{}@hq", place_id(0)), 1, 0, PlaceEvent::Opened(opened));
    assert_eq!(told.views.places.chain(place_id(2)), [place_id(2), place_id(0)]);
    assert_eq!(told.views.places.tree(&Scope::Everywhere).len(), 3);
}

#[test]
fn a_stream_that_is_not_understood_is_named_and_the_rest_goes_on() {
    let mut told = Told::default().places().weapon();
    told.views.not_understood("handover-1@hq", 6, at(6), "event type \"HandoverStarted\" is not known here");
    told.views.not_understood("handover-1@hq", 7, at(7), "the same");
    let rows: Vec<_> = told.views.streams_not_understood().map(|row| (row.stream.as_str(), row.position, row.events)).collect();
    assert_eq!((rows, told.views.position), (vec![("handover-1@hq", 6, 2)], 7));
    let row = told.views.weapon_row(weapon_id(1)).unwrap();
    assert_eq!(row.state, State::InStore);
}
