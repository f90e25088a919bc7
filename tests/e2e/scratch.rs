//! A folder of one test, gone when the test is over; kept and named when it failed.

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// The folder.
#[derive(Debug)]
pub struct Scratch(PathBuf);

static MADE: AtomicU32 = AtomicU32::new(0);

impl Scratch {
    /// An empty folder.
    pub fn new(name: &str) -> Self {
        let unique = format!("muster-e2e-{name}-{}-{}", std::process::id(), MADE.fetch_add(1, Ordering::SeqCst));
        let path = std::env::temp_dir().join(unique);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// A file in it, as text for a command line.
    pub fn file(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    /// Writes a file in it; its path.
    pub fn write(&self, name: &str, text: &str) -> String {
        std::fs::write(self.0.join(name), text).unwrap();
        self.file(name)
    }
}

impl Deref for Scratch {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("kept: {}", self.0.display());
        } else {
            let _ = std::fs::remove_dir_all(&self.0); // What cannot be removed is the system's to sweep.
        }
    }
}
