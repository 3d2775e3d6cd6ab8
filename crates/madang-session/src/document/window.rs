//! The changes that a document remembers: the newest of its log, by number and by size.

use std::collections::{BTreeSet, VecDeque};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use madang_protocol::Actor;
use madang_protocol::limits::{DOCUMENT_WINDOW_BYTES_MAX, DOCUMENT_WINDOW_CHANGES_MAX};

use super::{Change, Hand, OpId};
use crate::ChangeSet;
use crate::change::Extent;

/// The newest changes, oldest first, and under which op id each was asked for.
///
/// An op id is forgotten with its change. It is not needed longer: whoever sends the edit again sends a base from before
/// its change, and that is too old then.
#[derive(Debug, Clone)]
pub(super) struct Window {
    changes: VecDeque<Packed>,
    /// The version after the newest.
    version: u64,
    /// Hashes of who asked under which op id, and the versions that were made of it.
    asked: BTreeSet<(u64, u64)>,
    bytes: usize,
    changes_max: usize,
}

/// A change in few bytes: there are many, and few are looked at again.
#[derive(Debug, Clone)]
pub(super) struct Packed {
    by: Hand,
    /// The length of the op id and itself, then the change.
    bytes: Box<[u8]>,
}

impl Window {
    /// Remembers what comes after a version.
    pub(super) fn after(version: u64) -> Window {
        Window {
            changes: VecDeque::new(),
            version,
            asked: BTreeSet::new(),
            bytes: 0,
            changes_max: DOCUMENT_WINDOW_CHANGES_MAX,
        }
    }

    /// The version before the oldest.
    pub(super) fn oldest_base(&self) -> u64 {
        self.version - self.changes.len() as u64
    }

    /// All after a version; none when they are not all here.
    pub(super) fn since(&self, base: u64) -> Option<impl ExactSizeIterator<Item = Change>> {
        let changes = self.packed_since(base)?;
        Some(changes.enumerate().map(move |(at, packed)| packed.change(base + at as u64 + 1)))
    }

    /// The same, each to be unpacked as far as is needed.
    pub(super) fn packed_since(&self, base: u64) -> Option<impl ExactSizeIterator<Item = &Packed>> {
        let first = base.checked_sub(self.oldest_base()).filter(|_| base <= self.version)?;
        Some(self.changes.range(usize::try_from(first).ok()?..))
    }

    /// The version that was made under an op id.
    pub(super) fn find(&self, who: Actor, op_id: &OpId) -> Option<u64> {
        let hash = hash(who, op_id);
        let mut same = self.asked.range((hash, 0)..=(hash, u64::MAX)).map(|(_, version)| *version);
        // Two op ids can have one hash.
        same.rfind(|version| {
            let packed = self.packed_since(version - 1).and_then(|mut changes| changes.next());
            packed.is_some_and(|packed| packed.by.user_id == who && packed.op_id().as_ref() == Some(op_id))
        })
    }

    /// Adds the newest change; the oldest go.
    pub(super) fn push(&mut self, change: &Change) {
        let packed = Packed::of(change);
        self.index(&packed, change.version);
        self.version = change.version;
        self.changes.push_back(packed);
        self.trim();
    }

    /// Adds a change that is older than all, if there is room.
    pub(super) fn recall(&mut self, change: &Change) -> bool {
        let packed = Packed::of(change);
        let room = self.changes.len() < self.changes_max
            && self.bytes + packed.weight() <= DOCUMENT_WINDOW_BYTES_MAX;
        if room {
            self.index(&packed, change.version);
            self.changes.push_front(packed);
        }
        room
    }

    pub(super) fn limit(&mut self, changes: usize) {
        self.changes_max = changes.min(DOCUMENT_WINDOW_CHANGES_MAX);
        self.trim();
    }

    fn index(&mut self, packed: &Packed, version: u64) {
        self.bytes += packed.weight();
        if let Some(op_id) = packed.op_id() {
            self.asked.insert((hash(packed.by.user_id, &op_id), version));
        }
    }

    fn trim(&mut self) {
        while self.changes.len() > self.changes_max || self.bytes > DOCUMENT_WINDOW_BYTES_MAX {
            let version = self.oldest_base() + 1;
            let Some(oldest) = self.changes.pop_front() else { return };
            self.bytes -= oldest.weight();
            if let Some(op_id) = oldest.op_id() {
                self.asked.remove(&(hash(oldest.by.user_id, &op_id), version));
            }
        }
    }
}

impl Packed {
    fn of(change: &Change) -> Packed {
        let op_id = change.op_id.as_ref().map_or("", OpId::as_str);
        let mut bytes = Vec::with_capacity(op_id.len() + 32);
        bytes.push(u8::try_from(op_id.len()).expect("op ids are short"));
        bytes.extend_from_slice(op_id.as_bytes());
        change.change.pack(&mut bytes);
        Packed { by: change.by, bytes: bytes.into() }
    }

    fn change(&self, version: u64) -> Change {
        Change { version, by: self.by, op_id: self.op_id(), change: self.set() }
    }

    fn op_id(&self) -> Option<OpId> {
        let length = usize::from(self.bytes[0]);
        // An empty one is none.
        std::str::from_utf8(&self.bytes[1..=length]).ok()?.parse().ok()
    }

    /// What it changes.
    pub(super) fn set(&self) -> ChangeSet {
        ChangeSet::unpack(self.packed_set()).expect("it was packed here")
    }

    /// How many sections it has.
    pub(super) fn sections(&self) -> usize {
        ChangeSet::packed_sections(self.packed_set())
    }

    /// From where to where it changes something; none when it changes nothing.
    pub(super) fn extent(&self) -> Option<Extent> {
        Extent::of_packed(self.packed_set())
    }

    fn packed_set(&self) -> &[u8] {
        &self.bytes[1 + usize::from(self.bytes[0])..]
    }

    /// Bytes of memory that it takes here, about.
    fn weight(&self) -> usize {
        /// What the allocator and the index add.
        const OVERHEAD: usize = 48;
        size_of::<Packed>() + self.bytes.len() + OVERHEAD
    }
}

fn hash(who: Actor, op_id: &OpId) -> u64 {
    let mut hasher = DefaultHasher::new();
    (who, op_id.as_str()).hash(&mut hasher);
    hasher.finish()
}
