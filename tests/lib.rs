//! Shared helpers of the house's tests: where the house stands, which files it keeps, what it is built from.
//!
//! Nothing here knows a rule; the rules stand in `tidy.rs` and `supply.rs`. Files are those that git
//! keeps or would keep; without git, everything outside the build's own folders.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

#[path = "e2e/secrets.rs"]
pub mod secrets;

/// One text file of the house.
#[derive(Clone, Debug)]
pub struct File {
    /// Path from the root, with `/`.
    pub path: String,
    /// Its text.
    pub text: String,
}

impl File {
    /// A file that exists only in a test of a rule.
    #[must_use]
    pub fn made_up(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    /// How the file's name ends, without the dot; empty if there is none.
    #[must_use]
    pub fn ending(&self) -> &str {
        self.path.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map_or("", |(_, ending)| ending)
    }
}

/// The root of the house.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ stands in the root").to_path_buf()
}

/// Every text file that is kept, in order of path; files that are not UTF-8 are left out.
#[must_use]
pub fn kept_files() -> Vec<File> {
    let root = root();
    let mut paths = listed_by_git(&root).unwrap_or_else(|| walked(&root));
    paths.sort();
    paths.into_iter().filter_map(|path| fs::read_to_string(root.join(&path)).ok().map(|text| File { path, text })).collect()
}

fn listed_by_git(root: &Path) -> Option<Vec<String>> {
    let listing = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let out = Command::new("git").args(listing).current_dir(root).output().ok()?;
    let text = String::from_utf8(out.stdout).ok()?;
    let paths: Vec<String> = text.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect();
    (out.status.success() && !paths.is_empty()).then_some(paths)
}

fn walked(root: &Path) -> Vec<String> {
    let mut open = vec![root.to_path_buf()];
    let mut paths = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            match (path.is_dir(), name.to_string_lossy().as_ref()) {
                (true, "target" | "node_modules" | ".git") => {}
                (true, _) => open.push(path),
                (false, _) => paths.extend(path.strip_prefix(root).ok().map(|p| p.to_string_lossy().replace('\\', "/"))),
            }
        }
    }
    paths
}

/// What cargo knows of the house and all that it is built from.
///
/// # Panics
/// If cargo cannot answer: then no rule about dependencies can be held.
#[must_use]
pub fn metadata() -> Value {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let out = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(root())
        .output()
        .expect("cargo can be started");
    assert!(out.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).expect("cargo metadata is JSON")
}

/// Fails with every broken rule on a line of its own.
///
/// # Panics
/// If there is any.
#[track_caller]
pub fn none_broken(broken: &[String]) {
    assert!(broken.is_empty(), "{} broken:\n  {}\n", broken.len(), broken.join("\n  "));
}
