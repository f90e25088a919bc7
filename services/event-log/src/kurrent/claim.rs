//! Exactly one muster writes a log: who that is stands in a stream of its own on the server.
//!
//! ```text
//! stream muster-writer:<log>     LogClaimed {holder, by, at} ... LogReleased {holder, by, at}
//! ```
//! To open a log is to add a claim at the expected revision; of two that try at once one is refused. While a
//! claim of somebody else stands that was not released, opening is refused, until a person says that the other
//! is gone for good. No clock and no lease is involved. Who was shut out this way sees the new claim at the
//! next append, or within seconds without one, and turns read-only. What is not prevented: until then both
//! may write. Each stream still has one order (its expected revisions), and both build the same tree, because
//! it follows from the server's order; but a rule that looks at several streams may be decided twice.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::deliver::{Outcome, Patience, deliver};
use super::server::{Packed, Server, Trouble};
use crate::event::{Expected, TypeName};

const CLAIMED: &str = "LogClaimed";
const RELEASED: &str = "LogReleased";

/// Who holds a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Holder {
    /// Sixteen random bytes that stay with the data folder, in hex.
    pub holder: String,
    /// In words.
    pub by: String,
    /// When, microseconds, by the holder's clock; for people only.
    pub at: i64,
}

/// Why a log could not be claimed.
#[derive(Debug)]
pub(crate) enum Refused {
    Held(String),
    Server(String),
}

/// What stands at the end of the claims.
pub(crate) struct Standing {
    pub number: u64,
    pub released: bool,
    pub holder: Holder,
}

/// The last claim or release.
pub(crate) async fn standing(server: &Server, stream: &str) -> Result<Option<Standing>, Trouble> {
    let Some(event) = server.last(stream).await? else { return Ok(None) };
    let holder = serde_json::from_slice(&event.data);
    let holder = holder.map_err(|_| Trouble::Refused(format!("the stream {stream} is not Muster's")))?;
    Ok(Some(Standing { number: event.revision, released: event.event_type == RELEASED, holder }))
}

/// Claims the log; answers the claim's number.
pub(crate) async fn claim(
    server: &Arc<Server>,
    stream: &str,
    me: &Holder,
    id: Uuid,
    take_over: bool,
    patience: Patience,
) -> Result<u64, Refused> {
    let began = std::time::Instant::now();
    let last = loop {
        match standing(server, stream).await {
            Ok(last) => break last,
            Err(Trouble::Refused(what)) => return Err(Refused::Server(what)),
            Err(Trouble::Deleted) => return Err(Refused::Server(format!("the stream {stream} was deleted"))),
            Err(Trouble::Away(what)) if began.elapsed() >= patience.call => {
                return Err(Refused::Server(format!("it does not answer: {what}")));
            }
            Err(Trouble::Away(_)) => tokio::time::sleep(patience.pause).await,
        }
    };
    if let Some(Standing { released: false, holder, .. }) = &last
        && holder.holder != me.holder
        && !take_over
    {
        return Err(Refused::Held(holder.by.clone()));
    }
    let expected = last.map_or(Expected::NoStream, |last| Expected::Revision(last.number));
    match send(server, stream, expected, CLAIMED, me, id, patience).await {
        Outcome::Written => Ok(number(expected)),
        Outcome::Conflict => Err(Refused::Held("another one that began at the same moment".to_owned())),
        Outcome::Refused(what) => Err(Refused::Server(what)),
        Outcome::Unknown(what) => Err(Refused::Server(format!("it does not answer: {what}"))),
    }
}

/// Lets the log go, if the claim still stands. Once; who cannot be reached now is asked to take over later.
pub(crate) async fn release(server: &Arc<Server>, stream: &str, me: &Holder, number: u64, id: Uuid, patience: Patience) {
    let patience = Patience { outcome: std::time::Duration::ZERO, ..patience };
    let outcome = send(server, stream, Expected::Revision(number), RELEASED, me, id, patience).await;
    if !matches!(outcome, Outcome::Written) {
        tracing::warn!(book.outcome = ?outcome, "The log could not be let go on its server; this data folder may open it again.");
    }
}

async fn send(
    server: &Arc<Server>,
    stream: &str,
    expected: Expected,
    kind: &str,
    me: &Holder,
    id: Uuid,
    patience: Patience,
) -> Outcome {
    let event = Packed {
        id,
        type_name: TypeName::new(kind).expect("the name follows the rule"),
        metadata: Vec::new(),
        data: serde_json::to_vec(me).expect("texts and numbers become JSON"),
    };
    deliver(Arc::clone(server), stream.to_owned(), expected, vec![event], patience).await
}

fn number(expected: Expected) -> u64 {
    match expected {
        Expected::NoStream => 0,
        Expected::Revision(revision) => revision + 1,
    }
}
