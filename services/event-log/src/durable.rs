//! Names that stay: folders and files that are there after a power cut once they were said to be there.
//!
//! Flushing a file does not flush its name; the folder that holds the name is flushed too. A file made
//! here is whole or not there at all. Nothing is overwritten.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// Makes names in a folder durable, where the system has such a thing.
///
/// # Errors
/// When the folder cannot be flushed.
pub fn flush_directory(path: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(path)?.sync_all() } else { Ok(()) }
}

/// The folder that holds this name.
fn above(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes a folder (0700), and those above it, unless they are there.
///
/// # Errors
/// When one cannot be made or its name not be flushed.
pub fn make_directory(path: &Path) -> io::Result<()> {
    let fresh: Vec<&Path> = path.ancestors().take_while(|one| !one.as_os_str().is_empty() && !one.is_dir()).collect();
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)?;
    fresh.into_iter().rev().try_for_each(|one| flush_directory(above(one)))
}

/// Writes a file that only its owner may read (0600), whole or not at all.
///
/// # Errors
/// When it is there already, or cannot be written or flushed; then there is no such file.
pub fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = path.with_added_extension("new");
    match fs::remove_file(&new) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(cause),
        _ => {} // left by a start that was cut off
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    drop(file);
    if path.exists() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    fs::rename(&new, path)?;
    flush_directory(above(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    #[test]
    fn a_private_file_is_whole_and_never_overwritten() {
        let dir = Scratch::new("durable");
        let folder = dir.join("a/b");
        make_directory(&folder).unwrap();
        make_directory(&folder).unwrap();
        let path = folder.join("service.key");
        fs::write(folder.join("service.key.new"), "half").unwrap();
        write_private(&path, b"whole").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"whole");
        assert_eq!(write_private(&path, b"other").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"whole");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(&path), mode(&folder)), (0o600, 0o700));
        }
    }
}
