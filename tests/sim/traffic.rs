//! What is heard and what travels: listening at a reader, a batch on its way, an answer on its way back.

use muster::intake::IntakeError;
use reader_gateway::protocol::DriverName;
use reader_gateway::simulate::tags::Tag;
use reader_gateway::uplink::{Answer, Request};

use super::World;
use crate::arms::Truth;
use crate::promise::{Broken, broken};
use crate::reader::noise;
use crate::road::{self, Parcel};
use crate::tally;

impl World {
    pub(super) fn somebody_listens(&mut self) -> Result<(), Broken> {
        if self.gateways.is_empty() {
            return Ok(());
        }
        let nth = self.people.below(self.gateways.len());
        let rubbish = (self.faults.noise && self.wrongs.percent(20)).then(|| noise(&mut self.wrongs));
        // Mostly short: to listen is the dearest thing in this world.
        let ticks = if self.people.percent(20) { 4 + self.people.next() % 12 } else { 4 + self.people.next() % 3 };
        let gateway = &mut self.gateways[nth];
        if !gateway.runs() {
            gateway.start();
            self.note(format!("gateway {nth}: the power comes back"));
            return Ok(());
        }
        let which = self.people.below(gateway.readers.len());
        let now = gateway.now(self.time);
        let reader = &mut gateway.readers[which];
        let text = reader.kind == DriverName::BarcodeLine;
        let mut tags: Vec<Tag> = Vec::new();
        for arm in &self.arms {
            let here =
                arm.truth == Truth::Stands(gateway.post, reader.place) || arm.copied_to == Some((gateway.post, reader.place));
            if here && self.people.percent(80) {
                let bytes = |text: &str| hex::decode(text).unwrap_or_default();
                tags.push(if text { Tag::text(&arm.serial) } else { Tag::epc(&bytes(&arm.epc), Some(&bytes(&arm.tid))) });
            }
        }
        if self.faults.copies
            && self.wrongs.percent(15)
            && let Some(arm) = self.wrongs.one(&self.arms)
        {
            let chip: [u8; 12] = self.wrongs.clone().bytes();
            tags.push(Tag::epc(&hex::decode(&arm.epc).unwrap_or_default(), Some(&chip)));
        }
        if self.faults.foreign && self.wrongs.percent(30) {
            let stranger = [0x30, 0x34, 1, 2, 3, 4, 5, 6, 7, 8, 9, self.wrongs.below(4) as u8];
            tags.push(Tag::epc(&stranger, None));
        }
        let heard = reader.listen(now, i64::try_from(ticks).unwrap_or(4), tags.clone(), rubbish)?;
        let cut = self.faults.crashes && self.wrongs.percent(8);
        let words = format!("gateway {nth}: {} hears {} tags, {} items", reader.id, tags.len(), heard.items.len());
        if cut {
            gateway.crash(self.wrongs.percent(50));
            self.note(format!("{words}; the power fails before they are on the disk"));
        } else {
            gateway.put(self.time, &heard.items);
            self.note(words);
        }
        Ok(())
    }

    pub(super) fn something_is_sent(&mut self) -> Result<(), Broken> {
        if self.gateways.is_empty() {
            return Ok(());
        }
        let nth = self.links.below(self.gateways.len());
        let Some(request) = self.gateways[nth].wants(self.time) else { return Ok(()) };
        if request.path.ends_with("batches") && self.gateways[nth].overheard.len() < 20 {
            self.gateways[nth].overheard.push(request.clone());
        }
        let late = self.faults.late && self.links.percent(20);
        if late || self.faults.lossy && self.links.percent(20) {
            self.note(format!("gateway {nth}: what it sends is {}", if late { "held up" } else { "lost" }));
            if late {
                self.road.push(Parcel::Batch { gateway: nth, request, forged: false });
            }
            self.gateways[nth].answered(self.time, Answer::None("timed out".to_owned()));
            return Ok(());
        }
        if self.faults.twice && self.links.percent(25) {
            self.road.push(Parcel::Batch { gateway: nth, request: request.clone(), forged: false });
        }
        let answer = self.deliver(nth, &request, false)?;
        self.come_back(nth, answer);
        Ok(())
    }

    fn come_back(&mut self, nth: usize, answer: Answer) {
        let gone = self.faults.lossy && self.links.percent(20) || self.faults.late && self.links.percent(10);
        if !gone {
            return self.gateways[nth].answered(self.time, answer);
        }
        self.note(format!("gateway {nth}: the answer does not arrive"));
        if let Answer::Status(200, body) = &answer
            && let Ok(receipt) = serde_json::from_slice(body)
        {
            self.road.push(Parcel::Receipt { gateway: nth, receipt });
        }
        self.gateways[nth].answered(self.time, Answer::None("timed out".to_owned()));
    }

    pub(super) fn deliver(&mut self, nth: usize, request: &Request, forged: bool) -> Result<Answer, Broken> {
        if !request.path.ends_with("batches") {
            return Ok(Answer::Status(200, Vec::new())); // It announces itself and waits.
        }
        if self.faults.cuts && self.wrongs.percent(8) {
            self.power_fails(20, &["batch-understood", "items-in-log", "batch-in-log", "act-in-log"]);
        }
        let (at, key) = (self.gateways[nth].post, self.gateways[nth].key.clone());
        let (had_power, size) = (self.posts[at].app().is_some(), self.posts[at].log.head().size);
        let taken = self.posts[at].take_in(self.time, &key, &request.body);
        let said = match &taken {
            None if had_power => "the power fails".to_owned(),
            None => "nobody is there".to_owned(),
            Some(Ok(receipt)) => format!("received up to {}", receipt.next),
            Some(Err(error)) => error.to_string(),
        };
        match &taken {
            Some(Ok(_)) if self.posts[at].log.head().size == size => tally::saw("a batch is confirmed again"),
            Some(Err(IntakeError::SendFrom(_))) => tally::saw("a batch is refused for a gap"),
            Some(Err(IntakeError::Contradicts { .. })) => tally::saw("a batch contradicts the book"),
            Some(Err(_)) if forged => tally::saw("a forged batch is refused"),
            Some(Err(IntakeError::NotEnrolled)) => tally::saw("a batch is refused: the key is not in force"),
            _ => {}
        }
        let made = if forged { "somebody's forged batch" } else { "a batch" };
        self.note(format!("{}: {made} of gateway {nth} arrives - {said}", self.posts[at].name));
        if forged && (matches!(taken, Some(Ok(_))) || self.posts[at].log.head().size != size) {
            return broken("what is not signed by the gateway is not taken", said);
        }
        road::answer(taken)
    }

    /// I19: who has seen a head believes no service whose log is behind it; nothing is forgotten by that.
    fn an_older_copy_answers(&mut self) -> Result<(), Broken> {
        if self.gateways.is_empty() {
            return Ok(());
        }
        let nth = self.wrongs.below(self.gateways.len());
        let gateway = &mut self.gateways[nth];
        let (acknowledged, next) = (gateway.acknowledged(), gateway.put_down.len() as u64);
        let receipt = self.posts[gateway.post].older_receipt(&gateway.key, acknowledged, next);
        let Some(receipt) = receipt.filter(|_| gateway.waiting() > 0) else { return Ok(()) };
        let believed = gateway.carried(self.time, &receipt);
        if believed || gateway.acknowledged() != acknowledged {
            return broken("I19 a head that went back is not believed", format!("gateway {nth} took {receipt:?}"));
        }
        tally::saw("a service with an older log is not believed");
        gateway.crash(true); // It stands still and says so; somebody puts the service right and starts it again.
        gateway.start();
        self.note(format!("gateway {nth}: an older copy of its post confirms everything and is not believed"));
        Ok(())
    }

    pub(super) fn something_arrives(&mut self) -> Result<(), Broken> {
        if self.faults.forger && self.wrongs.percent(30) && !self.gateways.is_empty() {
            let nth = self.wrongs.below(self.gateways.len());
            if let Some(request) = road::forged(&self.gateways[nth], &mut self.wrongs) {
                return self.deliver(nth, &request, true).map(drop);
            }
        }
        if self.faults.older && self.wrongs.percent(40) {
            return self.an_older_copy_answers();
        }
        if self.road.is_empty() {
            return Ok(());
        }
        let nth = self.links.below(self.road.len());
        match self.road.swap_remove(nth) {
            Parcel::Batch { gateway, request, forged } => {
                if self.faults.twice && self.links.percent(30) && self.road.len() < 40 {
                    self.road.push(Parcel::Batch { gateway, request: request.clone(), forged });
                }
                self.deliver(gateway, &request, forged).map(drop)
            }
            Parcel::Receipt { gateway, receipt } => {
                tally::saw("a receipt comes late");
                self.note(format!("gateway {gateway}: a late receipt comes, up to {}", receipt.next));
                self.gateways[gateway].carried(self.time, &receipt);
                Ok(())
            }
        }
    }
}
