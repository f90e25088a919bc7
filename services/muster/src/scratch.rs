//! A folder that is gone when it is dropped; for tests, the demo and benches.

use std::ops::Deref;
use std::path::{Path, PathBuf};

/// A folder of its own under the system's temporary folder.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// Makes it; `name` is for people who look.
    ///
    /// # Panics
    /// When the system gives no temporary folder.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self::within(&std::env::temp_dir(), name)
    }

    /// The same in another folder, such as one on the disk that is meant.
    ///
    /// # Panics
    /// When the folder takes no new folder.
    #[must_use]
    pub fn within(folder: &Path, name: &str) -> Self {
        let path = folder.join(format!("muster-{name}-{}", hex::encode(crate::random::bytes::<8>())));
        std::fs::create_dir_all(&path).expect("the folder takes a new folder");
        Self(path)
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
        drop(std::fs::remove_dir_all(&self.0)); // What cannot be removed is the system's to sweep.
    }
}
