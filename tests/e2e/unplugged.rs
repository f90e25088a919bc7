//! A serial line pulled out in the middle of a frame and put in again, as a USB adapter is: the port's path is a
//! link, behind it stands a new pseudo-terminal. Half a frame is dropped and told; the next one is read whole.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};

use reader_gateway::protocol::mercury::frame;
use serde_json::Value;

use crate::program::{Program, wait_for};
use crate::scratch::Scratch;

/// The line as another process, which alone holds it: when it ends, the line hangs up. It says what it is told to
/// in hex, a line a time, and answers when the gateway has taken all of it.
const LINE: &str = "import array,fcntl,os,sys,termios,time,tty\n\
     far,near=os.openpty(); tty.setraw(near); os.symlink(os.ttyname(near),sys.argv[1])\n\
     for told in sys.stdin:\n \
         rest=bytes.fromhex(told)\n \
         while rest: rest=rest[os.write(far,rest):]\n \
         waits=array.array('i',[1])\n \
         while waits[0]:\n  fcntl.ioctl(near,termios.FIONREAD,waits); time.sleep(0.002)\n \
         print('taken',flush=True)\n";

/// A reader's plug, and the link by which the gateway finds it.
struct Plug {
    link: PathBuf,
    line: Option<(Child, BufReader<ChildStdout>)>,
}

impl Plug {
    fn put_in(&mut self) {
        let mut command = Command::new("python3");
        command.args(["-c", LINE]).arg(&self.link).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        self.line = Some((child, answers));
        wait_for("the link", || self.link.is_symlink().then_some(()));
    }

    fn pull(&mut self) {
        if let Some((mut child, _)) = self.line.take() {
            std::fs::remove_file(&self.link).unwrap();
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Says it, and waits until the gateway has taken it.
    fn says(&mut self, bytes: &[u8]) {
        let (child, answers) = self.line.as_mut().unwrap();
        writeln!(child.stdin.as_mut().unwrap(), "{}", hex::encode(bytes)).unwrap();
        let mut answer = String::new();
        answers.read_line(&mut answer).unwrap();
        assert_eq!(answer.trim(), "taken");
    }
}

impl Drop for Plug {
    fn drop(&mut self) {
        self.pull();
    }
}

fn heard(listening: &Program) -> BTreeSet<String> {
    let said = listening.said();
    let reports = said.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    reports.filter_map(|report| Some(report["epc"].as_str().or(report["text"].as_str())?.to_owned())).collect()
}

/// What a reader says of the nth tag, and as what it is heard.
type Tag = fn(u8) -> (Vec<u8>, String);

fn mercury(n: u8) -> (Vec<u8>, String) {
    let epc = format!("30395FB4A3D525C0000000{n:02}");
    let data = format!("10001F01FF0101C4330D38B40000000A0000050060E28011602000764E0A1B2C3D0F00803000{epc}957A");
    (frame::answer(0x22, 0, &hex::decode(data).unwrap()), epc)
}

fn barcode(n: u8) -> (Vec<u8>, String) {
    (format!("4188{n:02}\r\n").into_bytes(), format!("4188{n:02}"))
}

fn unplugged(driver: &str, further: &[&str], tag: Tag) {
    let folder = Scratch::new("unplugged");
    let mut plug = Plug { link: folder.join("port"), line: None };
    plug.put_in();
    let port = format!("serial:{}", plug.link.display());
    let mut listening = Program::start("muster-gateway", &[&["listen", "--driver", driver, "--port", &port], further].concat());
    let mut wanted = BTreeSet::new();
    for round in 0..3 {
        let (whole, name) = tag(3 * round);
        wait_for("a whole frame on the line put in", || {
            plug.says(&whole); // Until the port is open nobody hears it.
            heard(&listening).contains(&name).then_some(())
        });
        wanted.insert(name);
        // The half rides behind a whole one, in one write: what is heard of the first says that the second has arrived.
        // (A line that is empty may only not have been filled yet.)
        let ((before, name), (half, _)) = (tag(3 * round + 1), tag(3 * round + 2));
        plug.says(&[&before, &half[..half.len() * 2 / 3]].concat());
        wait_for("the frame before the half one", || heard(&listening).contains(&name).then_some(()));
        wanted.insert(name);
        plug.pull();
        wait_for("the loss to be told", || {
            let said = listening.said();
            let lost = said.lines().filter(|line| line.contains("PortLost: ")).count();
            (lost > usize::from(round) && said.contains("Garbled: ")).then_some(()) // The same fault again is told later.
        });
        plug.put_in();
    }
    assert_eq!(heard(&listening), wanted, "{driver}: half a frame was taken for a whole one, or joined to the next");
    assert!(!listening.has_ended());
}

#[test]
fn a_mercury_module_unplugged_in_the_middle_of_a_frame() {
    unplugged("mercury", &[], mercury);
}

/// Silence ends no scan here: it is the closed port that drops the half.
#[test]
fn a_scanner_unplugged_in_the_middle_of_a_scan() {
    unplugged("barcode-line", &["--idle-ms", "60000"], barcode);
}
