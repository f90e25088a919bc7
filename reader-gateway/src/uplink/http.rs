//! The uplink's wire: a small blocking HTTP client on a thread of its own.
//!
//! Answers are bounded before they are read, redirects are not followed (a batch goes where the
//! configuration says), and a status is an answer, not an error.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ureq::Agent;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

use super::{Answer, Post, Request};
use crate::limits::ANSWER_BYTES;

/// Why the client cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The authority certificates cannot be read.
    #[error("cannot read the certificates in {path}")]
    Certificates {
        /// The file.
        path: String,
        /// As the system says.
        #[source]
        cause: std::io::Error,
    },
    /// There is none in the file.
    #[error("{0} holds no certificate in PEM")]
    Empty(String),
}

/// A client for the service at `base`.
///
/// # Errors
/// The authority certificates cannot be used.
pub fn client(base: &str, ca: Option<&Path>) -> Result<Post, HttpError> {
    let mut config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(Some(Duration::from_secs(60)))
        .timeout_connect(Some(Duration::from_secs(10)))
        .no_delay(true);
    if let Some(path) = ca {
        let shown = path.display().to_string();
        let pem = std::fs::read(path).map_err(|cause| HttpError::Certificates { path: shown.clone(), cause })?;
        let certificates: Vec<_> = parse_pem(&pem)
            .filter_map(|item| match item {
                Ok(PemItem::Certificate(certificate)) => Some(certificate),
                _ => None,
            })
            .collect();
        if certificates.is_empty() {
            return Err(HttpError::Empty(shown));
        }
        config = config.tls_config(TlsConfig::builder().root_certs(RootCerts::Specific(Arc::new(certificates))).build());
    }
    let agent: Agent = config.build().into();
    let base = base.to_owned();
    Ok(Box::new(move |request| post(&agent, &base, request)))
}

fn post(agent: &Agent, base: &str, request: &Request) -> Answer {
    let sent = agent.post(format!("{base}{}", request.path)).header("content-type", "application/json").send(&request.body[..]);
    let answer = sent.and_then(|mut answer| {
        let body = answer.body_mut().with_config().limit(ANSWER_BYTES).read_to_vec()?;
        Ok(Answer::Status(answer.status().as_u16(), body))
    });
    answer.unwrap_or_else(|error| Answer::None(error.to_string()))
}
