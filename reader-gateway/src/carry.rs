//! Batches and receipts as files: a USB stick or a courier is a way to the book like any other.
//!
//! A file holds exactly what would have been posted, so the service checks it the same way. Writing
//! out changes nothing in the outbox; only a receipt that comes back does.

use std::io::Write;
use std::path::{Path, PathBuf};

use tag_data::batch::{BATCH_BYTES_MAX, Receipt};
use tag_data::moment::Moment;

use crate::identity::Identity;
use crate::limits::ANSWER_BYTES;
use crate::outbox::{Outbox, OutboxError};
use crate::uplink::Uplink;

/// Why a file did not travel.
#[derive(Debug, thiserror::Error)]
pub enum CarryError {
    /// The outbox.
    #[error(transparent)]
    Outbox(#[from] OutboxError),
    /// A file or directory.
    #[error("cannot use {path}")]
    File {
        /// Which.
        path: PathBuf,
        /// As the system says.
        #[source]
        cause: std::io::Error,
    },
    /// The file is no receipt.
    #[error("{0} holds no receipt")]
    NoReceipt(PathBuf),
    /// The receipt is not for us, not signed, or its head went backwards.
    #[error("{0}")]
    Refused(String),
}

/// Writes everything that waits into `directory`, a signed batch a file; returns the files.
///
/// # Errors
/// The outbox or the directory.
pub fn export(outbox: &Outbox, identity: &Identity, directory: &Path) -> Result<Vec<PathBuf>, CarryError> {
    let file = |path: &Path| {
        let path = path.to_owned();
        move |cause| CarryError::File { path, cause }
    };
    std::fs::create_dir_all(directory).map_err(file(directory))?;
    let (mut files, mut from) = (Vec::new(), outbox.acknowledged());
    loop {
        let waiting = outbox.batch(from, BATCH_BYTES_MAX)?;
        if waiting.items.is_empty() {
            return Ok(files);
        }
        from += waiting.items.len() as u64;
        let batch = identity.sign(waiting);
        let path = directory.join(format!("batch-{}-{:012}.json", identity.id(), batch.first));
        let body = serde_json::to_vec(&batch).expect("a batch always serialises");
        let written = std::fs::File::create(&path).and_then(|mut out| out.write_all(&body).and_then(|()| out.sync_all()));
        written.map_err(file(&path))?;
        files.push(path);
    }
}

/// Takes a receipt that came back as a file; returns the sequence below which all is in the book.
///
/// # Errors
/// The file, or a receipt that must not be believed.
pub fn import_receipt(outbox: &mut Outbox, uplink: &mut Uplink, path: &Path, now: Moment) -> Result<u64, CarryError> {
    let file = |cause| CarryError::File { path: path.to_owned(), cause };
    if std::fs::metadata(path).map_err(file)?.len() > ANSWER_BYTES {
        return Err(CarryError::NoReceipt(path.to_owned()));
    }
    let bytes = std::fs::read(path).map_err(file)?;
    let receipt: Receipt = serde_json::from_slice(&bytes).map_err(|_| CarryError::NoReceipt(path.to_owned()))?;
    uplink.take_receipt(now, outbox, &receipt)?.map_err(CarryError::Refused)?;
    Ok(outbox.acknowledged())
}
