//! The log's head as others hold it: the signed checkpoint, for paper, gateways and witnesses.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::app::App;

impl App {
    /// The log's name in checkpoints.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("muster/{}", self.node())
    }

    /// The head as a C2SP checkpoint.
    #[must_use]
    pub fn checkpoint(&self) -> String {
        let head = self.log().head();
        format!("{}\n{}\n{}\n", self.origin(), head.size, STANDARD.encode(head.root))
    }
}
