//! The starting line: many requests, each but for its last byte already with the service, go at once.

use std::io::Write as _;
use std::net::TcpStream;
use std::sync::Barrier;
use std::time::Duration;

use serde_json::Value;

use crate::web::{Answer, Web, read};

/// One who races.
pub struct Runner {
    who: Web,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: Value,
}

/// Somebody who posts this there.
pub fn runner(who: &Web, path: impl Into<String>, body: Value) -> Runner {
    Runner { who: who.clone(), path: path.into(), headers: Vec::new(), body }
}

impl Runner {
    /// With a header of his own.
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }

    /// Whether he closes something.
    pub fn closes(&self) -> bool {
        self.path.ends_with("/close")
    }

    fn run(&self, line: &Barrier) -> Answer {
        let headers: Vec<(&str, &str)> = self.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let request = self.who.request("POST", &self.path, &headers, Some(&self.body.to_string()));
        let (all, last) = request.split_at(request.len() - 1);
        let mut stream = TcpStream::connect(&self.who.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(90))).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.write_all(all.as_bytes()).unwrap();
        line.wait();
        stream.write_all(last.as_bytes()).unwrap();
        read(&mut stream).unwrap_or_else(|| panic!("no answer to {}", self.path))
    }
}

/// All of them at once; their answers in the order given.
pub fn at_once(runners: &[Runner]) -> Vec<Answer> {
    let line = Barrier::new(runners.len());
    std::thread::scope(|scope| {
        let running: Vec<_> = runners.iter().map(|runner| scope.spawn(|| runner.run(&line))).collect();
        running.into_iter().map(|runner| runner.join().unwrap()).collect()
    })
}

/// Exactly one wrote; every other is told that it is done already, or refused with one of these. Who wrote.
#[track_caller]
pub fn one_wins(answers: &[Answer], refusals: &[(u16, &str)]) -> usize {
    for answer in answers.iter().filter(|answer| answer.status >= 300) {
        refused(answer, refusals);
    }
    let wrote = |answer: &Answer| answer.json()["event_ids"].as_array().is_some_and(|ids| !ids.is_empty());
    let winners: Vec<usize> = (0..answers.len()).filter(|n| answers[*n].status < 300 && wrote(&answers[*n])).collect();
    assert_eq!(winners.len(), 1, "{} of {} won", winners.len(), answers.len());
    winners[0]
}

/// A refusal with one of these statuses and codes.
#[track_caller]
pub fn refused(answer: &Answer, refusals: &[(u16, &str)]) {
    let problem = answer.json();
    let known = refusals.iter().any(|(status, code)| answer.status == *status && problem["code"] == *code);
    assert!(known, "refused otherwise than {refusals:?}: {} {}", answer.status, answer.body);
    assert!(problem["detail"].as_str().is_some_and(|words| words.len() > 10), "no sentence: {}", answer.body);
}
