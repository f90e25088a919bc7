//! A serial line with two plugs: two pseudo-terminals whose far ends are joined, so that two programs
//! can each open one by its path, as they open a real port.

use tokio_serial::{SerialPort as _, SerialStream};

/// The line; unplugged when dropped.
pub struct Line {
    /// The reader's plug.
    pub reader: String,
    /// The gateway's plug.
    pub gateway: String,
    pump: Option<tokio::runtime::Runtime>,
}

impl Line {
    /// Lays the line.
    pub fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (reader, gateway) = runtime.block_on(async {
            let (mut left, reader) = SerialStream::pair().unwrap();
            let (mut right, gateway) = SerialStream::pair().unwrap();
            let plugs = (reader.name().unwrap(), gateway.name().unwrap());
            tokio::spawn(async move {
                let _open = (reader, gateway); // While we hold them, closing by a program does not hang up.
                let _ = tokio::io::copy_bidirectional(&mut left, &mut right).await; // Ends when unplugged.
            });
            plugs
        });
        Self { reader, gateway, pump: Some(runtime) }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if let Some(pump) = self.pump.take() {
            pump.shutdown_background();
        }
    }
}
