//! The rig: a disk whose writes and flushes are recorded, with a file system on it for a program to work on.
//!
//! ```text
//! program -> ext4 -> loop device -> file of FUSE -> qemu-storage-daemon -> image + write log
//! ```
//! It needs root, loop devices and FUSE; where the machine has none of them the caller says so loudly.
//! Everything that is mounted or started here is taken down when its owner is dropped.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use crate::program::wait_for;
use crate::writelog::{WriteLog, written};

/// Bytes of the disk: a small ext4 with the smallest journal.
pub const DISK: usize = 24 << 20;

/// A folder in memory where there is such a place; gone when dropped.
#[derive(Debug)]
pub struct Place(PathBuf);

impl Place {
    /// An empty folder.
    pub fn new(name: &str) -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let memory = Path::new("/dev/shm");
        let above = if memory.is_dir() { memory.to_path_buf() } else { std::env::temp_dir() };
        let nth = MADE.fetch_add(1, Ordering::Relaxed);
        let path = above.join(format!("muster-power-{}-{nth}-{name}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// A file or folder in it.
    pub fn at(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0); // a mount that stays is the system's to sweep
    }
}

/// Runs a program of the system to its end; its complaint if it fails.
pub fn call(name: &str, args: &[&str]) -> Result<String, String> {
    let out = Command::new(name).args(args).stdin(Stdio::null()).output().map_err(|cause| format!("{name}: {cause}"))?;
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if out.status.success() { Ok(said(&out.stdout)) } else { Err(format!("{name} {}: {}", args.join(" "), said(&out.stderr))) }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("our own paths are UTF-8")
}

/// A loop device over a file.
#[derive(Debug)]
pub struct Loop(String);

impl Loop {
    /// Attaches one.
    pub fn over(file: &Path) -> Result<Self, String> {
        // Two who ask at the same moment may be given the same device; the loser asks again.
        let mut asked = call("losetup", &["--find", "--show", text(file)]);
        for _ in 0..20 {
            if asked.is_ok() {
                break;
            }
            asked = call("losetup", &["--find", "--show", text(file)]);
        }
        asked.map(Self)
    }
}

impl Drop for Loop {
    fn drop(&mut self) {
        if let Err(cause) = call("losetup", &["--detach", &self.0]) {
            println!("{cause}");
        }
    }
}

/// A mounted file system.
#[derive(Debug)]
pub struct Mount(PathBuf);

impl Mount {
    /// Mounts a device of ext4; its journal is replayed.
    pub fn ext4(device: &Loop, at: &Path) -> Result<Self, String> {
        fs::create_dir_all(at).map_err(|cause| cause.to_string())?;
        call("mount", &["-t", "ext4", "-o", "noatime,nodiscard,noinit_itable", &device.0, text(at)])?;
        Ok(Self(at.to_path_buf()))
    }
}

impl Mount {
    /// A file system in memory of so many KiB: a disk that fills up.
    pub fn small(at: &Path, kib: u32) -> Result<Self, String> {
        fs::create_dir_all(at).map_err(|cause| cause.to_string())?;
        call("mount", &["-t", "tmpfs", "-o", &format!("size={kib}k,mode=0700"), "tmpfs", text(at)])?;
        Ok(Self(at.to_path_buf()))
    }

    /// Unmounts. A process that another thread is just starting may hold our open files for a moment; while it
    /// does the old file system would live on below the next one.
    pub fn unmount(mut self) -> Result<(), String> {
        self.try_unmount()
    }

    fn try_unmount(&mut self) -> Result<(), String> {
        let at = std::mem::take(&mut self.0);
        let mut done = call("umount", &[text(&at)]);
        for _ in 0..400 {
            if done.is_ok() {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(5)); // only between two tries
            done = call("umount", &[text(&at)]);
        }
        let _ = call("umount", &["--lazy", text(&at)]);
        done.map(drop)
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        if !self.0.as_os_str().is_empty()
            && let Err(cause) = self.try_unmount()
        {
            println!("{cause}");
        }
    }
}

/// Makes an empty ext4 in memory.
pub fn empty_disk() -> Result<Vec<u8>, String> {
    let place = Place::new("mkfs");
    let file = place.at("image");
    File::create(&file).and_then(|image| image.set_len(DISK as u64)).map_err(|cause| cause.to_string())?;
    let options = ["-q", "-F", "-b", "4096", "-J", "size=4", "-m", "0", "-O", "^resize_inode"];
    let eager = ["-E", "lazy_itable_init=0,lazy_journal_init=0,nodiscard", text(&file)];
    call("mkfs.ext4", &[&options[..], &eager[..]].concat())?;
    fs::read(&file).map_err(|cause| cause.to_string())
}

/// Why this machine cannot cut power; none if it can.
pub fn cannot() -> Option<String> {
    for program in ["qemu-storage-daemon", "losetup", "mount", "umount", "mkfs.ext4"] {
        let found = std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|p| p.join(program).is_file()));
        if !found {
            return Some(format!("{program} is not installed"));
        }
    }
    if call("id", &["-u"]).as_deref() != Ok("0") {
        return Some("only root may mount".to_owned());
    }
    if let Err(cause) = File::options().read(true).write(true).open("/dev/fuse") {
        return Some(format!("no FUSE here: {cause}"));
    }
    let place = Place::new("probe");
    let tried = empty_disk().and_then(|disk| {
        fs::write(place.at("image"), disk).map_err(|cause| cause.to_string())?;
        let device = Loop::over(&place.at("image"))?;
        Mount::ext4(&device, &place.at("disk")).map(drop)
    });
    tried.err().map(|cause| format!("no loop devices or mounts here: {cause}"))
}

/// A disk that is being recorded.
pub struct Recorder {
    mount: Option<Mount>,
    device: Option<Loop>,
    daemon: Child,
    place: Place,
}

impl Recorder {
    /// Mounts a disk of these bytes and records from the mount on.
    pub fn start(disk: &[u8]) -> Result<Self, String> {
        let place = Place::new("recorder");
        fs::write(place.at("image"), disk).map_err(|cause| cause.to_string())?;
        for empty in ["log", "export"] {
            File::create(place.at(empty)).map_err(|cause| cause.to_string())?;
        }
        let (image, log, export) = (place.at("image"), place.at("log"), place.at("export"));
        let daemon = Command::new("qemu-storage-daemon")
            .args(["--blockdev", &format!("driver=file,node-name=image,filename={}", text(&image))])
            .args(["--blockdev", &format!("driver=file,node-name=writes,filename={}", text(&log))])
            .args(["--blockdev", "driver=raw,node-name=raw-image,file=image"])
            .args(["--blockdev", "driver=raw,node-name=raw-writes,file=writes"])
            .args(["--blockdev", "driver=blklogwrites,node-name=disk,file=raw-image,log=raw-writes,log-super-update-interval=1"])
            .args(["--export", &format!("type=fuse,id=disk,node-name=disk,mountpoint={},writable=on", text(&export))])
            .stdin(Stdio::null())
            .spawn()
            .map_err(|cause| cause.to_string())?;
        let mut recorder = Self { mount: None, device: None, daemon, place };
        wait_for("the recorded disk", || {
            let gone = recorder.daemon.try_wait().unwrap();
            assert!(gone.is_none(), "qemu-storage-daemon ended with {gone:?}");
            (fs::metadata(&export).is_ok_and(|about| about.len() == disk.len() as u64)).then_some(())
        });
        let device = Loop::over(&export)?;
        recorder.mount = Some(Mount::ext4(&device, &recorder.disk())?);
        recorder.device = Some(device);
        Ok(recorder)
    }

    /// Where the disk is mounted.
    pub fn disk(&self) -> PathBuf {
        self.place.at("disk")
    }

    /// The write log's file, while it is being written.
    pub fn log(&self) -> PathBuf {
        self.place.at("log")
    }

    /// A file beside the disk, that no power cut touches.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.place.at(name)
    }

    /// Unmounts and gives back what was recorded.
    pub fn finish(mut self) -> Result<WriteLog, String> {
        let until = written(&self.log()).map_err(|cause| cause.to_string())?;
        (self.mount, self.device) = (None, None);
        call("kill", &[&self.daemon.id().to_string()])?;
        wait_for("qemu-storage-daemon to stop", || self.daemon.try_wait().unwrap());
        let log = WriteLog::parse(fs::read(self.log()).map_err(|cause| cause.to_string())?)?;
        // What unmounting wrote is looked at too; a log shorter than it was told to be is a fault of the rig.
        if (log.entries.len() as u64) < until { Err("the write log lost its end".to_owned()) } else { Ok(log) }
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        (self.mount, self.device) = (None, None);
        if matches!(self.daemon.try_wait(), Ok(None)) {
            let _ = call("kill", &[&self.daemon.id().to_string()]);
            let _ = self.daemon.wait();
        }
    }
}
