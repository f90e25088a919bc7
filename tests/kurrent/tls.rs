//! A line that is encrypted, and the one provider of cryptography in the process.
//!
//! The cluster's client brings a second provider along. Two that are both asked for, or none, is a panic at
//! the first handshake; here a handshake is made, and it is made with ring.

use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use crate::log::{Folder, event, open, stream};
use crate::server::StandIn;
use event_log::{Expected, OpenError};

fn file(name: &str) -> std::path::PathBuf {
    muster_tests::root().join("tests/kurrent/tls").join(name)
}

fn acceptor() -> TlsAcceptor {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let certificate = CertificateDer::from_pem_file(file("server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(file("server.key")).unwrap();
    let mut config = builder.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    TlsAcceptor::from(Arc::new(config))
}

#[test]
fn encrypted_with_ring() {
    let (server, folder) = (StandIn::encrypted(acceptor()), Folder::new());
    let options = "discoveryInterval=2&maxDiscoverAttempts=3&gossipTimeout=1000";
    let trusted =
        format!("kurrentdb://localhost:{}?{options}&tlsCAFile={}", server.address().port(), file("authority.pem").display());
    let (log, _) = open(&trusted, &folder).unwrap();
    let appended = log.append_blocking(&stream("weapon-1"), Expected::NoStream, vec![event(1), event(2)]).unwrap();
    assert_eq!(appended.last_position, 2);
    drop(log);
    let provider = format!("{:?}", CryptoProvider::get_default().expect("a provider is installed").secure_random);
    assert_eq!(provider, "Ring");

    // Whoever is not known by the authority that was named is not spoken to, nor is anybody in the clear.
    let other = file("server.pem").display().to_string();
    let unknown = format!("kurrentdb://localhost:{}?{options}&tlsCAFile={other}", server.address().port());
    assert!(matches!(open(&unknown, &Folder::new()), Err(OpenError::Server { .. })));
    let clear = format!("kurrentdb://localhost:{}?{options}&tls=false", server.address().port());
    assert!(matches!(open(&clear, &Folder::new()), Err(OpenError::Server { .. })));
}
