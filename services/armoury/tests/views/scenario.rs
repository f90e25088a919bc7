//! Scenarios in the trade's words: each line is asked of the rules and checked in the views.
//!
//! The files in `tests/scenario` are the test; this reads them, one verb a line, `#` to the line's
//! end a remark, `A..B` all serials from one to the other. What follows by rule follows at once.

use std::collections::{BTreeMap, VecDeque};

use armoury::codes::{Basis, Class, CountKind, DestructionMethod, Disposition, Level, Origin, PlaceKind, Role, Way};
use armoury::command::{BatchCommand, CaseCommand, Command, CountCommand, PlaceCommand, WeaponCommand};
use armoury::command::{batch, case, count, place, weapon};
use armoury::event::gateway::GatewayEvent;
use armoury::event::person::Grant;
use armoury::event::{Actor, Event, Fact, Meta};
use armoury::ids::{BatchId, CountId, EventId, PlaceId, WeaponId};
use armoury::life::{Ctx, Facts, decide};
use armoury::marks::Identity;
use armoury::react::react;
use armoury::record::{About, Head, count_statement, destruction_certificate};
use armoury::refusal::Refusal;
use armoury::view::{AsOf, Scope, Viewer, Views};
use tag_data::moment::Moment;
use tag_data::scan::{Carrier, Observation};
use uuid::Uuid;

use crate::past::DAY;

pub struct World {
    pub views: Views,
    log: Vec<Fact>,
    streams: BTreeMap<String, Vec<Fact>>,
    who: String,
}

pub fn id_of(name: &str) -> Uuid {
    use sha2::Digest as _;
    let digest = sha2::Sha256::digest(name);
    uuid::Builder::from_custom_bytes(digest[..16].try_into().unwrap()).into_uuid()
}

fn epc(serial: &str) -> String {
    format!("30{}", hex::encode_upper(serial))
}

impl World {
    fn now(&self) -> Moment {
        Moment::from_micros(DAY).plus_seconds(i64::try_from(self.log.len()).unwrap())
    }

    fn record(&mut self, stream: &str, actor: &Actor, event: Event) -> Fact {
        let past = self.streams.entry(stream.to_owned()).or_default();
        let (position, revision, at) = (self.log.len() as u64 + 1, past.len() as u64, Moment::from_micros(DAY));
        let at = at.plus_seconds(i64::try_from(position).unwrap());
        let meta = Meta {
            actor: actor.clone(),
            role: None,
            device: None,
            place: None,
            node: "hq".parse().unwrap(),
            basis: Basis::Device,
            cause: None,
            reason: None,
            idempotency_key: None,
        };
        let id = EventId(id_of(&format!("{stream}/{revision}")));
        let leaf = [u8::try_from(position % 251).unwrap(); 32];
        let fact =
            Fact { position, id, stream: stream.to_owned(), revision, recorded_at: at, occurred_at: at, leaf, meta, event };
        past.push(fact.clone());
        self.views.apply(&fact);
        self.log.push(fact.clone());
        fact
    }

    fn ask(&mut self, command: &Command) -> Result<(), Refusal> {
        let actor = Actor::Person { service_number: self.who.parse().unwrap(), sign_in: format!("of {}", self.who) };
        let mut open = VecDeque::from(self.one(&actor, command)?);
        while let Some(fact) = open.pop_front() {
            open.extend(self.follow(&fact));
        }
        Ok(())
    }

    fn follow(&mut self, fact: &Fact) -> Vec<Fact> {
        let reactions = react(&self.views, fact, self.now());
        let follow = |reaction: armoury::react::Reaction| {
            self.one(&Actor::Book { rule: reaction.rule.to_owned() }, &reaction.command).unwrap_or_default()
        };
        reactions.into_iter().flat_map(follow).collect()
    }

    fn one(&mut self, actor: &Actor, command: &Command) -> Result<Vec<Fact>, Refusal> {
        let (stream, now) = (command.stream(&"hq".parse().unwrap()), self.now());
        let facts = Facts::gather(&self.views, command, now);
        let past = self.streams.get(&stream).map_or(&[][..], Vec::as_slice);
        let events = decide(past, command, &Ctx { now, actor, facts: &facts })?;
        Ok(events.into_iter().map(|event| self.record(&stream, actor, event)).collect())
    }

    fn hear(&mut self, serial: &str, place: &str) {
        let at = self.now();
        let observation = Observation {
            kind: Carrier::Epc,
            epc: Some(epc(serial)),
            tid: None,
            text: None,
            symbology: None,
            reader: "portal".to_owned(),
            place: id_of(place).to_string(),
            antenna: Some(1),
            first: at,
            last: at,
            best_rssi_dbm: None,
            count: 1,
            reader_time: None,
            raw: String::new(),
        };
        let gateway = Actor::Gateway { key: "5f3c9a7be1d20468".parse().unwrap() };
        let fact = self.record("gateway-5f3c9a7be1d20468", &gateway, GatewayEvent::Observed(observation).into());
        let mut open = VecDeque::from([fact]);
        while let Some(fact) = open.pop_front() {
            open.extend(self.follow(&fact));
        }
    }

    pub fn weapon(&self, serial: &str) -> WeaponId {
        let found = self.views.find_scanned(serial);
        assert_eq!(found.len(), 1, "{serial} is one weapon");
        self.views.weapons.id(*found.first().unwrap()).unwrap()
    }
}

/// All serials of a range, the digits counted on: `M12001Z..M12003Z`.
fn serials(words: &[&str]) -> Vec<String> {
    let digits = |text: &str| {
        let from = text.find(|c: char| c.is_ascii_digit()).unwrap_or(text.len());
        let tail = text[from..].find(|c: char| !c.is_ascii_digit()).map_or(text.len(), |at| from + at);
        (text[..from].to_owned(), text[from..tail].to_owned(), text[tail..].to_owned())
    };
    let all = |word: &&str| match word.split_once("..") {
        None => vec![(*word).to_owned()],
        Some((first, last)) => {
            let ((head, from, tail), (_, until, _)) = (digits(first), digits(last));
            let width = from.len();
            let range = from.parse::<u64>().unwrap()..=until.parse().unwrap();
            range.map(|n| format!("{head}{n:0width$}{tail}")).collect()
        }
    };
    words.iter().flat_map(all).collect()
}

fn place_id(name: &str) -> PlaceId {
    PlaceId(id_of(name))
}

fn count_id(name: &str) -> CountId {
    CountId(id_of(name))
}

/// Words before and after a word.
fn around<'a>(words: &'a [&'a str], word: &str) -> (&'a [&'a str], &'a [&'a str]) {
    let at = words.iter().position(|one| *one == word).unwrap_or_else(|| panic!("no {word:?} in {words:?}"));
    (&words[..at], &words[at + 1..])
}

fn tell(world: &mut World, verb: &str, words: &[&str]) -> Result<(), Refusal> {
    match verb {
        "as" => world.who = words[0].to_owned(),
        "site" => open(world, words[0], PlaceKind::Site, &words[1..], None)?,
        "rack" => {
            let (name, within) = around(&words[1..], "in");
            open(world, words[0], PlaceKind::Rack, name, Some(place_id(within[0])))?;
        }
        "custodian" => {
            let named = place::NameCustodian { custodian: words[1].parse().unwrap() };
            world.ask(&Command::Place(place_id(words[0]), PlaceCommand::NameCustodian(named)))?;
        }
        "enter" => enter(world, words)?,
        "hear" => {
            let (seen, at) = around(words, "at");
            serials(seen).iter().for_each(|serial| world.hear(serial, at[0]));
        }
        "count" => {
            let counters = words[3..].iter().map(|number| number.parse().unwrap()).collect();
            let open = count::Open { place: place_id(words[1]), kind: CountKind::Full, blind: true, counters };
            world.ask(&Command::Count(count_id(words[0]), CountCommand::Open(open)))?;
        }
        "scan" => {
            let (seen, at) = around(&words[1..], "at");
            for seen in serials(seen) {
                let item = count::CountItem { weapon: None, seen, way: Way::Barcode, level: None, place: place_id(at[0]) };
                world.ask(&Command::Count(count_id(words[0]), CountCommand::CountItem(item)))?;
            }
        }
        "close" => world.ask(&Command::Count(count_id(words[0]), CountCommand::Close(count::Close {})))?,
        "sign" => {
            let closing = world.views.counts.get(count_id(words[0])).unwrap().row().closing.unwrap();
            let sign = count::Sign { closing, reservation: None };
            world.ask(&Command::Count(count_id(words[0]), CountCommand::Sign(sign)))?;
        }
        "designate" => {
            for serial in serials(&words[..1]) {
                let (disposition, authority) = (Disposition::Destroy, words[1..].join(" "));
                let decide = WeaponCommand::DecideDisposition(weapon::DecideDisposition { disposition, authority });
                world.ask(&Command::Weapon(world.weapon(&serial), decide))?;
            }
        }
        "batch" | "list" | "check" | "lock" | "destroy" | "witness" | "verify" => of_batch(world, verb, words)?,
        _ => of_case(world, verb, words)?,
    }
    Ok(())
}

fn of_batch(world: &mut World, verb: &str, words: &[&str]) -> Result<(), Refusal> {
    let id = BatchId(id_of(words[0]));
    let each = |world: &World, make: fn(WeaponId, &str) -> BatchCommand| -> Vec<BatchCommand> {
        serials(&words[1..]).iter().map(|serial| make(world.weapon(serial), serial)).collect()
    };
    let commands = match verb {
        "batch" => {
            let (what, place) = around(words, "in");
            let (number, authority) = (what[1].to_owned(), what[2..].join(" "));
            vec![BatchCommand::Open(batch::Open { number, authority, place: place_id(place[0]) })]
        }
        "list" => each(world, |weapon, _| BatchCommand::ListItem(batch::ListItem { weapon })),
        "check" => each(world, |weapon, serial| {
            BatchCommand::VerifyItem(batch::VerifyItem { weapon, serial_as_read: serial.parse().unwrap() })
        }),
        "lock" => vec![BatchCommand::Lock(batch::Lock {})],
        "destroy" => {
            let (method, operators) = (DestructionMethod::from_word(words[1]).unwrap(), words[3..].iter());
            let operators = operators.map(|number| number.parse().unwrap()).collect();
            vec![BatchCommand::RecordDestruction(batch::RecordDestruction {
                method,
                at: "hall 2".to_owned(),
                operators,
                scrap: None,
            })]
        }
        "witness" => {
            let said = words[1..].join(" ");
            let (name, organization) = said.split_once(", ").unwrap();
            vec![BatchCommand::SignWitness(batch::SignWitness { name: name.to_owned(), organization: organization.to_owned() })]
        }
        _ => {
            let request = world.views.destruction.get(id).unwrap().recorded.as_ref().unwrap().request;
            vec![BatchCommand::Verify(batch::Verify { request })]
        }
    };
    commands.iter().try_for_each(|command| world.ask(&Command::Batch(id, command.clone())))
}

fn of_case(world: &mut World, verb: &str, words: &[&str]) -> Result<(), Refusal> {
    let case = world.views.cases.open_case(world.weapon(words[0])).unwrap();
    let said = words[1..].join(" ");
    let command = match verb {
        "explain" => {
            let (place, explanation) = (Some(place_id(words[2])), words[3..].join(" "));
            CaseCommand::Explain(case::Explain { explanation, place })
        }
        "search" => {
            let (searched, result) = said.split_once(": ").unwrap();
            CaseCommand::LogSearch(case::LogSearch { searched: searched.to_owned(), result: result.to_owned() })
        }
        "presume" => CaseCommand::PresumeLost(case::PresumeLost { because: said }),
        _ => panic!("no verb {verb:?}"),
    };
    world.ask(&Command::Case(case, command))
}

fn open(world: &mut World, id: &str, kind: PlaceKind, name: &[&str], within: Option<PlaceId>) -> Result<(), Refusal> {
    world.who = "40113".to_owned();
    let open = place::Open { kind, name: name.join(" "), within };
    world.ask(&Command::Place(place_id(id), PlaceCommand::Open(open)))
}

fn enter(world: &mut World, words: &[&str]) -> Result<(), Refusal> {
    let (what, place) = around(words, "in");
    for serial in serials(&what[..1]) {
        let id = WeaponId(id_of(&format!("{} {serial}", what[2])));
        let identity = Identity {
            class: Class::from_word(what[1]).unwrap(),
            maker: what[2].to_owned(),
            model: what[3].to_owned(),
            calibre: what[4].to_owned(),
            country: Some(what[5].to_owned()),
            year: None,
            serial: serial.parse().unwrap(),
            marks: Vec::new(),
        };
        let register = weapon::Register {
            identity,
            owner: "2nd Battalion".to_owned(),
            origin: Origin::Ledger,
            place: place_id(place[0]),
            source: None,
            duplicate_reason: None,
            provisional: None,
        };
        world.ask(&Command::Weapon(id, WeaponCommand::Register(register)))?;
        world.ask(&Command::Weapon(id, WeaponCommand::BindTag(weapon::BindTag { epc: epc(&serial), tid: None })))?;
    }
    Ok(())
}

/// What an `expect` line is about, in the words of the line.
fn shown(world: &World, words: &[&str]) -> String {
    let views = &world.views;
    let statement = |name: &str| count_statement::record(views, count_id(name), about(world)).unwrap();
    match words[0] {
        "on-charge" => format!("on-charge {}", views.figures(&Scope::Everywhere).on_charge),
        "open-cases" => format!("open-cases {}", views.open_cases(&Scope::Everywhere, world.now()).len()),
        "state" => format!("state {} {}", words[1], views.weapon_row(world.weapon(words[1])).unwrap().state),
        "register" => {
            let rows = views.lost_register(&Scope::Everywhere, world.now());
            format!("register {}", rows.iter().map(|row| row.serial.as_str()).collect::<Vec<_>>().join(" "))
        }
        "blind" => {
            let view = views.count_view(count_id(words[1]), false).unwrap();
            let told = view.row.progress.is_some() || !view.still_to_see.is_empty() || !view.extra.is_empty();
            let named = view.last_scans.iter().any(|scan| scan.weapon.is_some());
            assert!(!told && !named, "a blind count shows what is expected");
            assert_eq!(count_statement::record(views, count_id(words[1]), about(world)), None);
            format!("blind {} scanned {}", words[1], view.row.scanned)
        }
        "result" => {
            let result = statement(words[1]).result;
            format!(
                "result {} expected {} sighted {} missing {} by-document {} extra {}",
                words[1], result.expected, result.sighted, result.still_to_see, result.by_document, result.extra
            )
        }
        "missing" => {
            let mut serials: Vec<String> = statement(words[1]).missing.into_iter().map(|item| item.serial).collect();
            serials.sort();
            format!("missing {} {}", words[1], serials.join(" "))
        }
        "levels" => {
            let levels = statement(words[1]).levels;
            let level = |level: Level| levels.iter().find(|line| line.level == level).map_or(0, |line| line.weapons);
            format!("levels {} T {} B {}", words[1], level(Level::Tag), level(Level::Barcode))
        }
        "statement" => format!("statement {} seen-per-100000 {}", words[1], statement(words[1]).seen_per_100_000.unwrap()),
        "certificate" => {
            let paper = statement(words[1]);
            assert!(paper.certificate, "not signed");
            format!("certificate {} {} of {}", words[1], paper.result.sighted + paper.result.sealed, paper.result.expected)
        }
        "pending" => format!("pending {}", views.destruction_pending(&Scope::Everywhere, world.now()).len()),
        "draft" | "destruction" => {
            let paper = destruction_certificate::record(views, BatchId(id_of(words[1])), about(world)).unwrap();
            assert_eq!(paper.certificate, words[0] == "destruction");
            format!("{} {} {} of {}", words[0], words[1], paper.checked, paper.total)
        }
        "alert" => alert(world, words),
        "last-sensed" => {
            format!("last-sensed {} {}", words[1], views.sensed(world.weapon(words[1])).unwrap().place_name)
        }
        other => panic!("nothing is known to expect of {other:?}"),
    }
}

/// Whether somebody in this role at the alert's place is shown the line.
fn alert(world: &World, words: &[&str]) -> String {
    let line = world.views.alerts.lines().into_iter().find(|line| line.rule.word() == words[1]).unwrap();
    let role = Role::from_word(words[4]).unwrap();
    let grants = [Grant { role, place: line.place, from: Moment::from_micros(0), until: None }];
    let someone = "70001".parse().unwrap();
    let viewer = Viewer { service_number: &someone, grants: &grants };
    let shown = world.views.alert_lines_for(&viewer, world.now()).contains(&line);
    format!("alert {} {} {}", words[1], if shown { "seen by" } else { "hidden from" }, words[4])
}

pub fn about(world: &World) -> About {
    About {
        made_at: world.now(),
        made_by: world.who.parse().ok(),
        purpose: None,
        scope: "everywhere".to_owned(),
        known_at: world.views.position,
        true_at: None,
        head: Head { size: world.views.position, root: "00".repeat(32) },
        software: "muster test".to_owned(),
    }
}

#[track_caller]
pub fn play(file: &str) -> World {
    let path = format!("{}/../../tests/scenario/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|cause| panic!("{path}: {cause}"));
    let mut world = World { views: Views::new(), log: Vec::new(), streams: BTreeMap::new(), who: "40113".to_owned() };
    for (line, number) in text.lines().zip(1..) {
        let words: Vec<&str> = line.split('#').next().unwrap_or_default().split_whitespace().collect();
        match words.split_first() {
            None => {}
            Some((&"expect", words)) => assert_eq!(shown(&world, words), words.join(" "), "{file}:{number}"),
            Some((&"refused", words)) => {
                assert!(tell(&mut world, words[0], &words[1..]).is_err(), "{file}:{number}: not refused");
            }
            Some((verb, words)) => {
                tell(&mut world, verb, words).unwrap_or_else(|refusal| panic!("{file}:{number}: {refusal}"));
            }
        }
    }
    assert_eq!(Views::fold(&world.log, AsOf::default()).digest(), world.views.digest(), "{file}: a view is its fresh fold");
    world
}

#[test]
fn e1_a_quarterly_blind_full_count() {
    play("e1-quarterly-blind-count.txt");
}

#[test]
fn e14_a_read_after_destruction() {
    play("e14-read-after-destruction.txt");
}
