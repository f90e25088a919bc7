//! Intake: a gateway's signed batch becomes events of the gateway's own stream, byte for byte.
//!
//! Size before parsing, key before signature, signature before content. An item's sequence is the
//! revision in the stream `gateway-<key>`, so nothing can be taken twice or in another order. The
//! items are appended first, then the batch with its signature; cut off in between, the same batch
//! comes again and completes it. Only the signed receipt lets the gateway forget.

use armoury::codes::{Basis, Role};
use armoury::command::{Command, GatewayCommand};
use armoury::event::gateway::{BatchContradicted, BatchReceived, GatewayEvent};
use armoury::event::{Actor, Event, Meta};
use armoury::ids::{GatewayKey, PlaceId};
use armoury::refusal::Refusal;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, VerifyingKey};
use event_log::event::{Expected, NewEvent, Recorded, StreamName, TypeName};
use serde::Deserialize;
use serde_json::value::RawValue;
use tag_data::batch::{BATCH_BYTES_MAX, Batch, ITEM_BYTES_MAX, ITEMS_MAX, Receipt, items_digest};
use tag_data::moment::Moment;

use crate::app::App;
use crate::desk::{self, ActError, How};
use crate::points;

pub mod held_up;

/// Why a batch was not taken.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// More bytes or items than a batch has.
    #[error("a batch has at most {ITEMS_MAX} items and {BATCH_BYTES_MAX} bytes, an item at most {ITEM_BYTES_MAX}")]
    TooLarge,
    /// Not a batch, or an item in another form than the one that is signed and stored.
    #[error("the batch is not understood: {0}")]
    Form(String),
    /// The key is unknown, waits for its second person, or is closed.
    #[error("this gateway is not enrolled, or its key was closed")]
    NotEnrolled,
    /// The signature does not cover these bytes.
    #[error("the signature does not hold")]
    Signature,
    /// Something before this batch is missing, or part of it is in the book under another batch.
    #[error("send from {0}")]
    SendFrom(u64),
    /// The book holds another item under one of these numbers. Told to people too.
    #[error("the book holds other items under these numbers from {sequence} on; number yours anew from {next}")]
    Contradicts {
        /// The first sequence that differs.
        sequence: u64,
        /// From where to go on.
        next: u64,
    },
    /// The same gateway's other batch is being taken in just now.
    #[error("another batch of this gateway is being taken in")]
    Busy,
    /// The desk or the log.
    #[error(transparent)]
    Act(#[from] ActError),
}

/// An item as it must stand, to the byte: `{"type":T,"data":D}`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Outer<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(borrow)]
    data: &'a RawValue,
}

/// An item understood: its type, its bytes, when and where.
#[derive(Debug)]
pub struct Item<'a> {
    kind: &'a str,
    data: &'a str,
    at: Moment,
    place: Option<PlaceId>,
}

impl App {
    /// Takes in one batch of the gateway `key`.
    ///
    /// # Errors
    /// [`IntakeError`]; nothing is lost by any of them, the gateway keeps what has no receipt.
    pub async fn take_in(&self, key: &GatewayKey, body: &[u8]) -> Result<Receipt, IntakeError> {
        let batch = parsed(body)?;
        if batch.gateway != key.as_str() {
            return Err(IntakeError::Form("the batch is another gateway's".to_owned()));
        }
        self.check_signature(key, &batch)?;
        let items = understood(&batch).inspect_err(|why| self.held_up().refused(key, self.now(), why.to_string()))?;
        let _only = self.in_flight().enter("gateway", key.as_str()).ok_or(IntakeError::Busy)?;
        let _turn = self.turns().take(vec![desk::turns::of_gateway(key.as_str())]).await;
        let received = received(key, &batch);
        self.no_contradiction(key, &received, &items).await?;
        let command = Command::Gateway(key.clone(), GatewayCommand::ReceiveBatch(received));
        let actor = Actor::Gateway { key: key.clone() };
        self.would(&actor, &command).map_err(refused)?; // A gap or a closed key is told before anything is written.
        points::passing("batch-understood");
        self.append_items(key, batch.first, &items).await?;
        points::passing("items-in-log");
        self.act_as(actor, Some(Role::Gateway), &command, &How::default()).await.map_err(refused)?;
        points::passing("batch-in-log");
        self.held_up().went_on(key);
        Ok(self.receipt(key, batch.first + items.len() as u64)?)
    }

    fn check_signature(&self, key: &GatewayKey, batch: &Batch) -> Result<(), IntakeError> {
        let public = {
            let views = self.views();
            let row = views.gateways.get(key).ok_or(IntakeError::NotEnrolled)?;
            if !desk::is_enrolled(row) {
                return Err(IntakeError::NotEnrolled);
            }
            row.public_key.clone()
        };
        let public: [u8; 32] = decode(&public).ok_or(IntakeError::NotEnrolled)?;
        let public = VerifyingKey::from_bytes(&public).map_err(|_| IntakeError::NotEnrolled)?;
        let signature: [u8; 64] = decode(&batch.signature).ok_or(IntakeError::Signature)?;
        public.verify_strict(&batch.signing_bytes(), &Signature::from_bytes(&signature)).map_err(|_| IntakeError::Signature)
    }

    /// What stands in the book under the batch's numbers must be the batch's own items: a second gateway with a
    /// copied key, or an outbox from an older copy, would otherwise be told that its items are safe.
    async fn no_contradiction(&self, key: &GatewayKey, batch: &BatchReceived, items: &[Item<'_>]) -> Result<(), IntakeError> {
        let stream = StreamName::new(key.heard_stream()).map_err(ActError::failed)?;
        let next = self.log().last_revision(&stream).map_err(ActError::failed)?.map_or(0, |revision| revision + 1);
        if batch.first >= next {
            return Ok(());
        }
        let stored = self.log().read_stream(&stream, batch.first, items.len()).map_err(ActError::failed)?;
        let same =
            |(event, item): &(&Recorded, &Item<'_>)| event.type_name.as_str() == item.kind && event.data == item.data.as_bytes();
        let agree = stored.iter().zip(items).take_while(same).count();
        if agree == stored.len() {
            return Ok(());
        }
        let sequence = batch.first + agree as u64;
        let BatchReceived { gateway, boot, first, count, items_digest, signature } = batch.clone();
        let told = BatchContradicted { gateway, boot, first, count, items_digest, signature, sequence, next };
        let command = Command::Gateway(key.clone(), GatewayCommand::ContradictBatch(told));
        let actor = Actor::Gateway { key: key.clone() };
        self.act_as(actor, Some(Role::Gateway), &command, &How::default()).await.map_err(refused)?;
        tracing::warn!(
            gateway.key = key.as_str(),
            gateway.sequence = sequence,
            "A gateway hands in other items under numbers that the book holds: a second one uses its key, or its outbox is an older copy."
        );
        Err(IntakeError::Contradicts { sequence, next })
    }

    /// Appends what is not in the stream yet; what is there already is passed over.
    async fn append_items(&self, key: &GatewayKey, first: u64, items: &[Item<'_>]) -> Result<(), IntakeError> {
        let stream = StreamName::new(key.heard_stream()).map_err(ActError::failed)?;
        let last = self.log().last_revision(&stream).map_err(ActError::failed)?;
        let next = last.map_or(0, |revision| revision + 1);
        if first > next {
            return Err(IntakeError::SendFrom(next));
        }
        let known = usize::try_from(next - first).unwrap_or(usize::MAX);
        let new: Vec<NewEvent> =
            items.iter().skip(known).map(|item| self.envelope(key, item)).collect::<Result<_, ActError>>()?;
        if new.is_empty() {
            return Ok(());
        }
        let expected = last.map_or(Expected::NoStream, Expected::Revision);
        let appended = self.log().append(&stream, expected, new).await.map_err(desk::refused_append)?;
        self.applied(appended.last_position).await;
        Ok(())
    }

    fn envelope(&self, key: &GatewayKey, item: &Item<'_>) -> Result<NewEvent, ActError> {
        let meta = Meta {
            actor: Actor::Gateway { key: key.clone() },
            role: Some(Role::Gateway),
            device: None,
            place: item.place,
            node: self.node().clone(),
            basis: Basis::Device,
            cause: None,
            reason: None,
            idempotency_key: None,
        };
        Ok(NewEvent {
            id: self.new_id(),
            type_name: TypeName::new(item.kind).map_err(ActError::failed)?,
            schema_version: 1,
            occurred_at: item.at.micros(),
            meta: serde_json::to_vec(&meta).map_err(ActError::failed)?,
            data: item.data.as_bytes().to_vec(),
        })
    }

    /// The signed receipt: everything below `next` is durably in the log.
    fn receipt(&self, key: &GatewayKey, next: u64) -> Result<Receipt, ActError> {
        let head = self.log().head();
        let mut receipt = Receipt {
            gateway: key.to_string(),
            next,
            log_size: head.size,
            log_root: hex::encode(head.root),
            signature: String::new(),
        };
        receipt.signature = STANDARD.encode(self.signing_key()?.sign(&receipt.signing_bytes()).to_bytes());
        Ok(receipt)
    }
}

/// What the desk's refusals say to a gateway.
fn refused(error: ActError) -> IntakeError {
    match error {
        ActError::Refused(Refusal::KeyNotInForce) => IntakeError::NotEnrolled,
        ActError::Refused(Refusal::SequenceGap { next } | Refusal::SequenceTaken { next }) => IntakeError::SendFrom(next),
        ActError::Conflict => IntakeError::Busy,
        other => IntakeError::Act(other),
    }
}

fn received(key: &GatewayKey, batch: &Batch) -> BatchReceived {
    BatchReceived {
        gateway: key.clone(),
        boot: batch.boot.clone(),
        first: batch.first,
        count: batch.items.len() as u64,
        items_digest: hex::encode(items_digest(batch.items.iter().map(|item| item.get()))),
        signature: batch.signature.clone(),
    }
}

/// Reads a batch's bytes: the size before anything else.
///
/// # Errors
/// [`IntakeError::TooLarge`] or [`IntakeError::Form`].
pub fn parsed(body: &[u8]) -> Result<Batch, IntakeError> {
    if body.len() > BATCH_BYTES_MAX {
        return Err(IntakeError::TooLarge);
    }
    serde_json::from_slice(body).map_err(|cause| IntakeError::Form(cause.to_string()))
}

/// Reads every item; one that is not in the signed form refuses the batch.
///
/// # Errors
/// [`IntakeError::TooLarge`] or [`IntakeError::Form`].
pub fn understood(batch: &Batch) -> Result<Vec<Item<'_>>, IntakeError> {
    if batch.items.len() > ITEMS_MAX || batch.items.iter().any(|item| item.get().len() > ITEM_BYTES_MAX) {
        return Err(IntakeError::TooLarge);
    }
    if batch.items.is_empty() || batch.boot.len() > 64 || batch.boot.chars().any(char::is_control) {
        return Err(IntakeError::Form("a batch has items and a short boot label".to_owned()));
    }
    batch.items.iter().enumerate().map(|(nth, item)| one(nth, item.get())).collect()
}

fn one(nth: usize, raw: &str) -> Result<Item<'_>, IntakeError> {
    let wrong = |why: &str| IntakeError::Form(format!("item {nth}: {why}"));
    let outer: Outer<'_> = serde_json::from_str(raw).map_err(|cause| wrong(&cause.to_string()))?;
    let (kind, data) = (outer.kind, outer.data.get());
    if raw != format!("{{\"type\":\"{kind}\",\"data\":{data}}}") {
        return Err(wrong("it is not written as {\"type\":T,\"data\":D} without spaces"));
    }
    let event = Event::read(kind, 1, data.as_bytes()).map_err(|cause| wrong(&cause.to_string()))?;
    let (at, place) = match &event {
        Event::Gateway(GatewayEvent::Observed(heard)) => (heard.first, heard.place.parse().ok()),
        Event::Gateway(GatewayEvent::ReaderHeard(heard)) => (heard.at, heard.place.parse().ok()),
        Event::Gateway(GatewayEvent::HoleDeclared(hole)) => (hole.at, None),
        _ => return Err(wrong("a gateway hands in observations, readers' conditions and holes only")),
    };
    Ok(Item { kind, data, at, place })
}

fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    STANDARD.decode(text).ok()?.try_into().ok()
}

/// The code that the gateway's screen and ours both show: the first 40 bits of SHA-256 over both
/// public keys, in Crockford's base 32, as `XXXX-XXXX`.
#[must_use]
pub fn confirmation_code(gateway: &[u8; 32], service: &[u8; 32]) -> String {
    use sha2::{Digest as _, Sha256};
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let digest = Sha256::new().chain_update(gateway).chain_update(service).finalize();
    let bits = digest[..5].iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
    let letter = |nth: u32| char::from(ALPHABET[usize::try_from(bits >> (35 - 5 * nth) & 31).unwrap_or(0)]);
    let letters: String = (0..8).map(letter).collect();
    format!("{}-{}", &letters[..4], &letters[4..])
}
