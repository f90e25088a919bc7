//! `muster-gateway listen`: what one reader says, a JSON line a report, before the sieve.
//!
//! No service, outbox or key is needed. Reports go to standard output and are flushed at once;
//! everything else (conditions, counts) goes to the log on standard error.

use std::io::{self, Write};

use tag_data::barcode::Options;
use tag_data::decode::{barcode_uri, epc_uri};
use tag_data::scan::{Carrier, Report};

use crate::ear::Ear;
use crate::port::{self, Access, PortUrl};
use crate::protocol::{Driver, Effect, Settings};

/// Listens until the port's task ends or the output is closed.
///
/// # Errors
/// The output cannot be written.
pub async fn listen(settings: &Settings, url: PortUrl, access: Access, mut out: impl Write) -> io::Result<()> {
    let shown = url.to_string();
    let mut ear = Ear::new(Driver::new(settings), port::open(url, access));
    while let Some(heard) = ear.next().await {
        for effect in heard.effects {
            match effect {
                Effect::Report(report) => tell(&mut out, report)?,
                Effect::Condition(condition, words) => {
                    let words = words.unwrap_or_default();
                    tracing::info!(reader.condition = ?condition, port = %shown, "{condition:?}: {words}");
                }
                Effect::Count(counter, count) => tracing::debug!(reader.counter = ?counter, reader.count = count, "Counted."),
                Effect::Send(_) | Effect::WakeAt(_) => {} // The ear's business, done.
            }
        }
        heard.ticket.done();
    }
    Ok(())
}

fn tell(out: &mut impl Write, report: Report) -> io::Result<()> {
    let report = with_uri(report);
    let mut line = serde_json::to_vec(&report)?;
    line.push(b'\n');
    out.write_all(&line)?;
    out.flush()
}

/// Adds the pure-identity URI where the scheme is known.
#[must_use]
pub fn with_uri(mut report: Report) -> Report {
    report.uri = match (report.kind, &report.epc, &report.text) {
        (Carrier::Epc, Some(epc), _) => epc_uri(epc),
        (Carrier::Barcode, _, Some(text)) => {
            let scanned = format!("{}{text}", report.symbology.as_deref().unwrap_or_default());
            barcode_uri(&scanned, &Options::default())
        }
        (Carrier::Epc | Carrier::Barcode | Carrier::Badge, ..) => None,
    };
    report
}
