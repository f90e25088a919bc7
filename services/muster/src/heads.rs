//! The log's head as others hold it: the signed checkpoint, for paper, gateways and witnesses.

use event_log::checkpoint::{NoteError, Signer, VerifyKey};

use crate::app::App;

impl App {
    /// The log's name in checkpoints, and the name of the key that signs them.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("muster/{}", self.node())
    }

    /// The head as a signed C2SP checkpoint.
    ///
    /// # Errors
    /// [`NoteError`] only if the node's name could not stand in one, which its alphabet excludes.
    pub fn checkpoint(&self) -> Result<String, NoteError> {
        let origin = self.origin();
        Ok(self.log().checkpoint(&origin)?.sign(&self.signer()?))
    }

    /// The key that others verify checkpoints with, as text.
    ///
    /// # Errors
    /// As [`App::checkpoint`].
    pub fn verify_key(&self) -> Result<VerifyKey, NoteError> {
        Ok(self.signer()?.verify_key())
    }

    fn signer(&self) -> Result<Signer, NoteError> {
        Signer::new(self.origin(), &self.signing_key().to_bytes())
    }
}
