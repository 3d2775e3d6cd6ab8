//! The disk alone: how long a message waits for a group commit when nothing else stands in the way.
//!
//! What has come is written together and synced, then what came meanwhile, as the server's writer does, at the same rate, in
//! pieces of the same size, into a file that is as long already as a write-ahead log in use. Latency beyond this is the server's own.

use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;

use crate::client::now_us;
use crate::stats::Samples;

/// Bytes of the file, after which it is written from its beginning again: the log that the store keeps.
const FILE_BYTES: u64 = 16 << 20;
/// Bytes that are written at least: a page with its head in the write-ahead log.
const PAGE_BYTES: u64 = 4_096 + 24;

/// What a probe found.
#[derive(Default)]
pub(crate) struct Probe {
    /// From when a message was due until it was on disk.
    pub(crate) waits: Samples,
    /// Syncs, and the time of each.
    pub(crate) syncs: Samples,
}

impl Probe {
    /// Adds what another one found.
    pub(crate) fn merge(&mut self, other: Probe) {
        self.waits.merge(other.waits);
        self.syncs.merge(other.syncs);
    }
}

/// What arrives at the disk.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    /// Messages a second.
    pub(crate) rate: u64,
    /// Bytes on disk of each.
    pub(crate) bytes: u64,
}

/// Commits messages in groups for so long, in a file of its own in this folder.
pub(crate) fn probe(folder: &Path, load: Load, seconds: f64) -> anyhow::Result<Probe> {
    let file = tempfile::tempfile_in(folder)?;
    let longest = vec![0x5a; 1 << 20];
    for at in (0..FILE_BYTES).step_by(longest.len()) {
        file.write_all_at(&longest, at)?;
    }
    file.sync_all()?;
    let (mut found, mut at, mut done) = (Probe::default(), 0, 0);
    let total = (load.rate as f64 * seconds) as u64;
    let begun = now_us();
    let due = |n: u64| begun + n * 1_000_000 / load.rate;
    while done < total {
        let now = now_us();
        if due(done) > now {
            std::thread::sleep(Duration::from_micros(due(done) - now));
            continue;
        }
        let last = ((now - begun) * load.rate / 1_000_000).min(total - 1);
        let bytes = ((last + 1 - done) * load.bytes).clamp(PAGE_BYTES, longest.len() as u64);
        if at + bytes > FILE_BYTES {
            at = 0;
        }
        file.write_all_at(&longest[..usize::try_from(bytes)?], at)?;
        at += bytes;
        let begin = now_us();
        file.sync_data().context("the disk does not take a sync")?;
        let now = now_us();
        found.syncs.add(now - begin);
        (done..=last).for_each(|n| found.waits.add(now.saturating_sub(due(n))));
        done = last + 1;
    }
    Ok(found)
}
