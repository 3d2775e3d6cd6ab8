//! The data directory: one server at a time, and whether the last one stopped cleanly.
//!
//! One small file does both: the operating system's lock on it is gone with the process that held it, and its
//! text says `clean` only between a clean stop and the next start.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use crate::StoreError;
use crate::fault::io_failed;

/// The lock's name in the data directory.
const LOCK_FILE: &str = "madang.lock";
/// The database's name in the data directory.
const DATABASE_FILE: &str = "madang.db";
/// What the lock file says between a clean stop and the next start.
const CLEAN: &[u8] = b"clean\n";
/// What it says otherwise; as long as the other, so that rewriting it needs no room on a full disk.
const IN_USE: &[u8] = b"using\n";

/// A data directory that this process alone uses, for as long as the value lives.
#[derive(Debug)]
pub(crate) struct DataDir {
    lock: File,
    database: PathBuf,
    stopped_clean: bool,
}

impl DataDir {
    /// Makes the directory if need be (readable by its owner alone) and takes it.
    pub(crate) fn take(root: &Path) -> Result<DataDir, StoreError> {
        make_dir(root).map_err(|e| io_failed("making the data directory", e))?;
        let mut lock =
            open_private(&root.join(LOCK_FILE)).map_err(|e| io_failed("opening the lock file", e))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StoreError::Locked),
            Err(TryLockError::Error(e)) => return Err(io_failed("locking the data directory", e)),
        }
        let mut text = Vec::new();
        lock.read_to_end(&mut text).map_err(|e| io_failed("reading the lock file", e))?;
        let database = root.join(DATABASE_FILE);
        let fresh = !database.exists();
        if fresh {
            // Made here so that it is never readable by others, and so that its name survives a power loss.
            open_private(&database).map_err(|e| io_failed("making the database", e))?;
            sync_dir(root).map_err(|e| io_failed("making the database", e))?;
        }
        let mut dir = DataDir { lock, database, stopped_clean: fresh || text == CLEAN };
        dir.mark(IN_USE).map_err(|e| io_failed("marking the data directory as used", e))?;
        Ok(dir)
    }

    /// The directory.
    pub(crate) fn root(&self) -> &Path {
        self.database.parent().unwrap_or(Path::new("."))
    }

    /// Where the database is.
    pub(crate) fn database(&self) -> &Path {
        &self.database
    }

    /// Whether the last server here stopped cleanly (true for a new directory).
    pub(crate) fn stopped_clean(&self) -> bool {
        self.stopped_clean
    }

    /// Notes that everything is on disk and in order, the last thing a clean stop does, and frees the directory.
    pub(crate) fn mark_clean(mut self) -> Result<(), StoreError> {
        self.mark(CLEAN).map_err(|e| io_failed("noting the clean stop", e))
    }

    fn mark(&mut self, text: &[u8]) -> io::Result<()> {
        self.lock.rewind()?;
        self.lock.write_all(text)?;
        self.lock.set_len(text.len() as u64)?;
        self.lock.sync_all()
    }
}

impl Drop for DataDir {
    fn drop(&mut self) {
        // Closing the file is not enough while a process that is just being started still shares it.
        if let Err(error) = self.lock.unlock() {
            tracing::warn!(%error, "the lock on the data directory goes with this process");
        }
    }
}

fn make_dir(root: &Path) -> io::Result<()> {
    if root.is_dir() {
        return Ok(());
    }
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(root)?;
    match root.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => sync_dir(parent),
        Some(_) | None => Ok(()),
    }
}

pub(crate) fn open_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(unix)]
pub(crate) fn sync_dir(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

#[cfg(not(unix))]
pub(crate) fn sync_dir(_: &Path) -> io::Result<()> {
    Ok(())
}
