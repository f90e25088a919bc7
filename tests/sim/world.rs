//! The world: posts, gateways, weapons, people and a road, played step by step from one number.
//!
//! Nothing here happens by itself and nothing waits: each step is one thing that somebody does or
//! that goes wrong, written down in words, and after each the promises are asked. In the end the
//! faults stop, everything is delivered and all is asked once more.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;

use reader_gateway::protocol::DriverName;

use crate::acts::{Ask, Sight};
use crate::arms::{Arm, Truth};
use crate::checks::{self, Remembered};
use crate::clock::{self, Faster, a_look_at, at_once, guarded};
use crate::dice::Dice;
use crate::faults::Faults;
use crate::gateway::Gateway;
use crate::people::{BEGIN, DEPUTY};
use crate::post::{Answer, Post};
use crate::promise::{Broken, broken};
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
    weights: [usize; 9],
    busy: usize,
    asked: Vec<Asked>,
    remembered: Vec<(usize, Remembered)>,
    pub(crate) people: Dice,
    links: Dice,
    wrongs: Dice,
    clocks: Dice,
}

/// Somebody else's act, under way.
type Rival = Pin<Box<dyn Future<Output = Answer>>>;

/// What somebody else asked in the middle of an act.
struct Meanwhile {
    ask: Ask,
    answer: Option<Answer>,
    waits: Option<Rival>,
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
        post.first_day(&stock, self.plan.shift);
        post.start(self.time);
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
        self.posts.iter_mut().try_for_each(checks::after_step)?;
        self.gateways.iter().try_for_each(|gateway| checks::of_gateway(&self.posts[gateway.post], gateway))
    }

    fn step(&mut self) -> Result<(), Broken> {
        clock::calm();
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

    fn somebody_acts(&mut self, at: usize) -> Result<(), Broken> {
        let Some(app) = self.posts[at].app() else {
            self.posts[at].start(self.time);
            self.note(format!("{}: the power comes back", self.posts[at].name));
            return Ok(());
        };
        clock::set(self.time + self.posts[at].off_by);
        let Some(mut ask) = (0..4).find_map(|_| self.think(at, &app)) else { return Ok(()) };
        let from_outside = serde_json::to_string(&ask.command).is_ok(); // What only the book says has no form there.
        if self.faults.again && self.people.percent(40) && from_outside {
            ask.how.idempotency_key = Some(format!("request-{}", self.asked.len()));
        }
        let rival = if self.faults.races && self.wrongs.percent(25) { self.think(at, &app) } else { None };
        let other = rival.map(|rival| self.let_in(at, &app, rival));
        drop(app);
        if self.faults.cuts && self.wrongs.percent(6) {
            clock::cut_after(1 + self.wrongs.next() % 8);
        }
        self.act(at, ask)?;
        if let Some(other) = other {
            self.meanwhile(at, &other)?;
        }
        if self.faults.again && self.people.percent(25) {
            self.ask_again()?;
        }
        if !(self.faults.lagging && self.wrongs.percent(50)) {
            self.rules_run(at, true)?;
        }
        Ok(())
    }

    fn think(&mut self, at: usize, app: &muster::app::App) -> Option<Ask> {
        let careful = !(self.faults.hasty && self.people.percent(30));
        let sight = Sight { at, post: &self.posts[at], app, arms: &self.arms, careful };
        let dice = &mut self.people;
        if self.faults.thief && dice.percent(25) {
            return sight.theft(self.thief, dice);
        }
        let of_post: Vec<&Gateway> = self.gateways.iter().filter(|gateway| gateway.post == at).collect();
        let mut throw = dice.below(self.weights.iter().sum());
        let trade = self.weights.iter().position(|weight| {
            let here = throw < *weight;
            throw = throw.saturating_sub(*weight);
            here
        });
        match trade {
            Some(0) => sight.counting(dice),
            Some(1) => sight.ladder(dice),
            Some(2) => sight.destruction(dice),
            Some(3) => sight.rights(dice),
            Some(4) if dice.percent(30) => sight.places(dice),
            Some(5) => sight.tags(dice),
            Some(6) => sight.alerts(dice),
            Some(7) => {
                let gateway = *dice.one(&of_post)?;
                sight.enrolment(gateway, dice)
            }
            _ => sight.custody(dice),
        }
    }

    /// Somebody else begins his act inside the next one; where that one has the turn he waits for it.
    fn let_in(&mut self, at: usize, app: &Rc<muster::app::App>, rival: Ask) -> Rc<RefCell<Meanwhile>> {
        let who = self.posts[at].who(app, rival.person);
        let (held, theirs, command, how) = (Rc::clone(app), Rc::clone(app), rival.command.clone(), rival.how.clone());
        let act = Box::pin(async move {
            match theirs.act(&who, command, how).await {
                Ok(done) => Answer::Done(done),
                Err(error) => Answer::Refused(crate::post::word(&error)),
            }
        });
        let meanwhile = Rc::new(RefCell::new(Meanwhile { ask: rival, answer: None, waits: None }));
        let told = Rc::clone(&meanwhile);
        let begin = move || {
            let mut act: Rival = act;
            match a_look_at(act.as_mut()) {
                Poll::Ready(answer) => told.borrow_mut().answer = Some(answer),
                Poll::Pending => told.borrow_mut().waits = Some(act),
            }
        };
        let after = 1 + self.wrongs.next() % 6;
        clock::let_in(Faster { after, held: Box::new(move || held.views_are_held()), act: Box::new(begin) });
        meanwhile
    }

    /// What became of the other one, who may have waited.
    fn meanwhile(&mut self, at: usize, other: &RefCell<Meanwhile>) -> Result<(), Broken> {
        let (ask, answer, waits) = {
            let mut other = other.borrow_mut();
            (other.ask.clone(), other.answer.take(), other.waits.take())
        };
        let waited = waits.filter(|_| self.posts[at].app().is_some()).map(|act| guarded(|| at_once(act)).unwrap_or(Answer::Cut));
        let how = if waited.is_some() { "after him" } else { "meanwhile" };
        let Some(answer) = answer.or(waited) else { return Ok(()) };
        self.note(format!("{}: {how} {} - {}", self.posts[at].name, ask.words, said(&answer)));
        self.came_of_it(at, &ask, &answer)
    }

    fn act(&mut self, at: usize, ask: Ask) -> Result<(), Broken> {
        if self.faults.shared && self.people.percent(30) {
            let person = &mut self.posts[at].people[ask.person];
            person.sign_in = if person.sign_in == "the counter's PC" {
                format!("{} at his desk", person.number)
            } else {
                "the counter's PC".to_owned()
            };
        }
        let answer = self.posts[at].act(self.time, ask.person, &ask.command, &ask.how);
        self.note(format!("{}: {} - {}", self.posts[at].name, ask.words, said(&answer)));
        self.came_of_it(at, &ask, &answer)?;
        if ask.how.idempotency_key.is_some() {
            let done = if let Answer::Done(done) = answer { Some(done) } else { None };
            let when = self.keys_are_forgotten(at);
            self.asked.push(Asked { at, ask, done, when, forgotten: false });
        }
        Ok(())
    }

    fn came_of_it(&mut self, at: usize, ask: &Ask, answer: &Answer) -> Result<(), Broken> {
        match answer {
            Answer::Refused(word) if word.starts_with("internal") => {
                broken("every act is done or refused with a reason", word.clone())
            }
            Answer::Refused(_) => Ok(()),
            Answer::Done(done) => {
                if self.posts[at].told.last().is_none_or(|told| told.position != done.position) {
                    self.posts[at].tell(done);
                }
                for (nth, truth) in &ask.truth {
                    self.arms[*nth].truth = *truth;
                }
                if let Some((nth, record)) = ask.record {
                    self.arms[nth].records.insert(at, record);
                }
                Ok(())
            }
            Answer::Cut => Ok(()), // Whoever asked does not know; the weapons stay where they were.
        }
    }

    /// At each request with a key a post forgets the answers that are older than seven days.
    fn keys_are_forgotten(&mut self, at: usize) -> i64 {
        let now = self.time + self.posts[at].off_by;
        let old = self.asked.iter_mut().filter(|asked| asked.at == at && asked.when < now - 7 * DAY + MINUTE);
        old.for_each(|asked| asked.forgotten = true);
        now
    }

    /// The same request under the same key: done once, and the same answer while it is remembered.
    fn ask_again(&mut self) -> Result<(), Broken> {
        let nth = self.people.below(self.asked.len());
        let Some(at) = self.asked.get(nth).map(|asked| asked.at) else { return Ok(()) };
        self.keys_are_forgotten(at);
        let Asked { ask, done, forgotten, .. } = self.asked[nth].clone();
        let size = self.posts[at].log.head().size;
        let answer = self.posts[at].act(self.time, ask.person, &ask.command, &ask.how);
        self.note(format!("{}: the same request again: {} - {}", self.posts[at].name, ask.words, said(&answer)));
        let grown = self.posts[at].log.head().size != size;
        if done.is_none() {
            return self.came_of_it(at, &ask, &answer); // Nobody knew what had become of it.
        }
        let other = matches!(&answer, Answer::Done(again) if !forgotten && done.as_ref() != Some(again));
        let twice = grown && (!forgotten || done.as_ref().is_some_and(|done| !done.event_ids.is_empty()));
        if twice || other { broken("the same request is done once", format!("{done:?}, and again {answer:?}")) } else { Ok(()) }
    }

    fn rules_run(&mut self, at: usize, all: bool) -> Result<(), Broken> {
        if self.faults.cuts && self.wrongs.percent(2) {
            clock::cut_after(1 + self.wrongs.next() % 12);
        }
        let at_most = if all { 1000 } else { 1 + self.people.below(4) };
        for _ in 0..if all { 50 } else { 1 } {
            if !self.posts[at].rules(self.time, at_most) {
                break;
            }
        }
        if self.posts[at].app().is_none() {
            self.note(format!("{}: the power fails while rules run", self.posts[at].name));
        }
        Ok(())
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
                let (nth, place) = (self.wrongs.below(self.arms.len()), self.posts[at].places.racks[1]);
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

fn said(answer: &Answer) -> String {
    match answer {
        Answer::Done(done) if done.event_ids.is_empty() => "it had been done".to_owned(),
        Answer::Done(done) => format!("done, position {}", done.position),
        Answer::Refused(word) => format!("refused: {word}"),
        Answer::Cut => "the power fails".to_owned(),
    }
}

mod end;
mod traffic;
