//! Port URLs as the configuration writes them.
//!
//! ```text
//! serial:/dev/ttyUSB0?baud=115200    serial:COM3      tcp://host:port      tcp-listen://0.0.0.0:port
//! mqtt://host[:1883]/topic/filter    mqtts://host[:8883]/topic/filter
//! ```
//! Everything behind `host:port/` is the topic filter, verbatim, `#` and `+` included.

use std::fmt;
use std::str::FromStr;

/// Where a reader is connected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PortUrl {
    /// A serial line, USB or pseudo-terminal.
    Serial {
        /// Device path or COM name.
        path: String,
        /// Bits a second.
        baud: u32,
    },
    /// A TCP connection that we make.
    Tcp {
        /// Name or address, and port.
        address: String,
    },
    /// A TCP port that we offer; one reader at a time.
    TcpListen {
        /// Address and port to listen at.
        address: String,
    },
    /// A broker.
    Mqtt(Broker),
}

/// A broker and what to hear there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broker {
    /// Whether TLS is spoken.
    pub tls: bool,
    /// Name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Topic filter, verbatim.
    pub filter: String,
}

/// Why a text is no port URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{url:?} is no port: {why}")]
pub struct NotAPort {
    /// What was written; its beginning.
    pub url: String,
    /// What is wrong.
    pub why: &'static str,
}

/// The rate of most modules and scanners; USB ones ignore it.
const USUAL_BAUD: u32 = 115_200;

impl FromStr for PortUrl {
    type Err = NotAPort;

    fn from_str(text: &str) -> Result<Self, NotAPort> {
        parse(text).map_err(|why| NotAPort { url: text.chars().take(120).collect(), why })
    }
}

fn parse(text: &str) -> Result<PortUrl, &'static str> {
    let (scheme, rest) = text.split_once(':').ok_or("it begins with serial:, tcp://, tcp-listen://, mqtt:// or mqtts://")?;
    let behind_slashes = || rest.strip_prefix("//").ok_or("the scheme is followed by //");
    match scheme {
        "serial" => serial(rest),
        "tcp" => Ok(PortUrl::Tcp { address: with_port(behind_slashes()?)? }),
        "tcp-listen" => Ok(PortUrl::TcpListen { address: with_port(behind_slashes()?)? }),
        "mqtt" | "mqtts" => broker(scheme == "mqtts", behind_slashes()?).map(PortUrl::Mqtt),
        _ => Err("the schemes are serial:, tcp://, tcp-listen://, mqtt:// and mqtts://"),
    }
}

fn serial(rest: &str) -> Result<PortUrl, &'static str> {
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let path = path.strip_prefix("//").unwrap_or(path); // serial:///dev/ttyUSB0 is understood too.
    if path.is_empty() {
        return Err("the device is missing, as in serial:/dev/ttyUSB0");
    }
    let baud = match query {
        "" => USUAL_BAUD,
        query => query.strip_prefix("baud=").and_then(|baud| baud.parse().ok()).ok_or("behind ? stands baud=NUMBER")?,
    };
    if !(300..=4_000_000).contains(&baud) {
        return Err("baud is 300 to 4000000");
    }
    Ok(PortUrl::Serial { path: path.to_owned(), baud })
}

fn with_port(rest: &str) -> Result<String, &'static str> {
    let address = rest.trim_end_matches('/');
    match address.rsplit_once(':') {
        Some((host, port)) if !host.is_empty() && port.parse::<u16>().is_ok() => Ok(address.to_owned()),
        _ => Err("host:port is needed"),
    }
}

fn broker(tls: bool, rest: &str) -> Result<Broker, &'static str> {
    let (authority, filter) = rest.split_once('/').ok_or("the topic filter follows host:port/")?;
    if authority.contains('@') {
        return Err("no user or password in a URL; use username and password_file");
    }
    if filter.is_empty() {
        return Err("the topic filter is empty");
    }
    let usual = if tls { 8883 } else { 1883 };
    let (host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, rest)) => (host, rest.strip_prefix(':').map_or(Ok(usual), str::parse)),
        None => authority.split_once(':').map_or((authority, Ok(usual)), |(host, port)| (host, port.parse())),
    };
    let port = port.map_err(|_| "the port is a number")?;
    if host.is_empty() {
        return Err("the host is missing");
    }
    Ok(Broker { tls, host: host.to_owned(), port, filter: filter.to_owned() })
}

impl fmt::Display for PortUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // Two slashes behind the scheme are passed over, so a path that begins with two is written behind two more.
            Self::Serial { path, baud } if path.starts_with("//") => write!(f, "serial://{path}?baud={baud}"),
            Self::Serial { path, baud } => write!(f, "serial:{path}?baud={baud}"),
            Self::Tcp { address } => write!(f, "tcp://{address}"),
            Self::TcpListen { address } => write!(f, "tcp-listen://{address}"),
            Self::Mqtt(Broker { tls, host, port, filter }) => {
                let scheme = if *tls { "mqtts" } else { "mqtt" };
                if host.contains(':') {
                    write!(f, "{scheme}://[{host}]:{port}/{filter}")
                } else {
                    write!(f, "{scheme}://{host}:{port}/{filter}")
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, want: &str) {
        let shown = text.parse::<PortUrl>().map_or_else(|error| error.why.to_owned(), |url| url.to_string());
        assert_eq!(shown, want);
        if let Ok(url) = text.parse::<PortUrl>() {
            assert_eq!(url.to_string().parse(), Ok(url));
        }
    }

    #[test]
    fn every_kind() {
        check("serial:/dev/ttyUSB0?baud=9600", "serial:/dev/ttyUSB0?baud=9600");
        check("serial:COM3", "serial:COM3?baud=115200");
        check("serial:///dev/pts/4", "serial:/dev/pts/4?baud=115200");
        check("serial:////pts/4", "serial:////pts/4?baud=115200");
        check("tcp://reader.local:5084", "tcp://reader.local:5084");
        check("tcp-listen://0.0.0.0:5084", "tcp-listen://0.0.0.0:5084");
        check("mqtt://broker/zebra/+/data/#", "mqtt://broker:1883/zebra/+/data/#");
        check("mqtt://broker:1884//FX7500EECCA8/tags?x", "mqtt://broker:1884//FX7500EECCA8/tags?x");
        check("mqtts://[fd00::1]/a", "mqtts://[fd00::1]:8883/a");
    }

    #[test]
    fn what_is_none_is_told_why() {
        check("/dev/ttyUSB0", "it begins with serial:, tcp://, tcp-listen://, mqtt:// or mqtts://");
        check("ftp://x", "the schemes are serial:, tcp://, tcp-listen://, mqtt:// and mqtts://");
        check("serial:", "the device is missing, as in serial:/dev/ttyUSB0");
        check("serial:/dev/x?speed=1", "behind ? stands baud=NUMBER");
        check("tcp://host", "host:port is needed");
        check("mqtt://host", "the topic filter follows host:port/");
        check("mqtt://host:x/a", "the port is a number");
        check("mqtt://me:pw@host/a", "no user or password in a URL; use username and password_file");
    }
}
