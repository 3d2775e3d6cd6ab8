//! How far the database is behind the redo log, and the thread by which it catches up.
//!
//! What is acked is in the redo log at least. The database takes it a fraction of a second later, many groups in one
//! transaction; whoever reads waits until it has what was acked before (`reach`), and whoever writes to the database
//! itself first gives it what waits (`settle`).

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::runtime::Builder;
use tokio::sync::{MutexGuard, Notify, watch};
use tokio::time::{Instant, timeout, timeout_at};

use crate::checkpoints::Bell;
use crate::database::{Database, Group, GroupError};
use crate::fault::{Fault, said};
use crate::redo::Redo;
use crate::redo::frame::Key;
use crate::{Settings, StoreError, redo};

/// Appends at which the database takes what waits, without waiting any longer: one transaction of some 50 ms of a processor.
/// With fewer, every page is written more often; with more, a read waits longer.
const APPENDS: usize = 2_048;
/// Bytes likewise (4 MiB).
const BYTES: usize = 4 * 1024 * 1024;
/// So many times as much may wait; beyond, whoever writes gives it to the database first.
const TIMES_MAX: usize = 4;
/// From one failure to the next try.
const RETRY: Duration = Duration::from_millis(100);
/// After so long without a write, the database gives back the memory of its pages.
const REST_AFTER: Duration = Duration::from_secs(2);
/// Room on the disk, and in the database's own limit, below which nothing is acked that the database doesn't have
/// (64 MiB): what waits needs at most a page or two for each append.
const ROOM_BYTES: u64 = 64 * 1024 * 1024;
/// The same in pages.
const ROOM_PAGES: u64 = ROOM_BYTES / 4096;

/// What waits for the database.
#[derive(Debug, Default)]
struct Waiting {
    groups: Vec<Group>,
    appends: usize,
    bytes: usize,
    since: Option<Instant>,
    /// Whether somebody wants it now.
    asked: bool,
}

/// What the thread is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Due {
    Take,
    Rest,
}

/// How the database stands.
#[derive(Debug, Clone, Copy)]
struct Stands {
    /// It has the groups up to here.
    position: u64,
    /// How often taking some failed.
    failures: u64,
    /// What the last failure was; none after a success.
    fault: Option<Fault>,
}

/// The groups that the redo log has and the database does not.
#[derive(Debug)]
pub(crate) struct Behind {
    database: tokio::sync::Mutex<Database>,
    waiting: Mutex<Waiting>,
    wake: Notify,
    stands: watch::Sender<Stands>,
    /// The last group that was acked.
    newest: AtomicU64,
    /// The database has this on disk.
    durable: AtomicU64,
    /// Whether there is room for what waits.
    roomy: AtomicBool,
    /// Whether something that was acked had to be left out: the database is damaged, and from then on asked first.
    damaged: AtomicBool,
    /// Whether a checkpoint is wanted, so that the redo log can go on.
    pressed: AtomicBool,
    /// Whether the write-ahead log could not be synced.
    suspect: AtomicBool,
    stopped: AtomicBool,
    /// Whether the database has given back what it does not need while nobody writes.
    rests: AtomicBool,
    /// Whether the redo log's files are wanted, whether they were made, and those that were.
    wanted: AtomicBool,
    has_redo: AtomicBool,
    made: Mutex<Option<Redo>>,
    dir: PathBuf,
    key: Key,
    settings: Settings,
}

/// The thread; it ends when this is dropped. What waits then is in the redo log.
#[derive(Debug)]
pub(crate) struct CatchUp {
    behind: Arc<Behind>,
    thread: Option<JoinHandle<()>>,
}

impl Behind {
    /// A database that has everything up to `position`, on disk.
    pub(crate) fn new(database: Database, dir: &Path, key: Key, position: u64, settings: Settings) -> Behind {
        Behind {
            database: tokio::sync::Mutex::new(database),
            waiting: Mutex::default(),
            wake: Notify::new(),
            stands: watch::Sender::new(Stands { position, failures: 0, fault: None }),
            newest: AtomicU64::new(position),
            durable: AtomicU64::new(position),
            // The first commit looks: it is the database's own, as nothing is known yet.
            roomy: AtomicBool::new(false),
            damaged: AtomicBool::new(false),
            pressed: AtomicBool::new(false),
            suspect: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
            rests: AtomicBool::new(true),
            wanted: AtomicBool::new(false),
            has_redo: AtomicBool::new(false),
            made: Mutex::new(None),
            dir: dir.to_owned(),
            key,
            settings,
        }
    }

    /// Whether what comes may wait: there is room, and the database takes what it is given.
    pub(crate) fn may_wait(&self) -> bool {
        let waiting = self.waiting.lock();
        let room = waiting.appends < APPENDS * TIMES_MAX && waiting.bytes < BYTES * TIMES_MAX;
        let sound = self.roomy.load(Ordering::Acquire) && !self.damaged.load(Ordering::Acquire);
        room && sound && self.stands.borrow().fault.is_none()
    }

    /// Takes a group that is in the redo log, before it is acked.
    pub(crate) fn put(&self, group: Group, bytes: usize) {
        let mut waiting = self.waiting.lock();
        // Behind the lock: who waits for it must find it here.
        self.newest.store(group.position, Ordering::Release);
        waiting.appends += group.appends.len();
        waiting.bytes += bytes;
        waiting.groups.push(group);
        let first = waiting.since.is_none();
        waiting.since.get_or_insert_with(Instant::now);
        if first || waiting.is_much() {
            self.wake.notify_one();
        }
    }

    /// Waits until the database has what was acked before.
    ///
    /// # Errors
    /// When the database can't take it.
    pub(crate) async fn reach(&self) -> Result<(), StoreError> {
        const DURING: &str = "catching up with the redo log";
        let target = self.newest.load(Ordering::Acquire);
        let mut stands = self.stands.subscribe();
        let begun = *stands.borrow_and_update();
        if begun.position >= target {
            return Ok(());
        }
        if self.stopped.load(Ordering::Acquire) {
            return Err(said(DURING, "the store is closed"));
        }
        self.waiting.lock().asked = true;
        self.wake.notify_one();
        let there = stands.wait_for(|now| now.position >= target || now.failures > begun.failures).await;
        match there.map(|now| *now) {
            Ok(now) if now.position >= target => Ok(()),
            Ok(Stands { fault: Some(Fault::Full), .. }) => Err(StoreError::Full),
            Ok(_) | Err(_) => Err(said(DURING, "the database could not take it")),
        }
    }

    /// The database, once it has everything that waits.
    ///
    /// # Errors
    /// When it can't take it; all of it waits on.
    pub(crate) async fn settle(&self) -> Result<MutexGuard<'_, Database>, GroupError> {
        let mut database = self.database.lock().await;
        if self.rests.swap(false, Ordering::AcqRel) {
            self.wake.notify_one();
        }
        if self.suspect.swap(false, Ordering::AcqRel) {
            database.suspect();
        }
        let mut taken = std::mem::take(&mut *self.waiting.lock());
        let Some(position) = taken.groups.last().map(|group| group.position) else {
            if !self.roomy.load(Ordering::Acquire) {
                self.look_for_room(&mut database).await;
            }
            return Ok(database);
        };
        match database.take(&taken.groups).await {
            Ok(whole) => {
                self.damaged.fetch_or(!whole, Ordering::AcqRel);
                self.look_for_room(&mut database).await;
                self.stands.send_modify(|stands| (stands.position, stands.fault) = (position, None));
                Ok(database)
            }
            Err(error) => {
                let mut waiting = self.waiting.lock();
                taken.groups.append(&mut waiting.groups);
                taken.appends += waiting.appends;
                taken.bytes += waiting.bytes;
                taken.asked = false;
                *waiting = taken;
                drop(waiting);
                self.stands.send_modify(|stands| {
                    stands.failures += 1;
                    stands.fault = Some(error.fault);
                });
                Err(error)
            }
        }
    }

    async fn look_for_room(&self, database: &mut Database) {
        let pages = database.pages_left().await;
        self.roomy.store(pages > ROOM_PAGES && room_on_disk(&self.dir) > ROOM_BYTES, Ordering::Release);
    }

    /// The database has what it has on disk too: a commit was synced, or the write-ahead log moved.
    pub(crate) fn note_durable(&self, position: u64) {
        self.durable.fetch_max(position, Ordering::AcqRel);
    }

    /// Up to which group the database has them.
    pub(crate) fn position(&self) -> u64 {
        self.stands.borrow().position
    }

    /// Up to which group the database has them on disk.
    pub(crate) fn durable(&self) -> u64 {
        self.durable.load(Ordering::Acquire)
    }

    /// The redo log fills up: the next look at the write-ahead log moves it.
    pub(crate) fn press(&self) {
        self.pressed.store(true, Ordering::Release);
    }

    /// Whether it does.
    pub(crate) fn is_pressed(&self) -> bool {
        self.pressed.swap(false, Ordering::AcqRel)
    }

    /// The write-ahead log could not be synced.
    pub(crate) fn suspect(&self) {
        self.suspect.store(true, Ordering::Release);
    }

    /// The redo log, if its files are there already or wanted at once.
    pub(crate) fn open_redo(&self) -> std::io::Result<Option<Redo>> {
        let bytes = self.settings.redo_bytes / 2;
        let there = bytes > 0 && (self.settings.redo_after == 0 || redo::is_made(&self.dir, bytes));
        there.then(|| Redo::open(&self.dir, bytes, self.key, self.position())).transpose()
    }

    /// The redo log's files, once they are made; asks for them.
    pub(crate) fn redo(&self) -> Option<Redo> {
        let made = self.made.lock().take();
        if made.is_none() {
            self.wanted.store(true, Ordering::Release);
            self.wake.notify_one();
        }
        made
    }

    /// Until the database is to take what waits, or to rest.
    async fn due(&self) -> Due {
        loop {
            let woken = self.wake.notified();
            let until = {
                let waiting = self.waiting.lock();
                if waiting.asked || waiting.is_much() {
                    return Due::Take;
                }
                waiting.since.map(|since| since + Duration::from_millis(self.settings.behind_ms))
            };
            if self.stopped.load(Ordering::Acquire) || self.wanted.load(Ordering::Acquire) {
                return Due::Take;
            }
            match until {
                None if self.rests.load(Ordering::Acquire) => woken.await,
                None => {
                    if timeout(REST_AFTER, woken).await.is_err() {
                        return Due::Rest;
                    }
                }
                Some(until) => {
                    if timeout_at(until, woken).await.is_err() {
                        return Due::Take;
                    }
                }
            }
        }
    }

    async fn run(&self, bell: Bell) {
        loop {
            let due = self.due().await;
            if self.stopped.load(Ordering::Acquire) {
                return;
            }
            if self.wanted.swap(false, Ordering::AcqRel) {
                self.make();
            }
            if due == Due::Rest {
                self.rests.store(true, Ordering::Release);
                self.database.lock().await.rest().await;
            } else if self.settle().await.is_ok() {
                bell.ring();
            } else {
                tokio::time::sleep(RETRY).await;
            }
        }
    }

    fn make(&self) {
        // Asked for once more while it was being made.
        if self.has_redo.load(Ordering::Acquire) || room_on_disk(&self.dir) < 2 * ROOM_BYTES {
            return;
        }
        match Redo::open(&self.dir, self.settings.redo_bytes / 2, self.key, self.position()) {
            Ok(redo) => {
                self.has_redo.store(true, Ordering::Release);
                *self.made.lock() = Some(redo);
            }
            Err(error) => tracing::warn!(%error, "the redo log could not be made"),
        }
    }
}

impl Waiting {
    fn is_much(&self) -> bool {
        self.appends >= APPENDS || self.bytes >= BYTES
    }
}

impl CatchUp {
    /// Starts the thread.
    pub(crate) fn start(behind: Arc<Behind>, bell: Bell) -> std::io::Result<CatchUp> {
        let clock = Builder::new_current_thread().enable_time().build()?;
        let its = Arc::clone(&behind);
        let work = move || clock.block_on(its.run(bell));
        let thread = std::thread::Builder::new().name("madang-catch-up".into()).spawn(work)?;
        Ok(CatchUp { behind, thread: Some(thread) })
    }
}

impl Drop for CatchUp {
    fn drop(&mut self) {
        self.behind.stopped.store(true, Ordering::Release);
        // Whoever waits for it is told.
        self.behind.stands.send_modify(|stands| stands.failures += 1);
        self.behind.wake.notify_one();
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread by which the database catches up panicked");
        }
    }
}

/// Bytes that can still be written where the directory is; many when nobody can tell.
fn room_on_disk(dir: &Path) -> u64 {
    #[cfg(unix)]
    let room =
        rustix::fs::statvfs(dir).map_or(u64::MAX, |found| found.f_bavail.saturating_mul(found.f_frsize));
    #[cfg(not(unix))]
    let room = u64::MAX;
    room
}
