//! The world: posts, gateways, weapons, people and a road, played step by step from one number.
//!
//! Nothing here happens by itself and nothing waits: each step is one thing that somebody does or
//! that goes wrong, written down in words, and after each the promises are asked. In the end the
//! faults stop, everything is delivered and all is asked once more.

use reader_gateway::protocol::DriverName;

use crate::acts::Ask;
use crate::arms::{Arm, Truth};
use crate::checks::{self, Remembered};
use crate::clock;
use crate::dice::Dice;
use crate::faults::Faults;
use crate::gateway::Gateway;
use crate::past::Loss;
use crate::people::{BEGIN, DEPUTY};
use crate::post::Post;
use crate::promise::Broken;
use crate::reader::Reader;
use crate::road::Parcel;

/// What a world is played from.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The number.
    pub seed: u64,
    /// How many steps.
    pub steps: usize,
    /// Faults that are off whatever the dice say.
    pub without: Vec<String>,
    /// By how much every clock of the world is shifted, in microseconds.
    pub shift: i64,
    /// No readers: people only.
    pub people_only: bool,
}

/// A world.
pub struct World {
    /// Its posts; the first is the headquarters.
    pub posts: Vec<Post>,
    /// Its gateways.
    pub gateways: Vec<Gateway>,
    /// What happened, in words.
    pub history: Vec<String>,
    /// Its faults.
    pub faults: Faults,
    plan: Plan,
    arms: Vec<Arm>,
    time: i64,
    road: Vec<Parcel>,
    thief: usize,
    /// What this world's people mostly do, and at which post most of it happens.
    weights: [usize; 10],
    busy: usize,
    asked: Vec<Asked>,
    remembered: Vec<(usize, Remembered)>,
    pub(crate) people: Dice,
    links: Dice,
    wrongs: Dice,
    clocks: Dice,
}

/// A request with a key, to be sent again.
#[derive(Clone)]
struct Asked {
    at: usize,
    ask: Ask,
    /// What was answered, if an answer came.
    done: Option<muster::desk::Done>,
    /// When, by the post's own clock.
    when: i64,
    /// The post remembers answers for seven days of its own clock.
    forgotten: bool,
}

const MINUTE: i64 = 60_000_000;
const DAY: i64 = 1440 * MINUTE;

impl World {
    /// A world on its first day.
    pub fn new(plan: &Plan) -> Self {
        clock::begin(Dice::new(plan.seed, "ids and salts"));
        let mut dice = Dice::new(plan.seed, "the first day");
        let faults = Faults::thrown(&mut Dice::new(plan.seed, "faults"), &plan.without);
        let names = ["hq", "post-1", "post-2", "post-3", "post-4"];
        let posts: Vec<Post> = (0..[2, 2, 2, 3, 3, 4, 5][dice.below(7)]).map(|nth| Post::new(names[nth], &mut dice)).collect();
        let mut world = Self {
            posts,
            gateways: Vec::new(),
            history: Vec::new(),
            faults,
            plan: plan.clone(),
            arms: Vec::new(),
            time: BEGIN + plan.shift,
            road: Vec::new(),
            thief: [2, 3, DEPUTY][dice.below(3)],
            weights: std::array::from_fn(|_| [1, 2, 4, 12][dice.below(4)]),
            busy: 0,
            asked: Vec::new(),
            remembered: Vec::new(),
            people: Dice::new(plan.seed, "people"),
            links: Dice::new(plan.seed, "links"),
            wrongs: Dice::new(plan.seed, "wrongs"),
            clocks: Dice::new(plan.seed, "clocks"),
        };
        for at in 0..world.posts.len() {
            world.furnish(at, &mut dice);
        }
        world.busy = dice.below(world.posts.len());
        let on = world.faults.on().join(" ");
        world.note(format!("{} posts, {} weapons; faults: {on}", world.posts.len(), world.arms.len()));
        world
    }

    fn furnish(&mut self, at: usize, dice: &mut Dice) {
        let post = &mut self.posts[at];
        let from = self.arms.len();
        for _ in 0..3 + dice.below(4) {
            let place = [post.places.racks[0], post.places.racks[1], post.places.other_rack][dice.below(3)];
            let mut arm = Arm::new(self.arms.len(), Truth::Stands(at, place), dice.percent(85), dice);
            arm.records.insert(at, armoury::ids::WeaponId(crate::acts::id(dice)));
            self.arms.push(arm);
        }
        if self.faults.thief {
            use armoury::codes::Role;
            post.people[self.thief].roles =
                vec![(Role::Custodian, Some(post.places.camp)), (Role::Approver, Some(post.places.camp))];
        }
        let stock: Vec<_> = self.arms[from..]
            .iter()
            .filter_map(|arm| match arm.truth {
                Truth::Stands(_, place) => Some((arm, arm.records[&at], place)),
                _ => None,
            })
            .collect();
        let lost = Loss::thrown(dice).map(|loss| (loss, armoury::ids::CaseId(crate::acts::id(dice))));
        post.first_day(&stock, lost, self.plan.shift);
        post.start(self.time);
        if let (Some((loss, _)), Some(arm)) = (lost, self.arms.get_mut(from))
            && let Truth::Stands(_, rack) = arm.truth
        {
            arm.truth = loss.truth(at, rack);
        }
        if !self.plan.people_only {
            for nth in 0..1 + dice.below(2) {
                let kinds = [DriverName::Mercury, DriverName::ZebraIotc, DriverName::BarcodeLine];
                let places = [post.places.racks[nth], post.places.armoury, post.places.other_rack];
                let readers = (0..1 + dice.below(2))
                    .map(|n| Reader::new(&format!("reader-{n}"), places[n + dice.below(2)], kinds[dice.below(3)]));
                let mut gateway = Gateway::new(at, post.service_key(), readers.collect(), dice);
                gateway.start();
                self.gateways.push(gateway);
            }
        }
    }

    fn note(&mut self, words: impl Into<String>) {
        self.history.push(words.into());
    }

    /// Plays all of it.
    pub fn play(&mut self) -> Result<(), Broken> {
        for nth in 0..self.gateways.len() {
            if self.people.percent(60) {
                clock::set(self.time);
                self.enrolled(nth)?;
            }
        }
        self.promises()?;
        for step in 0..self.plan.steps {
            let at = self.history.len();
            self.step()?;
            let minutes = (self.time - BEGIN - self.plan.shift) / MINUTE;
            let (day, hour, minute) = (1 + minutes / 1440, minutes / 60 % 24, minutes % 60);
            for line in &mut self.history[at..] {
                *line = format!("step {step}, day {day} {hour:02}:{minute:02}, {line}");
            }
            self.promises()?;
        }
        self.end()
    }

    fn promises(&mut self) -> Result<(), Broken> {
        clock::calm();
        self.posts.iter_mut().try_for_each(checks::after_step)?;
        self.gateways.iter().try_for_each(|gateway| checks::of_gateway(&self.posts[gateway.post], gateway))
    }

    fn step(&mut self) -> Result<(), Broken> {
        clock::calm();
        self.posts.iter_mut().for_each(Post::nobody_at_the_desk);
        self.time += self.people.between(1, 20) * MINUTE / 4;
        let at = if self.people.percent(60) { self.busy } else { self.people.below(self.posts.len()) };
        let kind = self.people.below(100);
        match kind {
            0..60 => self.somebody_acts(at),
            60..70 => self.somebody_listens(),
            70..82 => self.something_is_sent(),
            82..86 => self.something_arrives(),
            86..90 => self.rules_run(at, kind < 88),
            90..93 => self.time_passes(),
            93..98 => self.something_goes_wrong(at),
            _ => self.somebody_looks(at),
        }
    }

    fn time_passes(&mut self) -> Result<(), Broken> {
        let hours = self.people.between(1, 60);
        self.time += hours * 60 * MINUTE;
        self.note(format!("{hours} hours pass"));
        Ok(())
    }

    fn something_goes_wrong(&mut self, at: usize) -> Result<(), Broken> {
        let kind = self.wrongs.below(4);
        match kind {
            0 if self.faults.jumps => {
                let off = if self.clocks.percent(30) { 0 } else { self.clocks.between(-20 * 365 * DAY, 20 * 365 * DAY) };
                let off = if self.clocks.percent(40) { off / 365 / 240 } else { off };
                if self.gateways.is_empty() || self.clocks.percent(50) {
                    self.posts[at].off_by = off;
                    self.note(format!("{}: its clock is off by {} hours now", self.posts[at].name, off / MINUTE / 60));
                } else {
                    let nth = self.clocks.below(self.gateways.len());
                    self.gateways[nth].off_by = off;
                    self.note(format!("gateway {nth}: its clock is off by {} hours now", off / MINUTE / 60));
                }
            }
            1 if self.faults.cuts => {
                self.posts[at].house = None;
                self.note(format!("{}: the power fails", self.posts[at].name));
            }
            2 if self.faults.crashes && !self.gateways.is_empty() => {
                let nth = self.wrongs.below(self.gateways.len());
                let lazily = self.wrongs.percent(50);
                self.gateways[nth].crash(lazily);
                self.note(format!("gateway {nth}: the power fails"));
            }
            3 if self.faults.noise && !self.gateways.is_empty() => {
                let nth = self.wrongs.below(self.gateways.len());
                let gateway = &mut self.gateways[nth];
                let now = gateway.now(self.time);
                let items = gateway.readers[0].unplugged(now);
                gateway.put(self.time, &items);
                self.note(format!("gateway {nth}: somebody unplugs a reader"));
            }
            _ if self.faults.copies => {
                let scrap: Vec<usize> = (0..self.arms.len()).filter(|nth| self.arms[*nth].truth == Truth::Scrap).collect();
                let any = self.wrongs.below(self.arms.len());
                let nth = self.wrongs.one(&scrap).copied().unwrap_or(any);
                let place = self.posts[at].places.racks[self.wrongs.below(2)];
                self.arms[nth].copied_to = Some((at, place));
                self.note(format!("somebody hangs a copy of {}'s tag into {}", self.arms[nth].serial, self.posts[at].name));
            }
            _ => {}
        }
        Ok(())
    }

    fn somebody_looks(&mut self, at: usize) -> Result<(), Broken> {
        self.posts[at].head_goes_out();
        self.note(format!("{}: somebody takes the head home", self.posts[at].name));
        if let Some(app) = self.posts[at].app()
            && self.remembered.len() < 4
        {
            self.remembered.push((at, Remembered::now(&app)));
        }
        Ok(())
    }
}

mod acting;
mod end;
mod traffic;
