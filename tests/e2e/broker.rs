//! A real Mosquitto with the configuration that we ship: users, passwords and rights included.

use std::path::Path;
use std::process::Command;

use crate::program::{Program, finish, free_port};

/// The broker and how to reach it.
pub struct Broker {
    /// Kept running while this stands.
    _program: Program,
    /// Where it listens, on this machine.
    pub port: u16,
}

/// Whether readers must show a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// As shipped.
    Shipped,
    /// Open to this machine, for simulated readers, which have no password.
    Open,
}

/// The readers' and the gateway's password in these tests.
pub const PASSWORD: &str = "a password of this test alone";

impl Broker {
    /// Starts it in `folder`; `port` if it is to be the same as before.
    pub fn start(folder: &Path, door: Door, port: Option<u16>) -> Self {
        muster_tests::secrets::keep("the broker's password", PASSWORD);
        let port = port.unwrap_or_else(free_port);
        let shipped = muster_tests::root().join("compose");
        let text = std::fs::read_to_string(shipped.join("broker.conf")).unwrap();
        assert!(text.contains("allow_anonymous false"), "the shipped broker lets nobody in without a password");
        std::fs::create_dir_all(folder).unwrap();
        let here = |name: &str| folder.join(name).display().to_string();
        std::fs::copy(shipped.join("broker.acl"), folder.join("acl")).unwrap();
        let passwords = here("passwords");
        std::fs::write(&passwords, "").unwrap();
        for user in ["gateway", "portal-1"] {
            let mut command = Command::new("mosquitto_passwd");
            command.args(["-b", &passwords, user, PASSWORD]);
            let (code, said) = finish(command);
            assert_eq!(code, 0, "{said}");
        }
        let text = match door {
            Door::Shipped => text,
            Door::Open => text.replace("allow_anonymous false", "allow_anonymous true").replace("acl_file", "# acl_file"),
        };
        let text = text
            .replace("/etc/mosquitto/muster.passwd", &passwords)
            .replace("/etc/mosquitto/muster.acl", &here("acl"))
            .replace("/var/lib/mosquitto/", &format!("{}/", folder.display()))
            .replace("listener 1883 ", &format!("listener {port} "));
        // Started by root, the broker becomes another user, who must be able to read this folder.
        let user = if is_root() { "user root\n" } else { "" };
        std::fs::write(folder.join("broker.conf"), format!("{user}{text}")).unwrap();
        let mut command = Command::new("mosquitto");
        command.args(["-c", &here("broker.conf")]);
        let mut program = Program::spawn("mosquitto", command);
        program.line("running");
        Self { _program: program, port }
    }
}

fn is_root() -> bool {
    let (_, said) = finish({
        let mut command = Command::new("id");
        command.arg("-u");
        command
    });
    said.trim() == "0"
}
