//! The program `muster`. The first line gives rustls its one provider: two in one program panic.
//! Everything else is in the library, so that tests see the same program.

use std::process::ExitCode;

fn main() -> ExitCode {
    muster::install_tls_provider();
    muster::cli::run()
}
