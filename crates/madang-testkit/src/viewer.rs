//! A connection without a socket: takes what the hub hands out, mirrors it, and notes every broken promise.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use madang_hub::{Batch, Viewer};
use madang_protocol::{ConnectionId, ProtocolVersion, UnixMs};
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::Mirror;

/// How long a wait lasts before the test fails; a test that is right never comes near.
const WAIT: Duration = Duration::from_secs(20);

/// A receiver of events, for tests.
#[derive(Debug)]
pub struct TestViewer {
    id: ConnectionId,
    version: ProtocolVersion,
    mirror: Mutex<Mirror>,
    changed: Notify,
    stays: bool,
    batches: AtomicU64,
}

impl TestViewer {
    /// Makes one that speaks this version.
    #[must_use]
    pub fn new(version: ProtocolVersion) -> Arc<TestViewer> {
        Self::of(version, true)
    }

    /// Makes one that asks once and follows nothing, as a request over HTTP does.
    #[must_use]
    pub fn passing() -> Arc<TestViewer> {
        Self::of(ProtocolVersion::V2, false)
    }

    fn of(version: ProtocolVersion, stays: bool) -> Arc<TestViewer> {
        let (mirror, changed) = (Mutex::default(), Notify::new());
        Arc::new(TestViewer { id: next_id(), version, mirror, changed, stays, batches: AtomicU64::new(0) })
    }

    /// How many batches were delivered: each is a write of its own to a socket.
    #[must_use]
    pub fn batches(&self) -> u64 {
        self.batches.load(Ordering::SeqCst)
    }

    /// Looks at the mirror as it is now.
    pub fn look<T>(&self, look: impl FnOnce(&Mirror) -> T) -> T {
        look(&self.mirror.lock())
    }

    /// Waits until the mirror shows what is looked for, and returns it.
    ///
    /// # Panics
    /// When it does not within 20 seconds: says what was awaited and what came.
    pub async fn wait_for<T>(&self, what: &str, mut look: impl FnMut(&Mirror) -> Option<T>) -> T {
        let wait = async {
            loop {
                let changed = self.changed.notified();
                if let Some(found) = self.look(&mut look) {
                    return found;
                }
                changed.await;
            }
        };
        match tokio::time::timeout(WAIT, wait).await {
            Ok(found) => found,
            Err(_) => panic!("waited for {what}; came: {}", self.look(Mirror::outline)),
        }
    }

    /// Takes over where another connection stood, as a client does that reconnects.
    pub fn inherit(&self, before: &TestViewer) {
        *self.mirror.lock() = before.mirror.lock().reconnected();
    }

    /// Fails the test if any promise of the protocol was broken.
    ///
    /// # Panics
    /// When one was.
    pub fn assert_sound(&self) {
        self.look(|mirror| assert!(mirror.faults.is_empty(), "{:?}\n{}", mirror.faults, mirror.outline()));
    }
}

impl Viewer for TestViewer {
    fn connection_id(&self) -> ConnectionId {
        self.id
    }

    fn version(&self) -> ProtocolVersion {
        self.version
    }

    fn invalidate(&self) {
        self.mirror.lock().invalidated = true;
        self.changed.notify_waiters();
    }

    fn stays(&self) -> bool {
        self.stays
    }

    fn deliver(&self, batches: &[Arc<Batch>]) {
        self.batches.fetch_add(batches.len() as u64, Ordering::SeqCst);
        let mut mirror = self.mirror.lock();
        for event in batches.iter().flat_map(|batch| batch.events()) {
            mirror.take(&event.envelope);
        }
        drop(mirror);
        self.changed.notify_waiters();
    }
}

/// Connection ids by number: unique in this process.
fn next_id() -> ConnectionId {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let mut bytes = [0; 10];
    bytes[2..].copy_from_slice(&NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    ConnectionId::new(UnixMs(1), bytes)
}
