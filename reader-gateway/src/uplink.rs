//! The uplink: what to send next, and what an answer means. Without a socket or a clock.
//!
//! ```text
//! 200 receipt, signed, head not behind the last  -> everything below `next` is acknowledged
//! 409 with send_from N                           -> send again from N; where N lies ahead, what lies before it first
//! 409 sequence-contradicted with send_from N     -> number what waits anew from N, behind a declared hole
//! 403 gateway-not-enrolled                       -> ask for enrolment, keep everything, try later
//! other 4xx, 5xx, no answer, bad signature       -> wait longer each time, keep everything
//! no answer, or a body that took too long (408)  -> half as much next time: the line may be slow
//! head behind the last receipt's                 -> stop, aloud, until a person accepts the new head
//! ```
//! Only a receipt signed with the configured key empties the outbox. Waits are spread by a seed.

pub mod http;

use serde::{Deserialize, Serialize};
use tag_data::batch::{BATCH_BYTES_MAX, ITEM_BYTES_MAX, Receipt};
use tag_data::moment::Moment;

use crate::backoff::Backoff;
use crate::identity::{Identity, is_signed};
use crate::outbox::{ENVELOPE_BYTES, Head, Outbox, OutboxError};
use crate::protocol::{bounded, millis_later};

const FIRST_WAIT_MS: u64 = 250;
const MOST_WAIT_MS: u64 = 30_000;
/// A batch is never smaller than this for the sake of a slow line: it holds one item of any size, and the client
/// waits a minute for an answer, in which a line of 2,400 bits a second carries it.
const LEAST_ROOM: usize = ITEM_BYTES_MAX + ENVELOPE_BYTES;
/// An answer within this says that the line carries more.
const QUICK_MICROS: i64 = 10_000_000;
/// Beyond this no gateway comes in its life; a service that asks for more is not believed.
const SEQUENCE_MAX: u64 = 1 << 48;
const CONTRADICTED: &str =
    "the book holds other items under these numbers: another gateway uses this key, or the outbox is an older copy";
/// How often a stopped uplink says again that it is stopped.
const REMIND_S: i64 = 60;

/// A POST to the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Path below the service's base URL.
    pub path: String,
    /// JSON.
    pub body: Vec<u8>,
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The service answered.
    Status(u16, Vec<u8>),
    /// It did not; why, in words.
    None(String),
}

/// How a request travels: HTTP in the program, a function call in tests and in the demonstration.
pub type Post = Box<dyn FnMut(&Request) -> Answer + Send>;

/// What to do now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Post this, then hand the answer to [`Uplink::answered`].
    Send(Request),
    /// Nothing until then; `None`: until something is put into the outbox.
    Wait(Option<Moment>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Batch { first: u64 },
    Enrolment,
}

/// How a receipt came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// As the answer to what was just asked: it speaks of the log as it is now.
    Answer,
    /// On paper, stick or by courier, and others may have overtaken it.
    Carried,
}

/// The state of the talk with the service.
#[derive(Debug)]
pub struct Uplink {
    identity: Identity,
    name: String,
    code_words: Option<String>,
    service_key: [u8; 32],
    accept_new_head: bool,
    backoff: Backoff,
    not_before: Option<Moment>,
    asked: Option<Asked>,
    /// The batch under way: while its size is right for the line, it is sent again byte for byte.
    under_way: Option<(u64, Request)>,
    /// The most bytes of the next batch, as the line carries them.
    room: usize,
    /// When the last batch was handed out.
    sent: Moment,
    /// The service holds what waits up to here, and no receipt says so: the next batch ends there.
    until: Option<u64>,
    enrol_next: bool,
    stopped: Option<String>,
    trouble: Option<String>,
}

#[derive(Serialize)]
struct Enrolment<'a> {
    id: &'a str,
    public_key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    code_words: Option<&'a str>,
}

/// The members of a problem document that matter here.
#[derive(Default, Deserialize)]
struct Problem {
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default)]
    detail: String,
    send_from: Option<u64>,
}

impl Uplink {
    /// An uplink that has not spoken. `accept_new_head`: a person said that the service's log was restored.
    #[must_use]
    pub fn new(identity: Identity, name: &str, service_key: [u8; 32], accept_new_head: bool, seed: u64) -> Self {
        Self {
            identity,
            name: name.to_owned(),
            code_words: None,
            service_key,
            accept_new_head,
            backoff: Backoff::new(FIRST_WAIT_MS, MOST_WAIT_MS, seed),
            not_before: None,
            asked: None,
            under_way: None,
            room: BATCH_BYTES_MAX,
            sent: Moment::default(),
            until: None,
            enrol_next: false,
            stopped: None,
            trouble: None,
        }
    }

    /// Words that the service's people gave for this enrolment.
    pub fn set_code_words(&mut self, words: Option<String>) {
        self.code_words = words;
    }

    /// The gateway's key id.
    #[must_use]
    pub fn gateway(&self) -> &str {
        self.identity.id()
    }

    /// Why nothing is acknowledged at present, in words.
    #[must_use]
    pub fn trouble(&self) -> Option<&str> {
        self.stopped.as_deref().or(self.trouble.as_deref())
    }

    /// The request that asks to be enrolled.
    #[must_use]
    pub fn enrolment(&self) -> Request {
        let body = Enrolment { id: &self.name, public_key: self.identity.public_key(), code_words: self.code_words.as_deref() };
        let body = serde_json::to_vec(&body).expect("texts always serialise");
        Request { path: "/api/v1/gateways".to_owned(), body }
    }

    /// What to do now.
    ///
    /// # Errors
    /// The outbox cannot be read.
    pub fn step(&mut self, now: Moment, outbox: &Outbox) -> Result<Step, OutboxError> {
        // A clock that stepped back must not hold us for longer than a wait ever is.
        let held = self.not_before.filter(|then| *then > now && *then <= millis_later(now, MOST_WAIT_MS as i64 * 2));
        if let Some(then) = held {
            return Ok(Step::Wait(Some(then)));
        }
        if let Some(why) = &self.stopped {
            tracing::error!(uplink.stopped = %why, "Nothing is sent: {why}. Start with --accept-new-head once the break is declared.");
            let then = now.plus_seconds(REMIND_S);
            self.not_before = Some(then);
            return Ok(Step::Wait(Some(then)));
        }
        if outbox.waiting() == 0 {
            return Ok(Step::Wait(None));
        }
        if self.enrol_next {
            self.asked = Some(Asked::Enrolment);
            return Ok(Step::Send(self.enrolment()));
        }
        let first = outbox.acknowledged();
        self.asked = Some(Asked::Batch { first });
        self.sent = now;
        if let Some((_, again)) = self.under_way.as_ref().filter(|(from, _)| *from == first) {
            return Ok(Step::Send(again.clone()));
        }
        let mut waiting = outbox.batch(first, self.room)?;
        if let Some(until) = self.until.and_then(|until| usize::try_from(until.checked_sub(first)?).ok()).filter(|most| *most > 0)
        {
            waiting.items.truncate(until);
        }
        let batch = self.identity.sign(waiting);
        let body = serde_json::to_vec(&batch).expect("a batch always serialises");
        let request = Request { path: format!("/api/v1/gateways/{}/batches", self.identity.id()), body };
        self.under_way = Some((first, request.clone()));
        Ok(Step::Send(request))
    }

    /// Takes the answer to the last request.
    ///
    /// # Errors
    /// The outbox cannot be written.
    pub fn answered(&mut self, now: Moment, outbox: &mut Outbox, answer: Answer) -> Result<(), OutboxError> {
        match (self.asked.take(), answer) {
            (asked, Answer::None(why)) => {
                self.less(asked);
                self.later(now, format!("the service is out of reach: {why}"));
            }
            (Some(Asked::Enrolment), Answer::Status(status, body)) => self.enrolment_answered(now, status, &body),
            (Some(Asked::Batch { first }), Answer::Status(200, body)) => self.receipt(now, outbox, first, &body)?,
            (Some(Asked::Batch { first }), Answer::Status(status, body)) => self.refused(now, outbox, first, status, &body)?,
            (None, Answer::Status(..)) => {}
        }
        Ok(())
    }

    /// A line too slow for a batch would be too slow for it for ever. Of a batch that came all the same, a part is
    /// confirmed like the whole.
    fn less(&mut self, asked: Option<Asked>) {
        if let (Some(Asked::Batch { .. }), Some((_, request))) = (asked, &self.under_way) {
            self.room = (request.body.len() / 2).clamp(LEAST_ROOM, BATCH_BYTES_MAX);
            self.under_way = None;
        }
    }

    /// More at once, where that took no time.
    fn more(&mut self, now: Moment) {
        let took = now.micros() - self.sent.micros();
        if (0..QUICK_MICROS).contains(&took) {
            self.room = (self.room * 2).min(BATCH_BYTES_MAX);
        }
    }

    fn enrolment_answered(&mut self, now: Moment, status: u16, body: &[u8]) {
        self.enrol_next = false;
        let code = self.identity.confirmation_code(&self.service_key);
        match status {
            200..=299 | 409 => {
                tracing::warn!(
                    gateway.key = self.identity.id(),
                    "Waiting for two people to approve this gateway; the code is {code} on both sides."
                );
                self.later(now, format!("not enrolled yet; the code is {code}"));
            }
            status => self.later(now, format!("the service refuses the enrolment with {status}: {}", problem(body).detail)),
        }
    }

    /// A receipt that a courier brought: checked, then believed. One whose head lies behind the last may have been
    /// overtaken on its way: it is refused, and accuses nobody.
    ///
    /// # Errors
    /// The outbox cannot be written.
    pub fn take_receipt(
        &mut self,
        now: Moment,
        outbox: &mut Outbox,
        receipt: &Receipt,
    ) -> Result<Result<(), String>, OutboxError> {
        self.take(now, outbox, receipt, Way::Carried)
    }

    fn take(&mut self, now: Moment, outbox: &mut Outbox, receipt: &Receipt, way: Way) -> Result<Result<(), String>, OutboxError> {
        if receipt.gateway != self.identity.id() {
            return Ok(Err(format!("the receipt is for {}", bounded(&receipt.gateway))));
        }
        if !is_signed(receipt, &self.service_key) {
            return Ok(Err("the receipt is not signed with the configured service_key".to_owned()));
        }
        let head = Head { size: receipt.log_size, root: receipt.log_root.clone() };
        if let Some(last) = outbox.head()?.filter(|_| !self.accept_new_head) {
            let behind = head.size < last.size;
            if behind && receipt.next <= outbox.acknowledged() {
                return Ok(Ok(())); // An older receipt that comes late: it confirms nothing new and accuses nobody.
            }
            if behind && way == Way::Carried {
                return Ok(Err(format!(
                    "the receipt lies behind another one that came since (log of {} and {}), or the service's log went back",
                    head.size, last.size
                )));
            }
            if behind || (head.size == last.size && head.root != last.root) {
                let how = if behind { "went back" } else { "changed" };
                let why = format!(
                    "the service's log {how}: size {} and root {} now, {} and {} before",
                    head.size, head.root, last.size, last.root
                );
                self.stopped = Some(why.clone());
                return Ok(Err(why));
            }
        }
        self.accept_new_head = false;
        outbox.acknowledge(receipt.next, &head, now)?;
        Ok(Ok(()))
    }

    fn receipt(&mut self, now: Moment, outbox: &mut Outbox, first: u64, body: &[u8]) -> Result<(), OutboxError> {
        let Ok(receipt) = serde_json::from_slice::<Receipt>(body) else {
            self.later(now, "the service's answer is no receipt".to_owned());
            return Ok(());
        };
        match self.take(now, outbox, &receipt, Way::Answer)? {
            Ok(()) if receipt.next > first => {
                self.backoff.reset();
                self.more(now);
                (self.under_way, self.until, self.not_before, self.trouble) = (None, None, None, None);
            }
            Ok(()) => self.later(now, format!("the service took nothing of a batch that begins at {first}")),
            Err(why) => self.later(now, why),
        }
        Ok(())
    }

    fn refused(&mut self, now: Moment, outbox: &mut Outbox, first: u64, status: u16, body: &[u8]) -> Result<(), OutboxError> {
        let problem = problem(body);
        match (status, problem.send_from) {
            (409, Some(from)) if from > SEQUENCE_MAX => {
                self.later(now, format!("the service asks for items from {from}, which no gateway ever reaches"));
            }
            (409, Some(from)) if from > first && problem.kind.ends_with("sequence-contradicted") => {
                self.under_way = None;
                tracing::error!(
                    gateway.key = self.identity.id(),
                    service.next = from,
                    "The book holds other items under our numbers: another gateway uses this key, or this outbox is an older copy. \
                     What waits is sent under new numbers."
                );
                return outbox.renumber(from, CONTRADICTED, now);
            }
            // Nobody signed that: what is said to be there already is sent once more, by itself, for its receipt.
            (409, Some(from)) if from > first && from <= outbox.next() && self.until != Some(from) => {
                (self.under_way, self.until) = (None, Some(from));
            }
            (409, Some(from)) if from < first || from > outbox.next() => return self.send_from(now, outbox, from),
            (403, _) if problem.kind.ends_with("gateway-not-enrolled") => {
                self.enrol_next = true;
                self.trouble = Some("this gateway is not enrolled".to_owned());
            }
            (408, _) => {
                self.less(Some(Asked::Batch { first }));
                self.later(now, "the service waited too long for a batch".to_owned());
            }
            _ => self.later(
                now,
                format!("the service refuses a batch with {status}: {} {}", bounded(&problem.kind), bounded(&problem.detail)),
            ),
        }
        Ok(())
    }

    fn send_from(&mut self, now: Moment, outbox: &mut Outbox, from: u64) -> Result<(), OutboxError> {
        self.under_way = None; // Numbers may change their items.
        if from > outbox.next() {
            tracing::error!(
                outbox.next = outbox.next(),
                service.next = from,
                "The book knows more of this gateway than its outbox: it was lost or is old."
            );
            return outbox.renumber(from, "the outbox was lost or is older than the book", now);
        }
        if outbox.rewind(from)? {
            tracing::warn!(outbox.from = from, "The service asks for items again; they are sent from {from}.");
        } else if self.accept_new_head {
            outbox.renumber(from, "the book lost items that the gateway no longer holds", now)?;
        } else {
            self.stopped =
                Some(format!("the service asks for items from {from}, which it confirmed long ago and which are no longer held"));
        }
        Ok(())
    }

    fn later(&mut self, now: Moment, why: String) {
        let wait = self.backoff.wait_ms();
        tracing::warn!(uplink.wait_ms = wait, "Not delivered, kept: {why}.");
        self.not_before = Some(millis_later(now, wait as i64));
        self.trouble = Some(why);
    }
}

fn problem(body: &[u8]) -> Problem {
    serde_json::from_slice(body).unwrap_or_default()
}
