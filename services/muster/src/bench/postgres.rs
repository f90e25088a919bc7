//! The same inserts into PostgreSQL, where it is installed: a cluster of its own in a temporary folder, on a
//! socket, run by a user without rights, driven by `pgbench` with a script, so that no client is built in.
//!
//! Its settings are its own: every commit is flushed. Where it is not installed a line says so and no more.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;
use event_log::bench::Figure;

use super::percentile;
use super::served::bare_flush_ms;
use crate::scratch::Scratch;

/// The same columns, lengths and rules of uniqueness as the naive SQLite table.
const TABLE: &str = "CREATE TABLE event(id bigserial PRIMARY KEY, stream text NOT NULL, revision bigint NOT NULL,
    event_id text NOT NULL UNIQUE, type text NOT NULL, occurred_at text NOT NULL, recorded_at text NOT NULL,
    meta text NOT NULL, data text NOT NULL, UNIQUE(stream, revision));
    CREATE SEQUENCE revision;";

/// One durable insert after another: p50 and p99.
pub fn one(small: bool) -> anyhow::Result<Vec<Figure>> {
    let Some(cluster) = begin(small)? else { return Ok(Vec::new()) };
    let flush = 2000.0 * bare_flush_ms(&cluster.folder)?;
    let mut times = cluster.run(1, 4)?;
    let words = "two bare 4 KiB appends with fdatasync, p50";
    let mut figure = |name: &str, percent: usize| Figure::new(name, percentile(&mut times, percent), "us", words, flush);
    Ok(vec![figure("append.postgresql.p50", 50), figure("append.postgresql.p99", 99)])
}

/// Sixty-four connections at once: inserts a second.
pub fn many(small: bool) -> anyhow::Result<Vec<Figure>> {
    const SECONDS: u32 = 6;
    let Some(cluster) = begin(small)? else { return Ok(Vec::new()) };
    let flushes = 1000.0 / bare_flush_ms(&cluster.folder)?;
    let times = cluster.run(64, SECONDS)?;
    #[expect(clippy::cast_precision_loss, reason = "a count far below 2^52")]
    let rate = times.len() as f64 / f64::from(SECONDS);
    let words = "bare 4 KiB appends with fdatasync, one after another";
    Ok(vec![Figure::new("append64.postgresql", rate, "appends/s", words, flushes)])
}

/// A running cluster; stopped and gone when dropped.
struct Cluster {
    folder: Scratch,
    programs: PathBuf,
    /// Whom its programs run as, if we are somebody who may be anybody.
    user: Option<String>,
}

fn begin(small: bool) -> anyhow::Result<Option<Cluster>> {
    let Some(programs) = programs().filter(|_| !small) else {
        eprintln!("{}", if small { "PostgreSQL is left out of a small run." } else { "PostgreSQL is not installed: left out." });
        return Ok(None);
    };
    let cluster = Cluster { folder: Scratch::new("postgres"), programs, user: unprivileged() };
    let data = cluster.folder.join("data").display().to_string();
    if let Some(user) = &cluster.user {
        done(Command::new("chown").arg(user).arg(&*cluster.folder))?;
    }
    done(cluster.program("initdb").args(["-D", &data, "-A", "trust", "-U", "bench", "-E", "UTF8", "--locale=C"]))?;
    let socket = format!("-c listen_addresses='' -k {} -c max_connections=100", cluster.folder.display());
    let log = cluster.folder.join("server.log").display().to_string();
    done(cluster.program("pg_ctl").args(["-D", &data, "-w", "-s", "-l", &log, "-o", &socket, "start"]))?;
    done(cluster.client("psql").args(["-q", "-v", "ON_ERROR_STOP=1", "-c", TABLE, "postgres"]))?;
    std::fs::write(cluster.folder.join("insert.sql"), script())?;
    Ok(Some(cluster))
}

/// What each transaction does; meta and data are as long as those of the other benches.
fn script() -> String {
    let meta = r#"{"actor":"p-000123","role":"custodian","node":"hq","place":"armoury-1","basis":"device"}"#;
    let data = r#"{"weapon":"0192a000-0000-7000-8000-000000000000","from":"rack-0001","to":"person-000001","reader":"door-01",
"antenna":1,"rounds":30,"condition":"serviceable","document":"issue-00000001","remark":"routine"}"#;
    format!(
        "INSERT INTO event(stream, revision, event_id, type, occurred_at, recorded_at, meta, data) VALUES \
         ('bench-' || :client_id, nextval('revision'), gen_random_uuid()::text, 'WeaponIssued', '1790000000000000', \
         '1790000000000000', '{meta}', '{}');\n",
        data.replace('\n', "")
    )
}

/// Where the server's programs stand.
fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let debian =
        std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|version| version.path().join("bin"));
    let has = |folder: &PathBuf| folder.join("initdb").exists() && folder.join("pg_ctl").exists();
    let found = debian.chain(std::env::split_paths(&path)).find(has)?;
    let pgbench = std::env::split_paths(&path).chain([found.clone()]).any(|folder| folder.join("pgbench").exists());
    pgbench.then_some(found)
}

/// The server refuses to run as root: then somebody who owns nothing.
fn unprivileged() -> Option<String> {
    let me = Command::new("id").arg("-u").output().ok()?;
    let known = |name: &str| Command::new("id").arg(name).stdout(Stdio::null()).stderr(Stdio::null()).status();
    let root = me.stdout.starts_with(b"0\n");
    let name = ["postgres", "nobody"].into_iter().find(|name| known(name).is_ok_and(|status| status.success()))?;
    root.then(|| name.to_owned())
}

fn done(command: &mut Command) -> anyhow::Result<()> {
    let out = command.stdin(Stdio::null()).stdout(Stdio::null()).output().with_context(|| format!("{command:?}"))?;
    anyhow::ensure!(out.status.success(), "{command:?}: {}", String::from_utf8_lossy(&out.stderr));
    Ok(())
}

impl Cluster {
    fn program(&self, name: &str) -> Command {
        let program = self.programs.join(name);
        let mut command = match &self.user {
            None => Command::new(program),
            Some(user) => {
                let mut command = Command::new("setpriv");
                command.args(["--reuid", user, "--regid", user, "--clear-groups", "--"]).arg(program);
                command
            }
        };
        command.current_dir(&*self.folder);
        command
    }

    fn client(&self, name: &str) -> Command {
        let mut command = Command::new(name);
        command.arg("-h").arg(&*self.folder).args(["-U", "bench"]).current_dir(&*self.folder);
        command
    }

    /// Microseconds of every transaction of so many connections in so many seconds.
    fn run(&self, clients: u32, seconds: u32) -> anyhow::Result<Vec<f64>> {
        let (clients, seconds) = (clients.to_string(), seconds.to_string());
        let rest = ["-n", "-f", "insert.sql", "-M", "prepared", "-c", &clients, "-j", "2", "-T", &seconds, "-l", "postgres"];
        done(self.client("pgbench").args(rest))?;
        let mut times = Vec::new();
        for entry in std::fs::read_dir(&*self.folder)?.flatten() {
            if entry.file_name().to_string_lossy().starts_with("pgbench_log") {
                times.extend(taken(&entry.path())?);
            }
        }
        anyhow::ensure!(!times.is_empty(), "pgbench told no times");
        Ok(times)
    }
}

/// The third column of pgbench's log: microseconds.
fn taken(path: &Path) -> anyhow::Result<Vec<f64>> {
    let text = std::fs::read_to_string(path)?;
    Ok(text.lines().filter_map(|line| line.split(' ').nth(2)?.parse().ok()).collect())
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let data = self.folder.join("data").display().to_string();
        drop(done(self.program("pg_ctl").args(["-D", &data, "-m", "immediate", "-s", "stop"]))); // Its folder goes next.
    }
}
