//! A made-up armoury of any size, and the four figures taken over it.
//!
//! Pure like everything here: the same size gives the same facts, and the clock is an argument
//! (nanoseconds from any start). `muster bench replay-rows|search|as-of|memory` prints the figures;
//! nothing here is asserted, because a slow machine must not fail a test.

use tag_data::moment::Moment;
use tag_data::scan::{Carrier, Observation};
use uuid::Uuid;

use super::as_of::AsOf;
use super::scope::Scope;
use super::search::WeaponFilter;
use super::trail::GAP_DAYS;
use super::{Views, state::WeaponState};
use crate::codes::{Acknowledgement, Basis, Class, Component, MarkKind, MarkMethod, Origin, PlaceKind, State};
use crate::event::gateway::GatewayEvent;
use crate::event::place::{self, PlaceEvent};
use crate::event::weapon::{self, WeaponEvent};
use crate::event::{Actor, Event, Fact, Meta};
use crate::ids::{EventId, PlaceId, ServiceNumber, WeaponId};
use crate::marks::{Identity, Mark, Stamped};

/// Weapons of one rack.
const RACK: u64 = 40;
/// Kinds of weapon: class, maker, model, calibre, country.
const KINDS: [(Class, &str, &str, &str, &str); 6] = [
    (Class::Sa4, "Zastava", "M70AB2", "7.62x39", "YU"),
    (Class::Sa1, "Beretta", "92FS", "9x19", "IT"),
    (Class::Sa5, "FN", "MAG", "7.62x51", "BE"),
    (Class::Sa4, "Colt", "M16A2", "5.56x45", "US"),
    (Class::Sa2, "Mosin", "91/30", "7.62x54R", "SU"),
    (Class::Sa3, "Heckler & Koch", "MP5A3", "9x19", "DE"),
];

/// What each weapon of the made-up armoury goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Armoury {
    /// How many weapons.
    pub weapons: u64,
    /// Tags bound, one each.
    pub tagged: bool,
    /// Rounds of issue and return each.
    pub issues: u64,
    /// Observations each.
    pub sightings: u64,
    /// The last round's weapons are not handed in: in the end all are out.
    pub out: bool,
}

impl Armoury {
    /// Entered, tagged, issued and returned once, heard once: what the memory figure is taken over.
    #[must_use]
    pub const fn of(weapons: u64) -> Self {
        Self { weapons, tagged: true, issues: 1, sightings: 1, out: false }
    }

    /// Its facts in log order: places, every weapon's entry, its tag; then rounds of issue and
    /// return with a quarter of the weapons out at once; then what readers heard.
    pub fn facts(self) -> impl Iterator<Item = Fact> {
        let racks = self.weapons.div_ceil(RACK);
        let places = (0..=racks).map(|n| (place_stream(n), 0, opened(n)));
        let entries = (0..self.weapons).map(|n| (weapon_stream(n), 0, Event::from(registered(n))));
        let tags = (0..self.weapons * u64::from(self.tagged)).map(|n| (weapon_stream(n), 1, Event::from(bound(n))));
        let quarter = self.weapons / 4;
        let acts = (0..self.issues).flat_map(move |round| {
            let stay = self.out && round + 1 == self.issues;
            (0..self.weapons + quarter).flat_map(move |at| {
                let out = (at < self.weapons).then(|| (weapon_stream(at), 2 + 2 * round, Event::from(issued(at))));
                let back = at
                    .checked_sub(quarter)
                    .filter(|_| !stay)
                    .map(|n| (weapon_stream(n), 3 + 2 * round, Event::from(returned(n))));
                out.into_iter().chain(back)
            })
        });
        let heard =
            (0..self.sightings * self.weapons).map(move |n| ("gateway-00000000000000aa".to_owned(), n, heard(n, self.weapons)));
        let all = places.chain(entries).chain(tags).chain(acts).chain(heard);
        all.zip(1..).map(|((stream, revision, event), position)| fact(position, stream, revision, event))
    }
}

fn fact(position: u64, stream: String, revision: u64, event: Event) -> Fact {
    let at = Moment::from_micros(1_700_000_000_000_000).plus_seconds(i64::try_from(position).unwrap_or(i64::MAX));
    let actor = Actor::Person { service_number: number(5_521), sign_in: "bench".to_owned() };
    Fact {
        position,
        id: EventId(Uuid::from_u128(u128::from(position) | 0xE << 100)),
        stream,
        revision,
        recorded_at: at,
        occurred_at: at,
        leaf: [0; 32],
        meta: Meta {
            actor,
            role: None,
            device: None,
            place: None,
            node: "hq".parse().expect("two letters are a node's name"),
            basis: Basis::Device,
            cause: None,
            reason: None,
            idempotency_key: None,
        },
        event,
    }
}

/// The id of the made-up armoury's weapon number `n`.
#[must_use]
pub fn weapon_id(n: u64) -> WeaponId {
    // Spread like real ids, so that tables are walked as they will be.
    WeaponId(Uuid::from_u128(u128::from(super::texts::mix(n)) << 64 | u128::from(n) | 1 << 63))
}

/// The id of place number `n`; 0 is the site.
#[must_use]
pub fn place_id(n: u64) -> PlaceId {
    PlaceId(Uuid::from_u128(u128::from(n) | 0xF << 100))
}

fn weapon_stream(n: u64) -> String {
    format!("weapon-{}@hq", weapon_id(n))
}

fn place_stream(n: u64) -> String {
    format!("place-{}@hq", place_id(n))
}

fn number(n: u64) -> ServiceNumber {
    n.to_string().parse().expect("digits are a service number")
}

fn stamped(text: &str) -> Stamped {
    text.parse().expect("short and printable")
}

fn opened(n: u64) -> Event {
    let within = (n != 0).then(|| place_id(0));
    let kind = if n == 0 { PlaceKind::Site } else { PlaceKind::Rack };
    Event::from(PlaceEvent::Opened(place::Opened { place: place_id(n), kind, name: format!("Rack {n}"), within }))
}

/// The serial of weapon number `n`.
#[must_use]
pub fn serial(n: u64) -> String {
    match n % 3 {
        0 => format!("{:06}", 400_000 + n),
        1 => format!("M{n:06}Z"),
        _ => format!("BK-{n:06}"),
    }
}

fn rack_of(n: u64) -> PlaceId {
    place_id(1 + n / RACK)
}

fn registered(n: u64) -> WeaponEvent {
    let (class, maker, model, calibre, country) = KINDS[usize::try_from(n % 6).unwrap_or(0)];
    let serial = stamped(&serial(n));
    let mark =
        |kind, text: Stamped| Mark { kind, component: Component::Receiver, position: None, method: MarkMethod::Stamp, text };
    let identity = Identity {
        class,
        maker: maker.to_owned(),
        model: model.to_owned(),
        calibre: calibre.to_owned(),
        country: Some(country.to_owned()),
        year: Some(1980 + u16::try_from(n % 30).unwrap_or(0)),
        marks: vec![mark(MarkKind::Serial, serial.clone()), mark(MarkKind::Maker, stamped(maker))],
        serial,
    };
    WeaponEvent::Registered(weapon::Registered {
        weapon: weapon_id(n),
        identity,
        owner: "Ministry of Defence".to_owned(),
        origin: Origin::Ledger,
        place: rack_of(n),
        source: None,
        duplicate_reason: None,
        provisional: false,
    })
}

fn epc(n: u64) -> String {
    format!("3034257BF7194E40{n:08X}")
}

fn tid(n: u64) -> String {
    format!("E2801160600002{n:010X}")
}

fn bound(n: u64) -> WeaponEvent {
    WeaponEvent::TagBound(weapon::TagBound { epc: epc(n), tid: Some(tid(n)) })
}

fn issued(n: u64) -> WeaponEvent {
    WeaponEvent::Issued(weapon::Issued {
        to: number(30_000 + n % 5_000),
        purpose: None,
        due: None,
        acknowledgement: Acknowledgement::Pin,
        against_book: None,
    })
}

fn returned(n: u64) -> WeaponEvent {
    WeaponEvent::Returned(weapon::Returned { from: Some(number(30_000 + n % 5_000)), place: rack_of(n), against_book: None })
}

fn heard(n: u64, weapons: u64) -> Event {
    let weapon = n % weapons;
    let at = Moment::from_micros(1_800_000_000_000_000).plus_seconds(i64::try_from(n).unwrap_or(0));
    Event::from(GatewayEvent::Observed(Observation {
        kind: Carrier::Epc,
        epc: Some(epc(weapon)),
        tid: Some(tid(weapon)),
        text: None,
        symbology: None,
        reader: "portal-1".to_owned(),
        place: rack_of(weapon).to_string(),
        antenna: Some(1),
        first: at,
        last: at,
        best_rssi_dbm: Some(-60),
        count: 1,
        reader_time: None,
        raw: String::new(),
    }))
}

/// Folds facts into fresh views; events a second.
#[must_use]
pub fn replay(facts: &[Fact], clock: &dyn Fn() -> u64) -> f64 {
    let start = clock();
    let mut views = Views::new();
    facts.iter().for_each(|fact| views.apply(fact));
    let nanos = clock().saturating_sub(start).max(1);
    facts.len() as f64 * 1e9 / nanos as f64
}

/// Nanoseconds of each of `times` trails, ascending.
#[must_use]
pub fn trails(views: &Views, times: u64, clock: &dyn Fn() -> u64) -> Vec<u64> {
    let weapons = views.weapons.fixed.len().max(1) as u64;
    taken(times, clock, |n| {
        let id = weapon_id(super::texts::mix(n) % weapons);
        views.trail(id, GAP_DAYS, views.recorded_at).map_or(0, |trail| trail.lines.len())
    })
}

/// Nanoseconds of each of `times` first pages, ascending: by part of a serial, by pattern, by
/// rack, by state and model, whole.
#[must_use]
pub fn searches(views: &Views, times: u64, clock: &dyn Fn() -> u64) -> Vec<u64> {
    taken(times, clock, |n| {
        let weapons = views.weapons.fixed.len().max(1) as u64;
        let text = serial(super::texts::mix(n) % weapons);
        let filter = match n % 5 {
            0 => WeaponFilter { text: Some(text.chars().skip(1).take(4).collect()), ..WeaponFilter::default() },
            1 => WeaponFilter { text: Some(text.replacen(|c: char| c.is_ascii_digit(), "?", 2)), ..WeaponFilter::default() },
            2 => WeaponFilter { place: Some(place_id(1 + n % 100)), ..WeaponFilter::default() },
            3 => {
                let (states, model) = ([State::InStore].into(), Some("M70AB2".to_owned()));
                WeaponFilter { states, model, ..WeaponFilter::default() }
            }
            _ => WeaponFilter::default(),
        };
        views.list_weapons(&filter, &Scope::Everywhere, None, 100).rows.len()
    })
}

/// Nanoseconds of each of `times` whole armouries as known at positions spread over the log, ascending.
#[must_use]
pub fn as_of(views: &Views, times: u64, clock: &dyn Fn() -> u64) -> Vec<u64> {
    taken(times, clock, |n| {
        let states: Vec<WeaponState> = views.states_at(1 + super::texts::mix(n) % views.position.max(1)).unwrap_or_default();
        states.len()
    })
}

/// Nanoseconds of each of `times` honest folds of all facts to a position, ascending.
#[must_use]
pub fn folds(facts: &[Fact], times: u64, clock: &dyn Fn() -> u64) -> Vec<u64> {
    taken(times, clock, |n| {
        let known_at = Some(1 + super::texts::mix(n) % (facts.len().max(1) as u64));
        Views::fold(facts, AsOf { known_at, true_at: None }).weapons.fixed.len()
    })
}

fn taken(times: u64, clock: &dyn Fn() -> u64, mut run: impl FnMut(u64) -> usize) -> Vec<u64> {
    let mut all: Vec<u64> = (0..times)
        .map(|n| {
            let start = clock();
            std::hint::black_box(run(n));
            clock().saturating_sub(start)
        })
        .collect();
    all.sort_unstable();
    all
}

/// The value below which `percent` of the ascending values lie.
#[must_use]
pub fn percentile(ascending: &[u64], percent: usize) -> u64 {
    let at = (ascending.len() * percent).div_ceil(100).saturating_sub(1);
    ascending.get(at).copied().unwrap_or(0)
}
