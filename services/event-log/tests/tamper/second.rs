//! The second verifier, `tests/verify.py`, in a process that answers one question after another.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// The process.
pub struct Second {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Second {
    pub fn start() -> Self {
        let here = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tamper/second.py");
        let tests = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests");
        let memory = if Path::new("/dev/shm").is_dir() { "/dev/shm" } else { "/tmp" };
        let mut ask = Command::new("python3");
        ask.args(["-B", here, tests]).env("TMPDIR", memory).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = ask.spawn().expect("the second verifier needs python3");
        let (questions, answers) = (child.stdin.take().expect("piped"), child.stdout.take().expect("piped"));
        Self { child, questions, answers: BufReader::new(answers) }
    }

    /// Its exit code and first bad position for the log in a directory.
    pub fn ask(&mut self, dir: &Path, outside: bool) -> Result<(i32, Option<i64>), ()> {
        let head = if outside { dir.with_extension("head").display().to_string() } else { String::new() };
        writeln!(self.questions, "{}\t{head}", dir.display()).expect("it listens");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("it answers");
        let said = line.trim().split_once(' ').and_then(|(code, first)| Some((code.parse().ok()?, first.to_owned())));
        let Some((code, first)) = said else { panic!("the second verifier broke off at {}: {line}", dir.display()) };
        Ok((code, if first == "None" { None } else { Some(first.parse().expect("a position")) }))
    }
}

impl Drop for Second {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
