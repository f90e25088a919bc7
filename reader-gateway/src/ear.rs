//! One ear: a port and the driver that understands it, with the clock between them.
//!
//! It sends what the driver wants sent, wakes it when it asks, and tells a lost port once. A clock
//! that steps back begins the driver's dialogue again, so that no timer waits for a time that has
//! been. Everything else the driver says is handed on unchanged.

use tag_data::moment::Moment;
use tag_data::scan::ReaderCondition;

use crate::clock;
use crate::port::{Incoming, Port, Ticket};
use crate::protocol::{Counter, Driver, Effect, bounded};

/// What was heard at one moment.
#[derive(Debug)]
pub struct Heard {
    /// When, by this machine's clock.
    pub now: Moment,
    /// Reports, conditions and counts, in their order.
    pub effects: Vec<Effect>,
    /// What to acknowledge once all of it is safe.
    pub ticket: Ticket,
    /// Messages refused as stale or foreign.
    pub refused: u64,
    /// Whether the port is open now.
    pub open: bool,
}

/// A port and its driver.
#[derive(Debug)]
pub struct Ear {
    driver: Driver,
    port: Port,
    open: Option<bool>,
    wake: Option<Moment>,
    last: Moment,
}

impl Ear {
    /// An ear at a port that is kept by its own task.
    #[must_use]
    pub fn new(driver: Driver, port: Port) -> Self {
        Self { driver, port, open: None, wake: None, last: Moment::default() }
    }

    /// Waits for something worth telling. `None`: the port's task ended, nothing will come any more.
    pub async fn next(&mut self) -> Option<Heard> {
        loop {
            let alarm = async {
                match self.wake.filter(|_| self.open == Some(true)) {
                    Some(at) => tokio::time::sleep(clock::until(at, clock::now())).await,
                    None => std::future::pending().await,
                }
            };
            let event = tokio::select! {
                event = self.port.incoming.recv() => Some(event?),
                () = alarm => None,
            };
            let (now, was_open) = (clock::now(), self.open == Some(true));
            let heard = self.take(now, event);
            let opened = heard.open != was_open;
            if opened || !heard.effects.is_empty() || !matches!(heard.ticket, Ticket::None) || heard.refused > 0 {
                return Some(heard);
            }
        }
    }

    fn take(&mut self, now: Moment, event: Option<Incoming>) -> Heard {
        let mut effects = Vec::new();
        if now < self.last && self.open == Some(true) {
            effects.extend(self.driver.cut(now));
            effects.extend(self.driver.start(now));
        }
        self.last = now;
        let (mut ticket, mut refused) = (Ticket::None, 0);
        match event {
            None => {
                self.wake = None;
                effects.extend(self.driver.tick(now));
            }
            Some(Incoming::Opened) => {
                self.open = Some(true);
                effects.extend(self.driver.start(now));
            }
            Some(Incoming::Closed(why)) => {
                let news = self.open != Some(false);
                if self.open == Some(true) {
                    effects.extend(self.driver.cut(now));
                }
                (self.open, self.wake) = (Some(false), None);
                if news {
                    effects.push(Effect::Condition(ReaderCondition::PortLost, Some(bounded(&why))));
                } else {
                    tracing::debug!(port.error = %why, "The port is still closed.");
                }
            }
            Some(Incoming::Bytes(bytes)) => effects.extend(self.driver.receive(now, &bytes)),
            Some(Incoming::Message(message, its)) => {
                effects.extend(self.driver.receive(now, &message));
                ticket = its;
            }
            Some(Incoming::Refused(why)) => {
                tracing::warn!(port.refused = why, "A message was refused.");
                refused = 1;
            }
            Some(Incoming::Lost(count)) => {
                let words = format!("{count} messages or pieces of the line came faster than they could be taken");
                effects.push(Effect::Count(Counter::ReadsLost, count));
                effects.push(Effect::Condition(ReaderCondition::ReadsLost, Some(words)));
            }
        }
        effects.retain_mut(|effect| self.keeps(effect));
        Heard { now, effects, ticket, refused, open: self.open == Some(true) }
    }

    /// Does what is the ear's business; false for effects that end here.
    fn keeps(&mut self, effect: &mut Effect) -> bool {
        match effect {
            Effect::Send(bytes) => {
                // A full line is a reader that does not listen; its driver asks again by itself.
                let _ = self.port.outgoing.try_send(std::mem::take(bytes));
                false
            }
            Effect::WakeAt(at) => {
                self.wake = Some(*at);
                false
            }
            Effect::Report(_) | Effect::Condition(..) | Effect::Count(..) => true,
        }
    }
}
