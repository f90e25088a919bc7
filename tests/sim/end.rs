//! The end of a world: the faults stop, two people enrol what waits, everything is delivered, the
//! rules come to rest, and every promise is asked once more.

use armoury::command::{Command, GatewayCommand, gateway};
use armoury::view::gateways::Enrolment;

use muster::desk::How;

use super::{Faults, World, checks, clock};
use crate::dice::Dice;
use crate::line::Line;
use crate::people::{COMMANDER, SECURITY};
use crate::promise::{Broken, broken, same};

/// Rounds in which all must be delivered.
const ROUNDS: usize = 200;

impl World {
    /// Plays the end.
    pub(super) fn end(&mut self) -> Result<(), Broken> {
        self.note("the faults stop");
        clock::calm();
        self.faults = Faults::default();
        for at in 0..self.posts.len() {
            self.posts[at].off_by = 0;
            if self.posts[at].app().is_none() {
                self.posts[at].start(self.time);
            }
            self.quiet(at)?;
        }
        self.everything_arrives()?;
        for at in 0..self.posts.len() {
            self.quiet(at)?;
        }
        self.promises()?;
        self.old_batches_again()?;
        let mut dice = Dice::new(self.plan.seed, "questions");
        for at in 0..self.posts.len() {
            self.posts[at].head_goes_out();
            checks::answered(&self.posts[at], &mut dice)?;
            checks::settled(&self.posts[at])?;
            let (mine, others): (Vec<_>, Vec<_>) =
                std::mem::take(&mut self.remembered).into_iter().partition(|(of, _)| *of == at);
            self.remembered = others;
            let mine: Vec<_> = mine.into_iter().map(|(_, then)| then).collect();
            checks::views_again(&self.posts[at], &mine, &mut dice)?;
            self.restarted(at)?;
        }
        Ok(())
    }

    /// The rules come to rest: they do not run for ever.
    fn quiet(&mut self, at: usize) -> Result<(), Broken> {
        for _ in 0..100 {
            if !self.posts[at].rules(self.time, 1000) {
                let app = self.posts[at].app();
                let ran = app.map_or(0, |app| app.rules_at());
                return same("the rules come to rest", "how far they have run", &ran, &self.posts[at].log.head().size);
            }
        }
        broken("the rules come to rest", "they still run after a hundred turns")
    }

    /// I12: with the faults gone every outbox empties.
    fn everything_arrives(&mut self) -> Result<(), Broken> {
        for nth in 0..self.gateways.len() {
            self.gateways[nth].off_by = 0;
            if !self.gateways[nth].runs() {
                self.gateways[nth].start();
            }
            self.enrolled(nth)?;
            let (at, key) = (self.gateways[nth].post, self.gateways[nth].key.to_string());
            let closed = |world: &Self| world.posts[at].book.gateways.get(&key).and_then(|heard| heard.closed_from).is_some();
            for _ in 0..ROUNDS {
                self.time += 120_000_000;
                if self.gateways[nth].waiting() == 0 {
                    break;
                }
                if let Some(request) = self.gateways[nth].wants(self.time) {
                    let answer = self.deliver(nth, &request, false)?;
                    self.gateways[nth].answered(self.time, answer);
                }
            }
            checks::read_on(&mut self.posts[at])?;
            let gateway = &self.gateways[nth];
            if gateway.waiting() > 0 && !closed(self) {
                let seen = format!("gateway {nth} still holds {}; its trouble: {}", gateway.waiting(), gateway.trouble());
                return broken("I12 with the faults gone everything is delivered", seen);
            }
            let items = self.posts[at].book.gateways.get(&key).map_or(0, |heard| heard.items.len());
            if !closed(self) {
                same("I4 all that was put down is in the book", "items", &items, &gateway.put_down.len())?;
            }
        }
        Ok(())
    }

    /// Two people enrol a gateway, if that has not been done.
    pub(super) fn enrolled(&mut self, nth: usize) -> Result<(), Broken> {
        let (at, key) = (self.gateways[nth].post, self.gateways[nth].key.clone());
        for _ in 0..2 {
            let app = self.posts[at].app().ok_or(Broken { promise: "a house starts", seen: "it does not".to_owned() })?;
            let row = app.views().gateways.get(&key).cloned();
            drop(app);
            let proposer = row.as_ref().and_then(|row| row.proposed_by.clone());
            let by = if proposer == Some(self.posts[at].people[COMMANDER].number.clone()) { SECURITY } else { COMMANDER };
            let command = match row.as_ref().map_or(Enrolment::Unknown, |row| row.enrolment) {
                Enrolment::Unknown => {
                    let public_key = self.gateways[nth].public_key.clone();
                    GatewayCommand::Propose(gateway::Propose { public_key, name: "a gateway".to_owned() })
                }
                Enrolment::Proposed => match row.and_then(|row| row.request) {
                    Some(request) => GatewayCommand::Enrol(gateway::Enrol { request }),
                    None => return broken("a proposal waits with its request", "it has none"),
                },
                Enrolment::Enrolled | Enrolment::Revoked => return Ok(()),
            };
            let sign_in = format!("{by} enrols gateways");
            self.posts[at].people[by].sign_in = sign_in;
            self.posts[at].act(self.time, by, &Command::Gateway(key.clone(), command), &How::default());
        }
        Ok(())
    }

    /// I10: every batch that was ever on the road, again and in any order, changes nothing. One thing may still
    /// come, once: the power failed between a batch's items and its own record, and its key was closed before it
    /// came again.
    fn old_batches_again(&mut self) -> Result<(), Broken> {
        for nth in 0..self.gateways.len() {
            let (at, key, old) =
                (self.gateways[nth].post, self.gateways[nth].key.to_string(), self.gateways[nth].overheard.clone());
            let closed = self.posts[at].book.gateways.get(&key).is_some_and(|heard| heard.closed_from.is_some());
            for time in 0..2 {
                let known = self.lines_from(at, 1)?;
                for request in old.iter().rev() {
                    self.deliver(nth, request, false)?;
                }
                let late = |line: &Line| time == 0 && closed && is_owed(line, &key, &known);
                let added = self.lines_from(at, known.len() as u64 + 1)?;
                let added: Vec<String> = added.iter().filter(|line| !late(line)).map(Line::told).collect();
                same("I10 delivered again, nothing changes", "what was added", &added, &Vec::new())?;
            }
        }
        Ok(())
    }

    fn lines_from(&self, at: usize, position: u64) -> Result<Vec<Line>, Broken> {
        let read = self.posts[at].log.read(position, usize::MAX);
        let read = read.map_err(|why| Broken { promise: "a log can be read", seen: why.to_string() })?;
        Ok(read.iter().map(Line::of).collect())
    }

    /// A house that is opened again over its log is the same house, and its rules have nothing to add.
    fn restarted(&mut self, at: usize) -> Result<(), Broken> {
        let Some(before) = self.posts[at].app().map(|app| app.views().digest()) else { return Ok(()) };
        self.posts[at].house = None;
        self.posts[at].start(self.time);
        let after = self.posts[at].app().map(|app| app.views().digest());
        same("a house opened again is the same house", "the digest of its views", &after, &Some(before))?;
        let size = self.posts[at].log.head().size;
        self.quiet(at)?;
        same("a house opened again has nothing to add", "events", &self.posts[at].log.head().size, &size)
    }
}

/// The record of a batch whose items all stand in the book, while no record of it does.
fn is_owed(line: &Line, key: &str, known: &[Line]) -> bool {
    let span = |line: &Line| Some((line.data["first"].as_u64()?, line.data["count"].as_u64()?));
    let mine = |known: &&Line| known.kind == "BatchReceived" && known.text("gateway") == key;
    let Some((first, count)) = span(line).filter(|_| mine(&line)) else { return false };
    let heard = known.iter().filter(|known| known.stream == format!("gateway-{key}")).count() as u64;
    let recorded = known.iter().filter(mine).filter_map(span).any(|(at, many)| at <= first && first < at + many);
    first + count <= heard && !recorded
}
