//! One of our programs as a child process: started, listened to, asked, killed.
//!
//! Nothing waits for a fixed time: every wait is for a condition, with an end far away that only a
//! broken program reaches. A program that is dropped is killed.

use std::io::{BufRead as _, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use muster_tests::secrets;

/// The end of every wait.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// What a program said so far.
type Said = Arc<(Mutex<Vec<String>>, Condvar)>;

/// A running program.
pub struct Program {
    name: String,
    child: Child,
    said: Said,
    listeners: Vec<JoinHandle<()>>,
}

/// Where one of our programs stands; `tests/run` has built it.
#[must_use]
pub fn binary(name: &str) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| muster_tests::root().join("target"), PathBuf::from);
    let beside = std::env::current_exe().ok().and_then(|test| Some(test.parent()?.parent()?.to_path_buf()));
    let folders = [Some(target.join("debug")), beside].into_iter().flatten();
    let found = folders.map(|folder| folder.join(name)).find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("{name} is not built: run `cargo build --workspace --bins` first"))
}

impl Program {
    /// Starts one of our programs.
    #[must_use]
    pub fn start(name: &str, args: &[&str]) -> Self {
        let mut command = Command::new(binary(name));
        command.args(args);
        Self::spawn(name, command)
    }

    /// Starts any program.
    #[must_use]
    pub fn spawn(name: &str, mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.env("MUSTER_LOG", "debug"); // As talkative as it gets: see `secrets`.
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{name} cannot be started: {error}"));
        let said = Said::default();
        let out = listen(child.stdout.take().unwrap(), Arc::clone(&said));
        let err = listen(child.stderr.take().unwrap(), Arc::clone(&said));
        Self { name: name.to_owned(), child, said, listeners: vec![out, err] }
    }

    /// Waits for a line that holds `words`, from the beginning, and gives it back.
    pub fn line(&mut self, words: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        let said = Arc::clone(&self.said);
        let mut lines = said.0.lock().unwrap();
        loop {
            if let Some(line) = lines.iter().find(|line| line.contains(words)) {
                return line.clone();
            }
            assert!(Instant::now() < deadline && !self.has_ended(), "{} never said {words:?}:\n{}", self.name, lines.join("\n"));
            lines = said.1.wait_timeout(lines, Duration::from_millis(50)).unwrap().0;
        }
    }

    /// Its process.
    #[allow(dead_code, reason = "asked by the races only")]
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Everything it said so far.
    #[must_use]
    pub fn said(&self) -> String {
        self.said.0.lock().unwrap().join("\n")
    }

    /// Whether it has ended, by itself or not.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Ends it without a warning, as a power cut does.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop (SIGTERM) and waits until it has.
    pub fn stop(mut self) -> ExitStatus {
        let kill = Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        assert!(kill.success());
        wait_for(&format!("{} to stop", self.name), || self.child.try_wait().unwrap())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill(); // It may have ended by itself.
        let _ = self.child.wait();
        if std::thread::panicking() {
            println!("--- {} said:\n{}", self.name, self.said());
        } else if self.name.starts_with("muster") {
            self.listeners.drain(..).for_each(|listener| listener.join().unwrap());
            discreet(&self.name, &self.said());
        }
    }
}

/// Whatever it said, no secret was in it.
#[track_caller]
fn discreet(name: &str, said: &str) {
    if name.starts_with("muster") {
        let betrayed = secrets::betrayed(name, said);
        assert_eq!(betrayed, None, "a secret stands in what a program says");
    }
}

fn listen(stream: impl Read + Send + 'static, said: Said) -> JoinHandle<()> {
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            said.0.lock().unwrap().push(line);
            said.1.notify_all();
        }
    })
}

/// Runs one of our programs to its end: exit code and everything it said.
#[must_use]
pub fn run(name: &str, args: &[&str]) -> (i32, String) {
    let mut command = Command::new(binary(name));
    command.args(args);
    finish(command)
}

/// Runs any program to its end.
#[must_use]
pub fn finish(mut command: Command) -> (i32, String) {
    let out = command.stdin(Stdio::null()).env("MUSTER_LOG", "debug").output();
    let out = out.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = [String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr)].concat();
    let name = std::path::Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned();
    discreet(&name, &said);
    (out.status.code().unwrap_or(-1), said)
}

/// Asks again until there is an answer.
#[track_caller]
pub fn wait_for<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(25)); // Only between two questions.
    }
}

/// A port of this machine that nobody uses now.
#[must_use]
pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
