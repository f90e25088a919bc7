//! `muster log declare-break`: two approvers say that the log is broken, and the book goes on.
//!
//! Only for a log that opened read-only. Nothing is repaired or removed: the declaration is an
//! event that stands for ever, on every later checkpoint and paper, and what was found before it
//! is copied aside. Both sign with their own password; a password comes from a file, never from
//! the command line, where other processes could read it. If every account is gone, the two passwords are those
//! they begin anew with, as at the first set-up: whoever holds the machine could write that file anyway, and
//! the break says so for ever.

use std::path::PathBuf;
use std::process::ExitCode;

use armoury::codes::{Basis, Role};
use armoury::event::Meta;
use armoury::ids::ServiceNumber;
use clap::Args;
use event_log::Declaration;
use event_log::event::StreamName;

use super::offline;
use super::out::say;
use crate::app::App;
use crate::auth::Who;

/// Who declares the break of which log, and why.
#[derive(Debug, Args)]
pub struct DeclareBreak {
    /// The data folder; no service may run on it.
    #[arg(long)]
    data: PathBuf,
    /// What is known of how it came about.
    #[arg(long)]
    reason: String,
    /// The first approver's service number.
    #[arg(long)]
    first: ServiceNumber,
    /// A file with his password.
    #[arg(long)]
    first_password: PathBuf,
    /// The second approver's service number.
    #[arg(long)]
    second: ServiceNumber,
    /// A file with his password.
    #[arg(long)]
    second_password: PathBuf,
}

impl DeclareBreak {
    /// Writes the declaration and says where the log goes on.
    ///
    /// # Errors
    /// When the log is sound, the two are not two approvers, or it cannot be written.
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let app = offline::open(&self.data)?;
        let [first, second] = if app.gone().accounts {
            let new = [offline::password(&self.first_password)?, offline::password(&self.second_password)?];
            new.iter().try_for_each(|password| app.accounts().acceptable(password))?;
            anyhow::ensure!(new[0] != new[1], "each of the two keeps a password of his own");
            [offline::unproven(&app, &self.first), offline::unproven(&app, &self.second)]
        } else {
            let sign_in = |number, password| offline::sign_in(&app, number, password);
            [sign_in(&self.first, &self.first_password)?, sign_in(&self.second, &self.second_password)?]
        };
        let (first, second) = (approver(&app, first)?, approver(&app, second)?);
        anyhow::ensure!(first.service_number != second.service_number, "a break is declared by two different people");
        let meta = Meta {
            actor: first.actor(),
            role: Some(Role::Approver),
            device: None,
            place: None,
            node: app.node().clone(),
            basis: Basis::Device,
            cause: None,
            reason: Some(self.reason.clone()),
            idempotency_key: None,
        };
        let written = app.log().declare_break_blocking(Declaration {
            stream: StreamName::new(format!("log@{}", app.node()))?,
            id: app.new_id(),
            reason: self.reason.clone(),
            by: [first.service_number.to_string(), second.service_number.to_string()],
            occurred_at: app.now().micros(),
            meta: serde_json::to_vec(&meta)?,
        })?;
        self.begin_anew(&app)?;
        let head = app.log().head();
        say(format!(
            "The break is declared at position {}. It stands for ever and on every later checkpoint.",
            written.last_position
        ));
        say(format!("The log goes on with {} events, head {}.", head.size, hex::encode(head.root)));
        if app.gone().service_key {
            say("The service has a new key from the next start on; every gateway must be told it and enrolled again.");
        }
        if app.gone().accounts {
            say("The two sign in with these passwords, and give everybody else an account again, one beside the other.");
        }
        if app.gone().keys {
            say("Names sealed until now stay unreadable unless the old keys.sqlite is found and put back.");
        }
        say("Keep this head on paper, order a full count, and let the gateways deliver again.");
        Ok(ExitCode::SUCCESS)
    }

    /// The break stands; now keys and accounts that were gone begin anew. Cut off before, it is declared again.
    fn begin_anew(&self, app: &App) -> anyhow::Result<()> {
        app.begin_anew()?;
        if app.gone().accounts {
            let (first, second) = (offline::password(&self.first_password)?, offline::password(&self.second_password)?);
            app.accounts().begin_anew([(&self.first, &first), (&self.second, &second)], app.now())?;
        }
        Ok(())
    }
}

/// An approver everywhere: the log belongs to no one place.
fn approver(app: &App, who: Who) -> anyhow::Result<Who> {
    let everywhere = app.grants(&who.service_number).iter().any(|grant| grant.role == Role::Approver && grant.place.is_none());
    anyhow::ensure!(everywhere, "{} is no approver for the whole book", who.service_number);
    Ok(who)
}
