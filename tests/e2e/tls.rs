//! Every line that can be encrypted, encrypted: browser and gateway to the service, readers to the broker.
//!
//! The certificates are made by `openssl` for this test alone, and `curl` is the foreign browser. What must
//! not be trusted is tried too: another authority, an old protocol, a reader without its certificate.

use std::process::Command;

use serde_json::{Value, json};

use crate::house::House;
use crate::program::{Program, finish, free_port, run, wait_for};
use crate::scratch::Scratch;

const TAG: &str = "3414257BF400000000000777";

/// An authority with a certificate for this machine and one for a gateway; `other` is nobody's authority.
fn certificates(folder: &Scratch) {
    folder.write("server.ext", "subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n");
    folder.write("client.ext", "extendedKeyUsage=clientAuth\n");
    let openssl = |args: &str| {
        let mut command = Command::new("openssl");
        command.args(args.split(' ')).current_dir(&**folder);
        let (code, said) = finish(command);
        assert_eq!(code, 0, "openssl {args}: {said}");
    };
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    for name in ["ca", "other"] {
        openssl(&format!("req -x509 {key} -keyout {name}.key -out {name}.pem -days 2 -subj /CN={name}"));
    }
    for name in ["server", "client"] {
        openssl(&format!("req {key} -keyout {name}.key -out {name}.csr -subj /CN={name}"));
        openssl(&format!(
            "x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out {name}.pem -days 2 -extfile {name}.ext"
        ));
    }
}

/// What `curl` says of `https://localhost:PORT/path`: its exit code, and headers and body together.
fn curl(house: &House, port: &str, path: &str, args: &[&str]) -> (i32, String) {
    let mut command = Command::new("curl");
    command.args(["-sS", "-i", "--max-time", "30", "--noproxy", "*"]).args(args);
    command.arg(format!("https://localhost:{port}{path}")).current_dir(&*house.folder);
    finish(command)
}

/// The service that was founded without encryption, now with it.
fn served(house: &mut House) -> (Program, String) {
    house.stop();
    let address = house.first.address.clone();
    let text = std::fs::read_to_string(house.folder.join("muster.toml")).unwrap();
    let tls =
        format!("[web.tls]\ncertificate = {:?}\nkey = {:?}\n", house.folder.file("server.pem"), house.folder.file("server.key"));
    let config = house.folder.write("muster.toml", &format!("{text}{tls}"));
    let (code, said) = run("muster", &["check-config", &config]);
    assert!(code == 0 && said.contains("TLS"), "{said}");
    let program = Program::start("muster", &["serve", "--config", &config]);
    let port = address.rsplit_once(':').unwrap().1.to_owned();
    wait_for("the encrypted service", || (curl(house, &port, "/healthz", &["--cacert", "ca.pem"]).0 == 0).then_some(()));
    (program, port)
}

/// The API by somebody's token, through `curl`.
fn ask(house: &House, port: &str, token: &str, path: &str, body: Option<&Value>) -> Value {
    let authorization = format!("Authorization: Bearer {token}");
    let text = body.map(ToString::to_string).unwrap_or_default();
    let mut args = vec!["--cacert", "ca.pem", "-H", &authorization];
    if body.is_some() {
        args.extend(["-H", "Content-Type: application/json", "--data", &text]);
    }
    let (code, said) = curl(house, port, path, &args);
    assert_eq!(code, 0, "{said}");
    let (head, body) = said.split_once("\r\n\r\n").unwrap();
    assert!(head.lines().next().unwrap().contains(" 20"), "{path}: {said}");
    serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {said}"))
}

/// A broker that takes encrypted readers with a certificate only.
fn broker(folder: &Scratch) -> (Program, u16) {
    let port = free_port();
    let text = format!(
        "user root\nallow_anonymous true\nlistener {port} 127.0.0.1\ncafile {}\ncertfile {}\nkeyfile {}\nrequire_certificate true\n\
         tls_version tlsv1.2\n",
        folder.file("ca.pem"),
        folder.file("server.pem"),
        folder.file("server.key")
    );
    let config = folder.write("broker.conf", &text);
    let mut command = Command::new("mosquitto");
    command.args(["-c", &config]);
    let mut program = Program::spawn("mosquitto", command);
    program.line("running");
    (program, port)
}

fn publish(folder: &Scratch, port: u16) {
    let event = format!(r#"{{"type":"SIMPLE","timestamp":"2026-03-01T06:00:00.000+0000","data":{{"idHex":"{TAG}"}}}}"#);
    let port = port.to_string();
    let mut command = Command::new("mosquitto_pub");
    command.args(["-h", "localhost", "-p", &port, "-q", "1", "-t", "readers/dock/data", "-m", &event]);
    command.args(["--cafile", "ca.pem", "--cert", "client.pem", "--key", "client.key"]).current_dir(&**folder);
    let (code, said) = finish(command);
    assert_eq!(code, 0, "{said}");
}

/// A gateway's configuration: the service by TLS under one authority, a reader at a TLS broker under another.
fn gateway(house: &House, ports: (&str, u16), authorities: (&str, &str), with_identity: bool) -> String {
    let key = std::fs::read_to_string(house.folder.join("service_key")).unwrap();
    let identity = if with_identity { "certificate = \"client.pem\"\nkey = \"client.key\"\n" } else { "" };
    let text = format!(
        "[gateway]\nid = \"post\"\nservice = \"https://localhost:{}\"\nservice_key = {key:?}\nkey = \"gateway.key\"\noutbox = \"outbox.db\"\n\
         ca = \"{}.pem\"\n[[reader]]\nid = \"dock\"\nplace = \"{}\"\ndriver = \"zebra-iotc\"\n\
         port = \"mqtts://localhost:{}/readers/dock/data\"\n[reader.tls]\nca = \"{}.pem\"\n{identity}",
        ports.0, authorities.0, house.site, ports.1, authorities.1
    );
    house.folder.write("gateway.toml", &text)
}

/// Enrols the gateway of `config`, by two.
fn enrol(house: &House, port: &str, config: &str) -> String {
    let (code, said) = run("muster-gateway", &["enrol", "--config", config]);
    assert_eq!(code, 0, "{said}");
    let [first, second] = [&house.first, &house.second].map(|web| web.token.clone().unwrap());
    let waiting = ask(house, port, &first, "/api/v1/gateways", None)["waiting"][0].clone();
    let (key, code) = (waiting["key"].as_str().unwrap(), &waiting["code"]);
    let proposed = ask(house, port, &first, &format!("/api/v1/gateways/{key}/propose"), Some(&json!({"code": code})));
    let approval = json!({"request": proposed["event_ids"][0], "code": code});
    ask(house, port, &second, &format!("/api/v1/gateways/{key}/enrol"), Some(&approval));
    format!("gateway-{key}")
}

/// What no client may get from the encrypted service, and what every answer says.
fn the_door(house: &House, port: &str) {
    let (code, said) = curl(house, port, "/healthz", &["--cacert", "ca.pem"]);
    assert!(code == 0 && said.to_lowercase().contains("strict-transport-security: max-age="), "{said}");
    let (code, said) = curl(house, port, "/sign-in", &["--cacert", "ca.pem", "--tlsv1.3"]);
    assert!(code == 0 && said.contains("<html"), "{said}");
    for refused in
        [&["--cacert", "other.pem"][..], &["--cacert", "ca.pem", "--tls-max", "1.1", "--ciphers", "DEFAULT@SECLEVEL=0"]]
    {
        let (code, said) = curl(house, port, "/healthz", refused);
        assert_ne!(code, 0, "{refused:?} was served: {said}");
    }
    assert!(house.first.ask("GET", "/healthz", None).is_none_or(|answer| answer.status >= 400), "plain HTTP was served");
}

#[test]
fn everything_over_tls() {
    let mut house = House::found("tls");
    let key = house.first.get("/api/v1/gateways")["service_key"].as_str().unwrap().to_owned();
    house.folder.write("service_key", &key);
    certificates(&house.folder);
    let (service, port) = served(&mut house);
    the_door(&house, &port);
    let (_broker, readers) = broker(&house.folder);

    // A service under another authority is not believed, and the words say why.
    let config = gateway(&house, (&port, readers), ("other", "ca"), true);
    let (code, said) = run("muster-gateway", &["enrol", "--config", &config]);
    assert!(code != 0 && said.to_lowercase().contains("certificate"), "{said}");

    let config = gateway(&house, (&port, readers), ("ca", "ca"), true);
    let stream = enrol(&house, &port, &config);
    let listening = Program::start("muster-gateway", &["run", "--config", &config]);
    let token = house.first.token.clone().unwrap();
    wait_for("the reader's message in the book", || {
        publish(&house.folder, readers);
        let page = ask(&house, &port, &token, "/api/v1/log/events?limit=500", None);
        let rows = page["rows"].as_array().unwrap().iter();
        let found = rows.filter(|row| row["stream"] == stream.as_str()).any(|row| row["data"]["epc"] == TAG);
        found.then_some(())
    });
    assert!(listening.stop().success());

    // A broker under another authority, and a gateway without its certificate: heard nothing, said why.
    for (authority, with_identity) in [("other", true), ("ca", false)] {
        let config = gateway(&house, (&port, readers), ("ca", authority), with_identity);
        let mut listening = Program::start("muster-gateway", &["run", "--config", &config]);
        listening.line("ertificate");
        assert!(!listening.said().contains("PRIVATE KEY"), "{}", listening.said());
    }
    assert!(service.stop().success());
}
