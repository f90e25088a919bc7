//! The road between gateways and posts: what is on it may be lost, late, doubled, copied, forged.
//!
//! The service's answers are those of its API: a receipt, "send from N", "not enrolled", or trouble.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};
use muster::intake::IntakeError;
use reader_gateway::uplink::{Answer, Request};
use serde_json::Value;
use tag_data::batch::{Batch, Receipt};

use crate::dice::Dice;
use crate::gateway::Gateway;
use crate::promise::{Broken, broken};

/// Something on the road.
pub enum Parcel {
    /// A gateway's request, to its post; `forged` ones must never be taken.
    Batch {
        /// Whose it is.
        gateway: usize,
        /// What it says.
        request: Request,
        /// Somebody else made it.
        forged: bool,
    },
    /// A receipt, to its gateway.
    Receipt {
        /// Whose it is.
        gateway: usize,
        /// What it says.
        receipt: Receipt,
    },
}

/// What the API answers.
pub fn answer(taken: Option<Result<Receipt, IntakeError>>) -> Result<Answer, Broken> {
    let problem = |status, kind: &str, from: Option<u64>| {
        let mut body = serde_json::json!({"type": format!("urn:muster:problem:{kind}"), "detail": kind});
        if let Some(from) = from {
            body["send_from"] = Value::from(from);
        }
        Answer::Status(status, body.to_string().into_bytes())
    };
    Ok(match taken {
        None => Answer::None("no answer".to_owned()),
        Some(Ok(receipt)) => Answer::Status(200, serde_json::to_vec(&receipt).expect("a receipt is JSON")),
        Some(Err(IntakeError::SendFrom(next))) => problem(409, "send_from", Some(next)),
        Some(Err(IntakeError::Contradicts { next, .. })) => problem(409, "sequence_contradicted", Some(next)),
        Some(Err(IntakeError::NotEnrolled)) => problem(403, "gateway-not-enrolled", None),
        Some(Err(IntakeError::Signature)) => problem(403, "signature_wrong", None),
        Some(Err(IntakeError::Form(_) | IntakeError::TooLarge)) => problem(400, "batch_not_understood", None),
        Some(Err(other)) => return broken("a batch is taken or refused with a reason", format!("{other:?}")),
    })
}

/// A batch made by somebody who is not the gateway, or an old one changed: never to be taken.
pub fn forged(gateway: &Gateway, dice: &mut Dice) -> Option<Request> {
    let request = dice.one(&gateway.overheard)?.clone();
    let mut batch: Batch = serde_json::from_slice(&request.body).ok()?;
    match dice.below(4) {
        0 => batch.first += 1,
        1 => batch.boot.push('x'),
        2 => {
            let item = batch.items.first()?.get().replace("\"count\":", "\"count\":9");
            batch.items[0] = serde_json::value::RawValue::from_string(item).ok()?;
            batch.first = gateway.acknowledged();
        }
        _ => {
            batch.first = gateway.acknowledged();
            let other = SigningKey::from_bytes(&dice.bytes());
            batch.signature = STANDARD.encode(other.sign(&batch.signing_bytes()).to_bytes());
        }
    }
    let unchanged = request.body == serde_json::to_vec(&batch).ok()?;
    (!unchanged).then(|| Request { body: serde_json::to_vec(&batch).unwrap_or_default(), ..request })
}
