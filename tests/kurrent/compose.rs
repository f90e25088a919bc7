//! The compose file for a cluster: parsed, every option name compared with what the services know, and no
//! secret that somebody could guess. The broker is a real one; KurrentDB and the containers are not run here.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use yaml_rust2::{Yaml, YamlLoader};

use crate::e2e::{Program, binary, finish, free_port};
use crate::log::Folder;

/// The keys of a compose file that we use, as its specification names them.
const SERVICE_KEYS: &[&str] =
    &["build", "depends_on", "env_file", "environment", "image", "networks", "ports", "restart", "stop_grace_period", "volumes"];

fn cluster() -> std::path::PathBuf {
    muster_tests::root().join("compose/cluster")
}

fn text(name: &str) -> String {
    std::fs::read_to_string(cluster().join(name)).unwrap()
}

fn parsed() -> Yaml {
    YamlLoader::load_from_str(&text("compose.yaml")).unwrap().remove(0)
}

fn keys(yaml: &Yaml) -> BTreeSet<String> {
    yaml.as_hash().unwrap().keys().map(|key| key.as_str().unwrap().to_owned()).collect()
}

fn texts(yaml: &Yaml) -> Vec<String> {
    yaml.as_vec().into_iter().flatten().map(|entry| entry.as_str().unwrap().to_owned()).collect()
}

fn names(wanted: &[&str]) -> BTreeSet<String> {
    wanted.iter().map(|name| (*name).to_owned()).collect()
}

/// Every secret, made by the script that is shipped.
fn secrets(folder: &Folder) -> std::path::PathBuf {
    let made = folder.join("secrets");
    let mut command = Command::new("sh");
    command.arg(cluster().join("secrets.sh")).arg(&made);
    let (code, said) = finish(command);
    assert_eq!(code, 0, "{said}");
    made
}

#[test]
fn the_file_holds_what_a_compose_file_may_hold() {
    let file = parsed();
    assert_eq!(keys(&file), names(&["name", "services", "networks", "volumes"]));
    assert_eq!(keys(&file["services"]), names(&["kurrentdb", "mosquitto", "muster"]));
    for (name, service) in file["services"].as_hash().unwrap() {
        let unknown: Vec<_> = keys(service).into_iter().filter(|key| !SERVICE_KEYS.contains(&key.as_str())).collect();
        assert!(unknown.is_empty(), "{name:?}: {unknown:?}");
        for network in texts(&service["networks"]) {
            assert!(keys(&file["networks"]).contains(&network), "{network}");
        }
        let image = service["image"].as_str().unwrap_or("built:here");
        assert!(image.contains(':') && !image.ends_with(":latest"), "{image}: a version must be named");
    }
}

#[test]
fn every_option_of_the_server_is_one() {
    let known: BTreeSet<String> = text("../../tests/kurrent/options.txt").lines().map(str::to_owned).collect();
    let unknown = |name: &str| !name.starts_with('#') && !known.contains(name);
    let service = &parsed()["services"]["kurrentdb"];
    let mut used = keys(&service["environment"]);
    let folder = Folder::new();
    let env = std::fs::read_to_string(secrets(&folder).join("kurrentdb.env")).unwrap();
    used.extend(env.lines().map(|line| line.split_once('=').unwrap().0.to_owned()));
    assert!(used.len() >= 10 && used.contains("KURRENTDB_DEFAULT_ADMIN_PASSWORD"), "{used:?}");
    let wrong: Vec<_> = used.iter().filter(|name| unknown(name)).collect();
    assert!(wrong.is_empty(), "the server knows no {wrong:?}");
    assert!(unknown("KURRENTDB_DEFAULT_PASSWORD") && unknown("KURRENTDB_HTTP_PORT"));
    // None of those that open the server to everybody.
    for opens in ["KURRENTDB_INSECURE", "KURRENTDB_DISABLE_TLS", "KURRENTDB_DEV", "KURRENTDB_UNSAFE_DISABLE_FLUSH_TO_DISK"] {
        assert!(known.contains(opens) && !used.contains(opens), "{opens}");
    }
}

#[test]
fn every_file_is_shipped_or_made_and_no_secret_is_shipped() {
    let folder = Folder::new();
    let made = secrets(&folder);
    for (_, service) in parsed()["services"].as_hash().unwrap() {
        for volume in texts(&service["volumes"]).iter().chain(&texts(&service["env_file"])) {
            let from = volume.split(':').next().unwrap();
            let path = match from.strip_prefix("./secrets/") {
                Some(name) => made.join(name),
                None if from.starts_with('.') => cluster().join(from),
                None => continue, // a volume by its name
            };
            assert!(path.exists(), "{from} is neither shipped nor made by secrets.sh");
        }
    }
    let read = |name: &str| std::fs::read_to_string(made.join(name)).unwrap().trim().to_owned();
    let (password, env) = (read("kurrentdb.password"), read("kurrentdb.env"));
    assert!(password.len() >= 32 && env.contains(&format!("ADMIN_PASSWORD={password}\n")), "{}", password.len());
    assert!(!env.contains("changeit") && env.lines().count() == 2);
    let other = Folder::new();
    assert_ne!(std::fs::read_to_string(secrets(&other).join("kurrentdb.password")).unwrap().trim(), password);
    for name in ["compose.yaml", "muster.toml", "broker.conf", "secrets.sh", "Dockerfile"] {
        let text = text(name);
        assert!(!text.contains("changeit") && !text.contains("allow_anonymous true"), "{name}");
    }
    let ignored = std::fs::read_to_string(muster_tests::root().join(".gitignore")).unwrap();
    assert!(ignored.contains("compose/cluster/secrets"), "made secrets must never be committed");
}

#[test]
fn musters_own_part_is_understood() {
    let (code, said) = finish({
        let mut command = Command::new(binary("muster"));
        command.arg("check-config").arg(cluster().join("muster.toml"));
        command
    });
    assert!(code == 0 && said.contains("hq (on the server)") && said.contains("TLS"), "{code}: {said}");
}

#[test]
fn a_real_broker_takes_its_part() {
    let folder = Folder::new();
    let (made, port) = (secrets(&folder), free_port());
    let here = |name: &str| folder.join(name).display().to_string();
    let mut conf = text("broker.conf").replace("listener 8883", &format!("listener {port} 127.0.0.1"));
    for (from, to) in [
        ("/run/muster/mosquitto.passwd", made.join("mosquitto.passwd")),
        ("/run/muster/broker.acl", cluster().join("../broker.acl")),
        ("/run/muster/authority.pem", made.join("authority/authority.pem")),
        ("/run/muster/mosquitto.pem", made.join("mosquitto.pem")),
        ("/run/muster/mosquitto.key", made.join("mosquitto.key")),
        ("/mosquitto/data/", folder.join("")),
    ] {
        assert!(conf.contains(from), "{from}");
        conf = conf.replace(from, &to.display().to_string());
    }
    // Started by root, the broker becomes another user, who must be able to read this folder.
    std::fs::write(folder.join("broker.conf"), format!("user root\n{conf}")).unwrap();
    let mut command = Command::new("mosquitto");
    command.args(["-c", &here("broker.conf")]);
    let mut broker = Program::spawn("mosquitto", command);
    broker.line("running");
    let publish = |password: Option<&str>| {
        let mut command = Command::new("mosquitto_pub");
        command.args(["-h", "127.0.0.1", "-p", &port.to_string(), "-t", "readers/x", "-m", "x", "-q", "1", "--cafile"]);
        command.arg(made.join("authority/authority.pem"));
        command.args(password.map(|password| ["-u", "gateway", "-P", password]).into_iter().flatten());
        finish(command).0
    };
    let password = std::fs::read_to_string(Path::new(&made).join("mosquitto.gateway.password")).unwrap();
    assert_eq!(publish(Some(&password)), 0, "{}", broker.said());
    assert!(publish(None) != 0 && publish(Some("guessed")) != 0, "{}", broker.said());
}
