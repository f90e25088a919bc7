//! The log's head as others hold it: the signed checkpoint, for paper, gateways and witnesses.

use event_log::checkpoint::{Signer, VerifyKey};

use crate::app::App;
use crate::desk::ActError;

impl App {
    /// The log's name in checkpoints, and the name of the key that signs them.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("muster/{}", self.node())
    }

    /// The head as a signed C2SP checkpoint.
    ///
    /// # Errors
    /// [`ActError::ReadOnly`] while the signing key is gone; else only if the node's name could not stand in
    /// a checkpoint, which its alphabet excludes.
    pub fn checkpoint(&self) -> Result<String, ActError> {
        let signer = self.signer()?;
        Ok(self.log().checkpoint(&self.origin()).map_err(ActError::failed)?.sign(&signer))
    }

    /// The key that others verify checkpoints with, as text.
    ///
    /// # Errors
    /// As [`App::checkpoint`].
    pub fn verify_key(&self) -> Result<VerifyKey, ActError> {
        Ok(self.signer()?.verify_key())
    }

    fn signer(&self) -> Result<Signer, ActError> {
        Signer::new(self.origin(), &self.signing_key()?.to_bytes()).map_err(ActError::failed)
    }
}
