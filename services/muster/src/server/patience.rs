//! Patience with whoever is slow to send: a request's body may take as long as its bytes deserve, and no longer.
//!
//! A post behind a satellite link sends a table in minutes, and is waited for; who sends a byte now and then, to
//! hold many connections open, is not. Nothing is read here that the route does not ask for.

use std::time::Duration;

use actix_web::HttpMessage as _;
use actix_web::dev::{Payload, ServiceRequest};
use actix_web::error::PayloadError;
use actix_web::web::Bytes;
use futures_util::stream::unfold;
use futures_util::{Stream, StreamExt as _};
use tokio::time::{Instant, timeout_at};

/// Every body has this long, also an empty one.
const GRACE: Duration = Duration::from_secs(60);
/// What came so far earns time at this rate: less than a line of 2,400 bits a second carries.
const BYTES_A_SECOND: u64 = 200;

/// Sets an end, which moves as bytes come, to the request's body.
pub fn limit(request: &mut ServiceRequest) {
    let payload = request.take_payload();
    if !matches!(payload, Payload::None) {
        request.set_payload(Payload::Stream { payload: Box::pin(limited(payload, GRACE)) });
    }
}

type Part = Result<Bytes, PayloadError>;

fn limited(body: impl Stream<Item = Part> + Unpin, grace: Duration) -> impl Stream<Item = Part> {
    let end = Instant::now() + grace;
    unfold(Some((body, 0_u64)), move |state| async move {
        let (mut body, came) = state?;
        match timeout_at(end + Duration::from_secs(came / BYTES_A_SECOND), body.next()).await {
            Ok(Some(Ok(part))) => {
                let came = came + part.len() as u64;
                Some((Ok(part), Some((body, came))))
            }
            Ok(Some(Err(cause))) => Some((Err(cause), None)),
            Ok(None) => None,
            Err(_) => Some((Err(PayloadError::Io(std::io::ErrorKind::TimedOut.into())), None)),
        }
    })
}

/// True if a body was given up as too slow.
#[must_use]
pub fn ran_out(error: &actix_web::Error) -> bool {
    matches!(error.as_error(), Some(PayloadError::Io(cause)) if cause.kind() == std::io::ErrorKind::TimedOut)
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    fn part(bytes: usize) -> Part {
        Ok(Bytes::from(vec![b' '; bytes]))
    }

    /// How many bytes come, and whether it was given up.
    async fn read(body: impl Stream<Item = Part> + Unpin) -> (usize, bool) {
        let parts: Vec<Part> = limited(body, Duration::from_millis(1)).collect().await;
        let gave_up = parts.last().is_some_and(|last| last.is_err());
        assert!(parts.iter().rev().skip(1).all(Result::is_ok), "nothing follows an error");
        (parts.iter().flatten().map(Bytes::len).sum(), gave_up)
    }

    #[actix_web::test]
    async fn a_body_that_stops_is_given_up_and_no_other() {
        assert_eq!(read(stream::iter([part(3), part(4)])).await, (7, false));
        assert_eq!(read(stream::iter([part(3)]).chain(stream::pending())).await, (3, true));
        assert_eq!(read(stream::iter([Err(PayloadError::Incomplete(None)), part(4)])).await, (0, true));
    }

    /// What came has earned time for what comes later.
    #[actix_web::test]
    async fn a_slow_line_is_waited_for() {
        let late = stream::once(async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            part(5)
        });
        assert_eq!(read(Box::pin(stream::iter([part(100_000)]).chain(late))).await, (100_005, false));
    }
}
