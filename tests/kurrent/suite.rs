//! The conformance suite over the stand-in: the same cases as for the stores on this machine.

use event_log::conformance;
use uuid::Uuid;

use crate::log::{Folder, open};
use crate::server::StandIn;

#[test]
fn the_suite_holds_on_a_server() {
    let (server, folder) = (StandIn::new(), Folder::new());
    let (log, _) = open(&server.url(), &folder).unwrap();
    for run in [1u128 << 100, 2 << 100] {
        let failed: Vec<_> = conformance::suite(&log, Uuid::from_u128(run)).into_iter().filter(|one| one.1.is_err()).collect();
        assert!(failed.is_empty(), "{failed:#?}");
    }
}
