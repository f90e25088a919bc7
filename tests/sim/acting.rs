//! What people do: one act at a time, somebody else in the middle of it, the same request again, and
//! what follows by rule.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;

use muster::app::App;

use super::{Asked, DAY, MINUTE, World};
use crate::acts::{Ask, Sight};
use crate::clock::{self, Faster, a_look_at, at_once, guarded};
use crate::gateway::Gateway;
use crate::post::{Answer, Post};
use crate::promise::{Broken, broken};
use crate::tally;

/// Somebody else's act, under way.
type Rival = Pin<Box<dyn Future<Output = Answer>>>;

/// What somebody else asked in the middle of an act.
struct Meanwhile {
    ask: Ask,
    sign_in: String,
    answer: Option<Answer>,
    waits: Option<Rival>,
}

impl World {
    pub(super) fn somebody_acts(&mut self, at: usize) -> Result<(), Broken> {
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
        let rival = if self.faults.races && self.wrongs.percent(30) { self.somebody_else(at, &app, &ask) } else { None };
        let other = rival.map(|rival| self.let_in(at, &app, rival, None));
        drop(app);
        if self.faults.cuts && self.wrongs.percent(6) {
            self.power_fails(16, &["request-noted", "act-in-log", "page-folded", "act-in-views", "answer-kept"]);
        }
        let stream = ask.command.stream(&self.posts[at].node());
        let answer = self.act(at, ask)?;
        if let Some(other) = other {
            at_once_on_one_life(&stream, &answer, &other.borrow(), &self.posts[at]);
            self.meanwhile(at, &other)?;
        }
        if self.faults.cuts && self.wrongs.percent(3) && self.posts[at].app().is_some() {
            self.posts[at].house = None;
            self.note(format!("{}: the power fails before anything follows", self.posts[at].name));
        }
        if self.faults.again && self.people.percent(25) {
            self.ask_again()?;
        }
        if !(self.faults.lagging && self.wrongs.percent(50)) {
            self.rules_run(at, true)?;
        }
        Ok(())
    }

    /// Somebody else's act: as a rule on the same life.
    fn somebody_else(&mut self, at: usize, app: &App, ask: &Ask) -> Option<Ask> {
        if self.wrongs.percent(40) {
            return self.think(at, app);
        }
        let sight = Sight { at, post: &self.posts[at], app, arms: &self.arms, careful: false };
        sight.beside(ask, &mut self.wrongs)
    }

    fn think(&mut self, at: usize, app: &App) -> Option<Ask> {
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
            Some(8) => sight.missed(dice),
            Some(9) if dice.percent(30) => sight.wrong_rung(dice),
            Some(9) => sight.own_request(dice),
            _ => sight.custody(dice),
        }
    }

    /// Somebody else begins his act inside the next one; where that one has the turn he waits for it.
    /// `only_at`: at this step of the program and nowhere else.
    fn let_in(&mut self, at: usize, app: &Rc<App>, rival: Ask, only_at: Option<&'static str>) -> Rc<RefCell<Meanwhile>> {
        let who = self.posts[at].who(app, rival.person);
        let sign_in = self.posts[at].comes_to_the_desk(rival.person);
        let (held, theirs, command, how) = (Rc::clone(app), Rc::clone(app), rival.command.clone(), rival.how.clone());
        let act = Box::pin(async move {
            match theirs.act(&who, command, how).await {
                Ok(done) => Answer::Done(done),
                Err(error) => Answer::Refused(crate::post::word(&error)),
            }
        });
        let meanwhile = Rc::new(RefCell::new(Meanwhile { ask: rival, sign_in, answer: None, waits: None }));
        let told = Rc::clone(&meanwhile);
        let begin = move || {
            let mut act: Rival = act;
            match a_look_at(act.as_mut()) {
                Poll::Ready(answer) => told.borrow_mut().answer = Some(answer),
                Poll::Pending => told.borrow_mut().waits = Some(act),
            }
        };
        let after = if only_at.is_some() { 1 } else { 1 + self.wrongs.next() % 10 };
        clock::let_in(Faster { after, only_at, held: Box::new(move || held.views_are_held()), act: Box::new(begin) });
        meanwhile
    }

    /// What became of the other one, who may have waited.
    fn meanwhile(&mut self, at: usize, other: &RefCell<Meanwhile>) -> Result<(), Broken> {
        let (ask, sign_in, answer, waits) = {
            let mut other = other.borrow_mut();
            (other.ask.clone(), other.sign_in.clone(), other.answer.take(), other.waits.take())
        };
        let waited = waits.filter(|_| self.posts[at].app().is_some()).map(|act| guarded(|| at_once(act)).unwrap_or(Answer::Cut));
        let how = if waited.is_some() { "after him" } else { "meanwhile" };
        let Some(answer) = answer.or(waited) else { return Ok(()) };
        self.note(format!("{}: {how} {} - {}", self.posts[at].name, ask.words, said(&answer)));
        self.came_of_it(at, &ask, &sign_in, &answer)
    }

    fn act(&mut self, at: usize, ask: Ask) -> Result<Answer, Broken> {
        if ask.elsewhere {
            let person = &mut self.posts[at].people[ask.person];
            person.sign_in = format!("{} at another PC", person.number);
        }
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
        let sign_in = self.posts[at].people[ask.person].sign_in.clone();
        self.came_of_it(at, &ask, &sign_in, &answer)?;
        if ask.how.idempotency_key.is_some() {
            let done = if let Answer::Done(done) = &answer { Some(done.clone()) } else { None };
            let when = self.keys_are_forgotten(at);
            self.asked.push(Asked { at, ask, done, when, forgotten: false });
        }
        Ok(answer)
    }

    fn came_of_it(&mut self, at: usize, ask: &Ask, sign_in: &str, answer: &Answer) -> Result<(), Broken> {
        if let Answer::Refused(word) = answer {
            tally::saw_at("refused:", word);
        }
        match answer {
            Answer::Refused(word) if word.starts_with("internal") => {
                broken("every act is done or refused with a reason", word.clone())
            }
            Answer::Refused(_) => Ok(()),
            Answer::Done(done) => {
                if self.posts[at].told.last().is_none_or(|told| told.position != done.position) {
                    self.posts[at].tell(done);
                }
                self.posts[at].asked_for(done, ask.person, sign_in);
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
        let sign_in = self.posts[at].people[ask.person].sign_in.clone();
        self.note(format!("{}: the same request again: {} - {}", self.posts[at].name, ask.words, said(&answer)));
        let grown = self.posts[at].log.head().size != size;
        if done.is_none() {
            tally::saw("a request that was cut off is sent again");
            return self.came_of_it(at, &ask, &sign_in, &answer); // Nobody knew what had become of it.
        }
        let other = matches!(&answer, Answer::Done(again) if !forgotten && done.as_ref() != Some(again));
        let twice = grown && (!forgotten || done.as_ref().is_some_and(|done| !done.event_ids.is_empty()));
        if twice || other { broken("the same request is done once", format!("{done:?}, and again {answer:?}")) } else { Ok(()) }
    }

    /// The power will fail: after so many looks at the most, or at one of these steps.
    pub(super) fn power_fails(&mut self, looks: u64, steps: &[&'static str]) {
        match self.wrongs.one(steps).copied() {
            Some(step) if self.wrongs.percent(50) => clock::cut_at(step),
            _ => clock::cut_after(1 + self.wrongs.next() % looks),
        }
    }

    pub(super) fn rules_run(&mut self, at: usize, all: bool) -> Result<(), Broken> {
        let Some(app) = self.posts[at].app() else { return Ok(()) };
        clock::set(self.time + self.posts[at].off_by);
        let rival = if self.faults.races && self.wrongs.percent(6) { self.think(at, &app) } else { None };
        let other = rival.map(|rival| self.let_in(at, &app, rival, Some("rule-next")));
        drop(app);
        if self.faults.cuts && self.wrongs.percent(5) {
            self.power_fails(20, &["rule-next", "act-in-log", "rules-ran", "rules-noted"]);
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
        if let Some(other) = other {
            self.meanwhile(at, &other)?;
        }
        Ok(())
    }
}

/// Counts what becomes of two who reach for one life at once.
fn at_once_on_one_life(stream: &str, answer: &Answer, other: &Meanwhile, post: &Post) {
    let Some(Answer::Done(done)) = &other.answer else { return };
    if done.event_ids.is_empty() || other.ask.command.stream(&post.node()) != stream {
        return;
    }
    match answer {
        Answer::Done(done) if done.event_ids.is_empty() => tally::saw("two on one life at once: the other had done it"),
        Answer::Done(_) => tally::saw("two on one life at once: both wrote"),
        Answer::Refused(word) if word == "conflict" => tally::saw("two on one life at once: the slower looks again"),
        Answer::Refused(_) => tally::saw("two on one life at once: the slower is refused"),
        Answer::Cut => {}
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
