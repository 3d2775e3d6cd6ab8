//! The redo log: two files of a fixed length that take groups of appends before the database has them.
//!
//! A commit in the database rewrites pages of many tables. A group in here is one write over what the file has already, and
//! one sync. The database takes the groups later, many at once (`behind`), and notes in the same transaction up to which
//! position it has them; a start after a kill takes the rest from here, each once (decision 12).

pub(crate) mod frame;

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use crate::Append;
use crate::lock::{open_private, sync_dir};
use frame::{HEAD_BYTES, Key};

/// The files' names in the data directory.
const FILES: [&str; 2] = ["madang.redo-0", "madang.redo-1"];
/// Zeros written at once (256 KiB).
static ZEROS: [u8; 256 * 1024] = [0; 256 * 1024];

/// Bytes of memory kept from one group to the next (256 KiB); larger groups are rare.
const BUFFER_KEPT: usize = 256 * 1024;

/// One file.
#[derive(Debug)]
struct Segment {
    file: File,
    /// Up to here there may be something else than zeros.
    used: u64,
    /// The last group in it; 0 for none.
    last: u64,
}

/// The log of a running server: its writer alone has it.
#[derive(Debug)]
pub(crate) struct Redo {
    key: Key,
    segments: [Segment; 2],
    /// Length of each file.
    bytes: u64,
    active: usize,
    /// Where the next group goes in the active file.
    at: u64,
    /// Of the last group.
    position: u64,
    /// Whether something half-written may be where the next group goes.
    torn: bool,
    buffer: Vec<u8>,
}

/// What became of a group.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// It is on disk.
    At(u64),
    /// There is no room before the database has what the other file holds.
    NoRoom,
}

impl Redo {
    /// The log of a directory, of two files of `bytes` zeros. They are made if they are not there with that length.
    pub(crate) fn open(dir: &Path, bytes: u64, key: Key, position: u64) -> io::Result<Redo> {
        let segments = [segment(&dir.join(FILES[0]), bytes)?, segment(&dir.join(FILES[1]), bytes)?];
        sync_dir(dir)?;
        Ok(Redo { key, segments, bytes, active: 0, at: 0, position, torn: false, buffer: Vec::new() })
    }

    /// Writes a group, and waits until it is on disk. The database has for good what is up to `durable`.
    ///
    /// # Errors
    /// When it is certain that the group is not there, and (the disk failed twice) when it may be.
    pub(crate) fn append<'a>(
        &mut self,
        appends: impl Iterator<Item = &'a Append>,
        durable: u64,
    ) -> io::Result<Written> {
        self.mend()?;
        let position = self.position + 1;
        frame::write(&mut self.buffer, &self.key, position, appends)?;
        let length = self.buffer.len() as u64;
        if self.at + length > self.bytes {
            let other = 1 - self.active;
            if self.segments[other].last > durable || length > self.bytes {
                return Ok(Written::NoRoom);
            }
            (self.active, self.at) = (other, 0);
        }
        self.torn = true;
        let segment = &mut self.segments[self.active];
        segment.used = segment.used.max(self.at + length);
        let written = segment.write(self.at, &self.buffer);
        if let Err(error) = written {
            // The next one tries again if this does not help.
            self.mend().unwrap_or_else(|error| tracing::error!(%error, "the redo log cannot be written"));
            return Err(error);
        }
        self.torn = false;
        segment.last = position;
        self.at += length;
        self.position = position;
        if self.buffer.capacity() > BUFFER_KEPT {
            self.buffer = Vec::new();
        }
        Ok(Written::At(position))
    }

    /// Makes certain that nothing is where the next group goes.
    fn mend(&mut self) -> io::Result<()> {
        if self.torn {
            self.segments[self.active].write(self.at, &ZEROS[..HEAD_BYTES])?;
            self.torn = false;
        }
        Ok(())
    }

    /// Whether the active file is half full, and the database does not have on disk yet what the other one holds.
    pub(crate) fn needs_room(&self, durable: u64) -> bool {
        self.at * 2 > self.bytes && self.segments[1 - self.active].last > durable
    }

    /// Overwrites what was written. Only when the database has all of it for good.
    pub(crate) fn wipe(&mut self) -> io::Result<()> {
        // First of all, whatever becomes of the rest: a group is found only if all before it in its file are.
        (self.active, self.at, self.torn) = (0, 0, true);
        for segment in &mut self.segments {
            if segment.used > 0 {
                fill(&mut segment.file, segment.used)?;
                (segment.used, segment.last) = (0, 0);
            }
        }
        self.torn = false;
        Ok(())
    }
}

impl Segment {
    fn write(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(at))?;
        self.file.write_all(bytes)?;
        self.file.sync_data()
    }
}

/// Whether a directory has a log with files of this length, so that opening it writes nothing.
pub(crate) fn is_made(dir: &Path, bytes: u64) -> bool {
    paths(dir).iter().all(|path| path.metadata().is_ok_and(|found| found.len() == bytes))
}

/// The groups that a directory's log holds after a position, in order.
///
/// # Errors
/// When a file can't be read, or a whole group is not what this program writes.
pub(crate) fn groups_after(dir: &Path, key: &Key, position: u64) -> io::Result<Vec<(u64, Vec<Append>)>> {
    let mut groups = Vec::new();
    for path in paths(dir) {
        let mut bytes = Vec::new();
        match File::open(path) {
            Ok(mut file) => file.read_to_end(&mut bytes)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        let mut rest = bytes.as_slice();
        while let Some((position, appends, after)) = frame::read(rest, key)? {
            groups.push((position, appends));
            rest = after;
        }
    }
    groups.retain(|group| group.0 > position);
    groups.sort_by_key(|group| group.0);
    Ok(groups)
}

/// Overwrites a directory's log, whatever it holds.
pub(crate) fn wipe(dir: &Path) -> io::Result<()> {
    for path in paths(dir) {
        if path.exists() {
            let mut file = open_private(&path)?;
            let bytes = file.metadata()?.len();
            fill(&mut file, bytes)?;
        }
    }
    Ok(())
}

fn paths(dir: &Path) -> [PathBuf; 2] {
    FILES.map(|name| dir.join(name))
}

/// A file of zeros: blocks that were written once need no change of the file's own data when they are written again.
fn segment(path: &Path, bytes: u64) -> io::Result<Segment> {
    let mut file = open_private(path)?;
    if file.metadata()?.len() != bytes {
        file.set_len(0)?;
        fill(&mut file, bytes)?;
    }
    Ok(Segment { file, used: 0, last: 0 })
}

fn fill(file: &mut File, bytes: u64) -> io::Result<()> {
    file.rewind()?;
    let mut left = bytes;
    while left > 0 {
        let now = left.min(ZEROS.len() as u64);
        file.write_all(&ZEROS[..now as usize])?;
        left -= now;
    }
    file.sync_all()
}
