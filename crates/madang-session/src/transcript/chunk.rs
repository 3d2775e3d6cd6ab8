//! A chunk of the transcript: what is written of it in one piece, and decoded in one piece when it was read back.

use std::sync::OnceLock;

use madang_protocol::UserId;

use super::packed::{Entries, NOT_PACKED, unpack};
use super::tree::Tree;

/// Messages in one: some 40 KiB of chat, decoded in a third of a millisecond. A chunk is found by dividing, and as many
/// messages are as many chunks whenever they are counted: a snapshot leaves nothing behind. Another number needs a
/// migration that takes all snapshots away.
pub(super) const CHUNK_MESSAGES: usize = 256;

/// Messages next to each other.
#[derive(Debug, Clone, Default)]
pub(super) struct Chunk {
    /// As it was read back, and from where on its messages are in it. None once it was changed.
    packed: Option<(Box<str>, usize)>,
    /// Whom its messages concern, by their places, as long as it is packed.
    concerns: Vec<(u32, UserId)>,
    entries: OnceLock<Entries>,
    /// The position of the snapshot that it was last written with; none for one that has changed since.
    written: Option<u64>,
}

impl Chunk {
    /// An empty one.
    pub(super) fn new() -> Chunk {
        Chunk { entries: OnceLock::from(Entries::default()), ..Chunk::default() }
    }

    /// One as it was read back: `rest` is where its messages begin.
    pub(super) fn read(text: String, rest: usize, concerns: Vec<(u32, UserId)>, written: u64) -> Chunk {
        let packed = Some((text.into_boxed_str(), rest));
        Chunk { packed, concerns, entries: OnceLock::new(), written: Some(written) }
    }

    /// Its messages, decoded if they were not.
    ///
    /// # Panics
    /// When a text that was written by this program, and is as it was written, is not what it writes. The task of the session
    /// ends then, and the session is read from its log.
    pub(super) fn entries(&self, number: usize, tree: &Tree) -> &Entries {
        self.entries.get_or_init(|| self.decoded(number, tree).expect(NOT_PACKED))
    }

    /// Decodes its messages if they were not; whether they could be.
    pub(super) fn decode(&self, number: usize, tree: &Tree) -> bool {
        if self.entries.get().is_some() {
            return true;
        }
        // It was not there, and nobody else can have put it there.
        self.decoded(number, tree).is_ok_and(|entries| self.entries.set(entries).is_ok())
    }

    fn decoded(&self, number: usize, tree: &Tree) -> Result<Entries, serde_json::Error> {
        let first = number * CHUNK_MESSAGES;
        let (text, rest) = self.packed.as_ref().expect("what is not decoded is packed");
        let entries = unpack(&text[*rest..], u32::try_from(first).unwrap_or(u32::MAX), tree)?;
        let whole = entries.messages.len() == CHUNK_MESSAGES.min(tree.len() - first);
        if whole { Ok(entries) } else { Err(serde::de::Error::custom(NOT_PACKED)) }
    }

    /// Its messages, to be changed.
    pub(super) fn change(&mut self, number: usize, tree: &Tree) -> &mut Entries {
        self.entries(number, tree);
        self.packed = None;
        self.concerns = Vec::new();
        self.written = None;
        self.entries.get_mut().expect("decoded above")
    }

    /// Whom its messages concern, if that is known without looking at them.
    pub(super) fn concerns(&self) -> Option<&[(u32, UserId)]> {
        self.packed.as_ref().map(|_| self.concerns.as_slice())
    }

    /// Where it was last written; none when it has to be written.
    pub(super) fn written(&self) -> Option<u64> {
        self.written
    }

    /// It is written with a snapshot at this position; none: it was not, after all.
    pub(super) fn set_written(&mut self, at: Option<u64>) {
        self.written = at;
    }
}
