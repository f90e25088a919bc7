//! The one writer of a log on a server: a thread with a runtime of its own.
//!
//! Takes what waits, one append a stream, sends it all at once, and waits until it is known what became of
//! each. Then it reads the server on from where it stood; what it reads is sequenced and mirrored (flushed,
//! anchored, published), and only then anyone is answered. An append whose outcome stays unknown is answered
//! as such, and the server is read again before anything else is sent.

use std::collections::{BTreeSet, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::PAGE;
use super::claim::{self, Holder};
use super::deliver::{Outcome, Patience, deliver};
use super::envelope::Envelope;
use super::place;
use super::sequencer::{Halt, Sequencer};
use super::server::{Packed, Server, Trouble};
use crate::error::{AppendError, Health, ReadError, Reason, StoreError};
use crate::event::{Appended, Expected, Following, NewEvent, StreamName};
use crate::ledger::{self, Clock, ClockSteps, GROUP_EVENTS_MAX};
use crate::sqlite::writer::{Answer, AppendAnswer};

/// The most appends on their way at once.
const AT_ONCE: usize = 64;

/// What the writer is asked to do.
pub(crate) enum Job {
    Append { stream: StreamName, expected: Expected, events: Vec<NewEvent>, answer: AppendAnswer },
    Compare { answer: Answer<Result<Option<Reason>, ReadError>> },
    Close { answer: Answer<()> },
}

struct Asked {
    stream: StreamName,
    expected: Expected,
    events: Vec<NewEvent>,
    answer: AppendAnswer,
}

/// The writer's own things.
pub(crate) struct Work {
    pub server: Arc<Server>,
    pub sequencer: Sequencer,
    pub me: Holder,
    /// The number of our claim; none where the log was not sound enough to be claimed.
    pub claimed: Option<u64>,
    pub patience: Patience,
    pub clock: Clock,
    pub steps: Arc<RwLock<ClockSteps>>,
    pub following: watch::Sender<Following>,
    pub now: fn() -> i64,
    pub salt: fn() -> [u8; 16],
    pub place_file: PathBuf,
    /// True while something may stand on the server that the mirror has not seen.
    pub behind: bool,
    /// Who waits for the log to be let go.
    pub closing: Option<Answer<()>>,
}

impl Work {
    /// Works until nobody can ask any more, then lets the log go.
    pub(crate) async fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        let mut waiting: VecDeque<Asked> = VecDeque::new();
        while self.closing.is_none() || !waiting.is_empty() {
            if waiting.is_empty() {
                match tokio::time::timeout(self.patience.idle, jobs.recv()).await {
                    Ok(Some(job)) => self.file(job, &mut waiting),
                    Ok(None) => break,
                    Err(_) => {
                        self.look().await;
                        continue;
                    }
                }
            }
            while waiting.len() < AT_ONCE
                && let Ok(job) = jobs.try_recv()
            {
                self.file(job, &mut waiting);
            }
            let group = one_a_stream(&mut waiting);
            if !group.is_empty() {
                self.write(group).await;
            }
        }
        if let Some(claimed) = self.claimed
            && !matches!(self.refusal(), Some(Reason::Superseded { .. }))
        {
            let id = Uuid::from_bytes((self.salt)());
            claim::release(&self.server, &self.sequencer.claims, &self.me, claimed, id, self.patience).await;
        }
        drop(jobs);
        if let Some(answer) = self.closing {
            answer.send(());
        }
    }

    fn file(&mut self, job: Job, waiting: &mut VecDeque<Asked>) {
        match job {
            Job::Append { stream, expected, events, answer } => waiting.push_back(Asked { stream, expected, events, answer }),
            Job::Close { answer } => self.closing = Some(answer),
            Job::Compare { answer } => {
                let (server, walk) = (Arc::clone(&self.server), self.sequencer.beside());
                let mirror = self.sequencer.mirror.clone();
                tokio::spawn(async move {
                    let seen = compare(server, walk).await;
                    if let Ok(Some(reason)) = &seen {
                        mirror.distrust(reason.clone());
                    }
                    answer.send(seen);
                });
            }
        }
    }

    fn refusal(&self) -> Option<Reason> {
        match self.sequencer.mirror.health() {
            Health::Writable => None,
            Health::ReadOnly { reason } => Some(reason),
        }
    }

    /// One group of appends, from the first look to the last answer.
    async fn write(&mut self, group: Vec<Asked>) {
        if self.behind
            && self.refusal().is_none()
            && let Err(what) = self.catch_up(&[]).await
        {
            let error = || AppendError::Storage(StoreError::said(format!("the log's server does not answer: {what}")));
            return group.into_iter().for_each(|asked| asked.answer.send(Err(error())));
        }
        let (mut sent, mut tasks) = (Vec::new(), JoinSet::new());
        for asked in group {
            match self.refuse(&asked) {
                Some(answer) => asked.answer.send(answer),
                None => {
                    let packed = self.pack(&asked);
                    let (server, patience) = (Arc::clone(&self.server), self.patience);
                    let (name, expected, nth) = (self.name(&asked.stream), asked.expected, sent.len());
                    tasks.spawn(async move { (nth, deliver(server, name, expected, packed, patience).await) });
                    sent.push((asked, Outcome::Unknown("the sender gave up".to_owned())));
                }
            }
        }
        if sent.is_empty() {
            return;
        }
        while let Some(done) = tasks.join_next().await {
            if let Ok((nth, outcome)) = done {
                sent[nth].1 = outcome;
            }
        }
        let written: Vec<Uuid> = sent
            .iter()
            .filter(|(_, outcome)| matches!(outcome, Outcome::Written))
            .filter_map(|(asked, _)| asked.events.last().map(|event| event.id))
            .collect();
        self.behind = true;
        let caught_up = self.catch_up(&written).await;
        for (asked, outcome) in sent {
            let answer = self.answer(&asked, outcome, caught_up.as_ref().err());
            self.behind |= matches!(answer, Err(AppendError::Unanswered { .. }));
            asked.answer.send(answer);
        }
    }

    fn name(&self, stream: &StreamName) -> String {
        format!("{}{stream}", self.sequencer.prefix)
    }

    /// What can be answered without asking the server.
    fn refuse(&mut self, asked: &Asked) -> Option<Result<Appended, AppendError>> {
        if let Some(reason) = self.refusal() {
            return Some(Err(AppendError::ReadOnly { reason }));
        }
        let known = || -> Result<Option<Appended>, AppendError> {
            let mirror = &self.sequencer.mirror;
            let find = |id| mirror.event_by_id(id).map_err(unread);
            if let Some(appended) = ledger::already(&asked.stream, &asked.events, find)?? {
                return Ok(Some(appended));
            }
            let actual = mirror.last_revision(&asked.stream).map_err(unread)?;
            ledger::check_revision(&asked.stream, asked.expected, actual).map(|()| None)
        };
        known().transpose()
    }

    fn pack(&mut self, asked: &Asked) -> Vec<Packed> {
        let recorded_at = self.clock.stamp((self.now)());
        *self.steps.write().unwrap_or_else(PoisonError::into_inner) = self.clock.steps();
        let after = self.sequencer.mirror.head();
        let pack = |(event, rest): (&NewEvent, u32)| Packed {
            id: event.id,
            type_name: event.type_name.clone(),
            metadata: Envelope::of(event, (self.salt)(), recorded_at, after, rest).to_bytes(),
            data: event.data.clone(),
        };
        let rests = (0..u32::try_from(asked.events.len()).unwrap_or(u32::MAX)).rev();
        asked.events.iter().zip(rests).map(pack).collect()
    }

    /// What stands in the mirror now is the answer; what the server said is only its reason.
    fn answer(&self, asked: &Asked, outcome: Outcome, lost: Option<&String>) -> Result<Appended, AppendError> {
        let mirror = &self.sequencer.mirror;
        let found = ledger::already(&asked.stream, &asked.events, |id| mirror.event_by_id(id).map_err(unread))?;
        if let Some(appended) = found? {
            return Ok(Appended { already: false, ..appended });
        }
        if let Some(reason) = self.refusal() {
            return Err(AppendError::ReadOnly { reason });
        }
        match (outcome, lost) {
            (Outcome::Refused(what), _) => Err(AppendError::Storage(StoreError::said(format!("the log's server: {what}")))),
            (Outcome::Unknown(what), _) => Err(AppendError::Unanswered { what }),
            (_, Some(what)) => Err(AppendError::Unanswered { what: what.clone() }),
            (Outcome::Conflict, None) => {
                let actual = mirror.last_revision(&asked.stream).map_err(unread)?;
                ledger::check_revision(&asked.stream, asked.expected, actual)?;
                Err(AppendError::Unanswered { what: "it says the stream is elsewhere, and shows it where it was".to_owned() })
            }
            (Outcome::Written, None) => Err(AppendError::Unanswered { what: "what it acknowledged it does not show".to_owned() }),
        }
    }

    /// Reads on to the end of what the server holds, at least until these events were seen.
    pub(crate) async fn catch_up(&mut self, wanted: &[Uuid]) -> Result<(), String> {
        let (began, mut pause) = (Instant::now(), self.patience.pause);
        loop {
            let what = match self.read_on().await {
                Ok(()) if self.refusal().is_some() => return Ok(()),
                Ok(()) if wanted.iter().all(|id| matches!(self.sequencer.mirror.event_by_id(*id), Ok(Some(_)))) => {
                    self.behind = false;
                    self.following.send_replace(Following::Live);
                    return Ok(());
                }
                Ok(()) => "what it acknowledged it does not show yet".to_owned(),
                Err(what) => what,
            };
            if began.elapsed() >= self.patience.outcome {
                tracing::warn!(book.server = %self.server.name(), book.cause = %what, "The log's server does not answer.");
                self.following.send_replace(Following::Away { what: what.clone() });
                return Err(what);
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(std::time::Duration::from_secs(1));
        }
    }

    /// Page after page, until one is not full. A content that is not this log's makes the log read-only.
    async fn read_on(&mut self) -> Result<(), String> {
        loop {
            let (mut page, from) = (Vec::new(), self.sequencer.cursor.place);
            let read = self.server.page(&self.sequencer.prefixes(), from, PAGE, &mut page).await;
            let reached = from.is_none_or(|place| page.iter().any(|event| event.position >= place));
            if read.is_ok() || reached {
                match self.sequencer.take(&page, read.is_ok() && page.len() < PAGE) {
                    Ok(()) => {}
                    Err(Halt::Bad(reason)) => {
                        self.sequencer.mirror.distrust(reason);
                        return Ok(());
                    }
                    Err(Halt::Enough | Halt::Mirror(AppendError::ReadOnly { .. })) => return Ok(()),
                    Err(Halt::Mirror(error)) => return Err(format!("the mirror: {error}")),
                    Err(Halt::Read(error)) => return Err(format!("the mirror: {error}")),
                }
                if let Some(place) = self.sequencer.cursor.place {
                    place::keep(&self.place_file, self.sequencer.cursor.at, place);
                }
            }
            self.check_claim().await?;
            match read {
                Err(Trouble::Away(what) | Trouble::Refused(what)) => return Err(what),
                Err(Trouble::Deleted) => return Err("it says that everything is deleted".to_owned()),
                Ok(()) if page.len() < PAGE => return Ok(()),
                Ok(()) => {
                    self.following.send_if_modified(|following| {
                        let changes = *following == Following::Live;
                        *following = Following::CatchingUp { at: self.sequencer.cursor.at };
                        changes
                    });
                }
            }
        }
    }

    /// A claim after ours shuts us out.
    async fn check_claim(&mut self) -> Result<(), String> {
        let later = self.sequencer.cursor.claim.is_some_and(|seen| Some(seen) > self.claimed);
        if later && self.refusal().is_none() {
            let by = match claim::standing(&self.server, &self.sequencer.claims).await {
                Ok(Some(standing)) => standing.holder.by,
                Ok(None) => "somebody".to_owned(),
                Err(Trouble::Away(what) | Trouble::Refused(what)) => return Err(what),
                Err(Trouble::Deleted) => "somebody".to_owned(),
            };
            self.sequencer.mirror.distrust(Reason::Superseded { by });
        }
        Ok(())
    }

    /// When nothing is written: is the server there, and is the log still ours?
    async fn look(&mut self) {
        if self.refusal().is_some() {
            return;
        }
        match claim::standing(&self.server, &self.sequencer.claims).await {
            Ok(Some(standing)) if Some(standing.number) > self.claimed => {
                self.sequencer.mirror.distrust(Reason::Superseded { by: standing.holder.by });
            }
            Ok(_) if self.behind => drop(self.catch_up(&[]).await),
            Ok(_) => drop(self.following.send_replace(Following::Live)),
            Err(Trouble::Away(what) | Trouble::Refused(what)) => drop(self.following.send_replace(Following::Away { what })),
            Err(Trouble::Deleted) => {
                let what = format!("the stream {} was deleted", self.sequencer.claims);
                self.sequencer.mirror.distrust(Reason::Server { what });
            }
        }
    }
}

/// Everything the server holds against everything the mirror holds now, from the beginning. Runs beside the
/// writer: what is appended meanwhile is not looked at.
pub(crate) async fn compare(server: Arc<Server>, mut walk: Sequencer) -> Result<Option<Reason>, ReadError> {
    let away = |what: String| ReadError::Storage(StoreError::said(format!("the log's server: {what}")));
    let ours = walk.mirror.head().size;
    walk.compare_to = Some(ours);
    loop {
        let (mut page, from) = (Vec::new(), walk.cursor.place);
        let read = server.page(&walk.prefixes(), from, PAGE, &mut page).await;
        if let Err(Trouble::Away(what) | Trouble::Refused(what)) = read {
            return Err(away(what));
        }
        match walk.take(&page, page.len() < PAGE) {
            Ok(()) if page.len() == PAGE => {}
            Ok(()) | Err(Halt::Enough) => break,
            Err(Halt::Bad(reason)) => return Ok(Some(reason)),
            Err(Halt::Read(error)) => return Err(error),
            Err(Halt::Mirror(error)) => return Err(away(error.to_string())),
        }
    }
    let held = walk.cursor.at;
    let what = format!("it ends after position {held}; {ours} events were acknowledged");
    Ok((held < ours).then_some(Reason::Server { what }))
}

/// At most one append a stream, in the order in which they came; the others wait for the next group.
fn one_a_stream(waiting: &mut VecDeque<Asked>) -> Vec<Asked> {
    let (mut group, mut later, mut streams, mut events) = (Vec::new(), VecDeque::new(), BTreeSet::new(), 0);
    for asked in waiting.drain(..) {
        if events < GROUP_EVENTS_MAX && streams.insert(asked.stream.clone()) {
            events += asked.events.len();
            group.push(asked);
        } else {
            streams.insert(asked.stream.clone());
            later.push_back(asked);
        }
    }
    *waiting = later;
    group
}

fn unread(cause: ReadError) -> AppendError {
    AppendError::Storage(StoreError::said(cause.to_string()))
}
